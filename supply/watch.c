#include "supply/watch.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"

/* A component under one of its names. */
struct holder {
    const struct sbom *bill;
    const struct sbom_component *component;
    const struct package *package;
};

/* A package's name, and who speaks of it and who has it. A balanced tree of them: names come
 * from outside, and no choice of them makes it slow. */
struct node {
    const char *key; /* the node's own, but of one that is only searched with */
    const struct osv_advisory **advisories;
    struct holder *holders;
    size_t nadvisories, nholders, max_advisories, max_holders;
};

struct watch {
    void *tree;
};

static int
by_key(const void *a, const void *b)
{
    return strcmp(((const struct node *)a)->key, ((const struct node *)b)->key);
}

static void
node_free(void *p)
{
    struct node *n = p;

    free((char *)n->key);
    free(n->advisories);
    free(n->holders);
    free(n);
}

enum plumb_code
watch_new(struct watch **ret, struct plumb_err *err)
{
    *ret = calloc(1, sizeof **ret);
    return *ret == NULL ? plumb_fail_memory(err) : PLUMB_OK;
}

void
watch_free(struct watch *w)
{
    if (w == NULL)
        return;
    tdestroy(w->tree, node_free);
    free(w);
}

static struct node *
find(const struct watch *w, const char *key)
{
    const struct node wanted = { .key = key };
    struct node **found = tfind(&wanted, &w->tree, by_key);

    return found != NULL ? *found : NULL;
}

/* NULL when out of memory. */
static struct node *
find_or_add(struct watch *w, const char *key)
{
    struct node *n = find(w, key);

    if (n != NULL)
        return n;
    n = calloc(1, sizeof *n);
    if (n == NULL)
        return NULL;
    n->key = strdup(key);
    if (n->key == NULL || tsearch(n, &w->tree, by_key) == NULL) {
        node_free(n);
        return NULL;
    }
    return n;
}

/* Room for one more; false when out of memory. */
static bool
grow(void **items, size_t n, size_t *max, size_t size)
{
    const size_t wanted = *max == 0 ? 1 : *max * 2;
    void *more;

    if (n < *max)
        return true;
    more = realloc(*items, wanted * size);
    if (more == NULL)
        return false;
    *items = more;
    *max = wanted;
    return true;
}

static enum plumb_code
report(const struct osv_advisory *a, const struct holder *h, watch_fn *fn, void *arg,
       struct plumb_err *err)
{
    struct watch_finding f = {
        .advisory = a, .bill = h->bill, .component = h->component, .package = h->package
    };

    osv_match(a, h->package, &f.match);
    return f.match.verdict == OSV_NOT_AFFECTED ? PLUMB_OK : fn(arg, &f, err);
}

static enum plumb_code
add_holder(struct watch *w, const struct holder *h, watch_fn *fn, void *arg,
           struct plumb_err *err)
{
    struct node *n = find_or_add(w, h->package->key);

    if (n == NULL ||
        !grow((void **)&n->holders, n->nholders, &n->max_holders, sizeof *n->holders))
        return plumb_fail_memory(err);
    n->holders[n->nholders++] = *h;
    for (size_t i = 0; i < n->nadvisories && fn != NULL; i++)
        PLUMB_TRY(report(n->advisories[i], h, fn, arg, err));
    return PLUMB_OK;
}

enum plumb_code
watch_add_bill(struct watch *w, const struct sbom *bill, watch_fn *fn, void *arg,
               struct plumb_err *err)
{
    for (size_t i = 0; i < bill->n; i++) {
        const struct sbom_component *c = &bill->components[i];

        for (size_t k = 0; k < c->npackages; k++) {
            const struct holder h = { bill, c, &c->packages[k] };

            PLUMB_TRY(add_holder(w, &h, fn, arg, err));
        }
    }
    return PLUMB_OK;
}

static enum plumb_code
add_key(struct watch *w, const struct osv_advisory *a, const char *key, watch_fn *fn, void *arg,
        struct plumb_err *err)
{
    struct node *n = find_or_add(w, key);

    if (n == NULL || !grow((void **)&n->advisories, n->nadvisories, &n->max_advisories,
                           sizeof *n->advisories))
        return plumb_fail_memory(err);
    n->advisories[n->nadvisories++] = a;
    for (size_t i = 0; i < n->nholders && fn != NULL; i++)
        PLUMB_TRY(report(a, &n->holders[i], fn, arg, err));
    return PLUMB_OK;
}

/* Entries are sorted by key: one that has the key of the one before it is the same package. */
static bool
is_repeat(const struct osv_advisory *a, size_t i)
{
    return i > 0 && strcmp(a->affected[i - 1].key, a->affected[i].key) == 0;
}

enum plumb_code
watch_add_advisory(struct watch *w, const struct osv_advisory *a, watch_fn *fn, void *arg,
                   struct plumb_err *err)
{
    for (size_t i = 0; i < a->naffected; i++)
        if (!is_repeat(a, i))
            PLUMB_TRY(add_key(w, a, a->affected[i].key, fn, arg, err));
    return PLUMB_OK;
}

void
watch_remove_bill(struct watch *w, const struct sbom *bill)
{
    for (size_t i = 0; i < bill->n; i++)
        for (size_t k = 0; k < bill->components[i].npackages; k++) {
            struct node *n = find(w, bill->components[i].packages[k].key);
            size_t kept = 0;

            for (size_t h = 0; n != NULL && h < n->nholders; h++)
                if (n->holders[h].bill != bill)
                    n->holders[kept++] = n->holders[h];
            if (n != NULL)
                n->nholders = kept;
        }
}

void
watch_remove_advisory(struct watch *w, const struct osv_advisory *a)
{
    for (size_t i = 0; i < a->naffected; i++) {
        struct node *n = is_repeat(a, i) ? NULL : find(w, a->affected[i].key);
        size_t kept = 0;

        for (size_t k = 0; n != NULL && k < n->nadvisories; k++)
            if (n->advisories[k] != a)
                n->advisories[kept++] = n->advisories[k];
        if (n != NULL)
            n->nadvisories = kept;
    }
}
