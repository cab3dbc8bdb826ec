#include "supply/feed.h"

#include <plumb/json.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"
#include "supply/osv.h"

PLUMB_DEFINE_AUTO(auto_osv, struct osv_advisory *, osv_free);

void
feed_clear(struct feed *f)
{
    free(f->lines);
    *f = (struct feed){ NULL, 0, 0, 0 };
}

static enum plumb_code
add_line(struct feed *f, const char *text, size_t len, struct plumb_err *err)
{
    if (f->room - f->len < len + 1) {
        size_t room = 2 * (f->len + len + 1);
        char *lines = realloc(f->lines, room);

        if (lines == NULL)
            return plumb_fail_memory(err);
        f->lines = lines;
        f->room = room;
    }
    memcpy(f->lines + f->len, text, len);
    f->len += len;
    f->lines[f->len++] = '\n';
    f->count++;
    return PLUMB_OK;
}

/* Read as the engine will, and written on one line. */
static enum plumb_code
add_record(struct feed *f, json_t *json, struct plumb_err *why)
{
    PLUMB_AUTO(auto_osv) struct osv_advisory *a = NULL;
    PLUMB_AUTO(auto_free) char *text = NULL;
    size_t len;

    PLUMB_TRY(osv_read_json(json, &a, why));
    text = json_dumps(json, JSON_COMPACT);
    if (text == NULL)
        return plumb_fail_memory(why);
    len = strlen(text);
    if (len > OSV_BYTES)
        return plumb_fail(why, PLUMB_TOO_LARGE, "feed.record", "",
                          "a record has at most %u bytes", OSV_BYTES);
    return add_line(f, text, len, why);
}

static enum plumb_code
add_text(struct feed *f, const char *text, size_t len, struct plumb_err *why)
{
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;

    PLUMB_TRY(plumb_json_load_foreign(text, len, FEED_BYTES, &json, why));
    return add_record(f, json, why);
}

static bool
is_blank(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (strchr(" \t\r", text[i]) == NULL)
            return false;
    return true;
}

static enum plumb_code
add_lines(struct feed *f, const char *at, const char *end, feed_refused_fn *refused, void *arg,
          struct plumb_err *err)
{
    for (size_t n = 1; at < end; n++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((stop != NULL ? stop : end) - at);
        struct plumb_err why = { 0 };
        enum plumb_code code = is_blank(at, len) ? PLUMB_OK : add_text(f, at, len, &why);

        if (code == PLUMB_NO_MEMORY)
            return plumb_fail_memory(err);
        if (code != PLUMB_OK && refused != NULL)
            refused(arg, n, &why);
        at += len + 1;
    }
    return PLUMB_OK;
}

enum plumb_code
feed_add(struct feed *f, const void *data, size_t len, feed_refused_fn *refused, void *arg,
         struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;
    struct plumb_err why = { 0 };
    enum plumb_code code;

    if (len > FEED_BYTES)
        return plumb_fail(err, PLUMB_TOO_LARGE, "feed.size", "",
                          "a file of advisories has at most %u bytes", FEED_BYTES);
    if (plumb_json_load_foreign(data, len, FEED_BYTES, &json, NULL) != PLUMB_OK)
        return add_lines(f, data, (const char *)data + len, refused, arg, err);
    code = add_record(f, json, &why);
    if (code == PLUMB_NO_MEMORY)
        return plumb_fail_memory(err);
    if (code != PLUMB_OK && refused != NULL)
        refused(arg, 1, &why);
    return PLUMB_OK;
}

bool
feed_next(const struct feed *f, size_t *at, struct feed *ret)
{
    *ret = (struct feed){ .lines = f->lines + *at };
    while (*at < f->len) {
        const char *line = f->lines + *at;
        const char *stop = memchr(line, '\n', f->len - *at); /* every line has one */
        size_t len = (size_t)(stop - line) + 1;

        if (ret->count > 0 && ret->len + len > FEED_IMPORT)
            break;
        ret->len += len;
        ret->count++;
        *at += len;
    }
    return ret->count > 0;
}
