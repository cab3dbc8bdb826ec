/* spawn.h - other people's programs, started as another user if we are root. */
#ifndef SERVER_SPAWN_H
#define SERVER_SPAWN_H

#include <plumb/bytes.h>
#include <sys/types.h>

struct spawn {
    const char *const *argv; /* ends with NULL; argv[0] is an absolute path */
    uid_t uid;               /* who to run as; ours, or anyone if we are root */
    gid_t gid;
    int death_signal; /* sent to it when the thread that started it ends; 0 for none */
};

/*
 * Start a process in a session of its own (a terminal's Ctrl-C is not for it), in "/", with
 * signals as by default, a minimal environment, /dev/null as input, and out_fd as output and
 * errors; every other descriptor is closed. The caller waits for *ret.
 */
PLUMB_MUST_CHECK enum plumb_code spawn_start(const struct spawn *s, int out_fd, pid_t *ret,
                                             struct plumb_err *err);

/*
 * Start, wait at most so many seconds (then it is killed), and take its output, of which 64 KiB
 * are kept; ret may be NULL. An exit status other than 0 is refused, rule "spawn.failed", with
 * the last line of the output.
 */
PLUMB_MUST_CHECK enum plumb_code spawn_run(const struct spawn *s, unsigned seconds,
                                           struct plumb_bytes *ret, struct plumb_err *err);

#endif
