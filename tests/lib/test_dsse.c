#include "tests/t.h"

#include <openssl/bn.h>
#include <plumb/dsse.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/keys.h"

#define STATEMENT "{\"_type\":\"x\"}"

/* protocol.md of secure-systems-lab/dsse 1.0.2, "Test Vectors". */
#define VECTOR_TYPE "http://example.com/HelloWorld"
#define VECTOR_BODY "hello world"
#define VECTOR_PAE  "DSSEv1 29 http://example.com/HelloWorld 11 hello world"
#define VECTOR_SIG                                                                             \
    "A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA=="
#define VECTOR_X "46950820868899156662930047687818585632848591499744589407958293238635476079160"
#define VECTOR_Y "5640078356564379163099075877009565129882514886557779369047442380624545832820"

static json_t *
sign_one(struct plumb_signer *signer)
{
    json_t *envelope = NULL;
    struct plumb_err err;

    assert_ok(plumb_dsse_sign(STATEMENT, strlen(STATEMENT), &signer, 1, &envelope, &err), &err);
    return envelope;
}

static enum plumb_code
read_envelope(json_t *json, struct plumb_dsse *ret, struct plumb_err *err)
{
    struct plumb_jv v = plumb_jv_root(json, "envelope");

    return plumb_dsse_read(&v, ret, err);
}

static void
pae_is_that_of_the_specification(void **state)
{
    struct plumb_bytes pae = { 0 };
    struct plumb_err err;

    (void)state;
    assert_ok(plumb_dsse_pae(VECTOR_TYPE, VECTOR_BODY, strlen(VECTOR_BODY), &pae, &err), &err);
    assert_int_equal(pae.len, strlen(VECTOR_PAE));
    assert_string_equal((char *)pae.data, VECTOR_PAE);
    plumb_bytes_clear(&pae);
    assert_ok(plumb_dsse_pae("", NULL, 0, &pae, &err), &err);
    assert_string_equal((char *)pae.data, "DSSEv1 0  0 ");
    plumb_bytes_clear(&pae);
}

static struct plumb_pubkey *
vector_key(void)
{
    struct plumb_bytes spki = unhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004");
    struct plumb_pubkey *key = NULL;
    struct plumb_err err;
    BIGNUM *n = NULL;
    uint8_t coordinate[32];

    for (int i = 0; i < 2; i++) {
        assert_int_not_equal(BN_dec2bn(&n, i == 0 ? VECTOR_X : VECTOR_Y), 0);
        assert_int_equal(BN_bn2binpad(n, coordinate, sizeof coordinate), 32);
        append(&spki, coordinate, sizeof coordinate);
    }
    assert_ok(plumb_pubkey_from_spki(spki.data, spki.len, NULL, false, "", &key, &err), &err);
    BN_free(n);
    plumb_bytes_clear(&spki);
    return key;
}

static void
the_specifications_signature_verifies(void **state)
{
    struct plumb_pubkey *key = vector_key();
    struct plumb_dsse_signature sig = { .keyid = "anything" };
    struct plumb_dsse e = { .payload_type = VECTOR_TYPE, .sigs = &sig, .nsigs = 1 };
    struct plumb_err err;

    (void)state;
    assert_ok(plumb_base64_parse(VECTOR_SIG, strlen(VECTOR_SIG), "", &sig.sig, &err), &err);
    e.payload = (struct plumb_bytes){ (uint8_t *)VECTOR_BODY, strlen(VECTOR_BODY) };
    assert_ok(plumb_dsse_verify(&e, key, &err), &err);
    e.payload.len--;
    assert_refused("signature.bad", plumb_dsse_verify(&e, key, &err), &err);
    e.payload.len++;
    e.payload_type[0] = 'H';
    assert_refused("signature.bad", plumb_dsse_verify(&e, key, &err), &err);
    plumb_bytes_clear(&sig.sig);
    plumb_pubkey_free(key);
}

