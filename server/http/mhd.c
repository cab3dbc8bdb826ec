/* The one file that knows libmicrohttpd: it moves bytes, and exchange.c decides. */
#include "server/http/exchange.h"
#include "server/http/listen.h"
#include "server/http/tls.h"

#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>
#include "lib/own.h"

/*
 * We accept connections ourselves and hand them over: so addresses are judged before TLS costs
 * anything, and a drain needs no MHD_quiesce_daemon, which in 0.9.75 aborts when a pool thread
 * takes the listening socket out of its epoll set at the same moment.
 */
struct http_transport {
    struct http_server *server;
    struct http_tls tls;
    struct {
        struct MHD_Daemon *daemon;
        int fd;
        uint16_t port;
    } listeners[HTTP_LISTENERS_MAX];
    size_t n;
    int stop_fd; /* readable when accepting is over */
    bool accepting;
    pthread_t acceptor;
    pthread_mutex_t lock; /* handed */
    size_t nhanded;
    struct http_conn **handed; /* by descriptor, until their event thread starts them */
};

static struct http_conn *
conn_of(struct MHD_Connection *mhd)
{
    return MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

/* Replies. */

static void
add_header(struct MHD_Response *response, const char *name, const char *value)
{
    (void)MHD_add_response_header(response, name, value);
}

static void
add_etag(struct MHD_Response *response, const char *etag)
{
    char quoted[HTTP_ETAG_MAX + 2];

    (void)snprintf(quoted, sizeof quoted, "\"%s\"", etag);
    add_header(response, MHD_HTTP_HEADER_ETAG, quoted);
}

/* Does not own body, which the exchange that sends it keeps. */
static void *
make_shared(struct http_body *body, enum http_body_kind kind)
{
    size_t len = 0;
    const uint8_t *bytes = http_body_bytes(body, &len);
    const char *extra = http_body_extra(body);
    struct MHD_Response *response = MHD_create_response_from_buffer(
        kind == HTTP_BODY_FULL ? len : 0, (void *)(uintptr_t)bytes, MHD_RESPMEM_PERSISTENT);

    if (response == NULL)
        return NULL;
    add_etag(response, http_body_etag(body));
    add_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, http_body_cache_control(body));
    if (kind == HTTP_BODY_FULL)
        add_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, http_body_type(body));
    if (extra != NULL && strchr(extra, ':') != NULL) {
        char name[64];
        size_t n = strcspn(extra, ":");

        (void)snprintf(name, sizeof name, "%.*s", (int)n, extra);
        add_header(response, name, extra + n + 1 + strspn(extra + n + 1, " "));
    }
    return response;
}

static void
unmake_shared(void *made)
{
    MHD_destroy_response(made);
}

static struct MHD_Response *
make_own(struct http_exchange *x, bool not_modified)
{
    struct http_reply *reply = &x->reply;
    struct plumb_bytes none = { NULL, 0 };
    struct plumb_bytes *body = not_modified ? &none : &reply->body;
    struct MHD_Response *response =
        MHD_create_response_from_buffer(body->len, body->data, MHD_RESPMEM_PERSISTENT);

    if (response == NULL)
        return NULL;
    if (reply->content_type != NULL && !not_modified)
        add_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->content_type);
    add_header(response, MHD_HTTP_HEADER_CACHE_CONTROL,
               reply->cache_control != NULL ? reply->cache_control : "no-store");
    if (reply->etag[0] != '\0')
        add_etag(response, reply->etag);
    return response;
}

/* What belongs to this reply alone. */
static void
add_own_headers(struct http_exchange *x, struct MHD_Response *response)
{
    const struct http_reply *reply = &x->reply;
    char seconds[16];

    for (size_t i = 0; i < reply->nheaders; i++)
        add_header(response, reply->headers[i].name, reply->headers[i].value);
    if (reply->retry_after_s > 0) {
        (void)snprintf(seconds, sizeof seconds, "%u", reply->retry_after_s);
        add_header(response, MHD_HTTP_HEADER_RETRY_AFTER, seconds);
    }
    if (atomic_load(&x->conn->server->draining))
        add_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
}

