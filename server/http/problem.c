#include "server/http/reply.h"

#include <stdio.h>
#include <string.h>

static const char *const titles[PLUMB_CODE_COUNT] = {
    [PLUMB_OK] = "It worked",
    [PLUMB_INVALID] = "The request is malformed",
    [PLUMB_UNAUTHENTICATED] = "A client certificate is needed",
    [PLUMB_FORBIDDEN] = "This client may not do that",
    [PLUMB_NOT_FOUND] = "There is no such thing",
    [PLUMB_METHOD] = "The resource has no such method",
    [PLUMB_CONFLICT] = "The state has moved on",
    [PLUMB_TOO_LARGE] = "The request is too large",
    [PLUMB_UNSUPPORTED] = "This form is not supported",
    [PLUMB_BAD_SIGNATURE] = "A signature does not verify",
    [PLUMB_EXPIRED] = "Too late",
    [PLUMB_REFUSED] = "A rule refuses it",
    [PLUMB_BUSY] = "Too much at once",
    [PLUMB_NO_MEMORY] = "The server ran out of memory",
    [PLUMB_INTERNAL] = "The server failed",
    [PLUMB_UNAVAILABLE] = "The service cannot answer now",
};

const char *
http_problem_title(enum plumb_code code)
{
    return (size_t)code < PLUMB_CODE_COUNT && titles[code] != NULL ? titles[code]
                                                                   : titles[PLUMB_INTERNAL];
}

void
http_reply_problem(struct http_reply *reply, const struct plumb_err *err, int status,
                   const char *request_id)
{
    bool ours = err->code == PLUMB_INTERNAL || err->code == PLUMB_NO_MEMORY;
    char type[64], instance[64], detail[sizeof err->msg];
    struct plumb_bytes body = { NULL, 0 };

    if (status == 0)
        status = plumb_code_http(err->code);

    (void)snprintf(type, sizeof type, "urn:plumbline:error:%s", plumb_code_token(err->code));
    (void)snprintf(instance, sizeof instance, "urn:plumbline:request:%s", request_id);
    if (ours)
        (void)snprintf(detail, sizeof detail, "the server's log says more of request %s",
                       request_id);
    else
        (void)snprintf(detail, sizeof detail, "%s", err->msg);

    json_t *json = json_pack("{ss ss si ss ss ss}", "type", type, "title",
                             http_problem_title(err->code), "status", status, "detail", detail,
                             "rule", ours ? "internal" : err->rule, "instance", instance);
    if (json != NULL && !ours && err->where[0] != '\0')
        (void)json_object_set_new(json, "where", json_string(err->where));
    http_reply_clear(reply);
    reply->status = status;
    reply->retry_after_s = err->code == PLUMB_BUSY || err->code == PLUMB_UNAVAILABLE ? 1 : 0;
    body.data =
        json != NULL ? (uint8_t *)json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    body.len = body.data != NULL ? strlen((char *)body.data) : 0;
    http_reply_bytes(reply, "application/problem+json", &body);
    json_decref(json);
}
