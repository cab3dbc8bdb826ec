#include "tests/t.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "supply/attestation.h"
#include "tests/make.h"

#define PROVENANCE    "https://slsa.dev/provenance/v1"
#define PROVENANCE_02 "https://slsa.dev/provenance/v0.2"

struct stage {
    struct make make;
    const struct plumb_pubkey *keys[2]; /* of qa, and of lab */
    struct attestation_keyring ring;
    struct plumb_digest artifact;
    struct plumb_err err;
};

static void
stage_begin(struct stage *s)
{
    *s = (struct stage){ .ring.nkeys = 2 };
    make_begin(&s->make, 1795489892);
    make_outsider(&s->make, "qa");
    make_outsider(&s->make, "lab");
    make_outsider(&s->make, "mallory");
    s->keys[0] = make_who(&s->make, "qa")->sign->pub;
    s->keys[1] = make_who(&s->make, "lab")->sign->pub;
    s->ring.keys = s->keys;
    s->artifact = make_digest("artifact");
}

static enum plumb_code
open_bytes(struct stage *s, const struct plumb_bytes *bytes, struct attestation **ret)
{
    *ret = NULL;
    s->err = (struct plumb_err){ 0 };
    return attestation_open(bytes->data, bytes->len, &s->ring, ret, &s->err);
}

static struct attestation *
must_open(struct stage *s, const char *who, const char *type, const char *predicate)
{
    json_t *json = json_loads(predicate, 0, NULL);
    struct plumb_bytes bytes;
    struct attestation *a;

    assert_non_null(json);
    bytes = make_attestation(&s->make, who, type, &s->artifact, 1, json);
    assert_ok(open_bytes(s, &bytes, &a), &s->err);
    assert_true(attestation_about(a, &s->artifact));
    plumb_bytes_clear(&bytes);
    return a;
}

static void
provenance_is_read(void **state)
{
    struct stage s;
    struct attestation *a;

    (void)state;
    stage_begin(&s);
    a = must_open(&s, "qa", PROVENANCE,
                  "{\"buildDefinition\": {\"buildType\": \"t\", \"externalParameters\":"
                  " {\"source\": \"git+https://git.example/web@refs/heads/main\"},"
                  " \"resolvedDependencies\": [{\"uri\": \"u\", \"digest\": {\"gitCommit\":"
                  " \"abc\"}}]}, \"runDetails\": {\"builder\": {\"id\": \"b\"}, \"metadata\":"
                  " {\"finishedOn\": \"2026-11-24T03:11:32.5+00:00\"}}}");
    assert_int_equal(a->kind, ATTESTATION_PROVENANCE);
    assert_int_equal(a->nsigners, 1);
    assert_true(a->signers[0].by_key);
    assert_true(plumb_digest_eq(&a->signers[0].key, plumb_pubkey_id(s.keys[0])));
    assert_string_equal(a->u.provenance.builder, "b");
    assert_string_equal(a->u.provenance.source, "https://git.example/web");
    assert_string_equal(a->u.provenance.source_ref, "refs/heads/main");
    assert_int_equal(a->u.provenance.finished, 1795489892);
    assert_int_equal(a->u.provenance.started, PLUMB_TIME_NEVER);
    assert_int_equal(a->u.provenance.ndependencies, 1);
    assert_string_equal(a->u.provenance.dependencies[0].revision, "abc");
    attestation_free(a);
    a = must_open(&s, "qa", PROVENANCE,
                  "{\"buildDefinition\": {\"buildType\": \"t\", \"externalParameters\":"
                  " {\"workflow\": {\"ref\": \"refs/tags/v1\", \"repository\":"
                  " \"https://user@git.example/web\"}}}, \"runDetails\": {\"builder\": {\"id\":"
                  " \"b\"}}}");
    assert_string_equal(a->u.provenance.source, "https://user@git.example/web");
    assert_string_equal(a->u.provenance.source_ref, "refs/tags/v1");
    attestation_free(a);
    make_end(&s.make);
}

