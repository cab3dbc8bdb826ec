/*
 * server.h - an HTTP server over a table of routes: TLS 1.3 with client keys, plain and local
 * sockets, limits, long polls, a drain. It knows nothing of what it serves.
 */
#ifndef SERVER_HTTP_SERVER_H
#define SERVER_HTTP_SERVER_H

#include "server/http/limits.h"
#include "server/http/metrics.h"
#include "server/http/route.h"

enum http_listen {
    HTTP_LISTEN_TLS,   /* "HOST:PORT": TLS 1.3; a client may present any certificate */
    HTTP_LISTEN_PLAIN, /* "HOST:PORT": no TLS, so clients have no key */
    HTTP_LISTEN_LOCAL, /* a path: a socket of mode 0600, for our own user and root */
};

/* HOST is a numeric address, IPv6 in brackets; port 0 takes any. */
struct http_listener {
    enum http_listen kind;
    const char *address;
};
#define HTTP_LISTENERS_MAX 4

/* One answered request, for a log. Borrowed. */
struct http_event {
    const struct http_request *req;
    const char *route; /* the row's path, or "" */
    int status;
    size_t bytes;                /* of the body */
    int64_t ns;                  /* from the end of the headers to the reply */
    const struct plumb_err *err; /* NULL if it succeeded; unlike the problem, says everything */
};

struct http_config {
    const struct http_route *routes; /* outlive the server */
    size_t nroutes;
    void *app; /* for handlers and the two calls below */
    /*
     * Who is this? Called for each request of a peer that is local or has a key, from the
     * threads that move bytes: it must not wait. *ret is {0}, a stranger, before. May be NULL.
     */
    void (*identify)(void *app, const struct http_peer *peer, struct http_principal *ret);
    /* What was answered; from the same threads, so it must not wait. May be NULL. */
    void (*observe)(void *app, const struct http_event *event);
    struct http_listener listeners[HTTP_LISTENERS_MAX];
    size_t nlisteners;
    const char *certificate_pem; /* for TLS: the server's chain and its PKCS#8 key */
    const char *key_pem;
    struct http_limits limits;
    struct metrics *metrics; /* outlive the server; NULL for none */
};

struct http_server;

/*
 * Listens and serves until http_stop. Rules "http.address", "http.listen", "tls.certificate",
 * "route.table", "http.threads". Everything in config is copied or, as it says, outlives the
 * server. The limit on open files is raised as far as it may be and connections are kept below
 * it.
 */
PLUMB_MUST_CHECK enum plumb_code http_start(const struct http_config *config,
                                            struct http_server **ret, struct plumb_err *err);

/* The port of a listener, in the order of the config; 0 for a local one. */
uint16_t http_port(const struct http_server *server, size_t listener);

/*
 * Drains and ends: stops accepting, answers parked requests with what there is, finishes what
 * runs and what was promised for later, at most until drain_ms has passed; then answers
 * promises with 503, closes connections and frees. Waits for every handler that is running.
 * server may be NULL. After it returns, http_later_done() is still legal.
 */
void http_stop(struct http_server *server, int64_t drain_ms);

/* Requests that wait for topic are run again. Any thread, any time before http_stop returns. */
void http_wake(struct http_server *server, const char *topic);

/*
 * For handlers: run this request again when topic is woken, at the latest when the time is over
 * that it asked to wait (Prefer: wait=N), and then with req->last. A wake that comes after the
 * handler was called is never missed. Legal only while !req->last.
 */
PLUMB_MUST_CHECK enum plumb_code http_wait_for(struct http_request *req, const char *topic,
                                               struct plumb_err *err);

/*
 * For handlers of rows that are HTTP_FAST: what is asked for is not in memory. True in a worker,
 * where the handler may wait. Otherwise it returns PLUMB_OK at once and runs again in one.
 */
bool http_slow(struct http_request *req);

/*
 * For handlers: the reply will come later, from any thread. After this call the handler returns
 * PLUMB_OK at once, and someone calls http_later_done exactly once, whatever happens, even
 * before the handler returned. A promise that is not kept within the limit answer_ms is
 * answered with 503, rule "http.answer-time": what it did is then unknown to the client.
 */
struct http_later;
PLUMB_MUST_CHECK enum plumb_code http_later(struct http_request *req, struct http_later **ret,
                                            struct plumb_err *err);
/* To be filled before done; never the handler's own reply. */
struct http_reply *http_later_reply(struct http_later *later);
/* On PLUMB_OK sends the reply, else a problem from err. Frees later. */
void http_later_done(struct http_later *later, enum plumb_code code,
                     const struct plumb_err *err);

#endif
