/* cli/attached.h - what a file is that is to be attached to a release. */
#ifndef CLI_ATTACHED_H
#define CLI_ATTACHED_H

#include "cli/cli.h"

/*
 * By what is in it. *ret_lines: it is several envelopes, one a line. Rules "usage" where it
 * cannot be told, "attestation.unsigned" for a statement that nobody signed.
 */
PLUMB_MUST_CHECK enum plumb_code cli_attached_kind(const char *path, const void *data,
                                                   size_t len, enum plumb_file_kind *ret,
                                                   bool *ret_lines, struct plumb_err *err);

#endif
