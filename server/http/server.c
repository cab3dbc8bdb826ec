#include "server/http/exchange.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "lib/own.h"

enum { TICK_MS = 100, SWEEP_TICKS = 20, ROUTE_CLASSES = 5 };

static void
refresh_metrics(void *arg)
{
    struct http_server *server = arg;

    metric_set(server->metrics.queue, (int64_t)http_pool_waiting(server->pool));
    metric_set(server->metrics.receiving, atomic_load(&server->body_bytes));
}

static enum plumb_code
start_metrics(struct http_server *server, struct plumb_err *err)
{
    struct metrics *m = server->config.metrics;
    size_t rows = server->config.nroutes + 1;
    struct http_metrics *ours = &server->metrics;
    static const char *const refusals[] = {
        [HTTP_HOLD_CONNECTION] = "connections",
        [HTTP_HOLD_QUEUE] = "queue",
        [HTTP_HOLD_BODY] = "body",
        [HTTP_HOLD_PARKED] = "parked",
        [HTTP_REFUSED_RATE] = "rate",
        [HTTP_REFUSED_TIME] = "time",
    };
    char route[160], labels[256];

    if (m == NULL)
        return PLUMB_OK;
    ours->requests = calloc(rows * ROUTE_CLASSES, sizeof(struct metric *));
    ours->seconds = calloc(rows, sizeof(struct metric *));
    if (ours->requests == NULL || ours->seconds == NULL)
        return plumb_fail_memory(err);
    ours->connections =
        metrics_series(m, METRIC_GAUGE, "plumbline_http_connections", "", "Open connections");
    ours->parked =
        metrics_series(m, METRIC_GAUGE, "plumbline_http_parked", "", "Long polls waiting");
    ours->queue = metrics_series(m, METRIC_GAUGE, "plumbline_http_queue", "",
                                 "Requests waiting for a worker");
    ours->receiving = metrics_series(m, METRIC_GAUGE, "plumbline_http_receiving_bytes", "",
                                     "Memory for request bodies in use");
    ours->bytes = metrics_series(m, METRIC_COUNTER, "plumbline_http_body_bytes_total", "",
                                 "Bytes of bodies sent");
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        metrics_label("limit", refusals[i], labels, sizeof labels);
        ours->refused[i] =
            metrics_series(m, METRIC_COUNTER, "plumbline_http_refused_total", labels,
                           "Connections and requests refused or cut off, by the kind of limit");
    }
    for (size_t i = 0; i < rows; i++) {
        const struct http_route *row =
            i < server->config.nroutes ? &server->config.routes[i] : NULL;
        char name[128];

        (void)snprintf(name, sizeof name, "%s%s%s", row != NULL ? row->method : "none",
                       row != NULL ? " " : "", row != NULL ? row->path : "");
        metrics_label("route", name, route, sizeof route);
        ours->seconds[i] =
            metrics_series(m, METRIC_HISTOGRAM, "plumbline_http_request_seconds", route,
                           "From the end of the headers to the reply, waiting included");
        for (int class = 1; class <= ROUTE_CLASSES; class ++) {
            (void)snprintf(labels, sizeof labels, "%s,class=\"%dxx\"", route, class);
            ours->requests[i * ROUTE_CLASSES + (size_t) class - 1] =
                metrics_series(m, METRIC_COUNTER, "plumbline_http_requests_total", labels,
                               "Requests answered");
        }
    }
    return PLUMB_OK;
}

/* One thread for everything that is due. */
static void *
timer(void *arg)
{
    struct http_server *server = arg;
    struct timespec next;

    clock_gettime(CLOCK_MONOTONIC, &next);
    pthread_mutex_lock(&server->timer_lock);
    for (unsigned tick = 1; !server->timer_stop; tick++) {
        next.tv_nsec += TICK_MS * 1000000;
        next.tv_sec += next.tv_nsec / 1000000000;
        next.tv_nsec %= 1000000000;
        (void)pthread_cond_timedwait(&server->timer_wake, &server->timer_lock, &next);
        pthread_mutex_unlock(&server->timer_lock);

        int64_t now = http_now_ms();
        http_conns_expire(server, now);
        http_resume_parked(server, http_park_due(server->park, now), true);
        http_laters_expire(server, now, false);
        if (tick % SWEEP_TICKS == 0)
            http_resume_parked(server, http_park_sweep(server->park, http_parked_gone), true);
        pthread_mutex_lock(&server->timer_lock);
    }
    pthread_mutex_unlock(&server->timer_lock);
    return NULL;
}

static enum plumb_code
start_timer(struct http_server *server, struct plumb_err *err)
{
    server->timer_runs = pthread_create(&server->timer, NULL, timer, server) == 0;
    if (!server->timer_runs)
        return plumb_fail(err, PLUMB_UNAVAILABLE, "http.threads", "",
                          "the system gives no more threads");
    return PLUMB_OK;
}

