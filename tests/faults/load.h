/*
 * load.h - people who go on governing while their service dies under them: each has a payload
 * of its own and takes its versions through their lives, and keeps what it was answered.
 */
#ifndef TESTS_FAULTS_LOAD_H
#define TESTS_FAULTS_LOAD_H

#include <pthread.h>
#include <stdatomic.h>

#include "tests/server/plumbd.h"

#define LOAD_PEOPLE 6

/* One statement that was sent, and what came back. */
struct sent {
    struct plumb_digest id;
    char *envelope;
    enum { SENT_UNKNOWN, SENT_ACCEPTED, SENT_REFUSED } outcome;
    uint64_t index; /* accepted */
};

struct load;

struct person {
    struct load *load;
    unsigned n;
    pthread_t thread;
    struct client *client;
    struct sent *sent;
    size_t nsent, cap;
    atomic_size_t accepted;   /* of them, so far */
    atomic_size_t unanswered; /* requests that got no answer, or that the service could not */
    unsigned versions;        /* begun so far */
    uint64_t random;
};

struct load {
    struct make *make;
    const struct plumbd *service;
    pthread_mutex_t lock; /* make is one thread's at a time */
    atomic_bool stop;
    struct person people[LOAD_PEOPLE];
};

/* Before the genesis: managers m0.., officers o0.., payloads p0... */
void load_cast(struct make *m);

void load_start(struct load *l, struct make *m, const struct plumbd *service, uint64_t seed);
/* Ends when each has its answer. */
void load_stop(struct load *l);
void load_free(struct load *l);

#endif
