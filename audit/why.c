#include "audit/why.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/report.h"
#include "lib/own.h"

/* What the version was in a fleet when it was last looked at. */
struct seen_place {
    char fleet[PLUMB_NAME_MAX + 1];
    struct plumb_digest release;
    enum engine_place place;
    struct plumb_window window;
    plumb_time kept_until;
};

struct audit_why {
    char payload[PLUMB_NAME_MAX + 1], version[PLUMB_NAME_MAX + 1];
    struct audit_observer observer;
    struct plumb_digest *releases, *proposals;
    size_t nreleases, nproposals;
    struct seen_place *seen;
    size_t nseen;
    json_t *evidence, *history, *places, *bundles, *recognitions;
};

PLUMB_DEFINE_AUTO(auto_why, struct audit_why *, audit_why_free);

void
audit_why_free(struct audit_why *w)
{
    if (w == NULL)
        return;
    free(w->releases);
    free(w->proposals);
    free(w->seen);
    json_decref(w->evidence);
    json_decref(w->history);
    json_decref(w->places);
    json_decref(w->bundles);
    json_decref(w->recognitions);
    free(w);
}

static enum plumb_code
append(json_t *list, json_t *item, struct plumb_err *err)
{
    return json_array_append_new(list, item) == 0 ? PLUMB_OK : plumb_fail_memory(err);
}

static enum plumb_code
remember(struct plumb_digest **ids, size_t *n, const struct plumb_digest *id,
         struct plumb_err *err)
{
    struct plumb_digest *more = realloc(*ids, (*n + 1) * sizeof *more);

    if (more == NULL)
        return plumb_fail_memory(err);
    more[(*n)++] = *id;
    *ids = more;
    return PLUMB_OK;
}

static bool
is_among(const struct plumb_digest *ids, size_t n, const struct plumb_digest *id)
{
    for (size_t i = 0; i < n; i++)
        if (plumb_digest_eq(&ids[i], id))
            return true;
    return false;
}

static bool
is_about(const struct audit_why *w, const struct plumb_statement *s)
{
    if (s->kind == PLUMB_KIND_APPROVAL)
        return is_among(w->proposals, w->nproposals, &s->u.approval.proposal);
    return s->payload != NULL && s->version != NULL && strcmp(s->payload, w->payload) == 0 &&
           strcmp(s->version, w->version) == 0;
}

/* --- evidence --- */

static json_t *
sources_json(const struct plumb_statement *s)
{
    json_t *list = json_array();

    for (size_t i = 0; i < s->u.release.nsources; i++) {
        const struct plumb_source *from = &s->u.release.sources[i];

        (void)json_array_append_new(
            list, json_pack("{s:I, s:s, s:o, s:b}", "set", (json_int_t)from->set, "kind",
                            from->kind, "digest", report_digest(&from->digest), "verified", 0));
    }
    return list;
}

static json_t *
artifacts_json(const struct plumb_statement *s)
{
    json_t *list = json_array();

    for (size_t i = 1; i < s->nsubjects; i++)
        (void)json_array_append_new(list,
                                    json_pack("{s:s, s:o}", "name", s->subjects[i].name,
                                              "digest", report_digest(&s->subjects[i].digest)));
    return list;
}

static enum plumb_code
take_release(struct audit_why *w, const struct audit_act *act, struct plumb_err *err)
{
    const struct plumb_statement *s = act->statement;

    PLUMB_TRY(remember(&w->releases, &w->nreleases, &s->id, err));
    return append(w->evidence,
                  json_pack("{s:o, s:I, s:o, s:s, s:o, s:o*, s:s*, s:o, s:o}", "release",
                            report_digest(&s->id), "entry", (json_int_t)act->index,
                            "registered", report_time(act->time), "by",
                            act->who != NULL ? act->who : "", "referenceValues",
                            report_digest(&s->u.release.reference_values), "sbom",
                            s->u.release.has_sbom ? report_digest(&s->u.release.sbom) : NULL,
                            "notes", s->u.release.notes, "sources", sources_json(s),
                            "artifacts", artifacts_json(s)),
                  err);
}

