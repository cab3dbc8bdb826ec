#include "tests/t.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "supply/feed.h"
#include "tests/scarce.h"
#include "tests/supply/zips.h"

#define RECORD(id) "{\"id\": \"" id "\", \"modified\": \"2026-01-01T00:00:00Z\"}"

#define SYMLINK    (0120777u << 16)
#define FILE_OF    (0100644u << 16)

static const struct zip_limits limits = ZIP_LIMITS;

/* Opened, and every file read; *ret_files of them. */
static enum plumb_code
read_all(const struct zip_source *source, const struct zip_limits *within, size_t *ret_files,
         struct plumb_err *err)
{
    struct zip *z = NULL;
    enum plumb_code code = zip_open(source, within, &z, err);

    *ret_files = 0;
    for (size_t i = 0; code == PLUMB_OK && i < zip_count(z); i++) {
        struct plumb_bytes bytes = { NULL, 0 };

        code = zip_read(z, i, &bytes, err);
        if (code == PLUMB_OK)
            *ret_files += bytes.data[0] == '{' && bytes.data[bytes.len] == '\0';
        plumb_bytes_clear(&bytes);
    }
    zip_close(z);
    return code;
}

static enum plumb_code
read_bytes(const struct plumb_bytes *bytes, const struct zip_limits *within, size_t *ret_files,
           struct plumb_err *err)
{
    /* of exactly its size, so that a read beyond is seen */
    struct plumb_bytes exact = { malloc(bytes->len + 1), bytes->len };
    struct zip_source source = zip_memory(&exact);
    enum plumb_code code;

    assert_non_null(exact.data);
    memcpy(exact.data, bytes->data, bytes->len);
    code = read_all(&source, within, ret_files, err);
    plumb_bytes_clear(&exact);
    return code;
}

static void
assert_reads(size_t want, struct plumb_bytes bytes)
{
    struct plumb_err err;
    size_t files;

    assert_ok(read_bytes(&bytes, &limits, &files, &err), &err);
    assert_int_equal(want, files);
    plumb_bytes_clear(&bytes);
}

static void
files_are_read_as_they_were_packed(void **state)
{
    const struct zips_entry entries[] = {
        { "osv/", .data = "", .made_on = 3, .attributes = 0040755u << 16 },
        { "osv/GHSA-1.json", .data = RECORD("GHSA-1"), .made_on = 3, .attributes = FILE_OF },
        { "A-2.json", .data = RECORD("A-2"), .deflate = true },
        { "A-3.json", .data = RECORD("A-3"), .deflate = true, .later = true },
        { "A-4.json", .data = RECORD("A-4"), .later = true, .flags = 0x800 },
    };
    struct plumb_bytes bytes = zips_make(entries, 5), file = { NULL, 0 };
    struct zip_source source = zip_memory(&bytes);
    struct zip *z = NULL;
    struct plumb_err err;
    char where[ZIP_WHERE];

    (void)state;
    assert_true(zip_is(bytes.data, bytes.len));
    assert_ok(zip_open(&source, &limits, &z, &err), &err);
    assert_int_equal(4, zip_count(z));
    zip_where(z, 0, where);
    assert_string_equal("entry 2: osv/GHSA-1.json", where);
    assert_ok(zip_read(z, 2, &file, &err), &err);
    assert_string_equal(RECORD("A-3"), file.data);
    plumb_bytes_clear(&file);
    zip_close(z);
    plumb_bytes_clear(&bytes);
    assert_reads(4, zips_make(entries, 5));
    assert_reads(4, zips_make_large(entries, 5));
}

static void
an_empty_archive_has_no_files(void **state)
{
    const struct zips_entry empty = { "A.json", .data = "" };
    struct plumb_bytes bytes = zips_make(NULL, 0);

    (void)state;
    assert_true(zip_is(bytes.data, bytes.len));
    plumb_bytes_clear(&bytes);
    assert_reads(0, zips_make(NULL, 0));
    assert_reads(0, zips_make_large(NULL, 0));
    assert_reads(0, zips_make(&empty, 1));
}

