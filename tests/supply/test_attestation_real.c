/* Envelopes of others' making, with the keys that they are told to be verified by. */
#include "tests/t.h"

#include <plumb/dsse.h>
#include <plumb/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"
#include "supply/attestation.h"
#include "tests/real.h"

#define KEYS_MAX 32

struct ring {
    struct plumb_pubkey *keys[KEYS_MAX];
    struct attestation_keyring ring;
};

static void
add_key(struct ring *r, const char *path)
{
    struct plumb_bytes pem = real_file(path), der = { 0 };
    char *from = strstr((char *)pem.data, "KEY-----"), *to, *out;
    struct plumb_err err;

    assert_non_null(from);
    from += strlen("KEY-----");
    to = strstr(from, "-----END");
    assert_non_null(to);
    out = from;
    for (const char *c = from; c < to; c++)
        if (*c > ' ')
            *out++ = *c;
    assert_ok(plumb_base64_parse(from, (size_t)(out - from), path, &der, &err), &err);
    assert_ok(plumb_pubkey_from_spki(der.data, der.len, NULL, false, path,
                                     &r->keys[r->ring.nkeys], &err),
              &err);
    r->ring.nkeys++;
    r->ring.keys = (const struct plumb_pubkey *const *)r->keys;
    plumb_bytes_clear(&der);
    plumb_bytes_clear(&pem);
}

static void
ring_clear(struct ring *r)
{
    for (size_t i = 0; i < r->ring.nkeys; i++)
        plumb_pubkey_free(r->keys[i]);
}

static void
googles_summary_of_an_image_verifies_by_its_key(void **state)
{
    struct plumb_bytes file = real_file("slsa/vsa/gce/v1/gke-gce-pre.bcid-vsa.jsonl");
    struct attestation *a = NULL;
    struct plumb_err err = { 0 };
    struct ring r = { 0 };

    (void)state;
    add_key(&r, "slsa/vsa/gce/v1/vsa_signing_public_key.pem");
    assert_ok(attestation_open(file.data, file.len, &r.ring, &a, &err), &err);
    assert_int_equal(a->kind, ATTESTATION_SUMMARY);
    assert_true(a->u.summary.passed);
    assert_int_equal(a->u.summary.nlevels, 2);
    assert_string_equal(a->u.summary.levels[1], "SLSA_BUILD_LEVEL_2");
    assert_false(a->subjects[0].has_sha256); /* it is about an image's number */
    attestation_free(a);
    a = NULL;
    r.ring.nkeys = 0;
    assert_refused("attestation.signer",
                   attestation_open(file.data, file.len, &r.ring, &a, &err), &err);
    r.ring.nkeys = 1;
    ring_clear(&r);
    plumb_bytes_clear(&file);
}

/* Google Cloud Build: its first key signed payloads, its later ones envelopes. */
static const struct {
    const char *name;
    const char *rule; /* NULL: it verifies */
} builds[] = {
    { "github-tag", NULL },
    { "github", "attestation.bare" },
    { "gcs", "attestation.bare" },
    { "invalid-keyid", "attestation.bare" }, /* a hint is not believed */
    { "empty-signature", "attestation.signer" },
    { "invalid-signature-encoding", "attestation.form" },
    { "mismatch-payload-digest", "attestation.signer" },
    { "multiple-signatures-2ndvalid", "attestation.bare" },
};

static void
open_build(const char *name, const char *rule, const struct attestation_keyring *ring)
{
    struct attestation *a = NULL;
    struct plumb_err err = { 0 };
    struct plumb_bytes file;
    json_t *json = NULL, *list;
    enum plumb_code code;
    char path[100], *text;

    (void)snprintf(path, sizeof path, "slsa/gcb_v0.3/gcloud-container-%s.json", name);
    file = real_file(path);
    assert_ok(plumb_json_load_foreign(file.data, file.len, file.len, &json, &err), &err);
    list = json_object_get(json_object_get(json, "provenance_summary"), "provenance");
    text = json_dumps(json_object_get(json_array_get(list, 0), "envelope"), 0);
    assert_non_null(text);
    code = attestation_open(text, strlen(text), ring, &a, &err);
    if (rule != NULL) {
        assert_refused(rule, code, &err);
    } else {
        assert_ok(code, &err);
        assert_string_equal(a->predicate_type, "https://slsa.dev/provenance/v0.1");
        attestation_free(a);
    }
    free(text);
    json_decref(json);
    plumb_bytes_clear(&file);
}

