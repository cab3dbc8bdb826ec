#include "tests/t.h"

#include <plumb/time.h>
#include <string.h>
#include <time.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define LAST     INT64_C(253402300799)

static void
known_instants_read_and_write(void **state)
{
    static const struct {
        const char *text;
        plumb_time t;
    } t[] = {
        { "1970-01-01T00:00:00Z", 0 },
        { "1999-12-31T23:59:59Z", 946684799 },
        { "2000-02-29T12:00:00Z", 951825600 },
        { "2026-11-24T03:11:32Z", 1795489892 },
        { "2038-01-19T03:14:08Z", INT64_C(2147483648) },
        { "2100-02-28T23:59:59Z", INT64_C(4107542399) },
        { "2100-03-01T00:00:00Z", INT64_C(4107542400) },
        { "9999-12-31T23:59:59Z", LAST },
    };
    struct plumb_err err;

    (void)state;
    for (size_t i = 0; i < COUNT(t); i++) {
        char text[PLUMB_TIME_TEXT];
        plumb_time back = -1;

        plumb_time_text(t[i].t, text);
        assert_string_equal(text, t[i].text);
        assert_ok(plumb_time_parse(text, "", &back, &err), &err);
        assert_int_equal(back, t[i].t);
    }
}

static void
times_of_any_other_form_are_refused(void **state)
{
    static const char *const refused[] = {
        "",
        "2026-11-24",
        "2026-11-24T03:11:32",
        "2026-11-24T03:11:32z",
        "2026-11-24t03:11:32Z",
        "2026-11-24 03:11:32Z",
        "2026-11-24T03:11:32+00:00",
        "2026-11-24T03:11:32.0Z",
        "2026-11-24T03:11:32ZZ",
        " 2026-11-24T03:11:32Z",
        "2026-11-24T03:11:32Z\n",
        "2026-11-24T03:11Z",
        "2026-11-24T3:11:32Z",
        "2026-11-24T+3:11:32Z",
        "2026-11-24T-3:11:32Z",
        "2026/11/24T03:11:32Z",
        "02026-11-24T03:11:3Z",
        "20261124T031132Z",
        "202a-11-24T03:11:32Z",
        "\xef\xbc\x92"
        "6-11-24T03:11:32Z",
    };
    struct plumb_err err;
    plumb_time t = 7;

    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++) {
        assert_refused("time.form", plumb_time_parse(refused[i], "w", &t, &err), &err);
        assert_string_equal(err.where, "w");
        assert_int_equal(t, 7);
    }
}

static void
dates_and_times_that_do_not_exist_are_refused(void **state)
{
    static const char *const refused[] = {
        "1969-12-31T23:59:59Z", "0000-01-01T00:00:00Z", "2026-00-24T03:11:32Z",
        "2026-13-24T03:11:32Z", "2026-11-00T03:11:32Z", "2026-11-31T03:11:32Z",
        "2026-04-31T00:00:00Z", "2026-12-32T00:00:00Z", "2026-02-29T00:00:00Z",
        "2024-02-30T00:00:00Z", "2100-02-29T00:00:00Z", "2026-11-24T24:00:00Z",
        "2026-11-24T03:60:32Z", "2026-12-31T23:59:60Z",
    };
    struct plumb_err err;
    plumb_time t = 7;

    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++) {
        assert_refused("time.form", plumb_time_parse(refused[i], "", &t, &err), &err);
        assert_int_equal(t, 7);
    }
    assert_ok(plumb_time_parse("2024-02-29T00:00:00Z", "", &t, &err), &err);
    assert_ok(plumb_time_parse("2400-02-29T23:59:59Z", "", &t, &err), &err);
}

/* A stride that is prime to days, months and years. */
static void
times_agree_with_the_c_library_over_all_years(void **state)
{
    struct plumb_err err;

    (void)state;
    for (plumb_time t = 0; t <= LAST; t += INT64_C(1234567) + 7919) {
        char text[PLUMB_TIME_TEXT], want[PLUMB_TIME_TEXT];
        time_t c = (time_t)t;
        struct tm tm;
        plumb_time back;

        assert_non_null(gmtime_r(&c, &tm));
        assert_int_equal(strftime(want, sizeof want, "%Y-%m-%dT%H:%M:%SZ", &tm), 20);
        plumb_time_text(t, text);
        assert_string_equal(text, want);
        assert_ok(plumb_time_parse(text, "", &back, &err), &err);
        assert_int_equal(back, t);
    }
}

