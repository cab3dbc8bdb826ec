/* pool.h - database connections of the serving role, lent to one handler at a time. */
#ifndef SERVER_POOL_H
#define SERVER_POOL_H

#include "server/db/db.h"

struct db_pool;

/* Opens n connections at once, so that a wrong setting is noticed at the start. */
PLUMB_MUST_CHECK enum plumb_code db_pool_open(const char *conninfo, size_t n,
                                              struct db_pool **ret, struct plumb_err *err);
/* All must have been given back. */
void db_pool_close(struct db_pool *pool);

/* Waits for one that is free. */
struct db *db_pool_take(struct db_pool *pool);
void db_pool_give(struct db_pool *pool, struct db *db);

#endif
