/* Advisories with ranges that make no sense, or far too much of it: read as OSV says, refused,
 * or undetermined; never clean because they could not be followed. */
#include "tests/t.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"
#include "supply/osv.h"
#include "tests/scarce.h"

PLUMB_DEFINE_AUTO(auto_osv, struct osv_advisory *, osv_free);

#define HEAD                                                                                   \
    "{\"id\":\"A-1\",\"modified\":\"2026-01-02T03:04:05Z\",\"affected\":[{\"package\":"        \
    "{\"ecosystem\":\"npm\",\"name\":\"a\"},\"ranges\":["
#define TAIL          "]}]}"
#define EVENTS(list)  HEAD "{\"type\":\"SEMVER\",\"events\":[" list "]}" TAIL
#define E(kind, text) "{\"" kind "\":\"" text "\"}"

static enum osv_reason
match(const struct osv_advisory *a, const char *version, const char **ret_fixed)
{
    const struct package p = { "npm/a", version, NULL };
    struct osv_match m;

    osv_match(a, &p, &m);
    *ret_fixed = m.fixed;
    return m.reason;
}

#define NINES     "99999999999999999999999999999999999999999999999999999999999999999999999999"
#define TEN       "0123456789"
#define HUNDRED   TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define FIVE_MORE HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED ".1234567890.1"

static const struct {
    const char *record, *version;
    enum osv_reason reason;
    const char *fixed;
} cases[] = {
    /* it is fixed before it is introduced: so from there on it is affected */
    { EVENTS(E("fixed", "1.0.0") "," E("introduced", "2.0.0")), "0.5.0", OSV_OUTSIDE, NULL },
    { EVENTS(E("fixed", "1.0.0") "," E("introduced", "2.0.0")), "1.5.0", OSV_OUTSIDE, NULL },
    { EVENTS(E("fixed", "1.0.0") "," E("introduced", "2.0.0")), "2.0.0", OSV_IN_RANGE, NULL },
    /* twice the same, and two ends */
    { EVENTS(E("introduced", "1.0.0") "," E("introduced", "1.0.0") "," E("fixed", "2.0.0")),
      "1.5.0", OSV_IN_RANGE, "2.0.0" },
    { EVENTS(E("fixed", "2.0.0") "," E("fixed", "1.5.0") "," E("introduced", "1.0.0")), "1.4.0",
      OSV_IN_RANGE, "1.5.0" },
    { EVENTS(E("fixed", "2.0.0") "," E("fixed", "1.5.0") "," E("introduced", "1.0.0")), "1.7.0",
      OSV_OUTSIDE, NULL },
    { EVENTS(E("introduced", "0") "," E("limit", "1.0.0") "," E("limit", "2.0.0")), "1.5.0",
      OSV_IN_RANGE, NULL },
    { EVENTS(E("introduced", "0") "," E("introduced", "0")), "1.5.0", OSV_IN_RANGE, NULL },
    { EVENTS(E("introduced", "0") "," E("limit", "0")), "1.5.0", OSV_OUTSIDE, NULL },
    /* fixed by one, affected still by the other: which of them is right? */
    { EVENTS(E("introduced", "0") "," E("fixed", "2.0.0") "," E("last_affected", "3.0.0")),
      "2.5.0", OSV_BAD_RANGE, NULL },
    { EVENTS(E("introduced", "0") "," E("fixed", "2.0.0") "," E("last_affected", "1.0.0")),
      "9.0.0", OSV_BAD_RANGE, NULL },
    /* words that are no versions */
    { EVENTS(E("introduced", "*")), "1.0.0", OSV_BAD_RANGE, NULL },
    { EVENTS(E("introduced", "0") "," E("fixed", "*")), "1.0.0", OSV_BAD_RANGE, NULL },
    { EVENTS(E("introduced", "0") "," E("fixed", "-1.0.0")), "1.0.0", OSV_BAD_RANGE, NULL },
    { EVENTS(E("introduced", "0") "," E("fixed", "1.0.0 || 2.0.0")), "1.0.0", OSV_BAD_RANGE,
      NULL },
    { EVENTS(E("introduced", "0") "," E("fixed", "\\u00b2.0.0")), "1.0.0", OSV_BAD_RANGE,
      NULL },
    /* numbers that no machine word holds */
    { EVENTS(E("introduced", "0") "," E("fixed", NINES ".0.0")), NINES ".0.0-rc1", OSV_IN_RANGE,
      NINES ".0.0" },
    { EVENTS(E("introduced", "0") "," E("fixed", NINES ".0.0")), NINES ".0.0", OSV_OUTSIDE,
      NULL },
    { EVENTS(E("introduced", "0") "," E("fixed", "4294967296.0.0")), "4294967297.0.0",
      OSV_OUTSIDE, NULL },
    { EVENTS(E("introduced", "18446744073709551616.0.0")), "1.0.0", OSV_OUTSIDE, NULL },
    { EVENTS(E("introduced", "18446744073709551616.0.0")), NINES ".0.0", OSV_IN_RANGE, NULL },
    { EVENTS(E("introduced", "0") "," E("fixed", "000000000000000000000000000000001.0.0")),
      "1.0.0", OSV_OUTSIDE, NULL },
    /* longer than any version is */
    { EVENTS(E("introduced", "0") "," E("fixed", FIVE_MORE)), "1.0.0", OSV_BAD_RANGE, NULL },
    { EVENTS(E("introduced", "0") "," E("fixed", "1.0.0")), FIVE_MORE, OSV_BAD_VERSION, NULL },
    { EVENTS(E("introduced", "0")), "latest", OSV_BAD_VERSION, NULL },
    /* SemVer does not say which of these comes first */
    { EVENTS(E("introduced", "1.2.3.4")), "1.2.3.5", OSV_BAD_VERSION, NULL },
    /* one range says nothing, another does */
    { HEAD "{\"type\":\"SEMVER\",\"events\":[" E("introduced", "1.0.0") "," E(
          "fixed", "2.0.0") "]},{\"type\":\"SEMVER\",\"events\":[" E("introduced",
                                                                     "x") "]}" TAIL,
      "1.5.0", OSV_IN_RANGE, "2.0.0" },
    { HEAD "{\"type\":\"SEMVER\",\"events\":[" E("introduced", "1.0.0") "," E(
          "fixed", "2.0.0") "]},{\"type\":\"SEMVER\",\"events\":[" E("introduced",
                                                                     "x") "]}" TAIL,
      "3.0.0", OSV_BAD_RANGE, NULL },
};

