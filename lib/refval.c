/* Reference value sets: which measurements must match together. docs/formats.md section 4. */
#include "lib/refval.h"

#include <stdlib.h>
#include <string.h>

#include "lib/own.h"

PLUMB_DEFINE_AUTO(auto_sets, struct plumb_sets *, plumb_sets_free);

void
plumb_sets_free(struct plumb_sets *s)
{
    if (s != NULL)
        pool_free(s->pool); /* holds s too */
}

static enum plumb_code
read_hex(const struct plumb_jv *v, const struct plumb_measurement_kind *kind, struct pool *pool,
         const uint8_t **ret, uint8_t *ret_len, struct plumb_err *err)
{
    uint8_t bytes[PLUMB_MEASUREMENT_MAX];
    const char *text;
    size_t len;

    PLUMB_TRY(plumb_jv_string(v, 2 * sizeof bytes, &text, err));
    if (!plumb_measurement_len_ok(kind, strlen(text) / 2))
        return plumb_jv_fail(v, err, PLUMB_INVALID, "set.length",
                             "%s %s has %zu bytes (twice as many hex digits), not %zu",
                             plumb_tee_text(kind->tee), kind->name, kind->len,
                             strlen(text) / 2);
    if (plumb_hex_parse(text, "", bytes, sizeof bytes, &len, NULL) != PLUMB_OK)
        return plumb_jv_fail(v, err, PLUMB_INVALID, "hex.form",
                             "want lower-case hex digits, two for each byte");
    *ret = pool_bytes(pool, bytes, len);
    if (*ret == NULL)
        return plumb_fail_memory(err);
    *ret_len = (uint8_t)len;
    return PLUMB_OK;
}

static enum plumb_code
read_covers(const struct plumb_jv *v, struct pool *pool, struct plumb_measurement *m,
            struct plumb_err *err)
{
    static const char *const members[] = { "kind", "digest", NULL };
    struct plumb_cover *covers;
    size_t n;

    PLUMB_TRY(plumb_jv_array(v, 1, PLUMB_COVERS_MAX, &n, err));
    covers = pool_array(pool, n, sizeof *covers);
    if (covers == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        struct plumb_jv e = plumb_jv_element(v, i);
        struct plumb_jv kind = plumb_jv_member(&e, "kind");
        struct plumb_jv digest = plumb_jv_member(&e, "digest");
        const char *text;

        PLUMB_TRY(plumb_jv_closed(&e, members, err));
        PLUMB_TRY(plumb_jv_string(&kind, PLUMB_NAME_MAX, &text, err));
        if (plumb_artifact_parse(text, &covers[i].kind, NULL) != PLUMB_OK)
            return plumb_jv_fail(&kind, err, PLUMB_INVALID, "set.covers",
                                 "want config, root-store, crypto-policy or data");
        PLUMB_TRY(plumb_jv_digest(&digest, &covers[i].digest, err));
    }
    m->covers = covers;
    m->ncovers = (uint8_t)n;
    return PLUMB_OK;
}

static enum plumb_code
check_role(const struct plumb_jv *v, const struct plumb_measurement_kind *kind, bool platform,
           struct plumb_err *err)
{
    switch (kind->role) {
    case PLUMB_ROLE_SESSION:
        return plumb_jv_fail(v, err, PLUMB_INVALID, "set.role",
                             "%s differs from report to report and is no reference value",
                             kind->name);
    case PLUMB_ROLE_PLATFORM:
        if (!platform)
            return plumb_jv_fail(v, err, PLUMB_INVALID, "set.role",
                                 "%s is the platform's: it belongs into a fleet's rules",
                                 kind->name);
        return PLUMB_OK;
    case PLUMB_ROLE_PAYLOAD:
    case PLUMB_ROLE_QUALIFIER:
        if (platform)
            return plumb_jv_fail(v, err, PLUMB_INVALID, "set.role",
                                 "%s is the payload's: it belongs into a release", kind->name);
        return PLUMB_OK;
    case PLUMB_ROLE_BOOT:
        break;
    }
    return PLUMB_OK;
}

static enum plumb_code
read_masked(const struct plumb_jv *value, const struct plumb_jv *mask, struct pool *pool,
            struct plumb_measurement *m, struct plumb_err *err)
{
    uint8_t len;

