/*
 * object.h - a canonical JSON object written as it is told: for one of hundreds of members,
 * whose tree of values costs several times what its text does. Whoever writes it keeps the
 * canonical order: keys ascend, and none needs an escape (ids and hex digits do not).
 */
#ifndef ENGINE_OBJECT_H
#define ENGINE_OBJECT_H

#include <plumb/json.h>

/* All zero to begin with. After a failure the rest does nothing, and object_end says it. */
struct object {
    struct plumb_bytes text; /* owned; its length is what is written */
    size_t cap;
    bool comma; /* before what comes next */
    enum plumb_code code;
    struct plumb_err err;
};
void object_clear(struct object *o);

void object_open(struct object *o);                         /* the object itself */
void object_open_member(struct object *o, const char *key); /* one within it */
void object_close(struct object *o);                        /* the one opened last */

/* value is taken; NULL is out of memory. */
void object_json(struct object *o, const char *key, json_t *value);
void object_digest(struct object *o, const char *key, const struct plumb_digest *value);

/* The text, which is the caller's then. */
PLUMB_MUST_CHECK enum plumb_code object_end(struct object *o, struct plumb_bytes *ret,
                                            struct plumb_err *err);

#endif
