/* Releases: a version of a payload, its reference values and its SBOM. */
#include <string.h>

#include "engine/control.h"
#include "engine/kinds.h"
#include "lib/own.h"

PLUMB_DEFINE_AUTO(auto_sets, struct plumb_sets *, plumb_sets_free);

static enum plumb_code
put_version(struct engine *e, struct version *v, struct plumb_err *err)
{
    return state_put(e, STATE_VERSIONS, v->release.b, sizeof v->release.b, &v->head, err);
}

enum plumb_code
release_set(struct engine *e, const struct plumb_digest *release,
            enum engine_version_state state, struct plumb_err *err)
{
    const struct version *old = state_version(e, release);
    struct version *v;

    if (old->state == ENGINE_VERSION_BARRED)
        return PLUMB_OK; /* for ever */
    v = malloc(sizeof *v);
    if (v == NULL)
        return plumb_fail_memory(err);
    *v = *old;
    v->state = state;
    return put_version(e, v, err);
}

static enum plumb_code
put_reference(struct engine *e, enum state_map map, const void *key, size_t len,
              const struct plumb_digest *id, struct plumb_err *err)
{
    struct reference *r = calloc(1, sizeof *r);

    if (r == NULL)
        return plumb_fail_memory(err);
    r->id = *id;
    return state_put(e, map, key, len, &r->head, err);
}

/* One name, one release; one reference values document, one release: what was rejected aside.
 */
static enum plumb_code
check_new(const struct engine *e, const struct plumb_statement *s, struct plumb_err *err)
{
    const struct plumb_digest *values = &s->u.release.reference_values;
    struct state_key key = key_names(s->payload, s->version);
    const struct reference *named = state_get_key(e, STATE_NAMES, &key);
    const struct reference *valued = state_get(e, STATE_VALUES, values->b, sizeof values->b);
    const struct version *v;

    if (valued != NULL) {
        v = state_version(e, &valued->id);
        if (v->state == ENGINE_VERSION_BARRED)
            return plumb_fail(err, PLUMB_REFUSED, "release.barred", "subject[0].digest",
                              "these reference values were revoked everywhere, as %s@%s",
                              v->payload.s, v->version.s);
    }
    if (named != NULL && state_version(e, &named->id)->state != ENGINE_VERSION_REJECTED)
        return plumb_fail(err, PLUMB_CONFLICT, "release.exists", "predicate.version",
                          "%s@%s is registered already", s->payload, s->version);
    if (valued != NULL && v->state != ENGINE_VERSION_REJECTED)
        return plumb_fail(
            err, PLUMB_CONFLICT, "release.same-values", "subject[0].digest",
            "%s@%s has these reference values; if the same measurements are to be "
            "another version, give its sets another label",
            v->payload.s, v->version.s);
    return PLUMB_OK;
}

/* Checks them, and opens the release's dossier by what they cover. */
static enum plumb_code
take_values(const struct context *c, const struct plumb_payload *payload, struct plumb_err *err)
{
    PLUMB_AUTO(auto_sets) struct plumb_sets *sets = NULL;
    const struct engine_blob *blob;

    PLUMB_TRY(context_blob(c, &c->s->u.release.reference_values, &blob, err));
    PLUMB_TRY(plumb_refvals_parse(blob->data, blob->len, &sets, err));
    for (size_t i = 0; i < sets->n; i++)
        if ((payload->tees & 1u << sets->sets[i].tee) == 0)
            return plumb_fail(err, PLUMB_REFUSED, "release.tee", "referenceValues.sets",
                              "set %zu is for %s, which is not among %s's TEEs", i,
                              plumb_tee_text(sets->sets[i].tee), payload->name);
    for (size_t i = 0; i < c->s->u.release.nsources; i++)
        if ((size_t)c->s->u.release.sources[i].set >= sets->n)
            return plumb_fail(err, PLUMB_INVALID, "release.source", "predicate.source",
                              "tells of set %lld, there are %zu",
                              (long long)c->s->u.release.sources[i].set, sets->n);
    return dossier_open(c->e, c->s, sets, err);
}

enum plumb_code
release_propose(const struct context *c, const struct proposed *what, struct plumb_err *err)
{
    const struct plumb_statement *s = c->s;
    const struct plumb_payload *payload =
        plumb_governance_payload(state_document(c->e), s->payload);
    struct state_key name = key_names(s->payload, s->version);
    struct version *v;

    if (payload == NULL)
        return plumb_fail(err, PLUMB_REFUSED, "release.payload", "predicate.payload",
                          "governance knows no payload %s", s->payload);
    PLUMB_TRY(check_new(c->e, s, err));
    PLUMB_TRY(take_values(c, payload, err));
    PLUMB_TRY(put_reference(c->e, STATE_NAMES, name.b, name.len, &what->id, err));
    PLUMB_TRY(put_reference(c->e, STATE_VALUES, s->u.release.reference_values.b,
                            PLUMB_DIGEST_LEN, &what->id, err));
    v = calloc(1, sizeof *v);
    if (v == NULL)
        return plumb_fail_memory(err);
    v->release = what->id;
    name_set(&v->payload, s->payload);
    name_set(&v->version, s->version);
    v->state = ENGINE_VERSION_PROPOSED;
    v->index = c->index;
    v->reference_values = s->u.release.reference_values;
    v->has_sbom = s->u.release.has_sbom;
    v->sbom = s->u.release.sbom;
    return put_version(c->e, v, err);
}

enum plumb_code
release_check(const struct engine *e, const struct proposed *what, plumb_time now, bool effect,
              struct plumb_err *err)
{
    if (state_version(e, &what->id)->state == ENGINE_VERSION_BARRED)
        return plumb_fail(err, PLUMB_REFUSED, "release.barred", "",
                          "the version was revoked everywhere");
    return effect ? control_gate(e, &what->id, false, now, err) : PLUMB_OK;
}
