/* Requests and replies over real sockets. */
#include "http_app.h"

#include <string.h>
#include <unistd.h>
#include "tests/t.h"

static void
assert_problem(struct hc_reply r, int status, const char *rule)
{
    char text[256];

    assert_int_equal(r.status, status);
    assert_string_equal(hc_header(&r, "Content-Type", text), "application/problem+json");
    assert_string_equal(hc_member(&r, "rule", text), rule);
    assert_string_not_equal(hc_member(&r, "detail", text), "");
    assert_non_null(strstr(hc_member(&r, "instance", text), "urn:plumbline:request:"));
    hc_reply_free(&r);
}

static void
a_request_is_answered_and_the_connection_kept(void **state)
{
    struct app *app = *state;
    char text[256];

    app_start(app);
    struct hc *c = hc_plain(app->port);
    for (int i = 0; i < 3; i++) {
        struct hc_reply r =
            hc_ask(c, "GET", i == 1 ? "/hello" : "/hello/w%C3%B6rld", NULL, NULL);
        assert_int_equal(r.status, 200);
        assert_string_equal(r.body, i == 1 ? "hello you" : "hello w\xc3\xb6rld");
        assert_string_equal(hc_header(&r, "Cache-Control", text), "no-store");
        hc_reply_free(&r);
    }
    hc_close(c);
}

/* libmicrohttpd takes 128 events at a time: with exactly as many it must not wait for more. */
static void
any_number_of_requests_at_once_is_answered(void **state)
{
    enum { FROM = 126, TO = 130 };
    static const char request[] = "GET /hello HTTP/1.1\r\nHost: t\r\n\r\n";
    struct app *app = *state;
    struct hc *gate, *c[TO];

    app->limits.event_threads = 1;
    app_start(app);
    gate = hc_plain(app->port);
    for (int i = 0; i < TO; i++) {
        c[i] = hc_plain(app->port);
        assert_int_equal(hc_status(c[i], "GET", "/hello", NULL, NULL), 200);
    }
    for (int n = FROM; n <= TO; n++) {
        pthread_mutex_lock(&app->gate);
        hc_send(gate, "GET /fast-gate HTTP/1.1\r\nHost: t\r\n\r\n");
        while (atomic_exchange(&app->at_gate, 0) == 0)
            usleep(1000);
        for (int i = 0; i < n; i++)
            hc_send(c[i], request);
        pthread_mutex_unlock(&app->gate);
        for (int i = 0; i < n; i++) {
            struct hc_reply r = hc_read(c[i], 5000, true);

            if (r.status != 200)
                fail_msg("of %d requests, number %d has no answer", n, i);
            hc_reply_free(&r);
        }
        struct hc_reply r = hc_read(gate, 5000, true);
        assert_int_equal(r.status, 200);
        hc_reply_free(&r);
    }
    for (int i = 0; i < TO; i++)
        hc_close(c[i]);
    hc_close(gate);
}

static void
a_pipeline_is_answered_in_order(void **state)
{
    struct app *app = *state;

    app_start(app);
    struct hc *c = hc_plain(app->port);
    hc_send(c, "GET /hello/1 HTTP/1.1\r\nHost: t\r\n\r\nGET /hello HTTP/1.1\r\nHost: t\r\n\r\n"
               "GET /hello/3 HTTP/1.1\r\nHost: t\r\n\r\n");
    static const char *const want[] = { "hello 1", "hello you", "hello 3" };
    for (int i = 0; i < 3; i++) {
        struct hc_reply r = hc_read(c, 5000, true);
        assert_int_equal(r.status, 200);
        assert_string_equal(r.body, want[i]);
        hc_reply_free(&r);
    }
    hc_close(c);
}

