/* Statements whose signatures verified. */
#include <plumb/statement.h>

#include <string.h>

#include "lib/own.h"

PLUMB_DEFINE_AUTO(auto_statement, struct plumb_statement *, plumb_statement_free);

void
plumb_signed_free(struct plumb_signed *s)
{
    if (s == NULL)
        return;
    plumb_statement_free(s->statement);
    json_decref(s->envelope);
    free(s);
}

/*
 * key made one of the signatures that are not taken yet. A signature's keyid is a hint: those
 * that name the key are tried first, so that an honest genesis costs one verification a key.
 */
static enum plumb_code
verify_one(const struct plumb_dsse *e, const struct plumb_bytes *pae,
           const struct plumb_pubkey *key, bool *taken, struct plumb_err *err)
{
    enum plumb_code code =
        plumb_fail(err, PLUMB_BAD_SIGNATURE, "signature.bad", "signatures", "none is left");
    char keyid[PLUMB_DIGEST_HEX];

    plumb_digest_hex(plumb_pubkey_id(key), keyid);
    for (int hinted = 1; hinted >= 0; hinted--) {
        for (size_t i = 0; i < e->nsigs; i++) {
            if (taken[i] || (strcmp(e->sigs[i].keyid, keyid) == 0) != (hinted == 1))
                continue;
            code = plumb_pubkey_verify(key, pae->data, pae->len, e->sigs[i].sig.data,
                                       e->sigs[i].sig.len, err);
            taken[i] = code == PLUMB_OK;
            if (code != PLUMB_BAD_SIGNATURE)
                return code;
        }
    }
    return code;
}

static enum plumb_code
verify_all(const struct plumb_dsse *e, const struct plumb_statement *s,
           plumb_key_lookup *lookup, void *arg, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes pae = { 0 };
    bool taken[PLUMB_SIGNATURE_MAX] = { false };

    if (e->nsigs != s->nkeys)
        return plumb_fail(err, PLUMB_BAD_SIGNATURE, "signature.count", "signatures",
                          "%zu signatures for %zu named keys", e->nsigs, s->nkeys);
    PLUMB_TRY(plumb_dsse_pae(e->payload_type, e->payload.data, e->payload.len, &pae, err));
    for (size_t i = 0; i < s->nkeys; i++) {
        const struct plumb_pubkey *key = lookup(arg, &s->keys[i]);

        if (key == NULL)
            return plumb_fail(err, PLUMB_FORBIDDEN, "key.unknown", "predicate.key",
                              "no governance document lists the key");
        PLUMB_TRY(verify_one(e, &pae, key, taken, err));
    }
    return PLUMB_OK;
}

enum plumb_code
plumb_signed_open(json_t *envelope, plumb_key_lookup *lookup, void *arg,
                  struct plumb_signed **ret, struct plumb_err *err)
{
    struct plumb_jv root = plumb_jv_root(envelope, NULL);
    PLUMB_AUTO(plumb_dsse_clear) struct plumb_dsse e = { .nsigs = 0 };
    PLUMB_AUTO(auto_statement) struct plumb_statement *s = NULL;
    struct plumb_signed *out;

    PLUMB_TRY(plumb_dsse_read(&root, &e, err));
    PLUMB_TRY(plumb_statement_peek(e.payload.data, e.payload.len, &s, err));
    PLUMB_TRY(verify_all(&e, s, lookup, arg, err));
    out = malloc(sizeof *out);
    if (out == NULL)
        return plumb_fail_memory(err);
    *out = (struct plumb_signed){ PLUMB_TAKE(s), json_incref(envelope) };
    *ret = out;
    return PLUMB_OK;
}
