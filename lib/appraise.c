/* A verdict on one piece of evidence. */
#include <plumb/appraise.h>

#include <string.h>

#include "lib/match.h"
#include "lib/policy.h"

#define FUTURE_MAX 300 /* how far the bundle may be ahead of the verifier's clock */
#define NEAR_MAX   16  /* sets compared for one value that is shared */
#define WALK_MAX   256 /* and sets passed over to find those of the payload asked about */

const char *
plumb_verdict_text(enum plumb_verdict_code v)
{
    static const char *const texts[] = {
#define X(name, text) [PLUMB_VERDICT_##name] = text,
        PLUMB_VERDICTS(X)
#undef X
    };

    return v < PLUMB_VERDICT_COUNT ? texts[v] : "unknown";
}

/* What one call of plumb_appraise goes by. */
struct inquiry {
    const struct plumb_policy *p;
    const struct plumb_claims *claims;
    plumb_time now;
    uint32_t from, to; /* the versions asked about */
};

static enum plumb_verdict_code
version_state(const struct inquiry *q, uint32_t version)
{
    const struct policy_version *v = &q->p->versions[version];

    if (v->revoked)
        return PLUMB_VERDICT_REVOKED;
    if (q->now < v->not_before)
        return PLUMB_VERDICT_NOT_YET;
    return q->now < v->until ? PLUMB_VERDICT_ACCEPTED : PLUMB_VERDICT_ENDED;
}

static plumb_time
version_until(const struct inquiry *q, uint32_t version)
{
    plumb_time until = q->p->versions[version].until, valid = q->p->bundle->valid_until;

    return until < valid ? until : valid;
}

static size_t
count_met(const struct plumb_set *s, const struct plumb_claims *c,
          const struct plumb_measurement **ret_first)
{
    size_t met = 0;

    *ret_first = NULL;
    for (size_t i = 0; i < s->n; i++) {
        if (plumb_measurement_met(&s->measurements[i], c))
            met++;
        else if (*ret_first == NULL)
            *ret_first = &s->measurements[i];
    }
    return met;
}

/* The best so far of what was looked at. */
struct best {
    size_t of; /* measurements of its set; 0: nothing yet */
    size_t met;
    uint32_t version, at; /* the set's */
    enum plumb_verdict_code state;
    const struct plumb_measurement *differs; /* NULL: all of its set is met */
};

static bool
better(const struct inquiry *q, const struct best *a, const struct best *b)
{
    if (b->of == 0)
        return true;
    if ((a->differs == NULL) != (b->differs == NULL))
        return a->differs == NULL;
    if (a->differs != NULL && a->met != b->met)
        return a->met > b->met;
    if (a->state != b->state)
        return a->state == PLUMB_VERDICT_ACCEPTED;
    return version_until(q, a->version) > version_until(q, b->version);
}

static void
keep_better(const struct inquiry *q, struct best *b, struct best *best)
{
    b->state = version_state(q, b->version);
    if (b->met > 0 && better(q, b, best))
        *best = *b;
}

static void
consider(const struct inquiry *q, uint32_t version, uint32_t at, const struct plumb_set *set,
         struct best *best)
{
    struct best b = { .of = set->n, .version = version, .at = at };

    b.met = count_met(set, q->claims, &b.differs);
    keep_better(q, &b, best);
}

/* Whether all of a set of this shape, which the evidence has, is met; false: look closer. */
static bool
meets_row(const struct inquiry *q, const struct policy_shape *shape, const uint8_t *row)
{
    for (size_t i = 0; i < shape->n; i++) {
        const struct plumb_claim *c = claim_of_kind(q->claims, shape->parts[i].kind);

        if (c->known != NULL || memcmp(c->value, row, shape->parts[i].len) != 0)
            return false;
        row += shape->parts[i].len;
    }
    return true;
}

/* Sets all of whose equal measurements the evidence has. */
static void
look_up(const struct inquiry *q, const struct policy_shape *shape, struct best *best)
{
    uint64_t h = policy_hash_shape(q->p, shape);
    const struct policy_ref *ref;
    uint32_t hash;

    for (size_t i = 0; i < shape->n; i++) {
        const struct plumb_claim *c = claim_of_kind(q->claims, shape->parts[i].kind);

        if (c == NULL || c->len != shape->parts[i].len)
            return;
        h = policy_hash_add(h, c->value, c->len);
    }
    hash = policy_hash_end(h);
    for (uint32_t r = hash & q->p->mask; r != POLICY_NONE; r = ref->next) {
        ref = &q->p->refs[r];
        if (ref->set == NULL)
            return;
        if (ref->hash != hash || ref->version < q->from || ref->version >= q->to)
            continue;
        if (ref->row != NULL && meets_row(q, shape, ref->row)) {
            struct best b = {
                .of = shape->n, .met = shape->n, .version = ref->version, .at = ref->at
            };

            keep_better(q, &b, best);
        } else {
            consider(q, ref->version, ref->at, ref->set, best);
        }
    }
}

