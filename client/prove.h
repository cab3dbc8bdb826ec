/* client/prove.h - statements of the log with the proof that they are in it. */
#ifndef CLIENT_PROVE_H
#define CLIENT_PROVE_H

#include "client/client.h"

#include <plumb/tlog.h>

struct client_proof {
    struct plumb_statement *statement; /* as its bytes say; who signed it is the next member */
    struct plumb_signed *opened;       /* NULL when its signature did not verify */
    struct plumb_err unverified;       /* why not */
    json_t *envelope;
    uint64_t index; /* proven */
    plumb_time time;
    uint64_t size;    /* of the log under whose checkpoint it was proven */
    char effect[256]; /* the service's words; printable ASCII */
};
void client_proof_clear(struct client_proof *p);

/*
 * By id, or by index. Proves inclusion under policy; a signature that does not verify is no
 * failure, it is said in *ret. Rules "prove.id", "prove.index" (another statement, or another
 * place, than asked for), those of client_get and of plumb_tlog_proof_verify.
 */
PLUMB_MUST_CHECK enum plumb_code client_prove(struct client *c,
                                              const struct plumb_log_policy *policy,
                                              const struct plumb_digest *id,
                                              plumb_key_lookup *lookup, void *arg,
                                              struct client_proof *ret, struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code client_prove_entry(struct client *c,
                                                    const struct plumb_log_policy *policy,
                                                    uint64_t index, plumb_key_lookup *lookup,
                                                    void *arg, struct client_proof *ret,
                                                    struct plumb_err *err);

#endif