static void
provenance_of_version_0_2_is_read(void **state)
{
    struct stage s;
    struct attestation *a;

    (void)state;
    stage_begin(&s);
    a = must_open(
        &s, "qa", PROVENANCE_02,
        "{\"builder\": {\"id\": \"b\"}, \"buildType\": \"t\", \"invocation\":"
        " {\"configSource\": {\"uri\": \"git+https://git.example/web@refs/tags/v1\"}},"
        " \"metadata\": {\"buildStartedOn\": \"2026-11-24T03:11:31Z\","
        " \"buildFinishedOn\": \"2026-11-24T03:11:32Z\"}, \"materials\": [{\"uri\":"
        " \"u\", \"digest\": {\"sha1\": \"abc\"}}]}");
    assert_int_equal(a->kind, ATTESTATION_PROVENANCE);
    assert_string_equal(a->u.provenance.builder, "b");
    assert_string_equal(a->u.provenance.build_type, "t");
    assert_string_equal(a->u.provenance.source, "https://git.example/web");
    assert_string_equal(a->u.provenance.source_ref, "refs/tags/v1");
    assert_int_equal(a->u.provenance.started, 1795489891);
    assert_int_equal(a->u.provenance.finished, 1795489892);
    assert_int_equal(a->u.provenance.ndependencies, 1);
    assert_string_equal(a->u.provenance.dependencies[0].revision, "abc");
    attestation_free(a);
    make_end(&s.make);
}

static void
every_signer_of_the_ring_is_told_once(void **state)
{
    struct stage s;
    struct attestation *a;

    (void)state;
    stage_begin(&s);
    a = must_open(&s, "lab mallory qa", REBUILD_TYPE, "{\"environment\": \"e\"}");
    assert_int_equal(a->nsigners, 2);
    assert_int_equal(a->kind, ATTESTATION_REBUILD);
    attestation_free(a);
    s.keys[1] = s.keys[0];
    a = must_open(&s, "qa", REBUILD_TYPE, "{}");
    assert_int_equal(a->nsigners, 1);
    attestation_free(a);
    make_end(&s.make);
}

static void
what_we_define_ourselves_is_read(void **state)
{
    struct stage s;
    struct attestation *a;

    (void)state;
    stage_begin(&s);
    a = must_open(
        &s, "qa", ASSERTION_TYPE,
        "{\"control\": \"DEV-IO\", \"statement\": \"yes\", \"until\":"
        " \"2026-11-24T03:11:32Z\", \"documents\": [\"11111111111111111111111111111111"
        "11111111111111111111111111111111\"]}");
    assert_int_equal(a->kind, ATTESTATION_ASSERTION);
    assert_string_equal(a->u.assertion.control, "DEV-IO");
    assert_string_equal(a->u.assertion.statement, "yes");
    assert_int_equal(a->u.assertion.ndocuments, 1);
    assert_int_equal(a->u.assertion.until, 1795489892);
    attestation_free(a);
    make_end(&s.make);
}

static const struct {
    const char *type, *predicate;
    enum attestation_kind kind;
} known[] = {
    { "https://slsa.dev/verification_summary/v1",
      "{\"verifier\": {\"id\": \"v\"}, \"resourceUri\": \"r\", \"verificationResult\":"
      " \"PASSED\", \"verifiedLevels\": [\"SLSA_BUILD_LEVEL_2\"]}",
      ATTESTATION_SUMMARY },
    { "https://in-toto.io/attestation/scai/v0.3", "{\"attributes\": [{\"attribute\": \"A\"}]}",
      ATTESTATION_ATTRIBUTES },
    { "https://in-toto.io/attestation/reference/v0.1", "{\"references\": [{\"uri\": \"u\"}]}",
      ATTESTATION_REFERENCE },
    { "https://cyclonedx.org/bom", "{}", ATTESTATION_SBOM },
    { "https://cyclonedx.org/bom/v1.6", "{}", ATTESTATION_SBOM },
    { "https://spdx.dev/Document/v2.3", "{}", ATTESTATION_SBOM },
    { "https://openvex.dev/ns/v0.2.0", "{}", ATTESTATION_VEX },
    { "https://cyclonedx.org/bombast", "{}", ATTESTATION_OTHER },
    { "https://slsa.dev/provenance/v1/x", "{}", ATTESTATION_OTHER },
};

