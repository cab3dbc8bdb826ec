/* The index that makes a verdict cost a hash look-up. */
#include "lib/policy.h"

#include <stdlib.h>
#include <string.h>

#include "lib/own.h"
#include "lib/pool.h"

#define K1 UINT64_C(0x9e3779b97f4a7c15)
#define K2 UINT64_C(0xff51afd7ed558ccd)

static uint64_t
mix(uint64_t h, uint64_t word)
{
    h = (h ^ word) * K1;
    return (h ^ h >> 29) * K2;
}

uint64_t
policy_hash_shape(const struct plumb_policy *p, const struct policy_shape *shape)
{
    return mix(p->seed, shape->id);
}

uint64_t
policy_hash_kind(const struct plumb_policy *p, const struct plumb_measurement_kind *kind)
{
    size_t n;

    return mix(~p->seed, (uint64_t)(kind - plumb_measurements(&n)));
}

uint64_t
policy_hash_add(uint64_t h, const uint8_t *value, size_t len)
{
    uint64_t word;

    h ^= len;
    for (; len >= sizeof word; value += sizeof word, len -= sizeof word) {
        memcpy(&word, value, sizeof word);
        h = mix(h, word);
    }
    word = 0;
    memcpy(&word, value, len);
    return mix(h, word);
}

uint32_t
policy_hash_end(uint64_t h)
{
    return (uint32_t)(h ^ h >> 32);
}

static size_t
count_equal(const struct plumb_set *s)
{
    size_t n = 0;

    for (size_t i = 0; i < s->n; i++)
        n += s->measurements[i].match == PLUMB_MATCH_EQ;
    return n;
}

static bool
shape_is(const struct policy_shape *shape, const struct plumb_set *s, size_t nequal)
{
    size_t at = 0;

    if (shape->n != nequal)
        return false;
    for (size_t i = 0; i < s->n; i++) {
        const struct plumb_measurement *m = &s->measurements[i];

        if (m->match != PLUMB_MATCH_EQ)
            continue;
        if (shape->parts[at].kind != m->kind || shape->parts[at].len != m->len)
            return false;
        at++;
    }
    return true;
}

/* The shape of s, made when it is the first such; NULL when out of memory. */
static const struct policy_shape *
shape_of(struct plumb_policy *p, const struct plumb_set *s)
{
    size_t nequal = count_equal(s), at = 0;
    struct policy_shape **link = &p->shapes[s->tee], *shape;

    for (; *link != NULL; link = &(*link)->next)
        if (shape_is(*link, s, nequal))
            return *link;
    shape = pool_alloc(p->pool, sizeof *shape + nequal * sizeof shape->parts[0]);
    if (shape == NULL)
        return NULL;
    shape->id = p->nshapes++;
    shape->n = nequal;
    for (size_t i = 0; i < s->n; i++)
        if (s->measurements[i].match == PLUMB_MATCH_EQ)
            shape->parts[at++] =
                (struct policy_part){ s->measurements[i].kind, s->measurements[i].len };
    *link = shape;
    return shape;
}

static const uint8_t *
row_of(const struct plumb_set *s)
{
    const struct plumb_measurement *m = s->measurements;

    for (size_t i = 0; i < s->n; i++)
        if (m[i].match != PLUMB_MATCH_EQ ||
            (i > 0 && m[i].value != m[i - 1].value + m[i - 1].len))
            return NULL;
    return m[0].value;
}

/* The index of the ref. */
static uint32_t
add_ref(struct plumb_policy *p, size_t version, size_t at, const struct policy_shape *shape)
{
    const struct plumb_set *s = &p->bundle->accepted[version].sets->sets[at];
    struct policy_ref ref = { .set = s,
                              .row = row_of(s),
                              .version = (uint32_t)version,
                              .at = (uint32_t)at,
                              .next = POLICY_NONE };
    uint64_t h = policy_hash_shape(p, shape);
    uint32_t slot;

    for (size_t i = 0; i < s->n; i++)
        if (s->measurements[i].match == PLUMB_MATCH_EQ)
            h = policy_hash_add(h, s->measurements[i].value, s->measurements[i].len);
    ref.hash = policy_hash_end(h);
    slot = ref.hash & p->mask;
    if (p->refs[slot].set == NULL) {
        p->refs[slot] = ref;
        return slot;
    }
    ref.next = p->refs[slot].next;
    p->refs[slot].next = p->nrefs;
    p->refs[p->nrefs] = ref;
    return p->nrefs++;
}

/* A set with one equal measurement needs no posts: sharing it is matching it. */
static void
add_posts(struct plumb_policy *p, uint32_t ref, const struct plumb_set *s)
{
    for (size_t i = 0; i < s->n; i++) {
        const struct plumb_measurement *m = &s->measurements[i];
        struct policy_post *post = &p->posts[p->nposts];

        if (m->match != PLUMB_MATCH_EQ)
            continue;
        post->ref = ref;
        post->hash =
            policy_hash_end(policy_hash_add(policy_hash_kind(p, m->kind), m->value, m->len));
        post->next = p->post_buckets[post->hash & p->post_mask];
        p->post_buckets[post->hash & p->post_mask] = p->nposts++;
    }
}

