/* Who is at the other end, and what TLS we speak. */
#include "http_app.h"

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tests/t.h"

static void
a_known_key_is_let_in(void **state)
{
    struct app *app = *state;

    app_start(app);
    struct hc *c = hc_tls(app->tls_port, &app->reader, 0);
    assert_non_null(c);
    assert_int_equal(hc_status(c, "GET", "/known", NULL, NULL), 200);
    assert_int_equal(hc_status(c, "GET", "/known", NULL, NULL), 200);
    struct plumb_digest key = hc_server_key(c);
    assert_true(plumb_digest_eq(&key, &app->tls.id));
    hc_close(c);
}

static void
a_role_that_does_not_suffice_is_named(void **state)
{
    struct app *app = *state;
    char text[256];

    app_start(app);
    struct hc *c = hc_tls(app->tls_port, &app->reader, 0);
    struct hc_reply r = hc_ask(c, "GET", "/writers", NULL, NULL);
    assert_int_equal(r.status, 403);
    assert_string_equal(hc_member(&r, "rule", text), "access.role");
    assert_non_null(strstr(hc_member(&r, "detail", text), "robin"));
    hc_reply_free(&r);
    hc_close(c);
}

static void
a_strangers_certificate_is_told_its_key(void **state)
{
    struct app *app = *state;
    char text[256], hex[PLUMB_DIGEST_HEX];

    app_start(app);
    struct hc *c = hc_tls(app->tls_port, &app->stranger, 0);
    assert_non_null(c);
    struct hc_reply r = hc_ask(c, "GET", "/known", NULL, NULL);
    assert_int_equal(r.status, 403);
    assert_string_equal(hc_member(&r, "rule", text), "access.stranger");
    plumb_digest_hex(&app->stranger.id, hex);
    assert_non_null(strstr(hc_member(&r, "detail", text), hex));
    hc_reply_free(&r);
    assert_int_equal(hc_status(c, "GET", "/hello", NULL, NULL), 200);
    hc_close(c);
}

static void
without_a_certificate_only_public_rows_answer(void **state)
{
    struct app *app = *state;

    app_start(app);
    struct hc *c = hc_tls(app->tls_port, NULL, 0);
    assert_non_null(c);
    assert_int_equal(hc_status(c, "GET", "/hello", NULL, NULL), 200);
    assert_int_equal(hc_status(c, "GET", "/known", NULL, NULL), 401);
    hc_close(c);
}

/* The certificate of a known key, and another key behind it. */
static void
a_certificate_without_its_key_is_no_certificate(void **state)
{
    struct app *app = *state;
    struct hc_cert other = hc_cert_make("P-256");
    struct hc_cert forged = hc_cert_forge(&app->reader, &other);

    app_start(app);
    struct hc *c = hc_tls(app->tls_port, &forged, 0);
    if (c != NULL) /* in TLS 1.3 the client learns of it with its first read */
        assert_int_equal(hc_status(c, "GET", "/known", NULL, NULL), 0);
    hc_close(c);
    hc_cert_free(&forged);
    hc_cert_free(&other);
}

static void
a_resumed_session_keeps_its_key(void **state)
{
    struct app *app = *state;
    bool resumed = false;

    app_start(app);
    struct hc *c = hc_tls(app->tls_port, &app->reader, 0);
    assert_int_equal(hc_status(c, "GET", "/known", NULL, NULL), 200);
    struct hc *again = hc_tls_again(app->tls_port, &app->reader, c, &resumed);
    assert_non_null(again);
    assert_true(resumed);
    assert_int_equal(hc_status(again, "GET", "/known", NULL, NULL), 200);
    hc_close(again);
    hc_close(c);
}

/* What a key may do is asked at each request, so resuming gives nothing back that was taken. */
static void
a_resumed_session_of_a_key_now_unknown_is_a_strangers(void **state)
{
    struct app *app = *state;
    bool resumed = false;

    app_start(app);
    struct hc *c = hc_tls(app->tls_port, &app->reader, 0);
    assert_int_equal(hc_status(c, "GET", "/known", NULL, NULL), 200);
    app->reader.id.b[0] ^= 1;
    assert_int_equal(hc_status(c, "GET", "/known", NULL, NULL), 403);
    struct hc *again = hc_tls_again(app->tls_port, &app->reader, c, &resumed);
    assert_true(resumed);
    assert_int_equal(hc_status(again, "GET", "/known", NULL, NULL), 403);
    hc_close(again);
    hc_close(c);
}

