#include "tests/t.h"

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/x509.h>
#include <plumb/key.h>
#include <pthread.h>
#include <string.h>

#include "tests/lib/keys.h"

#define ED25519 "302a300506032b6570032100"
#define P256    "3059301306072a8648ce3d020106082a8648ce3d030107034200"

static enum plumb_code
from_spki(const char *hex, const char *application, struct plumb_pubkey **ret,
          struct plumb_err *err)
{
    struct plumb_bytes der = unhex(hex);
    enum plumb_code code =
        plumb_pubkey_from_spki(der.data, der.len, application, false, "here", ret, err);

    plumb_bytes_clear(&der);
    return code;
}

/* RFC 8032 section 7.1, TEST 1 to 3. */
static const struct {
    const char *key, *msg, *sig;
} rfc8032[] = {
    { "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e3970"
      "1c"
      "f9b46bd25bf5f0595bbe24655141438e7a100b" },
    { "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613"
      "d0"
      "f11d8c387b2eaeb4302aeeb00d291612bb0c00" },
    { "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760"
      "98"
      "4dc6594a7c15e9716ed28dc027beceea1ec40a" },
};

/* The group's order, little-endian: s + L is the same scalar with another name. */
static void
add_order(uint8_t s[32])
{
    static const uint8_t order[32] = { 0xed, 0xd3, 0xf5, 0x5c, 0x1a,       0x63,
                                       0x12, 0x58, 0xd6, 0x9c, 0xf7,       0xa2,
                                       0xde, 0xf9, 0xde, 0x14, [31] = 0x10 };
    unsigned carry = 0;

    for (size_t i = 0; i < 32; i++) {
        carry += s[i] + order[i];
        s[i] = (uint8_t)carry;
        carry >>= 8;
    }
}

static void
rfc_8032_vectors_verify_and_their_twins_do_not(void **state)
{
    struct plumb_err err;

    (void)state;
    for (size_t i = 0; i < sizeof rfc8032 / sizeof *rfc8032; i++) {
        struct plumb_bytes msg = unhex(rfc8032[i].msg), sig = unhex(rfc8032[i].sig);
        struct plumb_pubkey *key = NULL;
        char spki[256];

        (void)snprintf(spki, sizeof spki, ED25519 "%s", rfc8032[i].key);
        assert_ok(from_spki(spki, NULL, &key, &err), &err);
        assert_ok(plumb_pubkey_verify(key, msg.data, msg.len, sig.data, sig.len, &err), &err);
        for (size_t bit = 0; bit < 8 * sig.len; bit += 37) {
            sig.data[bit / 8] ^= 1u << bit % 8;
            assert_refused("signature.bad",
                           plumb_pubkey_verify(key, msg.data, msg.len, sig.data, sig.len, &err),
                           &err);
            sig.data[bit / 8] ^= 1u << bit % 8;
        }
        assert_refused("signature.bad",
                       plumb_pubkey_verify(key, "other", 5, sig.data, sig.len, &err), &err);
        assert_refused("signature.bad",
                       plumb_pubkey_verify(key, msg.data, msg.len, sig.data, 63, &err), &err);
        assert_refused("signature.bad",
                       plumb_pubkey_verify(key, msg.data, msg.len, NULL, 0, &err), &err);
        add_order(sig.data + 32);
        assert_refused("signature.bad",
                       plumb_pubkey_verify(key, msg.data, msg.len, sig.data, sig.len, &err),
                       &err);
        plumb_pubkey_free(key);
        plumb_bytes_clear(&msg);
        plumb_bytes_clear(&sig);
    }
}

/* P-256's base point, (1, 1) off the curve, and x = p + 5, which is on it only modulo p. */
#define GX    "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
#define GY    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
#define ONE   "0000000000000000000000000000000000000000000000000000000000000001"
#define GOOD  "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
#define ONES  "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
#define ZEROS "0000000000000000000000000000000000000000000000000000000000"

