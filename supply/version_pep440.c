/* PEP 440, with the spellings that it normalises. */
#include "supply/version_order.h"

/* Where a version has no such part. */
#define BEFORE_ALL (-1)
#define AFTER_ALL  99

struct pep440 {
    struct part epoch, release;
    int pre;  /* 0 a, 1 b, 2 rc, or BEFORE_ALL or AFTER_ALL */
    int post; /* 0, or BEFORE_ALL */
    int dev;  /* 0, or AFTER_ALL */
    struct part pre_number, post_number, dev_number;
    struct part local;
};

static const struct word {
    const char *text;
    int kind;
} pre_words[] = { { "alpha", 0 }, { "a", 0 },  { "beta", 1 }, { "b", 1 }, { "preview", 2 },
                  { "pre", 2 },   { "rc", 2 }, { "c", 2 },    { NULL, 0 } },
  post_words[] = { { "post", 0 }, { "rev", 0 }, { "r", 0 }, { NULL, 0 } },
  dev_words[] = { { "dev", 0 }, { NULL, 0 } };

static bool
separator(char c)
{
    return c == '.' || c == '-' || c == '_';
}

static bool
begins(const char *text, const char *word)
{
    for (; *word != '\0'; text++, word++)
        if (lower(*text) != *word)
            return false;
    return true;
}

/* "[sep]word[sep][digits]", where there is one; else *text stays. */
static bool
take_word(const char **text, const struct word *words, int *ret_kind, struct part *ret_number)
{
    const char *p = *text + separator(**text);

    for (; words->text != NULL; words++)
        if (begins(p, words->text)) {
            p += strlen(words->text);
            p += separator(*p);
            *ret_kind = words->kind;
            *ret_number = take_digits(&p);
            *text = p;
            return true;
        }
    return false;
}

static bool
local_ok(struct part p)
{
    bool empty = true;

    for (size_t i = 0; i < p.len; i++) {
        if (is_alnum(p.p[i]))
            empty = false;
        else if (empty || !separator(p.p[i]))
            return false;
        else
            empty = true;
    }
    return !empty;
}

static size_t
trimmed(const char *text)
{
    size_t len = strlen(text);

    while (len > 0 && strchr(" \t\n\r\f\v", text[len - 1]) != NULL)
        len--;
    return len;
}

/* "N(.N)*" */
static struct part
take_release(const char **text)
{
    struct part r = { *text, 0 };

    while (is_digit(**text)) {
        (void)take_digits(text);
        if (**text == '.' && is_digit((*text)[1]))
            (*text)++;
        else
            break;
    }
    r.len = (size_t)(*text - r.p);
    return r;
}

static bool
parse(const char *text, struct pep440 *ret)
{
    const char *p;

    *ret = (struct pep440){ .pre = AFTER_ALL, .post = BEFORE_ALL, .dev = AFTER_ALL };
    text += strspn(text, " \t\n\r\f\v");
    text += lower(*text) == 'v';
    p = text;
    ret->epoch = take_digits(&p);
    if (ret->epoch.len > 0 && *p == '!')
        text = p + 1;
    else
        ret->epoch.len = 0;
    ret->release = take_release(&text);
    if (ret->release.len == 0)
        return false;
    (void)take_word(&text, pre_words, &ret->pre, &ret->pre_number);
    if (text[0] == '-' && is_digit(text[1])) {
        text++;
        ret->post = 0;
        ret->post_number = take_digits(&text);
    } else {
        (void)take_word(&text, post_words, &ret->post, &ret->post_number);
    }
    (void)take_word(&text, dev_words, &ret->dev, &ret->dev_number);
    if (ret->pre == AFTER_ALL && ret->post == BEFORE_ALL && ret->dev != AFTER_ALL)
        ret->pre = BEFORE_ALL; /* 1.0.dev1 comes before 1.0a1 */
    if (*text == '+') {
        ret->local = (struct part){ text + 1, trimmed(text + 1) };
        return local_ok(ret->local);
    }
    return trimmed(text) == 0;
}

static int
compare_releases(struct part a, struct part b)
{
    const char *p = a.p, *q = b.p;

    while (p < a.p + a.len || q < b.p + b.len) {
        struct part x = { NULL, 0 }, y = { NULL, 0 };
        int c;

        if (p < a.p + a.len) {
            x = take_digits(&p);
            p += p < a.p + a.len;
        }
        if (q < b.p + b.len) {
            y = take_digits(&q);
            q += q < b.p + b.len;
        }
        c = compare_numbers(x, y);
        if (c != 0)
            return c;
    }
    return 0;
}

static struct part
next_local(struct part *rest, bool *ret_numeric)
{
    struct part one = { rest->p, 0 };

    *ret_numeric = true;
    while (one.len < rest->len && !separator(one.p[one.len])) {
        *ret_numeric = *ret_numeric && is_digit(one.p[one.len]);
        one.len++;
    }
    rest->p += one.len;
    rest->len -= one.len;
    if (rest->len > 0)
        rest->p++, rest->len--;
    return one;
}

static int
compare_folded(struct part a, struct part b)
{
    for (size_t i = 0; i < a.len && i < b.len; i++)
        if (lower(a.p[i]) != lower(b.p[i]))
            return lower(a.p[i]) < lower(b.p[i]) ? -1 : 1;
    return (a.len > b.len) - (a.len < b.len);
}

static int
compare_locals(struct part a, struct part b)
{
    while (a.len > 0 && b.len > 0) {
        bool xn, yn;
        const struct part x = next_local(&a, &xn), y = next_local(&b, &yn);
        const int c = xn != yn ? (xn ? 1 : -1)
                      : xn     ? compare_numbers(x, y)
                               : compare_folded(x, y);

        if (c != 0)
            return c;
    }
    return (a.len > 0) - (b.len > 0);
}

enum version_sign
version_pep440(const char *a, const char *b)
{
    struct pep440 x, y;
    int c;

    if (!parse(a, &x) || !parse(b, &y))
        return VERSION_UNDETERMINED;
    c = compare_numbers(x.epoch, y.epoch);
    if (c == 0)
        c = compare_releases(x.release, y.release);
    if (c == 0)
        c = x.pre - y.pre;
    if (c == 0)
        c = compare_numbers(x.pre_number, y.pre_number);
    if (c == 0)
        c = x.post - y.post;
    if (c == 0)
        c = compare_numbers(x.post_number, y.post_number);
    if (c == 0)
        c = x.dev - y.dev;
    if (c == 0)
        c = compare_numbers(x.dev_number, y.dev_number);
    if (c == 0)
        c = compare_locals(x.local, y.local);
    return sign_of(c);
}
