#include "engine/place.h"

#include <string.h>

#include "engine/derive.h"
#include "engine/proposal.h"
#include "lib/own.h"

/* --- records to be changed --- */

static enum plumb_code
edit_placement(const struct engine *e, const char *fleet, const struct plumb_digest *release,
               struct placement **ret, struct plumb_err *err)
{
    *ret = placement_copy(state_placement(e, fleet, release));
    return *ret != NULL ? PLUMB_OK : plumb_fail_memory(err);
}

static enum plumb_code
new_placement(const char *fleet, const struct version *v, struct placement **ret,
              struct plumb_err *err)
{
    struct placement *p = calloc(1, sizeof *p);

    if (p == NULL)
        return plumb_fail_memory(err);
    name_set(&p->fleet, fleet);
    p->payload = v->payload;
    p->version = v->version;
    p->release = v->release;
    p->kept_until = PLUMB_TIME_NEVER;
    *ret = p;
    return PLUMB_OK;
}

static enum plumb_code
put_placement(struct engine *e, struct placement *p, struct plumb_err *err)
{
    struct state_key key = key_in_fleet(p->fleet.s, &p->release);

    return state_put_key(e, STATE_PLACEMENTS, &key, &p->head, err);
}

static enum plumb_code
edit_track(const struct engine *e, const char *fleet, const char *payload, struct track **ret,
           struct plumb_err *err)
{
    const struct track *t = state_track(e, fleet, payload);

    if (t != NULL) {
        *ret = track_copy(t);
        return *ret != NULL ? PLUMB_OK : plumb_fail_memory(err);
    }
    *ret = calloc(1, sizeof **ret);
    if (*ret == NULL)
        return plumb_fail_memory(err);
    name_set(&(*ret)->fleet, fleet);
    name_set(&(*ret)->payload, payload);
    (*ret)->next_move = (*ret)->next_begin = PLUMB_TIME_NEVER;
    return PLUMB_OK;
}

/* --- what comes next by itself --- */

static bool
sooner(const struct place_next *a, const struct place_next *b)
{
    if (a->due != b->due)
        return a->due < b->due;
    if (a->kind != b->kind)
        return a->kind < b->kind;
    return plumb_digest_cmp(&a->release, &b->release) < 0;
}

static void
consider(struct place_next *best, const struct placement *p, plumb_time due,
         enum place_due kind)
{
    struct place_next candidate = { due, kind, p->release };

    if (due != PLUMB_TIME_NEVER && sooner(&candidate, best))
        *best = candidate;
}

bool
place_next(const struct engine *e, const struct track *t, struct place_next *ret)
{
    struct place_next best = { .due = PLUMB_TIME_NEVER };
    const struct placement *p;

    for (size_t i = 0; i < t->outgoing.n; i++) {
        p = state_placement(e, t->fleet.s, &t->outgoing.v[i]);
        consider(&best, p, p->window.not_after, PLACE_DUE_PHASE_OUT);
        consider(&best, p, p->kept_until, PLACE_DUE_KEPT_END);
    }
    if (t->has_current) {
        p = state_placement(e, t->fleet.s, &t->current);
        consider(&best, p, p->kept_until, PLACE_DUE_KEPT_END);
    }
    if (t->has_incoming) {
        p = state_placement(e, t->fleet.s, &t->incoming);
        consider(&best, p, p->kept_until, PLACE_DUE_KEPT_END);
        if (!p->overrun)
            consider(&best, p, p->terms.deadline, PLACE_DUE_OVERRUN);
    }
    *ret = best;
    return best.due != PLUMB_TIME_NEVER;
}

const struct proposal *
place_next_begin(const struct engine *e, const struct track *t)
{
    const struct proposal *best = NULL;

    for (size_t i = 0; i < t->scheduled.n; i++) {
        const struct proposal *p = state_proposal(e, &t->scheduled.v[i]);

        if (best == NULL || p->what->at < best->what->at ||
            (p->what->at == best->what->at && p->what->index < best->what->index))
            best = p;
    }
    return best;
}

