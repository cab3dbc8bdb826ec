/* cli/blob.h - files that statements name by digest: read, checked, stored. */
#ifndef CLI_BLOB_H
#define CLI_BLOB_H

#include "cli/cli.h"

/* A JSON file inside our profile, as its canonical text; written for people it may be spread
 * over lines. */
PLUMB_MUST_CHECK enum plumb_code cli_read_canonical(const char *path, size_t max,
                                                    struct plumb_bytes *ret,
                                                    struct plumb_err *err);
/* A governance document in a file: its canonical text and what it says, checked by itself. */
PLUMB_MUST_CHECK enum plumb_code cli_read_governance(const char *path, struct plumb_bytes *ret,
                                                     struct plumb_governance **ret_document,
                                                     struct plumb_err *err);
void cli_governance_auto(struct plumb_governance **g);
/* "NAME=DIGEST", or "NAME=@FILE" for the digest of a file. name: PLUMB_NAME_MAX + 1 bytes or
 * more; rule "usage". */
PLUMB_MUST_CHECK enum plumb_code cli_named_digest(const char *option, const char *text,
                                                  char *name, size_t size,
                                                  struct plumb_digest *ret,
                                                  struct plumb_err *err);

#endif
