#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/checkpoint.h"
#include "lib/own.h"

#define SIGNERS_MAX     16
#define COSIGNED_PREFIX "cosignature/v1\ntime %" PRIu64 "\n"
#define TEXT_MAX        256 /* 127 of origin, 19 of size, 44 of root, three newlines */

static void
auto_sig(struct plumb_note_sig *sig)
{
    plumb_bytes_clear(&sig->blob);
}

static bool
root_possible(const struct plumb_checkpoint *c)
{
    struct plumb_digest empty;

    plumb_tree_root(NULL, 0, &empty);
    return c->size != 0 || plumb_digest_eq(&c->root, &empty);
}

enum plumb_code
plumb_checkpoint_sign(const struct plumb_checkpoint *c, struct plumb_signer *const *signers,
                      size_t n, struct plumb_bytes *ret_note, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes note = { 0 };
    struct plumb_vkey keys[SIGNERS_MAX];
    char text[TEXT_MAX], *p;
    size_t len;

    if (n == 0 || n > SIGNERS_MAX || c->size > PLUMB_TREE_MAX || !root_possible(c))
        return plumb_fail(err, PLUMB_INVALID, "checkpoint.form", "",
                          "want a size with a root it can have, and 1 to %d signers",
                          SIGNERS_MAX);
    for (size_t i = 0; i < n; i++) {
        PLUMB_TRY(
            plumb_vkey_make(c->origin, PLUMB_SIG_ED25519, signers[i]->pub, &keys[i], err));
        for (size_t j = 0; j < i; j++)
            if (memcmp(keys[i].key, keys[j].key, sizeof keys[i].key) == 0)
                return plumb_fail(err, PLUMB_INVALID, "checkpoint.form", "",
                                  "one key signs a checkpoint once");
    }
    p = text + snprintf(text, sizeof text, "%s\n%" PRIu64 "\n", c->origin, c->size);
    p = stpcpy(plumb_put_base64(p, c->root.b, sizeof c->root.b), "\n");
    len = (size_t)(p - text);

    note.data = malloc(len + 1 + n * PLUMB_SIGNATURE_LINE(PLUMB_ED25519_SIG) + 1);
    if (note.data == NULL)
        return plumb_fail_memory(err);
    p = stpcpy(stpcpy((char *)note.data, text), "\n");
    for (size_t i = 0; i < n; i++) {
        PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes sig = { 0 };

        PLUMB_TRY(signers[i]->sign(signers[i]->self, text, len, &sig, err));
        if (sig.len != PLUMB_ED25519_SIG)
            return plumb_fail(err, PLUMB_INTERNAL, "note.signature", "",
                              "the signer's signature has %zu bytes, not 64", sig.len);
        p = plumb_put_signature(p, &keys[i], sig.data, sig.len);
    }
    note.len = (size_t)(p - (char *)note.data);
    *ret_note = (struct plumb_bytes){ PLUMB_TAKE(note.data), note.len };
    return PLUMB_OK;
}

/* origin NULL: of whichever log. */
static enum plumb_code
read_text(struct plumb_span text, const char *origin, struct plumb_checkpoint *ret,
          struct plumb_err *err)
{
    struct plumb_checkpoint c = { 0 };
    struct plumb_span line, size, root;

    if (!plumb_span_line(&text, &line) || !plumb_span_line(&text, &size) ||
        !plumb_span_line(&text, &root) || !plumb_span_number(size, &c.size))
        return plumb_fail(err, PLUMB_INVALID, "checkpoint.form", "",
                          "want lines of origin, tree size and root");
    if (origin != NULL && !plumb_span_eq(line, origin))
        return plumb_fail(err, PLUMB_REFUSED, "checkpoint.origin", "",
                          "a checkpoint of \"%.*s\", not of \"%s\"",
                          (int)(line.len < sizeof c.origin ? line.len : sizeof c.origin),
                          line.p, origin);
    if (line.len >= sizeof c.origin)
        return plumb_fail(err, PLUMB_INVALID, "checkpoint.form", "", "its origin is too long");
    memcpy(c.origin, line.p, line.len);
    PLUMB_TRY(plumb_span_digest(root, "checkpoint.form", &c.root, err));
    if (!root_possible(&c))
        return plumb_fail(err, PLUMB_REFUSED, "checkpoint.root", "",
                          "an empty tree's root is the SHA-256 of nothing");
    while (plumb_span_line(&text, &line))
        if (line.len == 0)
            return plumb_fail(err, PLUMB_INVALID, "checkpoint.form", "",
                              "an extension line is empty");
    *ret = c;
    return PLUMB_OK;
}

enum plumb_code
plumb_cosigned_message(uint64_t time, struct plumb_span text, struct plumb_bytes *ret,
                       struct plumb_err *err)
{
    char prefix[64];
    size_t len = (size_t)snprintf(prefix, sizeof prefix, COSIGNED_PREFIX, time);
    uint8_t *message = malloc(len + text.len + 1);