/* Takes t. */
static enum plumb_code
put_track(struct engine *e, struct track *t, struct plumb_err *err)
{
    struct state_key key = key_names(t->fleet.s, t->payload.s);
    const struct proposal *begin = place_next_begin(e, t);
    struct place_next next;

    t->next_move = place_next(e, t, &next) ? next.due : PLUMB_TIME_NEVER;
    t->next_begin = begin != NULL ? begin->what->at : PLUMB_TIME_NEVER;
    return state_put_key(e, STATE_TRACKS, &key, &t->head, err);
}

/* Something about the track's versions changed, but it is no move. */
static enum plumb_code
touch_track(struct engine *e, const char *fleet, const char *payload, struct plumb_err *err)
{
    struct track *t;

    PLUMB_TRY(edit_track(e, fleet, payload, &t, err));
    PLUMB_TRY(put_track(e, t, err));
    return derive_touch(e, fleet, payload, err);
}

/* Takes t: it has moved, and every proposal that names where it was lapses. */
static enum plumb_code
move_track(struct engine *e, struct track *t, uint64_t index, plumb_time at,
           struct plumb_err *err)
{
    struct name fleet = t->fleet, payload = t->payload;
    struct ids open = t->open;
    enum plumb_code code;

    t->base++;
    t->open = (struct ids){ 0 };
    code = put_track(e, t, err);
    for (size_t i = 0; code == PLUMB_OK && i < open.n; i++)
        code = proposal_close(e, &open.v[i], ENGINE_PROPOSAL_LAPSED, "proposal.base", index, at,
                              err);
    free(open.v);
    PLUMB_TRY(code);
    return derive_touch(e, fleet.s, payload.s, err);
}

enum plumb_code
track_list_add(struct engine *e, const char *fleet, const char *payload, enum track_list list,
               const struct plumb_digest *id, struct plumb_err *err)
{
    PLUMB_AUTO(track_auto) struct track *t = NULL;

    PLUMB_TRY(edit_track(e, fleet, payload, &t, err));
    if (!ids_add(list == TRACK_OPEN ? &t->open : &t->scheduled, id))
        return plumb_fail_memory(err);
    return put_track(e, PLUMB_TAKE(t), err);
}

enum plumb_code
track_list_remove(struct engine *e, const char *fleet, const char *payload,
                  const struct plumb_digest *id, struct plumb_err *err)
{
    const struct track *old = state_track(e, fleet, payload);
    struct track *t;

    if (old == NULL || (!ids_has(&old->open, id) && !ids_has(&old->scheduled, id)))
        return PLUMB_OK;
    PLUMB_TRY(edit_track(e, fleet, payload, &t, err));
    (void)ids_remove(&t->open, id);
    (void)ids_remove(&t->scheduled, id);
    return put_track(e, t, err);
}

/* --- steps --- */

static void
forget_steps(struct placement *p)
{
    p->nsteps = 0;
    p->window = (struct plumb_window){ 0 };
    p->kept_until = PLUMB_TIME_NEVER;
    p->overrun = false;
}

static enum plumb_code
step(struct placement *p, enum plumb_step s, plumb_time at, const struct plumb_terms *terms,
     plumb_time until, const struct plumb_digest *proposal, bool by_overrun,
     struct plumb_err *err)
{
    PLUMB_TRY(plumb_window_step(&p->window, s == PLUMB_STEP_BEGIN, s, at, terms, until, err));
    if (s == PLUMB_STEP_NEXT_GONE) {
        /* what the successor did to this window is void, and so is this */
        while (p->nsteps > 0 && p->steps[--p->nsteps].step != PLUMB_STEP_NEXT_BEGIN)
            continue;
        return PLUMB_OK;
    }
    p->steps[p->nsteps++] = (struct step){ s, by_overrun, *proposal };
    return PLUMB_OK;
}