static const struct {
    const char *what, *spki, *rule;
} spkis[] = {
    { "Ed25519", ED25519 GOOD, NULL },
    { "P-256", P256 "04" GX GY, NULL },
    { "nothing", "", "key.type" },
    { "only a prefix", ED25519, "key.type" },
    { "a byte short", ED25519 "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f70751",
      "key.spki" },
    { "a byte long", ED25519 GOOD "00", "key.spki" },
    { "long form length", "30812a300506032b6570032100" GOOD, "key.type" },
    { "NULL parameters", "302c300706032b65700500032100" GOOD, "key.type" },
    { "X25519", "302a300506032b656e032100" GOOD, "key.type" },
    { "unused bits", "302a300506032b6570032101" GOOD, "key.type" },
    { "order 4", ED25519 "0000" ZEROS "00", "key.spki" },
    { "order 4, other sign", ED25519 "0000" ZEROS "80", "key.spki" },
    { "identity", ED25519 "0100" ZEROS "00", "key.spki" },
    { "identity, other sign", ED25519 "0100" ZEROS "80", "key.spki" },
    { "order 2", ED25519 "ecff" ONES "7f", "key.spki" },
    { "order 2, other sign", ED25519 "ecff" ONES "ff", "key.spki" },
    { "y = p", ED25519 "edff" ONES "7f", "key.spki" },
    { "y = p + 1", ED25519 "eeff" ONES "7f", "key.spki" },
    { "y = p + 18", ED25519 "ffff" ONES "7f", "key.spki" },
    { "y = p + 3, other sign", ED25519 "f0ff" ONES "ff", "key.spki" },
    { "order 8", ED25519 "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
      "key.spki" },
    { "order 8, other sign",
      ED25519 "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85", "key.spki" },
    { "order 8, other y",
      ED25519 "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", "key.spki" },
    { "order 8, other y and sign",
      ED25519 "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa", "key.spki" },
    { "off the curve, y = 2", ED25519 "0200" ZEROS "00", "key.spki" },
    { "with a part of order 8",
      ED25519 "3b5b475c4b82dd1572799fc546f4c6c03e478c6654aa4c7f945b347ea32af60d", "key.spki" },
    { "compressed", "3039301306072a8648ce3d020106082a8648ce3d03010703220003" GX, "key.type" },
    { "hybrid", P256 "07" GX GY, "key.spki" },
    { "off the curve", P256 "04" GX ONE, "key.spki" },
    { "out of the field",
      P256 "04ffffffff00000001000000010000000000000000000000010000000000000000" GY,
      "key.spki" },
    { "P-256 a byte long", P256 "04" GX GY "00", "key.spki" },
};

static void
only_one_form_of_usable_points_is_taken(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof spkis / sizeof *spkis; i++) {
        struct plumb_pubkey *key = NULL;
        struct plumb_err err = { 0 };
        enum plumb_code code = from_spki(spkis[i].spki, NULL, &key, &err);

        if (strcmp(err.rule, spkis[i].rule ? spkis[i].rule : "") != 0 ||
            (code == PLUMB_OK) != (spkis[i].rule == NULL))
            fail_msg("%s: [%s] %s", spkis[i].what, err.rule, err.msg);
        assert_int_equal(key != NULL, code == PLUMB_OK);
        if (code != PLUMB_OK)
            assert_string_equal(err.where, "here");
        plumb_pubkey_free(key);
    }
}

static void
openssl_writes_the_same_bytes_again(void **state)
{
    (void)state;
    for (enum plumb_key_type type = PLUMB_KEY_ED25519; type <= PLUMB_KEY_P256; type++) {
        struct plumb_signer *signer = generate(type);
        size_t len;
        const uint8_t *spki = plumb_pubkey_spki(signer->pub, &len);
        const unsigned char *p = spki;
        EVP_PKEY *pkey = d2i_PUBKEY(NULL, &p, (long)len);
        unsigned char *again = NULL;
        struct plumb_digest id;

        assert_non_null(pkey);
        assert_int_equal(i2d_PUBKEY(pkey, &again), len);
        assert_memory_equal(again, spki, len);
        plumb_sha256(spki, len, &id);
        assert_true(plumb_digest_eq(&id, plumb_pubkey_id(signer->pub)));
        OPENSSL_free(again);
        EVP_PKEY_free(pkey);
        plumb_signer_free(signer);
    }
}

