/* Subtrees' hashes out of tiles. */
#include <string.h>

#include "audit/batch.h"
#include "audit/export.h"
#include "lib/own.h"

#define TILE_HEIGHT 8 /* 2^8 hashes in each */

unsigned
audit_tile_width(unsigned level, uint64_t n, uint64_t size)
{
    uint64_t hashes = level * TILE_HEIGHT < 64 ? size >> (level * TILE_HEIGHT) : 0;

    if (n >= hashes / PLUMB_TILE_WIDTH + 1)
        return 0;
    return n < hashes / PLUMB_TILE_WIDTH ? PLUMB_TILE_WIDTH
                                         : (unsigned)(hashes % PLUMB_TILE_WIDTH);
}

/* The subtree lies inside one tile. */
enum plumb_code
audit_tile_node(void *arg, unsigned level, uint64_t n, struct plumb_digest *ret,
                struct plumb_err *err)
{
    const struct audit_tiles *tiles = arg;
    unsigned within = level % TILE_HEIGHT, count = 1u << within,
             tile_level = level / TILE_HEIGHT;
    uint64_t first = n << within, tile_n = first / PLUMB_TILE_WIDTH;
    unsigned at = (unsigned)(first % PLUMB_TILE_WIDTH);
    unsigned width = audit_tile_width(tile_level, tile_n, tiles->size);
    struct plumb_digest hashes[PLUMB_TILE_WIDTH];
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes tile = { 0 };

    if (at + count > width)
        return plumb_fail(err, PLUMB_INVALID, "tree.size", "", "the log has no such subtree");
    PLUMB_TRY(audit_fetch_tile(tiles->source, tile_level, tile_n, width, &tile, err));
    memcpy(hashes, tile.data + (size_t)at * PLUMB_DIGEST_LEN, count * sizeof hashes[0]);
    plumb_tree_root(hashes, count, ret);
    return PLUMB_OK;
}
