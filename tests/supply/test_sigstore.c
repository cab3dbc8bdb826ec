#include "tests/t.h"

#include <stdlib.h>
#include <string.h>

#include "supply/attestation.h"
#include "supply/sigstore.h"
#include "tests/make.h"
#include "tests/notary.h"

#define NOW 1795489892
#define D1  "1111111111111111111111111111111111111111111111111111111111111111"
#define STATEMENT(name)                                                                        \
    "{\"_type\": \"https://in-toto.io/Statement/v1\", \"subject\": [{\"name\": \"" name        \
    "\", \"digest\": {\"sha256\": \"" D1 "\"}}],"                                              \
    " \"predicateType\": \"" REBUILD_TYPE "\", \"predicate\": {}}"

struct stage {
    struct notary notary;
    struct sigstore_root *root;
    struct attestation_keyring ring;
    struct plumb_err err;
};

static enum plumb_code
read_root(json_t *json, struct sigstore_root **ret, struct plumb_err *err)
{
    char *text = json_dumps(json, JSON_COMPACT);
    enum plumb_code code;

    assert_non_null(text);
    *ret = NULL;
    code = sigstore_root_read(text, strlen(text), ret, err);
    free(text);
    json_decref(json);
    return code;
}

static void
stage_begin(struct stage *s)
{
    *s = (struct stage){ .root = NULL };
    notary_begin(&s->notary, NOW);
    assert_ok(read_root(notary_root(&s->notary), &s->root, &s->err), &s->err);
    s->ring.root = s->root;
}

static void
stage_end(struct stage *s)
{
    sigstore_root_free(s->root);
    notary_end(&s->notary);
}

static enum plumb_code
open_json(struct stage *s, const json_t *json, struct attestation **ret)
{
    char *text = json_dumps(json, JSON_COMPACT);
    enum plumb_code code;

    assert_non_null(text);
    assert_true(attestation_is(text, strlen(text)));
    *ret = NULL;
    s->err = (struct plumb_err){ 0 };
    code = attestation_open(text, strlen(text), &s->ring, ret, &s->err);
    assert_true((code == PLUMB_OK) == (*ret != NULL));
    free(text);
    return code;
}

static const struct notary_wish good[] = {
    { .version = NULL },
    { .version = "0.3" },
    { .version = "0.2" },
    { .version = "0.1", .no_proof = true },
    { .intoto = true },
    { .legacy_issuer = true },
    { .key_usage = "digitalSignature,keyEncipherment" },
};

static void
bundles_by_certificate_say_who_and_when(void **state)
{
    struct stage s;

    (void)state;
    stage_begin(&s);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        json_t *json = notary_bundle(&s.notary, STATEMENT("a"), &good[i]);
        struct attestation *a;

        assert_ok(open_json(&s, json, &a), &s.err);
        assert_int_equal(a->kind, ATTESTATION_REBUILD);
        assert_int_equal(a->nsigners, 1);
        assert_false(a->signers[0].by_key);
        assert_string_equal(a->signers[0].issuer, NOTARY_ISSUER);
        assert_string_equal(a->signers[0].identity, NOTARY_IDENTITY);
        assert_int_equal(a->signers[0].time, NOW);
        attestation_free(a);
        json_decref(json);
    }
    stage_end(&s);
}

static void
an_address_is_an_identity_too(void **state)
{
    const struct notary_wish wish = { .san = "critical,email:ada@example.org" };
    struct attestation *a;
    struct stage s;
    json_t *json;

    (void)state;
    stage_begin(&s);
    json = notary_bundle(&s.notary, STATEMENT("a"), &wish);
    assert_ok(open_json(&s, json, &a), &s.err);
    assert_string_equal(a->signers[0].identity, "ada@example.org");
    attestation_free(a);
    json_decref(json);
    stage_end(&s);
}

