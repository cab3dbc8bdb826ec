/* Request targets: what is accepted is plain, bounded and routed without surprises. */
#include "server/http/route.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum plumb_code
nothing(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    (void)req;
    (void)reply;
    (void)err;
    return PLUMB_OK;
}

static const struct http_route rows[] = {
    { .method = "GET", .path = "/", .handler = nothing },
    { .method = "GET", .path = "/a", .query = "x,yy", .handler = nothing },
    { .method = "PUT", .path = "/a/{}", .handler = nothing },
    { .method = "GET", .path = "/a/{}/b/{}", .handler = nothing },
    { .method = "GET", .path = "/t/{*}", .handler = nothing },
};

static void
check_text(const char *text)
{
    for (; *text != '\0'; text++)
        assert((uint8_t)*text >= ' ' && *text != 0x7f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_router *router = NULL;
    struct http_uri uri = { .nsegments = 0 };
    struct http_match match;
    struct plumb_err err = { 0 };
    char *text = malloc(size + 1);

    assert(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    if (http_uri_parse(text, &uri, &err) != PLUMB_OK) {
        assert(strcmp(err.rule, "http.uri") == 0 && uri.nsegments == 0);
        free(text);
        return 0;
    }
    assert(uri.nsegments >= 1 && uri.nsegments <= HTTP_SEGMENTS_MAX);
    assert(uri.nquery <= HTTP_QUERY_MAX);
    for (size_t i = 0; i < uri.nsegments; i++) {
        check_text(uri.segments[i]);
        assert(strpbrk(uri.segments[i], "/\\") == NULL);
        assert(strcmp(uri.segments[i], ".") != 0 && strcmp(uri.segments[i], "..") != 0);
        assert(uri.segments[i][0] != '\0' || i + 1 == uri.nsegments);
    }
    for (size_t i = 0; i < uri.nquery; i++) {
        int64_t n = 7;

        check_text(uri.query[i].name);
        check_text(uri.query[i].value);
        assert(http_uri_query(&uri, uri.query[i].name) == uri.query[i].value);
        if (http_uri_number(&uri, uri.query[i].name, 1, 99, &n, &err) == PLUMB_OK)
            assert(n >= 1 && n <= 99);
        else
            assert(n == 7);
    }
    assert(http_router_new(rows, sizeof rows / sizeof rows[0], &router, &err) == PLUMB_OK);
    if (http_router_find(router, "GET", &uri, &match, &err) == PLUMB_OK) {
        assert(match.nargs <= uri.nsegments);
        for (size_t i = 0; i < match.nargs; i++)
            assert(match.args[i][0] != '\0');
        if (http_route_check_query(match.route, &uri, &err) == PLUMB_OK)
            assert(uri.nquery <= 2);
    } else {
        assert(match.route == NULL);
    }
    http_router_free(router);
    free(text);
    return 0;
}
