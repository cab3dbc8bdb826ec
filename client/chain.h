/* client/chain.h - the governance document in force, proven from the genesis on. */
#ifndef CLIENT_CHAIN_H
#define CLIENT_CHAIN_H

#include "client/client.h"

/*
 * Fetch every version of the governance document and check that each was agreed on under the
 * one before: signatures, votes, quorum. genesis: the id of the statement that version 1 must
 * be (of a trust file); NULL takes the server's word for version 1. That the newest one is not
 * kept back, this cannot tell. Rules "governance.genesis", "governance.agreed" and the
 * library's.
 */
PLUMB_MUST_CHECK enum plumb_code client_chain(struct client *c,
                                              const struct plumb_digest *genesis,
                                              struct plumb_chain **ret, struct plumb_err *err);

/* A plumb_key_lookup; arg is a struct plumb_chain. */
const struct plumb_pubkey *client_chain_key(void *arg, const struct plumb_digest *id);

#endif
