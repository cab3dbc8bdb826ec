#include "engine/trust.h"

#include <string.h>

#include "lib/own.h"

PLUMB_DEFINE_AUTO(auto_root, struct sigstore_root *, sigstore_root_free);

void
trust_ring_clear(struct trust_ring *r)
{
    free(r->keys);
    *r = (struct trust_ring){ NULL, 0 };
}

static bool
shares_role(const struct plumb_principal *p, const struct plumb_trusted *t)
{
    for (size_t i = 0; i < t->nroles; i++)
        if (plumb_principal_has_role(p, t->roles[i]))
            return true;
    return false;
}

static bool
speaks(const struct plumb_governance *doc, const struct plumb_principal *p)
{
    for (size_t i = 0; i < doc->controls->ntrusted; i++)
        if (shares_role(p, &doc->controls->trusted[i]))
            return true;
    return false;
}

/* Counts the keys, or writes them where ret is not NULL. */
static size_t
collect(const struct plumb_governance *doc, const struct plumb_pubkey **ret)
{
    size_t n = 0;

    for (size_t i = 0; i < doc->controls->ntrusted; i++)
        for (size_t k = 0; k < doc->controls->trusted[i].nkeys; k++, n++)
            if (ret != NULL)
                ret[n] = doc->controls->trusted[i].keys[k];
    for (size_t i = 0; i < doc->nprincipals; i++) {
        const struct plumb_principal *p = &doc->principals[i];

        if (!speaks(doc, p))
            continue;
        for (size_t k = 0; k < p->nkeys; k++)
            if (p->keys[k].use == PLUMB_USE_SIGN) {
                if (ret != NULL)
                    ret[n] = p->keys[k].pub;
                n++;
            }
    }
    return n;
}

enum plumb_code
trust_ring_make(const struct plumb_governance *doc, struct trust_ring *ret,
                struct plumb_err *err)
{
    size_t n = collect(doc, NULL);
    const struct plumb_pubkey **keys = calloc(n + 1, sizeof(const struct plumb_pubkey *));

    if (keys == NULL)
        return plumb_fail_memory(err);
    (void)collect(doc, keys);
    *ret = (struct trust_ring){ keys, n };
    return PLUMB_OK;
}

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

static bool
has_key(const struct plumb_trusted *t, const struct plumb_digest *key)
{
    for (size_t i = 0; i < t->nkeys; i++)
        if (plumb_digest_eq(plumb_pubkey_id(t->keys[i]), key))
            return true;
    return false;
}

static bool
has_identity(const struct plumb_trusted *t, const struct attestation_signer *s)
{
    for (size_t i = 0; i < t->nidentities; i++)
        if (strcmp(t->identities[i].issuer, s->issuer) == 0 &&
            plumb_pattern_match(t->identities[i].subject, s->identity))
            return true;
    return false;
}

/* A principal's key counts as it does in any statement of that entry. */
static bool
has_principal(const struct engine *e, const struct plumb_trusted *t,
              const struct plumb_digest *key, uint64_t index)
{
    const struct plumb_principal *p;
    const char *id;

    if (t->nroles == 0 ||
        plumb_chain_signer(e->chain, key, PLUMB_USE_SIGN, index, 0, &id, NULL) != PLUMB_OK)
        return false;
    p = plumb_governance_principal(state_document(e), id);
    return p != NULL && shares_role(p, t);
}

static bool
signed_by(const struct engine *e, const struct plumb_trusted *t, const struct attestation *a,
          uint64_t index)
{
    for (size_t i = 0; i < a->nsigners; i++) {
        const struct attestation_signer *s = &a->signers[i];

        if (s->by_key ? has_key(t, &s->key) || has_principal(e, t, &s->key, index)
                      : has_identity(t, s))
            return true;
    }
    return false;
}

const struct plumb_trusted *
trust_find(const struct engine *e, const struct attestation *a, uint64_t index,
           enum plumb_trust_use use, const char *control)
{
    const struct plumb_controls *c = state_document(e)->controls;

    for (size_t i = 0; c != NULL && i < c->ntrusted; i++) {
        const struct plumb_trusted *t = &c->trusted[i];

        if ((t->uses & 1u << use) != 0 &&
            (control == NULL || plumb_trusted_asserts(t, control)) && signed_by(e, t, a, index))
            return t;
    }
    return NULL;
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
