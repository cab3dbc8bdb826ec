/* evidence_nitro.h - what a Nitro document and a Nitro image share. For .c files only. */
#ifndef LIB_EVIDENCE_NITRO_H
#define LIB_EVIDENCE_NITRO_H

#include "lib/cbor.h"
#include "lib/evidence.h"

#define NITRO_PCR_LEN 48

/* The payload of a COSE_Sign1, tagged or not, whose signature is not verified; rule
 * "cose.form". */
PLUMB_MUST_CHECK enum plumb_code cose_sign1(const uint8_t *data, size_t len,
                                            struct cbor *ret_payload, struct plumb_err *err);
/* number is at most 31, once for each draft. */
PLUMB_MUST_CHECK enum plumb_code nitro_pcr(struct draft *d, unsigned number,
                                           const uint8_t *value, struct plumb_err *err);

#endif
