/* The log for other people's clients: C2SP tlog-checkpoint and tlog-tiles. */
#include <plumb/tlog.h>

#include <stdio.h>
#include <string.h>

#include "lib/own.h"
#include "server/lend.h"

PLUMB_DEFINE_AUTO(auto_body, struct http_body *, http_body_unref);
PLUMB_DEFINE_AUTO(auto_checkpoint, struct core_checkpoint *, core_checkpoint_unref);

enum plumb_code
api_tlog_checkpoint(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    PLUMB_TRY(api_checkpoint(req, reply, err));
    reply->cache_control = "public, max-age=5";
    return PLUMB_OK;
}

/* The path's last segments as one text again. */
static enum plumb_code
read_name(const char *const *segments, size_t n, struct tiles_name *ret, struct plumb_err *err)
{
    char path[HTTP_URI_MAX] = "", *end = path;

    for (size_t i = 0; i < n; i++) {
        if (strlen(segments[i]) + 2 > (size_t)(path + sizeof path - end))
            break; /* and what is left is no tile */
        end = stpcpy(stpcpy(end, i > 0 ? "/" : ""), segments[i]);
    }
    return plumb_tile_parse(path, &ret->n, &ret->width, err);
}

static enum plumb_code
reply_tile(struct http_request *req, struct http_reply *reply, const struct tiles_name *name,
           struct plumb_err *err)
{
    struct app *app = req->app;
    PLUMB_AUTO(auto_body) struct http_body *body = tiles_get(app->tiles, name);
    PLUMB_AUTO(auto_checkpoint) struct core_checkpoint *c = NULL;
    PLUMB_AUTO(give_back) struct lent lent = { 0 };

    if (body == NULL) {
        if (!http_slow(req))
            return PLUMB_OK;
        c = core_checkpoint(app->core);
        lent = lend(app);
        PLUMB_TRY(
            tiles_read(app->tiles, lent.db, name, c != NULL ? c->head.size : 0, &body, err));
    }
    http_reply_shared(reply, body);
    return PLUMB_OK;
}

enum plumb_code
api_tile_entries(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    struct tiles_name name = { .level = TILES_ENTRIES };

    PLUMB_TRY(read_name(req->args, req->nargs, &name, err));
    return reply_tile(req, reply, &name, err);
}

enum plumb_code
api_tile(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    const char *level = req->args[0];
    struct tiles_name name;

    PLUMB_TRY(read_name(req->args + 1, req->nargs - 1, &name, err));
    if (level[0] == '\0' || strlen(level) > 2 || strspn(level, "0123456789") != strlen(level) ||
        (level[0] == '0' && level[1] != '\0') || atoi(level) >= TILES_ENTRIES)
        return plumb_fail(err, PLUMB_INVALID, "tile.path", "level",
                          "want a level from 0 to 63");
    name.level = (unsigned)atoi(level);
    return reply_tile(req, reply, &name, err);
}
