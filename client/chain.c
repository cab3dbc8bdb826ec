#include "client/chain.h"

#include "client/proposal.h"
#include "lib/own.h"

#define VERSIONS_MAX 100000

PLUMB_DEFINE_AUTO(auto_chain, struct plumb_chain *, plumb_chain_free);

const struct plumb_pubkey *
client_chain_key(void *arg, const struct plumb_digest *id)
{
    return plumb_chain_pubkey(arg, id);
}

/* A genesis is signed by keys that it lists itself. */
static const struct plumb_pubkey *
document_key(void *arg, const struct plumb_digest *id)
{
    const struct plumb_governance *g = arg;

    for (size_t i = 0; i < g->nprincipals; i++)
        for (size_t k = 0; k < g->principals[i].nkeys; k++) {
            const struct plumb_pubkey *key = g->principals[i].keys[k].pub;

            if (plumb_digest_eq(plumb_pubkey_id(key), id))
                return key;
        }
    return NULL;
}

/* The vote that completed the quorum of the document in force before. */
static enum plumb_code
completing_vote(struct plumb_chain *chain, const struct client_proposal *p,
                const struct plumb_vote **ret, struct plumb_err *err)
{
    const struct plumb_governance *before = plumb_chain_last(chain)->document;

    for (size_t n = 1; n <= p->nvotes; n++)
        if (plumb_quorum_tally(chain, 0, before, &before->quorum, p->votes, n) ==
            PLUMB_TALLY_MET) {
            *ret = &p->votes[n - 1];
            return PLUMB_OK;
        }
    return plumb_fail(err, PLUMB_REFUSED, "governance.agreed", "votes",
                      "the server shows a governance document without the quorum's votes");
}

/* Is this statement the one that names this document? */
static enum plumb_code
names_document(const struct plumb_statement *s, const struct plumb_governance *g,
               struct plumb_err *err)
{
    if (s->kind == PLUMB_KIND_GOVERNANCE && s->u.governance.version == g->version &&
        plumb_digest_eq(&s->u.governance.document, &g->digest))
        return PLUMB_OK;
    return plumb_fail(err, PLUMB_REFUSED, "governance.agreed", "statement",
                      "the server shows a governance document that no statement names");
}

static enum plumb_code
push(struct plumb_chain *chain, struct client_governance *g, uint64_t index, plumb_time time,
     struct plumb_err *err)
{
    PLUMB_TRY(plumb_chain_push(chain, g->document, &g->statement, index, time, err));
    g->document = NULL; /* the chain's now */
    return PLUMB_OK;
}

static enum plumb_code
add_genesis(struct client *c, struct plumb_chain *chain, struct client_governance *g,
            struct plumb_err *err)
{
    PLUMB_AUTO(client_statement_clear) struct client_statement s = { 0 };

    PLUMB_TRY(client_statement(c, &g->statement, document_key, g->document, &s, err));
    PLUMB_TRY(names_document(s.signed_statement->statement, g->document, err));
    return push(chain, g, s.index, s.time, err);
}

static enum plumb_code
add_change(struct client *c, struct plumb_chain *chain, struct client_governance *g,
           struct plumb_err *err)
{
    PLUMB_AUTO(client_proposal_clear) struct client_proposal p = { .nvotes = 0 };
    const struct plumb_vote *last = NULL;

    PLUMB_TRY(client_proposal(c, &g->statement, chain, &p, err));
    PLUMB_TRY(names_document(p.statement.signed_statement->statement, g->document, err));
    PLUMB_TRY(completing_vote(chain, &p, &last, err));
    return push(chain, g, last->index, last->time, err);
}

enum plumb_code
client_chain(struct client *c, const struct plumb_digest *genesis, struct plumb_chain **ret,
             struct plumb_err *err)
{
    PLUMB_AUTO(auto_chain) struct plumb_chain *chain = NULL;
    PLUMB_AUTO(client_governance_clear) struct client_governance last = { .document = NULL };
    int64_t versions;

    PLUMB_TRY(plumb_chain_new(&chain, err));
    PLUMB_TRY(client_governance(c, 0, &last, err));
    versions = last.document->version;
    if (versions > VERSIONS_MAX)
        return plumb_fail(err, PLUMB_TOO_LARGE, "governance.agreed", "version",
                          "too many versions to check them all");
    for (int64_t v = 1; v <= versions; v++) {
        PLUMB_AUTO(client_governance_clear) struct client_governance g = { .document = NULL };

        if (v < versions)
            PLUMB_TRY(client_governance(c, v, &g, err));
        else {
            g = last;
            last.document = NULL;
        }
        if (v == 1 && genesis != NULL && !plumb_digest_eq(genesis, &g.statement))
            return plumb_fail(err, PLUMB_REFUSED, "governance.genesis", "genesis",
                              "the server's log has another genesis than the trust file's");
        PLUMB_TRY(v == 1 ? add_genesis(c, chain, &g, err) : add_change(c, chain, &g, err));
    }
    *ret = PLUMB_TAKE(chain);
    return PLUMB_OK;
}
