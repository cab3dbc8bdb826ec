/* What is pure: targets, headers, routes, limits, accounts, metrics' text, the table of
 * waiters. */
#include "server/http/account.h"
#include "server/http/header.h"
#include "server/http/limits.h"
#include "server/http/metrics.h"
#include "server/http/park.h"
#include "server/http/route.h"
#include "server/http/uri.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "tests/t.h"

static void
targets_are_taken_apart(void **state)
{
    char text[] = "/a/b%20c/%E2%82%AC/?x=1&y=a+b%26c&z&e=";
    struct http_uri uri;
    struct plumb_err err;

    (void)state;
    assert_ok(http_uri_parse(text, &uri, &err), &err);
    assert_int_equal(uri.nsegments, 4);
    assert_string_equal(uri.segments[1], "b c");
    assert_string_equal(uri.segments[2], "\xe2\x82\xac");
    assert_string_equal(uri.segments[3], "");
    assert_string_equal(http_uri_query(&uri, "x"), "1");
    assert_string_equal(http_uri_query(&uri, "y"), "a b&c");
    assert_string_equal(http_uri_query(&uri, "z"), "");
    assert_string_equal(http_uri_query(&uri, "e"), "");
    assert_null(http_uri_query(&uri, "w"));
}

static void
targets_of_another_form_are_refused(void **state)
{
    static const char *const cases[] = {
        "",
        "*",
        "a",
        "http://x/",
        "//",
        "/a//b",
        "/.",
        "/..",
        "/a/../b",
        "/%2e%2e",
        "/%2E",
        "/a%2fb",
        "/a%5Cb",
        "/a\\b",
        "/%",
        "/%4",
        "/%zz",
        "/%00",
        "/%0a",
        "/%7f",
        "/%c2%85",
        "/\xc3\xa9",
        "/%c3",
        "/%c3%28",
        "/%c0%80",
        "/%ed%a0%80",
        "/%f4%90%80%80",
        "/%e0%80%80",
        "/%ff",
        "/a b",
        "/a#b",
        "/a?b#c",
        "/a?=1",
        "/a?&",
        "/a?x=1&x=2",
        "/a?x=%",
        "/a?%00=1",
        "/a?x&y&x",
        "/1/2/3/4/5/6/7/8/9/10/11/12/13",
        "/?1&2&3&4&5&6&7&8&9&10&11&12&13&14&15&16&17",
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[256];
        struct http_uri uri = { .nsegments = 77 };
        struct plumb_err err = { .code = PLUMB_OK };

        strcpy(text, cases[i]);
        if (http_uri_parse(text, &uri, &err) == PLUMB_OK)
            fail_msg("accepted: %s", cases[i]);
        assert_string_equal(err.rule, "http.uri");
        assert_int_equal(uri.nsegments, 77);
    }
}

