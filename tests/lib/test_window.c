/*
 * The table of docs/formats.md section 6 once more, row by row: what each step makes of each
 * status, where it may follow it at all.
 */
#include "tests/t.h"

#include <plumb/window.h>
#include <string.h>

#define BEGAN    INT64_C(1000)
#define DEADLINE INT64_C(5000)
#define GRACE    INT64_C(300)
#define UNTIL    INT64_C(7777)
#define NEVER    PLUMB_TIME_NEVER

static const struct plumb_terms terms[] = {
    [PLUMB_OVERRUN_ALERT] = { PLUMB_OVERRUN_ALERT, true, DEADLINE, GRACE },
    [PLUMB_OVERRUN_ROLLBACK] = { PLUMB_OVERRUN_ROLLBACK, true, DEADLINE, GRACE },
    [PLUMB_OVERRUN_COMPLETE] = { PLUMB_OVERRUN_COMPLETE, true, DEADLINE, GRACE },
};

/* By (status, step): "" when it may not follow, else the status after it and its notAfter. */
static const struct row {
    enum plumb_status status;
    enum plumb_step step;
    const char *after;
    plumb_time not_after;
} rows[] = {
    { PLUMB_STATUS_INCOMING, PLUMB_STEP_BEGIN, "", 0 },
    { PLUMB_STATUS_INCOMING, PLUMB_STEP_ALONE, "incoming", NEVER },
    { PLUMB_STATUS_INCOMING, PLUMB_STEP_COMPLETE, "current", NEVER },
    { PLUMB_STATUS_INCOMING, PLUMB_STEP_NEXT_BEGIN, "", 0 },
    { PLUMB_STATUS_INCOMING, PLUMB_STEP_NEXT_COMPLETE, "", 0 },
    { PLUMB_STATUS_INCOMING, PLUMB_STEP_NEXT_GONE, "", 0 },
    { PLUMB_STATUS_INCOMING, PLUMB_STEP_RESCHEDULE, "", 0 },
    { PLUMB_STATUS_CURRENT, PLUMB_STEP_BEGIN, "", 0 },
    { PLUMB_STATUS_CURRENT, PLUMB_STEP_ALONE, "", 0 },
    { PLUMB_STATUS_CURRENT, PLUMB_STEP_COMPLETE, "", 0 },
    { PLUMB_STATUS_CURRENT, PLUMB_STEP_NEXT_BEGIN, "current", NEVER },
    { PLUMB_STATUS_CURRENT, PLUMB_STEP_NEXT_COMPLETE, "outgoing", UNTIL },
    { PLUMB_STATUS_CURRENT, PLUMB_STEP_NEXT_GONE, "current", NEVER },
    { PLUMB_STATUS_CURRENT, PLUMB_STEP_RESCHEDULE, "", 0 },
    { PLUMB_STATUS_OUTGOING, PLUMB_STEP_BEGIN, "", 0 },
    { PLUMB_STATUS_OUTGOING, PLUMB_STEP_ALONE, "", 0 },
    { PLUMB_STATUS_OUTGOING, PLUMB_STEP_COMPLETE, "", 0 },
    { PLUMB_STATUS_OUTGOING, PLUMB_STEP_NEXT_BEGIN, "", 0 },
    { PLUMB_STATUS_OUTGOING, PLUMB_STEP_NEXT_COMPLETE, "", 0 },
    { PLUMB_STATUS_OUTGOING, PLUMB_STEP_NEXT_GONE, "current", NEVER },
    { PLUMB_STATUS_OUTGOING, PLUMB_STEP_RESCHEDULE, "outgoing", UNTIL },
};

static void
every_step_from_every_status(void **state)
{
    struct plumb_err err;

    (void)state;
    assert_int_equal(sizeof rows / sizeof *rows, PLUMB_STEP_COUNT * PLUMB_STATUS_COUNT);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct plumb_window w = { rows[i].status, BEGAN, 4000 };
        const struct plumb_window before = w;
        enum plumb_code code = plumb_window_step(&w, false, rows[i].step, 3000,
                                                 &terms[PLUMB_OVERRUN_ALERT], UNTIL, &err);

        if (rows[i].after[0] == '\0') {
            assert_refused("window.step", code, &err);
            assert_memory_equal(&w, &before, sizeof w);
            continue;
        }
        assert_ok(code, &err);
        assert_string_equal(plumb_status_text(w.status), rows[i].after);
        assert_int_equal(w.not_after, rows[i].not_after);
        assert_int_equal(w.not_before, BEGAN);
    }
}

static void
a_window_begins_with_its_begin(void **state)
{
    struct plumb_err err;

    (void)state;
    for (size_t i = 0; i < PLUMB_STEP_COUNT; i++) {
        struct plumb_window w = { 0 };
        enum plumb_code code = plumb_window_step(&w, true, (enum plumb_step)i, BEGAN,
                                                 &terms[PLUMB_OVERRUN_ALERT], UNTIL, &err);

        if (i != PLUMB_STEP_BEGIN) {
            assert_refused("window.step", code, &err);
            continue;
        }
        assert_ok(code, &err);
        assert_int_equal(w.status, PLUMB_STATUS_INCOMING);
        assert_int_equal(w.not_before, BEGAN);
        assert_int_equal(w.not_after, NEVER);
    }
}

