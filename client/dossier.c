#include "client/dossier.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/own.h"

#define CONTROLS_MAX 4096
#define FILES_MAX    100000
#define FINDINGS_MAX 1000000
#define DIGESTS_MAX  4096
#define PLACES_MAX   4096

/* --- members --- */

/* Text that may be absent, or empty. */
static enum plumb_code
read_text(const struct plumb_jv *o, const char *key, const char **ret, struct plumb_err *err)
{
    const struct plumb_jv v = plumb_jv_member(o, key);

    *ret = "";
    if (v.json == NULL)
        return PLUMB_OK;
    if (!json_is_string(v.json))
        return plumb_jv_fail(&v, err, PLUMB_INVALID, "json.type", "want text");
    *ret = json_string_value(v.json);
    return PLUMB_OK;
}

static enum plumb_code
read_time(const struct plumb_jv *o, const char *key, plumb_time *ret, struct plumb_err *err)
{
    const struct plumb_jv v = plumb_jv_member(o, key);

    *ret = PLUMB_TIME_NEVER;
    return v.json != NULL ? plumb_jv_time(&v, ret, err) : PLUMB_OK;
}

static enum plumb_code
read_bool(const struct plumb_jv *o, const char *key, bool *ret, struct plumb_err *err)
{
    const struct plumb_jv v = plumb_jv_member(o, key);

    return plumb_jv_bool(&v, ret, err);
}

static enum plumb_code
read_count(const struct plumb_jv *o, const char *key, int64_t *ret, struct plumb_err *err)
{
    const struct plumb_jv v = plumb_jv_member(o, key);

    return plumb_jv_int(&v, 0, INT64_MAX, ret, err);
}

static enum plumb_code
read_index(const struct plumb_jv *o, uint64_t *ret, struct plumb_err *err)
{
    int64_t index;

    PLUMB_TRY(read_count(o, "index", &index, err));
    *ret = (uint64_t)index;
    return PLUMB_OK;
}

static enum plumb_code
read_digest(const struct plumb_jv *o, const char *key, struct plumb_digest *ret,
            struct plumb_err *err)
{
    const struct plumb_jv v = plumb_jv_member(o, key);

    return plumb_jv_digest(&v, ret, err);
}

typedef const char *word_fn(unsigned i);

/* Which of n words it is; one that is not known is not guessed at. */
static enum plumb_code
read_word(const struct plumb_jv *o, const char *key, word_fn *word, unsigned n, unsigned *ret,
          struct plumb_err *err)
{
    const struct plumb_jv v = plumb_jv_member(o, key);
    const char *text = json_string_value(v.json);

    for (unsigned i = 0; text != NULL && i < n; i++)
        if (strcmp(word(i), text) == 0) {
            *ret = i;
            return PLUMB_OK;
        }
    return plumb_jv_fail(&v, err, PLUMB_INVALID, "dossier.word",
                         "the service says \"%.40s\", which this program does not know: a "
                         "newer one may",
                         text != NULL ? text : "");
}

static const char *
control_word(unsigned i)
{
    return plumb_control_state_text((enum plumb_control_state)i);
}

static const char *
finding_word(unsigned i)
{
    return plumb_finding_state_text((enum plumb_finding_state)i);
}

static const char *
level_word(unsigned i)
{
    return i == 0 ? "should" : "must";
}

static const char *
severity_word(unsigned i)
{
    return plumb_severity_text((enum plumb_severity)i);
}

static const char *
file_word(unsigned i)
{
    return plumb_file_kind_text((enum plumb_file_kind)i);
}

/* --- elements --- */

typedef enum plumb_code element_fn(const struct plumb_jv *v, void *ret, struct plumb_err *err);

/* An array of objects into one of structs; *ret and *ret_n are complete as far as they go, so
 * that a failure half-way can be freed. */
static enum plumb_code
read_array(const struct plumb_jv *o, const char *key, size_t max, size_t size,
           element_fn *element, void **ret, size_t *ret_n, struct plumb_err *err)
{
    const struct plumb_jv list = plumb_jv_member(o, key);
    size_t n;

    PLUMB_TRY(plumb_jv_array(&list, 0, max, &n, err));
    *ret = calloc(n + 1, size);
    if (*ret == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        const struct plumb_jv v = plumb_jv_element(&list, i);

        *ret_n = i + 1;
        PLUMB_TRY(element(&v, (char *)*ret + i * size, err));
    }
    return PLUMB_OK;
}

