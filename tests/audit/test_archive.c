/* Archives in one form, and everything that is in another: refused, by which rule, and where.
 */
#include "audit/archive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "lib/own.h"
#include "tests/t.h"

#define LIMIT (1u << 20)
#define BLOCK 512

static const struct archive_file three[] = {
    { "a", (const uint8_t *)"first", 5 },
    { "b/0", (const uint8_t *)"", 0 },
    { "b/1.txt", (const uint8_t *)"third", 5 },
};

/* What was written, unpacked. */
static struct plumb_bytes tar;

static struct plumb_bytes
gzipped(const void *data, size_t len)
{
    struct plumb_bytes out = { .data = malloc(compressBound(len) + 64) };
    z_stream z = { .next_in = (Bytef *)data, .avail_in = (uInt)len };

    assert_non_null(out.data);
    assert_int_equal(deflateInit2(&z, 1, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_out = out.data;
    z.avail_out = (uInt)(compressBound(len) + 64);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    out.len = z.total_out;
    (void)deflateEnd(&z);
    return out;
}

static int
take(void **state)
{
    struct plumb_bytes bytes = { 0 };
    struct archive a = { .n = 0 };
    struct plumb_err err = { 0 };

    (void)state;
    assert_ok(archive_write(three, 3, &bytes, &err), &err);
    assert_ok(archive_read(bytes.data, bytes.len, LIMIT, &a, &err), &err);
    assert_ok(plumb_bytes_copy(a.tar.data, a.tar.len, &tar, &err), &err);
    archive_clear(&a);
    plumb_bytes_clear(&bytes);
    return 0;
}

static int
clear(void **state)
{
    (void)state;
    plumb_bytes_clear(&tar);
    return 0;
}

static void
refused_of(const void *data, size_t len, size_t limit, const char *rule, const char *where)
{
    struct plumb_bytes bytes = gzipped(data, len);
    struct archive a = { .n = 0 };
    struct plumb_err err = { 0 };

    assert_refused(rule, archive_read(bytes.data, bytes.len, limit, &a, &err), &err);
    if (where != NULL)
        assert_string_equal(err.where, where);
    plumb_bytes_clear(&bytes);
}

static void
refused(const char *rule, const char *where)
{
    refused_of(tar.data, tar.len, LIMIT, rule, where);
}

/* A header's own checksum, made right. */
static void
sum(uint8_t *header)
{
    unsigned total = 0;
    char text[16];

    memset(header + 148, ' ', 8);
    for (size_t i = 0; i < BLOCK; i++)
        total += header[i];
    (void)snprintf(text, sizeof text, "%06o", total);
    memcpy(header + 148, text, 7);
}

/* --- what holds --- */

static void
what_is_read_is_what_was_written_and_always_the_same_bytes(void **state)
{
    struct plumb_bytes one = { 0 }, two = { 0 };
    struct archive a = { .n = 0 };
    struct plumb_err err = { 0 };

    (void)state;
    assert_ok(archive_write(three, 3, &one, &err), &err);
    assert_ok(archive_write(three, 3, &two, &err), &err);
    assert_int_equal(one.len, two.len);
    assert_memory_equal(one.data, two.data, one.len);
    assert_true(archive_is(one.data, one.len));
    assert_int_equal(one.data[9], 255); /* made on no system, at no time */
    assert_memory_equal(one.data + 4, "\0\0\0\0", 4);
    assert_ok(archive_read(one.data, one.len, LIMIT, &a, &err), &err);
    assert_int_equal(a.n, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(a.files[i].name, three[i].name);
        assert_int_equal(a.files[i].len, three[i].len);
        assert_memory_equal(a.files[i].data, three[i].data, three[i].len);
    }
    archive_clear(&a);
    plumb_bytes_clear(&one);
    plumb_bytes_clear(&two);
}

static void
one_that_holds_nothing_is_legal(void **state)
{
    struct plumb_bytes bytes = { 0 };
    struct archive a = { .n = 0 };
    struct plumb_err err = { 0 };

    (void)state;
    assert_ok(archive_write(NULL, 0, &bytes, &err), &err);
    assert_ok(archive_read(bytes.data, bytes.len, LIMIT, &a, &err), &err);
    assert_int_equal(a.n, 0);
    archive_clear(&a);
    plumb_bytes_clear(&bytes);
}

/* --- what does not --- */

static void
one_that_is_cut_at_any_byte_is_refused(void **state)
{
    struct plumb_bytes bytes = { 0 };
    struct plumb_err err = { 0 };

    (void)state;
    assert_ok(archive_write(three, 3, &bytes, &err), &err);
    for (size_t len = 0; len < bytes.len; len++) {
        PLUMB_AUTO(auto_free)
        uint8_t *cut = malloc(len + 1); /* so that a read past it is seen */
        struct archive a = { .n = 0 };

        assert_non_null(cut);
        memcpy(cut, bytes.data, len);
        assert_refused("archive.cut", archive_read(cut, len, LIMIT, &a, &err), &err);
    }
    plumb_bytes_clear(&bytes);
    for (size_t len = 0; len < tar.len; len++)
        refused_of(tar.data, len, LIMIT, "archive.cut", NULL);
}

/* But in the few bits of gzip that nobody reads. */
static void
a_flipped_byte_anywhere_is_refused_or_changes_nothing(void **state)
{
    struct plumb_bytes bytes = { 0 };
    struct plumb_err err = { 0 };
    size_t harmless = 0;

    (void)state;
    assert_ok(archive_write(three, 3, &bytes, &err), &err);
    for (size_t i = 0; i < bytes.len; i++) {
        struct archive a = { .n = 0 };

        bytes.data[i] ^= 0x41;
        if (archive_read(bytes.data, bytes.len, LIMIT, &a, &err) == PLUMB_OK) {
            harmless++;
            assert_int_equal(a.tar.len, tar.len);
            assert_memory_equal(a.tar.data, tar.data, tar.len);
            archive_clear(&a);
        } else {
            assert_true(strncmp(err.rule, "archive.", 8) == 0);
        }
        bytes.data[i] ^= 0x41;
    }
    assert_true(harmless < 10);
    plumb_bytes_clear(&bytes);
}

static void
what_is_no_gzip_or_goes_on_after_it_is_refused(void **state)
{
    struct plumb_bytes bytes = { 0 };
    struct archive a = { .n = 0 };
    struct plumb_err err = { 0 };
    uint8_t *twice;

    (void)state;
    assert_refused("archive.gzip", archive_read(tar.data, tar.len, LIMIT, &a, &err), &err);
    assert_ok(archive_write(three, 3, &bytes, &err), &err);
    twice = malloc(2 * bytes.len);
    assert_non_null(twice);
    memcpy(twice, bytes.data, bytes.len);
    memcpy(twice + bytes.len, bytes.data, bytes.len);
    assert_refused("archive.gzip", archive_read(twice, 2 * bytes.len, LIMIT, &a, &err), &err);
    assert_refused("archive.gzip", archive_read(twice, bytes.len + 1, LIMIT, &a, &err), &err);
    free(twice);
    plumb_bytes_clear(&bytes);
}

/* 64 MiB of nothing in 64 kB. */
static void
a_bomb_is_refused_at_the_limit(void **state)
{
    const size_t len = 64u << 20;
    uint8_t *zeros = calloc(1, len);

    (void)state;
    assert_non_null(zeros);
    refused_of(zeros, len, LIMIT, "archive.size", NULL);
    free(zeros);
    refused_of(tar.data, tar.len, tar.len - 1, "archive.size", NULL);
}

static void
links_folders_devices_and_extensions_are_refused(void **state)
{
    (void)state;
    for (const char *type = "123456xgLKS\0"; *type != '\0'; type++) {
        tar.data[156] = (uint8_t)*type;
        sum(tar.data);
        refused("archive.type", "offset 0");
    }
    tar.data[156] = 0; /* old tar's plain file */
    sum(tar.data);
    refused("archive.type", "offset 0");
}

static void
names_that_lead_elsewhere_are_refused(void **state)
{
    static const char *const names[] = { "",     "/a", "../a", "a/../b",      "a/./b", "./a",
                                         "a//b", "a/", "A",    "a b",         "a\\b",  "a:b",
                                         ".a",   "-a", "b/.c", "caf\xc3\xa9", "a\n" };

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        memset(tar.data, 0, 100);
        memcpy(tar.data, names[i], strlen(names[i]));
        sum(tar.data);
        refused("archive.name", "offset 0");
    }
    memset(tar.data, 'a', 100); /* it does not end */
    sum(tar.data);
    refused("archive.name", "offset 0");
}

static void
a_name_that_is_there_twice_or_out_of_order_is_refused(void **state)
{
    uint8_t *second = tar.data + 2 * BLOCK;

    (void)state;
    memset(second, 0, 100);
    second[0] = 'a';
    sum(second);
    refused("archive.order", "a");
    second[0] = '0';
    sum(second);
    refused("archive.order", "0");
}

/* Whoever wrote it differently: each of the fields that a reader could be led astray by. */
static void
a_header_that_is_written_otherwise_is_refused(void **state)
{
    static const struct {
        size_t at;
        const char *text;
    } cases[] = {
        { 100, "0000755" },       /* mode */
        { 108, "0000001" },       /* owner */
        { 116, "0001750" },       /* group */
        { 124, "       5   " },   /* size with spaces */
        { 124, "\x80" },          /* size in base 256 */
        { 136, "00000000001" },   /* time */
        { 157, "b/1.txt" },       /* link's target */
        { 257, "ustar  " },       /* GNU */
        { 265, "root" },          /* user */
        { 297, "root" },          /* group */
        { 329, "0000001" },       /* device */
        { 345, "../../etc" },     /* prefix */
        { 500, "hidden" },        /* what nobody reads */
        { 2, "behind the name" }, /* the name's NUL hides it */
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t was[BLOCK];

        memcpy(was, tar.data, BLOCK);
        memcpy(tar.data + cases[i].at, cases[i].text, strlen(cases[i].text));
        sum(tar.data);
        refused("archive.form", NULL);
        memcpy(tar.data, was, BLOCK);
    }
    tar.data[150] ^= 1; /* the checksum itself */
    refused("archive.form", "a");
}

static void
something_between_or_after_the_files_is_refused(void **state)
{
    uint8_t *more = calloc(1, tar.len + BLOCK);

    (void)state;
    assert_non_null(more);
    tar.data[BLOCK + 5] = 'x';
    refused("archive.form", "a");
    tar.data[BLOCK + 5] = 0;
    memcpy(more, tar.data, tar.len);
    refused_of(more, tar.len + BLOCK, LIMIT, "archive.form", NULL);
    more[tar.len - 1] = 1;
    refused_of(more, tar.len, LIMIT, "archive.form", NULL);
    free(more);
}

static void
a_size_that_reaches_past_the_end_is_refused(void **state)
{
    (void)state;
    memcpy(tar.data + 124, "77777777777", 11);
    sum(tar.data);
    refused("archive.cut", "a");
}

#define T(f) cmocka_unit_test_setup_teardown(f, take, clear)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(what_is_read_is_what_was_written_and_always_the_same_bytes),
        T(one_that_holds_nothing_is_legal),
        T(one_that_is_cut_at_any_byte_is_refused),
        T(a_flipped_byte_anywhere_is_refused_or_changes_nothing),
        T(what_is_no_gzip_or_goes_on_after_it_is_refused),
        T(a_bomb_is_refused_at_the_limit),
        T(links_folders_devices_and_extensions_are_refused),
        T(names_that_lead_elsewhere_are_refused),
        T(a_name_that_is_there_twice_or_out_of_order_is_refused),
        T(a_header_that_is_written_otherwise_is_refused),
        T(something_between_or_after_the_files_is_refused),
        T(a_size_that_reaches_past_the_end_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
