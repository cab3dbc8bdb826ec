#include "witness/api.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/own.h"
#include "server/log.h"

#define TEXT "text/plain; charset=utf-8"

/* What a log is told that does not know what was seen: C2SP tlog-witness, "add-checkpoint". */
static enum plumb_code
reply_size(struct http_reply *reply, uint64_t size, struct plumb_err *err)
{
    char text[24];

    (void)snprintf(text, sizeof text, "%" PRIu64 "\n", size);
    PLUMB_TRY(http_reply_text(reply, "text/x.tlog.size", text, err));
    reply->status = 409;
    return PLUMB_OK;
}

static enum plumb_code
add_checkpoint(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    const struct witness *w = req->app;
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes line = { 0 };
    struct plumb_add_checkpoint request;
    const struct known_log *log;
    enum plumb_code code;
    uint64_t size;

    PLUMB_TRY(plumb_add_checkpoint_parse(req->body, req->body_len, &request, err));
    log = logs_find(&w->logs, request.origin);
    if (log == NULL)
        return plumb_fail(err, PLUMB_NOT_FOUND, "witness.origin", "",
                          "this witness was not told of a log \"%s\"", request.origin);
    code = seen_cosign(&w->self, log, &request, time(NULL), &line, &size, err);
    if (code == PLUMB_CONFLICT)
        return reply_size(reply, size, err);
    if (code == PLUMB_REFUSED)
        log_event(LOG_ERROR, "witness.refused", LOG_TEXT("origin", log->origin),
                  LOG_NUMBER("seen", (int64_t)size), LOG_TEXT("rule", err->rule));
    if (code != PLUMB_OK)
        return code;
    log_event(LOG_INFO, "witness.cosigned", LOG_TEXT("origin", log->origin),
              LOG_NUMBER("old", (int64_t)request.old));
    http_reply_bytes(reply, TEXT, &line);
    return PLUMB_OK;
}

/* By the hex SHA-256 of its origin. */
static enum plumb_code
get_checkpoint(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    const struct witness *w = req->app;
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes note = { 0 };
    struct plumb_digest want, name;
    enum plumb_code code = PLUMB_NOT_FOUND;

    PLUMB_TRY(plumb_digest_parse(req->args[0], "origin", &want, err));
    for (size_t i = 0; i < w->logs.n && code == PLUMB_NOT_FOUND; i++) {
        plumb_sha256(w->logs.log[i].origin, strlen(w->logs.log[i].origin), &name);
        if (plumb_digest_eq(&name, &want))
            code = seen_read(&w->self, &w->logs.log[i], &note, err);
    }
    if (code == PLUMB_NOT_FOUND)
        return plumb_fail(err, PLUMB_NOT_FOUND, "witness.origin", "",
                          "this witness has cosigned no checkpoint of such a log");
    if (code != PLUMB_OK)
        return code;
    http_reply_bytes(reply, TEXT, &note);
    return PLUMB_OK;
}

static enum plumb_code
healthz(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    (void)req;
    return http_reply_text(reply, TEXT, "ok\n", err);
}

/* clang-format off */
const struct http_route witness_routes[] = {
    { "POST", "/add-checkpoint", HTTP_PUBLIC, PLUMB_ADD_CHECKPOINT_MAX, NULL, NULL, add_checkpoint, 0,
      "Cosign a checkpoint that extends the last one" },
    { "GET", "/{}/checkpoint", HTTP_PUBLIC, 0, NULL, NULL, get_checkpoint, 0,
      "The last cosigned checkpoint of a log" },
    { "GET", "/healthz", HTTP_PUBLIC, 0, NULL, NULL, healthz, HTTP_FAST, "The process runs" },
};
/* clang-format on */
const size_t witness_nroutes = sizeof witness_routes / sizeof witness_routes[0];

void
witness_observe(void *witness, const struct http_event *event)
{
    static struct log_gate gate;
    int64_t dropped;

    (void)witness;
    if (event->status < 400 || !log_gate(&gate, 20, &dropped))
        return;
    log_event(LOG_WARN, "request.refused", LOG_TEXT("route", event->route),
              LOG_TEXT("address", event->req->peer.address),
              LOG_NUMBER("status", event->status),
              LOG_TEXT("rule", event->err != NULL ? event->err->rule : ""),
              LOG_TEXT("detail", event->err != NULL ? event->err->msg : ""),
              LOG_NUMBER("dropped", dropped));
}
