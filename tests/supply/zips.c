#include "tests/t.h"

#include "tests/supply/zips.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

struct writing {
    struct plumb_bytes bytes;
    struct placed {
        uint32_t at, packed, size, crc;
        unsigned method, flags;
    } placed[64];
};

static void
put(struct writing *w, const void *data, size_t len)
{
    w->bytes.data = realloc(w->bytes.data, w->bytes.len + len + 1);
    assert_non_null(w->bytes.data);
    if (len > 0)
        memcpy(w->bytes.data + w->bytes.len, data, len);
    w->bytes.len += len;
}

static void
put_le(struct writing *w, uint64_t value, size_t len)
{
    for (size_t i = 0; i < len; i++)
        put(w, &(uint8_t){ (uint8_t)(value >> 8 * i) }, 1);
}

static size_t
name_len(const struct zips_entry *e)
{
    return e->name_len > 0 ? e->name_len : strlen(e->name);
}

static uint8_t *
pack(const struct zips_entry *e, size_t *ret_len)
{
    const size_t len = strlen(e->data);
    uint8_t *packed = malloc(compressBound(len) + 16);
    z_stream s = { .next_in = (Bytef *)(uintptr_t)e->data,
                   .avail_in = (uInt)len,
                   .next_out = packed,
                   .avail_out = (uInt)compressBound(len) + 16 };

    assert_non_null(packed);
    if (!e->deflate) {
        memcpy(packed, e->data, len);
        *ret_len = len;
        return packed;
    }
    assert_int_equal(Z_OK, deflateInit2(&s, 9, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY));
    assert_int_equal(Z_STREAM_END, deflate(&s, Z_FINISH));
    *ret_len = s.total_out;
    assert_int_equal(Z_OK, deflateEnd(&s));
    return packed;
}

static void
put_entry(struct writing *w, const struct zips_entry *e, struct placed *p)
{
    const uint32_t len = (uint32_t)strlen(e->data);
    const char *name = e->local != NULL ? e->local : e->name;
    size_t packed_len;
    uint8_t *packed = pack(e, &packed_len);

    *p = (struct placed){ .at = e->at_first ? 0 : (uint32_t)w->bytes.len,
                          .packed = (uint32_t)packed_len + e->packed_more,
                          .size = e->size > 0 ? e->size : len,
                          .crc = (uint32_t)crc32(0, (const Bytef *)e->data, len) + e->wrong,
                          .method = e->method > 0 ? e->method : (e->deflate ? 8u : 0u),
                          .flags = e->flags | (e->later ? 8u : 0u) };
    put_le(w, 0x04034b50, 4);
    put_le(w, 20, 2);
    put_le(w, p->flags, 2);
    put_le(w, p->method, 2);
    put_le(w, 0, 4); /* when */
    put_le(w, e->later ? 0 : p->crc, 4);
    put_le(w, e->later ? 0 : p->packed, 4);
    put_le(w, e->later ? 0 : (e->local_size > 0 ? e->local_size : p->size), 4);
    put_le(w, name_len(e), 2);
    put_le(w, 0, 2);
    put(w, name, name_len(e));
    put(w, packed, packed_len);
    free(packed);
    if (e->later) {
        put_le(w, 0x08074b50, 4);
        put_le(w, p->crc, 4);
        put_le(w, p->packed, 4);
        put_le(w, e->local_size > 0 ? e->local_size : p->size, 4);
    }
    if (e->hidden != NULL)
        put(w, e->hidden, strlen(e->hidden));
}

static void
put_record(struct writing *w, const struct zips_entry *e, const struct placed *p)
{
    put_le(w, 0x02014b50, 4);
    put_le(w, 20 | e->made_on << 8, 2);
    put_le(w, 20, 2);
    put_le(w, p->flags, 2);
    put_le(w, p->method, 2);
    put_le(w, 0, 4);
    put_le(w, p->crc, 4);
    put_le(w, p->packed, 4);
    put_le(w, p->size, 4);
    put_le(w, name_len(e), 2);
    put_le(w, 0, 8); /* extra, comment, disk, internal */
    put_le(w, e->attributes, 4);
    put_le(w, p->at, 4);
    put(w, e->name, name_len(e));
}

static void
put_end64(struct writing *w, size_t n, size_t at, size_t end)
{
    put_le(w, 0x06064b50, 4);
    put_le(w, 44, 8);
    put_le(w, 45 | 45 << 16, 4);
    put_le(w, 0, 8);
    put_le(w, n, 8);
    put_le(w, n, 8);
    put_le(w, end - at, 8);
    put_le(w, at, 8);
    put_le(w, 0x07064b50, 4);
    put_le(w, 0, 4);
    put_le(w, end, 8);
    put_le(w, 1, 4);
}

static struct plumb_bytes
make(const struct zips_entry *entries, size_t n, bool large)
{
    struct writing w = { .bytes = { NULL, 0 } };
    size_t at, end;

    assert_true(n <= sizeof w.placed / sizeof w.placed[0]);
    for (size_t i = 0; i < n; i++)
        put_entry(&w, &entries[i], &w.placed[i]);
    at = w.bytes.len;
    for (size_t i = 0; i < n; i++)
        put_record(&w, &entries[i], &w.placed[i]);
    end = w.bytes.len;
    if (large)
        put_end64(&w, n, at, end);
    put_le(&w, 0x06054b50, 4);
    put_le(&w, 0, 4);
    put_le(&w, large ? 0xffff : n, 2);
    put_le(&w, large ? 0xffff : n, 2);
    put_le(&w, large ? 0xffffffff : end - at, 4);
    put_le(&w, large ? 0xffffffff : at, 4);
    put_le(&w, 0, 2);
    return w.bytes;
}

struct plumb_bytes
zips_make(const struct zips_entry *entries, size_t n)
{
    return make(entries, n, false);
}

struct plumb_bytes
zips_make_large(const struct zips_entry *entries, size_t n)
{
    return make(entries, n, true);
}
