#include "engine/waiver.h"

#include <plumb/controls.h>
#include <string.h>

#include "engine/count.h"
#include "lib/own.h"

void
waiver_free(struct record *r)
{
    proposed_release(((struct waiver *)r)->what);
    free(r);
}

/* A digest and a name are shorter than what a key has room for. */
static struct state_key
key_of(const struct plumb_digest *release, const char *control)
{
    struct state_key key = { .len = PLUMB_DIGEST_LEN };
    size_t len = strnlen(control, PLUMB_NAME_MAX);

    memcpy(key.b, release->b, PLUMB_DIGEST_LEN);
    memcpy(key.b + key.len, control, len);
    key.len += len;
    return key;
}

const struct waiver *
waiver_of(const struct engine *e, const struct plumb_digest *release, const char *control)
{
    struct state_key key = key_of(release, control);
    const struct waiver *w = state_get_key(e, STATE_WAIVERS, &key);

    return w != NULL && count_stands(e, state_proposal(e, &w->proposal), 0) ? w : NULL;
}

enum plumb_code
waiver_propose(const struct context *c, const struct proposed *what, struct plumb_err *err)
{
    const struct version *v;

    if (state_document(c->e)->controls == NULL)
        return plumb_fail(err, PLUMB_REFUSED, "controls.none", "",
                          "governance names no controls that could be waived");
    PLUMB_TRY(context_version(c, &what->release, &v, err));
    if (plumb_governance_payload(state_document(c->e), what->payload) == NULL)
        return plumb_fail(err, PLUMB_REFUSED, "release.payload", "subject[0].name",
                          "governance knows no payload %s", what->payload);
    return PLUMB_OK;
}

enum plumb_code
waiver_check(const struct engine *e, const struct proposed *what, plumb_time now,
             struct plumb_err *err)
{
    const struct plumb_controls *controls = state_document(e)->controls;
    const struct version *v = state_version(e, &what->release);
    const struct plumb_control *control =
        controls != NULL ? plumb_controls_find(controls, what->control) : NULL;

    if (control == NULL)
        return plumb_fail(err, PLUMB_REFUSED, "waiver.control", "predicate.control",
                          "the profile has no control %s", what->control);
    if (control->must)
        return plumb_fail(err, PLUMB_REFUSED, "waiver.must", "predicate.control",
                          "%s is a MUST: only meeting it will do", what->control);
    if (what->until <= now)
        return plumb_fail(err, PLUMB_REFUSED, "waiver.past", "predicate.until",
                          "want a time ahead");
    if (v->state == ENGINE_VERSION_REJECTED || v->state == ENGINE_VERSION_BARRED)
        return plumb_fail(err, PLUMB_REFUSED, "waiver.release", "subject[0]",
                          "the release is %s", engine_version_state_text(v->state));
    return PLUMB_OK;
}

enum plumb_code
waiver_effect(struct engine *e, struct proposed *what, struct plumb_err *err)
{
    struct state_key key = key_of(&what->release, what->control);
    struct waiver *w = calloc(1, sizeof *w);

    if (w == NULL)
        return plumb_fail_memory(err);
    w->proposal = what->id;
    w->until = what->until;
    w->what = what;
    what->holders++;
    return state_put_key(e, STATE_WAIVERS, &key, &w->head, err);
}
