/*
 * witness_crew.h - the threads that ask witnesses, one for each: all work on the checkpoint
 * that was offered last, and what they got is gathered here. A witness that is slow or away
 * costs its own thread's time only.
 */
#ifndef SERVER_WITNESS_CREW_H
#define SERVER_WITNESS_CREW_H

#include "server/core.h"
#include "server/witness_set.h"

struct witness_crew;

struct witness_crew_config {
    struct core *core;
    const char *conninfo;          /* of the serving role */
    const struct witness_set *set; /* outlives the crew */
    /* Something new was gathered; from the threads, with nothing locked. */
    void (*gathered)(void *arg);
    void *arg;
};
PLUMB_MUST_CHECK enum plumb_code witness_crew_start(const struct witness_crew_config *config,
                                                    struct witness_crew **ret,
                                                    struct plumb_err *err);
/* Ends requests that are under way. */
void witness_crew_stop(struct witness_crew *crew);

/* Let c be cosigned from now on; NULL: ask nobody. What was gathered before is dropped. */
void witness_crew_offer(struct witness_crew *crew, struct core_checkpoint *c);

/*
 * What was offered, with the cosignatures so far: a reference, or NULL when nothing is on
 * offer. *ret_n is how many there are.
 */
struct core_checkpoint *witness_crew_gathered(struct witness_crew *crew, size_t *ret_n);

/* For people: an array of {"name", "url", "up", "size", "error"?}; NULL without memory. */
json_t *witness_crew_json(struct witness_crew *crew);

#endif
