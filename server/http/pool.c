#include "server/http/pool.h"

#include <pthread.h>
#include <stdlib.h>

struct http_pool {
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct http_job *head, **tail;
    size_t waiting, queue;
    bool stop;
    void (*run)(struct http_job *job);
    size_t nthreads;
    pthread_t threads[];
};

static void *
worker(void *arg)
{
    struct http_pool *pool = arg;

    pthread_mutex_lock(&pool->lock);
    for (;;) {
        struct http_job *job = pool->head;

        if (job != NULL) {
            pool->head = job->next;
            if (pool->head == NULL)
                pool->tail = &pool->head;
            pool->waiting--;
            pthread_mutex_unlock(&pool->lock);
            pool->run(job);
            pthread_mutex_lock(&pool->lock);
        } else if (pool->stop) {
            break;
        } else {
            pthread_cond_wait(&pool->work, &pool->lock);
        }
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

enum plumb_code
http_pool_new(size_t threads, size_t queue, void (*run)(struct http_job *job),
              struct http_pool **ret, struct plumb_err *err)
{
    struct http_pool *pool = calloc(1, sizeof *pool + threads * sizeof pool->threads[0]);

    if (pool == NULL)
        return plumb_fail_memory(err);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->work, NULL);
    pool->tail = &pool->head;
    pool->queue = queue;
    pool->run = run;
    while (pool->nthreads < threads &&
           pthread_create(&pool->threads[pool->nthreads], NULL, worker, pool) == 0)
        pool->nthreads++;
    if (pool->nthreads < threads) {
        http_pool_free(pool);
        return plumb_fail(err, PLUMB_UNAVAILABLE, "http.threads", "workers",
                          "the system gives no more threads");
    }
    *ret = pool;
    return PLUMB_OK;
}

void
http_pool_free(struct http_pool *pool)
{
    if (pool == NULL)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->stop = true;
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->lock);
    for (size_t i = 0; i < pool->nthreads; i++)
        pthread_join(pool->threads[i], NULL);
    pthread_cond_destroy(&pool->work);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

bool
http_pool_push(struct http_pool *pool, struct http_job *job, bool again)
{
    pthread_mutex_lock(&pool->lock);
    bool room = again || pool->waiting < pool->queue;
    if (room) {
        job->next = NULL;
        *pool->tail = job;
        pool->tail = &job->next;
        pool->waiting++;
        pthread_cond_signal(&pool->work);
    }
    pthread_mutex_unlock(&pool->lock);
    return room;
}

size_t
http_pool_waiting(struct http_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    size_t n = pool->waiting;
    pthread_mutex_unlock(&pool->lock);
    return n;
}
