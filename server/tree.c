#include "server/tree.h"

#include <inttypes.h>
#include <string.h>

#define LEVELS    8 /* of tiles: 256^8 leaves */
#define HEIGHT    8 /* of a tile: 2^8 hashes */
#define NODES     511
#define BUCKETS   1024
#define CACHE_MAX 512 /* complete tiles, 16 KiB each, kept beside the pending ones */

/* All nodes of a tile, bottom row first, so that a proof hashes nothing. */
struct tile {
    unsigned level;
    uint64_t n;
    struct tile *chain;         /* in its bucket */
    struct tile *newer, *older; /* in the cache's order of use */
    struct plumb_digest node[NODES];
};

/* Nodes of an edge tile beyond its width are left over or not yet there: never read. */
struct mark {
    uint64_t size;
    struct tile *edge[LEVELS]; /* NULL where the width is 0 */
    unsigned width[LEVELS];
};

struct tree {
    struct mark now, committed;
    struct tile **pending; /* completed since the commit; also in their buckets */
    size_t pending_n, pending_cap;
    struct tile *bucket[BUCKETS];
    struct tile use; /* head of the ring of cached tiles: newer is the least used */
    size_t cached;
};

/* Node i of the row of 2^(8-h) nodes at height h. */
static struct plumb_digest *
node_at(struct tile *tile, unsigned h, uint64_t i)
{
    return &tile->node[512 - (512U >> h) + i];
}

/* Hash number w of a tile, and what it completes above it. */
static void
add_hash(struct tile *tile, unsigned w, const struct plumb_digest *hash)
{
    *node_at(tile, 0, w) = *hash;
    for (unsigned h = 1; h <= HEIGHT && ((w + 1) & ((1U << h) - 1)) == 0; h++) {
        unsigned i = ((w + 1) >> h) - 1;
        plumb_node_hash(node_at(tile, h - 1, 2 * i), node_at(tile, h - 1, 2 * i + 1),
                        node_at(tile, h, i));
    }
}

static struct tile **
bucket_of(struct tree *t, unsigned level, uint64_t n)
{
    return &t->bucket[(n * 8 + level) % BUCKETS];
}

static struct tile *
find(struct tree *t, unsigned level, uint64_t n)
{
    struct tile *tile = *bucket_of(t, level, n);

    while (tile != NULL && (tile->n != n || tile->level != level))
        tile = tile->chain;
    return tile;
}

static void
put(struct tree *t, struct tile *tile)
{
    struct tile **b = bucket_of(t, tile->level, tile->n);

    tile->chain = *b;
    *b = tile;
}

static void
take_out(struct tree *t, struct tile *tile)
{
    struct tile **b = bucket_of(t, tile->level, tile->n);

    while (*b != NULL && *b != tile)
        b = &(*b)->chain;
    if (*b != NULL)
        *b = tile->chain;
}

static void
ring_remove(struct tile *tile)
{
    tile->newer->older = tile->older;
    tile->older->newer = tile->newer;
    tile->newer = tile->older = NULL;
}

static void
ring_add(struct tree *t, struct tile *tile)
{
    tile->newer = &t->use;
    tile->older = t->use.older;
    t->use.older->newer = tile;
    t->use.older = tile;
}

/* tile is in its bucket; the one used longest ago may go. */
static void
cache(struct tree *t, struct tile *tile)
{
    ring_add(t, tile);
    if (++t->cached <= CACHE_MAX)
        return;
    struct tile *oldest = t->use.newer;
    ring_remove(oldest);
    take_out(t, oldest);
    free(oldest);
    t->cached--;
}

static struct tile *
new_tile(unsigned level, uint64_t n)
{
    struct tile *tile = malloc(sizeof *tile);

    if (tile == NULL)
        return NULL;
    tile->level = level;
    tile->n = n;
    tile->chain = tile->newer = tile->older = NULL;
    return tile;
}

/* Number of complete tiles of a level. */
static uint64_t
complete(uint64_t size, unsigned level)
{
    return level + 1 >= LEVELS ? 0 : size >> (HEIGHT * (level + 1));
}

static enum plumb_code
load_edge(struct db *db, uint64_t size, unsigned level, struct mark *m, struct plumb_err *err)
{
    struct plumb_digest hashes[PLUMB_TILE_WIDTH];
    unsigned width = (size >> (HEIGHT * level)) % PLUMB_TILE_WIDTH;
    uint64_t n = complete(size, level), first = n * PLUMB_TILE_WIDTH;

    if (width == 0)
        return PLUMB_OK;
    if (level == 0)
        PLUMB_TRY(db_log_leaves(db, first, width, hashes, err));
    else
        PLUMB_TRY(db_tile_roots(db, level - 1, first, width, hashes, err));
    m->edge[level] = new_tile(level, n);
    if (m->edge[level] == NULL)
        return plumb_fail_memory(err);
    for (unsigned w = 0; w < width; w++)
        add_hash(m->edge[level], w, &hashes[w]);
    m->width[level] = width;
    return PLUMB_OK;
}

