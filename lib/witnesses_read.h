/* witnesses_read.h - the witnesses that a document states; for lib/ only. */
#ifndef LIB_WITNESSES_READ_H
#define LIB_WITNESSES_READ_H

#include "lib/governance.h"

/* v may be absent. Rule "governance.witness", and those of forms and of keys. */
PLUMB_MUST_CHECK enum plumb_code plumb_witnesses_read(struct plumb_governance *g,
                                                      struct pool *pool,
                                                      const struct plumb_jv *v,
                                                      struct plumb_err *err);

/* A witness key keeps its name, and never becomes a principal's or the log's. */
PLUMB_MUST_CHECK enum plumb_code plumb_witnesses_succeed(const struct plumb_governance *g,
                                                         const struct plumb_governance *next,
                                                         struct plumb_err *err);

/* The id that an Ed25519 verifier key would have as a principal's key. */
void plumb_vkey_digest(const struct plumb_vkey *key, struct plumb_digest *ret);

#endif
