/* Proposals, payloads, versions, history: lists from tables, details from the engine. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/own.h"
#include "server/api_json.h"
#include "server/http/header.h"
#include "server/lend.h"

/* A page under way: rows go into items until there is one more than asked for. */
struct page {
    json_t *items;
    size_t limit;
    char next[PLUMB_NAME_MAX + 24]; /* "" until there is more */
    char last[PLUMB_NAME_MAX + 24]; /* the cursor of the last item taken */
};

static void
page_clear(struct page *page)
{
    json_decref(page->items);
}

static enum plumb_code
page_begin(const struct http_request *req, struct page *ret, struct plumb_err *err)
{
    int64_t limit = 100;

    PLUMB_TRY(http_uri_number(&req->uri, "limit", 1, 1000, &limit, err));
    *ret = (struct page){ .items = json_array(), .limit = (size_t)limit };
    return ret->items != NULL ? PLUMB_OK : plumb_fail_memory(err);
}

static enum plumb_code
page_add(struct page *page, json_t *item, const char *cursor, struct plumb_err *err)
{
    if (json_array_size(page->items) == page->limit) {
        json_decref(item);
        memcpy(page->next, page->last, sizeof page->next);
        return PLUMB_OK;
    }
    (void)snprintf(page->last, sizeof page->last, "%s", cursor);
    return json_array_append_new(page->items, item) == 0 ? PLUMB_OK : plumb_fail_memory(err);
}

static enum plumb_code
page_add_at(struct page *page, json_t *item, uint64_t index, struct plumb_err *err)
{
    char cursor[24];

    (void)snprintf(cursor, sizeof cursor, "%" PRIu64, index);
    return page_add(page, item, cursor, err);
}

static enum plumb_code
page_reply(struct page *page, const char *name, struct http_reply *reply, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *answer = json_pack("{s:O}", name, page->items);

    if (page->next[0] != '\0')
        api_set(answer, "next", json_string(page->next));
    return http_reply_json(reply, answer, err);
}

static enum plumb_code
take_proposal(void *arg, const struct db_proposal_row *row, struct plumb_err *err)
{
    return page_add_at(arg, api_proposal_json(row), row->idx, err);
}

enum plumb_code
api_proposals(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    PLUMB_AUTO(give_back) struct lent lent = { 0 };
    PLUMB_AUTO(page_clear) struct page page = { 0 };
    struct db_proposal_filter filter = { .state = http_query(req, "state"),
                                         .payload = http_query(req, "payload"),
                                         .fleet = http_query(req, "fleet"),
                                         .after = -1 };

    PLUMB_TRY(page_begin(req, &page, err));
    PLUMB_TRY(http_uri_number(&req->uri, "after", 0, INT64_MAX, &filter.after, err));
    PLUMB_TRY(app_size(req, reply, err));
    filter.max = (unsigned)page.limit + 1;
    lent = lend(req->app);
    PLUMB_TRY(db_proposal_read(lent.db, &filter, take_proposal, &page, err));
    PLUMB_TRY(page_reply(&page, "proposals", reply, err));
    {
        struct plumb_digest digest;
        char hex[PLUMB_DIGEST_HEX];

        plumb_sha256(reply->body.data, reply->body.len, &digest);
        plumb_digest_hex(&digest, hex);
        (void)snprintf(reply->etag, sizeof reply->etag, "%.32s", hex);
    }
    if (req->wait_s > 0 && !req->last && http_etag_listed(req->if_none_match, reply->etag))
        return http_wait_for(req, "log", err);
    return PLUMB_OK;
}

static json_t *
votes_json(const struct engine *engine, const struct engine_proposal *p)
{
    json_t *votes = json_array();

    for (size_t i = 0; i < p->nvotes; i++) {
        const struct plumb_vote *v = &p->votes[i];
        json_t *o = json_object();
        const char *principal;

        if (plumb_chain_signer(engine_chain(engine), &v->key, PLUMB_USE_SIGN, v->index, 0,
                               &principal, NULL) == PLUMB_OK)
            api_set(o, "principal", json_string(principal));
        api_set(o, "key", api_digest(&v->key));
        api_set(o, "index", json_integer((json_int_t)v->index));
        api_set(o, "time", api_time(v->time));
        api_set(o, "decision", json_string(plumb_decision_text(v->decision)));
        (void)json_array_append_new(votes, o);
    }
    return votes;
}

static json_t *
proposal_detail(const struct engine *engine, const struct plumb_digest *id)
{
    struct engine_proposal p;
    struct db_proposal_row row;
    char missing[200];
    json_t *o;

    if (!engine_proposal(engine, id, &p))
        return NULL;
    row = (struct db_proposal_row){ .id = p.id,
                                    .idx = p.index,
                                    .time = p.time,
                                    .kind = plumb_kind_text(p.kind),
                                    .action = p.kind == PLUMB_KIND_ROLLOUT
                                                  ? plumb_action_text(p.action)
                                                  : NULL,
                                    .state = engine_proposal_state_text(p.state),
                                    .proposer = p.proposer,
                                    .payload = p.payload,
                                    .version = p.version,
                                    .fleet = p.fleet,
                                    .closed = p.closed_rule != NULL,
                                    .closed_idx = p.closed_index,
                                    .closed_time = p.closed_time,
                                    .closed_rule = p.closed_rule };
    o = api_proposal_json(&row);
    api_set(o, "votes", votes_json(engine, &p));
    api_set(o, "tally",
            json_string(plumb_tally_text(engine_tally(engine, id, missing, sizeof missing))));
    api_set(o, "missing", json_string(missing));
    return o;
}

