#include "client/dossier.h"

#include <stdlib.h>
#include <string.h>

#include "client/answer.h"
#include "lib/own.h"

#define CONTROLS_MAX 4096
#define FILES_MAX    100000
#define DIGESTS_MAX  4096

static const char *
control_word(unsigned i)
{
    return plumb_control_state_text((enum plumb_control_state)i);
}

static const char *
level_word(unsigned i)
{
    return i == 0 ? "should" : "must";
}

static const char *
file_word(unsigned i)
{
    return plumb_file_kind_text((enum plumb_file_kind)i);
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
    PLUMB_TRY(answer_time(v, "waivedUntil", &c->waived_until, err));
    return answer_bool(v, "lapsed", &c->lapsed, err);
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
    PLUMB_TRY(answer_text(v, "text", &c->text, err));
    PLUMB_TRY(answer_text(v, "by", &c->by, err));
    PLUMB_TRY(answer_word(v, "level", level_word, 2, &level, err));
    PLUMB_TRY(answer_word(v, "state", control_word, PLUMB_CONTROL_STATE_COUNT, &state, err));
    c->must = level == 1;
    c->state = (enum plumb_control_state)state;
    code = answer_array(v, "evidence", DIGESTS_MAX, sizeof *c->evidence, take_digest, &evidence,
                        &c->nevidence, err);
    c->evidence = evidence;
    return code == PLUMB_OK ? read_waiver(v, c, err) : code;
}

static enum plumb_code
take_file(const struct plumb_jv *v, void *ret, struct plumb_err *err)
{
    struct client_file *f = ret;
    unsigned kind = 0;

    PLUMB_TRY(answer_word(v, "kind", file_word, PLUMB_FILE_KIND_COUNT, &kind, err));
    f->kind = (enum plumb_file_kind)kind;
    PLUMB_TRY(answer_digest(v, "digest", &f->digest, err));
    PLUMB_TRY(answer_count(v, "size", &f->size, err));
    PLUMB_TRY(answer_text(v, "name", &f->name, err));
    PLUMB_TRY(answer_text(v, "by", &f->by, err));
    PLUMB_TRY(answer_index(v, &f->index, err));
    PLUMB_TRY(answer_time(v, "time", &f->time, err));
    PLUMB_TRY(answer_bool(v, "accepted", &f->accepted, err));
    PLUMB_TRY(answer_text(v, "rule", &f->rule, err));
    PLUMB_TRY(answer_text(v, "text", &f->text, err));
    PLUMB_TRY(answer_text(v, "attestation", &f->said, err));
    if (plumb_jv_member(v, "bill").json != NULL)
        PLUMB_TRY(answer_bool(v, "bill", &f->bill, err));
    if (plumb_jv_member(v, "loose").json != NULL)
        PLUMB_TRY(answer_bool(v, "loose", &f->loose, err));
    return answer_time(v, "reviewBy", &f->review_by, err);
}

void
client_dossier_free(struct client_dossier *d)
{
    if (d == NULL)
        return;
    for (size_t i = 0; i < d->ncontrols; i++)
        free(d->controls[i].evidence);
    free(d->controls);
    free(d->files);
    client_findings_drop(d->findings, d->nfindings);
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
    void *controls = NULL, *files = NULL;
    enum plumb_code code = answer_array(root, "controls", CONTROLS_MAX, sizeof *d->controls,
                                        take_control, &controls, &d->ncontrols, err);

    d->controls = controls;
    if (code != PLUMB_OK)
        return code;
    code = answer_array(root, "evidence", FILES_MAX, sizeof *d->files, take_file, &files,
                        &d->nfiles, err);
    d->files = files;
    if (code != PLUMB_OK)
        return code;
    return client_findings_take(root, &d->findings, &d->nfindings, err);
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
    PLUMB_TRY(answer_text(&root, "payload", &d->payload, err));
    PLUMB_TRY(answer_text(&root, "version", &d->version, err));
    PLUMB_TRY(answer_digest(&root, "release", &d->release, err));
    PLUMB_TRY(answer_time(&root, "at", &d->at, err));
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
