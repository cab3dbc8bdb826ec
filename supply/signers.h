/* signers.h - whom a governance document believes about what: the same for the engine, which
 * judges what is attached, and for clients, which judge it again. */
#ifndef SUPPLY_SIGNERS_H
#define SUPPLY_SIGNERS_H

#include <plumb/controls.h>

#include "supply/attestation.h"

/* Every key that an accepted signature may be by: of those trusted, and of principals with a
 * role that is. Borrowed from the document, which has controls. */
struct signers_ring {
    const struct plumb_pubkey **keys;
    size_t n;
};
void signers_ring_clear(struct signers_ring *r);
PLUMB_MUST_CHECK enum plumb_code signers_ring_make(const struct plumb_governance *doc,
                                                   struct signers_ring *ret,
                                                   struct plumb_err *err);

/*
 * Who of those that signed this is trusted for use by doc, a document of the chain; NULL:
 * nobody. index: of the entry that attached it. control: of an assertion, else NULL.
 */
const struct plumb_trusted *signers_find(const struct plumb_chain *chain,
                                         const struct plumb_governance *doc,
                                         const struct attestation *a, uint64_t index,
                                         enum plumb_trust_use use, const char *control);

#endif