static bool
has_own_headers(const struct http_exchange *x)
{
    return x->reply.nheaders > 0 || x->reply.retry_after_s > 0 ||
           atomic_load_explicit(&x->conn->server->draining, memory_order_relaxed);
}

static bool
has_body(const struct http_reply *reply)
{
    size_t len = reply->body.len;

    if (reply->shared != NULL)
        (void)http_body_bytes(reply->shared, &len);
    return len > 0;
}

static enum MHD_Result
send_reply(struct MHD_Connection *mhd, struct http_exchange *x)
{
    bool not_modified = http_exchange_reply(x);
    unsigned status = not_modified           ? 304
                      : x->reply.status != 0 ? (unsigned)x->reply.status
                                             : 200;
    enum http_body_kind kind = not_modified ? HTTP_BODY_NOT_MODIFIED : HTTP_BODY_FULL;
    struct MHD_Response *response = NULL;

    x->conn->wire.more = !not_modified && !x->head && has_body(&x->reply);
    if (x->reply.shared != NULL && !has_own_headers(x)) {
        response = http_body_made(x->reply.shared, kind, make_shared, unmake_shared);
        return response != NULL ? MHD_queue_response(mhd, status, response) : MHD_NO;
    }
    response = x->reply.shared != NULL ? make_shared(x->reply.shared, kind)
                                       : make_own(x, not_modified);
    if (response == NULL)
        return MHD_NO;
    add_own_headers(x, response);
    enum MHD_Result result = MHD_queue_response(mhd, status, response);
    MHD_destroy_response(response); /* the queue has its own reference */
    return result;
}

/* Requests. */

static enum MHD_Result
read_header(void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
    static const struct {
        const char *name;
        size_t at;
    } wanted[] = {
        { MHD_HTTP_HEADER_CONTENT_TYPE, offsetof(struct http_head, content_type) },
        { MHD_HTTP_HEADER_ACCEPT, offsetof(struct http_head, accept) },
        { MHD_HTTP_HEADER_IF_NONE_MATCH, offsetof(struct http_head, if_none_match) },
        { MHD_HTTP_HEADER_PREFER, offsetof(struct http_head, prefer) },
        { MHD_HTTP_HEADER_CONTENT_LENGTH, offsetof(struct http_head, content_length) },
        { "Upload-Offset", offsetof(struct http_head, upload_offset) },
        { "Upload-Complete", offsetof(struct http_head, upload_complete) },
    };
    struct http_head *head = arg;

    (void)kind;
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        if (strcasecmp(name, wanted[i].name) != 0)
            continue;
        const char **at = (const char **)((char *)head + wanted[i].at);
        head->repeated |= *at != NULL && at == &head->content_length;
        if (*at == NULL)
            *at = value != NULL ? value : "";
        else if (at == &head->upload_offset || at == &head->upload_complete)
            *at = "";
        return MHD_YES;
    }
    head->transfer_encoding |= strcasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0;
    return MHD_YES;
}

static void
know_peer(struct MHD_Connection *mhd, struct http_conn *conn)
{
    if (conn->peer_known)
        return;
    conn->peer_known = true;
    if (conn->server->config.listeners[conn->listener].kind == HTTP_LISTEN_TLS)
        conn->peer.has_key = http_tls_peer(
            MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION)->tls_session,
            &conn->peer.key);
}

static enum http_step
on_head(struct MHD_Connection *mhd, struct http_conn *conn, const char *method)
{
    const union MHD_ConnectionInfo *size =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    struct http_head head = { .method = method,
                              .bytes = size != NULL ? size->header_size : SIZE_MAX };

    (void)MHD_get_connection_values(mhd, MHD_HEADER_KIND, read_header, &head);
    know_peer(mhd, conn);
    return http_exchange_head(&conn->exchange, &head);
}

