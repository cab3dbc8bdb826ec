#include "lib/json_quick.h"

#include <plumb/json.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "lib/json_text.h"
#include "lib/own.h"

#define DIGITS_MAX 16

struct text {
    const char *p, *end;
    unsigned depth; /* levels that may still be opened */
};

struct piece {
    const char *p;
    size_t len;
};

static bool
take(struct text *t, char c)
{
    if (t->p == t->end || *t->p != c)
        return false;
    t->p++;
    return true;
}

static bool
take_piece(struct text *t, struct piece *ret)
{
    const char *begin = t->p + 1;
    const char *p = begin;

    if (!take(t, '"'))
        return false;
    while (p < t->end && *p >= ' ' && *p <= '~' && *p != '"' && *p != '\\')
        p++;
    t->p = p;
    *ret = (struct piece){ begin, (size_t)(p - begin) };
    return take(t, '"');
}

static json_t *
take_string(struct text *t)
{
    struct piece piece;

    return take_piece(t, &piece) ? json_stringn_nocheck(piece.p, piece.len) : NULL;
}

static json_t *
take_integer(struct text *t)
{
    bool negative = take(t, '-');
    const char *begin = t->p;
    int64_t v = 0;

    while (t->p < t->end && *t->p >= '0' && *t->p <= '9' && t->p - begin < DIGITS_MAX)
        v = 10 * v + (*t->p++ - '0');
    if (t->p == begin || v > PLUMB_INTEGER_MAX ||
        (*begin == '0' && (negative || t->p - begin > 1)))
        return NULL;
    return json_integer(negative ? -v : v);
}

static json_t *
take_word(struct text *t, const char *word, json_t *value)
{
    size_t n = strlen(word);

    if ((size_t)(t->end - t->p) < n || memcmp(t->p, word, n) != 0)
        return NULL;
    t->p += n;
    return value;
}

static json_t *take_value(struct text *t);

static json_t *
take_array(struct text *t)
{
    PLUMB_AUTO(plumb_json_auto) json_t *array = json_array();

    if (!take(t, '[') || t->depth-- == 0)
        return NULL;
    if (!take(t, ']')) {
        do
            if (json_array_append_new(array, take_value(t)) != 0)
                return NULL;
        while (take(t, ','));
        if (!take(t, ']'))
            return NULL;
    }
    t->depth++;
    return PLUMB_TAKE(array);
}

static json_t *
take_object(struct text *t)
{
    PLUMB_AUTO(plumb_json_auto) json_t *object = json_object();
    struct piece before = { NULL, 0 }, key;

    if (!take(t, '{') || t->depth-- == 0)
        return NULL;
    if (!take(t, '}')) {
        do {
            if (!take_piece(t, &key) || !take(t, ':') ||
                (before.p != NULL &&
                 !json_text_key_ascends(before.p, before.len, key.p, key.len)) ||
                json_object_setn_new_nocheck(object, key.p, key.len, take_value(t)) != 0)
                return NULL;
            before = key;
        } while (take(t, ','));
        if (!take(t, '}'))
            return NULL;
    }
    t->depth++;
    return PLUMB_TAKE(object);
}

static json_t *
take_value(struct text *t)
{
    if (t->p == t->end)
        return NULL;
    switch (*t->p) {
    case '"':
        return take_string(t);
    case '{':
        return take_object(t);
    case '[':
        return take_array(t);
    case 't':
        return take_word(t, "true", json_true());
    case 'f':
        return take_word(t, "false", json_false());
    case 'n':
        return take_word(t, "null", json_null());
    default:
        return take_integer(t);
    }
}

json_t *
json_quick(const char *text, size_t len, unsigned depth)
{
    struct text t = { text, text + len, depth };
    PLUMB_AUTO(plumb_json_auto) json_t *json = take_value(&t);

    return t.p == t.end ? PLUMB_TAKE(json) : NULL;
}
