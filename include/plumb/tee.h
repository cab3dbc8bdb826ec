/* plumb/tee.h - the table of measurements: names, algorithms, lengths, whose they are, debug
 * bits. */
#ifndef PLUMB_TEE_H
#define PLUMB_TEE_H

#include <plumb/err.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* clang-format off */
#define PLUMB_TEES(X)           \
    X(SGX, "sgx")               \
    X(TDX, "tdx")               \
    X(SNP, "snp")               \
    X(NITRO, "nitro")           \
    X(CCA, "cca")               \
    X(TPM, "tpm")               \
    X(OCI, "oci")
/* clang-format on */
enum plumb_tee {
#define X(name, text) PLUMB_TEE_##name,
    PLUMB_TEES(X)
#undef X
        PLUMB_TEE_COUNT
};
const char *plumb_tee_text(enum plumb_tee tee);
PLUMB_MUST_CHECK enum plumb_code plumb_tee_parse(const char *text, const char *where,
                                                 enum plumb_tee *ret, struct plumb_err *err);

enum plumb_measurement_role {
    PLUMB_ROLE_PAYLOAD,   /* identifies what runs; a set needs one */
    PLUMB_ROLE_QUALIFIER, /* the payload's too (signer, svn, configuration, attributes), not
                             enough alone */
    PLUMB_ROLE_PLATFORM,  /* the machine's: a fleet's platform rules */
    PLUMB_ROLE_BOOT,      /* either's, never enough alone: a TPM's firmware PCRs */
    PLUMB_ROLE_SESSION    /* never a reference value */
};
enum plumb_match {
    PLUMB_MATCH_EQ,   /* hex, equal */
    PLUMB_MATCH_MIN,  /* integer, at least */
    PLUMB_MATCH_MASK, /* hex, equal under a mask */
    PLUMB_MATCH_TCB   /* hex of byte-wise component levels, each at least: value is the floor */
};

#define PLUMB_MEASUREMENT_MAX 64 /* bytes of the longest value */

struct plumb_measurement_kind {
    enum plumb_tee tee;
    const char *name;
    const char *alg;   /* "sha-384", or "" for what is no digest */
    size_t len;        /* bytes; for MIN, of the integer in evidence; 0: 1 to 64 of them */
    size_t len2, len3; /* other legal lengths, or 0 (CCA: 32, 48, 64) */
    enum plumb_measurement_role role;
    enum plumb_match match;
    const uint8_t *debug; /* len bytes: the bits that tell debug mode; NULL if none */
    const uint8_t *safe;  /* with debug: what those bits are outside of debug mode */
    bool not_zero;        /* all zero means debug mode (Nitro PCR 0 to 2) */
    const char *about;    /* one line for docs/measurements.md */
};

/* NULL when the TEE has no such name. */
const struct plumb_measurement_kind *plumb_measurement_find(enum plumb_tee tee,
                                                            const char *name);
/* All of them, ascending by (tee, name). */
const struct plumb_measurement_kind *plumb_measurements(size_t *ret_n);
/* Those of one TEE. */
const struct plumb_measurement_kind *plumb_measurements_of(enum plumb_tee tee, size_t *ret_n);

const char *plumb_measurement_role_text(enum plumb_measurement_role role);
const char *plumb_match_text(enum plumb_match match);
bool plumb_measurement_len_ok(const struct plumb_measurement_kind *kind, size_t len);
/* Does this value say debug mode, going by the bits that mask (NULL: all) leaves? */
bool plumb_measurement_debug(const struct plumb_measurement_kind *kind, const uint8_t *value,
                             const uint8_t *mask, size_t len);

#endif
