/* Evidence, controls and findings, for lists and screens. */
#include <string.h>

#include "engine/bill.h"
#include "engine/control.h"
#include "engine/finding.h"

static bool
has_controls(const struct engine *e)
{
    return state_document(e) != NULL && state_document(e)->controls != NULL;
}

void
engine_each_control(const struct engine *e, const struct plumb_digest *release, plumb_time at,
                    engine_control_fn *fn, void *arg)
{
    if (!has_controls(e) || state_version(e, release) == NULL)
        return;
    for (size_t i = 0; i < state_document(e)->controls->ncontrols; i++) {
        struct engine_control c;

        control_evaluate(e, release, i, at, &c);
        if (!fn(arg, &c))
            return;
    }
}

/* A bare file counts by the word of whoever refers to it. */
static bool
is_loose(const struct engine *e, const struct plumb_digest *release, const struct dossier *d,
         const struct fact *f)
{
    if (!f->accepted || f->said != NULL)
        return false;
    return f->kind == PLUMB_FILE_SBOM  ? !bill_is_bound(e, release, f)
           : f->kind == PLUMB_FILE_VEX ? !finding_hears(e, d, f)
                                       : false;
}

void
engine_each_fact(const struct engine *e, const struct plumb_digest *release, engine_fact_fn *fn,
                 void *arg)
{
    const struct dossier *d = dossier_of(e, release);

    for (size_t i = 0; d != NULL && i < d->n; i++) {
        const struct fact *f = d->facts[i];
        struct engine_fact view = { .kind = f->kind,
                                    .file = f->file,
                                    .size = f->size,
                                    .name = f->name,
                                    .by = f->by,
                                    .index = f->index,
                                    .time = f->time,
                                    .review_by = f->review_by,
                                    .accepted = f->accepted,
                                    .rule = f->rule,
                                    .text = f->text,
                                    .bill = f->is_bill,
                                    .loose = has_controls(e) && is_loose(e, release, d, f),
                                    .said = f->said != NULL ? attestation_text(f->said->kind)
                                                            : "" };

        if (!fn(arg, &view))
            return;
    }
}

void
engine_each_finding(const struct engine *e, const struct plumb_digest *release, plumb_time at,
                    engine_finding_fn *fn, void *arg)
{
    const struct map *m = &e->maps[STATE_FINDINGS];
    const struct finding *f = release != NULL ? finding_first(finding_of(e, release)) : NULL;
    struct engine_finding view;

    for (size_t i = 0; release == NULL && i < m->norder; i++) {
        finding_view(e, (const struct finding *)m->order[i]->record, at, &view);
        if (!fn(arg, &view))
            return;
    }
    for (; f != NULL; f = finding_before(f)) {
        finding_view(e, f, at, &view);
        if (!fn(arg, &view))
            return;
    }
}

size_t
engine_findings_from(const struct engine *e, size_t from, size_t max, plumb_time at,
                     engine_finding_fn *fn, void *arg)
{
    const struct map *m = &e->maps[STATE_FINDINGS];
    size_t i = from;

    for (; i < m->norder && i - from < max; i++) {
        struct engine_finding view;

        finding_view(e, (const struct finding *)m->order[i]->record, at, &view);
        if (!fn(arg, &view))
            return i;
    }
    return i < m->norder ? i : 0;
}

void
engine_monitor(const struct engine *e, plumb_time at, struct engine_monitor *ret)
{
    *ret = (struct engine_monitor){ .imports = e->now.imports,
                                    .advisories = e->now.advisories,
                                    .imported = e->now.imported };
    ret->stale =
        has_controls(e) &&
        (ret->imports == 0 ||
         plumb_time_add(ret->imported, state_document(e)->controls->advisories_age) < at);
}
