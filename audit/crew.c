#include "audit/crew.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "lib/own.h"

#define STRIDE 16 /* items taken at once */

struct crew {
    pthread_mutex_t lock; /* guards all below but next */
    pthread_cond_t work, done;
    crew_fn *fn;
    void *arg;
    size_t n;
    unsigned long job; /* rises by one with each */
    unsigned busy;
    bool stopping;
    atomic_size_t next;
    pthread_t *threads;
    unsigned nthreads;
};

static void
labour(struct crew *c)
{
    for (;;) {
        size_t from = atomic_fetch_add(&c->next, STRIDE);

        if (from >= c->n)
            return;
        for (size_t i = from; i < c->n && i < from + STRIDE; i++)
            c->fn(c->arg, i);
    }
}

static void *
run(void *arg)
{
    struct crew *c = arg;
    unsigned long did = 0;

    (void)pthread_mutex_lock(&c->lock);
    for (;;) {
        while (c->job == did && !c->stopping)
            (void)pthread_cond_wait(&c->work, &c->lock);
        if (c->stopping)
            break;
        did = c->job;
        (void)pthread_mutex_unlock(&c->lock);
        labour(c);
        (void)pthread_mutex_lock(&c->lock);
        if (--c->busy == 0)
            (void)pthread_cond_signal(&c->done);
    }
    (void)pthread_mutex_unlock(&c->lock);
    return NULL;
}

enum plumb_code
crew_new(unsigned threads, struct crew **ret, struct plumb_err *err)
{
    struct crew *c = calloc(1, sizeof *c);

    if (c == NULL)
        return plumb_fail_memory(err);
    c->threads = calloc(threads, sizeof *c->threads);
    if (c->threads == NULL) {
        free(c);
        return plumb_fail_memory(err);
    }
    (void)pthread_mutex_init(&c->lock, NULL);
    (void)pthread_cond_init(&c->work, NULL);
    (void)pthread_cond_init(&c->done, NULL);
    for (; c->nthreads < threads; c->nthreads++)
        if (pthread_create(&c->threads[c->nthreads], NULL, run, c) != 0)
            break;
    if (c->nthreads == 0) {
        crew_free(c);
        return plumb_fail(err, PLUMB_UNAVAILABLE, "thread", "", "cannot start a thread");
    }
    *ret = c;
    return PLUMB_OK;
}

void
crew_begin(struct crew *c, crew_fn *fn, void *arg, size_t n)
{
    (void)pthread_mutex_lock(&c->lock);
    c->fn = fn;
    c->arg = arg;
    c->n = n;
    atomic_store(&c->next, 0);
    c->busy = c->nthreads;
    c->job++;
    (void)pthread_cond_broadcast(&c->work);
    (void)pthread_mutex_unlock(&c->lock);
}

void
crew_wait(struct crew *c)
{
    (void)pthread_mutex_lock(&c->lock);
    while (c->busy > 0)
        (void)pthread_cond_wait(&c->done, &c->lock);
    (void)pthread_mutex_unlock(&c->lock);
}

void
crew_free(struct crew *c)
{
    if (c == NULL)
        return;
    crew_wait(c);
    (void)pthread_mutex_lock(&c->lock);
    c->stopping = true;
    (void)pthread_cond_broadcast(&c->work);
    (void)pthread_mutex_unlock(&c->lock);
    for (unsigned i = 0; i < c->nthreads; i++)
        (void)pthread_join(c->threads[i], NULL);
    (void)pthread_mutex_destroy(&c->lock);
    (void)pthread_cond_destroy(&c->work);
    (void)pthread_cond_destroy(&c->done);
    free(c->threads);
    free(c);
}
