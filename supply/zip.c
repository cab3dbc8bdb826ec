#include "supply/zip.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "lib/own.h"
#include "supply/zip_directory.h"

#define LOCAL_SIZE 30u
#define ZIP_LATER  0x08074b50u
#define PIECE      (64u << 10)

struct zip {
    struct zip_source source; /* what its arg points to is borrowed */
    struct zip_directory directory;
    z_stream inflater;
    bool inflating; /* the inflater was made */
    uint8_t piece[PIECE];
};

bool
zip_is(const void *data, size_t len)
{
    return len >= ZIP_MAGIC &&
           (memcmp(data, "PK\3\4", 4) == 0 || memcmp(data, "PK\5\6", 4) == 0);
}

static bool
read_memory(void *arg, uint64_t at, void *into, size_t len)
{
    const struct plumb_bytes *bytes = arg;

    if (at > bytes->len || len > bytes->len - at)
        return false;
    if (len > 0)
        memcpy(into, bytes->data + at, len);
    return true;
}

struct zip_source
zip_memory(const struct plumb_bytes *bytes)
{
    return (struct zip_source){ read_memory, (void *)(uintptr_t)bytes, bytes->len };
}

void
zip_close(struct zip *z)
{
    if (z == NULL)
        return;
    if (z->inflating)
        (void)inflateEnd(&z->inflater);
    zip_directory_clear(&z->directory);
    free(z);
}

PLUMB_DEFINE_AUTO(auto_zip, struct zip *, zip_close);

enum plumb_code
zip_open(const struct zip_source *source, const struct zip_limits *limits, struct zip **ret,
         struct plumb_err *err)
{
    PLUMB_AUTO(auto_zip) struct zip *z = calloc(1, sizeof *z);

    if (z == NULL || inflateInit2(&z->inflater, -MAX_WBITS) != Z_OK)
        return plumb_fail_memory(err);
    z->inflating = true;
    z->source = *source;
    PLUMB_TRY(zip_directory_read(source, limits, &z->directory, err));
    *ret = PLUMB_TAKE(z);
    return PLUMB_OK;
}

size_t
zip_count(const struct zip *z)
{
    return z->directory.nfiles;
}

void
zip_where(const struct zip *z, size_t i, char ret[ZIP_WHERE])
{
    const struct zip_file *f = &z->directory.files[i];

    (void)snprintf(ret, ZIP_WHERE, "entry %zu: %.*s", f->number, (int)f->name_len, f->name);
}

static enum plumb_code
fail(const struct zip *z, const struct zip_file *f, enum plumb_code code, const char *rule,
     const char *what, struct plumb_err *err)
{
    char where[ZIP_WHERE];

    zip_where(z, (size_t)(f - z->directory.files), where);
    return plumb_fail(err, code, rule, where, "%s", what);
}

static enum plumb_code
fail_data(const struct zip *z, const struct zip_file *f, struct plumb_err *err)
{
    return fail(z, f, PLUMB_INVALID, "zip.data",
                "does not give the bytes that the directory speaks of", err);
}

/* What the file's own header says again is what the directory says, or left to what follows
 * the data. */
static bool
agrees(const struct zip_file *f, const uint8_t *header, const char *name)
{
    const bool later = (f->flags & ZIP_SIZES_LATER) != 0;

    return zip_le32(header) == ZIP_LOCAL && zip_le16(header + 6) == f->flags &&
           zip_le16(header + 8) == f->method && zip_le16(header + 26) == f->name_len &&
           memcmp(name, f->name, f->name_len) == 0 &&
           (later || (zip_le32(header + 14) == f->crc && zip_le32(header + 18) == f->packed &&
                      zip_le32(header + 22) == f->size));
}

/* What follows the data of a file whose header had no sizes: perhaps a signature, a checksum,
 * and two sizes of four bytes each, or of eight. */
static bool
agrees_later(const struct zip_file *f, const uint8_t *after, size_t len)
{
    const bool wide = len == 20 || len == 24;
    const uint8_t *p = len == 16 || len == 24 ? after + 4 : after;

    if (len != 12 && len != 16 && !wide)
        return false;
    return (p == after || zip_le32(after) == ZIP_LATER) && zip_le32(p) == f->crc &&
           zip_le32(p + 4) == f->packed && zip_le32(p + (wide ? 12 : 8)) == f->size &&
           (!wide || (zip_le32(p + 8) == 0 && zip_le32(p + 16) == 0));
}

