/* What time brings about: moves when they fall due, and the service's records of them. */
#include <stdio.h>
#include <string.h>

#include "engine/evaluation.h"
#include "engine/kinds.h"
#include "engine/place.h"
#include "engine/proposal.h"
#include "lib/own.h"

/* What the fleet says happens at the deadline, or an alert if that cannot be. */
static enum plumb_outcome
outcome_of(const struct engine *e, const struct placement *p, plumb_time due)
{
    struct lifecycle_facts f = place_facts(e, p->fleet.s, state_version(e, &p->release), due);

    if (p->terms.overrun == PLUMB_OVERRUN_ROLLBACK &&
        lifecycle_check(MOVE_OVERRUN_ROLLBACK, &f, true, NULL) == PLUMB_OK)
        return PLUMB_OUTCOME_ROLLBACK;
    if (p->terms.overrun == PLUMB_OVERRUN_COMPLETE &&
        lifecycle_check(MOVE_OVERRUN_COMPLETE, &f, true, NULL) == PLUMB_OK)
        return PLUMB_OUTCOME_COMPLETE;
    return PLUMB_OUTCOME_ALERT;
}

static struct pending
pending_of(const struct engine *e, const struct placement *p, const struct place_next *next)
{
    struct pending pending = { .fleet = p->fleet,
                               .payload = p->payload,
                               .version = p->version,
                               .release = p->release,
                               .rollout = p->rollout,
                               .due = next->due,
                               .kind = PLUMB_KIND_PHASE_OUT };

    if (next->kind == PLACE_DUE_OVERRUN) {
        pending.kind = PLUMB_KIND_OVERRUN;
        pending.outcome = outcome_of(e, p, next->due);
    }
    return pending;
}

static void
pending_key(uint64_t n, unsigned char key[8])
{
    for (size_t i = 0; i < 8; i++)
        key[i] = (unsigned char)(n >> (56 - 8 * i));
}

static enum plumb_code
push_pending(struct engine *e, const struct pending *pending, struct plumb_err *err)
{
    struct pending *record = malloc(sizeof *record);
    unsigned char key[8];

    if (record == NULL)
        return plumb_fail_memory(err);
    *record = *pending;
    pending_key(e->now.pending_tail, key);
    PLUMB_TRY(state_put(e, STATE_PENDING, key, sizeof key, &record->head, err));
    e->now.pending_tail++;
    return PLUMB_OK;
}

enum plumb_code
time_await_evaluation(struct engine *e, const struct version *v, plumb_time at,
                      struct plumb_err *err)
{
    struct pending pending = { .kind = PLUMB_KIND_EVALUATION,
                               .payload = v->payload,
                               .version = v->version,
                               .release = v->release,
                               .due = at };

    return push_pending(e, &pending, err);
}

static const struct pending *
first_pending(const struct engine *e)
{
    unsigned char key[8];

    if (e->now.pending_head == e->now.pending_tail)
        return NULL;
    pending_key(e->now.pending_head, key);
    return state_get(e, STATE_PENDING, key, sizeof key);
}

static enum plumb_code
pop_pending(struct engine *e, struct plumb_err *err)
{
    unsigned char key[8];

    pending_key(e->now.pending_head, key);
    PLUMB_TRY(state_put(e, STATE_PENDING, key, sizeof key, NULL, err));
    e->now.pending_head++;
    return PLUMB_OK;
}

static enum plumb_code
run(struct engine *e, const struct place_next *next, const struct pending *what,
    struct plumb_err *err)
{
    const char *fleet = what->fleet.s;
    const struct version *v = state_version(e, &next->release);
    const struct placement *p = state_placement(e, fleet, &next->release);
    uint64_t index = e->now.size;

    if (next->kind != PLACE_DUE_OVERRUN)
        return place_leave(e, fleet, v, (enum engine_place)lifecycle_row(MOVE_PHASE_OUT)->to,
                           NULL, index, next->due, err);
    switch (what->outcome) {
    case PLUMB_OUTCOME_ROLLBACK:
        return place_leave(e, fleet, v,
                           (enum engine_place)lifecycle_row(MOVE_OVERRUN_ROLLBACK)->to, NULL,
                           index, next->due, err);
    case PLUMB_OUTCOME_COMPLETE:
        return place_complete(e, fleet, &next->release, &what->rollout, true,
                              plumb_time_add(p->terms.deadline, p->terms.grace), index,
                              next->due, err);
    default:
        return place_alert(e, fleet, &next->release, err);
    }
}

