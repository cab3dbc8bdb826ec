/* Which format a VEX document is in. */
#include "supply/vex.h"

#include <string.h>

#include "lib/own.h"
#include "supply/vex_read.h"

const char *
vex_status_text(enum vex_status s)
{
    static const char *const texts[] = {
#define X(name, text) [VEX_##name] = text,
        VEX_STATUSES(X)
#undef X
    };

    return s < VEX_STATUS_COUNT ? texts[s] : "unknown";
}

void
vex_free(struct vex *v)
{
    if (v != NULL)
        pool_free(v->pool); /* holds v too */
}

static bool
is_open(const json_t *root)
{
    static const char ns[] = "https://openvex.dev/ns";
    const char *context = read_word(root, "@context");

    return context != NULL && strncmp(context, ns, sizeof ns - 1) == 0 &&
           (context[sizeof ns - 1] == '\0' || context[sizeof ns - 1] == '/');
}

static bool
is_cyclonedx(const json_t *root)
{
    const char *format = read_word(root, "bomFormat");
    json_t *one;
    size_t i;

    if (format == NULL || strcmp(format, "CycloneDX") != 0)
        return false;
    json_array_foreach(json_object_get(root, "vulnerabilities"), i, one) {
        if (json_is_object(json_object_get(one, "analysis")))
            return true;
    }
    return false;
}

bool
vex_is(const json_t *root)
{
    return is_open(root) || is_cyclonedx(root);
}

enum plumb_code
vex_purl(struct pool *pool, const char *text, const char **ret, struct plumb_err *err)
{
    PLUMB_AUTO(purl_clear) struct purl purl = { .nqualifiers = 0 };
    PLUMB_AUTO(auto_free) char *canonical = NULL;
    const enum plumb_code code = purl_parse(text, &purl, NULL);

    *ret = NULL;
    if (code == PLUMB_NO_MEMORY)
        return plumb_fail_memory(err);
    if (code != PLUMB_OK)
        return PLUMB_OK;
    PLUMB_TRY(purl_text(&purl, &canonical, err));
    *ret = pool_text(pool, canonical);
    return *ret == NULL ? plumb_fail_memory(err) : PLUMB_OK;
}

enum plumb_code
vex_read_json(json_t *json, struct vex **ret, struct plumb_err *err)
{
    const struct plumb_jv root = plumb_jv_root(json, NULL);
    PLUMB_AUTO(pool_auto) struct pool *pool = NULL;
    struct vex *v;

    if (!vex_is(json))
        return plumb_fail(err, PLUMB_UNSUPPORTED, "vex.format", "",
                          "no VEX document that is read: want OpenVEX, or CycloneDX with "
                          "analyses");
    pool = pool_new();
    v = pool != NULL ? pool_alloc(pool, sizeof *v) : NULL;
    if (v == NULL)
        return plumb_fail_memory(err);
    v->pool = pool;
    v->cyclonedx = !is_open(json);
    PLUMB_TRY((v->cyclonedx ? vex_cyclonedx : vex_open)(&root, v, err));
    *ret = v;
    pool = NULL;
    return PLUMB_OK;
}

enum plumb_code
vex_read(const void *data, size_t len, struct vex **ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *root = NULL;

    PLUMB_TRY(plumb_json_load_foreign(data, len, VEX_BYTES, &root, err));
    return vex_read_json(root, ret, err);
}
