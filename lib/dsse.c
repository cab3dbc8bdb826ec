#include <stdio.h>
#include <string.h>

#include <plumb/dsse.h>
#include "lib/own.h"

void
plumb_dsse_clear(struct plumb_dsse *e)
{
    for (size_t i = 0; i < e->nsigs; i++)
        plumb_bytes_clear(&e->sigs[i].sig);
    free(e->sigs);
    plumb_bytes_clear(&e->payload);
    *e = (struct plumb_dsse){ .nsigs = 0 };
}

enum plumb_code
plumb_dsse_pae(const char *payload_type, const void *payload, size_t len,
               struct plumb_bytes *ret, struct plumb_err *err)
{
    const size_t type_len = strlen(payload_type);
    const size_t head_max =
        type_len + sizeof "DSSEv1 18446744073709551615  18446744073709551615 ";
    size_t head;
    uint8_t *data;

    if (len > SIZE_MAX - head_max)
        return plumb_fail_memory(err);
    data = malloc(head_max + len);
    if (data == NULL)
        return plumb_fail_memory(err);
    head = (size_t)snprintf((char *)data, head_max, "DSSEv1 %zu %s %zu ", type_len,
                            payload_type, len);
    if (len != 0)
        memcpy(data + head, payload, len);
    data[head + len] = '\0';
    *ret = (struct plumb_bytes){ data, head + len };
    return PLUMB_OK;
}

/* What the JSON reader refused, by the rule of this format; where and message stay. */
static enum plumb_code
by_form(enum plumb_code code, struct plumb_err *err)
{
    if (code == PLUMB_INVALID && err != NULL)
        (void)snprintf(err->rule, sizeof err->rule, "dsse.form");
    return code;
}

static enum plumb_code
read_signature(const struct plumb_jv *v, struct plumb_dsse_signature *ret,
               struct plumb_err *err)
{
    static const char *const members[] = { "sig", "?keyid", NULL };
    struct plumb_jv sig = plumb_jv_member(v, "sig"), keyid = plumb_jv_member(v, "keyid");
    const char *text;

    PLUMB_TRY(by_form(plumb_jv_closed(v, members, err), err));
    if (keyid.json != NULL) {
        PLUMB_TRY(by_form(plumb_jv_string(&keyid, sizeof ret->keyid - 1, &text, err), err));
        memcpy(ret->keyid, text, strlen(text) + 1);
    }
    return by_form(plumb_jv_base64(&sig, PLUMB_DSSE_SIG_MAX, &ret->sig, err), err);
}

static enum plumb_code
read_payload(const struct plumb_jv *v, struct plumb_bytes *ret, struct plumb_err *err)
{
    /* the last group of the text may hold two bytes more than it should */
    if (json_string_length(v->json) <= (PLUMB_PAYLOAD_MAX + 2) / 3 * 4)
        PLUMB_TRY(by_form(plumb_jv_base64(v, PLUMB_PAYLOAD_MAX + 2, ret, err), err));
    if (ret->data == NULL || ret->len > PLUMB_PAYLOAD_MAX)
        return plumb_jv_fail(v, err, PLUMB_TOO_LARGE, "dsse.size",
                             "a statement has at most %d bytes", PLUMB_PAYLOAD_MAX);
    return PLUMB_OK;
}

enum plumb_code
plumb_dsse_read(const struct plumb_jv *envelope, struct plumb_dsse *ret, struct plumb_err *err)
{
    static const char *const members[] = { "payload", "payloadType", "signatures", NULL };
    struct plumb_jv payload = plumb_jv_member(envelope, "payload");
    struct plumb_jv type = plumb_jv_member(envelope, "payloadType");
    struct plumb_jv sigs = plumb_jv_member(envelope, "signatures");
    PLUMB_AUTO(plumb_dsse_clear) struct plumb_dsse e = { .nsigs = 0 };
    const char *text;
    size_t n;

    PLUMB_TRY(by_form(plumb_jv_closed(envelope, members, err), err));
    PLUMB_TRY(by_form(plumb_jv_string(&type, sizeof ret->payload_type - 1, &text, err), err));
    if (strcmp(text, PLUMB_PAYLOAD_TYPE) != 0)
        return plumb_jv_fail(&type, err, PLUMB_INVALID, "dsse.type",
                             "a statement's payload type is " PLUMB_PAYLOAD_TYPE);
    PLUMB_TRY(read_payload(&payload, &e.payload, err));
    PLUMB_TRY(by_form(plumb_jv_array(&sigs, 1, PLUMB_SIGNATURE_MAX, &n, err), err));
    e.sigs = calloc(n, sizeof *e.sigs);
    if (e.sigs == NULL)
        return plumb_fail_memory(err);
    for (; e.nsigs < n; e.nsigs++) {
        struct plumb_jv v = plumb_jv_element(&sigs, e.nsigs);

        PLUMB_TRY(read_signature(&v, &e.sigs[e.nsigs], err));
    }
    ret->payload = e.payload;
    e.payload = (struct plumb_bytes){ NULL, 0 };
    memcpy(ret->payload_type, PLUMB_PAYLOAD_TYPE, sizeof PLUMB_PAYLOAD_TYPE);
    ret->sigs = PLUMB_TAKE(e.sigs);
    ret->nsigs = n;
    e.nsigs = 0;
    return PLUMB_OK;
}

