#include "server/db/clock.h"

static const struct db_stmt stmts[] = {
    { "clock.now",
      "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS milliseconds", 0,
      "milliseconds" },
};

const struct db_catalogue db_clock_catalogue = { "clock", stmts, 1 };

enum plumb_code
db_clock(struct db *db, int64_t *ret, struct plumb_err *err)
{
    PLUMB_AUTO(db_auto_result) PGresult *res = NULL;

    PLUMB_TRY(db_run(db, &stmts[0], NULL, &res, err));
    return db_get_int(res, 0, 0, ret, err);
}
