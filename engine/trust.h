/* trust.h - whom governance in force believes about what, and what it takes for proof. */
#ifndef ENGINE_TRUST_H
#define ENGINE_TRUST_H

#include <plumb/controls.h>

#include "engine/context.h"
#include "engine/dossier.h"
#include "supply/signers.h"
#include "supply/sigstore.h"

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

/* signers_find, by the document in force. */
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
