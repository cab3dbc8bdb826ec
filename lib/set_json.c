/* A reference value set as a document states it. */
#include <plumb/refval.h>

#include "lib/own.h"

static enum plumb_code
add(json_t *object, const char *key, json_t *value, struct plumb_err *err)
{
    return json_object_set_new(object, key, value) == 0 ? PLUMB_OK : plumb_fail_memory(err);
}

static enum plumb_code
add_hex(json_t *object, const char *key, const uint8_t *value, size_t len,
        struct plumb_err *err)
{
    char text[2 * PLUMB_MEASUREMENT_MAX + 1];

    plumb_hex(value, len, text);
    return add(object, key, json_string(text), err);
}

static enum plumb_code
add_covers(json_t *object, const struct plumb_measurement *m, struct plumb_err *err)
{
    json_t *list;

    if (m->ncovers == 0)
        return PLUMB_OK;
    PLUMB_TRY(add(object, "covers", json_array(), err));
    list = json_object_get(object, "covers");
    for (size_t i = 0; i < m->ncovers; i++) {
        json_t *cover = json_object();

        if (json_array_append_new(list, cover) != 0)
            return plumb_fail_memory(err);
        PLUMB_TRY(add(cover, "kind", json_string(plumb_artifact_text(m->covers[i].kind)), err));
        PLUMB_TRY(add_hex(cover, "digest", m->covers[i].digest.b, PLUMB_DIGEST_LEN, err));
    }
    return PLUMB_OK;
}

static enum plumb_code
measurement_json(const struct plumb_measurement *m, json_t *ret, struct plumb_err *err)
{
    PLUMB_TRY(add(ret, "name", json_string(m->kind->name), err));
    PLUMB_TRY(add_covers(ret, m, err));
    if (m->match == PLUMB_MATCH_MIN)
        return add(ret, "min", json_integer(m->min), err);
    if (m->match == PLUMB_MATCH_MASK)
        PLUMB_TRY(add_hex(ret, "mask", m->mask, m->len, err));
    return add_hex(ret, "value", m->value, m->len, err);
}

enum plumb_code
plumb_set_json(const struct plumb_set *s, json_t **ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *set = json_object();
    json_t *list;

    if (set == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(add(set, "measurements", json_array(), err));
    list = json_object_get(set, "measurements");
    PLUMB_TRY(add(set, "tee", json_string(plumb_tee_text(s->tee)), err));
    if (s->label != NULL)
        PLUMB_TRY(add(set, "label", json_string(s->label), err));
    for (size_t i = 0; i < s->n; i++) {
        json_t *m = json_object();

        if (json_array_append_new(list, m) != 0)
            return plumb_fail_memory(err);
        PLUMB_TRY(measurement_json(&s->measurements[i], m, err));
    }
    *ret = PLUMB_TAKE(set);
    return PLUMB_OK;
}
