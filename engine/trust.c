#include "engine/trust.h"

#include "lib/own.h"

PLUMB_DEFINE_AUTO(auto_root, struct sigstore_root *, sigstore_root_free);

/* --- trusted roots --- */

void
trusted_root_free(struct record *r)
{
    sigstore_root_free(((struct trusted_root *)r)->root);
    free(r);
}

enum plumb_code
trust_keep_root(const struct context *c, const struct plumb_governance *doc,
                struct plumb_err *err)
{
    const struct plumb_controls *controls = doc->controls;
    PLUMB_AUTO(auto_root) struct sigstore_root *root = NULL;
    const struct engine_blob *blob;
    struct trusted_root *kept;

    if (controls == NULL || !controls->has_root ||
        state_get(c->e, STATE_ROOTS, controls->root.b, PLUMB_DIGEST_LEN) != NULL)
        return PLUMB_OK;
    PLUMB_TRY(context_blob(c, &controls->root, &blob, err));
    if (blob->len != (size_t)controls->root_size)
        return plumb_fail(err, PLUMB_INVALID, "controls.root", "controls.trustedRoot.size",
                          "the trusted root has %zu bytes", blob->len);
    PLUMB_TRY(sigstore_root_read(blob->data, blob->len, &root, err));
    kept = calloc(1, sizeof *kept);
    if (kept == NULL)
        return plumb_fail_memory(err);
    kept->root = PLUMB_TAKE(root);
    return state_put(c->e, STATE_ROOTS, controls->root.b, PLUMB_DIGEST_LEN, &kept->head, err);
}

const struct sigstore_root *
trust_root(const struct engine *e)
{
    const struct plumb_controls *controls = state_document(e)->controls;
    const struct trusted_root *kept =
        controls != NULL && controls->has_root
            ? state_get(e, STATE_ROOTS, controls->root.b, PLUMB_DIGEST_LEN)
            : NULL;

    return kept != NULL ? kept->root : NULL;
}

/* --- who signed --- */

const struct plumb_trusted *
trust_find(const struct engine *e, const struct attestation *a, uint64_t index,
           enum plumb_trust_use use, const char *control)
{
    return signers_find(e->chain, state_document(e), a, index, use, control);
}

static bool
matches_any(const char *const *patterns, size_t n, const char *text)
{
    for (size_t i = 0; i < n; i++)
        if (plumb_pattern_match(patterns[i], text))
            return true;
    return false;
}

bool
trust_names_builder(const struct plumb_trusted *t, const char *builder)
{
    return matches_any(t->builders, t->nbuilders, builder);
}

bool
trust_names_source(const struct plumb_controls *c, const char *source)
{
    return source != NULL && matches_any(c->sources, c->nsources, source);
}

bool
trust_refers(const struct engine *e, const struct dossier *d, enum plumb_trust_use use,
             const struct plumb_digest *file)
{
    for (size_t i = 0; i < d->n; i++) {
        const struct fact *f = d->facts[i];

        if (!f->accepted || f->said == NULL || f->said->kind != ATTESTATION_REFERENCE ||
            trust_find(e, f->said, f->index, use, NULL) == NULL)
            continue;
        for (size_t k = 0; k < f->said->u.reference.n; k++)
            if (f->said->u.reference.resources[k].has_sha256 &&
                plumb_digest_eq(&f->said->u.reference.resources[k].sha256, file))
                return true;
    }
    return false;
}
