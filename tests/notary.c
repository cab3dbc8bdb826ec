#include "tests/t.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <plumb/dsse.h>
#include <plumb/tlog.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/notary.h"

#define YEAR       (365 * 86400)
#define LOG_NAME   "log.example"
#define LOG_INDEX  "1000001" /* in all of the log; in its last tree it is 1 */
#define MEDIA_TYPE "application/vnd.dev.sigstore.bundle"

enum { ROOT, BETWEEN, STRANGER };

/* --- certificates --- */

static void
extend(X509 *x, X509 *by, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509_EXTENSION *e;

    if (strcmp(value, "-") == 0)
        return;
    X509V3_set_ctx(&ctx, by, x, NULL, NULL, 0);
    e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    if (e == NULL)
        fail_msg("no such extension: %s", value);
    assert_int_equal(X509_add_ext(x, e, -1), 1);
    X509_EXTENSION_free(e);
}

static X509 *
certificate(EVP_PKEY *key, const char *name, X509 *by, plumb_time from, plumb_time until)
{
    static long serial = 1;
    X509 *x = X509_new();
    X509_NAME *subject = X509_NAME_new();

    assert_true(x != NULL && subject != NULL);
    assert_int_equal(X509_set_version(x, X509_VERSION_3), 1);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(x), serial++), 1);
    if (name != NULL)
        assert_int_equal(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                                    (const unsigned char *)name, -1, -1, 0),
                         1);
    assert_int_equal(X509_set_subject_name(x, subject), 1);
    assert_int_equal(X509_set_issuer_name(x, by != NULL ? X509_get_subject_name(by) : subject),
                     1);
    assert_non_null(ASN1_TIME_set(X509_getm_notBefore(x), from));
    assert_non_null(ASN1_TIME_set(X509_getm_notAfter(x), until));
    assert_int_equal(X509_set_pubkey(x, key), 1);
    X509_NAME_free(subject);
    extend(x, by != NULL ? by : x, NID_subject_key_identifier, "hash");
    extend(x, by != NULL ? by : x, NID_authority_key_identifier, "keyid:always");
    return x;
}

static void
make_authority(struct notary *n, int which, const char *name, int by)
{
    EVP_PKEY *key = EVP_EC_gen("P-384");
    X509 *x;

    assert_non_null(key);
    n->keys[which] = key;
    x = certificate(key, name, by >= 0 ? n->certificates[by] : NULL, n->now - YEAR,
                    n->now + YEAR);
    extend(x, x, NID_basic_constraints, "critical,CA:TRUE");
    extend(x, x, NID_key_usage, "critical,keyCertSign,cRLSign");
    assert_true(X509_sign(x, by >= 0 ? n->keys[by] : key, EVP_sha384()) > 0);
    n->certificates[which] = x;
}

void
notary_begin(struct notary *n, plumb_time now)
{
    struct plumb_err err;

    *n = (struct notary){ .now = now };
    make_authority(n, ROOT, "root", -1);
    make_authority(n, BETWEEN, "between", ROOT);
    make_authority(n, STRANGER, "between", -1); /* a look-alike */
    assert_ok(plumb_signer_generate(PLUMB_KEY_P256, &n->log, &err), &err);
    assert_ok(plumb_signer_generate(PLUMB_KEY_P256, &n->stranger, &err), &err);
}

void
notary_end(struct notary *n)
{
    for (int i = ROOT; i <= STRANGER; i++) {
        EVP_PKEY_free(n->keys[i]);
        X509_free(n->certificates[i]);
    }
    plumb_signer_free(n->log);
    plumb_signer_free(n->stranger);
}

