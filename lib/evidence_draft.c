/* The draft of a reading: what goes into its claims, into its set, and what into neither. */
#include <stdlib.h>
#include <string.h>

#include "lib/evidence.h"
#include "lib/own.h"

uint16_t
le16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

uint32_t
le32(const uint8_t *p)
{
    return le16(p) | (uint32_t)le16(p + 2) << 16;
}

bool
all_zero(const uint8_t *p, size_t len)
{
    uint8_t any = 0;

    for (size_t i = 0; i < len; i++)
        any |= p[i];
    return any == 0;
}

enum plumb_code
draft_evidence_begin(struct draft_evidence *e, struct plumb_err *err)
{
    e->pool = pool_new();
    return e->pool != NULL ? PLUMB_OK : plumb_fail_memory(err);
}

void
draft_evidence_clear(struct draft_evidence *e)
{
    pool_free(e->pool);
    e->pool = NULL;
}

enum plumb_code
draft_evidence_end(struct draft_evidence *e, struct plumb_evidence **ret, struct plumb_err *err)
{
    struct plumb_evidence *evidence = pool_alloc(e->pool, sizeof *evidence);

    if (evidence != NULL)
        evidence->readings = pool_array(e->pool, e->n, sizeof *evidence->readings);
    if (evidence == NULL || evidence->readings == NULL)
        return plumb_fail_memory(err);
    memcpy(evidence->readings, e->readings, e->n * sizeof *evidence->readings);
    evidence->n = e->n;
    evidence->pool = PLUMB_TAKE(e->pool);
    *ret = evidence;
    return PLUMB_OK;
}

void
draft_begin(struct draft *d, struct pool *pool, enum plumb_evidence_kind kind,
            enum plumb_tee tee)
{
    memset(d, 0, sizeof *d);
    d->pool = pool;
    d->kind = kind;
    d->tee = tee;
}

void
draft_left_out(struct draft *d, const char *name, const char *why)
{
    if (d->nleft_out < DRAFT_LEFT_OUT_MAX)
        d->left_out[d->nleft_out++] = (struct plumb_left_out){ name, why };
}

bool
draft_has(const struct draft *d, const char *name)
{
    for (size_t i = 0; i < d->nclaims; i++)
        if (strcmp(d->claims[i].kind->name, name) == 0)
            return true;
    return false;
}

/* NULL when this is for neither claims nor set; the rest is the readers' promise. */
static struct plumb_claim *
new_claim(struct draft *d, const char *name)
{
    const struct plumb_measurement_kind *kind = plumb_measurement_find(d->tee, name);

    if (kind->role == PLUMB_ROLE_SESSION)
        draft_left_out(d, kind->name, kind->about);
    if (kind->role == PLUMB_ROLE_SESSION || d->nclaims == DRAFT_CLAIMS_MAX)
        return NULL;
    d->claims[d->nclaims].kind = kind;
    return &d->claims[d->nclaims++];
}

static struct plumb_measurement *
new_measurement(struct draft *d, const struct plumb_measurement_kind *kind)
{
    if (kind->role == PLUMB_ROLE_PLATFORM) {
        draft_left_out(d, kind->name, "the platform's: it belongs into a fleet's rules");
        return NULL;
    }
    d->set[d->nset].kind = kind;
    d->set[d->nset].match = kind->match == PLUMB_MATCH_MIN ? PLUMB_MATCH_MIN : PLUMB_MATCH_EQ;
    return &d->set[d->nset++];
}

void
draft_number(struct draft *d, const char *name, int64_t number)
{
    struct plumb_claim *c = new_claim(d, name);
    struct plumb_measurement *m;

    if (c == NULL)
        return;
    c->number = number;
    m = new_measurement(d, c->kind);
    if (m != NULL)
        m->min = number;
}

/* The value that the set asks for. */
static enum plumb_code
ask(struct draft *d, const struct plumb_claim *c, const uint8_t *mask, struct plumb_err *err)
{
    struct plumb_measurement *m = new_measurement(d, c->kind);
    uint8_t value[PLUMB_MEASUREMENT_MAX];

    if (m == NULL)
        return PLUMB_OK;
    m->len = c->len;
    m->value = c->value;
    if (mask == NULL)
        return PLUMB_OK;
    for (size_t i = 0; i < c->len; i++)
        value[i] = c->value[i] & mask[i];
    m->match = PLUMB_MATCH_MASK;
    m->value = pool_bytes(d->pool, value, c->len);
    m->mask = pool_bytes(d->pool, mask, c->len);
    return m->value != NULL && m->mask != NULL ? PLUMB_OK : plumb_fail_memory(err);
}

enum plumb_code
draft_masked(struct draft *d, const char *name, const uint8_t *value, size_t len,
             const uint8_t *mask, const uint8_t *known, struct plumb_err *err)
{
    struct plumb_claim *c;

    if (plumb_measurement_find(d->tee, name)->match == PLUMB_MATCH_MIN) {
        int64_t number = 0;

        for (size_t i = len; i-- > 0;)
            number = number << 8 | value[i];
        draft_number(d, name, number);
        return PLUMB_OK;
    }
    c = new_claim(d, name);
    if (c == NULL)
        return PLUMB_OK;
    c->len = (uint8_t)len;
    c->value = pool_bytes(d->pool, value, len);
    if (known != NULL)
        c->known = pool_bytes(d->pool, known, len);
    if (c->value == NULL || (known != NULL && c->known == NULL))
        return plumb_fail_memory(err);
    return ask(d, c, mask, err);
}

