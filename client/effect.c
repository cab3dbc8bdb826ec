#include "client/effect.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "client/when.h"
#include "lib/own.h"

const struct plumb_accepted *
effect_find(const struct plumb_bundle *b, const char *payload, enum plumb_status status)
{
    for (size_t i = 0; b != NULL && i < b->naccepted; i++)
        if (strcmp(b->accepted[i].payload, payload) == 0 &&
            b->accepted[i].window.status == status)
            return &b->accepted[i];
    return NULL;
}

/* What is told, and about what. */
struct tale {
    FILE *out;
    const struct effect_now *now;
    const struct plumb_statement *s;
};

__attribute__((format(printf, 2, 3))) static void
say(const struct tale *t, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vfprintf(t->out, format, args);
    va_end(args);
}

static const struct plumb_bundle *
bundle_of(const struct tale *t, const char *fleet)
{
    return t->now->bundle != NULL ? t->now->bundle(t->now->arg, fleet) : NULL;
}

static const char *
time_text(const struct tale *t, plumb_time at, char text[WHEN_TEXT])
{
    when_text(at, t->now->now, text);
    return text;
}

/* What happens when the rollout is not complete in time. */
static void
tell_overrun(const struct tale *t, const struct plumb_fleet *f, const char *current,
             plumb_time begin)
{
    const struct plumb_terms terms = plumb_terms_at(f, current != NULL, begin);
    char due[WHEN_TEXT], end[WHEN_TEXT];

    (void)time_text(t, terms.deadline, due);
    if (current == NULL || terms.overrun == PLUMB_OVERRUN_ALERT)
        say(t, " It is to be complete by %s; after that the service alerts.", due);
    else if (terms.overrun == PLUMB_OVERRUN_ROLLBACK)
        say(t, " If it is not complete by %s, %s stops passing and %s stays.", due,
            t->s->version, current);
    else
        say(t,
            " If it is neither complete nor rolled back by %s, %s becomes current then, and "
            "%s keeps passing until %s, then stops.",
            due, t->s->version, current,
            time_text(t, plumb_time_add(terms.deadline, terms.grace), end));
}

static void
tell_begin(const struct tale *t, const struct plumb_fleet *f)
{
    const struct plumb_bundle *b = bundle_of(t, t->s->fleet);
    const struct plumb_accepted *current = effect_find(b, t->s->payload, PLUMB_STATUS_CURRENT);
    const plumb_time at = t->s->u.rollout.at;
    char when[WHEN_TEXT];

    if (at != PLUMB_TIME_NEVER && at > t->now->now)
        say(t, "At %s evidence", time_text(t, at, when));
    else
        say(t, "Evidence");
    say(t, " from machines on %s begins to pass in %s", t->s->version, t->s->fleet);
    if (current != NULL)
        say(t, ", beside %s.", current->version);
    else if (b != NULL)
        say(t, ", where nothing of %s passes now.", t->s->payload);
    else
        say(t, ".");
    if (f != NULL)
        tell_overrun(t, f, current != NULL ? current->version : NULL,
                     at != PLUMB_TIME_NEVER && at > t->now->now ? at : t->now->now);
}

static void
tell_complete(const struct tale *t, const struct plumb_fleet *f)
{
    const struct plumb_accepted *current =
        effect_find(bundle_of(t, t->s->fleet), t->s->payload, PLUMB_STATUS_CURRENT);
    char end[WHEN_TEXT];

    if (current != NULL && f != NULL)
        say(t, "Evidence from machines on %s keeps passing until %s, then stops. ",
            current->version, time_text(t, plumb_time_add(t->now->now, f->grace), end));
    say(t, "%s becomes current in %s, with no end date.", t->s->version, t->s->fleet);
}

static void
tell_rollback(const struct tale *t)
{
    const struct plumb_bundle *b = bundle_of(t, t->s->fleet);
    const struct plumb_accepted *incoming =
        effect_find(b, t->s->payload, PLUMB_STATUS_INCOMING);
    const struct plumb_accepted *current = effect_find(b, t->s->payload, PLUMB_STATUS_CURRENT);

    say(t, "Evidence from machines on %s stops passing in %s at once. ", t->s->version,
        t->s->fleet);
    if (incoming != NULL && current != NULL &&
        plumb_digest_eq(&incoming->release, &t->s->u.rollout.release))
        say(t, "%s stays current, with no end date.", current->version);
    else
        say(t, "The version before it is current again, with no end date.");
}

