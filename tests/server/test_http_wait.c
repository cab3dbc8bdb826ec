/* Long polls, promises, and the end. */
#include "http_app.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "tests/t.h"

static int64_t
now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void
until(atomic_int *what, int value)
{
    for (int i = 0; i < 10000 && atomic_load(what) < value; i++)
        usleep(1000);
    assert_true(atomic_load(what) >= value);
}

static void
ask(struct hc *c, const char *target, const char *headers)
{
    char text[512];

    (void)snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: t\r\n%s\r\n", target, headers);
    hc_send(c, text);
}

static void
assert_body(struct hc *c, const char *want)
{
    struct hc_reply r = hc_read(c, 10000, true);

    assert_int_equal(r.status, 200);
    assert_string_equal(r.body, want);
    hc_reply_free(&r);
}

static const char *const values[] = { "/value?not=0", "/slow-value?not=0" };

static void
a_long_poll_ends_with_the_event(void **state)
{
    struct app *app = *state;

    app_start(app);
    for (int i = 0; i < 2; i++) {
        struct hc *c = hc_plain(app->port);
        int runs = atomic_load(&app->runs);
        int64_t began = now_ms();

        atomic_store(&app->value, 0);
        ask(c, values[i], "Prefer: wait=30\r\n");
        until(&app->runs, runs + 1);
        app_set(app, 5);
        assert_body(c, "5");
        assert_true(now_ms() - began < 10000);
        hc_close(c);
    }
}

static void
a_wake_for_nothing_waits_on(void **state)
{
    struct app *app = *state;

    app_start(app);
    for (int i = 0; i < 2; i++) {
        struct hc *c = hc_plain(app->port);
        int runs = atomic_load(&app->runs);

        atomic_store(&app->value, 0);
        ask(c, values[i], "Prefer: wait=30\r\n");
        until(&app->runs, runs + 1);
        http_wake(app->server, "another topic");
        usleep(50000);
        assert_int_equal(atomic_load(&app->runs), runs + 1);
        app_set(app, 0); /* its topic, and no change */
        until(&app->runs, runs + 2);
        struct hc_reply r = hc_read(c, 200, true);
        assert_int_equal(r.status, 0);
        app_set(app, 1);
        assert_body(c, "1");
        hc_close(c);
    }
}

static void
a_long_poll_ends_with_its_time(void **state)
{
    struct app *app = *state;

    app_start(app);
    for (int i = 0; i < 2; i++) {
        struct hc *c = hc_plain(app->port);
        int64_t began = now_ms();

        ask(c, values[i], "Prefer: wait=1\r\nIf-None-Match: \"v0\"\r\n");
        struct hc_reply r = hc_read(c, 10000, true);
        assert_int_equal(r.status, 304);
        assert_in_range(now_ms() - began, 900, 5000);
        hc_reply_free(&r);
        ask(c, values[i], ""); /* nobody asked to wait */
        assert_body(c, "0");
        hc_close(c);
    }
}

static void
no_more_than_so_many_wait(void **state)
{
    struct app *app = *state;
    struct hc *c[4];

    app->limits.parked_client = 3;
    app_start(app);
    for (int i = 0; i < 3; i++) {
        c[i] = hc_plain(app->port);
        ask(c[i], values[i % 2], "Prefer: wait=30\r\n");
        app_until(app, "plumbline_http_parked", i + 1);
    }
    c[3] = hc_plain(app->port);
    int64_t began = now_ms();
    ask(c[3], values[0], "Prefer: wait=30\r\n");
    assert_body(c[3], "0"); /* at once */
    assert_true(now_ms() - began < 5000);
    app_set(app, 1);
    for (int i = 0; i < 3; i++)
        assert_body(c[i], "1");
    ask(c[3], "/value?not=1", "Prefer: wait=30\r\n"); /* and there is room again */
    app_until(app, "plumbline_http_parked", 1);
    app_set(app, 2);
    assert_body(c[3], "2");
    for (int i = 0; i < 4; i++)
        hc_close(c[i]);
}

static void
a_client_that_went_away_gives_its_place_back(void **state)
{
    struct app *app = *state;

    app->limits.parked = 1;
    app_start(app);
    struct hc *c = hc_plain(app->port);
    ask(c, values[0], "Prefer: wait=60\r\n");
    app_until(app, "plumbline_http_parked", 1);
    hc_close(c);
    app_until(app, "plumbline_http_parked", 0); /* they are looked after every two seconds */
    c = hc_plain(app->port);
    ask(c, values[0], "Prefer: wait=60\r\n");
    app_until(app, "plumbline_http_parked", 1);
    app_set(app, 3);
    assert_body(c, "3");
    hc_close(c);
}

