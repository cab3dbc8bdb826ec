#include "tests/t.h"

#include <string.h>

#include "supply/feed.h"

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
        cmocka_unit_test(a_file_has_its_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
