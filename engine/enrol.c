/* Enrolments: a fleet's verifiers come and go without a governance change. */
#include <string.h>

#include "engine/kinds.h"
#include "lib/own.h"

static void
auto_enrolled(struct enrolled **p)
{
    if (*p == NULL)
        return;
    free((*p)->keys.v);
    free(*p);
}

static enum plumb_code
check_new_key(const struct engine *e, const struct plumb_key *key, struct plumb_err *err)
{
    const struct plumb_digest *id = plumb_pubkey_id(key->pub);

    if (state_get(e, STATE_KEYS, id->b, sizeof id->b) != NULL ||
        plumb_chain_pubkey(e->chain, id) != NULL)
        return plumb_fail(err, PLUMB_CONFLICT, "enrolment.key", "predicate.keys",
                          "a key is known already");
    if (key->status != PLUMB_KEY_ACTIVE)
        return plumb_fail(err, PLUMB_INVALID, "enrolment.status", "predicate.keys",
                          "a key that is enrolled is active");
    return PLUMB_OK;
}

static enum plumb_code
put_key(struct engine *e, struct enrolled_key *k, struct plumb_err *err)
{
    const struct plumb_digest id = *plumb_pubkey_id(k->key.pub);

    return state_put(e, STATE_KEYS, id.b, sizeof id.b, &k->head, err);
}

static enum plumb_code
add_key(const struct context *c, const struct plumb_key *key, struct plumb_err *err)
{
    struct enrolled_key *k;
    enum plumb_code code;

    PLUMB_TRY(check_new_key(c->e, key, err));
    k = calloc(1, sizeof *k);
    if (k == NULL)
        return plumb_fail_memory(err);
    k->key = *key;
    code = plumb_pubkey_copy(key->pub, &k->key.pub, err);
    if (code != PLUMB_OK) {
        free(k);
        return code;
    }
    name_set(&k->principal, c->s->u.enrolment.principal);
    name_set(&k->fleet, c->s->fleet);
    k->from = c->index;
    k->until = NO_INDEX;
    return put_key(c->e, k, err);
}

static enum plumb_code
put_enrolled(struct engine *e, struct enrolled *who, struct plumb_err *err)
{
    struct name principal = who->principal;

    return state_put(e, STATE_ENROLLED, principal.s, strlen(principal.s), &who->head, err);
}

static enum plumb_code
take_in(const struct context *c, const struct enrolled *old, struct plumb_err *err)
{
    const struct plumb_statement *s = c->s;
    PLUMB_AUTO(auto_enrolled) struct enrolled *who = NULL;

    if ((old != NULL && old->active) ||
        plumb_governance_principal(state_document(c->e), s->u.enrolment.principal) != NULL)
        return plumb_fail(err, PLUMB_CONFLICT, "enrolment.exists", "subject[0].name",
                          "%s is a principal already", s->u.enrolment.principal);
    who = calloc(1, sizeof *who);
    if (who == NULL)
        return plumb_fail_memory(err);
    name_set(&who->principal, s->u.enrolment.principal);
    name_set(&who->fleet, s->fleet);
    who->active = true;
    for (size_t i = 0; i < s->u.enrolment.nkeys; i++) {
        PLUMB_TRY(add_key(c, &s->u.enrolment.keys[i], err));
        if (!ids_add(&who->keys, plumb_pubkey_id(s->u.enrolment.keys[i].pub)))
            return plumb_fail_memory(err);
    }
    context_say(c, "%.64s enrolled in %.64s", s->u.enrolment.principal, s->fleet);
    return put_enrolled(c->e, PLUMB_TAKE(who), err);
}

static enum plumb_code
retire_key(const struct context *c, const struct plumb_digest *id, struct plumb_err *err)
{
    const struct enrolled_key *old = state_get(c->e, STATE_KEYS, id->b, sizeof id->b);
    struct enrolled_key *k = malloc(sizeof *k);
    enum plumb_code code;

    if (k == NULL)
        return plumb_fail_memory(err);
    *k = *old;
    k->until = c->index;
    k->key.status = PLUMB_KEY_RETIRED;
    code = plumb_pubkey_copy(old->key.pub, &k->key.pub, err);
    if (code != PLUMB_OK) {
        free(k);
        return code;
    }
    return put_key(c->e, k, err);
}

static enum plumb_code
let_go(const struct context *c, const struct enrolled *old, struct plumb_err *err)
{
    const struct plumb_statement *s = c->s;
    PLUMB_AUTO(auto_enrolled) struct enrolled *who = NULL;

    if (old == NULL || !old->active || strcmp(old->fleet.s, s->fleet) != 0 ||
        !ids_has(&old->keys, &s->subjects[0].digest))
        return plumb_fail(err, PLUMB_NOT_FOUND, "enrolment.unknown", "subject[0]",
                          "no such verifier with this key is enrolled in %s", s->fleet);
    for (size_t i = 0; i < old->keys.n; i++)
        PLUMB_TRY(retire_key(c, &old->keys.v[i], err));
    who = malloc(sizeof *who);
    if (who == NULL)
        return plumb_fail_memory(err);
    *who = *old;
    who->keys = (struct ids){ 0 };
    who->active = false;
    if (!ids_copy(&who->keys, &old->keys))
        return plumb_fail_memory(err);
    context_say(c, "%.64s retired from %.64s", s->u.enrolment.principal, s->fleet);
    return put_enrolled(c->e, PLUMB_TAKE(who), err);
}

enum plumb_code
enrol(const struct context *c, struct plumb_err *err)
{
    const struct plumb_statement *s = c->s;
    const char *principal = s->u.enrolment.principal;
    const struct enrolled *old = state_get(c->e, STATE_ENROLLED, principal, strlen(principal));

    PLUMB_TRY(context_power(c, PLUMB_POWER_ENROL, err));
    if (!actor_in_fleet(&c->actor, s->fleet))
        return plumb_fail(err, PLUMB_FORBIDDEN, "power.fleet", "predicate.fleet",
                          "%s enrols no verifiers of %s", c->actor.id, s->fleet);
    if (plumb_governance_fleet(state_document(c->e), s->fleet) == NULL)
        return plumb_fail(err, PLUMB_REFUSED, "lifecycle.fleet", "predicate.fleet",
                          "governance knows no fleet %s", s->fleet);
    c->e->keys_changed++;
    return s->u.enrolment.retire ? let_go(c, old, err) : take_in(c, old, err);
}
