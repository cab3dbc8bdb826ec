/*
 * kinds.h - what is particular to each kind of statement. Of a proposal: *_check says whether
 * it could take effect, *_effect makes it so.
 */
#ifndef ENGINE_KINDS_H
#define ENGINE_KINDS_H

#include "engine/context.h"

/* When an effect happens, and which entry brings it about. */
struct moment {
    uint64_t index;
    plumb_time time;
};

/* --- release.c --- */
PLUMB_MUST_CHECK enum plumb_code
release_propose(const struct context *c, const struct proposed *what, struct plumb_err *err);
/* effect: its quorum is met, so its controls must be. */
PLUMB_MUST_CHECK enum plumb_code release_check(const struct engine *e,
                                               const struct proposed *what, plumb_time now,
                                               bool effect, struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code release_set(struct engine *e,
                                             const struct plumb_digest *release,
                                             enum engine_version_state state,
                                             struct plumb_err *err);

/* --- rollout.c --- */
PLUMB_MUST_CHECK enum plumb_code
rollout_propose(const struct context *c, const struct proposed *what, struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code rollout_check(const struct engine *e,
                                               const struct proposed *what, plumb_time now,
                                               bool effect, struct plumb_err *err);
/* The same for a begin whose time has come. */
PLUMB_MUST_CHECK enum plumb_code rollout_check_scheduled(const struct engine *e,
                                                         const struct proposed *what,
                                                         plumb_time now, struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code rollout_effect(struct engine *e, const struct proposed *what,
                                                struct moment at, struct plumb_err *err);

/* --- revocation.c --- */
PLUMB_MUST_CHECK enum plumb_code
revocation_propose(const struct context *c, const struct proposed *what, struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code revocation_check(const struct engine *e,
                                                  const struct proposed *what, plumb_time now,
                                                  struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code revocation_effect(struct engine *e,
                                                   const struct proposed *what,
                                                   struct moment at, struct plumb_err *err);
/* One version in one fleet, by this cause; also used when a compromise takes a quorum away. */
PLUMB_MUST_CHECK enum plumb_code revoke_in(struct engine *e, const char *fleet,
                                           const struct version *v,
                                           const struct plumb_digest *cause, struct moment at,
                                           struct plumb_err *err);

/* --- govern.c --- */
PLUMB_MUST_CHECK enum plumb_code govern_genesis(const struct context *c, struct plumb_err *err);
/* Reads and checks the document that the statement names, and keeps its bytes. */
PLUMB_MUST_CHECK enum plumb_code govern_propose(const struct context *c, struct document **ret,
                                                struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code govern_check(struct engine *e, const struct proposed *what,
                                              const struct document *doc, struct moment at,
                                              struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code govern_effect(struct engine *e, const struct proposed *what,
                                               const struct document *doc, struct moment at,
                                               struct plumb_err *err);
/* A quorum stands again: what was kept for want of it needs no end any more. */
PLUMB_MUST_CHECK enum plumb_code govern_restore(struct engine *e, struct plumb_err *err);

/* --- the other kinds, each wholly --- */
PLUMB_MUST_CHECK enum plumb_code recognise(const struct context *c, struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code enrol(const struct context *c, struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code publish(const struct context *c, struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code attach(const struct context *c, struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code import(const struct context *c, struct plumb_err *err);

/* --- time.c --- */
/* Run what is due by then; the moves wait in STATE_PENDING for their records. */
PLUMB_MUST_CHECK enum plumb_code time_pass(struct engine *e, plumb_time time,
                                           struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code time_record(const struct context *c, struct plumb_err *err);

#endif