/* {"keyid", "sig"} by signer over the envelope's PAE. */
static enum plumb_code
append_signature(json_t *signatures, const struct plumb_bytes *pae, struct plumb_signer *signer,
                 struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes sig = { 0 };
    PLUMB_AUTO(auto_free) char *text = NULL;
    char keyid[PLUMB_DIGEST_HEX];

    PLUMB_TRY(signer->sign(signer->self, pae->data, pae->len, &sig, err));
    PLUMB_TRY(plumb_base64(sig.data, sig.len, &text, err));
    plumb_digest_hex(plumb_pubkey_id(signer->pub), keyid);
    if (json_array_append_new(signatures,
                              json_pack("{s:s, s:s}", "keyid", keyid, "sig", text)) != 0)
        return plumb_fail_memory(err);
    return PLUMB_OK;
}

static enum plumb_code
sign(const void *payload, size_t len, size_t max, struct plumb_signer *const *signers,
     size_t nsigners, json_t **ret_envelope, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes pae = { 0 };
    PLUMB_AUTO(plumb_json_auto) json_t *envelope = NULL;
    PLUMB_AUTO(auto_free) char *text = NULL;

    if (len > max)
        return plumb_fail(err, PLUMB_TOO_LARGE, "dsse.size", "payload",
                          "such a statement has at most %zu bytes", max);
    if (nsigners < 1 || nsigners > PLUMB_SIGNATURE_MAX)
        return plumb_fail(err, PLUMB_INVALID, "dsse.form", "signatures",
                          "an envelope has 1 to %d signatures", PLUMB_SIGNATURE_MAX);
    PLUMB_TRY(plumb_dsse_pae(PLUMB_PAYLOAD_TYPE, payload, len, &pae, err));
    PLUMB_TRY(plumb_base64(payload, len, &text, err));
    envelope = json_pack("{s:s, s:s, s:[]}", "payload", text, "payloadType", PLUMB_PAYLOAD_TYPE,
                         "signatures");
    if (envelope == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < nsigners; i++)
        PLUMB_TRY(
            append_signature(json_object_get(envelope, "signatures"), &pae, signers[i], err));
    *ret_envelope = PLUMB_TAKE(envelope);
    return PLUMB_OK;
}

enum plumb_code
plumb_dsse_sign(const void *payload, size_t len, struct plumb_signer *const *signers,
                size_t nsigners, json_t **ret_envelope, struct plumb_err *err)
{
    return sign(payload, len, PLUMB_PAYLOAD_MAX, signers, nsigners, ret_envelope, err);
}

enum plumb_code
plumb_dsse_sign_long(const void *payload, size_t len, size_t max, struct plumb_signer *signer,
                     json_t **ret_envelope, struct plumb_err *err)
{
    return sign(payload, len, max, &signer, 1, ret_envelope, err);
}

enum plumb_code
plumb_dsse_add(json_t *envelope, struct plumb_signer *signer, struct plumb_err *err)
{
    struct plumb_jv root = plumb_jv_root(envelope, "envelope");
    PLUMB_AUTO(plumb_dsse_clear) struct plumb_dsse e = { .nsigs = 0 };
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes pae = { 0 };
    enum plumb_code code;

    PLUMB_TRY(plumb_dsse_read(&root, &e, err));
    if (e.nsigs == PLUMB_SIGNATURE_MAX)
        return plumb_fail(err, PLUMB_INVALID, "dsse.form", "signatures",
                          "an envelope has 1 to %d signatures", PLUMB_SIGNATURE_MAX);
    code = plumb_dsse_verify(&e, signer->pub, err);
    if (code == PLUMB_OK)
        return plumb_fail(err, PLUMB_CONFLICT, "dsse.signed", "signatures",
                          "this key has signed already");
    if (code != PLUMB_BAD_SIGNATURE)
        return code;
    PLUMB_TRY(plumb_dsse_pae(e.payload_type, e.payload.data, e.payload.len, &pae, err));
    return append_signature(json_object_get(envelope, "signatures"), &pae, signer, err);
}

enum plumb_code
plumb_dsse_verify(const struct plumb_dsse *e, const struct plumb_pubkey *key,
                  struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes pae = { 0 };
    enum plumb_code code;

    PLUMB_TRY(plumb_dsse_pae(e->payload_type, e->payload.data, e->payload.len, &pae, err));
    code = plumb_fail(err, PLUMB_BAD_SIGNATURE, "signature.bad", "signatures",
                      "the envelope is not signed");
    for (size_t i = 0; i < e->nsigs && code == PLUMB_BAD_SIGNATURE; i++)
        code = plumb_pubkey_verify(key, pae.data, pae.len, e->sigs[i].sig.data,
                                   e->sigs[i].sig.len, err);
    return code;
}
