/* Reading the log: entries, statements, blobs, checkpoints and proofs. */
#include <inttypes.h>
#include <string.h>

#include "lib/own.h"
#include "server/api_json.h"
#include "server/db/blob.h"
#include "server/db/log.h"
#include "server/http/header.h"
#include "server/lend.h"

#define FOREVER "private, max-age=31536000, immutable"

PLUMB_DEFINE_AUTO(auto_checkpoint, struct core_checkpoint *, core_checkpoint_unref);

enum plumb_code
api_blob_get(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    PLUMB_AUTO(give_back) struct lent lent = { 0 };
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { 0 };
    struct plumb_digest digest;

    PLUMB_TRY(plumb_digest_parse(req->args[0], "sha256", &digest, err));
    lent = lend(req->app);
    PLUMB_TRY(db_blob_get(lent.db, &digest, &bytes, err));
    http_reply_bytes(reply, "application/octet-stream", &bytes);
    reply->cache_control = FOREVER;
    return PLUMB_OK;
}

static enum plumb_code
parse_index(const char *text, uint64_t *ret, struct plumb_err *err)
{
    char *end;
    unsigned long long n = strtoull(text, &end, 10);

    if (text[0] < '0' || text[0] > '9' || *end != '\0' || n > UINT64_C(1) << 53)
        return plumb_fail(err, PLUMB_INVALID, "query.number", "index", "want a log index");
    *ret = n;
    return PLUMB_OK;
}

enum plumb_code
api_entry(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    PLUMB_AUTO(give_back) struct lent lent = { 0 };
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { 0 };
    uint64_t index = 0;

    PLUMB_TRY(parse_index(req->args[0], &index, err));
    PLUMB_TRY(app_size(req, reply, err));
    lent = lend(req->app);
    PLUMB_TRY(db_log_entry(lent.db, index, &bytes, err));
    http_reply_bytes(reply, "application/json", &bytes);
    reply->cache_control = FOREVER;
    return PLUMB_OK;
}

/* The tlog-proof of an entry against the newest checkpoint. */
static enum plumb_code
prove(struct app *app, struct db *db, uint64_t index, uint64_t *ret_size,
      struct plumb_bytes *ret, struct plumb_err *err)
{
    PLUMB_AUTO(auto_checkpoint) struct core_checkpoint *c = core_served(app->core);
    struct plumb_digest proof[PLUMB_PROOF_MAX];
    enum plumb_code code;
    size_t n = 0;

    if (c == NULL || index >= c->head.size)
        return plumb_fail(err, PLUMB_UNAVAILABLE, "log.behind", "index",
                          "no checkpoint covers this entry yet; try again");
    (void)pthread_rwlock_rdlock(&app->core->lock);
    (void)pthread_mutex_lock(&app->core->tree_lock);
    code = tree_inclusion(app->core->tree, db, index, c->head.size, proof, &n, err);
    (void)pthread_mutex_unlock(&app->core->tree_lock);
    (void)pthread_rwlock_unlock(&app->core->lock);
    if (code != PLUMB_OK)
        return code;
    *ret_size = c->head.size;
    return plumb_tlog_proof_text(index, proof, n, c->note.data, c->note.len, ret, err);
}

