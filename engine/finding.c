#include "engine/finding.h"

#include <string.h>

#include "engine/control.h"
#include "engine/derive.h"
#include "lib/own.h"

PLUMB_DEFINE_AUTO(auto_held, struct held *, held_release);

void
held_release(struct held *h)
{
    if (h == NULL || --h->holders > 0)
        return;
    osv_free(h->a);
    free(h);
}

void
advisory_free(struct record *r)
{
    held_release(((struct advisory *)r)->held);
    free(r);
}

void
naming_free(struct record *r)
{
    held_release(((struct naming *)r)->held);
    free(r);
}

void
matched_bill_free(struct record *r)
{
    fact_release(((struct matched_bill *)r)->bill);
    free(r);
}

void
finding_free(struct record *r)
{
    struct finding *f = (struct finding *)r;

    held_release(f->held);
    fact_release(f->bill);
    free(f);
}

/* --- the two lists of a package --- */

static const struct package_lists *
lists_of(const struct engine *e, const char *package)
{
    return state_get(e, STATE_PACKAGES, package, strlen(package));
}

/* Package, NUL, number: no package's name has a NUL. The caller frees it. */
static unsigned char *
element_key(const char *package, uint64_t n, size_t *ret_len)
{
    size_t len = strlen(package) + 1;
    unsigned char *key = malloc(len + 8);

    if (key == NULL)
        return NULL;
    memcpy(key, package, len);
    for (size_t i = 0; i < 8; i++)
        key[len + i] = (unsigned char)(n >> (56 - 8 * i));
    *ret_len = len + 8;
    return key;
}

/* Takes record. */
static enum plumb_code
append(struct engine *e, enum state_map map, const char *package, struct record *record,
       struct plumb_err *err)
{
    const struct package_lists *old = lists_of(e, package);
    struct package_lists *lists = calloc(1, sizeof *lists);
    uint64_t *n = map == STATE_USES ? &lists->uses : &lists->named;
    PLUMB_AUTO(auto_free) unsigned char *key = NULL;
    size_t len;

    if (lists != NULL && old != NULL)
        *lists = *old;
    key = lists != NULL ? element_key(package, *n, &len) : NULL;
    if (key == NULL) {
        free(lists);
        e->maps[map].free_record(record);
        return plumb_fail_memory(err);
    }
    ++*n;
    if (state_put(e, map, key, len, record, err) != PLUMB_OK) {
        free(lists);
        return PLUMB_NO_MEMORY;
    }
    return state_put(e, STATE_PACKAGES, package, strlen(package), &lists->head, err);
}

static enum plumb_code
get_element(const struct engine *e, enum state_map map, const char *package, uint64_t i,
            const void **ret, struct plumb_err *err)
{
    size_t len;
    PLUMB_AUTO(auto_free) unsigned char *key = element_key(package, i, &len);

    if (key == NULL)
        return plumb_fail_memory(err);
    *ret = state_get(e, map, key, len);
    return PLUMB_OK;
}

/* --- matches, gathered before anything changes --- */

struct match {
    struct plumb_digest release;
    struct held *held; /* borrowed */
    struct fact *bill; /* borrowed */
    uint32_t part;
    struct osv_match m;
};
struct matches {
    struct match *v;
    size_t n, cap;
};

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

static bool
same_finding(const struct match *a, const struct match *b)
{
    return plumb_digest_eq(&a->release, &b->release) && a->held == b->held;
}

/* --- findings --- */

static const struct map_entry *
finding_entry(const struct engine *e, const struct plumb_digest *release, const char *id)
{
    unsigned char key[PLUMB_DIGEST_LEN + OSV_ID_MAX];
    size_t len = strnlen(id, OSV_ID_MAX);

    memcpy(key, release->b, PLUMB_DIGEST_LEN);
    memcpy(key + PLUMB_DIGEST_LEN, id, len);
    return map_find(&e->maps[STATE_FINDINGS], key, PLUMB_DIGEST_LEN + len);
}