/* Well made, and not to be believed. */
static const struct {
    const char *rule;
    struct notary_wish wish;
} refused[] = {
    { "sigstore.certificate", { .self_made = true } },
    { "sigstore.certificate", { .at = NOW + 301 } }, /* it had expired */
    { "sigstore.certificate", { .at = NOW - 301 } },
    { "sigstore.certificate", { .use = "-" } },
    { "sigstore.certificate", { .use = "serverAuth" } },
    { "sigstore.certificate", { .key_usage = "-" } },
    { "sigstore.certificate", { .key_usage = "critical,keyAgreement" } },
    { "sigstore.certificate",
      { .constraints = "critical,CA:TRUE", .key_usage = "digitalSignature,keyCertSign" } },
    { "sigstore.certificate", { .san = "-" } }, /* its subject is empty */
    { "sigstore.identity", { .san = "critical,DNS:git.example" } },
    { "sigstore.identity", { .san = "critical,URI:https://a.example,URI:https://b.example" } },
    { "sigstore.identity", { .san = "critical,URI:https://a.example/\x1b[2J" } },
    { "sigstore.identity", { .issuer = "-" } },
    { "sigstore.identity", { .issuer = "" } },
    { "sigstore.identity", { .issuer = "https://issuer.example\n" } },
    { "sigstore.identity", { .issuer = "", .legacy_issuer = true } },
    { "sigstore.promise", { .other_log = true } },
    { "sigstore.time", { .no_promise = true } },
    { "sigstore.proof", { .no_proof = true } },
    { "sigstore.proof", { .version = "0.2", .no_proof = true } },
    { "sigstore.entry", { .stated = STATEMENT("b") } },
    { "sigstore.entry", { .stated = STATEMENT("b"), .intoto = true } },
    { "sigstore.signature", { .other_signer = true } },
    { "sigstore.log", { .at = NOW - 366L * 86400 } },
};

static void
what_was_never_vouched_for_is_refused(void **state)
{
    struct stage s;

    (void)state;
    stage_begin(&s);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        json_t *json = notary_bundle(&s.notary, STATEMENT("a"), &refused[i].wish);
        struct attestation *a;

        assert_refused(refused[i].rule, open_json(&s, json, &a), &s.err);
        json_decref(json);
    }
    stage_end(&s);
}

/* --- tampering: one member is another, or missing --- */

#define MATERIAL "verificationMaterial."
#define ENTRY    MATERIAL "tlogEntries.0."
#define PROOF    ENTRY "inclusionProof."
#define OTHER    "'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='"

static const struct {
    const char *path, *value; /* NULL: it is missing; its JSON with ' for " */
    const char *rule;
} twins[] = {
    { "mediaType", "'application/vnd.dev.sigstore.bundle+json;version=0.4'",
      "sigstore.version" },
    { "dsseEnvelope", NULL, "sigstore.content" },
    { "dsseEnvelope", "{}", "attestation.form" },
    { "dsseEnvelope.payload", "'e30='", "sigstore.entry" },
    { "dsseEnvelope.payloadType", "'text/plain'", "sigstore.signature" },
    { "dsseEnvelope.signatures", "[]", "attestation.form" },
    { "dsseEnvelope.signatures.0.sig", "'AAAA'", "sigstore.entry" },
    { "dsseEnvelope.signatures.1", "{'sig': 'AAAA'}", "sigstore.form" },
    { "verificationMaterial", NULL, "json.missing" },
    { "verificationMaterial", "1", "json.type" },
    { MATERIAL "certificate", NULL, "sigstore.form" },
    { MATERIAL "certificate", "{}", "json.missing" },
    { MATERIAL "certificate.rawBytes", "'AAAA'", "sigstore.entry" },
    { MATERIAL "x509CertificateChain", "{'certificates': []}", "sigstore.form" },
    { MATERIAL "publicKey", "{'hint': 'x'}", "sigstore.form" },
    { MATERIAL "tlogEntries", NULL, "sigstore.time" },
    { MATERIAL "tlogEntries", "[]", "sigstore.time" },
    { MATERIAL "tlogEntries", "{}", "json.type" },
    { MATERIAL "tlogEntries.1", "{}", "json.missing" },
    { ENTRY "logIndex", "'1000002'", "sigstore.promise" },
    { ENTRY "logIndex", "1000001", "json.type" },
    { ENTRY "logIndex", "'01000001'", "sigstore.form" },
    { ENTRY "logIndex", "'9999999999999999999'", "sigstore.form" },
    { ENTRY "logIndex", NULL, "sigstore.promise" }, /* protobuf's way to say 0 */
    { ENTRY "logId", NULL, "json.missing" },
    { ENTRY "logId.keyId", OTHER, "sigstore.log" },
    { ENTRY "logId.keyId", "'AAAA'", "sigstore.form" },
    { ENTRY "kindVersion.kind", "'intoto'", "sigstore.entry" },
    { ENTRY "kindVersion.version", "'0.0.2'", "sigstore.entry" },
    { ENTRY "integratedTime", "'1795489893'", "sigstore.promise" },
    { ENTRY "integratedTime", "'-1'", "sigstore.form" },
    { ENTRY "integratedTime", "'253402300800'", "sigstore.form" },
    { ENTRY "integratedTime", NULL, "sigstore.log" },
    { ENTRY "inclusionPromise", "{}", "json.missing" },
    { ENTRY "inclusionPromise.signedEntryTimestamp", "'AAAA'", "sigstore.promise" },
    { ENTRY "canonicalizedBody", "'e30='", "sigstore.promise" },
    { ENTRY "canonicalizedBody", NULL, "json.missing" },
    { PROOF "logIndex", "'0'", "sigstore.proof" },
    { PROOF "treeSize", "'3'", "sigstore.proof" },
    { PROOF "treeSize", NULL, "sigstore.proof" },
    { PROOF "rootHash", OTHER, "sigstore.proof" },
    { PROOF "hashes", "[]", "sigstore.proof" },
    { PROOF "hashes", NULL, "sigstore.proof" },
    { PROOF "hashes.0", OTHER, "sigstore.proof" },
    { PROOF "hashes.0", "'AAAA'", "sigstore.form" },
    { PROOF "checkpoint", NULL, "json.missing" },
    { PROOF "checkpoint.envelope", "'x'", "note.form" },
    { PROOF "checkpoint.envelope",
      "'log.example\\n2\\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\\n\\n"
      "\xe2\x80\x94 log.example AAAAAAAA\\n'",
      "sigstore.proof" }, /* of another tree */
};

