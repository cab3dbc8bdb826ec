#include "supply/signers.h"

#include <string.h>

#include "lib/own.h"

void
signers_ring_clear(struct signers_ring *r)
{
    free(r->keys);
    *r = (struct signers_ring){ NULL, 0 };
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
signers_ring_make(const struct plumb_governance *doc, struct signers_ring *ret,
                  struct plumb_err *err)
{
    size_t n = collect(doc, NULL);
    const struct plumb_pubkey **keys = calloc(n + 1, sizeof(const struct plumb_pubkey *));

    if (keys == NULL)
        return plumb_fail_memory(err);
    (void)collect(doc, keys);
    *ret = (struct signers_ring){ keys, n };
    return PLUMB_OK;
}

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

/* A principal's key counts as it does in any statement of that entry, by what was known of it
 * when the document came into force. */
static bool
has_principal(const struct plumb_chain *chain, const struct plumb_governance *doc,
              const struct plumb_trusted *t, const struct plumb_digest *key, uint64_t index)
{
    const struct plumb_principal *p;
    const char *id;

    if (t->nroles == 0 || plumb_chain_signer(chain, key, PLUMB_USE_SIGN, index,
                                             (size_t)doc->version, &id, NULL) != PLUMB_OK)
        return false;
    p = plumb_governance_principal(doc, id);
    return p != NULL && shares_role(p, t);
}

static bool
signed_by(const struct plumb_chain *chain, const struct plumb_governance *doc,
          const struct plumb_trusted *t, const struct attestation *a, uint64_t index)
{
    for (size_t i = 0; i < a->nsigners; i++) {
        const struct attestation_signer *s = &a->signers[i];

        if (s->by_key ? has_key(t, &s->key) || has_principal(chain, doc, t, &s->key, index)
                      : has_identity(t, s))
            return true;
    }
    return false;
}

const struct plumb_trusted *
signers_find(const struct plumb_chain *chain, const struct plumb_governance *doc,
             const struct attestation *a, uint64_t index, enum plumb_trust_use use,
             const char *control)
{
    const struct plumb_controls *c = doc->controls;

    for (size_t i = 0; c != NULL && i < c->ntrusted; i++) {
        const struct plumb_trusted *t = &c->trusted[i];

        if ((t->uses & 1u << use) != 0 &&
            (control == NULL || plumb_trusted_asserts(t, control)) &&
            signed_by(chain, doc, t, a, index))
            return t;
    }
    return NULL;
}