/* --- entries --- */

static const char *
what_of(const struct plumb_statement *s)
{
    if (s->kind == PLUMB_KIND_ROLLOUT)
        return plumb_action_text(s->u.rollout.action);
    if (s->kind == PLUMB_KIND_APPROVAL)
        return plumb_decision_text(s->u.approval.decision);
    return plumb_kind_text(s->kind);
}

static const char *
reason_of(const struct plumb_statement *s)
{
    return s->kind == PLUMB_KIND_APPROVAL     ? s->u.approval.reason
           : s->kind == PLUMB_KIND_REVOCATION ? s->u.revocation.reason
                                              : NULL;
}

static enum plumb_code
take_entry(struct audit_why *w, const struct engine *e, const struct audit_act *act,
           struct plumb_err *err)
{
    const struct plumb_statement *s = act->statement;
    /* what was in force when it was accepted: a change counts from the entry after */
    const struct plumb_link *link =
        plumb_chain_at(engine_chain(e), act->index > 0 ? act->index - 1 : 0);

    if (plumb_kind_is_proposal(s->kind))
        PLUMB_TRY(remember(&w->proposals, &w->nproposals, &s->id, err));
    if (s->kind == PLUMB_KIND_RELEASE)
        PLUMB_TRY(take_release(w, act, err));
    return append(w->history,
                  json_pack("{s:I, s:o, s:s, s:s, s:o, s:I, s:s*, s:s, s:s*}", "entry",
                            (json_int_t)act->index, "time", report_time(act->time), "what",
                            what_of(s), "by", act->who != NULL ? act->who : "", "key",
                            report_digest(&s->keys[0]), "governance",
                            (json_int_t)(link != NULL ? link->document->version : 0), "fleet",
                            s->fleet, "effect", act->effect->text, "reason", reason_of(s)),
                  err);
}

/* --- places --- */

static struct seen_place *
seen_in(struct audit_why *w, const char *fleet, const struct plumb_digest *release)
{
    for (size_t i = 0; i < w->nseen; i++)
        if (strcmp(w->seen[i].fleet, fleet) == 0 &&
            plumb_digest_eq(&w->seen[i].release, release))
            return &w->seen[i];
    return NULL;
}

static bool
is_accepted(enum engine_place place)
{
    return place == ENGINE_PLACE_INCOMING || place == ENGINE_PLACE_CURRENT ||
           place == ENGINE_PLACE_OUTGOING;
}

static enum plumb_code
look_at(struct audit_why *w, const struct engine *e, const struct audit_act *act,
        const char *fleet, const struct plumb_digest *release, struct plumb_err *err)
{
    struct seen_place *was = seen_in(w, fleet, release);
    struct engine_placement p;
    bool accepted;

    if (!engine_placement(e, fleet, release, &p) ||
        (was != NULL && was->place == p.place &&
         was->window.not_before == p.window.not_before &&
         was->window.not_after == p.window.not_after && was->kept_until == p.kept_until))
        return PLUMB_OK;
    if (was == NULL) {
        struct seen_place *more = realloc(w->seen, (w->nseen + 1) * sizeof *more);

        if (more == NULL)
            return plumb_fail_memory(err);
        w->seen = more;
        was = &w->seen[w->nseen++];
        (void)snprintf(was->fleet, sizeof was->fleet, "%s", fleet);
        was->release = *release;
    }
    was->place = p.place;
    was->window = p.window;
    was->kept_until = p.kept_until;
    /* what no verifier accepts has no window */
    accepted = is_accepted(p.place);
    return append(w->places,
                  json_pack("{s:s, s:s, s:o, s:I, s:o*, s:o*, s:o*, s:s}", "fleet", fleet,
                            "place", engine_place_text(p.place), "since", report_time(p.since),
                            "entry", (json_int_t)act->index, "notBefore",
                            accepted ? report_time(p.window.not_before) : NULL, "notAfter",
                            accepted ? report_time(p.window.not_after) : NULL, "keptUntil",
                            report_time(p.kept_until), "by", act->effect->text),
                  err);
}

