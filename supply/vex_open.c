/* OpenVEX 0.2.0, and 0.0.1, where vulnerabilities and products are strings. */
#include <string.h>

#include "lib/own.h"
#include "supply/sbom_build.h"
#include "supply/vex_read.h"

static const char *const justifications[] = {
    "component_not_present",
    "vulnerable_code_not_present",
    "vulnerable_code_not_in_execute_path",
    "vulnerable_code_cannot_be_controlled_by_adversary",
    "inline_mitigations_already_exist",
};

/* A name alone, or an object with "name" ("@id" in some) and aliases. */
static enum plumb_code
read_vulnerability(const struct plumb_jv *statement, struct pool *pool, struct vex_statement *s,
                   struct plumb_err *err)
{
    const struct plumb_jv v = plumb_jv_member(statement, "vulnerability");
    const struct plumb_jv name = plumb_jv_member(&v, "name"), id = plumb_jv_member(&v, "@id");

    if (json_is_string(v.json))
        return read_text(&v, VEX_TEXT, FORM, pool, &s->vulnerability, err);
    PLUMB_TRY(read_text(name.json != NULL || id.json == NULL ? &name : &id, VEX_TEXT, FORM,
                        pool, &s->vulnerability, err));
    return read_texts(&v, "aliases", VEX_TEXT, FORM, pool, &s->aliases, &s->naliases, err);
}

/* "hashes" is an object: {"sha-256": "..."}. */
static enum plumb_code
read_hashes(const struct plumb_jv *thing, struct pool *pool, struct vex_thing *ret,
            struct plumb_err *err)
{
    const struct plumb_jv all = plumb_jv_member(thing, "hashes");
    struct sbom_hash *hashes;
    const char *key;
    json_t *value;

    if (all.json == NULL || json_is_null(all.json))
        return PLUMB_OK;
    if (!json_is_object(all.json))
        return read_fail(&all, err, FORM, "want an object");
    hashes = pool_array(pool, json_object_size(all.json), sizeof *hashes);
    if (hashes == NULL)
        return plumb_fail_memory(err);
    json_object_foreach(all.json, key, value) {
        const struct plumb_jv v = { value, &all, key, 0 };

        PLUMB_TRY(build_hash(pool, &v, key, json_string_value(value), FORM,
                             &hashes[ret->nhashes], err));
        ret->nhashes++;
    }
    ret->hashes = hashes;
    return PLUMB_OK;
}

static enum plumb_code
read_thing(const struct plumb_jv *v, struct pool *pool, struct vex_thing *ret,
           struct plumb_err *err)
{
    const struct plumb_jv identifiers = plumb_jv_member(v, "identifiers");
    const char *purl = read_word(identifiers.json, "purl");

    if (json_is_string(v->json)) {
        PLUMB_TRY(read_text(v, VEX_TEXT, FORM, pool, &ret->id, err));
        return vex_purl(pool, ret->id, &ret->purl, err);
    }
    if (!json_is_object(v->json))
        return read_fail(v, err, FORM, "want a product: a text or an object");
    PLUMB_TRY(read_optional(v, "@id", VEX_TEXT, FORM, pool, &ret->id, err));
    PLUMB_TRY(read_hashes(v, pool, ret, err));
    if (purl != NULL)
        PLUMB_TRY(vex_purl(pool, purl, &ret->purl, err));
    if (ret->purl == NULL && ret->id != NULL)
        PLUMB_TRY(vex_purl(pool, ret->id, &ret->purl, err));
    if (ret->id == NULL && ret->purl == NULL && ret->nhashes == 0)
        return read_fail(v, err, FORM, "a product that nothing names");
    return PLUMB_OK;
}

static enum plumb_code
read_things(const struct plumb_jv *owner, const char *key, struct pool *pool,
            const struct vex_thing **ret, size_t *ret_n, struct plumb_err *err)
{
    struct vex_thing *things;
    struct plumb_jv list;

    PLUMB_TRY(read_array(owner, key, FORM, &list, ret_n, err));
    things = pool_array(pool, *ret_n, sizeof *things);
    if (things == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < *ret_n; i++) {
        const struct plumb_jv v = plumb_jv_element(&list, i);

        PLUMB_TRY(read_thing(&v, pool, &things[i], err));
    }
    *ret = things;
    return PLUMB_OK;
}

static enum plumb_code
read_products(const struct plumb_jv *statement, struct pool *pool, struct vex_statement *s,
              struct plumb_err *err)
{
    const struct vex_thing *all_parts;
    struct vex_product *products;
    struct plumb_jv list;
    size_t nall;

