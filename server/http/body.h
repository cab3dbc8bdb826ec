/*
 * body.h - a reply's bytes, shared by every reply that sends them: counted references, and what
 * the transport prepared for them once.
 */
#ifndef SERVER_HTTP_BODY_H
#define SERVER_HTTP_BODY_H

#include <plumb/bytes.h>

#define HTTP_ETAG_MAX 80

struct http_body;

/*
 * A body with one reference, the caller's. Takes bytes over (emptied on success). etag is
 * opaque and without quotes, or NULL for the hex SHA-256 of the bytes; content_type and
 * cache_control are copied; extra is NULL or one more header as "Name: value".
 */
PLUMB_MUST_CHECK enum plumb_code http_body_new(struct plumb_bytes *bytes,
                                               const char *content_type, const char *etag,
                                               const char *cache_control, const char *extra,
                                               struct http_body **ret, struct plumb_err *err);
/* Any thread. The last reference frees; bytes that are being sent stay until they are. */
struct http_body *http_body_ref(struct http_body *body);
void http_body_unref(struct http_body *body);

const uint8_t *http_body_bytes(const struct http_body *body, size_t *ret_len);
const char *http_body_etag(const struct http_body *body);
const char *http_body_type(const struct http_body *body);
const char *http_body_cache_control(const struct http_body *body);
const char *http_body_extra(const struct http_body *body); /* NULL, or "Name: value" */

/*
 * What the transport made of the body for one kind of reply, at its first use: make(body) is
 * called once per kind, and unmake when the last reference is gone. NULL if make failed.
 */
enum http_body_kind { HTTP_BODY_FULL, HTTP_BODY_NOT_MODIFIED, HTTP_BODY_KINDS };
typedef void *http_body_make(struct http_body *body, enum http_body_kind kind);
void *http_body_made(struct http_body *body, enum http_body_kind kind, http_body_make *make,
                     void (*unmake)(void *made));

#endif
