#include "server/db/lock.h"

enum { KEEP, RELEASE, STMT_COUNT };

#define HELD                                                                                   \
    "EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted"                     \
    " AND pid = pg_backend_pid() AND classid::bigint = $1::int AND objid::bigint = $2::int"    \
    " AND objsubid = 2)"

/* Session locks count how often they were taken, so they are taken only when not held. */
static const struct db_stmt stmts[STMT_COUNT] = {
    [KEEP] = { "lock.keep",
               "SELECT CASE WHEN " HELD " THEN true"
               " ELSE pg_try_advisory_lock($1::int, $2::int) END AS held",
               2, "held" },
    [RELEASE] = { "lock.release",
                  "SELECT CASE WHEN " HELD " THEN pg_advisory_unlock($1::int, $2::int)"
                  " ELSE true END AS released",
                  2, "released" },
};

const struct db_catalogue db_lock = { "lock", stmts, STMT_COUNT };

enum plumb_code
db_lock_keep(struct db *db, enum db_lock_key key, bool *ret, struct plumb_err *err)
{
    PLUMB_AUTO(db_auto_result) PGresult *res = NULL;

    PLUMB_TRY(db_run(db, &stmts[KEEP],
                     (struct db_param[]){ db_int(DB_LOCK_CLASS), db_int(key) }, &res, err));
    return db_get_bool(res, 0, 0, ret, err);
}

enum plumb_code
db_lock_release(struct db *db, enum db_lock_key key, struct plumb_err *err)
{
    return db_run(db, &stmts[RELEASE],
                  (struct db_param[]){ db_int(DB_LOCK_CLASS), db_int(key) }, NULL, err);
}
