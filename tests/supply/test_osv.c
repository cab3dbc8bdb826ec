/* Advisories: read, refused, and matched with packages. */
#include "tests/t.h"

#include <plumb/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"
#include "supply/osv.h"
#include "tests/scarce.h"

PLUMB_DEFINE_AUTO(auto_osv, struct osv_advisory *, osv_free);

#define RECORD(rest) "{\"id\":\"A-1\",\"modified\":\"2026-01-02T03:04:05.6Z\"," rest "}"
#define ENTRY(ecosystem, rest)                                                                 \
    RECORD("\"affected\":[{\"package\":{\"ecosystem\":\"" ecosystem "\",\"name\":\"a\"}," rest \
           "}]")
#define RANGE(type, events) "\"ranges\":[{\"type\":\"" type "\",\"events\":[" events "]}]"
#define E(kind, version)    "{\"" kind "\":\"" version "\"}"

static struct osv_advisory *
read_text(const char *text)
{
    struct osv_advisory *a = NULL;
    struct plumb_err err = { 0 };

    assert_ok(osv_read(text, strlen(text), &a, &err), &err);
    return a;
}

static void
a_version_is_in_a_range_by_the_order_of_its_ecosystem(void **state)
{
    static const struct {
        const char *record, *key, *version, *release;
        enum osv_reason reason;
        const char *fixed;
    } cases[] = {
        { ENTRY("npm", RANGE("SEMVER", E("introduced", "0") "," E("fixed", "1.10.0"))), "npm/a",
          "1.9.0", NULL, OSV_IN_RANGE, "1.10.0" },
        { ENTRY("npm", RANGE("SEMVER", E("introduced", "0") "," E("fixed", "1.10.0"))), "npm/a",
          "1.10.0", NULL, OSV_OUTSIDE, NULL },
        { ENTRY("npm", RANGE("SEMVER", E("introduced", "0") "," E("fixed", "1.10.0"))), "npm/b",
          "1.9.0", NULL, OSV_OTHER_PACKAGE, NULL },
        { ENTRY("npm", RANGE("SEMVER", E("introduced", "0") "," E("fixed", "1.10.0"))), "npm/a",
          "latest", NULL, OSV_BAD_VERSION, NULL },
        { ENTRY("npm", RANGE("SEMVER", E("introduced", "0") "," E("fixed", "soon"))), "npm/a",
          "1.0.0", NULL, OSV_BAD_RANGE, NULL },
        { ENTRY("npm", RANGE("SEMVER", E("introduced", "0") "," E("fixed", "1.10.0"))), "npm/a",
          NULL, NULL, OSV_NO_VERSION, NULL },
        /* events in any order, two intervals */
        { ENTRY("npm", RANGE("SEMVER", E("fixed", "3.0.1") "," E("introduced", "3.0.0") "," E(
                                           "fixed", "1.2.0") "," E("introduced", "1.0.0"))),
          "npm/a", "1.1.0", NULL, OSV_IN_RANGE, "1.2.0" },
        { ENTRY("npm", RANGE("SEMVER", E("fixed", "3.0.1") "," E("introduced", "3.0.0") "," E(
                                           "fixed", "1.2.0") "," E("introduced", "1.0.0"))),
          "npm/a", "2.0.0", NULL, OSV_OUTSIDE, NULL },
        { ENTRY("npm", RANGE("SEMVER", E("fixed", "3.0.1") "," E("introduced", "3.0.0") "," E(
                                           "fixed", "1.2.0") "," E("introduced", "1.0.0"))),
          "npm/a", "3.0.0", NULL, OSV_IN_RANGE, "3.0.1" },
        /* two intervals that touch, and one that is empty */
        { ENTRY("npm", RANGE("SEMVER", E("introduced", "1.0.0") "," E("fixed", "2.0.0") "," E(
                                           "introduced", "2.0.0") "," E("fixed", "3.0.0"))),
          "npm/a", "2.0.0", NULL, OSV_IN_RANGE, "3.0.0" },
        { ENTRY("npm", RANGE("SEMVER", E("introduced", "1.0.0") "," E("fixed", "1.0.0"))),
          "npm/a", "1.0.0", NULL, OSV_OUTSIDE, NULL },
        { ENTRY("npm", RANGE("SEMVER", E("introduced", "0") "," E("last_affected", "2.0.0"))),
          "npm/a", "2.0.0", NULL, OSV_IN_RANGE, NULL },
        { ENTRY("npm", RANGE("SEMVER", E("introduced", "0") "," E("last_affected", "2.0.0"))),
          "npm/a", "2.0.1", NULL, OSV_OUTSIDE, NULL },
        { ENTRY("npm", RANGE("SEMVER", E("introduced", "0") "," E("limit", "2.0.0"))), "npm/a",
          "2.0.0", NULL, OSV_OUTSIDE, NULL },
        { ENTRY("npm", RANGE("SEMVER", E("introduced", "0") "," E("limit", "*"))), "npm/a",
          "2.0.0", NULL, OSV_IN_RANGE, NULL },
        { ENTRY("npm", RANGE("SEMVER", E("introduced", "0"))), "npm/a", "0.0.0-0", NULL,
          OSV_IN_RANGE, NULL },
        { ENTRY("PyPI", RANGE("ECOSYSTEM", E("introduced", "0") "," E("fixed", "2.0"))),
          "PyPI/a", "2.0rc1", NULL, OSV_IN_RANGE, "2.0" },
        { ENTRY("Maven", RANGE("ECOSYSTEM", E("introduced", "0") "," E("fixed", "2.0"))),
          "Maven/a", "2.0-SNAPSHOT", NULL, OSV_IN_RANGE, "2.0" },
        /* releases of a distribution */
        { ENTRY("Debian:12", RANGE("ECOSYSTEM", E("introduced", "0") "," E("fixed", "1-2"))),
          "Debian/a", "1-1", "12.4", OSV_IN_RANGE, "1-2" },
        { ENTRY("Debian:12", RANGE("ECOSYSTEM", E("introduced", "0") "," E("fixed", "1-2"))),
          "Debian/a", "1-1", "11", OSV_OTHER_RELEASE, NULL },
        { ENTRY("Debian:12", RANGE("ECOSYSTEM", E("introduced", "0") "," E("fixed", "1-2"))),
          "Debian/a", "1-1", "1", OSV_OTHER_RELEASE, NULL },
        { ENTRY("Debian:1", RANGE("ECOSYSTEM", E("introduced", "0") "," E("fixed", "1-2"))),
          "Debian/a", "1-1", "12", OSV_OTHER_RELEASE, NULL },
        { ENTRY("Debian:12", RANGE("ECOSYSTEM", E("introduced", "0") "," E("fixed", "1-2"))),
          "Debian/a", "1-1", NULL, OSV_NO_RELEASE, NULL },
        { ENTRY("Debian:12", RANGE("ECOSYSTEM", E("introduced", "0") "," E("fixed", "1-2"))),
          "Debian/a", "1-2", NULL, OSV_OUTSIDE, NULL },
        { ENTRY("Debian", RANGE("ECOSYSTEM", E("introduced", "0"))), "Debian/a", "1-2", NULL,
          OSV_IN_RANGE, NULL },
        { ENTRY("Alpine:v3.18", RANGE("ECOSYSTEM", E("introduced", "0"))), "Alpine/a", "1-r2",
          "3.18.4", OSV_IN_RANGE, NULL },
        { ENTRY("Ubuntu:Pro:18.04:LTS", RANGE("ECOSYSTEM", E("introduced", "0"))), "Ubuntu/a",
          "1-2", "18.04", OSV_IN_RANGE, NULL },
        { ENTRY("Red Hat:rhel_aus:8.4::appstream", RANGE("ECOSYSTEM", E("introduced", "0"))),
          "Red Hat/a", "1-2", "8.4", OSV_NO_RELEASE, NULL },
        /* what has no order, or nothing that could be compared */
        { ENTRY("RubyGems", RANGE("ECOSYSTEM", E("introduced", "0"))), "RubyGems/a", "1.0",
          NULL, OSV_NO_ORDER, NULL },
        { ENTRY("RubyGems", RANGE("ECOSYSTEM", E("introduced", "0")) ",\"versions\":[\"1.0\"]"),
          "RubyGems/a", "1.0", NULL, OSV_LISTED, NULL },
        { ENTRY("RubyGems", RANGE("ECOSYSTEM", E("introduced", "0")) ",\"versions\":[\"1.0\"]"),
          "RubyGems/a", "2.0", NULL, OSV_NO_ORDER, NULL },
        { ENTRY("npm", RANGE("GIT", E("introduced", "0"))), "npm/a", "1.0.0", NULL,
          OSV_NO_RANGE, NULL },
        { ENTRY("npm", RANGE("GIT", E("introduced", "0")) ",\"versions\":[\"2.0.0\"]"), "npm/a",
          "1.0.0", NULL, OSV_OUTSIDE, NULL },
        { ENTRY("npm", RANGE("NEWER", E("introduced", "0"))), "npm/a", "1.0.0", NULL,
          OSV_NO_ORDER, NULL },
        { ENTRY("npm", "\"versions\":[]"), "npm/a", "1.0.0", NULL, OSV_NO_RANGE, NULL },
        { ENTRY("npm", "\"versions\":[\"3.0.0\",\"1.0.0\",\"2.0.0\"]"), "npm/a", "2.0.0", NULL,
          OSV_LISTED, NULL },
        { ENTRY("PyPI", "\"versions\":[\"1.0\"]"), "PyPI/a", "1.0.0", NULL, OSV_LISTED, NULL },
        { RECORD("\"withdrawn\":\"2026-02-01T00:00:00Z\",\"affected\":[{\"package\":"
                 "{\"ecosystem\":\"npm\",\"name\":\"a\"},\"versions\":[\"1.0.0\"]}]"),
          "npm/a", "1.0.0", NULL, OSV_WITHDRAWN, NULL },
        /* of several entries, the worst */
        { RECORD(
              "\"affected\":[{\"package\":{\"ecosystem\":\"npm\",\"name\":\"a\"},"
              "\"versions\":[\"9.0.0\"]},{\"package\":{\"ecosystem\":\"npm\",\"name\":\"a\"},"
              "\"versions\":[\"1.0.0\"]}]"),
          "npm/a", "1.0.0", NULL, OSV_LISTED, NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        PLUMB_AUTO(auto_osv) struct osv_advisory *a = read_text(cases[i].record);
        const struct package p = { cases[i].key, cases[i].version, cases[i].release };
        struct osv_match m;

        osv_match(a, &p, &m);
        if (m.reason != cases[i].reason || (m.fixed == NULL) != (cases[i].fixed == NULL) ||
            (m.fixed != NULL && strcmp(m.fixed, cases[i].fixed) != 0))
            fail_msg("case %zu, %s %s: %s, fixed in %s", i, p.key, p.version,
                     osv_reason_word(m.reason), m.fixed != NULL ? m.fixed : "none");
    }
}

static void
what_is_no_advisory_is_refused(void **state)
{
    static const struct {
        const char *text, *rule;
    } cases[] = {
        { "", "json.syntax" },
        { "[]", "json.type" },
        { "{}", "osv.form" },
        { "{\"id\":\"A\"}", "osv.form" },
        { "{\"id\":\"\",\"modified\":\"2026-01-02T03:04:05Z\"}", "osv.form" },
        { "{\"id\":\"A B\",\"modified\":\"2026-01-02T03:04:05Z\"}", "osv.form" },
        { "{\"id\":\"A\",\"modified\":\"yesterday\"}", "osv.form" },
        { "{\"id\":\"A\",\"id\":\"B\",\"modified\":\"2026-01-02T03:04:05Z\"}",
          "json.duplicate-key" },
        { RECORD("\"withdrawn\":1"), "osv.form" },
        { RECORD("\"aliases\":[1]"), "osv.form" },
        { RECORD("\"aliases\":[\"\\n\"]"), "osv.form" },
        { RECORD("\"affected\":{}"), "osv.form" },
        { RECORD("\"affected\":[1]"), "osv.form" },
        { RECORD("\"affected\":[{\"package\":{\"name\":\"a\"}}]"), "osv.form" },
        { RECORD("\"affected\":[{\"package\":{\"ecosystem\":\"npm\"}}]"), "osv.form" },
        { RECORD("\"severity\":[{\"type\":\"CVSS_V3\"}]"), "osv.form" },
        { ENTRY("npm", "\"versions\":[{}]"), "osv.form" },
        { ENTRY("npm", "\"ranges\":[{\"events\":[]}]"), "osv.range" },
        { ENTRY("npm", RANGE("SEMVER", "")), "osv.range" },
        { ENTRY("npm", RANGE("SEMVER", E("fixed", "1.0.0"))), "osv.range" },
        { ENTRY("npm", RANGE("SEMVER", "{}")), "osv.range" },
        { ENTRY("npm", RANGE("SEMVER", "{\"introduced\":0}")), "osv.range" },
        { ENTRY("npm", RANGE("SEMVER", "{\"introduced\":\"0\",\"fixed\":\"1\"}")),
          "osv.range" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct osv_advisory *a = NULL;
        struct plumb_err err = { 0 };

        if (osv_read(cases[i].text, strlen(cases[i].text), &a, &err) == PLUMB_OK ||
            strcmp(err.rule, cases[i].rule) != 0)
            fail_msg("case %zu: [%s] %s", i, err.rule, err.msg);
        assert_null(a);
    }
}

static void
severity_is_the_highest_of_the_vectors_and_no_word_of_a_database(void **state)
{
    static const struct {
        const char *text;
        int score;
        enum severity severity;
    } cases[] = {
        { RECORD("\"affected\":[]"), -1, SEVERITY_UNRATED },
        { RECORD("\"database_specific\":{\"severity\":\"CRITICAL\"}"), -1, SEVERITY_UNRATED },
        { RECORD("\"severity\":[{\"type\":\"CVSS_V3\",\"score\":"
                 "\"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H\"}]"),
          98, SEVERITY_CRITICAL },
        { RECORD("\"severity\":[{\"type\":\"CVSS_V3\",\"score\":\"9.8\"}]"), -1,
          SEVERITY_UNRATED },
        { RECORD("\"severity\":[{\"type\":\"Ubuntu\",\"score\":\"high\"}]"), -1,
          SEVERITY_UNRATED },
        { RECORD("\"severity\":[{\"type\":\"CVSS_V3\",\"score\":"
                 "\"CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N\"},"
                 "{\"type\":\"CVSS_V2\",\"score\":\"AV:N/AC:L/Au:N/C:P/I:P/A:P\"}]"),
          75, SEVERITY_HIGH },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        PLUMB_AUTO(auto_osv) struct osv_advisory *a = read_text(cases[i].text);

        if (a->score != cases[i].score || a->severity != cases[i].severity)
            fail_msg("case %zu: %d, %s", i, a->score, severity_text(a->severity));
    }
}

static void
memory_that_runs_out_is_an_error_and_leaks_nothing(void **state)
{
    static const char text[] =
        RECORD("\"aliases\":[\"B\"],\"affected\":[{\"package\":{\"ecosystem\":\"PyPI\","
               "\"name\":\"A.b\"}," RANGE("ECOSYSTEM",
                                          E("introduced", "0")) ",\"versions\":[\"1\"]}]");
    PLUMB_AUTO(plumb_json_auto) json_t *json = json_loads(text, 0, NULL);
    struct plumb_err err = { 0 };

    (void)state;
    assert_non_null(json);
    for (size_t n = 0;; n++) {
        PLUMB_AUTO(auto_osv) struct osv_advisory *a = NULL;
        enum plumb_code code;

        scarce_begin(n);
        code = osv_read_json(json, &a, &err);
        if (!scarce_end())
            break;
        assert_int_equal(code, PLUMB_NO_MEMORY);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_version_is_in_a_range_by_the_order_of_its_ecosystem),
        cmocka_unit_test(what_is_no_advisory_is_refused),
        cmocka_unit_test(severity_is_the_highest_of_the_vectors_and_no_word_of_a_database),
        cmocka_unit_test(memory_that_runs_out_is_an_error_and_leaks_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
