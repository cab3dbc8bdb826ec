/* Certificates that live for minutes: by whom, for whom, and for what. */
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "lib/own.h"
#include "supply/sigstore_read.h"

#define ISSUER        "1.3.6.1.4.1.57264.1.8" /* a UTF8String */
#define ISSUER_LEGACY "1.3.6.1.4.1.57264.1.1" /* the bytes as they are */
#define DEPTH_MAX     8
#define LEVEL         2 /* of OpenSSL: 112 bits, and no SHA-1 */

PLUMB_DEFINE_AUTO(auto_x509, X509 *, X509_free);
PLUMB_DEFINE_AUTO(auto_store, X509_STORE *, X509_STORE_free);
PLUMB_DEFINE_AUTO(auto_ctx, X509_STORE_CTX *, X509_STORE_CTX_free);
PLUMB_DEFINE_AUTO(auto_names, GENERAL_NAMES *, GENERAL_NAMES_free);
PLUMB_DEFINE_AUTO(auto_object, ASN1_OBJECT *, ASN1_OBJECT_free);
PLUMB_DEFINE_AUTO(auto_openssl, void *, OPENSSL_free);
PLUMB_DEFINE_AUTO(auto_string, ASN1_UTF8STRING *, ASN1_UTF8STRING_free);

static enum plumb_code
wrong(const char *why, struct plumb_err *err)
{
    return plumb_fail(err, PLUMB_BAD_SIGNATURE, "sigstore.certificate", "verificationMaterial",
                      "%s", why);
}

static enum plumb_code
nobody(const char *why, struct plumb_err *err)
{
    return plumb_fail(err, PLUMB_BAD_SIGNATURE, "sigstore.identity", "verificationMaterial",
                      "%s", why);
}

/* --- the chain --- */

static enum plumb_code
leads_to(X509 *leaf, const struct sigstore_authority *a, plumb_time at, bool *ret,
         struct plumb_err *err)
{
    PLUMB_AUTO(auto_store) X509_STORE *store = X509_STORE_new();
    PLUMB_AUTO(auto_ctx) X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    X509_VERIFY_PARAM *param;

    *ret = false;
    if (store == NULL || ctx == NULL || X509_STORE_add_cert(store, a->anchor) != 1 ||
        X509_STORE_CTX_init(ctx, store, leaf, a->between) != 1)
        return plumb_fail_memory(err);
    param = X509_STORE_CTX_get0_param(ctx);
    X509_VERIFY_PARAM_set_time(param, at);
    X509_VERIFY_PARAM_set_depth(param, DEPTH_MAX);
    X509_VERIFY_PARAM_set_auth_level(param, LEVEL);
    (void)X509_VERIFY_PARAM_set_flags(param,
                                      X509_V_FLAG_X509_STRICT | X509_V_FLAG_PARTIAL_CHAIN);
    *ret = X509_verify_cert(ctx) == 1;
    ERR_clear_error();
    return PLUMB_OK;
}

static enum plumb_code
check_chain(X509 *leaf, const struct sigstore_root *root, plumb_time at, struct plumb_err *err)
{
    for (size_t i = 0; i < root->nauthorities; i++) {
        bool ok = false;

        if (sigstore_within(&root->authorities[i].valid, at))
            PLUMB_TRY(leads_to(leaf, &root->authorities[i], at, &ok, err));
        if (ok)
            return PLUMB_OK;
    }
    return wrong("no authority of the trusted root gave it, for the time when it signed", err);
}

static enum plumb_code
check_use(X509 *leaf, struct plumb_err *err)
{
    if (X509_check_ca(leaf) != 0)
        return wrong("it is an authority's own", err);
    if ((X509_get_extension_flags(leaf) & EXFLAG_KUSAGE) == 0 ||
        (X509_get_key_usage(leaf) & KU_DIGITAL_SIGNATURE) == 0)
        return wrong("its key is not for signatures", err);
    if ((X509_get_extension_flags(leaf) & EXFLAG_XKUSAGE) == 0 ||
        (X509_get_extended_key_usage(leaf) & XKU_CODE_SIGN) == 0)
        return wrong("its key is not for signing code", err);
    return PLUMB_OK;
}

/* --- whose it is --- */

