/* logs.h - the logs that a witness knows: the lines "log <vkey>" of its file. */
#ifndef WITNESS_LOGS_H
#define WITNESS_LOGS_H

#include <plumb/tlog.h>

/* One log; several lines with one name are keys of one log, any of which signs. */
struct known_log {
    const char *origin;
    struct plumb_log_policy *policy; /* its keys, and the witness's own: of what it asks */
    struct plumb_log_policy *seen;   /* the same, and the witness must have cosigned */
};

struct logs {
    struct known_log *log;
    size_t n;
};

/*
 * As C2SP tlog-policy writes them, '#' for comments; no other lines. own is the witness's
 * verifier key, of type 04, so that what it cosigned is known again. Rules "witness.logs", and
 * those of verifier keys.
 */
PLUMB_MUST_CHECK enum plumb_code logs_parse(const char *text, size_t len,
                                            const struct plumb_vkey *own, struct logs *ret,
                                            struct plumb_err *err);
void logs_clear(struct logs *logs);

/* NULL for an origin that nobody told us of. */
const struct known_log *logs_find(const struct logs *logs, const char *origin);

#endif
