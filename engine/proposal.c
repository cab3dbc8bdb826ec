#include "engine/proposal.h"

#include <stdio.h>
#include <string.h>

#include "engine/count.h"
#include "engine/derive.h"
#include "engine/evaluation.h"
#include "engine/kinds.h"
#include "engine/place.h"
#include "engine/proposed.h"
#include "engine/waiver.h"
#include "engine/wish.h"
#include "lib/own.h"

/* --- the records --- */

static void
auto_proposed(struct proposed **p)
{
    proposed_release(*p);
}

static void
auto_document(struct document **d)
{
    document_release(*d);
}

static enum plumb_code
put_proposal(struct engine *e, struct proposal *p, struct plumb_err *err)
{
    return state_put(e, STATE_PROPOSALS, p->what->id.b, PLUMB_DIGEST_LEN, &p->head, err);
}

static enum plumb_code
edit_proposal(const struct engine *e, const struct plumb_digest *id, struct proposal **ret,
              struct plumb_err *err)
{
    *ret = proposal_copy(state_proposal(e, id));
    return *ret != NULL ? PLUMB_OK : plumb_fail_memory(err);
}

/* In the lists of every track whose move would make it lapse, or out of them. */
static enum plumb_code
list(struct engine *e, const struct proposed *what, bool in, enum track_list which,
     struct plumb_err *err)
{
    size_t n = what->kind == PLUMB_KIND_ROLLOUT ? 1 : what->nfleets;

    for (size_t i = 0; i < n; i++) {
        const char *fleet =
            what->kind == PLUMB_KIND_ROLLOUT ? what->fleet : what->fleets[i].fleet;

        if (in)
            PLUMB_TRY(track_list_add(e, fleet, what->payload, which, &what->id, err));
        else
            PLUMB_TRY(track_list_remove(e, fleet, what->payload, &what->id, err));
    }
    return PLUMB_OK;
}

enum plumb_code
proposal_close(struct engine *e, const struct plumb_digest *id,
               enum engine_proposal_state state, const char *rule, uint64_t index,
               plumb_time at, struct plumb_err *err)
{
    struct proposal *p;
    const struct proposed *what;

    PLUMB_TRY(edit_proposal(e, id, &p, err));
    p->state = state;
    p->closed_index = index;
    p->closed_time = at;
    (void)snprintf(p->closed_rule, sizeof p->closed_rule, "%s", rule);
    document_release(p->document);
    p->document = NULL;
    what = p->what;
    PLUMB_TRY(put_proposal(e, p, err));
    PLUMB_TRY(list(e, what, false, TRACK_OPEN, err));
    if (what->kind == PLUMB_KIND_RELEASE && state == ENGINE_PROPOSAL_REJECTED)
        return release_set(e, id, ENGINE_VERSION_REJECTED, err);
    return PLUMB_OK;
}

enum plumb_code
proposal_record(struct engine *e, const struct plumb_digest *begin, bool overrun,
                uint64_t index, struct plumb_err *err)
{
    struct proposal *p;

    PLUMB_TRY(edit_proposal(e, begin, &p, err));
    if (overrun)
        p->overrun_record = index;
    else
        p->begin_record = index;
    PLUMB_TRY(put_proposal(e, p, err));
    return derive_touch(e, p->what->fleet, p->what->payload, err);
}

enum plumb_code
proposal_undermine(struct engine *e, const struct plumb_digest *id, bool undermined,
                   struct plumb_err *err)
{
    struct proposal *p;
    bool release;

    PLUMB_TRY(edit_proposal(e, id, &p, err));
    p->state = undermined ? ENGINE_PROPOSAL_UNDERMINED : ENGINE_PROPOSAL_EFFECTIVE;
    release = p->what->kind == PLUMB_KIND_RELEASE;
    PLUMB_TRY(put_proposal(e, p, err));
    if (!release)
        return PLUMB_OK;
    return release_set(e, id, undermined ? ENGINE_VERSION_PROPOSED : ENGINE_VERSION_APPROVED,
                       err);
}

/* --- what its kind says --- */