enum plumb_code
tree_open(struct db *db, uint64_t size, struct tree **ret, struct plumb_err *err)
{
    PLUMB_AUTO(auto_tree) struct tree *t = calloc(1, sizeof *t);

    if (t == NULL)
        return plumb_fail_memory(err);
    t->use.newer = t->use.older = &t->use;
    t->now.size = size;
    for (unsigned level = 0; level < LEVELS; level++) {
        PLUMB_TRY(load_edge(db, size, level, &t->now, err));
        t->committed = t->now;
    }
    *ret = PLUMB_TAKE(t);
    return PLUMB_OK;
}

void
tree_free(struct tree *t)
{
    if (t == NULL)
        return;
    tree_rollback(t);
    for (unsigned level = 0; level < LEVELS; level++)
        free(t->now.edge[level]);
    for (size_t i = 0; i < BUCKETS; i++) {
        while (t->bucket[i] != NULL) {
            struct tile *tile = t->bucket[i];
            t->bucket[i] = tile->chain;
            free(tile);
        }
    }
    free(t->pending);
    free(t);
}

uint64_t
tree_size(const struct tree *t)
{
    return t->now.size;
}

static enum plumb_code
completed(struct tree *t, struct tile *tile, struct plumb_err *err)
{
    if (t->pending_n == t->pending_cap) {
        size_t cap = t->pending_cap ? t->pending_cap * 2 : 16;
        struct tile **more = realloc(t->pending, cap * sizeof(struct tile *));
        if (more == NULL)
            return plumb_fail_memory(err);
        t->pending = more;
        t->pending_cap = cap;
    }
    t->pending[t->pending_n++] = tile;
    put(t, tile);
    return PLUMB_OK;
}

static enum plumb_code
append_one(struct tree *t, const struct plumb_digest *leaf, struct plumb_err *err)
{
    struct plumb_digest hash = *leaf;

    for (unsigned level = 0; level < LEVELS; level++) {
        struct tile *tile = t->now.edge[level];

        if (tile == NULL) {
            tile = new_tile(level, complete(t->now.size, level));
            if (tile == NULL)
                return plumb_fail_memory(err);
            t->now.edge[level] = tile;
        }
        add_hash(tile, t->now.width[level]++, &hash);
        if (t->now.width[level] < PLUMB_TILE_WIDTH)
            break;
        PLUMB_TRY(completed(t, tile, err));
        t->now.edge[level] = NULL;
        t->now.width[level] = 0;
        hash = *node_at(tile, HEIGHT, 0);
    }
    t->now.size++;
    return PLUMB_OK;
}

static bool
is_edge_of(const struct mark *m, const struct tile *tile)
{
    return m->edge[tile->level] == tile;
}

/* Back to a mark of this batch, when pending_n tiles were pending. */
static void
restore(struct tree *t, const struct mark *mark, size_t pending_n)
{
    for (unsigned level = 0; level < LEVELS; level++) {
        struct tile *tile = t->now.edge[level];
        if (tile != NULL && !is_edge_of(mark, tile))
            free(tile);
    }
    while (t->pending_n > pending_n) {
        struct tile *tile = t->pending[--t->pending_n];
        take_out(t, tile);
        if (!is_edge_of(mark, tile))
            free(tile);
    }
    t->now = *mark;
}

enum plumb_code
tree_append(struct tree *t, const struct plumb_digest *leaves, size_t n, struct plumb_err *err)
{
    const struct mark before = t->now;
    size_t pending_n = t->pending_n;

    for (size_t i = 0; i < n; i++) {
        enum plumb_code code = append_one(t, &leaves[i], err);
        if (code != PLUMB_OK) {
            restore(t, &before, pending_n);
            return code;
        }
    }
    return PLUMB_OK;
}

enum plumb_code
tree_store(struct tree *t, struct db *db, struct plumb_err *err)
{
    PLUMB_AUTO(auto_free) struct db_tile *tiles = NULL;

    if (t->pending_n == 0)
        return PLUMB_OK;
    tiles = calloc(t->pending_n, sizeof *tiles);
    if (tiles == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < t->pending_n; i++) {
        struct tile *tile = t->pending[i];
        tiles[i] =
            (struct db_tile){ tile->level, tile->n, tile->node, *node_at(tile, HEIGHT, 0) };
    }
    return db_tile_insert(db, tiles, t->pending_n, err);
}

