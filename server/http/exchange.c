#include "server/http/exchange.h"

#include <stdlib.h>
#include <string.h>
#include "server/http/header.h"

enum { DISCARD_MAX = 65536 }; /* of a refused body; a longer one ends the connection */

void
http_exchange_line(struct http_exchange *x, const char *target)
{
    size_t len = strlen(target);

    x->uri_too_long = len > HTTP_URI_MAX;
    memcpy(x->uri, target, x->uri_too_long ? 0 : len);
    x->uri[x->uri_too_long ? 0 : len] = '\0';
    x->phase = HTTP_HEAD;
    atomic_store_explicit(&x->conn->idle_ms, 0, memory_order_relaxed);
    http_conn_deadline(x->conn, x->conn->server->config.limits.header_ms);
}

static void
request_id(struct http_server *server, char ret[17])
{
    uint64_t id = atomic_fetch_add_explicit(&server->ids, 1, memory_order_relaxed);

    for (int i = 15; i >= 0; i--, id >>= 4)
        ret[i] = "0123456789abcdef"[id & 15];
    ret[16] = '\0';
}

static void
begin(struct http_exchange *x, const struct http_head *head)
{
    struct http_server *server = x->conn->server;
    struct http_request *req = &x->req;

    x->phase = HTTP_BODY;
    x->active = true;
    atomic_fetch_add(&server->active, 1);
    x->started_ns = http_now_ns();
    x->refused = x->waiting = false;
    x->head = strcmp(head->method, "HEAD") == 0;
    x->wait_until_ms = 0;
    x->route = NULL;
    x->route_index = server->config.nroutes;
    x->account = NULL;
    x->err.code = PLUMB_OK;
    req->app = server->config.app;
    req->method = x->head ? "GET" : head->method;
    req->uri.nsegments = req->uri.nquery = req->nargs = 0;
    req->content_type = head->content_type != NULL ? head->content_type : "";
    req->accept = head->accept != NULL ? head->accept : "";
    req->if_none_match = head->if_none_match != NULL ? head->if_none_match : "";
    req->wait_s = head->prefer != NULL
                      ? http_prefer_wait(head->prefer, server->config.limits.wait_s)
                      : -1;
    req->upload_offset =
        head->upload_offset != NULL ? http_field_integer(head->upload_offset) : -1;
    req->upload_complete =
        head->upload_complete != NULL ? http_field_boolean(head->upload_complete) : -1;
    req->body = NULL;
    req->body_len = 0;
    req->peer = x->conn->peer;
    req->who.access = 0;
    req->who.name[0] = '\0';
    req->turn = 0;
    req->last = req->wait_s <= 0;
    req->exchange = x;
    request_id(server, req->id);
}

/* The reply is a problem; status, if not 0, is a finer one than the code's own. */
static void
refuse(struct http_exchange *x, int status)
{
    http_reply_problem(&x->reply, &x->err, status, x->req.id);
}

static enum plumb_code
check_head(struct http_exchange *x, const struct http_head *head, int *ret_status)
{
    const struct http_limits *limits = &x->conn->server->config.limits;

    *ret_status = 431;
    if (head->bytes > (size_t)limits->header_bytes)
        return plumb_fail(&x->err, PLUMB_TOO_LARGE, "limit.header_bytes", "",
                          "request line and headers have at most %d bytes",
                          (int)limits->header_bytes);
    *ret_status = 414;
    if (x->uri_too_long)
        return plumb_fail(&x->err, PLUMB_TOO_LARGE, "http.uri", "path",
                          "the request target has at most %d bytes", HTTP_URI_MAX);
    *ret_status = 0;
    return http_uri_parse(x->uri, &x->req.uri, &x->err);
}

static enum plumb_code
check_client(struct http_exchange *x)
{
    struct http_server *server = x->conn->server;
    const struct http_limits *limits = &server->config.limits;
    struct http_request *req = &x->req;

    if (server->config.identify != NULL && (req->peer.has_key || req->peer.local))
        server->config.identify(req->app, &req->peer, &req->who);
    x->account = http_conn_account(x->conn, &req->who);
    if (x->account == NULL)
        return PLUMB_OK;

    int64_t wait = http_account_rate(x->account, HTTP_RATE_REQUEST, x->started_ns, limits->rate,
                                     limits->rate_burst);
    if (wait == 0)
        return PLUMB_OK;
    http_count_refusal(server, HTTP_REFUSED_RATE);
    return plumb_fail(&x->err, PLUMB_BUSY, "limit.rate", "",
                      "one client may ask %d times a second", (int)limits->rate);
}