static enum plumb_code
look_everywhere(struct audit_why *w, const struct engine *e, const struct audit_act *act,
                struct plumb_err *err)
{
    const struct plumb_governance *doc = plumb_chain_last(engine_chain(e))->document;

    for (size_t i = 0; i < w->nreleases; i++)
        for (size_t f = 0; f < doc->nfleets; f++)
            PLUMB_TRY(look_at(w, e, act, doc->fleets[f].name, &w->releases[i], err));
    return PLUMB_OK;
}

/* --- bundles --- */

/* One more bundle of the same kind as the last, if it goes on where that ends. */
static bool
extend(const struct audit_why *w, const struct audit_act *act, const char *place)
{
    const struct plumb_statement *s = act->statement;

    for (size_t i = json_array_size(w->bundles); i > 0; i--) {
        json_t *last = json_array_get(w->bundles, i - 1);

        if (strcmp(json_string_value(json_object_get(last, "fleet")), s->fleet) != 0)
            continue;
        if (strcmp(json_string_value(json_object_get(last, "place")), place) != 0 ||
            json_integer_value(json_object_get(last, "lastRevision")) + 1 <
                s->u.publication.revision)
            return false;
        return json_object_set_new(last, "lastRevision",
                                   json_integer(s->u.publication.revision)) == 0 &&
               json_object_set_new(last, "lastEntry", json_integer((json_int_t)act->index)) ==
                   0 &&
               json_object_set_new(last, "validUntil",
                                   report_time(s->u.publication.valid_until)) == 0;
    }
    return false;
}

static enum plumb_code
take_bundle(struct audit_why *w, const struct engine *e, const struct audit_act *act,
            struct plumb_err *err)
{
    const struct plumb_statement *s = act->statement;

    for (size_t i = 0; i < w->nreleases; i++) {
        struct engine_placement p;

        if (!engine_placement(e, s->fleet, &w->releases[i], &p) || !is_accepted(p.place) ||
            extend(w, act, engine_place_text(p.place)))
            continue;
        PLUMB_TRY(append(w->bundles,
                         json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:o, s:o}", "fleet",
                                   s->fleet, "place", engine_place_text(p.place),
                                   "firstRevision", (json_int_t)s->u.publication.revision,
                                   "lastRevision", (json_int_t)s->u.publication.revision,
                                   "firstEntry", (json_int_t)act->index, "lastEntry",
                                   (json_int_t)act->index, "published", report_time(act->time),
                                   "validUntil", report_time(s->u.publication.valid_until)),
                         err));
    }
    return PLUMB_OK;
}

static enum plumb_code
after(void *self, const struct engine *e, const struct audit_act *act, struct plumb_err *err)
{
    struct audit_why *w = self;
    const struct plumb_statement *s = act->statement;

    if (s->kind == PLUMB_KIND_PUBLICATION)
        return take_bundle(w, e, act, err);
    if (is_about(w, s)) {
        if (s->kind == PLUMB_KIND_RECOGNITION)
            return append(w->recognitions,
                          json_pack("{s:I, s:o, s:s, s:s, s:I}", "entry",
                                    (json_int_t)act->index, "time", report_time(act->time),
                                    "by", act->who != NULL ? act->who : "", "fleet", s->fleet,
                                    "revision", (json_int_t)s->u.recognition.revision),
                          err);
        PLUMB_TRY(take_entry(w, e, act, err));
    }
    /* what others do moves it too: its successor's moves, a compromise, time */
    return act->effect->completed || plumb_kind_is_service(s->kind)
               ? look_everywhere(w, e, act, err)
               : PLUMB_OK;
}

enum plumb_code
audit_why_new(const char *payload, const char *version, struct audit_why **ret,
              struct plumb_err *err)
{
    PLUMB_AUTO(auto_why) struct audit_why *w = calloc(1, sizeof *w);

