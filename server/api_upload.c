/* Blobs: whole in one request, or in pieces that survive whatever comes between them. */
#include <inttypes.h>

#include "lib/own.h"
#include "server/app.h"
#include "server/db/blob.h"
#include "server/db/upload.h"
#include "server/lend.h"

/* A piece that is not the last: so that an upload is not a million rows. */
#define PIECE_MIN 65536

static enum plumb_code
check_size(const struct app *app, uint64_t size, struct plumb_err *err)
{
    return size <= (uint64_t)app->settings->blob_max
               ? PLUMB_OK
               : plumb_fail(err, PLUMB_TOO_LARGE, "blob.size", "",
                            "a blob is at most %" PRId64 " bytes", app->settings->blob_max);
}

/* Bytes that are all of a blob. */
static enum plumb_code
put_whole(struct http_request *req, const struct plumb_digest *named, int *ret_status,
          struct plumb_err *err)
{
    struct app *app = req->app;
    struct db_blob_part part = { .data = req->body, .len = req->body_len };
    PLUMB_AUTO(give_back) struct lent lent = { 0 };
    bool there;

    PLUMB_TRY(check_size(app, req->body_len, err));
    plumb_sha256(req->body, req->body_len, &part.sha256);
    if (!plumb_digest_eq(&part.sha256, named))
        return plumb_fail(err, PLUMB_INVALID, "blob.digest", "sha256",
                          "the bytes have another digest than the one in the path");
    lent = lend(app);
    PLUMB_TRY(db_blob_exist(lent.db, named, 1, &there, err));
    if (!there)
        PLUMB_TRY(db_blob_put(lent.db, &part, 1, err));
    *ret_status = there ? 200 : 201;
    return PLUMB_OK;
}

enum plumb_code
api_blob_put(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    struct plumb_digest named;

    PLUMB_TRY(plumb_digest_parse(req->args[0], "sha256", &named, err));
    return put_whole(req, &named, &reply->status, err);
}

static enum plumb_code
upload_of(const struct http_request *req, struct db_upload *ret, struct plumb_err *err)
{
    ret->principal = req->who.name;
    return plumb_digest_parse(req->args[0], "sha256", &ret->sha256, err);
}

static void
tell(struct http_reply *reply, const struct db_upload_state *state)
{
    http_reply_header(reply, "Upload-Offset", "%" PRIu64, state->size);
    http_reply_header(reply, "Upload-Complete", "?%d", state->complete);
}

enum plumb_code
api_upload(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    struct app *app = req->app;
    PLUMB_AUTO(give_back) struct lent lent = { 0 };
    const struct settings *s = app->settings;
    struct db_upload_state state;
    struct db_upload u;

    PLUMB_TRY(upload_of(req, &u, err));
    lent = lend(app);
    PLUMB_TRY(db_upload_find(lent.db, &u, s->upload_expiry_s, &state, err));
    tell(reply, &state);
    http_reply_header(reply, "Upload-Limit",
                      "max-size=%" PRId64 ", min-append-size=%d, max-append-size=%d, "
                      "max-age=%" PRId64,
                      s->blob_max, PIECE_MIN, APP_PIECE_MAX, s->upload_expiry_s);
    reply->status = 204;
    return PLUMB_OK;
}

static enum plumb_code
read_piece(const struct http_request *req, struct db_upload_piece *ret, struct plumb_err *err)
{
    if (req->upload_offset < 0 || req->upload_complete < 0)
        return plumb_fail(err, PLUMB_INVALID, "upload.header", "",
                          "want Upload-Offset: NUMBER, and Upload-Complete: ?0 or ?1");
    *ret = (struct db_upload_piece){ (uint64_t)req->upload_offset, req->body, req->body_len,
                                     req->upload_complete == 1 };
    if (!ret->last && ret->len < PIECE_MIN)
        return plumb_fail(err, PLUMB_INVALID, "upload.piece", "",
                          "a piece that is not the last has at least %d bytes", PIECE_MIN);
    return check_size(req->app, ret->at + ret->len, err);
}

/* A refusal that says where it goes on. */
static enum plumb_code
tell_offset(const struct http_request *req, struct http_reply *reply,
            const struct db_upload_state *state, const struct plumb_err *err)
{
    http_reply_problem(reply, err, 0, req->id);
    tell(reply, state);
    return PLUMB_OK;
}

static enum plumb_code
add_piece(struct http_request *req, struct http_reply *reply, const struct db_upload *u,
          const struct db_upload_piece *piece, struct plumb_err *err)
{
    struct app *app = req->app;
    PLUMB_AUTO(give_back) struct lent lent = lend(app);
    const struct settings *s = app->settings;
    const struct db_upload_limits limits = { s->upload_bytes_client, s->upload_bytes_total,
                                             s->upload_expiry_s };
    struct db_upload_state state = { .size = 0 };
    enum plumb_code code;

    code = db_upload_add(lent.db, u, piece, &limits, &state, err);
    if (code == PLUMB_CONFLICT)
        return tell_offset(req, reply, &state, err);
    if (code != PLUMB_OK)
        return code;
    tell(reply, &state);
    reply->status = state.before ? 200 : state.complete ? 201 : 204;
    return PLUMB_OK;
}

enum plumb_code
api_upload_add(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    struct db_upload_piece piece;
    struct db_upload u;

    PLUMB_TRY(upload_of(req, &u, err));
    PLUMB_TRY(read_piece(req, &piece, err));
    if (piece.at > 0 || !piece.last)
        return add_piece(req, reply, &u, &piece, err);
    PLUMB_TRY(put_whole(req, &u.sha256, &reply->status, err));
    tell(reply, &(struct db_upload_state){ .complete = true, .size = piece.len });
    return PLUMB_OK;
}

enum plumb_code
api_upload_drop(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    PLUMB_AUTO(give_back) struct lent lent = { 0 };
    struct db_upload u;

    PLUMB_TRY(upload_of(req, &u, err));
    lent = lend(req->app);
    reply->status = 204;
    return db_upload_drop(lent.db, &u, err);
}
