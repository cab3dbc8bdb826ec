/* What a server's refusal becomes here. */
#include "tests/t.h"

#include <stdio.h>
#include <string.h>

#include "client/problem.h"

static void
a_problem_document_comes_back_as_the_error_it_was(void **state)
{
    static const char body[] = "{\"type\":\"urn:plumbline:error:conflict\",\"status\":409,"
                               "\"rule\":\"proposal.base\",\"where\":\"predicate.base\","
                               "\"detail\":\"the base moved\"}";
    struct plumb_err err = { 0 };

    (void)state;
    assert_code(PLUMB_CONFLICT, problem_read(409, body, strlen(body), &err), &err);
    assert_string_equal("proposal.base", err.rule);
    assert_string_equal("predicate.base", err.where);
    assert_string_equal("the base moved", err.msg);
}

static void
every_word_of_a_server_is_taken_but_that_it_went_well_or_that_memory_is_short(void **state)
{
    (void)state;
    for (int i = 0; i < PLUMB_CODE_COUNT; i++) {
        enum plumb_code code = (enum plumb_code)i, want = code;
        struct plumb_err err = { 0 };
        char body[128];

        if (code == PLUMB_OK)
            want = PLUMB_INTERNAL;
        if (code == PLUMB_NO_MEMORY)
            want = PLUMB_UNAVAILABLE;
        (void)snprintf(body, sizeof body, "{\"type\":\"urn:plumbline:error:%s\"}",
                       plumb_code_token(code));
        assert_code(want, problem_read(plumb_code_http(code), body, strlen(body), &err), &err);
    }
}

static void
a_status_without_a_word_claims_no_more_than_it_says(void **state)
{
    static const struct {
        long status;
        enum plumb_code want;
    } cases[] = {
        { 400, PLUMB_INVALID },     { 404, PLUMB_NOT_FOUND },   { 413, PLUMB_TOO_LARGE },
        { 418, PLUMB_INTERNAL },    { 422, PLUMB_REFUSED },     { 429, PLUMB_BUSY },
        { 500, PLUMB_INTERNAL },    { 502, PLUMB_UNAVAILABLE }, { 503, PLUMB_UNAVAILABLE },
        { 504, PLUMB_UNAVAILABLE },
    };
    static const char *const bodies[] = { "", "<html>", "{\"type\":\"about:blank\"}" };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t k = 0; k < sizeof bodies / sizeof *bodies; k++) {
            struct plumb_err err = { 0 };

            assert_code(cases[i].want,
                        problem_read(cases[i].status, bodies[k], strlen(bodies[k]), &err),
                        &err);
            assert_string_equal("client.answer", err.rule);
        }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_problem_document_comes_back_as_the_error_it_was),
        cmocka_unit_test(
            every_word_of_a_server_is_taken_but_that_it_went_well_or_that_memory_is_short),
        cmocka_unit_test(a_status_without_a_word_claims_no_more_than_it_says),
    };

    return cmocka_run_group_tests_name("problem", tests, NULL, NULL);
}
