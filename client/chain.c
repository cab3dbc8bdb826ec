#include "client/chain.h"

#include <string.h>

#include "lib/own.h"

#define VERSIONS_MAX 100000
#define VOTES_MAX    10000

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

/* The votes of a change, in the order of the log; the first is the proposal. */
struct votes {
    struct plumb_vote *votes;
    size_t n;
};

static void
votes_clear(struct votes *v)
{
    free(v->votes);
}

static enum plumb_code
read_vote(struct client *c, struct plumb_chain *chain, const struct plumb_digest *proposal,
          uint64_t index, struct plumb_vote *ret, struct plumb_err *err)
{
    PLUMB_AUTO(client_statement_clear) struct client_statement s = { 0 };
    const struct plumb_statement *vote;

    PLUMB_TRY(client_entry(c, index, client_chain_key, chain, &s, err));
    vote = s.signed_statement->statement;
    if (vote->kind != PLUMB_KIND_APPROVAL ||
        !plumb_digest_eq(&vote->u.approval.proposal, proposal))
        return plumb_fail(err, PLUMB_REFUSED, "governance.agreed", "votes",
                          "the server calls something a vote that is none");
    *ret = (struct plumb_vote){ vote->keys[0], index, s.time, vote->u.approval.decision };
    return PLUMB_OK;
}

static enum plumb_code
read_votes(struct client *c, struct plumb_chain *chain, const struct client_statement *proposal,
           struct votes *ret, struct plumb_err *err)
{
    const struct plumb_statement *p = proposal->signed_statement->statement;
    PLUMB_AUTO(plumb_json_auto) json_t *detail = NULL;
    char path[CLIENT_PATH_MAX], hex[PLUMB_DIGEST_HEX];
    struct plumb_jv root, votes;
    size_t n;

    plumb_digest_hex(&p->id, hex);
    client_path(path, sizeof path, "/v1/proposals/%s", hex);
    PLUMB_TRY(client_get(c, path, &detail, err));
    root = plumb_jv_root(detail, "proposal");
    votes = plumb_jv_member(&root, "votes");
    PLUMB_TRY(plumb_jv_array(&votes, 1, VOTES_MAX, &n, err));
    ret->votes = calloc(n + 1, sizeof *ret->votes);
    if (ret->votes == NULL)
        return plumb_fail_memory(err);
    ret->votes[ret->n++] =
        (struct plumb_vote){ p->keys[0], proposal->index, proposal->time, PLUMB_APPROVE };
    for (size_t i = 0; i < n; i++) {
        struct plumb_jv vote = plumb_jv_element(&votes, i);
        struct plumb_jv index = plumb_jv_member(&vote, "index");
        int64_t at;

        PLUMB_TRY(plumb_jv_int(&index, 0, INT64_MAX, &at, err));
        if ((uint64_t)at == proposal->index)
            continue;
        if ((uint64_t)at < ret->votes[ret->n - 1].index)
            return plumb_fail(err, PLUMB_REFUSED, "governance.agreed", "votes",
                              "the server's votes are out of order");
        PLUMB_TRY(read_vote(c, chain, &p->id, (uint64_t)at, &ret->votes[ret->n], err));
        ret->n++;
    }
    return PLUMB_OK;
}

/* The vote that completed the quorum of the document in force before. */
static enum plumb_code
completing_vote(struct plumb_chain *chain, const struct votes *v, const struct plumb_vote **ret,
                struct plumb_err *err)
{
    const struct plumb_governance *before = plumb_chain_last(chain)->document;

    for (size_t n = 1; n <= v->n; n++)
        if (plumb_quorum_tally(chain, 0, before, &before->quorum, v->votes, n) ==
            PLUMB_TALLY_MET) {
            *ret = &v->votes[n - 1];
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
add_version(struct client *c, struct plumb_chain *chain, struct client_governance *g,
            struct plumb_err *err)
{
    PLUMB_AUTO(client_statement_clear) struct client_statement s = { 0 };
    PLUMB_AUTO(votes_clear) struct votes votes = { NULL, 0 };
    const bool genesis = plumb_chain_length(chain) == 0;
    struct plumb_vote own = { .index = 0 };
    const struct plumb_vote *last = &own;

    PLUMB_TRY(client_statement(c, &g->statement, genesis ? document_key : client_chain_key,
                               genesis ? (void *)g->document : (void *)chain, &s, err));
    PLUMB_TRY(names_document(s.signed_statement->statement, g->document, err));
    own.index = s.index;
    own.time = s.time;
    if (!genesis) {
        PLUMB_TRY(read_votes(c, chain, &s, &votes, err));
        PLUMB_TRY(completing_vote(chain, &votes, &last, err));
    }
    PLUMB_TRY(
        plumb_chain_push(chain, g->document, &g->statement, last->index, last->time, err));
    g->document = NULL; /* the chain's now */
    return PLUMB_OK;
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
        PLUMB_TRY(add_version(c, chain, &g, err));
    }
    *ret = PLUMB_TAKE(chain);
    return PLUMB_OK;
}
