#include "supply/alias.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"

/* A name: in a tree of them all by id, in a set by its parent (itself at the root), and in a
 * ring with the others of its set. */
struct name {
    const char *id;
    struct name *parent, *next;
    size_t size;       /* of the set, at its root */
    const char *first; /* of the set, at its root */
};

struct aliases {
    void *tree;
};

static int
by_id(const void *a, const void *b)
{
    return strcmp(((const struct name *)a)->id, ((const struct name *)b)->id);
}

static void
name_free(void *p)
{
    struct name *n = p;

    free((char *)n->id);
    free(n);
}

enum plumb_code
aliases_new(struct aliases **ret, struct plumb_err *err)
{
    *ret = calloc(1, sizeof **ret);
    return *ret == NULL ? plumb_fail_memory(err) : PLUMB_OK;
}

void
aliases_free(struct aliases *a)
{
    if (a == NULL)
        return;
    tdestroy(a->tree, name_free);
    free(a);
}

static struct name *
find(const struct aliases *a, const char *id)
{
    const struct name wanted = { .id = id };
    struct name **found = tfind(&wanted, &a->tree, by_id);

    return found != NULL ? *found : NULL;
}

static struct name *
find_or_add(struct aliases *a, const char *id)
{
    struct name *n = find(a, id);

    if (n != NULL)
        return n;
    n = calloc(1, sizeof *n);
    if (n == NULL)
        return NULL;
    n->id = strdup(id);
    n->parent = n->next = n;
    n->size = 1;
    n->first = n->id;
    if (n->id == NULL || tsearch(n, &a->tree, by_id) == NULL) {
        name_free(n);
        return NULL;
    }
    return n;
}

/* Sets are joined under the larger, so the way up is short. */
static struct name *
root_of(struct name *n)
{
    while (n->parent != n)
        n = n->parent;
    return n;
}

static void
join(struct name *a, struct name *b)
{
    struct name *x = root_of(a), *y = root_of(b), *next;

    if (x == y)
        return;
    if (x->size < y->size) {
        next = x;
        x = y;
        y = next;
    }
    y->parent = x;
    x->size += y->size;
    if (strcmp(y->first, x->first) < 0)
        x->first = y->first;
    next = x->next;
    x->next = y->next;
    y->next = next;
}

enum plumb_code
aliases_add(struct aliases *a, const struct osv_advisory *o, struct plumb_err *err)
{
    struct name *own = find_or_add(a, o->id);

    if (own == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < o->naliases; i++) {
        struct name *other = find_or_add(a, o->aliases[i]);

        if (other == NULL)
            return plumb_fail_memory(err);
        join(own, other);
    }
    return PLUMB_OK;
}

const char *
aliases_first(const struct aliases *a, const char *id)
{
    struct name *n = find(a, id);

    return n != NULL ? root_of(n)->first : id;
}

static int
by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

enum plumb_code
aliases_list(const struct aliases *a, const char *id, const char ***ret, size_t *ret_n,
             struct plumb_err *err)
{
    struct name *n = find(a, id);
    const size_t size = n != NULL ? root_of(n)->size : 1;
    const char **ids = calloc(size, sizeof *ids);

    if (ids == NULL)
        return plumb_fail_memory(err);
    ids[0] = id;
    for (size_t i = 0; n != NULL && i < size; i++, n = n->next)
        ids[i] = n->id;
    qsort(ids, size, sizeof *ids, by_text);
    *ret = ids;
    *ret_n = size;
    return PLUMB_OK;
}
