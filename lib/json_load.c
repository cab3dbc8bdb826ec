/* Into the profile, or not at all; and out again in the canonical form. */
#include <plumb/json.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/json_path.h"
#include "lib/json_quick.h"
#include "lib/json_text.h"
#include "lib/own.h"

/* jansson writes what the profile allows just as RFC 8785 does. */
#define CANONICAL (JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY)

/* What a text will cost, asked before jansson is: it recurses, and each value is memory. */
struct shape {
    unsigned deepest; /* nesting outside strings */
    size_t values; /* at most so many, members and elements; those in objects count for more */
};

/* An empty object takes four times what a number does. */
#define OBJECT_WEIGHT 4

static struct shape
shape_of(const char *p, size_t len)
{
    struct shape s = { 0, 1 };
    unsigned depth = 0;

    for (size_t i = 0; i < len; i++) {
        char c = p[i];

        if (c == '"') {
            i = json_text_string_end(p, i + 1, len);
        } else if (c == '{' || c == '[') {
            s.values += c == '{' ? OBJECT_WEIGHT : 1;
            if (++depth > s.deepest)
                s.deepest = depth;
        } else if ((c == '}' || c == ']') && depth > 0) {
            depth--;
        } else if (c == ',') {
            s.values++;
        }
    }
    return s;
}

static bool
plain_text(const char *s, size_t len)
{
    const uint8_t *p = (const uint8_t *)s;

    for (size_t i = 0; i < len; i++) {
        if (p[i] < 0x20 || p[i] == 0x7f)
            return false;
        if (p[i] == 0xe2 && len - i > 2 && p[i + 1] == 0x80 && (p[i + 2] & 0xfe) == 0xa8)
            return false; /* U+2028, U+2029 */
    }
    return true;
}

static bool
ascii(const char *s)
{
    for (; *s != '\0'; s++)
        if ((unsigned char)*s < 0x20 || (unsigned char)*s > 0x7e)
            return false;
    return true;
}

static enum plumb_code
in_profile(const struct plumb_jv *v, struct plumb_err *err)
{
    struct plumb_jv child;
    const char *key;
    json_t *value;
    size_t i;

    switch (json_typeof(v->json)) {
    case JSON_REAL:
        return plumb_jv_fail(v, err, PLUMB_INVALID, "json.number",
                             "numbers are integers here, write no fraction or exponent");
    case JSON_INTEGER:
        if (json_integer_value(v->json) > PLUMB_INTEGER_MAX ||
            json_integer_value(v->json) < -PLUMB_INTEGER_MAX)
            return plumb_jv_fail(v, err, PLUMB_INVALID, "json.number",
                                 "integers stay within 2^53-1 here");
        return PLUMB_OK;
    case JSON_STRING:
        if (!plain_text(json_string_value(v->json), json_string_length(v->json)))
            return plumb_jv_fail(
                v, err, PLUMB_INVALID, "json.string",
                "control characters and U+2028/2029 have no place in a string");
        return PLUMB_OK;
    case JSON_ARRAY:
        json_array_foreach(v->json, i, value) {
            child = (struct plumb_jv){ value, v, NULL, i };
            PLUMB_TRY(in_profile(&child, err));
        }
        return PLUMB_OK;
    case JSON_OBJECT:
        json_object_foreach(v->json, key, value) {
            child = (struct plumb_jv){ value, v, key, 0 };
            if (!ascii(key))
                return plumb_jv_fail(&child, err, PLUMB_INVALID, "json.key",
                                     "object keys are printable ASCII");
            PLUMB_TRY(in_profile(&child, err));
        }
        return PLUMB_OK;
    default:
        return PLUMB_OK;
    }
}

static enum plumb_code
refused_by_jansson(const char *data, size_t len, const json_error_t *je, struct plumb_err *err)
{
    const char *rule = "json.syntax";
    size_t position = je->position > 0 ? (size_t)je->position : 0;
    char path[128];

    switch (json_error_code(je)) {
    case json_error_duplicate_key:
        rule = "json.duplicate-key";
        break;
    case json_error_numeric_overflow:
        rule = "json.number";
        break;
    case json_error_invalid_utf8:
    case json_error_null_character:
    case json_error_null_byte_in_key:
        rule = "json.string";
        break;
    case json_error_out_of_memory:
        return plumb_fail_memory(err);
    default:
        if (je->text[0] == '\0') /* jansson says nothing only where it got no memory */
            return plumb_fail_memory(err);
        if (strncmp(je->text, "invalid Unicode '", 17) == 0) /* half a surrogate pair */
            rule = "json.string";
        break;
    }
    /* What was read last is the fault, and opens or closes nothing; unless more is missing. */
    if (position > 0 && json_error_code(je) != json_error_premature_end_of_input)
        position--;
    json_path_at(data, len, position, path, sizeof path);
    return plumb_fail(err, PLUMB_INVALID, rule, path, "byte %zu: %s", position, je->text);
}