static enum plumb_code
put_finding(struct engine *e, struct finding *f, struct plumb_err *err)
{
    unsigned char key[PLUMB_DIGEST_LEN + OSV_ID_MAX];
    size_t len = strnlen(f->held->a->id, OSV_ID_MAX);

    memcpy(key, f->release.b, PLUMB_DIGEST_LEN);
    memcpy(key + PLUMB_DIGEST_LEN, f->held->a->id, len);
    return state_put(e, STATE_FINDINGS, key, PLUMB_DIGEST_LEN + len, &f->head, err);
}

static enum plumb_code
list_finding(struct engine *e, const struct plumb_digest *release, const char *id,
             struct plumb_err *err)
{
    const struct found *old = finding_of(e, release);
    size_t n = old != NULL ? old->n : 0;
    struct found *found = calloc(1, sizeof *found);

    if (found == NULL)
        return plumb_fail_memory(err);
    found->last = finding_entry(e, release, id);
    found->n = n + 1;
    return state_put(e, STATE_FOUND, release->b, sizeof release->b, &found->head, err);
}

/* The sections of all fleets that accept the release show its findings. */
static enum plumb_code
touch(struct engine *e, const struct plumb_digest *release, struct plumb_err *err)
{
    const struct plumb_governance *doc = state_document(e);

    for (size_t i = 0; i < doc->nfleets; i++) {
        const struct placement *p = state_placement(e, doc->fleets[i].name, release);

        if (placement_is_accepted(p))
            PLUMB_TRY(derive_touch(e, p->fleet.s, p->payload.s, err));
    }
    return PLUMB_OK;
}

static bool
stands(const struct finding *f)
{
    return f->n > 0 && f->held->a->withdrawn == PLUMB_TIME_NEVER;
}

/* of[0..n) are the parts of one release that one advisory is about, each once; n 0: none is any
 * more. held is the advisory as it is now. */
static enum plumb_code
update(struct engine *e, struct moment at, const struct plumb_digest *release,
       struct held *held, const struct match *of, size_t n, struct plumb_err *err)
{
    const struct map_entry *entry = finding_entry(e, release, held->a->id);
    const struct finding *old = entry != NULL ? (const struct finding *)entry->record : NULL;
    struct finding *f;
    bool undetermined = true;

    if (n == 0 && old == NULL)
        return PLUMB_OK;
    f = calloc(1, sizeof *f + n * sizeof f->parts[0]);
    if (f == NULL)
        return plumb_fail_memory(err);
    f->release = *release;
    f->held = held;
    held->holders++;
    f->bill = n > 0 ? of[0].bill : old->bill;
    f->bill->holders++;
    f->why = "";
    f->n = n;
    for (size_t i = 0; i < n; i++) {
        bool unclear = of[i].m.verdict == OSV_UNDETERMINED;

        f->parts[i] = (struct found_part){ of[i].part, unclear };
        if (of[i].m.affected->severity > f->severity)
            f->severity = of[i].m.affected->severity;
        if (undetermined && unclear)
            f->why = osv_reason_text(of[i].m.reason);
        undetermined = undetermined && unclear;
        if (f->fixed == NULL)
            f->fixed = of[i].m.fixed;
    }
    if (!undetermined)
        f->why = "";
    if (old != NULL)
        f->before = old->before;
    else if (finding_of(e, release) != NULL)
        f->before = finding_of(e, release)->last;
    f->index = old != NULL && stands(old) ? old->index : at.index;
    f->since = old != NULL && stands(old) ? old->since : at.time;
    PLUMB_TRY(put_finding(e, f, err));
    if (old == NULL)
        PLUMB_TRY(list_finding(e, release, held->a->id, err));
    return touch(e, release, err);
}