/* Its successor is gone: the predecessor is current without an end date. */
static enum plumb_code
successor_gone(struct engine *e, const char *fleet, const struct plumb_digest *release,
               plumb_time at, struct plumb_err *err)
{
    PLUMB_AUTO(placement_auto) struct placement *p = NULL;

    PLUMB_TRY(edit_placement(e, fleet, release, &p, err));
    if (p->place != ENGINE_PLACE_CURRENT)
        p->since = at;
    p->place = ENGINE_PLACE_CURRENT;
    PLUMB_TRY(step(p, PLUMB_STEP_NEXT_GONE, at, NULL, 0, NULL, false, err));
    return put_placement(e, PLUMB_TAKE(p), err);
}

/* --- moves --- */

/* Is it outgoing by that very rollout? It may have begun again since. */
static bool
was_moved_by(const struct placement *before, const struct placement *p)
{
    size_t i = before->nsteps;

    while (i > 0 && before->steps[i - 1].step != PLUMB_STEP_NEXT_BEGIN)
        i--;
    return i > 0 && plumb_digest_eq(&before->steps[i - 1].proposal, &p->rollout);
}

struct lifecycle_facts
place_facts(const struct engine *e, const char *fleet, const struct version *v, plumb_time now)
{
    const struct plumb_governance *doc = state_document(e);
    const struct plumb_fleet *rules = plumb_governance_fleet(doc, fleet);
    const struct track *t = state_track(e, fleet, v->payload.s);
    const struct placement *p = state_placement(e, fleet, &v->release);
    struct lifecycle_facts f = {
        .version = v->state,
        .place = p != NULL ? (int)p->place : LIFECYCLE_NOWHERE,
        .in_fleet = rules != NULL && plumb_fleet_has(rules, v->payload.s) &&
                    plumb_governance_payload(doc, v->payload.s) != NULL,
        .rollout_open = t != NULL && t->has_incoming,
        .recognitions = p != NULL ? p->recognitions : 0,
        .recognitions_needed = rules != NULL ? (uint64_t)rules->recognitions : 0,
        .now = now,
        .date_limit = PLUMB_TIME_NEVER,
    };
    bool ended;

    /* one whose own date has passed keeps nothing accepted: it may always be withdrawn */
    ended = f.place == ENGINE_PLACE_INCOMING && p->window.not_after <= now;
    if (f.place == ENGINE_PLACE_INCOMING)
        f.predecessor_stands =
            ended || !p->has_predecessor ||
            (t->has_current && plumb_digest_eq(&t->current, &p->predecessor));
    if (f.place == ENGINE_PLACE_CURRENT)
        f.predecessor_stands = p->has_predecessor && ids_has(&t->outgoing, &p->predecessor) &&
                               was_moved_by(state_placement(e, fleet, &p->predecessor), p);
    f.left = ended ||
             (LIFECYCLE_AT(f.place) &
              (LIFECYCLE_AT(ENGINE_PLACE_INCOMING) | LIFECYCLE_AT(ENGINE_PLACE_CURRENT) |
               LIFECYCLE_AT(ENGINE_PLACE_OUTGOING))) == 0 ||
             t->outgoing.n + t->has_current + t->has_incoming > 1;
    return f;
}

