#include "audit/batch.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"

enum plumb_code
audit_batch_new(struct audit_batch **ret, struct plumb_err *err)
{
    struct audit_batch *b = calloc(1, sizeof *b);

    if (b == NULL)
        return plumb_fail_memory(err);
    b->items = calloc((size_t)AUDIT_BUNDLES_MAX * PLUMB_TILE_WIDTH, sizeof *b->items);
    if (b->items == NULL) {
        free(b);
        return plumb_fail_memory(err);
    }
    *ret = b;
    return PLUMB_OK;
}

void
audit_batch_clear(struct audit_batch *b)
{
    for (size_t i = 0; i < b->n; i++) {
        plumb_signed_free(b->items[i].opened);
        json_decref(b->items[i].envelope);
    }
    for (size_t i = 0; i < b->nbundles; i++)
        plumb_bytes_clear(&b->bundles[i]);
    b->n = b->nbundles = 0;
}

void
audit_batch_free(struct audit_batch *b)
{
    if (b == NULL)
        return;
    audit_batch_clear(b);
    free(b->items);
    free(b);
}

/* C2SP tlog-tiles, "Log entries": a big-endian length of two bytes before each. */
static enum plumb_code
take_entries(struct audit_batch *b, const struct plumb_bytes *bundle, uint64_t first,
             unsigned width, bool longer, struct plumb_err *err)
{
    size_t at = 0;

    for (unsigned i = 0; i < width; i++) {
        size_t len;

        if (bundle->len - at < 2)
            return plumb_fail(err, PLUMB_INVALID, "entries.form", "",
                              "the bundle ends after %u of %u entries", i, width);
        len = (size_t)bundle->data[at] << 8 | bundle->data[at + 1];
        at += 2;
        if (bundle->len - at < len)
            return plumb_fail(err, PLUMB_INVALID, "entries.form", "",
                              "the bundle ends inside entry %" PRIu64, first + i);
        b->items[b->n++] = (struct audit_item){
            .index = first + i,
            .data = bundle->data + at,
            .len = len,
        };
        at += len;
    }
    if (at != bundle->len && !longer)
        return plumb_fail(err, PLUMB_INVALID, "entries.form", "",
                          "%zu bytes too many stand after the last entry", bundle->len - at);
    return PLUMB_OK;
}

static enum plumb_code
read_bundle(struct audit_batch *b, const struct audit_source *source, uint64_t n,
            unsigned width, struct plumb_err *err)
{
    struct plumb_bytes *bundle = &b->bundles[b->nbundles];
    size_t before = b->n;
    char where[64];
    enum plumb_code code = source->entries(source->self, n, width, bundle, err);
    bool longer = code == PLUMB_NOT_FOUND && width < PLUMB_TILE_WIDTH;

    if (longer)
        code = source->entries(source->self, n, PLUMB_TILE_WIDTH, bundle, err);
    (void)snprintf(where, sizeof where, "tile/entries/%" PRIu64, n);
    if (code == PLUMB_NOT_FOUND)
        return plumb_fail(err, code, "entries.missing", where,
                          "entries %" PRIu64 " to %" PRIu64
                          " are not there, though the checkpoint covers them",
                          n * PLUMB_TILE_WIDTH, n * PLUMB_TILE_WIDTH + width - 1);
    PLUMB_TRY(code);
    b->nbundles++;
    code = take_entries(b, bundle, n * PLUMB_TILE_WIDTH, width, longer, err);
    if (code != PLUMB_OK) {
        b->n = before;
        return plumb_fail(err, code, "entries.form", where, "%s", err->msg);
    }
    return PLUMB_OK;
}

enum plumb_code
audit_batch_read(struct audit_batch *b, const struct audit_source *source, uint64_t *bundle,
                 uint64_t size, struct plumb_err *err)
{
    size_t bytes = 0;

    while (*bundle * PLUMB_TILE_WIDTH < size && b->nbundles < AUDIT_BUNDLES_MAX &&
           bytes < AUDIT_BATCH_BYTES) {
        uint64_t left = size - *bundle * PLUMB_TILE_WIDTH;

        PLUMB_TRY(read_bundle(b, source, *bundle,
                              left < PLUMB_TILE_WIDTH ? (unsigned)left : PLUMB_TILE_WIDTH,
                              err));
        bytes += b->bundles[b->nbundles - 1].len;
        ++*bundle;
    }
    return PLUMB_OK;
}

void
audit_item_open(struct audit_item *item, struct keyring *keys)
{
    plumb_leaf_hash(item->data, item->len, &item->leaf);
    if (plumb_entry_open(item->data, item->len, keyring_find, keys, &item->opened, &item->time,
                         &item->err) == PLUMB_OK) {
        item->read = true;
        return;
    }
    /* What is wrong, or not known yet, is looked at with the envelope at hand. */
    item->read = plumb_entry_read(item->data, item->len, &item->envelope, &item->time,
                                  &item->err) == PLUMB_OK;
    if (item->read)
        (void)!plumb_signed_open(item->envelope, keyring_find, keys, &item->opened, &item->err);
}

enum plumb_code
audit_fetch_tile(const struct audit_source *source, unsigned level, uint64_t n, unsigned width,
                 struct plumb_bytes *ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes tile = { 0 };
    enum plumb_code code = source->tile(source->self, level, n, width, &tile, err);
    size_t want = (size_t)width * PLUMB_DIGEST_LEN;
    char where[64];

    if (code == PLUMB_NOT_FOUND && width < PLUMB_TILE_WIDTH)
        code = source->tile(source->self, level, n, PLUMB_TILE_WIDTH, &tile, err);
    (void)snprintf(where, sizeof where, "tile/%u/%" PRIu64, level, n);
    if (code == PLUMB_NOT_FOUND)
        return plumb_fail(err, code, "tile.missing", where,
                          "the tile is not there, though the checkpoint covers it");
    PLUMB_TRY(code);
    if (tile.len != want && tile.len != (size_t)PLUMB_TILE_WIDTH * PLUMB_DIGEST_LEN)
        return plumb_fail(err, PLUMB_INVALID, "tile.form", where, "%zu bytes, not %zu",
                          tile.len, want);
    tile.len = want;
    *ret = (struct plumb_bytes){ PLUMB_TAKE(tile.data), want };
    return PLUMB_OK;
}

struct plumb_statement *
audit_item_peek(const struct audit_item *item)
{
    PLUMB_AUTO(plumb_json_auto) json_t *envelope = NULL;
    PLUMB_AUTO(plumb_dsse_clear) struct plumb_dsse dsse = { 0 };
    struct plumb_statement *s = NULL;
    struct plumb_jv root;
    plumb_time time;

    if (plumb_entry_read(item->data, item->len, &envelope, &time, NULL) != PLUMB_OK)
        return NULL;
    root = plumb_jv_root(envelope, "envelope");
    if (plumb_dsse_read(&root, &dsse, NULL) != PLUMB_OK ||
        plumb_statement_peek(dsse.payload.data, dsse.payload.len, &s, NULL) != PLUMB_OK)
        return NULL;
    return s;
}
