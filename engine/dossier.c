#include "engine/dossier.h"

#include <string.h>

#include "lib/own.h"

PLUMB_DEFINE_AUTO(auto_about, struct about *, about_release);
PLUMB_DEFINE_AUTO(auto_fact, struct fact *, fact_release);

void
about_release(struct about *a)
{
    if (a != NULL && --a->holders == 0)
        pool_free(a->pool);
}

void
fact_release(struct fact *f)
{
    if (f == NULL || --f->holders > 0)
        return;
    attestation_free(f->said);
    vex_free(f->vex);
    pool_free(f->pool);
}

void
dossier_free(struct record *r)
{
    struct dossier *d = (struct dossier *)r;

    about_release(d->about);
    for (size_t i = 0; i < d->n; i++)
        fact_release(d->facts[i]);
    free(d);
}

const struct dossier *
dossier_of(const struct engine *e, const struct plumb_digest *release)
{
    return state_get(e, STATE_DOSSIERS, release->b, sizeof release->b);
}

const struct fact *
dossier_file(const struct dossier *d, const struct plumb_digest *file)
{
    for (size_t i = 0; i < d->n; i++)
        if (plumb_digest_eq(&d->facts[i]->file, file))
            return d->facts[i];
    return NULL;
}

bool
dossier_has_artifact(const struct dossier *d, const struct plumb_digest *digest)
{
    for (size_t i = 0; i < d->about->nartifacts; i++)
        if (plumb_digest_eq(&d->about->artifacts[i].digest, digest))
            return true;
    return false;
}

const struct covered *
dossier_covers(const struct dossier *d, enum plumb_artifact kind,
               const struct plumb_digest *digest)
{
    for (size_t i = 0; i < d->about->ncovered; i++)
        if (d->about->covered[i].kind == kind &&
            plumb_digest_eq(&d->about->covered[i].digest, digest))
            return &d->about->covered[i];
    return NULL;
}

/* --- what all sets cover --- */

/* The register holds the digest itself, zeros behind it, or was extended by it once. */
static bool
holds(const struct plumb_measurement *m, const struct plumb_digest *digest)
{
    uint8_t extended[2 * PLUMB_DIGEST_LEN] = { 0 };
    struct plumb_digest once;

    if (m->match != PLUMB_MATCH_EQ || m->len < PLUMB_DIGEST_LEN)
        return false;
    memcpy(extended + PLUMB_DIGEST_LEN, digest->b, PLUMB_DIGEST_LEN);
    plumb_sha256(extended, sizeof extended, &once);
    if (m->len == PLUMB_DIGEST_LEN && memcmp(m->value, once.b, PLUMB_DIGEST_LEN) == 0)
        return true;
    for (size_t i = PLUMB_DIGEST_LEN; i < m->len; i++)
        if (m->value[i] != 0)
            return false;
    return memcmp(m->value, digest->b, PLUMB_DIGEST_LEN) == 0;
}

static bool
set_covers(const struct plumb_set *set, const struct plumb_cover *want, bool *ret_derived)
{
    bool found = false;

    *ret_derived = false;
    for (size_t i = 0; i < set->n; i++) {
        const struct plumb_measurement *m = &set->measurements[i];

        for (size_t k = 0; k < m->ncovers; k++) {
            if (m->covers[k].kind != want->kind ||
                !plumb_digest_eq(&m->covers[k].digest, &want->digest))
                continue;
            found = true;
            *ret_derived = *ret_derived || holds(m, &want->digest);
        }
    }
    return found;
}

/* Kept when every set covers it. */
static void
take_cover(struct about *a, const struct plumb_sets *sets, const struct plumb_cover *c)
{
    bool derived = true, here;

    for (size_t i = 0; i < sets->n; i++) {
        if (!set_covers(&sets->sets[i], c, &here))
            return;
        derived = derived && here;
    }
    a->covered[a->ncovered++] = (struct covered){ c->kind, c->digest, derived };
}

