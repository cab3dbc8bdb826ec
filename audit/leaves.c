/* The Merkle tree over the entries as they came, against the tiles and the checkpoint. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit/state.h"
#include "lib/own.h"

static const struct audit_item *
item_at(const struct audit_batch *batch, uint64_t index)
{
    if (batch == NULL || batch->n == 0 || index < batch->items[0].index ||
        index > batch->items[batch->n - 1].index)
        return NULL;
    return &batch->items[index - batch->items[0].index];
}

static enum plumb_code
say_differs(struct audit *a, const struct audit_batch *batch, unsigned level, uint64_t n,
            unsigned i, struct plumb_err *err)
{
    uint64_t index = n * PLUMB_TILE_WIDTH + i;
    const struct audit_item *item = level == 0 ? item_at(batch, index) : NULL;
    char where[64], people[128] = "";

    (void)snprintf(where, sizeof where, "tile/%u/%" PRIu64, level, n);
    if (level > 0)
        return audit_say(a, AUDIT_NO_ENTRY, NULL, "tile.hash", where, err,
                         "hash %u of the tile is not what the entries make", i);
    if (item != NULL)
        audit_people(a, item, people, sizeof people);
    return audit_say(a, index, people, "tile.hash", where, err,
                     "the entry is not the one whose hash is in the tile: one of them was "
                     "changed");
}

static enum plumb_code
check_tile(struct audit *a, const struct audit_batch *batch, unsigned level,
           struct plumb_err *err)
{
    const struct audit_level *l = &a->levels[level];
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes tile = { 0 };
    struct plumb_err what;
    enum plumb_code code;

    if (a->no_tiles)
        return PLUMB_OK;
    code = audit_fetch_tile(a->config.source, level, l->tile, l->n, &tile, &what);
    if (code == PLUMB_NOT_FOUND || code == PLUMB_INVALID) {
        a->no_tiles = code == PLUMB_NOT_FOUND;
        return audit_find(a, AUDIT_NO_ENTRY, NULL, &what, err);
    }
    if (code != PLUMB_OK)
        return audit_pass(&what, err);
    for (unsigned i = 0; i < l->n; i++)
        if (memcmp(tile.data + (size_t)i * PLUMB_DIGEST_LEN, l->hashes[i].b,
                   PLUMB_DIGEST_LEN) != 0)
            return say_differs(a, batch, level, l->tile, i, err);
    a->counts.tiles++;
    return PLUMB_OK;
}

static enum plumb_code
add(struct audit *a, const struct audit_batch *batch, const struct plumb_digest *leaf,
    struct plumb_err *err)
{
    struct plumb_digest hash = *leaf;

    for (unsigned level = 0; level < AUDIT_LEVELS; level++) {
        struct audit_level *l = &a->levels[level];

        l->hashes[l->n++] = hash;
        if (l->n < PLUMB_TILE_WIDTH)
            break;
        PLUMB_TRY(check_tile(a, batch, level, err));
        plumb_tree_root(l->hashes, l->n, &hash);
        l->tile++;
        l->n = 0;
    }
    return PLUMB_OK;
}

enum plumb_code
audit_leaf(struct audit *a, const struct audit_batch *batch, const struct audit_item *item,
           struct plumb_err *err)
{
    a->leaves++;
    return add(a, batch, &item->leaf, err);
}

/* A level's last hash may be of a subtree that is not complete: RFC 6962's split is the same.
 */
static void
root_of(const struct audit *a, struct plumb_digest *ret)
{
    struct plumb_digest hashes[PLUMB_TILE_WIDTH + 1];
    bool any = false;

    plumb_tree_root(NULL, 0, ret);
    for (unsigned level = 0; level < AUDIT_LEVELS; level++) {
        unsigned n = a->levels[level].n;

        memcpy(hashes, a->levels[level].hashes, n * sizeof hashes[0]);
        if (any)
            hashes[n++] = *ret;
        if (n > 0)
            plumb_tree_root(hashes, n, ret);
        any = n > 0;
    }
}

enum plumb_code
audit_root(struct audit *a, const struct audit_batch *last, struct plumb_err *err)
{
    struct plumb_digest root;
    char want[PLUMB_DIGEST_HEX], got[PLUMB_DIGEST_HEX];

    if (a->cut)
        return PLUMB_OK; /* that has been said */
    for (unsigned level = 0; level < AUDIT_LEVELS; level++)
        if (a->levels[level].n > 0)
            PLUMB_TRY(check_tile(a, last, level, err));
    root_of(a, &root);
    if (plumb_digest_eq(&root, &a->head.root))
        return PLUMB_OK;
    plumb_digest_hex(&a->head.root, want);
    plumb_digest_hex(&root, got);
    return audit_say(a, AUDIT_NO_ENTRY, NULL, "checkpoint.root", "checkpoint", err,
                     "it signs a tree of %" PRIu64 " entries with root %.16s..., these entries "
                     "make %.16s...: not this log's, or the log was changed",
                     a->head.size, want, got);
}
