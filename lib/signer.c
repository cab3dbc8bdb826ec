#include <limits.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <string.h>

#include "lib/own.h"
#include "lib/pubkey.h"
#include "lib/signer.h"

#define PASSPHRASE_MAX 1024

/* scrypt of 16 MiB, five times over: what OpenSSL's own limit for decryption (32 MiB) allows.
 */
#define SCRYPT_N 16384
#define SCRYPT_R 8
#define SCRYPT_P 5

PLUMB_DEFINE_AUTO(auto_signer, struct plumb_signer *, plumb_signer_free);
PLUMB_DEFINE_AUTO(auto_pubkey, struct plumb_pubkey *, plumb_pubkey_free);
PLUMB_DEFINE_AUTO(auto_pkey, EVP_PKEY *, EVP_PKEY_free);
PLUMB_DEFINE_AUTO(auto_pkey_ctx, EVP_PKEY_CTX *, EVP_PKEY_CTX_free);
PLUMB_DEFINE_AUTO(auto_md_ctx, EVP_MD_CTX *, EVP_MD_CTX_free);
PLUMB_DEFINE_AUTO(auto_bio, BIO *, BIO_vfree);
PLUMB_DEFINE_AUTO(auto_p8, PKCS8_PRIV_KEY_INFO *, PKCS8_PRIV_KEY_INFO_free);
PLUMB_DEFINE_AUTO(auto_sealed, X509_SIG *, X509_SIG_free);
PLUMB_DEFINE_AUTO(auto_algor, X509_ALGOR *, X509_ALGOR_free);
PLUMB_DEFINE_AUTO(auto_bn, BIGNUM *, BN_clear_free);

/* One block of PEM; the buffers are OpenSSL's, in its secure heap where the program made one.
 */
struct pem {
    char *name, *header;
    unsigned char *der;
    long der_len;
};

static void
pem_clear(struct pem *p)
{
    OPENSSL_secure_free(p->name);
    OPENSSL_secure_free(p->header);
    OPENSSL_secure_clear_free(p->der, (size_t)p->der_len);
}

static enum plumb_code
internal(const char *what, struct plumb_err *err)
{
    ERR_clear_error();
    return plumb_fail(err, PLUMB_INTERNAL, "key.openssl", "", "OpenSSL could not %s", what);
}

static enum plumb_code
file_sign(void *self, const void *msg, size_t len, struct plumb_bytes *ret_sig,
          struct plumb_err *err)
{
    EVP_PKEY *pkey = self;
    const EVP_MD *md = EVP_PKEY_is_a(pkey, "ED25519") ? NULL : EVP_sha256();
    PLUMB_AUTO(auto_md_ctx) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    uint8_t sig[PLUMB_ECDSA_DER_MAX];
    size_t sig_len = sizeof sig;

    if (ctx == NULL || EVP_DigestSignInit(ctx, NULL, md, NULL, pkey) != 1 ||
        EVP_DigestSign(ctx, sig, &sig_len, len != 0 ? msg : "", len) != 1)
        return internal("sign", err);
    return plumb_bytes_copy(sig, sig_len, ret_sig, err);
}

static void
file_free(void *self)
{
    EVP_PKEY_free(self);
}

EVP_PKEY *
plumb_signer_pkey(const struct plumb_signer *signer)
{
    return signer->sign == file_sign ? signer->self : NULL;
}

void
plumb_signer_free(struct plumb_signer *signer)
{
    if (signer == NULL)
        return;
    if (signer->free_self != NULL)
        signer->free_self(signer->self);
    plumb_pubkey_free(signer->pub);
    free(signer);
}

/* The point itself, as whatever form the file has it in is no matter. */
static enum plumb_code
p256_public(EVP_PKEY *pkey, struct plumb_pubkey **ret, struct plumb_err *err)
{
    PLUMB_AUTO(auto_bn) BIGNUM *x = NULL;
    PLUMB_AUTO(auto_bn) BIGNUM *y = NULL;
    PLUMB_AUTO(auto_pkey_ctx) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
    uint8_t raw[PLUMB_P256_RAW] = { 0x04 };

    if (ctx == NULL)
        return plumb_fail_memory(err);
    /* PKCS#8 holds both halves of an EC key, and nothing makes them belong together. */
    if (EVP_PKEY_pairwise_check(ctx) != 1 ||
        EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_EC_PUB_X, &x) != 1 ||
        EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, &y) != 1 ||
        BN_bn2binpad(x, raw + 1, 32) != 32 || BN_bn2binpad(y, raw + 33, 32) != 32) {
        ERR_clear_error();
        return plumb_fail(err, PLUMB_INVALID, "key.pem", "",
                          "the key's public and private halves do not belong together");
    }
    return plumb_pubkey_from_raw(PLUMB_KEY_P256, raw, sizeof raw, NULL, false, "", ret, err);
}

