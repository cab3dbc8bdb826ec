#include "audit/at.h"

#include <string.h>

#include "audit/report.h"
#include "lib/own.h"

static json_t *
placement_json(const struct engine *e, const struct engine_placement *p)
{
    struct engine_version v;

    if (!engine_version(e, &p->release, &v))
        return NULL;
    return json_pack("{s:s, s:s, s:s, s:o, s:o*, s:o*, s:o, s:o}", "payload", p->payload,
                     "version", p->version, "place", engine_place_text(p->place), "notBefore",
                     report_time(p->window.not_before), "notAfter",
                     report_time(p->window.not_after), "keptUntil", report_time(p->kept_until),
                     "release", report_digest(&p->release), "referenceValues",
                     report_digest(&v.reference_values));
}

struct walk {
    const struct engine *e;
    json_t *list;
    bool failed;
};

static bool
take_placement(void *arg, const struct engine_placement *p)
{
    struct walk *w = arg;

    w->failed = json_array_append_new(w->list, placement_json(w->e, p)) != 0;
    return !w->failed;
}

/* With time let pass up to the moment. */
static enum plumb_code
take(struct audit_at *at, struct engine *e, struct plumb_err *err)
{
    struct walk w = { e, json_array(), false };
    struct engine_fleet_state f = { 0 };

    PLUMB_TRY(engine_advance(e, at->time, err));
    engine_each_placement(e, at->fleet, true, take_placement, &w);
    at->answer =
        json_pack("{s:s, s:o, s:I, s:o}", "fleet", at->fleet, "time", report_time(at->time),
                  "entries", (json_int_t)engine_size(e), "accepted", w.list);
    if (at->answer == NULL || w.failed)
        return plumb_fail_memory(err);
    if (!engine_fleet(e, at->fleet, &f))
        return json_object_set_new(at->answer, "unknown", json_true()) == 0
                   ? PLUMB_OK
                   : plumb_fail_memory(err);
    if (f.revision == 0)
        return PLUMB_OK;
    if (json_object_set_new(at->answer, "revision", json_integer(f.revision)) != 0 ||
        json_object_set_new(at->answer, "publication",
                            json_integer((json_int_t)f.publication)) != 0 ||
        json_object_set_new(at->answer, "content", report_digest(&f.content)) != 0 ||
        json_object_set_new(at->answer, "validUntil", report_time(f.valid_until)) != 0 ||
        json_object_set_new(at->answer, "stale", json_boolean(f.valid_until <= at->time)) != 0)
        return plumb_fail_memory(err);
    return PLUMB_OK;
}

static enum plumb_code
before(void *self, struct engine *e, plumb_time time, struct plumb_err *err)
{
    struct audit_at *at = self;

    return at->answer == NULL && time > at->time ? take(at, e, err) : PLUMB_OK;
}

void
audit_at_begin(struct audit_at *at, const char *fleet, plumb_time time)
{
    *at = (struct audit_at){ .fleet = fleet, .time = time };
    at->observer = (struct audit_observer){ .self = at, .before = before };
}

void
audit_at_clear(struct audit_at *at)
{
    json_decref(at->answer);
}

enum plumb_code
audit_at_finish(struct audit_at *at, struct audit *a, json_t **ret, struct plumb_err *err)
{
    if (at->answer == NULL) {
        PLUMB_TRY(take(at, audit_engine_last(a), err));
        if (json_object_set_new(at->answer, "logEnds", report_time(audit_counts(a)->last)) != 0)
            return plumb_fail_memory(err);
    }
    if (json_object_get(at->answer, "unknown") != NULL)
        return plumb_fail(err, PLUMB_NOT_FOUND, "fleet.unknown", "--fleet",
                          "governance knew no fleet %s at that time", at->fleet);
    *ret = json_incref(at->answer);
    return PLUMB_OK;
}

void
report_at(struct page *p, const json_t *at)
{
    static const char *const columns[] = { "payload",        "version",
                                           "place",          "from:notBefore",
                                           "until:notAfter", "kept until:keptUntil",
                                           "release",        NULL };
    const char *ends;

    if (at == NULL)
        return;
    page_heading(p, 2, "What %s accepted at %s", report_text(at, "fleet"),
                 report_text(at, "time"));
    ends = report_text(at, "logEnds");
    if (ends[0] != '\0')
        page_line(p, "The log ends at %s: it does not say what was decided after that.", ends);
    if (json_object_get(at, "revision") == NULL)
        page_line(p, "No bundle had been published.");
    else
        page_line(p, "By the bundle of revision %" JSON_INTEGER_FORMAT ", good until %s%s.",
                  json_integer_value(json_object_get(at, "revision")),
                  report_text(at, "validUntil"),
                  json_is_true(json_object_get(at, "stale"))
                      ? ": it had expired, so verifiers accepted nothing"
                      : "");
    if (json_array_size(json_object_get(at, "accepted")) == 0)
        page_line(p, "No version was accepted.");
    else
        page_table(p, columns, json_object_get(at, "accepted"));
}
