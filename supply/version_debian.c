/* deb-version(7): epoch, upstream version, revision. */
#include "supply/version_order.h"

struct deb {
    struct part epoch, upstream, revision;
};

static bool
chars_ok(struct part p, const char *others)
{
    for (size_t i = 0; i < p.len; i++)
        if (!is_alnum(p.p[i]) && strchr(others, p.p[i]) == NULL)
            return false;
    return true;
}

static bool
parse(const char *text, struct deb *ret)
{
    const char *colon = strchr(text, ':'), *dash;

    *ret = (struct deb){ .epoch = { text, 0 }, .revision = { "", 0 } };
    if (colon != NULL) {
        ret->epoch = take_digits(&text);
        if (ret->epoch.len == 0 || text != colon)
            return false;
        text++;
    }
    dash = strrchr(text, '-');
    ret->upstream = (struct part){ text, dash != NULL ? (size_t)(dash - text) : strlen(text) };
    if (dash != NULL) {
        ret->revision = (struct part){ dash + 1, strlen(dash + 1) };
        if (ret->revision.len == 0 || !chars_ok(ret->revision, "+.~"))
            return false;
    }
    return ret->upstream.len > 0 && chars_ok(ret->upstream, ".+-~:");
}

/* What one character weighs where it is no digit; so does the end. */
static int
weight(struct part p)
{
    if (p.len == 0 || is_digit(*p.p))
        return 0;
    if (*p.p == '~')
        return -1;
    return is_alpha(*p.p) ? (unsigned char)*p.p : (unsigned char)*p.p + 256;
}

static struct part
front_digits(struct part *rest)
{
    struct part d = { rest->p, 0 };

    while (d.len < rest->len && is_digit(d.p[d.len]))
        d.len++;
    rest->p += d.len;
    rest->len -= d.len;
    return d;
}

/* By turns: what is not digits, character by character, then digits as a number. */
static int
compare_runs(struct part a, struct part b)
{
    while (a.len > 0 || b.len > 0) {
        int c;

        while ((a.len > 0 && !is_digit(*a.p)) || (b.len > 0 && !is_digit(*b.p))) {
            c = weight(a) - weight(b);
            if (c != 0)
                return c;
            /* equal and not both digits or ended: so neither is */
            a.p++, a.len--;
            b.p++, b.len--;
        }
        c = compare_numbers(front_digits(&a), front_digits(&b));
        if (c != 0)
            return c;
    }
    return 0;
}

enum version_sign
version_debian(const char *a, const char *b)
{
    struct deb x, y;
    int c;

    if (!parse(a, &x) || !parse(b, &y))
        return VERSION_UNDETERMINED;
    c = compare_numbers(x.epoch, y.epoch);
    if (c == 0)
        c = compare_runs(x.upstream, y.upstream);
    if (c == 0)
        c = compare_runs(x.revision, y.revision);
    return sign_of(c);
}
