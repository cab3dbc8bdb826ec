#include "audit/archive.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "lib/own.h"

#define BLOCK    512
#define GZIP     (16 + MAX_WBITS)
#define NOBODYS  255                       /* RFC 1952: the operating system is not known */
#define FIRST    (1 << 16)                 /* room to begin with */
#define FILE_MAX ((UINT64_C(1) << 33) - 1) /* eleven octal digits */

/* POSIX.1-2017 ustar: what is not here is zero. */
enum {
    AT_MODE = 100,
    AT_UID = 108,
    AT_GID = 116,
    AT_SIZE = 124,
    AT_TIME = 136,
    AT_SUM = 148,
    AT_TYPE = 156,
    AT_MAGIC = 257,
    AT_MAJOR = 329,
    AT_MINOR = 337,
};

static const uint8_t zeros[2 * BLOCK];

static void
put_header(const char *name, uint64_t size, uint8_t ret[BLOCK])
{
    char text[16];
    unsigned sum = 0;

    memset(ret, 0, BLOCK);
    memcpy(ret, name, strlen(name));
    memcpy(ret + AT_MODE, "0000644", 8);
    memcpy(ret + AT_UID, "0000000", 8);
    memcpy(ret + AT_GID, "0000000", 8);
    (void)snprintf(text, sizeof text, "%011llo", (unsigned long long)size);
    memcpy(ret + AT_SIZE, text, 12);
    memcpy(ret + AT_TIME, "00000000000", 12);
    memset(ret + AT_SUM, ' ', 8);
    ret[AT_TYPE] = '0';
    memcpy(ret + AT_MAGIC, "ustar\00000", 8);
    memcpy(ret + AT_MAJOR, "0000000", 8);
    memcpy(ret + AT_MINOR, "0000000", 8);
    for (size_t i = 0; i < BLOCK; i++)
        sum += ret[i];
    (void)snprintf(text, sizeof text, "%06o", sum);
    memcpy(ret + AT_SUM, text, 7);
}

static size_t
padding(uint64_t size)
{
    return (size_t)((BLOCK - size % BLOCK) % BLOCK);
}

/* --- writing --- */

struct packing {
    z_stream z;
    bool begun;
    struct plumb_bytes out;
    size_t room;
};

static void
packing_clear(struct packing *p)
{
    if (p->begun)
        (void)deflateEnd(&p->z);
    plumb_bytes_clear(&p->out);
}

static enum plumb_code
grow(struct plumb_bytes *bytes, size_t *room, size_t to, struct plumb_err *err)
{
    uint8_t *more = realloc(bytes->data, to + 1);

    if (more == NULL)
        return plumb_fail_memory(err);
    bytes->data = more;
    *room = to;
    return PLUMB_OK;
}

static enum plumb_code
push(struct packing *p, const void *data, size_t len, int flush, struct plumb_err *err)
{
    const uint8_t *at = data;
    int code = Z_OK;

    do {
        size_t chunk = len < UINT_MAX ? len : UINT_MAX;

        p->z.next_in = (Bytef *)at;
        p->z.avail_in = (uInt)chunk;
        at += chunk;
        len -= chunk;
        do {
            if (p->out.len == p->room)
                PLUMB_TRY(grow(&p->out, &p->room, 2 * p->room, err));
            p->z.next_out = p->out.data + p->out.len;
            p->z.avail_out =
                p->room - p->out.len < UINT_MAX ? (uInt)(p->room - p->out.len) : UINT_MAX;
            code = deflate(&p->z, len > 0 ? Z_NO_FLUSH : flush);
            p->out.len = (size_t)(p->z.next_out - p->out.data);
        } while (p->z.avail_out == 0 && code != Z_STREAM_END);
    } while (len > 0);
    return code == Z_STREAM_ERROR
               ? plumb_fail(err, PLUMB_INTERNAL, "archive.gzip", "", "zlib does not pack it")
               : PLUMB_OK;
}

enum plumb_code
archive_write(const struct archive_file *files, size_t n, struct plumb_bytes *ret,
              struct plumb_err *err)
{
    PLUMB_AUTO(packing_clear) struct packing p = { .begun = false };
    gz_header header = { .os = NOBODYS };
    uint8_t block[BLOCK];

