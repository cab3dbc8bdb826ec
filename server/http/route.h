/*
 * route.h - which handler answers which request. A route is a row: the router answers 404, 405,
 * 401, 403, 413, 415 and 400 (for unknown query parameters) from it, so that no handler can
 * forget to, and documents are made from it.
 */
#ifndef SERVER_HTTP_ROUTE_H
#define SERVER_HTTP_ROUTE_H

#include "server/http/reply.h"
#include "server/http/request.h"

/*
 * Answers one request. On PLUMB_OK reply holds the answer, or http_park() or http_later() was
 * called; any other code makes the reply a problem from err. Must not keep pointers into req or
 * reply.
 */
typedef enum plumb_code http_handler(struct http_request *req, struct http_reply *reply,
                                     struct plumb_err *err);

enum {
    /* Runs at once in the thread that moves bytes, so it only looks at memory and never waits:
     * see http_slow. */
    HTTP_FAST = 1,
};

struct http_route {
    const char *method;   /* "GET" serves HEAD too */
    const char *path;     /* "{}" stands for one segment, a last "{*}" for one or more */
    unsigned access;      /* bits of enum http_access, any of which suffices; 0 is public */
    size_t body_max;      /* 0: the request must have no body */
    const char *consumes; /* media type of the body; NULL for any */
    const char *query;    /* names of query parameters, separated by ","; NULL for none */
    http_handler *handler;
    unsigned flags;
    const char *summary; /* one line */
};

struct http_match {
    const struct http_route *route; /* NULL when refused */
    size_t index;                   /* of route in the table */
    char allow[64];                 /* when the path is there but not the method */
    const char *args[HTTP_SEGMENTS_MAX];
    size_t nargs;
};

struct http_router;

/*
 * A router over rows that outlive it. Where several rows fit, the first one wins. Rule
 * "route.table": a malformed path, or two rows with one method and path.
 */
PLUMB_MUST_CHECK enum plumb_code http_router_new(const struct http_route *rows, size_t n,
                                                 struct http_router **ret,
                                                 struct plumb_err *err);
void http_router_free(struct http_router *router);

/*
 * The row that answers. Rules "route.path" (PLUMB_NOT_FOUND) and "route.method" (PLUMB_METHOD,
 * with ret->allow); ret is filled in any case, ret->route on success only.
 */
PLUMB_MUST_CHECK enum plumb_code
http_router_find(const struct http_router *router, const char *method,
                 const struct http_uri *uri, struct http_match *ret, struct plumb_err *err);

/* Every parameter of uri is one that the row names: rule "query.unknown". */
PLUMB_MUST_CHECK enum plumb_code http_route_check_query(const struct http_route *row,
                                                        const struct http_uri *uri,
                                                        struct plumb_err *err);

/*
 * May this client call the row? Rules "access.certificate" (PLUMB_UNAUTHENTICATED: none was
 * presented), "access.stranger" (its key is not known) and "access.role" (PLUMB_FORBIDDEN).
 */
PLUMB_MUST_CHECK enum plumb_code http_route_check_access(const struct http_route *row,
                                                         const struct http_peer *peer,
                                                         const struct http_principal *who,
                                                         struct plumb_err *err);

#endif