static enum plumb_code
take_digest(const struct plumb_jv *v, void *ret, struct plumb_err *err)
{
    return plumb_jv_digest(v, ret, err);
}

static enum plumb_code
read_waiver(const struct plumb_jv *v, struct client_control *c, struct plumb_err *err)
{
    const struct plumb_jv waiver = plumb_jv_member(v, "waiver");

    c->waived_until = PLUMB_TIME_NEVER;
    c->has_waiver = waiver.json != NULL;
    if (!c->has_waiver)
        return PLUMB_OK;
    PLUMB_TRY(plumb_jv_digest(&waiver, &c->waiver, err));
    PLUMB_TRY(read_time(v, "waivedUntil", &c->waived_until, err));
    return read_bool(v, "lapsed", &c->lapsed, err);
}

static enum plumb_code
take_control(const struct plumb_jv *v, void *ret, struct plumb_err *err)
{
    struct client_control *c = ret;
    const struct plumb_jv id = plumb_jv_member(v, "control");
    unsigned level = 0, state = 0;
    void *evidence = NULL;
    enum plumb_code code;

    PLUMB_TRY(plumb_jv_string(&id, 200, &c->id, err));
    PLUMB_TRY(read_text(v, "text", &c->text, err));
    PLUMB_TRY(read_text(v, "by", &c->by, err));
    PLUMB_TRY(read_word(v, "level", level_word, 2, &level, err));
    PLUMB_TRY(read_word(v, "state", control_word, PLUMB_CONTROL_STATE_COUNT, &state, err));
    c->must = level == 1;
    c->state = (enum plumb_control_state)state;
    code = read_array(v, "evidence", DIGESTS_MAX, sizeof *c->evidence, take_digest, &evidence,
                      &c->nevidence, err);
    c->evidence = evidence;
    return code == PLUMB_OK ? read_waiver(v, c, err) : code;
}

static enum plumb_code
take_file(const struct plumb_jv *v, void *ret, struct plumb_err *err)
{
    struct client_file *f = ret;
    unsigned kind = 0;

    PLUMB_TRY(read_word(v, "kind", file_word, PLUMB_FILE_KIND_COUNT, &kind, err));
    f->kind = (enum plumb_file_kind)kind;
    PLUMB_TRY(read_digest(v, "digest", &f->digest, err));
    PLUMB_TRY(read_count(v, "size", &f->size, err));
    PLUMB_TRY(read_text(v, "name", &f->name, err));
    PLUMB_TRY(read_text(v, "by", &f->by, err));
    PLUMB_TRY(read_index(v, &f->index, err));
    PLUMB_TRY(read_time(v, "time", &f->time, err));
    PLUMB_TRY(read_bool(v, "accepted", &f->accepted, err));
    PLUMB_TRY(read_text(v, "rule", &f->rule, err));
    PLUMB_TRY(read_text(v, "text", &f->text, err));
    PLUMB_TRY(read_text(v, "attestation", &f->said, err));
    if (plumb_jv_member(v, "bill").json != NULL)
        PLUMB_TRY(read_bool(v, "bill", &f->bill, err));
    if (plumb_jv_member(v, "loose").json != NULL)
        PLUMB_TRY(read_bool(v, "loose", &f->loose, err));
    return read_time(v, "reviewBy", &f->review_by, err);
}

static enum plumb_code
take_place(const struct plumb_jv *v, void *ret, struct plumb_err *err)
{
    struct client_place *p = ret;

    PLUMB_TRY(read_text(v, "fleet", &p->fleet, err));
    PLUMB_TRY(read_text(v, "place", &p->place, err));
    return read_bool(v, "alone", &p->alone, err);
}