static void
a_session_without_a_key_resumes_without_one(void **state)
{
    struct app *app = *state;
    bool resumed = false;

    app_start(app);
    struct hc *c = hc_tls(app->tls_port, NULL, 0);
    assert_int_equal(hc_status(c, "GET", "/hello", NULL, NULL), 200);
    struct hc *again = hc_tls_again(app->tls_port, &app->reader, c, &resumed);
    assert_non_null(again);
    assert_int_equal(hc_status(again, "GET", "/known", NULL, NULL), resumed ? 401 : 200);
    hc_close(again);
    hc_close(c);
}

/* A body whose bytes tell where they are, with a header of this many bytes. */
static void
share(struct app *app, size_t len, size_t header)
{
    struct plumb_bytes bytes = { malloc(len), len };
    char extra[3000];
    struct plumb_err err;

    assert_true(snprintf(extra, sizeof extra, "X-Long: %0*d", (int)header, 0) > 0);
    for (size_t i = 0; i < len; i++)
        bytes.data[i] = (uint8_t)('a' + i % 23);
    http_body_unref(app->body);
    app->body = NULL;
    assert_ok(http_body_new(&bytes, "text/plain", NULL, "no-cache", extra, &app->body, &err),
              &err);
}

/* A reply of GET /shared, its body held against what share() made. */
static void
check_shared(const struct hc_reply *r, size_t len)
{
    assert_int_equal(200, r->status);
    assert_int_equal(len, r->body_len);
    for (size_t at = 0; at < len; at++)
        if (r->body[at] != (char)('a' + at % 23))
            fail_msg("another byte at %zu", at);
}

static void
a_client_that_asks_much_and_reads_late_gets_every_byte(void **state)
{
    static const struct {
        size_t body, header, n;
    } cases[] = {
        { 9001, 1, 2000 },
        { 201, 601, 12000 },  /* most of it heads */
        { 9001, 2500, 2000 }, /* a head too long to wait */
    };
    struct app *app = *state;

    app->limits.rate_burst = 20000;
    app_start(app);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hc *c = hc_tls(app->tls_port, NULL, 0);

        share(app, cases[i].body, cases[i].header);
        for (size_t k = 0; k < cases[i].n; k++)
            hc_send(c, "GET /shared HTTP/1.1\r\nHost: t\r\n\r\n");
        for (size_t k = 0; k < cases[i].n; k++) {
            struct hc_reply r = hc_read(c, 20000, true);

            check_shared(&r, cases[i].body);
            hc_reply_free(&r);
        }
        hc_close(c);
    }
}

static void
get_shared(struct hc *c, size_t len)
{
    struct hc_reply r = hc_ask(c, "GET", "/shared", NULL, NULL);

    check_shared(&r, len);
    hc_reply_free(&r);
}

static void
a_reply_is_as_few_records_as_it_has_room_in(void **state)
{
    static const struct {
        size_t body, header;
        unsigned records;
    } cases[] = {
        { 1, 1, 1 },      { 8000, 800, 1 },
        { 15000, 1, 1 },  { 16384, 1, 2 }, /* the head is no longer than what is left over */
        { 100, 1100, 2 },                  /* a head too long to wait */
    };
    struct app *app = *state;

    app_start(app);
    struct hc *c = hc_tls(app->tls_port, NULL, 0);
    assert_int_equal(200, hc_status(c, "GET", "/hello", NULL, NULL)); /* tickets came before */
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unsigned before = hc_records(c);

        share(app, cases[i].body, cases[i].header);
        get_shared(c, cases[i].body);
        assert_int_equal(cases[i].records, hc_records(c) - before);
    }
    hc_close(c);
}

static void
a_client_of_small_records_gets_every_byte(void **state)
{
    static const size_t lengths[] = { 1, 300, 400, 512, 700, 1000 };
    struct app *app = *state;

    app_start(app);
    struct hc *c = hc_tls_small(app->tls_port);
    assert_non_null(c);
    for (size_t body = 0; body < 6; body++)
        for (size_t header = 0; header < 6; header++) {
            share(app, lengths[body], lengths[header]);
            get_shared(c, lengths[body]);
        }
    assert_true(hc_records(c) > 36 * 2);
    hc_close(c);
}

static void
requests_that_come_in_one_segment_are_all_read(void **state)
{
    struct app *app = *state;
    char text[3000];

    app->limits.rate_burst = 10000;
    app_start(app);
    struct hc *c = hc_tls(app->tls_port, NULL, 0);
    for (size_t len = 1; len < 2500; len += 7) { /* so that records end anywhere */
        (void)snprintf(text, sizeof text, "GET /hello HTTP/1.1\r\nHost: t\r\nX: %0*d\r\n\r\n",
                       (int)len, 0);
        for (int i = 0; i < 3; i++)
            hc_send(c, text);
        for (int i = 0; i < 3; i++) {
            struct hc_reply r = hc_read(c, 20000, true);

            assert_int_equal(200, r.status);
            hc_reply_free(&r);
        }
    }
    hc_close(c);
}

