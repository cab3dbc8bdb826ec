/* Governance, the service itself, its health. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/own.h"
#include "server/api_json.h"
#include "server/lend.h"

static enum plumb_code
governance_reply(struct http_request *req, struct http_reply *reply, int64_t version,
                 struct plumb_err *err)
{
    struct app *app = req->app;
    PLUMB_AUTO(plumb_json_auto) json_t *answer = json_object();
    const struct plumb_link *link;

    PLUMB_TRY(app_size(req, reply, err));
    (void)pthread_rwlock_rdlock(&app->core->lock);
    link = version > 0 ? plumb_chain_link(engine_chain(app->core->engine), (size_t)version - 1)
                       : plumb_chain_last(engine_chain(app->core->engine));
    if (link != NULL) {
        api_set(answer, "version", json_integer(link->document->version));
        api_set(answer, "statement", api_digest(&link->statement));
        api_set(answer, "digest", api_digest(&link->document->digest));
        api_set(answer, "index", json_integer((json_int_t)link->index));
        api_set(answer, "time", api_time(link->time));
        api_set(answer, "document", json_deep_copy(link->document->json));
    }
    (void)pthread_rwlock_unlock(&app->core->lock);
    if (link == NULL)
        return plumb_fail(err, PLUMB_NOT_FOUND, "governance.version", "version",
                          "there is no such version of the governance document");
    return http_reply_json(reply, answer, err);
}

enum plumb_code
api_governance(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    return governance_reply(req, reply, 0, err);
}

enum plumb_code
api_governance_version(struct http_request *req, struct http_reply *reply,
                       struct plumb_err *err)
{
    char *end;
    long long version = strtoll(req->args[0], &end, 10);

    if (*end != '\0' || version < 1)
        return plumb_fail(err, PLUMB_INVALID, "query.number", "version",
                          "want a version from 1 on");
    return governance_reply(req, reply, version, err);
}

enum plumb_code
api_whoami(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    struct app *app = req->app;
    PLUMB_AUTO(plumb_json_auto) json_t *answer = NULL;
    struct who *who = core_who(app->core);
    struct who_client client = { .principal = req->who.name };
    json_t *may = json_array(), *fleets = json_array();

    if (who != NULL && req->peer.has_key)
        (void)who_client(who, &req->peer.key, &client);
    for (unsigned p = 0; p < PLUMB_POWER_COUNT; p++)
        if ((client.may & 1u << p) != 0)
            (void)json_array_append_new(may, json_string(plumb_power_text(p)));
    for (size_t i = 0; i < client.nfleets; i++)
        (void)json_array_append_new(fleets, json_string(client.fleets[i]));
    answer = json_pack("{s:s,s:b,s:o,s:o}", "principal", client.principal, "local",
                       req->peer.local, "may", may, "fleets", fleets);
    who_unref(who);
    return http_reply_json(reply, answer, err);
}

enum plumb_code
api_service(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    struct app *app = req->app;
    PLUMB_AUTO(plumb_json_auto) json_t *answer = NULL;

    PLUMB_TRY(identity_json(app->identity, &answer, err));
    return http_reply_json(reply, answer, err);
}

/* What a verifier pins; whoever gives it to one has compared it with what was agreed. */
enum plumb_code
api_trust(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    struct app *app = req->app;
    PLUMB_AUTO(plumb_json_auto) json_t *answer = NULL;
    PLUMB_AUTO(plumb_json_auto) json_t *policy = NULL;
    const struct plumb_link *genesis, *last;
    enum plumb_code code = PLUMB_OK;
    bool known = false;

    (void)pthread_rwlock_rdlock(&app->core->lock);
    genesis = plumb_chain_link(engine_chain(app->core->engine), 0);
    last = plumb_chain_last(engine_chain(app->core->engine));
    if (last != NULL && plumb_governance_fleet(last->document, req->args[0]) != NULL) {
        known = true;
        code = plumb_governance_policy(last->document, &policy, err);
        answer = json_pack("{s:s,s:s,s:o,s:[o],s:O}", "schema", "urn:plumbline:trust:v1",
                           "fleet", req->args[0], "genesis", api_digest(&genesis->statement),
                           "server", api_digest(&app->identity->tls_pin), "policy", policy);
    }
    (void)pthread_rwlock_unlock(&app->core->lock);
    if (!known)
        return plumb_fail(err, PLUMB_NOT_FOUND, "fleet.unknown", "fleet",
                          "the governance document names no such fleet");
    return code == PLUMB_OK ? http_reply_json(reply, answer, err) : code;
}

enum plumb_code
api_witnesses(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    struct app *app = req->app;
    PLUMB_AUTO(plumb_json_auto) json_t *answer = witnesses_json(app->witnesses);

    return http_reply_json(reply, answer, err);
}

enum plumb_code
api_healthz(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    (void)req;
    return http_reply_text(reply, "text/plain; charset=utf-8", "ok\n", err);
}

enum plumb_code
api_readyz(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    struct app *app = req->app;

    PLUMB_TRY(core_may_write(app->core, err));
    if (!follower_healthy(app->follower))
        return plumb_fail(err, PLUMB_UNAVAILABLE, "db.unavailable", "",
                          "the database does not answer");
    return http_reply_text(reply, "text/plain; charset=utf-8", "ready\n", err);
}

enum plumb_code
api_metrics(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    struct app *app = req->app;
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes text = { 0 };

    PLUMB_TRY(metrics_text(app->metrics, &text, err));
    http_reply_bytes(reply, METRICS_CONTENT_TYPE, &text);
    return PLUMB_OK;
}
