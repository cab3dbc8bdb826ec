/* The rules that hold of a document as a whole, and the index that makes checking them cheap.
 */
#include <plumb/controls.h>
#include <stdio.h>
#include <string.h>

#include "lib/governance.h"
#include "lib/own.h"
#include "lib/witnesses_read.h"

#define SERVICE (1u << PLUMB_POWER_SERVICE)
#define PROPOSING                                                                              \
    (1u << PLUMB_POWER_GOVERNANCE | 1u << PLUMB_POWER_RELEASE | 1u << PLUMB_POWER_ROLLOUT |    \
     1u << PLUMB_POWER_REVOCATION | 1u << PLUMB_POWER_WAIVER)

struct role_set {
    uint64_t bits[PLUMB_ROLES_MAX / 64];
};

static void
role_add(struct role_set *s, size_t role)
{
    s->bits[role / 64] |= UINT64_C(1) << role % 64;
}

static bool
role_in(const struct role_set *s, size_t role)
{
    return s->bits[role / 64] >> role % 64 & 1;
}

/* --- every quorum of a document, one after the other --- */

struct quorum_at {
    const struct plumb_quorum *quorum;
    enum plumb_power propose;
    char path[sizeof((struct plumb_err *)NULL)->where];
};

static size_t
quorum_count(const struct plumb_governance *g)
{
    return 1 + 2 * g->npayloads + (PLUMB_ACTION_COUNT + 1) * g->nfleets +
           (g->controls != NULL ? 1 + g->npayloads : 0);
}

/* The global one, then each payload's: its own or, again, the global one. */
static void
waiver_quorum(const struct plumb_governance *g, size_t i, struct quorum_at *ret)
{
    const struct plumb_payload *own =
        i > 0 && g->payloads[i - 1].has_waiver ? &g->payloads[i - 1] : NULL;

    ret->quorum = own != NULL ? &own->waiver : &g->controls->waiver;
    ret->propose = PLUMB_POWER_WAIVER;
    if (own != NULL)
        (void)snprintf(ret->path, sizeof ret->path, "payloads.%s.quorums.waiver", own->name);
    else
        (void)snprintf(ret->path, sizeof ret->path, "controls.quorums.waiver");
}

static void
payload_quorum(const struct plumb_governance *g, size_t i, struct quorum_at *ret)
{
    const struct plumb_payload *payload = &g->payloads[i / 2];

    ret->quorum = i % 2 == 0 ? &payload->release : &payload->revocation;
    ret->propose = i % 2 == 0 ? PLUMB_POWER_RELEASE : PLUMB_POWER_REVOCATION;
    (void)snprintf(ret->path, sizeof ret->path, "payloads.%s.quorums.%s", payload->name,
                   plumb_power_text(ret->propose));
}

static void
fleet_quorum(const struct plumb_governance *g, size_t i, struct quorum_at *ret)
{
    const struct plumb_fleet *fleet = &g->fleets[i / (PLUMB_ACTION_COUNT + 1)];
    const size_t action = i % (PLUMB_ACTION_COUNT + 1);
    const bool rollout = action < PLUMB_ACTION_COUNT;

    ret->quorum = rollout ? &fleet->rollout[action] : &fleet->revocation;
    ret->propose = rollout ? PLUMB_POWER_ROLLOUT : PLUMB_POWER_REVOCATION;
    (void)snprintf(ret->path, sizeof ret->path, "fleets.%s.quorums.%s", fleet->name,
                   rollout ? plumb_action_text((enum plumb_action)action) : "revocation");
}

static void
quorum_get(const struct plumb_governance *g, size_t i, struct quorum_at *ret)
{
    if (i == 0) {
        *ret = (struct quorum_at){ &g->quorum, PLUMB_POWER_GOVERNANCE, "quorums.governance" };
        return;
    }
    i--;
    if (i < 2 * g->npayloads) {
        payload_quorum(g, i, ret);
        return;
    }
    i -= 2 * g->npayloads;
    if (i < (PLUMB_ACTION_COUNT + 1) * g->nfleets)
        fleet_quorum(g, i, ret);
    else
        waiver_quorum(g, i - (PLUMB_ACTION_COUNT + 1) * g->nfleets, ret);
}

/* --- the index --- */

static int
by_id(const void *a, const void *b)
{
    return plumb_digest_cmp(&((const struct plumb_key_place *)a)->id,
                            &((const struct plumb_key_place *)b)->id);
}

static enum plumb_code
twice(const char *where, struct plumb_err *err)
{
    return plumb_fail(err, PLUMB_INVALID, "governance.key-twice", where,
                      "a public key stands once in a document, under one name");
}

