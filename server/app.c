#include "server/app.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/own.h"
#include "server/log.h"

#define READERS            (HTTP_READER | HTTP_LOCAL)
#define STATEMENT_BODY_MAX (128 * 1024)

/* clang-format off */
const struct http_route app_routes[] = {
    { "POST", "/v1/statements", HTTP_WRITER | HTTP_LOCAL, STATEMENT_BODY_MAX, "application/json", NULL, api_submit, 0,
      "Submit a signed statement; the answer is its receipt" },
    { "PUT", "/v1/blobs/{}", HTTP_WRITER | HTTP_LOCAL, 64u << 20, NULL, NULL, api_blob_put, 0,
      "Store bytes under their SHA-256" },
    { "GET", "/v1/uploads/{}", HTTP_WRITER | HTTP_LOCAL, 0, NULL, NULL, api_upload, 0,
      "How far an upload is; 204, and it stands in the headers" },
    { "PATCH", "/v1/uploads/{}", HTTP_WRITER | HTTP_LOCAL, APP_PIECE_MAX, "application/partial-upload", NULL, api_upload_add, 0,
      "The next piece of a blob; with the last one it is stored" },
    { "DELETE", "/v1/uploads/{}", HTTP_WRITER | HTTP_LOCAL, 0, NULL, NULL, api_upload_drop, 0, "Forget an upload" },
    { "GET", "/v1/blobs/{}", READERS, 0, NULL, NULL, api_blob_get, 0, "A blob's bytes" },
    { "GET", "/v1/statements/{}", READERS, 0, NULL, "size", api_statement, 0, "A statement's receipt, and its entry" },
    { "GET", "/v1/entries/{}", READERS, 0, NULL, "size", api_entry, 0, "An entry's bytes" },
    { "GET", "/v1/checkpoint", HTTP_PUBLIC, 0, NULL, NULL, api_checkpoint, HTTP_FAST, "The newest signed checkpoint" },
    { "GET", "/v1/consistency", HTTP_PUBLIC, 0, NULL, "from,to", api_consistency, 0,
      "Proof that one log size extends another" },
    { "GET", "/v1/governance", READERS, 0, NULL, "size", api_governance, 0, "The governance document in force" },
    { "GET", "/v1/governance/{}", READERS, 0, NULL, "size", api_governance_version, 0,
      "An earlier version of the governance document" },
    { "GET", "/v1/whoami", HTTP_CLIENT | HTTP_LOCAL, 0, NULL, NULL, api_whoami, 0, "Who the service takes you for" },
    { "GET", "/v1/proposals", READERS, 0, NULL, "state,payload,fleet,limit,after,size", api_proposals, 0,
      "Proposals, oldest first" },
    { "GET", "/v1/proposals/{}", READERS, 0, NULL, "size", api_proposal, 0, "A proposal with its votes" },
    { "GET", "/v1/payloads", READERS, 0, NULL, "limit,after,size", api_payloads, 0, "Payloads that have versions" },
    { "GET", "/v1/payloads/{}/versions", READERS, 0, NULL, "limit,after,size", api_versions, 0, "A payload's versions" },
    { "GET", "/v1/payloads/{}/versions/{}", READERS, 0, NULL, "size", api_version, 0,
      "A version and where it stands in every fleet" },
    { "GET", "/v1/payloads/{}/versions/{}/controls", READERS, 0, NULL, "size", api_controls, 0,
      "A version's controls, evidence, findings and evaluation" },
    { "GET", "/v1/summaries/{}", READERS, 0, NULL, "size", api_summary, 0,
      "What a release's approval was evaluated to, as a signed SLSA verification summary" },
    { "GET", "/v1/findings", READERS, 0, NULL, "payload,fleet,all,limit,after,size", api_findings, 0,
      "Advisories about accepted versions, where they run, and what would be left" },
    { "GET", "/v1/fleets", READERS, 0, NULL, "size", api_fleets, 0, "Fleets and what is published for them" },
    { "GET", "/v1/fleets/{}", READERS | HTTP_VERIFIER, 0, NULL, "size", api_fleet, 0,
      "A fleet: what is incoming, current and outgoing" },
    { "GET", "/v1/fleets/{}/bundle", HTTP_PUBLIC, 0, NULL, NULL, api_bundle, HTTP_FAST, "The fleet's bundle file" },
    { "GET", "/v1/fleets/{}/pulls", READERS, 0, NULL, NULL, api_pulls, 0, "Which verifier pulled which publication" },
    { "GET", "/v1/history", READERS, 0, NULL, "payload,version,fleet,by,limit,after,size", api_history, 0,
      "Who did what, newest first" },
    { "POST", "/v1/genesis", HTTP_LOCAL, STATEMENT_BODY_MAX, "application/json", NULL, api_genesis, 0,
      "Begin the log with a signed genesis" },
    { "POST", "/v1/resume", HTTP_LOCAL, 0, NULL, NULL, api_resume, 0,
      "An operator confirms that writing may go on" },
    { "GET", "/v1/service", READERS, 0, NULL, NULL, api_service, 0, "The service's own public keys" },
    { "GET", "/v1/witnesses", READERS, 0, NULL, NULL, api_witnesses, 0,
      "Which witnesses cosign, and which are away" },
    { "GET", "/v1/trust/{}", READERS | HTTP_VERIFIER, 0, NULL, NULL, api_trust, 0,
      "The trust file of a fleet, to be checked and pinned" },
    { "GET", "/checkpoint", HTTP_PUBLIC, 0, NULL, NULL, api_tlog_checkpoint, HTTP_FAST,
      "C2SP tlog-tiles: the newest signed checkpoint" },
    { "GET", "/tile/entries/{*}", READERS, 0, NULL, NULL, api_tile_entries, HTTP_FAST,
      "C2SP tlog-tiles: entries, each with its length before it" },
    { "GET", "/tile/{}/{*}", HTTP_PUBLIC, 0, NULL, NULL, api_tile, HTTP_FAST,
      "C2SP tlog-tiles: hashes of one level" },
    { "GET", "/healthz", HTTP_PUBLIC, 0, NULL, NULL, api_healthz, HTTP_FAST, "The process runs" },
    { "GET", "/readyz", HTTP_PUBLIC, 0, NULL, NULL, api_readyz, HTTP_FAST, "It can read and write" },
    { "GET", "/metrics", READERS | HTTP_MONITOR, 0, NULL, NULL, api_metrics, 0, "Prometheus metrics" },
};
/* clang-format on */
const size_t app_nroutes = sizeof app_routes / sizeof app_routes[0];

