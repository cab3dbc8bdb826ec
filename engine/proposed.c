#include "engine/proposed.h"

#include <stdio.h>
#include <string.h>

#include "lib/own.h"
#include "lib/pool.h"

static const char *
keep_text(struct pool *pool, const char *text, bool *ok)
{
    const char *kept = text != NULL ? pool_text(pool, text) : NULL;

    *ok = *ok && (text == NULL || kept != NULL);
    return kept;
}

static void *
keep_array(struct pool *pool, const void *array, size_t n, size_t size, bool *ok)
{
    void *kept = pool_array(pool, n, size);

    *ok = *ok && kept != NULL;
    if (kept != NULL && n > 0)
        memcpy(kept, array, n * size);
    return kept;
}

static void
take_governance(struct proposed *p, const struct plumb_statement *s, bool *ok)
{
    p->ncompromise = s->u.governance.ncompromise;
    p->compromise = keep_array(p->pool, s->u.governance.compromise, p->ncompromise,
                               sizeof *p->compromise, ok);
    p->nratify = s->u.governance.nratify;
    p->ratify = keep_array(p->pool, s->u.governance.ratify, p->nratify, sizeof *p->ratify, ok);
    for (size_t i = 0; *ok && i < p->ncompromise; i++) {
        struct plumb_disposition *d = &p->compromise[i];

        d->fleet = keep_text(p->pool, d->fleet, ok);
        d->payload = keep_text(p->pool, d->payload, ok);
        d->version = keep_text(p->pool, d->version, ok);
    }
}

static void
take_revocation(struct proposed *p, const struct plumb_statement *s, bool *ok)
{
    p->release = s->u.revocation.release;
    p->all = s->u.revocation.all;
    p->nfleets = s->u.revocation.nfleets;
    p->fleets = keep_array(p->pool, s->u.revocation.fleets, p->nfleets, sizeof *p->fleets, ok);
    p->nleave_nothing = s->u.revocation.nleave_nothing;
    p->leave_nothing = keep_array(p->pool, s->u.revocation.leave_nothing, p->nleave_nothing,
                                  sizeof *p->leave_nothing, ok);
    for (size_t i = 0; *ok && i < p->nfleets; i++)
        p->fleets[i].fleet = keep_text(p->pool, p->fleets[i].fleet, ok);
    for (size_t i = 0; *ok && i < p->nleave_nothing; i++)
        p->leave_nothing[i] = keep_text(p->pool, p->leave_nothing[i], ok);
}

static void
take_rollout(struct proposed *p, const struct plumb_statement *s)
{
    p->release = s->u.rollout.release;
    p->action = s->u.rollout.action;
    p->base = s->u.rollout.base;
    p->has_predecessor = s->u.rollout.has_predecessor;
    p->predecessor = s->u.rollout.predecessor;
    p->at = s->u.rollout.at;
    p->not_after = s->u.rollout.not_after;
}

static void
take_waiver(struct proposed *p, const struct plumb_statement *s, bool *ok)
{
    p->release = s->u.waiver.release;
    p->control = keep_text(p->pool, s->u.waiver.control, ok);
    p->justification = keep_text(p->pool, s->u.waiver.justification, ok);
    p->compensating = keep_text(p->pool, s->u.waiver.compensating, ok);
    p->until = s->u.waiver.until;
}

enum plumb_code
proposed_make(const struct context *c, struct proposed **ret, struct plumb_err *err)
{
    const struct plumb_statement *s = c->s;
    PLUMB_AUTO(pool_auto) struct pool *pool = pool_new();
    struct proposed *p = pool != NULL ? pool_alloc(pool, sizeof *p) : NULL;
    bool ok = p != NULL;

    if (!ok)
        return plumb_fail_memory(err);
    *p = (struct proposed){ .holders = 1,
                            .pool = pool,
                            .id = s->id,
                            .kind = s->kind,
                            .index = c->index,
                            .time = c->time,
                            .at = PLUMB_TIME_NEVER };
    p->proposer = keep_text(pool, c->actor.id, &ok);
    p->payload = keep_text(pool, s->payload, &ok);
    p->version = keep_text(pool, s->version, &ok);
    p->fleet = keep_text(pool, s->fleet, &ok);
    if (s->kind == PLUMB_KIND_GOVERNANCE)
        take_governance(p, s, &ok);
    else if (s->kind == PLUMB_KIND_REVOCATION)
        take_revocation(p, s, &ok);
    else if (s->kind == PLUMB_KIND_ROLLOUT)
        take_rollout(p, s);
    else if (s->kind == PLUMB_KIND_WAIVER)
        take_waiver(p, s, &ok);
    else
        p->release = s->id;
    if (!ok)
        return plumb_fail_memory(err);
    pool = NULL;
    *ret = p;
    return PLUMB_OK;
}

void
proposed_describe(const struct proposed *what, char *ret, size_t size)
{
    if (what->kind == PLUMB_KIND_GOVERNANCE)
        (void)snprintf(ret, size, "governance change");
    else
        (void)snprintf(ret, size, "%s %s@%s%s%s",
                       what->kind == PLUMB_KIND_ROLLOUT ? plumb_action_text(what->action)
                                                        : plumb_kind_text(what->kind),
                       what->payload, what->version, what->fleet != NULL ? " in " : "",
                       what->fleet != NULL ? what->fleet : "");
}
