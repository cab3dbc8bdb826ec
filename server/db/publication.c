#include "server/db/publication.h"

enum { INSERT, NEWEST, READ, PULL_RECORD, PULL_READ, STMT_COUNT };

#define ROW "fleet, idx, revision, content, valid_until"

static const struct db_stmt stmts[STMT_COUNT] = {
    [INSERT] = { "publication.insert",
                 "INSERT INTO publication (" ROW ")"
                 " VALUES ($1, $2::bigint, $3::bigint, $4::bytea, $5::timestamptz)",
                 5, "" },
    [NEWEST] = { "publication.newest",
                 "SELECT " ROW " FROM publication WHERE fleet = $1 ORDER BY idx DESC LIMIT 1",
                 1, "fleet,idx,revision,content,valid_until" },
    [READ] = { "publication.read",
               "SELECT " ROW " FROM publication WHERE fleet = $1 AND idx < $2::bigint"
               " ORDER BY idx DESC LIMIT $3::bigint",
               3, "fleet,idx,revision,content,valid_until" },
    /* one row for each key, or ON CONFLICT would meet its own rows */
    [PULL_RECORD] = { "pull.record",
                      "INSERT INTO bundle_pull (fleet, principal, idx, at)"
                      " SELECT DISTINCT ON (fleet, principal) fleet, principal, idx, at"
                      " FROM unnest($1::text[], $2::text[], $3::bigint[], $4::timestamptz[])"
                      " AS u (fleet, principal, idx, at) ORDER BY fleet, principal, at DESC"
                      " ON CONFLICT (fleet, principal)"
                      " DO UPDATE SET idx = excluded.idx, at = excluded.at",
                      4, "" },
    [PULL_READ] = { "pull.read",
                    "SELECT fleet, principal, idx, at FROM bundle_pull WHERE fleet = $1"
                    " ORDER BY principal",
                    1, "fleet,principal,idx,at" },
};

const struct db_catalogue db_publication = { "publication", stmts, STMT_COUNT };

enum plumb_code
db_publication_insert(struct db *db, const struct db_publication_row *row,
                      struct plumb_err *err)
{
    struct db_param params[] = { db_text(row->fleet), db_int((int64_t)row->idx),
                                 db_int((int64_t)row->revision), db_digest(&row->content),
                                 db_time(row->valid_until) };

    return db_run(db, &stmts[INSERT], params, NULL, err);
}

static enum plumb_code
publication_of_row(const PGresult *res, int row, struct db_publication_row *p,
                   struct plumb_err *err)
{
    p->fleet = db_get_text(res, row, 0);
    PLUMB_TRY(db_get_index(res, row, 1, &p->idx, err));
    PLUMB_TRY(db_get_index(res, row, 2, &p->revision, err));
    PLUMB_TRY(db_get_digest(res, row, 3, &p->content, err));
    return db_get_time(res, row, 4, &p->valid_until, err);
}

enum plumb_code
db_publication_newest(struct db *db, const char *fleet, struct db_publication_row *ret,
                      struct plumb_err *err)
{
    PLUMB_AUTO(db_auto_result) PGresult *res = NULL;
    struct db_publication_row row;

    PLUMB_TRY(db_run(db, &stmts[NEWEST], (struct db_param[]){ db_text(fleet) }, &res, err));
    if (PQntuples(res) == 0)
        return plumb_fail(err, PLUMB_NOT_FOUND, "publication.none", fleet,
                          "nothing has been published for this fleet");
    PLUMB_TRY(publication_of_row(res, 0, &row, err));
    row.fleet = fleet;
    *ret = row;
    return PLUMB_OK;
}

enum plumb_code
db_publication_read(struct db *db, const char *fleet, uint64_t before, unsigned max,
                    db_publication_fn *fn, void *arg, struct plumb_err *err)
{
    PLUMB_AUTO(db_auto_result) PGresult *res = NULL;
    int64_t below = before > INT64_MAX ? INT64_MAX : (int64_t)before;

    PLUMB_TRY(db_run(db, &stmts[READ],
                     (struct db_param[]){ db_text(fleet), db_int(below), db_int(max) }, &res,
                     err));
    for (int row = 0; row < PQntuples(res); row++) {
        struct db_publication_row p;
        PLUMB_TRY(publication_of_row(res, row, &p, err));
        PLUMB_TRY(fn(arg, &p, err));
    }
    return PLUMB_OK;
}

enum plumb_code
db_pull_record(struct db *db, const struct db_pull *pulls, size_t n, struct plumb_err *err)
{
    PLUMB_AUTO(db_list_clear) struct db_list fleets;
    PLUMB_AUTO(db_list_clear) struct db_list principals;
    PLUMB_AUTO(db_list_clear) struct db_list indexes;
    PLUMB_AUTO(db_list_clear) struct db_list times;

    db_list_init(&fleets, DB_TEXT_ARRAY);
    db_list_init(&principals, DB_TEXT_ARRAY);
    db_list_init(&indexes, DB_INT8_ARRAY);
    db_list_init(&times, DB_TIME_ARRAY);
    for (size_t i = 0; i < n; i++) {
        PLUMB_TRY(db_list_text(&fleets, pulls[i].fleet, err));
        PLUMB_TRY(db_list_text(&principals, pulls[i].principal, err));
        PLUMB_TRY(db_list_int(&indexes, (int64_t)pulls[i].idx, err));
        PLUMB_TRY(db_list_time(&times, pulls[i].at, err));
    }
    return db_run(db, &stmts[PULL_RECORD],
                  (struct db_param[]){ db_list(&fleets), db_list(&principals),
                                       db_list(&indexes), db_list(&times) },
                  NULL, err);
}

enum plumb_code
db_pull_read(struct db *db, const char *fleet, db_pull_fn *fn, void *arg, struct plumb_err *err)
{
    PLUMB_AUTO(db_auto_result) PGresult *res = NULL;

    PLUMB_TRY(db_run(db, &stmts[PULL_READ], (struct db_param[]){ db_text(fleet) }, &res, err));
    for (int row = 0; row < PQntuples(res); row++) {
        struct db_pull p = { .fleet = db_get_text(res, row, 0),
                             .principal = db_get_text(res, row, 1) };
        PLUMB_TRY(db_get_index(res, row, 2, &p.idx, err));
        PLUMB_TRY(db_get_time(res, row, 3, &p.at, err));
        PLUMB_TRY(fn(arg, &p, err));
    }
    return PLUMB_OK;
}
