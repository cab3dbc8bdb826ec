/* Fleets, their bundles, and who pulled them. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/own.h"
#include "server/api_json.h"
#include "server/db/publication.h"
#include "server/http/header.h"
#include "server/lend.h"

/* Readers see every fleet, verifiers their own. */
static enum plumb_code
may_see(struct http_request *req, const char *fleet, struct plumb_err *err)
{
    struct app *app = req->app;
    struct who_client client;
    struct who *who;
    bool may;

    if ((req->who.access & (HTTP_LOCAL | HTTP_READER)) != 0)
        return PLUMB_OK;
    who = core_who(app->core);
    may = who != NULL && req->peer.has_key && who_client(who, &req->peer.key, &client) &&
          who_may_pull(&client, fleet);
    who_unref(who);
    if (!may)
        return plumb_fail(err, req->peer.has_key ? PLUMB_FORBIDDEN : PLUMB_UNAUTHENTICATED,
                          "access.fleet", "fleet",
                          "only this fleet's verifiers and readers may see it");
    return PLUMB_OK;
}

enum plumb_code
api_fleets(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    struct app *app = req->app;
    PLUMB_AUTO(plumb_json_auto) json_t *fleets = json_array();
    PLUMB_AUTO(plumb_json_auto) json_t *answer = NULL;
    const struct plumb_link *link;

    PLUMB_TRY(app_size(req, reply, err));
    (void)pthread_rwlock_rdlock(&app->core->lock);
    link = plumb_chain_last(engine_chain(app->core->engine));
    for (size_t i = 0; link != NULL && i < link->document->nfleets; i++) {
        const struct plumb_fleet *fleet = &link->document->fleets[i];
        struct engine_fleet_state state = { 0 };

        (void)engine_fleet(app->core->engine, fleet->name, &state);
        (void)json_array_append_new(fleets, api_fleet_json(fleet, &state));
    }
    (void)pthread_rwlock_unlock(&app->core->lock);
    answer = json_pack("{s:O}", "fleets", fleets);
    return http_reply_json(reply, answer, err);
}

/* Placements gathered by payload: {"payload", "base", "places"}. */
struct gather {
    const struct engine *engine;
    const char *fleet;
    json_t *by_payload; /* object */
};

static bool
take_place(void *arg, const struct engine_placement *p)
{
    struct gather *g = arg;
    json_t *payload = json_object_get(g->by_payload, p->payload);

    if (payload == NULL) {
        payload = json_pack("{s:s,s:I,s:[]}", "payload", p->payload, "base",
                            (json_int_t)engine_base(g->engine, g->fleet, p->payload), "places");
        if (json_object_set_new(g->by_payload, p->payload, payload) != 0)
            return false;
    }
    return json_array_append_new(json_object_get(payload, "places"), api_place_json(p)) == 0;
}

static int
by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The values of an object, by ascending key. */
static json_t *
values_by_key(json_t *object)
{
    size_t n = json_object_size(object), i = 0;
    const char **keys = calloc(n + 1, sizeof *keys);
    json_t *array = json_array(), *value;
    const char *key;

    if (keys == NULL)
        return array;
    json_object_foreach(object, key, value)
        keys[i++] = key;
    qsort(keys, n, sizeof *keys, by_name);
    for (i = 0; i < n; i++)
        (void)json_array_append(array, json_object_get(object, keys[i]));
    free(keys);
    return array;
}

enum plumb_code
api_fleet(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    struct app *app = req->app;
    PLUMB_AUTO(plumb_json_auto) json_t *by_payload = json_object();
    PLUMB_AUTO(plumb_json_auto) json_t *answer = NULL;
    struct gather gather = { app->core->engine, req->args[0], by_payload };
    const struct plumb_link *link;
    const struct plumb_fleet *fleet = NULL;

    PLUMB_TRY(may_see(req, req->args[0], err));
    PLUMB_TRY(app_size(req, reply, err));
    (void)pthread_rwlock_rdlock(&app->core->lock);
    link = plumb_chain_last(engine_chain(app->core->engine));
    if (link != NULL)
        fleet = plumb_governance_fleet(link->document, req->args[0]);
    if (fleet != NULL) {
        struct engine_fleet_state state = { 0 };

        (void)engine_fleet(app->core->engine, fleet->name, &state);
        engine_each_placement(app->core->engine, fleet->name, false, take_place, &gather);
        answer = api_fleet_json(fleet, &state);
        api_set(answer, "payloads", values_by_key(by_payload));
    }
    (void)pthread_rwlock_unlock(&app->core->lock);
    if (answer == NULL)
        return plumb_fail(err, PLUMB_NOT_FOUND, "fleet.unknown", "fleet",
                          "the governance document names no such fleet");
    return http_reply_json(reply, answer, err);
}

/* Public fleets are for everyone; whose it is, is in the snapshot that never waits. */
static enum plumb_code
may_pull(struct http_request *req, const char *fleet, struct plumb_err *err)
{
    struct app *app = req->app;

    if (bundles_public(app->bundles, fleet))
        return PLUMB_OK;
    return may_see(req, fleet, err);
}

enum plumb_code
api_bundle(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    struct app *app = req->app;
    const char *fleet = req->args[0];
    struct http_later *later;
    struct http_body *body;

    PLUMB_TRY(may_pull(req, fleet, err));
    body = bundles_get(app->bundles, fleet);
    if (body == NULL) {
        PLUMB_TRY(http_later(req, &later, err));
        bundles_wait(app->bundles, fleet, later);
        return PLUMB_OK;
    }
    if (req->wait_s > 0 && !req->last &&
        http_etag_listed(req->if_none_match, http_body_etag(body))) {
        char topic[PLUMB_NAME_MAX + 8];

        http_body_unref(body);
        (void)snprintf(topic, sizeof topic, "bundle/%s", fleet);
        return http_wait_for(req, topic, err);
    }
    if (req->who.name[0] != '\0')
        bundles_pulled(app->bundles, fleet, req->who.name, body);
    http_reply_shared(reply, body);
    http_body_unref(body);
    return PLUMB_OK;
}

static enum plumb_code
take_pull(void *arg, const struct db_pull *pull, struct plumb_err *err)
{
    json_t *o = json_object();

    api_set(o, "principal", json_string(pull->principal));
    api_set(o, "index", json_integer((json_int_t)pull->idx));
    api_set(o, "at", api_time(pull->at));
    return json_array_append_new(arg, o) == 0 ? PLUMB_OK : plumb_fail_memory(err);
}

enum plumb_code
api_pulls(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    PLUMB_AUTO(give_back) struct lent lent = lend(req->app);
    PLUMB_AUTO(plumb_json_auto) json_t *pulls = json_array();
    PLUMB_AUTO(plumb_json_auto) json_t *answer = NULL;

    PLUMB_TRY(db_pull_read(lent.db, req->args[0], take_pull, pulls, err));
    answer = json_pack("{s:O}", "pulls", pulls);
    return http_reply_json(reply, answer, err);
}