static void
the_router_refuses_what_no_row_allows(void **state)
{
    static const struct {
        const char *method, *target, *headers, *body;
        int status;
        const char *rule;
    } cases[] = {
        { "GET", "/nothing", NULL, NULL, 404, "route.path" },
        { "GET", "/hello/a/b", NULL, NULL, 404, "route.path" },
        { "GET", "/hello/", NULL, NULL, 404, "route.path" },
        { "GET", "/rest", NULL, NULL, 404, "route.path" },
        { "DELETE", "/hello", NULL, NULL, 405, "route.method" },
        { "OPTIONS", "/hello", NULL, NULL, 405, "route.method" },
        { "GET", "/hello?x=1", NULL, NULL, 400, "query.unknown" },
        { "GET", "/value?not=x", NULL, NULL, 400, "query.number" },
        { "GET", "/hello/a%2Fb", NULL, NULL, 400, "http.uri" },
        { "GET", "/hello/%00", NULL, NULL, 400, "http.uri" },
        { "GET", "/hello/..", NULL, NULL, 400, "http.uri" },
        { "GET", "http://elsewhere/hello", NULL, NULL, 400, "http.uri" },
        { "GET", "/hello", NULL, "body", 413, "http.body" },
        { "PUT", "/echo", NULL,
          "12345678901234567890123456789012345678901234567890123456789012345", 413,
          "http.body" },
        { "POST", "/echo", "Content-Type: text/plain\r\n", "x", 415, "http.content-type" },
        { "POST", "/echo", NULL, "x", 415, "http.content-type" },
        { "GET", "/known", NULL, NULL, 401, "access.certificate" },
    };
    struct app *app = *state;

    app_start(app);
    struct hc *c = hc_plain(app->port); /* one connection survives them all */
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_problem(
            hc_ask(c, cases[i].method, cases[i].target, cases[i].headers, cases[i].body),
            cases[i].status, cases[i].rule);
    assert_int_equal(hc_status(c, "GET", "/hello", NULL, NULL), 200);
    hc_close(c);
}

static void
a_method_refused_names_those_allowed(void **state)
{
    struct app *app = *state;
    char text[256];

    app_start(app);
    struct hc *c = hc_plain(app->port);
    struct hc_reply r = hc_ask(c, "DELETE", "/echo", NULL, NULL);
    assert_int_equal(r.status, 405);
    assert_string_equal(hc_header(&r, "Allow", text), "POST, PUT");
    hc_reply_free(&r);
    r = hc_ask(c, "POST", "/hello", NULL, NULL);
    assert_string_equal(hc_header(&r, "Allow", text), "GET, HEAD");
    hc_reply_free(&r);
    hc_close(c);
}

static void
a_body_arrives_whole(void **state)
{
    struct app *app = *state;
    char body[100001];

    app_start(app);
    memset(body, 'x', 100000);
    body[100000] = '\0';
    struct hc *c = hc_plain(app->port);
    struct hc_reply r =
        hc_ask(c, "POST", "/echo", "Content-Type: application/octet-stream; q=1\r\n", body);
    assert_int_equal(r.status, 201);
    assert_int_equal(r.body_len, 100000);
    assert_string_equal(r.body, body);
    hc_reply_free(&r);
    r = hc_ask(c, "PUT", "/echo", NULL, "");
    assert_int_equal(r.status, 201);
    assert_int_equal(r.body_len, 0);
    hc_reply_free(&r);
    hc_close(c);
}

static void
a_body_in_pieces_arrives_whole(void **state)
{
    struct app *app = *state;

    app_start(app);
    struct hc *c = hc_plain(app->port);
    hc_send(c, "PUT /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 6\r\n\r\nab");
    hc_send(c, "cd");
    hc_send(c, "ef");
    struct hc_reply r = hc_read(c, 5000, true);
    assert_string_equal(r.body, "abcdef");
    hc_reply_free(&r);
    hc_close(c);
}

/* Refused before it is read: the reply comes although most of the body never does. */
static void
a_huge_body_is_refused_unread(void **state)
{
    struct app *app = *state;

    app_start(app);
    struct hc *c = hc_plain(app->port);
    hc_send(c, "PUT /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 1000000000000\r\n\r\nabc");
    assert_problem(hc_read(c, 5000, true), 413, "http.body");
    assert_true(hc_ends(c, 5000));
    hc_close(c);
}

static void
bodies_have_one_length(void **state)
{
    static const struct {
        const char *headers;
        int status;
    } cases[] = {
        { "Transfer-Encoding: chunked\r\n", 411 },
        { "Transfer-Encoding: gzip\r\n", 411 },
        { "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", 411 },
        { "Content-Length: 3\r\nContent-Length: 30\r\n", 400 },
        { "Content-Length: -3\r\n", 400 },
        { "Content-Length: 3x\r\n", 400 },
    };
    struct app *app = *state;

    app_start(app);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hc *c = hc_plain(app->port);
        assert_int_equal(hc_status(c, "PUT", "/echo", cases[i].headers, NULL), cases[i].status);
        assert_true(hc_ends(c, 5000));
        hc_close(c);
    }
}

