#include "audit/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/own.h"

PLUMB_DEFINE_AUTO(auto_page, struct page *, page_free);

json_t *
report_time(plumb_time t)
{
    char text[PLUMB_TIME_TEXT];

    if (t == PLUMB_TIME_NEVER)
        return NULL;
    plumb_time_text(t, text);
    return json_string(text);
}

json_t *
report_digest(const struct plumb_digest *d)
{
    char hex[PLUMB_DIGEST_HEX];

    plumb_digest_hex(d, hex);
    return json_string(hex);
}

static json_t *
kinds_json(const struct audit_counts *c)
{
    json_t *kinds = json_object();

    for (int kind = 0; kind < PLUMB_KIND_COUNT; kind++)
        if (c->kinds[kind] > 0)
            (void)json_object_set_new(kinds, plumb_kind_text((enum plumb_kind)kind),
                                      json_integer((json_int_t)c->kinds[kind]));
    return kinds;
}

static json_t *
counts_json(const struct audit_counts *c)
{
    return json_pack(
        "{s:I, s:I, s:I, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o*, s:o*}",
        "entries", (json_int_t)c->entries, "bytes", (json_int_t)c->bytes, "judged",
        (json_int_t)c->folded, "kinds", kinds_json(c), "signatures", (json_int_t)c->signatures,
        "tiles", (json_int_t)c->tiles, "blobs", (json_int_t)c->blobs, "governanceVersions",
        (json_int_t)c->documents, "quorums", (json_int_t)c->quorums, "summaries",
        (json_int_t)c->summaries, "publications", (json_int_t)c->publications, "bundleParts",
        (json_int_t)c->parts, "wholeBundles", (json_int_t)c->whole, "from",
        c->entries > 0 ? report_time(c->first) : NULL, "to",
        c->entries > 0 ? report_time(c->last) : NULL);
}

static json_t *
finding_json(const struct audit_finding *f)
{
    json_t *json =
        json_pack("{s:s, s:s, s:s}", "rule", f->rule, "where", f->where, "text", f->text);

    if (json != NULL && f->index != AUDIT_NO_ENTRY)
        (void)json_object_set_new(json, "entry", json_integer((json_int_t)f->index));
    if (json != NULL && f->people[0] != '\0')
        (void)json_object_set_new(json, "people", json_string(f->people));
    return json;
}

static json_t *
findings_json(const struct audit *a)
{
    json_t *all = json_array();
    size_t n;
    const struct audit_finding *f = audit_findings(a, &n);

    for (size_t i = 0; i < n; i++)
        if (json_array_append_new(all, finding_json(&f[i])) != 0) {
            json_decref(all);
            return NULL;
        }
    return all;
}

enum plumb_code
report_json(const struct audit *a, const char *source, const struct plumb_digest *genesis,
            json_t *answers, json_t **ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *owned = answers;
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;
    bool verified;
    const struct plumb_checkpoint *head = audit_head(a, &verified);

    json = json_pack("{s:b, s:s, s:o, s:{s:s, s:I, s:o, s:b}, s:o, s:o, s:I}", "holds",
                     audit_found(a) == 0, "source", source, "genesis", report_digest(genesis),
                     "checkpoint", "origin", head->origin, "size", (json_int_t)head->size,
                     "root", report_digest(&head->root), "signaturesVerified", verified,
                     "checked", counts_json(audit_counts(a)), "findings", findings_json(a),
                     "found", (json_int_t)audit_found(a));
    if (json == NULL || (owned != NULL && json_object_update(json, owned) != 0))
        return plumb_fail_memory(err);
    *ret = PLUMB_TAKE(json);
    return PLUMB_OK;
}

/* --- for people --- */

