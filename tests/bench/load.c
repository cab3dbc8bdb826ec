#include "tests/bench/load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "tests/t.h"

#define ANSWER_MAX 65536
#define DAY        86400
#define PATIENCE_S 60 /* without any news */

struct conn {
    int fd;
    SSL *ssl;
    SSL_SESSION *session; /* to resume */
    const struct plumb_bytes *request;
    size_t sent, len; /* of the request; of the answer so far */
    size_t next;      /* of its work */
    bool busy;
    char answer[ANSWER_MAX];
};

struct load {
    SSL_CTX *ctx;
    int epoll;
    uint16_t port;
    size_t n;
    struct conn *conns;
};

static void
use_key(SSL *ssl, const struct plumb_signer *key)
{
    static const char *const names[] = { "localhost" };
    struct plumb_bytes cert = { 0 }, pem = { 0 };
    struct plumb_err err = { 0 };
    plumb_time now = time(NULL);

    assert_ok(
        plumb_signer_certificate(key, "bench", names, 1, now - DAY, now + DAY, &cert, &err),
        &err);
    assert_ok(plumb_signer_to_pem(key, NULL, &pem, &err), &err);
    BIO *in = BIO_new_mem_buf(cert.data, (int)cert.len);
    X509 *x = PEM_read_bio_X509(in, NULL, NULL, NULL);
    BIO_free(in);
    in = BIO_new_mem_buf(pem.data, (int)pem.len);
    EVP_PKEY *pkey = PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);
    BIO_free(in);
    if (SSL_use_certificate(ssl, x) != 1 || SSL_use_PrivateKey(ssl, pkey) != 1)
        bench_fail("a client's key is not usable");
    X509_free(x);
    EVP_PKEY_free(pkey);
    plumb_bytes_clear(&cert);
    plumb_bytes_cleanse(&pem);
}

static void
dial(struct load *l, struct conn *c)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                              .sin_port = htons(l->port) };
    int on = 1;

    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&at, sizeof at) != 0)
        bench_fail("cannot connect: %s", strerror(errno));
    (void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)fcntl(c->fd, F_SETFL, O_NONBLOCK);
    c->ssl = SSL_new(l->ctx);
    if (c->ssl == NULL || SSL_set_fd(c->ssl, c->fd) != 1)
        bench_fail("no TLS");
    SSL_set_connect_state(c->ssl);
    struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c };
    if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, c->fd, &event) != 0)
        bench_fail("epoll: %s", strerror(errno));
}

static void
hang_up(struct conn *c)
{
    /* a session of a connection that was not shut down may not be resumed */
    if (c->ssl != NULL)
        (void)SSL_shutdown(c->ssl);
    SSL_free(c->ssl);
    if (c->fd >= 0)
        (void)close(c->fd);
    c->ssl = NULL;
    c->fd = -1;
}

static struct load *
load_new(uint16_t port, size_t n)
{
    struct load *l = calloc(1, sizeof *l);

    (void)signal(SIGPIPE, SIG_IGN);
    assert_non_null(l);
    *l = (struct load){ SSL_CTX_new(TLS_client_method()), epoll_create1(EPOLL_CLOEXEC), port, n,
                        calloc(n, sizeof *l->conns) };
    if (l->ctx == NULL || l->epoll < 0 || l->conns == NULL)
        bench_fail("out of memory");
    (void)SSL_CTX_set_min_proto_version(l->ctx, TLS1_3_VERSION);
    SSL_CTX_set_verify(l->ctx, SSL_VERIFY_NONE,
                       NULL); /* the yardstick's client checks nothing */
    (void)SSL_CTX_set1_groups_list(l->ctx, "X25519");
    for (size_t i = 0; i < n; i++)
        l->conns[i].fd = -1;
    return l;
}

/* True when it would have to wait. */
static bool
must_wait(struct conn *c, int rc)
{
    int why = SSL_get_error(c->ssl, rc);

    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
        return true;
    bench_fail("a connection broke: %s", why == SSL_ERROR_SSL
                                             ? ERR_reason_error_string(ERR_get_error())
                                             : strerror(errno));
}

struct load *
load_open(uint16_t port, size_t n, const struct plumb_signer *const *keys)
{
    struct load *l = load_new(port, n);

    for (size_t i = 0; i < n; i++) {
        struct conn *c = &l->conns[i];
        int rc;

        dial(l, c);
        if (keys[i] != NULL)
            use_key(c->ssl, keys[i]);
        while ((rc = SSL_do_handshake(c->ssl)) != 1)
            if (must_wait(c, rc))
                (void)usleep(100);
    }
    return l;
}

void
load_close(struct load *l)
{
    for (size_t i = 0; i < l->n; i++) {
        SSL_SESSION_free(l->conns[i].session);
        hang_up(&l->conns[i]);
    }
    (void)close(l->epoll);
    SSL_CTX_free(l->ctx);
    free(l->conns);
    free(l);
}

void
load_work_clear(struct load_work *work)
{
    for (size_t i = 0; i < work->n; i++)
        plumb_bytes_clear(&work->requests[i]);
    free(work->requests);
    *work = (struct load_work){ NULL, 0 };
}

