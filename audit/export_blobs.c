#include "audit/export_blobs.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "audit/layout.h"
#include "lib/own.h"

PLUMB_DEFINE_AUTO(auto_statement, struct plumb_statement *, plumb_statement_free);

/* From the directory, or fetched; not written yet. *ret_new false: it was there. A blob that is
 * not to be had is empty, and odd. */
static enum plumb_code
fetch(struct export *x, uint64_t index, const struct plumb_digest *digest,
      struct plumb_bytes *ret, bool *ret_new, struct plumb_err *err)
{
    struct plumb_digest got;
    char path[LAYOUT_PATH];
    enum plumb_code code;

    layout_blob(digest, path);
    *ret_new = !audit_dir_has(x->dir, path);
    if (!*ret_new)
        return audit_dir_read(x->dir, path, LAYOUT_BLOB_MAX, ret, err);
    code = x->from->blob(x->from->self, digest, ret, err);
    if (code == PLUMB_NOT_FOUND) {
        export_odd(x, "entry %" PRIu64 " names %s, which is not there", index, path);
        *ret_new = false;
        return PLUMB_OK;
    }
    PLUMB_TRY(code);
    plumb_sha256(ret->data, ret->len, &got);
    if (!plumb_digest_eq(&got, digest))
        export_odd(x, "entry %" PRIu64 " names %s, whose bytes are others", index, path);
    return PLUMB_OK;
}

static enum plumb_code
keep(struct export *x, const struct plumb_digest *digest, const struct plumb_bytes *bytes,
     struct plumb_err *err)
{
    char path[LAYOUT_PATH];

    layout_blob(digest, path);
    PLUMB_TRY(audit_dir_put(x->dir, path, bytes->data, bytes->len, err));
    x->ret.blobs++;
    x->ret.bytes += bytes->len;
    return PLUMB_OK;
}

/*
 * A part of a bundle: the content (depth 2) names buckets, they name sections. Children are
 * written before what names them, so that one which is there needs nothing more.
 */
static enum plumb_code
take_part(struct export *x, uint64_t index, const struct plumb_digest *digest, unsigned depth,
          struct plumb_err *err)
{
    static const char *const lists[] = { "payloads", "revoked" };
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { 0 };
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;
    struct plumb_digest child;
    const char *name;
    json_t *value;
    bool is_new;

    PLUMB_TRY(fetch(x, index, digest, &bytes, &is_new, err));
    if (!is_new)
        return PLUMB_OK;
    if (depth > 0)
        (void)!plumb_json_load(bytes.data, bytes.len, LAYOUT_BLOB_MAX, PLUMB_JSON_DEPTH, &json,
                               NULL); /* what is no JSON names nothing */
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        json_object_foreach(json_object_get(json, lists[i]), name, value)
            if (json_is_string(value) &&
                plumb_digest_parse(json_string_value(value), "", &child, NULL) == PLUMB_OK)
                PLUMB_TRY(take_part(x, index, &child, depth - 1, err));
    return keep(x, digest, &bytes, err);
}

/* What a statement names, with the bytes of what the engine reads, until it names no more. */
struct held {
    struct engine_blob *blobs;
    struct plumb_bytes *bytes;
    bool *fresh; /* to be written */
    size_t n, cap;
};

static void
held_clear(struct held *h)
{
    for (size_t i = 0; i < h->n; i++)
        plumb_bytes_clear(&h->bytes[i]);
    free(h->blobs);
    free(h->bytes);
    free(h->fresh);
}

static enum plumb_code
held_new(struct held *h, size_t max, struct plumb_err *err)
{
    h->blobs = calloc(max, sizeof *h->blobs);
    h->bytes = calloc(max, sizeof *h->bytes);
    h->fresh = calloc(max, sizeof *h->fresh);
    h->cap = max;
    return h->blobs != NULL && h->bytes != NULL && h->fresh != NULL ? PLUMB_OK
                                                                    : plumb_fail_memory(err);
}

static bool
holds(const struct held *h, const struct plumb_digest *digest)
{
    for (size_t i = 0; i < h->n; i++)
        if (plumb_digest_eq(&h->blobs[i].digest, digest))
            return true;
    return false;
}

static enum plumb_code
hold(struct export *x, uint64_t index, const struct plumb_digest *digest, bool read,
     struct held *h, struct plumb_err *err)
{
    size_t i = h->n++;

    h->blobs[i].digest = *digest;
    if (!read)
        return take_part(x, index, digest, 0, err);
    PLUMB_TRY(fetch(x, index, digest, &h->bytes[i], &h->fresh[i], err));
    h->blobs[i].data = h->bytes[i].data;
    h->blobs[i].len = h->bytes[i].len;
    return PLUMB_OK;
}

static enum plumb_code
take_named(struct export *x, uint64_t index, const struct plumb_statement *s,
           struct plumb_err *err)
{
    PLUMB_AUTO(auto_free) struct plumb_digest *names = calloc(ENGINE_BLOBS_MAX, sizeof *names);
    PLUMB_AUTO(held_clear) struct held h = { 0 };
    size_t n = 0, read = 0, before;

    if (names == NULL)
        return plumb_fail_memory(err);
    do {
        before = h.n;
        if (engine_needs(s, h.blobs, h.n, names, ENGINE_BLOBS_MAX, &n, &read, NULL) != PLUMB_OK)
            break; /* a document that is none names nothing */
        if (n > 0 && h.blobs == NULL)
            PLUMB_TRY(held_new(&h, ENGINE_BLOBS_MAX, err));
        for (size_t i = 0; i < n && h.n < h.cap; i++)
            if (!holds(&h, &names[i]))
                PLUMB_TRY(hold(x, index, &names[i], i < read, &h, err));
    } while (read > 0 && h.n > before);
    for (size_t i = 0; i < h.n; i++)
        if (h.fresh[i])
            PLUMB_TRY(keep(x, &h.blobs[i].digest, &h.bytes[i], err));
    return PLUMB_OK;
}

/* Of an evaluation, what the service signed for others' tools. */
static enum plumb_code
take_summary(struct export *x, uint64_t index, const struct plumb_digest *release,
             struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { 0 };
    char path[LAYOUT_PATH];
    enum plumb_code code;

    layout_summary(release, path);
    if (x->from->summary == NULL || audit_dir_has(x->dir, path))
        return PLUMB_OK;
    code = x->from->summary(x->from->self, release, &bytes, err);
    if (code == PLUMB_NOT_FOUND) {
        export_odd(x, "entry %" PRIu64 " is an evaluation, and %s is not there", index, path);
        return PLUMB_OK;
    }
    PLUMB_TRY(code);
    PLUMB_TRY(audit_dir_put(x->dir, path, bytes.data, bytes.len, err));
    x->ret.bytes += bytes.len;
    return PLUMB_OK;
}

enum plumb_code
export_blobs(struct export *x, const struct audit_item *item, struct plumb_err *err)
{
    PLUMB_AUTO(auto_statement) struct plumb_statement *s = audit_item_peek(item);

    if (s == NULL)
        return PLUMB_OK;
    if (s->kind == PLUMB_KIND_PUBLICATION)
        return take_part(x, item->index, &s->u.publication.content, 2, err);
    if (s->kind == PLUMB_KIND_EVALUATION)
        return take_summary(x, item->index, &s->u.evaluation.release, err);
    return take_named(x, item->index, s, err);
}