/* Keys of the log and of witnesses are nobody's, and not each other's. */
static enum plumb_code
check_outside_key(const struct plumb_governance *g, size_t i, struct plumb_err *err)
{
    const struct plumb_vkey *key =
        i < g->nlog_keys ? &g->log_keys[i] : &g->witnesses[i - g->nlog_keys].vkey;
    const struct plumb_key_place *place;
    struct plumb_digest id;

    plumb_vkey_digest(key, &id);
    place = plumb_governance_key(g, &id);
    if (place != NULL)
        return twice(g->principals[place->principal].id, err);
    for (size_t k = 0; k < i; k++) {
        const struct plumb_vkey *other =
            k < g->nlog_keys ? &g->log_keys[k] : &g->witnesses[k - g->nlog_keys].vkey;

        if (memcmp(other->key, key->key, sizeof key->key) == 0)
            return twice(other->name, err);
    }
    return PLUMB_OK;
}

static enum plumb_code
arrange_keys(const struct plumb_governance *g, struct plumb_governance_index *index,
             struct plumb_err *err)
{
    size_t n = 0;

    for (size_t i = 0; i < g->nprincipals; i++)
        n += g->principals[i].nkeys;
    index->keys = pool_array(index->pool, n, sizeof *index->keys);
    index->active = pool_array(index->pool, g->nprincipals, sizeof *index->active);
    if (index->keys == NULL || index->active == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < g->nprincipals; i++) {
        for (size_t j = 0; j < g->principals[i].nkeys; j++) {
            const struct plumb_key *key = &g->principals[i].keys[j];

            index->keys[index->nkeys++] = (struct plumb_key_place){ *plumb_pubkey_id(key->pub),
                                                                    (uint32_t)i, (uint32_t)j };
            if (key->use == PLUMB_USE_SIGN && key->status == PLUMB_KEY_ACTIVE)
                index->active[i] = true;
        }
    }
    qsort(index->keys, n, sizeof *index->keys, by_id);
    for (size_t i = 1; i < n; i++)
        if (plumb_digest_eq(&index->keys[i].id, &index->keys[i - 1].id))
            return twice(g->principals[index->keys[i].principal].id, err);
    for (size_t i = 0; i < g->nlog_keys + g->nwitnesses; i++)
        PLUMB_TRY(check_outside_key(g, i, err));
    return PLUMB_OK;
}

static enum plumb_code
arrange_roles(const struct plumb_governance *g, struct plumb_governance_index *index,
              struct plumb_err *err)
{
    size_t count[PLUMB_ROLES_MAX] = { 0 };

    index->role = pool_array(index->pool, g->nroles, sizeof *index->role);
    if (index->role == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < g->nprincipals; i++)
        for (size_t j = 0; j < g->principals[i].nroles; j++)
            count[g->principals[i].roles[j]]++;
    for (size_t r = 0; r < g->nroles; r++) {
        index->role[r].who = pool_array(index->pool, count[r], sizeof *index->role[r].who);
        if (index->role[r].who == NULL)
            return plumb_fail_memory(err);
    }
    for (size_t i = 0; i < g->nprincipals; i++) {
        for (size_t j = 0; j < g->principals[i].nroles; j++) {
            struct plumb_crowd *crowd = &index->role[g->principals[i].roles[j]];

            crowd->who[crowd->n++] = (uint16_t)i;
        }
    }
    return PLUMB_OK;
}

static enum plumb_code
arrange_proposers(const struct plumb_governance *g, struct plumb_governance_index *index,
                  struct plumb_err *err)
{
    for (size_t p = 0; p < PLUMB_POWER_COUNT; p++) {
        struct plumb_crowd *crowd = &index->proposers[p];

        crowd->who = pool_array(index->pool, g->nprincipals, sizeof *crowd->who);
        if (crowd->who == NULL)
            return plumb_fail_memory(err);
        for (size_t i = 0; i < g->nprincipals; i++)
            if (index->active[i] && g->principals[i].may & 1u << p)
                crowd->who[crowd->n++] = (uint16_t)i;
    }
    return PLUMB_OK;
}

/* Roles that have a part in some quorum. */
static struct role_set
voting_roles(const struct plumb_governance *g)
{
    struct role_set voting = { { 0 } };

    for (size_t i = 0; i < quorum_count(g); i++) {
        struct quorum_at at;

        quorum_get(g, i, &at);
        for (size_t j = 0; j < at.quorum->nneeds; j++)
            role_add(&voting, at.quorum->needs[j].role);
        for (size_t j = 0; j < at.quorum->nveto; j++)
            role_add(&voting, at.quorum->veto[j]);
    }
    return voting;
}

/* Who proposes or votes must be able to read what about. */
static void
give_read(struct plumb_governance *g)
{
    const struct role_set voting = voting_roles(g);

    for (size_t i = 0; i < g->nprincipals; i++) {
        struct plumb_principal *p = &g->principals[i];
        bool reads = p->may & PROPOSING;

        for (size_t j = 0; j < p->nroles; j++)
            reads |= role_in(&voting, p->roles[j]);
        if (reads)
            p->may |= 1u << PLUMB_POWER_READ;
    }
}

