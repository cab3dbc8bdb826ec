#include "client/findings.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/answer.h"
#include "lib/own.h"

#define FINDINGS_MAX 1000000
#define PLACES_MAX   4096

static const char *
finding_word(unsigned i)
{
    return plumb_finding_state_text((enum plumb_finding_state)i);
}

static const char *
severity_word(unsigned i)
{
    return plumb_severity_text((enum plumb_severity)i);
}

static enum plumb_code
take_place(const struct plumb_jv *v, void *ret, struct plumb_err *err)
{
    struct client_place *p = ret;

    PLUMB_TRY(answer_text(v, "fleet", &p->fleet, err));
    PLUMB_TRY(answer_text(v, "place", &p->place, err));
    return answer_bool(v, "alone", &p->alone, err);
}

static enum plumb_code
read_places(const struct plumb_jv *v, struct client_finding *f, struct plumb_err *err)
{
    void *places = NULL;
    enum plumb_code code;

    if (plumb_jv_member(v, "places").json == NULL)
        return PLUMB_OK;
    code = answer_array(v, "places", PLACES_MAX, sizeof *f->places, take_place, &places,
                        &f->nplaces, err);
    f->places = places;
    return code;
}

static enum plumb_code
take_finding(const struct plumb_jv *v, void *ret, struct plumb_err *err)
{
    struct client_finding *f = ret;
    unsigned severity = 0, state = 0;

    PLUMB_TRY(answer_text(v, "payload", &f->payload, err));
    PLUMB_TRY(answer_text(v, "version", &f->version, err));
    PLUMB_TRY(answer_digest(v, "release", &f->release, err));
    PLUMB_TRY(answer_text(v, "advisory", &f->advisory, err));
    PLUMB_TRY(answer_text(v, "summary", &f->summary, err));
    PLUMB_TRY(answer_word(v, "severity", severity_word, PLUMB_SEVERITY_COUNT, &severity, err));
    PLUMB_TRY(answer_word(v, "state", finding_word, PLUMB_FINDING_STATE_COUNT, &state, err));
    f->severity = (enum plumb_severity)severity;
    f->state = (enum plumb_finding_state)state;
    PLUMB_TRY(answer_bool(v, "rated", &f->rated, err));
    PLUMB_TRY(answer_bool(v, "blocking", &f->blocking, err));
    PLUMB_TRY(answer_text(v, "component", &f->component, err));
    PLUMB_TRY(answer_count(v, "components", &f->components, err));
    PLUMB_TRY(answer_text(v, "fixed", &f->fixed, err));
    PLUMB_TRY(answer_text(v, "why", &f->why, err));
    PLUMB_TRY(answer_index(v, &f->index, err));
    PLUMB_TRY(answer_time(v, "since", &f->since, err));
    PLUMB_TRY(answer_time(v, "due", &f->due, err));
    PLUMB_TRY(answer_bool(v, "overdue", &f->overdue, err));
    PLUMB_TRY(answer_bool(v, "accepted", &f->accepted, err));
    return read_places(v, f, err);
}

void
client_findings_drop(struct client_finding *findings, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(findings[i].places);
    free(findings);
}

enum plumb_code
client_findings_take(const struct plumb_jv *root, struct client_finding **ret, size_t *ret_n,
                     struct plumb_err *err)
{
    void *findings = NULL;
    enum plumb_code code = answer_array(root, "findings", FINDINGS_MAX, sizeof **ret,
                                        take_finding, &findings, ret_n, err);

    *ret = findings;
    return code;
}

void
client_findings_free(struct client_findings *f)
{
    if (f == NULL)
        return;
    client_findings_drop(f->findings, f->n);
    json_decref(f->json);
    free(f);
}

PLUMB_DEFINE_AUTO(auto_findings, struct client_findings *, client_findings_free);

enum plumb_code
client_findings_read(json_t *answer, struct client_findings **ret, struct plumb_err *err)
{
    PLUMB_AUTO(auto_findings) struct client_findings *f = calloc(1, sizeof *f);
    const struct plumb_jv root = plumb_jv_root(answer, "answer");
    const struct plumb_jv monitor = plumb_jv_member(&root, "monitor");

    if (f == NULL)
        return plumb_fail_memory(err);
    f->json = json_incref(answer);
    PLUMB_TRY(plumb_jv_object(&root, err));
    PLUMB_TRY(plumb_jv_object(&monitor, err));
    PLUMB_TRY(answer_count(&monitor, "imports", &f->imports, err));
    PLUMB_TRY(answer_count(&monitor, "advisories", &f->advisories, err));
    PLUMB_TRY(answer_time(&monitor, "imported", &f->imported, err));
    PLUMB_TRY(answer_bool(&monitor, "stale", &f->stale, err));
    PLUMB_TRY(client_findings_take(&root, &f->findings, &f->n, err));
    *ret = PLUMB_TAKE(f);
    return PLUMB_OK;
}

/* One more part of a query; value NULL leaves it out. */
static void
add_query(char path[CLIENT_PATH_MAX], const char *key, const char *value)
{
    const size_t at = strlen(path);

    if (value != NULL)
        client_path(path + at, CLIENT_PATH_MAX - at,
                    strchr(path, '?') != NULL ? "&%s=%s" : "?%s=%s", key, value);
}

/* The page after the one that says where to go on; what it lists goes to all. Pages may be
 * empty where the service looked at much that was not asked for. */
static enum plumb_code
add_page(struct client *c, const char *path, uint64_t *after, json_t *all,
         struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *page = NULL;
    const char *next;
    char from[CLIENT_PATH_MAX + 64];
    uint64_t at;

    (void)snprintf(from, sizeof from, "%s%climit=1000&after=%" PRIu64, path,
                   strchr(path, '?') != NULL ? '&' : '?', *after);
    PLUMB_TRY(client_get(c, from, &page, err));
    if (json_array_extend(json_object_get(all, "findings"),
                          json_object_get(page, "findings")) != 0)
        return plumb_fail(err, PLUMB_INTERNAL, "client.answer", "findings",
                          "the server's answer has no such list");
    next = json_string_value(json_object_get(page, "next"));
    at = next != NULL ? strtoull(next, NULL, 10) : 0;
    if (next != NULL && at <= *after)
        return plumb_fail(err, PLUMB_INTERNAL, "client.answer", "next",
                          "the server's pages do not go on");
    *after = at;
    if (json_object_update(json_object_get(all, "monitor"), json_object_get(page, "monitor")) !=
        0)
        return plumb_fail(err, PLUMB_INTERNAL, "client.answer", "monitor",
                          "the server's answer does not say how old its feed is");
    return PLUMB_OK;
}

enum plumb_code
client_findings(struct client *c, const char *payload, const char *fleet, bool all,
                struct client_findings **ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto)
    json_t *answer = json_pack("{s:[], s:{}}", "findings", "monitor");
    char path[CLIENT_PATH_MAX];
    uint64_t after = 0;

    if (answer == NULL)
        return plumb_fail_memory(err);
    client_path(path, sizeof path, "/v1/findings");
    add_query(path, "payload", payload);
    add_query(path, "fleet", fleet);
    add_query(path, "all", all ? "1" : NULL);
    do
        PLUMB_TRY(add_page(c, path, &after, answer, err));
    while (after > 0);
    return client_findings_read(answer, ret, err);
}