/* An extension that is Fulcio's own. */
static void
extend_issuer(X509 *x, const char *issuer, bool legacy)
{
    ASN1_OBJECT *oid =
        OBJ_txt2obj(legacy ? "1.3.6.1.4.1.57264.1.1" : "1.3.6.1.4.1.57264.1.8", 1);
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    ASN1_UTF8STRING *text = ASN1_UTF8STRING_new();
    unsigned char *der = NULL;
    X509_EXTENSION *e;
    int len;

    assert_true(oid != NULL && value != NULL && text != NULL);
    assert_int_equal(ASN1_STRING_set(text, issuer, -1), 1);
    len = i2d_ASN1_UTF8STRING(text, &der);
    assert_int_equal(
        legacy ? ASN1_STRING_set(value, issuer, -1) : ASN1_STRING_set(value, der, len), 1);
    e = X509_EXTENSION_create_by_OBJ(NULL, oid, 0, value);
    assert_int_equal(X509_add_ext(x, e, -1), 1);
    X509_EXTENSION_free(e);
    OPENSSL_free(der);
    ASN1_UTF8STRING_free(text);
    ASN1_OCTET_STRING_free(value);
    ASN1_OBJECT_free(oid);
}

static const char *
or_else(const char *wish, const char *usual)
{
    return wish != NULL ? wish : usual;
}

static X509 *
certify(const struct notary *n, const struct plumb_signer *who, const struct notary_wish *wish)
{
    int by = wish->self_made ? STRANGER : BETWEEN;
    const unsigned char *spki;
    size_t len;
    EVP_PKEY *key;
    X509 *x;

    spki = plumb_pubkey_spki(who->pub, &len);
    key = d2i_PUBKEY(NULL, &spki, (long)len);
    assert_non_null(key);
    x = certificate(key, NULL, n->certificates[by], n->now - 300, n->now + 300);
    EVP_PKEY_free(key);
    extend(x, x, NID_basic_constraints, or_else(wish->constraints, "-"));
    extend(x, x, NID_key_usage, or_else(wish->key_usage, "critical,digitalSignature"));
    extend(x, x, NID_ext_key_usage, or_else(wish->use, "codeSigning"));
    extend(x, x, NID_subject_alt_name, or_else(wish->san, "critical,URI:" NOTARY_IDENTITY));
    if (strcmp(or_else(wish->issuer, NOTARY_ISSUER), "-") != 0)
        extend_issuer(x, or_else(wish->issuer, NOTARY_ISSUER), wish->legacy_issuer);
    assert_true(X509_sign(x, n->keys[by], EVP_sha384()) > 0);
    return x;
}

/* --- texts --- */

static json_t *
base64(const void *data, size_t len)
{
    struct plumb_err err;
    char *text = NULL;
    json_t *ret;

    assert_ok(plumb_base64(data, len, &text, &err), &err);
    ret = json_string(text);
    free(text);
    return ret;
}

static json_t *
der_of(X509 *x)
{
    unsigned char *der = NULL;
    int len = i2d_X509(x, &der);
    json_t *ret;

    assert_true(len > 0);
    ret = base64(der, (size_t)len);
    OPENSSL_free(der);
    return ret;
}

static json_t *
pem_of(X509 *x)
{
    BIO *out = BIO_new(BIO_s_mem());
    char *text;
    json_t *ret;
    long len;

    assert_int_equal(PEM_write_bio_X509(out, x), 1);
    len = BIO_get_mem_data(out, &text);
    ret = base64(text, (size_t)len);
    BIO_free(out);
    return ret;
}

static struct plumb_bytes
sign(const struct plumb_signer *by, const void *data, size_t len)
{
    struct plumb_bytes sig = { 0 };
    struct plumb_err err;

    assert_ok(by->sign(by->self, data, len, &sig, &err), &err);
    return sig;
}

static json_t *
signed_text(const struct plumb_signer *by, const void *data, size_t len)
{
    struct plumb_bytes sig = sign(by, data, len);
    json_t *ret = base64(sig.data, sig.len);

    plumb_bytes_clear(&sig);
    return ret;
}

static json_t *
log_id(const struct notary *n)
{
    return base64(plumb_pubkey_id(n->log->pub)->b, PLUMB_DIGEST_LEN);
}

