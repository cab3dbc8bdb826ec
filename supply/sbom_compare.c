/* What differs between two bills of materials. */
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"
#include "supply/sbom.h"

/* A component of one of them, by what it is whatever its version. */
struct item {
    const struct sbom_component *c;
    size_t identity; /* bytes of the purl before its version; 0: type, group and name count */
};

static struct item
item_of(const struct sbom_component *c)
{
    /* a canonical purl has no other bare '@', and no '?' before it */
    return (struct item){ c, c->purl != NULL ? strcspn(c->purl, "@?#") : 0 };
}

static int
compare_texts(const char *a, const char *b)
{
    return strcmp(a != NULL ? a : "", b != NULL ? b : "");
}

static int
compare_identities(const struct item *a, const struct item *b)
{
    int c = compare_texts(a->c->name, b->c->name);

    if (c != 0)
        return c;
    if (a->identity > 0 && b->identity > 0) {
        const size_t n = a->identity < b->identity ? a->identity : b->identity;

        c = memcmp(a->c->purl, b->c->purl, n);
        return c != 0 ? c : (a->identity > b->identity) - (a->identity < b->identity);
    }
    if (a->identity != b->identity)
        return a->identity > 0 ? 1 : -1;
    c = compare_texts(a->c->group, b->c->group);
    return c != 0 ? c : compare_texts(a->c->type, b->c->type);
}

static int
by_identity_and_version(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    int c = compare_identities(x, y);

    if (c == 0)
        c = compare_texts(x->c->version, y->c->version);
    if (c == 0)
        c = compare_texts(x->c->purl, y->c->purl);
    return c;
}

struct side {
    struct item *items;
    size_t n;
};

static void
side_clear(struct side *s)
{
    free(s->items);
}

static enum plumb_code
sort_side(const struct sbom *s, struct side *ret, struct plumb_err *err)
{
    ret->items = calloc(s->n + 1, sizeof *ret->items);
    if (ret->items == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < s->n; i++)
        if (&s->components[i] != s->subject) /* which is what is being compared */
            ret->items[ret->n++] = item_of(&s->components[i]);
    qsort(ret->items, ret->n, sizeof *ret->items, by_identity_and_version);
    return PLUMB_OK;
}

static void
add(struct sbom_diff *d, const struct item *before, const struct item *after)
{
    d->changes[d->n++] = (struct sbom_change){ before != NULL ? before->c : NULL,
                                               after != NULL ? after->c : NULL };
}

/* The items of one identity that both have in the same version cancel; of the rest, pairs have
 * changed, and what is left over came or went. */
static void
compare_group(struct item *a, size_t na, struct item *b, size_t nb, struct sbom_diff *d)
{
    size_t i = 0, j = 0, left = 0, right = 0;

    while (i < na || j < nb) {
        const int c = i == na ? 1 : j == nb ? -1 : by_identity_and_version(&a[i], &b[j]);

        if (c == 0)
            i++, j++;
        else if (c < 0)
            a[left++] = a[i++];
        else
            b[right++] = b[j++];
    }
    for (i = 0; i < left || i < right; i++)
        add(d, i < left ? &a[i] : NULL, i < right ? &b[i] : NULL);
}

static size_t
group(const struct side *s, size_t from, const struct item *like)
{
    size_t n = 0;

    while (from + n < s->n && compare_identities(&s->items[from + n], like) == 0)
        n++;
    return n;
}

enum plumb_code
sbom_compare(const struct sbom *before, const struct sbom *after, struct sbom_diff *ret,
             struct plumb_err *err)
{
    PLUMB_AUTO(side_clear) struct side a = { NULL, 0 };
    PLUMB_AUTO(side_clear) struct side b = { NULL, 0 };
    struct sbom_diff d = { NULL, 0 };
    size_t i = 0, j = 0;

    PLUMB_TRY(sort_side(before, &a, err));
    PLUMB_TRY(sort_side(after, &b, err));
    d.changes = calloc(a.n + b.n + 1, sizeof *d.changes);
    if (d.changes == NULL)
        return plumb_fail_memory(err);
    while (i < a.n || j < b.n) {
        const struct item first =
            i == a.n || (j < b.n && compare_identities(&b.items[j], &a.items[i]) < 0)
                ? b.items[j]
                : a.items[i];
        const size_t na = group(&a, i, &first), nb = group(&b, j, &first);

        compare_group(&a.items[i], na, &b.items[j], nb, &d);
        i += na;
        j += nb;
    }
    *ret = d;
    return PLUMB_OK;
}

void
sbom_diff_clear(struct sbom_diff *d)
{
    free(d->changes);
    *d = (struct sbom_diff){ NULL, 0 };
}