enum plumb_code
draft_claim(struct draft *d, const char *name, const uint8_t *value, size_t len,
            struct plumb_err *err)
{
    return draft_masked(d, name, value, len, NULL, NULL, err);
}

enum plumb_code
draft_fields(struct draft *d, const struct draft_field *fields, const uint8_t *base,
             struct plumb_err *err)
{
    for (; fields->name != NULL; fields++)
        PLUMB_TRY(draft_claim(d, fields->name, base + fields->off,
                              plumb_measurement_find(d->tee, fields->name)->len, err));
    return PLUMB_OK;
}

/* The same with debug mode off. */
static enum plumb_code
safe(struct draft *d, struct plumb_measurement *m, struct plumb_err *err)
{
    const struct plumb_measurement_kind *k = m->kind;
    uint8_t value[PLUMB_MEASUREMENT_MAX], mask[PLUMB_MEASUREMENT_MAX];

    for (size_t i = 0; i < m->len; i++) {
        value[i] = (uint8_t)((m->value[i] & ~k->debug[i]) | (k->safe[i] & k->debug[i]));
        mask[i] = m->mask != NULL ? m->mask[i] | k->debug[i] : 0xff;
    }
    m->value = pool_bytes(d->pool, value, m->len);
    if (m->mask != NULL)
        m->mask = pool_bytes(d->pool, mask, m->len);
    return m->value != NULL && (m->match != PLUMB_MATCH_MASK || m->mask != NULL)
               ? PLUMB_OK
               : plumb_fail_memory(err);
}

/* No set asks for debug mode; the warning says that the file does. */
static enum plumb_code
without_debug(struct draft *d, struct plumb_err *err)
{
    size_t n = 0;

    for (size_t i = 0; i < d->nclaims; i++) {
        const struct plumb_claim *c = &d->claims[i];

        if (c->value != NULL && plumb_measurement_debug(c->kind, c->value, NULL, c->len))
            d->warnings |= 1u << PLUMB_WARNING_DEBUG;
    }
    for (size_t i = 0; i < d->nset; i++) {
        struct plumb_measurement m = d->set[i];

        if (m.kind->not_zero && all_zero(m.value, m.len)) {
            draft_left_out(d, m.kind->name, "zero, which it is in debug mode only");
            continue;
        }
        if (m.kind->debug != NULL)
            PLUMB_TRY(safe(d, &m, err));
        d->set[n++] = m;
    }
    d->nset = n;
    return PLUMB_OK;
}

/* Kinds of one TEE lie in the table by name. */
static int
claim_order(const void *a, const void *b)
{
    const struct plumb_claim *x = a, *y = b;

    return x->kind < y->kind ? -1 : x->kind > y->kind;
}

static int
set_order(const void *a, const void *b)
{
    const struct plumb_measurement *x = a, *y = b;

    return x->kind < y->kind ? -1 : x->kind > y->kind;
}

static bool
tells_payload(const struct draft *d)
{
    for (size_t i = 0; i < d->nset; i++)
        if (d->set[i].kind->role == PLUMB_ROLE_PAYLOAD)
            return true;
    return false;
}

enum plumb_code
draft_end(struct draft *d, struct draft_evidence *e, struct plumb_err *err)
{
    struct plumb_reading r = { .kind = d->kind, .offset = d->offset };

    if (e->n == PLUMB_EVIDENCE_READINGS_MAX)
        return plumb_fail(err, PLUMB_TOO_LARGE, "evidence.readings", "",
                          "more than %d in one file", PLUMB_EVIDENCE_READINGS_MAX);
    PLUMB_TRY(without_debug(d, err));
    if (!tells_payload(d))
        d->nset = 0;
    qsort(d->claims, d->nclaims, sizeof d->claims[0], claim_order);
    qsort(d->set, d->nset, sizeof d->set[0], set_order);
    r.warnings = d->warnings;
    r.claims = (struct plumb_claims){ d->tee, NULL, d->nclaims, NULL };
    r.set = (struct plumb_set){ d->tee, NULL, NULL, d->nset };
    r.claims.claims = pool_array(d->pool, d->nclaims, sizeof d->claims[0]);
    r.set.measurements = pool_array(d->pool, d->nset, sizeof d->set[0]);
    r.left_out = pool_array(d->pool, d->nleft_out, sizeof d->left_out[0]);
    if (r.claims.claims == NULL || r.set.measurements == NULL || r.left_out == NULL)
        return plumb_fail_memory(err);
    memcpy(r.claims.claims, d->claims, d->nclaims * sizeof d->claims[0]);
    memcpy(r.set.measurements, d->set, d->nset * sizeof d->set[0]);
    memcpy(r.left_out, d->left_out, d->nleft_out * sizeof d->left_out[0]);
    r.nleft_out = d->nleft_out;
    e->readings[e->n++] = r;
    return PLUMB_OK;
}
