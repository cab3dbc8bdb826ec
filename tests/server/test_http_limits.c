/* Slow and greedy clients: each limit cuts off whom it is for, and others are served. */
#include "http_app.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "tests/t.h"

/* Connections that end at this moment may still be counted: then once more. */
static void
assert_served(struct app *app)
{
    struct hc *c = hc_plain(app->port);

    for (int i = 0; i < 100 && hc_status(c, "GET", "/hello", NULL, NULL) != 200; i++) {
        hc_close(c);
        usleep(50000);
        c = hc_plain(app->port);
    }
    assert_int_equal(hc_status(c, "GET", "/hello", NULL, NULL), 200);
    assert_int_equal(hc_status(c, "GET", "/hello/x", NULL, NULL), 200);
    hc_close(c);
}

static int64_t
refused(struct app *app, const char *limit)
{
    char label[64];

    metrics_label("limit", limit, label, sizeof label);
    return metric_value(metrics_series(app->metrics, METRIC_COUNTER,
                                       "plumbline_http_refused_total", label, ""));
}

static void
assert_refusal(struct hc_reply r, int status, const char *rule)
{
    char text[256];

    assert_int_equal(r.status, status);
    assert_string_equal(hc_member(&r, "rule", text), rule);
    assert_string_not_equal(hc_header(&r, "Retry-After", text), "");
    hc_reply_free(&r);
}

/* Sends a byte every 50 ms for at most 5 s; how long the server stood it, in milliseconds. */
static int
trickle(struct app *app, struct hc *c, const char *text)
{
    int ms = 0;

    for (; ms < 5000 && hc_try_send(c, text, 1) && !hc_ends(c, 50); ms += 50)
        if (ms == 100)
            assert_served(app);
    return ms;
}

static void
a_connection_without_a_request_is_cut_off(void **state)
{
    struct app *app = *state;

    app->limits.handshake_ms = 300;
    app_start(app);
    struct hc *silent = hc_plain(app->port), *slow = hc_plain(app->port);
    struct hc *slow_tls = hc_plain(app->tls_port);
    assert_true(trickle(app, slow, "G") < 2000);
    assert_true(trickle(app, slow_tls, "\x16") < 2000);
    assert_true(hc_ends(silent, 2000));
    assert_true(refused(app, "time") >= 3);
    hc_close(silent);
    hc_close(slow);
    hc_close(slow_tls);
    assert_served(app);
}

static void
slow_headers_are_cut_off(void **state)
{
    struct app *app = *state;

    app->limits.header_ms = 300;
    app_start(app);
    struct hc *c = hc_plain(app->port);
    hc_send(c, "GET /hello HTTP/1.1\r\nHost: t\r\nX-Slow: ");
    assert_true(trickle(app, c, "a") < 2000);
    hc_close(c);
    assert_served(app);
}

static void
a_slow_upload_is_cut_off(void **state)
{
    struct app *app = *state;

    app->limits.upload_ms = 300;
    app->limits.upload_rate = 1000000;
    app_start(app);
    struct hc *c = hc_plain(app->port);
    hc_send(c, "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Type: application/octet-stream\r\n"
               "Content-Length: 100000\r\n\r\n");
    assert_true(trickle(app, c, "a") < 2000);
    hc_close(c);
    assert_served(app);
}

static void
a_large_upload_gets_the_time_it_needs(void **state)
{
    struct app *app = *state;
    char part[10000];

    app->limits.upload_ms = 100;
    app->limits.upload_rate = 50000; /* so two seconds for 100,000 bytes */
    app_start(app);
    memset(part, 'x', sizeof part);
    struct hc *c = hc_plain(app->port);
    hc_send(c, "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Type: application/octet-stream\r\n"
               "Content-Length: 100000\r\n\r\n");
    for (int i = 0; i < 10; i++) {
        assert_true(hc_try_send(c, part, sizeof part));
        usleep(60000);
    }
    struct hc_reply r = hc_read(c, 5000, true);
    assert_int_equal(r.status, 201);
    hc_reply_free(&r);
    hc_close(c);
}