static enum plumb_code
check(struct engine *e, const struct proposal *p, struct moment at, bool effect,
      struct plumb_err *err)
{
    switch (p->what->kind) {
    case PLUMB_KIND_GOVERNANCE:
        return govern_check(e, p->what, p->document, at, err);
    case PLUMB_KIND_RELEASE:
        return release_check(e, p->what, at.time, effect, err);
    case PLUMB_KIND_ROLLOUT:
        return rollout_check(e, p->what, at.time, effect, err);
    case PLUMB_KIND_WAIVER:
        return waiver_check(e, p->what, at.time, err);
    default:
        return revocation_check(e, p->what, at.time, err);
    }
}

static enum plumb_code
schedule(struct engine *e, const struct plumb_digest *id, struct plumb_err *err)
{
    struct proposal *p;
    const struct proposed *what;

    PLUMB_TRY(edit_proposal(e, id, &p, err));
    p->state = ENGINE_PROPOSAL_SCHEDULED;
    what = p->what;
    PLUMB_TRY(put_proposal(e, p, err));
    PLUMB_TRY(list(e, what, false, TRACK_OPEN, err));
    return list(e, what, true, TRACK_SCHEDULED, err);
}

/* A begin that waits for its time, and its record. */
static bool
is_ahead(const struct context *c, const struct proposed *what)
{
    return what->kind == PLUMB_KIND_ROLLOUT && what->at != PLUMB_TIME_NEVER &&
           what->at > c->time;
}

/* The quorum is met: it happens, unless a condition of its own fails. */
static enum plumb_code
take_effect(const struct context *c, const struct proposal *p, struct plumb_err *err)
{
    struct proposed *what = p->what; /* lives as long as the state has the proposal */
    PLUMB_AUTO(auto_document) struct document *doc = NULL;
    struct moment at = { c->index, c->time };

    PLUMB_TRY(check(c->e, p, at, true, err));
    if (p->document != NULL) {
        doc = p->document;
        doc->holders++;
    }
    c->effect->completed = true;
    if (is_ahead(c, what))
        return schedule(c->e, &what->id, err);
    PLUMB_TRY(proposal_close(c->e, &what->id, ENGINE_PROPOSAL_EFFECTIVE, "quorum.met", c->index,
                             c->time, err));
    switch (what->kind) {
    case PLUMB_KIND_GOVERNANCE:
        return govern_effect(c->e, what, doc, at, err);
    case PLUMB_KIND_RELEASE:
        PLUMB_TRY(release_set(c->e, &what->id, ENGINE_VERSION_APPROVED, err));
        return evaluation_note(c, &what->id, err);
    case PLUMB_KIND_ROLLOUT:
        return rollout_effect(c->e, what, at, err);
    case PLUMB_KIND_WAIVER:
        return waiver_effect(c->e, what, err);
    default:
        return revocation_effect(c->e, what, at, err);
    }
}

static const char *
tally_rule(enum plumb_tally t)
{
    return t == PLUMB_TALLY_VETOED ? "quorum.veto" : "quorum.unreachable";
}

/* --- propose --- */

static enum plumb_power
power_of(enum plumb_kind kind)
{
    switch (kind) {
    case PLUMB_KIND_GOVERNANCE:
        return PLUMB_POWER_GOVERNANCE;
    case PLUMB_KIND_RELEASE:
        return PLUMB_POWER_RELEASE;
    case PLUMB_KIND_ROLLOUT:
        return PLUMB_POWER_ROLLOUT;
    case PLUMB_KIND_WAIVER:
        return PLUMB_POWER_WAIVER;
    default:
        return PLUMB_POWER_REVOCATION;
    }
}

/* The service proposes nothing but what governance says follows from findings. */
static enum plumb_code
may_propose(const struct context *c, struct plumb_err *err)
{
    if ((c->s->kind == PLUMB_KIND_REVOCATION || c->s->kind == PLUMB_KIND_ROLLOUT) &&
        (c->actor.may & 1u << PLUMB_POWER_SERVICE) != 0)
        return wish_propose(c, err);
    return context_power(c, power_of(c->s->kind), err);
}