static void
an_application_makes_a_security_key(void **state)
{
    static const char *const bad[] = { "",        "ssh",      "http://x",    "SSH:",
                                       "ssh:a b", "ssh:\x7f", "ssh:\xc3\xa4" };
    char longest[129] = "ssh:";
    struct plumb_pubkey *key = NULL;
    struct plumb_err err;
    uint8_t raw[32];

    (void)state;
    assert_ok(from_spki(ED25519 GOOD, "ssh:refval", &key, &err), &err);
    assert_int_equal(plumb_pubkey_type(key), PLUMB_KEY_SK_ED25519);
    assert_string_equal(plumb_pubkey_application(key), "ssh:refval");
    assert_false(plumb_pubkey_ed25519(key, raw));
    plumb_pubkey_free(key);
    key = NULL;
    assert_ok(from_spki(P256 "04" GX GY, "ssh:", &key, &err), &err);
    assert_int_equal(plumb_pubkey_type(key), PLUMB_KEY_SK_P256);
    plumb_pubkey_free(key);
    key = NULL;
    assert_ok(from_spki(ED25519 GOOD, NULL, &key, &err), &err);
    assert_int_equal(plumb_pubkey_type(key), PLUMB_KEY_ED25519);
    assert_null(plumb_pubkey_application(key));
    assert_true(plumb_pubkey_ed25519(key, raw));
    plumb_pubkey_free(key);
    key = NULL;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_refused("key.application", from_spki(ED25519 GOOD, bad[i], &key, &err), &err);
    memset(longest + 4, 'x', 124);
    assert_refused("key.application", from_spki(ED25519 GOOD, longest, &key, &err), &err);
    longest[127] = '\0';
    assert_ok(from_spki(ED25519 GOOD, longest, &key, &err), &err);
    plumb_pubkey_free(key);
}

static void
an_ordinary_key_cannot_verify_its_user(void **state)
{
    struct plumb_bytes der = unhex(ED25519 GOOD);
    struct plumb_pubkey *key = NULL;
    struct plumb_err err;

    (void)state;
    assert_refused("key.application",
                   plumb_pubkey_from_spki(der.data, der.len, NULL, true, "", &key, &err), &err);
    assert_ok(plumb_pubkey_from_spki(der.data, der.len, "ssh:", true, "", &key, &err), &err);
    assert_true(plumb_pubkey_verify_required(key));
    plumb_pubkey_free(key);
    plumb_bytes_clear(&der);
}

static struct plumb_bytes
raw_of(const struct plumb_bytes *der)
{
    const unsigned char *p = der->data;
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, (long)der->len);
    struct plumb_bytes raw = { calloc(1, 65), 64 };

    assert_non_null(sig);
    assert_non_null(raw.data);
    BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw.data, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw.data + 32, 32);
    ECDSA_SIG_free(sig);
    return raw;
}

static void
ecdsa_is_taken_as_der_and_as_raw(void **state)
{
    struct plumb_signer *signer = generate(PLUMB_KEY_P256);
    struct plumb_err err;

    (void)state;
    for (unsigned i = 0; i < 20; i++) { /* DER's length varies */
        struct plumb_bytes sig = { 0 }, raw, garbage = { 0 };

        assert_ok(signer->sign(signer->self, &i, sizeof i, &sig, &err), &err);
        raw = raw_of(&sig);
        assert_ok(plumb_pubkey_verify(signer->pub, &i, sizeof i, sig.data, sig.len, &err),
                  &err);
        assert_ok(plumb_pubkey_verify(signer->pub, &i, sizeof i, raw.data, raw.len, &err),
                  &err);
        raw.data[i] ^= 1;
        assert_refused("signature.bad",
                       plumb_pubkey_verify(signer->pub, &i, sizeof i, raw.data, raw.len, &err),
                       &err);
        append(&garbage, sig.data, sig.len);
        append(&garbage, "", 1);
        assert_refused(
            "signature.bad",
            plumb_pubkey_verify(signer->pub, &i, sizeof i, garbage.data, garbage.len, &err),
            &err);
        assert_refused("signature.bad",
                       plumb_pubkey_verify(signer->pub, &i, sizeof i, raw.data, 63, &err),
                       &err);
        plumb_bytes_clear(&sig);
        plumb_bytes_clear(&raw);
        plumb_bytes_clear(&garbage);
    }
    plumb_signer_free(signer);
}