    PLUMB_TRY(grow(&p.out, &p.room, FIRST, err));
    if (deflateInit2(&p.z, Z_BEST_COMPRESSION, Z_DEFLATED, GZIP, MAX_MEM_LEVEL,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        return plumb_fail_memory(err);
    p.begun = true;
    (void)deflateSetHeader(&p.z, &header);
    for (size_t i = 0; i < n; i++) {
        if (files[i].len > FILE_MAX)
            return plumb_fail(err, PLUMB_TOO_LARGE, "archive.size", files[i].name,
                              "it is too large for a ustar archive");
        put_header(files[i].name, files[i].len, block);
        PLUMB_TRY(push(&p, block, sizeof block, Z_NO_FLUSH, err));
        PLUMB_TRY(push(&p, files[i].data, files[i].len, Z_NO_FLUSH, err));
        PLUMB_TRY(push(&p, zeros, padding(files[i].len), Z_NO_FLUSH, err));
    }
    PLUMB_TRY(push(&p, zeros, sizeof zeros, Z_FINISH, err));
    *ret = (struct plumb_bytes){ PLUMB_TAKE(p.out.data), p.out.len };
    return PLUMB_OK;
}

/* --- unpacking --- */

bool
archive_is(const void *data, size_t len)
{
    return len >= 2 && memcmp(data, "\x1f\x8b", 2) == 0;
}

static enum plumb_code
unpack(z_stream *z, const void *data, size_t len, size_t limit, struct plumb_bytes *ret,
       struct plumb_err *err)
{
    size_t room = 0, fed = 0;
    int code = Z_OK;

    while (code != Z_STREAM_END) {
        if (ret->len > limit)
            return plumb_fail(err, PLUMB_TOO_LARGE, "archive.size", "",
                              "it unpacks to more than %zu bytes; --limit allows more", limit);
        if (ret->len == room)
            PLUMB_TRY(grow(ret, &room,
                           room == 0          ? FIRST
                           : room > limit / 2 ? limit + 1
                                              : 2 * room,
                           err));
        if (z->avail_in == 0) {
            z->avail_in = len - fed < UINT_MAX ? (uInt)(len - fed) : UINT_MAX;
            z->next_in = (Bytef *)data + fed;
            fed += z->avail_in;
        }
        z->next_out = ret->data + ret->len;
        z->avail_out = room - ret->len < UINT_MAX ? (uInt)(room - ret->len) : UINT_MAX;
        code = inflate(z, Z_NO_FLUSH);
        ret->len = (size_t)(z->next_out - ret->data);
        if (code == Z_MEM_ERROR)
            return plumb_fail_memory(err);
        if (code == Z_BUF_ERROR)
            return plumb_fail(err, PLUMB_INVALID, "archive.cut", "",
                              "it ends after %zu bytes, before its own end", len);
        if (code != Z_OK && code != Z_STREAM_END)
            return plumb_fail(err, PLUMB_INVALID, "archive.gzip", "",
                              "it is no gzip file, or is damaged");
    }
    if (z->avail_in > 0 || fed < len)
        return plumb_fail(err, PLUMB_INVALID, "archive.gzip", "",
                          "something stands after its end");
    return ret->len <= limit ? PLUMB_OK
                             : plumb_fail(err, PLUMB_TOO_LARGE, "archive.size", "",
                                          "it unpacks to more than %zu bytes; --limit allows "
                                          "more",
                                          limit);
}

/* --- reading --- */

struct reading {
    const struct plumb_bytes *tar;
    size_t at;
    struct archive *a;
    size_t room;
};

static enum plumb_code
at_offset(const struct reading *r, const char *rule, const char *what, struct plumb_err *err)
{
    char where[40];

    (void)snprintf(where, sizeof where, "offset %zu", r->at);
    return plumb_fail(err, PLUMB_INVALID, rule, where, "%s", what);
}

/* Parts of lower-case letters, digits, '-' and '.', each beginning with a letter or digit. */
static bool
name_ok(const char *name)
{
    bool begins = true;

    for (const char *p = name; *p != '\0'; p++) {
        const bool plain = (*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9');

        if (!plain && (begins || (*p != '-' && *p != '.' && *p != '/')))
            return false;
        begins = *p == '/';
    }
    return !begins; /* the empty name, and one that ends with '/' */
}

static enum plumb_code
read_name(const struct reading *r, const uint8_t *header, char ret[ARCHIVE_NAME],
          struct plumb_err *err)
{
    size_t len = strnlen((const char *)header, ARCHIVE_NAME);

    if (len < ARCHIVE_NAME)
        memcpy(ret, header, len + 1);
    if (len == ARCHIVE_NAME || !name_ok(ret))
        return at_offset(r, "archive.name", "a name that no file here may have", err);
    if (r->a->n > 0 && strcmp(r->a->files[r->a->n - 1].name, ret) >= 0)
        return plumb_fail(err, PLUMB_INVALID, "archive.order", ret,
                          "names ascend, and each is there once");
    return PLUMB_OK;
}

static bool
read_size(const uint8_t *header, uint64_t *ret)
{
    *ret = 0;
    for (size_t i = AT_SIZE; i < AT_SIZE + 11; i++) {
        if (header[i] < '0' || header[i] > '7')
            return false;
        *ret = *ret << 3 | (uint64_t)(header[i] - '0');
    }
    return true;
}

/* The one header that a file of this name and size has, byte for byte. */
static enum plumb_code
read_header(const struct reading *r, char ret_name[ARCHIVE_NAME], uint64_t *ret_size,
            struct plumb_err *err)
{
    const uint8_t *header = r->tar->data + r->at;
    uint8_t want[BLOCK];

    if (memcmp(header + AT_MAGIC, "ustar\00000", 8) != 0)
        return at_offset(r, "archive.form", "no header of a ustar archive", err);
    if (header[AT_TYPE] != '0')
        return at_offset(r, "archive.type", "a link, a folder, a device or an extension", err);
    PLUMB_TRY(read_name(r, header, ret_name, err));
    if (!read_size(header, ret_size))
        return plumb_fail(err, PLUMB_INVALID, "archive.form", ret_name,
                          "its size is not eleven octal digits");
    put_header(ret_name, *ret_size, want);
    if (memcmp(header, want, BLOCK) != 0)
        return plumb_fail(err, PLUMB_INVALID, "archive.form", ret_name,
                          "its header is not the one that such a file has");
    return PLUMB_OK;
}

static enum plumb_code
add_file(struct reading *r, const char *name, uint64_t size, struct plumb_err *err)
{
    struct archive *a = r->a;
    const size_t left = r->tar->len - r->at, pad = padding(size);

    if (size > left || pad > left - size)
        return plumb_fail(err, PLUMB_INVALID, "archive.cut", name, "it ends early");
    if (memcmp(r->tar->data + r->at + size, zeros, pad) != 0)
        return plumb_fail(err, PLUMB_INVALID, "archive.form", name,
                          "something stands between it and the next");
    if (a->n == r->room) {
        size_t room = r->room > 0 ? 2 * r->room : 64;
        struct archive_file *more = realloc(a->files, room * sizeof *more);

        if (more == NULL)
            return plumb_fail_memory(err);
        a->files = more;
        r->room = room;
    }
    a->files[a->n] = (struct archive_file){ .data = r->tar->data + r->at, .len = (size_t)size };
    memcpy(a->files[a->n++].name, name, strlen(name) + 1);
    r->at += (size_t)size + pad;
    return PLUMB_OK;
}

static enum plumb_code
read_files(struct reading *r, struct plumb_err *err)
{
    for (;;) {
        char name[ARCHIVE_NAME];
        uint64_t size = 0;

        if (r->tar->len - r->at < BLOCK)
            return at_offset(r, "archive.cut", "it ends without its end", err);
        if (memcmp(r->tar->data + r->at, zeros, BLOCK) == 0)
            break;
        PLUMB_TRY(read_header(r, name, &size, err));
        r->at += BLOCK;
        PLUMB_TRY(add_file(r, name, size, err));
    }
    if (r->tar->len - r->at < sizeof zeros)
        return at_offset(r, "archive.cut", "it ends inside its end", err);
    if (r->tar->len - r->at > sizeof zeros ||
        memcmp(r->tar->data + r->at, zeros, sizeof zeros) != 0)
        return at_offset(r, "archive.form", "something stands where it should end", err);
    return PLUMB_OK;
}

void
archive_clear(struct archive *a)
{
    free(a->files);
    plumb_bytes_clear(&a->tar);
    *a = (struct archive){ .n = 0 };
}

enum plumb_code
archive_read(const void *data, size_t len, size_t limit, struct archive *ret,
             struct plumb_err *err)
{
    PLUMB_AUTO(archive_clear) struct archive a = { .n = 0 };
    struct reading r = { .tar = &a.tar, .a = &a };
    z_stream z = { .next_in = NULL };
    enum plumb_code code;

    if (inflateInit2(&z, GZIP) != Z_OK)
        return plumb_fail_memory(err);
    code = unpack(&z, data, len, limit, &a.tar, err);
    (void)inflateEnd(&z);
    PLUMB_TRY(code);
    PLUMB_TRY(read_files(&r, err));
    *ret = a;
    a = (struct archive){ .n = 0 };
    return PLUMB_OK;
}
