/* sbom_build.h - what the readers of the formats share; for sbom*.c only. */
#ifndef SUPPLY_SBOM_BUILD_H
#define SUPPLY_SBOM_BUILD_H

#include "supply/read.h"
#include "supply/sbom.h"

struct build {
    struct sbom *sbom;
    struct pool *pool; /* the sbom's */
    struct sbom_component *components;
    size_t n, max;
    const struct sbom_component **by_ref; /* those that have one, sorted */
    size_t nrefs;
};

/* Room for so many components. */
PLUMB_MUST_CHECK enum plumb_code build_begin(struct build *b, size_t max,
                                             struct plumb_err *err);
/* One more, which is zeroed. */
struct sbom_component *build_add(struct build *b);
/* No ref twice; counts, and hands the components over. */
PLUMB_MUST_CHECK enum plumb_code build_end(struct build *b, struct plumb_err *err);

/* The purl and the packages that it names, unless it cannot be read. */
PLUMB_MUST_CHECK enum plumb_code build_purl(struct build *b, struct sbom_component *c,
                                            const char *text, struct plumb_err *err);
/* "SHA-256", "SHA256", "sha256" and the like, and hex of the length that it makes. */
PLUMB_MUST_CHECK enum plumb_code build_hash(struct pool *pool, const struct plumb_jv *v,
                                            const char *algorithm, const char *value,
                                            const char *rule, struct sbom_hash *ret,
                                            struct plumb_err *err);
/* The list at key of objects with these two members, if it is there. */
PLUMB_MUST_CHECK enum plumb_code build_hashes(struct pool *pool, const struct plumb_jv *object,
                                              const char *key, const char *algorithm,
                                              const char *value, const char *rule,
                                              const struct sbom_hash **ret, size_t *ret_n,
                                              struct plumb_err *err);
/* After build_end: the component of this ref, or NULL. ref may be NULL. */
const struct sbom_component *build_find(const struct build *b, const char *ref);

typedef enum plumb_code sbom_reader(const struct plumb_jv *root, struct build *b,
                                    struct plumb_err *err);
sbom_reader sbom_cyclonedx, sbom_spdx2, sbom_spdx3;

#endif