static void
stop_timer(struct http_server *server)
{
    if (!server->timer_runs)
        return;
    pthread_mutex_lock(&server->timer_lock);
    server->timer_stop = true;
    pthread_cond_signal(&server->timer_wake);
    pthread_mutex_unlock(&server->timer_lock);
    pthread_join(server->timer, NULL);
}

static void
server_free(struct http_server *server)
{
    if (server->config.metrics != NULL)
        metrics_off_read(server->config.metrics, refresh_metrics, server);
    stop_timer(server);
    if (server->transport != NULL)
        http_transport_stop(server->transport);
    http_pool_free(server->pool);
    http_park_free(server->park);
    http_accounts_free(server->accounts);
    http_router_free(server->router);
    for (size_t i = 0; i < server->config.nlisteners; i++)
        free((void *)(uintptr_t)server->config.listeners[i].address);
    pthread_mutex_destroy(&server->conns_lock);
    pthread_mutex_destroy(&server->timer_lock);
    pthread_cond_destroy(&server->timer_wake);
    free(server->metrics.requests);
    free(server->metrics.seconds);
    free(server);
}
PLUMB_DEFINE_AUTO(auto_server, struct http_server *, server_free);

static struct http_server *
server_new(const struct http_config *config)
{
    struct http_server *server = calloc(1, sizeof *server);
    pthread_condattr_t monotonic;

    if (server == NULL)
        return NULL;
    server->config = *config;
    pthread_mutex_init(&server->conns_lock, NULL);
    pthread_mutex_init(&server->timer_lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&server->timer_wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    /* ids of requests differ from run to run, so that logs of several runs can be told apart */
    atomic_init(&server->ids, (uint64_t)time(NULL) << 32 ^ (uint64_t)getpid() << 20);
    return server;
}

static enum plumb_code
start(const struct http_config *config, struct http_server **ret, struct plumb_err *err)
{
    PLUMB_AUTO(auto_server) struct http_server *server = server_new(config);

    if (server == NULL)
        return plumb_fail_memory(err);
    server->config.nlisteners = 0;
    if (config->nlisteners > HTTP_LISTENERS_MAX)
        return plumb_fail(err, PLUMB_INVALID, "http.listen", "", "at most %d addresses",
                          HTTP_LISTENERS_MAX);
    for (size_t i = 0; i < config->nlisteners; i++) {
        char *address = strdup(config->listeners[i].address);

        if (address == NULL)
            return plumb_fail_memory(err);
        server->config.listeners[i].address = address;
        server->config.nlisteners = i + 1;
    }
    PLUMB_TRY(http_router_new(config->routes, config->nroutes, &server->router, err));
    PLUMB_TRY(http_accounts_new((size_t)server->config.limits.clients, &server->accounts, err));
    PLUMB_TRY(http_park_new(&server->park, err));
    PLUMB_TRY(start_metrics(server, err));
    PLUMB_TRY(http_pool_new(http_limits_workers(&server->config.limits),
                            (size_t)server->config.limits.queue, http_run_job, &server->pool,
                            err));
    PLUMB_TRY(start_timer(server, err));
    PLUMB_TRY(http_transport_start(server, &server->transport, err));
    if (server->config.metrics != NULL)
        metrics_on_read(server->config.metrics, refresh_metrics, server);
    server->config.certificate_pem = server->config.key_pem = NULL; /* only borrowed */
    *ret = PLUMB_TAKE(server);
    return PLUMB_OK;
}

enum plumb_code
http_start(const struct http_config *config, struct http_server **ret, struct plumb_err *err)
{
    sigset_t all, before;

    sigfillset(&all); /* our threads inherit this: signals are for the program's own */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    enum plumb_code code = start(config, ret, err);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code;
}

uint16_t
http_port(const struct http_server *server, size_t listener)
{
    return http_transport_port(server->transport, listener);
}

void
http_wake(struct http_server *server, const char *topic)
{
    http_resume_parked(server, http_park_wake(server->park, http_park_topic(topic)), false);
}

void
http_stop(struct http_server *server, int64_t drain_ms)
{
    if (server == NULL)
        return;

    int64_t until = http_now_ms() + drain_ms;
    atomic_store(&server->draining, true);
    http_transport_quiesce(server->transport);
    http_resume_parked(server, http_park_close(server->park), true);
    while (atomic_load(&server->active) > 0 && http_now_ms() < until)
        usleep(5000);
    /* what is still held belongs to handlers that run, which end, and to promises */
    atomic_store(&server->ending, true);
    while (atomic_load(&server->held) > 0) {
        http_laters_expire(server, 0, true);
        usleep(5000);
    }
    server_free(server);
}