static enum MHD_Result
on_request(void *arg, struct MHD_Connection *mhd, const char *url, const char *method,
           const char *version, const char *data, size_t *len, void **context)
{
    struct http_conn *conn = *context;
    struct http_exchange *x = &conn->exchange;
    enum http_step step = HTTP_STEP_READ;

    (void)arg;
    (void)url;
    (void)version;
    if (x->phase == HTTP_HEAD) {
        step = on_head(mhd, conn, method);
    } else if (x->phase == HTTP_READY) {
        step = HTTP_STEP_SEND;
    } else if (x->phase == HTTP_AGAIN) {
        step = http_run(x);
    } else if (*len > 0) {
        http_exchange_body(x, data, *len);
        *len = 0;
    } else {
        step = http_exchange_run(x);
    }
    return step == HTTP_STEP_SEND || step == HTTP_STEP_CLOSE ? send_reply(mhd, x) : MHD_YES;
}

static void *
on_line(void *arg, const char *target, struct MHD_Connection *mhd)
{
    struct http_conn *conn = conn_of(mhd);

    (void)arg;
    http_exchange_line(&conn->exchange, target);
    return conn;
}

static void
on_completed(void *arg, struct MHD_Connection *mhd, void **context,
             enum MHD_RequestTerminationCode why)
{
    struct http_conn *conn = *context;

    (void)arg;
    (void)mhd;
    (void)why;
    if (conn != NULL)
        http_exchange_end(&conn->exchange);
}

/* We take the target apart ourselves, from its raw text. */
static size_t
keep_escaped(void *arg, struct MHD_Connection *mhd, char *text)
{
    (void)arg;
    (void)mhd;
    return strlen(text);
}

/* Connections. */

/* Puts conn, or NULL, in the place of what was handed over with this descriptor. */
static struct http_conn *
hand(struct http_transport *t, int fd, struct http_conn *conn)
{
    pthread_mutex_lock(&t->lock);
    struct http_conn *before = t->handed[fd];
    t->handed[fd] = conn;
    pthread_mutex_unlock(&t->lock);
    return before;
}

/* Whether this thread is one of libmicrohttpd's. */
static _Thread_local bool event_thread;

/*
 * The C library's, but for one thing: in an event thread, a call right after one that filled
 * its array does not block. libmicrohttpd takes 128 events at a time and asks for more with the
 * first call's timeout before it looks at those it has: when there were 128 exactly, their
 * senders would wait until somebody else sends something (0.9.75, and those since).
 */
__attribute__((visibility("default"))) int
epoll_wait(int fd, struct epoll_event *events, int max, int timeout)
{
    static _Thread_local bool full;
    int n = epoll_pwait(fd, events, max, full ? 0 : timeout, NULL);

    full = event_thread && n == max;
    return n;
}

/* GnuTLS's, but that in an event thread a response's head waits for its body. */
__attribute__((visibility("default"))) ssize_t
gnutls_record_send(gnutls_session_t session, const void *data, size_t len)
{
    struct http_tls_wire *wire = event_thread ? gnutls_transport_get_ptr(session) : NULL;

    return wire != NULL ? http_tls_send(wire, session, data, len)
                        : gnutls_record_send2(session, data, len, 0, 0);
}

static void
on_connection(void *arg, struct MHD_Connection *mhd, void **context,
              enum MHD_ConnectionNotificationCode what)
{
    struct http_transport *t = arg;

    event_thread = true;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        http_conn_free(*context);
        *context = NULL;
        return;
    }
    int fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    struct http_conn *conn = hand(t, fd, NULL);
    conn->transport = mhd;
    *context = conn;
    if (t->server->config.listeners[conn->listener].kind == HTTP_LISTEN_TLS) {
        gnutls_session_t session =
            MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION)->tls_session;

        conn->wire.fd = fd;
        http_tls_session(&t->tls, session);
        http_tls_through(session, &conn->wire);
    }
    http_conn_started(conn);
}

static void
accept_one(struct http_transport *t, size_t listener)
{
    struct sockaddr_storage address = { .ss_family = AF_UNSPEC };
    socklen_t len = sizeof address;
    int fd = accept4(t->listeners[listener].fd, (struct sockaddr *)&address, &len,
                     SOCK_CLOEXEC | SOCK_NONBLOCK);
    bool local = t->server->config.listeners[listener].kind == HTTP_LISTEN_LOCAL;
    char text[48];
    struct plumb_digest id;

    if (fd < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            usleep(20000); /* until a connection ends */
        return;
    }
    http_peer_address(&address, text, sizeof text, &id);
    struct http_conn *conn = NULL;
    if ((size_t)fd < t->nhanded && (!local || http_peer_is_ours(fd)))
        conn = http_conn_new(t->server, listener, fd, text, &id);
    if (conn == NULL) {
        close(fd);
        return;
    }
    /* one with the same descriptor that never started: its event thread had no memory */
    struct http_conn *lost = hand(t, fd, conn);
    if (lost != NULL)
        http_conn_free(lost);
    if (MHD_add_connection(t->listeners[listener].daemon, fd, (struct sockaddr *)&address,
                           len) == MHD_YES)
        return;
    conn = hand(t, fd, NULL); /* MHD closed fd */
    if (conn != NULL)
        http_conn_free(conn);
}

