/* client/waiver.h - the waiver that a control rests on, its quorum counted here. */
#ifndef CLIENT_WAIVER_H
#define CLIENT_WAIVER_H

#include "client/dossier.h"
#include "client/proposal.h"

struct client_waiver {
    struct client_proposal proposal;
    /* borrowed from it */
    const char *control, *justification, *compensating;
    plumb_time until;
};
void client_waiver_clear(struct client_waiver *w);

/*
 * The waiver of c, which has one: the statement and every vote verified, and the votes meet the
 * quorum by the document that was in force when the last of them came. Rules "waiver.other" (it
 * is of another release or control, or until another time), "waiver.quorum", those of
 * client_proposal.
 */
PLUMB_MUST_CHECK enum plumb_code
client_waiver(struct client *c, const struct client_control *control,
              const struct plumb_digest *release, struct plumb_chain *chain,
              struct client_waiver *ret, struct plumb_err *err);

#endif