    PLUMB_TRY(read_hex(mask, m->kind, pool, &m->mask, &len, err));
    if (len != m->len)
        return plumb_jv_fail(mask, err, PLUMB_INVALID, "set.length",
                             "mask and value differ in length");
    for (size_t i = 0; i < len; i++)
        if ((m->value[i] & ~m->mask[i]) != 0)
            return plumb_jv_fail(value, err, PLUMB_INVALID, "set.match",
                                 "byte %zu has bits outside the mask", i);
    m->match = PLUMB_MATCH_MASK;
    return PLUMB_OK;
}

static enum plumb_code
read_measurement(const struct plumb_jv *v, enum plumb_tee tee, bool platform, struct pool *pool,
                 struct plumb_measurement *ret, struct plumb_err *err)
{
    static const char *const members[] = { "name", "?value", "?mask", "?min", "?covers", NULL };
    struct plumb_jv name = plumb_jv_member(v, "name"), value = plumb_jv_member(v, "value");
    struct plumb_jv mask = plumb_jv_member(v, "mask"), min = plumb_jv_member(v, "min");
    struct plumb_jv covers = plumb_jv_member(v, "covers");
    struct plumb_measurement m = { 0 };
    const char *text;

    PLUMB_TRY(plumb_jv_closed(v, members, err));
    PLUMB_TRY(plumb_jv_string(&name, PLUMB_NAME_MAX, &text, err));
    m.kind = plumb_measurement_find(tee, text);
    if (m.kind == NULL)
        return plumb_jv_fail(&name, err, PLUMB_INVALID, "set.name",
                             "%s has no measurement of this name (docs/measurements.md)",
                             plumb_tee_text(tee));
    PLUMB_TRY(check_role(v, m.kind, platform, err));
    if (covers.json != NULL)
        PLUMB_TRY(read_covers(&covers, pool, &m, err));

    if (m.kind->match == PLUMB_MATCH_MIN) {
        if (min.json == NULL || value.json != NULL || mask.json != NULL)
            return plumb_jv_fail(v, err, PLUMB_INVALID, "set.match",
                                 "%s takes a min, an integer, and nothing else", text);
        PLUMB_TRY(plumb_jv_int(&min, 0, refval_largest(m.kind), &m.min, err));
        m.match = PLUMB_MATCH_MIN;
        *ret = m;
        return PLUMB_OK;
    }
    if (value.json == NULL || min.json != NULL ||
        (mask.json != NULL && m.kind->match != PLUMB_MATCH_MASK))
        return plumb_jv_fail(v, err, PLUMB_INVALID, "set.match", "%s takes a value%s", text,
                             m.kind->match == PLUMB_MATCH_MASK ? ", and a mask if need be"
                                                               : " and nothing else");
    PLUMB_TRY(read_hex(&value, m.kind, pool, &m.value, &m.len, err));
    m.match = m.kind->match == PLUMB_MATCH_TCB ? PLUMB_MATCH_TCB : PLUMB_MATCH_EQ;
    if (mask.json != NULL)
        PLUMB_TRY(read_masked(&value, &mask, pool, &m, err));
    if (plumb_measurement_debug(m.kind, m.value, m.mask, m.len))
        return plumb_jv_fail(&value, err, PLUMB_INVALID, "set.debug",
                             "this asks for debug mode, which is never accepted");
    *ret = m;
    return PLUMB_OK;
}

static enum plumb_code
read_set(const struct plumb_jv *v, bool platform, struct pool *pool, struct plumb_set *ret,
         struct plumb_err *err)
{
    static const char *const members[] = { "tee", "?label", "measurements", NULL };
    struct plumb_jv tee = plumb_jv_member(v, "tee"), label = plumb_jv_member(v, "label");
    struct plumb_jv array = plumb_jv_member(v, "measurements");
    struct plumb_set set = { 0 };
    bool identity = false;
    const char *text;

