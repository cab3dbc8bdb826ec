/* Evidence packs: the input is what gzip is put around, so that mutations reach the files in
 * it; and the input as it is. What is read is what would be written, and no pack of nobody's
 * holds that was not signed. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "audit/pack_read.h"

#define LIMIT (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct plumb_bytes
gzipped(const uint8_t *data, size_t size)
{
    const uLong room = compressBound((uLong)size) + 64;
    struct plumb_bytes out = { .data = malloc(room) };
    z_stream z = { .next_in = (Bytef *)data, .avail_in = (uInt)size };

    assert(out.data != NULL);
    assert(deflateInit2(&z, 1, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    z.next_out = out.data;
    z.avail_out = (uInt)room;
    assert(deflate(&z, Z_FINISH) == Z_STREAM_END);
    out.len = z.total_out;
    (void)deflateEnd(&z);
    return out;
}

static void
check_archive(const struct archive *a)
{
    struct plumb_bytes again = { 0 };
    struct archive b = { .n = 0 };

    assert(archive_write(a->files, a->n, &again, NULL) == PLUMB_OK);
    assert(archive_read(again.data, again.len, LIMIT, &b, NULL) == PLUMB_OK);
    assert(a->tar.len == b.tar.len && memcmp(a->tar.data, b.tar.data, a->tar.len) == 0);
    archive_clear(&b);
    plumb_bytes_clear(&again);
}

static void
check_pack(const struct plumb_bytes *bytes)
{
    struct pack *p = NULL;
    struct plumb_err err = { 0 };
    json_t *report = NULL;

    if (pack_open(bytes->data, bytes->len, LIMIT, &p, &err) == PLUMB_OK) {
        const struct pack_trust trust = { .genesis = p->genesis };

        if (pack_audit(p, &trust, &report, &err) == PLUMB_OK)
            json_decref(report);
        else
            assert(err.rule[0] != '\0');
        pack_free(p);
    } else {
        assert(err.rule[0] != '\0');
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct plumb_bytes bytes;
    struct archive a = { .n = 0 };
    struct plumb_err err = { 0 };

    if (size > LIMIT)
        return 0;
    bytes = gzipped(data, size);
    if (archive_read(bytes.data, bytes.len, LIMIT, &a, &err) == PLUMB_OK) {
        check_archive(&a);
        archive_clear(&a);
    } else {
        assert(strncmp(err.rule, "archive.", 8) == 0);
    }
    check_pack(&bytes);
    plumb_bytes_clear(&bytes);
    if (archive_read(data, size, LIMIT, &a, &err) == PLUMB_OK) {
        check_archive(&a);
        archive_clear(&a);
    }
    return 0;
}
