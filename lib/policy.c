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
    for (size_t i = 0; i < s->n; i++)
        if (s->measurements[i].match == PLUMB_MATCH_EQ &&
            shape->kinds[at++] != s->measurements[i].kind)
            return false;
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
    shape = pool_alloc(p->pool, sizeof *shape + nequal * sizeof shape->kinds[0]);
    if (shape == NULL)
        return NULL;
    shape->id = p->nshapes++;
    shape->n = nequal;
    for (size_t i = 0; i < s->n; i++)
        if (s->measurements[i].match == PLUMB_MATCH_EQ)
            shape->kinds[at++] = s->measurements[i].kind;
    *link = shape;
    return shape;
}

static void
add_ref(struct plumb_policy *p, const struct plumb_set *s, size_t version,
        const struct policy_shape *shape)
{
    struct policy_ref *ref = &p->refs[p->nrefs];
    uint64_t h = policy_hash_shape(p, shape);

    for (size_t i = 0; i < s->n; i++)
        if (s->measurements[i].match == PLUMB_MATCH_EQ)
            h = policy_hash_add(h, s->measurements[i].value, s->measurements[i].len);
    *ref = (struct policy_ref){ s, (uint32_t)version, 0, policy_hash_end(h) };
    ref->next = p->buckets[ref->hash & p->mask];
    p->buckets[ref->hash & p->mask] = p->nrefs++;
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

static uint32_t *
new_buckets(struct pool *pool, size_t n, uint32_t *ret_mask)
{
    size_t size = 1;
    uint32_t *b;

    while (size < n)
        size *= 2;
    b = pool_array(pool, size, sizeof *b);
    if (b != NULL)
        memset(b, 0xff, size * sizeof *b); /* POLICY_NONE */
    *ret_mask = (uint32_t)(size - 1);
    return b;
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
    p->refs = pool_array(p->pool, nsets, sizeof *p->refs);
    p->buckets = new_buckets(p->pool, nsets, &p->mask);
    p->posts = pool_array(p->pool, nposts, sizeof *p->posts);
    p->post_buckets = new_buckets(p->pool, nposts, &p->post_mask);
    p->revoked = pool_array(p->pool, b->naccepted, sizeof *p->revoked);
    if (p->refs == NULL || p->buckets == NULL || p->posts == NULL || p->post_buckets == NULL ||
        p->revoked == NULL)
        return plumb_fail_memory(err);
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

static enum plumb_code
fill(struct plumb_policy *p, struct plumb_err *err)
{
    const struct plumb_bundle *b = p->bundle;

    PLUMB_TRY(make_room(p, err));
    for (size_t v = 0; v < b->naccepted; v++) {
        const struct plumb_accepted *a = &b->accepted[v];

        p->revoked[v] = b->nrevoked > 0 && bsearch(&a->reference_values, b->revoked,
                                                   b->nrevoked, sizeof *b->revoked, by_digest);
        for (size_t i = 0; i < a->sets->n; i++) {
            const struct plumb_set *s = &a->sets->sets[i];
            const struct policy_shape *shape = shape_of(p, s);

            if (shape == NULL)
                return plumb_fail_memory(err);
            if (shape->n > 1)
                add_posts(p, p->nrefs, s);
            add_ref(p, s, v, shape);
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
