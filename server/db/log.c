#include "server/db/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "server/db/lock.h"

#define READ_CHUNK 256

enum {
    LOCK,
    SIZE,
    APPEND,
    READ,
    ENTRY,
    FIND,
    LEAVES,
    TILE_INSERT,
    TILE_GET,
    TILE_ROOTS,
    STMT_COUNT
};

static const struct db_stmt stmts[STMT_COUNT] = {
    [LOCK] = { "log.lock", "SELECT pg_advisory_xact_lock($1::int, $2::int) AS locked", 2,
               "locked" },
    [SIZE] = { "log.size",
               "SELECT coalesce((SELECT idx + 1 FROM entry ORDER BY idx DESC LIMIT 1), 0)"
               " AS size",
               0, "size" },
    [APPEND] = { "log.append",
                 "WITH appended AS (INSERT INTO entry (idx, id, time, kind, leaf, body)"
                 " SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::timestamptz[],"
                 " $4::text[], $5::bytea[], $6::bytea[]))"
                 " SELECT pg_notify('" DB_LOG_CHANNEL "', $7::text) AS notified",
                 7, "notified" },
    [READ] = { "log.read",
               "SELECT idx, id, time, kind, leaf, body FROM entry"
               " WHERE idx >= $1::bigint ORDER BY idx LIMIT $2::bigint",
               2, "idx,id,time,kind,leaf,body" },
    [ENTRY] = { "log.entry", "SELECT body FROM entry WHERE idx = $1::bigint", 1, "body" },
    [FIND] = { "log.find", "SELECT id, idx FROM entry WHERE id = ANY ($1::bytea[])", 1,
               "id,idx" },
    [LEAVES] = { "log.leaves",
                 "SELECT leaf FROM entry WHERE idx >= $1::bigint AND idx < $2::bigint"
                 " ORDER BY idx",
                 2, "leaf" },
    [TILE_INSERT] = { "tile.insert",
                      "INSERT INTO tile (level, n, hashes, root) SELECT * FROM"
                      " unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bytea[])",
                      4, "" },
    [TILE_GET] = { "tile.get",
                   "SELECT hashes FROM tile WHERE level = $1::int AND n = $2::bigint", 2,
                   "hashes" },
    [TILE_ROOTS] = { "tile.roots",
                     "SELECT root FROM tile WHERE level = $1::int AND n >= $2::bigint"
                     " AND n < $3::bigint ORDER BY n",
                     3, "root" },
};

const struct db_catalogue db_log = { "log", stmts, STMT_COUNT };

enum plumb_code
db_log_lock(struct db *db, uint64_t *ret_size, struct plumb_err *err)
{
    PLUMB_TRY(db_run(db, &stmts[LOCK],
                     (struct db_param[]){ db_int(DB_LOCK_CLASS), db_int(DB_LOCK_WRITER) }, NULL,
                     err));
    return db_log_size(db, ret_size, err); /* a snapshot of its own, taken after the wait */
}

enum plumb_code
db_log_size(struct db *db, uint64_t *ret, struct plumb_err *err)
{
    PLUMB_AUTO(db_auto_result) PGresult *res = NULL;

    PLUMB_TRY(db_run(db, &stmts[SIZE], NULL, &res, err));
    return db_get_index(res, 0, 0, ret, err);
}

/* The columns of a bulk insert, freed together. */
struct columns {
    struct db_list list[6];
};

static void
columns_clear(struct columns *c)
{
    for (size_t i = 0; i < sizeof c->list / sizeof c->list[0]; i++)
        db_list_clear(&c->list[i]);
}

