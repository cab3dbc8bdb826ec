#include "tests/t.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <plumb/key.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/keys.h"

/* PKCS#8 of RFC 8032 section 7.1, TEST 1. */
#define ED25519_PEM                                                                            \
    "-----BEGIN PRIVATE KEY-----\n"                                                            \
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"                       \
    "-----END PRIVATE KEY-----\n"
#define RFC8032_1 "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"

static int asked;

static int
answer(char *buf, int size, void *arg)
{
    size_t len = strlen(arg);

    asked++;
    if (len > (size_t)size)
        return -1;
    memcpy(buf, arg, len);
    return (int)len;
}

static int
give_up(char *buf, int size, void *arg)
{
    (void)buf;
    (void)size;
    (void)arg;
    return -1;
}

static int
claim_too_much(char *buf, int size, void *arg)
{
    (void)buf;
    (void)arg;
    return size + 1;
}

static void
assert_same_key(const struct plumb_signer *a, const struct plumb_signer *b)
{
    struct plumb_bytes sig = { 0 };
    struct plumb_err err;

    assert_true(plumb_digest_eq(plumb_pubkey_id(a->pub), plumb_pubkey_id(b->pub)));
    assert_ok(b->sign(b->self, "m", 1, &sig, &err), &err);
    assert_ok(plumb_pubkey_verify(a->pub, "m", 1, sig.data, sig.len, &err), &err);
    plumb_bytes_clear(&sig);
}

static void
a_plain_key_file_comes_back(void **state)
{
    (void)state;
    for (enum plumb_key_type type = PLUMB_KEY_ED25519; type <= PLUMB_KEY_P256; type++) {
        struct plumb_signer *signer = generate(type), *back = NULL;
        struct plumb_bytes pem = { 0 };
        struct plumb_err err;

        assert_int_equal(plumb_pubkey_type(signer->pub), type);
        assert_ok(plumb_signer_to_pem(signer, NULL, &pem, &err), &err);
        assert_non_null(strstr((char *)pem.data, "-----BEGIN PRIVATE KEY-----"));
        assert_ok(plumb_signer_from_pem(pem.data, pem.len, NULL, NULL, &back, &err), &err);
        assert_same_key(signer, back);
        plumb_bytes_cleanse(&pem);
        plumb_signer_free(signer);
        plumb_signer_free(back);
    }
}

static void
an_encrypted_key_file_needs_its_passphrase(void **state)
{
    (void)state;
    for (enum plumb_key_type type = PLUMB_KEY_ED25519; type <= PLUMB_KEY_P256; type++) {
        struct plumb_signer *signer = generate(type), *back = NULL;
        struct plumb_bytes pem = { 0 };
        struct plumb_err err;

        assert_ok(plumb_signer_to_pem(signer, "correct horse", &pem, &err), &err);
        assert_non_null(strstr((char *)pem.data, "-----BEGIN ENCRYPTED PRIVATE KEY-----"));
        assert_refused(
            "key.passphrase",
            plumb_signer_from_pem(pem.data, pem.len, answer, (char *)"correct", &back, &err),
            &err);
        assert_refused("key.passphrase",
                       plumb_signer_from_pem(pem.data, pem.len, NULL, NULL, &back, &err), &err);
        assert_refused("key.passphrase",
                       plumb_signer_from_pem(pem.data, pem.len, give_up, NULL, &back, &err),
                       &err);
        assert_refused(
            "key.passphrase",
            plumb_signer_from_pem(pem.data, pem.len, claim_too_much, NULL, &back, &err), &err);
        assert_null(back);
        asked = 0;
        assert_ok(plumb_signer_from_pem(pem.data, pem.len, answer, (char *)"correct horse",
                                        &back, &err),
                  &err);
        assert_int_equal(asked, 1);
        assert_same_key(signer, back);
        plumb_bytes_cleanse(&pem);
        plumb_signer_free(signer);
        plumb_signer_free(back);
    }
}