/* Takes what and doc. */
static enum plumb_code
open_proposal(const struct context *c, struct proposed **what, struct document **doc,
              struct plumb_err *err)
{
    struct proposal *p = calloc(1, sizeof *p + sizeof p->votes[0]);

    if (p == NULL)
        return plumb_fail_memory(err);
    p->what = PLUMB_TAKE(*what);
    p->document = PLUMB_TAKE(*doc);
    p->state = ENGINE_PROPOSAL_OPEN;
    p->begin_record = p->overrun_record = NO_INDEX;
    p->nvotes = 1;
    p->votes[0] = (struct plumb_vote){ c->s->keys[0], c->index, c->time, PLUMB_APPROVE };
    return put_proposal(c->e, p, err);
}

/* Who could still vote is too few: often only because of who proposes. */
static enum plumb_code
refuse_unreachable(const struct context *c, const struct proposal *p, const char *rule,
                   struct plumb_err *err)
{
    char missing[120];

    count_missing(c->e, p, missing, sizeof missing);
    return plumb_fail(err, PLUMB_REFUSED, rule, "",
                      "proposed by %s it can never be approved: it needs %s, and too few are "
                      "left who may vote; let someone else propose it",
                      p->what->proposer, missing);
}

static void
say_missing(const struct context *c, const struct proposal *p)
{
    char what[160], missing[120];

    proposed_describe(p->what, what, sizeof what);
    count_missing(c->e, p, missing, sizeof missing);
    context_say(c, "%.110s: %.80s", what, missing[0] != '\0' ? missing : "waits");
}

static void
say_effect(const struct context *c, const struct proposed *what)
{
    char text[160];

    proposed_describe(what, text, sizeof text);
    context_say(c, "%.150s %s", text,
                what->kind == PLUMB_KIND_RELEASE ? "approved"
                : is_ahead(c, what)              ? "scheduled"
                                                 : "done");
}

enum plumb_code
proposal_propose(const struct context *c, struct plumb_err *err)
{
    PLUMB_AUTO(auto_proposed) struct proposed *what = NULL;
    PLUMB_AUTO(auto_document) struct document *doc = NULL;
    const struct plumb_digest *id = &c->s->id;
    const struct proposal *p;
    enum plumb_tally t;

    PLUMB_TRY(may_propose(c, err));
    PLUMB_TRY(proposed_make(c, &what, err));
    if (c->s->kind == PLUMB_KIND_GOVERNANCE)
        PLUMB_TRY(govern_propose(c, &doc, err));
    else if (c->s->kind == PLUMB_KIND_RELEASE)
        PLUMB_TRY(release_propose(c, what, err));
    else if (c->s->kind == PLUMB_KIND_ROLLOUT)
        PLUMB_TRY(rollout_propose(c, what, err));
    else if (c->s->kind == PLUMB_KIND_WAIVER)
        PLUMB_TRY(waiver_propose(c, what, err));
    else
        PLUMB_TRY(revocation_propose(c, what, err));
    PLUMB_TRY(open_proposal(c, &what, &doc, err));
    p = state_proposal(c->e, id);
    PLUMB_TRY(check(c->e, p, (struct moment){ c->index, c->time }, false, err));
    PLUMB_TRY(list(c->e, p->what, true, TRACK_OPEN, err));
    t = count_tally(c->e, p);
    if (t == PLUMB_TALLY_MET) {
        say_effect(c, p->what);
        return take_effect(c, p, err);
    }
    if (t != PLUMB_TALLY_OPEN)
        return refuse_unreachable(c, p, tally_rule(t), err);
    say_missing(c, p);
    return PLUMB_OK;
}