static json_t *
value_of(const char *text)
{
    char *quoted = strdup(text);
    json_t *ret;

    assert_non_null(quoted);
    for (char *c = quoted; *c != '\0'; c++)
        *c = *c == '\'' ? '"' : *c;
    ret = json_loads(quoted, JSON_DECODE_ANY, NULL);
    if (ret == NULL)
        fail_msg("no JSON: %s", quoted);
    free(quoted);
    return ret;
}

static void
a_twin_with_one_member_changed_is_refused(void **state)
{
    const struct notary_wish wish = { .version = NULL };
    struct stage s;
    json_t *whole;

    (void)state;
    stage_begin(&s);
    whole = notary_bundle(&s.notary, STATEMENT("a"), &wish);
    for (size_t i = 0; i < sizeof twins / sizeof *twins; i++) {
        struct make m = { .document = json_deep_copy(whole) };
        struct attestation *a;

        make_set(&m, twins[i].path, twins[i].value != NULL ? value_of(twins[i].value) : NULL);
        if (open_json(&s, m.document, &a) == PLUMB_OK || strcmp(s.err.rule, twins[i].rule) != 0)
            fail_msg("%s as %s: want %s, got [%s] %s: %s", twins[i].path,
                     twins[i].value != NULL ? twins[i].value : "(missing)", twins[i].rule,
                     s.err.rule, s.err.where, s.err.msg);
        json_decref(m.document);
    }
    json_decref(whole);
    stage_end(&s);
}

/* The same tree, and a signature that is not the log's. */
static void
a_checkpoint_is_signed_by_the_log(void **state)
{
    const struct notary_wish wish = { .version = NULL };
    struct attestation *a;
    struct make m;
    struct stage s;
    char *note;

    (void)state;
    stage_begin(&s);
    m = (struct make){ .document = notary_bundle(&s.notary, STATEMENT("a"), &wish) };
    note = strdup(json_string_value(make_at(&m, PROOF "checkpoint.envelope")));
    assert_non_null(note);
    memcpy(strstr(note, "log.example - 42"), "log.example - 43", 16);
    make_set(&m, PROOF "checkpoint.envelope", json_string(note));
    assert_refused("sigstore.proof", open_json(&s, m.document, &a), &s.err);
    free(note);
    json_decref(m.document);
    stage_end(&s);
}

static void
without_a_trusted_root_no_certificate_counts(void **state)
{
    const struct notary_wish wish = { .version = NULL };
    struct attestation *a;
    struct notary other;
    struct stage s;
    json_t *json;

    (void)state;
    stage_begin(&s);
    json = notary_bundle(&s.notary, STATEMENT("a"), &wish);
    s.ring.root = NULL;
    assert_refused("sigstore.root", open_json(&s, json, &a), &s.err);
    json_decref(json);
    s.ring.root = s.root;
    notary_begin(&other, NOW);
    json = notary_bundle(&other, STATEMENT("a"), &wish);
    assert_refused("sigstore.log", open_json(&s, json, &a), &s.err);
    json_decref(json);
    notary_end(&other);
    stage_end(&s);
}

/* --- by key --- */