/* What is read is known from elsewhere. */
static void
the_key_of_rfc_8032_is_read(void **state)
{
    struct plumb_bytes raw = unhex(RFC8032_1);
    struct plumb_signer *signer = NULL;
    uint8_t pub[32];
    struct plumb_err err;

    (void)state;
    assert_ok(
        plumb_signer_from_pem(ED25519_PEM, strlen(ED25519_PEM), NULL, NULL, &signer, &err),
        &err);
    assert_true(plumb_pubkey_ed25519(signer->pub, pub));
    assert_memory_equal(pub, raw.data, 32);
    plumb_signer_free(signer);
    plumb_bytes_clear(&raw);
}

/* pkey as OpenSSL's own writers put it. */
static struct plumb_bytes
pem_of(EVP_PKEY *pkey, bool traditional, const char *passphrase)
{
    BIO *bio = BIO_new(BIO_s_mem());
    struct plumb_bytes pem = { 0 };
    char *text;
    long len;

    assert_non_null(pkey);
    if (traditional)
        assert_int_equal(
            PEM_write_bio_PrivateKey_traditional(bio, pkey, NULL, NULL, 0, NULL, NULL), 1);
    else
        assert_int_equal(PEM_write_bio_PKCS8PrivateKey(
                             bio, pkey, passphrase ? EVP_aes_256_cbc() : NULL, passphrase,
                             passphrase ? (int)strlen(passphrase) : 0, NULL, NULL),
                         1);
    len = BIO_get_mem_data(bio, &text);
    append(&pem, text, (size_t)len);
    BIO_free(bio);
    return pem;
}

static void
openssls_own_encryption_is_read(void **state)
{
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    struct plumb_bytes pem = pem_of(pkey, false, "pbkdf2");
    struct plumb_signer *signer = NULL;
    struct plumb_err err;

    (void)state;
    assert_ok(plumb_signer_from_pem(pem.data, pem.len, answer, (char *)"pbkdf2", &signer, &err),
              &err);
    plumb_signer_free(signer);
    plumb_bytes_clear(&pem);
    EVP_PKEY_free(pkey);
}

static void
other_keys_and_other_files_are_refused(void **state)
{
    static const char *const broken[] = {
        "",
        "no key at all",
        "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2Vw\n-----END PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7"
        "rAMcrn9gAAAA\n-----END PRIVATE KEY-----\n",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMC4CAQAw\n-----END ENCRYPTED PRIVATE "
        "KEY-----\n",
        "-----BEGIN CERTIFICATE-----\nMC4CAQAw\n-----END CERTIFICATE-----\n",
    };
    struct {
        EVP_PKEY *pkey;
        bool traditional;
        const char *rule;
    } others[] = {
        { EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-384"), false, "key.type" },
        { EVP_PKEY_Q_keygen(NULL, NULL, "X25519"), false, "key.type" },
        { EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024), false, "key.type" },
        { EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"), true, "key.pem" },
    };
    struct plumb_signer *signer = NULL;
    struct plumb_err err;

    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        assert_refused("key.pem",
                       plumb_signer_from_pem(broken[i], strlen(broken[i]), answer, (char *)"x",
                                             &signer, &err),
                       &err);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct plumb_bytes pem = pem_of(others[i].pkey, others[i].traditional, NULL);

        assert_refused(others[i].rule,
                       plumb_signer_from_pem(pem.data, pem.len, NULL, NULL, &signer, &err),
                       &err);
        plumb_bytes_clear(&pem);
        EVP_PKEY_free(others[i].pkey);
    }
    assert_refused("key.type", plumb_signer_generate(PLUMB_KEY_SK_ED25519, &signer, &err),
                   &err);
}