static enum plumb_code
check_route(struct http_exchange *x)
{
    struct http_match match;
    struct http_request *req = &x->req;
    enum plumb_code code =
        http_router_find(x->conn->server->router, req->method, &req->uri, &match, &x->err);

    if (code == PLUMB_OK) {
        x->route = match.route;
        x->route_index = match.index;
        x->fast = (match.route->flags & HTTP_FAST) != 0;
        req->nargs = match.nargs;
        memcpy(req->args, match.args, match.nargs * sizeof match.args[0]);
        code = http_route_check_access(x->route, &req->peer, &req->who, &x->err);
        if (code == PLUMB_OK)
            code = http_route_check_query(x->route, &req->uri, &x->err);
    }
    if (code == PLUMB_METHOD) {
        refuse(x, 0);
        http_reply_header(&x->reply, "Allow", "%s", match.allow);
    }
    return code;
}

/* Memory for the body, within the limits of this client and of all. */
static enum plumb_code
reserve(struct http_exchange *x, int64_t len)
{
    struct http_server *server = x->conn->server;
    const struct http_limits *limits = &server->config.limits;

    if (x->account != NULL &&
        !http_account_hold(x->account, HTTP_HOLD_BODY, len, limits->body_bytes_client)) {
        http_count_refusal(server, HTTP_HOLD_BODY);
        return plumb_fail(&x->err, PLUMB_BUSY, "limit.body_bytes_client", "",
                          "this client is sending too much at once");
    }
    if (atomic_fetch_add(&server->body_bytes, len) + len > limits->body_bytes_total ||
        (x->body = malloc((size_t)len + 1)) == NULL) {
        atomic_fetch_sub(&server->body_bytes, len);
        if (x->account != NULL)
            http_account_release(x->account, HTTP_HOLD_BODY, len);
        http_count_refusal(server, HTTP_HOLD_BODY);
        return plumb_fail(&x->err, PLUMB_UNAVAILABLE, "limit.body_bytes_total", "",
                          "the server is receiving too much at once");
    }
    x->reserved = len;
    return PLUMB_OK;
}

static enum plumb_code
check_body(struct http_exchange *x, int64_t len)
{
    if (len == 0)
        return PLUMB_OK;
    if ((uint64_t)len > x->route->body_max)
        return plumb_fail(&x->err, PLUMB_TOO_LARGE, "http.body", "",
                          "the body has at most %zu bytes here", x->route->body_max);
    if (x->route->consumes != NULL && !http_media_is(x->req.content_type, x->route->consumes))
        return plumb_fail(&x->err, PLUMB_UNSUPPORTED, "http.content-type", "",
                          "the body is %s here", x->route->consumes);
    return reserve(x, len);
}

/* Content-Length, the only framing of bodies that we take. */
static enum plumb_code
body_length(struct http_exchange *x, const struct http_head *head, int64_t *ret,
            int *ret_status)
{
    *ret_status = head->transfer_encoding ? 411 : 0;
    if (head->transfer_encoding)
        return plumb_fail(&x->err, PLUMB_INVALID, "http.length", "",
                          "a body comes with Content-Length, not with Transfer-Encoding");
    *ret = head->content_length != NULL ? http_content_length(head->content_length) : 0;
    if (head->repeated || *ret < 0)
        return plumb_fail(&x->err, PLUMB_INVALID, "http.length", "",
                          "Content-Length is one number");
    return PLUMB_OK;
}

enum http_step
http_exchange_head(struct http_exchange *x, const struct http_head *head)
{
    const struct http_limits *limits = &x->conn->server->config.limits;
    int64_t len = 0;
    int status = 0;

    begin(x, head);
    enum plumb_code code = body_length(x, head, &len, &status);
    bool framed = code == PLUMB_OK;
    if (code == PLUMB_OK)
        code = check_head(x, head, &status);
    if (code == PLUMB_OK)
        code = check_client(x);
    if (code == PLUMB_OK)
        code = check_route(x);
    if (code == PLUMB_OK)
        code = check_body(x, len);
    if (code != PLUMB_OK) {
        x->refused = true;
        if (code != PLUMB_METHOD)
            refuse(x, status);
        if (!framed || len > DISCARD_MAX)
            return HTTP_STEP_CLOSE;
    }
    http_conn_deadline(x->conn, limits->upload_ms + len * 1000 / limits->upload_rate);
    return HTTP_STEP_READ;
}

void
http_exchange_body(struct http_exchange *x, const void *data, size_t len)
{
    size_t room = (size_t)x->reserved - x->req.body_len;

    if (x->refused || x->body == NULL)
        return;
    memcpy(x->body + x->req.body_len, data, len < room ? len : room);
    x->req.body_len += len < room ? len : room;
}

