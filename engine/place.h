/*
 * place.h - what moves do to placements and tracks, each one row of the lifecycle's table.
 * Nothing here asks whether a move may happen: lifecycle_check is asked before. at is when it
 * happens, index the entry that brings it about (what lapses by it names both).
 */
#ifndef ENGINE_PLACE_H
#define ENGINE_PLACE_H

#include "engine/state.h"

/* What the table's conditions look at, for this version in this fleet. predecessor_named, the
 * recognitions asked for, dates and left are the caller's to complete. */
struct lifecycle_facts place_facts(const struct engine *e, const char *fleet,
                                   const struct version *v, plumb_time now);

PLUMB_MUST_CHECK enum plumb_code place_begin(struct engine *e, const struct proposed *begin,
                                             const struct plumb_fleet *rules, uint64_t index,
                                             plumb_time at, struct plumb_err *err);
/* proposal: of the completion, or the begin's that overran. end: of what was current. */
PLUMB_MUST_CHECK enum plumb_code place_complete(struct engine *e, const char *fleet,
                                                const struct plumb_digest *release,
                                                const struct plumb_digest *proposal,
                                                bool by_overrun, plumb_time end, uint64_t index,
                                                plumb_time at, struct plumb_err *err);
/*
 * The version is accepted no longer, and its place is to. cause: the proposal by which an
 * incoming version loses its predecessor, or NULL to leave its window alone.
 */
PLUMB_MUST_CHECK enum plumb_code place_leave(struct engine *e, const char *fleet,
                                             const struct version *v, enum engine_place to,
                                             const struct plumb_digest *cause, uint64_t index,
                                             plumb_time at, struct plumb_err *err);
/* Withdraw the current version in favour of its predecessor. */
PLUMB_MUST_CHECK enum plumb_code place_undo(struct engine *e, const char *fleet,
                                            const struct version *v, uint64_t index,
                                            plumb_time at, struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code place_reschedule(struct engine *e, const struct proposed *what,
                                                  uint64_t index, plumb_time at,
                                                  struct plumb_err *err);
/* The deadline has passed and nothing is done about it. */
PLUMB_MUST_CHECK enum plumb_code place_alert(struct engine *e, const char *fleet,
                                             const struct plumb_digest *release,
                                             struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code place_keep(struct engine *e, const char *fleet,
                                            const struct plumb_digest *release,
                                            plumb_time until, struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code place_recognised(struct engine *e, const char *fleet,
                                                  const struct plumb_digest *release,
                                                  struct plumb_err *err);

/* The next move that time makes by itself; false when there is none. */
enum place_due { PLACE_DUE_PHASE_OUT, PLACE_DUE_KEPT_END, PLACE_DUE_OVERRUN };
struct place_next {
    plumb_time due;
    enum place_due kind;
    struct plumb_digest release;
};
bool place_next(const struct engine *e, const struct track *t, struct place_next *ret);

/* Which begin that waits is due first. */
const struct proposal *place_next_begin(const struct engine *e, const struct track *t);

/* An open proposal in or out of the list of those that lapse when the track moves, a scheduled
 * one of those that wait. */
enum track_list { TRACK_OPEN, TRACK_SCHEDULED };
PLUMB_MUST_CHECK enum plumb_code track_list_add(struct engine *e, const char *fleet,
                                                const char *payload, enum track_list list,
                                                const struct plumb_digest *id,
                                                struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code track_list_remove(struct engine *e, const char *fleet,
                                                   const char *payload,
                                                   const struct plumb_digest *id,
                                                   struct plumb_err *err);

#endif
