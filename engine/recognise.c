/* Recognitions: a verifier accepted the incoming version under a bundle that has it. */
#include <string.h>

#include "engine/kinds.h"
#include "engine/place.h"
#include "lib/own.h"

static enum plumb_code
check_bundle(const struct plumb_statement *s, const struct placement *p,
             const struct fleet_record *f, struct plumb_err *err)
{
    int64_t revision = s->u.recognition.revision;

    if (revision <= p->revision || f == NULL || revision > f->revision)
        return plumb_fail(err, PLUMB_REFUSED, "recognition.revision", "predicate.revision",
                          "no bundle of that revision has the version as incoming");
    if (revision == f->revision && !plumb_digest_eq(&f->content, &s->u.recognition.content))
        return plumb_fail(err, PLUMB_REFUSED, "recognition.content", "predicate.content",
                          "the bundle of that revision has another content");
    return PLUMB_OK;
}

/* One counts per verifier, version and rollout. */
static enum plumb_code
count_once(const struct context *c, const struct placement *p, struct plumb_err *err)
{
    unsigned char key[PLUMB_DIGEST_LEN + PLUMB_NAME_MAX];
    size_t len = strnlen(c->actor.id, PLUMB_NAME_MAX);
    struct reference *r;

    memcpy(key, p->rollout.b, PLUMB_DIGEST_LEN);
    memcpy(key + PLUMB_DIGEST_LEN, c->actor.id, len);
    len += PLUMB_DIGEST_LEN;
    if (state_get(c->e, STATE_RECOGNITIONS, key, len) != NULL)
        return plumb_fail(err, PLUMB_CONFLICT, "recognition.twice", "predicate.key",
                          "%s has recognised it in this rollout already", c->actor.id);
    r = calloc(1, sizeof *r);
    if (r == NULL)
        return plumb_fail_memory(err);
    r->id = c->s->id;
    return state_put(c->e, STATE_RECOGNITIONS, key, len, &r->head, err);
}

enum plumb_code
recognise(const struct context *c, struct plumb_err *err)
{
    const struct plumb_statement *s = c->s;
    const struct version *v;
    const struct placement *p;

    PLUMB_TRY(context_power(c, PLUMB_POWER_RECOGNISE, err));
    if (!actor_in_fleet(&c->actor, s->fleet))
        return plumb_fail(err, PLUMB_FORBIDDEN, "power.fleet", "predicate.fleet",
                          "%s is no verifier of %s", c->actor.id, s->fleet);
    PLUMB_TRY(context_version(c, &s->u.recognition.release, &v, err));
    p = state_placement(c->e, s->fleet, &v->release);
    if (p == NULL || p->place != ENGINE_PLACE_INCOMING ||
        !plumb_digest_eq(&p->rollout, &s->u.recognition.rollout))
        return plumb_fail(err, PLUMB_REFUSED, "recognition.rollout", "predicate.rollout",
                          "no such rollout is open in %s", s->fleet);
    PLUMB_TRY(check_bundle(s, p, state_fleet(c->e, s->fleet), err));
    PLUMB_TRY(count_once(c, p, err));
    PLUMB_TRY(place_recognised(c->e, s->fleet, &v->release, err));
    context_say(c, "%.64s recognises %.64s@%.64s", c->actor.id, s->payload, s->version);
    return PLUMB_OK;
}