static void
older_tls_is_refused(void **state)
{
    struct app *app = *state;

    app_start(app);
    assert_null(hc_tls(app->tls_port, &app->reader, TLS1_2_VERSION));
    struct hc *c = hc_tls(app->tls_port, &app->reader, TLS1_3_VERSION);
    assert_non_null(c);
    assert_string_equal(hc_group(c), "x25519");
    hc_close(c);
}

static void
plain_text_on_the_tls_port_gets_nothing(void **state)
{
    struct app *app = *state;

    app_start(app);
    struct hc *c = hc_plain(app->tls_port);
    hc_send(c, "GET /hello HTTP/1.1\r\nHost: t\r\n\r\n");
    struct hc_reply r = hc_read(c, 5000, true);
    assert_int_equal(r.status, 0);
    hc_close(c);
}

static void
a_certificate_that_is_not_the_keys_does_not_start(void **state)
{
    struct app *app = *state;
    struct http_server *server = NULL;
    struct plumb_err err;
    const char *keys[] = { app->stranger.key, "", NULL, app->tls.certificate };

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        struct http_config config = {
            .listeners = { { HTTP_LISTEN_TLS, "127.0.0.1:0" } },
            .nlisteners = 1,
            .certificate_pem = app->tls.certificate,
            .key_pem = keys[i],
            .limits = http_limits_default(),
        };
        assert_refused("tls.certificate", http_start(&config, &server, &err), &err);
    }
    assert_null(server);
}

static void
addresses_that_cannot_be_are_refused(void **state)
{
    struct http_server *server = NULL;
    struct plumb_err err;
    char taken[32], file[] = "/tmp/plumb-http-file-XXXXXX";
    struct app *app = *state;
    char longer[200];

    app_start(app);
    (void)snprintf(taken, sizeof taken, "127.0.0.1:%d", app->port);
    int fd = mkstemp(file);
    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    const struct {
        struct http_listener at;
        const char *rule;
    } cases[] = {
        { { HTTP_LISTEN_PLAIN, "localhost:80" }, "http.address" },
        { { HTTP_LISTEN_PLAIN, "127.0.0.1" }, "http.address" },
        { { HTTP_LISTEN_PLAIN, "::1:80" }, "http.address" },
        { { HTTP_LISTEN_PLAIN, ":80" }, "http.address" },
        { { HTTP_LISTEN_PLAIN, "127.0.0.1:http" }, "http.address" },
        { { HTTP_LISTEN_PLAIN, taken }, "http.listen" },
        { { HTTP_LISTEN_LOCAL, app->path }, "http.listen" },
        { { HTTP_LISTEN_LOCAL, file }, "http.listen" }, /* not a socket: left alone */
        { { HTTP_LISTEN_LOCAL, "/nonexistent/socket" }, "http.listen" },
        { { HTTP_LISTEN_LOCAL, longer }, "http.address" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct http_config config = { .listeners = { cases[i].at },
                                      .nlisteners = 1,
                                      .limits = http_limits_default() };
        assert_refused(cases[i].rule, http_start(&config, &server, &err), &err);
    }
    assert_int_equal(access(file, F_OK), 0);
    close(fd);
    unlink(file);
    struct hc *c = hc_local(app->path); /* and what was there still serves */
    assert_int_equal(hc_status(c, "GET", "/local", NULL, NULL), 200);
    hc_close(c);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, app_setup, app_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_known_key_is_let_in),
        TEST(a_role_that_does_not_suffice_is_named),
        TEST(a_strangers_certificate_is_told_its_key),
        TEST(without_a_certificate_only_public_rows_answer),
        TEST(a_certificate_without_its_key_is_no_certificate),
        TEST(a_resumed_session_keeps_its_key),
        TEST(a_resumed_session_of_a_key_now_unknown_is_a_strangers),
        TEST(a_session_without_a_key_resumes_without_one),
        TEST(a_client_that_asks_much_and_reads_late_gets_every_byte),
        TEST(a_reply_is_as_few_records_as_it_has_room_in),
        TEST(a_client_of_small_records_gets_every_byte),
        TEST(requests_that_come_in_one_segment_are_all_read),
        TEST(older_tls_is_refused),
        TEST(plain_text_on_the_tls_port_gets_nothing),
        TEST(a_certificate_that_is_not_the_keys_does_not_start),
        TEST(addresses_that_cannot_be_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
