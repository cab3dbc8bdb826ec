/* waiver.h - a SHOULD that a release need not meet until a date, on a quorum's word. */
#ifndef ENGINE_WAIVER_H
#define ENGINE_WAIVER_H

#include "engine/context.h"
#include "engine/kinds.h"

struct waiver {
    struct record head;
    struct plumb_digest proposal;
    struct proposed *what; /* held */
    plumb_time until;
};
void waiver_free(struct record *r);

/* The last one that was approved, whether or not its time has passed; NULL: none, or its quorum
 * stands no longer, because a key was declared compromised. */
const struct waiver *waiver_of(const struct engine *e, const struct plumb_digest *release,
                               const char *control);

PLUMB_MUST_CHECK enum plumb_code
waiver_propose(const struct context *c, const struct proposed *what, struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code waiver_check(const struct engine *e,
                                              const struct proposed *what, plumb_time now,
                                              struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code waiver_effect(struct engine *e, struct proposed *what,
                                               struct plumb_err *err);

#endif
