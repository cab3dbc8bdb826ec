#include "server/db/listing.h"

#include <string.h>

enum { PROPOSAL_PUT, PROPOSAL_READ, VERSION_PUT, VERSION_READ, PAYLOAD_READ, STMT_COUNT };

static const struct db_stmt stmts[STMT_COUNT] = {
    [PROPOSAL_PUT] = { "proposal.put",
                       "INSERT INTO proposal (id, idx, time, kind, action, state, proposer,"
                       " payload, version, fleet, closed_idx, closed_time, closed_rule)"
                       " SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::timestamptz[],"
                       " $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],"
                       " $9::text[], $10::text[], $11::bigint[], $12::timestamptz[],"
                       " $13::text[]) ON CONFLICT (id) DO UPDATE SET state = EXCLUDED.state,"
                       " closed_idx = EXCLUDED.closed_idx, closed_time = EXCLUDED.closed_time,"
                       " closed_rule = EXCLUDED.closed_rule",
                       13, "" },
    [PROPOSAL_READ] = { "proposal.read",
                        "SELECT id, idx, time, kind, action, state, proposer, payload, version,"
                        " fleet, closed_idx, closed_time, closed_rule FROM proposal"
                        " WHERE idx > $1::bigint AND ($2::text IS NULL OR state = $2)"
                        " AND ($3::text IS NULL OR payload = $3)"
                        " AND ($4::text IS NULL OR fleet = $4) ORDER BY idx LIMIT $5::bigint",
                        5,
                        "id,idx,time,kind,action,state,proposer,payload,version,fleet,"
                        "closed_idx,closed_time,closed_rule" },
    [VERSION_PUT] = { "version.put",
                      "INSERT INTO version (release, payload, version, state, idx,"
                      " reference_values, sbom) SELECT * FROM unnest($1::bytea[], $2::text[],"
                      " $3::text[], $4::text[], $5::bigint[], $6::bytea[], $7::bytea[])"
                      " ON CONFLICT (release) DO UPDATE SET state = EXCLUDED.state",
                      7, "" },
    [VERSION_READ] = { "version.read",
                       "SELECT release, payload, version, state, idx, reference_values, sbom"
                       " FROM version WHERE payload = $1 AND idx > $2::bigint ORDER BY idx"
                       " LIMIT $3::bigint",
                       3, "release,payload,version,state,idx,reference_values,sbom" },
    [PAYLOAD_READ] = { "payload.read",
                       "SELECT payload, count(*) AS versions FROM version WHERE payload > $1"
                       " GROUP BY payload ORDER BY payload LIMIT $2::bigint",
                       2, "payload,versions" },
};

const struct db_catalogue db_listing = { "listing", stmts, STMT_COUNT };

static enum plumb_code
add_proposal(struct db_list *to, const struct engine_proposal *p, struct plumb_err *err)
{
    const char *texts[] = { plumb_kind_text(p->kind),
                            p->kind == PLUMB_KIND_ROLLOUT ? plumb_action_text(p->action) : NULL,
                            engine_proposal_state_text(p->state),
                            p->proposer,
                            p->payload,
                            p->version,
                            p->fleet };

    PLUMB_TRY(db_list_bytes(&to[0], p->id.b, sizeof p->id.b, err));
    PLUMB_TRY(db_list_int(&to[1], (int64_t)p->index, err));
    PLUMB_TRY(db_list_time(&to[2], p->time, err));
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        PLUMB_TRY(db_list_text(&to[3 + i], texts[i], err));
    if (p->closed_rule == NULL) {
        PLUMB_TRY(db_list_null(&to[10], err));
        PLUMB_TRY(db_list_null(&to[11], err));
    } else {
        PLUMB_TRY(db_list_int(&to[10], (int64_t)p->closed_index, err));
        PLUMB_TRY(db_list_time(&to[11], p->closed_time, err));
    }
    return db_list_text(&to[12], p->closed_rule, err);
}

enum plumb_code
db_proposal_put(struct db *db, const struct engine_proposal *p, size_t n, struct plumb_err *err)
{
    static const enum db_type types[] = {
        DB_BYTEA_ARRAY, DB_INT8_ARRAY, DB_TIME_ARRAY, DB_TEXT_ARRAY, DB_TEXT_ARRAY,
        DB_TEXT_ARRAY,  DB_TEXT_ARRAY, DB_TEXT_ARRAY, DB_TEXT_ARRAY, DB_TEXT_ARRAY,
        DB_INT8_ARRAY,  DB_TIME_ARRAY, DB_TEXT_ARRAY,
    };
    struct db_lists lists;
    enum plumb_code code = PLUMB_OK;

    db_lists_init(&lists, types, sizeof types / sizeof types[0]);
    for (size_t i = 0; i < n && code == PLUMB_OK; i++)
        code = add_proposal(lists.list, &p[i], err);
    if (code == PLUMB_OK && n > 0)
        code = db_run(db, &stmts[PROPOSAL_PUT], db_lists_params(&lists), NULL, err);
    db_lists_clear(&lists);
    return code;
}

