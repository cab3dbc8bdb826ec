#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <sodium.h>
#include <string.h>

#include "lib/own.h"
#include "lib/pubkey.h"
#include "lib/sshkey.h"

#define APPLICATION_MAX  127
#define SPKI_MAX         (sizeof p256_prefix + PLUMB_P256_RAW)

#define SK_USER_PRESENT  0x01
#define SK_USER_VERIFIED 0x04

/*
 * RFC 8410 section 4 and RFC 5480 section 2 leave one DER form for each of our two algorithms:
 * everything before the key itself is constant.
 */
static const uint8_t ed25519_prefix[] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                          0x2b, 0x65, 0x70, 0x03, 0x21, 0x00 };
static const uint8_t p256_prefix[] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                       0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                       0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00 };

struct plumb_pubkey {
    enum plumb_key_type type;
    EVP_MD_CTX *ready; /* P-256 alone: a verification begun, of which each takes a copy */
    struct plumb_digest id;
    uint8_t spki[SPKI_MAX];
    size_t prefix_len, spki_len;
    bool verify_required;
    char application[APPLICATION_MAX + 1]; /* "" for an ordinary key */
    struct plumb_digest application_digest;
};

PLUMB_DEFINE_AUTO(auto_pubkey, struct plumb_pubkey *, plumb_pubkey_free);
PLUMB_DEFINE_AUTO(auto_md_ctx, EVP_MD_CTX *, EVP_MD_CTX_free);
PLUMB_DEFINE_AUTO(auto_pkey, EVP_PKEY *, EVP_PKEY_free);
PLUMB_DEFINE_AUTO(auto_pkey_ctx, EVP_PKEY_CTX *, EVP_PKEY_CTX_free);

const char *
plumb_key_type_text(enum plumb_key_type type)
{
    static const char *const texts[] = {
#define X(name, text) [PLUMB_KEY_##name] = text,
        PLUMB_KEY_TYPES(X)
#undef X
    };

    return (unsigned)type < PLUMB_KEY_TYPE_COUNT ? texts[type] : "unknown";
}

bool
plumb_key_type_is_sk(enum plumb_key_type type)
{
    return type == PLUMB_KEY_SK_ED25519 || type == PLUMB_KEY_SK_P256;
}

static bool
is_edwards(enum plumb_key_type type)
{
    return type == PLUMB_KEY_ED25519 || type == PLUMB_KEY_SK_ED25519;
}

static enum plumb_code
not_usable(enum plumb_key_type type, const char *where, struct plumb_err *err)
{
    return plumb_fail(err, PLUMB_INVALID, "key.spki", where, "not a usable %s public key",
                      plumb_key_type_text(type));
}

static EVP_PKEY *
p256_pkey(const uint8_t *raw, size_t len)
{
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)"P-256", 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)raw, len),
        OSSL_PARAM_construct_end(),
    };
    PLUMB_AUTO(auto_pkey_ctx)
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY *pkey = NULL;

    /* refuses coordinates out of the field, and points off the curve */
    if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
        return NULL;
    return pkey;
}

/* OpenSSL's errors of this call, consumed: was memory among them? */
static bool
out_of_memory(void)
{
    bool found = false;
    unsigned long e;

    while ((e = ERR_get_error()) != 0)
        found = found || ERR_GET_REASON(e) == ERR_R_MALLOC_FAILURE;
    return found;
}

/* ssh-agent signs our messages only for applications of this form. */
static bool
application_ok(const char *application)
{
    size_t len = strlen(application);

    if (strncmp(application, "ssh:", 4) != 0 || len > APPLICATION_MAX)
        return false;
    for (size_t i = 0; i < len; i++)
        if (application[i] <= 0x20 || application[i] >= 0x7f)
            return false;
    return true;
}

/* A verification begun: a copy of it costs a sixteenth of beginning another. */
static enum plumb_code
p256_ready(const uint8_t *raw, size_t len, enum plumb_key_type type, const char *where,
           EVP_MD_CTX **ret, struct plumb_err *err)
{
    PLUMB_AUTO(auto_pkey) EVP_PKEY *pkey = NULL;
    PLUMB_AUTO(auto_md_ctx) EVP_MD_CTX *ctx = NULL;

    ERR_clear_error();
    pkey = p256_pkey(raw, len);
    if (pkey == NULL)
        return out_of_memory() ? plumb_fail_memory(err) : not_usable(type, where, err);
    ctx = EVP_MD_CTX_new();
    if (ctx == NULL || EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, pkey) != 1) {
        ERR_clear_error();
        return plumb_fail_memory(err);
    }
    *ret = PLUMB_TAKE(ctx);
    return PLUMB_OK;
}

