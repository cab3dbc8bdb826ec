/* What a TEE claimed: read, and looked through for debug mode. */
#include "lib/refval.h"

#include <stdlib.h>
#include <string.h>

#include "lib/own.h"

#define CLAIMS_MAX (64u << 10)

void
plumb_claims_free(struct plumb_claims *c)
{
    if (c != NULL)
        pool_free(c->pool); /* holds c too */
}

static enum plumb_code
read_claim(const struct plumb_jv *v, const struct plumb_measurement_kind *kind,
           struct pool *pool, struct plumb_claim *ret, struct plumb_err *err)
{
    uint8_t bytes[PLUMB_MEASUREMENT_MAX];
    const char *text;
    size_t len;

    ret->kind = kind;
    if (kind->match == PLUMB_MATCH_MIN)
        return plumb_jv_int(v, 0, refval_largest(kind), &ret->number, err);
    PLUMB_TRY(plumb_jv_string(v, 2 * sizeof bytes, &text, err));
    if (!plumb_measurement_len_ok(kind, strlen(text) / 2))
        return plumb_jv_fail(v, err, PLUMB_INVALID, "claims.length",
                             "%s %s has %zu bytes (twice as many hex digits), not %zu",
                             plumb_tee_text(kind->tee), kind->name, kind->len,
                             strlen(text) / 2);
    if (plumb_hex_parse(text, "", bytes, sizeof bytes, &len, NULL) != PLUMB_OK)
        return plumb_jv_fail(v, err, PLUMB_INVALID, "hex.form",
                             "want lower-case hex digits, two for each byte");
    ret->value = pool_bytes(pool, bytes, len);
    ret->len = (uint8_t)len;
    return ret->value != NULL ? PLUMB_OK : plumb_fail_memory(err);
}

/* Claims of one TEE order as their kinds do, which lie in the table by name. */
static int
by_kind(const void *a, const void *b)
{
    const struct plumb_claim *x = a, *y = b;

    return x->kind < y->kind ? -1 : x->kind > y->kind;
}

static enum plumb_code
read_claims(const struct plumb_jv *v, struct pool *pool, struct plumb_claims *ret,
            struct plumb_err *err)
{
    const char *name;
    json_t *value;

    PLUMB_TRY(plumb_jv_object(v, err));
    ret->claims = pool_array(pool, json_object_size(v->json), sizeof *ret->claims);
    if (ret->claims == NULL)
        return plumb_fail_memory(err);
    json_object_foreach(v->json, name, value) {
        struct plumb_jv m = { value, v, name, 0 };
        const struct plumb_measurement_kind *kind = plumb_measurement_find(ret->tee, name);

        if (kind == NULL)
            return plumb_jv_fail(&m, err, PLUMB_INVALID, "claims.unknown",
                                 "%s has no measurement of this name (docs/measurements.md)",
                                 plumb_tee_text(ret->tee));
        /* nothing here asks for what is one session's: it need not even be hex */
        if (kind->role == PLUMB_ROLE_SESSION)
            continue;
        PLUMB_TRY(read_claim(&m, kind, pool, &ret->claims[ret->n++], err));
    }
    if (ret->n > 0)
        qsort(ret->claims, ret->n, sizeof *ret->claims, by_kind);
    return PLUMB_OK;
}

enum plumb_code
plumb_claims_parse(const void *data, size_t len, struct plumb_claims **ret,
                   struct plumb_err *err)
{
    static const char *const members[] = { "schema", "tee", "claims", NULL };
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;
    PLUMB_AUTO(pool_auto) struct pool *pool = NULL;
    struct plumb_jv root, schema, tee, values;
    struct plumb_claims *claims;
    const char *text;

    PLUMB_TRY(plumb_json_load(data, len, CLAIMS_MAX, PLUMB_JSON_DEPTH, &json, err));
    root = plumb_jv_root(json, NULL);
    PLUMB_TRY(plumb_jv_closed(&root, members, err));
    schema = plumb_jv_member(&root, "schema");
    tee = plumb_jv_member(&root, "tee");
    values = plumb_jv_member(&root, "claims");
    PLUMB_TRY(plumb_jv_string(&schema, 128, &text, err));
    if (strcmp(text, "urn:plumbline:claims:v1") != 0)
        return plumb_jv_fail(&schema, err, PLUMB_UNSUPPORTED, "claims.form",
                             "want urn:plumbline:claims:v1");

    pool = pool_new();
    claims = pool != NULL ? pool_alloc(pool, sizeof *claims) : NULL;
    if (claims == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(plumb_jv_string(&tee, PLUMB_NAME_MAX, &text, err));
    PLUMB_TRY(plumb_tee_parse(text, "tee", &claims->tee, err));
    PLUMB_TRY(read_claims(&values, pool, claims, err));
    claims->pool = PLUMB_TAKE(pool);
    *ret = claims;
    return PLUMB_OK;
}

const struct plumb_claim *
plumb_claims_find(const struct plumb_claims *c, const char *name)
{
    struct plumb_claim key = { plumb_measurement_find(c->tee, name), 0, NULL, 0, NULL };

    if (key.kind == NULL || c->n == 0)
        return NULL;
    return bsearch(&key, c->claims, c->n, sizeof *c->claims, by_kind);
}

static bool
debug_told(const struct plumb_claim *c)
{
    if (c->known == NULL)
        return true;
    for (size_t i = 0; i < c->len; i++)
        if (c->kind->not_zero || (c->kind->debug[i] & ~c->known[i]) != 0)
            return false;
    return true;
}

bool
plumb_claims_debug(const struct plumb_claims *c, const char **ret_name)
{
    size_t nkinds, at = 0;
    const struct plumb_measurement_kind *kinds = plumb_measurements_of(c->tee, &nkinds);

    for (size_t i = 0; i < nkinds; i++) {
        const struct plumb_measurement_kind *kind = &kinds[i];

        if (kind->debug == NULL && !kind->not_zero)
            continue;
        while (at < c->n && c->claims[at].kind < kind)
            at++;
        if (at < c->n && c->claims[at].kind == kind && debug_told(&c->claims[at]) &&
            !plumb_measurement_debug(kind, c->claims[at].value, NULL, c->claims[at].len))
            continue;
        *ret_name = kind->name;
        return true;
    }
    return false;
}
