/* policy.h - the index behind plumb_policy. For .c files only. */
#ifndef LIB_POLICY_H
#define LIB_POLICY_H

#include <plumb/appraise.h>

#define POLICY_NONE UINT32_MAX

/* One reference value set of one accepted version. */
struct policy_ref {
    const struct plumb_set *set; /* NULL: no set has this slot */
    /* the values of all its measurements one after the other, where all want equal values and
       these lie so in memory, else NULL: compared without a look at the set */
    const uint8_t *row;
    uint32_t version; /* index into the bundle's accepted */
    uint32_t at;      /* index into the version's sets */
    uint32_t next;    /* with the same slot */
    uint32_t hash;
};

/* What a verdict asks of an accepted version, without the rest of it. */
struct policy_version {
    plumb_time not_before;
    plumb_time until; /* exclusive: the window's end, or what a compromise lets it keep */
    bool revoked;
};

/* Which measurements a set wants equal, in the table's order: what makes its hash. */
struct policy_part {
    const struct plumb_measurement_kind *kind;
    size_t len; /* of the value: some kinds have several */
};

struct policy_shape {
    struct policy_shape *next;
    uint32_t id;
    size_t n;
    struct policy_part parts[];
};

/* One of several equal measurements of a set: by it the set is found when another differs. */
struct policy_post {
    uint32_t ref, next, hash;
};

struct plumb_policy {
    const struct plumb_bundle *bundle;
    uint64_t seed;
    struct policy_shape *shapes[PLUMB_TEE_COUNT];
    uint32_t nshapes;
    /* a slot for each hash under mask, with the first set that has it; then all other sets */
    struct policy_ref *refs;
    uint32_t nrefs, mask;
    struct policy_post *posts;
    uint32_t nposts;
    uint32_t *post_buckets, post_mask;
    struct policy_version *versions; /* as the bundle's accepted */
    const struct plumb_set **platform[PLUMB_TEE_COUNT];
    size_t nplatform[PLUMB_TEE_COUNT];
    void *pool;
};

/* Feed one value after the other, then fold to 32 bits. */
uint64_t policy_hash_shape(const struct plumb_policy *p, const struct policy_shape *shape);
uint64_t policy_hash_kind(const struct plumb_policy *p,
                          const struct plumb_measurement_kind *kind);
uint64_t policy_hash_add(uint64_t h, const uint8_t *value, size_t len);
uint32_t policy_hash_end(uint64_t h);

#endif
