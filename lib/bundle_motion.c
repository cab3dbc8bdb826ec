/* Counting: whose votes make a proposal take effect, and at which entry. */
#include "lib/bundle_read.h"

#include <string.h>

#include "lib/own.h"

void
bundle_motion_clear(struct bundle_motion *m)
{
    free(m->votes);
    *m = (struct bundle_motion){ 0 };
}

/* How many governance versions were in force by then: what is known of keys then. */
static size_t
known_at(const struct plumb_link *link)
{
    return (size_t)link->document->version;
}

static enum plumb_code
not_in_force(struct plumb_err *err)
{
    return plumb_fail(err, PLUMB_REFUSED, "bundle.governance", "index",
                      "no governance document was in force at this entry");
}

/* The one who signed e had that power at e, by what was known then or (now) is known today. */
static enum plumb_code
check_power(const struct plumb_bundle_reader *r, const struct bundle_entry *e,
            enum plumb_power power, bool now, struct plumb_err *err)
{
    const struct plumb_link *link = plumb_chain_at(r->in->chain, e->index);
    const struct plumb_principal *p;
    const char *id;

    if (link == NULL)
        return not_in_force(err);
    PLUMB_TRY(plumb_chain_signer(r->in->chain, &e->opened->statement->keys[0], PLUMB_USE_SIGN,
                                 e->index, now ? 0 : known_at(link), &id, err));
    p = plumb_governance_principal(link->document, id);
    if (p == NULL || (p->may & 1u << power) == 0)
        return plumb_fail(err, PLUMB_FORBIDDEN, "bundle.power", "entry",
                          "entry %llu is signed by one without the power %s",
                          (unsigned long long)e->index, plumb_power_text(power));
    return PLUMB_OK;
}

/* What governance says follows from findings, the service proposes too. */
static bool
may_be_the_services(const struct plumb_statement *s)
{
    return s->kind == PLUMB_KIND_REVOCATION ||
           (s->kind == PLUMB_KIND_ROLLOUT && s->u.rollout.action == PLUMB_ACTION_RESCHEDULE);
}

static enum plumb_code
check_proposer(const struct plumb_bundle_reader *r, const struct bundle_entry *e,
               enum plumb_power power, struct plumb_err *err)
{
    if (may_be_the_services(e->opened->statement) &&
        check_power(r, e, PLUMB_POWER_SERVICE, false, NULL) == PLUMB_OK)
        return PLUMB_OK;
    return check_power(r, e, power, false, err);
}

enum plumb_code
bundle_by_service(const struct plumb_bundle_reader *r, const struct bundle_entry *e, bool now,
                  struct plumb_err *err)
{
    return check_power(r, e, PLUMB_POWER_SERVICE, now, err);
}

static enum plumb_code
gather(const struct bundle_entry *const *entries, size_t n, struct plumb_vote *votes,
       struct plumb_err *err)
{
    const struct plumb_digest *proposal = &entries[0]->opened->statement->id;

    for (size_t i = 0; i < n; i++) {
        const struct plumb_statement *s = entries[i]->opened->statement;
        enum plumb_decision decision = PLUMB_APPROVE;

        if (i > 0) {
            if (s->kind != PLUMB_KIND_APPROVAL ||
                !plumb_digest_eq(&s->u.approval.proposal, proposal))
                return plumb_fail(err, PLUMB_REFUSED, "bundle.votes", "entries",
                                  "entry %llu is no vote on entry %llu",
                                  (unsigned long long)entries[i]->index,
                                  (unsigned long long)entries[0]->index);
            decision = s->u.approval.decision;
        }
        votes[i] =
            (struct plumb_vote){ s->keys[0], entries[i]->index, entries[i]->time, decision };
    }
    return PLUMB_OK;
}

/* All of the quorums together: one that cannot be met is enough to fail. */
static enum plumb_tally
tally_all(const struct plumb_bundle_reader *r, const struct plumb_governance *doc, size_t known,
          bundle_quorums *quorums, const void *arg, const struct plumb_vote *votes, size_t n)
{
    const struct plumb_quorum *q[BUNDLE_QUORUMS_MAX];
    size_t nq = quorums(doc, arg, q);
    enum plumb_tally all = nq > 0 ? PLUMB_TALLY_MET : PLUMB_TALLY_UNREACHABLE;

    for (size_t i = 0; i < nq; i++) {
        enum plumb_tally t = plumb_quorum_tally(r->in->chain, known, doc, q[i], votes, n);

        if (t == PLUMB_TALLY_VETOED || t == PLUMB_TALLY_UNREACHABLE)
            return t;
        if (t == PLUMB_TALLY_OPEN)
            all = t;
    }
    return all;
}

enum plumb_code
bundle_motion_count(struct plumb_bundle_reader *r, const struct bundle_entry *const *entries,
                    size_t n, enum plumb_power power, bundle_quorums *quorums, const void *arg,
                    struct bundle_motion *ret, struct plumb_err *err)
{
    PLUMB_AUTO(auto_free) struct plumb_vote *votes = calloc(n, sizeof *votes);
    const struct plumb_link *link = NULL, *last;
    enum plumb_tally t = PLUMB_TALLY_OPEN;
    size_t done = 0;

    if (votes == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(gather(entries, n, votes, err));
    PLUMB_TRY(check_proposer(r, entries[0], power, err));
    /* What comes after the completing entry are approvals anew: they count for today alone. */
    while (done < n && t == PLUMB_TALLY_OPEN) {
        link = plumb_chain_at(r->in->chain, votes[done++].index);
        if (link == NULL)
            return not_in_force(err);
        t = tally_all(r, link->document, known_at(link), quorums, arg, votes, done);
    }
    if (t != PLUMB_TALLY_MET)
        return plumb_fail(err, PLUMB_REFUSED, "bundle.quorum", "entries",
                          "the votes on entry %llu do not meet its quorum (%s)",
                          (unsigned long long)entries[0]->index, plumb_tally_text(t));
    last = plumb_chain_at(r->in->chain, votes[n - 1].index);
    if (last == NULL)
        return not_in_force(err);
    r->bundle->checked_quorums++;
    *ret = (struct bundle_motion){ .proposal = entries[0], .n = n, .link = link };
    ret->index = entries[done - 1]->index;
    ret->time = entries[done - 1]->time;
    ret->stands = tally_all(r, last->document, 0, quorums, arg, votes, n) == PLUMB_TALLY_MET;
    ret->votes = PLUMB_TAKE(votes);
    return PLUMB_OK;
}