static enum plumb_code
public_half(EVP_PKEY *pkey, struct plumb_pubkey **ret, struct plumb_err *err)
{
    uint8_t raw[PLUMB_ED25519_RAW];
    char group[32] = "";
    size_t len = sizeof raw;

    if (EVP_PKEY_is_a(pkey, "ED25519")) {
        if (EVP_PKEY_get_raw_public_key(pkey, raw, &len) != 1)
            return internal("read the public key", err);
        return plumb_pubkey_from_raw(PLUMB_KEY_ED25519, raw, len, NULL, false, "", ret, err);
    }
    if (EVP_PKEY_is_a(pkey, "EC") &&
        EVP_PKEY_get_group_name(pkey, group, sizeof group, &len) == 1 &&
        strcmp(group, SN_X9_62_prime256v1) == 0)
        return p256_public(pkey, ret, err);
    ERR_clear_error();
    return plumb_fail(err, PLUMB_UNSUPPORTED, "key.type", "",
                      "the key is neither Ed25519 nor ECDSA on P-256");
}

/* Takes *pkey over on success. */
static enum plumb_code
signer_new(EVP_PKEY **pkey, struct plumb_signer **ret, struct plumb_err *err)
{
    PLUMB_AUTO(auto_pubkey) struct plumb_pubkey *pub = NULL;
    struct plumb_signer *signer;

    PLUMB_TRY(public_half(*pkey, &pub, err));
    signer = malloc(sizeof *signer);
    if (signer == NULL)
        return plumb_fail_memory(err);
    *signer = (struct plumb_signer){
        .pub = PLUMB_TAKE(pub),
        .self = PLUMB_TAKE(*pkey),
        .sign = file_sign,
        .free_self = file_free,
    };
    *ret = signer;
    return PLUMB_OK;
}

static enum plumb_code
unseal(const struct pem *pem, plumb_passphrase_fn *ask, void *arg, PKCS8_PRIV_KEY_INFO **ret,
       struct plumb_err *err)
{
    const unsigned char *p = pem->der;
    PLUMB_AUTO(auto_sealed) X509_SIG *sealed = d2i_X509_SIG(NULL, &p, pem->der_len);
    char *passphrase;
    int len;

    if (sealed == NULL || p != pem->der + pem->der_len) {
        ERR_clear_error();
        return plumb_fail(err, PLUMB_INVALID, "key.pem", "",
                          "malformed ENCRYPTED PRIVATE KEY block");
    }
    if (ask == NULL)
        return plumb_fail(err, PLUMB_INVALID, "key.passphrase", "",
                          "the key is encrypted and there is nobody to ask for its passphrase");
    passphrase = OPENSSL_secure_zalloc(PASSPHRASE_MAX);
    if (passphrase == NULL)
        return plumb_fail_memory(err);
    len = ask(passphrase, PASSPHRASE_MAX, arg);
    if (len >= 0 && len <= PASSPHRASE_MAX)
        *ret = PKCS8_decrypt(sealed, passphrase, len);
    OPENSSL_secure_clear_free(passphrase, PASSPHRASE_MAX);
    if (len < 0 || len > PASSPHRASE_MAX)
        return plumb_fail(err, PLUMB_INVALID, "key.passphrase", "", "no passphrase was given");
    if (*ret == NULL) {
        ERR_clear_error();
        return plumb_fail(err, PLUMB_INVALID, "key.passphrase", "",
                          "the passphrase is wrong, or the key is encrypted in a way that is "
                          "not known");
    }
    return PLUMB_OK;
}

static enum plumb_code
private_key_info(const struct pem *pem, plumb_passphrase_fn *ask, void *arg,
                 PKCS8_PRIV_KEY_INFO **ret, struct plumb_err *err)
{
    const unsigned char *p = pem->der;

    if (strcmp(pem->name, PEM_STRING_PKCS8) == 0)
        return unseal(pem, ask, arg, ret, err);
    if (strcmp(pem->name, PEM_STRING_PKCS8INF) != 0)
        return plumb_fail(err, PLUMB_INVALID, "key.pem", "",
                          "not a PKCS#8 private key; convert it with openssl pkcs8 -topk8");
    *ret = d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, pem->der_len);
    if (*ret == NULL || p != pem->der + pem->der_len) {
        ERR_clear_error();
        return plumb_fail(err, PLUMB_INVALID, "key.pem", "", "malformed PRIVATE KEY block");
    }
    return PLUMB_OK;
}

