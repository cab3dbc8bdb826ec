/* reply.h - what a handler fills in. */
#ifndef SERVER_HTTP_REPLY_H
#define SERVER_HTTP_REPLY_H

#include "server/http/body.h"
#include "server/http/request.h"

#define HTTP_HEADERS_MAX 6

struct http_header {
    const char *name; /* static */
    char value[160];
};

/* {0} is 200 without a body. Owned by the server, which clears it. */
struct http_reply {
    int status;                /* 0 is 200 */
    const char *content_type;  /* static */
    const char *cache_control; /* static; NULL is "no-store" */
    char etag[HTTP_ETAG_MAX];  /* without quotes; "" for none */
    struct plumb_bytes body;   /* owned, or: */
    struct http_body *shared;  /* a reference, with its own type, etag and cache control */
    struct http_header headers[HTTP_HEADERS_MAX];
    size_t nheaders;
    unsigned retry_after_s; /* 0 for none */
};

void http_reply_clear(struct http_reply *reply);

/* The body is text that is copied, or the compact sorted text of json. */
PLUMB_MUST_CHECK enum plumb_code http_reply_text(struct http_reply *reply,
                                                 const char *content_type, const char *text,
                                                 struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code http_reply_json(struct http_reply *reply, const json_t *json,
                                                 struct plumb_err *err);
/* Takes bytes over. */
void http_reply_bytes(struct http_reply *reply, const char *content_type,
                      struct plumb_bytes *bytes);
/* Takes one more reference to body. */
void http_reply_shared(struct http_reply *reply, struct http_body *body);

/* name is static. One more header than there is room for, or a value that has a control byte or
 * is too long, is dropped: the caller's mistake, never a split reply. */
__attribute__((format(printf, 3, 4))) void
http_reply_header(struct http_reply *reply, const char *name, const char *fmt, ...);

/*
 * The reply to a failed request: RFC 9457 problem+json
 *   {"type":"urn:plumbline:error:TOKEN","title":...,"status":...,"detail":msg,"rule":...,
 *    "where":...,"instance":"urn:plumbline:request:ID"}
 * where "where" is left out when empty. What an internal error says stays with the server: its
 * detail names the request only. status, if not 0, is a finer one than the code's own. Replaces
 * what reply held, and asks busy clients to wait a second. Never fails: without memory, the
 * body stays empty.
 */
void http_reply_problem(struct http_reply *reply, const struct plumb_err *err, int status,
                        const char *request_id);

/* Every word that describes a code in a problem's "title". */
const char *http_problem_title(enum plumb_code code);

#endif