/* The earliest move that is due by then and was not made yet. */
static bool
next_move(const struct engine *e, plumb_time time, struct place_next *next, struct pending *ret)
{
    const struct heap_item *top = heap_top(&e->moves);
    const struct track *t;

    if (top == NULL || top->at > time)
        return false;
    t = (const struct track *)top->entry->record;
    if (!place_next(e, t, next))
        return false;
    *ret = pending_of(e, state_placement(e, t->fleet.s, &next->release), next);
    return true;
}

enum plumb_code
time_pass(struct engine *e, plumb_time time, struct plumb_err *err)
{
    struct place_next next;
    struct pending what;

    for (state_tidy(e); next_move(e, time, &next, &what); state_tidy(e)) {
        PLUMB_TRY(push_pending(e, &what, err));
        PLUMB_TRY(run(e, &next, &what, err));
    }
    if (time > e->now.now)
        e->now.now = time;
    return PLUMB_OK;
}

static void
due_from_pending(const struct pending *p, struct engine_due *ret)
{
    *ret = (struct engine_due){ .kind = p->kind,
                                .release = p->release,
                                .rollout = p->rollout,
                                .due = p->due,
                                .outcome = p->outcome };
}

static const struct proposal *
first_begin(const struct engine *e, plumb_time now)
{
    const struct heap_item *top = heap_top(&e->begins);

    if (top == NULL || top->at > now)
        return NULL;
    return place_next_begin(e, (const struct track *)top->entry->record);
}

static void
due_from_begin(const struct engine *e, const struct proposal *p, plumb_time now,
               struct engine_due *ret)
{
    const struct proposed *what = p->what;
    struct plumb_err why = { 0 };

    *ret = (struct engine_due){ .kind = PLUMB_KIND_BEGIN,
                                .fleet = what->fleet,
                                .payload = what->payload,
                                .version = what->version,
                                .release = what->release,
                                .rollout = what->id,
                                .due = what->at };
    if (rollout_check_scheduled(e, what, now, &why) != PLUMB_OK) {
        ret->kind = PLUMB_KIND_LAPSE;
        (void)snprintf(ret->rule, sizeof ret->rule, "%s", why.rule);
    }
}

bool
engine_due(const struct engine *e, plumb_time now, struct engine_due *ret)
{
    const struct pending *pending = first_pending(e);
    const struct proposal *begin = first_begin(e, now);
    const struct placement *p;
    const struct version *v;
    struct pending move;
    struct place_next next;

    /* what was made already goes before what has yet to be */
    if (pending != NULL) {
        move = *pending;
    } else if (next_move(e, now, &next, &move)) {
        pending = &move;
    }
    if (begin != NULL && (pending == NULL || begin->what->at < pending->due)) {
        due_from_begin(e, begin, now, ret);
        return true;
    }
    if (pending == NULL)
        return false;
    due_from_pending(pending, ret);
    if (pending->kind == PLUMB_KIND_EVALUATION) {
        v = state_version(e, &move.release);
        ret->payload = v->payload.s;
        ret->version = v->version.s;
        return true;
    }
    p = state_placement(e, move.fleet.s, &move.release);
    ret->fleet = p->fleet.s;
    ret->payload = p->payload.s;
    ret->version = p->version.s;
    return true;
}

plumb_time
engine_next_due(const struct engine *e)
{
    const struct heap_item *move = heap_top(&e->moves), *begin = heap_top(&e->begins);
    const struct pending *pending = first_pending(e);
    plumb_time due = PLUMB_TIME_NEVER;

    if (pending != NULL)
        due = pending->due;
    if (move != NULL && move->at < due)
        due = move->at;
    if (begin != NULL && begin->at < due)
        due = begin->at;
    return due;
}

/* --- the service's records --- */