static void *
acceptor(void *arg)
{
    struct http_transport *t = arg;
    struct pollfd fds[HTTP_LISTENERS_MAX + 1];

    for (size_t i = 0; i < t->n; i++)
        fds[i] = (struct pollfd){ .fd = t->listeners[i].fd, .events = POLLIN };
    fds[t->n] = (struct pollfd){ .fd = t->stop_fd, .events = POLLIN };
    for (;;) {
        if (poll(fds, t->n + 1, -1) < 0)
            continue;
        if (fds[t->n].revents != 0)
            return NULL;
        for (size_t i = 0; i < t->n; i++)
            if (fds[i].revents != 0)
                accept_one(t, i);
    }
}

bool
http_transport_suspend(struct http_conn *conn)
{
    struct http_server *server = conn->server;

    atomic_fetch_add(&server->held, 1); /* before the look, so that http_stop waits for us */
    if (atomic_load(&server->ending)) {
        atomic_fetch_sub(&server->held, 1);
        return false;
    }
    MHD_suspend_connection(conn->transport);
    return true;
}

void
http_transport_resume(struct http_conn *conn)
{
    struct http_server *server = conn->server;

    MHD_resume_connection(conn->transport);
    atomic_fetch_sub(&server->held, 1); /* conn may be gone */
}

/* Starting and ending. */

enum { HEAD_ROOM = 8192 };

static struct MHD_Daemon *
start_daemon(struct http_transport *t, enum http_listen kind)
{
    const struct http_config *config = &t->server->config;
    unsigned threads =
        kind == HTTP_LISTEN_LOCAL ? 1 : (unsigned)http_limits_event_threads(&config->limits);
    unsigned flags =
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_NO_LISTEN_SOCKET;
    /* ours are counted before they come here, so this must never be what refuses them */
    unsigned connections = ((unsigned)config->limits.connections + 1) * threads;
    /* a head, what it is parsed into, and the head of the reply; cleared after each request */
    size_t memory = (size_t)config->limits.header_bytes + HEAD_ROOM;
    struct MHD_OptionItem tls[] = {
        { MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)config->certificate_pem },
        { MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)config->key_pem },
        { MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)HTTP_TLS_PRIORITIES },
        { MHD_OPTION_END, 0, NULL },
    };
    struct MHD_OptionItem pool[] = {
        { MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)threads, NULL },
        { MHD_OPTION_END, 0, NULL },
    };

    return MHD_start_daemon(
        flags | (kind == HTTP_LISTEN_TLS ? MHD_USE_TLS : 0), 0, NULL, NULL, on_request, t,
        MHD_OPTION_CONNECTION_LIMIT, connections, MHD_OPTION_CONNECTION_TIMEOUT, 0u,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, memory, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, t, MHD_OPTION_NOTIFY_COMPLETED,
        on_completed, t, MHD_OPTION_URI_LOG_CALLBACK, on_line, t, MHD_OPTION_UNESCAPE_CALLBACK,
        keep_escaped, t, MHD_OPTION_ARRAY, threads > 1 ? pool : &pool[1], MHD_OPTION_ARRAY,
        kind == HTTP_LISTEN_TLS ? tls : &tls[3], MHD_OPTION_END);
}

