/* Who may talk: keys of documents and of enrolments. */
#include <string.h>

#include "engine/context.h"
#include "lib/chain.h"

#define ENROLLED_MAY (1u << PLUMB_POWER_RECOGNISE | 1u << PLUMB_POWER_PULL)

static const struct enrolled_key *
enrolled_key(const struct engine *e, const struct plumb_digest *id)
{
    return state_get(e, STATE_KEYS, id->b, sizeof id->b);
}

const struct plumb_pubkey *
engine_key(void *arg, const struct plumb_digest *id)
{
    const struct engine *e = arg;
    const struct plumb_pubkey *pub = plumb_chain_pubkey(e->chain, id);
    const struct enrolled_key *k = pub == NULL ? enrolled_key(e, id) : NULL;

    return k != NULL ? k->key.pub : pub;
}

const char *
engine_owner(const struct engine *e, const struct plumb_digest *key)
{
    const struct enrolled_key *k = enrolled_key(e, key);

    return k != NULL ? k->principal.s : plumb_chain_owner(e->chain, key);
}

static bool
is_active(const struct engine *e, const struct enrolled_key *k)
{
    return k->from <= e->now.size && e->now.size < k->until;
}

bool
engine_identify(const struct engine *e, const struct plumb_digest *key, enum plumb_use use,
                struct engine_client *ret)
{
    const struct enrolled_key *k = enrolled_key(e, key);
    const struct plumb_principal *p;
    struct engine_client client = { .may = ENROLLED_MAY };
    struct name name;
    const char *id;

    if (state_document(e) == NULL)
        return false;
    if (k != NULL) {
        if (k->key.use != use || !is_active(e, k))
            return false;
        memcpy(client.principal, k->principal.s, sizeof client.principal);
    } else {
        if (plumb_chain_signer(e->chain, key, use, e->now.size, 0, &id, NULL) != PLUMB_OK)
            return false;
        p = plumb_governance_principal(state_document(e), id);
        if (p == NULL)
            return false;
        name_set(&name, id);
        memcpy(client.principal, name.s, sizeof client.principal);
        client.may = p->may;
    }
    *ret = client;
    return true;
}

bool
engine_may_fleet(const struct engine *e, const struct engine_client *c, enum plumb_power power,
                 const char *fleet)
{
    const struct plumb_governance *doc = state_document(e);
    const struct plumb_principal *p =
        doc != NULL ? plumb_governance_principal(doc, c->principal) : NULL;
    const struct enrolled *who =
        state_get(e, STATE_ENROLLED, c->principal, strlen(c->principal));

    if ((c->may & 1u << power) == 0)
        return false;
    if (power != PLUMB_POWER_PULL && power != PLUMB_POWER_RECOGNISE &&
        power != PLUMB_POWER_ENROL)
        return true; /* no other power is for some fleets only */
    if (p != NULL)
        return plumb_principal_in_fleet(p, fleet);
    return who != NULL && who->active && strcmp(who->fleet.s, fleet) == 0;
}

/* false to stop. */
static bool
each_listed(const struct plumb_principal *p, engine_key_fn *fn, void *arg)
{
    for (size_t i = 0; i < p->nkeys; i++) {
        struct engine_key_view view = { .pub = p->keys[i].pub,
                                        .use = p->keys[i].use,
                                        .active = p->keys[i].status == PLUMB_KEY_ACTIVE,
                                        .principal = p->id,
                                        .may = p->may,
                                        .fleets = p->fleets,
                                        .nfleets = p->nfleets };

        if (!fn(arg, &view))
            return false;
    }
    return true;
}

void
engine_each_key(const struct engine *e, engine_key_fn *fn, void *arg)
{
    const struct plumb_governance *doc = state_document(e);
    const struct map *m = &e->maps[STATE_KEYS];

    for (size_t i = 0; doc != NULL && i < doc->nprincipals; i++)
        if (!each_listed(&doc->principals[i], fn, arg))
            return;
    for (size_t i = 0; i < m->norder; i++) {
        const struct enrolled_key *k = (const struct enrolled_key *)m->order[i]->record;
        const char *fleet = k->fleet.s;
        struct engine_key_view view = { .pub = k->key.pub,
                                        .use = k->key.use,
                                        .active = is_active(e, k),
                                        .principal = k->principal.s,
                                        .may = ENROLLED_MAY,
                                        .fleets = &fleet,
                                        .nfleets = 1 };

        if (!fn(arg, &view))
            return;
    }
}

uint64_t
engine_keys_changed(const struct engine *e)
{
    return e->keys_changed;
}
