#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "lib/own.h"
#include "lib/signer.h"

#define SERIAL_LEN  16 /* bytes; RFC 5280 section 4.1.2.2 allows 20 */
#define NAME_LENGTH 64 /* RFC 5280 appendix A.1: ub-common-name */
#define DNS_LENGTH  253

PLUMB_DEFINE_AUTO(auto_x509, X509 *, X509_free);
PLUMB_DEFINE_AUTO(auto_bio, BIO *, BIO_vfree);
PLUMB_DEFINE_AUTO(auto_bn, BIGNUM *, BN_free);
PLUMB_DEFINE_AUTO(auto_names, GENERAL_NAMES *, GENERAL_NAMES_free);
PLUMB_DEFINE_AUTO(auto_extension, X509_EXTENSION *, X509_EXTENSION_free);
PLUMB_DEFINE_AUTO(auto_octets, ASN1_OCTET_STRING *, ASN1_OCTET_STRING_free);

static bool
set_serial(X509 *x)
{
    uint8_t serial[SERIAL_LEN];
    PLUMB_AUTO(auto_bn) BIGNUM *n = NULL;

    if (RAND_bytes(serial, sizeof serial) != 1)
        return false;
    serial[0] = (serial[0] & 0x7f) | 0x40; /* positive, and always as long */
    n = BN_bin2bn(serial, sizeof serial, NULL);
    return n != NULL && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)) != NULL;
}

/* value has no part of the caller's text: OpenSSL's syntax would read its commas and colons. */
static bool
add_extension(X509 *x, int nid, const char *value)
{
    PLUMB_AUTO(auto_extension)
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

    return extension != NULL && X509_add_ext(x, extension, -1) == 1;
}

static bool
add_name(GENERAL_NAMES *names, const char *text)
{
    PLUMB_AUTO(auto_octets) ASN1_OCTET_STRING *ip = a2i_IPADDRESS(text);
    ASN1_IA5STRING *dns = NULL;
    GENERAL_NAME *name = GENERAL_NAME_new();

    if (name == NULL)
        return false;
    if (ip != NULL) {
        GENERAL_NAME_set0_value(name, GEN_IPADD, PLUMB_TAKE(ip));
    } else {
        dns = ASN1_IA5STRING_new();
        if (dns == NULL || ASN1_STRING_set(dns, text, -1) != 1) {
            ASN1_IA5STRING_free(dns);
            GENERAL_NAME_free(name);
            return false;
        }
        GENERAL_NAME_set0_value(name, GEN_DNS, dns);
    }
    if (sk_GENERAL_NAME_push(names, name) == 0) {
        GENERAL_NAME_free(name);
        return false;
    }
    return true;
}

static bool
add_names(X509 *x, const char *const *san, size_t nsan)
{
    PLUMB_AUTO(auto_names) GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();

    if (names == NULL)
        return false;
    for (size_t i = 0; i < nsan; i++)
        if (!add_name(names, san[i]))
            return false;
    return nsan == 0 ||
           X509_add1_ext_i2d(x, NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT) == 1;
}

static bool
plain(const char *text, size_t max)
{
    size_t len = strlen(text);

    if (len == 0 || len > max)
        return false;
    for (size_t i = 0; i < len; i++)
        if (text[i] <= 0x20 || text[i] >= 0x7f)
            return false;
    return true;
}

/* Usable by either side of TLS, and by nobody as an authority. */
static bool
fill(X509 *x, EVP_PKEY *pkey, const char *name, const char *const *san, size_t nsan,
     plumb_time not_before, plumb_time not_after)
{
    X509_NAME *subject = X509_get_subject_name(x);

    return X509_set_version(x, X509_VERSION_3) == 1 && set_serial(x) &&
           X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8,
                                      (const unsigned char *)name, -1, -1, 0) == 1 &&
           X509_set_issuer_name(x, subject) == 1 &&
           ASN1_TIME_set(X509_getm_notBefore(x), not_before) != NULL &&
           ASN1_TIME_set(X509_getm_notAfter(x), not_after) != NULL &&
           X509_set_pubkey(x, pkey) == 1 &&
           add_extension(x, NID_basic_constraints, "critical,CA:FALSE") &&
           add_extension(x, NID_key_usage, "critical,digitalSignature") &&
           add_extension(x, NID_ext_key_usage, "serverAuth,clientAuth") &&
           add_names(x, san, nsan) &&
           X509_sign(x, pkey, EVP_PKEY_is_a(pkey, "ED25519") ? NULL : EVP_sha256()) != 0;
}

enum plumb_code
plumb_signer_certificate(const struct plumb_signer *signer, const char *name,
                         const char *const *san, size_t nsan, plumb_time not_before,
                         plumb_time not_after, struct plumb_bytes *ret_pem,
                         struct plumb_err *err)
{
    EVP_PKEY *pkey = plumb_signer_pkey(signer);
    PLUMB_AUTO(auto_x509) X509 *x = NULL;
    PLUMB_AUTO(auto_bio) BIO *bio = NULL;
    const char *text;
    long len;

    if (pkey == NULL)
        return plumb_fail(err, PLUMB_UNSUPPORTED, "key.type", "",
                          "TLS needs a key from a file");
    if (!plain(name, NAME_LENGTH))
        return plumb_fail(err, PLUMB_INVALID, "certificate.name", "name",
                          "a certificate's name is 1 to %d printable ASCII characters without "
                          "spaces",
                          NAME_LENGTH);
    for (size_t i = 0; i < nsan; i++)
        if (!plain(san[i], DNS_LENGTH))
            return plumb_fail(err, PLUMB_INVALID, "certificate.name", "san",
                              "not a host name or IP address");
    if (not_before < 0 || not_after <= not_before || not_after == PLUMB_TIME_NEVER)
        return plumb_fail(err, PLUMB_INVALID, "certificate.time", "",
                          "a certificate's end comes after its beginning");
    x = X509_new();
    bio = BIO_new(BIO_s_mem());
    if (x == NULL || bio == NULL || !fill(x, pkey, name, san, nsan, not_before, not_after) ||
        PEM_write_bio_X509(bio, x) != 1) {
        ERR_clear_error();
        return plumb_fail(err, PLUMB_INTERNAL, "key.openssl", "",
                          "OpenSSL could not make the certificate");
    }
    len = BIO_get_mem_data(bio, &text);
    return plumb_bytes_copy(text, (size_t)len, ret_pem, err);
}