static void
a_large_file_is_read_in_pieces(void **state)
{
    struct zips_entry e = { "A.json", .deflate = true };
    const size_t len = 3u << 20;
    uint32_t noise = 1;
    char *text = malloc(len + 1);

    (void)state;
    assert_non_null(text);
    text[0] = '{';
    for (size_t i = 1; i < len; i++) {
        noise = noise * 1664525 + 1013904223;
        text[i] = (char)(' ' + (noise >> 24) % 90);
    }
    text[len] = '\0';
    e.data = text;
    assert_reads(1, zips_make(&e, 1));
    e.deflate = false;
    assert_reads(1, zips_make(&e, 1));
    free(text);
}

/* --- refusals --- */

#define GOOD                                                                                   \
    {                                                                                          \
        "good.json", .data = RECORD("A-1"), .deflate = true                                    \
    }

static const struct refusal {
    const char *rule, *where;
    struct zips_entry entry; /* after a good one */
} refusals[] = {
    { "zip.path", "entry 2: ", { "", .data = "{}" } },
    { "zip.path", "entry 2: /a.json", { "/a.json", .data = "{}" } },
    { "zip.path", "entry 2: ../a.json", { "../a.json", .data = "{}" } },
    { "zip.path", "entry 2: a/../b.json", { "a/../b.json", .data = "{}" } },
    { "zip.path", "entry 2: ./a.json", { "./a.json", .data = "{}" } },
    { "zip.path", "entry 2: a//b.json", { "a//b.json", .data = "{}" } },
    { "zip.path", "entry 2: ../", { "../", .data = "" } },
    { "zip.path", "entry 2: /", { "/", .data = "" } },
    { "zip.path", "entry 2: ..\\a.json", { "..\\a.json", .data = "{}" } },
    { "zip.path", "entry 2: C:a.json", { "C:a.json", .data = "{}" } },
    { "zip.path", "entry 2: a?b.json", { "a\nb.json", .data = "{}" } },
    { "zip.path", "entry 2: a", { "a\0.json", 7, .data = "{}" } },
    { "zip.path", "entry 2: a.json", { "a.json\0", 7, .data = "{}" } },
    { "zip.name", "entry 2: a.txt", { "a.txt", .data = "{}" } },
    { "zip.name", "entry 2: json", { "json", .data = "{}" } },
    { "zip.name", "entry 2: inner.zip", { "inner.zip", .data = "PK\5\6" } },
    { "zip.type",
      "entry 2: l.json",
      { "l.json", .data = "/etc/passwd", .made_on = 3, .attributes = SYMLINK } },
    { "zip.type",
      "entry 2: l.json",
      { "l.json", .data = "/etc/passwd", .made_on = 19, .attributes = SYMLINK } },
    { "zip.type",
      "entry 2: d.json",
      { "d.json", .data = "", .made_on = 3, .attributes = 0060644u << 16 } },
    { "zip.type", "entry 2: d.json", { "d.json", .data = "", .attributes = 0x10 } },
    { "zip.type", "entry 2: d/", { "d/", .data = "{}" } },
    { "zip.type", "entry 2: d/", { "d/", .data = "", .made_on = 3, .attributes = FILE_OF } },
    { "zip.encrypted", "entry 2: a.json", { "a.json", .data = "{}", .flags = 0x0001 } },
    { "zip.encrypted", "entry 2: a.json", { "a.json", .data = "{}", .flags = 0x0041 } },
    { "zip.encrypted", "entry 2: a.json", { "a.json", .data = "{}", .flags = 0x2000 } },
    { "zip.encrypted",
      "entry 2: a.json",
      { "a.json", .data = "{}", .flags = 0x0001, .method = 99 } },
    { "zip.method", "entry 2: a.json", { "a.json", .data = "{}", .flags = 0x0020 } },
    { "zip.method", "entry 2: a.json", { "a.json", .data = "{}", .method = 14 } },
    { "zip.twice", "entry 2: good.json", { "good.json", .data = "{}" } },
    { "zip.overlap", "entry 1: good.json", { "a.json", .data = "{}", .at_first = true } },
    { "zip.overlap",
      "entry 2: a.json",
      { "a.json", .data = "{}", .deflate = true, .packed_more = 1 } },
    { "zip.overlap",
      "entry 2: a.json",
      { "a.json", .data = "{}", .deflate = true, .packed_more = 0xfffffff0 } },
    { "zip.form", "entry 2: a.json", { "a.json", .data = "{}", .size = 3 } },
    { "zip.form", "entry 2: a.json", { "a.json", .data = "{}", .hidden = "x" } },
    { "zip.form",
      "entry 2: a.json",
      { "a.json", .data = "{}", .later = true, .hidden = "123456789" } },
    { "zip.local",
      "entry 2: a.json",
      { "a.json", .data = "{}", .later = true, .hidden = "x" } },
    { "zip.local",
      "entry 2: a.json",
      { "a.json", .data = "{}", .later = true, .local_size = 3 } },
    { "zip.local", "entry 2: a.json", { "a.json", .data = "{}", .local_size = 3 } },
    { "zip.local", "entry 2: a.json", { "a.json", .data = "{}", .local = "b.json" } },
    { "zip.data", "entry 2: a.json", { "a.json", .data = "{}", .wrong = 1 } },
    { "zip.data", "entry 2: a.json", { "a.json", .data = "{}", .method = 8 } },
    { "zip.data", "entry 2: a.json", { "a.json", .data = "{}", .deflate = true, .wrong = 1 } },
    { "zip.data", "entry 2: a.json", { "a.json", .data = "{ }", .deflate = true, .size = 2 } },
    { "zip.data", "entry 2: a.json", { "a.json", .data = "{ }", .deflate = true, .size = 4 } },
    { "zip.data",
      "entry 2: a.json",
      { "a.json", .data = "{}", .deflate = true, .packed_more = 1, .hidden = "x" } },
    { "zip.entry-size",
      "entry 2: a.json",
      { "a.json", .data = "{}", .deflate = true, .size = (64u << 20) + 1 } },
    { "zip.entry-size",
      "entry 2: a.json",
      { "a.json", .data = "{}", .deflate = true, .size = UINT32_MAX } },
    { "zip.ratio", "", { "a.json", .data = "{}", .deflate = true, .size = 64u << 20 } },
};

