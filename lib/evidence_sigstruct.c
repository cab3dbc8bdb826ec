/* SGX SIGSTRUCTs: by themselves, or anywhere in an executable (Intel SDM volume 3D, 38.14). */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <string.h>

#include "lib/evidence.h"
#include "lib/own.h"

#define SIGSTRUCT_LEN 1808
#define RSA_LEN       384
#define HEADER2_AT    24
#define MODULUS_AT    128
#define EXPONENT_AT   512
#define SIGNATURE_AT  516
#define BODY_AT       900 /* what is signed: all before the modulus, and the body */
#define BODY_LEN      128
#define INIT_BIT      0x01 /* of attributes: set by EINIT after it compared them */
#define DEBUG_BIT     0x02
#define TYPE_DEBUG    0x80000000u

static const uint8_t header1[12] = { 6, 0, 0, 0, 0xe1, 0, 0, 0, 0, 0, 1, 0 };
static const uint8_t header2[16] = { 1, 1, 0, 0, 0x60, 0, 0, 0, 0x60, 0, 0, 0, 1, 0, 0, 0 };

static const struct draft_field fields[] = {
    { "isvfamilyid", 912 }, { "mrenclave", 960 }, { "isvextprodid", 1008 },
    { "isvprodid", 1024 },  { "isvsvn", 1026 },   { NULL, 0 },
};

PLUMB_DEFINE_AUTO(auto_bn, BIGNUM *, BN_free);
PLUMB_DEFINE_AUTO(auto_pkey, EVP_PKEY *, EVP_PKEY_free);
PLUMB_DEFINE_AUTO(auto_pkey_ctx, EVP_PKEY_CTX *, EVP_PKEY_CTX_free);
PLUMB_DEFINE_AUTO(auto_md_ctx, EVP_MD_CTX *, EVP_MD_CTX_free);
PLUMB_DEFINE_AUTO(auto_bld, OSSL_PARAM_BLD *, OSSL_PARAM_BLD_free);
PLUMB_DEFINE_AUTO(auto_params, OSSL_PARAM *, OSSL_PARAM_free);

void
evidence_warn_signer(struct draft *d, const uint8_t signer[32])
{
    /* of Intel's SDK samples, and of Fortanix's tests */
    static const uint8_t sample[32] = {
        0x83, 0xd7, 0x19, 0xe7, 0x7d, 0xea, 0xca, 0x14, 0x70, 0xf6, 0xba,
        0xf6, 0x2a, 0x4d, 0x77, 0x43, 0x03, 0xc8, 0x99, 0xdb, 0x69, 0x02,
        0x0f, 0x9c, 0x70, 0xee, 0x1d, 0xfc, 0x08, 0xc7, 0xce, 0x9e,
    };

    if (memcmp(signer, sample, sizeof sample) == 0)
        d->warnings |= 1u << PLUMB_WARNING_SAMPLE_SIGNER;
}

bool
evidence_is_sigstruct(const uint8_t *data, size_t len)
{
    return len >= HEADER2_AT + sizeof header2 && memcmp(data, header1, sizeof header1) == 0 &&
           memcmp(data + HEADER2_AT, header2, sizeof header2) == 0;
}

static EVP_PKEY *
public_key(const uint8_t *s)
{
    PLUMB_AUTO(auto_bn) BIGNUM *n = BN_lebin2bn(s + MODULUS_AT, RSA_LEN, NULL);
    PLUMB_AUTO(auto_bn) BIGNUM *exponent = BN_lebin2bn(s + EXPONENT_AT, 4, NULL);
    PLUMB_AUTO(auto_bld) OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    PLUMB_AUTO(auto_params) OSSL_PARAM *params = NULL;
    PLUMB_AUTO(auto_pkey_ctx)
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    EVP_PKEY *key = NULL;

    if (n == NULL || exponent == NULL || bld == NULL || ctx == NULL ||
        OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n) != 1 ||
        OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, exponent) != 1)
        return NULL;
    params = OSSL_PARAM_BLD_to_param(bld);
    if (params == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
        return NULL;
    return key;
}

/* RSA-3072, PKCS #1 v1.5, SHA-256. It keeps out what merely looks like a SIGSTRUCT, and what
 * was never signed: who the signer is, mrsigner says. */