static size_t
power_of_two(size_t n)
{
    size_t size = 1;

    while (size < n)
        size *= 2;
    return size;
}

static enum plumb_code
make_room(struct plumb_policy *p, struct plumb_err *err)
{
    const struct plumb_bundle *b = p->bundle;
    size_t nsets = 0, nposts = 0;

    for (size_t v = 0; v < b->naccepted; v++) {
        const struct plumb_sets *sets = b->accepted[v].sets;

        nsets += sets->n;
        for (size_t i = 0; i < sets->n; i++) {
            size_t n = count_equal(&sets->sets[i]);

            nposts += n > 1 ? n : 0;
        }
    }
    if (nsets >= POLICY_NONE / 2 || nposts >= POLICY_NONE / 2)
        return plumb_fail(err, PLUMB_TOO_LARGE, "policy.size", "",
                          "%zu reference value sets are more than can be indexed", nsets);
    p->nrefs = (uint32_t)power_of_two(nsets);
    p->mask = p->nrefs - 1;
    p->refs = pool_array(p->pool, p->nrefs + nsets, sizeof *p->refs);
    p->posts = pool_array(p->pool, nposts, sizeof *p->posts);
    p->post_mask = (uint32_t)power_of_two(nposts) - 1;
    p->post_buckets = pool_array(p->pool, p->post_mask + 1, sizeof *p->post_buckets);
    p->versions = pool_array(p->pool, b->naccepted, sizeof *p->versions);
    if (p->refs == NULL || p->posts == NULL || p->post_buckets == NULL || p->versions == NULL)
        return plumb_fail_memory(err);
    memset(p->post_buckets, 0xff,
           (p->post_mask + 1) * sizeof *p->post_buckets); /* POLICY_NONE */
    return PLUMB_OK;
}

static int
by_digest(const void *a, const void *b)
{
    return plumb_digest_cmp(a, b);
}

static enum plumb_code
group_platform(struct plumb_policy *p, const struct plumb_sets *rules, struct plumb_err *err)
{
    for (enum plumb_tee t = 0; t < PLUMB_TEE_COUNT; t++) {
        for (size_t i = 0; i < rules->n; i++)
            p->nplatform[t] += rules->sets[i].tee == t;
        p->platform[t] = pool_array(p->pool, p->nplatform[t], sizeof *p->platform[t]);
        if (p->platform[t] == NULL)
            return plumb_fail_memory(err);
        p->nplatform[t] = 0;
    }
    for (size_t i = 0; i < rules->n; i++) {
        enum plumb_tee t = rules->sets[i].tee;

        p->platform[t][p->nplatform[t]++] = &rules->sets[i];
    }
    return PLUMB_OK;
}

static struct policy_version
version_of(const struct plumb_bundle *b, const struct plumb_accepted *a)
{
    plumb_time end = a->window.not_after;

    return (struct policy_version){
        .not_before = a->window.not_before,
        .until = a->kept_until < end ? a->kept_until : end,
        .revoked = b->nrevoked > 0 && bsearch(&a->reference_values, b->revoked, b->nrevoked,
                                              sizeof *b->revoked, by_digest) != NULL,
    };
}

static enum plumb_code
fill(struct plumb_policy *p, struct plumb_err *err)
{
    const struct plumb_bundle *b = p->bundle;

    PLUMB_TRY(make_room(p, err));
    for (size_t v = 0; v < b->naccepted; v++) {
        const struct plumb_accepted *a = &b->accepted[v];

        p->versions[v] = version_of(b, a);
        for (size_t i = 0; i < a->sets->n; i++) {
            const struct plumb_set *s = &a->sets->sets[i];
            const struct policy_shape *shape = shape_of(p, s);
            uint32_t ref;

            if (shape == NULL)
                return plumb_fail_memory(err);
            ref = add_ref(p, v, i, shape);
            if (shape->n > 1)
                add_posts(p, ref, s);
        }
    }
    return group_platform(p, b->rules->platform, err);
}

enum plumb_code
plumb_policy_new(const struct plumb_bundle *bundle, struct plumb_policy **ret,
                 struct plumb_err *err)
{
    PLUMB_AUTO(pool_auto) struct pool *pool = pool_new();
    struct plumb_policy *p = pool != NULL ? pool_alloc(pool, sizeof *p) : NULL;

    if (p == NULL)
        return plumb_fail_memory(err);
    p->bundle = bundle;
    p->pool = pool;
    /* nobody who chooses reference values knows the digest of what they end up in */
    memcpy(&p->seed, bundle->content.b, sizeof p->seed);
    PLUMB_TRY(fill(p, err));
    (void)PLUMB_TAKE(pool);
    *ret = p;
    return PLUMB_OK;
}

void
plumb_policy_free(struct plumb_policy *p)
{
    if (p != NULL)
        pool_free(p->pool); /* holds p too */
}
