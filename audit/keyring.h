/* audit/keyring.h - public keys by their ids, for threads that verify while the engine goes on.
 * Keys are only ever added: whether one counts is for the engine to say. */
#ifndef AUDIT_KEYRING_H
#define AUDIT_KEYRING_H

#include <plumb/governance.h>
#include "engine/engine.h"

struct keyring;
PLUMB_MUST_CHECK enum plumb_code keyring_new(struct keyring **ret, struct plumb_err *err);
void keyring_free(struct keyring *k);

/* All keys of a document; all that the engine knows. */
PLUMB_MUST_CHECK enum plumb_code
keyring_document(struct keyring *k, const struct plumb_governance *doc, struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code keyring_engine(struct keyring *k, const struct engine *e,
                                                struct plumb_err *err);
/* A plumb_key_lookup, arg being the keyring: any thread. What it returns lives as long as the
 * keyring. */
const struct plumb_pubkey *keyring_find(void *k, const struct plumb_digest *id);

#endif
