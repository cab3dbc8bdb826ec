/* http_app.h - a small application behind server/http, for its tests. */
#ifndef TESTS_SERVER_HTTP_APP_H
#define TESTS_SERVER_HTTP_APP_H

#include <pthread.h>
#include <stdatomic.h>
#include "http_client.h"
#include "server/http/server.h"

struct app {
    struct http_server *server;
    struct metrics *metrics;
    struct http_limits limits; /* changed before app_start */
    struct hc_cert tls;        /* the server's */
    struct hc_cert reader;     /* known, with HTTP_CLIENT and HTTP_READER */
    struct hc_cert stranger;
    char path[80]; /* of the local socket */
    uint16_t port; /* plain */
    uint16_t tls_port;
    struct http_body *body; /* GET /shared */
    atomic_int value;       /* GET /value?not=N, GET /slow-value?not=N */
    atomic_int runs;        /* of the handlers of those */
    pthread_mutex_t gate;   /* GET /gate waits for it */
    atomic_int at_gate;
    _Atomic(struct http_later *) later; /* of GET /later */
    atomic_int events;
    pthread_mutex_t event_lock;
    char last_event[256]; /* "ROUTE STATUS RULE" of the last one */
};

/* Setup makes an app with default limits; the test changes them and calls app_start. */
int app_setup(void **state);
int app_teardown(void **state);
void app_start(struct app *app);
/* Waits until a gauge has this value. */
void app_until(struct app *app, const char *gauge, int64_t value);
void app_set(struct app *app, int value); /* and wakes those who wait for it */

#endif
