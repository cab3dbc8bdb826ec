#include "engine/match.h"

#include <string.h>

#include "engine/bill.h"
#include "engine/control.h"
#include "engine/finding.h"
#include "lib/own.h"

PLUMB_DEFINE_AUTO(auto_held, struct held *, held_release);

static void
matches_clear(struct matches *all)
{
    free(all->v);
}

static enum plumb_code
add_match(struct matches *all, const struct match *m, struct plumb_err *err)
{
    if (all->n == all->cap) {
        size_t cap = all->cap == 0 ? 64 : 2 * all->cap;
        struct match *v = realloc(all->v, cap * sizeof *v);

        if (v == NULL)
            return plumb_fail_memory(err);
        all->v = v;
        all->cap = cap;
    }
    all->v[all->n++] = *m;
    return PLUMB_OK;
}

/* By release, advisory and part; of one part the worst first. */
static int
compare(const void *x, const void *y)
{
    const struct match *a = x, *b = y;
    int order = plumb_digest_cmp(&a->release, &b->release);

    if (order == 0)
        order = strcmp(a->held->a->id, b->held->a->id);
    if (order != 0)
        return order;
    if (a->part != b->part)
        return a->part < b->part ? -1 : 1;
    return (int)b->m.verdict - (int)a->m.verdict;
}

static void
sort(struct matches *all)
{
    if (all->n > 0)
        qsort(all->v, all->n, sizeof *all->v, compare);
}

/* --- one more advisory --- */

/* The packages that an advisory names, each once, ascending. */
struct packages {
    const char **v;
    size_t n;
};

static void
packages_clear(struct packages *p)
{
    free(p->v);
}

static int
by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static enum plumb_code
packages_of(const struct osv_advisory *a, struct packages *ret, struct plumb_err *err)
{
    ret->v = calloc(a->naffected + 1, sizeof *ret->v);
    if (ret->v == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < a->naffected; i++)
        ret->v[i] = a->affected[i].key;
    qsort(ret->v, a->naffected, sizeof *ret->v, by_text);
    for (size_t i = 0; i < a->naffected; i++)
        if (ret->n == 0 || strcmp(ret->v[ret->n - 1], ret->v[i]) != 0)
            ret->v[ret->n++] = ret->v[i];
    return PLUMB_OK;
}

static bool
packages_have(const struct packages *p, const char *package)
{
    return p->n > 0 && bsearch(&package, p->v, p->n, sizeof *p->v, by_text) != NULL;
}

/* Every bill that has the package, against the advisory as it is now. */
static enum plumb_code
match_uses(const struct engine *e, struct held *held, const char *package, struct matches *all,
           struct plumb_err *err)
{
    const struct package_lists *lists = watch_lists(e, package);

    for (uint64_t i = 0; lists != NULL && i < lists->uses; i++) {
        struct match m = { .held = held };
        const struct matched_bill *bill;
        const struct use *use = NULL;

        PLUMB_TRY(watch_get_use(e, package, i, &use, err));
        bill = watch_bill(e, &use->release);
        if (!plumb_digest_eq(&bill->bill->file, &use->bill))
            continue; /* another has replaced it */
        m.release = use->release;
        m.bill = bill->bill;
        m.part = use->part;
        osv_match(held->a, &bill->bill->parts[use->part].packages[use->package], &m.m);
        if (m.m.verdict != OSV_NOT_AFFECTED ||
            finding_get(e, &use->release, held->a->id) != NULL)
            PLUMB_TRY(add_match(all, &m, err));
    }
    return PLUMB_OK;
}

/* In the lists of every package that it names and did not name before. */
static enum plumb_code
name_packages(struct engine *e, struct held *held, const struct packages *now,
              const struct packages *before, struct plumb_err *err)
{
    for (size_t i = 0; i < now->n; i++)
        if (!packages_have(before, now->v[i]))
            PLUMB_TRY(watch_add_naming(e, held, now->v[i], err));
    return PLUMB_OK;
}

static enum plumb_code
hold(struct osv_advisory *a, struct held **ret, struct plumb_err *err)
{
    *ret = calloc(1, sizeof **ret);
    if (*ret == NULL) {
        osv_free(a);
        return plumb_fail_memory(err);
    }
    **ret = (struct held){ 1, a };
    return PLUMB_OK;
}