static void
each_trick_is_refused_by_its_rule_where_it_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        const struct zips_entry entries[] = { GOOD, refusals[i].entry };
        struct plumb_bytes bytes = zips_make(entries, 2);
        struct plumb_err err = { 0 };
        size_t files;

        assert_refused(refusals[i].rule, read_bytes(&bytes, &limits, &files, &err), &err);
        if (strcmp(refusals[i].where, err.where) != 0)
            fail_msg("case %zu, %s: want it at '%s', got '%s'", i, refusals[i].rule,
                     refusals[i].where, err.where);
        plumb_bytes_clear(&bytes);
    }
}

static void
a_name_has_its_limit(void **state)
{
    char name[300];
    const struct zips_entry e = { name, .data = "{}" };
    struct plumb_bytes bytes;
    struct plumb_err err;
    size_t files;

    (void)state;
    memset(name, 'a', sizeof name);
    (void)strcpy(name + 250, ".json");
    assert_reads(1, zips_make(&e, 1));
    (void)strcpy(name + 250, "a.json");
    bytes = zips_make(&e, 1);
    assert_refused("zip.path", read_bytes(&bytes, &limits, &files, &err), &err);
    plumb_bytes_clear(&bytes);
}

static void
a_bomb_is_refused_before_a_byte_is_inflated(void **state)
{
    struct zips_entry e = { "bomb.json", .deflate = true };
    struct plumb_bytes bytes;
    const size_t len = 16u << 20;
    char *zeros = malloc(len + 1);
    struct plumb_err err;
    size_t files;

    (void)state;
    assert_non_null(zeros);
    memset(zeros, '0', len);
    zeros[len] = '\0';
    e.data = zeros;
    bytes = zips_make(&e, 1);
    assert_true(bytes.len < len / 500);
    /* so that nothing but the directory could say what it is */
    memset(bytes.data + 60, 0, 1000);
    assert_refused("zip.ratio", read_bytes(&bytes, &limits, &files, &err), &err);
    plumb_bytes_clear(&bytes);
    free(zeros);
}

