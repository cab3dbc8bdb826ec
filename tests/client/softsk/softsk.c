/*
 * softsk.c - a FIDO security key in software, as a middleware for OpenSSH (sk-api.h of OpenSSH
 * 8.9 and later, API version 10.0), so that tests can use -sk keys without hardware. The key
 * handle is the private key itself: of no use but for tests.
 */
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

enum { API_VERSION = 0x000a0000, ALG_ECDSA = 0, ALG_ED25519 = 1, ERR_GENERAL = -1 };

struct sk_option;
struct sk_resident_key;

struct sk_enroll_response {
    uint8_t flags;
    uint8_t *public_key;
    size_t public_key_len;
    uint8_t *key_handle;
    size_t key_handle_len;
    uint8_t *signature;
    size_t signature_len;
    uint8_t *attestation_cert;
    size_t attestation_cert_len;
    uint8_t *authdata;
    size_t authdata_len;
};

struct sk_sign_response {
    uint8_t flags;
    uint32_t counter;
    uint8_t *sig_r;
    size_t sig_r_len;
    uint8_t *sig_s;
    size_t sig_s_len;
};

uint32_t sk_api_version(void);
int sk_enroll(uint32_t alg, const uint8_t *challenge, size_t challenge_len,
              const char *application, uint8_t flags, const char *pin,
              struct sk_option **options, struct sk_enroll_response **ret);
int sk_sign(uint32_t alg, const uint8_t *data, size_t data_len, const char *application,
            const uint8_t *key_handle, size_t key_handle_len, uint8_t flags, const char *pin,
            struct sk_option **options, struct sk_sign_response **ret);
int sk_load_resident_keys(const char *pin, struct sk_option **options,
                          struct sk_resident_key ***ret, size_t *ret_n);

/* OpenSSH frees all of it with free(). */
static uint8_t *
copy(const void *data, size_t len, size_t *ret_len)
{
    uint8_t *p = malloc(len);

    if (p == NULL)
        abort();
    memcpy(p, data, len);
    *ret_len = len;
    return p;
}

EXPORT uint32_t
sk_api_version(void)
{
    return API_VERSION;
}

EXPORT int
sk_enroll(uint32_t alg, const uint8_t *challenge, size_t challenge_len, const char *application,
          uint8_t flags, const char *pin, struct sk_option **options,
          struct sk_enroll_response **ret)
{
    EVP_PKEY *key = alg == ALG_ED25519 ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")
                                       : EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    const char *encoding =
        alg == ALG_ED25519 ? OSSL_PKEY_PARAM_PUB_KEY : OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY;
    struct sk_enroll_response *r = calloc(1, sizeof *r);
    unsigned char *handle = NULL;
    uint8_t public_key[65];
    size_t len = 0;
    int handle_len;

    (void)challenge;
    (void)challenge_len;
    (void)application;
    (void)pin;
    (void)options;
    if (key == NULL || r == NULL ||
        EVP_PKEY_get_octet_string_param(key, encoding, public_key, sizeof public_key, &len) !=
            1 ||
        (handle_len = i2d_PrivateKey(key, &handle)) < 0) {
        EVP_PKEY_free(key);
        free(r);
        return ERR_GENERAL;
    }
    r->flags = flags;
    r->public_key = copy(public_key, len, &r->public_key_len);
    r->key_handle = copy(handle, (size_t)handle_len, &r->key_handle_len);
    /* no attestation, but OpenSSH wants something */
    r->signature = copy("-", 1, &r->signature_len);
    r->authdata = copy("-", 1, &r->authdata_len);
    OPENSSL_free(handle);
    EVP_PKEY_free(key);
    *ret = r;
    return 0;
}

static int
split(const uint8_t *der, size_t len, struct sk_sign_response *r)
{
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)len);
    uint8_t n[32];

    if (sig == NULL)
        return ERR_GENERAL;
    (void)BN_bn2binpad(ECDSA_SIG_get0_r(sig), n, sizeof n);
    r->sig_r = copy(n, sizeof n, &r->sig_r_len);
    (void)BN_bn2binpad(ECDSA_SIG_get0_s(sig), n, sizeof n);
    r->sig_s = copy(n, sizeof n, &r->sig_s_len);
    ECDSA_SIG_free(sig);
    return 0;
}

EXPORT int
sk_sign(uint32_t alg, const uint8_t *data, size_t data_len, const char *application,
        const uint8_t *key_handle, size_t key_handle_len, uint8_t flags, const char *pin,
        struct sk_option **options, struct sk_sign_response **ret)
{
    static uint32_t counter;
    EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &key_handle, (long)key_handle_len);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    struct sk_sign_response *r = calloc(1, sizeof *r);
    uint8_t message[32 + 1 + 4 + 32], sig[80];
    size_t sig_len = sizeof sig;
    int result = ERR_GENERAL;

    (void)pin;
    (void)options;
    counter++;
    SHA256((const uint8_t *)application, strlen(application), message);
    message[32] = flags;
    for (unsigned i = 0; i < 4; i++)
        message[33 + i] = (uint8_t)(counter >> (24 - 8 * i));
    SHA256(data, data_len, message + 37);
    if (key != NULL && ctx != NULL && r != NULL &&
        EVP_DigestSignInit(ctx, NULL, alg == ALG_ED25519 ? NULL : EVP_sha256(), NULL, key) ==
            1 &&
        EVP_DigestSign(ctx, sig, &sig_len, message, sizeof message) == 1) {
        r->flags = flags;
        r->counter = counter;
        if (alg == ALG_ED25519) {
            r->sig_r = copy(sig, sig_len, &r->sig_r_len);
            result = 0;
        } else {
            result = split(sig, sig_len, r);
        }
    }
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    if (result == 0)
        *ret = r;
    else
        free(r);
    return result;
}

EXPORT int
sk_load_resident_keys(const char *pin, struct sk_option **options,
                      struct sk_resident_key ***ret, size_t *ret_n)
{
    (void)pin;
    (void)options;
    (void)ret;
    (void)ret_n;
    return ERR_GENERAL;
}