static void
an_absurd_range_is_followed_or_undetermined(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        PLUMB_AUTO(auto_osv) struct osv_advisory *a = NULL;
        struct plumb_err err = { 0 };
        enum osv_reason reason;
        const char *fixed;

        assert_ok(osv_read(cases[i].record, strlen(cases[i].record), &a, &err), &err);
        reason = match(a, cases[i].version, &fixed);
        if (reason != cases[i].reason || (fixed == NULL) != (cases[i].fixed == NULL) ||
            (fixed != NULL && strcmp(fixed, cases[i].fixed) != 0))
            fail_msg("case %zu, %s of %s: %s, fixed in %s", i, cases[i].version,
                     cases[i].record, osv_reason_word(reason), fixed != NULL ? fixed : "none");
    }
}

static const struct {
    const char *record, *rule, *where;
} refused[] = {
    { EVENTS("{\"introduced\":\"0\",\"introduced\":\"1\"}"), "json.duplicate-key",
      "affected[0].ranges[0].events[0].introduced" },
    { EVENTS(E("introduced", "0") ",{\"fixed\":\"1\",\"last_affected\":\"2\"}"), "osv.range",
      "affected[0].ranges[0].events[1]" },
    { EVENTS("{\"introduced\":null}"), "osv.range",
      "affected[0].ranges[0].events[0].introduced" },
    { EVENTS("{\"introduced\":\"\"}"), "osv.range",
      "affected[0].ranges[0].events[0].introduced" },
    { EVENTS("{\"introduced\":1e400}"), "json.number",
      "affected[0].ranges[0].events[0].introduced" },
    { EVENTS("{\"introduced\":[\"0\"]}"), "osv.range",
      "affected[0].ranges[0].events[0].introduced" },
    { EVENTS("{\"until\":\"1\"}"), "osv.range", "affected[0].ranges[0].events[0]" },
    { EVENTS("\"0\""), "osv.range", "affected[0].ranges[0].events[0]" },
    { EVENTS(E("introduced", FIVE_MORE FIVE_MORE)), "osv.range",
      "affected[0].ranges[0].events[0].introduced" },
    { EVENTS(E("last_affected", "1.0.0") "," E("limit", "2.0.0")), "osv.range",
      "affected[0].ranges[0].events" },
    { HEAD "{\"type\":\"SEMVER\",\"events\":{}}" TAIL, "osv.range",
      "affected[0].ranges[0].events" },
    { HEAD "{\"type\":7,\"events\":[]}" TAIL, "osv.range", "affected[0].ranges[0]" },
    { HEAD "{\"type\":\"SEMVER\"}" TAIL, "osv.range", "affected[0].ranges[0].events" },
    { HEAD "1" TAIL, "osv.range", "affected[0].ranges[0]" },
};

