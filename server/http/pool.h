/* pool.h - a fixed number of threads and a queue of bounded length. */
#ifndef SERVER_HTTP_POOL_H
#define SERVER_HTTP_POOL_H

#include <plumb/err.h>
#include <stdbool.h>
#include <stddef.h>

/* Embedded in what waits; the pool's from push until run() is called with it. */
struct http_job {
    struct http_job *next;
};

struct http_pool;

PLUMB_MUST_CHECK enum plumb_code http_pool_new(size_t threads, size_t queue,
                                               void (*run)(struct http_job *job),
                                               struct http_pool **ret, struct plumb_err *err);
/* Runs what is queued, then ends the threads. */
void http_pool_free(struct http_pool *pool);

/* False when the queue is full; again jobs were admitted before and always find room. */
bool http_pool_push(struct http_pool *pool, struct http_job *job, bool again);

size_t http_pool_waiting(struct http_pool *pool);

#endif