json_t *
notary_root(const struct notary *n)
{
    size_t len;
    const uint8_t *spki = plumb_pubkey_spki(n->log->pub, &len);
    char from[PLUMB_TIME_TEXT], until[PLUMB_TIME_TEXT];
    json_t *ret;

    plumb_time_text(n->now - YEAR, from);
    plumb_time_text(n->now + YEAR, until);
    ret = json_pack("{s:s, s:[{s:s, s:s, s:{s:o, s:s, s:{s:s}}, s:{s:o}}],"
                    " s:[{s:s, s:{s:[{s:o}, {s:o}]}, s:{s:s, s:s}}], s:[], s:[]}",
                    "mediaType", "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
                    "tlogs", "baseUrl", "https://" LOG_NAME, "hashAlgorithm", "SHA2_256",
                    "publicKey", "rawBytes", base64(spki, len), "keyDetails",
                    "PKIX_ECDSA_P256_SHA_256", "validFor", "start", from, "logId", "keyId",
                    log_id(n), "certificateAuthorities", "uri", "https://ca.example",
                    "certChain", "certificates", "rawBytes", der_of(n->certificates[BETWEEN]),
                    "rawBytes", der_of(n->certificates[ROOT]), "validFor", "start", from, "end",
                    until, "ctlogs", "timestampAuthorities");
    assert_non_null(ret);
    return ret;
}

/* --- the log --- */

static char *
body_of(const char *payload, json_t *sig, X509 *leaf, bool intoto)
{
    json_t *verifier = pem_of(leaf), *body;
    char hex[PLUMB_DIGEST_HEX], *ret;
    struct plumb_digest hash;

    plumb_sha256(payload, strlen(payload), &hash);
    plumb_digest_hex(&hash, hex);
    if (intoto) {
        json_t *twice = base64(json_string_value(sig), json_string_length(sig));

        body = json_pack("{s:s, s:s, s:{s:{s:{s:s, s:[{s:o, s:o}]}, s:{s:s, s:s}}}}",
                         "apiVersion", "0.0.2", "kind", "intoto", "spec", "content", "envelope",
                         "payloadType", PLUMB_PAYLOAD_TYPE, "signatures", "publicKey", verifier,
                         "sig", twice, "payloadHash", "algorithm", "sha256", "value", hex);
    } else {
        body = json_pack("{s:s, s:s, s:{s:{s:s, s:s}, s:[{s:O, s:o}]}}", "apiVersion", "0.0.1",
                         "kind", "dsse", "spec", "payloadHash", "algorithm", "sha256", "value",
                         hex, "signatures", "signature", sig, "verifier", verifier);
    }
    ret = json_dumps(body, JSON_COMPACT | JSON_SORT_KEYS);
    assert_non_null(ret);
    json_decref(body);
    return ret;
}

static json_t *
proof_of(const struct notary *n, const struct plumb_signer *by, const char *body)
{
    struct plumb_digest leaves[2], root;
    struct plumb_bytes sig;
    char text[200], note[600];
    json_t *hash, *line;
    uint8_t blob[200];
    size_t len;

    plumb_leaf_hash("another entry", 13, &leaves[0]);
    plumb_leaf_hash(body, strlen(body), &leaves[1]);
    plumb_tree_root(leaves, 2, &root);
    hash = base64(root.b, sizeof root.b);
    len =
        (size_t)snprintf(text, sizeof text, LOG_NAME " - 42\n2\n%s\n", json_string_value(hash));
    sig = sign(by, text, len);
    memcpy(blob, plumb_pubkey_id(n->log->pub)->b, 4);
    assert_true(sig.len <= sizeof blob - 4);
    memcpy(blob + 4, sig.data, sig.len);
    line = base64(blob, sig.len + 4);
    (void)snprintf(note, sizeof note, "%s\n\xe2\x80\x94 " LOG_NAME " %s\n", text,
                   json_string_value(line));
    json_decref(line);
    plumb_bytes_clear(&sig);
    return json_pack("{s:s, s:s, s:o, s:[o], s:{s:s}}", "logIndex", "1", "treeSize", "2",
                     "rootHash", hash, "hashes", base64(leaves[0].b, sizeof leaves[0].b),
                     "checkpoint", "envelope", note);
}

