/* bill.h - which bill of materials a release is known by, and why it is not. */
#ifndef ENGINE_BILL_H
#define ENGINE_BILL_H

#include "engine/dossier.h"

/* The newest on file that is bound to the release: its statement names it, or a signer whom
 * governance trusts for "sbom" refers to it or signed it as a whole. NULL: none. */
const struct fact *bill_of(const struct engine *e, const struct plumb_digest *release);

/* Is this file of the release's dossier such a one? */
bool bill_is_bound(const struct engine *e, const struct plumb_digest *release,
                   const struct fact *f);

#define BILL_FAULT 200
/* Why there is none, and what to do about it: a line for people, plain ASCII. */
void bill_unbound(const struct engine *e, const struct plumb_digest *release,
                  char ret[BILL_FAULT]);
/* Why bill_of is not the one that the release statement names, and so not in bundles. */
void bill_unnamed(const struct engine *e, const struct plumb_digest *release,
                  char ret[BILL_FAULT]);

#endif
