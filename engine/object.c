#include "engine/object.h"

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

static void
add_key(struct object *o, const char *key)
{
    if (o->comma)
        add(o, ",", 1);
    add(o, "\"", 1);
    add(o, key, strlen(key));
    add(o, "\":", 2);
    o->comma = true;
}

void
object_open(struct object *o)
{
    add(o, "{", 1);
    o->comma = false;
}

void
object_open_member(struct object *o, const char *key)
{
    add_key(o, key);
    object_open(o);
}

void
object_close(struct object *o)
{
    add(o, "}", 1);
    o->comma = true;
}

void
object_json(struct object *o, const char *key, json_t *value)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes text = { 0 };

    add_key(o, key);
    if (o->code == PLUMB_OK)
        o->code = plumb_json_canonical(value, &text, &o->err);
    if (o->code == PLUMB_OK)
        add(o, text.data, text.len);
    json_decref(value);
}

void
object_digest(struct object *o, const char *key, const struct plumb_digest *value)
{
    char hex[PLUMB_DIGEST_HEX];

    plumb_digest_hex(value, hex);
    add_key(o, key);
    add(o, "\"", 1);
    add(o, hex, strlen(hex));
    add(o, "\"", 1);
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
