#include "client/diff.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/own.h"

void
diff_clear(struct diff *d)
{
    free(d->pairs);
    *d = (struct diff){ NULL, 0, 0, 0, 0, 0 };
}

static int
compare_bytes(const uint8_t *a, size_t na, const uint8_t *b, size_t nb)
{
    const int order = na > 0 && nb > 0 ? memcmp(a, b, na < nb ? na : nb) : 0;

    return order != 0 ? order : (na > nb) - (na < nb);
}

static int
compare_covers(const struct plumb_measurement *a, const struct plumb_measurement *b)
{
    int order = (a->ncovers > b->ncovers) - (a->ncovers < b->ncovers);

    for (size_t i = 0; order == 0 && i < a->ncovers; i++) {
        order =
            (a->covers[i].kind > b->covers[i].kind) - (a->covers[i].kind < b->covers[i].kind);
        if (order == 0)
            order = plumb_digest_cmp(&a->covers[i].digest, &b->covers[i].digest);
    }
    return order;
}

static int
compare_measurements(const struct plumb_measurement *a, const struct plumb_measurement *b)
{
    int order = strcmp(a->kind->name, b->kind->name);

    if (order == 0)
        order = (a->match > b->match) - (a->match < b->match);
    if (order == 0)
        order = compare_covers(a, b);
    if (order == 0 && a->match == PLUMB_MATCH_MIN)
        return (a->min > b->min) - (a->min < b->min);
    if (order == 0)
        order = compare_bytes(a->value, a->len, b->value, b->len);
    if (order == 0 && a->match == PLUMB_MATCH_MASK)
        order = compare_bytes(a->mask, a->len, b->mask, b->len);
    return order;
}

static int
compare_names(const struct plumb_set *a, const struct plumb_set *b)
{
    const char *la = a->label != NULL ? a->label : "", *lb = b->label != NULL ? b->label : "";

    return a->tee != b->tee ? (a->tee > b->tee) - (a->tee < b->tee) : strcmp(la, lb);
}

/* TEE and label first, so that sets of one name stand together whatever they hold. */
static int
compare_sets(const struct plumb_set *a, const struct plumb_set *b)
{
    int order = compare_names(a, b);

    for (size_t i = 0; order == 0 && i < a->n && i < b->n; i++)
        order = compare_measurements(&a->measurements[i], &b->measurements[i]);
    return order != 0 ? order : (a->n > b->n) - (a->n < b->n);
}

/* One document's sets. */
struct side {
    const struct plumb_set **sets; /* ascending by compare_sets; NULL once it is paired */
    size_t n;
};

static void
side_clear(struct side *s)
{
    free(s->sets);
}

static int
by_content(const void *a, const void *b)
{
    return compare_sets(*(const struct plumb_set *const *)a,
                        *(const struct plumb_set *const *)b);
}

/* Of what is left, by name and then by the place in the document. */
static int
by_name(const void *a, const void *b)
{
    const struct plumb_set *x = *(const struct plumb_set *const *)a,
                           *y = *(const struct plumb_set *const *)b;
    const int order = compare_names(x, y);

    return order != 0 ? order : (x > y) - (x < y);
}

static enum plumb_code
side_open(const struct plumb_sets *sets, struct side *ret, struct plumb_err *err)
{
    ret->n = sets != NULL ? sets->n : 0;
    ret->sets = calloc(ret->n + 1, sizeof *ret->sets);
    if (ret->sets == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < ret->n; i++)
        ret->sets[i] = &sets->sets[i];
    qsort(ret->sets, ret->n, sizeof *ret->sets, by_content);
    return PLUMB_OK;
}

static void
drop_paired(struct side *s)
{
    size_t left = 0;

    for (size_t i = 0; i < s->n; i++)
        if (s->sets[i] != NULL)
            s->sets[left++] = s->sets[i];
    s->n = left;
    qsort(s->sets, s->n, sizeof *s->sets, by_name);
}

/* Merge two ascending sides: pairs where compare says 0; with singles, those without a partner
 * too. */
