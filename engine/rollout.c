/* Rollouts: begin, complete, roll back, reschedule, as their proposals ask for it. */
#include "engine/control.h"
#include "engine/kinds.h"
#include "engine/place.h"
#include "lib/own.h"

/* A begin that is approved when its time has come, or was not given one, happens at once. */
static enum lifecycle_move
move_of(const struct proposed *what, const struct lifecycle_facts *f, bool effect)
{
    switch (what->action) {
    case PLUMB_ACTION_BEGIN:
        return what->at == PLUMB_TIME_NEVER || (effect && what->at <= f->now) ? MOVE_BEGIN
                                                                              : MOVE_SCHEDULE;
    case PLUMB_ACTION_COMPLETE:
        return MOVE_COMPLETE;
    case PLUMB_ACTION_ROLLBACK:
        return f->place == ENGINE_PLACE_CURRENT ? MOVE_UNDO : MOVE_ROLLBACK;
    default:
        return MOVE_RESCHEDULE;
    }
}

/* What a begin names as its predecessor is what is current. */
static bool
names_predecessor(const struct engine *e, const struct proposed *what)
{
    const struct track *t = state_track(e, what->fleet, what->payload);

    if (t == NULL || !t->has_current)
        return !what->has_predecessor;
    return what->has_predecessor && plumb_digest_eq(&what->predecessor, &t->current);
}

static struct lifecycle_facts
facts_of(const struct engine *e, const struct proposed *what, plumb_time now)
{
    const struct plumb_fleet *rules = plumb_governance_fleet(state_document(e), what->fleet);
    const struct version *v = state_version(e, &what->release);
    const struct placement *p = state_placement(e, what->fleet, &what->release);
    struct lifecycle_facts f = place_facts(e, what->fleet, v, now);

    f.predecessor_named = names_predecessor(e, what);
    if (what->action == PLUMB_ACTION_BEGIN)
        f.date = what->at;
    if (what->action == PLUMB_ACTION_RESCHEDULE) {
        f.date = what->not_after;
        if (p != NULL && rules != NULL)
            f.date_limit = plumb_time_add(p->since, rules->grace_limit);
    }
    return f;
}

enum plumb_code
rollout_propose(const struct context *c, const struct proposed *what, struct plumb_err *err)
{
    const struct plumb_fleet *rules = plumb_governance_fleet(state_document(c->e), what->fleet);
    const struct track *t = state_track(c->e, what->fleet, what->payload);
    uint64_t base = t != NULL ? t->base : 0;
    const struct version *v;

    PLUMB_TRY(context_version(c, &what->release, &v, err));
    if (rules == NULL || !plumb_fleet_has(rules, what->payload))
        return plumb_fail(err, PLUMB_REFUSED, "lifecycle.fleet", "predicate.fleet",
                          "governance knows no fleet %s with the payload %s", what->fleet,
                          what->payload);
    if (what->base != base)
        return plumb_fail(err, PLUMB_CONFLICT, "proposal.base", "predicate.base",
                          "%s in %s has made %llu moves; look again, then name that",
                          what->payload, what->fleet, (unsigned long long)base);
    return PLUMB_OK;
}

enum plumb_code
rollout_check(const struct engine *e, const struct proposed *what, plumb_time now, bool effect,
              struct plumb_err *err)
{
    struct lifecycle_facts f = facts_of(e, what, now);

    PLUMB_TRY(lifecycle_check(move_of(what, &f, effect), &f, effect, err));
    return effect && what->action == PLUMB_ACTION_BEGIN
               ? control_gate(e, &what->release, true, now, err)
               : PLUMB_OK;
}

enum plumb_code
rollout_check_scheduled(const struct engine *e, const struct proposed *what, plumb_time now,
                        struct plumb_err *err)
{
    struct lifecycle_facts f = facts_of(e, what, now);

    PLUMB_TRY(lifecycle_check(MOVE_SCHEDULED_BEGIN, &f, true, err));
    return control_gate(e, &what->release, true, now, err);
}

enum plumb_code
rollout_effect(struct engine *e, const struct proposed *what, struct moment at,
               struct plumb_err *err)
{
    const struct plumb_fleet *rules = plumb_governance_fleet(state_document(e), what->fleet);
    const struct version *v = state_version(e, &what->release);
    struct lifecycle_facts f = facts_of(e, what, at.time);

    switch (move_of(what, &f, true)) {
    case MOVE_BEGIN:
        return place_begin(e, what, rules, at.index, at.time, err);
    case MOVE_COMPLETE:
        return place_complete(e, what->fleet, &what->release, &what->id, false,
                              plumb_time_add(at.time, rules->grace), at.index, at.time, err);
    case MOVE_ROLLBACK:
        return place_leave(e, what->fleet, v, ENGINE_PLACE_WITHDRAWN, NULL, at.index, at.time,
                           err);
    case MOVE_UNDO:
        return place_undo(e, what->fleet, v, at.index, at.time, err);
    default:
        return place_reschedule(e, what, at.index, at.time, err);
    }
}
