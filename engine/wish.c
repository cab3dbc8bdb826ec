/* What governance says should be proposed about findings and lapsed waivers. */
#include <stdio.h>
#include <string.h>

#include "engine/control.h"
#include "engine/place.h"
#include "engine/wish.h"
#include "lib/own.h"

/* What the service proposes for people to approve. */
#define PROPOSED (1u << PLUMB_FOLLOW_REVOKE | 1u << PLUMB_FOLLOW_SHORTEN)

/* What speaks against a version, and has this follow: since when, and by when the version is to
 * be gone. */
struct cause {
    unsigned follow; /* 1u << enum plumb_follow */
    bool any;
    plumb_time since;  /* of the newest */
    plumb_time newest; /* that either of the two follows */
    plumb_time due;    /* PLUMB_TIME_NEVER: whenever */
    char text[120];
};

static void
add(struct cause *c, unsigned follows, plumb_time since, plumb_time due, const char *what,
    const char *which)
{
    if ((follows & PROPOSED) != 0 && since > c->newest)
        c->newest = since;
    if ((follows & c->follow) == 0)
        return;
    c->any = true;
    if (since > c->since)
        c->since = since;
    if (due < c->due)
        c->due = due;
    (void)snprintf(c->text, sizeof c->text, "%s: %.64s", what, which);
}

static void
find_cause(const struct engine *e, const struct plumb_digest *release, enum plumb_follow follow,
           plumb_time now, struct cause *ret)
{
    const struct plumb_controls *controls = state_document(e)->controls;
    struct finding_sum sum;

    *ret = (struct cause){ .follow = 1u << follow, .due = PLUMB_TIME_NEVER };
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

/* The service's last proposal of this kind; NULL: it made none. */
static const struct asked_last *
last_asked(const struct engine *e, enum wish_kind kind, const char *fleet,
           const struct plumb_digest *release)
{
    const struct asked *asked = asked_of(e, fleet, release);

    return asked != NULL && asked->last[kind].made ? &asked->last[kind] : NULL;
}

/* A phase-out that could be shorter: to the deadline, or to a day from now. */
static bool
shortens(const struct placement *p, const struct cause *c, plumb_time now, plumb_time *ret)
{
    plumb_time soon = plumb_time_add(now, 86400);

    *ret = c->due != PLUMB_TIME_NEVER && c->due > soon ? c->due : soon;
    return *ret < p->window.not_after;
}

static bool
any_follows(const struct plumb_controls *c, unsigned follows)
{
    return ((c->lapse | c->finding | c->overdue) & follows) != 0;
}

/* What governance says follows now, whether or not it was proposed. */
static bool
wish_for(const struct engine *e, const struct placement *p, enum wish_kind kind, plumb_time now,
         struct cause *c, struct engine_wish *ret)
{
    const bool revoke = kind == WISH_REVOCATION;
    const enum plumb_follow follow = revoke ? PLUMB_FOLLOW_REVOKE : PLUMB_FOLLOW_SHORTEN;

    /* findings and controls are looked at only where something could come of it */
    if (!any_follows(state_document(e)->controls, 1u << follow) ||
        (!revoke && p->place != ENGINE_PLACE_OUTGOING))
        return false;
    find_cause(e, &p->release, follow, now, c);
    if (!c->any)
        return false;
    *ret = (struct engine_wish){ .kind = revoke ? PLUMB_KIND_REVOCATION : PLUMB_KIND_ROLLOUT,
                                 .fleet = p->fleet.s,
                                 .payload = p->payload.s,
                                 .version = p->version.s,
                                 .release = p->release };
    (void)snprintf(ret->reason, sizeof ret->reason, "%s", c->text);
    /* to leave nothing accepted is for people to ask for */
    return revoke ? place_facts(e, p->fleet.s, state_version(e, &p->release), now).left
                  : shortens(p, c, now, &ret->until);
}

/* It was proposed since the cause came up, or people have one to decide on that does as much.
 */
static bool
is_asked(const struct engine *e, enum wish_kind kind, const struct cause *c,
         const struct engine_wish *w)
{
    const struct asked_last *last = last_asked(e, kind, w->fleet, &w->release);
    const struct proposal *p = last != NULL ? state_proposal(e, &last->proposal) : NULL;

    return last != NULL && (last->at >= c->since ||
                            (p->state == ENGINE_PROPOSAL_OPEN &&
                             (kind == WISH_REVOCATION || p->what->not_after <= w->until)));
}

bool
engine_wish(const struct engine *e, plumb_time now, size_t *at, struct engine_wish *ret)
{
    const struct plumb_governance *doc = state_document(e);
    const struct map *m = &e->maps[STATE_PLACEMENTS];

    if (doc == NULL || doc->controls == NULL || !any_follows(doc->controls, PROPOSED))
        return false;
    while (*at < m->norder * WISH_COUNT) {
        const struct placement *p =
            (const struct placement *)m->order[*at / WISH_COUNT]->record;
        struct cause c;
        const enum wish_kind kind = (enum wish_kind)((*at)++ % WISH_COUNT);
        const struct plumb_fleet *rules = plumb_governance_fleet(doc, p->fleet.s);

        if (placement_is_accepted(p) && rules != NULL && plumb_fleet_has(rules, p->payload.s) &&
            plumb_governance_payload(doc, p->payload.s) != NULL &&
            wish_for(e, p, kind, now, &c, ret) && !is_asked(e, kind, &c, ret))
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

/* More is taken than is wished, for what was taken once must be for ever: while another is
 * open, and for a newer cause of which only the other follows. */
static bool
is_wished(const struct context *c, enum wish_kind kind, const char *fleet,
          const struct plumb_digest *release)
{
    const struct placement *p = state_placement(c->e, fleet, release);
    const struct asked_last *last = last_asked(c->e, kind, fleet, release);
    struct engine_wish w;
    struct cause cause;

    return placement_is_accepted(p) && wish_for(c->e, p, kind, c->time, &cause, &w) &&
           (last == NULL || last->at < cause.newest) && is_within(c->s, p);
}

static enum plumb_code
note(const struct context *c, enum wish_kind kind, const char *fleet,
     const struct plumb_digest *release, struct plumb_err *err)
{
    const struct asked *before = asked_of(c->e, fleet, release);
    struct state_key key = key_in_fleet(fleet, release);
    struct asked *asked = calloc(1, sizeof *asked);

    if (asked == NULL)
        return plumb_fail_memory(err);
    if (before != NULL)
        memcpy(asked->last, before->last, sizeof asked->last);
    asked->last[kind] = (struct asked_last){ true, c->time, c->s->id };
    return state_put_key(c->e, STATE_ASKED, &key, &asked->head, err);
}

enum plumb_code
wish_propose(const struct context *c, struct plumb_err *err)
{
    const struct plumb_statement *s = c->s;
    const char *fleet = s->kind == PLUMB_KIND_ROLLOUT  ? s->fleet
                        : s->u.revocation.nfleets == 1 ? s->u.revocation.fleets[0].fleet
                                                       : NULL;
    const enum wish_kind kind = s->kind == PLUMB_KIND_ROLLOUT ? WISH_SHORTER : WISH_REVOCATION;
    const struct plumb_digest *release =
        s->kind == PLUMB_KIND_ROLLOUT ? &s->u.rollout.release : &s->u.revocation.release;

    if (state_document(c->e)->controls == NULL || fleet == NULL ||
        !is_wished(c, kind, fleet, release))
        return plumb_fail(err, PLUMB_FORBIDDEN, "wish.none", "predicate",
                          "the service proposes what governance says follows, and only that");
    return note(c, kind, fleet, release, err);
}