static enum plumb_code
read_places(const struct plumb_jv *v, struct client_finding *f, struct plumb_err *err)
{
    void *places = NULL;
    enum plumb_code code;

    if (plumb_jv_member(v, "places").json == NULL)
        return PLUMB_OK;
    code = read_array(v, "places", PLACES_MAX, sizeof *f->places, take_place, &places,
                      &f->nplaces, err);
    f->places = places;
    return code;
}

static enum plumb_code
take_finding(const struct plumb_jv *v, void *ret, struct plumb_err *err)
{
    struct client_finding *f = ret;
    unsigned severity = 0, state = 0;

    PLUMB_TRY(read_text(v, "payload", &f->payload, err));
    PLUMB_TRY(read_text(v, "version", &f->version, err));
    PLUMB_TRY(read_digest(v, "release", &f->release, err));
    PLUMB_TRY(read_text(v, "advisory", &f->advisory, err));
    PLUMB_TRY(read_text(v, "summary", &f->summary, err));
    PLUMB_TRY(read_word(v, "severity", severity_word, PLUMB_SEVERITY_COUNT, &severity, err));
    PLUMB_TRY(read_word(v, "state", finding_word, PLUMB_FINDING_STATE_COUNT, &state, err));
    f->severity = (enum plumb_severity)severity;
    f->state = (enum plumb_finding_state)state;
    PLUMB_TRY(read_bool(v, "rated", &f->rated, err));
    PLUMB_TRY(read_bool(v, "blocking", &f->blocking, err));
    PLUMB_TRY(read_text(v, "component", &f->component, err));
    PLUMB_TRY(read_count(v, "components", &f->components, err));
    PLUMB_TRY(read_text(v, "fixed", &f->fixed, err));
    PLUMB_TRY(read_text(v, "why", &f->why, err));
    PLUMB_TRY(read_index(v, &f->index, err));
    PLUMB_TRY(read_time(v, "since", &f->since, err));
    PLUMB_TRY(read_time(v, "due", &f->due, err));
    PLUMB_TRY(read_bool(v, "overdue", &f->overdue, err));
    PLUMB_TRY(read_bool(v, "accepted", &f->accepted, err));
    return read_places(v, f, err);
}

static void
free_findings(struct client_finding *findings, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(findings[i].places);
    free(findings);
}

/* --- of one version --- */

void
client_dossier_free(struct client_dossier *d)
{
    if (d == NULL)
        return;
    for (size_t i = 0; i < d->ncontrols; i++)
        free(d->controls[i].evidence);
    free(d->controls);
    free(d->files);
    free_findings(d->findings, d->nfindings);
    json_decref(d->json);
    free(d);
}

PLUMB_DEFINE_AUTO(auto_dossier, struct client_dossier *, client_dossier_free);

static enum plumb_code
digest_all(const json_t *answer, struct plumb_digest *ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto)
    json_t *all =
        json_pack("[O, O, O]", json_object_get(answer, "controls"),
                  json_object_get(answer, "evidence"), json_object_get(answer, "findings"));

    return all != NULL ? plumb_json_digest(all, ret, err) : plumb_fail_memory(err);
}

/* Arrays are held by d as soon as they are there: what fails half-way is freed with it. */
static enum plumb_code
read_lists(const struct plumb_jv *root, struct client_dossier *d, struct plumb_err *err)
{
    void *controls = NULL, *files = NULL, *findings = NULL;
    enum plumb_code code = read_array(root, "controls", CONTROLS_MAX, sizeof *d->controls,
                                      take_control, &controls, &d->ncontrols, err);

    d->controls = controls;
    if (code != PLUMB_OK)
        return code;
    code = read_array(root, "evidence", FILES_MAX, sizeof *d->files, take_file, &files,
                      &d->nfiles, err);
    d->files = files;
    if (code != PLUMB_OK)
        return code;
    code = read_array(root, "findings", FINDINGS_MAX, sizeof *d->findings, take_finding,
                      &findings, &d->nfindings, err);
    d->findings = findings;
    return code;
}