/*
 * Ed25519 is libsodium's: twice as fast as OpenSSL's, without allocations, and at least as
 * strict about signatures (RFC 8032 section 5.1.7 without the cofactor), so that whatever we
 * accept others accept. Keys are points on the curve's main subgroup in their one encoding:
 * under one of small order a signature would fit many messages.
 */
static enum plumb_code
edwards_check(const uint8_t *raw, size_t len, enum plumb_key_type type, const char *where,
              struct plumb_err *err)
{
    if (sodium_init() < 0)
        return plumb_fail(err, PLUMB_UNAVAILABLE, "key.libsodium", where,
                          "libsodium cannot start");
    return len == PLUMB_ED25519_RAW && crypto_core_ed25519_is_valid_point(raw) == 1
               ? PLUMB_OK
               : not_usable(type, where, err);
}

enum plumb_code
plumb_pubkey_from_raw(enum plumb_key_type type, const uint8_t *raw, size_t len,
                      const char *application, bool verify_required, const char *where,
                      struct plumb_pubkey **ret, struct plumb_err *err)
{
    const bool edwards = is_edwards(type);
    PLUMB_AUTO(auto_pubkey) struct plumb_pubkey *key = NULL;

    if (application != NULL && !application_ok(application))
        return plumb_fail(err, PLUMB_INVALID, "key.application", where,
                          "a security key's application is \"ssh:\" and printable ASCII, at "
                          "most %d bytes in all",
                          APPLICATION_MAX);
    if (application == NULL && verify_required)
        return plumb_fail(err, PLUMB_INVALID, "key.application", where,
                          "only a security key can require user verification");
    key = calloc(1, sizeof *key);
    if (key == NULL)
        return plumb_fail_memory(err);
    key->type = type;
    if (edwards)
        PLUMB_TRY(edwards_check(raw, len, type, where, err));
    else if (len != PLUMB_P256_RAW || raw[0] != 0x04)
        return not_usable(type, where, err);
    else
        PLUMB_TRY(p256_ready(raw, len, type, where, &key->ready, err));
    key->prefix_len = edwards ? sizeof ed25519_prefix : sizeof p256_prefix;
    key->spki_len = key->prefix_len + len;
    memcpy(key->spki, edwards ? ed25519_prefix : p256_prefix, key->prefix_len);
    memcpy(key->spki + key->prefix_len, raw, len);
    plumb_sha256(key->spki, key->spki_len, &key->id);
    if (application != NULL) {
        memcpy(key->application, application, strlen(application));
        plumb_sha256(application, strlen(application), &key->application_digest);
        key->verify_required = verify_required;
    }
    *ret = PLUMB_TAKE(key);
    return PLUMB_OK;
}

static bool
starts_with(const uint8_t *der, size_t len, const uint8_t *prefix, size_t prefix_len)
{
    return len > prefix_len && memcmp(der, prefix, prefix_len) == 0;
}

enum plumb_code
plumb_pubkey_from_spki(const void *der, size_t len, const char *sk_application,
                       bool sk_verify_required, const char *where, struct plumb_pubkey **ret,
                       struct plumb_err *err)
{
    const uint8_t *p = der;
    const bool sk = sk_application != NULL;

    if (starts_with(p, len, ed25519_prefix, sizeof ed25519_prefix))
        return plumb_pubkey_from_raw(sk ? PLUMB_KEY_SK_ED25519 : PLUMB_KEY_ED25519,
                                     p + sizeof ed25519_prefix, len - sizeof ed25519_prefix,
                                     sk_application, sk_verify_required, where, ret, err);
    if (starts_with(p, len, p256_prefix, sizeof p256_prefix))
        return plumb_pubkey_from_raw(sk ? PLUMB_KEY_SK_P256 : PLUMB_KEY_P256,
                                     p + sizeof p256_prefix, len - sizeof p256_prefix,
                                     sk_application, sk_verify_required, where, ret, err);
    return plumb_fail(err, PLUMB_INVALID, "key.type", where,
                      "not the DER SubjectPublicKeyInfo of an Ed25519 key or of an "
                      "uncompressed point on P-256");
}