enum plumb_code
api_proposal(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    struct app *app = req->app;
    PLUMB_AUTO(plumb_json_auto) json_t *answer = NULL;
    struct plumb_digest id;

    PLUMB_TRY(plumb_digest_parse(req->args[0], "id", &id, err));
    PLUMB_TRY(app_size(req, reply, err));
    (void)pthread_rwlock_rdlock(&app->core->lock);
    answer = proposal_detail(app->core->engine, &id);
    (void)pthread_rwlock_unlock(&app->core->lock);
    if (answer == NULL)
        return plumb_fail(err, PLUMB_NOT_FOUND, "proposal.unknown", "id",
                          "there is no such proposal");
    return http_reply_json(reply, answer, err);
}

static enum plumb_code
take_payload(void *arg, const char *payload, int64_t versions, struct plumb_err *err)
{
    return page_add(
        arg, json_pack("{s:s,s:I}", "payload", payload, "versions", (json_int_t)versions),
        payload, err);
}

enum plumb_code
api_payloads(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    PLUMB_AUTO(give_back) struct lent lent = { 0 };
    PLUMB_AUTO(page_clear) struct page page = { 0 };
    const char *after = http_query(req, "after");

    PLUMB_TRY(page_begin(req, &page, err));
    PLUMB_TRY(app_size(req, reply, err));
    lent = lend(req->app);
    PLUMB_TRY(db_payload_read(lent.db, after != NULL ? after : "", (unsigned)page.limit + 1,
                              take_payload, &page, err));
    return page_reply(&page, "payloads", reply, err);
}

static enum plumb_code
take_version(void *arg, const struct db_version_row *row, struct plumb_err *err)
{
    return page_add_at(arg, api_version_json(row), row->idx, err);
}

enum plumb_code
api_versions(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    PLUMB_AUTO(give_back) struct lent lent = { 0 };
    PLUMB_AUTO(page_clear) struct page page = { 0 };
    int64_t after = -1;

    PLUMB_TRY(page_begin(req, &page, err));
    PLUMB_TRY(http_uri_number(&req->uri, "after", 0, INT64_MAX, &after, err));
    PLUMB_TRY(app_size(req, reply, err));
    lent = lend(req->app);
    PLUMB_TRY(db_version_read(lent.db, req->args[0], after, (unsigned)page.limit + 1,
                              take_version, &page, err));
    return page_reply(&page, "versions", reply, err);
}

static json_t *
version_detail(const struct engine *engine, const char *payload, const char *version)
{
    const struct plumb_link *link = plumb_chain_last(engine_chain(engine));
    struct engine_version v;
    json_t *o, *places = json_array();

    if (!engine_version_named(engine, payload, version, &v)) {
        json_decref(places);
        return NULL;
    }
    o = api_version_json(
        &(struct db_version_row){ .release = v.release,
                                  .reference_values = v.reference_values,
                                  .sbom = v.sbom,
                                  .has_sbom = v.has_sbom,
                                  .idx = v.index,
                                  .payload = v.payload,
                                  .version = v.version,
                                  .state = engine_version_state_text(v.state) });
    for (size_t i = 0; link != NULL && i < link->document->nfleets; i++) {
        struct engine_placement p;

        if (engine_placement(engine, link->document->fleets[i].name, &v.release, &p))
            (void)json_array_append_new(places, api_place_json(&p));
    }
    api_set(o, "places", places);
    return o;
}

enum plumb_code
api_version(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    struct app *app = req->app;
    PLUMB_AUTO(plumb_json_auto) json_t *answer = NULL;

    PLUMB_TRY(app_size(req, reply, err));
    (void)pthread_rwlock_rdlock(&app->core->lock);
    answer = version_detail(app->core->engine, req->args[0], req->args[1]);
    (void)pthread_rwlock_unlock(&app->core->lock);
    if (answer == NULL)
        return plumb_fail(err, PLUMB_NOT_FOUND, "version.unknown", "version",
                          "no such version was ever released");
    return http_reply_json(reply, answer, err);
}

static enum plumb_code
take_event(void *arg, const struct db_event_row *row, struct plumb_err *err)
{
    return page_add_at(arg, api_event_json(row), row->idx, err);
}

enum plumb_code
api_history(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    PLUMB_AUTO(give_back) struct lent lent = { 0 };
    PLUMB_AUTO(page_clear) struct page page = { 0 };
    struct db_event_filter filter = { .payload = http_query(req, "payload"),
                                      .version = http_query(req, "version"),
                                      .fleet = http_query(req, "fleet"),
                                      .actor = http_query(req, "by") };
    int64_t before = INT64_MAX;

    PLUMB_TRY(page_begin(req, &page, err));
    PLUMB_TRY(http_uri_number(&req->uri, "after", 0, INT64_MAX, &before, err));
    PLUMB_TRY(app_size(req, reply, err));
    filter.before = (uint64_t)before;
    filter.max = (unsigned)page.limit + 1;
    lent = lend(req->app);
    PLUMB_TRY(db_event_read(lent.db, &filter, take_event, &page, err));
    return page_reply(&page, "events", reply, err);
}
