#include "server/db/instance.h"

enum { BEAT, LEAVE, READ, STMT_COUNT };

static const struct db_stmt stmts[STMT_COUNT] = {
    [BEAT] = { "instance.beat",
               "INSERT INTO instance (name, version, started, seen, size)"
               " VALUES ($1, $2, $3::timestamptz, $4::timestamptz, $5::bigint)"
               " ON CONFLICT (name) DO UPDATE SET version = excluded.version,"
               " started = excluded.started, seen = excluded.seen, size = excluded.size",
               5, "" },
    [LEAVE] = { "instance.leave",
                "DELETE FROM instance WHERE name = $1 OR seen < $2::timestamptz", 2, "" },
    [READ] = { "instance.read",
               "SELECT name, version, started, seen, size FROM instance ORDER BY name", 0,
               "name,version,started,seen,size" },
};

const struct db_catalogue db_instance = { "instance", stmts, STMT_COUNT };

enum plumb_code
db_instance_beat(struct db *db, const struct db_instance_row *row, struct plumb_err *err)
{
    struct db_param params[] = { db_text(row->name), db_text(row->version),
                                 db_time(row->started), db_time(row->seen),
                                 db_int((int64_t)row->size) };

    return db_run(db, &stmts[BEAT], params, NULL, err);
}

enum plumb_code
db_instance_leave(struct db *db, const char *name, plumb_time before, struct plumb_err *err)
{
    return db_run(db, &stmts[LEAVE], (struct db_param[]){ db_text(name), db_time(before) },
                  NULL, err);
}

enum plumb_code
db_instance_read(struct db *db, db_instance_fn *fn, void *arg, struct plumb_err *err)
{
    PLUMB_AUTO(db_auto_result) PGresult *res = NULL;

    PLUMB_TRY(db_run(db, &stmts[READ], NULL, &res, err));
    for (int row = 0; row < PQntuples(res); row++) {
        struct db_instance_row i = { .name = db_get_text(res, row, 0),
                                     .version = db_get_text(res, row, 1) };
        PLUMB_TRY(db_get_time(res, row, 2, &i.started, err));
        PLUMB_TRY(db_get_time(res, row, 3, &i.seen, err));
        PLUMB_TRY(db_get_index(res, row, 4, &i.size, err));
        PLUMB_TRY(fn(arg, &i, err));
    }
    return PLUMB_OK;
}
