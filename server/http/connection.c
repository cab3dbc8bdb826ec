/* Connections: who may open one, whose account they use, and when they are cut off. */
#include "server/http/exchange.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

int64_t
http_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t
http_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void
http_count_refusal(struct http_server *server, int what)
{
    metric_add(server->metrics.refused[what], 1);
}

enum { SCARCE_IDLE_MS = 1000 };

static bool
may_connect(struct http_server *server, struct http_account *account)
{
    const struct http_limits *limits = &server->config.limits;

    if (account == NULL)
        return false;
    if (http_account_rate(account, HTTP_RATE_CONNECTION, http_now_ns(), limits->connection_rate,
                          limits->connection_burst) > 0)
        return false;
    return http_account_hold(account, HTTP_HOLD_CONNECTION, 1, limits->connections_address);
}

struct http_conn *
http_conn_new(struct http_server *server, size_t listener, int fd, const char *address,
              const struct plumb_digest *id)
{
    bool local = server->config.listeners[listener].kind == HTTP_LISTEN_LOCAL;
    struct http_account *account = local ? NULL : http_account_get(server->accounts, id);
    bool room = atomic_fetch_add(&server->connections, 1) < server->config.limits.connections;
    bool may = room && (local || may_connect(server, account));
    struct http_conn *conn = may ? calloc(1, sizeof *conn) : NULL;

    if (conn == NULL) {
        if (may && account != NULL)
            http_account_release(account, HTTP_HOLD_CONNECTION, 1);
        http_account_put(server->accounts, account);
        atomic_fetch_sub(&server->connections, 1);
        http_count_refusal(server, HTTP_HOLD_CONNECTION);
        return NULL;
    }
    metric_add(server->metrics.connections, 1);
    conn->server = server;
    conn->listener = listener;
    conn->fd = fd;
    conn->address_account = account;
    conn->peer.local = local;
    strncpy(conn->peer.address, address, sizeof conn->peer.address - 1);
    conn->exchange.conn = conn;
    http_conn_deadline(conn, server->config.limits.handshake_ms);
    atomic_init(&conn->idle_ms, http_now_ms());
    return conn;
}

void
http_conn_started(struct http_conn *conn)
{
    struct http_server *server = conn->server;

    pthread_mutex_lock(&server->conns_lock);
    conn->next = server->conns;
    if (conn->next != NULL)
        conn->next->prev = conn;
    server->conns = conn;
    conn->started = true;
    pthread_mutex_unlock(&server->conns_lock);
}

void
http_conn_free(struct http_conn *conn)
{
    struct http_server *server = conn->server;

    if (conn->started) {
        pthread_mutex_lock(&server->conns_lock);
        if (conn->prev != NULL)
            conn->prev->next = conn->next;
        else
            server->conns = conn->next;
        if (conn->next != NULL)
            conn->next->prev = conn->prev;
        pthread_mutex_unlock(&server->conns_lock);
    }
    http_exchange_end(&conn->exchange);
    if (conn->address_account != NULL)
        http_account_release(conn->address_account, HTTP_HOLD_CONNECTION, 1);
    http_account_put(server->accounts, conn->address_account);
    http_account_put(server->accounts, conn->key_account);
    metric_add(server->metrics.connections, -1);
    atomic_fetch_sub(&server->connections, 1);
    free(conn);
}

void
http_conn_deadline(struct http_conn *conn, int64_t in_ms)
{
    atomic_store_explicit(&conn->deadline_ms, in_ms > 0 ? http_now_ms() + in_ms : 0,
                          memory_order_relaxed);
}

void
http_conns_expire(struct http_server *server, int64_t now_ms)
{
    bool scarce =
        atomic_load(&server->connections) >= server->config.limits.connections * 7 / 8;

    pthread_mutex_lock(&server->conns_lock);
    for (struct http_conn *conn = server->conns; conn != NULL; conn = conn->next) {
        int64_t deadline = atomic_load_explicit(&conn->deadline_ms, memory_order_relaxed);

        int64_t idle = atomic_load_explicit(&conn->idle_ms, memory_order_relaxed);

        if (deadline == 0 ||
            (deadline > now_ms && !(scarce && idle > 0 && now_ms - idle >= SCARCE_IDLE_MS)))
            continue;
        http_count_refusal(server, HTTP_REFUSED_TIME);
        atomic_store_explicit(&conn->deadline_ms, 0, memory_order_relaxed);
        (void)shutdown(conn->fd, SHUT_RDWR); /* its event thread sees that and closes it */
    }
    pthread_mutex_unlock(&server->conns_lock);
}

struct http_account *
http_conn_account(struct http_conn *conn, const struct http_principal *who)
{
    if (who->access == 0 || !conn->peer.has_key)
        return conn->address_account;
    if (conn->key_account == NULL)
        conn->key_account = http_account_get(conn->server->accounts, &conn->peer.key);
    return conn->key_account != NULL ? conn->key_account : conn->address_account;
}
