#include "server/alerts.h"

#include <stdlib.h>

#include "engine/controls.h"

/* name, help */
/* clang-format off */
#define ALERTS(X)                                                                               \
    X(findings_open, "Advisories that nobody cleared, on versions that a fleet accepts")         \
    X(findings_blocking, "Those of them of a severity that blocks")                              \
    X(findings_overdue, "Those of them whose deadline has passed")                               \
    X(controls_open, "Controls not met by versions that a fleet accepts")                        \
    X(waivers_lapsed, "Waivers that have lapsed, of such versions")                              \
    X(guidance_overdue, "Guidance of such versions that is due for review")                      \
    X(advisories_stale, "1 when the last import of advisories is older than governance allows")  \
    X(advisories_imported_seconds, "When advisories were last imported; 0 for never")
/* clang-format on */

struct counts {
#define X(name, help) int64_t name;
    ALERTS(X)
#undef X
};

struct alerts {
    struct core *core;
#define X(name, help) struct metric *name;
    ALERTS(X)
#undef X
};

struct count {
    const struct engine *engine;
    plumb_time now;
    struct counts n;
};

static bool
count_finding(void *arg, const struct engine_finding *f)
{
    struct count *c = arg;

    if (!f->accepted || !plumb_finding_is_open(f->state))
        return true;
    c->n.findings_open++;
    c->n.findings_blocking += f->blocking;
    c->n.findings_overdue += f->overdue;
    return true;
}

static bool
count_control(void *arg, const struct engine_control *control)
{
    struct count *c = arg;

    c->n.controls_open += !plumb_control_is_settled(control->state);
    c->n.waivers_lapsed += control->lapsed && control->state != PLUMB_CONTROL_MET;
    return true;
}

static bool
count_fact(void *arg, const struct engine_fact *f)
{
    struct count *c = arg;

    c->n.guidance_overdue += f->accepted && f->review_by <= c->now;
    return true;
}

static bool
is_accepted(const struct engine *e, const struct plumb_digest *release)
{
    const struct plumb_link *link = plumb_chain_last(engine_chain(e));
    struct engine_placement p;

    for (size_t i = 0; i < link->document->nfleets; i++)
        if (engine_placement(e, link->document->fleets[i].name, release, &p) &&
            p.place <= ENGINE_PLACE_OUTGOING)
            return true;
    return false;
}

/* Of others nothing is asked: what they were found to be is for whoever lists findings. */
static bool
count_version(void *arg, const struct engine_version *v)
{
    struct count *c = arg;

    if (!is_accepted(c->engine, &v->release))
        return true;
    engine_each_finding(c->engine, &v->release, c->now, count_finding, c);
    engine_each_control(c->engine, &v->release, c->now, count_control, c);
    engine_each_fact(c->engine, &v->release, count_fact, c);
    return true;
}

static void
refresh(void *arg)
{
    struct alerts *a = arg;
    struct count c = { .engine = a->core->engine, .now = core_now() };
    struct engine_monitor m;

    (void)pthread_rwlock_rdlock(&a->core->lock);
    engine_each_version(c.engine, NULL, count_version, &c);
    engine_monitor(c.engine, c.now, &m);
    (void)pthread_rwlock_unlock(&a->core->lock);
    c.n.advisories_stale = m.stale;
    c.n.advisories_imported_seconds = m.imports > 0 ? m.imported : 0;
#define X(name, help) metric_set(a->name, c.n.name);
    ALERTS(X)
#undef X
}

enum plumb_code
alerts_open(struct core *core, struct alerts **ret, struct plumb_err *err)
{
    struct alerts *a = calloc(1, sizeof *a);

    if (a == NULL)
        return plumb_fail_memory(err);
    a->core = core;
#define X(name, help)                                                                          \
    a->name = metrics_series(core->metrics, METRIC_GAUGE, "plumb_" #name, "", help);
    ALERTS(X)
#undef X
    metrics_on_read(core->metrics, refresh, a);
    *ret = a;
    return PLUMB_OK;
}

void
alerts_close(struct alerts *a)
{
    if (a == NULL)
        return;
    metrics_off_read(a->core->metrics, refresh, a);
    free(a);
}