enum http_step
http_exchange_run(struct http_exchange *x)
{
    if (x->refused)
        return HTTP_STEP_SEND;
    if (x->phase == HTTP_BODY && x->body != NULL) {
        x->body[x->req.body_len] = '\0';
        x->req.body = x->body;
    }
    http_conn_deadline(x->conn, 0);
    return x->fast ? http_run(x) : http_exchange_queue(x);
}

enum http_step
http_exchange_queue(struct http_exchange *x)
{
    struct http_server *server = x->conn->server;
    const struct http_limits *limits = &server->config.limits;

    if (x->account != NULL &&
        !http_account_hold(x->account, HTTP_HOLD_QUEUE, 1, limits->queue_client)) {
        http_count_refusal(server, HTTP_HOLD_QUEUE);
        (void)plumb_fail(&x->err, PLUMB_BUSY, "limit.queue_client", "",
                         "this client has too many requests at once");
        refuse(x, 0);
        return HTTP_STEP_SEND;
    }
    x->queued = true;
    x->phase = HTTP_HELD; /* before a worker may have it */
    bool held = http_transport_suspend(x->conn);
    if (held && http_pool_push(server->pool, &x->job, false))
        return HTTP_STEP_HELD;
    if (x->account != NULL)
        http_account_release(x->account, HTTP_HOLD_QUEUE, 1);
    x->queued = false;
    http_count_refusal(server, HTTP_HOLD_QUEUE);
    (void)plumb_fail(&x->err, PLUMB_UNAVAILABLE, held ? "limit.queue" : "http.ending", "",
                     held ? "too many requests are waiting" : "the service is ending");
    refuse(x, 0);
    x->phase = HTTP_READY;
    if (!held)
        return HTTP_STEP_SEND;
    http_transport_resume(x->conn);
    return HTTP_STEP_HELD;
}

static void
release_body(struct http_exchange *x)
{
    if (x->reserved > 0) {
        if (x->account != NULL)
            http_account_release(x->account, HTTP_HOLD_BODY, x->reserved);
        atomic_fetch_sub(&x->conn->server->body_bytes, x->reserved);
    }
    free(x->body);
    x->body = NULL;
    x->reserved = 0;
    x->req.body = NULL;
}

static bool
unchanged(const struct http_exchange *x)
{
    const char *etag =
        x->reply.shared != NULL ? http_body_etag(x->reply.shared) : x->reply.etag;

    return x->req.if_none_match[0] != '\0' && etag[0] != '\0' &&
           (x->reply.status == 0 || x->reply.status == 200) &&
           strcmp(x->req.method, "GET") == 0 && http_etag_listed(x->req.if_none_match, etag);
}

bool
http_exchange_reply(struct http_exchange *x)
{
    struct http_server *server = x->conn->server;
    const struct http_limits *limits = &server->config.limits;
    bool not_modified = unchanged(x);
    struct http_event event = {
        .req = &x->req,
        .route = x->route != NULL ? x->route->path : "",
        .status = not_modified           ? 304
                  : x->reply.status != 0 ? x->reply.status
                                         : 200,
        .ns = http_now_ns() - x->started_ns,
        .err = x->err.code != PLUMB_OK ? &x->err : NULL,
    };

    x->phase = HTTP_SENDING;
    release_body(x);
    if (!not_modified && !x->head) {
        if (x->reply.shared != NULL)
            (void)http_body_bytes(x->reply.shared, &event.bytes);
        else
            event.bytes = x->reply.body.len;
    }
    http_conn_deadline(x->conn,
                       limits->send_ms + (int64_t)event.bytes * 1000 / limits->send_rate);
    if (server->metrics.requests != NULL) {
        int class = event.status / 100;
        metric_add(server->metrics.requests[x->route_index * 5 + (size_t) class - 1], 1);
        metric_observe_ns(server->metrics.seconds[x->route_index], event.ns);
        metric_add(server->metrics.bytes, (int64_t)event.bytes);
    }
    if (server->config.observe != NULL)
        server->config.observe(server->config.app, &event);
    return not_modified;
}

void
http_exchange_end(struct http_exchange *x)
{
    release_body(x);
    http_reply_clear(&x->reply);
    if (x->active)
        atomic_fetch_sub(&x->conn->server->active, 1);
    x->active = false;
    x->phase = HTTP_IDLE;
    atomic_store_explicit(&x->conn->idle_ms, http_now_ms(), memory_order_relaxed);
    http_conn_deadline(x->conn, x->conn->server->config.limits.idle_ms);
}

const char *
http_query(const struct http_request *req, const char *name)
{
    return http_uri_query(&req->uri, name);
}