static void
each_limit_holds(void **state)
{
    const struct zips_entry entries[] = { GOOD, { "b.json", .data = "{}" } };
    struct plumb_bytes bytes = zips_make(entries, 2);
    const uint64_t len = bytes.len, two = strlen(RECORD("A-1")) + 2;
    const struct {
        const char *rule;
        struct zip_limits l;
    } cases[] = {
        { NULL, { len, len, 2, two - 2, two, 1 } },
        { "zip.size", { len - 1, len, 2, len, len, 1 } },
        { "zip.size", { len, 106, 2, len, len, 1 } },
        { "zip.count", { len, len, 1, len, len, 1 } },
        { "zip.entry-size", { len, len, 2, two - 3, len, 1 } },
        { "zip.total", { len, len, 2, len, two - 1, 1 } },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct plumb_err err = { 0 };
        size_t files;

        if (cases[i].rule == NULL)
            assert_ok(read_bytes(&bytes, &cases[i].l, &files, &err), &err);
        else
            assert_refused(cases[i].rule, read_bytes(&bytes, &cases[i].l, &files, &err), &err);
    }
    plumb_bytes_clear(&bytes);
}

static void
what_is_cut_off_anywhere_is_refused(void **state)
{
    const struct zips_entry entries[] = {
        GOOD,
        { "b.json", .data = "{}", .later = true, .deflate = true },
        { "c.json", .data = "{}" },
    };

    (void)state;
    for (int large = 0; large < 2; large++) {
        struct plumb_bytes bytes = large ? zips_make_large(entries, 3) : zips_make(entries, 3);
        const size_t whole = bytes.len;

        while (bytes.len-- > 0) {
            struct plumb_err err = { 0 };
            size_t files;

            assert_refused("zip.form", read_bytes(&bytes, &limits, &files, &err), &err);
        }
        /* and from the front */
        for (size_t cut = 1; cut <= whole; cut++) {
            struct plumb_bytes rest = { bytes.data + cut, whole - cut };
            struct plumb_err err = { 0 };
            size_t files;

            assert_refused("zip.form", read_bytes(&rest, &limits, &files, &err), &err);
        }
        bytes.len = whole;
        plumb_bytes_clear(&bytes);
    }
}

/* The bytes at at, of the end, are others. */
static void
assert_end_refused(bool large, size_t from_end, uint8_t value)
{
    const struct zips_entry good = GOOD;
    struct plumb_bytes bytes = large ? zips_make_large(&good, 1) : zips_make(&good, 1);
    struct plumb_err err = { 0 };
    size_t files;

    assert_int_not_equal(value, bytes.data[bytes.len - from_end]);
    bytes.data[bytes.len - from_end] = value;
    assert_refused("zip.form", read_bytes(&bytes, &limits, &files, &err), &err);
    plumb_bytes_clear(&bytes);
}

static void
an_end_that_lies_is_refused(void **state)
{
    (void)state;
    assert_end_refused(false, 2, 1);  /* a comment that is not there */
    assert_end_refused(false, 6, 7);  /* where the directory is */
    assert_end_refused(false, 10, 7); /* how long it is */
    assert_end_refused(false, 12, 2); /* how many entries */
    assert_end_refused(false, 12, 0);
    assert_end_refused(false, 14, 0); /* on this disk */
    assert_end_refused(false, 18, 1); /* which disk */
    assert_end_refused(true, 22 + 4, 2);
    assert_end_refused(true, 22 + 12, 1);
    assert_end_refused(true, 22 + 20 + 8, 1);
    assert_end_refused(true, 22 + 20 + 16, 1);
    assert_end_refused(true, 22 + 20 + 24, 2);
    assert_end_refused(true, 22 + 20 + 52, 1);
}

