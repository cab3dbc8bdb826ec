/* client/proposal.h - a proposal with its votes, every signature verified. */
#ifndef CLIENT_PROPOSAL_H
#define CLIENT_PROPOSAL_H

#include "client/client.h"

struct client_proposal {
    struct client_statement statement;
    struct plumb_vote *votes; /* [0] is the proposal itself; the rest ascend by index */
    size_t nvotes;
    json_t *json; /* PROPOSAL of docs/api.md as it came: state and closed are the server's word
                     alone */
};
void client_proposal_clear(struct client_proposal *p);

/*
 * The proposal of this id, and every vote on it that the server shows, as entries whose
 * signatures verified. That none was left out, this cannot tell. Rules "proposal.votes",
 * "proposal.kind", and those of client_entry.
 */
PLUMB_MUST_CHECK enum plumb_code
client_proposal(struct client *c, const struct plumb_digest *id, struct plumb_chain *chain,
                struct client_proposal *ret, struct plumb_err *err);

/*
 * The quorum that a proposal must reach by a document: of the release, the rollout's action,
 * the revocation or governance itself. i counts the quorums (a revocation has one for each of
 * its fleets); NULL past the last, and where the document knows no such payload or fleet.
 */
const struct plumb_quorum *client_proposal_quorum(const struct plumb_governance *doc,
                                                  const struct plumb_statement *s, size_t i);

#endif
