/* The moves that made a version's window: each proved, and the window computed anew. */
#include "lib/bundle_read.h"

#include <string.h>

#include "lib/own.h"

#define MOVES_MAX 4096

static int
entry_by_index(const void *key, const void *element)
{
    uint64_t index = *(const uint64_t *)key;
    const struct bundle_entry *e = element;

    return index < e->index ? -1 : index > e->index;
}

enum plumb_code
bundle_entries_named(struct bundle_entries *entries, const struct plumb_jv *indexes,
                     const struct bundle_entry ***ret, size_t *ret_n, struct plumb_err *err)
{
    PLUMB_AUTO(auto_free) const struct bundle_entry **list = NULL;
    size_t n;

    PLUMB_TRY(plumb_jv_array(indexes, 1, BUNDLE_ENTRIES_MAX, &n, err));
    list = calloc(n, sizeof *list);
    if (list == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        struct plumb_jv v = plumb_jv_element(indexes, i);
        struct bundle_entry *e = NULL;
        uint64_t index;
        int64_t value;

        PLUMB_TRY(plumb_jv_int(&v, 0, INT64_MAX, &value, err));
        index = (uint64_t)value;
        if (entries->n > 0)
            e = bsearch(&index, entries->v, entries->n, sizeof *entries->v, entry_by_index);
        if (e == NULL)
            return plumb_jv_fail(&v, err, PLUMB_REFUSED, "bundle.missing",
                                 "entry %llu is not among this section's",
                                 (unsigned long long)index);
        if (i > 0 && list[i - 1]->index >= index)
            return plumb_jv_fail(&v, err, PLUMB_INVALID, "bundle.order",
                                 "entries ascend, each once");
        e->used = true;
        list[i] = e;
    }
    *ret = PLUMB_TAKE(list);
    *ret_n = n;
    return PLUMB_OK;
}

struct rollout_of {
    const char *fleet, *payload;
    enum plumb_action action;
};

static size_t
rollout_quorum(const struct plumb_governance *doc, const void *arg,
               const struct plumb_quorum *ret[BUNDLE_QUORUMS_MAX])
{
    const struct rollout_of *of = arg;
    const struct plumb_fleet *f = plumb_governance_fleet(doc, of->fleet);

    if (f == NULL || !plumb_fleet_has(f, of->payload) ||
        plumb_governance_payload(doc, of->payload) == NULL)
        return 0;
    ret[0] = &f->rollout[of->action];
    return 1;
}

/* All: the payload's own quorum. In several fleets: that of each of them. */
static size_t
revocation_quorums(const struct plumb_governance *doc, const void *arg,
                   const struct plumb_quorum *ret[BUNDLE_QUORUMS_MAX])
{
    const struct plumb_statement *s = arg;
    const struct plumb_payload *p = plumb_governance_payload(doc, s->payload);

    if (p == NULL || s->u.revocation.nfleets > BUNDLE_QUORUMS_MAX)
        return 0;
    if (s->u.revocation.all) {
        ret[0] = &p->revocation;
        return 1;
    }
    for (size_t i = 0; i < s->u.revocation.nfleets; i++) {
        const struct plumb_fleet *f =
            plumb_governance_fleet(doc, s->u.revocation.fleets[i].fleet);

        if (f == NULL || !plumb_fleet_has(f, s->payload))
            return 0;
        ret[i] = &f->revocation;
    }
    return s->u.revocation.nfleets;
}

static enum plumb_code
wrong(const char *what, struct plumb_err *err)
{
    return plumb_fail(err, PLUMB_REFUSED, "bundle.moves", "entries", "%s", what);
}

/* A rollout proposal and its votes. */
static enum plumb_code
count_rollout(struct bundle_version *c, const struct bundle_entry *const *list, size_t n,
              enum plumb_action action, struct bundle_motion *ret, struct plumb_err *err)
{
    const struct plumb_statement *s = list[0]->opened->statement;
    struct rollout_of of = { c->r->trust->fleet, c->payload, action };

    if (s->kind != PLUMB_KIND_ROLLOUT || s->u.rollout.action != action ||
        strcmp(s->fleet, of.fleet) != 0 || strcmp(s->payload, of.payload) != 0)
        return wrong("it does not begin with such a proposal for this fleet and payload", err);
    return bundle_motion_count(c->r, list, n, PLUMB_POWER_ROLLOUT, rollout_quorum, &of, ret,
                               err);
}

