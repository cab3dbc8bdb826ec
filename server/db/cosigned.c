#include "server/db/cosigned.h"

#include "server/db/log.h"

enum { PUT, NEWEST, STMT_COUNT };

static const struct db_stmt stmts[STMT_COUNT] = {
    [PUT] = { "cosigned.put",
              "WITH put AS (INSERT INTO cosigned (size, note) VALUES ($1::bigint, $2::bytea)"
              " ON CONFLICT DO NOTHING RETURNING size)"
              " SELECT pg_notify('" DB_LOG_CHANNEL "', size::text) AS notified FROM put",
              2, "notified" },
    [NEWEST] = { "cosigned.newest",
                 "SELECT size, note FROM cosigned WHERE size > $1::bigint"
                 " ORDER BY size DESC LIMIT 1",
                 1, "size,note" },
};

const struct db_catalogue db_cosigned = { "cosigned", stmts, STMT_COUNT };

enum plumb_code
db_cosigned_put(struct db *db, uint64_t size, const struct plumb_bytes *note,
                struct plumb_err *err)
{
    struct db_param params[] = { db_int((int64_t)size), db_bytes(note->data, note->len) };

    return db_run(db, &stmts[PUT], params, NULL, err);
}

enum plumb_code
db_cosigned_newest(struct db *db, uint64_t above, uint64_t *ret_size,
                   struct plumb_bytes *ret_note, struct plumb_err *err)
{
    PLUMB_AUTO(db_auto_result) PGresult *res = NULL;
    struct db_param params[] = { db_int((int64_t)above) };
    const uint8_t *note;
    size_t len;

    PLUMB_TRY(db_run(db, &stmts[NEWEST], params, &res, err));
    *ret_size = 0;
    if (PQntuples(res) == 0)
        return PLUMB_OK;
    note = db_get_bytes(res, 0, 1, &len);
    PLUMB_TRY(plumb_bytes_copy(note, len, ret_note, err));
    return db_get_index(res, 0, 0, ret_size, err);
}