static void
a_client_that_does_not_read_is_cut_off(void **state)
{
    struct app *app = *state;
    struct plumb_bytes bytes = { calloc(1, 32 << 20), 32 << 20 };
    struct plumb_err err;

    http_body_unref(app->body);
    assert_ok(http_body_new(&bytes, "text/plain", "big", "no-cache", NULL, &app->body, &err),
              &err);
    app->limits.send_ms = 300;
    app->limits.send_rate = 1 << 30;
    app_start(app);
    struct hc *c = hc_plain(app->port);
    hc_send(c, "GET /shared HTTP/1.1\r\nHost: t\r\n\r\n");
    for (int i = 0; i < 100 && refused(app, "time") == 0; i++)
        usleep(50000);
    assert_int_equal(refused(app, "time"), 1);
    hc_close(c);
    assert_served(app);
}

static void
an_idle_connection_is_closed(void **state)
{
    struct app *app = *state;

    app->limits.idle_ms = 1000;
    app_start(app);
    struct hc *c = hc_plain(app->port);
    for (int i = 0; i < 5; i++) { /* in use it lives on */
        assert_int_equal(hc_status(c, "GET", "/hello", NULL, NULL), 200);
        usleep(300000);
    }
    assert_true(hc_ends(c, 3000));
    hc_close(c);
}

/* The handler takes longer than every limit on the client's own time: that is not its fault. */
static void
a_slow_handler_is_waited_for(void **state)
{
    struct app *app = *state;

    app->limits.upload_ms = app->limits.header_ms = app->limits.idle_ms = 200;
    app_start(app);
    pthread_mutex_lock(&app->gate);
    struct hc *c = hc_plain(app->port);
    hc_send(c, "GET /gate HTTP/1.1\r\nHost: t\r\n\r\n");
    usleep(800000);
    pthread_mutex_unlock(&app->gate);
    struct hc_reply r = hc_read(c, 5000, true);
    assert_int_equal(r.status, 200);
    hc_reply_free(&r);
    hc_close(c);
}

static void
one_address_has_so_many_connections(void **state)
{
    struct app *app = *state;
    struct hc *c[5];

    app->limits.connections_address = 4;
    app_start(app);
    for (int i = 0; i < 5; i++)
        c[i] = hc_plain(app->port);
    for (int i = 0; i < 4; i++)
        assert_int_equal(hc_status(c[i], "GET", "/hello", NULL, NULL), 200);
    assert_int_equal(hc_status(c[4], "GET", "/hello", NULL, NULL), 0);
    assert_int_equal(refused(app, "connections"), 1);
    hc_close(c[0]);
    app_until(app, "plumbline_http_connections", 3);
    assert_served(app);
    struct hc *local = hc_local(app->path); /* another way in */
    assert_int_equal(hc_status(local, "GET", "/hello", NULL, NULL), 200);
    hc_close(local);
    for (int i = 1; i < 5; i++)
        hc_close(c[i]);
}

static void
there_are_so_many_connections_in_all(void **state)
{
    struct app *app = *state;
    struct hc *c[3];

    app->limits.connections = 2;
    app_start(app);
    for (int i = 0; i < 3; i++) {
        c[i] = hc_plain(app->port);
        assert_int_equal(hc_status(c[i], "GET", "/hello", NULL, NULL), i < 2 ? 200 : 0);
    }
    for (int i = 0; i < 3; i++)
        hc_close(c[i]);
    app_until(app, "plumbline_http_connections", 0);
    assert_served(app);
}

static void
idle_connections_make_room_when_it_is_scarce(void **state)
{
    struct app *app = *state;
    struct hc *c[8];

    app->limits.connections = 8;
    app_start(app);
    for (int i = 0; i < 8; i++) {
        c[i] = hc_plain(app->port);
        if (i % 2)
            assert_int_equal(hc_status(c[i], "GET", "/hello", NULL, NULL), 200);
    }
    hc_send(c[7], "GET /value?not=0 HTTP/1.1\r\nHost: t\r\nPrefer: wait=30\r\n\r\n");
    assert_served(app);
    app_set(app, 1); /* one that waits is not idle */
    struct hc_reply r = hc_read(c[7], 5000, true);
    assert_int_equal(r.status, 200);
    hc_reply_free(&r);
    for (int i = 0; i < 8; i++)
        hc_close(c[i]);
}