    if (w == NULL)
        return plumb_fail_memory(err);
    (void)snprintf(w->payload, sizeof w->payload, "%s", payload);
    (void)snprintf(w->version, sizeof w->version, "%s", version);
    w->observer = (struct audit_observer){ .self = w, .after = after };
    w->evidence = json_array();
    w->history = json_array();
    w->places = json_array();
    w->bundles = json_array();
    w->recognitions = json_array();
    if (w->evidence == NULL || w->history == NULL || w->places == NULL || w->bundles == NULL ||
        w->recognitions == NULL)
        return plumb_fail_memory(err);
    *ret = PLUMB_TAKE(w);
    return PLUMB_OK;
}

struct audit_observer *
audit_why_observer(struct audit_why *w)
{
    return &w->observer;
}

enum plumb_code
audit_why_finish(struct audit_why *w, const struct audit *a, json_t **ret,
                 struct plumb_err *err)
{
    struct engine_version v;

    if (w->nreleases == 0 ||
        !engine_version(audit_engine(a), &w->releases[w->nreleases - 1], &v))
        return plumb_fail(err, PLUMB_NOT_FOUND, "version.unknown", "--why",
                          "the log registers no %s@%s", w->payload, w->version);
    *ret = json_pack("{s:s, s:s, s:s, s:O, s:O, s:O, s:O, s:O}", "payload", w->payload,
                     "version", w->version, "state", engine_version_state_text(v.state),
                     "releases", w->evidence, "history", w->history, "places", w->places,
                     "bundles", w->bundles, "recognitions", w->recognitions);
    return *ret != NULL ? PLUMB_OK : plumb_fail_memory(err);
}

/* --- for people --- */

static void
page_evidence(struct page *p, const json_t *release)
{
    static const char *const sources[] = { "set", "kind", "file:digest", "verified", NULL };
    static const char *const artifacts[] = { "artifact:name", "digest", NULL };

    page_fact(p, "registered", "%s, by %s", report_text(release, "registered"),
              report_text(release, "by"));
    page_fact(p, "release", "%s", report_text(release, "release"));
    page_fact(p, "reference values", "%s", report_text(release, "referenceValues"));
    if (json_object_get(release, "sbom") != NULL)
        page_fact(p, "SBOM", "%s", report_text(release, "sbom"));
    if (json_object_get(release, "notes") != NULL)
        page_fact(p, "notes", "%s", report_text(release, "notes"));
    if (json_array_size(json_object_get(release, "sources")) > 0)
        page_table(p, sources, json_object_get(release, "sources"));
    if (json_array_size(json_object_get(release, "artifacts")) > 0)
        page_table(p, artifacts, json_object_get(release, "artifacts"));
}

static void
page_list(struct page *p, const char *heading, const char *none, const char *const *columns,
          const json_t *rows)
{
    page_heading(p, 3, "%s", heading);
    if (json_array_size(rows) == 0)
        page_line(p, "%s", none);
    else
        page_table(p, columns, rows);
}

void
report_why(struct page *p, const json_t *why)
{
    static const char *const history[] = { "entry",      "time",  "what",   "by",     "key",
                                           "governance", "fleet", "effect", "reason", NULL };
    static const char *const places[] = {
        "fleet", "was:place", "since", "until:notAfter", "kept until:keptUntil",
        "entry", "by",        NULL
    };
    static const char *const bundles[] = { "fleet",
                                           "as:place",
                                           "revisions from:firstRevision",
                                           "to:lastRevision",
                                           "published",
                                           "last one good until:validUntil",
                                           NULL };
    static const char *const recognitions[] = {
        "entry", "time", "by", "fleet", "revision", NULL
    };
    size_t i;
    const json_t *release;

    if (why == NULL)
        return;
    page_heading(p, 2, "The story of %s@%s: %s", report_text(why, "payload"),
                 report_text(why, "version"), report_text(why, "state"));
    json_array_foreach(json_object_get(why, "releases"), i, release)
        page_evidence(p, release);
    page_list(p, "Who did what, by which key, under which governance version", "Nothing.",
              history, json_object_get(why, "history"));
    page_list(p, "What it was, where", "It was never rolled out.", places,
              json_object_get(why, "places"));
    page_list(p, "Bundles that accepted it", "None.", bundles, json_object_get(why, "bundles"));
    page_list(p, "Verifiers that reported to have accepted it", "None.", recognitions,
              json_object_get(why, "recognitions"));
}