static json_t *
promise_of(const struct notary *n, const struct plumb_signer *by, const json_t *body,
           plumb_time at)
{
    char log[PLUMB_DIGEST_HEX], *text;
    json_t *ret;

    plumb_digest_hex(plumb_pubkey_id(n->log->pub), log);
    assert_true(asprintf(&text,
                         "{\"body\":\"%s\",\"integratedTime\":%lld,\"logID\":\"%s\","
                         "\"logIndex\":" LOG_INDEX "}",
                         json_string_value(body), (long long)at, log) > 0);
    ret = signed_text(by, text, strlen(text));
    free(text);
    return ret;
}

static json_t *
entry_of(const struct notary *n, const char *payload, json_t *sig, X509 *leaf,
         const struct notary_wish *wish)
{
    const struct plumb_signer *by = wish->other_log ? n->stranger : n->log;
    plumb_time at = wish->at != 0 ? wish->at : n->now;
    char *text = body_of(or_else(wish->stated, payload), sig, leaf, wish->intoto), time[24];
    json_t *body = base64(text, strlen(text)), *ret;

    (void)snprintf(time, sizeof time, "%lld", (long long)at);
    ret = json_pack("{s:s, s:{s:o}, s:{s:s, s:s}, s:s, s:{s:o}, s:o, s:o}", "logIndex",
                    LOG_INDEX, "logId", "keyId", log_id(n), "kindVersion", "kind",
                    wish->intoto ? "intoto" : "dsse", "version",
                    wish->intoto ? "0.0.2" : "0.0.1", "integratedTime", time,
                    "inclusionPromise", "signedEntryTimestamp", promise_of(n, by, body, at),
                    "inclusionProof", proof_of(n, by, text), "canonicalizedBody", body);
    assert_non_null(ret);
    if (wish->no_promise)
        json_object_del(ret, "inclusionPromise");
    if (wish->no_proof)
        json_object_del(ret, "inclusionProof");
    free(text);
    return ret;
}

json_t *
notary_bundle(const struct notary *n, const char *payload, const struct notary_wish *wish)
{
    struct plumb_signer *who = NULL;
    struct plumb_bytes pae = { 0 };
    json_t *sig, *material, *ret;
    struct plumb_err err;
    char type[100];
    X509 *leaf;

    assert_ok(plumb_signer_generate(PLUMB_KEY_P256, &who, &err), &err);
    leaf = certify(n, who, wish);
    assert_ok(plumb_dsse_pae(PLUMB_PAYLOAD_TYPE, payload, strlen(payload), &pae, &err), &err);
    sig = signed_text(wish->other_signer ? n->stranger : who, pae.data, pae.len);
    (void)snprintf(type, sizeof type, MEDIA_TYPE "%s%s",
                   wish->version != NULL ? "+json;version=" : ".v0.3+json",
                   or_else(wish->version, ""));
    material = wish->version == NULL
                   ? json_pack("{s:{s:o}}", "certificate", "rawBytes", der_of(leaf))
                   : json_pack("{s:{s:[{s:o}]}}", "x509CertificateChain", "certificates",
                               "rawBytes", der_of(leaf));
    json_object_set_new(material, "tlogEntries",
                        json_pack("[o]", entry_of(n, payload, sig, leaf, wish)));
    ret = json_pack("{s:s, s:o, s:{s:o, s:s, s:[{s:o}]}}", "mediaType", type,
                    "verificationMaterial", material, "dsseEnvelope", "payload",
                    base64(payload, strlen(payload)), "payloadType", PLUMB_PAYLOAD_TYPE,
                    "signatures", "sig", sig);
    assert_non_null(ret);
    plumb_bytes_clear(&pae);
    plumb_signer_free(who);
    X509_free(leaf);
    return ret;
}
