#include "audit/by.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/report.h"
#include "lib/own.h"

struct enrolled_by {
    char principal[PLUMB_NAME_MAX + 1], fleet[PLUMB_NAME_MAX + 1];
    uint64_t index;
    bool retired;
};

struct audit_by {
    char principal[PLUMB_NAME_MAX + 1]; /* "": a key */
    struct plumb_digest key;
    struct audit_observer observer;
    json_t *acts, *rests;
    struct plumb_digest *proposals; /* on which they voted, or which they made; each once */
    size_t nproposals;
    struct enrolled_by *enrolled;
    size_t nenrolled;
};

PLUMB_DEFINE_AUTO(auto_by, struct audit_by *, audit_by_free);

void
audit_by_free(struct audit_by *b)
{
    if (b == NULL)
        return;
    json_decref(b->acts);
    json_decref(b->rests);
    free(b->proposals);
    free(b->enrolled);
    free(b);
}

/* Which of the statement's keys is theirs, or NULL. */
static const struct plumb_digest *
theirs(const struct audit_by *b, const struct engine *e, const struct plumb_statement *s)
{
    for (size_t i = 0; i < s->nkeys; i++) {
        const char *owner = engine_owner(e, &s->keys[i]);

        if (b->principal[0] == '\0' ? plumb_digest_eq(&s->keys[i], &b->key)
                                    : owner != NULL && strcmp(owner, b->principal) == 0)
            return &s->keys[i];
    }
    return NULL;
}

/* "begin web@1.0 in prod", as far as there are such. */
static void
say(const char *vote, const char *what, const char *payload, const char *version,
    const char *fleet, char *ret, size_t size)
{
    (void)snprintf(ret, size, "%s%s%s%s%s%s%s%s", vote, what, payload != NULL ? " " : "",
                   payload != NULL ? payload : "", version != NULL ? "@" : "",
                   version != NULL ? version : "", fleet != NULL ? " in " : "",
                   fleet != NULL ? fleet : "");
}

static void
describe_proposal(const struct engine_proposal *p, const char *vote, char *ret, size_t size)
{
    say(vote,
        p->kind == PLUMB_KIND_ROLLOUT ? plumb_action_text(p->action) : plumb_kind_text(p->kind),
        p->payload, p->version, p->fleet, ret, size);
}

static void
describe(const struct engine *e, const struct plumb_statement *s, char *ret, size_t size)
{
    struct engine_proposal p;
    char vote[24];

    if (s->kind == PLUMB_KIND_APPROVAL && engine_proposal(e, &s->u.approval.proposal, &p)) {
        (void)snprintf(vote, sizeof vote, "%s ", plumb_decision_text(s->u.approval.decision));
        describe_proposal(&p, vote, ret, size);
        return;
    }
    say("",
        s->kind == PLUMB_KIND_ROLLOUT ? plumb_action_text(s->u.rollout.action)
                                      : plumb_kind_text(s->kind),
        s->payload, s->version, s->fleet, ret, size);
}

static enum plumb_code
remember_proposal(struct audit_by *b, const struct plumb_digest *id, struct plumb_err *err)
{
    struct plumb_digest *more;

    for (size_t i = 0; i < b->nproposals; i++)
        if (plumb_digest_eq(&b->proposals[i], id))
            return PLUMB_OK;
    more = realloc(b->proposals, (b->nproposals + 1) * sizeof *more);
    if (more == NULL)
        return plumb_fail_memory(err);
    b->proposals = more;
    b->proposals[b->nproposals++] = *id;
    return PLUMB_OK;
}

static enum plumb_code
remember_enrolment(struct audit_by *b, const struct audit_act *act, struct plumb_err *err)
{
    struct enrolled_by *more = realloc(b->enrolled, (b->nenrolled + 1) * sizeof *more);

    if (more == NULL)
        return plumb_fail_memory(err);
    b->enrolled = more;
    more = &b->enrolled[b->nenrolled++];
    *more = (struct enrolled_by){ .index = act->index };
    (void)snprintf(more->principal, sizeof more->principal, "%s",
                   act->statement->u.enrolment.principal);
    (void)snprintf(more->fleet, sizeof more->fleet, "%s", act->statement->fleet);
    return PLUMB_OK;
}