static void
bytes_after_the_key_are_refused(void **state)
{
    static const char *const passphrases[] = { NULL, "p" };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct plumb_signer *signer = generate(PLUMB_KEY_ED25519), *back = NULL;
        struct plumb_bytes pem = { 0 }, der = { 0 };
        unsigned char *data;
        char *name, *header;
        struct plumb_err err;
        BIO *bio;
        long len;

        assert_ok(plumb_signer_to_pem(signer, passphrases[i], &pem, &err), &err);
        bio = BIO_new_mem_buf(pem.data, (int)pem.len);
        assert_int_equal(PEM_read_bio(bio, &name, &header, &data, &len), 1);
        BIO_free(bio);
        append(&der, data, (size_t)len);
        append(&der, "", 1);
        bio = BIO_new(BIO_s_mem());
        assert_true(PEM_write_bio(bio, name, "", der.data, (long)der.len) > 0);
        OPENSSL_free(name);
        plumb_bytes_cleanse(&pem);
        len = BIO_get_mem_data(bio, &name);
        append(&pem, name, (size_t)len);
        assert_refused(
            "key.pem",
            plumb_signer_from_pem(pem.data, pem.len, answer, (char *)"p", &back, &err), &err);
        BIO_free(bio);
        OPENSSL_free(header);
        OPENSSL_free(data);
        plumb_bytes_clear(&pem);
        plumb_bytes_clear(&der);
        plumb_signer_free(signer);
    }
}

/* PKCS#8 of a P-256 key whose public half is another key's. */
static void
halves_that_do_not_match_are_refused(void **state)
{
    struct plumb_signer *a = generate(PLUMB_KEY_P256), *b = generate(PLUMB_KEY_P256);
    struct plumb_signer *signer = NULL;
    struct plumb_bytes pem = { 0 }, other = { 0 };
    struct plumb_err err;
    unsigned char *der = NULL, *theirs = NULL;
    char *name, *header;
    BIO *bio;
    long len, their_len;

    (void)state;
    assert_ok(plumb_signer_to_pem(a, NULL, &pem, &err), &err);
    assert_ok(plumb_signer_to_pem(b, NULL, &other, &err), &err);
    for (int i = 0; i < 2; i++) {
        bio = BIO_new_mem_buf(i ? other.data : pem.data, (int)(i ? other.len : pem.len));
        assert_int_equal(
            PEM_read_bio(bio, &name, &header, i ? &theirs : &der, i ? &their_len : &len), 1);
        OPENSSL_free(name);
        OPENSSL_free(header);
        BIO_free(bio);
    }
    assert_int_equal(len, their_len);
    memcpy(der + len - 65, theirs + len - 65, 65); /* the point is what comes last */
    bio = BIO_new(BIO_s_mem());
    assert_true(PEM_write_bio(bio, "PRIVATE KEY", "", der, len) > 0);
    plumb_bytes_clear(&pem);
    len = BIO_get_mem_data(bio, &name);
    append(&pem, name, (size_t)len);
    assert_refused("key.pem",
                   plumb_signer_from_pem(pem.data, pem.len, NULL, NULL, &signer, &err), &err);
    BIO_free(bio);
    OPENSSL_free(der);
    OPENSSL_free(theirs);
    plumb_bytes_clear(&pem);
    plumb_bytes_clear(&other);
    plumb_signer_free(a);
    plumb_signer_free(b);
}

static enum plumb_code
refuse_to_sign(void *self, const void *msg, size_t len, struct plumb_bytes *ret,
               struct plumb_err *err)
{
    (void)self;
    (void)msg;
    (void)len;
    (void)ret;
    return plumb_fail(err, PLUMB_REFUSED, "test", "", "no");
}

static void
a_key_that_is_elsewhere_has_no_file_and_no_certificate(void **state)
{
    struct plumb_signer signer = { .sign = refuse_to_sign };
    struct plumb_bytes pem = { 0 };
    struct plumb_err err;

    (void)state;
    assert_code(PLUMB_UNSUPPORTED, plumb_signer_to_pem(&signer, NULL, &pem, &err), &err);
    assert_code(PLUMB_UNSUPPORTED,
                plumb_signer_certificate(&signer, "x", NULL, 0, 0, 1, &pem, &err), &err);
}

static const char *const names[] = { "plumb.example", "192.0.2.1", "2001:db8::1" };
#define NOW  1795478400 /* 2026-11-24 */
#define LATE 4102444800 /* 2100: past UTCTime */

static X509 *
certificate(struct plumb_signer *signer)
{
    struct plumb_bytes pem = { 0 };
    struct plumb_err err;
    BIO *bio;
    X509 *x;

    assert_ok(
        plumb_signer_certificate(signer, "plumb.example", names, 3, NOW, LATE, &pem, &err),
        &err);
    bio = BIO_new_mem_buf(pem.data, (int)pem.len);
    x = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    assert_non_null(x);
    BIO_free(bio);
    plumb_bytes_clear(&pem);
    return x;
}

