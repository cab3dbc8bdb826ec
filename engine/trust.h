/* trust.h - whom governance believes about what. */
#ifndef ENGINE_TRUST_H
#define ENGINE_TRUST_H

#include <plumb/controls.h>

#include "engine/context.h"
#include "engine/dossier.h"
#include "supply/sigstore.h"

/* Every key that an accepted signature may be by: of those trusted, and of principals with a
 * role that is. */
struct trust_ring {
    const struct plumb_pubkey **keys;
    size_t n;
};
void trust_ring_clear(struct trust_ring *r);
PLUMB_MUST_CHECK enum plumb_code trust_ring_make(const struct plumb_governance *doc,
                                                 struct trust_ring *ret, struct plumb_err *err);

/* A trusted root that a document names, as it was read: it outlives the document, for others
 * may name it too. */
struct trusted_root {
    struct record head;
    struct sigstore_root *root;
};
void trusted_root_free(struct record *r);

/* Reads the one that doc names, if it names one, from the statement's blobs. Rules
 * "blob.missing", "controls.root" (of another size), "json.*", "sigstore.trusted-root". */
PLUMB_MUST_CHECK enum plumb_code trust_keep_root(const struct context *c,
                                                 const struct plumb_governance *doc,
                                                 struct plumb_err *err);
/* That of the document in force; NULL: it names none. */
const struct sigstore_root *trust_root(const struct engine *e);

/*
 * Who of those that signed this is trusted for use by the document in force; NULL: nobody.
 * index: of the entry that attached it. control: of an assertion, else NULL.
 */
const struct plumb_trusted *trust_find(const struct engine *e, const struct attestation *a,
                                       uint64_t index, enum plumb_trust_use use,
                                       const char *control);

/* Of provenance, which is judged twice too: NULL names no source. */
bool trust_names_builder(const struct plumb_trusted *t, const char *builder);
bool trust_names_source(const struct plumb_controls *c, const char *source);

/* Does an attestation on file, of a signer trusted for use, refer to this document? */
bool trust_refers(const struct engine *e, const struct dossier *d, enum plumb_trust_use use,
                  const struct plumb_digest *file);

#endif
