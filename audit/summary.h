/* audit/summary.h - the SLSA verification summary that the service signs of an evaluation, for
 * other people's tools. */
#ifndef AUDIT_SUMMARY_H
#define AUDIT_SUMMARY_H

#include "engine/controls.h"
#include "supply/attestation.h"

#define SUMMARY_FILE_MAX (2 * ENGINE_SUMMARY_MAX) /* bytes of its envelope */

/*
 * An envelope with a summary inside, signed by a key of the service: one that the document
 * lists, active or retired. Rules "attestation.*", "summary.kind". The caller frees *ret.
 */
PLUMB_MUST_CHECK enum plumb_code summary_open(const struct plumb_governance *document,
                                              const void *data, size_t len,
                                              struct attestation **ret, struct plumb_err *err);

/* And it says, byte for byte, what the engine derives from the log: rule "summary.content". */
PLUMB_MUST_CHECK enum plumb_code summary_check(const struct engine *e,
                                               const struct plumb_digest *release,
                                               const void *data, size_t len,
                                               struct plumb_err *err);

#endif