/* What the first set covers, as far as all the others do. */
static enum plumb_code
take_covered(struct about *a, const struct plumb_sets *sets, struct plumb_err *err)
{
    const struct plumb_set *first = &sets->sets[0];
    size_t n = 0;

    for (size_t i = 0; i < first->n; i++)
        n += first->measurements[i].ncovers;
    a->covered = pool_array(a->pool, n, sizeof *a->covered);
    if (a->covered == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < first->n; i++)
        for (size_t k = 0; k < first->measurements[i].ncovers; k++)
            take_cover(a, sets, &first->measurements[i].covers[k]);
    return PLUMB_OK;
}

static bool
is_configuration(const struct about *a, const struct plumb_digest *artifact)
{
    for (size_t i = 0; i < a->ncovered; i++)
        if (a->covered[i].kind != PLUMB_ARTIFACT_DATA &&
            plumb_digest_eq(&a->covered[i].digest, artifact))
            return true;
    return false;
}

static void
find_built(struct about *a)
{
    bool any = false;

    for (size_t i = 1; i < a->nartifacts; i++) {
        a->built[i] = !is_configuration(a, &a->artifacts[i].digest);
        any = any || a->built[i];
    }
    a->built[0] = !any;
}

static enum plumb_code
make_about(const struct plumb_statement *s, const struct plumb_sets *sets, struct about **ret,
           struct plumb_err *err)
{
    PLUMB_AUTO(pool_auto) struct pool *pool = pool_new();
    struct about *a = pool != NULL ? pool_alloc(pool, sizeof *a) : NULL;

    if (a == NULL)
        return plumb_fail_memory(err);
    *a = (struct about){ .holders = 1, .pool = pool, .nartifacts = s->nsubjects };
    a->artifacts = pool_array(pool, s->nsubjects, sizeof *a->artifacts);
    a->built = pool_array(pool, s->nsubjects, sizeof *a->built);
    if (a->artifacts == NULL || a->built == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < s->nsubjects; i++) {
        a->artifacts[i] = (struct plumb_subject){ pool_text(pool, s->subjects[i].name),
                                                  s->subjects[i].digest };
        if (a->artifacts[i].name == NULL)
            return plumb_fail_memory(err);
    }
    PLUMB_TRY(take_covered(a, sets, err));
    find_built(a);
    pool = NULL;
    *ret = a;
    return PLUMB_OK;
}

/* --- records --- */

static enum plumb_code
put(struct engine *e, const struct plumb_digest *release, struct dossier *d,
    struct plumb_err *err)
{
    return state_put(e, STATE_DOSSIERS, release->b, sizeof release->b, &d->head, err);
}

enum plumb_code
dossier_open(struct engine *e, const struct plumb_statement *s, const struct plumb_sets *sets,
             struct plumb_err *err)
{
    PLUMB_AUTO(auto_about) struct about *about = NULL;
    struct dossier *d;

    PLUMB_TRY(make_about(s, sets, &about, err));
    d = calloc(1, sizeof *d);
    if (d == NULL)
        return plumb_fail_memory(err);
    d->about = PLUMB_TAKE(about);
    return put(e, &s->id, d, err);
}

static bool
same_file(const struct fact *a, const struct fact *b)
{
    return a->kind == b->kind && plumb_digest_eq(&a->file, &b->file);
}

/* What was accepted is not undone by attaching it again when nobody would believe it. */
static bool
is_outdone(const struct dossier *d, const struct fact *fact)
{
    for (size_t i = 0; i < d->n; i++)
        if (same_file(d->facts[i], fact) && d->facts[i]->accepted && !fact->accepted)
            return true;
    return false;
}

enum plumb_code
dossier_add(struct engine *e, const struct plumb_digest *release, struct fact *fact,
            struct plumb_err *err)
{
    PLUMB_AUTO(auto_fact) struct fact *added = fact;
    const struct dossier *old = dossier_of(e, release);
    struct dossier *d;

    if (is_outdone(old, fact))
        return PLUMB_OK;
    d = malloc(sizeof *d + (old->n + 1) * sizeof d->facts[0]);
    if (d == NULL)
        return plumb_fail_memory(err);
    *d = *old;
    d->n = 0;
    d->about->holders++;
    for (size_t i = 0; i < old->n; i++)
        if (!same_file(old->facts[i], fact)) {
            d->facts[d->n++] = old->facts[i];
            old->facts[i]->holders++;
        }
    d->facts[d->n++] = PLUMB_TAKE(added);
    return put(e, release, d, err);
}
