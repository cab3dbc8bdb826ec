#include "engine/count.h"

#include <plumb/controls.h>
#include <stdio.h>
#include <string.h>

#include "lib/own.h"

size_t
count_quorums(const struct proposed *what)
{
    return what->kind == PLUMB_KIND_REVOCATION && !what->all ? what->nfleets : 1;
}

static const struct plumb_quorum *
fleet_quorum(const struct plumb_governance *doc, const struct proposed *what, const char *fleet)
{
    const struct plumb_fleet *f = plumb_governance_fleet(doc, fleet);

    if (f == NULL || plumb_governance_payload(doc, what->payload) == NULL ||
        !plumb_fleet_has(f, what->payload))
        return NULL;
    return what->kind == PLUMB_KIND_ROLLOUT ? &f->rollout[what->action] : &f->revocation;
}

const struct plumb_quorum *
count_quorum(const struct plumb_governance *doc, const struct proposed *what, size_t i)
{
    const struct plumb_payload *payload;

    if (what->kind == PLUMB_KIND_GOVERNANCE)
        return &doc->quorum;
    if (what->kind == PLUMB_KIND_ROLLOUT)
        return fleet_quorum(doc, what, what->fleet);
    if (what->kind == PLUMB_KIND_REVOCATION && !what->all)
        return fleet_quorum(doc, what, what->fleets[i].fleet);
    payload = plumb_governance_payload(doc, what->payload);
    if (payload == NULL)
        return NULL;
    if (what->kind == PLUMB_KIND_WAIVER)
        return plumb_waiver_quorum(doc, payload);
    return what->kind == PLUMB_KIND_RELEASE ? &payload->release : &payload->revocation;
}

bool
count_gone(const struct plumb_governance *doc, const struct proposed *what)
{
    for (size_t i = 0; i < count_quorums(what); i++)
        if (count_quorum(doc, what, i) == NULL)
            return true;
    return false;
}

/* All quorums together: one that cannot be met is enough to fail, each must be met to succeed.
 */
static enum plumb_tally
tally_by(const struct engine *e, const struct plumb_governance *doc, size_t known,
         const struct proposal *p)
{
    enum plumb_tally all = PLUMB_TALLY_MET;

    for (size_t i = 0; i < count_quorums(p->what); i++) {
        const struct plumb_quorum *q = count_quorum(doc, p->what, i);
        enum plumb_tally t =
            q == NULL ? PLUMB_TALLY_UNREACHABLE
                      : plumb_quorum_tally(e->chain, known, doc, q, p->votes, p->nvotes);

        if (t == PLUMB_TALLY_VETOED || t == PLUMB_TALLY_UNREACHABLE)
            return t;
        if (t == PLUMB_TALLY_OPEN)
            all = t;
    }
    return all;
}

enum plumb_tally
count_tally(const struct engine *e, const struct proposal *p)
{
    return tally_by(e, state_document(e), 0, p);
}

void
count_missing(const struct engine *e, const struct proposal *p, char *ret, size_t size)
{
    const struct plumb_governance *doc = state_document(e);

    ret[0] = '\0';
    for (size_t i = 0; i < count_quorums(p->what) && ret[0] == '\0'; i++) {
        const struct plumb_quorum *q = count_quorum(doc, p->what, i);

        if (q != NULL)
            plumb_quorum_missing(e->chain, doc, q, p->votes, p->nvotes, ret, size);
    }
}

/* The document in force at the last vote. */
static const struct plumb_governance *
counted_by(const struct engine *e, const struct proposal *p)
{
    uint64_t last = p->votes[p->nvotes - 1].index;

    /* a governance change is counted by the document that it replaced */
    if (p->what->kind == PLUMB_KIND_GOVERNANCE && last > 0)
        last--;
    return plumb_chain_at(e->chain, last)->document;
}

bool
count_stands(const struct engine *e, const struct proposal *p, size_t known)
{
    return tally_by(e, counted_by(e, p), known, p) == PLUMB_TALLY_MET;
}

