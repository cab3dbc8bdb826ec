#include "server/pool.h"

#include <pthread.h>

struct db_pool {
    pthread_mutex_t lock;
    pthread_cond_t given;
    struct db **idle;
    size_t n, opened;
};

enum plumb_code
db_pool_open(const char *conninfo, size_t n, struct db_pool **ret, struct plumb_err *err)
{
    struct db_pool *pool = calloc(1, sizeof *pool);
    enum plumb_code code = PLUMB_OK;

    if (pool == NULL || (pool->idle = calloc(n, sizeof(struct db *))) == NULL) {
        free(pool);
        return plumb_fail_memory(err);
    }
    (void)pthread_mutex_init(&pool->lock, NULL);
    (void)pthread_cond_init(&pool->given, NULL);
    for (; pool->n < n && code == PLUMB_OK; pool->n += code == PLUMB_OK)
        code = db_open(conninfo, db_catalogues, &pool->idle[pool->n], err);
    pool->opened = pool->n;
    if (code != PLUMB_OK) {
        db_pool_close(pool);
        return code;
    }
    *ret = pool;
    return PLUMB_OK;
}

void
db_pool_close(struct db_pool *pool)
{
    if (pool == NULL)
        return;
    for (size_t i = 0; i < pool->n; i++)
        db_close(pool->idle[i]);
    (void)pthread_mutex_destroy(&pool->lock);
    (void)pthread_cond_destroy(&pool->given);
    free(pool->idle);
    free(pool);
}

struct db *
db_pool_take(struct db_pool *pool)
{
    struct db *db;

    (void)pthread_mutex_lock(&pool->lock);
    while (pool->n == 0)
        (void)pthread_cond_wait(&pool->given, &pool->lock);
    db = pool->idle[--pool->n];
    (void)pthread_mutex_unlock(&pool->lock);
    return db;
}

void
db_pool_give(struct db_pool *pool, struct db *db)
{
    (void)pthread_mutex_lock(&pool->lock);
    pool->idle[pool->n++] = db;
    (void)pthread_cond_signal(&pool->given);
    (void)pthread_mutex_unlock(&pool->lock);
}
