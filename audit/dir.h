/* audit/dir.h - an export as a directory of plain files. */
#ifndef AUDIT_DIR_H
#define AUDIT_DIR_H

#include "audit/audit.h"

struct audit_dir;
/* make: the directory itself, if it is not there. Rules "dir.open", "dir.read", "dir.write";
 * PLUMB_NOT_FOUND without one. */
PLUMB_MUST_CHECK enum plumb_code audit_dir_open(const char *path, bool make,
                                                struct audit_dir **ret, struct plumb_err *err);
void audit_dir_close(struct audit_dir *d);

/* Borrows d. */
struct audit_source audit_dir_source(struct audit_dir *d);

/* By their paths in the export (audit/layout.h). A file is there whole or not at all. Links
 * below the directory are not followed: one is no file when asked for, refused when read,
 * replaced when its place is written, and never written through. */
bool audit_dir_has(const struct audit_dir *d, const char *path);
PLUMB_MUST_CHECK enum plumb_code audit_dir_read(const struct audit_dir *d, const char *path,
                                                size_t max, struct plumb_bytes *ret,
                                                struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code audit_dir_put(struct audit_dir *d, const char *path,
                                               const void *data, size_t len,
                                               struct plumb_err *err);
/* A file that is needed no more; none is no failure. */
void audit_dir_remove(struct audit_dir *d, const char *path);
/* All that was put is on the disk when this returns. */
PLUMB_MUST_CHECK enum plumb_code audit_dir_sync(struct audit_dir *d, struct plumb_err *err);

#endif