static void
cloud_builds_verify_where_the_envelope_was_signed(void **state)
{
    struct ring r = { 0 };

    (void)state;
    add_key(&r, "slsa/gcb_keys/us-west2.key");
    add_key(&r, "slsa/gcb_keys/global.key");
    add_key(&r, "slsa/gcb_keys/global-pae-provenanceSigner_1.key");
    for (size_t i = 0; i < sizeof builds / sizeof *builds; i++)
        open_build(builds[i].name, builds[i].rule, &r.ring);
    ring_clear(&r);
}

/* npm signs what is published with this key, and takes provenance by certificate. */
#define NPM_KEY                                                                                \
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE1Olb3zMAFFxXKHiIkQO5cJ3Yhl5i6UPp+IhuteBJbuHcA5UogKo0" \
    "EWtlWwW6KSaKoTNEYL7JlCQiVnkhBktUgg=="

static const struct {
    const char *name;
    const char *rule; /* of the publication; NULL: it verifies */
} packages[] = {
    { "gundam-visor-cli-v1-tag", NULL },
    { "gundam-visor-cli-v1-tag-invalidsigprov", NULL },
    { "gundam-visor-cli-v1-tag-invalidsigpub", "attestation.signer" },
    { "provenance-npm-test-cli-v1-prega", NULL },
    { "provenance-npm-test-cli-v1-prega-invalidsigprov", NULL },
    { "provenance-npm-test-cli-v1-prega-invalidsigpub", "attestation.signer" },
    { "provenance-npm-test-ossf", NULL },
    { "provenance-npm-test-ossf-invalidsigprov", NULL },
    { "provenance-npm-test-ossf-invalidsigpub", "attestation.signer" },
    { "supreme-googles-cli-v02-tag", NULL },
    { "supreme-googles-cli-v02-tag-invalidsigprov", NULL },
    { "supreme-googles-cli-v02-tag-invalidsigpub", "attestation.signer" },
};

static enum plumb_code
open_bundle(const json_t *json, size_t i, const struct attestation_keyring *ring,
            struct attestation **ret, struct plumb_err *err)
{
    json_t *list = json_object_get(json, "attestations");
    char *text = json_dumps(json_object_get(json_array_get(list, i), "bundle"), 0);
    enum plumb_code code;

    assert_non_null(text);
    *ret = NULL;
    code = attestation_open(text, strlen(text), ring, ret, err);
    free(text);
    return code;
}

static void
npms_bundles_verify_by_its_key(void **state)
{
    struct plumb_bytes der = { 0 };
    struct ring r = { .ring.nkeys = 1 };
    struct plumb_err err = { 0 };

    (void)state;
    assert_ok(plumb_base64_parse(NPM_KEY, strlen(NPM_KEY), "", &der, &err), &err);
    assert_ok(plumb_pubkey_from_spki(der.data, der.len, NULL, false, "", &r.keys[0], &err),
              &err);
    r.ring.keys = (const struct plumb_pubkey *const *)r.keys;
    for (size_t i = 0; i < sizeof packages / sizeof *packages; i++) {
        struct plumb_bytes file;
        struct attestation *a;
        json_t *json = NULL;
        enum plumb_code code;
        char path[100];

        (void)snprintf(path, sizeof path, "slsa/npm/%s.tgz.json", packages[i].name);
        file = real_file(path);
        assert_ok(plumb_json_load_foreign(file.data, file.len, file.len, &json, &err), &err);
        code = open_bundle(json, 0, &r.ring, &a, &err);
        if (packages[i].rule != NULL) {
            assert_refused(packages[i].rule, code, &err);
        } else {
            assert_ok(code, &err);
            assert_true(a->signers[0].by_key);
            attestation_free(a);
        }
        assert_refused("sigstore.root", open_bundle(json, 1, &r.ring, &a, &err), &err);
        json_decref(json);
        plumb_bytes_clear(&file);
    }
    ring_clear(&r);
    plumb_bytes_clear(&der);
}