/* What time brought about, in the service's word. */
static enum plumb_code
check_record(struct bundle_version *c, const struct bundle_entry *e, enum plumb_kind kind,
             const struct plumb_digest *release, const struct plumb_digest *rollout,
             plumb_time due, struct plumb_err *err)
{
    const struct plumb_statement *s = e->opened->statement;

    if (s->kind != kind || strcmp(s->fleet, c->r->trust->fleet) != 0 ||
        !plumb_digest_eq(&s->u.timed.release, release) ||
        !plumb_digest_eq(&s->u.timed.rollout, rollout))
        return wrong("it is no record of this rollout", err);
    if (s->u.timed.due != due || e->time < due)
        return wrong("it was not due", err);
    return bundle_by_service(c->r, e, false, err);
}

/* When a move took effect, and under which document. */
struct effect {
    uint64_t index;
    plumb_time time;
    const struct plumb_link *link;
};

/* Takes the record out of a begin's entries; approvals anew may stand behind it. */
static const struct bundle_entry *
take_record(const struct bundle_entry **list, size_t *n)
{
    const struct bundle_entry *record = NULL;
    size_t kept = 1;

    for (size_t i = 1; i < *n; i++) {
        if (record == NULL && list[i]->opened->statement->kind == PLUMB_KIND_BEGIN)
            record = list[i];
        else
            list[kept++] = list[i];
    }
    *n = kept;
    return record;
}

static enum plumb_code
check_begin(struct bundle_version *c, const struct bundle_entry **list, size_t n,
            struct bundle_motion *m, struct effect *e, struct plumb_err *err)
{
    const struct plumb_statement *s = list[0]->opened->statement;
    const struct bundle_entry *record = take_record(list, &n);

    PLUMB_TRY(count_rollout(c, list, n, PLUMB_ACTION_BEGIN, m, err));
    *e = (struct effect){ m->index, m->time, m->link };
    if ((record != NULL) != (s->u.rollout.at != PLUMB_TIME_NEVER && s->u.rollout.at > m->time))
        return wrong("a begin is recorded when, and only when, it was approved ahead", err);
    if (record == NULL)
        return PLUMB_OK;
    if (record->index < m->index)
        return wrong("its record comes before its quorum", err);
    PLUMB_TRY(check_record(c, record, PLUMB_KIND_BEGIN, &s->u.rollout.release, &s->id,
                           s->u.rollout.at, err));
    *e = (struct effect){ record->index, record->time,
                          plumb_chain_at(c->r->in->chain, record->index) };
    return PLUMB_OK;
}

static enum plumb_code
step_begin(struct bundle_version *c, const struct bundle_entry **list, size_t n,
           struct effect *e, struct plumb_err *err)
{
    const struct plumb_statement *s = list[0]->opened->statement;
    const struct plumb_fleet *f;

    PLUMB_TRY(check_begin(c, list, n, &c->begin, e, err));
    if (!plumb_digest_eq(&s->u.rollout.release, &c->release))
        return wrong("it begins another version", err);
    f = plumb_governance_fleet(e->link->document, c->r->trust->fleet);
    if (f == NULL || !plumb_fleet_has(f, c->payload))
        return wrong("the payload is not in this fleet", err);
    c->has_predecessor = s->u.rollout.has_predecessor;
    c->predecessor = s->u.rollout.predecessor;
    c->begun = s->id;
    c->terms = plumb_terms_at(f, c->has_predecessor, e->time);
    c->stands = c->stands && c->begin.stands;
    return plumb_window_step(&c->window, true, PLUMB_STEP_BEGIN, e->time, &c->terms, 0, err);
}

static enum plumb_code
step_next_begin(struct bundle_version *c, const struct bundle_entry **list, size_t n,
                struct effect *e, struct plumb_err *err)
{
    PLUMB_AUTO(bundle_motion_clear) struct bundle_motion m = { 0 };
    const struct plumb_statement *s = list[0]->opened->statement;
    const struct plumb_fleet *f;

    PLUMB_TRY(check_begin(c, list, n, &m, e, err));
    if (!s->u.rollout.has_predecessor ||
        !plumb_digest_eq(&s->u.rollout.predecessor, &c->release) ||
        plumb_digest_eq(&s->u.rollout.release, &c->release))
        return wrong("it does not begin this version's successor", err);
    f = plumb_governance_fleet(e->link->document, c->r->trust->fleet);
    if (f == NULL)
        return wrong("governance has no such fleet", err);
    c->has_next = true;
    c->next = s->u.rollout.release;
    c->next_begun = s->id;
    c->next_terms = plumb_terms_at(f, true, e->time);
    return plumb_window_step(&c->window, false, PLUMB_STEP_NEXT_BEGIN, e->time, &c->next_terms,
                             0, err);
}