enum plumb_code
place_begin(struct engine *e, const struct proposed *begin, const struct plumb_fleet *rules,
            uint64_t index, plumb_time at, struct plumb_err *err)
{
    const struct version *v = state_version(e, &begin->release);
    const struct fleet_record *fleet = state_fleet(e, begin->fleet);
    PLUMB_AUTO(placement_auto) struct placement *p = NULL;
    PLUMB_AUTO(track_auto) struct track *t = NULL;

    PLUMB_TRY(edit_track(e, begin->fleet, begin->payload, &t, err));
    PLUMB_TRY(new_placement(begin->fleet, v, &p, err));
    p->steps = calloc(1, sizeof *p->steps);
    if (p->steps == NULL)
        return plumb_fail_memory(err);
    p->place = (enum engine_place)lifecycle_row(MOVE_BEGIN)->to;
    p->since = at;
    p->rollout = begin->id;
    p->has_predecessor = begin->has_predecessor;
    p->predecessor = begin->predecessor;
    p->terms = plumb_terms_at(rules, begin->has_predecessor, at);
    p->revision = fleet != NULL ? fleet->revision : 0;
    PLUMB_TRY(step(p, PLUMB_STEP_BEGIN, at, &p->terms, 0, &begin->id, false, err));
    if (begin->has_predecessor) {
        PLUMB_AUTO(placement_auto) struct placement *before = NULL;

        PLUMB_TRY(edit_placement(e, begin->fleet, &begin->predecessor, &before, err));
        PLUMB_TRY(
            step(before, PLUMB_STEP_NEXT_BEGIN, at, &p->terms, 0, &begin->id, false, err));
        PLUMB_TRY(put_placement(e, PLUMB_TAKE(before), err));
    }
    PLUMB_TRY(put_placement(e, PLUMB_TAKE(p), err));
    t->has_incoming = true;
    t->incoming = begin->release;
    return move_track(e, PLUMB_TAKE(t), index, at, err);
}

enum plumb_code
place_complete(struct engine *e, const char *fleet, const struct plumb_digest *release,
               const struct plumb_digest *proposal, bool by_overrun, plumb_time end,
               uint64_t index, plumb_time at, struct plumb_err *err)
{
    const struct lifecycle_row *row = lifecycle_row(MOVE_COMPLETE);
    PLUMB_AUTO(placement_auto) struct placement *p = NULL;
    PLUMB_AUTO(track_auto) struct track *t = NULL;

    PLUMB_TRY(edit_placement(e, fleet, release, &p, err));
    PLUMB_TRY(edit_track(e, fleet, p->payload.s, &t, err));
    PLUMB_TRY(step(p, PLUMB_STEP_COMPLETE, at, &p->terms, 0, proposal, by_overrun, err));
    p->place = (enum engine_place)row->to;
    p->since = at;
    if (t->has_current) {
        PLUMB_AUTO(placement_auto) struct placement *before = NULL;

        PLUMB_TRY(edit_placement(e, fleet, &t->current, &before, err));
        PLUMB_TRY(step(before, PLUMB_STEP_NEXT_COMPLETE, at, &p->terms, end, proposal,
                       by_overrun, err));
        before->place = (enum engine_place)row->predecessor_to;
        before->since = at;
        PLUMB_TRY(put_placement(e, PLUMB_TAKE(before), err));
        if (!ids_add(&t->outgoing, &t->current))
            return plumb_fail_memory(err);
    }
    PLUMB_TRY(put_placement(e, PLUMB_TAKE(p), err));
    t->has_current = true;
    t->current = *release;
    t->has_incoming = false;
    return move_track(e, PLUMB_TAKE(t), index, at, err);
}

/* The incoming version's predecessor was revoked: its own acceptance has no deadline now. */
static enum plumb_code
left_alone(struct engine *e, const char *fleet, const struct plumb_digest *release,
           const struct plumb_digest *cause, plumb_time at, struct plumb_err *err)
{
    PLUMB_AUTO(placement_auto) struct placement *p = NULL;

    PLUMB_TRY(edit_placement(e, fleet, release, &p, err));
    PLUMB_TRY(step(p, PLUMB_STEP_ALONE, at, &p->terms, 0, cause, false, err));
    return put_placement(e, PLUMB_TAKE(p), err);
}

enum plumb_code
place_leave(struct engine *e, const char *fleet, const struct version *v, enum engine_place to,
            const struct plumb_digest *cause, uint64_t index, plumb_time at,
            struct plumb_err *err)
{
    const struct placement *old = state_placement(e, fleet, &v->release);
    PLUMB_AUTO(placement_auto) struct placement *p = NULL;
    PLUMB_AUTO(track_auto) struct track *t = NULL;

