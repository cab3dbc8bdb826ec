/* The POM reference's version order specification. */
#include "supply/version_order.h"

enum {
    ALPHA,
    BETA,
    MILESTONE,
    CANDIDATE,
    SNAPSHOT,
    RELEASE, /* what nothing, 0, "final", "ga" and "release" are */
    SP,
    OTHER, /* any other word */
};

struct item {
    char before; /* '.' or '-': what stands before it */
    bool number;
    int word; /* where it is none */
    struct part text;
};

/* Every byte begins at most one item, and a separator at the end makes one more. */
struct items {
    struct item item[VERSION_MAX + 1];
    size_t n;
};

static bool
same_word(struct part p, const char *word)
{
    size_t i = 0;

    for (; i < p.len && word[i] != '\0'; i++)
        if (lower(p.p[i]) != word[i])
            return false;
    return i == p.len && word[i] == '\0';
}

/* a, b and m stand for their words only where a digit follows at once. */
static int
word_of(struct part p, bool digit_follows)
{
    static const struct {
        const char *text;
        int word;
        bool before_digit;
    } words[] = {
        { "alpha", ALPHA, false },
        { "a", ALPHA, true },
        { "beta", BETA, false },
        { "b", BETA, true },
        { "milestone", MILESTONE, false },
        { "m", MILESTONE, true },
        { "rc", CANDIDATE, false },
        { "cr", CANDIDATE, false },
        { "snapshot", SNAPSHOT, false },
        { "final", RELEASE, false },
        { "ga", RELEASE, false },
        { "release", RELEASE, false },
        { "sp", SP, false },
    };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (same_word(p, words[i].text) && (digit_follows || !words[i].before_digit))
            return words[i].word;
    return OTHER;
}

static bool
is_null(const struct item *i)
{
    if (!i->number)
        return i->word == RELEASE;
    for (size_t k = 0; k < i->text.len; k++)
        if (i->text.p[k] != '0')
            return false;
    return true;
}

/* Nothing and zeros at the end, and before each hyphen, are as good as absent. */
static void
trim(struct items *v)
{
    size_t kept = 0;

    for (size_t i = 0; i < v->n; i++) {
        if (v->item[i].before == '-' && i > 0)
            while (kept > 0 && is_null(&v->item[kept - 1]))
                kept--;
        v->item[kept++] = v->item[i];
    }
    while (kept > 0 && is_null(&v->item[kept - 1]))
        kept--;
    v->n = kept;
}

static void
split(const char *text, struct items *ret)
{
    char before = '.';

    ret->n = 0;
    for (;;) {
        struct item *i = &ret->item[ret->n++];
        const char *p = text;

        *i = (struct item){ .before = before, .number = true, .text = { text, 0 } };
        if (is_digit(*p)) {
            i->text = take_digits(&p);
        } else if (strchr(".-_", *p) == NULL) { /* and not the end */
            while (!is_digit(*p) && strchr(".-_", *p) == NULL)
                p++;
            i->number = false;
            i->before = '-'; /* ".word" is "-word" */
            i->text.len = (size_t)(p - text);
            i->word = word_of(i->text, is_digit(*p));
        }
        text = p;
        if (*text == '\0')
            break;
        before = *text == '.' ? '.' : '-'; /* so is a change from digits to letters */
        text += *text == '.' || *text == '-' || *text == '_';
    }
    trim(ret);
}

/* "-word" < "-number" < ".number"; among words, those before the release first. */
static int
rank(const struct item *i)
{
    return !i->number ? 0 : i->before == '-' ? 1 : 2;
}

static int
compare_items(const struct item *a, const struct item *b)
{
    if (rank(a) != rank(b))
        return rank(a) - rank(b);
    if (a->number)
        return compare_numbers(a->text, b->text);
    if (a->word != b->word)
        return a->word - b->word;
    if (a->word != OTHER)
        return 0;
    for (size_t k = 0; k < a->text.len && k < b->text.len; k++)
        if (lower(a->text.p[k]) != lower(b->text.p[k]))
            return (unsigned char)lower(a->text.p[k]) - (unsigned char)lower(b->text.p[k]);
    return (a->text.len > b->text.len) - (a->text.len < b->text.len);
}

/* What stands where one of the two has ended. */
static struct item
padding(const struct item *other)
{
    return (struct item){
        .before = other->before, .number = other->number, .word = RELEASE, .text = { "", 0 }
    };
}

enum version_sign
version_maven(const char *a, const char *b)
{
    struct items x, y;

    split(a, &x);
    split(b, &y);
    for (size_t i = 0; i < x.n || i < y.n; i++) {
        const struct item p = i < x.n ? x.item[i] : padding(&y.item[i]);
        const struct item q = i < y.n ? y.item[i] : padding(&x.item[i]);
        const int c = compare_items(&p, &q);

        if (c != 0)
            return sign_of(c);
    }
    return VERSION_EQUAL;
}
