/* request.h - what a handler is given. Everything is borrowed and ends with the handler's call.
 */
#ifndef SERVER_HTTP_REQUEST_H
#define SERVER_HTTP_REQUEST_H

#include <plumb/bytes.h>
#include <plumb/json.h>
#include <stdbool.h>
#include "server/http/uri.h"

/*
 * Who may call a row: one bit of the row's must be among the client's. The application says
 * which bits a client has; the words are ours so that documents can be made from the rows.
 */
/* clang-format off */
#define HTTP_ACCESS(X)                                                  \
    X(CLIENT, 0, "any client whose TLS key is known")                   \
    X(READER, 1, "those who may read entries and blobs")                \
    X(WRITER, 2, "those who may submit statements")                     \
    X(VERIFIER, 3, "verifiers")                                         \
    X(MONITOR, 4, "those who may read metrics")                         \
    X(LOCAL, 5, "the server's own user or root, on the local socket")
/* clang-format on */

enum http_access {
    HTTP_PUBLIC = 0, /* in a row: everyone */
#define X(name, bit, help) HTTP_##name = 1 << (bit),
    HTTP_ACCESS(X)
#undef X
};

/* The other end of the connection, as far as the connection itself proves it. */
struct http_peer {
    bool local;              /* came over the local socket, and is our own user or root */
    bool has_key;            /* presented a certificate and proved that it holds its key */
    struct plumb_digest key; /* SHA-256 of that key's DER SPKI */
    char address[48];        /* numeric, without the port; "local" */
};

/* Who that is to the application. */
struct http_principal {
    unsigned access; /* bits of enum http_access; 0 is a stranger */
    char name[PLUMB_NAME_MAX + 1];
};

struct http_request {
    void *app;                           /* struct http_config's */
    const char *method;                  /* the row's: HEAD arrives as GET */
    struct http_uri uri;                 /* query parameters: only those that the row names */
    const char *args[HTTP_SEGMENTS_MAX]; /* what stood for the row's "{}", decoded */
    size_t nargs;
    const char *content_type; /* headers that are absent are "" */
    const char *accept;
    const char *if_none_match; /* compared with the reply's etag by the server itself */
    int64_t wait_s;            /* Prefer: wait=N, cut to the limit; -1 if not asked for */
    int64_t upload_offset;     /* Upload-Offset; -1 where it is absent or no number */
    int upload_complete;       /* Upload-Complete: 0 or 1; -1 where it is absent or neither */
    const uint8_t *body;
    size_t body_len;
    struct http_peer peer;
    struct http_principal who;
    char id[17];   /* names this request in logs and problems */
    unsigned turn; /* how often this request was parked before this call */
    bool last;     /* parking again is not possible: answer with what there is */
    struct http_exchange *exchange; /* the server's own */
};

/* As http_uri_query(&req->uri, name). */
const char *http_query(const struct http_request *req, const char *name);

#endif
