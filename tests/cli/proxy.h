/* proxy.h - a line between plumb and its service that breaks when a test says so. */
#ifndef TESTS_CLI_PROXY_H
#define TESTS_CLI_PROXY_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct proxy {
    _Atomic uint16_t to; /* port on 127.0.0.1 */
    _Atomic size_t
        cut_after;       /* bytes to the service after which a connection breaks; 0: never */
    _Atomic int cuts;    /* connections that broke so */
    _Atomic size_t sent; /* bytes to the service, of all connections */
    atomic_bool stopping;
    int fd;
    char url[64]; /* where it listens */
    pthread_t thread;
};

/* One connection at a time. */
void proxy_start(struct proxy *p, uint16_t to);
void proxy_stop(struct proxy *p);

#endif
