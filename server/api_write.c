/* What changes something: statements, the genesis, an operator's word. */
#include <inttypes.h>
#include <string.h>

#include "lib/own.h"
#include "server/app.h"
#include "server/db/event.h"
#include "server/db/log.h"
#include "server/lend.h"

PLUMB_DEFINE_AUTO(auto_item, struct write_item *, write_item_free);

/* RECEIPT of docs/api.md. effect: of a repeat, what it did the first time. */
static enum plumb_code
receipt(const struct write_item *item, const char *effect, plumb_time time, json_t **ret,
        struct plumb_err *err)
{
    PLUMB_AUTO(auto_free) char *proof = NULL;
    char id[PLUMB_DIGEST_HEX], text[PLUMB_TIME_TEXT];

    PLUMB_TRY(plumb_base64(item->proof.data, item->proof.len, &proof, err));
    plumb_digest_hex(&item->statement->statement->id, id);
    plumb_time_text(time, text);
    *ret = json_pack("{s:s,s:I,s:s,s:s,s:b,s:I,s:s}", "id", id, "index",
                     (json_int_t)item->effect.index, "time", text, "effect", effect, "repeated",
                     item->effect.repeated, "size", (json_int_t)item->size, "proof", proof);
    return *ret != NULL ? PLUMB_OK : plumb_fail_memory(err);
}

/* A repeat gets the first receipt again: its time and effect come from the log. */
static enum plumb_code
first_receipt(struct app *app, const struct write_item *item, json_t **ret,
              struct plumb_err *err)
{
    PLUMB_AUTO(give_back) struct lent lent = lend(app);
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes entry = { 0 };
    PLUMB_AUTO(plumb_json_auto) json_t *envelope = NULL;
    PLUMB_AUTO(auto_free) char *effect = NULL;
    plumb_time time;

    PLUMB_TRY(db_log_entry(lent.db, item->effect.index, &entry, err));
    PLUMB_TRY(plumb_entry_read(entry.data, entry.len, &envelope, &time, err));
    PLUMB_TRY(db_event_effect(lent.db, item->effect.index, &effect, err));
    return receipt(item, effect, time, ret, err);
}

struct promise {
    struct app *app;
    struct http_later *later;
};

static void
submitted(struct write_item *item, enum plumb_code code, const struct plumb_err *err)
{
    struct promise *promise = item->arg;
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;
    struct plumb_err failed = err != NULL ? *err : (struct plumb_err){ 0 };

    if (code == PLUMB_OK && item->effect.repeated)
        code = first_receipt(promise->app, item, &json, &failed);
    else if (code == PLUMB_OK)
        code = receipt(item, item->effect.text, item->time, &json, &failed);
    if (code == PLUMB_OK) {
        struct http_reply *reply = http_later_reply(promise->later);

        reply->status = item->effect.repeated ? 200 : 201;
        http_reply_header(reply, "Plumbline-Log-Size", "%" PRIu64, item->size);
        code = http_reply_json(reply, json, &failed);
    }
    http_later_done(promise->later, code, &failed);
    free(promise);
    write_item_free(item);
}

static enum plumb_code
submit(struct http_request *req, struct plumb_signed *statement, struct load *needs,
       struct plumb_err *err)
{
    struct app *app = req->app;
    PLUMB_AUTO(auto_item) struct write_item *item = calloc(1, sizeof *item);
    PLUMB_AUTO(auto_free) struct promise *promise = calloc(1, sizeof *promise);
    enum plumb_code code;

    if (item == NULL || promise == NULL) {
        plumb_signed_free(statement);
        load_blobs_clear(needs);
        return plumb_fail_memory(err);
    }
    item->statement = statement;
    item->needs = *needs;
    item->done = submitted;
    item->arg = promise;
    promise->app = app;
    PLUMB_TRY(http_later(req, &promise->later, err));
    code = writer_submit(app->writer, item, err);
    if (code != PLUMB_OK) {
        http_later_done(promise->later, code, err);
        return PLUMB_OK;
    }
    (void)PLUMB_TAKE(item);
    (void)PLUMB_TAKE(promise);
    return PLUMB_OK;
}

/* Read the envelope and, by the snapshot of keys, check its signature: before anything waits
 * for it. */
static enum plumb_code
open_envelope(struct app *app, json_t *envelope, struct plumb_signed **ret,
              struct plumb_err *err)
{
    struct who *who = core_who(app->core);
    enum plumb_code code;

    if (who == NULL)
        return plumb_fail(err, PLUMB_UNAVAILABLE, "log.no-genesis", "",
                          "the log has no genesis yet: see 'plumb governance genesis --help'");
    code = plumb_signed_open(envelope, who_signing_key, who, ret, err);
    who_unref(who);
    return code;
}

enum plumb_code
api_submit(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    struct app *app = req->app;
    PLUMB_AUTO(plumb_json_auto) json_t *envelope = NULL;
    PLUMB_AUTO(give_back) struct lent lent = { 0 };
    struct load needs = { .core = app->core, .limited = true };
    struct plumb_signed *statement = NULL;
    enum plumb_code code;

    (void)reply;
    PLUMB_TRY(core_may_write(app->core, err));
    PLUMB_TRY(plumb_json_load(req->body, req->body_len, 128 * 1024, PLUMB_JSON_DEPTH, &envelope,
                              err));
    PLUMB_TRY(open_envelope(app, envelope, &statement, err));
    lent = lend(app);
    needs.db = lent.db;
    code = load_blobs(&needs, statement->statement, err);
    if (code != PLUMB_OK) {
        load_blobs_clear(&needs);
        plumb_signed_free(statement);
        return code;
    }
    return submit(req, statement, &needs, err);
}

enum plumb_code
api_genesis(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    struct app *app = req->app;
    PLUMB_AUTO(plumb_json_auto) json_t *envelope = NULL;
    PLUMB_AUTO(give_back) struct lent lent = lend(app);
    struct load needs = { .core = app->core, .db = lent.db, .limited = true };
    struct plumb_signed *statement = NULL;
    enum plumb_code code;
    bool begun;

    (void)reply;
    PLUMB_TRY(core_may_write(app->core, err));
    PLUMB_TRY(plumb_json_load(req->body, req->body_len, 128 * 1024, PLUMB_JSON_DEPTH, &envelope,
                              err));
    (void)pthread_rwlock_rdlock(&app->core->lock);
    begun = engine_size(app->core->engine) > 0;
    code = load_open(&needs, envelope, &statement, err);
    (void)pthread_rwlock_unlock(&app->core->lock);
    if (code != PLUMB_OK)
        return begun ? plumb_fail(err, PLUMB_CONFLICT, "log.genesis", "",
                                  "the log has its genesis already")
                     : code;
    code = load_blobs(&needs, statement->statement, err);
    if (code != PLUMB_OK) {
        load_blobs_clear(&needs);
        plumb_signed_free(statement);
        return code;
    }
    return submit(req, statement, &needs, err);
}

enum plumb_code
api_resume(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    struct app *app = req->app;

    PLUMB_TRY(core_resume_writing(app->core, err));
    reply->status = 204;
    return PLUMB_OK;
}
