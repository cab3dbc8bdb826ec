/*
 * tiles.h - the log as C2SP tlog-tiles has it: hash tiles and bundles of entries, read from the
 * database and kept in memory, since no tile ever changes.
 */
#ifndef SERVER_TILES_H
#define SERVER_TILES_H

#include "server/db/db.h"
#include "server/http/body.h"

/* Hashes of a level, or entries. */
#define TILES_ENTRIES 64
struct tiles_name {
    unsigned level; /* TILES_ENTRIES for entries */
    unsigned width; /* PLUMB_TILE_WIDTH for a whole tile */
    uint64_t n;
};

struct tiles;

/* Keeps at most max bytes of tiles: those used last. */
PLUMB_MUST_CHECK enum plumb_code tiles_new(int64_t max, struct tiles **ret,
                                           struct plumb_err *err);
void tiles_free(struct tiles *t);

/* A reference to a tile that is in memory, or NULL: tiles_read. Never waits. */
struct http_body *tiles_get(struct tiles *t, const struct tiles_name *name);

/*
 * A reference to a tile of a log of size entries, all of them committed. PLUMB_NOT_FOUND, rule
 * "log.tile", when the log is too small to have it.
 */
PLUMB_MUST_CHECK enum plumb_code tiles_read(struct tiles *t, struct db *db,
                                            const struct tiles_name *name, uint64_t size,
                                            struct http_body **ret, struct plumb_err *err);

#endif
