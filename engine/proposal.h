/* proposal.h - propose, vote, and what becomes of a proposal. */
#ifndef ENGINE_PROPOSAL_H
#define ENGINE_PROPOSAL_H

#include "engine/context.h"

PLUMB_MUST_CHECK enum plumb_code proposal_propose(const struct context *c,
                                                  struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code proposal_vote(const struct context *c, struct plumb_err *err);

/* The genesis: its document is in force already; all who signed it are its votes, the first key
 * being the proposer's. Rule "quorum.genesis". */
PLUMB_MUST_CHECK enum plumb_code proposal_genesis(const struct context *c,
                                                  struct plumb_err *err);

/*
 * A proposal that is open or scheduled is so no more: it took effect, was rejected or lapsed,
 * by this rule. A release that is rejected frees its name.
 */
PLUMB_MUST_CHECK enum plumb_code proposal_close(struct engine *e, const struct plumb_digest *id,
                                                enum engine_proposal_state state,
                                                const char *rule, uint64_t index, plumb_time at,
                                                struct plumb_err *err);
/* Where the service recorded what time made of a begin. */
PLUMB_MUST_CHECK enum plumb_code proposal_record(struct engine *e,
                                                 const struct plumb_digest *begin, bool overrun,
                                                 uint64_t index, struct plumb_err *err);

/* The document in force has changed: count every proposal that is open or scheduled again. None
 * takes effect by that. */
PLUMB_MUST_CHECK enum plumb_code proposal_recount(struct engine *e, uint64_t index,
                                                  plumb_time at, struct plumb_err *err);

/* An effective proposal whose quorum does not stand any more, or does again. */
PLUMB_MUST_CHECK enum plumb_code proposal_undermine(struct engine *e,
                                                    const struct plumb_digest *id,
                                                    bool undermined, struct plumb_err *err);

#endif