static enum plumb_code
take_enrolment(struct audit_by *b, const struct audit_act *act, bool by_them,
               struct plumb_err *err)
{
    const struct plumb_statement *s = act->statement;

    for (size_t i = 0; s->u.enrolment.retire && i < b->nenrolled; i++)
        if (strcmp(b->enrolled[i].principal, s->u.enrolment.principal) == 0)
            b->enrolled[i].retired = true;
    return by_them && !s->u.enrolment.retire ? remember_enrolment(b, act, err) : PLUMB_OK;
}

static enum plumb_code
after(void *self, const struct engine *e, const struct audit_act *act, struct plumb_err *err)
{
    struct audit_by *b = self;
    const struct plumb_statement *s = act->statement;
    const struct plumb_digest *key = theirs(b, e, s);
    char what[256];

    if (s->kind == PLUMB_KIND_ENROLMENT)
        PLUMB_TRY(take_enrolment(b, act, key != NULL, err));
    if (key == NULL)
        return PLUMB_OK;
    if (s->kind == PLUMB_KIND_APPROVAL)
        PLUMB_TRY(remember_proposal(b, &s->u.approval.proposal, err));
    else if (plumb_kind_is_proposal(s->kind))
        PLUMB_TRY(remember_proposal(b, &s->id, err));
    describe(e, s, what, sizeof what);
    if (json_array_append_new(b->acts,
                              json_pack("{s:I, s:o, s:s, s:s, s:o, s:s}", "entry",
                                        (json_int_t)act->index, "time", report_time(act->time),
                                        "kind", plumb_kind_text(s->kind), "what", what, "key",
                                        report_digest(key), "effect", act->effect->text)) != 0)
        return plumb_fail_memory(err);
    return PLUMB_OK;
}

enum plumb_code
audit_by_new(const char *principal, const struct plumb_digest *key, struct audit_by **ret,
             struct plumb_err *err)
{
    PLUMB_AUTO(auto_by) struct audit_by *b = calloc(1, sizeof *b);

    if (b == NULL)
        return plumb_fail_memory(err);
    if (principal != NULL)
        (void)snprintf(b->principal, sizeof b->principal, "%s", principal);
    else
        b->key = *key;
    b->observer = (struct audit_observer){ .self = b, .after = after };
    b->acts = json_array();
    b->rests = json_array();
    if (b->acts == NULL || b->rests == NULL)
        return plumb_fail_memory(err);
    *ret = PLUMB_TAKE(b);
    return PLUMB_OK;
}

struct audit_observer *
audit_by_observer(struct audit_by *b)
{
    return &b->observer;
}

/* --- what rests on them --- */

struct fleets {
    const struct plumb_digest *release;
    char text[256];
};

static bool
take_fleet(void *arg, const struct engine_placement *p)
{
    struct fleets *f = arg;
    size_t used = strlen(f->text);

    if (plumb_digest_eq(&p->release, f->release))
        (void)snprintf(f->text + used, sizeof f->text - used, "%s%s (%s)", used > 0 ? ", " : "",
                       p->fleet, engine_place_text(p->place));
    return true;
}

static enum plumb_code
judge(struct audit_by *b, const struct engine *e, const struct plumb_digest *id,
      struct plumb_err *err)
{
    struct engine_proposal p;
    struct fleets fleets = { .release = id, .text = "" };
    char what[256];