    if (message == NULL)
        return plumb_fail_memory(err);
    memcpy(message, prefix, len);
    memcpy(message + len, text.p, text.len);
    message[len + text.len] = '\0';
    *ret = (struct plumb_bytes){ message, len + text.len };
    return PLUMB_OK;
}

static enum plumb_code
verify_cosignature(const struct plumb_pubkey *pub, struct plumb_span text, const uint8_t *sig,
                   struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes msg = { 0 };
    uint64_t time = 0;

    for (int i = 0; i < 8; i++)
        time = time << 8 | sig[i];
    if (time > INT64_MAX)
        return plumb_fail(err, PLUMB_BAD_SIGNATURE, "note.signature", "",
                          "a cosignature's time is past all times");
    PLUMB_TRY(plumb_cosigned_message(time, text, &msg, err));
    return plumb_pubkey_verify(pub, msg.data, msg.len, sig + 8, PLUMB_ED25519_SIG, err);
}

const struct plumb_policy_key *
plumb_policy_key_of(const struct plumb_log_policy *p, const struct plumb_note_sig *sig)
{
    for (size_t i = 0; i < p->nkeys; i++)
        if (sig->id == p->keys[i].vkey.id && plumb_span_eq(sig->name, p->keys[i].vkey.name))
            return &p->keys[i];
    return NULL;
}

enum plumb_code
plumb_policy_key_verify(const struct plumb_policy_key *key, struct plumb_span text,
                        const struct plumb_note_sig *sig, struct plumb_err *err)
{
    const bool cosignature = key->vkey.type == PLUMB_SIG_COSIGNATURE;
    const uint8_t *data = sig->blob.data + 4;
    const size_t len = sig->blob.len - 4;
    enum plumb_code code = PLUMB_BAD_SIGNATURE;

    if (len == (cosignature ? PLUMB_COSIGNATURE : PLUMB_ED25519_SIG))
        code = cosignature ? verify_cosignature(key->pub, text, data, err)
                           : plumb_pubkey_verify(key->pub, text.p, text.len, data, len, err);
    if (code == PLUMB_BAD_SIGNATURE)
        return plumb_fail(err, code, "note.signature", "", "the signature by %s is not good",
                          key->vkey.name);
    return code;
}

static enum plumb_code
verify_signatures(const struct plumb_log_policy *p, struct plumb_note note, bool *signed_by,
                  struct plumb_err *err)
{
    for (;;) {
        PLUMB_AUTO(auto_sig) struct plumb_note_sig sig = { 0 };
        bool end;

        PLUMB_TRY(plumb_note_next(&note, &sig, &end, err));
        if (end)
            return PLUMB_OK;
        const struct plumb_policy_key *key = plumb_policy_key_of(p, &sig);

        if (key == NULL)
            continue; /* signatures by keys that p does not know are nobody's business */
        PLUMB_TRY(plumb_policy_key_verify(key, note.text, &sig, err));
        signed_by[key - p->keys] = true;
    }
}

static bool
log_signed(const struct plumb_log_policy *p, const bool *signed_by)
{
    for (size_t i = 0; i < p->nkeys; i++)
        if (signed_by[i] && p->keys[i].vkey.type == PLUMB_SIG_ED25519)
            return true;
    return false;
}

enum plumb_code
plumb_checkpoint_verify(const struct plumb_log_policy *p, const void *note, size_t len,
                        struct plumb_checkpoint *ret, struct plumb_err *err)
{
    bool signed_by[PLUMB_POLICY_KEYS] = { false };
    struct plumb_checkpoint c;
    struct plumb_note parts;

    PLUMB_TRY(plumb_note_split(note, len, &parts, err));
    PLUMB_TRY(verify_signatures(p, parts, signed_by, err));
    if (!log_signed(p, signed_by))
        return plumb_fail(err, PLUMB_BAD_SIGNATURE, "note.signature", "",
                          "no key of the log %s that is known has signed", p->origin);
    PLUMB_TRY(read_text(parts.text, p->origin, &c, err));
    if (!plumb_log_policy_reached(p, signed_by))
        return plumb_fail(err, PLUMB_REFUSED, "witness.quorum", "",
                          "too few witnesses have cosigned for the policy's quorum %s",
                          p->names[p->quorum].name);
    *ret = c;
    return PLUMB_OK;
}

enum plumb_code
plumb_checkpoint_peek(const void *note, size_t len, struct plumb_checkpoint *ret,
                      struct plumb_err *err)
{
    struct plumb_note parts;

    PLUMB_TRY(plumb_note_split(note, len, &parts, err));
    return read_text(parts.text, NULL, ret, err);
}