static enum plumb_code
check_size(size_t len, size_t max, struct plumb_err *err)
{
    return len <= max ? PLUMB_OK
                      : plumb_fail(err, PLUMB_TOO_LARGE, "json.size", "",
                                   "%zu bytes, at most %zu are read", len, max);
}

/* Any text, and what is wrong with it. */
static enum plumb_code
load(const void *data, size_t len, unsigned depth, json_t **ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;
    json_error_t je = { 0 };
    struct plumb_jv root;

    if (shape_of(data, len).deepest > depth)
        return plumb_fail(err, PLUMB_INVALID, "json.depth", "", "nested deeper than %u levels",
                          depth);
    json = json_loadb(data, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &je);
    if (json == NULL)
        return refused_by_jansson(data, len, &je, err);
    root = plumb_jv_root(json, NULL);
    PLUMB_TRY(in_profile(&root, err));
    *ret = PLUMB_TAKE(json);
    return PLUMB_OK;
}

enum plumb_code
plumb_json_load(const void *data, size_t len, size_t max, unsigned depth, json_t **ret,
                struct plumb_err *err)
{
    json_t *json;

    PLUMB_TRY(check_size(len, max, err));
    json = json_quick(data, len, depth);
    if (json == NULL)
        return load(data, len, depth, ret, err);
    *ret = json;
    return PLUMB_OK;
}

enum plumb_code
plumb_json_load_foreign(const void *data, size_t len, size_t max, json_t **ret,
                        struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;
    json_error_t je = { 0 };
    struct shape shape;

    PLUMB_TRY(check_size(len, max, err));
    shape = shape_of(data, len);
    if (shape.deepest > PLUMB_JSON_FOREIGN_DEPTH)
        return plumb_fail(err, PLUMB_INVALID, "json.depth", "", "nested deeper than %u levels",
                          PLUMB_JSON_FOREIGN_DEPTH);
    if (shape.values > PLUMB_JSON_VALUES)
        return plumb_fail(err, PLUMB_TOO_LARGE, "json.values", "",
                          "holds more values than the %d that are read: split the document",
                          PLUMB_JSON_VALUES);
    json = json_loadb(data, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &je);
    if (json == NULL)
        return refused_by_jansson(data, len, &je, err);
    if (!json_is_object(json))
        return plumb_fail(err, PLUMB_INVALID, "json.type", "", "want an object");
    *ret = PLUMB_TAKE(json);
    return PLUMB_OK;
}

/* A text and how far what is dumped has been the same. */
struct same {
    const char *data;
    size_t len, at;
    bool differs;
};

static int
compare(const char *piece, size_t n, void *arg)
{
    struct same *s = arg;

    for (size_t i = 0; i < n; i++, s->at++)
        if (s->at == s->len || s->data[s->at] != piece[i]) {
            s->differs = true;
            return -1;
        }
    return 0;
}

enum plumb_code
plumb_json_load_canonical(const void *data, size_t len, size_t max, json_t **ret,
                          struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;
    struct same same = { data, len, 0, false };
    char path[sizeof err->where];

    PLUMB_TRY(check_size(len, max, err));
    json = json_quick(data, len, PLUMB_JSON_DEPTH);
    if (json != NULL) {
        *ret = PLUMB_TAKE(json);
        return PLUMB_OK;
    }
    PLUMB_TRY(load(data, len, PLUMB_JSON_DEPTH, &json, err));
    if (json_text_is_canonical(data, len)) {
        *ret = PLUMB_TAKE(json);
        return PLUMB_OK;
    }
    if (json_dump_callback(json, compare, &same, CANONICAL) != 0 && !same.differs)
        return plumb_fail_memory(err);
    if (same.differs || same.at != len) {
        json_path_at(data, len, same.at, path, sizeof path);
        return plumb_fail(err, PLUMB_INVALID, "json.canonical", path,
                          "byte %zu is not as in the canonical form (compact, keys sorted)",
                          same.at);
    }
    *ret = PLUMB_TAKE(json);
    return PLUMB_OK;
}

enum plumb_code
plumb_json_canonical(const json_t *json, struct plumb_bytes *ret, struct plumb_err *err)
{
    struct plumb_jv root = plumb_jv_root((json_t *)json, NULL); /* only read */
    PLUMB_AUTO(auto_free) char *text = NULL;
    size_t len;

    if (json == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(in_profile(&root, err));
    text = json_dumps(json, CANONICAL);
    if (text == NULL)
        return plumb_fail_memory(err);
    len = strlen(text);
    *ret = (struct plumb_bytes){ (uint8_t *)PLUMB_TAKE(text), len };
    return PLUMB_OK;
}

enum plumb_code
plumb_json_digest(const json_t *json, struct plumb_digest *ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes text = { 0 };

    PLUMB_TRY(plumb_json_canonical(json, &text, err));
    plumb_sha256(text.data, text.len, ret);
    return PLUMB_OK;
}

void
plumb_json_auto(json_t **j)
{
    json_decref(*j);
}
