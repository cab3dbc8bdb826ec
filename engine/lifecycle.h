/*
 * lifecycle.h - the one table of what may happen to a version in a fleet. Effects, refusals,
 * the diagram in docs/lifecycle.md and its table all come from it.
 */
#ifndef ENGINE_LIFECYCLE_H
#define ENGINE_LIFECYCLE_H

#include "engine/engine.h"

/* Where a version is in a fleet: the places, and nowhere yet. */
#define LIFECYCLE_NOWHERE   ENGINE_PLACE_COUNT
#define LIFECYCLE_AT(place) (1u << (place))

/* What a move asks for: name, the rule that a refusal names, and what must be so, in words. */
/* clang-format off */
#define LIFECYCLE_CONDITIONS(X)                                                                   \
    X(IN_FLEET, "lifecycle.fleet", "the fleet has the payload")                                   \
    X(NOT_BARRED, "lifecycle.barred", "the version is not barred")                                \
    X(NOT_REVOKED, "lifecycle.revoked", "the version was not revoked in the fleet")               \
    X(NOT_REJECTED, "lifecycle.rejected", "the version was not rejected")                         \
    X(APPROVED, "lifecycle.not-approved", "the version is approved")                              \
    X(NO_ROLLOUT, "lifecycle.rollout-open", "no rollout of the payload is open in the fleet")     \
    X(NOT_ACCEPTED, "lifecycle.accepted", "the version is not accepted in the fleet already")     \
    X(PREDECESSOR_NAMED, "lifecycle.predecessor", "the predecessor named is the current version, or none is where there is none") \
    X(AHEAD, "lifecycle.past", "the date lies ahead")                                             \
    X(INCOMING, "lifecycle.no-rollout", "the version is incoming")                                \
    X(CURRENT, "lifecycle.not-current", "the version is current")                                 \
    X(OUTGOING, "lifecycle.not-outgoing", "the version is outgoing")                              \
    X(PREDECESSOR_STANDS, "lifecycle.predecessor-gone", "its predecessor is still accepted: neither revoked nor retired") \
    X(RECOGNISED, "lifecycle.recognitions", "as many of the fleet's verifiers as it asks for recognise the version") \
    X(GRACE_LIMIT, "lifecycle.grace-limit", "the date is no later than the fleet's graceLimit after the version became outgoing") \
    X(SOMETHING_LEFT, "lifecycle.leaves-nothing", "a version of the payload stays accepted in the fleet, or leaving nothing is asked for in so many words")
/* clang-format on */
enum lifecycle_condition {
#define X(name, rule, text) LIFECYCLE_##name,
    LIFECYCLE_CONDITIONS(X)
#undef X
        LIFECYCLE_CONDITION_COUNT
};

enum lifecycle_move {
    MOVE_BEGIN,
    MOVE_SCHEDULE,
    MOVE_SCHEDULED_BEGIN,
    MOVE_LAPSE,
    MOVE_COMPLETE,
    MOVE_ROLLBACK,
    MOVE_UNDO,
    MOVE_RESCHEDULE,
    MOVE_PHASE_OUT,
    MOVE_KEPT_END,
    MOVE_OVERRUN_ALERT,
    MOVE_OVERRUN_ROLLBACK,
    MOVE_OVERRUN_COMPLETE,
    MOVE_REVOKE,
    MOVE_UNLISTED,
    MOVE_COUNT
};

enum lifecycle_cause { CAUSE_QUORUM, CAUSE_TIME, CAUSE_GOVERNANCE };

struct lifecycle_row {
    const char *name;
    enum lifecycle_cause cause;
    unsigned from; /* LIFECYCLE_AT of each place of the version that it may start from */
    int to;        /* the version's place afterwards; -1: as before */
    /* What happens to the predecessor (of a revoked one: the successor keeps its place). */
    unsigned predecessor_from;
    int predecessor_to;     /* -1: nothing */
    unsigned conditions[2]; /* 1u << enum lifecycle_condition: [0] always; [1] only when it
                               takes effect, because waiting can still bring it about */
    const char *text;
};
const struct lifecycle_row *lifecycle_row(enum lifecycle_move move);
const char *lifecycle_rule(enum lifecycle_condition c);
const char *lifecycle_condition_text(enum lifecycle_condition c);

/* All that conditions look at. */
struct lifecycle_facts {
    enum engine_version_state version;
    int place; /* enum engine_place, or LIFECYCLE_NOWHERE */
    bool in_fleet;
    bool rollout_open;       /* of any version of the payload in the fleet */
    bool predecessor_named;  /* what the statement names is what is current */
    bool predecessor_stands; /* the place that a roll back would make current is still taken */
    uint64_t recognitions, recognitions_needed;
    plumb_time now, date, date_limit; /* the date asked for, by begin and reschedule */
    bool left; /* something stays accepted after the version goes, or that is asked for */
};

/* effect: it would happen now; else it is only proposed. PLUMB_REFUSED, where is "lifecycle".
 */
PLUMB_MUST_CHECK enum plumb_code lifecycle_check(enum lifecycle_move move,
                                                 const struct lifecycle_facts *f, bool effect,
                                                 struct plumb_err *err);

/* The table for people: Markdown, and the diagram as Graphviz. */
PLUMB_MUST_CHECK enum plumb_code lifecycle_markdown(struct plumb_bytes *ret,
                                                    struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code lifecycle_dot(struct plumb_bytes *ret, struct plumb_err *err);

#endif