    if (!engine_proposal(e, id, &p) ||
        (p.state != ENGINE_PROPOSAL_EFFECTIVE && p.state != ENGINE_PROPOSAL_SCHEDULED) ||
        engine_stands_without(e, id, b->principal[0] != '\0' ? b->principal : NULL,
                              b->principal[0] == '\0' ? &b->key : NULL))
        return PLUMB_OK;
    describe_proposal(&p, "", what, sizeof what);
    if (p.kind == PLUMB_KIND_RELEASE)
        engine_each_placement(e, NULL, true, take_fleet, &fleets);
    if (json_array_append_new(
            b->rests,
            json_pack("{s:s, s:s, s:s, s:I, s:I, s:o, s:s}", "kind", plumb_kind_text(p.kind),
                      "what", what, "state", engine_proposal_state_text(p.state), "proposed",
                      (json_int_t)p.index, "tookEffect", (json_int_t)p.closed_index, "id",
                      report_digest(id), "acceptedIn", fleets.text)) != 0)
        return plumb_fail_memory(err);
    return PLUMB_OK;
}

static enum plumb_code
judge_enrolled(struct audit_by *b, struct plumb_err *err)
{
    for (size_t i = 0; i < b->nenrolled; i++) {
        const struct enrolled_by *x = &b->enrolled[i];
        char what[256];

        if (x->retired)
            continue;
        (void)snprintf(what, sizeof what, "enrolment of %s in %s", x->principal, x->fleet);
        if (json_array_append_new(b->rests,
                                  json_pack("{s:s, s:s, s:s, s:I}", "kind", "enrolment", "what",
                                            what, "state", "effective", "tookEffect",
                                            (json_int_t)x->index)) != 0)
            return plumb_fail_memory(err);
    }
    return PLUMB_OK;
}

static bool
is_known(const struct audit_by *b, const struct engine *e)
{
    const struct plumb_link *link = plumb_chain_last(engine_chain(e));

    if (json_array_size(b->acts) > 0)
        return true;
    if (b->principal[0] == '\0')
        return engine_owner(e, &b->key) != NULL;
    return link != NULL && plumb_governance_principal(link->document, b->principal) != NULL;
}

enum plumb_code
audit_by_finish(struct audit_by *b, const struct audit *a, json_t **ret, struct plumb_err *err)
{
    const struct engine *e = audit_engine(a);
    const char *owner = b->principal[0] != '\0' ? b->principal : engine_owner(e, &b->key);

    if (!is_known(b, e))
        return plumb_fail(err, PLUMB_NOT_FOUND, "principal.unknown", "",
                          "nobody in this log has that name or key");
    for (size_t i = 0; i < b->nproposals; i++)
        PLUMB_TRY(judge(b, e, &b->proposals[i], err));
    PLUMB_TRY(judge_enrolled(b, err));
    *ret = json_pack("{s:s*, s:o*, s:O, s:O}", "principal", owner, "key",
                     b->principal[0] == '\0' ? report_digest(&b->key) : NULL, "acts", b->acts,
                     "rests", b->rests);
    return *ret != NULL ? PLUMB_OK : plumb_fail_memory(err);
}

/* --- for people --- */

void
report_by(struct page *p, const json_t *by)
{
    static const char *const acts[] = { "entry", "time", "what", "key", "effect", NULL };
    static const char *const rests[] = {
        "what", "state", "proposed", "took effect:tookEffect", "accepted in:acceptedIn", NULL
    };
    const char *principal = json_string_value(json_object_get(by, "principal"));
    const char *key = json_string_value(json_object_get(by, "key"));

    if (by == NULL)
        return;
    page_heading(p, 2, "All that %s%s did", key != NULL ? "the key " : "",
                 key != NULL ? key : principal);
    if (key != NULL)
        page_line(p, "It is a key of %s.", principal != NULL ? principal : "nobody now");
    if (json_array_size(json_object_get(by, "acts")) == 0)
        page_line(p, "Nothing.");
    else
        page_table(p, acts, json_object_get(by, "acts"));
    page_heading(p, 2, "What stands only because of it");
    if (json_array_size(json_object_get(by, "rests")) == 0)
        page_line(p, "Nothing: every quorum is met without it.");
    else
        page_table(p, rests, json_object_get(by, "rests"));
}