static void
what_is_no_range_is_refused_where_it_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct osv_advisory *a = NULL;
        struct plumb_err err = { 0 };

        if (osv_read(refused[i].record, strlen(refused[i].record), &a, &err) == PLUMB_OK ||
            strcmp(err.rule, refused[i].rule) != 0 || strcmp(err.where, refused[i].where) != 0)
            fail_msg("%s: want [%s] %s, got [%s] %s: %s", refused[i].record, refused[i].rule,
                     refused[i].where, err.rule, err.where, err.msg);
        assert_null(a);
    }
}

/* From n to 1: affected below the middle of each. In one range, or each in its own. */
static char *
many(size_t n, const char *between)
{
    char *text;
    size_t len;
    FILE *f = open_memstream(&text, &len);

    assert_non_null(f);
    fputs(HEAD "{\"type\":\"SEMVER\",\"events\":[", f);
    for (size_t i = n; i > 0; i--)
        fprintf(f, E("fixed", "%zu.5.0") "," E("introduced", "%zu.0.0") "%s", i, i,
                i > 1 ? between : "");
    fputs("]}" TAIL, f);
    assert_int_equal(fclose(f), 0);
    return text;
}

#define SAME_RANGE  ","
#define OTHER_RANGE "]},{\"type\":\"SEMVER\",\"events\":["

static void
very_many_events_are_followed_in_memory_that_grows_with_them(void **state)
{
    enum { MANY = 10000 };
    static const char *const betweens[] = { SAME_RANGE, OTHER_RANGE };

    (void)state;
    for (size_t i = 0; i < sizeof betweens / sizeof *betweens; i++) {
        struct scarce_sum sums[2];

        for (size_t k = 0; k < 2; k++) {
            PLUMB_AUTO(auto_free) char *text = many(k == 0 ? MANY : 4 * MANY, betweens[i]);
            PLUMB_AUTO(auto_osv) struct osv_advisory *a = NULL;
            struct plumb_err err = { 0 };
            const char *fixed;

            scarce_measure();
            assert_ok(osv_read(text, strlen(text), &a, &err), &err);
            sums[k] = scarce_measured();
            assert_int_equal(match(a, "7777.4.9", &fixed), OSV_IN_RANGE);
            assert_string_equal(fixed, "7777.5.0");
            assert_int_equal(match(a, "7777.5.0", &fixed), OSV_OUTSIDE);
            assert_int_equal(match(a, "0.0.1", &fixed), OSV_OUTSIDE);
            assert_int_equal(match(a, "7777", &fixed), OSV_IN_RANGE);
        }
        assert_true(sums[1].calls <= 4 * sums[0].calls + 100);
        assert_true(sums[1].bytes <= 5 * sums[0].bytes);
    }
}

static void
more_events_than_are_read_are_refused_before_they_take_memory(void **state)
{
    static const struct {
        size_t n;
        const char *rule;
    } too_many[] = { { 850000, "json.values" }, { 1250000, "json.size" } };

    (void)state;
    for (size_t i = 0; i < sizeof too_many / sizeof *too_many; i++) {
        struct osv_advisory *a = NULL;
        struct plumb_err err = { 0 };
        char *text;
        size_t len;
        FILE *f = open_memstream(&text, &len);

        assert_non_null(f);
        fputs(HEAD "{\"type\":\"SEMVER\",\"events\":[" E("introduced", "0"), f);
        for (size_t k = 0; k < too_many[i].n; k++)
            fputs("," E("fixed", "1"), f);
        fputs("]}" TAIL, f);
        assert_int_equal(fclose(f), 0);
        scarce_measure();
        assert_refused(too_many[i].rule, osv_read(text, len, &a, &err), &err);
        assert_true(scarce_measured().bytes < 1000);
        free(text);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_absurd_range_is_followed_or_undetermined),
        cmocka_unit_test(what_is_no_range_is_refused_where_it_is),
        cmocka_unit_test(very_many_events_are_followed_in_memory_that_grows_with_them),
        cmocka_unit_test(more_events_than_are_read_are_refused_before_they_take_memory),
    };

    scarce_jansson();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
