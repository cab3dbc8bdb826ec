/* What a finding comes to: VEX, severity, deadline, by the document in force and a time. */
#include <string.h>

#include "engine/finding.h"
#include "engine/trust.h"
#include "lib/own.h"
#include "supply/sbom.h"

const struct found *
finding_of(const struct engine *e, const struct plumb_digest *release)
{
    return state_get(e, STATE_FOUND, release->b, sizeof release->b);
}

static const struct finding *
record_of(const struct map_entry *entry)
{
    return entry != NULL ? (const struct finding *)entry->record : NULL;
}

const struct finding *
finding_first(const struct found *found)
{
    return found != NULL ? record_of(found->last) : NULL;
}

const struct finding *
finding_before(const struct finding *f)
{
    return record_of(f->before);
}

/* --- what trusted issuers say about it --- */

#define DIGESTS_MAX 64 /* of a release's artifacts, that a statement may name */

struct question {
    char hex[DIGESTS_MAX][PLUMB_DIGEST_HEX];
    const char *digests[DIGESTS_MAX];
    const char *ids[2 + 64];
    struct sbom bill;
    struct sbom_component component;
    struct vex_query query;
};

/* An advisory has many names: its own, and those under which others know it. */
static void
ask_by(struct question *q, const struct osv_advisory *a)
{
    size_t n = 0, max = sizeof q->ids / sizeof *q->ids;

    q->ids[n++] = a->id;
    for (size_t i = 0; i < a->naliases && n < max; i++)
        q->ids[n++] = a->aliases[i];
    for (size_t i = 0; i < a->nupstream && n < max; i++)
        q->ids[n++] = a->upstream[i];
    q->query.vulnerabilities = q->ids;
    q->query.nvulnerabilities = n;
}

static void
ask_of(struct question *q, const struct dossier *d, const struct fact *bill)
{
    size_t n = 0;

    for (; n < d->about->nartifacts && n < DIGESTS_MAX; n++) {
        plumb_digest_hex(&d->about->artifacts[n].digest, q->hex[n]);
        q->digests[n] = q->hex[n];
    }
    q->query.digests = q->digests;
    q->query.ndigests = n;
    q->bill = (struct sbom){ .id = bill->serial };
    q->query.bill = &q->bill;
    q->query.bound = true; /* by the attestation that brought it */
}

static void
ask_about(struct question *q, const struct part *p)
{
    q->component = (struct sbom_component){ .ref = p->ref,
                                            .group = p->group,
                                            .name = p->name,
                                            .version = p->version,
                                            .purl = p->purl,
                                            .packages = p->packages,
                                            .npackages = p->npackages };
    q->query.component = &q->component;
}

bool
finding_hears(const struct engine *e, const struct dossier *d, const struct fact *f)
{
    if (!f->accepted || f->vex == NULL)
        return false;
    return f->said != NULL ? trust_find(e, f->said, f->index, PLUMB_TRUST_VEX, NULL) != NULL
                           : trust_refers(e, d, PLUMB_TRUST_VEX, &f->file);
}

static const struct vex_statement *
answer(const struct engine *e, const struct dossier *d, const struct question *q)
{
    const struct vex_statement *best = NULL;

    for (size_t i = 0; i < d->n; i++)
        if (finding_hears(e, d, d->facts[i]))
            best = vex_later(best, vex_find(d->facts[i]->vex, &q->query));
    return best;
}

static bool
any_vex(const struct dossier *d)
{
    for (size_t i = 0; i < d->n; i++)
        if (d->facts[i]->vex != NULL)
            return true;
    return false;
}

static const char *
purl_of(const struct finding *f, size_t i)
{
    const char *purl = f->bill->parts[f->parts[i].part].purl;

    return purl != NULL ? purl : "";
}

/* Open while one part is, which is then the one that is named, with how many more are left;
 * what clears them all is told of the last. */
static void
judge_parts(const struct engine *e, const struct finding *f, struct engine_finding *ret)
{
    const struct dossier *d = dossier_of(e, &f->release);
    const struct vex_statement *cleared = NULL;
    struct question q;
    bool vex = any_vex(d), open = false, undetermined = false;
    size_t left = 0;

    if (vex) {
        memset(&q, 0, sizeof q);
        ask_by(&q, f->held->a);
        ask_of(&q, d, f->bill);
    }
    for (size_t i = 0; i < f->n; i++) {
        const struct vex_statement *s = NULL;

        if (vex) {
            ask_about(&q, &f->bill->parts[f->parts[i].part]);
            s = answer(e, d, &q);
        }
        if (s != NULL && vex_clears(s)) {
            cleared = s;
            continue;
        }
        left++;
        if (!open && (!undetermined || !f->parts[i].undetermined))
            ret->component = purl_of(f, i);
        open = open || !f->parts[i].undetermined;
        undetermined = undetermined || f->parts[i].undetermined;
    }
    if (open || undetermined || cleared == NULL) {
        ret->state = open ? PLUMB_FINDING_OPEN : PLUMB_FINDING_UNDETERMINED;
        ret->why = open ? "" : f->why;
        ret->components = left;
        return;
    }
    ret->state =
        cleared->status == VEX_FIXED ? PLUMB_FINDING_FIXED : PLUMB_FINDING_NOT_AFFECTED;
    ret->why = cleared->justification != NULL ? cleared->justification
               : cleared->impact != NULL      ? cleared->impact
                                              : "";
}

