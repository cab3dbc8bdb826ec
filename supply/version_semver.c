/* SemVer 2.0.0 section 11, with the looseness of what registries hold. */
#include "supply/version_order.h"

struct semver {
    struct part number[3];
    bool more;         /* a fourth number or further */
    struct part extra; /* the pre-release's identifiers */
};

static bool
identifiers_ok(struct part extra)
{
    bool empty = true;

    for (size_t i = 0; i < extra.len; i++) {
        const char c = extra.p[i];

        if (c == '.') {
            if (empty)
                return false;
            empty = true;
        } else if (is_alnum(c) || c == '-') {
            empty = false;
        } else {
            return false;
        }
    }
    return !empty;
}

static bool
parse(const char *text, struct semver *ret)
{
    *ret = (struct semver){ .more = false };
    if (*text == 'v' || *text == 'V')
        text++;
    for (size_t i = 0;; i++) {
        const struct part n = take_digits(&text);

        if (n.len == 0)
            return false;
        if (i < 3)
            ret->number[i] = n;
        else
            ret->more = true;
        if (*text != '.')
            break;
        text++;
    }
    if (*text == '-') {
        ret->extra = (struct part){ text + 1, strcspn(text + 1, "+") };
        if (!identifiers_ok(ret->extra))
            return false;
        text += 1 + ret->extra.len;
    }
    return *text == '\0' || *text == '+';
}

static struct part
next_identifier(struct part *rest)
{
    const char *dot = memchr(rest->p, '.', rest->len);
    const struct part one = { rest->p, dot != NULL ? (size_t)(dot - rest->p) : rest->len };
    const size_t taken = one.len + (dot != NULL);

    rest->p += taken;
    rest->len -= taken;
    return one;
}

static bool
numeric(struct part p)
{
    for (size_t i = 0; i < p.len; i++)
        if (!is_digit(p.p[i]))
            return false;
    return true;
}

static int
compare_identifiers(struct part a, struct part b)
{
    while (a.len > 0 && b.len > 0) {
        const struct part x = next_identifier(&a), y = next_identifier(&b);
        const bool xn = numeric(x), yn = numeric(y);
        const int c = xn != yn ? (xn ? -1 : 1)
                      : xn     ? compare_numbers(x, y)
                               : compare_texts(x, y);

        if (c != 0)
            return c;
    }
    return (a.len > 0) - (b.len > 0);
}

enum version_sign
version_semver(const char *a, const char *b)
{
    struct semver x, y;

    if (!parse(a, &x) || !parse(b, &y))
        return VERSION_UNDETERMINED;
    for (size_t i = 0; i < 3; i++) {
        const int c = compare_numbers(x.number[i], y.number[i]);

        if (c != 0)
            return sign_of(c);
    }
    if (x.more || y.more) /* SemVer has no fourth number */
        return strcmp(a, b) == 0 ? VERSION_EQUAL : VERSION_UNDETERMINED;
    if (x.extra.len == 0 || y.extra.len == 0)
        return sign_of((x.extra.len == 0) - (y.extra.len == 0));
    return sign_of(compare_identifiers(x.extra, y.extra));
}
