#include "audit/export.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/batch.h"
#include "audit/export_blobs.h"
#include "audit/layout.h"
#include "lib/own.h"

/* --- notes --- */

void
export_odd(struct export *x, const char *fmt, ...)
{
    va_list args;

    if (x->ret.odd++ > 0)
        return;
    va_start(args, fmt);
    (void)vsnprintf(x->ret.why, sizeof x->ret.why, fmt, args);
    va_end(args);
}

static enum plumb_code
put(struct export *x, const char *path, const struct plumb_bytes *bytes, struct plumb_err *err)
{
    PLUMB_TRY(audit_dir_put(x->dir, path, bytes->data, bytes->len, err));
    x->ret.bytes += bytes->len;
    return PLUMB_OK;
}

/* --- one bundle and its tile --- */

/* The blobs first: a bundle that is there needs nothing more. */
static enum plumb_code
take_blobs(struct export *x, const struct audit_batch *batch, struct plumb_err *err)
{
    for (size_t i = 0; i < batch->n; i++)
        PLUMB_TRY(export_blobs(x, &batch->items[i], err));
    return PLUMB_OK;
}

static enum plumb_code
compare(struct export *x, const struct audit_batch *batch, const struct plumb_bytes *tile,
        struct plumb_err *err)
{
    (void)err;
    for (size_t i = 0; i < batch->n; i++) {
        struct plumb_digest leaf;

        plumb_leaf_hash(batch->items[i].data, batch->items[i].len, &leaf);
        if (memcmp(leaf.b, tile->data + i * PLUMB_DIGEST_LEN, sizeof leaf.b) != 0)
            export_odd(x, "entry %" PRIu64 " is not the one whose hash is in the tile",
                       batch->items[i].index);
    }
    return PLUMB_OK;
}

static enum plumb_code
take_bundle(struct export *x, uint64_t n, unsigned width, struct plumb_err *err)
{
    struct audit_batch *batch = x->batch;
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes tile = { 0 };
    char entries[LAYOUT_PATH], hashes[LAYOUT_PATH];
    uint64_t bundle = n;

    layout_entries(n, width, entries);
    layout_tile(0, n, width, hashes);
    if (audit_dir_has(x->dir, entries) && audit_dir_has(x->dir, hashes)) {
        x->ret.before += width;
        return PLUMB_OK;
    }
    audit_batch_clear(batch);
    PLUMB_TRY(audit_batch_read(batch, x->from, &bundle, n * PLUMB_TILE_WIDTH + width, err));
    PLUMB_TRY(audit_fetch_tile(x->from, 0, n, width, &tile, err));
    PLUMB_TRY(compare(x, batch, &tile, err));
    PLUMB_TRY(take_blobs(x, batch, err));
    PLUMB_TRY(put(x, hashes, &tile, err));
    PLUMB_TRY(put(x, entries, &batch->bundles[0], err));
    x->ret.tiles++;
    x->ret.bundles++;
    return PLUMB_OK;
}

/* What was partial before and is complete now; readers of the old checkpoint take the whole. */
static void
drop_partial(struct export *x, uint64_t old_size)
{
    for (unsigned level = 0; level < 8; level++) {
        uint64_t n = old_size >> (level * 8) >> 8;
        unsigned was = audit_tile_width(level, n, old_size);
        unsigned is = audit_tile_width(level, n, x->ret.head.size);
        char path[LAYOUT_PATH];

        if (was == 0 || was == PLUMB_TILE_WIDTH || is != PLUMB_TILE_WIDTH)
            continue;
        layout_tile(level, n, was, path);
        audit_dir_remove(x->dir, path);
        layout_entries(n, was, path);
        if (level == 0)
            audit_dir_remove(x->dir, path);
    }
}

/* --- the rest --- */

static enum plumb_code
take_tiles_above(struct export *x, struct plumb_err *err)
{
    for (unsigned level = 1; level < 8; level++) {
        unsigned width;

        for (uint64_t n = 0; (width = audit_tile_width(level, n, x->ret.head.size)) > 0; n++) {
            PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes tile = { 0 };
            char path[LAYOUT_PATH];

            layout_tile(level, n, width, path);
            if (audit_dir_has(x->dir, path))
                continue;
            PLUMB_TRY(audit_fetch_tile(x->from, level, n, width, &tile, err));
            PLUMB_TRY(put(x, path, &tile, err));
            x->ret.tiles++;
        }
    }
    return PLUMB_OK;
}