static void
each_predicate_is_known_by_its_type(void **state)
{
    struct stage s;

    (void)state;
    stage_begin(&s);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct attestation *a = must_open(&s, "qa", known[i].type, known[i].predicate);

        assert_int_equal(a->kind, known[i].kind);
        assert_true((a->document.len > 0) ==
                    (a->kind == ATTESTATION_SBOM || a->kind == ATTESTATION_VEX));
        attestation_free(a);
    }
    make_end(&s.make);
}

static const struct {
    const char *type, *predicate;
} wrong[] = {
    { PROVENANCE, "{}" },
    { PROVENANCE, "{\"runDetails\": {\"builder\": {\"id\": \"b\"}}}" },
    { PROVENANCE, "{\"buildDefinition\": {\"buildType\": \"t\", \"resolvedDependencies\": 1},"
                  " \"runDetails\": {\"builder\": {\"id\": \"b\"}}}" },
    { PROVENANCE, "{\"buildDefinition\": {\"buildType\": \"t\"}, \"runDetails\": {\"builder\":"
                  " {\"id\": \"b\"}, \"metadata\": {\"finishedOn\": \"soon\"}}}" },
    { PROVENANCE_02, "{\"buildType\": \"t\"}" },
    { PROVENANCE_02, "{\"builder\": {\"id\": \"b\"}}" },
    { PROVENANCE_02, "{\"builder\": {\"id\": \"b\"}, \"buildType\": \"t\", \"materials\": 1}" },
    { PROVENANCE_02, "{\"builder\": {\"id\": \"b\"}, \"buildType\": \"t\", \"metadata\":"
                     " {\"buildFinishedOn\": \"soon\"}}" },
    { "https://slsa.dev/verification_summary/v1",
      "{\"verifier\": {\"id\": \"v\"}, \"resourceUri\": \"r\", \"verificationResult\": "
      "\"OK\"}" },
    { "https://in-toto.io/attestation/scai/v0.3", "{\"attributes\": []}" },
    { "https://in-toto.io/attestation/scai/v0.3", "{\"attributes\": [1]}" },
    { "https://in-toto.io/attestation/reference/v0.1", "{\"references\": []}" },
    { "https://in-toto.io/attestation/reference/v0.1", "{\"references\": [1]}" },
    { ASSERTION_TYPE, "{\"control\": \"DEV-IO\", \"statement\": \"yes\"}" },
    { ASSERTION_TYPE,
      "{\"control\": \"DEV-IO\", \"statement\": \"yes\", \"documents\": [\"x\"]}" },
    { ASSERTION_TYPE, "{\"statement\": \"yes\"}" },
};

static void
a_predicate_that_lacks_what_it_must_say_is_refused(void **state)
{
    struct stage s;

    (void)state;
    stage_begin(&s);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct plumb_bytes bytes = make_attestation(&s.make, "qa", wrong[i].type, &s.artifact,
                                                    1, json_loads(wrong[i].predicate, 0, NULL));
        struct attestation *a;

        assert_refused("attestation.predicate", open_bytes(&s, &bytes, &a), &s.err);
        plumb_bytes_clear(&bytes);
    }
    make_end(&s.make);
}

static void
refuse_text(struct stage *s, const char *rule, const char *text)
{
    struct attestation *a = NULL;

    assert_refused(rule, attestation_open(text, strlen(text), &s->ring, &a, &s->err), &s->err);
    assert_null(a);
}