static void
writing_stays_within_the_years_that_can_be_read(void **state)
{
    char text[PLUMB_TIME_TEXT];

    (void)state;
    plumb_time_text(INT64_MIN, text);
    assert_string_equal(text, "1970-01-01T00:00:00Z");
    plumb_time_text(LAST + 1, text);
    assert_string_equal(text, "9999-12-31T23:59:59Z");
    plumb_time_text(PLUMB_TIME_NEVER, text);
    assert_string_equal(text, "9999-12-31T23:59:59Z");
}

static void
durations_read_and_write_in_the_shortest_form(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds;
        const char *shortest;
    } t[] = {
        { "PT0S", 0, "PT0S" },
        { "P0D", 0, "PT0S" },
        { "P0W", 0, "PT0S" },
        { "PT1S", 1, "PT1S" },
        { "PT90S", 90, "PT1M30S" },
        { "PT60M", 3600, "PT1H" },
        { "PT1H1S", 3601, "PT1H1S" },
        { "PT24H", 86400, "P1D" },
        { "P2W", 1209600, "P14D" },
        { "P14D", 1209600, "P14D" },
        { "P007D", 604800, "P7D" },
        { "P1DT12H", 129600, "P1DT12H" },
        { "P1DT1M", 86460, "P1DT1M" },
        { "P1DT2H3M4S", 93784, "P1DT2H3M4S" },
        { "P36525D", INT64_C(3155760000), "P36525D" },
        { "PT3155760000S", INT64_C(3155760000), "P36525D" },
    };
    struct plumb_err err;

    (void)state;
    for (size_t i = 0; i < COUNT(t); i++) {
        char text[PLUMB_DURATION_TEXT];
        int64_t s = -1;

        assert_ok(plumb_duration_parse(t[i].text, "", &s, &err), &err);
        assert_int_equal(s, t[i].seconds);
        plumb_duration_text(s, text);
        assert_string_equal(text, t[i].shortest);
        assert_ok(plumb_duration_parse(text, "", &s, &err), &err);
        assert_int_equal(s, t[i].seconds);
    }
}

static void
durations_of_any_other_form_are_refused(void **state)
{
    static const char *const refused[] = {
        "",
        "P",
        "PT",
        "P1",
        "1D",
        "p1D",
        "P1d",
        "P1Y",
        "P1M",
        "P1Y2D",
        "P1H",
        "PT1D",
        "PT1W",
        "P1W1D",
        "P1D1W",
        "P1WT1H",
        "P1WT",
        "P1DT",
        "P1D1D",
        "PT1S1M",
        "PT1M1H",
        "PTT1S",
        "PT1HT1S",
        "P-1D",
        "-P1D",
        "+P1D",
        "P+1D",
        "P1.5D",
        "PT1,5S",
        "P 1D",
        "P1D ",
        " P1D",
        "PD",
        "PTS",
        "P1DX",
        "P36526D",
        "P5218W",
        "P36525DT1S",
        "PT3155760001S",
        "P99999999999D",
        "P1000000000000D",
        "P99999999999999999999999D",
        "P9223372036854775807W",
        "PT000000000000001S",
        "P1D\xc2\xa0",
    };
    struct plumb_err err;
    int64_t s = 7;

    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++) {
        assert_refused("duration.form", plumb_duration_parse(refused[i], "w", &s, &err), &err);
        assert_string_equal(err.where, "w");
        assert_int_equal(s, 7);
    }
}

static void
any_number_of_seconds_has_a_duration_text(void **state)
{
    char text[PLUMB_DURATION_TEXT];

    (void)state;
    plumb_duration_text(INT64_MAX, text);
    assert_string_equal(text, "P106751991167300DT15H30M7S");
    plumb_duration_text(-1, text);
    assert_string_equal(text, "PT0S");
    plumb_duration_text(INT64_MIN, text);
    assert_string_equal(text, "PT0S");
}