/*
 * A signature whose DER has 64 bytes: take any nonce and a short s, and the private key that
 * goes with them. Writes the public key's point and the DER.
 */
static void
forge_short(const char *msg, uint8_t point[65], uint8_t der[64])
{
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    const BIGNUM *n = EC_GROUP_get0_order(group);
    BN_CTX *ctx = BN_CTX_new();
    EC_POINT *p = EC_POINT_new(group);
    BIGNUM *k = BN_new(), *r = BN_new(), *s = BN_new(), *z = BN_new(), *d = BN_new();
    ECDSA_SIG *sig = ECDSA_SIG_new();
    unsigned char *out = der;
    struct plumb_digest digest;

    plumb_sha256(msg, strlen(msg), &digest);
    assert_non_null(BN_bin2bn(digest.b, sizeof digest.b, z));
    do {
        assert_int_equal(BN_rand_range(k, n), 1);
        assert_int_equal(EC_POINT_mul(group, p, k, NULL, NULL, ctx), 1);
        assert_int_equal(EC_POINT_get_affine_coordinates(group, p, r, NULL, ctx), 1);
    } while (BN_num_bits(r) < 249 || BN_num_bits(r) > 255);
    assert_int_equal(BN_rand(s, 26 * 8 - 1, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY), 1);
    /* d = (s k - z) / r */
    assert_int_equal(BN_mod_mul(d, s, k, n, ctx), 1);
    assert_int_equal(BN_mod_sub(d, d, z, n, ctx), 1);
    assert_non_null(BN_mod_inverse(k, r, n, ctx));
    assert_int_equal(BN_mod_mul(d, d, k, n, ctx), 1);
    assert_int_equal(EC_POINT_mul(group, p, d, NULL, NULL, ctx), 1);
    assert_int_equal(
        EC_POINT_point2oct(group, p, POINT_CONVERSION_UNCOMPRESSED, point, 65, ctx), 65);
    assert_int_equal(ECDSA_SIG_set0(sig, r, s), 1);
    assert_int_equal(i2d_ECDSA_SIG(sig, NULL), 64);
    assert_int_equal(i2d_ECDSA_SIG(sig, &out), 64);
    ECDSA_SIG_free(sig);
    BN_free(k);
    BN_free(z);
    BN_free(d);
    EC_POINT_free(p);
    BN_CTX_free(ctx);
    EC_GROUP_free(group);
}

static void
sixty_four_bytes_of_der_are_read_as_der(void **state)
{
    struct plumb_bytes spki = unhex(P256);
    struct plumb_pubkey *key = NULL;
    uint8_t point[65], der[64];
    struct plumb_err err;

    (void)state;
    forge_short("message", point, der);
    append(&spki, point, sizeof point);
    assert_ok(plumb_pubkey_from_spki(spki.data, spki.len, NULL, false, "", &key, &err), &err);
    assert_ok(plumb_pubkey_verify(key, "message", 7, der, sizeof der, &err), &err);
    assert_refused("signature.bad", plumb_pubkey_verify(key, "massage", 7, der, 64, &err),
                   &err);
    plumb_pubkey_free(key);
    plumb_bytes_clear(&spki);
}

