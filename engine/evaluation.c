/* What a release's controls came to when it was approved, for ever. */
#include "engine/evaluation.h"

#include <stdio.h>
#include <string.h>

#include "engine/control.h"
#include "engine/dossier.h"
#include "lib/own.h"

void
evaluation_free(struct record *r)
{
    struct evaluation *v = (struct evaluation *)r;

    if (v->results != NULL && --v->results->holders == 0) {
        plumb_bytes_clear(&v->results->json);
        free(v->results);
    }
    free(v);
}

static const struct evaluation *
evaluation_of(const struct engine *e, const struct plumb_digest *release)
{
    return state_get(e, STATE_EVALUATIONS, release->b, sizeof release->b);
}

static json_t *
result_json(const struct engine_control *c)
{
    json_t *evidence = json_array();

    for (size_t i = 0; i < c->nevidence; i++) {
        char hex[PLUMB_DIGEST_HEX];

        plumb_digest_hex(&c->evidence[i], hex);
        if (json_array_append_new(evidence, json_string(hex)) != 0) {
            json_decref(evidence);
            return NULL;
        }
    }
    return json_pack("{s:s, s:s, s:s, s:s, s:o}", "control", c->id, "level",
                     c->must ? "must" : "should", "state", plumb_control_state_text(c->state),
                     "by", c->by, "evidence", evidence);
}

/* Ascending by control, as the profile is. */
static enum plumb_code
results_of(const struct engine *e, const struct plumb_digest *release, plumb_time at,
           json_t **ret, int64_t *ret_level, struct plumb_err *err)
{
    const struct plumb_controls *controls = state_document(e)->controls;
    PLUMB_AUTO(plumb_json_auto) json_t *results = json_array();

    for (size_t i = 0; i < controls->ncontrols; i++) {
        struct engine_control c;

        control_evaluate(e, release, i, at, &c);
        if (json_array_append_new(results, result_json(&c)) != 0)
            return plumb_fail_memory(err);
        if (c.level > *ret_level)
            *ret_level = c.level;
    }
    *ret = PLUMB_TAKE(results);
    return PLUMB_OK;
}

enum plumb_code
evaluation_note(const struct context *c, const struct plumb_digest *release,
                struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *results = NULL;
    struct evaluation *v;
    enum plumb_code code;
    int64_t level = 0;

    if (state_document(c->e)->controls == NULL)
        return PLUMB_OK;
    PLUMB_TRY(results_of(c->e, release, c->time, &results, &level, err));
    v = calloc(1, sizeof *v);
    if (v == NULL)
        return plumb_fail_memory(err);
    v->results = calloc(1, sizeof *v->results);
    if (v->results == NULL) {
        free(v);
        return plumb_fail_memory(err);
    }
    v->results->holders = 1;
    v->index = c->index;
    v->time = c->time;
    v->level = level;
    v->governance = state_document(c->e)->digest;
    v->record = NO_INDEX;
    code = plumb_json_canonical(results, &v->results->json, err);
    if (code != PLUMB_OK) {
        evaluation_free(&v->head);
        return code;
    }
    PLUMB_TRY(state_put(c->e, STATE_EVALUATIONS, release->b, sizeof release->b, &v->head, err));
    return time_await_evaluation(c->e, state_version(c->e, release), c->time, err);
}

bool
engine_evaluation(const struct engine *e, const struct plumb_digest *release,
                  struct engine_evaluation *ret)
{
    const struct evaluation *v = evaluation_of(e, release);

    if (v == NULL)
        return false;
    *ret = (struct engine_evaluation){ .index = v->index,
                                       .time = v->time,
                                       .governance = v->governance,
                                       .results = (const char *)v->results->json.data,
                                       .recorded = v->record != NO_INDEX,
                                       .record = v->record };
    return true;
}

enum plumb_code
evaluation_members(const struct engine *e, const struct plumb_digest *release, json_t **ret,
                   struct plumb_err *err)
{
    const struct evaluation *v = evaluation_of(e, release);
    char hex[PLUMB_DIGEST_HEX];

    plumb_digest_hex(&v->governance, hex);
    *ret = json_pack(
        "{s:I, s:s, s:o}", "at", (json_int_t)v->index, "governance", hex, "results",
        json_loadb((const char *)v->results->json.data, v->results->json.len, 0, NULL));
    return *ret != NULL ? PLUMB_OK : plumb_fail_memory(err);
}

bool
evaluation_says(const struct engine *e, const struct plumb_statement *s)
{
    const struct evaluation *v = evaluation_of(e, &s->u.evaluation.release);
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes json = { 0 };

    return v != NULL && s->u.evaluation.at == v->index &&
           plumb_digest_eq(&s->u.evaluation.governance, &v->governance) &&
           plumb_json_canonical(s->u.evaluation.results, &json, NULL) == PLUMB_OK &&
           json.len == v->results->json.len &&
           memcmp(json.data, v->results->json.data, json.len) == 0;
}