static enum plumb_code
add_version(struct db_list *to, const struct engine_version *v, struct plumb_err *err)
{
    PLUMB_TRY(db_list_bytes(&to[0], v->release.b, sizeof v->release.b, err));
    PLUMB_TRY(db_list_text(&to[1], v->payload, err));
    PLUMB_TRY(db_list_text(&to[2], v->version, err));
    PLUMB_TRY(db_list_text(&to[3], engine_version_state_text(v->state), err));
    PLUMB_TRY(db_list_int(&to[4], (int64_t)v->index, err));
    PLUMB_TRY(db_list_bytes(&to[5], v->reference_values.b, sizeof v->reference_values.b, err));
    return v->has_sbom ? db_list_bytes(&to[6], v->sbom.b, sizeof v->sbom.b, err)
                       : db_list_null(&to[6], err);
}

enum plumb_code
db_version_put(struct db *db, const struct engine_version *v, size_t n, struct plumb_err *err)
{
    static const enum db_type types[] = { DB_BYTEA_ARRAY, DB_TEXT_ARRAY, DB_TEXT_ARRAY,
                                          DB_TEXT_ARRAY,  DB_INT8_ARRAY, DB_BYTEA_ARRAY,
                                          DB_BYTEA_ARRAY };
    struct db_lists lists;
    enum plumb_code code = PLUMB_OK;

    db_lists_init(&lists, types, sizeof types / sizeof types[0]);
    for (size_t i = 0; i < n && code == PLUMB_OK; i++)
        code = add_version(lists.list, &v[i], err);
    if (code == PLUMB_OK && n > 0)
        code = db_run(db, &stmts[VERSION_PUT], db_lists_params(&lists), NULL, err);
    db_lists_clear(&lists);
    return code;
}

static const char *
text_or_null(const PGresult *res, int row, int col)
{
    return db_is_null(res, row, col) ? NULL : db_get_text(res, row, col);
}

static enum plumb_code
read_proposal(const PGresult *res, int i, struct db_proposal_row *ret, struct plumb_err *err)
{
    struct db_proposal_row row = { 0 };

    PLUMB_TRY(db_get_digest(res, i, 0, &row.id, err));
    PLUMB_TRY(db_get_index(res, i, 1, &row.idx, err));
    PLUMB_TRY(db_get_time(res, i, 2, &row.time, err));
    row.kind = db_get_text(res, i, 3);
    row.action = text_or_null(res, i, 4);
    row.state = db_get_text(res, i, 5);
    row.proposer = db_get_text(res, i, 6);
    row.payload = text_or_null(res, i, 7);
    row.version = text_or_null(res, i, 8);
    row.fleet = text_or_null(res, i, 9);
    row.closed = !db_is_null(res, i, 10);
    if (row.closed) {
        PLUMB_TRY(db_get_index(res, i, 10, &row.closed_idx, err));
        PLUMB_TRY(db_get_time(res, i, 11, &row.closed_time, err));
        row.closed_rule = db_get_text(res, i, 12);
    }
    *ret = row;
    return PLUMB_OK;
}

enum plumb_code
db_proposal_read(struct db *db, const struct db_proposal_filter *filter, db_proposal_fn *fn,
                 void *arg, struct plumb_err *err)
{
    PLUMB_AUTO(db_auto_result) PGresult *res = NULL;

    PLUMB_TRY(db_run(db, &stmts[PROPOSAL_READ],
                     (struct db_param[]){ db_int(filter->after), db_text(filter->state),
                                          db_text(filter->payload), db_text(filter->fleet),
                                          db_int(filter->max) },
                     &res, err));
    for (int i = 0; i < PQntuples(res); i++) {
        struct db_proposal_row row;

        PLUMB_TRY(read_proposal(res, i, &row, err));
        PLUMB_TRY(fn(arg, &row, err));
    }
    return PLUMB_OK;
}

enum plumb_code
db_version_read(struct db *db, const char *payload, int64_t after, unsigned max,
                db_version_fn *fn, void *arg, struct plumb_err *err)
{
    PLUMB_AUTO(db_auto_result) PGresult *res = NULL;

    PLUMB_TRY(db_run(db, &stmts[VERSION_READ],
                     (struct db_param[]){ db_text(payload), db_int(after), db_int(max) }, &res,
                     err));
    for (int i = 0; i < PQntuples(res); i++) {
        struct db_version_row row = { .payload = db_get_text(res, i, 1),
                                      .version = db_get_text(res, i, 2),
                                      .state = db_get_text(res, i, 3),
                                      .has_sbom = !db_is_null(res, i, 6) };

        PLUMB_TRY(db_get_digest(res, i, 0, &row.release, err));
        PLUMB_TRY(db_get_index(res, i, 4, &row.idx, err));
        PLUMB_TRY(db_get_digest(res, i, 5, &row.reference_values, err));
        if (row.has_sbom)
            PLUMB_TRY(db_get_digest(res, i, 6, &row.sbom, err));
        PLUMB_TRY(fn(arg, &row, err));
    }
    return PLUMB_OK;
}

enum plumb_code
db_payload_read(struct db *db, const char *after, unsigned max, db_payload_fn *fn, void *arg,
                struct plumb_err *err)
{
    PLUMB_AUTO(db_auto_result) PGresult *res = NULL;

    PLUMB_TRY(db_run(db, &stmts[PAYLOAD_READ],
                     (struct db_param[]){ db_text(after), db_int(max) }, &res, err));
    for (int i = 0; i < PQntuples(res); i++) {
        int64_t versions;

        PLUMB_TRY(db_get_int(res, i, 1, &versions, err));
        PLUMB_TRY(fn(arg, db_get_text(res, i, 0), versions, err));
    }
    return PLUMB_OK;
}