static void
headers_have_a_limit(void **state)
{
    struct app *app = *state;
    char line[12000], *at = line;

    app->limits.header_bytes = 4096;
    app_start(app);
    at += sprintf(at, "X-Long: ");
    memset(at, 'a', 5000);
    strcpy(at + 5000, "\r\n");
    struct hc *c = hc_plain(app->port);
    assert_problem(hc_ask(c, "GET", "/hello", line, NULL), 431, "limit.header_bytes");
    hc_close(c);
    strcpy(at + 3000, "\r\n");
    c = hc_plain(app->port);
    assert_int_equal(hc_status(c, "GET", "/hello", line, NULL), 200);
    hc_close(c);
}

static void
targets_have_a_limit(void **state)
{
    struct app *app = *state;
    char target[3000] = "/hello/";

    app_start(app);
    memset(target + 7, 'a', 2500);
    struct hc *c = hc_plain(app->port);
    assert_problem(hc_ask(c, "GET", target, NULL, NULL), 414, "http.uri");
    target[1500] = '\0';
    assert_int_equal(hc_status(c, "GET", target, NULL, NULL), 200);
    hc_close(c);
}

static void
a_shared_body_is_served_whole_unchanged_and_without_body(void **state)
{
    struct app *app = *state;
    char etag[256], text[300];

    app_start(app);
    struct hc *c = hc_plain(app->port);
    for (int i = 0; i < 2; i++) { /* made, and made before */
        struct hc_reply r = hc_ask(c, "GET", "/shared", NULL, NULL);
        assert_int_equal(r.status, 200);
        assert_string_equal(r.body, "shared bytes");
        assert_string_equal(hc_header(&r, "Content-Type", etag), "application/json");
        assert_string_equal(hc_header(&r, "X-Size", etag), "7");
        assert_string_equal(hc_header(&r, "Cache-Control", etag), "no-cache");
        assert_int_equal(strlen(hc_header(&r, "ETag", etag)), 66);
        hc_reply_free(&r);

        (void)snprintf(text, sizeof text, "If-None-Match: \"x\", W/%s\r\n", etag);
        r = hc_ask(c, "GET", "/shared", text, NULL);
        assert_int_equal(r.status, 304);
        assert_string_equal(hc_header(&r, "ETag", text), etag);
        assert_string_equal(hc_header(&r, "X-Size", text), "7");
        hc_reply_free(&r);

        r = hc_ask(c, "HEAD", "/shared", NULL, NULL);
        assert_int_equal(r.status, 200);
        assert_string_equal(hc_header(&r, "Content-Length", text), "12");
        hc_reply_free(&r);
        assert_int_equal(hc_status(c, "GET", "/shared", "If-None-Match: \"x\"\r\n", NULL), 200);
    }
    hc_close(c);
}

static void
a_shared_body_outlives_its_owner_while_it_is_sent(void **state)
{
    struct app *app = *state;
    size_t len = 8 << 20;
    struct plumb_bytes bytes = { malloc(len), len };
    struct plumb_err err;

    memset(bytes.data, 'b', len);
    http_body_unref(app->body);
    assert_ok(http_body_new(&bytes, "text/plain", NULL, "no-cache", NULL, &app->body, &err),
              &err);
    app_start(app);
    struct hc *c = hc_plain(app->port);
    hc_send(c, "GET /shared HTTP/1.1\r\nHost: t\r\n\r\n");
    while (atomic_load(&app->events) == 0)
        ;
    struct http_body *body = app->body;
    app->body = NULL;
    http_body_unref(body);
    struct hc_reply r = hc_read(c, 20000, true);
    assert_int_equal(r.body_len, len);
    assert_int_equal(r.body[len - 1], 'b');
    hc_reply_free(&r);
    hc_close(c);
}

static void
an_etag_of_any_reply_makes_it_conditional(void **state)
{
    struct app *app = *state;
    char text[256];

    app_start(app);
    struct hc *c = hc_plain(app->port);
    struct hc_reply r = hc_ask(c, "GET", "/value", NULL, NULL);
    assert_string_equal(hc_header(&r, "ETag", text), "\"v0\"");
    hc_reply_free(&r);
    assert_int_equal(hc_status(c, "GET", "/value", "If-None-Match: \"v0\"\r\n", NULL), 304);
    assert_int_equal(hc_status(c, "HEAD", "/value", "If-None-Match: *\r\n", NULL), 304);
    assert_int_equal(hc_status(c, "GET", "/value", "If-None-Match: \"v1\"\r\n", NULL), 200);
    hc_close(c);
}

