/* rpm-version(7): epoch, version, release. */
#include "supply/version_order.h"

struct evr {
    struct part epoch, version, release;
};

static struct evr
parse(const char *text)
{
    struct evr ret = { .epoch = { text, 0 } };
    const char *p = text, *dash;
    const struct part digits = take_digits(&p);

    if (*p == ':') { /* else a colon is a separator like others */
        ret.epoch = digits;
        text = p + 1;
    }
    dash = strrchr(text, '-');
    ret.version = (struct part){ text, dash != NULL ? (size_t)(dash - text) : strlen(text) };
    if (dash != NULL)
        ret.release = (struct part){ dash + 1, strlen(dash + 1) };
    return ret;
}

static void
skip_separators(struct part *p)
{
    while (p->len > 0 && !is_alnum(*p->p) && *p->p != '~' && *p->p != '^')
        p->p++, p->len--;
}

static bool
starts(struct part p, char c)
{
    return p.len > 0 && *p.p == c;
}

static struct part
take_segment(struct part *rest, bool digits)
{
    struct part s = { rest->p, 0 };

    while (s.len < rest->len && (digits ? is_digit(s.p[s.len]) : is_alpha(s.p[s.len])))
        s.len++;
    rest->p += s.len;
    rest->len -= s.len;
    return s;
}

/* Segments of digits or of letters, whatever separates them. */
static int
compare_segments(struct part a, struct part b)
{
    for (;;) {
        struct part x, y;
        bool digits;
        int c;

        skip_separators(&a);
        skip_separators(&b);
        if (starts(a, '~') || starts(b, '~')) { /* before everything, the end too */
            if (!starts(a, '~') || !starts(b, '~'))
                return starts(a, '~') ? -1 : 1;
            a.p++, a.len--;
            b.p++, b.len--;
            continue;
        }
        if (starts(a, '^') || starts(b, '^')) { /* after the end, before all that goes on */
            if (a.len == 0 || b.len == 0)
                return a.len == 0 ? -1 : 1;
            if (!starts(a, '^') || !starts(b, '^'))
                return starts(a, '^') ? -1 : 1;
            a.p++, a.len--;
            b.p++, b.len--;
            continue;
        }
        if (a.len == 0 || b.len == 0)
            return (a.len > 0) - (b.len > 0);
        digits = is_digit(*a.p);
        x = take_segment(&a, digits);
        y = take_segment(&b, digits);
        if (y.len == 0) /* of another kind: digits are the newer */
            return digits ? 1 : -1;
        c = digits ? compare_numbers(x, y) : compare_texts(x, y);
        if (c != 0)
            return c;
    }
}

enum version_sign
version_rpm(const char *a, const char *b)
{
    const struct evr x = parse(a), y = parse(b);
    int c;

    if (x.version.len == 0 || y.version.len == 0)
        return VERSION_UNDETERMINED;
    c = compare_numbers(x.epoch, y.epoch);
    if (c == 0)
        c = compare_segments(x.version, y.version);
    if (c == 0 && x.release.p != NULL && y.release.p != NULL)
        c = compare_segments(x.release, y.release);
    else if (c == 0)
        c = (x.release.p != NULL) - (y.release.p != NULL);
    return sign_of(c);
}
