#include "lib/json_text.h"

#include <plumb/json.h>
#include <string.h>

#define OUTSIDE "0123456789:aeflnrstu"

/* One object or array under way. */
struct open {
    bool object;
    const char *key; /* the last one; NULL before the first */
    size_t key_len;
};

struct look {
    const char *p, *end;
    struct open open[PLUMB_JSON_DEPTH + 1];
    unsigned depth;
    bool key_next;
};

size_t
json_text_string_end(const char *text, size_t at, size_t len)
{
    while (at < len) {
        const char *quote = memchr(text + at, '"', len - at);
        size_t end = quote != NULL ? (size_t)(quote - text) : len, slash = end;

        while (slash > at && text[slash - 1] == '\\')
            slash--;
        if (quote == NULL || (end - slash) % 2 == 0)
            return end;
        at = end + 1;
    }
    return len;
}

/* After the opening quote: to the closing one. In the profile, only quotes and backslashes need
 * an escape. */
static bool
pass_string(struct look *l, bool *ret_escaped)
{
    const char *end = l->p + json_text_string_end(l->p, 0, (size_t)(l->end - l->p));
    const char *p = l->p;

    *ret_escaped = false;
    while ((p = memchr(p, '\\', (size_t)(end - p))) != NULL) {
        *ret_escaped = true;
        if (++p == end || (*p != '"' && *p != '\\'))
            return false;
        p++;
    }
    l->p = end;
    return end < l->end;
}

bool
json_text_key_ascends(const char *before, size_t before_len, const char *key, size_t len)
{
    int order = memcmp(before, key, before_len < len ? before_len : len);

    return order < 0 || (order == 0 && before_len < len);
}

static bool
pass_key(struct open *o, const char *key, size_t len)
{
    if (o->key != NULL && !json_text_key_ascends(o->key, o->key_len, key, len))
        return false;
    o->key = key;
    o->key_len = len;
    return true;
}

static bool
pass_text(struct look *l)
{
    const char *begin = l->p;
    bool escaped, key = l->key_next;

    if (!pass_string(l, &escaped))
        return false;
    l->key_next = false;
    return !key || (!escaped && pass_key(&l->open[l->depth], begin, (size_t)(l->p - begin)));
}

static bool
open_one(struct look *l, bool object)
{
    if (l->depth == PLUMB_JSON_DEPTH)
        return false;
    l->open[++l->depth] = (struct open){ .object = object };
    l->key_next = object;
    return true;
}

bool
json_text_is_canonical(const char *text, size_t len)
{
    struct look l = { .p = text, .end = text + len };

    for (; l.p < l.end; l.p++) {
        switch (*l.p) {
        case '"':
            l.p++;
            if (!pass_text(&l))
                return false;
            break;
        case '{':
        case '[':
            if (!open_one(&l, *l.p == '{'))
                return false;
            break;
        case '}':
        case ']':
            l.depth--;
            l.key_next = false;
            break;
        case ',':
            l.key_next = l.open[l.depth].object;
            break;
        case '-': /* zero has no sign */
            if (l.p + 1 < l.end && l.p[1] == '0')
                return false;
            break;
        default: /* of numbers and words; no space, and no NUL, which jansson reads over */
            if (memchr(OUTSIDE, *l.p, sizeof OUTSIDE - 1) == NULL)
                return false;
            break;
        }
    }
    return true;
}
