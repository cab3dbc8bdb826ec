/* The blobs that an entry names: there, and of their digests. */
#include <stdio.h>
#include <stdlib.h>

#include "audit/state.h"
#include "lib/own.h"

void
audit_blobs_clear(struct audit_blobs *b)
{
    for (size_t i = 0; i < b->n; i++)
        plumb_bytes_clear(&b->bytes[i]);
    free(b->blobs);
    free(b->bytes);
    *b = (struct audit_blobs){ 0 };
}

static bool
has(const struct audit_blobs *b, const struct plumb_digest *digest)
{
    for (size_t i = 0; i < b->n; i++)
        if (plumb_digest_eq(&b->blobs[i].digest, digest))
            return true;
    return false;
}

static enum plumb_code
reserve(struct audit_blobs *b, size_t n, struct plumb_err *err)
{
    struct engine_blob *blobs;
    struct plumb_bytes *bytes;

    if (n <= b->cap)
        return PLUMB_OK;
    blobs = realloc(b->blobs, n * sizeof *blobs);
    if (blobs == NULL)
        return plumb_fail_memory(err);
    b->blobs = blobs;
    bytes = realloc(b->bytes, n * sizeof *bytes);
    if (bytes == NULL)
        return plumb_fail_memory(err);
    b->bytes = bytes;
    b->cap = n;
    return PLUMB_OK;
}

/* One blob into b. The engine needs the bytes of those that it reads, and of the others only
 * that they are stored; so a fault of those ends nothing. */
static enum plumb_code
load_one(struct audit *a, const struct audit_item *item, const struct plumb_digest *digest,
         bool read, struct audit_blobs *b, bool *ret_ok, struct plumb_err *err)
{
    const struct audit_source *source = a->config.source;
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { 0 };
    struct plumb_digest got;
    char hex[PLUMB_DIGEST_HEX], where[80], people[128];
    enum plumb_code code = source->blob(source->self, digest, &bytes, err);

    if (code != PLUMB_OK && code != PLUMB_NOT_FOUND)
        return code;
    plumb_sha256(bytes.data != NULL ? (const void *)bytes.data : "", bytes.len, &got);
    if (code == PLUMB_OK && plumb_digest_eq(&got, digest)) {
        a->counts.blobs++;
        b->blobs[b->n] = (struct engine_blob){ *digest, bytes.data, bytes.len };
        b->bytes[b->n++] = (struct plumb_bytes){ PLUMB_TAKE(bytes.data), bytes.len };
        return PLUMB_OK;
    }
    plumb_digest_hex(digest, hex);
    (void)snprintf(where, sizeof where, "blobs/%s", hex);
    audit_people(a, item, people, sizeof people);
    *ret_ok = !read;
    if (!read) {
        b->blobs[b->n] = (struct engine_blob){ .digest = *digest };
        b->bytes[b->n++] = (struct plumb_bytes){ 0 };
    }
    if (code == PLUMB_NOT_FOUND)
        return audit_say(a, item->index, people, "blob.absent", where, err,
                         "the entry names a blob that is not there");
    return audit_say(a, item->index, people, "blob.digest", where, err,
                     "the blob's bytes are not those that the entry names");
}

enum plumb_code
audit_blobs_load(struct audit *a, const struct audit_item *item, struct audit_blobs *b,
                 bool *ret_ok, struct plumb_err *err)
{
    const struct plumb_statement *s = item->opened->statement;
    bool many = s->kind == PLUMB_KIND_GOVERNANCE;
    struct plumb_digest few[64];
    PLUMB_AUTO(auto_free) struct plumb_digest *heap = NULL;
    struct plumb_digest *digests = few;
    size_t max = sizeof few / sizeof few[0], n, nread, before;

    *ret_ok = true;
    if (many) {
        max = ENGINE_BLOBS_MAX;
        digests = heap = calloc(max, sizeof *heap);
        if (heap == NULL)
            return plumb_fail_memory(err);
    }
    /* A document that was read may name more: ask until nothing new is named. */
    do {
        struct plumb_err what;

        before = b->n;
        if (engine_needs(s, b->blobs, b->n, digests, max, &n, &nread, &what) != PLUMB_OK)
            return what.code == PLUMB_NO_MEMORY ? plumb_fail_memory(err)
                                                : PLUMB_OK; /* the engine will say it */
        PLUMB_TRY(reserve(b, n + 1, err));
        for (size_t i = 0; i < n && *ret_ok; i++)
            if (!has(b, &digests[i]))
                PLUMB_TRY(load_one(a, item, &digests[i], i < nread, b, ret_ok, err));
    } while (*ret_ok && nread > 0 && b->n > before);
    return PLUMB_OK;
}