enum plumb_code
app_init(struct app *app, struct plumb_err *err)
{
    if (pthread_mutex_init(&app->http_lock, NULL) != 0)
        return plumb_fail_memory(err);
    return PLUMB_OK;
}

static unsigned
access_of(const struct who_client *client)
{
    const unsigned read = 1u << PLUMB_POWER_READ, pull = 1u << PLUMB_POWER_PULL;

    return HTTP_CLIENT | HTTP_WRITER |
           ((client->may & read) != 0 ? HTTP_READER | HTTP_MONITOR : 0) |
           ((client->may & pull) != 0 ? HTTP_VERIFIER : 0);
}

void
app_identify(void *arg, const struct http_peer *peer, struct http_principal *ret)
{
    struct app *app = arg;
    struct who *who;
    struct who_client client;

    if (peer->local) {
        ret->access = HTTP_LOCAL;
        (void)snprintf(ret->name, sizeof ret->name, "local");
        return;
    }
    who = core_who(app->core);
    if (who == NULL)
        return;
    if (who_client(who, &peer->key, &client)) {
        ret->access = access_of(&client);
        (void)snprintf(ret->name, sizeof ret->name, "%s", client.principal);
    }
    who_unref(who);
}

void
app_observe(void *arg, const struct http_event *event)
{
    static struct log_gate gate;
    enum log_level level = event->status >= 500 ? LOG_WARN : LOG_INFO;
    int64_t dropped;

    (void)arg;
    if (event->status < 400 || !log_gate(&gate, 50, &dropped))
        return; /* what went well is counted in the metrics */
    log_event(level, "request.refused", LOG_TEXT("id", event->req->id),
              LOG_TEXT("method", event->req->method), LOG_TEXT("route", event->route),
              LOG_TEXT("client", event->req->who.name),
              LOG_TEXT("address", event->req->peer.address),
              LOG_NUMBER("status", event->status),
              LOG_TEXT("rule", event->err != NULL ? event->err->rule : ""),
              LOG_TEXT("detail", event->err != NULL ? event->err->msg : ""),
              LOG_NUMBER("dropped", dropped));
}

static void
wake(struct app *app, const char *topic)
{
    (void)pthread_mutex_lock(&app->http_lock);
    if (app->http != NULL)
        http_wake(app->http, topic);
    (void)pthread_mutex_unlock(&app->http_lock);
}

static void
wake_fleet(void *arg, const char *fleet)
{
    char topic[PLUMB_NAME_MAX + 8];

    (void)snprintf(topic, sizeof topic, "bundle/%s", fleet);
    wake(arg, topic);
}

void
app_changed(void *arg)
{
    struct app *app = arg;

    bundles_refresh(app->bundles, wake_fleet, app);
    wake(app, "log");
    if (app->follower != NULL)
        follower_wake(app->follower);
    if (app->witnesses != NULL)
        witnesses_wake(app->witnesses);
}

enum plumb_code
app_size(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    struct app *app = req->app;
    const int64_t give_up = app->settings->behind_ms;
    int64_t wanted = 0;

    PLUMB_TRY(http_uri_number(&req->uri, "size", 0, INT64_C(1) << 53, &wanted, err));
    for (int64_t waited = 0;; waited += 10) {
        uint64_t size;

        (void)pthread_rwlock_rdlock(&app->core->lock);
        size = engine_size(app->core->engine);
        (void)pthread_rwlock_unlock(&app->core->lock);
        if (size >= (uint64_t)wanted) {
            http_reply_header(reply, "Plumbline-Log-Size", "%" PRIu64, size);
            return PLUMB_OK;
        }
        if (waited >= give_up)
            return plumb_fail(err, PLUMB_UNAVAILABLE, "log.behind", "size",
                              "this instance has %" PRIu64 " entries; try again or elsewhere",
                              size);
        follower_wake(app->follower);
        (void)nanosleep(&(struct timespec){ 0, 10 * 1000 * 1000 }, NULL);
    }
}
