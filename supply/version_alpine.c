/* apk-tools 3: N(.N)*[letter](_suffix[N])*[~hash][-rN]. */
#include "supply/version_order.h"

/* In the order in which they may stand; of two that differ here, the later kind is less. */
enum token_kind { FIRST, NUMBER, LETTER, SUFFIX, SUFFIX_NUMBER, HASH, REVISION, END, INVALID };

struct token {
    enum token_kind kind;
    struct part text;
    int suffix; /* its place in the list, those before NO_SUFFIX are pre-releases */
};

#define NO_SUFFIX 4
static const char *const suffixes[] = { "alpha", "beta", "pre", "rc", "",
                                        "cvs",   "svn",  "git", "hg", "p" };

static struct token
suffix(const char **text)
{
    struct token t = { INVALID, { *text, 0 }, 0 };

    while (t.text.p[t.text.len] >= 'a' && t.text.p[t.text.len] <= 'z')
        t.text.len++;
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++)
        if (t.text.len > 0 && strlen(suffixes[i]) == t.text.len &&
            memcmp(suffixes[i], t.text.p, t.text.len) == 0) {
            t.kind = SUFFIX;
            t.suffix = (int)i;
        }
    *text += t.text.len;
    return t;
}

static struct token
digits(enum token_kind kind, const char **text)
{
    struct token t = { kind, take_digits(text), 0 };

    if (t.text.len == 0)
        t.kind = INVALID;
    return t;
}

static struct token
hash(const char **text)
{
    struct token t = { HASH, { *text, 0 }, 0 };

    while (is_digit(t.text.p[t.text.len]) ||
           (t.text.p[t.text.len] >= 'a' && t.text.p[t.text.len] <= 'f'))
        t.text.len++;
    if (t.text.len == 0)
        t.kind = INVALID;
    *text += t.text.len;
    return t;
}

/* The token at *text after one of the kind last. */
static struct token
next(enum token_kind last, const char **text)
{
    const char c = **text;

    if (c == '\0')
        return (struct token){ END, { *text, 0 }, 0 };
    if (last == SUFFIX && is_digit(c))
        return digits(SUFFIX_NUMBER, text);
    if (last <= NUMBER && c >= 'a' && c <= 'z')
        return (struct token){ LETTER, { (*text)++, 1 }, 0 };
    if (last <= NUMBER && c == '.') {
        ++*text;
        return digits(NUMBER, text);
    }
    if (last <= SUFFIX_NUMBER && c == '_') {
        ++*text;
        return suffix(text);
    }
    if (last < HASH && c == '~') {
        ++*text;
        return hash(text);
    }
    if (last < REVISION && c == '-' && (*text)[1] == 'r') {
        *text += 2;
        return digits(REVISION, text);
    }
    return (struct token){ INVALID, { *text, 0 }, 0 };
}

static int
compare_tokens(const struct token *a, const struct token *b)
{
    switch (a->kind) {
    case NUMBER: /* one that begins with a zero is a fraction */
        if (*a->text.p == '0' || *b->text.p == '0')
            return compare_texts(a->text, b->text);
        return compare_numbers(a->text, b->text);
    case FIRST:
    case SUFFIX_NUMBER:
    case REVISION:
        return compare_numbers(a->text, b->text);
    case SUFFIX:
        return a->suffix - b->suffix;
    default:
        return compare_texts(a->text, b->text);
    }
}

static bool
well_formed(const char *text)
{
    struct token t = digits(FIRST, &text);

    while (t.kind < END)
        t = next(t.kind, &text);
    return t.kind == END;
}

enum version_sign
version_alpine(const char *a, const char *b)
{
    struct token x, y;

    if (!well_formed(a) || !well_formed(b))
        return VERSION_UNDETERMINED;
    x = digits(FIRST, &a);
    y = digits(FIRST, &b);
    while (x.kind == y.kind && x.kind != END) {
        const int c = compare_tokens(&x, &y);

        if (c != 0)
            return sign_of(c);
        x = next(x.kind, &a);
        y = next(y.kind, &b);
    }
    if (x.kind == y.kind)
        return VERSION_EQUAL;
    if (x.kind == SUFFIX && x.suffix < NO_SUFFIX)
        return VERSION_LESS;
    if (y.kind == SUFFIX && y.suffix < NO_SUFFIX)
        return VERSION_GREATER;
    return sign_of((int)y.kind - (int)x.kind);
}
