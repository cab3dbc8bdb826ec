#include "client/waiver.h"

#include <string.h>

#include "lib/own.h"

void
client_waiver_clear(struct client_waiver *w)
{
    client_proposal_clear(&w->proposal);
    *w = (struct client_waiver){ .until = PLUMB_TIME_NEVER };
}

/* By the first n votes, as the last of them came: the document and the keys of then. */
static bool
met_by(const struct client_proposal *p, const struct plumb_chain *chain, size_t n)
{
    const struct plumb_statement *s = p->statement.signed_statement->statement;
    const struct plumb_link *then = plumb_chain_at(chain, p->votes[n - 1].index);
    const struct plumb_quorum *q =
        then != NULL ? client_proposal_quorum(then->document, s, 0) : NULL;

    return q != NULL && plumb_quorum_tally(chain, (size_t)then->document->version,
                                           then->document, q, p->votes, n) == PLUMB_TALLY_MET;
}

static bool
was_met(const struct client_proposal *p, const struct plumb_chain *chain)
{
    for (size_t n = 1; n <= p->nvotes; n++)
        if (met_by(p, chain, n))
            return true;
    return false;
}

enum plumb_code
client_waiver(struct client *c, const struct client_control *control,
              const struct plumb_digest *release, struct plumb_chain *chain,
              struct client_waiver *ret, struct plumb_err *err)
{
    PLUMB_AUTO(client_waiver_clear) struct client_waiver w = { .control = NULL };
    const struct plumb_statement *s;

    PLUMB_TRY(client_proposal(c, &control->waiver, chain, &w.proposal, err));
    s = w.proposal.statement.signed_statement->statement;
    if (s->kind != PLUMB_KIND_WAIVER || !plumb_digest_eq(&s->u.waiver.release, release) ||
        strcmp(s->u.waiver.control, control->id) != 0 ||
        s->u.waiver.until != control->waived_until)
        return plumb_fail(err, PLUMB_REFUSED, "waiver.other", control->id,
                          "what the service calls its waiver is none of this control, until "
                          "this time");
    if (!was_met(&w.proposal, chain))
        return plumb_fail(err, PLUMB_REFUSED, "waiver.quorum", control->id,
                          "the votes on the waiver do not meet its quorum");
    w.control = s->u.waiver.control;
    w.justification = s->u.waiver.justification;
    w.compensating = s->u.waiver.compensating;
    w.until = s->u.waiver.until;
    *ret = w;
    w = (struct client_waiver){ .control = NULL };
    return PLUMB_OK;
}
