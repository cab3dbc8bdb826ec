#include "http_app.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lib/own.h"
#include "tests/t.h"

static enum plumb_code
get_hello(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    char text[256];

    (void)req;
    (void)snprintf(text, sizeof text, "hello %s", req->nargs > 0 ? req->args[0] : "you");
    return http_reply_text(reply, "text/plain", text, err);
}

static enum plumb_code
get_rest(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    char text[1024] = "";

    for (size_t i = 0; i < req->nargs; i++) {
        strcat(text, req->args[i]);
        strcat(text, "|");
    }
    return http_reply_text(reply, "text/plain", text, err);
}

static enum plumb_code
post_echo(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    struct plumb_bytes bytes = { NULL, 0 };

    PLUMB_TRY(plumb_bytes_copy(req->body, req->body_len, &bytes, err));
    http_reply_bytes(reply, "application/octet-stream", &bytes);
    reply->status = 201;
    return PLUMB_OK;
}

static enum plumb_code
get_shared(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    struct app *app = req->app;

    (void)err;
    http_reply_shared(reply, app->body);
    return PLUMB_OK;
}

static enum plumb_code
get_value(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    struct app *app = req->app;
    int64_t not = -1;
    char text[32];

    atomic_fetch_add(&app->runs, 1);
    PLUMB_TRY(http_uri_number(&req->uri, "not", 0, 1000000, &not, err));
    int value = atomic_load(&app->value);
    if (value == not &&!req->last)
        return http_wait_for(req, "value", err);
    (void)snprintf(text, sizeof text, "%d", value);
    (void)snprintf(reply->etag, sizeof reply->etag, "v%d", value);
    return http_reply_text(reply, "text/plain", text, err);
}

static enum plumb_code
get_gate(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    struct app *app = req->app;

    atomic_fetch_add(&app->at_gate, 1);
    pthread_mutex_lock(&app->gate);
    pthread_mutex_unlock(&app->gate);
    return http_reply_text(reply, "text/plain", "through", err);
}

/* Only a worker may wait at the gate. */
static enum plumb_code
get_slow(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    http_reply_header(reply, "X-Turn", "%s", "first");
    if (!http_slow(req))
        return http_query(req, "how") == NULL ? PLUMB_OK
                                              : plumb_fail(err, PLUMB_CONFLICT, "test.slow", "",
                                                           "asked for a worker and failed");
    return get_gate(req, reply, err);
}

static enum plumb_code
get_later(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    struct app *app = req->app;
    struct http_later *later = NULL;
    const char *how = http_query(req, "how");

    (void)reply;
    PLUMB_TRY(http_later(req, &later, err));
    if (how == NULL) {
        atomic_store(&app->later, later);
        return PLUMB_OK;
    }
    if (strcmp(how, "at-once") == 0) {
        enum plumb_code code =
            http_reply_text(http_later_reply(later), "text/plain", "at once", err);
        http_later_done(later, code, err);
        return PLUMB_OK;
    }
    atomic_store(&app->later, later);
    return plumb_fail(err, PLUMB_CONFLICT, "test.later", "", "promised and failed");
}

static enum plumb_code
get_fail(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    (void)req;
    (void)reply;
    return plumb_fail(err, PLUMB_INTERNAL, "test.secret", "in here",
                      "the password is tangerine");
}

static enum plumb_code
get_split(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    http_reply_header(reply, "X-Good", "%s", "yes");
    http_reply_header(reply, "X-Split", "a\r\nX-Evil: %s", "yes");
    (void)req;
    return http_reply_text(reply, "text/plain", "", err);
}

static const struct http_route routes[] = {
    { .method = "GET", .path = "/hello", .handler = get_hello, .flags = HTTP_FAST },
    { .method = "GET", .path = "/hello/{}", .handler = get_hello },
    { .method = "GET", .path = "/rest/{*}", .handler = get_rest, .flags = HTTP_FAST },
    { .method = "POST",
      .path = "/echo",
      .body_max = 100000,
      .handler = post_echo,
      .consumes = "application/octet-stream" },
    { .method = "PUT",
      .path = "/echo",
      .body_max = 64,
      .handler = post_echo,
      .flags = HTTP_FAST },
    { .method = "GET", .path = "/shared", .handler = get_shared, .flags = HTTP_FAST },
    { .method = "GET",
      .path = "/value",
      .query = "not",
      .handler = get_value,
      .flags = HTTP_FAST },
    { .method = "GET", .path = "/slow-value", .query = "size,not", .handler = get_value },
    { .method = "GET", .path = "/gate", .handler = get_gate },
    { .method = "GET", .path = "/fast-gate", .handler = get_gate, .flags = HTTP_FAST },
    { .method = "GET", .path = "/later", .query = "how", .handler = get_later },
    { .method = "GET",
      .path = "/fast-later",
      .query = "how",
      .handler = get_later,
      .flags = HTTP_FAST },
    { .method = "GET",
      .path = "/fast-slow",
      .query = "how",
      .handler = get_slow,
      .flags = HTTP_FAST },
    { .method = "GET", .path = "/fail", .handler = get_fail },
    { .method = "GET", .path = "/split", .handler = get_split, .flags = HTTP_FAST },
    { .method = "GET", .path = "/known", .access = HTTP_CLIENT, .handler = get_hello },
    { .method = "GET", .path = "/writers", .access = HTTP_WRITER, .handler = get_hello },
    { .method = "GET", .path = "/local", .access = HTTP_LOCAL, .handler = get_hello },
};

