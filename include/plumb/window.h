/*
 * plumb/window.h - from when until when a version is accepted: the fold of the moves that touch
 * it. docs/formats.md section 6 has the same as a table. The engine and verifiers use this one.
 */
#ifndef PLUMB_WINDOW_H
#define PLUMB_WINDOW_H

#include <plumb/governance.h>

/* clang-format off */
#define PLUMB_STEPS(X)                      \
    X(BEGIN, "begin")                       \
    X(ALONE, "alone")                       \
    X(COMPLETE, "complete")                 \
    X(NEXT_BEGIN, "next-begin")             \
    X(NEXT_COMPLETE, "next-complete")       \
    X(NEXT_GONE, "next-gone")               \
    X(RESCHEDULE, "reschedule")

#define PLUMB_STATUSES(X)                   \
    X(INCOMING, "incoming")                 \
    X(CURRENT, "current")                   \
    X(OUTGOING, "outgoing")
/* clang-format on */
enum plumb_step {
#define X(name, text) PLUMB_STEP_##name,
    PLUMB_STEPS(X)
#undef X
        PLUMB_STEP_COUNT
};
enum plumb_status {
#define X(name, text) PLUMB_STATUS_##name,
    PLUMB_STATUSES(X)
#undef X
        PLUMB_STATUS_COUNT
};
const char *plumb_step_text(enum plumb_step s);
const char *plumb_status_text(enum plumb_status s);

struct plumb_window {
    enum plumb_status status;
    plumb_time not_before;
    plumb_time not_after; /* exclusive; PLUMB_TIME_NEVER for none */
};

/* What a begin fixes for its rollout: from the document in force at the completing entry. */
struct plumb_terms {
    enum plumb_overrun overrun;
    bool has_predecessor;
    plumb_time deadline; /* begin + limit */
    int64_t grace;       /* for a completion by overrun */
};
struct plumb_terms plumb_terms_at(const struct plumb_fleet *f, bool has_predecessor,
                                  plumb_time begin);

/*
 * One step. at: when it happened. terms: of the rollout that it belongs to (BEGIN, NEXT_BEGIN,
 * and NEXT_COMPLETE by overrun). until: RESCHEDULE's date; NEXT_COMPLETE's end, which the
 * caller computed as at + grace or deadline + grace. A step that cannot follow the window's
 * status, or that comes before the window opened or after time closed it (a late NEXT_COMPLETE
 * apart: its end is past already), is refused: "window.step".
 */
PLUMB_MUST_CHECK enum plumb_code plumb_window_step(struct plumb_window *w, bool first,
                                                   enum plumb_step step, plumb_time at,
                                                   const struct plumb_terms *terms,
                                                   plumb_time until, struct plumb_err *err);

/* Accepted at t? */
bool plumb_window_open(const struct plumb_window *w, plumb_time t);

#endif