enum plumb_code
api_statement(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    PLUMB_AUTO(give_back) struct lent lent = { 0 };
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { 0 };
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes proof = { 0 };
    PLUMB_AUTO(plumb_json_auto) json_t *entry = NULL;
    PLUMB_AUTO(plumb_json_auto) json_t *answer = NULL;
    PLUMB_AUTO(auto_free) char *proof_text = NULL;
    PLUMB_AUTO(auto_free) char *effect = NULL;
    struct plumb_digest id;
    uint64_t index, size;

    PLUMB_TRY(plumb_digest_parse(req->args[0], "id", &id, err));
    PLUMB_TRY(app_size(req, reply, err));
    lent = lend(req->app);
    PLUMB_TRY(db_log_find(lent.db, &id, 1, &index, err));
    if (index == DB_LOG_ABSENT)
        return plumb_fail(err, PLUMB_NOT_FOUND, "statement.unknown", "id",
                          "the log has no such statement");
    PLUMB_TRY(db_log_entry(lent.db, index, &bytes, err));
    PLUMB_TRY(db_event_effect(lent.db, index, &effect, err));
    PLUMB_TRY(prove(req->app, lent.db, index, &size, &proof, err));
    PLUMB_TRY(plumb_base64(proof.data, proof.len, &proof_text, err));
    PLUMB_TRY(
        plumb_json_load(bytes.data, bytes.len, PLUMB_ENTRY_MAX, PLUMB_JSON_DEPTH, &entry, err));
    answer = json_pack("{s:s,s:I,s:O,s:O,s:s,s:b,s:I,s:s}", "id", req->args[0], "index",
                       (json_int_t)index, "time", json_object_get(entry, "time"), "entry",
                       entry, "effect", effect, "repeated", 1, "size", (json_int_t)size,
                       "proof", proof_text);
    return http_reply_json(reply, answer, err);
}

enum plumb_code
api_checkpoint(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    struct app *app = req->app;
    PLUMB_AUTO(auto_checkpoint) struct core_checkpoint *c = core_served(app->core);
    PLUMB_AUTO(auto_checkpoint) struct core_checkpoint *newest = core_checkpoint(app->core);
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes copy = { 0 };

    if (newest == NULL)
        return plumb_fail(err, PLUMB_NOT_FOUND, "log.no-genesis", "",
                          "the log has no genesis yet");
    if (c == NULL)
        return plumb_fail(err, PLUMB_UNAVAILABLE, "witness.away", "",
                          "no checkpoint has been cosigned by enough witnesses yet");
    (void)snprintf(reply->etag, sizeof reply->etag, "%" PRIu64, c->head.size);
    if (req->wait_s > 0 && !req->last && http_etag_listed(req->if_none_match, reply->etag))
        return http_wait_for(req, "log", err);
    PLUMB_TRY(plumb_bytes_copy(c->note.data, c->note.len, &copy, err));
    http_reply_bytes(reply, "text/plain; charset=utf-8", &copy);
    reply->cache_control = "no-cache";
    return PLUMB_OK;
}

enum plumb_code
api_consistency(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    struct app *app = req->app;
    PLUMB_AUTO(auto_checkpoint) struct core_checkpoint *c = core_checkpoint(app->core);
    PLUMB_AUTO(give_back) struct lent lent = { 0 };
    PLUMB_AUTO(plumb_json_auto) json_t *hashes = json_array();
    PLUMB_AUTO(plumb_json_auto) json_t *answer = NULL;
    struct plumb_digest proof[PLUMB_PROOF_MAX];
    int64_t from = -1, to = c != NULL ? (int64_t)c->head.size : 0;
    enum plumb_code code;
    size_t n = 0;

    PLUMB_TRY(http_uri_number(&req->uri, "from", 1, to, &from, err));
    PLUMB_TRY(http_uri_number(&req->uri, "to", 1, to, &to, err));
    if (from < 1 || from > to)
        return plumb_fail(err, PLUMB_INVALID, "query.number", "from",
                          "want from and to, from at least 1 and not above to");
    lent = lend(app);
    (void)pthread_rwlock_rdlock(&app->core->lock);
    (void)pthread_mutex_lock(&app->core->tree_lock);
    code = tree_consistency(app->core->tree, lent.db, (uint64_t)from, (uint64_t)to, proof, &n,
                            err);
    (void)pthread_mutex_unlock(&app->core->tree_lock);
    (void)pthread_rwlock_unlock(&app->core->lock);
    if (code != PLUMB_OK)
        return code;
    for (size_t i = 0; i < n; i++) {
        PLUMB_AUTO(auto_free) char *text = NULL;

        PLUMB_TRY(plumb_base64(proof[i].b, sizeof proof[i].b, &text, err));
        (void)json_array_append_new(hashes, json_string(text));
    }
    answer = json_pack("{s:I,s:I,s:O}", "from", (json_int_t)from, "to", (json_int_t)to, "proof",
                       hashes);
    return http_reply_json(reply, answer, err);
}