enum plumb_code
plumb_pubkey_copy(const struct plumb_pubkey *key, struct plumb_pubkey **ret,
                  struct plumb_err *err)
{
    PLUMB_AUTO(auto_pubkey) struct plumb_pubkey *copy = malloc(sizeof *copy);

    if (copy == NULL)
        return plumb_fail_memory(err);
    *copy = *key;
    copy->ready = NULL;
    if (key->ready != NULL) {
        copy->ready = EVP_MD_CTX_new();
        if (copy->ready == NULL || EVP_MD_CTX_copy_ex(copy->ready, key->ready) != 1)
            return plumb_fail_memory(err);
    }
    *ret = PLUMB_TAKE(copy);
    return PLUMB_OK;
}

void
plumb_pubkey_free(struct plumb_pubkey *key)
{
    if (key == NULL)
        return;
    EVP_MD_CTX_free(key->ready);
    free(key);
}

enum plumb_key_type
plumb_pubkey_type(const struct plumb_pubkey *key)
{
    return key->type;
}

const struct plumb_digest *
plumb_pubkey_id(const struct plumb_pubkey *key)
{
    return &key->id;
}

const uint8_t *
plumb_pubkey_spki(const struct plumb_pubkey *key, size_t *ret_len)
{
    *ret_len = key->spki_len;
    return key->spki;
}

const uint8_t *
plumb_pubkey_raw(const struct plumb_pubkey *key, size_t *ret_len)
{
    *ret_len = key->spki_len - key->prefix_len;
    return key->spki + key->prefix_len;
}

const char *
plumb_pubkey_application(const struct plumb_pubkey *key)
{
    return plumb_key_type_is_sk(key->type) ? key->application : NULL;
}

bool
plumb_pubkey_verify_required(const struct plumb_pubkey *key)
{
    return key->verify_required;
}

bool
plumb_pubkey_ed25519(const struct plumb_pubkey *key, uint8_t ret[32])
{
    if (key->type != PLUMB_KEY_ED25519)
        return false;
    memcpy(ret, key->spki + key->prefix_len, PLUMB_ED25519_RAW);
    return true;
}

/* One INTEGER: value is 32 bytes, big-endian. */
static size_t
der_integer(const uint8_t *value, uint8_t *ret)
{
    size_t skip = 0, pad, n;

    while (skip < 31 && value[skip] == 0)
        skip++;
    pad = value[skip] >> 7;
    n = 32 - skip;
    ret[0] = 0x02;
    ret[1] = (uint8_t)(pad + n);
    ret[2] = 0;
    memcpy(ret + 2 + pad, value + skip, n);
    return 2 + pad + n;
}

size_t
plumb_ecdsa_der(const uint8_t rs[PLUMB_ECDSA_RAW], uint8_t ret[PLUMB_ECDSA_DER_MAX])
{
    size_t n = der_integer(rs, ret + 2);

    n += der_integer(rs + 32, ret + 2 + n);
    ret[0] = 0x30;
    ret[1] = (uint8_t)n;
    return 2 + n;
}

/* Are these 64 bytes DER? They are if what they would say is written again as the same bytes.
 */
static bool
is_der(const uint8_t sig[PLUMB_ECDSA_RAW])
{
    const uint8_t *p = sig + 2, *end = sig + PLUMB_ECDSA_RAW;
    uint8_t rs[PLUMB_ECDSA_RAW] = { 0 }, again[PLUMB_ECDSA_DER_MAX];

    for (uint8_t *field = rs; field < rs + sizeof rs; field += 32) {
        size_t n, pad;

        if (end - p < 3)
            return false;
        n = p[1];
        pad = p[2] == 0;
        if (n < 1 || n > (size_t)(end - p) - 2 || n - pad > 32)
            return false;
        memcpy(field + 32 - (n - pad), p + 2 + pad, n - pad);
        p += 2 + n;
    }
    return plumb_ecdsa_der(rs, again) == PLUMB_ECDSA_RAW &&
           memcmp(again, sig, PLUMB_ECDSA_RAW) == 0;
}

