/* Reference values straight from canonical text. Whatever this takes, the other reader takes.
 */
#include "lib/refval.h"

#include <string.h>

#include "lib/span.h"

#define HEX_MAX (2 * PLUMB_MEASUREMENT_MAX)

struct text {
    char p[HEX_MAX + 1];
};

static bool
take_text(struct span *s, struct text *ret)
{
    struct span t;

    if (!span_string(s, &t) || t.len == 0 || t.len > HEX_MAX)
        return false;
    memcpy(ret->p, t.p, t.len);
    ret->p[t.len] = '\0';
    return strlen(ret->p) == t.len;
}

static bool
hex_into(struct pool *pool, const char *hex, const struct plumb_measurement_kind *kind,
         const uint8_t **ret, size_t *ret_len)
{
    uint8_t bytes[PLUMB_MEASUREMENT_MAX];

    if (plumb_hex_parse(hex, "", bytes, sizeof bytes, ret_len, NULL) != PLUMB_OK ||
        !plumb_measurement_len_ok(kind, *ret_len))
        return false;
    *ret = pool_bytes(pool, bytes, *ret_len);
    return *ret != NULL;
}

static bool
find_kind(enum plumb_tee tee, const struct text *name, struct plumb_measurement *m)
{
    m->kind = plumb_measurement_find(tee, name->p);
    return m->kind != NULL && m->kind->role != PLUMB_ROLE_SESSION &&
           m->kind->role != PLUMB_ROLE_PLATFORM;
}

static bool
scan_min(struct span *s, enum plumb_tee tee, struct plumb_measurement *m)
{
    struct text name;
    uint64_t min;

    if (!span_index(s, &min) || !span_text(s, ",\"name\":") || !take_text(s, &name) ||
        !span_text(s, "}") || !find_kind(tee, &name, m) || m->kind->match != PLUMB_MATCH_MIN ||
        min > (uint64_t)refval_largest(m->kind))
        return false;
    m->match = PLUMB_MATCH_MIN;
    m->min = (int64_t)min;
    return true;
}

static bool
apply_mask(struct pool *pool, const char *hex, struct plumb_measurement *m)
{
    size_t len;

    if (m->kind->match != PLUMB_MATCH_MASK || !hex_into(pool, hex, m->kind, &m->mask, &len) ||
        len != m->len)
        return false;
    for (size_t i = 0; i < len; i++)
        if ((m->value[i] & ~m->mask[i]) != 0)
            return false;
    m->match = PLUMB_MATCH_MASK;
    return true;
}

static bool
scan_measurement(struct span *s, enum plumb_tee tee, struct pool *pool,
                 struct plumb_measurement *m)
{
    struct text mask, name, value;
    bool masked;
    size_t len;

    if (span_text(s, "{\"min\":"))
        return scan_min(s, tee, m);
    masked = span_text(s, "{\"mask\":");
    if (masked && (!take_text(s, &mask) || !span_text(s, ",\"name\":")))
        return false;
    if ((!masked && !span_text(s, "{\"name\":")) || !take_text(s, &name) ||
        !span_text(s, ",\"value\":") || !take_text(s, &value) || !span_text(s, "}") ||
        !find_kind(tee, &name, m) || m->kind->match == PLUMB_MATCH_MIN ||
        !hex_into(pool, value.p, m->kind, &m->value, &len))
        return false;
    m->len = (uint8_t)len;
    m->match = m->kind->match == PLUMB_MATCH_TCB ? PLUMB_MATCH_TCB : PLUMB_MATCH_EQ;
    if (masked && !apply_mask(pool, mask.p, m))
        return false;
    return !plumb_measurement_debug(m->kind, m->value, m->mask, m->len);
}

/* The TEE stands last, and is needed first. */
static bool
take_tee(struct span *set, enum plumb_tee *ret)
{
    for (enum plumb_tee t = 0; t < PLUMB_TEE_COUNT; t++) {
        const char *name = plumb_tee_text(t);
        size_t n = strlen(name);
        struct span tail = { set->p + set->len - n - 11, n + 11 };

        if (set->len > n + 11 && span_text(&tail, "],\"tee\":\"") && span_text(&tail, name) &&
            span_text(&tail, "\"}")) {
            set->len -= n + 11;
            *ret = t;
            return true;
        }
    }
    return false;
}

static bool
scan_set(struct span s, struct pool *pool, struct plumb_set *ret)
{
    struct plumb_measurement m[REFVAL_MEASUREMENTS_MAX];
    bool identity = false;
    struct text label;

    if (!take_tee(&s, &ret->tee))
        return false;
    if (span_text(&s, "{\"label\":")) {
        if (!take_text(&s, &label) || !plumb_name_ok(label.p) ||
            !span_text(&s, ",\"measurements\":["))
            return false;
        ret->label = pool_text(pool, label.p);
        if (ret->label == NULL)
            return false;
    } else if (!span_text(&s, "{\"measurements\":[")) {
        return false;
    }
    do {
        if (ret->n == REFVAL_MEASUREMENTS_MAX)
            return false;
        m[ret->n] = (struct plumb_measurement){ 0 };
        if (!scan_measurement(&s, ret->tee, pool, &m[ret->n]) ||
            (ret->n > 0 && m[ret->n - 1].kind >= m[ret->n].kind))
            return false;
        identity = identity || m[ret->n].kind->role == PLUMB_ROLE_PAYLOAD;
        ret->n++;
    } while (span_text(&s, ","));
    if (s.len != 0 || !identity)
        return false;
    ret->measurements = pool_array(pool, ret->n, sizeof m[0]);
    if (ret->measurements == NULL)
        return false;
    memcpy(ret->measurements, m, ret->n * sizeof m[0]);
    return true;
}

/* At least as many as there are sets, where this reader can read them. */
static size_t
count_sets(const char *data, size_t len)
{
    static const char mark[] = "],\"tee\":\"";
    const char *p = data, *end = data + len;
    size_t n = 0;

    while ((p = memmem(p, (size_t)(end - p), mark, sizeof mark - 1)) != NULL) {
        p += sizeof mark - 1;
        n++;
    }
    return n;
}

bool
refval_scan(const char *data, size_t len, struct pool *pool, struct plumb_sets *ret)
{
    struct span s = { data, len }, set;
    size_t max = count_sets(data, len);
    int state = 0;

    if (len > PLUMB_REFVALS_MAX || max == 0 || max > PLUMB_SETS_MAX ||
        !span_text(&s, "{\"schema\":\"" REFVAL_SCHEMA "\",\"sets\":"))
        return false;
    ret->sets = pool_array(pool, max, sizeof *ret->sets);
    if (ret->sets == NULL)
        return false;
    while (span_next(&s, &state, &set))
        if (ret->n == max || !scan_set(set, pool, &ret->sets[ret->n++]))
            return false;
    return state == 2 && ret->n > 0 && span_text(&s, "}") && s.len == 0;
}