enum plumb_code
proposal_genesis(const struct context *c, struct plumb_err *err)
{
    const struct plumb_statement *s = c->s;
    struct proposal *p = calloc(1, sizeof *p + s->nkeys * sizeof p->votes[0]);

    if (p == NULL)
        return plumb_fail_memory(err);
    p->state = ENGINE_PROPOSAL_EFFECTIVE;
    p->closed_index = c->index;
    p->closed_time = c->time;
    (void)snprintf(p->closed_rule, sizeof p->closed_rule, "quorum.met");
    p->begin_record = p->overrun_record = NO_INDEX;
    p->nvotes = s->nkeys;
    for (size_t i = 0; i < s->nkeys; i++)
        p->votes[i] = (struct plumb_vote){ s->keys[i], c->index, c->time, PLUMB_APPROVE };
    if (proposed_make(c, &p->what, err) != PLUMB_OK) {
        free(p);
        return PLUMB_NO_MEMORY;
    }
    PLUMB_TRY(put_proposal(c->e, p, err));
    p = NULL;
    if (count_tally(c->e, state_proposal(c->e, &s->id)) != PLUMB_TALLY_MET)
        return plumb_fail(err, PLUMB_REFUSED, "quorum.genesis", "predicate.keys",
                          "those who sign the genesis do not meet its own quorum");
    return PLUMB_OK;
}

/* --- vote --- */

static enum plumb_code
check_voter(const struct context *c, const struct proposal *p, struct plumb_err *err)
{
    const struct plumb_governance *doc = state_document(c->e);
    const struct plumb_vote *last;

    if (c->actor.listed == NULL || !count_asks(doc, p->what, c->actor.listed))
        return plumb_fail(err, PLUMB_FORBIDDEN, "quorum.not-asked", "predicate.key",
                          "the quorum of this proposal does not ask %s", c->actor.id);
    last = count_last_vote(c->e, p, c->actor.id);
    if (last != NULL && last->decision == c->s->u.approval.decision)
        return plumb_fail(err, PLUMB_CONFLICT, "vote.same", "predicate.decision",
                          "%s decided that already", c->actor.id);
    return PLUMB_OK;
}

static enum plumb_code
add_vote(const struct context *c, const struct plumb_digest *id, struct plumb_err *err)
{
    struct proposal *p;

    PLUMB_TRY(edit_proposal(c->e, id, &p, err));
    p->votes[p->nvotes++] =
        (struct plumb_vote){ c->s->keys[0], c->index, c->time, c->s->u.approval.decision };
    return put_proposal(c->e, p, err);
}

static enum plumb_code
vote_open(const struct context *c, const struct proposal *p, struct plumb_err *err)
{
    enum plumb_tally t = count_tally(c->e, p);

    if (t == PLUMB_TALLY_OPEN) {
        say_missing(c, p);
        return PLUMB_OK;
    }
    if (t == PLUMB_TALLY_MET) {
        if (c->s->u.approval.decision != PLUMB_APPROVE)
            return plumb_fail(err, PLUMB_REFUSED, "quorum.met", "predicate.decision",
                              "the quorum is met all the same since governance changed; an "
                              "approval would complete it, a proposal to undo it is another");
        say_effect(c, p->what);
        return take_effect(c, p, err);
    }
    c->effect->completed = true;
    context_say(c, "rejected: %s", tally_rule(t));
    return proposal_close(c->e, &p->what->id, ENGINE_PROPOSAL_REJECTED, tally_rule(t), c->index,
                          c->time, err);
}

/* Until its time, those who approved a begin may change their minds. */
static enum plumb_code
vote_scheduled(const struct context *c, const struct proposal *p, struct plumb_err *err)
{
    enum plumb_tally t = count_tally(c->e, p);
    const char *rule = t == PLUMB_TALLY_OPEN ? "quorum.withdrawn" : tally_rule(t);

    if (t == PLUMB_TALLY_MET)
        return plumb_fail(err, PLUMB_CONFLICT, "proposal.closed", "subject[0]",
                          "its quorum is met, with or without this vote");
    c->effect->completed = true;
    context_say(c, "scheduled begin called off: %s", rule);
    return proposal_close(c->e, &p->what->id, ENGINE_PROPOSAL_REJECTED, rule, c->index, c->time,
                          err);
}