static void
what_is_no_signed_envelope_is_refused(void **state)
{
    struct stage s;

    (void)state;
    stage_begin(&s);
    refuse_text(&s, "json.syntax", "{");
    refuse_text(&s, "json.duplicate-key", "{\"payload\": 1, \"payload\": 2}");
    refuse_text(&s, "attestation.unsigned",
                "{\"_type\": \"https://in-toto.io/Statement/v1\", \"subject\": []}");
    refuse_text(&s, "attestation.form", "{}");
    refuse_text(&s, "attestation.form",
                "{\"payloadType\": \"application/vnd.in-toto+json\", \"payload\": \"e30=\","
                " \"signatures\": []}");
    refuse_text(&s, "attestation.form",
                "{\"payloadType\": \"application/vnd.in-toto+json\", \"payload\": \"!\","
                " \"signatures\": [{\"sig\": \"AA==\"}]}");
    refuse_text(&s, "attestation.form",
                "{\"payloadType\": \"application/vnd.in-toto+json\", \"payload\": \"e30=\","
                " \"signatures\": [{\"keyid\": \"x\"}]}");
    refuse_text(&s, "attestation.type",
                "{\"payloadType\": \"text/plain\", \"payload\": \"e30=\","
                " \"signatures\": [{\"sig\": \"AA==\"}]}");
    refuse_text(&s, "attestation.signer",
                "{\"payloadType\": \"application/vnd.in-toto+json\", \"payload\": \"e30=\","
                " \"signatures\": [{\"sig\": \"AA==\"}]}");
    make_end(&s.make);
}

static void
a_signer_outside_the_ring_is_nobody(void **state)
{
    struct stage s;
    struct plumb_bytes bytes;
    struct attestation *a;

    (void)state;
    stage_begin(&s);
    bytes = make_attestation(&s.make, "mallory", REBUILD_TYPE, &s.artifact, 1, json_object());
    assert_refused("attestation.signer", open_bytes(&s, &bytes, &a), &s.err);
    plumb_bytes_clear(&bytes);
    make_end(&s.make);
}

/* Signed by qa: any payload. */
static void
refuse_payload(struct stage *s, const char *rule, const char *payload)
{
    const struct make_person *qa = make_who(&s->make, "qa");
    json_t *envelope = NULL;
    char *text;

    assert_ok(plumb_dsse_sign(payload, strlen(payload), &qa->sign, 1, &envelope, &s->err),
              &s->err);
    text = json_dumps(envelope, 0);
    refuse_text(s, rule, text);
    free(text);
    json_decref(envelope);
}

#define V1        "\"_type\": \"https://in-toto.io/Statement/v1\""
#define PREDICATE "\"predicateType\": \"urn:plumbline:rebuild:v1\", \"predicate\": {}"
#define D1        "\"1111111111111111111111111111111111111111111111111111111111111111\""
#define D2        "\"2222222222222222222222222222222222222222222222222222222222222222\""

static void
a_signed_payload_is_read_as_strictly(void **state)
{
    struct stage s;

    (void)state;
    stage_begin(&s);
    refuse_payload(&s, "attestation.type", "{}");
    refuse_payload(&s, "attestation.subject", "{" V1 ", " PREDICATE "}");
    refuse_payload(&s, "attestation.subject", "{" V1 ", \"subject\": [{}], " PREDICATE "}");
    refuse_payload(&s, "attestation.subject",
                   "{" V1 ", \"subject\": [{\"digest\": {\"sha256\": \"AB\"}}], " PREDICATE
                   "}");
    refuse_payload(&s, "attestation.subject",
                   "{" V1 ", \"subject\": [{\"name\": \"a\", \"digest\": {\"sha256\": " D1 "}},"
                   " {\"name\": \"a\", \"digest\": {\"sha256\": " D2 "}}], " PREDICATE "}");
    refuse_payload(&s, "attestation.subject", /* what is not compared stands between */
                   "{" V1 ", \"subject\": [{\"name\": \"a\", \"digest\": {\"sha256\": " D1 "}},"
                   " {\"name\": \"a\", \"digest\": {\"sha1\": \"ab\"}},"
                   " {\"name\": \"a\", \"digest\": {\"sha256\": " D2 "}}], " PREDICATE "}");
    refuse_payload(&s, "attestation.type",
                   "{" V1 ", \"subject\": [{\"digest\": {\"sha256\": " D1 "}}]}");
    refuse_payload(&s, "attestation.predicate",
                   "{" V1 ", \"subject\": [{\"digest\": {\"sha256\": " D1 "}}],"
                   " \"predicateType\": \"x\", \"predicate\": 1}");
    make_end(&s.make);
}

