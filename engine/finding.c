#include "engine/finding.h"

#include <string.h>

#include "engine/derive.h"
#include "lib/own.h"

void
finding_free(struct record *r)
{
    struct finding *f = (struct finding *)r;

    held_release(f->held);
    fact_release(f->bill);
    free(f);
}

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

const struct finding *
finding_get(const struct engine *e, const struct plumb_digest *release, const char *advisory)
{
    const struct map_entry *entry = finding_entry(e, release, advisory);

    return entry != NULL ? (const struct finding *)entry->record : NULL;
}

enum plumb_code
finding_touch(struct engine *e, const struct plumb_digest *release, struct plumb_err *err)
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

/* Takes f, which takes the place of old; old NULL: it is the first of its name. */
static enum plumb_code
put(struct engine *e, struct moment at, struct finding *f, const struct finding *old,
    struct plumb_err *err)
{
    const struct found *before = finding_of(e, &f->release);
    const struct plumb_digest release = f->release;
    struct found *found = calloc(1, sizeof *found);
    const char *id = f->held->a->id;

    if (found == NULL) {
        finding_free(&f->head);
        return plumb_fail_memory(err);
    }
    if (before != NULL)
        *found = *before;
    f->before = old != NULL ? old->before : found->last;
    f->index = old != NULL && stands(old) ? old->index : at.index;
    f->since = old != NULL && stands(old) ? old->since : at.time;
    found->pairs += f->n - (old != NULL ? old->n : 0);
    found->n += old == NULL;
    if (put_finding(e, f, err) != PLUMB_OK) {
        free(found);
        return PLUMB_NO_MEMORY;
    }
    if (old == NULL)
        found->last = finding_entry(e, &release, id);
    PLUMB_TRY(state_put(e, STATE_FOUND, release.b, sizeof release.b, &found->head, err));
    return finding_touch(e, &release, err);
}

/* How many of n parts are kept: one in any case. */
static size_t
room(const struct engine *e, const struct plumb_digest *release, const struct finding *old,
     size_t n)
{
    const struct found *found = finding_of(e, release);
    size_t pairs = found != NULL ? found->pairs : 0, left;

    if (old != NULL)
        pairs -= old->n;
    left = pairs < FINDING_PAIRS_MAX ? FINDING_PAIRS_MAX - pairs : 1;
    return n < left ? n : left;
}

static bool
is_full(const struct engine *e, const struct plumb_digest *release)
{
    const struct found *found = finding_of(e, release);

    return found != NULL && found->n >= PLUMB_FINDINGS_MAX;
}

/* of[0..n) are the parts of one release that one advisory is about, each once; n 0: none is any
 * more. held is the advisory as it is now. *more: not all of it is kept. */
static enum plumb_code
update(struct engine *e, struct moment at, const struct plumb_digest *release,
       struct held *held, const struct match *of, size_t n, bool *more, struct plumb_err *err)
{
    const struct finding *old = finding_get(e, release, held->a->id);
    size_t kept = room(e, release, old, n);
    struct finding *f;
    bool undetermined = true;

    if (n == 0 && old == NULL)
        return PLUMB_OK;
    *more = *more || kept < n || (old == NULL && is_full(e, release));
    if (old == NULL && is_full(e, release))
        return PLUMB_OK;
    f = calloc(1, sizeof *f + kept * sizeof f->parts[0]);
    if (f == NULL)
        return plumb_fail_memory(err);
    f->release = *release;
    f->held = held;
    held->holders++;
    f->bill = n > 0 ? of[0].bill : old->bill;
    f->bill->holders++;
    f->why = "";
    f->n = kept;
    for (size_t i = 0; i < n; i++) {
        bool unclear = of[i].m.verdict == OSV_UNDETERMINED;

        if (i < kept)
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
    return put(e, at, f, old, err);
}

/* --- more than is kept --- */

/* An advisory in form only: its name is none that a record can have. */
static enum plumb_code
hold_more(struct held **ret, struct plumb_err *err)
{
    static const char record[] = "{\"id\":\"more\",\"modified\":\"1970-01-01T00:00:00Z\","
                                 "\"summary\":\"more matches than are kept\"}";
    struct osv_advisory *a = NULL;

    PLUMB_TRY(osv_read(record, sizeof record - 1, &a, err));
    a->id = PLUMB_FINDINGS_MORE;
    *ret = calloc(1, sizeof **ret);
    if (*ret == NULL) {
        osv_free(a);
        return plumb_fail_memory(err);
    }
    **ret = (struct held){ 0, a };
    return PLUMB_OK;
}

enum plumb_code
finding_set_more(struct engine *e, struct moment at, const struct plumb_digest *release,
                 bool more, struct plumb_err *err)
{
    const struct finding *old = finding_get(e, release, PLUMB_FINDINGS_MORE);
    struct held *held = old != NULL ? old->held : NULL;
    struct finding *f;

    if (more == (old != NULL && old->n > 0))
        return PLUMB_OK;
    if (held == NULL)
        PLUMB_TRY(hold_more(&held, err));
    held->holders++;
    f = calloc(1, sizeof *f + sizeof f->parts[0]);
    if (f == NULL) {
        held_release(held);
        return plumb_fail_memory(err);
    }
    *f = (struct finding){ .release = *release,
                           .held = held,
                           .bill = watch_bill(e, release)->bill,
                           .severity = SEVERITY_CRITICAL,
                           .why =
                               more ? "more matches than are kept: none is known of them" : "",
                           .more = true,
                           .n = more };
    f->bill->holders++;
    f->parts[0].undetermined = true;
    return put(e, at, f, old, err);
}

/* --- matches become findings --- */

static bool
same_finding(const struct match *a, const struct match *b)
{
    return plumb_digest_eq(&a->release, &b->release) && a->held == b->held;
}

enum plumb_code
finding_update_all(struct engine *e, struct moment at, struct matches *all, bool *ret_more,
                   struct plumb_err *err)
{
    *ret_more = false;
    for (size_t i = 0, end; i < all->n; i = end) {
        struct plumb_digest release = all->v[i].release;
        bool more = false;
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
        PLUMB_TRY(update(e, at, &release, all->v[i].held, &all->v[i], n, &more, err));
        if (more)
            PLUMB_TRY(finding_set_more(e, at, &release, true, err));
        *ret_more = *ret_more || more;
    }
    return PLUMB_OK;
}

static int
by_advisory(const void *id, const void *match)
{
    return strcmp(id, ((const struct match *)match)->held->a->id);
}

enum plumb_code
finding_drop_others(struct engine *e, struct moment at, const struct plumb_digest *release,
                    const struct matches *all, struct plumb_err *err)
{
    const struct finding *f = finding_first(finding_of(e, release)), *before;
    bool more = false;

    for (; f != NULL; f = before) {
        before = finding_before(f);
        if (f->n > 0 && !f->more &&
            (all->n == 0 ||
             bsearch(f->held->a->id, all->v, all->n, sizeof *all->v, by_advisory) == NULL))
            PLUMB_TRY(update(e, at, release, f->held, NULL, 0, &more, err));
    }
    return PLUMB_OK;
}