/* Sorted matches become findings, each release's own. Of one part the worst verdict counts. */
static enum plumb_code
update_all(struct engine *e, struct moment at, struct matches *all, struct plumb_err *err)
{
    for (size_t i = 0, end; i < all->n; i = end) {
        struct plumb_digest release = all->v[i].release;
        size_t n = 0;

        for (end = i; end < all->n && same_finding(&all->v[i], &all->v[end]); end++)
            if ((end == i || all->v[end].part != all->v[end - 1].part) &&
                all->v[end].m.verdict != OSV_NOT_AFFECTED)
                n++;
        /* the worst of each part to the front; what it overwrites was looked at */
        for (size_t k = i, to = i; k < end; k++) {
            bool first = k == i || all->v[k].part != all->v[k - 1].part;

            if (first && all->v[k].m.verdict != OSV_NOT_AFFECTED)
                all->v[to++] = all->v[k];
        }
        PLUMB_TRY(update(e, at, &release, all->v[i].held, &all->v[i], n, err));
    }
    return PLUMB_OK;
}

/* --- one more advisory --- */

static const struct matched_bill *
bill_of(const struct engine *e, const struct plumb_digest *release)
{
    return state_get(e, STATE_BILLS, release->b, sizeof release->b);
}

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
    const struct package_lists *lists = lists_of(e, package);

    for (uint64_t i = 0; lists != NULL && i < lists->uses; i++) {
        struct match m = { .held = held };
        const struct matched_bill *bill;
        const struct use *use;
        const void *element = NULL;

        PLUMB_TRY(get_element(e, STATE_USES, package, i, &element, err));
        use = element;
        bill = bill_of(e, &use->release);
        if (!plumb_digest_eq(&bill->bill->file, &use->bill))
            continue; /* another has replaced it */
        m.release = use->release;
        m.bill = bill->bill;
        m.part = use->part;
        osv_match(held->a, &bill->bill->parts[use->part].packages[use->package], &m.m);
        PLUMB_TRY(add_match(all, &m, err));
    }
    return PLUMB_OK;
}

/* In the lists of every package that it names and did not name before. */
static enum plumb_code
name_packages(struct engine *e, struct held *held, const struct packages *now,
              const struct packages *before, struct plumb_err *err)
{
    for (size_t i = 0; i < now->n; i++) {
        struct naming *naming;

        if (packages_have(before, now->v[i]))
            continue;
        naming = calloc(1, sizeof *naming);
        if (naming == NULL)
            return plumb_fail_memory(err);
        naming->held = held;
        held->holders++;
        PLUMB_TRY(append(e, STATE_NAMED, now->v[i], &naming->head, err));
    }
    return PLUMB_OK;
}