static void
numbers_in_queries_have_a_range(void **state)
{
    char text[] = "/?a=5&b=-1&c=11&d=1x&e=&f=99999999999999999999&g=+5&h=10";
    struct http_uri uri;
    struct plumb_err err;
    int64_t n = 3;

    (void)state;
    assert_ok(http_uri_parse(text, &uri, &err), &err);
    assert_ok(http_uri_number(&uri, "absent", 0, 10, &n, &err), &err);
    assert_int_equal(n, 3);
    assert_ok(http_uri_number(&uri, "a", 0, 10, &n, &err), &err);
    assert_int_equal(n, 5);
    assert_ok(http_uri_number(&uri, "h", 0, 10, &n, &err), &err);
    static const char *const bad[] = { "b", "c", "d", "e", "f", "g" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_refused("query.number", http_uri_number(&uri, bad[i], 0, 10, &n, &err), &err);
    assert_int_equal(n, 10);
}

static void
prefer_wait_is_found_and_cut(void **state)
{
    static const struct {
        const char *value;
        int64_t want;
    } cases[] = {
        { "wait=5", 5 },
        { "WAIT = 5", 5 },
        { "return=minimal, wait=7", 7 },
        { "a=\"wait=3, \\\" wait=4\", wait=6; x=y", 6 },
        { "wait=61", 60 },
        { "wait=99999999999999999999999999", 60 },
        { "wait=0", 0 },
        { "", -1 },
        { "wait", -1 },
        { "wait=", -1 },
        { "wait=-1", -1 },
        { "wait=5s", -1 },
        { "await=5", -1 },
        { "a=\"wait=5", -1 },
        { "waiting=5", -1 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (http_prefer_wait(cases[i].value, 60) != cases[i].want)
            fail_msg("%s: %d", cases[i].value, (int)http_prefer_wait(cases[i].value, 60));
}

static void
etags_are_found_in_lists(void **state)
{
    static const struct {
        const char *value;
        bool want;
    } cases[] = {
        { "\"abc\"", true },
        { "W/\"abc\"", true },
        { "\"x\", \"abc\"", true },
        { "\"x\" ,\tW/\"y\",\"abc\"", true },
        { "*", true },
        { " * ", true },
        { "", false },
        { "abc", false },
        { "\"abc", false },
        { "\"abcd\"", false },
        { "\"ab\"", false },
        { "\"x\" \"abc\"", false },
        { "w/\"abc\"", false },
        { "*, \"abc\"", false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (http_etag_listed(cases[i].value, "abc") != cases[i].want)
            fail_msg("%s", cases[i].value);
}

static void
media_types_and_lengths_are_compared_whole(void **state)
{
    static const char *const bad_fields[] = { "",    " ",    "-1",  "+1",  "0x1",
                                              "1;a", "1, 1", "?",   "?2",  "?1;a",
                                              "??1", "a",    "1 1", "\t1", "1234567890123456" };

    (void)state;
    assert_true(http_media_is("application/json", "application/json"));
    assert_true(http_media_is("Application/JSON ; charset=utf-8", "application/json"));
    assert_false(http_media_is("application/jsonp", "application/json"));
    assert_false(http_media_is("application/jso", "application/json"));
    assert_false(http_media_is("", "application/json"));
    assert_int_equal(http_field_integer("0"), 0);
    assert_int_equal(http_field_integer(" 999999999999999 "), 999999999999999);
    assert_int_equal(http_field_boolean("?1"), 1);
    assert_int_equal(http_field_boolean(" ?0 "), 0);
    for (size_t i = 0; i < sizeof bad_fields / sizeof bad_fields[0]; i++) {
        assert_int_equal(http_field_integer(bad_fields[i]), -1);
        assert_int_equal(http_field_boolean(bad_fields[i]), -1);
    }
    assert_int_equal(http_content_length("0"), 0);
    assert_int_equal(http_content_length("999999999999999999"), 999999999999999999);
    static const char *const bad[] = { "",   " 1",  "1 ",  "+1",
                                       "-1", "0x1", "1,1", "9999999999999999999" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(http_content_length(bad[i]), -1);
}

static enum plumb_code
nothing(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    (void)req;
    (void)reply;
    (void)err;
    return PLUMB_OK;
}

static void
malformed_tables_are_refused(void **state)
{
    static const struct http_route bad[][2] = {
        { { .method = "GET", .path = "a", .handler = nothing },
          { .method = "GET", .path = "/b", .handler = nothing } },
        { { .method = "GET", .path = "/a", .handler = nothing },
          { .method = "GET", .path = "/a", .handler = nothing } },
        { { .method = "GET", .path = "/{*}/a", .handler = nothing },
          { .method = "GET", .path = "/b", .handler = nothing } },
        { { .method = "GET", .path = "/a" },
          { .method = "GET", .path = "/b", .handler = nothing } },
        { { .method = "GET", .path = "/1/2/3/4/5/6/7/8/9/10/11/12/13", .handler = nothing },
          { .method = "GET", .path = "/b", .handler = nothing } },
    };
    struct http_router *router = NULL;
    struct plumb_err err;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_refused("route.table", http_router_new(bad[i], 2, &router, &err), &err);
    assert_null(router);
}

static void
the_first_row_that_fits_wins(void **state)
{
    static const struct http_route rows[] = {
        { .method = "GET", .path = "/a/b", .handler = nothing },
        { .method = "GET", .path = "/a/{}", .handler = nothing },
        { .method = "PUT", .path = "/a/{}", .handler = nothing },
        { .method = "GET", .path = "/", .handler = nothing },
        { .method = "GET", .path = "/{}/c/{*}", .handler = nothing },
    };
    static const struct {
        const char *method, *target;
        int row; /* -1: not found */
        size_t nargs;
    } cases[] = {
        { "GET", "/a/b", 0, 0 },     { "HEAD", "/a/b", 0, 0 }, { "GET", "/a/bb", 1, 1 },
        { "PUT", "/a/b", 2, 1 },     { "GET", "/", 3, 0 },     { "GET", "/x/c/d", 4, 2 },
        { "GET", "/x/c/d/e", 4, 3 }, { "GET", "/x/c", -1, 0 }, { "GET", "/a/", -1, 0 },
        { "GET", "/x/c/d/", -1, 0 }, { "GET", "/A/b", -1, 0 },
    };
    struct http_router *router = NULL;
    struct plumb_err err;

    (void)state;
    assert_ok(http_router_new(rows, sizeof rows / sizeof rows[0], &router, &err), &err);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[64];
        struct http_uri uri;
        struct http_match match;

        strcpy(text, cases[i].target);
        assert_ok(http_uri_parse(text, &uri, &err), &err);
        if (cases[i].row < 0) {
            assert_refused("route.path",
                           http_router_find(router, cases[i].method, &uri, &match, &err), &err);
            assert_null(match.route);
            continue;
        }
        assert_ok(http_router_find(router, cases[i].method, &uri, &match, &err), &err);
        assert_ptr_equal(match.route, &rows[cases[i].row]);
        assert_int_equal(match.nargs, cases[i].nargs);
    }
    http_router_free(router);
}

static void
access_needs_one_bit_of_the_rows(void **state)
{
    static const struct {
        unsigned row, client;
        bool key, local;
        const char *rule; /* NULL: allowed */
    } cases[] = {
        { HTTP_PUBLIC, 0, false, false, NULL },
        { HTTP_READER | HTTP_VERIFIER, HTTP_VERIFIER, true, false, NULL },
        { HTTP_READER, HTTP_VERIFIER | HTTP_CLIENT, true, false, "access.role" },
        { HTTP_CLIENT, 0, true, false, "access.stranger" },
        { HTTP_CLIENT, 0, false, false, "access.certificate" },
        { HTTP_LOCAL, HTTP_LOCAL, false, true, NULL },
        { HTTP_READER, HTTP_LOCAL, false, true, "access.role" },
        { HTTP_READER, 0, false, true, "access.stranger" },
    };
    struct plumb_err err;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct http_route row = { .access = cases[i].row };
        struct http_peer peer = { .has_key = cases[i].key, .local = cases[i].local };
        struct http_principal who = { .access = cases[i].client, .name = "n" };

        if (cases[i].rule == NULL)
            assert_ok(http_route_check_access(&row, &peer, &who, &err), &err);
        else
            assert_refused(cases[i].rule, http_route_check_access(&row, &peer, &who, &err),
                           &err);
    }
}

static void
threads_are_as_many_as_set_or_as_the_machine_suggests(void **state)
{
    struct http_limits limits = http_limits_default();
    const size_t cpus = (size_t)sysconf(_SC_NPROCESSORS_ONLN);

    (void)state;
    assert_int_equal(cpus > 8 ? 8 : cpus, http_limits_event_threads(&limits));
    assert_int_equal(cpus > 4 ? 8 : cpus < 2 ? 4 : 2 * cpus, http_limits_workers(&limits));
    limits.event_threads = 3;
    limits.workers = 40;
    assert_int_equal(3, http_limits_event_threads(&limits));
    assert_int_equal(40, http_limits_workers(&limits));
}

static void
limits_are_set_by_name_within_their_range(void **state)
{
    struct http_limits limits = http_limits_default();
    struct plumb_err err;
    size_t n = 0;
    const struct http_limit_row *rows = http_limits_rows(&n);
    char text[32];

    (void)state;
    assert_ok(http_limits_set(&limits, "workers", "3", &err), &err);
    assert_int_equal(limits.workers, 3);
    assert_refused("limit.name", http_limits_set(&limits, "wrokers", "3", &err), &err);
    static const char *const bad[] = { "-1", "",     "x",    "3x",
                                       " 3", "1025", "0x10", "99999999999999999999" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_refused("limit.range", http_limits_set(&limits, "workers", bad[i], &err), &err);
    assert_int_equal(limits.workers, 3);
    assert_refused("limit.range", http_limits_set(&limits, "queue", "0", &err), &err);
    for (size_t i = 0; i < n; i++) { /* every default is within its own range */
        (void)snprintf(text, sizeof text, "%lld", (long long)rows[i].value);
        assert_ok(http_limits_set(&limits, rows[i].name, text, &err), &err);
    }
}

static struct plumb_digest
id_of(int n)
{
    struct plumb_digest id;

    plumb_sha256(&n, sizeof n, &id);
    return id;
}

static void
rates_allow_a_burst_and_then_a_stream(void **state)
{
    struct http_accounts *accounts = NULL;
    struct plumb_err err;
    struct plumb_digest id = id_of(1);
    int64_t second = 1000000000, now = 5 * second;

    (void)state;
    assert_ok(http_accounts_new(64, &accounts, &err), &err);
    struct http_account *a = http_account_get(accounts, &id);
    for (int i = 0; i < 5; i++)
        assert_int_equal(http_account_rate(a, HTTP_RATE_REQUEST, now, 10, 5), 0);
    assert_int_equal(http_account_rate(a, HTTP_RATE_REQUEST, now, 10, 5), second / 10);
    assert_int_equal(http_account_rate(a, HTTP_RATE_REQUEST, now, 0, 5), 0);
    assert_int_equal(http_account_rate(a, HTTP_RATE_CONNECTION, now, 10, 5), 0);
    now += second / 10;
    assert_int_equal(http_account_rate(a, HTTP_RATE_REQUEST, now, 10, 5), 0);
    assert_true(http_account_rate(a, HTTP_RATE_REQUEST, now, 10, 5) > 0);
    http_account_put(accounts, a);
    a = http_account_get(accounts, &id); /* a new connection does not forgive */
    assert_true(http_account_rate(a, HTTP_RATE_REQUEST, now, 10, 5) > 0);
    now += 60 * second;
    for (int i = 0; i < 5; i++)
        assert_int_equal(http_account_rate(a, HTTP_RATE_REQUEST, now, 10, 5), 0);
    assert_true(http_account_rate(a, HTTP_RATE_REQUEST, now, 10, 5) > 0);
    http_account_put(accounts, a);
    http_accounts_free(accounts);
}

static void
accounts_in_use_are_kept_and_the_oldest_unused_go(void **state)
{
    struct http_accounts *accounts = NULL;
    struct http_account *used[64];
    struct plumb_err err;

    (void)state;
    assert_ok(http_accounts_new(64, &accounts, &err), &err);
    for (int i = 0; i < 64; i++) {
        struct plumb_digest id = id_of(i);
        used[i] = http_account_get(accounts, &id);
        assert_non_null(used[i]);
        assert_true(http_account_hold(used[i], HTTP_HOLD_BODY, i + 1, 64));
    }
    struct plumb_digest more = id_of(1000), oldest = id_of(7), newer = id_of(9);
    assert_null(http_account_get(accounts, &more));
    http_account_put(accounts, used[7]);
    http_account_put(accounts, used[9]);
    struct http_account *a = http_account_get(accounts, &more);
    assert_non_null(a);
    assert_true(http_account_hold(a, HTTP_HOLD_BODY, 64, 64)); /* nothing is inherited */
    assert_ptr_equal(http_account_get(accounts, &newer), used[9]);
    assert_false(http_account_hold(used[9], HTTP_HOLD_BODY, 55, 64));
    assert_null(http_account_get(accounts, &oldest));
    http_accounts_free(accounts);
}

static void
a_wake_between_looking_and_parking_is_not_missed(void **state)
{
    struct http_park *park = NULL;
    struct http_parked a = { .topic = http_park_topic("a"), .until_ms = 100 };
    struct http_parked b = { .topic = http_park_topic("b"), .until_ms = 200 };
    struct plumb_err err;

    (void)state;
    assert_ok(http_park_new(&park, &err), &err);
    uint64_t mark = http_park_mark(park);
    assert_null(http_park_wake(park, a.topic));
    assert_false(http_park_add(park, &a, mark));
    assert_true(http_park_add(park, &b, mark));
    assert_true(http_park_add(park, &a, http_park_mark(park)));
    assert_ptr_equal(http_park_wake(park, a.topic), &a);
    assert_null(a.next);
    assert_null(http_park_wake(park, a.topic));
    assert_null(http_park_due(park, 199));
    assert_ptr_equal(http_park_due(park, 200), &b);
    assert_true(http_park_add(park, &b, http_park_mark(park)));
    assert_ptr_equal(http_park_close(park), &b);
    assert_false(http_park_add(park, &b, http_park_mark(park)));
    http_park_free(park);
}

static void
metrics_print_what_prometheus_reads(void **state)
{
    static const char want[] = "# HELP t_total Things\n# TYPE t_total counter\n"
                               "t_total{kind=\"a\\\"\\\\\\n\"} 2\nt_total{kind=\"b\"} 0\n"
                               "# HELP g A gauge\n# TYPE g gauge\ng -4\n";
    struct metrics *m = NULL;
    struct plumb_bytes text = { NULL, 0 };
    struct plumb_err err;
    char label[64];

    (void)state;
    assert_ok(metrics_new(&m, &err), &err);
    metrics_label("kind", "a\"\\\n", label, sizeof label);
    struct metric *a = metrics_series(m, METRIC_COUNTER, "t_total", label, "Things");
    struct metric *g = metrics_series(m, METRIC_GAUGE, "g", "", "A gauge");
    struct metric *h = metrics_series(m, METRIC_HISTOGRAM, "h_seconds", "", "Times");
    (void)metrics_series(m, METRIC_COUNTER, "t_total", "kind=\"b\"", "Things");
    assert_ptr_equal(metrics_series(m, METRIC_COUNTER, "t_total", label, "Things"), a);
    metric_add(a, 2);
    metric_add(NULL, 2);
    metric_set(g, -4);
    metric_observe_ns(h, 700000);
    metric_observe_ns(h, 61000000000);
    assert_ok(metrics_text(m, &text, &err), &err);
    assert_memory_equal(text.data, want, sizeof want - 1);
    static const char *const lines[] = {
        "h_seconds_bucket{le=\"0.0005\"} 0\n", "h_seconds_bucket{le=\"0.001\"} 1\n",
        "h_seconds_bucket{le=\"60\"} 1\n",     "h_seconds_bucket{le=\"+Inf\"} 2\n",
        "h_seconds_sum 61.000700000\n",        "h_seconds_count 2\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        if (strstr((char *)text.data, lines[i]) == NULL)
            fail_msg("no %s in\n%s", lines[i], (char *)text.data);
    plumb_bytes_clear(&text);
    metrics_free(m);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(targets_are_taken_apart),
        cmocka_unit_test(targets_of_another_form_are_refused),
        cmocka_unit_test(numbers_in_queries_have_a_range),
        cmocka_unit_test(prefer_wait_is_found_and_cut),
        cmocka_unit_test(etags_are_found_in_lists),
        cmocka_unit_test(media_types_and_lengths_are_compared_whole),
        cmocka_unit_test(malformed_tables_are_refused),
        cmocka_unit_test(the_first_row_that_fits_wins),
        cmocka_unit_test(access_needs_one_bit_of_the_rows),
        cmocka_unit_test(threads_are_as_many_as_set_or_as_the_machine_suggests),
        cmocka_unit_test(limits_are_set_by_name_within_their_range),
        cmocka_unit_test(rates_allow_a_burst_and_then_a_stream),
        cmocka_unit_test(accounts_in_use_are_kept_and_the_oldest_unused_go),
        cmocka_unit_test(a_wake_between_looking_and_parking_is_not_missed),
        cmocka_unit_test(metrics_print_what_prometheus_reads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