static bool
signature_ok(const uint8_t *s)
{
    PLUMB_AUTO(auto_pkey) EVP_PKEY *key = public_key(s);
    PLUMB_AUTO(auto_md_ctx) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    uint8_t signature[RSA_LEN];

    for (size_t i = 0; i < RSA_LEN; i++)
        signature[i] = s[SIGNATURE_AT + RSA_LEN - 1 - i];
    return key != NULL && ctx != NULL && EVP_PKEY_get_bits(key) == 8 * RSA_LEN &&
           EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
           EVP_DigestVerifyUpdate(ctx, s, MODULUS_AT) == 1 &&
           EVP_DigestVerifyUpdate(ctx, s + BODY_AT, BODY_LEN) == 1 &&
           EVP_DigestVerifyFinal(ctx, signature, sizeof signature) == 1;
}

static enum plumb_code
read_attributes(struct draft *d, const uint8_t *s, struct plumb_err *err)
{
    uint8_t value[16], mask[16];

    memcpy(value, s + 928, sizeof value);
    memcpy(mask, s + 944, sizeof mask);
    value[0] |= INIT_BIT;
    mask[0] |= INIT_BIT;
    if ((mask[0] & DEBUG_BIT) == 0)
        d->warnings |= 1u << PLUMB_WARNING_DEBUG_FREE;
    return draft_masked(d, "attributes", value, sizeof value, mask, NULL, err);
}

static enum plumb_code
read_one(const uint8_t *s, size_t at, struct draft_evidence *e, struct plumb_err *err)
{
    uint32_t type = le32(s + 12);
    struct plumb_digest signer;
    struct draft d;

    draft_begin(&d, e->pool, PLUMB_EVIDENCE_SIGSTRUCT, PLUMB_TEE_SGX);
    d.offset = at;
    if ((type & ~TYPE_DEBUG) != 0 || le32(s + EXPONENT_AT) != 3)
        return plumb_fail(err, PLUMB_INVALID, "sigstruct.form", "",
                          "type 0x%x and exponent %u at offset %zu are no SIGSTRUCT's",
                          (unsigned)type, (unsigned)le32(s + EXPONENT_AT), at);
    if (!signature_ok(s))
        return plumb_fail(err, PLUMB_BAD_SIGNATURE, "sigstruct.signature", "",
                          "the SIGSTRUCT at offset %zu is not signed by its own key", at);
    if ((type & TYPE_DEBUG) != 0)
        d.warnings |= 1u << PLUMB_WARNING_DEBUG;
    plumb_sha256(s + MODULUS_AT, RSA_LEN, &signer);
    PLUMB_TRY(draft_fields(&d, fields, s, err));
    PLUMB_TRY(draft_claim(&d, "mrsigner", signer.b, sizeof signer.b, err));
    PLUMB_TRY(draft_masked(&d, "miscselect", s + 900, 4, s + 904, NULL, err));
    PLUMB_TRY(read_attributes(&d, s, err));
    evidence_warn_signer(&d, signer.b);
    return draft_end(&d, e, err);
}

enum plumb_code
evidence_sigstructs(const uint8_t *data, size_t len, struct draft_evidence *e,
                    struct plumb_err *err)
{
    size_t at = 0;
    const uint8_t *found;

    if (evidence_is_sigstruct(data, len) && len != SIGSTRUCT_LEN)
        return plumb_fail(err, PLUMB_INVALID, "sigstruct.length", "",
                          "a SIGSTRUCT has %d bytes, this %zu", SIGSTRUCT_LEN, len);
    while ((found = memmem(data + at, len - at, header1, sizeof header1)) != NULL) {
        at = (size_t)(found - data);
        if (!evidence_is_sigstruct(found, len - at)) {
            at++;
            continue;
        }
        if (len - at < SIGSTRUCT_LEN)
            return plumb_fail(err, PLUMB_INVALID, "sigstruct.length", "",
                              "the SIGSTRUCT at offset %zu reaches beyond the file", at);
        PLUMB_TRY(read_one(found, at, e, err));
        at += SIGSTRUCT_LEN;
    }
    if (e->n == 0)
        return plumb_fail(err, PLUMB_UNSUPPORTED, "evidence.unknown", "",
                          "an executable with no SIGSTRUCT in it");
    return PLUMB_OK;
}