/* Nothing but that lies between its data and what comes next. */
static enum plumb_code
check_after(struct zip *z, const struct zip_file *f, uint64_t at, struct plumb_err *err)
{
    const uint64_t len = f->end - at;
    uint8_t after[24];

    if ((f->flags & ZIP_SIZES_LATER) == 0 && len == 0)
        return PLUMB_OK;
    if ((f->flags & ZIP_SIZES_LATER) == 0 || len > sizeof after)
        return fail(z, f, PLUMB_INVALID, "zip.form", "something lies after its data", err);
    if (!z->source.read(z->source.arg, at, after, (size_t)len))
        return fail(z, f, PLUMB_UNAVAILABLE, "zip.read", "cannot be read", err);
    return agrees_later(f, after, (size_t)len)
               ? PLUMB_OK
               : fail(z, f, PLUMB_INVALID, "zip.local",
                      "what follows its data tells another story than the directory", err);
}

/* Where its data begins. */
static enum plumb_code
find_data(struct zip *z, const struct zip_file *f, uint64_t *ret, struct plumb_err *err)
{
    uint8_t header[LOCAL_SIZE + ZIP_NAME_MAX];

    if (!z->source.read(z->source.arg, f->local, header, LOCAL_SIZE + f->name_len))
        return fail(z, f, PLUMB_UNAVAILABLE, "zip.read", "cannot be read", err);
    if (!agrees(f, header, (const char *)header + LOCAL_SIZE))
        return fail(z, f, PLUMB_INVALID, "zip.local",
                    "its own header tells another story than the directory", err);
    *ret = (uint64_t)f->local + LOCAL_SIZE + f->name_len + zip_le16(header + 28);
    if (*ret + f->packed > f->end)
        return fail(z, f, PLUMB_INVALID, "zip.overlap", "reaches into what comes after it",
                    err);
    return check_after(z, f, *ret + f->packed, err);
}

/* Until all of it is there: not a byte in is left, nor one out. */
static enum plumb_code
inflate_all(struct zip *z, const struct zip_file *f, uint64_t at, uint8_t *into,
            struct plumb_err *err)
{
    z_stream *s = &z->inflater;
    uint64_t left = f->packed;
    int got = inflateReset(s);

    s->next_out = into;
    s->avail_out = f->size;
    while (got == Z_OK && left > 0) {
        const size_t n = left < PIECE ? (size_t)left : PIECE;

        if (!z->source.read(z->source.arg, at, z->piece, n))
            return fail(z, f, PLUMB_UNAVAILABLE, "zip.read", "cannot be read", err);
        s->next_in = z->piece;
        s->avail_in = (uInt)n;
        at += n;
        left -= n;
        got = inflate(s, Z_NO_FLUSH);
        if (got == Z_OK && s->avail_in > 0)
            break; /* there is no room for what it still has */
    }
    if (got == Z_MEM_ERROR)
        return plumb_fail_memory(err);
    return got == Z_STREAM_END && left == 0 && s->avail_in == 0 && s->avail_out == 0
               ? PLUMB_OK
               : fail_data(z, f, err);
}

enum plumb_code
zip_read(struct zip *z, size_t i, struct plumb_bytes *ret, struct plumb_err *err)
{
    const struct zip_file *f = &z->directory.files[i];
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { NULL, f->size };
    uint64_t at;

    PLUMB_TRY(find_data(z, f, &at, err));
    bytes.data = malloc((size_t)f->size + 1);
    if (bytes.data == NULL)
        return plumb_fail_memory(err);
    bytes.data[f->size] = '\0';
    if (f->method == ZIP_DEFLATED)
        PLUMB_TRY(inflate_all(z, f, at, bytes.data, err));
    else if (!z->source.read(z->source.arg, at, bytes.data, f->size))
        return fail(z, f, PLUMB_UNAVAILABLE, "zip.read", "cannot be read", err);
    if (crc32(0, bytes.data, f->size) != f->crc)
        return fail_data(z, f, err);
    *ret = bytes;
    bytes = (struct plumb_bytes){ NULL, 0 };
    return PLUMB_OK;
}
