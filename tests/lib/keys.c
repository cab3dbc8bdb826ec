#include "tests/lib/keys.h"

#include <openssl/ecdsa.h>
#include <stdlib.h>
#include <string.h>

#include "tests/t.h"

struct plumb_bytes
unhex(const char *hex)
{
    struct plumb_bytes b = { calloc(1, strlen(hex) / 2 + 1), 0 };
    struct plumb_err err;

    assert_non_null(b.data);
    assert_ok(plumb_hex_parse(hex, "", b.data, strlen(hex) / 2, &b.len, &err), &err);
    return b;
}

struct plumb_signer *
generate(enum plumb_key_type type)
{
    struct plumb_signer *signer = NULL;
    struct plumb_err err;

    assert_ok(plumb_signer_generate(type, &signer, &err), &err);
    return signer;
}

struct plumb_pubkey *
as_security_key(const struct plumb_signer *signer, const char *application,
                bool verify_required)
{
    struct plumb_pubkey *key = NULL;
    struct plumb_err err;
    size_t len;
    const uint8_t *spki = plumb_pubkey_spki(signer->pub, &len);

    assert_ok(plumb_pubkey_from_spki(spki, len, application, verify_required, "", &key, &err),
              &err);
    return key;
}

void
append(struct plumb_bytes *b, const void *data, size_t len)
{
    uint8_t *grown = realloc(b->data, b->len + len + 1);

    assert_non_null(grown);
    if (len != 0)
        memcpy(grown + b->len, data, len);
    b->data = grown;
    b->len += len;
    b->data[b->len] = '\0';
}

static void
append_u32(struct plumb_bytes *b, uint32_t n)
{
    const uint8_t be[4] = { n >> 24, n >> 16, n >> 8, n };

    append(b, be, sizeof be);
}

void
append_string(struct plumb_bytes *b, const void *data, size_t len)
{
    append_u32(b, (uint32_t)len);
    append(b, data, len);
}

static void
append_mpint(struct plumb_bytes *b, const BIGNUM *n)
{
    uint8_t be[40] = { 0 };
    int len = BN_bn2bin(n, be + 1);

    if (be[1] & 0x80)
        append_string(b, be, (size_t)len + 1);
    else
        append_string(b, be + 1, (size_t)len);
}

static void
append_ecdsa(struct plumb_bytes *b, const struct plumb_bytes *der)
{
    const unsigned char *p = der->data;
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, (long)der->len);
    struct plumb_bytes inner = { 0 };

    assert_non_null(sig);
    append_mpint(&inner, ECDSA_SIG_get0_r(sig));
    append_mpint(&inner, ECDSA_SIG_get0_s(sig));
    append_string(b, inner.data, inner.len);
    plumb_bytes_clear(&inner);
    ECDSA_SIG_free(sig);
}

struct plumb_bytes
security_key_sign(const struct plumb_signer *signer, const char *application, uint8_t flags,
                  uint32_t counter, const void *msg, size_t len)
{
    const bool edwards = plumb_pubkey_type(signer->pub) == PLUMB_KEY_ED25519;
    const char *algorithm =
        edwards ? "sk-ssh-ed25519@openssh.com" : "sk-ecdsa-sha2-nistp256@openssh.com";
    struct plumb_bytes message = { 0 }, sig = { 0 }, blob = { 0 };
    struct plumb_digest digest;
    struct plumb_err err;

    plumb_sha256(application, strlen(application), &digest);
    append(&message, digest.b, sizeof digest.b);
    append(&message, &flags, 1);
    append_u32(&message, counter);
    plumb_sha256(msg, len, &digest);
    append(&message, digest.b, sizeof digest.b);
    assert_ok(signer->sign(signer->self, message.data, message.len, &sig, &err), &err);

    append_string(&blob, algorithm, strlen(algorithm));
    if (edwards)
        append_string(&blob, sig.data, sig.len);
    else
        append_ecdsa(&blob, &sig);
    append(&blob, &flags, 1);
    append_u32(&blob, counter);
    plumb_bytes_clear(&message);
    plumb_bytes_clear(&sig);
    return blob;
}
