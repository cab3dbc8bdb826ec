/* client/attached.h - that a file which the service lists was attached to the release by the
 * statement of the log that it names. */
#ifndef CLIENT_ATTACHED_H
#define CLIENT_ATTACHED_H

#include "client/dossier.h"
#include "client/prove.h"

/*
 * proof is of the entry that the file names, with its signature looked at under chain. Whether
 * the file is accepted as anything stays the service's word. Rules "attached.index" (the proof
 * is of another entry), "attached.signature" (not verified), "attached.statement" (it attaches
 * nothing to this release), "attached.file" (not this file: its digest, size, kind, name,
 * review date), "attached.time", "attached.by" (another attached it than the service says).
 */
PLUMB_MUST_CHECK enum plumb_code attached_check(const struct client_proof *proof,
                                                const struct plumb_chain *chain,
                                                const struct plumb_digest *release,
                                                const struct client_file *file,
                                                struct plumb_err *err);

#endif