    PLUMB_TRY(edit_track(e, fleet, v->payload.s, &t, err));
    if (old != NULL)
        PLUMB_TRY(edit_placement(e, fleet, &v->release, &p, err));
    else
        PLUMB_TRY(new_placement(fleet, v, &p, err));
    if (old != NULL && old->place == ENGINE_PLACE_INCOMING) {
        t->has_incoming = false;
        if (t->has_current)
            PLUMB_TRY(successor_gone(e, fleet, &t->current, at, err));
    } else if (old != NULL && old->place == ENGINE_PLACE_CURRENT) {
        t->has_current = false;
        if (t->has_incoming && cause != NULL)
            PLUMB_TRY(left_alone(e, fleet, &t->incoming, cause, at, err));
    } else if (old != NULL && old->place == ENGINE_PLACE_OUTGOING) {
        (void)ids_remove(&t->outgoing, &v->release);
    }
    forget_steps(p);
    p->place = to;
    p->since = at;
    PLUMB_TRY(put_placement(e, PLUMB_TAKE(p), err));
    return move_track(e, PLUMB_TAKE(t), index, at, err);
}

enum plumb_code
place_undo(struct engine *e, const char *fleet, const struct version *v, uint64_t index,
           plumb_time at, struct plumb_err *err)
{
    PLUMB_AUTO(placement_auto) struct placement *p = NULL;
    PLUMB_AUTO(track_auto) struct track *t = NULL;

    PLUMB_TRY(edit_track(e, fleet, v->payload.s, &t, err));
    PLUMB_TRY(edit_placement(e, fleet, &v->release, &p, err));
    PLUMB_TRY(successor_gone(e, fleet, &p->predecessor, at, err));
    t->current = p->predecessor;
    (void)ids_remove(&t->outgoing, &p->predecessor);
    forget_steps(p);
    p->place = (enum engine_place)lifecycle_row(MOVE_UNDO)->to;
    p->since = at;
    PLUMB_TRY(put_placement(e, PLUMB_TAKE(p), err));
    return move_track(e, PLUMB_TAKE(t), index, at, err);
}

enum plumb_code
place_reschedule(struct engine *e, const struct proposed *what, uint64_t index, plumb_time at,
                 struct plumb_err *err)
{
    PLUMB_AUTO(placement_auto) struct placement *p = NULL;
    struct track *t;

    PLUMB_TRY(edit_placement(e, what->fleet, &what->release, &p, err));
    PLUMB_TRY(step(p, PLUMB_STEP_RESCHEDULE, at, NULL, what->not_after, &what->id, false, err));
    PLUMB_TRY(put_placement(e, PLUMB_TAKE(p), err));
    PLUMB_TRY(edit_track(e, what->fleet, what->payload, &t, err));
    return move_track(e, t, index, at, err);
}

enum plumb_code
place_alert(struct engine *e, const char *fleet, const struct plumb_digest *release,
            struct plumb_err *err)
{
    struct name payload;
    struct placement *p;

    PLUMB_TRY(edit_placement(e, fleet, release, &p, err));
    p->overrun = true;
    payload = p->payload;
    PLUMB_TRY(put_placement(e, p, err));
    return touch_track(e, fleet, payload.s, err);
}

enum plumb_code
place_keep(struct engine *e, const char *fleet, const struct plumb_digest *release,
           plumb_time until, struct plumb_err *err)
{
    struct name payload;
    struct placement *p;

    PLUMB_TRY(edit_placement(e, fleet, release, &p, err));
    p->kept_until = until;
    payload = p->payload;
    PLUMB_TRY(put_placement(e, p, err));
    return touch_track(e, fleet, payload.s, err);
}

enum plumb_code
place_recognised(struct engine *e, const char *fleet, const struct plumb_digest *release,
                 struct plumb_err *err)
{
    struct placement *p;

    PLUMB_TRY(edit_placement(e, fleet, release, &p, err));
    p->recognitions++;
    return put_placement(e, p, err);
}
