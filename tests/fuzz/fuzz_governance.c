/*
 * fuzz_governance.c - a document that is read keeps the promises of its header: order, finders,
 * quorums that can be reached, and a genesis that can begin a chain.
 */
#include <plumb/controls.h>

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_principals(const struct plumb_governance *g)
{
    for (size_t i = 0; i < g->nprincipals; i++) {
        const struct plumb_principal *p = &g->principals[i];

        assert(i == 0 || strcmp(g->principals[i - 1].id, p->id) < 0);
        assert(plumb_governance_principal(g, p->id) == p);
        assert(!(p->may & 1u << PLUMB_POWER_SERVICE) || p->may == 1u << PLUMB_POWER_SERVICE);
        for (size_t j = 0; j < p->nroles; j++) {
            assert(p->roles[j] < g->nroles && (j == 0 || p->roles[j - 1] < p->roles[j]));
            assert(plumb_principal_has_role(p, p->roles[j]));
        }
        for (size_t j = 0; j < p->nfleets; j++)
            assert(plumb_principal_in_fleet(p, p->fleets[j]) &&
                   plumb_governance_fleet(g, p->fleets[j]) != NULL);
    }
}

static void
check_quorum(const struct plumb_governance *g, const struct plumb_quorum *q,
             enum plumb_power propose)
{
    size_t places = 0;

    for (size_t i = 0; i < q->nneeds; i++) {
        assert(q->needs[i].role < g->nroles && q->needs[i].count > 0);
        places += q->needs[i].count;
    }
    assert(places >= 1 && places <= 64);
    for (size_t i = 0; i < q->nveto; i++)
        assert(q->veto[i] < g->nroles);
    assert(plumb_quorum_reachable(g, q, propose));
}

static void
check_payloads_and_fleets(const struct plumb_governance *g)
{
    check_quorum(g, &g->quorum, PLUMB_POWER_GOVERNANCE);
    for (size_t i = 0; i < g->npayloads; i++) {
        assert(plumb_governance_payload(g, g->payloads[i].name) == &g->payloads[i]);
        check_quorum(g, &g->payloads[i].release, PLUMB_POWER_RELEASE);
        check_quorum(g, &g->payloads[i].revocation, PLUMB_POWER_REVOCATION);
    }
    for (size_t i = 0; i < g->nfleets; i++) {
        const struct plumb_fleet *f = &g->fleets[i];

        assert(plumb_governance_fleet(g, f->name) == f);
        assert(f->grace <= f->grace_limit && f->refresh < f->validity);
        for (size_t j = 0; j < f->npayloads; j++)
            assert(plumb_fleet_has(f, f->payloads[j]) &&
                   plumb_governance_payload(g, f->payloads[j]) != NULL);
        for (size_t j = 0; j < PLUMB_ACTION_COUNT; j++)
            check_quorum(g, &f->rollout[j], PLUMB_POWER_ROLLOUT);
        check_quorum(g, &f->revocation, PLUMB_POWER_REVOCATION);
    }
}

static void
check_builds(const struct plumb_trusted *t)
{
    assert(t->ntypes == 0 || (t->uses & 1u << PLUMB_TRUST_BUILD) != 0);
    for (size_t i = 0; i < t->ntypes; i++) {
        const struct plumb_build_type *type = &t->types[i];

        assert(type->type[0] != '\0');
        for (size_t k = 0; k < type->nparameters; k++) {
            assert(type->parameters[k].name[0] == '/');
            assert(type->parameters[k].optional ||
                   strchr(type->parameters[k].name, '*') == NULL);
        }
    }
}

static void
check_controls(const struct plumb_controls *c)
{
    for (size_t i = 0; c != NULL && i < c->ntrusted; i++) {
        assert(i == 0 || strcmp(c->trusted[i - 1].name, c->trusted[i].name) < 0);
        assert(plumb_controls_trusted(c, c->trusted[i].name) == &c->trusted[i]);
        check_builds(&c->trusted[i]);
    }
}

/* Nobody having voted, a quorum is open: it can be reached. Takes g. */
static void
check_chain(struct plumb_governance *g)
{
    const struct plumb_digest statement = { { 0 } };
    const bool first = g->version == 1;
    struct plumb_chain *c = NULL;
    struct plumb_err err = { 0 };

    if (plumb_chain_new(&c, NULL) != PLUMB_OK ||
        plumb_chain_push(c, g, &statement, UINT64_C(1) << 53, 0, &err) != PLUMB_OK) {
        assert(!first);
        plumb_governance_free(g);
        plumb_chain_free(c);
        return;
    }
    assert(first);
    assert(plumb_quorum_tally(c, 0, g, &g->quorum, NULL, 0) == PLUMB_TALLY_OPEN);
    for (size_t i = 0; i < g->nprincipals; i++) {
        for (size_t j = 0; j < g->principals[i].nkeys; j++) {
            const struct plumb_key *key = &g->principals[i].keys[j];
            const struct plumb_digest *id = plumb_pubkey_id(key->pub);
            const char *who = NULL;
            enum plumb_code code =
                plumb_chain_signer(c, id, key->use, UINT64_MAX - 1, 0, &who, &err);

            assert(plumb_chain_pubkey(c, id) == key->pub);
            assert((code == PLUMB_OK) == (key->status == PLUMB_KEY_ACTIVE));
            assert(code != PLUMB_OK || who == g->principals[i].id);
        }
    }
    plumb_chain_free(c);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct plumb_governance *g = NULL;
    struct plumb_err err = { 0 };

    if (plumb_governance_parse(data, size, &g, &err) != PLUMB_OK) {
        assert(g == NULL && err.code != PLUMB_OK && err.rule[0] != '\0');
        return 0;
    }
    check_principals(g);
    check_payloads_and_fleets(g);
    check_controls(g->controls);
    check_chain(g);
    return 0;
}