/* Sets that share at least one value; a few for each, so that this stays quick. */
static void
look_near(const struct inquiry *q, struct best *best)
{
    for (size_t i = 0; i < q->claims->n; i++) {
        const struct plumb_claim *c = &q->claims->claims[i];
        uint32_t hash;
        size_t compared = 0, walked = 0;

        if (c->kind->match == PLUMB_MATCH_MIN)
            continue;
        hash =
            policy_hash_end(policy_hash_add(policy_hash_kind(q->p, c->kind), c->value, c->len));
        for (uint32_t n = q->p->post_buckets[hash & q->p->post_mask];
             n != POLICY_NONE && compared < NEAR_MAX && walked < WALK_MAX;
             n = q->p->posts[n].next, walked++) {
            const struct policy_ref *ref = &q->p->refs[q->p->posts[n].ref];

            if (q->p->posts[n].hash != hash || ref->version < q->from || ref->version >= q->to)
                continue;
            consider(q, ref->version, ref->at, ref->set, best);
            compared++;
        }
    }
}

/* Where no value is shared, what is met by bounds and masks alone tells people the most. */
static void
look_any(const struct inquiry *q, struct best *best)
{
    size_t compared = 0, walked = 0;

    for (uint32_t v = q->from; v < q->to; v++) {
        const struct plumb_sets *sets = q->p->bundle->accepted[v].sets;

        for (uint32_t i = 0; i < sets->n; i++) {
            if (walked++ == WALK_MAX || compared == NEAR_MAX)
                return;
            if (sets->sets[i].tee != q->claims->tee)
                continue;
            consider(q, v, i, &sets->sets[i], best);
            compared++;
        }
    }
}

/* A machine has to meet one whole set of the fleet's for its TEE, where there is one. */
static bool
platform_met(const struct inquiry *q, const struct plumb_measurement **ret_differs)
{
    size_t n = q->p->nplatform[q->claims->tee], most = 0;

    *ret_differs = NULL;
    for (size_t i = 0; i < n; i++) {
        const struct plumb_measurement *first;
        size_t met = count_met(q->p->platform[q->claims->tee][i], q->claims, &first);

        if (first == NULL)
            return true;
        if (*ret_differs == NULL || met > most) {
            *ret_differs = first;
            most = met;
        }
    }
    return n == 0;
}

static void
differs(struct plumb_verdict *v, const struct inquiry *q, const struct plumb_measurement *m)
{
    v->measurement = m->kind->name;
    v->expected = m;
    v->absent = claim_of_kind(q->claims, m->kind) == NULL;
}

/* The accepted versions are sorted by payload. */
static uint32_t
first_of_payload(const struct plumb_bundle *b, const char *payload, bool after)
{
    size_t lo = 0, hi = b->naccepted;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int d = strcmp(b->accepted[mid].payload, payload);

        if (d < 0 || (after && d == 0))
            lo = mid + 1;
        else
            hi = mid;
    }
    return (uint32_t)lo;
}

/* The version, and why not, leaving aside what holds for every version. */
static enum plumb_verdict_code
judge(const struct inquiry *q, struct plumb_verdict *v)
{
    const struct plumb_bundle *b = q->p->bundle;
    const struct plumb_measurement *m;
    struct best best = { 0 };

    for (const struct policy_shape *s = q->p->shapes[q->claims->tee]; s != NULL; s = s->next)
        look_up(q, s, &best);
    if (best.of == 0 || best.differs != NULL)
        look_near(q, &best);
    if (best.of == 0)
        look_any(q, &best);
    if (best.of == 0)
        return PLUMB_VERDICT_UNKNOWN;
    v->version = &b->accepted[best.version];
    v->set = best.at;
    v->met = best.met;
    v->of = best.of;
    if (best.differs != NULL) {
        differs(v, q, best.differs);
        return PLUMB_VERDICT_UNKNOWN;
    }
    if (best.state != PLUMB_VERDICT_ACCEPTED)
        return best.state;
    if (!platform_met(q, &m)) {
        differs(v, q, m);
        return PLUMB_VERDICT_PLATFORM;
    }
    v->until = version_until(q, best.version);
    return PLUMB_VERDICT_ACCEPTED;
}

struct plumb_verdict
plumb_appraise(const struct plumb_policy *p, const char *payload,
               const struct plumb_claims *claims, plumb_time now)
{
    const struct plumb_bundle *b = p->bundle;
    struct inquiry q = { p, claims, now, 0, (uint32_t)b->naccepted };
    struct plumb_verdict v = { 0 };
    const char *name;

    if (payload != NULL) {
        q.from = first_of_payload(b, payload, false);
        q.to = first_of_payload(b, payload, true);
    }
    v.code = judge(&q, &v);
    if (now >= b->valid_until || now < b->issued - FUTURE_MAX) {
        v.code = PLUMB_VERDICT_STALE;
        v.until = 0;
    } else if (plumb_claims_debug(claims, &name)) {
        v.code = PLUMB_VERDICT_DEBUG;
        v.until = 0;
        v.measurement = name;
        v.expected = NULL;
        v.absent = plumb_claims_find(claims, name) == NULL;
    }
    return v;
}
