#include "supply/zip_directory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"

/* APPNOTE.TXT 4.3.12 and 4.3.14 to 4.3.16: sizes of what is always there, and signatures. */
#define RECORD_SIZE     46u
#define END_SIZE        22u
#define LOCATOR_SIZE    20u
#define END64_SIZE      56u
#define RECORD          0x02014b50u
#define END             0x06054b50u
#define LOCATOR         0x07064b50u
#define END64           0x06064b50u

#define FLAGS_ENCRYPTED 0x2041u /* itself, strongly, or its header's values */
#define FLAGS_KNOWN     0x080eu /* how deflate tried, sizes later, names in UTF-8 */
#define MADE_ON_UNIX    3
#define MADE_ON_MACOS   19

/* What is being read. */
struct reading {
    const struct zip_source *source;
    const struct zip_limits *limits;
    uint64_t at, len, count; /* of the directory: where, how long, how many records */
    struct zip_directory *into;
    size_t nrecords; /* files and folders in into->files */
    uint64_t total;
};

void
zip_directory_clear(struct zip_directory *d)
{
    free(d->files);
    free(d->bytes);
    *d = (struct zip_directory){ NULL, 0, NULL };
}

static uint64_t
le64(const uint8_t *p)
{
    return zip_le32(p) | (uint64_t)zip_le32(p + 4) << 32;
}

static enum plumb_code
read_at(const struct reading *r, uint64_t at, void *into, size_t len, struct plumb_err *err)
{
    return r->source->read(r->source->arg, at, into, len)
               ? PLUMB_OK
               : plumb_fail(err, PLUMB_UNAVAILABLE, "zip.read", "", "cannot be read");
}

static enum plumb_code
fail_form(const char *what, struct plumb_err *err)
{
    return plumb_fail(err, PLUMB_INVALID, "zip.form", "end", "%s", what);
}

static enum plumb_code
too_many(const char *rule, const char *what, uint64_t limit, struct plumb_err *err)
{
    return plumb_fail(err, PLUMB_TOO_LARGE, rule, "", "%s: at most %" PRIu64, what, limit);
}

/* --- where the directory is --- */

/* What an archive ends with when it has more than 65,534 entries. end: where the short one is.
 */
static enum plumb_code
read_end64(struct reading *r, uint64_t end, uint64_t *ret_end, struct plumb_err *err)
{
    uint8_t b[END64_SIZE + LOCATOR_SIZE];
    const uint8_t *locator = b + END64_SIZE;

    if (end < sizeof b)
        return fail_form("it is cut off, or no archive", err);
    *ret_end = end - sizeof b;
    PLUMB_TRY(read_at(r, *ret_end, b, sizeof b, err));
    if (zip_le32(locator) != LOCATOR || zip_le32(locator + 4) != 0 ||
        le64(locator + 8) != *ret_end || zip_le32(locator + 16) != 1 || zip_le32(b) != END64 ||
        le64(b + 4) != END64_SIZE - 12 || zip_le32(b + 16) != 0 || zip_le32(b + 20) != 0 ||
        le64(b + 24) != le64(b + 32))
        return fail_form("the end of a large archive is not as it should be", err);
    r->count = le64(b + 32);
    r->len = le64(b + 40);
    r->at = le64(b + 48);
    return PLUMB_OK;
}

/* The end record is the archive's last bytes, the directory what comes just before. */
static enum plumb_code
find(struct reading *r, struct plumb_err *err)
{
    uint64_t end = r->source->len - END_SIZE;
    uint8_t b[END_SIZE];

    if (r->source->len > r->limits->archive)
        return too_many("zip.size", "bytes of an archive", r->limits->archive, err);
    if (r->source->len < END_SIZE)
        return fail_form("it is cut off, or no archive", err);
    PLUMB_TRY(read_at(r, end, b, sizeof b, err));
    if (zip_le32(b) != END || zip_le16(b + 20) != 0)
        return fail_form("it is cut off, has a comment, or is no archive", err);
    if (zip_le16(b + 4) != 0 || zip_le16(b + 6) != 0 || zip_le16(b + 8) != zip_le16(b + 10))
        return fail_form("it is one part of several", err);
    r->count = zip_le16(b + 10);
    r->len = zip_le32(b + 12);
    r->at = zip_le32(b + 16);
    if (r->count == UINT16_MAX || r->len == UINT32_MAX || r->at == UINT32_MAX)
        PLUMB_TRY(read_end64(r, end, &end, err));
    if (r->len > end || r->at != end - r->len)
        return fail_form("its directory is not where the end says", err);
    if (r->count > r->limits->entries)
        return too_many("zip.count", "entries", r->limits->entries, err);
    if (r->len > r->limits->directory)
        return too_many("zip.size", "bytes of a directory", r->limits->directory, err);
    return PLUMB_OK;
}

