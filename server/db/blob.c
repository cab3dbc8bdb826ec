#include "server/db/blob.h"

#include "lib/own.h"

enum { PUT, GET, LOOK, LOOK_ONE, STMT_COUNT };

static const struct db_stmt stmts[STMT_COUNT] = {
    [PUT] = { "blob.put",
              "INSERT INTO blob (sha256, size, data)"
              " SELECT u.sha256, octet_length(u.data), u.data"
              " FROM unnest($1::bytea[], $2::bytea[]) AS u (sha256, data)"
              " ON CONFLICT (sha256) DO NOTHING",
              2, "" },
    [GET] = { "blob.get", "SELECT data FROM blob WHERE sha256 = $1::bytea", 1, "data" },
    [LOOK] = { "blob.look",
               "SELECT u.n, coalesce(b.size, -1)::bigint AS size,"
               " CASE WHEN b.size <= $2::bigint THEN b.data END AS data"
               " FROM unnest($1::bytea[]) WITH ORDINALITY AS u (sha256, n)"
               " LEFT JOIN blob b USING (sha256) ORDER BY u.n",
               2, "n,size,data" },
    /* most statements name one blob, and this is planned once and runs without a join */
    [LOOK_ONE] = { "blob.look-one",
                   "SELECT size, CASE WHEN size <= $2::bigint THEN data END AS data FROM blob"
                   " WHERE sha256 = $1::bytea",
                   2, "size,data" },
};

const struct db_catalogue db_blob = { "blob", stmts, STMT_COUNT };

enum plumb_code
db_blob_put(struct db *db, const struct db_blob_part *parts, size_t n, struct plumb_err *err)
{
    PLUMB_AUTO(db_list_clear) struct db_list digests;
    PLUMB_AUTO(db_list_clear) struct db_list data;

    db_list_init(&digests, DB_BYTEA_ARRAY);
    db_list_init(&data, DB_BYTEA_ARRAY);
    for (size_t i = 0; i < n; i++) {
        PLUMB_TRY(db_list_bytes(&digests, parts[i].sha256.b, sizeof parts[i].sha256.b, err));
        PLUMB_TRY(db_list_bytes(&data, parts[i].data, parts[i].len, err));
    }
    if (n == 0)
        return PLUMB_OK;
    return db_run(db, &stmts[PUT], (struct db_param[]){ db_list(&digests), db_list(&data) },
                  NULL, err);
}

enum plumb_code
db_blob_get(struct db *db, const struct plumb_digest *sha256, struct plumb_bytes *ret,
            struct plumb_err *err)
{
    PLUMB_AUTO(db_auto_result) PGresult *res = NULL;
    char hex[PLUMB_DIGEST_HEX];
    const uint8_t *data;
    size_t len;

    PLUMB_TRY(db_run(db, &stmts[GET], (struct db_param[]){ db_digest(sha256) }, &res, err));
    if (PQntuples(res) == 0) {
        plumb_digest_hex(sha256, hex);
        return plumb_fail(err, PLUMB_NOT_FOUND, "blob.absent", "", "no blob %s", hex);
    }
    data = db_get_bytes(res, 0, 0, &len);
    return plumb_bytes_copy(data, len, ret, err);
}

static enum plumb_code
list_digests(const struct plumb_digest *sha256, size_t n, struct db_list *ret,
             struct plumb_err *err)
{
    for (size_t i = 0; i < n; i++)
        PLUMB_TRY(db_list_bytes(ret, sha256[i].b, sizeof sha256[i].b, err));
    return PLUMB_OK;
}

/* The size and, where it is small, the data, from two columns of a row. */
static enum plumb_code
look_at(const PGresult *res, int row, int column, int64_t *ret_size, struct plumb_bytes *ret,
        struct plumb_err *err)
{
    const uint8_t *data;
    size_t len;

    PLUMB_TRY(db_get_int(res, row, column, ret_size, err));
    if (db_is_null(res, row, column + 1))
        return PLUMB_OK;
    data = db_get_bytes(res, row, column + 1, &len);
    return plumb_bytes_copy(data, len, ret, err);
}

static enum plumb_code
look_one(struct db *db, const struct plumb_digest *sha256, int64_t small, int64_t *ret_size,
         struct plumb_bytes *ret, struct plumb_err *err)
{
    PLUMB_AUTO(db_auto_result) PGresult *res = NULL;

    PLUMB_TRY(db_run(db, &stmts[LOOK_ONE],
                     (struct db_param[]){ db_digest(sha256), db_int(small) }, &res, err));
    *ret_size = -1;
    return PQntuples(res) > 0 ? look_at(res, 0, 0, ret_size, ret, err) : PLUMB_OK;
}

static enum plumb_code
look_each(struct db *db, const struct plumb_digest *sha256, size_t n, int64_t small,
          int64_t *ret_sizes, struct plumb_bytes *ret, struct plumb_err *err)
{
    PLUMB_AUTO(db_list_clear) struct db_list digests;
    PLUMB_AUTO(db_auto_result) PGresult *res = NULL;

    db_list_init(&digests, DB_BYTEA_ARRAY);
    PLUMB_TRY(list_digests(sha256, n, &digests, err));
    PLUMB_TRY(db_run(db, &stmts[LOOK], (struct db_param[]){ db_list(&digests), db_int(small) },
                     &res, err));
    for (int row = 0; row < PQntuples(res); row++)
        PLUMB_TRY(look_at(res, row, 1, &ret_sizes[row], ret != NULL ? &ret[row] : NULL, err));
    return PLUMB_OK;
}

enum plumb_code
db_blob_look(struct db *db, const struct plumb_digest *sha256, size_t n, int64_t small,
             int64_t *ret_sizes, struct plumb_bytes *ret, struct plumb_err *err)
{
    return n == 1 ? look_one(db, sha256, small, ret_sizes, ret, err)
                  : look_each(db, sha256, n, small, ret_sizes, ret, err);
}

enum plumb_code
db_blob_exist(struct db *db, const struct plumb_digest *sha256, size_t n, bool *ret,
              struct plumb_err *err)
{
    PLUMB_AUTO(auto_free) int64_t *sizes = calloc(n + 1, sizeof *sizes);

    if (sizes == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(db_blob_look(db, sha256, n, -1, sizes, NULL, err));
    for (size_t i = 0; i < n; i++)
        ret[i] = sizes[i] >= 0;
    return PLUMB_OK;
}