static void
what_was_signed_is_read_and_verified(void **state)
{
    (void)state;
    for (enum plumb_key_type type = PLUMB_KEY_ED25519; type <= PLUMB_KEY_P256; type++) {
        struct plumb_signer *signer = generate(type), *other = generate(type);
        json_t *envelope = sign_one(signer);
        struct plumb_dsse e = { .nsigs = 0 };
        char keyid[PLUMB_DIGEST_HEX];
        struct plumb_err err;

        assert_ok(read_envelope(envelope, &e, &err), &err);
        assert_int_equal(e.nsigs, 1);
        assert_int_equal(e.payload.len, strlen(STATEMENT));
        assert_memory_equal(e.payload.data, STATEMENT, strlen(STATEMENT));
        assert_string_equal(e.payload_type, PLUMB_PAYLOAD_TYPE);
        plumb_digest_hex(plumb_pubkey_id(signer->pub), keyid);
        assert_string_equal(e.sigs[0].keyid, keyid);
        assert_ok(plumb_dsse_verify(&e, signer->pub, &err), &err);
        assert_refused("signature.bad", plumb_dsse_verify(&e, other->pub, &err), &err);
        e.payload.data[0] ^= 1;
        assert_refused("signature.bad", plumb_dsse_verify(&e, signer->pub, &err), &err);
        plumb_dsse_clear(&e);
        json_decref(envelope);
        plumb_signer_free(signer);
        plumb_signer_free(other);
    }
}

static void
signers_of_the_genesis_add_theirs(void **state)
{
    struct plumb_signer *a = generate(PLUMB_KEY_ED25519), *b = generate(PLUMB_KEY_P256);
    struct plumb_signer *c = generate(PLUMB_KEY_ED25519);
    struct plumb_signer *both[] = { a, b };
    json_t *envelope = NULL;
    struct plumb_dsse e = { .nsigs = 0 };
    struct plumb_err err;

    (void)state;
    assert_ok(plumb_dsse_sign(STATEMENT, strlen(STATEMENT), both, 2, &envelope, &err), &err);
    assert_refused("dsse.signed", plumb_dsse_add(envelope, b, &err), &err);
    assert_ok(plumb_dsse_add(envelope, c, &err), &err);
    assert_ok(read_envelope(envelope, &e, &err), &err);
    assert_int_equal(e.nsigs, 3);
    assert_ok(plumb_dsse_verify(&e, a->pub, &err), &err);
    assert_ok(plumb_dsse_verify(&e, b->pub, &err), &err);
    assert_ok(plumb_dsse_verify(&e, c->pub, &err), &err);
    plumb_dsse_clear(&e);
    json_decref(envelope);
    plumb_signer_free(a);
    plumb_signer_free(b);
    plumb_signer_free(c);
}

static void
an_envelope_has_at_most_so_many_signatures(void **state)
{
    struct plumb_signer *signer = generate(PLUMB_KEY_ED25519);
    struct plumb_signer *other = generate(PLUMB_KEY_ED25519);
    struct plumb_signer *many[PLUMB_SIGNATURE_MAX + 1];
    json_t *envelope = NULL, *signatures;
    struct plumb_dsse e = { .nsigs = 0 };
    struct plumb_err err;

    (void)state;
    for (size_t i = 0; i <= PLUMB_SIGNATURE_MAX; i++)
        many[i] = signer;
    assert_refused("dsse.form",
                   plumb_dsse_sign("{}", 2, many, PLUMB_SIGNATURE_MAX + 1, &envelope, &err),
                   &err);
    assert_refused("dsse.form", plumb_dsse_sign("{}", 2, many, 0, &envelope, &err), &err);
    assert_ok(plumb_dsse_sign("{}", 2, many, PLUMB_SIGNATURE_MAX, &envelope, &err), &err);
    assert_ok(read_envelope(envelope, &e, &err), &err);
    plumb_dsse_clear(&e);
    assert_refused("dsse.form", plumb_dsse_add(envelope, other, &err), &err);
    signatures = json_object_get(envelope, "signatures");
    json_array_append(signatures, json_array_get(signatures, 0));
    assert_refused("dsse.form", read_envelope(envelope, &e, &err), &err);
    json_array_clear(signatures);
    assert_refused("dsse.form", read_envelope(envelope, &e, &err), &err);
    json_decref(envelope);
    plumb_signer_free(signer);
    plumb_signer_free(other);
}