#define V01  "\"_type\": \"https://in-toto.io/Statement/v0.1\""
#define TEXT "{" V01 ", \"subject\": [{\"digest\": {\"sha256\": " D1 "}}], " PREDICATE "}"

/* Signed by qa over what the caller says, with the signature as it is or in URL-safe base64
 * without padding. */
static char *
envelope_of(struct stage *s, const struct plumb_signer *by, const struct plumb_bytes *signed_,
            bool safe)
{
    struct plumb_bytes sig = { 0 };
    char *payload = NULL, *text = NULL;
    char *ret;

    assert_ok(by->sign(by->self, signed_->data, signed_->len, &sig, &s->err), &s->err);
    assert_ok(plumb_base64(TEXT, strlen(TEXT), &payload, &s->err), &s->err);
    assert_ok(plumb_base64(sig.data, sig.len, &text, &s->err), &s->err);
    for (char *c = text; safe && *c != '\0'; c++)
        *c = *c == '+' ? '-' : *c == '/' ? '_' : *c == '=' ? '\0' : *c;
    ret = malloc(strlen(payload) + strlen(text) + 200);
    assert_non_null(ret);
    (void)sprintf(ret,
                  "{\"payloadType\": \"application/vnd.in-toto+json\", \"payload\": \"%s\","
                  " \"signatures\": [{\"sig\": \"%s\"}], \"more\": 1}",
                  payload, text);
    free(payload);
    free(text);
    plumb_bytes_clear(&sig);
    return ret;
}

static void
a_statement_of_version_0_1_is_read_in_either_base64(void **state)
{
    struct stage s;
    struct plumb_bytes pae = { 0 };

    (void)state;
    stage_begin(&s);
    assert_ok(plumb_dsse_pae(PLUMB_PAYLOAD_TYPE, TEXT, strlen(TEXT), &pae, &s.err), &s.err);
    for (int safe = 0; safe < 2; safe++) {
        char *text = envelope_of(&s, make_who(&s.make, "qa")->sign, &pae, safe == 1);
        struct attestation *a = NULL;

        assert_ok(attestation_open(text, strlen(text), &s.ring, &a, &s.err), &s.err);
        assert_int_equal(a->kind, ATTESTATION_REBUILD);
        attestation_free(a);
        free(text);
    }
    plumb_bytes_clear(&pae);
    make_end(&s.make);
}

static void
a_signature_over_the_bare_payload_is_refused(void **state)
{
    const struct plumb_bytes bare = { (uint8_t *)TEXT, strlen(TEXT) };
    struct stage s;
    char *text;

    (void)state;
    stage_begin(&s);
    text = envelope_of(&s, make_who(&s.make, "qa")->sign, &bare, false);
    refuse_text(&s, "attestation.bare", text);
    free(text);
    text = envelope_of(&s, make_who(&s.make, "mallory")->sign, &bare, false);
    refuse_text(&s, "attestation.signer", text);
    free(text);
    make_end(&s.make);
}

/* Of qa by a key on P-256: a raw signature is r and s, 32 bytes each. */
static void
raw_of(const struct plumb_bytes *der, struct plumb_bytes *ret, struct plumb_err *err)
{
    const uint8_t *p = der->data + 2;
    uint8_t raw[64] = { 0 };

    for (int i = 0; i < 2; i++) {
        size_t len = p[1], skip = len > 32 ? len - 32 : 0;

        memcpy(raw + 32 * i + 32 - (len - skip), p + 2 + skip, len - skip);
        p += 2 + len;
    }
    assert_ok(plumb_bytes_copy(raw, sizeof raw, ret, err), err);
}

/* Signs as DER or raw; hands out what it is given. */
struct p256 {
    struct plumb_signer *key;
    bool raw;
};

static enum plumb_code
sign_p256(void *self, const void *msg, size_t len, struct plumb_bytes *ret,
          struct plumb_err *err)
{
    struct p256 *p = self;
    struct plumb_bytes der = { 0 };

