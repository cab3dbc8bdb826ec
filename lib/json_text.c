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

/* After the opening quote: to the closing one. In the profile, only quotes and backslashes need
 * an escape. */
static bool
pass_string(struct look *l, bool *ret_escaped)
{
    *ret_escaped = false;
    for (; l->p < l->end && *l->p != '"'; l->p++) {
        if (*l->p != '\\')
            continue;
        *ret_escaped = true;
        if (++l->p == l->end || (*l->p != '"' && *l->p != '\\'))
            return false;
    }
    return l->p < l->end;
}

/* Keys ascend, byte by byte. */
static bool
pass_key(struct open *o, const char *key, size_t len)
{
    size_t common = len < o->key_len ? len : o->key_len;
    int order = o->key != NULL ? memcmp(o->key, key, common) : -1;

    if (order > 0 || (order == 0 && o->key_len >= len))
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