static void
tell_reschedule(const struct tale *t)
{
    const struct plumb_bundle *b = bundle_of(t, t->s->fleet);
    char until[WHEN_TEXT], before[WHEN_TEXT];

    say(t, "Evidence from machines on %s keeps passing in %s until %s, then stops",
        t->s->version, t->s->fleet, time_text(t, t->s->u.rollout.not_after, until));
    for (size_t i = 0; b != NULL && i < b->naccepted; i++)
        if (plumb_digest_eq(&b->accepted[i].release, &t->s->u.rollout.release)) {
            say(t, "; so far it was until %s",
                time_text(t, b->accepted[i].window.not_after, before));
            break;
        }
    say(t, ".");
}

/* Revoked in one fleet: what stays there? */
static void
tell_revoked_in(const struct tale *t, const char *fleet)
{
    const struct plumb_bundle *b = bundle_of(t, fleet);
    size_t left = 0;
    bool accepted = false;

    for (size_t i = 0; b != NULL && i < b->naccepted; i++) {
        const bool same = plumb_digest_eq(&b->accepted[i].release, &t->s->u.revocation.release);

        accepted |= same;
        left += !same && strcmp(b->accepted[i].payload, t->s->payload) == 0;
    }
    if (b == NULL || accepted)
        say(t, "Evidence from machines on %s stops passing in %s at once.", t->s->version,
            fleet);
    else
        say(t, "%s is not accepted in %s now, and never will be again.", t->s->version, fleet);
    if (accepted && left == 0)
        say(t, " NOTHING of %s is accepted in %s then.", t->s->payload, fleet);
}

static void
tell_revocation(const struct tale *t)
{
    const struct plumb_governance *g = t->now->document;

    if (!t->s->u.revocation.all) {
        for (size_t i = 0; i < t->s->u.revocation.nfleets; i++) {
            say(t, "%s", i > 0 ? " " : "");
            tell_revoked_in(t, t->s->u.revocation.fleets[i].fleet);
        }
        return;
    }
    say(t,
        "Evidence from machines on %s stops passing in every fleet at once, and its "
        "reference values are barred for ever.",
        t->s->version);
    for (size_t i = 0; i < g->nfleets; i++) {
        const struct plumb_accepted *current =
            effect_find(bundle_of(t, g->fleets[i].name), t->s->payload, PLUMB_STATUS_CURRENT);

        if (current != NULL && plumb_digest_eq(&current->release, &t->s->u.revocation.release))
            say(t, " It is the current version in %s.", g->fleets[i].name);
    }
}

static void
tell_waiver(const struct tale *t)
{
    const struct plumb_statement *s = t->s;
    char until[PLUMB_TIME_TEXT];

    plumb_time_text(s->u.waiver.until, until);
    say(t,
        "%s@%s need not meet %s until %s: it may be approved and rolled out without. What "
        "stands "
        "in for it: %s",
        s->payload, s->version, s->u.waiver.control, until, s->u.waiver.compensating);
}

static enum plumb_code
tell(const struct tale *t, struct plumb_err *err)
{
    const struct plumb_statement *s = t->s;
    const struct plumb_fleet *f =
        s->fleet != NULL ? plumb_governance_fleet(t->now->document, s->fleet) : NULL;

    if (s->kind == PLUMB_KIND_RELEASE)
        say(t,
            "%s@%s becomes an approved version. No verifier accepts it yet: that begins with a "
            "rollout.",
            s->payload, s->version);
    else if (s->kind == PLUMB_KIND_GOVERNANCE)
        say(t,
            "Version %" PRId64 " of the governance document comes into force: who may do "
            "what. See what it changes.",
            s->u.governance.version);
    else if (s->kind == PLUMB_KIND_REVOCATION)
        tell_revocation(t);
    else if (s->kind == PLUMB_KIND_WAIVER)
        tell_waiver(t);
    else if (s->kind != PLUMB_KIND_ROLLOUT)
        return plumb_fail(err, PLUMB_INVALID, "effect.kind", "", "this is no proposal");
    else if (s->u.rollout.action == PLUMB_ACTION_BEGIN)
        tell_begin(t, f);
    else if (s->u.rollout.action == PLUMB_ACTION_COMPLETE)
        tell_complete(t, f);
    else if (s->u.rollout.action == PLUMB_ACTION_ROLLBACK)
        tell_rollback(t);
    else
        tell_reschedule(t);
    return PLUMB_OK;
}

enum plumb_code
effect_text(const struct plumb_statement *s, const struct effect_now *now, char **ret,
            struct plumb_err *err)
{
    PLUMB_AUTO(auto_free) char *text = NULL;
    size_t size = 0;
    struct tale t = { open_memstream(&text, &size), now, s };
    enum plumb_code code;

    if (t.out == NULL)
        return plumb_fail_memory(err);
    code = tell(&t, err);
    if (fclose(t.out) != 0)
        return plumb_fail_memory(err);
    if (code == PLUMB_OK)
        *ret = PLUMB_TAKE(text);
    return code;
}
