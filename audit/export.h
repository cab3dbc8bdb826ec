/*
 * audit/export.h - a log's whole history as plain files that any web server can serve, and that
 * need no plumbd to be checked. What is there already is not fetched again, so an export that
 * was interrupted goes on where it was, and one of last week takes only what is new. The
 * checkpoint comes last: until then the directory holds the log as it was.
 */
#ifndef AUDIT_EXPORT_H
#define AUDIT_EXPORT_H

#include "audit/dir.h"

struct audit_exported {
    struct plumb_checkpoint head;                     /* as it came: the audit verifies it */
    uint64_t before;                                  /* entries that were there already */
    uint64_t bundles, tiles, blobs, documents, bytes; /* written now */
    uint64_t odd;  /* things that are not as the log says; written down as they came */
    char why[256]; /* the first of them */
};

/*
 * Fetch what dir lacks. Rules "export.fork" (the log does not continue the one that was
 * exported before: its checkpoint is kept beside as checkpoint.fork), "entries.missing",
 * "tile.missing", and those of the source and of the directory.
 */
PLUMB_MUST_CHECK enum plumb_code audit_export(const struct audit_source *from,
                                              struct audit_dir *dir,
                                              audit_progress_fn *progress, void *arg,
                                              struct audit_exported *ret,
                                              struct plumb_err *err);

/* The hash of a complete subtree of a log of this size, from its tiles: a plumb_node_fn. */
struct audit_tiles {
    const struct audit_source *source;
    uint64_t size;
};
enum plumb_code audit_tile_node(void *tiles, unsigned level, uint64_t n,
                                struct plumb_digest *ret, struct plumb_err *err);
/* How many hashes (on level 0: entries) the tile has in a log of this size; 0: no such tile. */
unsigned audit_tile_width(unsigned level, uint64_t n, uint64_t size);

#endif