enum plumb_code
client_dossier_read(json_t *answer, struct client_dossier **ret, struct plumb_err *err)
{
    PLUMB_AUTO(auto_dossier) struct client_dossier *d = calloc(1, sizeof *d);
    const struct plumb_jv root = plumb_jv_root(answer, "answer");

    if (d == NULL)
        return plumb_fail_memory(err);
    d->json = json_incref(answer);
    PLUMB_TRY(plumb_jv_object(&root, err));
    PLUMB_TRY(read_text(&root, "payload", &d->payload, err));
    PLUMB_TRY(read_text(&root, "version", &d->version, err));
    PLUMB_TRY(read_digest(&root, "release", &d->release, err));
    PLUMB_TRY(read_time(&root, "at", &d->at, err));
    PLUMB_TRY(read_lists(&root, d, err));
    PLUMB_TRY(digest_all(answer, &d->digest, err));
    *ret = PLUMB_TAKE(d);
    return PLUMB_OK;
}

enum plumb_code
client_dossier(struct client *c, const char *payload, const char *version,
               const struct plumb_digest *release, struct client_dossier **ret,
               struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *answer = NULL;
    PLUMB_AUTO(auto_dossier) struct client_dossier *d = NULL;
    char path[CLIENT_PATH_MAX];

    client_path(path, sizeof path, "/v1/payloads/%s/versions/%s/controls", payload, version);
    PLUMB_TRY(client_get(c, path, &answer, err));
    PLUMB_TRY(client_dossier_read(answer, &d, err));
    if (strcmp(d->payload, payload) != 0 || strcmp(d->version, version) != 0)
        return plumb_fail(err, PLUMB_REFUSED, "dossier.version", "answer",
                          "the service speaks of another version than it was asked about");
    if (release != NULL && !plumb_digest_eq(&d->release, release))
        return plumb_fail(err, PLUMB_REFUSED, "dossier.release", "",
                          "the service speaks of another release of this name");
    *ret = PLUMB_TAKE(d);
    return PLUMB_OK;
}

enum plumb_code
client_dossier_fits(const struct client_dossier *d, const struct plumb_controls *rules,
                    struct plumb_err *err)
{
    if (d->ncontrols != rules->ncontrols)
        return plumb_fail(err, PLUMB_REFUSED, "dossier.controls", "controls",
                          "the service evaluated %zu controls, governance names %zu",
                          d->ncontrols, rules->ncontrols);
    for (size_t i = 0; i < d->ncontrols; i++)
        if (strcmp(d->controls[i].id, rules->controls[i].id) != 0 ||
            d->controls[i].must != rules->controls[i].must)
            return plumb_fail(err, PLUMB_REFUSED, "dossier.controls", "controls",
                              "the service evaluated %.60s otherwise than governance names %s",
                              d->controls[i].id, rules->controls[i].id);
    return PLUMB_OK;
}

bool
client_control_holds(const struct client_control *c, const struct plumb_controls *rules,
                     bool begin)
{
    if (plumb_control_is_settled(c->state))
        return false;
    return c->must || !begin || !c->lapsed || rules == NULL ||
           (rules->lapse & 1u << PLUMB_FOLLOW_HOLD) != 0;
}

size_t
client_dossier_held(const struct client_dossier *d, const struct plumb_controls *rules,
                    bool begin)
{
    size_t n = 0;

    for (size_t i = 0; i < d->ncontrols; i++)
        n += client_control_holds(&d->controls[i], rules, begin);
    return n;
}

/* --- of several --- */

void
client_findings_free(struct client_findings *f)
{
    if (f == NULL)
        return;
    free_findings(f->findings, f->n);
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
    void *findings = NULL;
    enum plumb_code code;

    if (f == NULL)
        return plumb_fail_memory(err);
    f->json = json_incref(answer);
    PLUMB_TRY(plumb_jv_object(&root, err));
    PLUMB_TRY(plumb_jv_object(&monitor, err));
    PLUMB_TRY(read_count(&monitor, "imports", &f->imports, err));
    PLUMB_TRY(read_count(&monitor, "advisories", &f->advisories, err));
    PLUMB_TRY(read_time(&monitor, "imported", &f->imported, err));
    PLUMB_TRY(read_bool(&monitor, "stale", &f->stale, err));
    code = read_array(&root, "findings", FINDINGS_MAX, sizeof *f->findings, take_finding,
                      &findings, &f->n, err);
    f->findings = findings;
    if (code != PLUMB_OK)
        return code;
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