enum plumb_code
match_advisory(struct engine *e, struct moment at, struct osv_advisory *a, bool *ret_changed,
               struct plumb_err *err)
{
    const struct advisory *old = watch_advisory(e, a->id);
    PLUMB_AUTO(matches_clear) struct matches all = { 0 };
    PLUMB_AUTO(packages_clear) struct packages now = { 0 }, were = { 0 };
    PLUMB_AUTO(auto_held) struct held *held = NULL, *before = NULL;
    bool more;

    PLUMB_TRY(hold(a, &held, err));
    *ret_changed = old == NULL || old->held->a->modified < a->modified;
    if (!*ret_changed)
        return PLUMB_OK;
    if (old != NULL) {
        before = old->held;
        before->holders++;
        PLUMB_TRY(packages_of(before->a, &were, err));
    }
    PLUMB_TRY(packages_of(a, &now, err));
    PLUMB_TRY(watch_put_advisory(e, held, err));
    PLUMB_TRY(name_packages(e, held, &now, &were, err));
    for (size_t i = 0; i < now.n; i++)
        PLUMB_TRY(match_uses(e, held, now.v[i], &all, err));
    for (size_t i = 0; i < were.n; i++) /* which it names no longer */
        if (!packages_have(&now, were.v[i]))
            PLUMB_TRY(match_uses(e, held, were.v[i], &all, err));
    if (old == NULL)
        e->now.advisories++;
    sort(&all);
    return finding_update_all(e, at, &all, &more, err);
}

/* --- one more bill --- */

/* A bill on its way through the advisories that name its parts. */
struct walk {
    const struct engine *e;
    const struct plumb_digest *release;
    struct fact *bill;
    struct matches all; /* those that are about it */
    size_t compared;
    bool more; /* that was not compared */
};

static void
walk_clear(struct walk *w)
{
    matches_clear(&w->all);
}

static enum plumb_code
match_package(struct walk *w, uint32_t part, const struct package *package,
              struct plumb_err *err)
{
    const struct package_lists *lists = watch_lists(w->e, package->key);

    for (uint64_t i = 0; lists != NULL && i < lists->named; i++) {
        struct match m = { .release = *w->release, .bill = w->bill, .part = part };
        const struct naming *naming = NULL;

        w->more = w->more || w->compared++ == FINDING_PAIRS_MAX;
        if (w->more)
            return PLUMB_OK;
        PLUMB_TRY(watch_get_naming(w->e, package->key, i, &naming, err));
        m.held = watch_advisory(w->e, naming->held->a->id)->held;
        osv_match(m.held->a, package, &m.m);
        if (m.m.verdict != OSV_NOT_AFFECTED)
            PLUMB_TRY(add_match(&w->all, &m, err));
    }
    return PLUMB_OK;
}

static enum plumb_code
match_parts(struct walk *w, struct plumb_err *err)
{
    for (size_t i = 0; i < w->bill->nparts; i++)
        for (size_t k = 0; k < w->bill->parts[i].npackages; k++)
            PLUMB_TRY(match_package(w, (uint32_t)i, &w->bill->parts[i].packages[k], err));
    sort(&w->all);
    return PLUMB_OK;
}

enum plumb_code
match_bill(struct engine *e, struct moment at, const struct plumb_digest *release,
           struct plumb_err *err)
{
    const struct matched_bill *before = watch_bill(e, release);
    struct fact *bill = (struct fact *)bill_of(e, release);
    PLUMB_AUTO(walk_clear) struct walk w = { .e = e, .release = release, .bill = bill };
    bool more;

    if (bill == NULL || (before != NULL && plumb_digest_eq(&before->bill->file, &bill->file)))
        return finding_touch(e, release, err);
    PLUMB_TRY(watch_put_bill(e, release, bill, err));
    PLUMB_TRY(watch_add_uses(e, release, bill, err));
    PLUMB_TRY(match_parts(&w, err));
    PLUMB_TRY(finding_drop_others(e, at, release, &w.all, err));
    PLUMB_TRY(finding_update_all(e, at, &w.all, &more, err));
    return finding_set_more(e, at, release, w.more || more, err);
}
