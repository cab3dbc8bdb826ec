/* plumb/refval.h - reference value sets and evidence claims. docs/formats.md section 4. */
#ifndef PLUMB_REFVAL_H
#define PLUMB_REFVAL_H

#include <plumb/artifact.h>
#include <plumb/json.h>
#include <plumb/tee.h>

#define PLUMB_REFVALS_MAX (32u << 20) /* bytes of a reference values document */
#define PLUMB_SETS_MAX    100000

/* What a measurement covers, besides the code: whoever meets it, uses just this. */
struct plumb_cover {
    enum plumb_artifact kind;
    struct plumb_digest digest;
};
#define PLUMB_COVERS_MAX 64 /* of one measurement */

struct plumb_measurement {
    const struct plumb_measurement_kind *kind;
    enum plumb_match match; /* EQ also where a MASK kind is given without a mask */
    uint8_t len, ncovers;
    const uint8_t *value; /* len bytes; for MIN unused */
    const uint8_t *mask;  /* len bytes; for MASK only */
    int64_t min;
    const struct plumb_cover *covers; /* ncovers, as the document has them */
};

struct plumb_set {
    enum plumb_tee tee;
    const char *label;                      /* or NULL */
    struct plumb_measurement *measurements; /* ascending by name */
    size_t n;
};

/* Immutable; all memory in one pool, about the size of the values: their own, or (pool is NULL)
 * that of the bundle that they came in. */
struct plumb_sets {
    struct plumb_set *sets;
    size_t n;
    void *pool;
};
void plumb_sets_free(struct plumb_sets *s);

/* platform: the sets are a fleet's platform rules (none is legal), else a payload's. Rules
 * "set.*". */
PLUMB_MUST_CHECK enum plumb_code plumb_sets_read(const struct plumb_jv *array, bool platform,
                                                 struct plumb_sets **ret,
                                                 struct plumb_err *err);
/* A whole reference values document. */
PLUMB_MUST_CHECK enum plumb_code plumb_refvals_parse(const void *data, size_t len,
                                                     struct plumb_sets **ret,
                                                     struct plumb_err *err);
/* As parsed already by someone who checked its digest. */
PLUMB_MUST_CHECK enum plumb_code plumb_refvals_read(const struct plumb_jv *document,
                                                    struct plumb_sets **ret,
                                                    struct plumb_err *err);

/* What a TEE claimed, already authenticated by a verifier. */
struct plumb_claim {
    const struct plumb_measurement_kind *kind;
    uint8_t len;
    const uint8_t *value; /* len bytes, as in evidence; for MIN unused */
    int64_t number;       /* for MIN */
    const uint8_t *known; /* len bytes: the bits that were told, the others are 0 in value and
                             meet nothing; NULL: all */
};
struct plumb_claims {
    enum plumb_tee tee;
    struct plumb_claim *claims; /* ascending by name */
    size_t n;
    void *pool;
};
void plumb_claims_free(struct plumb_claims *c);
/* Our own form; rules "claims.form", "claims.unknown", "claims.length". What is one session's
 * (report data, nonces) may be there, in any form, and is left out. */
PLUMB_MUST_CHECK enum plumb_code plumb_claims_parse(const void *data, size_t len,
                                                    struct plumb_claims **ret,
                                                    struct plumb_err *err);
const struct plumb_claim *plumb_claims_find(const struct plumb_claims *c, const char *name);

/* The SET of docs/formats.md section 4 that this is. */
PLUMB_MUST_CHECK enum plumb_code plumb_set_json(const struct plumb_set *s, json_t **ret,
                                                struct plumb_err *err);
/* Do they ask for the same, what they cover included, labels aside? */
bool plumb_set_eq(const struct plumb_set *a, const struct plumb_set *b);

/* Does the evidence meet this measurement? A claim that is absent does not. */
bool plumb_measurement_met(const struct plumb_measurement *m, const struct plumb_claims *c);

/* Is a debug bit set, or a measurement that must not be zero zero? Writes its name. Also true,
 * with the name, when the claim that would tell is absent: it fails closed. */
bool plumb_claims_debug(const struct plumb_claims *c, const char **ret_name);

#endif
