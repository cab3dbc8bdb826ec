#include "lib/quorum_read.h"

#include <string.h>

#include "lib/own.h"

static int
by_name(const void *key, const void *role)
{
    return strcmp(key, ((const struct plumb_role *)role)->name);
}

enum plumb_code
plumb_role_read(const struct plumb_governance *g, const char *name, const struct plumb_jv *v,
                uint16_t *ret, struct plumb_err *err)
{
    const struct plumb_role *role =
        g->nroles > 0 ? bsearch(name, g->roles, g->nroles, sizeof *g->roles, by_name) : NULL;

    if (role == NULL)
        return plumb_jv_fail(v, err, PLUMB_INVALID, "governance.role",
                             "the document has no role of this name");
    *ret = (uint16_t)(role - g->roles);
    return PLUMB_OK;
}

static int
by_number(const void *a, const void *b)
{
    return *(const uint16_t *)a - *(const uint16_t *)b;
}

enum plumb_code
plumb_roles_read(const struct plumb_governance *g, struct pool *pool, const struct plumb_jv *v,
                 uint16_t **ret, size_t *ret_n, struct plumb_err *err)
{
    uint16_t *roles;
    size_t n;

    PLUMB_TRY(plumb_jv_array(v, 0, PLUMB_ROLES_MAX, &n, err));
    roles = pool_array(pool, n, sizeof *roles);
    if (roles == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        struct plumb_jv element = plumb_jv_element(v, i);
        const char *name;

        PLUMB_TRY(plumb_jv_name(&element, &name, err));
        PLUMB_TRY(plumb_role_read(g, name, &element, &roles[i], err));
    }
    qsort(roles, n, sizeof *roles, by_number);
    for (size_t i = 1; i < n; i++)
        if (roles[i] == roles[i - 1])
            return plumb_jv_fail(v, err, PLUMB_INVALID, "governance.form",
                                 "names role %s a second time", g->roles[roles[i]].name);
    *ret = roles;
    *ret_n = n;
    return PLUMB_OK;
}

static int
by_role(const void *a, const void *b)
{
    return ((const struct plumb_need *)a)->role - ((const struct plumb_need *)b)->role;
}

static enum plumb_code
read_needs(const struct plumb_governance *g, struct pool *pool, const struct plumb_jv *v,
           struct plumb_quorum *ret, struct plumb_err *err)
{
    const char *name;
    json_t *value;
    int64_t places = 0;

    PLUMB_TRY(plumb_jv_object(v, err));
    ret->needs = pool_array(pool, json_object_size(v->json), sizeof *ret->needs);
    if (ret->needs == NULL)
        return plumb_fail_memory(err);
    json_object_foreach(v->json, name, value) {
        struct plumb_jv member = plumb_jv_member(v, name);
        struct plumb_need *need = &ret->needs[ret->nneeds];
        int64_t count;

        PLUMB_TRY(plumb_role_read(g, name, &member, &need->role, err));
        PLUMB_TRY(plumb_jv_int(&member, 1, PLUMB_PLACES_MAX, &count, err));
        need->count = (uint16_t)count;
        places += count;
        ret->nneeds++;
    }
    if (places < 1 || places > PLUMB_PLACES_MAX)
        return plumb_jv_fail(v, err, PLUMB_INVALID, "governance.quorum",
                             "asks for %lld principals, want 1 to %d", (long long)places,
                             PLUMB_PLACES_MAX);
    qsort(ret->needs, ret->nneeds, sizeof *ret->needs, by_role);
    return PLUMB_OK;
}

enum plumb_code
plumb_quorum_read(const struct plumb_governance *g, struct pool *pool, const struct plumb_jv *v,
                  struct plumb_quorum *ret, struct plumb_err *err)
{
    static const char *const members[] = { "need", "others", "veto", NULL };
    struct plumb_jv need = plumb_jv_member(v, "need"), others = plumb_jv_member(v, "others");
    struct plumb_jv veto = plumb_jv_member(v, "veto");

    PLUMB_TRY(plumb_jv_closed(v, members, err));
    PLUMB_TRY(read_needs(g, pool, &need, ret, err));
    PLUMB_TRY(plumb_jv_bool(&others, &ret->others, err));
    return plumb_roles_read(g, pool, &veto, &ret->veto, &ret->nveto, err);
}