static void
what_lies_before_or_behind_is_refused(void **state)
{
    const struct zips_entry good = GOOD;
    struct plumb_bytes bytes = zips_make(&good, 1), more = { NULL, 0 };
    struct plumb_err err = { 0 };
    size_t files;

    (void)state;
    more.len = bytes.len + 1;
    more.data = calloc(1, more.len);
    assert_non_null(more.data);
    memcpy(more.data, bytes.data, bytes.len);
    assert_refused("zip.form", read_bytes(&more, &limits, &files, &err), &err);
    memcpy(more.data + 1, bytes.data, bytes.len);
    assert_refused("zip.form", read_bytes(&more, &limits, &files, &err), &err);
    /* with all its places moved along */
    more.data[more.len - 6]++;
    more.data[more.len - 22 - 9 - 4]++;
    assert_refused("zip.form", read_bytes(&more, &limits, &files, &err), &err);
    assert_non_null(strstr(err.msg, "before its first entry"));
    plumb_bytes_clear(&more);
    plumb_bytes_clear(&bytes);
}

static bool
fail_read(void *arg, uint64_t at, void *into, size_t len)
{
    size_t *left = arg;

    (void)at;
    memset(into, 0, len);
    return (*left)-- > 0;
}

static void
a_source_that_fails_is_no_bad_archive(void **state)
{
    size_t left = 0, files;
    const struct zip_source source = { fail_read, &left, 100 };
    struct plumb_err err;

    (void)state;
    assert_code(PLUMB_UNAVAILABLE, read_all(&source, &limits, &files, &err), &err);
    assert_string_equal("zip.read", err.rule);
}

static void
every_allocation_may_fail(void **state)
{
    const struct zips_entry entries[] = { GOOD, { "b.json", .data = "{}" } };
    struct plumb_bytes bytes = zips_make(entries, 2);
    const struct zip_source source = zip_memory(&bytes);

    (void)state;
    for (size_t n = 0;; n++) {
        struct plumb_err err;
        enum plumb_code code;
        size_t files;

        scarce_begin(n);
        code = read_all(&source, &limits, &files, &err);
        if (!scarce_end())
            break;
        assert_code(PLUMB_NO_MEMORY, code, &err);
    }
    plumb_bytes_clear(&bytes);
}

/* --- what others write --- */

/* libarchive deflates what it writes to a stream, and puts sizes after the data. */
static void
what_libarchive_writes_is_read(void **state)
{
    struct plumb_bytes bytes = { malloc(1 << 16), 0 };
    struct archive *a = archive_write_new();

    (void)state;
    assert_int_equal(ARCHIVE_OK, archive_write_set_format_zip(a));
    assert_int_equal(ARCHIVE_OK, archive_write_set_bytes_per_block(a, 0));
    assert_int_equal(ARCHIVE_OK, archive_write_open_memory(a, bytes.data, 1 << 16, &bytes.len));
    for (int i = 0; i < 20; i++) {
        struct archive_entry *e = archive_entry_new();
        char name[40];

        (void)snprintf(name, sizeof name, i == 0 ? "osv" : "osv/A-%d.json", i);
        archive_entry_set_pathname(e, name);
        archive_entry_set_filetype(e, i == 0 ? AE_IFDIR : AE_IFREG);
        archive_entry_set_perm(e, 0755);
        if (i > 1 && i != 0)
            archive_entry_set_size(e, (la_int64_t)strlen(RECORD("A-1")));
        assert_int_equal(ARCHIVE_OK, archive_write_header(a, e));
        if (i > 0)
            assert_int_equal(strlen(RECORD("A-1")),
                             archive_write_data(a, RECORD("A-1"), strlen(RECORD("A-1"))));
        archive_entry_free(e);
    }
    assert_int_equal(ARCHIVE_OK, archive_write_close(a));
    assert_int_equal(ARCHIVE_OK, archive_write_free(a));
    assert_reads(19, bytes);
}

/* --- a feed of them --- */

struct taking {
    size_t records, pieces, refused, checked, imported, stop_at;
    char where[ZIP_WHERE];
};

static enum plumb_code
take(void *arg, struct feed *feed, struct plumb_err *err)
{
    struct taking *t = arg;

    (void)err;
    t->records += feed->count;
    t->pieces++;
    return PLUMB_OK;
}

static void
count_refused(void *arg, const char *file, size_t record, const struct plumb_err *why)
{
    struct taking *t = arg;

    assert_int_equal(1, record);
    assert_true(why->rule[0] != '\0');
    t->refused++;
    (void)snprintf(t->where, sizeof t->where, "%s", file);
}