static void
merge(struct side *before, struct side *after, bool singles,
      int (*compare)(const struct plumb_set *, const struct plumb_set *), struct diff *d)
{
    size_t b = 0, a = 0;

    while (b < before->n || a < after->n) {
        const int order = b == before->n  ? 1
                          : a == after->n ? -1
                                          : compare(before->sets[b], after->sets[a]);

        if (order == 0 || singles) {
            struct diff_pair *pair = &d->pairs[d->n++];

            pair->before = order <= 0 ? before->sets[b] : NULL;
            pair->after = order >= 0 ? after->sets[a] : NULL;
            pair->same = !singles;
            if (order <= 0)
                before->sets[b] = NULL;
            if (order >= 0)
                after->sets[a] = NULL;
        }
        b += order <= 0;
        a += order >= 0;
    }
}

static int
by_place(const void *a, const void *b)
{
    const struct diff_pair *x = a, *y = b;

    if ((x->after == NULL) != (y->after == NULL))
        return x->after == NULL ? 1 : -1;
    if (x->after != NULL)
        return (x->after > y->after) - (x->after < y->after);
    return (x->before > y->before) - (x->before < y->before);
}

static void
count(struct diff *d)
{
    for (size_t i = 0; i < d->n; i++) {
        d->same += d->pairs[i].same;
        d->added += d->pairs[i].before == NULL;
        d->removed += d->pairs[i].after == NULL;
    }
    d->changed = d->n - d->same - d->added - d->removed;
}

enum plumb_code
diff_sets(const struct plumb_sets *before, const struct plumb_sets *after, struct diff *ret,
          struct plumb_err *err)
{
    PLUMB_AUTO(side_clear) struct side old = { NULL, 0 };
    PLUMB_AUTO(side_clear) struct side new = { NULL, 0 };
    struct diff d = { NULL, 0, 0, 0, 0, 0 };

    PLUMB_TRY(side_open(before, &old, err));
    PLUMB_TRY(side_open(after, &new, err));
    d.pairs = calloc(old.n + new.n + 1, sizeof *d.pairs);
    if (d.pairs == NULL)
        return plumb_fail_memory(err);
    merge(&old, &new, false, compare_sets, &d);
    drop_paired(&old);
    drop_paired(&new);
    merge(&old, &new, true, compare_names, &d);
    qsort(d.pairs, d.n, sizeof *d.pairs, by_place);
    count(&d);
    *ret = d;
    return PLUMB_OK;
}

void
diff_measurements(const struct diff_pair *pair, diff_line_fn *line, void *arg)
{
    const struct plumb_set none = { .n = 0 };
    const struct plumb_set *before = pair->before != NULL ? pair->before : &none;
    const struct plumb_set *after = pair->after != NULL ? pair->after : &none;
    size_t b = 0, a = 0;

    while (b < before->n || a < after->n) {
        const struct plumb_measurement *x = &before->measurements[b],
                                       *y = &after->measurements[a];
        const int order = b == before->n  ? 1
                          : a == after->n ? -1
                                          : strcmp(x->kind->name, y->kind->name);
        struct diff_line l = { order <= 0 ? x : NULL, order >= 0 ? y : NULL, false };

        l.same = order == 0 && compare_measurements(x, y) == 0;
        line(arg, &l);
        b += order <= 0;
        a += order >= 0;
    }
}

void
diff_text(const struct plumb_measurement *m, char ret[DIFF_TEXT])
{
    char mask[2 * PLUMB_MEASUREMENT_MAX + 1];

    if (m->match == PLUMB_MATCH_MIN) {
        (void)snprintf(ret, DIFF_TEXT, ">= %" PRId64, m->min);
        return;
    }
    plumb_hex(m->value, m->len, ret);
    if (m->match == PLUMB_MATCH_MASK) {
        plumb_hex(m->mask, m->len, mask);
        (void)snprintf(ret + strlen(ret), DIFF_TEXT - strlen(ret), " & %s", mask);
    }
    if (m->match == PLUMB_MATCH_TCB)
        (void)snprintf(ret + strlen(ret), DIFF_TEXT - strlen(ret), " or above");
}