static void
sums_end_in_never_and_begin_in_1970(void **state)
{
    static const struct {
        plumb_time a;
        int64_t seconds;
        plumb_time sum;
    } t[] = {
        { 0, 0, 0 },
        { 100, 5, 105 },
        { 100, -5, 95 },
        { 100, -100, 0 },
        { 100, -101, 0 },
        { 0, INT64_MIN, 0 },
        { LAST, INT64_MIN, 0 },
        { LAST, 0, LAST },
        { LAST - 1, 1, LAST },
        { LAST, 1, PLUMB_TIME_NEVER },
        { LAST + 1, 0, PLUMB_TIME_NEVER },
        { LAST + 1, -1, PLUMB_TIME_NEVER },
        { 0, LAST, LAST },
        { 0, LAST + 1, PLUMB_TIME_NEVER },
        { 1, INT64_MAX - 1, PLUMB_TIME_NEVER },
        { 0, INT64_MAX, PLUMB_TIME_NEVER },
        { PLUMB_TIME_NEVER, 1, PLUMB_TIME_NEVER },
        { PLUMB_TIME_NEVER, -1, PLUMB_TIME_NEVER },
        { PLUMB_TIME_NEVER, INT64_MIN, PLUMB_TIME_NEVER },
        { PLUMB_TIME_NEVER, PLUMB_TIME_NEVER, PLUMB_TIME_NEVER },
        { INT64_MIN, INT64_MIN, 0 },
        { INT64_MIN, 5, 5 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(t); i++)
        assert_int_equal(plumb_time_add(t[i].a, t[i].seconds), t[i].sum);
}

static void
times_of_others_are_read_with_offsets_and_fractions(void **state)
{
    static const struct {
        const char *text;
        plumb_time t;
    } cases[] = {
        { "2026-01-02T03:04:05Z", 1767323045 },
        { "2026-01-02T03:04:05z", 1767323045 },
        { "2026-01-02t03:04:05Z", 1767323045 },
        { "2026-01-02 03:04:05Z", 1767323045 },
        { "2026-01-02T03:04:05.999999999Z", 1767323045 },
        { "2026-01-02T03:04:05+00:00", 1767323045 },
        { "2026-01-02T03:04:05.5+01:30", 1767323045 - 5400 },
        { "2026-01-02T03:04:05-06:00", 1767323045 + 21600 },
        { "2016-12-31T23:59:60Z", 1483228799 },
        { "0001-01-01T00:00:00Z", 0 },
        { "1970-01-01T00:00:00+05:00", 0 },
        { "9999-12-31T23:59:59-01:00", INT64_C(253402300799) },
    };
    static const char *const refused[] = {
        "",
        "2026-01-02",
        "2026-01-02T03:04:05",
        "2026-01-02T03:04:05.Z",
        "2026-01-02T03:04:05.5",
        "2026-01-02T03:04:05+1:00",
        "2026-01-02T03:04:05+01:0",
        "2026-01-02T03:04:05+24:00",
        "2026-01-02T03:04:05+01:60",
        "2026-01-02T03:04:05+01:00x",
        "2026-01-02T03:04:05Zx",
        "2026-13-02T03:04:05Z",
        "2026-02-30T03:04:05Z",
        "1969-13-01T00:00:00Z",
        "2026-01-02x03:04:05Z",
        "2026-01-02T24:00:00Z",
    };
    struct plumb_err err = { 0 };
    plumb_time t;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_ok(plumb_time_parse_foreign(cases[i].text, "", &t, &err), &err);
        if (t != cases[i].t)
            fail_msg("%s: %lld", cases[i].text, (long long)t);
    }
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        assert_refused("time.form", plumb_time_parse_foreign(refused[i], "", &t, &err), &err);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_instants_read_and_write),
        cmocka_unit_test(times_of_any_other_form_are_refused),
        cmocka_unit_test(dates_and_times_that_do_not_exist_are_refused),
        cmocka_unit_test(times_agree_with_the_c_library_over_all_years),
        cmocka_unit_test(writing_stays_within_the_years_that_can_be_read),
        cmocka_unit_test(durations_read_and_write_in_the_shortest_form),
        cmocka_unit_test(durations_of_any_other_form_are_refused),
        cmocka_unit_test(any_number_of_seconds_has_a_duration_text),
        cmocka_unit_test(sums_end_in_never_and_begin_in_1970),
        cmocka_unit_test(times_of_others_are_read_with_offsets_and_fractions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
