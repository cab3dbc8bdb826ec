#include "audit/pack_report.h"

#include <stdio.h>
#include <string.h>

#include "audit/report.h"
#include "lib/own.h"

/* What only the whole log tells. */
static const char *const not_proven[] = {
    "that nothing is withheld: a rejection, a later change of governance (and an earlier one, "
    "where it names no controls), a key declared compromised, a revocation, more evidence or "
    "advisories may be in the log and not in here",
    "that the rest of the log holds: 'plumb audit' of an export tells",
    "where the release is accepted now: the moves in here are signed and in the log, but what "
    "came of them is not judged, and others may be missing",
    "that the log shows everybody the same: witnesses' cosignatures, as far as the trust file "
    "asks for them, and 'plumb audit --watch' tell",
};

enum plumb_code
pack_controls(const struct engine_evaluation *v, struct plumb_bytes *ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto)
    json_t *json =
        json_pack("{s:s, s:I, s:o, s:o, s:o}", "schema", "urn:plumbline:control-results:v1",
                  "at", (json_int_t)v->index, "time", report_time(v->time), "governance",
                  report_digest(&v->governance), "results", json_loads(v->results, 0, NULL));

    return plumb_json_canonical(json, ret, err);
}

/* --- its parts --- */

static json_t *
governance_json(const struct plumb_chain *chain)
{
    json_t *list = json_array();

    for (size_t i = 0; i < plumb_chain_length(chain); i++) {
        const struct plumb_link *link = plumb_chain_link(chain, i);

        (void)json_array_append_new(list, json_pack("{s:I, s:I, s:o, s:o, s:o}", "version",
                                                    (json_int_t)link->document->version,
                                                    "entry", (json_int_t)link->index, "time",
                                                    report_time(link->time), "statement",
                                                    report_digest(&link->statement), "document",
                                                    report_digest(&link->document->digest)));
    }
    return list;
}

static bool
take_fact(void *list, const struct engine_fact *f)
{
    return json_array_append_new(
               list, json_pack("{s:s, s:o, s:I, s:s, s:s, s:I, s:o, s:b, s:s, s:s}", "kind",
                               plumb_file_kind_text(f->kind), "digest", report_digest(&f->file),
                               "size", (json_int_t)f->size, "name", f->name, "by", f->by,
                               "entry", (json_int_t)f->index, "time", report_time(f->time),
                               "accepted", f->accepted, "rule", f->rule, "text", f->text)) == 0;
}

static enum plumb_code
add(json_t *json, const char *key, json_t *value, struct plumb_err *err)
{
    return json_object_set_new(json, key, value) == 0 ? PLUMB_OK : plumb_fail_memory(err);
}

/* Of a release that its entries register and approve. */
static enum plumb_code
add_approval(json_t *json, const struct engine *e, const struct plumb_digest *release,
             struct plumb_err *err)
{
    const struct plumb_link *link;
    struct engine_evaluation v;
    struct engine_proposal p;

    if (!engine_proposal(e, release, &p) || p.closed_rule == NULL)
        return PLUMB_OK;
    link = plumb_chain_at(engine_chain(e), p.closed_index);
    PLUMB_TRY(add(json, "approval",
                  json_pack("{s:I, s:o, s:I, s:s}", "entry", (json_int_t)p.closed_index, "time",
                            report_time(p.closed_time), "governance",
                            (json_int_t)link->document->version, "state",
                            engine_proposal_state_text(p.state)),
                  err));
    if (!engine_evaluation(e, release, &v) || !v.recorded)
        return PLUMB_OK;
    PLUMB_TRY(add(json, "evaluation",
                  json_pack("{s:I, s:I, s:o, s:o}", "entry", (json_int_t)v.record, "at",
                            (json_int_t)v.index, "time", report_time(v.time), "governance",
                            report_digest(&v.governance)),
                  err));
    return add(json, "controls", json_loads(v.results, 0, NULL), err);
}

static enum plumb_code
add_story(json_t *json, const struct audit *a, const struct pack_told *t, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *why = NULL;
    json_t *files = json_array();
    struct engine_version v;

    if (!engine_version(audit_engine(a), &t->pack->release, &v)) {
        json_decref(files);
        return PLUMB_OK;
    }
    engine_each_fact(audit_engine(a), &t->pack->release, take_fact, files);
    PLUMB_TRY(add(json, "files", files, err));
    PLUMB_TRY(audit_why_finish(t->why, a, &why, err));
    for (const char *const *key = (const char *const[]){ "state", "releases", "history", NULL };
         *key != NULL; key++)
        PLUMB_TRY(add(json, *key, json_incref(json_object_get(why, *key)), err));
    return add_approval(json, audit_engine(a), &t->pack->release, err);
}

enum plumb_code
pack_report(const struct audit *a, const struct pack_told *t, json_t **ret,
            struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;
    const struct audit_counts *c = audit_counts(a);
    json_t *limits = json_array();

    for (size_t i = 0; i < sizeof not_proven / sizeof *not_proven; i++)
        (void)json_array_append_new(limits, json_string(not_proven[i]));
    PLUMB_TRY(report_json(a, "a pack", &t->trust->genesis, NULL, &json, err));
    PLUMB_TRY(add(json, "payload", json_string(t->pack->payload), err));
    PLUMB_TRY(add(json, "version", json_string(t->pack->version), err));
    PLUMB_TRY(add(json, "release", report_digest(&t->pack->release), err));
    PLUMB_TRY(add(json, "notProven", limits, err));
    PLUMB_TRY(add(json, "moves", json_incref(t->moves), err));
    PLUMB_TRY(add(json, "governance", governance_json(engine_chain(audit_engine(a))), err));
    PLUMB_TRY(
        add(json, "checked",
            json_pack("{s:I, s:I, s:I, s:I, s:I}", "entries", (json_int_t)c->entries, "proofs",
                      (json_int_t)t->proofs, "signatures", (json_int_t)c->signatures, "blobs",
                      (json_int_t)c->blobs, "quorums", (json_int_t)c->quorums),
            err));
    PLUMB_TRY(add_story(json, a, t, err));
    *ret = PLUMB_TAKE(json);
    return PLUMB_OK;
}