void
tree_commit(struct tree *t)
{
    for (size_t i = 0; i < t->pending_n; i++)
        cache(t, t->pending[i]);
    t->pending_n = 0;
    t->committed = t->now;
}

void
tree_rollback(struct tree *t)
{
    restore(t, &t->committed, 0);
}

/* A complete tile: pending, cached, or read and cached. */
static enum plumb_code
complete_tile(struct tree *t, struct db *db, unsigned level, uint64_t n, struct tile **ret,
              struct plumb_err *err)
{
    struct plumb_digest hashes[PLUMB_TILE_WIDTH];
    struct tile *tile, *found = find(t, level, n);

    if (found != NULL) {
        if (found->newer != NULL) { /* cached, not pending */
            ring_remove(found);
            ring_add(t, found);
        }
        *ret = found;
        return PLUMB_OK;
    }
    if (db == NULL)
        return plumb_fail(err, PLUMB_INTERNAL, "log.tile", "", "the edge asks for a tile");
    PLUMB_TRY(db_tile_get(db, level, n, hashes, err));
    tile = new_tile(level, n);
    if (tile == NULL)
        return plumb_fail_memory(err);
    for (unsigned w = 0; w < PLUMB_TILE_WIDTH; w++)
        add_hash(tile, w, &hashes[w]);
    put(t, tile);
    cache(t, tile);
    *ret = tile;
    return PLUMB_OK;
}

struct source {
    struct tree *t;
    struct db *db;
};

/* plumb_node_fn: the root of 2^level leaves is a node of a tile of level / 8. */
static enum plumb_code
node(void *arg, unsigned level, uint64_t n, struct plumb_digest *ret, struct plumb_err *err)
{
    const struct source *s = arg;
    unsigned at = level / HEIGHT, h = level % HEIGHT;
    uint64_t tile_n = n >> (HEIGHT - h), i = n & ((1U << (HEIGHT - h)) - 1);
    struct tile *tile = NULL;

    if (at >= LEVELS)
        return plumb_fail(err, PLUMB_INTERNAL, "log.tile", "", "no level %u", level);
    uint64_t full = complete(s->t->now.size, at);
    if (tile_n > full || (tile_n == full && (i + 1) << h > s->t->now.width[at]))
        return plumb_fail(err, PLUMB_INTERNAL, "log.tile", "",
                          "node %u/%" PRIu64 " is not complete", level, n);
    if (tile_n == full)
        tile = s->t->now.edge[at];
    else
        PLUMB_TRY(complete_tile(s->t, s->db, at, tile_n, &tile, err));
    *ret = *node_at(tile, h, i);
    return PLUMB_OK;
}

static enum plumb_code
check_size(const struct tree *t, uint64_t size, struct plumb_err *err)
{
    if (size > t->now.size)
        return plumb_fail(err, PLUMB_NOT_FOUND, "log.size", "",
                          "the log has %" PRIu64 " entries, not %" PRIu64, t->now.size, size);
    return PLUMB_OK;
}

enum plumb_code
tree_root(struct tree *t, struct plumb_digest *ret, struct plumb_err *err)
{
    return tree_root_at(t, NULL, t->now.size, ret, err);
}

enum plumb_code
tree_root_at(struct tree *t, struct db *db, uint64_t size, struct plumb_digest *ret,
             struct plumb_err *err)
{
    struct source s = { t, db };

    PLUMB_TRY(check_size(t, size, err));
    return plumb_root_build(size, node, &s, ret, err);
}

enum plumb_code
tree_inclusion(struct tree *t, struct db *db, uint64_t index, uint64_t size,
               struct plumb_digest ret[PLUMB_PROOF_MAX], size_t *ret_n, struct plumb_err *err)
{
    struct source s = { t, db };

    PLUMB_TRY(check_size(t, size, err));
    if (index >= size)
        return plumb_fail(err, PLUMB_NOT_FOUND, "log.index", "",
                          "no entry %" PRIu64 " among %" PRIu64, index, size);
    return plumb_inclusion_build(index, size, node, &s, ret, ret_n, err);
}

enum plumb_code
tree_consistency(struct tree *t, struct db *db, uint64_t size1, uint64_t size2,
                 struct plumb_digest ret[PLUMB_PROOF_MAX], size_t *ret_n, struct plumb_err *err)
{
    struct source s = { t, db };

    PLUMB_TRY(check_size(t, size2, err));
    if (size1 > size2)
        return plumb_fail(err, PLUMB_NOT_FOUND, "log.size", "",
                          "size %" PRIu64 " is beyond %" PRIu64, size1, size2);
    return plumb_consistency_build(size1, size2, node, &s, ret, ret_n, err);
}
