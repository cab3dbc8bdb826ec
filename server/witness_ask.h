/* witness_ask.h - one HTTP connection to one witness. */
#ifndef SERVER_WITNESS_ASK_H
#define SERVER_WITNESS_ASK_H

#include <plumb/bytes.h>
#include <stdatomic.h>

struct witness_ask;

struct witness_ask_config {
    const char *url;     /* "/add-checkpoint" is added */
    const char *ca_file; /* of authorities for https; "" for the system's */
    int64_t timeout_ms;  /* of a whole request */
    atomic_bool *stop;   /* set by another thread, it ends what is under way */
};
PLUMB_MUST_CHECK enum plumb_code witness_ask_open(const struct witness_ask_config *config,
                                                  struct witness_ask **ret,
                                                  struct plumb_err *err);
void witness_ask_close(struct witness_ask *a);

/*
 * POST body; any status is an answer, and its body belongs to the caller. Rule "witness.away"
 * when none came in time, or a larger one than a witness has to say.
 */
PLUMB_MUST_CHECK enum plumb_code witness_ask_post(struct witness_ask *a,
                                                  const struct plumb_bytes *body,
                                                  long *ret_status, struct plumb_bytes *ret,
                                                  struct plumb_err *err);

#endif