/* Governance compares it with a pattern, and people read it: visible ASCII without spaces. */
static bool
take(const unsigned char *text, int len, char ret[SIGSTORE_NAME])
{
    if (len <= 0 || len >= SIGSTORE_NAME)
        return false;
    for (int i = 0; i < len; i++)
        if (text[i] <= 0x20 || text[i] > 0x7e)
            return false;
    memcpy(ret, text, (size_t)len);
    ret[len] = '\0';
    return true;
}

static enum plumb_code
read_identity(X509 *leaf, char ret[SIGSTORE_NAME], struct plumb_err *err)
{
    PLUMB_AUTO(auto_names)
    GENERAL_NAMES *names = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
    const GENERAL_NAME *name;

    ERR_clear_error();
    if (names == NULL || sk_GENERAL_NAME_num(names) != 1)
        return nobody("want one subject alternative name", err);
    name = sk_GENERAL_NAME_value(names, 0);
    if (name->type != GEN_URI && name->type != GEN_EMAIL)
        return nobody("it is for neither a URI nor an address", err);
    return take(ASN1_STRING_get0_data(name->d.ia5), ASN1_STRING_length(name->d.ia5), ret)
               ? PLUMB_OK
               : nobody("whom it is for is no plain text", err);
}

/* NULL: none, or not just one. */
static const ASN1_OCTET_STRING *
extension(X509 *leaf, const char *oid)
{
    PLUMB_AUTO(auto_object) ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
    int at = object != NULL ? X509_get_ext_by_OBJ(leaf, object, -1) : -1;

    if (at < 0 || X509_get_ext_by_OBJ(leaf, object, at) >= 0)
        return NULL;
    return X509_EXTENSION_get_data(X509_get_ext(leaf, at));
}

static bool
take_utf8(const ASN1_OCTET_STRING *der, char ret[SIGSTORE_NAME])
{
    const unsigned char *p = ASN1_STRING_get0_data(der), *end = p + ASN1_STRING_length(der);
    PLUMB_AUTO(auto_string) ASN1_UTF8STRING *text = d2i_ASN1_UTF8STRING(NULL, &p, end - p);

    ERR_clear_error();
    return text != NULL && p == end &&
           take(ASN1_STRING_get0_data(text), ASN1_STRING_length(text), ret);
}

static enum plumb_code
read_issuer(X509 *leaf, char ret[SIGSTORE_NAME], struct plumb_err *err)
{
    const ASN1_OCTET_STRING *now = extension(leaf, ISSUER);
    const ASN1_OCTET_STRING *legacy = extension(leaf, ISSUER_LEGACY);
    bool ok = false;

    if (now != NULL)
        ok = take_utf8(now, ret);
    else if (legacy != NULL)
        ok = take(ASN1_STRING_get0_data(legacy), ASN1_STRING_length(legacy), ret);
    return ok ? PLUMB_OK : nobody("it does not say which issuer vouched for whom it is", err);
}

static enum plumb_code
read_key(X509 *leaf, struct plumb_pubkey **ret, struct plumb_err *err)
{
    PLUMB_AUTO(auto_openssl) void *spki = NULL;
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(leaf), (unsigned char **)&spki);
    enum plumb_code code;

    if (len <= 0)
        return plumb_fail_memory(err);
    code = plumb_pubkey_from_spki(spki, (size_t)len, NULL, false, "", ret, NULL);
    if (code == PLUMB_NO_MEMORY)
        return plumb_fail_memory(err);
    return code == PLUMB_OK ? PLUMB_OK : wrong("want a key on P-256 or of Ed25519 in it", err);
}

enum plumb_code
sigstore_certificate(const struct plumb_bytes *der, const struct sigstore_root *root,
                     plumb_time at, struct sigstore_bundle *ret, struct plumb_pubkey **ret_key,
                     struct plumb_err *err)
{
    PLUMB_AUTO(auto_x509) X509 *leaf = sigstore_x509(der);

    if (leaf == NULL)
        return wrong("want a certificate in DER", err);
    PLUMB_TRY(check_chain(leaf, root, at, err));
    PLUMB_TRY(check_use(leaf, err));
    PLUMB_TRY(read_identity(leaf, ret->identity, err));
    PLUMB_TRY(read_issuer(leaf, ret->issuer, err));
    return read_key(leaf, ret_key, err);
}