static void
identify(void *arg, const struct http_peer *peer, struct http_principal *ret)
{
    struct app *app = arg;

    if (peer->local)
        ret->access = HTTP_LOCAL;
    if (peer->has_key && plumb_digest_eq(&peer->key, &app->reader.id)) {
        ret->access = HTTP_CLIENT | HTTP_READER;
        strcpy(ret->name, "robin");
    }
}

static void
observe(void *arg, const struct http_event *event)
{
    struct app *app = arg;

    pthread_mutex_lock(&app->event_lock);
    (void)snprintf(app->last_event, sizeof app->last_event, "%s %d %s", event->route,
                   event->status, event->err != NULL ? event->err->rule : "-");
    pthread_mutex_unlock(&app->event_lock);
    atomic_fetch_add(&app->events, 1);
}

int
app_setup(void **state)
{
    struct app *app = calloc(1, sizeof *app);
    struct plumb_bytes bytes = { NULL, 0 };
    struct plumb_err err;

    assert_non_null(app);
    app->limits = http_limits_default();
    app->limits.event_threads = 2;
    app->tls = hc_cert_make("ED25519");
    app->reader = hc_cert_make("P-256");
    app->stranger = hc_cert_make("ED25519");
    pthread_mutex_init(&app->gate, NULL);
    pthread_mutex_init(&app->event_lock, NULL);
    assert_ok(metrics_new(&app->metrics, &err), &err);
    assert_ok(plumb_bytes_copy("shared bytes", 12, &bytes, &err), &err);
    assert_ok(http_body_new(&bytes, "application/json", NULL, "no-cache", "X-Size: 7",
                            &app->body, &err),
              &err);
    *state = app;
    return 0;
}

void
app_start(struct app *app)
{
    struct plumb_err err;
    char dir[] = "/tmp/plumb-http-XXXXXX";

    assert_non_null(mkdtemp(dir));
    (void)snprintf(app->path, sizeof app->path, "%s/socket", dir);
    struct http_config config = {
        .routes = routes,
        .nroutes = sizeof routes / sizeof routes[0],
        .app = app,
        .identify = identify,
        .observe = observe,
        .listeners = { { HTTP_LISTEN_PLAIN, "127.0.0.1:0" },
                       { HTTP_LISTEN_TLS, "127.0.0.1:0" },
                       { HTTP_LISTEN_LOCAL, app->path } },
        .nlisteners = 3,
        .certificate_pem = app->tls.certificate,
        .key_pem = app->tls.key,
        .limits = app->limits,
        .metrics = app->metrics,
    };
    assert_ok(http_start(&config, &app->server, &err), &err);
    app->port = http_port(app->server, 0);
    app->tls_port = http_port(app->server, 1);
}

int
app_teardown(void **state)
{
    struct app *app = *state;

    http_stop(app->server, 5000);
    if (app->path[0] != '\0') {
        assert_int_equal(access(app->path, F_OK), -1);
        *strrchr(app->path, '/') = '\0';
        assert_int_equal(rmdir(app->path), 0);
    }
    http_body_unref(app->body);
    metrics_free(app->metrics);
    hc_cert_free(&app->tls);
    hc_cert_free(&app->reader);
    hc_cert_free(&app->stranger);
    pthread_mutex_destroy(&app->gate);
    pthread_mutex_destroy(&app->event_lock);
    free(app);
    return 0;
}

void
app_set(struct app *app, int value)
{
    atomic_store(&app->value, value);
    http_wake(app->server, "value");
}

void
app_until(struct app *app, const char *gauge, int64_t value)
{
    struct metric *metric = metrics_series(app->metrics, METRIC_GAUGE, gauge, "", "");

    for (int i = 0; i < 10000; i++) {
        struct plumb_bytes text = { NULL, 0 };
        struct plumb_err err;

        assert_ok(metrics_text(app->metrics, &text, &err), &err); /* refreshes it */
        plumb_bytes_clear(&text);
        if (metric_value(metric) == value)
            return;
        usleep(1000);
    }
    fail_msg("%s stays %lld", gauge, (long long)metric_value(metric));
}
