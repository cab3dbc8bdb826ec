/* load.h - many kept connections to one plumbd, each asking one thing after the other. */
#ifndef TESTS_BENCH_LOAD_H
#define TESTS_BENCH_LOAD_H

#include <plumb/key.h>

struct load;

/* n connections with TLS to 127.0.0.1, each as the owner of its key (NULL: nobody). Handshakes
 * are done when it returns; what fails fails the benchmark, here and below. */
struct load *load_open(uint16_t port, size_t n, const struct plumb_signer *const *keys);
void load_close(struct load *l);

/* Whole HTTP requests for one connection, in order. */
struct load_work {
    struct plumb_bytes *requests;
    size_t n;
};
void load_work_clear(struct load_work *work);
/* Adds "POST target" of JSON. */
void load_work_add(struct load_work *work, const char *target, const char *json);

/*
 * work[i] over connection i, each request when the one before was answered, until all are.
 * An answer of another status fails. Returns requests a second.
 */
double load_run(struct load *l, const struct load_work *work, int status);

/*
 * New connections a second: n at once, each a handshake, one request, its answer and the end,
 * until count were made. resume: with the ticket of the connection before.
 */
double load_connect(uint16_t port, size_t n, size_t count, bool resume, const char *request);

#endif