static json_int_t
number(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

const char *
report_text(const json_t *object, const char *key)
{
    const char *s = json_string_value(json_object_get(object, key));

    return s != NULL ? s : "";
}

#define N "%" JSON_INTEGER_FORMAT

static void
page_checked(struct page *p, const json_t *c)
{
    const char *kind;
    json_t *n;

    page_heading(p, 2, "What was checked");
    page_fact(p, "entries", N " (" N " bytes), of " N " of which the meaning was judged",
              number(c, "entries"), number(c, "bytes"), number(c, "judged"));
    page_fact(p, "time", "from %s to %s", report_text(c, "from"), report_text(c, "to"));
    page_fact(p, "signatures", N, number(c, "signatures"));
    page_fact(p, "hash tiles", N, number(c, "tiles"));
    page_fact(p, "documents and blobs", N, number(c, "blobs"));
    page_fact(p, "governance versions", N, number(c, "governanceVersions"));
    page_fact(p, "quorums met", N, number(c, "quorums"));
    page_fact(p, "evaluations' summaries", N, number(c, "summaries"));
    page_fact(p, "bundles published",
              N " derived again, " N " parts compared byte for byte with those published, " N
                " made anew as a whole",
              number(c, "publications"), number(c, "bundleParts"), number(c, "wholeBundles"));
    json_object_foreach(json_object_get(c, "kinds"), kind, n)
        page_fact(p, kind, N, json_integer_value(n));
}

static void
page_findings(struct page *p, const json_t *report)
{
    static const char *const columns[] = { "entry",      "rule",      "where",
                                           "who:people", "what:text", NULL };
    const json_t *findings = json_object_get(report, "findings");

    if (json_array_size(findings) == 0)
        return;
    page_heading(p, 2, "What does not hold");
    page_table(p, columns, findings);
    if (number(report, "found") > (json_int_t)json_array_size(findings))
        page_line(p, "And " N " more of which only the number is kept.",
                  number(report, "found") - (json_int_t)json_array_size(findings));
    if (number(json_object_get(report, "checked"), "judged") <
        number(json_object_get(report, "checked"), "entries"))
        page_line(p, "Entries after the first that could not be accepted were hashed and their "
                     "signatures verified, but what they mean was not judged.");
}

void
report_page(struct page *p, const json_t *report)
{
    const json_t *head = json_object_get(report, "checkpoint");

    page_heading(p, 1, "Audit of the log %s", report_text(head, "origin"));
    if (json_is_true(json_object_get(report, "holds")))
        page_line(p,
                  "ALL HOLDS: " N " entries, from the pinned genesis to the signed checkpoint.",
                  number(head, "size"));
    else
        page_line(p, "IT DOES NOT HOLD: " N " findings.", number(report, "found"));
    page_findings(p, report);
    page_heading(p, 2, "The log");
    page_fact(p, "read from", "%s", report_text(report, "source"));
    page_fact(p, "genesis", "%s", report_text(report, "genesis"));
    page_fact(p, "entries", N, number(head, "size"));
    page_fact(p, "root", "%s", report_text(head, "root"));
    page_fact(p, "checkpoint's signatures", "%s",
              json_is_true(json_object_get(head, "signaturesVerified")) ? "verified"
                                                                        : "NOT GOOD");
    page_checked(p, json_object_get(report, "checked"));
    report_at(p, json_object_get(report, "at"));
    report_why(p, json_object_get(report, "why"));
    report_by(p, json_object_get(report, "by"));
}

enum plumb_code
report_markdown(report_page_fn *fn, const json_t *report, char *(*plain)(const char *line),
                struct plumb_bytes *ret, struct plumb_err *err)
{
    PLUMB_AUTO(auto_page) struct page *page = NULL;
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes text = { 0 };
    char *rest, *line, *all = NULL;
    size_t len = 0;
    FILE *out;

    PLUMB_TRY(page_new(true, &page, err));
    fn(page, report);
    PLUMB_TRY(page_take(page, &text, err));
    out = open_memstream(&all, &len);
    if (out == NULL)
        return plumb_fail_memory(err);
    for (rest = (char *)text.data; (line = strsep(&rest, "\n")) != NULL && rest != NULL;) {
        PLUMB_AUTO(auto_free) char *spelled = plain != NULL ? plain(line) : NULL;

        fprintf(out, "%s\n", plain == NULL ? line : spelled != NULL ? spelled : "");
    }
    if (fclose(out) != 0) {
        free(all);
        return plumb_fail_memory(err);
    }
    *ret = (struct plumb_bytes){ (uint8_t *)all, len };
    return PLUMB_OK;
}