enum plumb_code
evaluation_recorded(const struct context *c, const struct plumb_digest *release,
                    struct plumb_err *err)
{
    struct evaluation *v = malloc(sizeof *v);

    if (v == NULL)
        return plumb_fail_memory(err);
    *v = *evaluation_of(c->e, release);
    v->results->holders++;
    v->record = c->index;
    return state_put(c->e, STATE_EVALUATIONS, release->b, sizeof release->b, &v->head, err);
}

/* --- as others read it --- */

static json_t *
digest_set(const struct plumb_digest *d)
{
    char hex[PLUMB_DIGEST_HEX];

    plumb_digest_hex(d, hex);
    return json_pack("{s:s}", "sha256", hex);
}

/* The files that counted, in the order of the controls, each once. */
static json_t *
inputs_json(const json_t *results)
{
    json_t *inputs = json_array(), *result, *file;
    PLUMB_AUTO(plumb_json_auto) json_t *seen = json_object();
    size_t i, k;

    json_array_foreach(results, i, result) {
        json_array_foreach(json_object_get(result, "evidence"), k, file) {
            if (json_object_get(seen, json_string_value(file)) != NULL)
                continue;
            json_object_set_new(seen, json_string_value(file), json_true());
            json_array_append_new(inputs, json_pack("{s:{s:O}}", "digest", "sha256", file));
        }
    }
    return inputs;
}

/* The summary's predicate, by whose word, of what, by which policy. */
static json_t *
predicate_json(const struct engine *e, const struct version *version,
               const struct evaluation *v, const json_t *results)
{
    char verifier[160], time[PLUMB_TIME_TEXT];
    char resource[3 * PLUMB_NAME_MAX], level[32];

    plumb_time_text(v->time, time);
    (void)snprintf(verifier, sizeof verifier, "urn:plumbline:log:%s",
                   state_document(e)->origin);
    (void)snprintf(resource, sizeof resource, "urn:plumbline:version:%s@%s", version->payload.s,
                   version->version.s);
    (void)snprintf(level, sizeof level, "SLSA_BUILD_LEVEL_%lld", (long long)v->level);
    return json_pack("{s:{s:s}, s:s, s:s, s:{s:s, s:o}, s:o, s:s, s:[s, s], s:s}", "verifier",
                     "id", verifier, "timeVerified", time, "resourceUri", resource, "policy",
                     "uri", "urn:plumbline:governance-document:v1", "digest",
                     digest_set(&v->governance), "inputAttestations", inputs_json(results),
                     "verificationResult", "PASSED", "verifiedLevels", level,
                     "PLUMBLINE_CONTROLS", "slsaVersion", "1.0");
}

enum plumb_code
engine_summary(const struct engine *e, const struct plumb_digest *release, json_t **ret,
               struct plumb_err *err)
{
    const struct evaluation *v = evaluation_of(e, release);
    PLUMB_AUTO(plumb_json_auto) json_t *results = NULL;

    if (v == NULL)
        return plumb_fail(err, PLUMB_NOT_FOUND, "evaluation.unknown", "",
                          "no evaluation of this release was recorded");
    results = json_loadb((const char *)v->results->json.data, v->results->json.len, 0, NULL);
    *ret = predicate_json(e, state_version(e, release), v, results);
    return *ret != NULL ? PLUMB_OK : plumb_fail_memory(err);
}

/* The artifacts, as the release statement names them. */
static json_t *
subjects_json(const struct about *about)
{
    json_t *subjects = json_array();

    for (size_t i = 0; i < about->nartifacts; i++)
        if (json_array_append_new(
                subjects, json_pack("{s:s, s:o}", "name", about->artifacts[i].name, "digest",
                                    digest_set(&about->artifacts[i].digest))) != 0) {
            json_decref(subjects);
            return NULL;
        }
    return subjects;
}

enum plumb_code
engine_summary_statement(const struct engine *e, const struct plumb_digest *release,
                         struct plumb_bytes *ret, struct plumb_err *err)
{
    const struct evaluation *v = evaluation_of(e, release);
    PLUMB_AUTO(plumb_json_auto) json_t *statement = NULL;
    json_t *predicate = NULL;

    if (v != NULL && v->record == NO_INDEX)
        return plumb_fail(err, PLUMB_NOT_FOUND, "evaluation.unknown", "",
                          "the evaluation of this release is not in the log yet");
    PLUMB_TRY(engine_summary(e, release, &predicate, err));
    statement = json_pack("{s:s, s:o, s:s, s:o}", "_type", "https://in-toto.io/Statement/v1",
                          "subject", subjects_json(dossier_of(e, release)->about),
                          "predicateType", ENGINE_SUMMARY_TYPE, "predicate", predicate);
    return plumb_json_canonical(statement, ret, err);
}