/* Nobody can clear what nobody knows. */
static void
judge_more(const struct finding *f, struct engine_finding *ret)
{
    ret->state = PLUMB_FINDING_UNDETERMINED;
    ret->why = f->why;
}

/* --- severity and deadline --- */

static enum plumb_severity
severity_of_finding(const struct plumb_controls *c, const struct finding *f)
{
    switch (f->severity) {
    case SEVERITY_CRITICAL:
        return PLUMB_SEVERITY_CRITICAL;
    case SEVERITY_HIGH:
        return PLUMB_SEVERITY_HIGH;
    case SEVERITY_MEDIUM:
        return PLUMB_SEVERITY_MEDIUM;
    case SEVERITY_LOW:
    case SEVERITY_NONE:
        return PLUMB_SEVERITY_LOW;
    default:
        return c->unrated;
    }
}

static bool
is_accepted(const struct engine *e, const struct plumb_digest *release)
{
    const struct plumb_governance *doc = state_document(e);

    for (size_t i = 0; i < doc->nfleets; i++) {
        const struct placement *p = state_placement(e, doc->fleets[i].name, release);

        if (placement_is_accepted(p))
            return true;
    }
    return false;
}

static void
set_deadline(const struct engine *e, const struct finding *f, plumb_time at,
             struct engine_finding *ret)
{
    const struct plumb_controls *c = state_document(e)->controls;

    ret->due = PLUMB_TIME_NEVER;
    if (c == NULL || !plumb_finding_is_open(ret->state))
        return;
    ret->blocking = (c->blocking & 1u << ret->severity) != 0;
    if (c->deadlines[ret->severity] == 0)
        return;
    ret->due = plumb_time_add(f->since, c->deadlines[ret->severity]);
    ret->overdue = ret->accepted && ret->due <= at;
}

void
finding_view(const struct engine *e, const struct finding *f, plumb_time at,
             struct engine_finding *ret)
{
    const struct plumb_controls *c = state_document(e)->controls;
    const struct version *v = state_version(e, &f->release);

    *ret = (struct engine_finding){ .release = f->release,
                                    .payload = v->payload.s,
                                    .version = v->version.s,
                                    .advisory = f->held->a->id,
                                    .summary = f->held->a->summary,
                                    .rated = f->severity != SEVERITY_UNRATED,
                                    .component = "",
                                    .components = f->more ? 0 : f->n,
                                    .fixed = f->fixed,
                                    .why = "",
                                    .index = f->index,
                                    .since = f->since,
                                    .accepted = is_accepted(e, &f->release) };
    if (c != NULL)
        ret->severity = severity_of_finding(c, f);
    if (f->n > 0 && !f->more)
        ret->component = purl_of(f, 0);
    if (f->held->a->withdrawn != PLUMB_TIME_NEVER)
        ret->state = PLUMB_FINDING_WITHDRAWN;
    else if (f->n == 0)
        ret->state = PLUMB_FINDING_GONE;
    else if (f->more)
        judge_more(f, ret);
    else
        judge_parts(e, f, ret);
    set_deadline(e, f, at, ret);
}

void
finding_sum(const struct engine *e, const struct plumb_digest *release, plumb_time at,
            struct finding_sum *ret)
{
    const struct finding *one = finding_first(finding_of(e, release));

    *ret =
        (struct finding_sum){ .first = "", .first_overdue = "", .first_due = PLUMB_TIME_NEVER };
    for (; one != NULL; one = finding_before(one)) {
        struct engine_finding f;

        finding_view(e, one, at, &f);
        if (!plumb_finding_is_open(f.state))
            continue;
        ret->open++;
        if (f.due < ret->first_due)
            ret->first_due = f.due;
        if (f.blocking && ret->blocking++ == 0)
            ret->first = f.advisory;
        if (f.blocking && f.since > ret->newest_blocking)
            ret->newest_blocking = f.since;
        if (f.overdue && ret->overdue++ == 0)
            ret->first_overdue = f.advisory;
        if (f.overdue && f.due > ret->newest_overdue)
            ret->newest_overdue = f.due;
    }
}
