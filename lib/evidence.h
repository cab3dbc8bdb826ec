/* evidence.h - what the readers of evidence share: the draft of a reading. For .c files only.
 */
#ifndef LIB_EVIDENCE_H
#define LIB_EVIDENCE_H

#include <plumb/evidence.h>

#include "lib/pool.h"

/* All readings of a file, while they are made. */
struct draft_evidence {
    struct pool *pool; /* owned; {0} before begin */
    struct plumb_reading readings[PLUMB_EVIDENCE_READINGS_MAX];
    size_t n;
};
PLUMB_MUST_CHECK enum plumb_code draft_evidence_begin(struct draft_evidence *e,
                                                      struct plumb_err *err);
/* Hands the pool over; readings may not be none. */
PLUMB_MUST_CHECK enum plumb_code draft_evidence_end(struct draft_evidence *e,
                                                    struct plumb_evidence **ret,
                                                    struct plumb_err *err);
void draft_evidence_clear(struct draft_evidence *e);

#define DRAFT_CLAIMS_MAX   64
#define DRAFT_LEFT_OUT_MAX 64

/* A reading while it is made: lives on the stack, copies what it is given. */
struct draft {
    struct pool *pool;
    enum plumb_evidence_kind kind;
    enum plumb_tee tee;
    size_t offset;
    unsigned warnings;
    struct plumb_claim claims[DRAFT_CLAIMS_MAX];
    struct plumb_measurement set[DRAFT_CLAIMS_MAX];
    struct plumb_left_out left_out[DRAFT_LEFT_OUT_MAX];
    size_t nclaims, nset, nleft_out;
};

void draft_begin(struct draft *d, struct pool *pool, enum plumb_evidence_kind kind,
                 enum plumb_tee tee);

/*
 * A claim of the table's, len bytes as in evidence: into the claims unless it is the session's,
 * into the set if it is the payload's. The name must be in the table, once for each draft, and
 * fit it. For what matches by min the bytes are little-endian.
 */
PLUMB_MUST_CHECK enum plumb_code draft_claim(struct draft *d, const char *name,
                                             const uint8_t *value, size_t len,
                                             struct plumb_err *err);
/* Of which the set asks for the bits in mask only, and (known not NULL) whose other bits than
 * these nobody said. */
PLUMB_MUST_CHECK enum plumb_code draft_masked(struct draft *d, const char *name,
                                              const uint8_t *value, size_t len,
                                              const uint8_t *mask, const uint8_t *known,
                                              struct plumb_err *err);
void draft_number(struct draft *d, const char *name, int64_t number);
/* name and why are static text. */
void draft_left_out(struct draft *d, const char *name, const char *why);
bool draft_has(const struct draft *d, const char *name);

/* Claims at fixed places: base + off, as long as the table says. Ends with name NULL. */
struct draft_field {
    const char *name;
    size_t off;
};
PLUMB_MUST_CHECK enum plumb_code draft_fields(struct draft *d, const struct draft_field *fields,
                                              const uint8_t *base, struct plumb_err *err);

/* Look for what should never be approved, and add the reading to e. */
PLUMB_MUST_CHECK enum plumb_code draft_end(struct draft *d, struct draft_evidence *e,
                                           struct plumb_err *err);

/* MRSIGNER of a key that everybody has. */
void evidence_warn_signer(struct draft *d, const uint8_t signer[32]);

uint16_t le16(const uint8_t *p);
uint32_t le32(const uint8_t *p);
bool all_zero(const uint8_t *p, size_t len);

/* Other people's JSON, which need not be in our profile: an object, or the rule. jansson stops
 * at 2,048 levels by itself. */
PLUMB_MUST_CHECK enum plumb_code evidence_load_json(const uint8_t *data, size_t len,
                                                    const char *rule, json_t **ret,
                                                    struct plumb_err *err);

/* The readers. Each is given a file that looks like its own. */
typedef enum plumb_code evidence_reader(const uint8_t *data, size_t len,
                                        struct draft_evidence *e, struct plumb_err *err);
evidence_reader evidence_quote, evidence_sigstructs, evidence_snp, evidence_nitro, evidence_eif,
    evidence_json, evidence_oci_archive;

bool evidence_is_quote(const uint8_t *data, size_t len);
bool evidence_is_sigstruct(const uint8_t *data, size_t len);
bool evidence_is_snp(const uint8_t *data, size_t len);
bool evidence_is_nitro(const uint8_t *data, size_t len);
/* Of the JSON root, which is our claims or Trustee's. */
PLUMB_MUST_CHECK enum plumb_code evidence_trustee(json_t *root, struct draft_evidence *e,
                                                  struct plumb_err *err);

#endif
