/* header.h - the few request headers we understand, parsed without trust. Pure. */
#ifndef SERVER_HTTP_HEADER_H
#define SERVER_HTTP_HEADER_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Prefer (RFC 7240): the seconds of "wait=N", at most max; -1 when the value asks for no wait
 * or is not understood, which a server must ignore.
 */
int64_t http_prefer_wait(const char *value, int64_t max);

/*
 * If-None-Match (RFC 9110 section 13.1.2): does it name etag (opaque, without quotes), or "*"?
 * A list that is malformed names only what came before the fault.
 */
bool http_etag_listed(const char *value, const char *etag);

/* Content-Type: is its media type this one, whatever its parameters? Case does not matter. */
bool http_media_is(const char *value, const char *type);

/* Structured fields (RFC 9651) of one item without parameters: an integer that is not negative,
 * of at most 15 digits, and a boolean ("?0", "?1"); -1 otherwise. */
int64_t http_field_integer(const char *value);
int http_field_boolean(const char *value);

/* Content-Length: digits only, at most 18 of them; -1 otherwise. */
int64_t http_content_length(const char *value);

#endif