enum plumb_code
db_log_append(struct db *db, const struct db_entry *entries, size_t n, struct plumb_err *err)
{
    static const enum db_type types[6] = { DB_INT8_ARRAY, DB_BYTEA_ARRAY, DB_TIME_ARRAY,
                                           DB_TEXT_ARRAY, DB_BYTEA_ARRAY, DB_BYTEA_ARRAY };
    PLUMB_AUTO(columns_clear) struct columns c = { 0 };
    struct db_param params[7];
    char size[24];

    if (n == 0)
        return PLUMB_OK;
    for (size_t i = 0; i < 6; i++) {
        db_list_init(&c.list[i], types[i]);
        params[i] = db_list(&c.list[i]);
    }
    for (size_t i = 0; i < n; i++) {
        const struct db_entry *e = &entries[i];

        PLUMB_TRY(db_list_int(&c.list[0], (int64_t)e->idx, err));
        PLUMB_TRY(db_list_bytes(&c.list[1], e->id.b, sizeof e->id.b, err));
        PLUMB_TRY(db_list_time(&c.list[2], e->time, err));
        PLUMB_TRY(db_list_text(&c.list[3], e->kind, err));
        PLUMB_TRY(db_list_bytes(&c.list[4], e->leaf.b, sizeof e->leaf.b, err));
        PLUMB_TRY(db_list_bytes(&c.list[5], e->body, e->len, err));
    }
    (void)snprintf(size, sizeof size, "%" PRIu64, entries[n - 1].idx + 1);
    params[6] = db_text(size);
    return db_run(db, &stmts[APPEND], params, NULL, err);
}

static enum plumb_code
entry_of_row(const PGresult *res, int row, struct db_entry *e, struct plumb_err *err)
{
    PLUMB_TRY(db_get_index(res, row, 0, &e->idx, err));
    PLUMB_TRY(db_get_digest(res, row, 1, &e->id, err));
    PLUMB_TRY(db_get_time(res, row, 2, &e->time, err));
    e->kind = db_get_text(res, row, 3);
    PLUMB_TRY(db_get_digest(res, row, 4, &e->leaf, err));
    e->body = db_get_bytes(res, row, 5, &e->len);
    return PLUMB_OK;
}

static enum plumb_code
read_chunk(struct db *db, uint64_t from, uint64_t want, db_entry_fn *fn, void *arg,
           uint64_t *ret_n, struct plumb_err *err)
{
    PLUMB_AUTO(db_auto_result) PGresult *res = NULL;
    struct db_param params[] = { db_int((int64_t)from), db_int((int64_t)want) };
    int rows;

    PLUMB_TRY(db_run(db, &stmts[READ], params, &res, err));
    rows = PQntuples(res);
    for (int row = 0; row < rows; row++) {
        struct db_entry e;

        PLUMB_TRY(entry_of_row(res, row, &e, err));
        PLUMB_TRY(fn(arg, &e, err));
    }
    *ret_n = (uint64_t)rows;
    return PLUMB_OK;
}

enum plumb_code
db_log_read(struct db *db, uint64_t from, uint64_t max, db_entry_fn *fn, void *arg,
            struct plumb_err *err)
{
    uint64_t want = 1, n = 1;

    for (; n == want && max > 0 && from <= INT64_MAX; from += n, max -= n) {
        want = max < READ_CHUNK ? max : READ_CHUNK;
        PLUMB_TRY(read_chunk(db, from, want, fn, arg, &n, err));
    }
    return PLUMB_OK;
}

enum plumb_code
db_log_entry(struct db *db, uint64_t idx, struct plumb_bytes *ret, struct plumb_err *err)
{
    PLUMB_AUTO(db_auto_result) PGresult *res = NULL;
    const uint8_t *body;
    size_t len;

    if (idx <= INT64_MAX)
        PLUMB_TRY(
            db_run(db, &stmts[ENTRY], (struct db_param[]){ db_int((int64_t)idx) }, &res, err));
    if (PQntuples(res) == 0)
        return plumb_fail(err, PLUMB_NOT_FOUND, "log.index", "", "no entry %" PRIu64, idx);
    body = db_get_bytes(res, 0, 0, &len);
    return plumb_bytes_copy(body, len, ret, err);
}

enum plumb_code
db_log_find(struct db *db, const struct plumb_digest *ids, size_t n, uint64_t *ret,
            struct plumb_err *err)
{
    PLUMB_AUTO(db_auto_result) PGresult *res = NULL;
    PLUMB_AUTO(db_list_clear) struct db_list list;

    db_list_init(&list, DB_BYTEA_ARRAY);
    for (size_t i = 0; i < n; i++)
        PLUMB_TRY(db_list_bytes(&list, ids[i].b, sizeof ids[i].b, err));
    PLUMB_TRY(db_run(db, &stmts[FIND], (struct db_param[]){ db_list(&list) }, &res, err));
    for (size_t i = 0; i < n; i++)
        ret[i] = DB_LOG_ABSENT;
    for (int row = 0; row < PQntuples(res); row++) {
        struct plumb_digest id;
        uint64_t idx;

        PLUMB_TRY(db_get_digest(res, row, 0, &id, err));
        PLUMB_TRY(db_get_index(res, row, 1, &idx, err));
        for (size_t i = 0; i < n; i++)
            if (plumb_digest_cmp(&ids[i], &id) == 0)
                ret[i] = idx;
    }
    return PLUMB_OK;
}

