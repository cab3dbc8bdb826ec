#include "server/log.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tests/t.h"

static int ends[2];

static int
open_log(void **state)
{
    (void)state;
    assert_int_equal(pipe(ends), 0);
    log_to(ends[1]);
    log_level(LOG_INFO);
    return 0;
}

static int
close_log(void **state)
{
    (void)state;
    log_to(STDERR_FILENO);
    close(ends[0]);
    close(ends[1]);
    return 0;
}

/* The one line that was written, parsed. */
static json_t *
line(void)
{
    char text[8192];
    ssize_t n = read(ends[0], text, sizeof text - 1);

    assert_true(n > 0);
    text[n] = '\0';
    assert_ptr_equal(strchr(text, '\n'), text + n - 1);
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    if (json == NULL)
        fail_msg("not JSON: %s", text);
    return json;
}

static const char *
text_of(json_t *json, const char *name)
{
    return json_string_value(json_object_get(json, name));
}

static void
a_line_is_one_object_with_its_fields(void **state)
{
    (void)state;
    log_event(LOG_WARN, "test", LOG_TEXT("a", "b"), LOG_NUMBER("n", -5));
    json_t *json = line();
    assert_string_equal(text_of(json, "level"), "warn");
    assert_string_equal(text_of(json, "event"), "test");
    assert_string_equal(text_of(json, "a"), "b");
    assert_int_equal(json_integer_value(json_object_get(json, "n")), -5);
    assert_int_equal(strlen(text_of(json, "time")), 20);
    json_decref(json);
}

static void
text_from_outside_cannot_break_a_line(void **state)
{
    (void)state;
    log_event(LOG_INFO, "test", LOG_TEXT("a", "x\n{\"level\":\"error\"}\x1b[2J\xff\"\\"));
    json_t *json = line();
    assert_string_equal(text_of(json, "level"), "info");
    assert_non_null(strstr(text_of(json, "a"), "\x1b[2J"));
    json_decref(json);
}

static void
a_long_text_is_cut_and_the_line_stays_whole(void **state)
{
    char longest[6000];

    (void)state;
    for (size_t len = 3900; len < 4200; len += 1) {
        memset(longest, len % 2 ? '"' : 'x', len);
        longest[len] = '\0';
        log_event(LOG_INFO, "test", LOG_TEXT("a", longest), LOG_NUMBER("after", 1),
                  LOG_TEXT("last", "z"));
        json_decref(line());
    }
}

static void
lines_below_the_level_are_dropped(void **state)
{
    (void)state;
    log_event(LOG_DEBUG, "no");
    log_event(LOG_INFO, "yes");
    json_t *json = line();
    assert_string_equal(text_of(json, "event"), "yes");
    json_decref(json);
}

static void
an_error_is_logged_with_its_rule(void **state)
{
    struct plumb_err err;

    (void)state;
    (void)plumb_fail(&err, PLUMB_INVALID, "some.rule", "here", "what to do");
    log_err(LOG_ERROR, "test", &err);
    json_t *json = line();
    assert_string_equal(text_of(json, "rule"), "some.rule");
    assert_string_equal(text_of(json, "code"), "invalid");
    json_decref(json);
}

static void
a_gate_lets_so_many_through_and_counts_the_rest(void **state)
{
    struct log_gate gate = { 0 };
    int64_t dropped = 0;
    int through = 0;

    (void)state;
    for (int i = 0; i < 1000; i++)
        through += log_gate(&gate, 10, &dropped);
    assert_in_range(through, 10, 20); /* a second may end in between */
    sleep(1);
    assert_true(log_gate(&gate, 10, &dropped));
    assert_in_range(dropped, 1, 990);
}

static void
levels_have_words(void **state)
{
    enum log_level level = LOG_DEBUG;

    (void)state;
    assert_true(log_level_parse("error", &level));
    assert_int_equal(level, LOG_ERROR);
    assert_false(log_level_parse("loud", &level));
    assert_int_equal(level, LOG_ERROR);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_log, close_log)
    const struct CMUnitTest tests[] = {
        TEST(a_line_is_one_object_with_its_fields),
        TEST(text_from_outside_cannot_break_a_line),
        TEST(a_long_text_is_cut_and_the_line_stays_whole),
        TEST(lines_below_the_level_are_dropped),
        TEST(an_error_is_logged_with_its_rule),
        TEST(a_gate_lets_so_many_through_and_counts_the_rest),
        TEST(levels_have_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
