#include "server/http/reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "lib/own.h"

void
http_reply_clear(struct http_reply *reply)
{
    plumb_bytes_clear(&reply->body);
    http_body_unref(reply->shared);
    reply->status = 0;
    reply->content_type = NULL;
    reply->cache_control = NULL;
    reply->etag[0] = '\0';
    reply->shared = NULL;
    reply->nheaders = 0;
    reply->retry_after_s = 0;
}

enum plumb_code
http_reply_text(struct http_reply *reply, const char *content_type, const char *text,
                struct plumb_err *err)
{
    struct plumb_bytes bytes = { NULL, 0 };

    PLUMB_TRY(plumb_bytes_copy(text, strlen(text), &bytes, err));
    http_reply_bytes(reply, content_type, &bytes);
    return PLUMB_OK;
}

enum plumb_code
http_reply_json(struct http_reply *reply, const json_t *json, struct plumb_err *err)
{
    struct plumb_bytes bytes = { NULL, 0 };

    bytes.data = (uint8_t *)json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
    if (bytes.data == NULL)
        return plumb_fail_memory(err);
    bytes.len = strlen((char *)bytes.data);
    http_reply_bytes(reply, "application/json", &bytes);
    return PLUMB_OK;
}

void
http_reply_bytes(struct http_reply *reply, const char *content_type, struct plumb_bytes *bytes)
{
    plumb_bytes_clear(&reply->body);
    reply->body = *bytes;
    reply->content_type = content_type;
    *bytes = (struct plumb_bytes){ NULL, 0 };
}

void
http_reply_shared(struct http_reply *reply, struct http_body *body)
{
    http_body_unref(reply->shared);
    reply->shared = http_body_ref(body);
}

void
http_reply_header(struct http_reply *reply, const char *name, const char *fmt, ...)
{
    if (reply->nheaders == HTTP_HEADERS_MAX)
        return;

    struct http_header *header = &reply->headers[reply->nheaders];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(header->value, sizeof header->value, fmt, ap);
    va_end(ap);
    if (n < 0 || (size_t)n >= sizeof header->value)
        return;
    for (const char *c = header->value; *c != '\0'; c++)
        if ((uint8_t)*c < ' ' || *c == 0x7f)
            return;
    header->name = name;
    reply->nheaders++;
}