static void
a_bundle_with_a_keys_hint_is_verified_by_the_ring(void **state)
{
    const struct plumb_digest artifact = make_digest("artifact");
    const struct plumb_pubkey *keys[1];
    struct plumb_bytes bytes;
    struct attestation *a;
    struct stage s;
    struct make m;
    json_t *json;

    (void)state;
    stage_begin(&s);
    make_begin(&m, NOW);
    make_outsider(&m, "qa");
    make_outsider(&m, "mallory");
    bytes = make_attestation(&m, "qa", REBUILD_TYPE, &artifact, 1, json_object());
    json = json_pack("{s:s, s:{s:{s:s}}, s:o}", "mediaType",
                     "application/vnd.dev.sigstore.bundle+json;version=0.2",
                     "verificationMaterial", "publicKey", "hint", "x", "dsseEnvelope",
                     json_loadb((char *)bytes.data, bytes.len, 0, NULL));
    s.ring = (struct attestation_keyring){ keys, 1, NULL };
    keys[0] = make_who(&m, "qa")->sign->pub;
    assert_ok(open_json(&s, json, &a), &s.err);
    assert_true(a->signers[0].by_key);
    attestation_free(a);
    keys[0] = make_who(&m, "mallory")->sign->pub;
    assert_refused("attestation.signer", open_json(&s, json, &a), &s.err);
    json_decref(json);
    plumb_bytes_clear(&bytes);
    make_end(&m);
    stage_end(&s);
}

/* --- trusted roots --- */

#define LOG       "tlogs.0."
#define AUTHORITY "certificateAuthorities.0."

static const struct {
    const char *path, *value;
    const char *rule; /* NULL: it is read */
} roots[] = {
    { "tlogs", NULL, "json.missing" },
    { "tlogs", "[]", "json.length" },
    { LOG "publicKey.rawBytes", "'AAAA'", NULL }, /* a log that we cannot verify */
    { LOG "logId.keyId", "'AAAA'", NULL },
    { LOG "publicKey.validFor", NULL, "json.missing" },
    { LOG "publicKey.validFor.start", "'soon'", "sigstore.trusted-root" },
    { "certificateAuthorities", "[]", "json.length" },
    { AUTHORITY "certChain.certificates", "[]", "json.length" },
    { AUTHORITY "certChain.certificates.0.rawBytes", "'AAAA'", "sigstore.trusted-root" },
    { AUTHORITY "certChain.certificates.1.rawBytes", "'AAAA'", "sigstore.trusted-root" },
    { AUTHORITY "validFor.end", "1", "json.type" },
    { "more", "1", NULL },
};

static void
a_trusted_root_is_read_strictly(void **state)
{
    struct stage s;

    (void)state;
    stage_begin(&s);
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
        struct make m = { .document = notary_root(&s.notary) };
        struct sigstore_root *root;
        enum plumb_code code;

        make_set(&m, roots[i].path, roots[i].value != NULL ? value_of(roots[i].value) : NULL);
        code = read_root(m.document, &root, &s.err);
        if (roots[i].rule == NULL)
            assert_ok(code, &s.err);
        else
            assert_refused(roots[i].rule, code, &s.err);
        sigstore_root_free(root);
    }
    stage_end(&s);
}

/* Each of its periods, changed so that the signing falls out of it. */
static const struct {
    const char *path, *value, *rule;
} periods[] = {
    { LOG "publicKey.validFor.start", "'2030-01-01T00:00:00Z'", "sigstore.log" },
    { LOG "publicKey.validFor.end", "'2026-01-01T00:00:00Z'", "sigstore.log" },
    { AUTHORITY "validFor.start", "'2030-01-01T00:00:00Z'", "sigstore.certificate" },
    { AUTHORITY "validFor.end", "'2026-01-01T00:00:00Z'", "sigstore.certificate" },
};

static void
keys_and_authorities_count_in_their_time_only(void **state)
{
    const struct notary_wish wish = { .version = NULL };
    struct stage s;
    json_t *json;

    (void)state;
    stage_begin(&s);
    json = notary_bundle(&s.notary, STATEMENT("a"), &wish);
    for (size_t i = 0; i < sizeof periods / sizeof *periods; i++) {
        struct make m = { .document = notary_root(&s.notary) };
        struct sigstore_root *root;
        struct attestation *a;

        make_set(&m, periods[i].path, value_of(periods[i].value));
        assert_ok(read_root(m.document, &root, &s.err), &s.err);
        s.ring.root = root;
        assert_refused(periods[i].rule, open_json(&s, json, &a), &s.err);
        sigstore_root_free(root);
    }
    json_decref(json);
    stage_end(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bundles_by_certificate_say_who_and_when),
        cmocka_unit_test(an_address_is_an_identity_too),
        cmocka_unit_test(what_was_never_vouched_for_is_refused),
        cmocka_unit_test(a_twin_with_one_member_changed_is_refused),
        cmocka_unit_test(a_checkpoint_is_signed_by_the_log),
        cmocka_unit_test(without_a_trusted_root_no_certificate_counts),
        cmocka_unit_test(a_bundle_with_a_keys_hint_is_verified_by_the_ring),
        cmocka_unit_test(a_trusted_root_is_read_strictly),
        cmocka_unit_test(keys_and_authorities_count_in_their_time_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