/* A completion by overrun: the record alone proves it, with the terms of the begin. */
static enum plumb_code
check_overrun(struct bundle_version *c, const struct bundle_entry *record,
              const struct plumb_digest *release, const struct plumb_digest *begun,
              const struct plumb_terms *terms, struct effect *e, struct plumb_err *err)
{
    PLUMB_TRY(
        check_record(c, record, PLUMB_KIND_OVERRUN, release, begun, terms->deadline, err));
    if (record->opened->statement->u.timed.outcome != PLUMB_OUTCOME_COMPLETE ||
        terms->overrun != PLUMB_OVERRUN_COMPLETE)
        return wrong("an overrun of this rollout does not complete it", err);
    *e = (struct effect){ record->index, record->time,
                          plumb_chain_at(c->r->in->chain, record->index) };
    return PLUMB_OK;
}

static bool
is_overrun(const struct bundle_entry *const *list, size_t n)
{
    return n == 1 && list[0]->opened->statement->kind == PLUMB_KIND_OVERRUN;
}

static enum plumb_code
step_complete(struct bundle_version *c, const struct bundle_entry **list, size_t n,
              struct effect *e, struct plumb_err *err)
{
    PLUMB_AUTO(bundle_motion_clear) struct bundle_motion m = { 0 };

    if (is_overrun(list, n)) {
        PLUMB_TRY(check_overrun(c, list[0], &c->release, &c->begun, &c->terms, e, err));
    } else {
        PLUMB_TRY(count_rollout(c, list, n, PLUMB_ACTION_COMPLETE, &m, err));
        if (!plumb_digest_eq(&list[0]->opened->statement->u.rollout.release, &c->release))
            return wrong("it completes another version", err);
        *e = (struct effect){ m.index, m.time, m.link };
        c->stands = c->stands && m.stands;
    }
    return plumb_window_step(&c->window, false, PLUMB_STEP_COMPLETE, e->time, &c->terms, 0,
                             err);
}

static enum plumb_code
step_next_complete(struct bundle_version *c, const struct bundle_entry **list, size_t n,
                   struct effect *e, struct plumb_err *err)
{
    PLUMB_AUTO(bundle_motion_clear) struct bundle_motion m = { 0 };
    plumb_time until;

    if (!c->has_next)
        return wrong("no successor had begun", err);
    if (is_overrun(list, n)) {
        PLUMB_TRY(check_overrun(c, list[0], &c->next, &c->next_begun, &c->next_terms, e, err));
        until = plumb_time_add(c->next_terms.deadline, c->next_terms.grace);
    } else {
        PLUMB_TRY(count_rollout(c, list, n, PLUMB_ACTION_COMPLETE, &m, err));
        if (!plumb_digest_eq(&list[0]->opened->statement->u.rollout.release, &c->next))
            return wrong("it completes another version than the successor", err);
        *e = (struct effect){ m.index, m.time, m.link };
        until = plumb_time_add(
            m.time, plumb_governance_fleet(m.link->document, c->r->trust->fleet)->grace);
    }
    return plumb_window_step(&c->window, false, PLUMB_STEP_NEXT_COMPLETE, e->time,
                             &c->next_terms, until, err);
}

static enum plumb_code
step_reschedule(struct bundle_version *c, const struct bundle_entry **list, size_t n,
                struct effect *e, struct plumb_err *err)
{
    PLUMB_AUTO(bundle_motion_clear) struct bundle_motion m = { 0 };
    const struct plumb_statement *s = list[0]->opened->statement;

    PLUMB_TRY(count_rollout(c, list, n, PLUMB_ACTION_RESCHEDULE, &m, err));
    if (!plumb_digest_eq(&s->u.rollout.release, &c->release))
        return wrong("it reschedules another version", err);
    *e = (struct effect){ m.index, m.time, m.link };
    c->stands = c->stands && m.stands;
    return plumb_window_step(&c->window, false, PLUMB_STEP_RESCHEDULE, e->time, &c->terms,
                             s->u.rollout.not_after, err);
}

static size_t
count_compromised(const struct plumb_governance *g)
{
    size_t n = 0;

    for (size_t i = 0; i < g->nprincipals; i++)
        for (size_t k = 0; k < g->principals[i].nkeys; k++)
            n += g->principals[i].keys[k].status == PLUMB_KEY_COMPROMISED;
    return n;
}

/* A compromise revokes, too: then the entry is the one that completed that version. */
static const struct plumb_link *
compromise_at(const struct plumb_chain *chain, uint64_t index)
{
    const struct plumb_link *link = plumb_chain_at(chain, index), *before;

    if (link == NULL || link->index != index || link->document->version < 2)
        return NULL;
    before = plumb_chain_link(chain, (size_t)link->document->version - 2);
    if (count_compromised(link->document) <= count_compromised(before->document))
        return NULL;
    return link;
}

