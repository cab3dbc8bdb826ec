/* app.h - what the handlers of plumbd's routes work on. */
#ifndef SERVER_APP_H
#define SERVER_APP_H

#include "server/alerts.h"
#include "server/bundles.h"
#include "server/follower.h"
#include "server/http/server.h"
#include "server/pool.h"
#include "server/spool.h"
#include "server/tiles.h"
#include "server/witnesses.h"

struct app {
    const struct settings *settings;
    const struct identity *identity;
    struct metrics *metrics;
    struct core *core;
    struct writer *writer;
    struct follower *follower;
    struct bundles *bundles;
    struct alerts *alerts;
    struct spool *spool; /* NULL where no directory is set */
    struct tiles *tiles;
    struct witnesses *witnesses;
    struct db_pool *pool; /* a connection for each worker */
    struct http_server *http;
    pthread_mutex_t http_lock; /* guards http: others wake while it starts and stops */
};

/* The route table; docs/openapi.json is held against it by a test. */
extern const struct http_route app_routes[];
extern const size_t app_nroutes;

/* http_config's identify and observe. */
void app_identify(void *app, const struct http_peer *peer, struct http_principal *ret);
void app_observe(void *app, const struct http_event *event);
/* core's changed: wakes whoever waits for news. */
void app_changed(void *app);
PLUMB_MUST_CHECK enum plumb_code app_init(struct app *app, struct plumb_err *err);

/* --- for the handlers --- */

#define APP_PIECE_MAX (16 << 20) /* bytes of an upload in one request */

/* The log's size for the header that every answer has; with ?size=N, waits for it:
 * "log.behind". */
PLUMB_MUST_CHECK enum plumb_code app_size(struct http_request *req, struct http_reply *reply,
                                          struct plumb_err *err);

/* Handlers by file. */
http_handler api_submit, api_genesis, api_resume;
http_handler api_blob_put, api_upload, api_upload_add, api_upload_drop;
http_handler api_blob_get, api_statement, api_entry, api_checkpoint, api_consistency;
http_handler api_tlog_checkpoint, api_tile, api_tile_entries;
http_handler api_governance, api_governance_version, api_whoami, api_service, api_trust,
    api_witnesses;
http_handler api_proposals, api_proposal, api_payloads, api_versions, api_version, api_history;
http_handler api_fleets, api_fleet, api_bundle, api_pulls;
http_handler api_controls, api_findings, api_summary;
http_handler api_healthz, api_readyz, api_metrics;

#endif
