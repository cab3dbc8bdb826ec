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
    return finding_touch(e, release, err);
}

/* --- matches become findings --- */

static bool
same_finding(const struct match *a, const struct match *b)
{
    return plumb_digest_eq(&a->release, &b->release) && a->held == b->held;
}

enum plumb_code
finding_update_all(struct engine *e, struct moment at, struct matches *all,
                   struct plumb_err *err)
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

    for (; f != NULL; f = before) {
        before = finding_before(f);
        if (f->n > 0 && (all->n == 0 || bsearch(f->held->a->id, all->v, all->n, sizeof *all->v,
                                                by_advisory) == NULL))
            PLUMB_TRY(update(e, at, release, f->held, NULL, 0, err));
    }
    return PLUMB_OK;
}