static enum plumb_code
bad_signature(const struct plumb_pubkey *key, struct plumb_err *err)
{
    char hex[PLUMB_DIGEST_HEX];

    plumb_digest_hex(&key->id, hex);
    return plumb_fail(err, PLUMB_BAD_SIGNATURE, "signature.bad", "",
                      "not a signature of this message by %s key %s",
                      plumb_key_type_text(key->type), hex);
}

static enum plumb_code
verify_edwards(const struct plumb_pubkey *key, const void *msg, size_t msg_len,
               const uint8_t *sig, size_t sig_len, struct plumb_err *err)
{
    return sig_len == crypto_sign_BYTES &&
                   crypto_sign_verify_detached(sig, msg, msg_len,
                                               key->spki + key->prefix_len) == 0
               ? PLUMB_OK
               : bad_signature(key, err);
}

/* sig is DER. */
static enum plumb_code
verify_p256(const struct plumb_pubkey *key, const void *msg, size_t msg_len, const uint8_t *sig,
            size_t sig_len, struct plumb_err *err)
{
    PLUMB_AUTO(auto_md_ctx) EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    ERR_clear_error();
    if (ctx == NULL || EVP_MD_CTX_copy_ex(ctx, key->ready) != 1) {
        ERR_clear_error();
        return plumb_fail_memory(err);
    }
    if (EVP_DigestVerify(ctx, sig, sig_len, msg_len != 0 ? msg : "", msg_len) == 1)
        return PLUMB_OK;
    /* A verdict must not depend on how much memory was left. */
    return out_of_memory() ? plumb_fail_memory(err) : bad_signature(key, err);
}

/* sig is raw (Ed25519), or raw or DER (P-256). */
static enum plumb_code
verify(const struct plumb_pubkey *key, const void *msg, size_t msg_len, const uint8_t *sig,
       size_t sig_len, struct plumb_err *err)
{
    uint8_t der[PLUMB_ECDSA_DER_MAX];

    if (is_edwards(key->type))
        return verify_edwards(key, msg, msg_len, sig, sig_len, err);
    if (key->type == PLUMB_KEY_P256 && sig_len == PLUMB_ECDSA_RAW && !is_der(sig))
        return verify_p256(key, msg, msg_len, der, plumb_ecdsa_der(sig, der), err);
    return verify_p256(key, msg, msg_len, sig, sig_len, err);
}

/* PROTOCOL.u2f, "SSH U2F Signatures": what the token signed is not the message itself. */
static enum plumb_code
verify_sk(const struct plumb_pubkey *key, const void *msg, size_t msg_len, const void *sig,
          size_t sig_len, struct plumb_err *err)
{
    uint8_t signed_data[PLUMB_DIGEST_LEN + 1 + 4 + PLUMB_DIGEST_LEN];
    struct plumb_ssh_sk_signature sk;
    struct plumb_digest digest;

    if (plumb_ssh_sk_signature_read(key->type, sig, sig_len, &sk, NULL) != PLUMB_OK)
        return bad_signature(key, err);
    plumb_sha256(msg, msg_len, &digest);
    memcpy(signed_data, key->application_digest.b, PLUMB_DIGEST_LEN);
    signed_data[32] = sk.flags;
    for (unsigned i = 0; i < 4; i++)
        signed_data[33 + i] = (uint8_t)(sk.counter >> (24 - 8 * i));
    memcpy(signed_data + 37, digest.b, PLUMB_DIGEST_LEN);
    PLUMB_TRY(verify(key, signed_data, sizeof signed_data, sk.sig, sk.sig_len, err));
    if (!(sk.flags & SK_USER_PRESENT))
        return plumb_fail(err, PLUMB_BAD_SIGNATURE, "signature.user-presence", "",
                          "the security key signed without being touched");
    if (key->verify_required && !(sk.flags & SK_USER_VERIFIED))
        return plumb_fail(err, PLUMB_BAD_SIGNATURE, "signature.user-verification", "",
                          "this security key must verify its user, by PIN or biometry");
    return PLUMB_OK;
}

enum plumb_code
plumb_pubkey_verify(const struct plumb_pubkey *key, const void *msg, size_t msg_len,
                    const void *sig, size_t sig_len, struct plumb_err *err)
{
    if (plumb_key_type_is_sk(key->type))
        return verify_sk(key, msg, msg_len, sig, sig_len, err);
    return verify(key, msg, msg_len, sig, sig_len, err);
}