static void
one_address_connects_so_often(void **state)
{
    struct app *app = *state;
    int served = 0;

    app->limits.connection_rate = 1;
    app->limits.connection_burst = 5;
    app_start(app);
    for (int i = 0; i < 10; i++) {
        struct hc *c = hc_plain(app->port);
        served += hc_status(c, "GET", "/hello", NULL, NULL) == 200;
        hc_close(c);
    }
    assert_in_range(served, 5, 7);
}

static void
one_client_asks_so_often(void **state)
{
    struct app *app = *state;
    int served = 0;

    app->limits.rate = 1;
    app->limits.rate_burst = 5;
    app_start(app);
    struct hc *c = hc_plain(app->port);
    for (int i = 0; i < 10; i++)
        served += hc_status(c, "GET", "/hello", NULL, NULL) == 200;
    assert_in_range(served, 5, 7);
    assert_refusal(hc_ask(c, "GET", "/hello", NULL, NULL), 429, "limit.rate");
    hc_close(c);

    /* a stranger's certificate is no new client, or there would be no limit */
    c = hc_tls(app->tls_port, &app->stranger, 0);
    assert_int_equal(hc_status(c, "GET", "/hello", NULL, NULL), 429);
    hc_close(c);
    /* a known key is, wherever it comes from; and has its own limit */
    c = hc_tls(app->tls_port, &app->reader, 0);
    for (int i = served = 0; i < 10; i++)
        served += hc_status(c, "GET", "/hello", NULL, NULL) == 200;
    assert_in_range(served, 5, 7);
    hc_close(c);
    struct hc *local = hc_local(app->path); /* nothing stops the administrator */
    for (int i = 0; i < 20; i++)
        assert_int_equal(hc_status(local, "GET", "/hello", NULL, NULL), 200);
    hc_close(local);
}

/* One worker, and room for two to wait. */
static void
a_full_queue_says_so(void **state)
{
    struct app *app = *state;
    struct hc *c[4];

    app->limits.workers = 1;
    app->limits.queue = 2;
    app_start(app);
    pthread_mutex_lock(&app->gate);
    for (int i = 0; i < 3; i++) {
        c[i] = hc_plain(app->port);
        hc_send(c[i], "GET /gate HTTP/1.1\r\nHost: t\r\n\r\n");
        while (i == 0 && atomic_load(&app->at_gate) == 0)
            usleep(1000);
        app_until(app, "plumbline_http_queue", i);
    }
    c[3] = hc_plain(app->port);
    assert_refusal(hc_ask(c[3], "GET", "/gate", NULL, NULL), 503, "limit.queue");
    assert_int_equal(hc_status(c[3], "GET", "/hello", NULL, NULL), 200); /* needs no worker */
    pthread_mutex_unlock(&app->gate);
    for (int i = 0; i < 3; i++) {
        struct hc_reply r = hc_read(c[i], 5000, true);
        assert_int_equal(r.status, 200);
        hc_reply_free(&r);
    }
    assert_int_equal(hc_status(c[3], "GET", "/gate", NULL, NULL), 200);
    for (int i = 0; i < 4; i++)
        hc_close(c[i]);
}