    /* 0.0.1 has them beside the products, for all of them */
    PLUMB_TRY(read_things(statement, "subcomponents", pool, &all_parts, &nall, err));
    PLUMB_TRY(read_array(statement, "products", FORM, &list, &s->nproducts, err));
    products = pool_array(pool, s->nproducts, sizeof *products);
    if (products == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < s->nproducts; i++) {
        const struct plumb_jv v = plumb_jv_element(&list, i);
        struct vex_product *p = &products[i];

        PLUMB_TRY(read_thing(&v, pool, &p->thing, err));
        PLUMB_TRY(read_things(&v, "subcomponents", pool, &p->parts, &p->nparts, err));
        if (p->nparts == 0) {
            p->parts = all_parts;
            p->nparts = nall;
        }
    }
    if (nall > 0 && s->nproducts == 0)
        return read_fail(statement, err, FORM, "subcomponents of no product");
    s->products = products;
    return PLUMB_OK;
}

static enum plumb_code
read_status(const struct plumb_jv *statement, struct pool *pool, struct vex_statement *s,
            struct plumb_err *err)
{
    const struct plumb_jv v = plumb_jv_member(statement, "status");
    const struct plumb_jv why = plumb_jv_member(statement, "justification");
    const char *word = json_string_value(v.json);

    s->status = VEX_STATUS_COUNT;
    for (size_t i = 0; i < VEX_STATUS_COUNT && word != NULL; i++)
        if (strcmp(vex_status_text((enum vex_status)i), word) == 0)
            s->status = (enum vex_status)i;
    if (s->status == VEX_STATUS_COUNT)
        return read_fail(&v, err, FORM,
                         "want not_affected, affected, fixed or under_investigation");
    PLUMB_TRY(
        read_optional(statement, "impact_statement", VEX_TEXT, FORM, pool, &s->impact, err));
    PLUMB_TRY(
        read_optional(statement, "action_statement", VEX_TEXT, FORM, pool, &s->action, err));
    PLUMB_TRY(read_optional(statement, "justification", VEX_TEXT, FORM, pool, &word, err));
    for (size_t i = 0; i < sizeof justifications / sizeof justifications[0]; i++)
        if (word != NULL && strcmp(justifications[i], word) == 0)
            s->justification = justifications[i];
    if (word != NULL && s->justification == NULL)
        return read_fail(&why, err, "vex.justification", "is no justification of OpenVEX");
    if (s->status == VEX_NOT_AFFECTED && word == NULL && s->impact == NULL)
        return read_fail(&why, err, "vex.justification",
                         "not_affected needs a justification or an impact_statement");
    return PLUMB_OK;
}

static enum plumb_code
read_statement(const struct plumb_jv *v, const struct vex *vex, plumb_time time,
               struct vex_statement *s, struct plumb_err *err)
{
    if (!json_is_object(v->json))
        return read_fail(v, err, FORM, "want a statement, an object");
    PLUMB_TRY(read_vulnerability(v, vex->pool, s, err));
    PLUMB_TRY(read_products(v, vex->pool, s, err));
    PLUMB_TRY(read_status(v, vex->pool, s, err));
    PLUMB_TRY(read_time(v, "timestamp", "vex.time", &s->time, err));
    if (s->time == PLUMB_TIME_NEVER)
        s->time = time;
    if (s->time == PLUMB_TIME_NEVER)
        return read_fail(v, err, "vex.time", "neither it nor its document has a timestamp");
    return PLUMB_OK;
}

enum plumb_code
vex_open(const struct plumb_jv *root, struct vex *vex, struct plumb_err *err)
{
    struct vex_statement *statements;
    struct plumb_jv list;
    plumb_time time;

    PLUMB_TRY(read_optional(root, "@id", VEX_TEXT, FORM, vex->pool, &vex->id, err));
    PLUMB_TRY(read_optional(root, "author", VEX_TEXT, FORM, vex->pool, &vex->author, err));
    PLUMB_TRY(read_time(root, "timestamp", "vex.time", &time, err));
    PLUMB_TRY(read_array(root, "statements", FORM, &list, &vex->n, err));
    statements = pool_array(vex->pool, vex->n, sizeof *statements);
    if (statements == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < vex->n; i++) {
        const struct plumb_jv v = plumb_jv_element(&list, i);

        PLUMB_TRY(read_statement(&v, vex, time, &statements[i], err));
    }
    vex->statements = statements;
    return PLUMB_OK;
}