static void
payloads_have_a_size(void **state)
{
    struct plumb_signer *signer = generate(PLUMB_KEY_ED25519);
    char *big = calloc(1, PLUMB_PAYLOAD_MAX + 3), *text = NULL;
    json_t *envelope = NULL;
    struct plumb_dsse e = { .nsigs = 0 };
    struct plumb_err err;

    (void)state;
    assert_non_null(big);
    assert_refused("dsse.size",
                   plumb_dsse_sign(big, PLUMB_PAYLOAD_MAX + 1, &signer, 1, &envelope, &err),
                   &err);
    assert_ok(plumb_dsse_sign(big, PLUMB_PAYLOAD_MAX, &signer, 1, &envelope, &err), &err);
    assert_ok(read_envelope(envelope, &e, &err), &err);
    assert_int_equal(e.payload.len, PLUMB_PAYLOAD_MAX);
    plumb_dsse_clear(&e);
    for (size_t more = 1; more <= 3; more++) {
        assert_ok(plumb_base64(big, PLUMB_PAYLOAD_MAX + more, &text, &err), &err);
        json_object_set_new(envelope, "payload", json_string(text));
        assert_refused("dsse.size", read_envelope(envelope, &e, &err), &err);
        free(text);
    }
    json_decref(envelope);
    plumb_signer_free(signer);
    free(big);
}

static void
signatures_have_a_size(void **state)
{
    struct plumb_signer *signer = generate(PLUMB_KEY_ED25519);
    json_t *envelope = sign_one(signer);
    json_t *first = json_array_get(json_object_get(envelope, "signatures"), 0);
    const uint8_t big[513] = { 0 };

    (void)state;
    for (size_t len = 512; len <= 513; len++) {
        struct plumb_dsse e = { .nsigs = 0 };
        struct plumb_err err;
        char *text = NULL;

        assert_ok(plumb_base64(big, len, &text, &err), &err);
        json_object_set_new(first, "sig", json_string(text));
        if (len == 512)
            assert_ok(read_envelope(envelope, &e, &err), &err);
        else
            assert_refused("dsse.form", read_envelope(envelope, &e, &err), &err);
        plumb_dsse_clear(&e);
        free(text);
    }
    json_decref(envelope);
    plumb_signer_free(signer);
}

#define TYPE "\"payloadType\":\"application/vnd.in-toto+json\""
#define SIGS "\"signatures\":[{\"sig\":\"AAAA\"}]"

