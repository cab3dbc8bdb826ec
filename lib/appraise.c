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
    const struct plumb_accepted *a = &q->p->bundle->accepted[version];

    if (q->p->revoked[version])
        return PLUMB_VERDICT_REVOKED;
    if (q->now < a->window.not_before)
        return PLUMB_VERDICT_NOT_YET;
    if (!plumb_window_open(&a->window, q->now) || q->now >= a->kept_until)
        return PLUMB_VERDICT_ENDED;
    return PLUMB_VERDICT_ACCEPTED;
}

static plumb_time
version_until(const struct inquiry *q, uint32_t version)
{
    const struct plumb_bundle *b = q->p->bundle;
    const struct plumb_accepted *a = &b->accepted[version];
    plumb_time until = b->valid_until;

    if (a->window.not_after < until)
        until = a->window.not_after;
    return a->kept_until < until ? a->kept_until : until;
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
    const struct policy_ref *ref; /* NULL: nothing yet */
    enum plumb_verdict_code state;
    bool whole; /* all of its set is met */
    size_t met;
    const struct plumb_measurement *differs;
};

static bool
better(const struct inquiry *q, const struct best *a, const struct best *b)
{
    if (b->ref == NULL)
        return true;
    if (a->whole != b->whole)
        return a->whole;
    if (!a->whole && a->met != b->met)
        return a->met > b->met;
    if (a->state != b->state)
        return a->state == PLUMB_VERDICT_ACCEPTED;
    return version_until(q, a->ref->version) > version_until(q, b->ref->version);
}

static void
consider(const struct inquiry *q, const struct policy_ref *ref, struct best *best)
{
    struct best b = { ref, version_state(q, ref->version), false, 0, NULL };

    b.met = count_met(ref->set, q->claims, &b.differs);
    b.whole = b.differs == NULL;
    if (b.met > 0 && better(q, &b, best))
        *best = b;
}

/* Sets all of whose equal measurements the evidence has. */
static void
look_up(const struct inquiry *q, const struct policy_shape *shape, struct best *best)
{
    uint64_t h = policy_hash_shape(q->p, shape);
    uint32_t hash;

    for (size_t i = 0; i < shape->n; i++) {
        const struct plumb_claim *c = claim_of_kind(q->claims, shape->kinds[i]);

        if (c == NULL)
            return;
        h = policy_hash_add(h, c->value, c->len);
    }
    hash = policy_hash_end(h);
    for (uint32_t r = q->p->buckets[hash & q->p->mask]; r != POLICY_NONE;
         r = q->p->refs[r].next) {
        const struct policy_ref *ref = &q->p->refs[r];

        if (ref->hash == hash && ref->version >= q->from && ref->version < q->to)
            consider(q, ref, best);
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
            consider(q, ref, best);
            compared++;
        }
    }
}

/* Where no value is shared, what is met by bounds and masks alone tells people the most. */
static void
look_any(const struct inquiry *q, struct best *best)
{
    size_t compared = 0;

    for (uint32_t r = 0; r < q->p->nrefs && r < WALK_MAX && compared < NEAR_MAX; r++) {
        const struct policy_ref *ref = &q->p->refs[r];

        if (ref->set->tee != q->claims->tee || ref->version < q->from || ref->version >= q->to)
            continue;
        consider(q, ref, best);
        compared++;
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
    if (!best.whole)
        look_near(q, &best);
    if (best.ref == NULL)
        look_any(q, &best);
    if (best.ref == NULL)
        return PLUMB_VERDICT_UNKNOWN;
    v->version = &b->accepted[best.ref->version];
    v->set = (size_t)(best.ref->set - v->version->sets->sets);
    v->met = best.met;
    v->of = best.ref->set->n;
    if (!best.whole) {
        differs(v, q, best.differs);
        return PLUMB_VERDICT_UNKNOWN;
    }
    if (best.state != PLUMB_VERDICT_ACCEPTED)
        return best.state;
    if (!platform_met(q, &m)) {
        differs(v, q, m);
        return PLUMB_VERDICT_PLATFORM;
    }
    v->until = version_until(q, best.ref->version);
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