    PLUMB_TRY(plumb_jv_closed(v, members, err));
    PLUMB_TRY(plumb_jv_string(&tee, PLUMB_NAME_MAX, &text, err));
    if (plumb_tee_parse(text, "", &set.tee, NULL) != PLUMB_OK)
        return plumb_jv_fail(&tee, err, PLUMB_INVALID, "tee.unknown",
                             "want sgx, tdx, snp, nitro, cca, tpm or oci");
    if (label.json != NULL) {
        PLUMB_TRY(plumb_jv_name(&label, &text, err));
        set.label = pool_text(pool, text);
        if (set.label == NULL)
            return plumb_fail_memory(err);
    }
    PLUMB_TRY(plumb_jv_array(&array, 1, REFVAL_MEASUREMENTS_MAX, &set.n, err));
    set.measurements = pool_array(pool, set.n, sizeof *set.measurements);
    if (set.measurements == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < set.n; i++) {
        struct plumb_jv e = plumb_jv_element(&array, i);

        PLUMB_TRY(read_measurement(&e, set.tee, platform, pool, &set.measurements[i], err));
        /* kinds of one TEE lie in the table by name */
        if (i > 0 && set.measurements[i - 1].kind >= set.measurements[i].kind)
            return plumb_jv_fail(&e, err, PLUMB_INVALID, "set.order",
                                 "measurements are sorted by name, each name once");
        identity = identity || set.measurements[i].kind->role == PLUMB_ROLE_PAYLOAD;
    }
    if (!platform && !identity)
        return plumb_jv_fail(v, err, PLUMB_INVALID, "set.identity",
                             "nothing in this set says which payload runs");
    *ret = set;
    return PLUMB_OK;
}

static int
compare_measurements(const struct plumb_measurement *a, const struct plumb_measurement *b)
{
    int d;

    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    if (a->match != b->match)
        return a->match < b->match ? -1 : 1;
    if (a->match == PLUMB_MATCH_MIN)
        return a->min < b->min ? -1 : a->min > b->min;
    if (a->len != b->len)
        return a->len < b->len ? -1 : 1;
    d = memcmp(a->value, b->value, a->len);
    if (d != 0 || a->match != PLUMB_MATCH_MASK)
        return d;
    return memcmp(a->mask, b->mask, a->len);
}

static int
compare_sets(const void *x, const void *y)
{
    const struct plumb_set *a = *(const struct plumb_set *const *)x;
    const struct plumb_set *b = *(const struct plumb_set *const *)y;

    if (a->tee != b->tee)
        return a->tee < b->tee ? -1 : 1;
    for (size_t i = 0; i < a->n && i < b->n; i++) {
        int d = compare_measurements(&a->measurements[i], &b->measurements[i]);

        if (d != 0)
            return d;
    }
    return a->n < b->n ? -1 : a->n > b->n;
}

static bool
covers_eq(const struct plumb_measurement *a, const struct plumb_measurement *b)
{
    if (a->ncovers != b->ncovers)
        return false;
    for (size_t i = 0; i < a->ncovers; i++)
        if (a->covers[i].kind != b->covers[i].kind ||
            !plumb_digest_eq(&a->covers[i].digest, &b->covers[i].digest))
            return false;
    return true;
}

bool
plumb_set_eq(const struct plumb_set *a, const struct plumb_set *b)
{
    if (compare_sets(&a, &b) != 0)
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (!covers_eq(&a->measurements[i], &b->measurements[i]))
            return false;
    return true;
}

enum plumb_code
refval_distinct(const struct plumb_sets *sets, bool *ret, size_t *ret_first, size_t *ret_again,
                struct plumb_err *err)
{
    PLUMB_AUTO(auto_free) const struct plumb_set **order = NULL;

    *ret = true;
    if (sets->n < 2)
        return PLUMB_OK;
    order = calloc(sets->n, sizeof *order);
    if (order == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < sets->n; i++)
        order[i] = &sets->sets[i];
    qsort(order, sets->n, sizeof *order, compare_sets);
    for (size_t i = 1; *ret && i < sets->n; i++)
        if (compare_sets(&order[i - 1], &order[i]) == 0) {
            size_t a = (size_t)(order[i - 1] - sets->sets);
            size_t b = (size_t)(order[i] - sets->sets);

            *ret = false;
            *ret_first = a < b ? a : b;
            *ret_again = a < b ? b : a;
        }
    return PLUMB_OK;
}

