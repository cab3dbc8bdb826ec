/*
 * audit/layout.h - where an export has what, under its directory or a web server's prefix. C2SP
 * tlog-tiles, and beside it what Plumbline's entries name:
 *
 *   checkpoint                        the signed note
 *   tile/L/N[.p/W]                    hash tiles
 *   tile/entries/N[.p/W]              entry bundles
 *   blobs/SHA256                      documents, reference values, and parts of bundles
 *   governance/VERSION.json           the governance documents in force, for people
 *   summaries/RELEASE.json            evaluations as the service signed them, for others' tools
 */
#ifndef AUDIT_LAYOUT_H
#define AUDIT_LAYOUT_H

#include <plumb/tlog.h>

#define LAYOUT_PATH       128
#define LAYOUT_CHECKPOINT "checkpoint"
#define LAYOUT_FORK       "checkpoint.fork" /* of a log that does not continue this one */

void layout_tile(unsigned level, uint64_t n, unsigned width, char ret[LAYOUT_PATH]);
void layout_entries(uint64_t n, unsigned width, char ret[LAYOUT_PATH]);
void layout_blob(const struct plumb_digest *digest, char ret[LAYOUT_PATH]);
void layout_document(int64_t version, char ret[LAYOUT_PATH]);
void layout_summary(const struct plumb_digest *release, char ret[LAYOUT_PATH]);

/* What files may hold at most. */
#define LAYOUT_NOTE_MAX    (256u << 10)
#define LAYOUT_TILE_MAX    ((size_t)PLUMB_TILE_WIDTH * PLUMB_DIGEST_LEN)
#define LAYOUT_ENTRIES_MAX ((size_t)PLUMB_TILE_WIDTH * (2 + PLUMB_ENTRY_MAX))
#define LAYOUT_BLOB_MAX    (64u << 20)

#endif
