#include "engine/object.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"

void
object_clear(struct object *o)
{
    plumb_bytes_clear(&o->text);
}

static void
add(struct object *o, const void *data, size_t len)
{
    if (o->code != PLUMB_OK)
        return;
    if (o->cap - o->text.len < len) {
        size_t cap = 2 * (o->cap + len) + 256;
        uint8_t *more = realloc(o->text.data, cap);

        if (more == NULL) {
            o->code = plumb_fail_memory(&o->err);
            return;
        }
        o->text.data = more;
        o->cap = cap;
    }
    memcpy(o->text.data + o->text.len, data, len);
    o->text.len += len;
}

/* What comes before a value. */
static void
begin(struct object *o, const char *key)
{
    if (o->comma)
        add(o, ",", 1);
    o->comma = true;
    if (key == NULL)
        return;
    add(o, "\"", 1);
    add(o, key, strlen(key));
    add(o, "\":", 2);
}

static void
open_one(struct object *o, const char *key, const char *bracket)
{
    begin(o, key);
    add(o, bracket, 1);
    o->comma = false;
}

static void
close_one(struct object *o, const char *bracket)
{
    add(o, bracket, 1);
    o->comma = true;
}

void
object_open(struct object *o, const char *key)
{
    open_one(o, key, "{");
}

void
object_close(struct object *o)
{
    close_one(o, "}");
}

void
object_open_array(struct object *o, const char *key)
{
    open_one(o, key, "[");
}

void
object_close_array(struct object *o)
{
    close_one(o, "]");
}

/* In the profile, only quotes and backslashes need an escape. */
static void
add_text(struct object *o, const char *text)
{
    size_t n;

    add(o, "\"", 1);
    while (n = strcspn(text, "\"\\"), text[n] != '\0') {
        add(o, text, n);
        add(o, "\\", 1);
        add(o, text + n, 1);
        text += n + 1;
    }
    add(o, text, n);
    add(o, "\"", 1);
}

void
object_text(struct object *o, const char *key, const char *value)
{
    begin(o, key);
    add_text(o, value);
}

void
object_digest(struct object *o, const char *key, const struct plumb_digest *value)
{
    char text[1 + PLUMB_DIGEST_HEX] = "\"";

    plumb_digest_hex(value, text + 1);
    text[PLUMB_DIGEST_HEX] = '"'; /* in the place of the NUL */
    begin(o, key);
    add(o, text, sizeof text);
}

void
object_time(struct object *o, const char *key, plumb_time value)
{
    char text[PLUMB_TIME_TEXT];

    plumb_time_text(value, text);
    object_text(o, key, text);
}

void
object_integer(struct object *o, const char *key, int64_t value)
{
    char text[24];

    (void)snprintf(text, sizeof text, "%" PRId64, value);
    begin(o, key);
    add(o, text, strlen(text));
}

void
object_json(struct object *o, const char *key, const json_t *value)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes text = { 0 };

    begin(o, key);
    if (o->code == PLUMB_OK)
        o->code = plumb_json_canonical(value, &text, &o->err);
    if (o->code == PLUMB_OK)
        add(o, text.data, text.len);
}

enum plumb_code
object_end(struct object *o, struct plumb_bytes *ret, struct plumb_err *err)
{
    add(o, "", 1); /* as plumb_json_canonical ends a text; it is not of its length */
    if (o->code != PLUMB_OK) {
        *err = o->err;
        return o->code;
    }
    *ret = (struct plumb_bytes){ o->text.data, o->text.len - 1 };
    o->text = (struct plumb_bytes){ 0 };
    return PLUMB_OK;
}
