/* wish.h - what the service proposes, because governance says that it follows. */
#ifndef ENGINE_WISH_H
#define ENGINE_WISH_H

#include "engine/context.h"
#include "engine/controls.h"

/* The service's last proposals against a version in a fleet: its revocation, and a shorter
 * phase-out. */
enum wish_kind { WISH_REVOCATION, WISH_SHORTER, WISH_COUNT };
struct asked_last {
    bool made;
    plumb_time at;
    struct plumb_digest proposal;
};
struct asked {
    struct record head;
    struct asked_last last[WISH_COUNT];
};

/* A proposal by the service: is it what engine_wish wishes? Rule "wish.none". Notes that it
 * was made. */
PLUMB_MUST_CHECK enum plumb_code wish_propose(const struct context *c, struct plumb_err *err);

#endif