static enum plumb_code
take_documents(struct export *x, struct plumb_err *err)
{
    for (int64_t version = 1; x->from->document != NULL; version++) {
        PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes document = { 0 };
        char path[LAYOUT_PATH];
        enum plumb_code code;

        layout_document(version, path);
        if (audit_dir_has(x->dir, path))
            continue;
        code = x->from->document(x->from->self, version, &document, err);
        if (code == PLUMB_NOT_FOUND)
            break;
        if (code != PLUMB_OK)
            return code;
        PLUMB_TRY(put(x, path, &document, err));
        x->ret.documents++;
    }
    return PLUMB_OK;
}

static enum plumb_code
fork_found(struct export *x, const struct plumb_bytes *note, const struct plumb_checkpoint *old,
           struct plumb_err *err)
{
    PLUMB_TRY(audit_dir_put(x->dir, LAYOUT_FORK, note->data, note->len, err));
    return plumb_fail(err, PLUMB_REFUSED, "export.fork", LAYOUT_FORK,
                      "the log of %" PRIu64 " entries does not continue the one of %" PRIu64
                      " that was exported before: history was rewritten. Both checkpoints are "
                      "kept, as proof",
                      x->ret.head.size, old->size);
}

/* Tiles as they are in the directory now, to the root of a checkpoint. */
static enum plumb_code
root_at(struct export *x, uint64_t size, struct plumb_digest *ret, struct plumb_err *err)
{
    struct audit_source own = audit_dir_source(x->dir);
    struct audit_tiles tiles = { &own, x->ret.head.size };

    return plumb_root_build(size, audit_tile_node, &tiles, ret, err);
}

static enum plumb_code
finish(struct export *x, const struct plumb_bytes *note, const struct plumb_checkpoint *old,
       struct plumb_err *err)
{
    struct plumb_digest root;

    PLUMB_TRY(root_at(x, old->size, &root, err));
    if (old->size > 0 && !plumb_digest_eq(&root, &old->root))
        return fork_found(x, note, old, err);
    PLUMB_TRY(root_at(x, x->ret.head.size, &root, err));
    if (!plumb_digest_eq(&root, &x->ret.head.root))
        export_odd(x, "the tiles do not make the root that the checkpoint signs");
    PLUMB_TRY(audit_dir_sync(x->dir, err));
    PLUMB_TRY(audit_dir_put(x->dir, LAYOUT_CHECKPOINT, note->data, note->len, err));
    drop_partial(x, old->size);
    return audit_dir_sync(x->dir, err);
}

static enum plumb_code
read_old(struct export *x, struct plumb_checkpoint *ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes note = { 0 };
    enum plumb_code code =
        audit_dir_read(x->dir, LAYOUT_CHECKPOINT, LAYOUT_NOTE_MAX, &note, err);

    *ret = (struct plumb_checkpoint){ .size = 0 };
    if (code == PLUMB_NOT_FOUND)
        return PLUMB_OK;
    PLUMB_TRY(code);
    return plumb_checkpoint_peek(note.data, note.len, ret, err);
}

static enum plumb_code
run(struct export *x, audit_progress_fn *progress, void *arg, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes note = { 0 };
    struct plumb_checkpoint old;
    unsigned width;

    PLUMB_TRY(x->from->checkpoint(x->from->self, &note, err));
    PLUMB_TRY(plumb_checkpoint_peek(note.data, note.len, &x->ret.head, err));
    PLUMB_TRY(read_old(x, &old, err));
    if (old.size > x->ret.head.size ||
        (old.size > 0 && strcmp(old.origin, x->ret.head.origin) != 0))
        return fork_found(x, &note, &old, err);
    for (uint64_t n = 0; (width = audit_tile_width(0, n, x->ret.head.size)) > 0; n++) {
        PLUMB_TRY(take_bundle(x, n, width, err));
        if (progress != NULL &&
            !progress(arg, "exporting", n * PLUMB_TILE_WIDTH + width, x->ret.head.size))
            return plumb_fail(err, PLUMB_REFUSED, "audit.stopped", "", "stopped");
    }
    PLUMB_TRY(take_tiles_above(x, err));
    PLUMB_TRY(take_documents(x, err));
    return finish(x, &note, &old, err);
}

enum plumb_code
audit_export(const struct audit_source *from, struct audit_dir *dir,
             audit_progress_fn *progress, void *arg, struct audit_exported *ret,
             struct plumb_err *err)
{
    struct export x = { .from = from, .dir = dir };
    enum plumb_code code = audit_batch_new(&x.batch, err);

    if (code == PLUMB_OK)
        code = run(&x, progress, arg, err);
    audit_batch_free(x.batch);
    if (code == PLUMB_OK)
        *ret = x.ret;
    return code;
}
