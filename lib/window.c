#include <plumb/window.h>

#include "lib/own.h"

static const char *const steps[] = {
#define X(name, text) [PLUMB_STEP_##name] = text,
    PLUMB_STEPS(X)
#undef X
};

static const char *const statuses[] = {
#define X(name, text) [PLUMB_STATUS_##name] = text,
    PLUMB_STATUSES(X)
#undef X
};

const char *
plumb_step_text(enum plumb_step s)
{
    return s < PLUMB_STEP_COUNT ? steps[s] : "?";
}

const char *
plumb_status_text(enum plumb_status s)
{
    return s < PLUMB_STATUS_COUNT ? statuses[s] : "?";
}

struct plumb_terms
plumb_terms_at(const struct plumb_fleet *f, bool has_predecessor, plumb_time begin)
{
    return (struct plumb_terms){
        .overrun = f->overrun,
        .has_predecessor = has_predecessor,
        .deadline = plumb_time_add(begin, f->limit),
        .grace = f->grace,
    };
}

/* Which step may follow which status. A begin follows none: it is the first. */
static bool
may_follow(enum plumb_status status, enum plumb_step step)
{
    switch (status) {
    case PLUMB_STATUS_INCOMING:
        return step == PLUMB_STEP_ALONE || step == PLUMB_STEP_COMPLETE;
    case PLUMB_STATUS_CURRENT:
        return step == PLUMB_STEP_NEXT_BEGIN || step == PLUMB_STEP_NEXT_COMPLETE ||
               step == PLUMB_STEP_NEXT_GONE;
    case PLUMB_STATUS_OUTGOING:
        return step == PLUMB_STEP_NEXT_GONE || step == PLUMB_STEP_RESCHEDULE;
    default:
        return false;
    }
}

static enum plumb_code
refuse(enum plumb_step step, const char *why, struct plumb_err *err)
{
    return plumb_fail(err, PLUMB_REFUSED, "window.step", plumb_step_text(step), "%s", why);
}

/* Time has closed the window: nothing but a begin opens it again. A completion by overrun is
 * recorded late when the service was down, and closes no less for that. */
static bool
too_late(const struct plumb_window *w, enum plumb_step step, plumb_time at)
{
    return step != PLUMB_STEP_NEXT_COMPLETE && at >= w->not_after;
}

static struct plumb_window
begin(plumb_time at, const struct plumb_terms *terms)
{
    const bool ends = terms->overrun == PLUMB_OVERRUN_ROLLBACK && terms->has_predecessor;

    return (struct plumb_window){ PLUMB_STATUS_INCOMING, at,
                                  ends ? terms->deadline : PLUMB_TIME_NEVER };
}

enum plumb_code
plumb_window_step(struct plumb_window *w, bool first, enum plumb_step step, plumb_time at,
                  const struct plumb_terms *terms, plumb_time until, struct plumb_err *err)
{
    if (first != (step == PLUMB_STEP_BEGIN))
        return refuse(step, "a window begins with its begin, and has one only", err);
    if (first) {
        *w = begin(at, terms);
        return PLUMB_OK;
    }
    if (!may_follow(w->status, step))
        return refuse(step, "cannot happen to a version of this status", err);
    if (at < w->not_before || too_late(w, step, at))
        return refuse(step, "happened before the version was accepted, or after it was not",
                      err);
    switch (step) {
    case PLUMB_STEP_NEXT_BEGIN:
        w->not_after = terms->overrun == PLUMB_OVERRUN_COMPLETE
                           ? plumb_time_add(terms->deadline, terms->grace)
                           : PLUMB_TIME_NEVER;
        return PLUMB_OK;
    case PLUMB_STEP_NEXT_COMPLETE:
        w->status = PLUMB_STATUS_OUTGOING;
        w->not_after = until;
        return PLUMB_OK;
    case PLUMB_STEP_RESCHEDULE:
        w->not_after = until;
        return PLUMB_OK;
    case PLUMB_STEP_COMPLETE:
    case PLUMB_STEP_NEXT_GONE:
        w->status = PLUMB_STATUS_CURRENT;
        w->not_after = PLUMB_TIME_NEVER;
        return PLUMB_OK;
    default: /* alone */
        w->not_after = PLUMB_TIME_NEVER;
        return PLUMB_OK;
    }
}

bool
plumb_window_open(const struct plumb_window *w, plumb_time t)
{
    return w->not_before <= t && t < w->not_after;
}
