/* Governance documents: parse, find, compare with the successor. */
#include <string.h>

#include "lib/controls_read.h"
#include "lib/governance.h"
#include "lib/own.h"
#include "lib/witnesses_read.h"

PLUMB_DEFINE_AUTO(auto_governance, struct plumb_governance *, plumb_governance_free);

void
plumb_governance_free(struct plumb_governance *g)
{
    struct plumb_governance_index *index;

    if (g == NULL)
        return;
    for (size_t i = 0; i < g->nprincipals; i++)
        for (size_t j = 0; j < g->principals[i].nkeys; j++)
            plumb_pubkey_free(g->principals[i].keys[j].pub);
    for (size_t i = 0; i < g->nfleets; i++)
        plumb_sets_free(g->fleets[i].platform);
    plumb_controls_clear(g->controls);
    index = g->pool;
    if (index != NULL)
        pool_free(index->pool);
    free(index);
    json_decref(g->json);
    free(g);
}

enum plumb_code
plumb_governance_parse(const void *data, size_t len, struct plumb_governance **ret,
                       struct plumb_err *err)
{
    PLUMB_AUTO(auto_governance) struct plumb_governance *g = calloc(1, sizeof *g);
    struct plumb_governance_index *index;

    if (g == NULL || (g->pool = index = calloc(1, sizeof *index)) == NULL ||
        (index->pool = pool_new()) == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(plumb_json_load_canonical(data, len, PLUMB_DOCUMENT_MAX, &g->json, err));
    PLUMB_TRY(plumb_governance_read(g, index->pool, err));
    PLUMB_TRY(plumb_governance_arrange(g, index, err));
    PLUMB_TRY(plumb_governance_check(g, err));
    plumb_sha256(data, len, &g->digest);
    *ret = PLUMB_TAKE(g);
    return PLUMB_OK;
}

/* --- finding --- */

/* Principals, payloads and fleets all begin with their name. */
static int
by_name(const void *name, const void *element)
{
    return strcmp(name, *(const char *const *)element);
}

static const void *
find(const char *name, const void *array, size_t n, size_t size)
{
    return n > 0 ? bsearch(name, array, n, size, by_name) : NULL;
}

const struct plumb_principal *
plumb_governance_principal(const struct plumb_governance *g, const char *id)
{
    return find(id, g->principals, g->nprincipals, sizeof *g->principals);
}

const struct plumb_payload *
plumb_governance_payload(const struct plumb_governance *g, const char *name)
{
    return find(name, g->payloads, g->npayloads, sizeof *g->payloads);
}

const struct plumb_fleet *
plumb_governance_fleet(const struct plumb_governance *g, const char *name)
{
    return find(name, g->fleets, g->nfleets, sizeof *g->fleets);
}

bool
plumb_fleet_has(const struct plumb_fleet *f, const char *payload)
{
    return f->all_payloads ||
           find(payload, f->payloads, f->npayloads, sizeof *f->payloads) != NULL;
}

bool
plumb_principal_has_role(const struct plumb_principal *p, uint16_t role)
{
    for (size_t i = 0; i < p->nroles && p->roles[i] <= role; i++)
        if (p->roles[i] == role)
            return true;
    return false;
}

bool
plumb_principal_in_fleet(const struct plumb_principal *p, const char *fleet)
{
    return find(fleet, p->fleets, p->nfleets, sizeof *p->fleets) != NULL;
}

static int
by_id(const void *id, const void *place)
{
    return plumb_digest_cmp(id, &((const struct plumb_key_place *)place)->id);
}

const struct plumb_key_place *
plumb_governance_key(const struct plumb_governance *g, const struct plumb_digest *id)
{
    const struct plumb_governance_index *index = plumb_governance_index(g);

    return index->nkeys > 0 ? bsearch(id, index->keys, index->nkeys, sizeof *index->keys, by_id)
                            : NULL;
}

/* --- succession --- */

static enum plumb_code
refuse(const char *rule, const char *where, const char *why, struct plumb_err *err)
{
    return plumb_fail(err, PLUMB_REFUSED, rule, where, "%s", why);
}

static bool
same_application(const struct plumb_pubkey *a, const struct plumb_pubkey *b)
{
    const char *of_a = plumb_pubkey_application(a), *of_b = plumb_pubkey_application(b);

    return of_a == NULL || of_b == NULL ? of_a == of_b : strcmp(of_a, of_b) == 0;
}

static bool
status_may_follow(const struct plumb_key *was, const struct plumb_key *is)
{
    switch (was->status) {
    case PLUMB_KEY_ACTIVE:
        return true;
    case PLUMB_KEY_RETIRED:
        return is->status != PLUMB_KEY_ACTIVE;
    default:
        return is->status == PLUMB_KEY_COMPROMISED && is->from == was->from;
    }
}

/* The key that stands here in g, in its successor. */
static enum plumb_code
check_key(const struct plumb_governance *g, const struct plumb_governance *next,
          const struct plumb_key_place *place, struct plumb_err *err)
{
    const struct plumb_key_place *after = plumb_governance_key(next, &place->id);
    const struct plumb_principal *owner = &g->principals[place->principal], *owner_after;
    const struct plumb_key *was = &owner->keys[place->key], *is;

    if (after == NULL)
        return refuse("governance.key-gone", owner->id, "a key of this principal is left out",
                      err);
    owner_after = &next->principals[after->principal];
    is = &owner_after->keys[after->key];
    if (strcmp(owner->id, owner_after->id) != 0 || was->use != is->use ||
        !same_application(was->pub, is->pub))
        return refuse("governance.key-gone", owner->id,
                      "a key of this principal changed its owner, use or application", err);
    if (!status_may_follow(was, is))
        return refuse("governance.key-status", owner->id,
                      "a key goes from active to retired to compromised, never back", err);
    return PLUMB_OK;
}

static enum plumb_code
check_compromises(const struct plumb_governance *g, uint64_t index, struct plumb_err *err)
{
    for (size_t i = 0; i < g->nprincipals; i++)
        for (size_t j = 0; j < g->principals[i].nkeys; j++)
            if (g->principals[i].keys[j].from > index)
                return refuse("governance.key-status", g->principals[i].id,
                              "a compromise reaches back, its index is not yet in the log",
                              err);
    return PLUMB_OK;
}

enum plumb_code
plumb_governance_succeeds(const struct plumb_governance *g, const struct plumb_governance *next,
                          uint64_t index, struct plumb_err *err)
{
    const struct plumb_governance_index *keys;

    PLUMB_TRY(check_compromises(next, index, err));
    if (g == NULL)
        return next->version == 1 ? PLUMB_OK
                                  : refuse("governance.version", "version",
                                           "the first document is version 1", err);
    if (next->version - 1 != g->version)
        return refuse("governance.version", "version", "want the version after this one", err);
    if (!plumb_digest_eq(&next->previous, &g->digest))
        return refuse("governance.previous", "previous",
                      "is not the digest of the document in force", err);
    if (strcmp(g->origin, next->origin) != 0)
        return refuse("governance.origin", "log.origin", "a log keeps its origin", err);
    if (next->rules < g->rules)
        return refuse("governance.rules", "rules", "rules never go back", err);
    if (g->controls != NULL && next->controls == NULL)
        return refuse("governance.controls-gone", "controls",
                      "are in force: to ask for less, say so in the profile", err);
    keys = plumb_governance_index(g);
    for (size_t i = 0; i < keys->nkeys; i++)
        PLUMB_TRY(check_key(g, next, &keys->keys[i], err));
    return plumb_witnesses_succeed(g, next, err);
}