    assert_ok(p->key->sign(p->key->self, msg, len, &der, err), err);
    if (p->raw)
        raw_of(&der, ret, err);
    else
        *ret = der;
    if (p->raw)
        plumb_bytes_clear(&der);
    return PLUMB_OK;
}

static void
ecdsa_signatures_are_read_as_der_and_raw(void **state)
{
    struct p256 p = { NULL, false };
    struct plumb_bytes pae = { 0 };
    struct stage s;

    (void)state;
    stage_begin(&s);
    assert_ok(plumb_signer_generate(PLUMB_KEY_P256, &p.key, &s.err), &s.err);
    s.keys[0] = p.key->pub;
    assert_ok(plumb_dsse_pae(PLUMB_PAYLOAD_TYPE, TEXT, strlen(TEXT), &pae, &s.err), &s.err);
    for (int i = 0; i < 2; i++) {
        const struct plumb_signer by = { .pub = p.key->pub, .self = &p, .sign = sign_p256 };
        struct attestation *a = NULL;
        char *text;

        p.raw = i == 1;
        text = envelope_of(&s, &by, &pae, false);
        assert_ok(attestation_open(text, strlen(text), &s.ring, &a, &s.err), &s.err);
        attestation_free(a);
        free(text);
    }
    plumb_signer_free(p.key);
    plumb_bytes_clear(&pae);
    make_end(&s.make);
}

/* A thousand arrays deep, inside a member. */
static char *
nested(const char *before, const char *after)
{
    char *ret = malloc(strlen(before) + strlen(after) + 2001), *p;

    assert_non_null(ret);
    p = stpcpy(ret, before);
    memset(p, '[', 1000);
    memset(p + 1000, ']', 1000);
    (void)strcpy(p + 2000, after);
    return ret;
}

static void
what_is_nested_a_thousand_deep_is_refused(void **state)
{
    struct stage s;
    char *text;

    (void)state;
    stage_begin(&s);
    text = nested("{\"payloadType\": \"x\", \"more\": ", "}");
    refuse_text(&s, "json.depth", text);
    free(text);
    text = nested("{" V1 ", \"subject\": [{\"digest\": {\"sha256\": " D1 "}}], " PREDICATE
                  ", \"more\": ",
                  "}");
    refuse_payload(&s, "json.depth", text);
    free(text);
    make_end(&s.make);
}

static void
envelopes_are_told_from_other_files(void **state)
{
    struct stage s;
    struct plumb_bytes bytes;

    (void)state;
    stage_begin(&s);
    bytes = make_attestation(&s.make, "mallory", "x", &s.artifact, 1, json_object());
    assert_true(attestation_is(bytes.data, bytes.len));
    assert_false(attestation_is("{}", 2));
    assert_false(attestation_is("-----", 5));
    assert_string_equal(attestation_text(ATTESTATION_ASSERTION), "control-assertion");
    assert_string_equal(attestation_text(ATTESTATION_KIND_COUNT), "?");
    plumb_bytes_clear(&bytes);
    make_end(&s.make);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(provenance_is_read),
        cmocka_unit_test(provenance_of_version_0_2_is_read),
        cmocka_unit_test(every_signer_of_the_ring_is_told_once),
        cmocka_unit_test(what_we_define_ourselves_is_read),
        cmocka_unit_test(each_predicate_is_known_by_its_type),
        cmocka_unit_test(a_predicate_that_lacks_what_it_must_say_is_refused),
        cmocka_unit_test(what_is_no_signed_envelope_is_refused),
        cmocka_unit_test(a_signer_outside_the_ring_is_nobody),
        cmocka_unit_test(a_signed_payload_is_read_as_strictly),
        cmocka_unit_test(a_statement_of_version_0_1_is_read_in_either_base64),
        cmocka_unit_test(a_signature_over_the_bare_payload_is_refused),
        cmocka_unit_test(ecdsa_signatures_are_read_as_der_and_raw),
        cmocka_unit_test(what_is_nested_a_thousand_deep_is_refused),
        cmocka_unit_test(envelopes_are_told_from_other_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