static void
envelopes_of_ours_have_one_form(void **state)
{
    static const struct {
        const char *text, *rule;
    } cases[] = {
        { "{\"payload\":\"e30=\"," TYPE "," SIGS "}", NULL },
        { "{\"payload\":\"e30=\"," TYPE ",\"signatures\":[{\"keyid\":\"k\",\"sig\":\"AAAA\"}]}",
          NULL },
        { "[]", "dsse.form" },
        { "{}", "dsse.form" },
        { "{\"payload\":\"e30=\"," TYPE "}", "dsse.form" },
        { "{" TYPE "," SIGS "}", "dsse.form" },
        { "{\"payload\":\"e30=\"," SIGS "}", "dsse.form" },
        { "{\"payload\":\"e30=\"," TYPE "," SIGS ",\"x\":1}", "dsse.form" },
        { "{\"payload\":\"e30\"," TYPE "," SIGS "}", "dsse.form" },
        { "{\"payload\":\"e31=\"," TYPE "," SIGS "}", "dsse.form" },
        { "{\"payload\":\"__8=\"," TYPE "," SIGS "}", "dsse.form" },
        { "{\"payload\":1," TYPE "," SIGS "}", "dsse.form" },
        { "{\"payload\":\"e30=\",\"payloadType\":\"text/plain\"," SIGS "}", "dsse.type" },
        { "{\"payload\":\"e30=\",\"payloadType\":1," SIGS "}", "dsse.form" },
        { "{\"payload\":\"e30=\"," TYPE ",\"signatures\":{}}", "dsse.form" },
        { "{\"payload\":\"e30=\"," TYPE ",\"signatures\":[1]}", "dsse.form" },
        { "{\"payload\":\"e30=\"," TYPE ",\"signatures\":[{}]}", "dsse.form" },
        { "{\"payload\":\"e30=\"," TYPE ",\"signatures\":[{\"sig\":\"A\"}]}", "dsse.form" },
        { "{\"payload\":\"e30=\"," TYPE ",\"signatures\":[{\"sig\":\"AAAA\",\"cert\":\"\"}]}",
          "dsse.form" },
        { "{\"payload\":\"e30=\"," TYPE ",\"signatures\":[{\"sig\":\"AAAA\",\"keyid\":1}]}",
          "dsse.form" },
        { "{\"payload\":\"e30=\"," TYPE ",\"signatures\":[{\"sig\":\"AAAA\",\"keyid\":"
          "\"0123456789012345678901234567890123456789012345678901234567890123456789"
          "01234567890\"}]}",
          "dsse.form" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct plumb_dsse e = { .nsigs = 0 };
        struct plumb_err err = { 0 };
        json_t *json = NULL;

        assert_ok(plumb_json_load(cases[i].text, strlen(cases[i].text), 4096, PLUMB_JSON_DEPTH,
                                  &json, &err),
                  &err);
        if (cases[i].rule == NULL)
            assert_ok(read_envelope(json, &e, &err), &err);
        else if (read_envelope(json, &e, &err) == PLUMB_OK ||
                 strcmp(err.rule, cases[i].rule) != 0)
            fail_msg("%s: want %s, got [%s] %s", cases[i].text, cases[i].rule, err.rule,
                     err.msg);
        plumb_dsse_clear(&e);
        json_decref(json);
    }
}

static void
an_absent_touch_is_said_to_be_that(void **state)
{
    struct plumb_signer *signer = generate(PLUMB_KEY_ED25519);
    struct plumb_pubkey *key = as_security_key(signer, "ssh:", false);
    struct plumb_bytes pae = { 0 };
    struct plumb_dsse_signature sig = { .keyid = "" };
    struct plumb_dsse e = { .payload_type = "t", .sigs = &sig, .nsigs = 1 };
    struct plumb_err err;

    (void)state;
    assert_ok(plumb_dsse_pae("t", "", 0, &pae, &err), &err);
    sig.sig = security_key_sign(signer, "ssh:", 0, 1, pae.data, pae.len);
    assert_refused("signature.user-presence", plumb_dsse_verify(&e, key, &err), &err);
    e.nsigs = 0;
    assert_refused("signature.bad", plumb_dsse_verify(&e, key, &err), &err);
    plumb_bytes_clear(&sig.sig);
    plumb_bytes_clear(&pae);
    plumb_pubkey_free(key);
    plumb_signer_free(signer);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pae_is_that_of_the_specification),
        cmocka_unit_test(the_specifications_signature_verifies),
        cmocka_unit_test(what_was_signed_is_read_and_verified),
        cmocka_unit_test(signers_of_the_genesis_add_theirs),
        cmocka_unit_test(an_envelope_has_at_most_so_many_signatures),
        cmocka_unit_test(payloads_have_a_size),
        cmocka_unit_test(signatures_have_a_size),
        cmocka_unit_test(envelopes_of_ours_have_one_form),
        cmocka_unit_test(an_absent_touch_is_said_to_be_that),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