static enum plumb_code
put_advisory(struct engine *e, struct held *held, struct plumb_err *err)
{
    struct advisory *record = calloc(1, sizeof *record);

    if (record == NULL)
        return plumb_fail_memory(err);
    record->held = held;
    held->holders++;
    return state_put(e, STATE_ADVISORIES, held->a->id, strlen(held->a->id), &record->head, err);
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
finding_import(struct engine *e, struct moment at, struct osv_advisory *a, bool *ret_changed,
               struct plumb_err *err)
{
    const struct advisory *old = state_get(e, STATE_ADVISORIES, a->id, strlen(a->id));
    PLUMB_AUTO(matches_clear) struct matches all = { 0 };
    PLUMB_AUTO(packages_clear) struct packages now = { 0 }, were = { 0 };
    PLUMB_AUTO(auto_held) struct held *held = NULL, *before = NULL;

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
    PLUMB_TRY(put_advisory(e, held, err));
    PLUMB_TRY(name_packages(e, held, &now, &were, err));
    for (size_t i = 0; i < now.n; i++)
        PLUMB_TRY(match_uses(e, held, now.v[i], &all, err));
    for (size_t i = 0; i < were.n; i++) /* which it names no longer */
        if (!packages_have(&now, were.v[i]))
            PLUMB_TRY(match_uses(e, held, were.v[i], &all, err));
    if (old == NULL)
        e->now.advisories++;
    sort(&all);
    return update_all(e, at, &all, err);
}

/* --- one more bill --- */

static enum plumb_code
put_bill(struct engine *e, const struct plumb_digest *release, const struct fact *bill,
         struct plumb_err *err)
{
    struct matched_bill *record = calloc(1, sizeof *record);

    if (record == NULL)
        return plumb_fail_memory(err);
    record->bill = (struct fact *)bill;
    record->bill->holders++;
    return state_put(e, STATE_BILLS, release->b, sizeof release->b, &record->head, err);
}

static enum plumb_code
match_advisories(const struct engine *e, const struct plumb_digest *release, struct fact *bill,
                 uint32_t part, const struct package *package, struct matches *all,
                 struct plumb_err *err)
{
    const struct package_lists *lists = lists_of(e, package->key);

    for (uint64_t i = 0; lists != NULL && i < lists->named; i++) {
        struct match m = { .release = *release, .bill = bill, .part = part };
        const struct advisory *advisory;
        const struct naming *naming;
        const void *element = NULL;

        PLUMB_TRY(get_element(e, STATE_NAMED, package->key, i, &element, err));
        naming = element;
        advisory =
            state_get(e, STATE_ADVISORIES, naming->held->a->id, strlen(naming->held->a->id));
        m.held = advisory->held;
        osv_match(m.held->a, package, &m.m);
        PLUMB_TRY(add_match(all, &m, err));
    }
    return PLUMB_OK;
}

static enum plumb_code
use_part(struct engine *e, const struct plumb_digest *release, const struct fact *bill,
         uint32_t part, uint32_t package, struct plumb_err *err)
{
    struct use *use = calloc(1, sizeof *use);

    if (use == NULL)
        return plumb_fail_memory(err);
    use->release = *release;
    use->bill = bill->file;
    use->part = part;
    use->package = package;
    return append(e, STATE_USES, bill->parts[part].packages[package].key, &use->head, err);
}

static int
by_advisory(const void *id, const void *match)
{
    return strcmp(id, ((const struct match *)match)->held->a->id);
}

/* What the bill before brought about and this one does not is gone. all: sorted, of release. */
static enum plumb_code
drop_others(struct engine *e, struct moment at, const struct plumb_digest *release,
            const struct matches *all, struct plumb_err *err)
{
    const struct finding *f = finding_first(finding_of(e, release)), *before;

    for (; f != NULL; f = before) {
        before = finding_before(f);
        if (f->n > 0 && (all->n == 0 || bsearch(f->held->a->id, all->v, all->n, sizeof *all->v,
                                                by_advisory) == NULL))
            PLUMB_TRY(update(e, at, release, f->held, NULL, 0, err));
    }
    return PLUMB_OK;
}

enum plumb_code
finding_rematch(struct engine *e, struct moment at, const struct plumb_digest *release,
                struct plumb_err *err)
{
    const struct matched_bill *before = bill_of(e, release);
    struct fact *bill = (struct fact *)control_bill(e, release);
    PLUMB_AUTO(matches_clear) struct matches all = { 0 };

    if (bill == NULL || (before != NULL && plumb_digest_eq(&before->bill->file, &bill->file)))
        return touch(e, release, err);
    PLUMB_TRY(put_bill(e, release, bill, err));
    for (size_t i = 0; i < bill->nparts; i++)
        for (size_t k = 0; k < bill->parts[i].npackages; k++) {
            PLUMB_TRY(use_part(e, release, bill, (uint32_t)i, (uint32_t)k, err));
            PLUMB_TRY(match_advisories(e, release, bill, (uint32_t)i,
                                       &bill->parts[i].packages[k], &all, err));
        }
    sort(&all);
    PLUMB_TRY(drop_others(e, at, release, &all, err));
    return update_all(e, at, &all, err);
}