/* --- one record --- */

static enum plumb_code
refuse(const struct zip_file *f, enum plumb_code code, const char *rule, const char *what,
       struct plumb_err *err)
{
    char where[ZIP_WHERE];

    (void)snprintf(where, sizeof where, "entry %zu: %.*s", f->number, (int)f->name_len,
                   f->name);
    return plumb_fail(err, code, rule, where, "%s", what);
}

/* Parts between single slashes, none of which climbs; nothing that another system reads as more
 * than a name. */
static bool
is_plain_path(const char *name, size_t len)
{
    size_t part = 0; /* where it begins */

    for (size_t i = 0; i <= len; i++) {
        const size_t n = i - part;

        if (i < len && name[i] != '/') {
            if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f || name[i] == '\\' ||
                name[i] == ':')
                return false;
            continue;
        }
        if (n == 0 || (n <= 2 && strncmp(name + part, "..", n) == 0))
            return false;
        part = i + 1;
    }
    return true;
}

static bool
is_folder(const struct zip_file *f)
{
    return f->name[f->name_len - 1] == '/';
}

static enum plumb_code
check_name(const struct zip_file *f, struct plumb_err *err)
{
    const size_t len = f->name_len - (f->name_len > 0 && is_folder(f));

    if (f->name_len > ZIP_NAME_MAX || !is_plain_path(f->name, len))
        return refuse(f, PLUMB_INVALID, "zip.path",
                      "want a plain path of at most 255 bytes that stays in its folder", err);
    if (!is_folder(f) && (len < 5 || memcmp(f->name + len - 5, ".json", 5) != 0))
        return refuse(f, PLUMB_INVALID, "zip.name",
                      "an archive of advisories holds *.json and nothing else", err);
    return PLUMB_OK;
}

/* What kind of file it was where it came from. */
static enum plumb_code
check_type(const struct zip_file *f, unsigned made_on, uint32_t attributes,
           struct plumb_err *err)
{
    const uint32_t type = attributes >> 16 & 0170000, want = is_folder(f) ? 0040000 : 0100000;
    const bool has_type = made_on == MADE_ON_UNIX || made_on == MADE_ON_MACOS;

    if ((has_type && type != 0 && type != want) ||
        ((attributes & 0x10) != 0 && !is_folder(f)) || (is_folder(f) && f->size != 0))
        return refuse(f, PLUMB_INVALID, "zip.type", "is a link or no regular file", err);
    return PLUMB_OK;
}

static enum plumb_code
check_method(const struct zip_file *f, struct plumb_err *err)
{
    if ((f->flags & FLAGS_ENCRYPTED) != 0)
        return refuse(f, PLUMB_INVALID, "zip.encrypted", "is encrypted", err);
    if ((f->flags & ~FLAGS_KNOWN) != 0 ||
        (f->method != ZIP_STORED && f->method != ZIP_DEFLATED))
        return refuse(f, PLUMB_UNSUPPORTED, "zip.method",
                      "is packed in another way than stored or deflated", err);
    if (f->method == ZIP_STORED && f->packed != f->size)
        return refuse(f, PLUMB_INVALID, "zip.form", "is stored, and of two sizes", err);
    return PLUMB_OK;
}

static enum plumb_code
check_size(struct reading *r, const struct zip_file *f, struct plumb_err *err)
{
    if (f->size > r->limits->entry || f->size == UINT32_MAX)
        return refuse(f, PLUMB_TOO_LARGE, "zip.entry-size", "is too large", err);
    r->total += f->size;
    return PLUMB_OK;
}

/* The record at *at, which then is behind it. */
static enum plumb_code
read_record(struct reading *r, uint64_t *at, struct zip_file *f, struct plumb_err *err)
{
    const uint8_t *p = r->into->bytes + *at;
    const uint64_t left = r->len - *at;
    uint64_t len;

    *f = (struct zip_file){ .name = "", .number = r->nrecords + 1 };
    if (left < RECORD_SIZE || zip_le32(p) != RECORD)
        return refuse(f, PLUMB_INVALID, "zip.form", "its record is cut off or none", err);
    f->flags = zip_le16(p + 8);
    f->method = zip_le16(p + 10);
    f->crc = zip_le32(p + 16);
    f->packed = zip_le32(p + 20);
    f->size = zip_le32(p + 24);
    f->local = zip_le32(p + 42);
    len = (uint64_t)RECORD_SIZE + zip_le16(p + 28) + zip_le16(p + 30) + zip_le16(p + 32);
    if (len > left || zip_le16(p + 34) != 0)
        return refuse(f, PLUMB_INVALID, "zip.form", "its record is cut off or none", err);
    f->name = (const char *)p + RECORD_SIZE;
    f->name_len = zip_le16(p + 28);
    *at += len;
    PLUMB_TRY(check_name(f, err));
    PLUMB_TRY(check_type(f, p[5], zip_le32(p + 38), err));
    PLUMB_TRY(check_method(f, err));
    return check_size(r, f, err);
}