/* The one column of res, n digests, into ret. */
static enum plumb_code
digests(const PGresult *res, size_t n, struct plumb_digest *ret, struct plumb_err *err)
{
    if ((size_t)PQntuples(res) != n)
        return plumb_fail(err, PLUMB_NOT_FOUND, "log.index", "", "%d of %zu hashes are there",
                          PQntuples(res), n);
    for (size_t i = 0; i < n; i++)
        PLUMB_TRY(db_get_digest(res, (int)i, 0, &ret[i], err));
    return PLUMB_OK;
}

enum plumb_code
db_log_leaves(struct db *db, uint64_t from, size_t n, struct plumb_digest *ret,
              struct plumb_err *err)
{
    PLUMB_AUTO(db_auto_result) PGresult *res = NULL;

    PLUMB_TRY(db_run(db, &stmts[LEAVES],
                     (struct db_param[]){ db_int((int64_t)from), db_int((int64_t)(from + n)) },
                     &res, err));
    return digests(res, n, ret, err);
}

enum plumb_code
db_tile_insert(struct db *db, const struct db_tile *tiles, size_t n, struct plumb_err *err)
{
    static const enum db_type types[4] = { DB_INT8_ARRAY, DB_INT8_ARRAY, DB_BYTEA_ARRAY,
                                           DB_BYTEA_ARRAY };
    PLUMB_AUTO(columns_clear) struct columns c = { 0 };
    struct db_param params[4];

    if (n == 0)
        return PLUMB_OK;
    for (size_t i = 0; i < 4; i++) {
        db_list_init(&c.list[i], types[i]);
        params[i] = db_list(&c.list[i]);
    }
    for (size_t i = 0; i < n; i++) {
        PLUMB_TRY(db_list_int(&c.list[0], tiles[i].level, err));
        PLUMB_TRY(db_list_int(&c.list[1], (int64_t)tiles[i].n, err));
        PLUMB_TRY(db_list_bytes(&c.list[2], tiles[i].hashes,
                                PLUMB_TILE_WIDTH * sizeof tiles[i].hashes[0], err));
        PLUMB_TRY(db_list_bytes(&c.list[3], tiles[i].root.b, sizeof tiles[i].root.b, err));
    }
    return db_run(db, &stmts[TILE_INSERT], params, NULL, err);
}

enum plumb_code
db_tile_get(struct db *db, unsigned level, uint64_t n,
            struct plumb_digest ret[PLUMB_TILE_WIDTH], struct plumb_err *err)
{
    PLUMB_AUTO(db_auto_result) PGresult *res = NULL;
    const uint8_t *hashes;
    size_t len;

    PLUMB_TRY(db_run(db, &stmts[TILE_GET],
                     (struct db_param[]){ db_int(level), db_int((int64_t)n) }, &res, err));
    if (PQntuples(res) == 0)
        return plumb_fail(err, PLUMB_NOT_FOUND, "log.tile", "", "no tile %u/%" PRIu64, level,
                          n);
    hashes = db_get_bytes(res, 0, 0, &len);
    if (len != PLUMB_TILE_WIDTH * sizeof ret[0])
        return plumb_fail(err, PLUMB_INTERNAL, "db.value", "hashes", "a tile of %zu bytes",
                          len);
    memcpy(ret, hashes, len);
    return PLUMB_OK;
}

enum plumb_code
db_tile_roots(struct db *db, unsigned level, uint64_t from, size_t n, struct plumb_digest *ret,
              struct plumb_err *err)
{
    PLUMB_AUTO(db_auto_result) PGresult *res = NULL;
    struct db_param params[] = { db_int(level), db_int((int64_t)from),
                                 db_int((int64_t)(from + n)) };

    PLUMB_TRY(db_run(db, &stmts[TILE_ROOTS], params, &res, err));
    return digests(res, n, ret, err);
}
