/* client/layout.h - OCI image layouts in folders. */
#ifndef CLIENT_LAYOUT_H
#define CLIENT_LAYOUT_H

#include <plumb/evidence.h>

bool layout_is(const char *path);
/* What its images say; *ret_digest is that of its index.json, on which all else hangs. Rules
 * those of plumb_oci_read, and "file.open". */
PLUMB_MUST_CHECK enum plumb_code layout_read(const char *path, struct plumb_evidence **ret,
                                             struct plumb_digest *ret_digest,
                                             struct plumb_err *err);

#endif
