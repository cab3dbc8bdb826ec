/* clock.h - the database's clock. */
#ifndef SERVER_DB_CLOCK_H
#define SERVER_DB_CLOCK_H

#include "server/db/db.h"

extern const struct db_catalogue db_clock_catalogue;

/* Milliseconds since 1970 by the database server's clock. */
PLUMB_MUST_CHECK enum plumb_code db_clock(struct db *db, int64_t *ret, struct plumb_err *err);

#endif
