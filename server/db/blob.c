#include "server/db/blob.h"

enum { PUT, GET, EXIST, SIZES, STMT_COUNT };

static const struct db_stmt stmts[STMT_COUNT] = {
    [PUT] = { "blob.put",
              "INSERT INTO blob (sha256, size, data)"
              " SELECT u.sha256, octet_length(u.data), u.data"
              " FROM unnest($1::bytea[], $2::bytea[]) AS u (sha256, data)"
              " ON CONFLICT (sha256) DO NOTHING",
              2, "" },
    [GET] = { "blob.get", "SELECT data FROM blob WHERE sha256 = $1::bytea", 1, "data" },
    [EXIST] = { "blob.exist",
                "SELECT u.n, b.sha256 IS NOT NULL AS there"
                " FROM unnest($1::bytea[]) WITH ORDINALITY AS u (sha256, n)"
                " LEFT JOIN blob b USING (sha256) ORDER BY u.n",
                1, "n,there" },
    [SIZES] = { "blob.sizes",
                "SELECT u.n, coalesce(b.size, -1)::bigint AS size"
                " FROM unnest($1::bytea[]) WITH ORDINALITY AS u (sha256, n)"
                " LEFT JOIN blob b USING (sha256) ORDER BY u.n",
                1, "n,size" },
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

/* One row for each of n digests, in their order. */
static enum plumb_code
ask_of_each(struct db *db, const struct db_stmt *stmt, const struct plumb_digest *sha256,
            size_t n, PGresult **ret, struct plumb_err *err)
{
    PLUMB_AUTO(db_list_clear) struct db_list digests;

    db_list_init(&digests, DB_BYTEA_ARRAY);
    for (size_t i = 0; i < n; i++)
        PLUMB_TRY(db_list_bytes(&digests, sha256[i].b, sizeof sha256[i].b, err));
    return db_run(db, stmt, (struct db_param[]){ db_list(&digests) }, ret, err);
}

enum plumb_code
db_blob_exist(struct db *db, const struct plumb_digest *sha256, size_t n, bool *ret,
              struct plumb_err *err)
{
    PLUMB_AUTO(db_auto_result) PGresult *res = NULL;

    PLUMB_TRY(ask_of_each(db, &stmts[EXIST], sha256, n, &res, err));
    for (int row = 0; row < PQntuples(res); row++)
        PLUMB_TRY(db_get_bool(res, row, 1, &ret[row], err));
    return PLUMB_OK;
}

enum plumb_code
db_blob_sizes(struct db *db, const struct plumb_digest *sha256, size_t n, int64_t *ret,
              struct plumb_err *err)
{
    PLUMB_AUTO(db_auto_result) PGresult *res = NULL;

    PLUMB_TRY(ask_of_each(db, &stmts[SIZES], sha256, n, &res, err));
    for (int row = 0; row < PQntuples(res); row++)
        PLUMB_TRY(db_get_int(res, row, 1, &ret[row], err));
    return PLUMB_OK;
}
