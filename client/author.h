/* client/author.h - statements of one's own: stamped, signed, sent. */
#ifndef CLIENT_AUTHOR_H
#define CLIENT_AUTHOR_H

#include "client/client.h"

#define AUTHOR_LIFETIME 86400 /* seconds in which a statement may be accepted */

struct author {
    const char *log; /* origin of the log it is meant for */
    struct plumb_signer *signer;
    plumb_time now;
};

/* A statement of this kind, stamped now with a random nonce, in an envelope with the author's
 * signature. */
PLUMB_MUST_CHECK enum plumb_code author_sign(const struct author *a, enum plumb_kind kind,
                                             const struct plumb_subject *subjects, size_t n,
                                             const json_t *members, json_t **ret_envelope,
                                             struct plumb_err *err);

/* The payload of a genesis that all these keys must sign, for ceremonies that take some days.
 */
PLUMB_MUST_CHECK enum plumb_code author_genesis(const struct plumb_governance *document,
                                                const struct plumb_digest *keys, size_t nkeys,
                                                plumb_time now, struct plumb_bytes *ret,
                                                struct plumb_err *err);

#endif
