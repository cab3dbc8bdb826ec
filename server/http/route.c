#include "server/http/route.h"

#include <stdio.h>
#include <string.h>
#include "lib/own.h"

/* A row's path taken apart once, so that most rows are passed over by a number. */
struct compiled {
    struct {
        const char *text; /* NULL for "{}" */
        size_t len;
    } segments[HTTP_SEGMENTS_MAX];
    size_t nsegments;
    bool rest; /* ended in "{*}", which is not among the segments */
};

struct http_router {
    const struct http_route *rows;
    size_t n;
    struct compiled compiled[];
};

static bool
compile(const char *path, struct compiled *ret)
{
    const char *at = path;

    while (*at == '/' && !ret->rest) {
        size_t len = strcspn(++at, "/");

        if (ret->nsegments == HTTP_SEGMENTS_MAX)
            return false;
        if (len == 3 && memcmp(at, "{*}", 3) == 0) {
            ret->rest = true;
        } else {
            bool any = len == 2 && memcmp(at, "{}", 2) == 0;
            ret->segments[ret->nsegments].text = any ? NULL : at;
            ret->segments[ret->nsegments++].len = len;
        }
        at += len;
    }
    return at != path && *at == '\0';
}

enum plumb_code
http_router_new(const struct http_route *rows, size_t n, struct http_router **ret,
                struct plumb_err *err)
{
    PLUMB_AUTO(auto_free)
    struct http_router *router = calloc(1, sizeof *router + n * sizeof router->compiled[0]);

    if (router == NULL)
        return plumb_fail_memory(err);
    router->rows = rows;
    router->n = n;
    for (size_t i = 0; i < n; i++) {
        if (rows[i].handler == NULL || !compile(rows[i].path, &router->compiled[i]))
            return plumb_fail(err, PLUMB_INTERNAL, "route.table", rows[i].path,
                              "a route's path is made of segments and has a handler");
        for (size_t k = 0; k < i; k++)
            if (strcmp(rows[k].path, rows[i].path) == 0 &&
                strcmp(rows[k].method, rows[i].method) == 0)
                return plumb_fail(err, PLUMB_INTERNAL, "route.table", rows[i].path,
                                  "two routes for one method and path");
    }
    *ret = PLUMB_TAKE(router);
    return PLUMB_OK;
}

void
http_router_free(struct http_router *router)
{
    free(router);
}

static bool
fits(const struct compiled *row, const struct http_uri *uri, struct http_match *m)
{
    if (row->rest ? uri->nsegments <= row->nsegments : uri->nsegments != row->nsegments)
        return false;
    m->nargs = 0;
    for (size_t i = 0; i < uri->nsegments; i++) {
        const char *segment = uri->segments[i];

        if (i >= row->nsegments || row->segments[i].text == NULL) {
            if (segment[0] == '\0')
                return false;
            m->args[m->nargs++] = segment;
        } else if (strncmp(segment, row->segments[i].text, row->segments[i].len) != 0 ||
                   segment[row->segments[i].len] != '\0') {
            return false;
        }
    }
    return true;
}

static void
allow(char *list, size_t size, const char *method)
{
    size_t used = strlen(list);

    if (strstr(list, method) == NULL)
        (void)snprintf(list + used, size - used, "%s%s%s", used > 0 ? ", " : "", method,
                       strcmp(method, "GET") == 0 ? ", HEAD" : "");
}

enum plumb_code
http_router_find(const struct http_router *router, const char *method,
                 const struct http_uri *uri, struct http_match *ret, struct plumb_err *err)
{
    if (strcmp(method, "HEAD") == 0)
        method = "GET";
    ret->route = NULL;
    ret->allow[0] = '\0';
    for (size_t i = 0; i < router->n; i++) {
        if (!fits(&router->compiled[i], uri, ret))
            continue;
        if (strcmp(router->rows[i].method, method) == 0) {
            ret->route = &router->rows[i];
            ret->index = i;
            return PLUMB_OK;
        }
        allow(ret->allow, sizeof ret->allow, router->rows[i].method);
    }
    if (ret->allow[0] == '\0')
        return plumb_fail(err, PLUMB_NOT_FOUND, "route.path", "", "no resource has this path");
    return plumb_fail(err, PLUMB_METHOD, "route.method", "", "this resource allows %s",
                      ret->allow);
}

static bool
listed(const char *names, const char *name)
{
    size_t len = strlen(name);

    while (names != NULL && *names != '\0') {
        size_t n = strcspn(names, ",");
        if (n == len && memcmp(names, name, n) == 0)
            return true;
        names += n + (names[n] == ',');
    }
    return false;
}

enum plumb_code
http_route_check_query(const struct http_route *row, const struct http_uri *uri,
                       struct plumb_err *err)
{
    for (size_t i = 0; i < uri->nquery; i++)
        if (!listed(row->query, uri->query[i].name))
            return plumb_fail(err, PLUMB_INVALID, "query.unknown", uri->query[i].name,
                              "this resource knows the parameters: %s",
                              row->query != NULL ? row->query : "none");
    return PLUMB_OK;
}

enum plumb_code
http_route_check_access(const struct http_route *row, const struct http_peer *peer,
                        const struct http_principal *who, struct plumb_err *err)
{
    if (row->access == HTTP_PUBLIC || (row->access & who->access) != 0)
        return PLUMB_OK;
    if (!peer->has_key && !peer->local)
        return plumb_fail(err, PLUMB_UNAUTHENTICATED, "access.certificate", "",
                          "this needs a TLS client certificate whose key is known here");
    if (who->access == 0) {
        char hex[PLUMB_DIGEST_HEX];
        plumb_digest_hex(&peer->key, hex);
        return plumb_fail(err, PLUMB_FORBIDDEN, "access.stranger", "",
                          "no active TLS key is %s", peer->has_key ? hex : "yours");
    }
    return plumb_fail(err, PLUMB_FORBIDDEN, "access.role", "",
                      "the roles of %s do not include this", who->name);
}
