#include "server/db/upload.h"

#include <inttypes.h>

#include "server/db/blob.h"
#include "server/db/lock.h"

enum { FIND, BEGIN, LOCK, PIECE, GROW, GUARD, HELD, JOIN, DROP, EXPIRE, STMT_COUNT };

#define ITS     " WHERE principal = $1 AND sha256 = $2::bytea"
#define OLD(n)  "touched < now() - " n "::bigint * interval '1 second'"
#define BYTES   "coalesce(sum(size), 0)::bigint"
#define ITS_ALL " coalesce(string_agg(data, ''::bytea ORDER BY at), ''::bytea)"

static const struct db_stmt stmts[STMT_COUNT] = {
    [FIND] = { "upload.find",
               "SELECT (SELECT size FROM blob WHERE sha256 = $2::bytea) AS whole,"
               " (SELECT size FROM upload" ITS " AND NOT " OLD("$3") ") AS part",
               3, "whole,part" },
    [BEGIN] = { "upload.begin",
                "INSERT INTO upload (principal, sha256, size, touched)"
                " VALUES ($1, $2::bytea, 0, now()) ON CONFLICT DO NOTHING",
                2, "" },
    [LOCK] = { "upload.lock", "SELECT size FROM upload" ITS " FOR UPDATE", 2, "size" },
    [PIECE] = { "upload.piece",
                "INSERT INTO upload_piece (principal, sha256, at, data)"
                " VALUES ($1, $2::bytea, $3::bigint, $4::bytea)",
                4, "" },
    [GROW] = { "upload.grow", "UPDATE upload SET size = size + $3::bigint, touched = now()" ITS,
               3, "" },
    [GUARD] = { "upload.guard", "SELECT pg_advisory_xact_lock($1::int, $2::int) AS locked", 2,
                "locked" },
    [HELD] = { "upload.held",
               "SELECT " BYTES " AS total,"
               " coalesce(sum(size) FILTER (WHERE principal = $1), 0)::bigint AS own"
               " FROM upload",
               1, "total,own" },
    [JOIN] = { "upload.join",
               "INSERT INTO blob (sha256, size, data)"
               " SELECT $2::bytea, octet_length(w.data), w.data"
               " FROM (SELECT" ITS_ALL " AS data FROM upload_piece" ITS ") AS w"
               " WHERE sha256(w.data) = $2::bytea ON CONFLICT (sha256) DO NOTHING",
               2, "" },
    [DROP] = { "upload.drop", "DELETE FROM upload" ITS, 2, "" },
    [EXPIRE] = { "upload.expire", "DELETE FROM upload WHERE " OLD("$1"), 1, "" },
};

const struct db_catalogue db_upload = { "upload", stmts, STMT_COUNT };

#define ITS_PARAMS(u) db_text((u)->principal), db_digest(&(u)->sha256)

enum plumb_code
db_upload_find(struct db *db, const struct db_upload *u, int64_t expiry_s,
               struct db_upload_state *ret, struct plumb_err *err)
{
    PLUMB_AUTO(db_auto_result) PGresult *res = NULL;
    struct db_upload_state state;

    PLUMB_TRY(db_run(db, &stmts[FIND], (struct db_param[]){ ITS_PARAMS(u), db_int(expiry_s) },
                     &res, err));
    state = (struct db_upload_state){ .complete = !db_is_null(res, 0, 0) };
    if (state.complete || !db_is_null(res, 0, 1))
        PLUMB_TRY(db_get_index(res, 0, state.complete ? 0 : 1, &state.size, err));
    *ret = state;
    return PLUMB_OK;
}

/* --- one piece --- */

struct adding {
    const struct db_upload *u;
    const struct db_upload_piece *piece;
    const struct db_upload_limits *limits;
    struct db_upload_state state;
    bool other; /* the whole has another digest */
};

/* From here on nobody else is at this upload, until the transaction ends; and whoever was has
 * committed, so that the state is what they left. */
static enum plumb_code
lock(struct db *db, struct adding *a, bool *ret_there, struct plumb_err *err)
{
    PLUMB_AUTO(db_auto_result) PGresult *res = NULL;
    const struct db_param its[] = { ITS_PARAMS(a->u) };

    if (a->piece->at == 0)
        PLUMB_TRY(db_run(db, &stmts[BEGIN], its, NULL, err));
    PLUMB_TRY(db_run(db, &stmts[LOCK], its, &res, err));
    *ret_there = PQntuples(res) > 0;
    PLUMB_TRY(db_upload_find(db, a->u, a->limits->expiry_s, &a->state, err));
    a->state.before = a->state.complete;
    return PLUMB_OK;
}

