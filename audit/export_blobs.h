/* audit/export_blobs.h - an export under way, and the blobs that its entries name; for
 * export.c.
 */
#ifndef AUDIT_EXPORT_BLOBS_H
#define AUDIT_EXPORT_BLOBS_H

#include "audit/batch.h"
#include "audit/export.h"

struct export
{
    const struct audit_source *from;
    struct audit_dir *dir;
    struct audit_batch *batch;
    struct audit_exported ret;
};

/* Something is not as the log says, and was written down as it came. */
__attribute__((format(printf, 2, 3))) void export_odd(struct export *x, const char *fmt, ...);

/* All blobs that the entry names, and what they name, as far as they are not there. What is no
 * entry of ours names none. */
PLUMB_MUST_CHECK enum plumb_code export_blobs(struct export *x, const struct audit_item *item,
                                              struct plumb_err *err);

#endif
