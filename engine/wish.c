/* What governance says should be proposed about findings and lapsed waivers. */
#include <stdio.h>
#include <string.h>

#include "engine/control.h"
#include "engine/place.h"
#include "engine/wish.h"
#include "lib/own.h"

/* What speaks against a version: since when, and by when it is to be gone. */
struct cause {
    unsigned follows; /* 1u << enum plumb_follow */
    plumb_time since; /* of the newest */
    plumb_time due;   /* PLUMB_TIME_NEVER: whenever */
    char text[120];
};

static void
add(struct cause *c, unsigned follows, plumb_time since, plumb_time due, const char *what,
    const char *which)
{
    if ((follows & (1u << PLUMB_FOLLOW_REVOKE | 1u << PLUMB_FOLLOW_SHORTEN)) == 0)
        return;
    c->follows |= follows;
    if (since > c->since)
        c->since = since;
    if (due < c->due)
        c->due = due;
    (void)snprintf(c->text, sizeof c->text, "%s: %.64s", what, which);
}

static void
find_cause(const struct engine *e, const struct plumb_digest *release, plumb_time now,
           struct cause *ret)
{
    const struct plumb_controls *controls = state_document(e)->controls;
    struct finding_sum sum;

    *ret = (struct cause){ .due = PLUMB_TIME_NEVER };
    finding_sum(e, release, now, &sum);
    for (size_t i = 0; i < controls->ncontrols && controls->lapse != 0; i++) {
        struct engine_control c;

        control_evaluate(e, release, i, now, &c);
        if (c.lapsed && c.state != PLUMB_CONTROL_MET)
            add(ret, controls->lapse, c.waived_until, PLUMB_TIME_NEVER, "its waiver has lapsed",
                c.id);
    }
    if (sum.blocking > 0)
        add(ret, controls->finding, sum.newest_blocking, sum.first_due, "it is affected",
            sum.first);
    if (sum.overdue > 0)
        add(ret, controls->overdue, sum.newest_overdue, sum.first_due, "it is overdue",
            sum.first_overdue);
}

static const struct asked *
asked_of(const struct engine *e, const char *fleet, const struct plumb_digest *release)
{
    struct state_key key = key_in_fleet(fleet, release);

    return state_get_key(e, STATE_ASKED, &key);
}

/* A phase-out that could be shorter: to the deadline, or to a day from now. */
static bool
shortens(const struct placement *p, const struct cause *c, plumb_time now, plumb_time *ret)
{
    plumb_time soon = plumb_time_add(now, 86400);

    *ret = c->due != PLUMB_TIME_NEVER && c->due > soon ? c->due : soon;
    return p->place == ENGINE_PLACE_OUTGOING && *ret < p->window.not_after;
}

static bool
wish_for(const struct engine *e, const struct placement *p, plumb_time now,
         struct engine_wish *ret)
{
    const struct asked *asked = asked_of(e, p->fleet.s, &p->release);
    struct cause c;

    find_cause(e, &p->release, now, &c);
    if (c.follows == 0 || (asked != NULL && asked->at >= c.since))
        return false;
    *ret = (struct engine_wish){ .fleet = p->fleet.s,
                                 .payload = p->payload.s,
                                 .version = p->version.s,
                                 .release = p->release };
    (void)snprintf(ret->reason, sizeof ret->reason, "%s", c.text);
    if ((c.follows & 1u << PLUMB_FOLLOW_REVOKE) != 0) {
        ret->kind = PLUMB_KIND_REVOCATION;
        /* to leave nothing accepted is for people to ask for */
        return place_facts(e, p->fleet.s, state_version(e, &p->release), now).left;
    }
    ret->kind = PLUMB_KIND_ROLLOUT;
    return shortens(p, &c, now, &ret->until);
}

static bool
any_follows(const struct plumb_controls *c)
{
    return ((c->lapse | c->finding | c->overdue) &
            (1u << PLUMB_FOLLOW_REVOKE | 1u << PLUMB_FOLLOW_SHORTEN)) != 0;
}

bool
engine_wish(const struct engine *e, plumb_time now, size_t *at, struct engine_wish *ret)
{
    const struct plumb_governance *doc = state_document(e);
    const struct map *m = &e->maps[STATE_PLACEMENTS];

    if (doc == NULL || doc->controls == NULL || !any_follows(doc->controls))
        return false;
    while (*at < m->norder) {
        const struct placement *p = (const struct placement *)m->order[(*at)++]->record;
        const struct plumb_fleet *rules = plumb_governance_fleet(doc, p->fleet.s);

        if (placement_is_accepted(p) && rules != NULL && plumb_fleet_has(rules, p->payload.s) &&
            plumb_governance_payload(doc, p->payload.s) != NULL && wish_for(e, p, now, ret))
            return true;
    }
    return false;
}

/* --- the service proposes it --- */

/* Never a longer phase-out, nor a fleet with nothing left: time went on since the service
 * looked, so the date need not be the one that the engine would say now. */
static bool
is_within(const struct plumb_statement *s, const struct placement *p)
{
    return s->kind == PLUMB_KIND_ROLLOUT ? s->u.rollout.action == PLUMB_ACTION_RESCHEDULE &&
                                               s->u.rollout.not_after < p->window.not_after
                                         : s->u.revocation.nleave_nothing == 0;
}

static bool
is_wished(const struct context *c, const char *fleet, const struct plumb_digest *release)
{
    const struct placement *p = state_placement(c->e, fleet, release);
    struct engine_wish w;

    return placement_is_accepted(p) && wish_for(c->e, p, c->time, &w) && w.kind == c->s->kind &&
           is_within(c->s, p);
}

static enum plumb_code
note(struct engine *e, const char *fleet, const struct plumb_digest *release, plumb_time at,
     struct plumb_err *err)
{
    struct state_key key = key_in_fleet(fleet, release);
    struct asked *asked = calloc(1, sizeof *asked);

    if (asked == NULL)
        return plumb_fail_memory(err);
    asked->at = at;
    return state_put_key(e, STATE_ASKED, &key, &asked->head, err);
}

enum plumb_code
wish_propose(const struct context *c, struct plumb_err *err)
{
    const struct plumb_statement *s = c->s;
    const char *fleet = s->kind == PLUMB_KIND_ROLLOUT  ? s->fleet
                        : s->u.revocation.nfleets == 1 ? s->u.revocation.fleets[0].fleet
                                                       : NULL;
    const struct plumb_digest *release =
        s->kind == PLUMB_KIND_ROLLOUT ? &s->u.rollout.release : &s->u.revocation.release;

    if (state_document(c->e)->controls == NULL || fleet == NULL ||
        !is_wished(c, fleet, release))
        return plumb_fail(err, PLUMB_FORBIDDEN, "wish.none", "predicate",
                          "the service proposes what governance says follows, and only that");
    return note(c->e, fleet, release, c->time, err);
}
