/*
 * object.h - a canonical JSON object written as it is told: the tree of its values would cost
 * several times what its text does. Whoever writes it keeps the canonical order: keys ascend,
 * and none needs an escape.
 */
#ifndef ENGINE_OBJECT_H
#define ENGINE_OBJECT_H

#include <plumb/json.h>
#include <plumb/time.h>

/* All zero to begin with. After a failure the rest does nothing, and object_end says it. */
struct object {
    struct plumb_bytes text; /* owned; its length is what is written */
    size_t cap;
    bool comma; /* before what comes next */
    enum plumb_code code;
    struct plumb_err err;
};
void object_clear(struct object *o);

/* Everything is a member by its key; of an array an element, and the object itself: without,
 * NULL. */
void object_open(struct object *o, const char *key);
void object_close(struct object *o); /* the one opened last */
void object_open_array(struct object *o, const char *key);
void object_close_array(struct object *o);

void object_digest(struct object *o, const char *key, const struct plumb_digest *value);
void object_integer(struct object *o, const char *key, int64_t value);
/* A text that is in the profile: a name that the state has, or a word. */
void object_text(struct object *o, const char *key, const char *value);
void object_time(struct object *o, const char *key, plumb_time value);
/* Another value. */
void object_json(struct object *o, const char *key, const json_t *value);

/* The text, which is the caller's then. */
PLUMB_MUST_CHECK enum plumb_code object_end(struct object *o, struct plumb_bytes *ret,
                                            struct plumb_err *err);

#endif
