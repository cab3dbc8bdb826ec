#include "lib/span.h"

#include <string.h>

#include "lib/json_text.h"

#define INDEX_MAX UINT64_C(9007199254740991)

static void
skip(struct span *s, size_t n)
{
    s->p += n;
    s->len -= n;
}

bool
span_text(struct span *s, const char *text)
{
    size_t n = strlen(text);

    if (s->len < n || memcmp(s->p, text, n) != 0)
        return false;
    skip(s, n);
    return true;
}

/* Length of the string that begins at p, with its quotes; 0 when it does not end. */
static size_t
string_len(const char *p, size_t len)
{
    size_t end = json_text_string_end(p, 1, len);

    return end < len ? end + 1 : 0;
}

static size_t
value_len(const char *p, size_t len)
{
    size_t depth = 0, i = 0;

    while (i < len) {
        if (p[i] == '"') {
            size_t n = string_len(p + i, len - i);

            if (n == 0)
                return 0;
            i += n;
        } else if (p[i] == '{' || p[i] == '[') {
            depth++;
            i++;
            continue;
        } else if (p[i] == '}' || p[i] == ']') {
            if (depth-- == 0)
                return 0;
            i++;
        } else if (depth > 0) {
            i++;
            continue;
        } else {
            while (i < len && p[i] != ',' && p[i] != '}' && p[i] != ']')
                i++;
            return i;
        }
        if (depth == 0)
            return i;
    }
    return 0;
}

bool
span_value(struct span *s, struct span *ret)
{
    size_t n = value_len(s->p, s->len);

    if (n == 0)
        return false;
    *ret = (struct span){ s->p, n };
    skip(s, n);
    return true;
}

bool
span_index(struct span *s, uint64_t *ret)
{
    uint64_t v = 0;
    size_t n = 0;

    while (n < s->len && n < 17 && s->p[n] >= '0' && s->p[n] <= '9')
        v = v * 10 + (uint64_t)(s->p[n++] - '0');
    if (n == 0 || v > INDEX_MAX || (n > 1 && s->p[0] == '0'))
        return false;
    *ret = v;
    skip(s, n);
    return true;
}

bool
span_string(struct span *s, struct span *ret)
{
    size_t n = s->len > 0 && s->p[0] == '"' ? string_len(s->p, s->len) : 0;

    if (n == 0 || memchr(s->p, '\\', n) != NULL)
        return false;
    *ret = (struct span){ s->p + 1, n - 2 };
    skip(s, n);
    return true;
}

bool
span_next(struct span *s, int *state, struct span *ret)
{
    if (*state == 0) {
        if (!span_text(s, "["))
            return false;
        *state = 1;
        if (span_text(s, "]")) {
            *state = 2;
            return false;
        }
    } else if (*state == 2 || !span_text(s, ",")) {
        if (*state == 1 && span_text(s, "]"))
            *state = 2;
        return false;
    }
    return span_value(s, ret);
}
