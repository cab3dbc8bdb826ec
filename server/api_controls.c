/* Evidence, controls and findings. */
#include <stdio.h>
#include <string.h>

#include "engine/controls.h"
#include "lib/own.h"
#include "server/api_json.h"
#include "server/lend.h"

/* --- one version --- */

static bool
take_control(void *arg, const struct engine_control *c)
{
    json_t *o = json_object(), *evidence = json_array();

    for (size_t i = 0; i < c->nevidence; i++)
        (void)json_array_append_new(evidence, api_digest(&c->evidence[i]));
    api_set(o, "control", json_string(c->id));
    api_set(o, "text", json_string(c->text));
    api_set(o, "level", json_string(c->must ? "must" : "should"));
    api_set(o, "state", json_string(plumb_control_state_text(c->state)));
    api_set(o, "by", json_string(c->by));
    api_set(o, "evidence", evidence);
    if (c->lapsed || c->state == PLUMB_CONTROL_WAIVED) {
        api_set(o, "waiver", api_digest(&c->waiver));
        api_set(o, "waivedUntil", api_time(c->waived_until));
        api_set(o, "lapsed", json_boolean(c->lapsed));
    }
    return json_array_append_new(arg, o) == 0;
}

static bool
take_fact(void *arg, const struct engine_fact *f)
{
    json_t *o = json_object();

    api_set(o, "kind", json_string(plumb_file_kind_text(f->kind)));
    api_set(o, "digest", api_digest(&f->file));
    api_set(o, "size", json_integer(f->size));
    api_set(o, "name", f->name[0] != '\0' ? json_string(f->name) : NULL);
    api_set(o, "by", json_string(f->by));
    api_set(o, "index", json_integer((json_int_t)f->index));
    api_set(o, "time", api_time(f->time));
    api_set(o, "accepted", json_boolean(f->accepted));
    api_set(o, "rule", f->rule[0] != '\0' ? json_string(f->rule) : NULL);
    api_set(o, "text", json_string(f->text));
    api_set(o, "attestation", f->said[0] != '\0' ? json_string(f->said) : NULL);
    api_set(o, "bill", f->bill ? json_true() : NULL);
    api_set(o, "loose", f->loose ? json_true() : NULL);
    if (f->review_by != PLUMB_TIME_NEVER)
        api_set(o, "reviewBy", api_time(f->review_by));
    return json_array_append_new(arg, o) == 0;
}

/* What others wrote, in the JSON profile that answers are read in: a blank where it has none of
 * our characters. NULL where there is nothing. */
static json_t *
others_text(const char *text)
{
    PLUMB_AUTO(auto_free) char *copy = text != NULL ? strdup(text) : NULL;

    for (char *p = copy; p != NULL && *p != '\0'; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = ' ';
        else if (strncmp(p, "\u2028", 3) == 0 || strncmp(p, "\u2029", 3) == 0)
            memset(p, ' ', 3);
    return copy != NULL && copy[0] != '\0' ? json_string(copy) : NULL;
}

static json_t *
finding_json(const struct engine_finding *f)
{
    json_t *o = json_object();

    api_set(o, "payload", json_string(f->payload));
    api_set(o, "version", json_string(f->version));
    api_set(o, "release", api_digest(&f->release));
    api_set(o, "advisory", json_string(f->advisory));
    api_set(o, "summary", others_text(f->summary));
    api_set(o, "state", json_string(plumb_finding_state_text(f->state)));
    api_set(o, "severity", json_string(plumb_severity_text(f->severity)));
    api_set(o, "rated", json_boolean(f->rated));
    api_set(o, "blocking", json_boolean(f->blocking));
    api_set(o, "component", others_text(f->component));
    api_set(o, "components", json_integer((json_int_t)f->components));
    api_set(o, "fixed", others_text(f->fixed));
    api_set(o, "why", others_text(f->why));
    api_set(o, "index", json_integer((json_int_t)f->index));
    api_set(o, "since", api_time(f->since));
    if (f->due != PLUMB_TIME_NEVER)
        api_set(o, "due", api_time(f->due));
    api_set(o, "overdue", json_boolean(f->overdue));
    api_set(o, "accepted", json_boolean(f->accepted));
    return o;
}

static bool
take_finding(void *arg, const struct engine_finding *f)
{
    return json_array_append_new(arg, finding_json(f)) == 0;
}

static json_t *
evaluation_json(const struct engine *e, const struct plumb_digest *release)
{
    struct engine_evaluation v;
    json_t *o, *summary = NULL;

    if (!engine_evaluation(e, release, &v))
        return NULL;
    o = json_pack("{s:I, s:o, s:o, s:o}", "index", (json_int_t)v.index, "time",
                  api_time(v.time), "governance", api_digest(&v.governance), "results",
                  json_loads(v.results, 0, NULL));
    if (v.recorded)
        api_set(o, "record", json_integer((json_int_t)v.record));
    if (engine_summary(e, release, &summary, NULL) == PLUMB_OK)
        api_set(o, "summary", summary);
    return o;
}

static json_t *
version_json(const struct engine *e, const struct engine_version *v, plumb_time now)
{
    json_t *controls = json_array(), *facts = json_array(), *findings = json_array(), *o;

    engine_each_control(e, &v->release, now, take_control, controls);
    engine_each_fact(e, &v->release, take_fact, facts);
    engine_each_finding(e, &v->release, now, take_finding, findings);
    o = json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "payload", v->payload, "version",
                  v->version, "release", api_digest(&v->release), "at", api_time(now),
                  "controls", controls, "evidence", facts, "findings", findings);
    api_set(o, "evaluation", evaluation_json(e, &v->release));
    return o;
}

