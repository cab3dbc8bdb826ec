#include "tests/t.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "supply/feed.h"
#include "supply/osv.h"

#define RECORD "{\"id\": \"A-1\", \"modified\": \"2026-01-01T00:00:00Z\"}"

static void
count_refused(void *arg, size_t record, const struct plumb_err *why)
{
    size_t *last = arg;

    assert_true(why->rule[0] != '\0');
    *last = record;
}

static void
add(struct feed *f, const char *text, size_t *refused)
{
    struct plumb_err err;

    *refused = 0;
    assert_ok(feed_add(f, text, strlen(text), count_refused, refused, &err), &err);
}

static void
a_file_is_one_record_or_one_a_line(void **state)
{
    struct feed f = { NULL, 0, 0, 0 };
    size_t refused;

    (void)state;
    add(&f, RECORD, &refused);
    assert_int_equal(f.count, 1);
    add(&f, "{\n\"id\": \"A-2\",\n\"modified\": \"2026-01-01T00:00:00Z\"\n}\n", &refused);
    assert_int_equal(f.count, 2);
    add(&f, RECORD "\n\n" RECORD "\r\n" RECORD, &refused);
    assert_int_equal(f.count, 5);
    assert_int_equal(refused, 0);
    assert_int_equal(f.lines[f.len - 1], '\n');
    for (size_t i = 0, lines = 0; i < f.len; i++) {
        lines += f.lines[i] == '\n';
        if (i == f.len - 1)
            assert_int_equal(lines, 5);
    }
    feed_clear(&f);
}

static void
what_cannot_be_read_is_told_and_left_out(void **state)
{
    struct feed f = { NULL, 0, 0, 0 };
    size_t refused;

    (void)state;
    add(&f, RECORD "\nnonsense\n" RECORD "\n", &refused);
    assert_int_equal(f.count, 2);
    assert_int_equal(refused, 2);
    add(&f, "{}", &refused);
    assert_int_equal(f.count, 2);
    assert_int_equal(refused, 1);
    add(&f, "", &refused);
    assert_int_equal(f.count, 2);
    assert_int_equal(refused, 0);
    feed_clear(&f);
}

/* A record of about so many bytes. */
static void
add_large(struct feed *f, size_t len, size_t *refused)
{
    char *text = malloc(len + 200);
    int n;

    assert_non_null(text);
    n = sprintf(text, "{\"id\": \"A-1\", \"modified\": \"2026-01-01T00:00:00Z\", \"details\":"
                      " \"");
    memset(text + n, 'x', len);
    (void)strcpy(text + n + len, "\"}\n");
    add(f, text, refused);
    free(text);
}

static void
what_is_gathered_is_given_out_in_imports(void **state)
{
    struct feed f = { NULL, 0, 0, 0 }, piece;
    size_t refused, at = 0, total = 0;

    (void)state;
    assert_false(feed_next(&f, &at, &piece));
    add_large(&f, FEED_IMPORT / 2, &refused);
    add(&f, RECORD, &refused);
    add_large(&f, FEED_IMPORT / 2, &refused);
    assert_true(feed_next(&f, &at, &piece));
    assert_int_equal(piece.count, 2);
    assert_int_equal(piece.lines[piece.len - 1], '\n');
    total += piece.len;
    assert_true(feed_next(&f, &at, &piece));
    assert_int_equal(piece.count, 1);
    assert_int_equal(total + piece.len, f.len);
    assert_false(feed_next(&f, &at, &piece));
    feed_clear(&f);
}

static void
a_record_that_no_import_would_take_is_left_out(void **state)
{
    struct feed f = { NULL, 0, 0, 0 };
    size_t refused;

    (void)state;
    add_large(&f, OSV_BYTES, &refused);
    assert_int_equal(refused, 1);
    assert_int_equal(f.count, 0);
    feed_clear(&f);
}

static void
a_file_has_its_limit(void **state)
{
    struct feed f = { NULL, 0, 0, 0 };
    struct plumb_err err;

    (void)state;
    assert_refused("feed.size", feed_add(&f, RECORD, (size_t)FEED_BYTES + 1, NULL, NULL, &err),
                   &err);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_one_record_or_one_a_line),
        cmocka_unit_test(what_cannot_be_read_is_told_and_left_out),
        cmocka_unit_test(what_is_gathered_is_given_out_in_imports),
        cmocka_unit_test(a_record_that_no_import_would_take_is_left_out),
        cmocka_unit_test(a_file_has_its_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