void
load_work_add(struct load_work *work, const char *target, const char *json)
{
    size_t room = strlen(json) + 256;
    struct plumb_bytes *grown = realloc(work->requests, (work->n + 1) * sizeof *work->requests);
    char *text = malloc(room);

    assert_non_null(grown);
    assert_non_null(text);
    int len =
        snprintf(text, room,
                 "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                 "Content-Length: %zu\r\n\r\n%s",
                 target, strlen(json), json);
    work->requests = grown;
    work->requests[work->n++] = (struct plumb_bytes){ (uint8_t *)text, (size_t)len };
}

/* Its status when the answer is whole, else 0. */
static int
answered(const struct conn *c)
{
    const char *end = memmem(c->answer, c->len, "\r\n\r\n", 4);
    const char *length = end != NULL ? strcasestr(c->answer, "Content-Length:") : NULL;
    size_t body = length != NULL && length < end ? strtoul(length + 15, NULL, 10) : 0;

    if (end == NULL || c->len < (size_t)(end + 4 - c->answer) + body)
        return 0;
    return c->len > 12 ? (int)strtol(c->answer + 9, NULL, 10) : -1;
}

/* Moves bytes as far as it goes without waiting. The status when the answer is whole. */
static int
move(struct conn *c)
{
    size_t n;
    int rc;

    while (c->sent < c->request->len) {
        rc = SSL_write_ex(c->ssl, c->request->data + c->sent, c->request->len - c->sent, &n);
        if (rc != 1) {
            if (must_wait(c, rc))
                return 0;
        }
        c->sent += n;
    }
    for (;;) {
        rc = SSL_read_ex(c->ssl, c->answer + c->len, sizeof c->answer - 1 - c->len, &n);
        if (rc != 1) {
            if (must_wait(c, rc))
                return 0;
        }
        c->len += n;
        c->answer[c->len] = '\0';
        rc = answered(c);
        if (rc != 0)
            return rc;
    }
}

static void
give(struct conn *c, const struct plumb_bytes *request)
{
    c->request = request;
    c->sent = c->len = 0;
    c->busy = true;
}

static void
check(const struct conn *c, int status, int want)
{
    if (status != want)
        bench_fail("want %d, got: %s", want, c->answer);
}

/* Waits for news of some connections. */
static size_t
wait_for(struct load *l, struct epoll_event events[64])
{
    int n = epoll_wait(l->epoll, events, 64, PATIENCE_S * 1000);

    if (n == 0)
        bench_fail("no answer within %d s", PATIENCE_S);
    return n > 0 ? (size_t)n : 0;
}

/* Goes on with its work; true when that is done. */
static bool
work_on(struct conn *c, const struct load_work *work, int status)
{
    int got;

    while (c->busy && (got = move(c)) != 0) {
        check(c, got, status);
        c->busy = false;
        if (++c->next < work->n)
            give(c, &work->requests[c->next]);
    }
    return !c->busy;
}

double
load_run(struct load *l, const struct load_work *work, int status)
{
    struct epoll_event events[64];
    size_t left = l->n, requests = 0;
    int64_t began = bench_ns();

    for (size_t i = 0; i < l->n; i++) {
        requests += work[i].n;
        l->conns[i].next = 0;
        give(&l->conns[i], &work[i].requests[0]);
        left -= work_on(&l->conns[i], &work[i], status);
    }
    while (left > 0) {
        size_t n = wait_for(l, events);

        for (size_t i = 0; i < n; i++) {
            struct conn *c = events[i].data.ptr;

            if (c->busy)
                left -= work_on(c, &work[c - l->conns], status);
        }
    }
    return (double)requests * 1e9 / (double)(bench_ns() - began);
}

static void
dial_again(struct load *l, struct conn *c, bool resume, const struct plumb_bytes *request)
{
    dial(l, c);
    if (resume && c->session != NULL)
        (void)SSL_set_session(c->ssl, c->session);
    give(c, request);
}

/* The answer is here: take its ticket, and end. */
static void
end_one(struct conn *c, bool resume)
{
    if (resume) {
        if (c->session != NULL && !SSL_session_reused(c->ssl))
            bench_fail("a ticket was not taken");
        SSL_SESSION_free(c->session);
        c->session = SSL_get1_session(c->ssl);
    }
    hang_up(c);
}

double
load_connect(uint16_t port, size_t n, size_t count, bool resume, const char *request)
{
    struct plumb_bytes bytes = { (uint8_t *)(uintptr_t)request, strlen(request) };
    struct load *l = load_new(port, n);
    struct epoll_event events[64];
    size_t begun = 0, done = 0;
    int64_t began = bench_ns();

    for (; begun < n && begun < count; begun++)
        dial_again(l, &l->conns[begun], resume, &bytes);
    while (done < count) {
        size_t found = wait_for(l, events);

        for (size_t i = 0; i < found; i++) {
            struct conn *c = events[i].data.ptr;
            int status = c->ssl != NULL ? move(c) : 0;

            if (status == 0)
                continue;
            check(c, status, 200);
            end_one(c, resume);
            done++;
            if (begun < count) {
                dial_again(l, c, resume, &bytes);
                begun++;
            }
        }
    }
    double rate = (double)count * 1e9 / (double)(bench_ns() - began);
    load_close(l);
    return rate;
}