enum plumb_code
api_controls(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    struct app *app = req->app;
    PLUMB_AUTO(plumb_json_auto) json_t *answer = NULL;
    struct engine_version v;
    bool known;

    PLUMB_TRY(app_size(req, reply, err));
    (void)pthread_rwlock_rdlock(&app->core->lock);
    known = engine_version_named(app->core->engine, req->args[0], req->args[1], &v);
    if (known)
        answer = version_json(app->core->engine, &v, core_now());
    (void)pthread_rwlock_unlock(&app->core->lock);
    if (!known)
        return plumb_fail(err, PLUMB_NOT_FOUND, "release.unknown", "version",
                          "no such version is registered");
    return http_reply_json(reply, answer, err);
}

/* --- all findings --- */

#define LOOKED_AT_MAX 20000 /* findings, for one page: others wait for the lock meanwhile */

struct wanted {
    const struct engine *engine;
    const char *payload, *fleet;
    bool all; /* those too that are cleared, or of versions that no fleet accepts */
    size_t limit;
    json_t *findings;
};

/* The fleets that accept the release, and whether anything else of its payload is accepted
 * there; NULL where it is not in the fleet that is asked about. */
static json_t *
places_json(const struct wanted *w, const struct engine_finding *f)
{
    const struct plumb_governance *doc = plumb_chain_last(engine_chain(w->engine))->document;
    json_t *places = json_array();
    bool here = w->fleet == NULL;

    for (size_t i = 0; i < doc->nfleets; i++) {
        const char *fleet = doc->fleets[i].name;
        struct engine_placement p;

        if (!engine_placement(w->engine, fleet, &f->release, &p) ||
            p.place > ENGINE_PLACE_OUTGOING)
            continue;
        here = here || strcmp(w->fleet, fleet) == 0;
        (void)json_array_append_new(
            places,
            json_pack("{s:s, s:s, s:b}", "fleet", fleet, "place", engine_place_text(p.place),
                      "alone", engine_accepted(w->engine, fleet, f->payload) == 1));
    }
    if (here)
        return places;
    json_decref(places);
    return NULL;
}

static bool
take_wanted(void *arg, const struct engine_finding *f)
{
    struct wanted *w = arg;
    bool open = plumb_finding_is_open(f->state);
    json_t *places, *o;

    if (json_array_size(w->findings) == w->limit)
        return false;
    if ((w->payload != NULL && strcmp(w->payload, f->payload) != 0) ||
        (!w->all && (!open || !f->accepted)))
        return true;
    places = places_json(w, f);
    if (places == NULL)
        return true;
    o = finding_json(f);
    api_set(o, "places", places);
    return json_array_append_new(w->findings, o) == 0;
}

enum plumb_code
api_findings(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    struct app *app = req->app;
    PLUMB_AUTO(plumb_json_auto) json_t *answer = NULL;
    PLUMB_AUTO(plumb_json_auto) json_t *findings = json_array();
    struct wanted w = { .engine = app->core->engine,
                        .payload = http_query(req, "payload"),
                        .fleet = http_query(req, "fleet"),
                        .all = http_query(req, "all") != NULL,
                        .findings = findings };
    int64_t limit = 100, after = 0;
    struct engine_monitor m;
    size_t next;

    PLUMB_TRY(http_uri_number(&req->uri, "limit", 1, 1000, &limit, err));
    PLUMB_TRY(http_uri_number(&req->uri, "after", 0, INT64_MAX, &after, err));
    PLUMB_TRY(app_size(req, reply, err));
    w.limit = (size_t)limit;
    (void)pthread_rwlock_rdlock(&app->core->lock);
    next = engine_findings_from(w.engine, (size_t)after, LOOKED_AT_MAX, core_now(), take_wanted,
                                &w);
    engine_monitor(w.engine, core_now(), &m);
    (void)pthread_rwlock_unlock(&app->core->lock);
    answer = json_pack("{s:O, s:{s:I, s:I, s:b}}", "findings", findings, "monitor", "imports",
                       (json_int_t)m.imports, "advisories", (json_int_t)m.advisories, "stale",
                       m.stale);
    if (m.imports > 0)
        api_set(json_object_get(answer, "monitor"), "imported", api_time(m.imported));
    if (next > 0)
        api_set(answer, "next", json_sprintf("%zu", next));
    return http_reply_json(reply, answer, err);
}
