#include "server/db/event.h"

#include <string.h>

enum { INSERT, READ, EFFECT, STMT_COUNT };

static const struct db_stmt stmts[STMT_COUNT] = {
    [INSERT] = { "event.insert",
                 "INSERT INTO event (idx, time, kind, actor, payload, version, fleet, proposal,"
                 " effect) SELECT * FROM unnest($1::bigint[], $2::timestamptz[], $3::text[],"
                 " $4::text[], $5::text[], $6::text[], $7::text[], $8::bytea[], $9::text[])",
                 9, "" },
    [READ] = { "event.read",
               "SELECT idx, time, kind, actor, payload, version, fleet, proposal, effect"
               " FROM event WHERE idx < $1::bigint AND ($2::text IS NULL OR payload = $2)"
               " AND ($3::text IS NULL OR version = $3) AND ($4::text IS NULL OR fleet = $4)"
               " AND ($5::text IS NULL OR actor = $5) ORDER BY idx DESC LIMIT $6::bigint",
               6, "idx,time,kind,actor,payload,version,fleet,proposal,effect" },
    [EFFECT] = { "event.effect", "SELECT effect FROM event WHERE idx = $1::bigint", 1,
                 "effect" },
};

const struct db_catalogue db_event = { "event", stmts, STMT_COUNT };

enum plumb_code
db_event_insert(struct db *db, const struct db_event_row *rows, size_t n, struct plumb_err *err)
{
    enum { IDX, TIME, KIND, ACTOR, PAYLOAD, VERSION, FLEET, PROPOSAL, EFFECT_TEXT, COLUMNS };
    static const enum db_type types[COLUMNS] = { DB_INT8_ARRAY, DB_TIME_ARRAY,  DB_TEXT_ARRAY,
                                                 DB_TEXT_ARRAY, DB_TEXT_ARRAY,  DB_TEXT_ARRAY,
                                                 DB_TEXT_ARRAY, DB_BYTEA_ARRAY, DB_TEXT_ARRAY };
    struct db_lists lists;
    enum plumb_code code = PLUMB_OK;

    db_lists_init(&lists, types, COLUMNS);
    for (size_t i = 0; i < n && code == PLUMB_OK; i++) {
        const struct db_event_row *r = &rows[i];
        const char *texts[] = { r->kind, r->actor, r->payload, r->version, r->fleet };

        code = db_list_int(&lists.list[IDX], (int64_t)r->idx, err);
        if (code == PLUMB_OK)
            code = db_list_time(&lists.list[TIME], r->time, err);
        for (size_t t = 0; t < 5 && code == PLUMB_OK; t++)
            code = db_list_text(&lists.list[KIND + t], texts[t], err);
        if (code == PLUMB_OK)
            code = r->has_proposal ? db_list_bytes(&lists.list[PROPOSAL], r->proposal.b,
                                                   sizeof r->proposal.b, err)
                                   : db_list_null(&lists.list[PROPOSAL], err);
        if (code == PLUMB_OK)
            code = db_list_text(&lists.list[EFFECT_TEXT], r->effect, err);
    }
    if (code == PLUMB_OK && n > 0)
        code = db_run(db, &stmts[INSERT], db_lists_params(&lists), NULL, err);
    db_lists_clear(&lists);
    return code;
}

static enum plumb_code
read_row(const PGresult *res, int i, struct db_event_row *ret, struct plumb_err *err)
{
    struct db_event_row row = { 0 };

    PLUMB_TRY(db_get_index(res, i, 0, &row.idx, err));
    PLUMB_TRY(db_get_time(res, i, 1, &row.time, err));
    row.kind = db_get_text(res, i, 2);
    row.actor = db_get_text(res, i, 3);
    row.payload = db_is_null(res, i, 4) ? NULL : db_get_text(res, i, 4);
    row.version = db_is_null(res, i, 5) ? NULL : db_get_text(res, i, 5);
    row.fleet = db_is_null(res, i, 6) ? NULL : db_get_text(res, i, 6);
    row.has_proposal = !db_is_null(res, i, 7);
    if (row.has_proposal)
        PLUMB_TRY(db_get_digest(res, i, 7, &row.proposal, err));
    row.effect = db_get_text(res, i, 8);
    *ret = row;
    return PLUMB_OK;
}

enum plumb_code
db_event_read(struct db *db, const struct db_event_filter *filter, db_event_fn *fn, void *arg,
              struct plumb_err *err)
{
    PLUMB_AUTO(db_auto_result) PGresult *res = NULL;
    int64_t before = filter->before > INT64_MAX ? INT64_MAX : (int64_t)filter->before;

    PLUMB_TRY(db_run(db, &stmts[READ],
                     (struct db_param[]){ db_int(before), db_text(filter->payload),
                                          db_text(filter->version), db_text(filter->fleet),
                                          db_text(filter->actor), db_int(filter->max) },
                     &res, err));
    for (int i = 0; i < PQntuples(res); i++) {
        struct db_event_row row;

        PLUMB_TRY(read_row(res, i, &row, err));
        PLUMB_TRY(fn(arg, &row, err));
    }
    return PLUMB_OK;
}

enum plumb_code
db_event_effect(struct db *db, uint64_t idx, char **ret, struct plumb_err *err)
{
    PLUMB_AUTO(db_auto_result) PGresult *res = NULL;

    PLUMB_TRY(
        db_run(db, &stmts[EFFECT], (struct db_param[]){ db_int((int64_t)idx) }, &res, err));
    if (PQntuples(res) == 0)
        return plumb_fail(err, PLUMB_NOT_FOUND, "log.index", "index", "there is no such entry");
    *ret = strdup(db_get_text(res, 0, 0));
    return *ret != NULL ? PLUMB_OK : plumb_fail_memory(err);
}