static enum plumb_code
check_revocation(struct bundle_version *c, const struct bundle_entry *const *list, size_t n,
                 struct effect *e, struct plumb_err *err)
{
    PLUMB_AUTO(bundle_motion_clear) struct bundle_motion m = { 0 };
    const struct plumb_statement *s = list[0]->opened->statement;
    bool here;

    if (s->kind != PLUMB_KIND_REVOCATION ||
        !plumb_digest_eq(&s->u.revocation.release, &c->predecessor) ||
        strcmp(s->payload, c->payload) != 0)
        return wrong("it does not revoke this version's predecessor", err);
    here = s->u.revocation.all;
    for (size_t i = 0; i < s->u.revocation.nfleets; i++)
        here = here || strcmp(s->u.revocation.fleets[i].fleet, c->r->trust->fleet) == 0;
    if (!here)
        return wrong("it does not revoke in this fleet", err);
    PLUMB_TRY(bundle_motion_count(c->r, list, n, PLUMB_POWER_REVOCATION, revocation_quorums, s,
                                  &m, err));
    *e = (struct effect){ m.index, m.time, m.link };
    return PLUMB_OK;
}

static enum plumb_code
step_alone(struct bundle_version *c, const struct bundle_entry **list, size_t n,
           struct effect *e, struct plumb_err *err)
{
    const struct plumb_link *link =
        n == 1 ? compromise_at(c->r->in->chain, list[0]->index) : NULL;

    if (!c->has_predecessor)
        return wrong("there was no predecessor", err);
    if (link != NULL)
        *e = (struct effect){ link->index, link->time, link };
    else
        PLUMB_TRY(check_revocation(c, list, n, e, err));
    return plumb_window_step(&c->window, false, PLUMB_STEP_ALONE, e->time, &c->terms, 0, err);
}

typedef enum plumb_code step_fn(struct bundle_version *c, const struct bundle_entry **list,
                                size_t n, struct effect *e, struct plumb_err *err);

/* A next-gone makes its next-begin void, and void steps are left out: it has no proof. */
static step_fn *const steps[PLUMB_STEP_COUNT] = {
    [PLUMB_STEP_BEGIN] = step_begin,
    [PLUMB_STEP_ALONE] = step_alone,
    [PLUMB_STEP_COMPLETE] = step_complete,
    [PLUMB_STEP_NEXT_BEGIN] = step_next_begin,
    [PLUMB_STEP_NEXT_COMPLETE] = step_next_complete,
    [PLUMB_STEP_RESCHEDULE] = step_reschedule,
};

static enum plumb_code
read_move(struct bundle_version *c, const struct plumb_jv *v, bool first, struct plumb_err *err)
{
    static const char *const members[] = { "step", "entries", NULL };
    struct plumb_jv step = plumb_jv_member(v, "step"), indexes = plumb_jv_member(v, "entries");
    PLUMB_AUTO(auto_free) const struct bundle_entry **list = NULL;
    struct effect e = { 0 };
    const char *text;
    size_t s = 0, n = 0;

    PLUMB_TRY(plumb_jv_closed(v, members, err));
    PLUMB_TRY(plumb_jv_string(&step, PLUMB_NAME_MAX, &text, err));
    while (s < PLUMB_STEP_COUNT && strcmp(plumb_step_text((enum plumb_step)s), text) != 0)
        s++;
    if (s == PLUMB_STEP_COUNT || steps[s] == NULL || (s == PLUMB_STEP_BEGIN) != first)
        return plumb_jv_fail(&step, err, PLUMB_INVALID, "bundle.moves",
                             "such a step has no place here");
    PLUMB_TRY(bundle_entries_named(c->entries, &indexes, &list, &n, err));
    PLUMB_TRY(steps[s](c, list, n, &e, err));
    if (e.index <= c->index)
        return wrong("it took effect before what it follows", err);
    c->index = e.index;
    return PLUMB_OK;
}

enum plumb_code
bundle_read_moves(struct bundle_version *c, const struct plumb_jv *moves, struct plumb_err *err)
{
    size_t n;

    PLUMB_TRY(plumb_jv_array(moves, 1, MOVES_MAX, &n, err));
    for (size_t i = 0; i < n; i++) {
        struct plumb_jv e = plumb_jv_element(moves, i);

        PLUMB_TRY(bundle_within(&e, read_move(c, &e, i == 0, err), err));
    }
    return PLUMB_OK;
}