/* --- all of them --- */

static int
by_local(const void *a, const void *b)
{
    const struct zip_file *x = a, *y = b;

    return x->local != y->local ? (x->local < y->local ? -1 : 1)
                                : (x->number < y->number ? -1 : 1);
}

static int
by_name(const void *a, const void *b)
{
    const struct zip_file *x = *(struct zip_file *const *)a, *y = *(struct zip_file *const *)b;

    if (x->name_len != y->name_len)
        return x->name_len < y->name_len ? -1 : 1;
    return memcmp(x->name, y->name, x->name_len);
}

/* Each ends before the next one begins, and the last before the directory. By how much, only
 * its own header tells: see zip_read. */
static enum plumb_code
check_overlap(struct reading *r, struct plumb_err *err)
{
    struct zip_file *files = r->into->files;

    qsort(files, r->nrecords, sizeof *files, by_local);
    for (size_t i = 0; i < r->nrecords; i++) {
        const uint64_t end = i + 1 < r->nrecords ? files[i + 1].local : r->at;

        if ((uint64_t)files[i].local + 30 + files[i].name_len + files[i].packed > end)
            return refuse(&files[i], PLUMB_INVALID, "zip.overlap",
                          "reaches into what comes after it", err);
        files[i].end = (uint32_t)end;
    }
    return (r->nrecords > 0 ? files[0].local : r->at) == 0
               ? PLUMB_OK
               : fail_form("something lies before its first entry", err);
}

static enum plumb_code
check_twice(const struct reading *r, struct plumb_err *err)
{
    PLUMB_AUTO(auto_free)
    const struct zip_file **names = calloc(r->nrecords + 1, sizeof *names);

    if (names == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < r->nrecords; i++)
        names[i] = &r->into->files[i];
    qsort(names, r->nrecords, sizeof *names, by_name);
    for (size_t i = 1; i < r->nrecords; i++)
        if (by_name(&names[i - 1], &names[i]) == 0)
            return refuse(names[i], PLUMB_INVALID, "zip.twice", "is there twice", err);
    return PLUMB_OK;
}

static enum plumb_code
check_total(const struct reading *r, struct plumb_err *err)
{
    if (r->total > r->limits->total)
        return too_many("zip.total", "bytes of all files", r->limits->total, err);
    if (r->total / r->limits->ratio > r->source->len)
        return too_many("zip.ratio", "bytes for each byte of the archive", r->limits->ratio,
                        err);
    return PLUMB_OK;
}

static void
leave_out_folders(struct reading *r)
{
    struct zip_directory *d = r->into;

    for (size_t i = 0; i < r->nrecords; i++)
        if (!is_folder(&d->files[i]))
            d->files[d->nfiles++] = d->files[i];
}

static enum plumb_code
read_records(struct reading *r, struct plumb_err *err)
{
    struct zip_directory *d = r->into;
    uint64_t at = 0;

    if (r->count > r->len / RECORD_SIZE)
        return fail_form("its directory has no room for so many entries", err);
    d->bytes = malloc((size_t)r->len + 1);
    d->files = calloc((size_t)r->count + 1, sizeof *d->files);
    if (d->bytes == NULL || d->files == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(read_at(r, r->at, d->bytes, (size_t)r->len, err));
    for (; r->nrecords < r->count; r->nrecords++)
        PLUMB_TRY(read_record(r, &at, &d->files[r->nrecords], err));
    if (at != r->len)
        return fail_form("its directory has more than the entries it counts", err);
    PLUMB_TRY(check_total(r, err));
    PLUMB_TRY(check_overlap(r, err));
    PLUMB_TRY(check_twice(r, err));
    leave_out_folders(r);
    return PLUMB_OK;
}

enum plumb_code
zip_directory_read(const struct zip_source *source, const struct zip_limits *limits,
                   struct zip_directory *ret, struct plumb_err *err)
{
    PLUMB_AUTO(zip_directory_clear) struct zip_directory d = { NULL, 0, NULL };
    struct reading r = { .source = source, .limits = limits, .into = &d };

    PLUMB_TRY(find(&r, err));
    PLUMB_TRY(read_records(&r, err));
    *ret = d;
    d = (struct zip_directory){ NULL, 0, NULL };
    return PLUMB_OK;
}