enum plumb_code
plumb_signer_from_pem(const void *pem, size_t len, plumb_passphrase_fn *ask, void *arg,
                      struct plumb_signer **ret, struct plumb_err *err)
{
    PLUMB_AUTO(pem_clear) struct pem block = { 0 };
    PLUMB_AUTO(auto_p8) PKCS8_PRIV_KEY_INFO *p8 = NULL;
    PLUMB_AUTO(auto_pkey) EVP_PKEY *pkey = NULL;
    PLUMB_AUTO(auto_bio) BIO *bio = NULL;

    if (len > INT_MAX)
        return plumb_fail(err, PLUMB_TOO_LARGE, "key.pem", "", "too large for a key");
    bio = BIO_new_mem_buf(len != 0 ? pem : "", (int)len);
    if (bio == NULL)
        return plumb_fail_memory(err);
    if (PEM_read_bio_ex(bio, &block.name, &block.header, &block.der, &block.der_len,
                        PEM_FLAG_SECURE) != 1) {
        ERR_clear_error();
        return plumb_fail(err, PLUMB_INVALID, "key.pem", "", "no private key in PEM found");
    }
    PLUMB_TRY(private_key_info(&block, ask, arg, &p8, err));
    pkey = EVP_PKCS82PKEY(p8);
    if (pkey == NULL) {
        ERR_clear_error();
        return plumb_fail(err, PLUMB_INVALID, "key.pem", "",
                          "not a private key that can be read");
    }
    return signer_new(&pkey, ret, err);
}

enum plumb_code
plumb_signer_generate(enum plumb_key_type type, struct plumb_signer **ret,
                      struct plumb_err *err)
{
    PLUMB_AUTO(auto_pkey) EVP_PKEY *pkey = NULL;

    if (type != PLUMB_KEY_ED25519 && type != PLUMB_KEY_P256)
        return plumb_fail(err, PLUMB_UNSUPPORTED, "key.type", "",
                          "a key of type %s is made by its security key: use ssh-keygen",
                          plumb_key_type_text(type));
    pkey = type == PLUMB_KEY_ED25519 ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")
                                     : EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    if (pkey == NULL)
        return internal("make a key", err);
    return signer_new(&pkey, ret, err);
}

static X509_SIG *
seal(PKCS8_PRIV_KEY_INFO *p8, const char *passphrase)
{
    PLUMB_AUTO(auto_algor)
    X509_ALGOR *pbe =
        PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), NULL, 0, NULL, SCRYPT_N, SCRYPT_R, SCRYPT_P);
    X509_SIG *sealed;

    if (pbe == NULL)
        return NULL;
    sealed = PKCS8_set0_pbe(passphrase, (int)strlen(passphrase), p8, pbe);
    if (sealed != NULL)
        pbe = NULL; /* now part of it */
    return sealed;
}

enum plumb_code
plumb_signer_to_pem(const struct plumb_signer *signer, const char *passphrase,
                    struct plumb_bytes *ret, struct plumb_err *err)
{
    EVP_PKEY *pkey = plumb_signer_pkey(signer);
    PLUMB_AUTO(auto_p8) PKCS8_PRIV_KEY_INFO *p8 = NULL;
    PLUMB_AUTO(auto_sealed) X509_SIG *sealed = NULL;
    PLUMB_AUTO(auto_bio) BIO *bio = NULL;
    const char *text;
    long len;

    if (pkey == NULL)
        return plumb_fail(err, PLUMB_UNSUPPORTED, "key.type", "",
                          "this key's private half stays where it is");
    if (passphrase != NULL && strlen(passphrase) > PASSPHRASE_MAX)
        return plumb_fail(err, PLUMB_INVALID, "key.passphrase", "",
                          "a passphrase has at most %d bytes", PASSPHRASE_MAX);
    p8 = EVP_PKEY2PKCS8(pkey);
    bio = BIO_new(BIO_s_secmem());
    if (p8 == NULL || bio == NULL)
        return internal("encode the key", err);
    if (passphrase != NULL && (sealed = seal(p8, passphrase)) == NULL)
        return internal("encrypt the key", err);
    if ((sealed != NULL ? PEM_write_bio_PKCS8(bio, sealed)
                        : PEM_write_bio_PKCS8_PRIV_KEY_INFO(bio, p8)) != 1)
        return internal("encode the key", err);
    len = BIO_get_mem_data(bio, &text);
    return plumb_bytes_copy(text, (size_t)len, ret, err);
}