/* Events and askers at full speed: nobody is left waiting for what has happened. */
static void *
asker(void *arg)
{
    struct app *app = arg;
    struct hc *c = hc_plain(app->port);
    char target[64];
    int seen = 0;

    for (int i = 0; seen < 200; i++) {
        (void)snprintf(target, sizeof target, "/%svalue?not=%d", i % 2 ? "slow-" : "", seen);
        ask(c, target, "Prefer: wait=20\r\n");
        struct hc_reply r = hc_read(c, 10000, true);
        assert_int_equal(r.status, 200);
        int value = atoi(r.body);
        assert_true(value > seen);
        seen = value;
        hc_reply_free(&r);
    }
    hc_close(c);
    return NULL;
}

static void
no_event_is_missed_under_load(void **state)
{
    struct app *app = *state;
    pthread_t threads[4];

    app->limits.rate = 0;
    app_start(app);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, asker, app), 0);
    for (int value = 1; value <= 200; value++) {
        app_set(app, value);
        usleep(500);
    }
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
}

static struct http_later *
promise(struct app *app)
{
    for (int i = 0; i < 10000 && atomic_load(&app->later) == NULL; i++)
        usleep(1000);
    struct http_later *later = atomic_exchange(&app->later, NULL);
    assert_non_null(later);
    return later;
}

/* One event thread, so that who waits in it would stop everyone. */
static void
a_fast_handler_that_must_wait_goes_to_a_worker(void **state)
{
    struct app *app = *state;
    struct hc *slow, *other;

    app->limits.event_threads = 1;
    app_start(app);
    slow = hc_plain(app->port);
    other = hc_plain(app->port);
    pthread_mutex_lock(&app->gate);
    ask(slow, "/fast-slow", "");
    for (int i = 0; i < 10000 && atomic_load(&app->at_gate) == 0; i++)
        usleep(1000);
    assert_int_equal(1, atomic_load(&app->at_gate));
    assert_int_equal(hc_status(other, "GET", "/hello", NULL, NULL), 200);
    pthread_mutex_unlock(&app->gate);
    assert_body(slow, "through");
    /* on the same connection, also after one that failed meanwhile */
    assert_int_equal(hc_status(slow, "GET", "/fast-slow?how=fail", NULL, NULL), 409);
    assert_int_equal(hc_status(slow, "GET", "/hello", NULL, NULL), 200);
    assert_int_equal(hc_status(slow, "GET", "/fast-slow", NULL, NULL), 200);
    hc_close(slow);
    hc_close(other);
}

static void
a_promise_is_kept_from_another_thread(void **state)
{
    struct app *app = *state;
    struct plumb_err err;

    app_start(app);
    for (int i = 0; i < 2; i++) {
        struct hc *c = hc_plain(app->port);
        ask(c, i ? "/later" : "/fast-later", "");
        struct http_later *later = promise(app);
        struct hc_reply none = hc_read(c, 100, true);
        assert_int_equal(none.status, 0);
        assert_ok(http_reply_text(http_later_reply(later), "text/plain", "kept", &err), &err);
        http_later_done(later, PLUMB_OK, NULL);
        assert_body(c, "kept");

        ask(c, i ? "/later" : "/fast-later", "");
        later = promise(app);
        (void)plumb_fail(&err, PLUMB_CONFLICT, "test.conflict", "", "no");
        http_later_done(later, PLUMB_CONFLICT, &err);
        struct hc_reply r = hc_read(c, 10000, true);
        assert_int_equal(r.status, 409);
        hc_reply_free(&r);
        hc_close(c);
    }
}

static void
a_promise_may_be_kept_before_the_handler_returns(void **state)
{
    struct app *app = *state;

    app_start(app);
    struct hc *c = hc_plain(app->port);
    ask(c, "/later?how=at-once", "");
    assert_body(c, "at once");
    ask(c, "/fast-later?how=at-once", "");
    assert_body(c, "at once");
    hc_close(c);
}

static void
a_handler_that_promised_and_failed_has_failed(void **state)
{
    struct app *app = *state;

    app_start(app);
    struct hc *c = hc_plain(app->port);
    assert_int_equal(hc_status(c, "GET", "/later?how=fail", NULL, NULL), 409);
    http_later_done(promise(app), PLUMB_OK, NULL);
    assert_int_equal(hc_status(c, "GET", "/hello", NULL, NULL), 200);
    hc_close(c);
}