static bool
count_progress(void *arg, const char *what, uint64_t done, uint64_t total)
{
    struct taking *t = arg;

    assert_true(done < total);
    if (strcmp(what, "checking") == 0)
        t->checked++;
    else
        t->imported++;
    return t->stop_at == 0 || t->checked + t->imported < t->stop_at;
}

static enum plumb_code
feed(const struct zips_entry *entries, size_t n, struct taking *t, struct plumb_err *err)
{
    struct plumb_bytes bytes = zips_make(entries, n);
    const struct zip_source source = zip_memory(&bytes);
    const struct feed_zip f = { t, take, count_refused, count_progress };
    enum plumb_code code = feed_zip(&source, &f, err);

    plumb_bytes_clear(&bytes);
    return code;
}

static void
the_records_of_an_archive_are_given_out(void **state)
{
    const struct zips_entry entries[] = {
        GOOD,
        { "bad.json", .data = "{}" },
        { "lines.json", .data = RECORD("A-2") "\n" RECORD("A-3") "\n" },
    };
    struct taking t = { 0 };
    struct plumb_err err;

    (void)state;
    assert_ok(feed(entries, 3, &t, &err), &err);
    assert_int_equal(3, t.records);
    assert_int_equal(1, t.pieces);
    assert_int_equal(1, t.refused);
    assert_int_equal(3, t.checked);
    assert_int_equal(3, t.imported);
    assert_string_equal("entry 2: bad.json", t.where);
    t = (struct taking){ .stop_at = 5 };
    assert_refused("feed.stopped", feed(entries, 3, &t, &err), &err);
    assert_int_equal(0, t.records);
}

static void
nothing_of_an_archive_that_lies_at_its_end_is_given_out(void **state)
{
    const struct zips_entry entries[] = { GOOD, { "b.json", .data = RECORD("A"), .wrong = 1 } };
    struct taking t = { 0 };
    struct plumb_err err;

    (void)state;
    assert_refused("zip.data", feed(entries, 2, &t, &err), &err);
    assert_int_equal(0, t.pieces);
    assert_int_equal(0, t.imported);
}

static void
an_archive_is_given_out_in_pieces(void **state)
{
    struct zips_entry entries[3];
    const size_t len = FEED_IMPORT / 2;
    char *text = malloc(len + 200), names[3][8];
    struct taking t = { 0 };
    struct plumb_err err;
    int n;

    (void)state;
    assert_non_null(text);
    n = sprintf(text,
                "{\"id\": \"A\", \"modified\": \"2026-01-01T00:00:00Z\", \"details\": \"");
    memset(text + n, 'x', len);
    (void)strcpy(text + n + len, "\"}");
    for (int i = 0; i < 3; i++) {
        (void)snprintf(names[i], sizeof names[i], "%d.json", i);
        entries[i] = (struct zips_entry){ names[i], .data = text };
    }
    assert_ok(feed(entries, 3, &t, &err), &err);
    assert_int_equal(3, t.records);
    assert_int_equal(2, t.pieces);
    free(text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_read_as_they_were_packed),
        cmocka_unit_test(an_empty_archive_has_no_files),
        cmocka_unit_test(a_large_file_is_read_in_pieces),
        cmocka_unit_test(each_trick_is_refused_by_its_rule_where_it_is),
        cmocka_unit_test(a_name_has_its_limit),
        cmocka_unit_test(a_bomb_is_refused_before_a_byte_is_inflated),
        cmocka_unit_test(each_limit_holds),
        cmocka_unit_test(what_is_cut_off_anywhere_is_refused),
        cmocka_unit_test(an_end_that_lies_is_refused),
        cmocka_unit_test(what_lies_before_or_behind_is_refused),
        cmocka_unit_test(a_source_that_fails_is_no_bad_archive),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(what_libarchive_writes_is_read),
        cmocka_unit_test(the_records_of_an_archive_are_given_out),
        cmocka_unit_test(nothing_of_an_archive_that_lies_at_its_end_is_given_out),
        cmocka_unit_test(an_archive_is_given_out_in_pieces),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
