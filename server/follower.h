/*
 * follower.h - one thread that keeps an instance in step with the log and the clock: it follows
 * what others append, pokes the writer when time has brought something about (only the instance
 * that holds the scheduler's lock does), compares clocks, and keeps the newest checkpoint
 * outside the database.
 */
#ifndef SERVER_FOLLOWER_H
#define SERVER_FOLLOWER_H

#include "server/writer.h"

struct follower;

struct follower_config {
    struct core *core;
    struct writer *writer;
    const char *conninfo; /* of the serving role */
};
PLUMB_MUST_CHECK enum plumb_code follower_start(const struct follower_config *config,
                                                struct follower **ret, struct plumb_err *err);
void follower_stop(struct follower *f);

/* The log moved, or time's next move may have: look again soon. Any thread. */
void follower_wake(struct follower *f);

/* Can this instance read the database now? For readiness. */
bool follower_healthy(const struct follower *f);
/* Does it hold the scheduler's lock? */
bool follower_schedules(const struct follower *f);

#endif
