/* client/head.h - the log's head as it grows: signed, and never less than before. */
#ifndef CLIENT_HEAD_H
#define CLIENT_HEAD_H

#include "client/client.h"

#include <plumb/tlog.h>

/*
 * The newest checkpoint, verified under policy, and proven to extend head, which it replaces;
 * a head of size 0 extends to anything. While there is none newer, waits up to wait seconds;
 * then *ret_news is false. On failure head is as it was. Rules "head.shrunk", "log.fork" (it
 * does not extend what was seen before), those of client_get and plumb_checkpoint_verify.
 */
PLUMB_MUST_CHECK enum plumb_code client_head(struct client *c,
                                             const struct plumb_log_policy *policy,
                                             unsigned wait, struct plumb_checkpoint *head,
                                             bool *ret_news, struct plumb_err *err);

#endif