static void
an_internal_error_keeps_its_reason_for_the_log(void **state)
{
    struct app *app = *state;
    char text[256];

    app_start(app);
    struct hc *c = hc_plain(app->port);
    struct hc_reply r = hc_ask(c, "GET", "/fail", NULL, NULL);
    assert_int_equal(r.status, 500);
    assert_null(strstr(r.body, "tangerine"));
    assert_null(strstr(r.body, "secret"));
    assert_null(strstr(r.body, "in here"));
    assert_string_equal(hc_member(&r, "type", text), "urn:plumbline:error:internal");
    assert_string_equal(app->last_event, "/fail 500 test.secret");
    hc_reply_free(&r);
    hc_close(c);
}

static void
a_header_cannot_split_a_reply(void **state)
{
    struct app *app = *state;
    char text[256];

    app_start(app);
    struct hc *c = hc_plain(app->port);
    struct hc_reply r = hc_ask(c, "GET", "/split", NULL, NULL);
    assert_string_equal(hc_header(&r, "X-Good", text), "yes");
    assert_string_equal(hc_header(&r, "X-Evil", text), "");
    hc_reply_free(&r);
    hc_close(c);
}

static void
the_rest_of_a_path_comes_in_segments(void **state)
{
    struct app *app = *state;

    app_start(app);
    struct hc *c = hc_plain(app->port);
    struct hc_reply r = hc_ask(c, "GET", "/rest/0/x001/x234/067", NULL, NULL);
    assert_string_equal(r.body, "0|x001|x234|067|");
    hc_reply_free(&r);
    hc_close(c);
}

static void
the_local_socket_serves_our_user(void **state)
{
    struct app *app = *state;

    app_start(app);
    struct hc *c = hc_local(app->path);
    assert_int_equal(hc_status(c, "GET", "/local", NULL, NULL), 200);
    assert_problem(hc_ask(c, "GET", "/writers", NULL, NULL), 403, "access.role");
    hc_close(c);
    c = hc_plain(app->port);
    assert_problem(hc_ask(c, "GET", "/local", NULL, NULL), 401, "access.certificate");
    hc_close(c);
}

static void
requests_are_counted_by_route_and_class(void **state)
{
    struct app *app = *state;
    struct plumb_bytes text = { NULL, 0 };
    struct plumb_err err;

    app_start(app);
    struct hc *c = hc_plain(app->port);
    assert_int_equal(hc_status(c, "GET", "/hello", NULL, NULL), 200);
    assert_int_equal(hc_status(c, "GET", "/hello", NULL, NULL), 200);
    assert_int_equal(hc_status(c, "GET", "/nothing", NULL, NULL), 404);
    assert_ok(metrics_text(app->metrics, &text, &err), &err);
    static const char *const lines[] = {
        "plumbline_http_requests_total{route=\"GET /hello\",class=\"2xx\"} 2\n",
        "plumbline_http_requests_total{route=\"GET /hello\",class=\"4xx\"} 0\n",
        "plumbline_http_requests_total{route=\"none\",class=\"4xx\"} 1\n",
        "plumbline_http_request_seconds_count{route=\"GET /hello\"} 2\n",
        "plumbline_http_connections 1\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        if (strstr((char *)text.data, lines[i]) == NULL)
            fail_msg("no %s in:\n%s", lines[i], (char *)text.data);
    plumb_bytes_clear(&text);
    hc_close(c);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, app_setup, app_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_request_is_answered_and_the_connection_kept),
        TEST(any_number_of_requests_at_once_is_answered),
        TEST(a_pipeline_is_answered_in_order),
        TEST(the_router_refuses_what_no_row_allows),
        TEST(a_method_refused_names_those_allowed),
        TEST(a_body_arrives_whole),
        TEST(a_body_in_pieces_arrives_whole),
        TEST(a_huge_body_is_refused_unread),
        TEST(bodies_have_one_length),
        TEST(headers_have_a_limit),
        TEST(targets_have_a_limit),
        TEST(a_shared_body_is_served_whole_unchanged_and_without_body),
        TEST(a_shared_body_outlives_its_owner_while_it_is_sent),
        TEST(an_etag_of_any_reply_makes_it_conditional),
        TEST(an_internal_error_keeps_its_reason_for_the_log),
        TEST(a_header_cannot_split_a_reply),
        TEST(the_rest_of_a_path_comes_in_segments),
        TEST(the_local_socket_serves_our_user),
        TEST(requests_are_counted_by_route_and_class),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