static bool
says(const struct engine *e, const struct plumb_statement *s, const struct engine_due *due)
{
    if (s->kind == PLUMB_KIND_EVALUATION)
        return due->kind == s->kind &&
               plumb_digest_eq(&s->u.evaluation.release, &due->release) &&
               strcmp(s->payload, due->payload) == 0 && strcmp(s->version, due->version) == 0 &&
               evaluation_says(e, s);
    return s->kind == due->kind && strcmp(s->fleet, due->fleet) == 0 &&
           strcmp(s->payload, due->payload) == 0 && strcmp(s->version, due->version) == 0 &&
           plumb_digest_eq(&s->u.timed.release, &due->release) && s->u.timed.due == due->due &&
           (s->kind == PLUMB_KIND_PHASE_OUT ||
            plumb_digest_eq(&s->u.timed.rollout, &due->rollout)) &&
           (s->kind != PLUMB_KIND_OVERRUN || s->u.timed.outcome == due->outcome) &&
           (s->kind != PLUMB_KIND_LAPSE || strcmp(s->u.timed.rule, due->rule) == 0);
}

static enum plumb_code
record_begin(const struct context *c, const struct engine_due *due, struct plumb_err *err)
{
    const struct plumb_digest id = due->rollout;
    bool lapse = due->kind == PLUMB_KIND_LAPSE;

    PLUMB_TRY(proposal_record(c->e, &id, false, c->index, err));
    PLUMB_TRY(proposal_close(c->e, &id,
                             lapse ? ENGINE_PROPOSAL_LAPSED : ENGINE_PROPOSAL_EFFECTIVE,
                             lapse ? due->rule : "quorum.met", c->index, c->time, err));
    if (lapse)
        return PLUMB_OK;
    return rollout_effect(c->e, state_proposal(c->e, &id)->what,
                          (struct moment){ c->index, c->time }, err);
}

enum plumb_code
engine_due_members(const struct engine *e, const struct engine_due *due, json_t **ret,
                   struct plumb_err *err)
{
    char time[PLUMB_TIME_TEXT], rollout[PLUMB_DIGEST_HEX];
    PLUMB_AUTO(plumb_json_auto) json_t *members = NULL;

    if (due->kind == PLUMB_KIND_EVALUATION)
        return evaluation_members(e, &due->release, ret, err);
    plumb_time_text(due->due, time);
    plumb_digest_hex(&due->rollout, rollout);
    members = json_pack("{s:s, s:s}", "fleet", due->fleet, "due", time);
    if (members == NULL ||
        (due->kind != PLUMB_KIND_PHASE_OUT &&
         json_object_set_new(members, "rollout", json_string(rollout)) != 0) ||
        (due->kind == PLUMB_KIND_LAPSE &&
         json_object_set_new(members, "rule", json_string(due->rule)) != 0) ||
        (due->kind == PLUMB_KIND_OVERRUN &&
         json_object_set_new(members, "outcome",
                             json_string(plumb_outcome_text(due->outcome))) != 0))
        return plumb_fail_memory(err);
    *ret = PLUMB_TAKE(members);
    return PLUMB_OK;
}

enum plumb_code
time_record(const struct context *c, struct plumb_err *err)
{
    struct engine_due due;

    PLUMB_TRY(context_power(c, PLUMB_POWER_SERVICE, err));
    if (!engine_due(c->e, c->time, &due) || !says(c->e, c->s, &due))
        return plumb_fail(err, PLUMB_REFUSED, "time.not-due", "predicate",
                          "this is not what time has brought about and the log lacks next");
    c->effect->completed = true;
    context_say(c, "%s %.64s@%.64s%s%s", plumb_kind_text(due.kind), due.payload, due.version,
                due.kind == PLUMB_KIND_OVERRUN ? ": " : "",
                due.kind == PLUMB_KIND_OVERRUN ? plumb_outcome_text(due.outcome) : "");
    if (due.kind == PLUMB_KIND_BEGIN || due.kind == PLUMB_KIND_LAPSE)
        return record_begin(c, &due, err);
    if (due.kind == PLUMB_KIND_OVERRUN)
        PLUMB_TRY(proposal_record(c->e, &due.rollout, true, c->index, err));
    if (due.kind == PLUMB_KIND_EVALUATION)
        PLUMB_TRY(evaluation_recorded(c, &due.release, err));
    return pop_pending(c->e, err);
}
