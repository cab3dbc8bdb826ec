/*
 * uri.h - the request target taken apart, strictly: hostile bytes in, decoded segments and
 * query parameters out. Pure.
 */
#ifndef SERVER_HTTP_URI_H
#define SERVER_HTTP_URI_H

#include <plumb/err.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_URI_MAX      2048
#define HTTP_SEGMENTS_MAX 12
#define HTTP_QUERY_MAX    16

struct http_param {
    const char *name;
    const char *value;
};

struct http_uri {
    const char *segments[HTTP_SEGMENTS_MAX]; /* "/a/b" has two; "/" has one, empty */
    size_t nsegments;
    struct http_param query[HTTP_QUERY_MAX];
    size_t nquery;
};

/*
 * Take apart text (changed in place; ret borrows from it): an absolute path and perhaps a
 * query. Percent-encoding is decoded once. Refused by rule "http.uri": another form of target,
 * a bad or cut escape, control bytes, text that is not UTF-8, a "/" or "\" hidden in an escape,
 * "." and
 * ".." and empty segments (but for a last one), too many segments or parameters, a parameter
 * without a name or named twice, a fragment.
 */
PLUMB_MUST_CHECK enum plumb_code http_uri_parse(char *text, struct http_uri *ret,
                                                struct plumb_err *err);

/* The value of a parameter, or NULL. */
const char *http_uri_query(const struct http_uri *uri, const char *name);

/* A number from least to most, or absent where *ret stays as it is. Rule "query.number". */
PLUMB_MUST_CHECK enum plumb_code http_uri_number(const struct http_uri *uri, const char *name,
                                                 int64_t least, int64_t most, int64_t *ret,
                                                 struct plumb_err *err);

#endif