static void
one_client_cannot_fill_the_queue(void **state)
{
    struct app *app = *state;
    struct hc *c[3];

    app->limits.workers = 2;
    app->limits.queue_client = 2;
    app_start(app);
    pthread_mutex_lock(&app->gate);
    for (int i = 0; i < 2; i++) {
        c[i] = hc_plain(app->port);
        hc_send(c[i], "GET /gate HTTP/1.1\r\nHost: t\r\n\r\n");
        while (atomic_load(&app->at_gate) <= i)
            usleep(1000);
    }
    c[2] = hc_plain(app->port);
    assert_refusal(hc_ask(c[2], "GET", "/hello/x", NULL, NULL), 429, "limit.queue_client");
    pthread_mutex_unlock(&app->gate);
    for (int i = 0; i < 2; i++) {
        struct hc_reply r = hc_read(c[i], 5000, true);
        hc_reply_free(&r);
    }
    assert_int_equal(hc_status(c[2], "GET", "/hello/x", NULL, NULL), 200);
    for (int i = 0; i < 3; i++)
        hc_close(c[i]);
}

static void
bodies_take_so_much_memory(void **state)
{
    static const struct {
        int64_t total, client;
        int status;
        const char *rule;
    } cases[] = {
        { 150000, 1000000, 503, "limit.body_bytes_total" },
        { 1000000, 150000, 429, "limit.body_bytes_client" },
    };
    struct app *app = *state;
    char *body = calloc(1, 100001);

    memset(body, 'x', 100000);
    for (int i = 0; i < 2; i++) {
        app->limits.body_bytes_total = cases[i].total;
        app->limits.body_bytes_client = cases[i].client;
        if (i > 0) {
            http_stop(app->server, 1000);
            *strrchr(app->path, '/') = '\0';
            assert_int_equal(rmdir(app->path), 0);
        }
        app_start(app);
        struct hc *greedy = hc_plain(app->port), *c = hc_plain(app->port);
        hc_send(greedy, "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 100000\r\n"
                        "Content-Type: application/octet-stream\r\n\r\nabc");
        app_until(app, "plumbline_http_receiving_bytes", 100000);
        assert_refusal(
            hc_ask(c, "POST", "/echo", "Content-Type: application/octet-stream\r\n", body),
            cases[i].status, cases[i].rule);
        hc_close(greedy);
        hc_close(c);
        app_until(app, "plumbline_http_receiving_bytes", 0);
        c = hc_plain(app->port);
        assert_int_equal(
            hc_status(c, "POST", "/echo", "Content-Type: application/octet-stream\r\n", body),
            201);
        hc_close(c);
    }
    free(body);
}

/* Hundreds that hold a connection with half a request, and one that wants an answer. */
static void
a_crowd_of_slow_clients_keeps_nobody_out(void **state)
{
    struct app *app = *state;
    struct hc *c[200];

    app_start(app);
    for (int i = 0; i < 200; i++) {
        c[i] = hc_plain(i % 2 ? app->port : app->tls_port);
        hc_send(c[i], i % 4 == 1 ? "GET /hello HTTP/1.1\r\nHost:"
                      : i % 4 == 3
                          ? "PUT /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 50\r\n\r\n"
                          : "\x16\x03\x01");
    }
    assert_served(app);
    struct hc *tls = hc_tls(app->tls_port, &app->reader, 0);
    assert_non_null(tls);
    assert_int_equal(hc_status(tls, "GET", "/known", NULL, NULL), 200);
    hc_close(tls);
    for (int i = 0; i < 200; i++)
        hc_close(c[i]);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, app_setup, app_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_connection_without_a_request_is_cut_off),
        TEST(slow_headers_are_cut_off),
        TEST(a_slow_upload_is_cut_off),
        TEST(a_large_upload_gets_the_time_it_needs),
        TEST(a_client_that_does_not_read_is_cut_off),
        TEST(an_idle_connection_is_closed),
        TEST(a_slow_handler_is_waited_for),
        TEST(one_address_has_so_many_connections),
        TEST(there_are_so_many_connections_in_all),
        TEST(idle_connections_make_room_when_it_is_scarce),
        TEST(one_address_connects_so_often),
        TEST(one_client_asks_so_often),
        TEST(a_full_queue_says_so),
        TEST(one_client_cannot_fill_the_queue),
        TEST(bodies_take_so_much_memory),
        TEST(a_crowd_of_slow_clients_keeps_nobody_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