static enum plumb_code
check_twice(const struct plumb_jv *array, const struct plumb_sets *sets, struct plumb_err *err)
{
    size_t first = 0, again = 0;
    struct plumb_jv e;
    bool distinct;

    PLUMB_TRY(refval_distinct(sets, &distinct, &first, &again, err));
    if (distinct)
        return PLUMB_OK;
    e = plumb_jv_element(array, again);
    return plumb_jv_fail(&e, err, PLUMB_INVALID, "set.twice", "is the same as set %zu", first);
}

/* Into *ret and pool, which owns what it holds. */
static enum plumb_code
read_sets(const struct plumb_jv *array, bool platform, struct pool *pool,
          struct plumb_sets *ret, struct plumb_err *err)
{
    PLUMB_TRY(plumb_jv_array(array, platform ? 0 : 1, PLUMB_SETS_MAX, &ret->n, err));
    ret->sets = pool_array(pool, ret->n, sizeof *ret->sets);
    if (ret->sets == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < ret->n; i++) {
        struct plumb_jv e = plumb_jv_element(array, i);

        PLUMB_TRY(read_set(&e, platform, pool, &ret->sets[i], err));
    }
    return check_twice(array, ret, err);
}

static enum plumb_code
read_document(const struct plumb_jv *document, struct pool *pool, struct plumb_sets *ret,
              struct plumb_err *err)
{
    static const char *const members[] = { "schema", "sets", NULL };
    struct plumb_jv schema = plumb_jv_member(document, "schema");
    struct plumb_jv sets = plumb_jv_member(document, "sets");
    const char *text;

    PLUMB_TRY(plumb_jv_closed(document, members, err));
    PLUMB_TRY(plumb_jv_string(&schema, 128, &text, err));
    if (strcmp(text, REFVAL_SCHEMA) != 0)
        return plumb_jv_fail(&schema, err, PLUMB_UNSUPPORTED, "schema.unknown",
                             "want " REFVAL_SCHEMA);
    return read_sets(&sets, false, pool, ret, err);
}

enum plumb_code
refval_parse(const void *data, size_t len, struct pool *pool, struct plumb_sets *ret,
             struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;
    struct plumb_jv root;
    size_t first, again;
    bool distinct;

    if (refval_scan(data, len, pool, ret)) {
        PLUMB_TRY(refval_distinct(ret, &distinct, &first, &again, err));
        if (distinct)
            return PLUMB_OK;
    }
    ret->n = 0;
    PLUMB_TRY(plumb_json_load_canonical(data, len, PLUMB_REFVALS_MAX, &json, err));
    root = plumb_jv_root(json, NULL);
    return read_document(&root, pool, ret, err);
}

/* Sets with a pool of their own. */
static struct plumb_sets *
new_sets(void)
{
    struct pool *pool = pool_new();
    struct plumb_sets *sets = pool != NULL ? pool_alloc(pool, sizeof *sets) : NULL;

    if (sets != NULL)
        sets->pool = pool;
    else
        pool_free(pool);
    return sets;
}

enum plumb_code
plumb_sets_read(const struct plumb_jv *array, bool platform, struct plumb_sets **ret,
                struct plumb_err *err)
{
    PLUMB_AUTO(auto_sets) struct plumb_sets *sets = new_sets();

    if (sets == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(read_sets(array, platform, sets->pool, sets, err));
    *ret = PLUMB_TAKE(sets);
    return PLUMB_OK;
}

enum plumb_code
plumb_refvals_read(const struct plumb_jv *document, struct plumb_sets **ret,
                   struct plumb_err *err)
{
    PLUMB_AUTO(auto_sets) struct plumb_sets *sets = new_sets();

    if (sets == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(read_document(document, sets->pool, sets, err));
    *ret = PLUMB_TAKE(sets);
    return PLUMB_OK;
}

enum plumb_code
plumb_refvals_parse(const void *data, size_t len, struct plumb_sets **ret,
                    struct plumb_err *err)
{
    PLUMB_AUTO(auto_sets) struct plumb_sets *sets = new_sets();

    if (sets == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(refval_parse(data, len, sets->pool, sets, err));
    *ret = PLUMB_TAKE(sets);
    return PLUMB_OK;
}