enum plumb_code
plumb_governance_arrange(struct plumb_governance *g, struct plumb_governance_index *index,
                         struct plumb_err *err)
{
    PLUMB_TRY(arrange_keys(g, index, err));
    PLUMB_TRY(arrange_roles(g, index, err));
    give_read(g);
    return arrange_proposers(g, index, err);
}

/* --- the rules --- */

/* For each role those that it may not go with. */
static void
separations(const struct plumb_governance *g, struct role_set ret[PLUMB_ROLES_MAX])
{
    for (size_t i = 0; i < g->nroles; i++) {
        for (size_t j = 0, other = 0; j < g->roles[i].nnot_with; j++) {
            /* both lists ascend, and each name in notWith is a role's */
            while (strcmp(g->roles[other].name, g->roles[i].not_with[j]) != 0)
                other++;
            role_add(&ret[i], other);
        }
    }
}

static enum plumb_code
check_separation(const struct plumb_governance *g, struct plumb_err *err)
{
    struct role_set apart[PLUMB_ROLES_MAX] = { { { 0 } } };

    separations(g, apart);
    for (size_t i = 0; i < g->nroles; i++)
        if (role_in(&apart[i], i))
            return plumb_fail(err, PLUMB_INVALID, "governance.separation", g->roles[i].name,
                              "a role that may not go with itself is nobody's");
    for (size_t i = 0; i < g->nprincipals; i++) {
        const struct plumb_principal *p = &g->principals[i];
        /* of all that it has, so it does not matter which of two says so */
        struct role_set apart_from_held = { { 0 } };

        for (size_t j = 0; j < p->nroles; j++)
            for (size_t w = 0; w < PLUMB_ROLES_MAX / 64; w++)
                apart_from_held.bits[w] |= apart[p->roles[j]].bits[w];
        for (size_t j = 0; j < p->nroles; j++)
            if (role_in(&apart_from_held, p->roles[j]))
                return plumb_fail(err, PLUMB_INVALID, "governance.separation", p->id,
                                  "role %s may not go with another that this principal has",
                                  g->roles[p->roles[j]].name);
    }
    return PLUMB_OK;
}

static enum plumb_code
check_service(const struct plumb_governance *g, struct plumb_err *err)
{
    const struct plumb_governance_index *index = plumb_governance_index(g);
    const struct role_set voting = voting_roles(g);

    if (index->proposers[PLUMB_POWER_SERVICE].n == 0)
        return plumb_fail(err, PLUMB_INVALID, "governance.service", "principals",
                          "nobody with an active sign key is the service");
    for (size_t i = 0; i < g->nroles; i++)
        if (g->roles[i].may & SERVICE && role_in(&voting, i))
            return plumb_fail(err, PLUMB_INVALID, "governance.service", g->roles[i].name,
                              "the service's role has no part in a quorum");
    for (size_t i = 0; i < g->nprincipals; i++) {
        const struct plumb_principal *p = &g->principals[i];

        /* a part in a quorum shows as the power to read */
        if (p->may & SERVICE && p->may != SERVICE)
            return plumb_fail(err, PLUMB_INVALID, "governance.service", p->id,
                              "the service has no other power, and no part in a quorum");
    }
    return PLUMB_OK;
}

static enum plumb_code
check_fleets(const struct plumb_governance *g, struct plumb_err *err)
{
    for (size_t i = 0; i < g->nprincipals; i++) {
        const struct plumb_principal *p = &g->principals[i];

        for (size_t j = 0; j < p->nfleets; j++)
            if (plumb_governance_fleet(g, p->fleets[j]) == NULL)
                return plumb_fail(err, PLUMB_INVALID, "governance.fleet", p->id,
                                  "the document has no fleet %s", p->fleets[j]);
    }
    return PLUMB_OK;
}

static enum plumb_code
check_quorums(const struct plumb_governance *g, struct plumb_err *err)
{
    for (size_t i = 0; i < quorum_count(g); i++) {
        struct quorum_at at;

        quorum_get(g, i, &at);
        if (!plumb_quorum_reachable(g, at.quorum, at.propose))
            return plumb_fail(err, PLUMB_INVALID, "governance.quorum", at.path,
                              "principals with active sign keys cannot fill it%s",
                              at.quorum->others ? " besides a proposer" : "");
    }
    return PLUMB_OK;
}

static enum plumb_code
check_waivers(const struct plumb_governance *g, struct plumb_err *err)
{
    for (size_t i = 0; i < g->npayloads; i++)
        if (g->payloads[i].has_waiver && g->controls == NULL)
            return plumb_fail(err, PLUMB_INVALID, "governance.controls", g->payloads[i].name,
                              "there is nothing to waive where no controls are in force");
    return PLUMB_OK;
}

enum plumb_code
plumb_governance_check(const struct plumb_governance *g, struct plumb_err *err)
{
    PLUMB_TRY(check_separation(g, err));
    PLUMB_TRY(check_service(g, err));
    PLUMB_TRY(check_fleets(g, err));
    PLUMB_TRY(check_waivers(g, err));
    return check_quorums(g, err);
}
