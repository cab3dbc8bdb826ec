/* What others' tools read of an evaluation: signed, in their format. */
#include "lib/own.h"
#include "server/api_json.h"
#include "server/lend.h"
#include "server/service.h"

enum plumb_code
api_summary(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    struct app *app = req->app;
    PLUMB_AUTO(plumb_json_auto) json_t *envelope = NULL;
    struct plumb_digest release;
    enum plumb_code code;

    PLUMB_TRY(plumb_digest_parse(req->args[0], "release", &release, err));
    PLUMB_TRY(app_size(req, reply, err));
    (void)pthread_rwlock_rdlock(&app->core->lock);
    code = service_summary(app->core, &release, &envelope, err);
    (void)pthread_rwlock_unlock(&app->core->lock);
    return code == PLUMB_OK ? http_reply_json(reply, envelope, err) : code;
}
