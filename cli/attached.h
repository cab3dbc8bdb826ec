/* cli/attached.h - what a file is that is to be attached to a release. */
#ifndef CLI_ATTACHED_H
#define CLI_ATTACHED_H

#include "cli/cli.h"

/* What is attached for one file: itself, or the envelopes that it is a wrapping of. */
struct cli_attached {
    enum plumb_file_kind kind;
    struct plumb_bytes *parts; /* owned; none: the file as it is */
    size_t nparts;
};
void cli_attached_clear(struct cli_attached *a);

/*
 * By what is in it. Wrappings are envelopes one a line, and what npm ("attestations"), GitHub's
 * API (the same) and gcloud ("provenance_summary") answer. Rules "usage" where it cannot be
 * told, "attestation.unsigned" for a statement that nobody signed.
 */
PLUMB_MUST_CHECK enum plumb_code cli_attached(const char *path, const void *data, size_t len,
                                              struct cli_attached *ret, struct plumb_err *err);

#endif