static void
an_overrun_is_foreseen_by_the_dates(void **state)
{
    static const struct {
        enum plumb_overrun overrun;
        bool has_predecessor;
        plumb_time own_end, predecessors_end;
    } cases[] = {
        { PLUMB_OVERRUN_ALERT, false, NEVER, NEVER },
        { PLUMB_OVERRUN_ALERT, true, NEVER, NEVER },
        { PLUMB_OVERRUN_ROLLBACK, false, NEVER, NEVER },
        { PLUMB_OVERRUN_ROLLBACK, true, DEADLINE, NEVER },
        { PLUMB_OVERRUN_COMPLETE, true, NEVER, DEADLINE + GRACE },
    };
    struct plumb_err err;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct plumb_terms t = terms[cases[i].overrun];
        struct plumb_window own, predecessor = { PLUMB_STATUS_CURRENT, 10, NEVER };

        t.has_predecessor = cases[i].has_predecessor;
        assert_ok(plumb_window_step(&own, true, PLUMB_STEP_BEGIN, BEGAN, &t, 0, &err), &err);
        assert_int_equal(own.not_after, cases[i].own_end);
        assert_ok(
            plumb_window_step(&predecessor, false, PLUMB_STEP_NEXT_BEGIN, BEGAN, &t, 0, &err),
            &err);
        assert_int_equal(predecessor.not_after, cases[i].predecessors_end);
    }
}

static void
what_time_closed_no_step_opens(void **state)
{
    static const struct {
        enum plumb_status status;
        enum plumb_step step;
        bool late;
    } cases[] = {
        { PLUMB_STATUS_INCOMING, PLUMB_STEP_ALONE, false },
        { PLUMB_STATUS_INCOMING, PLUMB_STEP_COMPLETE, false },
        { PLUMB_STATUS_CURRENT, PLUMB_STEP_NEXT_BEGIN, false },
        { PLUMB_STATUS_CURRENT, PLUMB_STEP_NEXT_COMPLETE, true },
        { PLUMB_STATUS_CURRENT, PLUMB_STEP_NEXT_GONE, false },
        { PLUMB_STATUS_OUTGOING, PLUMB_STEP_NEXT_GONE, false },
        { PLUMB_STATUS_OUTGOING, PLUMB_STEP_RESCHEDULE, false },
    };
    struct plumb_err err;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (plumb_time at = 3999; at <= 4001; at++) {
            struct plumb_window w = { cases[i].status, BEGAN, 4000 };
            enum plumb_code code = plumb_window_step(&w, false, cases[i].step, at,
                                                     &terms[PLUMB_OVERRUN_ALERT], UNTIL, &err);

            if (at < 4000 || cases[i].late)
                assert_ok(code, &err);
            else
                assert_refused("window.step", code, &err);
        }
        for (plumb_time at = BEGAN - 1; at <= BEGAN; at++) {
            struct plumb_window w = { cases[i].status, BEGAN, NEVER };
            enum plumb_code code = plumb_window_step(&w, false, cases[i].step, at,
                                                     &terms[PLUMB_OVERRUN_ALERT], UNTIL, &err);

            assert_int_equal(code == PLUMB_OK, at >= BEGAN);
        }
    }
}

static void
a_window_is_open_from_its_first_second_to_before_its_end(void **state)
{
    const struct plumb_window w = { PLUMB_STATUS_OUTGOING, 100, 200 };
    const struct plumb_window endless = { PLUMB_STATUS_CURRENT, 100, NEVER };

    (void)state;
    assert_false(plumb_window_open(&w, 99));
    assert_true(plumb_window_open(&w, 100));
    assert_true(plumb_window_open(&w, 199));
    assert_false(plumb_window_open(&w, 200));
    assert_false(plumb_window_open(&endless, 99));
    assert_true(plumb_window_open(&endless, INT64_C(253402300799)));
}

static void
a_begin_fixes_the_fleets_terms(void **state)
{
    const struct plumb_fleet f = { .overrun = PLUMB_OVERRUN_COMPLETE, .limit = 60, .grace = 7 };
    const struct plumb_terms t = plumb_terms_at(&f, true, 1000);

    (void)state;
    assert_int_equal(t.overrun, PLUMB_OVERRUN_COMPLETE);
    assert_true(t.has_predecessor);
    assert_int_equal(t.deadline, 1060);
    assert_int_equal(t.grace, 7);
    assert_int_equal(plumb_terms_at(&f, false, INT64_C(253402300799)).deadline, NEVER);
}

static void
steps_and_statuses_have_names(void **state)
{
    (void)state;
    assert_string_equal(plumb_step_text(PLUMB_STEP_NEXT_GONE), "next-gone");
    assert_string_equal(plumb_step_text(PLUMB_STEP_COUNT), "?");
    assert_string_equal(plumb_status_text(PLUMB_STATUS_COUNT), "?");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_step_from_every_status),
        cmocka_unit_test(a_window_begins_with_its_begin),
        cmocka_unit_test(an_overrun_is_foreseen_by_the_dates),
        cmocka_unit_test(what_time_closed_no_step_opens),
        cmocka_unit_test(a_window_is_open_from_its_first_second_to_before_its_end),
        cmocka_unit_test(a_begin_fixes_the_fleets_terms),
        cmocka_unit_test(steps_and_statuses_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
