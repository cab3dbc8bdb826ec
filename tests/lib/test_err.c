#include "tests/t.h"

#include <plumb/err.h>
#include <string.h>

static void
every_code_has_a_token_of_its_own_that_reads_back(void **state)
{
    (void)state;
    for (enum plumb_code c = PLUMB_OK; c < PLUMB_CODE_COUNT; c++) {
        assert_true(plumb_code_token(c)[0] != '\0');
        assert_int_equal(plumb_code_parse(plumb_code_token(c)), c);
    }
}

static void
a_token_that_is_none_is_internal(void **state)
{
    static const char *const strange[] = { "", "OK", "ok ", "invali", "invalidx", "PLUMB_OK" };

    (void)state;
    for (size_t i = 0; i < sizeof strange / sizeof strange[0]; i++)
        assert_int_equal(plumb_code_parse(strange[i]), PLUMB_INTERNAL);
}

static void
a_failure_is_never_a_success_in_http(void **state)
{
    (void)state;
    assert_int_equal(plumb_code_http(PLUMB_OK), 200);
    for (enum plumb_code c = PLUMB_OK + 1; c < PLUMB_CODE_COUNT; c++)
        assert_in_range(plumb_code_http(c), 400, 599);
}

static void
a_code_from_outside_the_table_is_internal(void **state)
{
    (void)state;
    assert_string_equal(plumb_code_token(PLUMB_CODE_COUNT), "internal");
    assert_string_equal(plumb_code_token((enum plumb_code) - 1), "internal");
    assert_int_equal(plumb_code_http(PLUMB_CODE_COUNT), 500);
}

static void
failing_fills_all_and_returns_the_code(void **state)
{
    struct plumb_err err;

    (void)state;
    memset(&err, 'x', sizeof err);
    assert_int_equal(plumb_fail(&err, PLUMB_CONFLICT, "a.rule", "b[3].c", "%s %d", "is", 7),
                     PLUMB_CONFLICT);
    assert_int_equal(err.code, PLUMB_CONFLICT);
    assert_string_equal(err.rule, "a.rule");
    assert_string_equal(err.where, "b[3].c");
    assert_string_equal(err.msg, "is 7");
}

static void
an_error_nobody_wants_is_still_returned(void **state)
{
    (void)state;
    assert_int_equal(plumb_fail(NULL, PLUMB_BUSY, "r", "w", "%d", 1), PLUMB_BUSY);
    assert_int_equal(plumb_fail_memory(NULL), PLUMB_NO_MEMORY);
}

static void
rule_and_where_may_be_absent(void **state)
{
    struct plumb_err err;

    (void)state;
    memset(&err, 'x', sizeof err);
    assert_int_equal(plumb_fail(&err, PLUMB_INVALID, NULL, NULL, "m"), PLUMB_INVALID);
    assert_string_equal(err.rule, "");
    assert_string_equal(err.where, "");
}

static void
what_is_too_long_is_cut(void **state)
{
    struct plumb_err err;
    char many[1000];

    (void)state;
    memset(many, 'm', sizeof many - 1);
    many[sizeof many - 1] = '\0';
    assert_int_equal(plumb_fail(&err, PLUMB_INVALID, many, many, "%s", many), PLUMB_INVALID);
    assert_int_equal(strlen(err.rule), sizeof err.rule - 1);
    assert_int_equal(strlen(err.where), sizeof err.where - 1);
    assert_int_equal(strlen(err.msg), sizeof err.msg - 1);
}

static void
nothing_that_a_terminal_obeys_gets_through(void **state)
{
    static const char hostile[] = "a\n\x1b[2J\x7f\xc2\x9b\xe2\x80\xae~";
    struct plumb_err err;

    (void)state;
    assert_int_equal(plumb_fail(&err, PLUMB_INVALID, hostile, hostile, "%s", hostile),
                     PLUMB_INVALID);
    assert_string_equal(err.rule, "a??[2J??????~");
    assert_string_equal(err.where, "a??[2J??????~");
    assert_string_equal(err.msg, "a??[2J??????~");
}

static void
an_error_is_refilled_from_its_own_parts(void **state)
{
    struct plumb_err err;

    (void)state;
    assert_int_equal(plumb_fail(&err, PLUMB_INVALID, "r", "w", "inner"), PLUMB_INVALID);
    assert_int_equal(plumb_fail(&err, PLUMB_REFUSED, err.rule, err.where, "outer: %s", err.msg),
                     PLUMB_REFUSED);
    assert_int_equal(err.code, PLUMB_REFUSED);
    assert_string_equal(err.rule, "r");
    assert_string_equal(err.where, "w");
    assert_string_equal(err.msg, "outer: inner");
}

static void
lack_of_memory_has_a_rule(void **state)
{
    struct plumb_err err;

    (void)state;
    assert_int_equal(plumb_fail_memory(&err), PLUMB_NO_MEMORY);
    assert_int_equal(err.code, PLUMB_NO_MEMORY);
    assert_string_equal(err.rule, "memory");
    assert_string_equal(err.where, "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_a_token_of_its_own_that_reads_back),
        cmocka_unit_test(a_token_that_is_none_is_internal),
        cmocka_unit_test(a_failure_is_never_a_success_in_http),
        cmocka_unit_test(a_code_from_outside_the_table_is_internal),
        cmocka_unit_test(failing_fills_all_and_returns_the_code),
        cmocka_unit_test(an_error_nobody_wants_is_still_returned),
        cmocka_unit_test(rule_and_where_may_be_absent),
        cmocka_unit_test(what_is_too_long_is_cut),
        cmocka_unit_test(nothing_that_a_terminal_obeys_gets_through),
        cmocka_unit_test(an_error_is_refilled_from_its_own_parts),
        cmocka_unit_test(lack_of_memory_has_a_rule),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