/* Room for descriptors: raise the limit if it may be raised, else keep connections below it. */
static size_t
make_room(struct http_limits *limits)
{
    struct rlimit files = { .rlim_cur = 1024, .rlim_max = 1024 };
    rlim_t spare = 128;
    rlim_t wanted = (rlim_t)limits->connections + spare;

    (void)getrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_cur < wanted) {
        files.rlim_cur = files.rlim_max < wanted ? files.rlim_max : wanted;
        (void)setrlimit(RLIMIT_NOFILE, &files);
        (void)getrlimit(RLIMIT_NOFILE, &files);
    }
    if (files.rlim_cur < wanted)
        limits->connections =
            files.rlim_cur > 2 * spare ? (int64_t)(files.rlim_cur - spare) : (int64_t)spare;
    return files.rlim_cur < (1u << 21) ? (size_t)files.rlim_cur : 1u << 21;
}

static void
transport_free(struct http_transport *t)
{
    for (size_t i = 0; i < t->n; i++) {
        if (t->listeners[i].fd >= 0)
            http_listen_shut(&t->server->config.listeners[i], t->listeners[i].fd);
        if (t->listeners[i].daemon != NULL)
            MHD_stop_daemon(t->listeners[i].daemon);
        if (t->listeners[i].fd >= 0)
            close(t->listeners[i].fd);
    }
    for (size_t i = 0; i < t->nhanded; i++)
        if (t->handed[i] != NULL)
            http_conn_free(t->handed[i]);
    if (t->stop_fd >= 0)
        close(t->stop_fd);
    http_tls_clear(&t->tls);
    pthread_mutex_destroy(&t->lock);
    free(t->handed);
    free(t);
}
PLUMB_DEFINE_AUTO(auto_transport, struct http_transport *, transport_free);

static enum plumb_code
start_acceptor(struct http_transport *t, struct plumb_err *err)
{
    t->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    t->accepting = t->stop_fd >= 0 && pthread_create(&t->acceptor, NULL, acceptor, t) == 0;
    if (!t->accepting)
        return plumb_fail(err, PLUMB_UNAVAILABLE, "http.threads", "",
                          "the system gives no more threads");
    return PLUMB_OK;
}

enum plumb_code
http_transport_start(struct http_server *server, struct http_transport **ret,
                     struct plumb_err *err)
{
    struct http_config *config = &server->config;
    PLUMB_AUTO(auto_transport) struct http_transport *t = calloc(1, sizeof *t);

    if (t == NULL)
        return plumb_fail_memory(err);
    t->server = server;
    t->stop_fd = -1;
    pthread_mutex_init(&t->lock, NULL);
    t->nhanded = make_room(&config->limits);
    t->handed = calloc(t->nhanded, sizeof(struct http_conn *));
    if (t->handed == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < config->nlisteners; i++) {
        const struct http_listener *listener = &config->listeners[i];

        if (listener->kind == HTTP_LISTEN_TLS && t->tls.ticket_key.data == NULL)
            PLUMB_TRY(http_tls_new(config->certificate_pem, config->key_pem, &t->tls, err));
        t->listeners[i].fd = -1;
        t->n = i + 1;
        PLUMB_TRY(http_listen_open(listener, &t->listeners[i].fd, &t->listeners[i].port, err));
        t->listeners[i].daemon = start_daemon(t, listener->kind);
        if (t->listeners[i].daemon == NULL)
            return plumb_fail(err, PLUMB_UNAVAILABLE, "http.listen", listener->address,
                              "libmicrohttpd does not start");
    }
    PLUMB_TRY(start_acceptor(t, err));
    *ret = PLUMB_TAKE(t);
    return PLUMB_OK;
}

uint16_t
http_transport_port(const struct http_transport *t, size_t listener)
{
    return listener < t->n ? t->listeners[listener].port : 0;
}

void
http_transport_quiesce(struct http_transport *t)
{
    uint64_t one = 1;

    if (!t->accepting)
        return;
    while (write(t->stop_fd, &one, sizeof one) < 0 && errno == EINTR)
        ;
    pthread_join(t->acceptor, NULL);
    t->accepting = false;
    for (size_t i = 0; i < t->n; i++) {
        http_listen_shut(&t->server->config.listeners[i], t->listeners[i].fd);
        close(t->listeners[i].fd);
        t->listeners[i].fd = -1;
    }
}

void
http_transport_stop(struct http_transport *t)
{
    http_transport_quiesce(t);
    transport_free(t);
}
