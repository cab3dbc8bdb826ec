/* lend.h - a connection of the pool for as long as a handler's scope: PLUMB_AUTO(give_back). */
#ifndef SERVER_LEND_H
#define SERVER_LEND_H

#include "server/app.h"

struct lent {
    struct db_pool *pool;
    struct db *db; /* NULL before lend() */
};

static inline struct lent
lend(struct app *app)
{
    return (struct lent){ app->pool, db_pool_take(app->pool) };
}

static inline void
give_back(struct lent *lent)
{
    if (lent->db != NULL)
        db_pool_give(lent->pool, lent->db);
}

#endif