static bool
is_left_out(const struct engine *e, const struct plumb_vote *vote, const char *principal,
            const struct plumb_digest *key)
{
    const char *owner;

    if (principal == NULL)
        return plumb_digest_eq(&vote->key, key);
    owner = engine_owner(e, &vote->key);
    return owner != NULL && strcmp(owner, principal) == 0;
}

/* p without some votes. The proposal itself stays, for a quorum that asks for others must know
 * whose it is; as nobody's it is no approval. */
static struct proposal *
without(const struct engine *e, const struct proposal *p, const char *principal,
        const struct plumb_digest *key, struct plumb_vote *ret_proposal)
{
    struct proposal *copy = proposal_copy(p);

    if (copy == NULL)
        return NULL;
    copy->nvotes = 1;
    for (size_t i = 1; i < p->nvotes; i++)
        if (!is_left_out(e, &p->votes[i], principal, key))
            copy->votes[copy->nvotes++] = p->votes[i];
    *ret_proposal = p->votes[0];
    if (is_left_out(e, ret_proposal, principal, key))
        memset(&ret_proposal->key, 0, sizeof ret_proposal->key);
    return copy;
}

bool
engine_stands_without(const struct engine *e, const struct plumb_digest *id,
                      const char *principal, const struct plumb_digest *key)
{
    const struct proposal *p = state_proposal(e, id);
    PLUMB_AUTO(proposal_auto) struct proposal *rest = NULL;
    struct plumb_vote nobodys;
    const struct plumb_governance *doc;

    if (p == NULL || (rest = without(e, p, principal, key, &nobodys)) == NULL)
        return false;
    doc = counted_by(e, p);
    for (size_t i = 0; i < count_quorums(p->what); i++) {
        const struct plumb_quorum *q = count_quorum(doc, p->what, i);

        rest->votes[0] = q != NULL && q->others ? p->votes[0] : nobodys;
        if (q == NULL || plumb_quorum_tally(e->chain, 0, doc, q, rest->votes, rest->nvotes) !=
                             PLUMB_TALLY_MET)
            return false;
    }
    return true;
}

static bool
asked_by(const struct plumb_quorum *q, const struct proposed *what,
         const struct plumb_principal *who)
{
    for (size_t i = 0; i < q->nveto; i++)
        if (plumb_principal_has_role(who, q->veto[i]))
            return true;
    if (q->others && strcmp(who->id, what->proposer) == 0)
        return false;
    for (size_t i = 0; i < q->nneeds; i++)
        if (plumb_principal_has_role(who, q->needs[i].role))
            return true;
    return false;
}

bool
count_asks(const struct plumb_governance *doc, const struct proposed *what,
           const struct plumb_principal *who)
{
    for (size_t i = 0; i < count_quorums(what); i++) {
        const struct plumb_quorum *q = count_quorum(doc, what, i);

        if (q != NULL && asked_by(q, what, who))
            return true;
    }
    return false;
}

static bool
counts_proposal(const struct plumb_governance *doc, const struct proposed *what)
{
    for (size_t i = 0; i < count_quorums(what); i++) {
        const struct plumb_quorum *q = count_quorum(doc, what, i);

        if (q != NULL && !q->others)
            return true;
    }
    return false;
}

const struct plumb_vote *
count_last_vote(const struct engine *e, const struct proposal *p, const char *principal)
{
    size_t first = counts_proposal(state_document(e), p->what) ? 0 : 1;

    for (size_t i = p->nvotes; i > first; i--) {
        const struct plumb_vote *vote = &p->votes[i - 1];
        const char *who;

        if (plumb_chain_signer(e->chain, &vote->key, PLUMB_USE_SIGN, vote->index, 0, &who,
                               NULL) == PLUMB_OK &&
            strcmp(who, principal) == 0)
            return vote;
    }
    return NULL;
}