static void
a_promise_that_is_not_kept_is_answered(void **state)
{
    struct app *app = *state;
    char text[256];

    app->limits.answer_ms = 300;
    app_start(app);
    struct hc *c = hc_plain(app->port);
    struct hc_reply r = hc_ask(c, "GET", "/later", NULL, NULL);
    assert_int_equal(r.status, 503);
    assert_string_equal(hc_member(&r, "rule", text), "http.answer-time");
    hc_reply_free(&r);
    http_later_done(promise(app), PLUMB_OK, NULL); /* too late, and harmless */
    assert_int_equal(hc_status(c, "GET", "/hello", NULL, NULL), 200);
    hc_close(c);
}

/* The end. */

static void *
stop(void *arg)
{
    struct app *app = arg;

    http_stop(app->server, 5000);
    app->server = NULL;
    return NULL;
}

static void
a_drain_finishes_what_was_begun(void **state)
{
    struct app *app = *state;
    pthread_t stopper;
    char text[256];

    app_start(app);
    struct hc *idle = hc_plain(app->port), *running = hc_plain(app->port);
    struct hc *parked[2] = { hc_plain(app->port), hc_plain(app->port) };
    struct hc *promised = hc_plain(app->port);
    assert_int_equal(hc_status(idle, "GET", "/hello", NULL, NULL), 200);
    for (int i = 0; i < 2; i++) {
        ask(parked[i], values[i], "Prefer: wait=60\r\n");
        until(&app->runs, i + 1);
    }
    ask(promised, "/later", "");
    struct http_later *later = promise(app);
    pthread_mutex_lock(&app->gate);
    ask(running, "/gate", "");
    until(&app->at_gate, 1);

    assert_int_equal(pthread_create(&stopper, NULL, stop, app), 0);
    assert_body(parked[0], "0"); /* their normal answer */
    assert_body(parked[1], "0");
    usleep(100000);
    pthread_mutex_unlock(&app->gate);
    struct hc_reply r = hc_read(running, 10000, true);
    assert_string_equal(r.body, "through");
    assert_string_equal(hc_header(&r, "Connection", text), "close");
    hc_reply_free(&r);
    http_later_done(later, PLUMB_OK, NULL);
    r = hc_read(promised, 10000, true);
    assert_int_equal(r.status, 200);
    hc_reply_free(&r);
    pthread_join(stopper, NULL);
    assert_true(hc_ends(idle, 5000));
    struct hc *all[] = { idle, running, parked[0], parked[1], promised };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        hc_close(all[i]);
}

static void
a_drain_gives_up_on_promises_at_its_end(void **state)
{
    struct app *app = *state;

    app_start(app);
    struct hc *c = hc_plain(app->port);
    ask(c, "/later", "");
    struct http_later *later = promise(app);
    int64_t began = now_ms();
    http_stop(app->server, 300);
    app->server = NULL;
    assert_in_range(now_ms() - began, 250, 5000);
    assert_true(hc_ends(c, 5000)); /* its 503 may or may not have left in time */
    http_later_done(later, PLUMB_OK, NULL);
    hc_close(c);
}

/* Clients that go on asking do not keep the server from ending, and it ends cleanly. */
static void *
hammer(void *arg)
{
    struct app *app = arg;
    struct hc *c = hc_plain(app->port);
    static const char *const targets[] = { "/hello", "/hello/x", "/later?how=at-once",
                                           "/slow-value?not=0" };

    for (int i = 0; hc_status(c, "GET", targets[i % 4], "Prefer: wait=1\r\n", NULL) != 0; i++)
        ;
    hc_close(c);
    return NULL;
}

static void
a_server_ends_under_load(void **state)
{
    struct app *app = *state;
    pthread_t threads[4];

    app->limits.rate = 0;
    app_start(app);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hammer, app), 0);
    usleep(200000);
    http_stop(app->server, 100);
    app->server = NULL;
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, app_setup, app_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_long_poll_ends_with_the_event),
        TEST(a_wake_for_nothing_waits_on),
        TEST(a_long_poll_ends_with_its_time),
        TEST(no_more_than_so_many_wait),
        TEST(a_client_that_went_away_gives_its_place_back),
        TEST(no_event_is_missed_under_load),
        TEST(a_fast_handler_that_must_wait_goes_to_a_worker),
        TEST(a_promise_is_kept_from_another_thread),
        TEST(a_promise_may_be_kept_before_the_handler_returns),
        TEST(a_handler_that_promised_and_failed_has_failed),
        TEST(a_promise_that_is_not_kept_is_answered),
        TEST(a_drain_finishes_what_was_begun),
        TEST(a_drain_gives_up_on_promises_at_its_end),
        TEST(a_server_ends_under_load),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