static enum plumb_code
check_offset(const struct adding *a, bool there, struct plumb_err *err)
{
    if (!there || a->state.size != a->piece->at)
        return plumb_fail(err, PLUMB_CONFLICT, "upload.offset", "Upload-Offset",
                          "the upload goes on at %" PRIu64, a->state.size);
    return PLUMB_OK;
}

/* One after the other, so that all of them together stay within the limits: but not while the
 * bytes are on their way. */
static enum plumb_code
check_limits(struct db *db, const struct adding *a, struct plumb_err *err)
{
    PLUMB_AUTO(db_auto_result) PGresult *res = NULL;
    int64_t total, own;

    PLUMB_TRY(db_run(db, &stmts[GUARD],
                     (struct db_param[]){ db_int(DB_LOCK_CLASS), db_int(DB_LOCK_UPLOADS) },
                     NULL, err));
    PLUMB_TRY(
        db_run(db, &stmts[HELD], (struct db_param[]){ db_text(a->u->principal) }, &res, err));
    PLUMB_TRY(db_get_int(res, 0, 0, &total, err));
    PLUMB_TRY(db_get_int(res, 0, 1, &own, err));
    if (own > a->limits->principal)
        return plumb_fail(err, PLUMB_BUSY, "upload.client", "",
                          "you have more than %" PRId64 " bytes of unfinished uploads: finish "
                          "or delete some",
                          a->limits->principal);
    if (total > a->limits->total)
        return plumb_fail(err, PLUMB_UNAVAILABLE, "upload.total", "",
                          "the service holds too many unfinished uploads");
    return PLUMB_OK;
}

static enum plumb_code
make_whole(struct db *db, struct adding *a, struct plumb_err *err)
{
    const struct db_param its[] = { ITS_PARAMS(a->u) };

    PLUMB_TRY(db_run(db, &stmts[JOIN], its, NULL, err));
    PLUMB_TRY(db_blob_exist(db, &a->u->sha256, 1, &a->state.complete, err));
    a->other = !a->state.complete;
    return db_run(db, &stmts[DROP], its, NULL, err);
}

static enum plumb_code
add(struct db *db, void *arg, struct plumb_err *err)
{
    struct adding *a = arg;
    const struct db_upload_piece *p = a->piece;

    bool there;

    a->other = false;
    PLUMB_TRY(lock(db, a, &there, err));
    if (a->state.before) /* somebody was faster */
        return db_upload_drop(db, a->u, err);
    PLUMB_TRY(check_offset(a, there, err));
    if (p->len > 0) {
        PLUMB_TRY(db_run(db, &stmts[PIECE],
                         (struct db_param[]){ ITS_PARAMS(a->u), db_int((int64_t)p->at),
                                              db_bytes(p->data, p->len) },
                         NULL, err));
        PLUMB_TRY(db_run(db, &stmts[GROW],
                         (struct db_param[]){ ITS_PARAMS(a->u), db_int((int64_t)p->len) }, NULL,
                         err));
    }
    a->state.size = p->at + p->len;
    return p->last ? make_whole(db, a, err) : check_limits(db, a, err);
}

enum plumb_code
db_upload_add(struct db *db, const struct db_upload *u, const struct db_upload_piece *piece,
              const struct db_upload_limits *limits, struct db_upload_state *ret,
              struct plumb_err *err)
{
    struct adding a = { .u = u, .piece = piece, .limits = limits };
    enum plumb_code code;
    enum db_end end;

    PLUMB_TRY(db_upload_expire(db, limits->expiry_s, err));
    code = db_txn(db, DB_WRITE, add, &a, &end, err);
    *ret = a.state;
    if (code == PLUMB_OK && a.other)
        return plumb_fail(err, PLUMB_INVALID, "blob.digest", "sha256",
                          "the whole has another digest than the one in the path; the upload "
                          "was dropped");
    return code;
}

enum plumb_code
db_upload_drop(struct db *db, const struct db_upload *u, struct plumb_err *err)
{
    return db_run(db, &stmts[DROP], (struct db_param[]){ ITS_PARAMS(u) }, NULL, err);
}

enum plumb_code
db_upload_expire(struct db *db, int64_t expiry_s, struct plumb_err *err)
{
    return db_run(db, &stmts[EXPIRE], (struct db_param[]){ db_int(expiry_s) }, NULL, err);
}

enum plumb_code
db_upload_bytes(struct db *db, uint64_t *ret, struct plumb_err *err)
{
    PLUMB_AUTO(db_auto_result) PGresult *res = NULL;

    PLUMB_TRY(db_run(db, &stmts[HELD], (struct db_param[]){ db_text("") }, &res, err));
    return db_get_index(res, 0, 0, ret, err);
}
