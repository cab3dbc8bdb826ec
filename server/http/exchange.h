/*
 * exchange.h - private to server/http: connections, and one request's way from its headers to
 * its reply. mhd.c calls this and implements struct http_transport; neither handlers nor this
 * see libmicrohttpd.
 */
#ifndef SERVER_HTTP_EXCHANGE_H
#define SERVER_HTTP_EXCHANGE_H

#include <pthread.h>
#include <stdatomic.h>
#include "server/http/account.h"
#include "server/http/park.h"
#include "server/http/pool.h"
#include "server/http/server.h"
#include "server/http/tls.h"

/*
 * Who may touch an exchange: the event thread of its connection, except while HELD (the
 * connection is suspended): then whoever took it from the queue, the table of parked ones or
 * the list of promises.
 */
enum http_phase {
    HTTP_IDLE,  /* no request line yet */
    HTTP_HEAD,  /* reading headers */
    HTTP_BODY,  /* reading, or discarding, the body */
    HTTP_HELD,  /* suspended */
    HTTP_AGAIN, /* resumed, to run its handler again */
    HTTP_READY, /* resumed, to send its reply */
    HTTP_SENDING,
};

struct http_exchange {
    struct http_job job;
    struct http_parked parked;
    struct http_conn *conn;
    enum http_phase phase;
    bool active;  /* counted in the server's */
    bool refused; /* has its reply before its body */
    bool head;    /* HEAD */
    bool fast;
    bool waiting; /* the handler called http_wait_for */
    bool slow;    /* the handler of a fast row asked for a worker */
    bool queued;  /* held in the account */
    int64_t started_ns;
    int64_t wait_until_ms; /* 0 before it first waited */
    struct http_later *later;
    struct http_account *account; /* borrowed from conn: who pays for this request */
    int64_t reserved;             /* bytes of body in the account and in all */
    uint8_t *body;
    const struct http_route *route;
    size_t route_index; /* the number of rows when there is no route */
    struct plumb_err err;
    struct http_request req;
    struct http_reply reply;
    bool uri_too_long;
    char uri[HTTP_URI_MAX + 1];
};

struct http_conn {
    struct http_server *server;
    struct http_conn *next, *prev; /* all that were started */
    size_t listener;
    int fd;
    bool started;
    _Atomic int64_t deadline_ms; /* then it is cut off; 0 is never */
    _Atomic int64_t idle_ms;     /* since when it has no request; 0 if it has one */
    bool peer_known;
    struct http_peer peer;
    struct http_account *address_account; /* NULL for local ones */
    struct http_account *key_account;     /* once its key was known */
    void *transport;                      /* struct MHD_Connection */
    struct http_tls_wire wire;            /* with TLS */
    struct http_exchange exchange;
};

/* The headers that matter, borrowed; NULL if absent. */
struct http_head {
    const char *method;
    const char *content_type, *accept, *if_none_match, *prefer;
    const char *content_length;
    const char *upload_offset, *upload_complete; /* "" if twice */
    bool transfer_encoding, repeated;            /* Content-Length twice */
    size_t bytes;                                /* of the whole head */
};

struct http_metrics {
    struct metric *connections, *parked, *queue, *receiving, *bytes;
    struct metric *refused[HTTP_HOLDS + 2]; /* by what was exceeded; see http_count_refusal */
    struct metric **requests;               /* [route][class - 1] */
    struct metric **seconds;                /* [route] */
};

struct http_server {
    struct http_config config;
    struct http_router *router;
    struct http_accounts *accounts;
    struct http_park *park;
    struct http_pool *pool;
    struct http_metrics metrics;
    struct http_transport *transport;
    _Atomic int64_t active, held, parked, connections, body_bytes;
    _Atomic uint64_t ids;
    atomic_bool draining; /* answers what came, parks nothing */
    atomic_bool ending;   /* suspends nothing */

    pthread_mutex_t conns_lock;
    struct http_conn *conns;

    struct http_later *laters; /* promises whose handler returned; wait.c has the lock */

    pthread_mutex_t timer_lock;
    pthread_cond_t timer_wake;
    bool timer_stop, timer_runs;
    pthread_t timer;
};

int64_t http_now_ms(void); /* monotonic and coarse */
int64_t http_now_ns(void);

/* connection.c */
/* May this address connect? Then an object for the connection; NULL and counted as refused. */
struct http_conn *http_conn_new(struct http_server *server, size_t listener, int fd,
                                const char *address, const struct plumb_digest *id);
void http_conn_started(struct http_conn *conn);
void http_conn_free(struct http_conn *conn);
/* Cut off those whose time is over; when room gets scarce, also those that do nothing with it.
 */
void http_conns_expire(struct http_server *server, int64_t now_ms);
void http_conn_deadline(struct http_conn *conn, int64_t in_ms);
/* Whose rates and limits a request counts against, once peer and who are known. */
struct http_account *http_conn_account(struct http_conn *conn,
                                       const struct http_principal *who);

/* exchange.c, in the event thread */
enum http_step {
    HTTP_STEP_READ,  /* go on reading */
    HTTP_STEP_SEND,  /* the reply is ready */
    HTTP_STEP_CLOSE, /* send the reply at once, without reading the body */
    HTTP_STEP_HELD,  /* suspended; not ours any more */
};
void http_exchange_line(struct http_exchange *x, const char *target);
enum http_step http_exchange_head(struct http_exchange *x, const struct http_head *head);
void http_exchange_body(struct http_exchange *x, const void *data, size_t len);
enum http_step http_exchange_run(struct http_exchange *x);
/* To a worker, from here on; or refused. */
enum http_step http_exchange_queue(struct http_exchange *x);
/* The reply is about to be sent: counts and tells about it. True if it becomes a 304. */
bool http_exchange_reply(struct http_exchange *x);
void http_exchange_end(struct http_exchange *x);

/* wait.c */
void http_run_job(struct http_job *job);
enum http_step http_run(struct http_exchange *x);
void http_resume_parked(struct http_server *server, struct http_parked *list, bool last);
void http_laters_expire(struct http_server *server, int64_t now_ms, bool all);
bool http_parked_gone(struct http_parked *parked);

/* What was exceeded, besides enum http_hold. */
enum { HTTP_REFUSED_RATE = HTTP_HOLDS, HTTP_REFUSED_TIME };
void http_count_refusal(struct http_server *server, int what);

/* mhd.c */
PLUMB_MUST_CHECK enum plumb_code http_transport_start(struct http_server *server,
                                                      struct http_transport **ret,
                                                      struct plumb_err *err);
uint16_t http_transport_port(const struct http_transport *t, size_t listener);
/* False, and nothing happened, once the server is ending: a suspended connection would be lost.
 */
bool http_transport_suspend(struct http_conn *conn);
void http_transport_resume(struct http_conn *conn);
void http_transport_quiesce(struct http_transport *t); /* accepts no more */
void http_transport_stop(struct http_transport *t);    /* nothing may be suspended */

#endif