/* Nobody's root of these certificates is at hand: what they signed is signed again. */
static struct attestation *
read_provenance(const char *name)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes file = { 0 }, payload = { 0 };
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL, *envelope = NULL;
    struct plumb_signer *signer = NULL;
    struct attestation_keyring ring = { .nkeys = 1 };
    const struct plumb_pubkey *key;
    struct attestation *a = NULL;
    struct plumb_err err = { 0 };
    char path[100], *text;
    json_t *bundle;

    (void)snprintf(path, sizeof path, "slsa/npm/%s.tgz.json", name);
    file = real_file(path);
    assert_ok(plumb_json_load_foreign(file.data, file.len, file.len, &json, &err), &err);
    bundle =
        json_object_get(json_array_get(json_object_get(json, "attestations"), 1), "bundle");
    text = (char *)json_string_value(
        json_object_get(json_object_get(bundle, "dsseEnvelope"), "payload"));
    assert_non_null(text);
    assert_ok(plumb_base64_parse(text, strlen(text), "", &payload, &err), &err);
    assert_ok(plumb_signer_generate(PLUMB_KEY_ED25519, &signer, &err), &err);
    assert_ok(plumb_dsse_sign(payload.data, payload.len, &signer, 1, &envelope, &err), &err);
    text = json_dumps(envelope, 0);
    key = signer->pub;
    ring.keys = &key;
    assert_ok(attestation_open(text, strlen(text), &ring, &a, &err), &err);
    free(text);
    plumb_signer_free(signer);
    return a;
}

static const struct {
    const char *name, *type;
    const char *parameters; /* NAME=VALUE, a newline after each */
} provenances[] = {
    { "gundam-visor-cli-v1-tag",
      "https://slsa-framework.github.io/github-actions-buildtypes/workflow/v1",
      "/workflow/ref=refs/tags/v1.0.1\n"
      "/workflow/repository=https://github.com/ramonpetgrave64/gundam-visor\n"
      "/workflow/path=.github/workflows/npm-publish.yml\n" },
    { "supreme-googles-cli-v02-tag", "https://github.com/npm/cli/gha/v2",
      "/configSource/uri=git+https://github.com/trishankatdatadog/supreme-goggles@refs/tags/"
      "v1.0.5\n"
      "/configSource/digest/sha1=38ebf99444e033b2f1550c9aaaeacd62d02a12ba\n"
      "/configSource/entryPoint=.github/workflows/npm-publish.yml\n" },
    { "provenance-npm-test-ossf",
      "https://github.com/slsa-framework/slsa-github-generator/delegator-generic@v0",
      "/configSource/uri=git+https://github.com/laurentsimon/provenance-npm-test@refs/heads/"
      "main\n"
      "/configSource/digest/sha1=34490b44db557f009617bcb92b8780f972c189ab\n"
      "/configSource/entryPoint=.github/workflows/release-slsa3.yml\n"
      "/parameters/inputs/directory=.\n"
      "/parameters/inputs/rekor-log-public=false\n"
      "/parameters/inputs/run-scripts=ci, build\n" },
};

static void
builds_tell_their_types_and_parameters(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof provenances / sizeof *provenances; i++) {
        struct attestation *a = read_provenance(provenances[i].name);
        char got[1000] = "";
        size_t used = 0;

        assert_string_equal(a->u.provenance.build_type, provenances[i].type);
        for (size_t k = 0; k < a->u.provenance.nparameters; k++)
            used += (size_t)snprintf(got + used, sizeof got - used, "%s=%s\n",
                                     a->u.provenance.parameters[k].name,
                                     a->u.provenance.parameters[k].value);
        assert_string_equal(got, provenances[i].parameters);
        attestation_free(a);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(googles_summary_of_an_image_verifies_by_its_key),
        cmocka_unit_test(cloud_builds_verify_where_the_envelope_was_signed),
        cmocka_unit_test(npms_bundles_verify_by_its_key),
        cmocka_unit_test(builds_tell_their_types_and_parameters),
    };

    if (!real_there(sizeof tests / sizeof *tests))
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