static void
one_key_does_not_pass_for_another(void **state)
{
    struct plumb_signer *ed = generate(PLUMB_KEY_ED25519), *ec = generate(PLUMB_KEY_P256);
    struct plumb_signer *other = generate(PLUMB_KEY_ED25519);
    struct plumb_pubkey *sk = as_security_key(ed, "ssh:", false);
    struct plumb_bytes sig = { 0 }, blob = security_key_sign(ed, "ssh:", 1, 1, "m", 1);
    struct plumb_err err;

    (void)state;
    assert_ok(ed->sign(ed->self, "m", 1, &sig, &err), &err);
    assert_ok(plumb_pubkey_verify(ed->pub, "m", 1, sig.data, sig.len, &err), &err);
    assert_refused("signature.bad",
                   plumb_pubkey_verify(ec->pub, "m", 1, sig.data, sig.len, &err), &err);
    assert_refused("signature.bad",
                   plumb_pubkey_verify(other->pub, "m", 1, sig.data, sig.len, &err), &err);
    assert_refused("signature.bad", plumb_pubkey_verify(sk, "m", 1, sig.data, sig.len, &err),
                   &err);
    assert_ok(plumb_pubkey_verify(sk, "m", 1, blob.data, blob.len, &err), &err);
    assert_refused("signature.bad",
                   plumb_pubkey_verify(ed->pub, "m", 1, blob.data, blob.len, &err), &err);
    plumb_bytes_clear(&sig);
    plumb_bytes_clear(&blob);
    plumb_pubkey_free(sk);
    plumb_signer_free(ed);
    plumb_signer_free(ec);
    plumb_signer_free(other);
}

struct work {
    const struct plumb_pubkey *key;
    const struct plumb_bytes *sig;
    bool ok;
};

static void *
verify_many(void *arg)
{
    struct work *w = arg;

    w->ok = true;
    for (int i = 0; i < 50; i++)
        w->ok =
            w->ok &&
            plumb_pubkey_verify(w->key, "m", 1, w->sig->data, w->sig->len, NULL) == PLUMB_OK &&
            plumb_pubkey_verify(w->key, "n", 1, w->sig->data, w->sig->len, NULL) ==
                PLUMB_BAD_SIGNATURE;
    return NULL;
}

static void
threads_share_a_key_and_its_copies(void **state)
{
    (void)state;
    for (enum plumb_key_type type = PLUMB_KEY_ED25519; type <= PLUMB_KEY_P256; type++) {
        struct plumb_signer *signer = generate(type);
        struct plumb_pubkey *copy = NULL;
        struct plumb_bytes sig = { 0 };
        struct plumb_err err;
        struct work work[4];
        pthread_t threads[4];

        assert_ok(plumb_pubkey_copy(signer->pub, &copy, &err), &err);
        assert_ok(signer->sign(signer->self, "m", 1, &sig, &err), &err);
        for (size_t i = 0; i < 4; i++) {
            work[i] = (struct work){ i % 2 ? copy : signer->pub, &sig, false };
            assert_int_equal(pthread_create(&threads[i], NULL, verify_many, &work[i]), 0);
        }
        for (size_t i = 0; i < 4; i++) {
            assert_int_equal(pthread_join(threads[i], NULL), 0);
            assert_true(work[i].ok);
        }
        plumb_signer_free(signer);
        assert_ok(plumb_pubkey_verify(copy, "m", 1, sig.data, sig.len, &err), &err);
        plumb_pubkey_free(copy);
        plumb_bytes_clear(&sig);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc_8032_vectors_verify_and_their_twins_do_not),
        cmocka_unit_test(only_one_form_of_usable_points_is_taken),
        cmocka_unit_test(openssl_writes_the_same_bytes_again),
        cmocka_unit_test(an_application_makes_a_security_key),
        cmocka_unit_test(an_ordinary_key_cannot_verify_its_user),
        cmocka_unit_test(ecdsa_is_taken_as_der_and_as_raw),
        cmocka_unit_test(sixty_four_bytes_of_der_are_read_as_der),
        cmocka_unit_test(one_key_does_not_pass_for_another),
        cmocka_unit_test(threads_share_a_key_and_its_copies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