static int
chain_verdict(X509 *x, int purpose)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    int verdict;

    X509_STORE_add_cert(store, x);
    X509_STORE_CTX_init(ctx, store, x, NULL);
    X509_STORE_CTX_set_purpose(ctx, purpose);
    X509_STORE_CTX_set_time(ctx, 0, NOW + 1);
    (void)X509_verify_cert(ctx);
    verdict = X509_STORE_CTX_get_error(ctx);
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    return verdict;
}

static void
a_certificate_serves_both_sides_of_tls_and_no_authority(void **state)
{
    (void)state;
    for (enum plumb_key_type type = PLUMB_KEY_ED25519; type <= PLUMB_KEY_P256; type++) {
        struct plumb_signer *signer = generate(type);
        X509 *x = certificate(signer);
        unsigned char *spki = NULL;
        struct plumb_digest id;
        int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &spki);

        assert_true(len > 0);
        plumb_sha256(spki, (size_t)len, &id);
        assert_true(plumb_digest_eq(&id, plumb_pubkey_id(signer->pub)));
        assert_int_equal(X509_verify(x, X509_get0_pubkey(x)), 1);
        assert_int_equal(chain_verdict(x, X509_PURPOSE_SSL_SERVER), X509_V_OK);
        assert_int_equal(chain_verdict(x, X509_PURPOSE_SSL_CLIENT), X509_V_OK);
        assert_int_equal(X509_check_ca(x), 0);
        assert_int_equal(X509_check_host(x, names[0], 0, 0, NULL), 1);
        assert_int_equal(X509_check_host(x, "other.example", 0, 0, NULL), 0);
        assert_int_equal(X509_check_ip_asc(x, names[1], 0), 1);
        assert_int_equal(X509_check_ip_asc(x, names[2], 0), 1);
        assert_int_equal(X509_check_ip_asc(x, "192.0.2.2", 0), 0);
        OPENSSL_free(spki);
        X509_free(x);
        plumb_signer_free(signer);
    }
}

static void
certificates_have_plain_names_and_forward_dates(void **state)
{
    static const char sixty_five[] =
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    static const char *const bad_san[] = { "a b" };
    struct plumb_signer *signer = generate(PLUMB_KEY_ED25519);
    struct plumb_bytes pem = { 0 };
    struct plumb_err err;

    (void)state;
    assert_refused("certificate.name",
                   plumb_signer_certificate(signer, "", NULL, 0, 0, 1, &pem, &err), &err);
    assert_refused("certificate.name",
                   plumb_signer_certificate(signer, sixty_five, NULL, 0, 0, 1, &pem, &err),
                   &err);
    assert_refused("certificate.name",
                   plumb_signer_certificate(signer, "x", bad_san, 1, 0, 1, &pem, &err), &err);
    assert_refused("certificate.time",
                   plumb_signer_certificate(signer, "x", NULL, 0, 1, 1, &pem, &err), &err);
    assert_refused(
        "certificate.time",
        plumb_signer_certificate(signer, "x", NULL, 0, 0, PLUMB_TIME_NEVER, &pem, &err), &err);
    assert_ok(plumb_signer_certificate(signer, "x", NULL, 0, 0, 1, &pem, &err), &err);
    plumb_bytes_clear(&pem);
    plumb_signer_free(signer);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_key_file_comes_back),
        cmocka_unit_test(an_encrypted_key_file_needs_its_passphrase),
        cmocka_unit_test(the_key_of_rfc_8032_is_read),
        cmocka_unit_test(openssls_own_encryption_is_read),
        cmocka_unit_test(other_keys_and_other_files_are_refused),
        cmocka_unit_test(bytes_after_the_key_are_refused),
        cmocka_unit_test(halves_that_do_not_match_are_refused),
        cmocka_unit_test(a_key_that_is_elsewhere_has_no_file_and_no_certificate),
        cmocka_unit_test(a_certificate_serves_both_sides_of_tls_and_no_authority),
        cmocka_unit_test(certificates_have_plain_names_and_forward_dates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
