/* wish.h - what the service proposes, because governance says that it follows. */
#ifndef ENGINE_WISH_H
#define ENGINE_WISH_H

#include "engine/context.h"
#include "engine/controls.h"

/* When the service last proposed something against a version in a fleet. */
struct asked {
    struct record head;
    plumb_time at;
};

/* A proposal by the service: is it what engine_wish wishes? Rule "wish.none". Notes that it
 * was made. */
PLUMB_MUST_CHECK enum plumb_code wish_propose(const struct context *c, struct plumb_err *err);

#endif