/* --- for people --- */

#define N "%" JSON_INTEGER_FORMAT

static json_int_t
number(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static void
page_verdict(struct page *p, const json_t *report)
{
    static const char *const columns[] = { "entry",      "rule",      "where",
                                           "who:people", "what:text", NULL };
    const json_t *approval = json_object_get(report, "approval");

    if (json_is_true(json_object_get(report, "holds")))
        page_line(p,
                  "ALL HOLDS: the release was approved by its quorum at entry " N
                  ", %s, under governance version " N
                  ", and all that this rests on is in here and in the log.",
                  number(approval, "entry"), report_text(approval, "time"),
                  number(approval, "governance"));
    else
        page_line(p, "IT DOES NOT HOLD: " N " findings.", number(report, "found"));
    if (json_array_size(json_object_get(report, "findings")) == 0)
        return;
    page_heading(p, 2, "What does not hold");
    page_table(p, columns, json_object_get(report, "findings"));
}

static void
page_list(struct page *p, const char *heading, const char *none, const char *const *columns,
          const json_t *rows)
{
    page_heading(p, 2, "%s", heading);
    if (json_array_size(rows) == 0)
        page_line(p, "%s", none);
    else
        page_table(p, columns, rows);
}

static void
page_release(struct page *p, const json_t *report)
{
    static const char *const artifacts[] = { "artifact:name", "digest", NULL };
    const json_t *release = json_array_get(json_object_get(report, "releases"), 0);

    page_heading(p, 2, "The release");
    page_fact(p, "release", "%s", report_text(report, "release"));
    page_fact(p, "registered", "%s, by %s", report_text(release, "registered"),
              report_text(release, "by"));
    page_fact(p, "reference values", "%s", report_text(release, "referenceValues"));
    if (json_object_get(release, "notes") != NULL)
        page_fact(p, "notes", "%s", report_text(release, "notes"));
    if (json_array_size(json_object_get(release, "artifacts")) > 0)
        page_table(p, artifacts, json_object_get(release, "artifacts"));
}

static void
page_controls(struct page *p, const json_t *report)
{
    static const char *const columns[] = { "control", "level", "state", "by", NULL };
    const json_t *evaluation = json_object_get(report, "evaluation");

    page_list(p, "What the approval was evaluated to", "Governance named no controls.", columns,
              json_object_get(report, "controls"));
    if (evaluation != NULL)
        page_line(p,
                  "Recorded by the service at entry " N ", and derived again from what is in "
                  "here: the same.",
                  number(evaluation, "entry"));
}

static void
page_proofs(struct page *p, const json_t *report)
{
    const json_t *head = json_object_get(report, "checkpoint"),
                 *checked = json_object_get(report, "checked");
    const json_t *limit;
    size_t i;

    page_heading(p, 2, "What was checked");
    page_fact(p, "log", "%s", report_text(head, "origin"));
    page_fact(p, "genesis", "%s", report_text(report, "genesis"));
    page_fact(p, "checkpoint", "of " N " entries, root %s, its signatures %s",
              number(head, "size"), report_text(head, "root"),
              json_is_true(json_object_get(head, "signaturesVerified")) ? "verified"
                                                                        : "NOT GOOD");
    page_fact(p, "entries", N ", of which " N " are proven to be in that log",
              number(checked, "entries"), number(checked, "proofs"));
    page_fact(p, "signatures", N, number(checked, "signatures"));
    page_fact(p, "documents and files", N, number(checked, "blobs"));
    page_fact(p, "quorums met", N, number(checked, "quorums"));
    page_heading(p, 2, "What this alone does not prove");
    json_array_foreach(json_object_get(report, "notProven"), i, limit)
        page_line(p, "%zu. %s", i + 1, json_string_value(limit));
}

void
pack_page(struct page *p, const json_t *report)
{
    static const char *const history[] = { "entry", "time",   "what",   "by", "governance",
                                           "key",   "effect", "reason", NULL };
    static const char *const files[] = { "kind",     "name", "by",     "entry", "text",
                                         "accepted", "rule", "digest", NULL };
    static const char *const moves[] = { "entry", "time", "what", "by", "fleet", NULL };
    static const char *const governance[] = { "version", "entry", "time", "document", NULL };

    page_heading(p, 1, "Evidence pack of %s@%s", report_text(report, "payload"),
                 report_text(report, "version"));
    page_verdict(p, report);
    page_release(p, report);
    page_list(p, "Who did what, by which key, under which governance version", "Nothing.",
              history, json_object_get(report, "history"));
    page_controls(p, report);
    page_list(p, "Evidence", "Nothing is attached.", files, json_object_get(report, "files"));
    page_list(p, "Moves in fleets", "None is in here.", moves,
              json_object_get(report, "moves"));
    page_list(p, "Governance", "None.", governance, json_object_get(report, "governance"));
    page_proofs(p, report);
}

enum plumb_code
pack_markdown(const json_t *report, const struct pack_trust *trust, struct plumb_bytes *ret,
              struct plumb_err *err)
{
    return report_markdown(pack_page, report, trust->plain, ret, err);
}