/* The votes stand in the sections of all versions that rest on the proposal. */
static enum plumb_code
touch_sections(struct engine *e, const struct proposed *what, struct plumb_err *err)
{
    const struct map *m = &e->maps[STATE_PLACEMENTS];

    if (what->kind == PLUMB_KIND_ROLLOUT)
        return derive_touch(e, what->fleet, what->payload, err);
    for (size_t i = 0; i < m->norder; i++) {
        const struct placement *p = (const struct placement *)m->order[i]->record;

        if (plumb_digest_eq(&p->release, &what->id))
            PLUMB_TRY(derive_touch(e, p->fleet.s, p->payload.s, err));
    }
    return PLUMB_OK;
}

/* Approval anew, where a compromised key took the quorum away. */
static enum plumb_code
vote_anew(const struct context *c, const struct proposal *p, struct plumb_err *err)
{
    PLUMB_TRY(touch_sections(c->e, p->what, err));
    if (!count_stands(c->e, p, 0)) {
        say_missing(c, p);
        return PLUMB_OK;
    }
    c->effect->completed = true;
    context_say(c, "approved anew");
    PLUMB_TRY(proposal_undermine(c->e, &p->what->id, false, err));
    return govern_restore(c->e, err);
}

enum plumb_code
proposal_vote(const struct context *c, struct plumb_err *err)
{
    const struct plumb_digest *id = &c->s->u.approval.proposal;
    const struct proposal *p = state_proposal(c->e, id);
    enum engine_proposal_state state;

    if (p == NULL)
        return plumb_fail(err, PLUMB_NOT_FOUND, "proposal.unknown", "subject[0].digest",
                          "no proposal of this log has this id");
    state = p->state;
    if (state != ENGINE_PROPOSAL_OPEN && state != ENGINE_PROPOSAL_SCHEDULED &&
        state != ENGINE_PROPOSAL_UNDERMINED)
        return plumb_fail(err, PLUMB_CONFLICT, "proposal.closed", "subject[0]",
                          "the proposal is %s: %s", engine_proposal_state_text(state),
                          p->closed_rule);
    PLUMB_TRY(check_voter(c, p, err));
    PLUMB_TRY(add_vote(c, id, err));
    p = state_proposal(c->e, id);
    if (state == ENGINE_PROPOSAL_OPEN)
        return vote_open(c, p, err);
    return state == ENGINE_PROPOSAL_SCHEDULED ? vote_scheduled(c, p, err)
                                              : vote_anew(c, p, err);
}

/* --- governance changed --- */

static enum plumb_code
recount(struct engine *e, const struct proposal *p, uint64_t index, plumb_time at,
        struct plumb_err *err)
{
    const struct plumb_digest id = p->what->id;
    enum plumb_tally t;

    if (p->what->kind == PLUMB_KIND_GOVERNANCE)
        return proposal_close(e, &id, ENGINE_PROPOSAL_LAPSED, "proposal.base", index, at, err);
    if (count_gone(state_document(e), p->what))
        return proposal_close(e, &id,
                              p->what->kind == PLUMB_KIND_RELEASE ? ENGINE_PROPOSAL_REJECTED
                                                                  : ENGINE_PROPOSAL_LAPSED,
                              "proposal.gone", index, at, err);
    t = count_tally(e, p);
    if (t == PLUMB_TALLY_VETOED || t == PLUMB_TALLY_UNREACHABLE)
        return proposal_close(e, &id, ENGINE_PROPOSAL_REJECTED, tally_rule(t), index, at, err);
    if (t == PLUMB_TALLY_OPEN && p->state == ENGINE_PROPOSAL_SCHEDULED)
        return proposal_close(e, &id, ENGINE_PROPOSAL_REJECTED, "quorum.withdrawn", index, at,
                              err);
    return PLUMB_OK;
}

enum plumb_code
proposal_recount(struct engine *e, uint64_t index, plumb_time at, struct plumb_err *err)
{
    const struct map *m = &e->maps[STATE_PROPOSALS];

    for (size_t i = 0; i < m->norder; i++) {
        const struct proposal *p = (const struct proposal *)m->order[i]->record;

        if (p->state == ENGINE_PROPOSAL_OPEN || p->state == ENGINE_PROPOSAL_SCHEDULED)
            PLUMB_TRY(recount(e, p, index, at, err));
    }
    return PLUMB_OK;
}
