#include "client/proposal.h"

#include <plumb/controls.h>

#include "client/chain.h"
#include "lib/own.h"

#define VOTES_MAX 10000

void
client_proposal_clear(struct client_proposal *p)
{
    client_statement_clear(&p->statement);
    free(p->votes);
    json_decref(p->json);
    *p = (struct client_proposal){ .nvotes = 0 };
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
        return plumb_fail(err, PLUMB_REFUSED, "proposal.votes", "votes",
                          "the server calls something a vote that is none");
    *ret = (struct plumb_vote){ vote->keys[0], index, s.time, vote->u.approval.decision };
    return PLUMB_OK;
}

static enum plumb_code
read_votes(struct client *c, struct plumb_chain *chain, struct client_proposal *p,
           struct plumb_err *err)
{
    const struct plumb_statement *s = p->statement.signed_statement->statement;
    const struct plumb_jv root = plumb_jv_root(p->json, "proposal");
    const struct plumb_jv votes = plumb_jv_member(&root, "votes");
    size_t n;

    PLUMB_TRY(plumb_jv_array(&votes, 1, VOTES_MAX, &n, err));
    p->votes = calloc(n + 1, sizeof *p->votes);
    if (p->votes == NULL)
        return plumb_fail_memory(err);
    p->votes[p->nvotes++] =
        (struct plumb_vote){ s->keys[0], p->statement.index, p->statement.time, PLUMB_APPROVE };
    for (size_t i = 0; i < n; i++) {
        const struct plumb_jv vote = plumb_jv_element(&votes, i);
        const struct plumb_jv index = plumb_jv_member(&vote, "index");
        int64_t at;

        PLUMB_TRY(plumb_jv_int(&index, 0, INT64_MAX, &at, err));
        if ((uint64_t)at == p->statement.index)
            continue;
        if ((uint64_t)at <= p->votes[p->nvotes - 1].index)
            return plumb_fail(err, PLUMB_REFUSED, "proposal.votes", "votes",
                              "the server's votes are out of order");
        PLUMB_TRY(read_vote(c, chain, &s->id, (uint64_t)at, &p->votes[p->nvotes], err));
        p->nvotes++;
    }
    return PLUMB_OK;
}

enum plumb_code
client_proposal(struct client *c, const struct plumb_digest *id, struct plumb_chain *chain,
                struct client_proposal *ret, struct plumb_err *err)
{
    PLUMB_AUTO(client_proposal_clear) struct client_proposal p = { .nvotes = 0 };
    char path[CLIENT_PATH_MAX], hex[PLUMB_DIGEST_HEX];

    plumb_digest_hex(id, hex);
    PLUMB_TRY(client_statement(c, id, client_chain_key, chain, &p.statement, err));
    if (!plumb_kind_is_proposal(p.statement.signed_statement->statement->kind))
        return plumb_fail(err, PLUMB_INVALID, "proposal.kind", hex,
                          "this statement is no proposal");
    client_path(path, sizeof path, "/v1/proposals/%s", hex);
    PLUMB_TRY(client_get(c, path, &p.json, err));
    PLUMB_TRY(read_votes(c, chain, &p, err));
    *ret = p;
    p = (struct client_proposal){ .nvotes = 0 };
    return PLUMB_OK;
}

const struct plumb_quorum *
client_proposal_quorum(const struct plumb_governance *doc, const struct plumb_statement *s,
                       size_t i)
{
    const struct plumb_payload *payload =
        s->payload != NULL ? plumb_governance_payload(doc, s->payload) : NULL;
    const struct plumb_fleet *fleet;

    if (s->kind == PLUMB_KIND_REVOCATION && !s->u.revocation.all) {
        fleet = i < s->u.revocation.nfleets
                    ? plumb_governance_fleet(doc, s->u.revocation.fleets[i].fleet)
                    : NULL;
        return fleet != NULL ? &fleet->revocation : NULL;
    }
    if (i > 0)
        return NULL;
    if (s->kind == PLUMB_KIND_GOVERNANCE)
        return &doc->quorum;
    if (s->kind == PLUMB_KIND_ROLLOUT) {
        fleet = plumb_governance_fleet(doc, s->fleet);
        return fleet != NULL ? &fleet->rollout[s->u.rollout.action] : NULL;
    }
    if (payload == NULL)
        return NULL;
    if (s->kind == PLUMB_KIND_WAIVER)
        return plumb_waiver_quorum(doc, payload);
    return s->kind == PLUMB_KIND_RELEASE ? &payload->release : &payload->revocation;
}
