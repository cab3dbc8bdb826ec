/* Claims in JSON: what is read, and what is refused. */
#include "tests/t.h"

#include <plumb/evidence.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"
#include "tests/lib/reading.h"

static struct piece piece;

static struct plumb_evidence *
read_text(const char *text)
{
    piece.len = 0;
    put(&piece, text, strlen(text));
    return read_piece(&piece);
}

static void
refuse_text(const char *rule, const char *text)
{
    piece.len = 0;
    put(&piece, text, strlen(text));
    assert_piece_refused(rule, &piece);
}

static void
claims_of_ours_make_a_set_too(void **state)
{
    struct plumb_evidence *e = read_text(
        "{\"schema\":\"urn:plumbline:claims:v1\",\"tee\":\"tpm\",\"claims\":{\"pcr4\":"
        "\"0101010101010101010101010101010101010101010101010101010101010101\"}}");

    (void)state;
    assert_int_equal(e->readings[0].kind, PLUMB_EVIDENCE_CLAIMS);
    assert_non_null(asked(&e->readings[0], "pcr4"));
    plumb_evidence_free(e);
    refuse_text("tee.unknown",
                "{\"schema\":\"urn:plumbline:claims:v1\",\"tee\":\"x\",\"claims\":{}}");
}

#define HEX32 "0101010101010101010101010101010101010101010101010101010101010101"
#define HEX48 HEX32 "01010101010101010101010101010101"

static void
trustees_claims_are_read_by_tee(void **state)
{
    static const struct {
        const char *text, *name, *value;
    } cases[] = {
        { "{\"sgx\":{\"body\":{\"mr_enclave\":\"" HEX32 "\"}}}", "mrenclave", "0101" },
        { "{\"body\":{\"mr_enclave\":\"" HEX32 "\",\"attributes\":{\"flags\":"
          "\"0500000000000000\",\"xfrm\":\"e700000000000000\"}}}",
          "attributes", "0500000000000000e700000000000000" },
        { "{\"tdx\":{\"quote\":{\"body\":{\"mr_td\":\"" HEX48 "\"}}}}", "mrtd", "0101" },
        { "{\"cca\":{\"realm\":{\"cca-realm-initial-measurement\":"
          "\"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\",\"cca-realm-extensible-measurements"
          "\":[\"AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=\"]},"
          "\"platform\":{\"cca-platform-lifecycle\":12288}}}",
          "lifecycle", "3000" },
        { "{\"tpm\":{\"pcr00\":\"" HEX32 "\",\"pcr11\":\"" HEX32 "\"}}", "pcr11", "0101" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct plumb_evidence *e = read_text(cases[i].text);

        assert_int_equal(e->readings[0].kind, PLUMB_EVIDENCE_TRUSTEE_CLAIMS);
        assert_claim(&e->readings[0], cases[i].name, cases[i].value);
        plumb_evidence_free(e);
    }
}

static void
bits_that_trustee_does_not_tell_meet_nothing(void **state)
{
    struct plumb_evidence *e =
        read_text("{\"snp\":{\"measurement\":\"" HEX48 "\",\"policy_abi_major\":0,"
                  "\"policy_abi_minor\":31,\"policy_smt_allowed\":true,"
                  "\"policy_debug_allowed\":false}}");
    const struct plumb_reading *r = &e->readings[0];
    const struct plumb_measurement_kind *kind = plumb_measurement_find(PLUMB_TEE_SNP, "policy");
    const uint8_t value[8] = { 31, 0, 3 }, told[8] = { 255, 255, 0x0b },
                  migrate[8] = { 0, 0, 0x04 }, none[8] = { 0 };
    struct plumb_measurement m = {
        .kind = kind, .match = PLUMB_MATCH_EQ, .len = 8, .value = value
    };
    const char *name = NULL;

    (void)state;
    assert_false(plumb_measurement_met(&m, &r->claims));
    m.match = PLUMB_MATCH_MASK;
    m.mask = told;
    assert_true(plumb_measurement_met(&m, &r->claims));
    m.mask = migrate;
    m.value = none;
    assert_false(plumb_measurement_met(&m, &r->claims));
    assert_true(plumb_measurement_met(asked(r, "policy"), &r->claims));
    assert_false(plumb_claims_debug(&r->claims, &name));
    plumb_evidence_free(e);
}

static void
a_debug_bit_that_was_not_told_fails_closed(void **state)
{
    struct plumb_evidence *e = read_text("{\"snp\":{\"measurement\":\"" HEX48 "\","
                                         "\"policy_smt_allowed\":true,"
                                         "\"policy_debug_allowed\":true}}");
    const char *name = NULL;
    struct plumb_claim *c;
    uint8_t known[8];

    (void)state;
    assert_int_equal(e->readings[0].warnings, DEBUG_BIT);
    c = (struct plumb_claim *)plumb_claims_find(&e->readings[0].claims, "policy");
    c->value = (const uint8_t[8]){ 0, 0, 3 };
    assert_false(plumb_claims_debug(&e->readings[0].claims, &name));
    memcpy(known, c->known, sizeof known);
    known[2] &= (uint8_t)~0x08;
    c->known = known;
    assert_true(plumb_claims_debug(&e->readings[0].claims, &name));
    assert_string_equal(name, "policy");
    plumb_evidence_free(e);
}

#define CCA(rim, lifecycle)                                                                    \
    "{\"cca\":{\"realm\":{\"cca-realm-initial-measurement\":" rim "},"                         \
    "\"platform\":{\"cca-platform-lifecycle\":" lifecycle "}}}"
#define BASE64_24 "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB"
#define BASE64_72 BASE64_24 BASE64_24 BASE64_24

static void
claims_that_lie_are_refused(void **state)
{
    (void)state;
    refuse_text("evidence.unknown", "{}");
    refuse_text("evidence.unknown", "{\"sgx\":1}");
    refuse_text("evidence.unknown", "{\"a\":");
    refuse_text("evidence.unknown", "[]");
    refuse_text("evidence.unknown", "");
    refuse_text("trustee.several", "{\"sgx\":{\"body\":{\"mr_enclave\":\"" HEX32
                                   "\"}},\"tpm\":{\"pcr00\":\"" HEX32 "\"}}");
    refuse_text("trustee.several",
                "{\"az-snp-vtpm\":{\"measurement\":\"AAAA\",\"tpm\":{\"pcr00\":\"" HEX32
                "\"}}}");
    refuse_text("trustee.form", "{\"sgx\":{\"body\":{\"mr_enclave\":\"01\"}}}");
    refuse_text("trustee.form", "{\"sgx\":{\"body\":{\"mr_enclave\":1}}}");
    refuse_text("trustee.form", "{\"sgx\":{\"body\":{\"mr_enclave\":\"" HEX32 "\\u0000\"}}}");
    refuse_text("hex.form", "{\"sgx\":{\"body\":{\"mr_enclave\":\"zz\"}}}");
    refuse_text("trustee.form", "{\"snp\":{\"policy_debug_allowed\":\"no\"}}");
    refuse_text("trustee.form", "{\"snp\":{\"policy_debug_allowed\":2}}");
    refuse_text("trustee.form",
                "{\"snp\":{\"policy_debug_allowed\":false,\"policy_abi_minor\":-1}}");
    refuse_text("evidence.unknown", "{\"sgx\":1,\"sgx\":2}");
    refuse_text("trustee.form",
                "{\"sgx\":{\"body\":{\"mr_enclave\":\"" HEX32 "\",\"attributes\":{\"flags\":"
                "\"05000000000000\",\"xfrm\":\"e700000000000000\"}}}}");
    refuse_text("trustee.form", CCA("\"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\"", "-1"));
    refuse_text("trustee.form",
                CCA("\"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\"", "65536"));
    refuse_text("trustee.form",
                CCA("\"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\"", "\"secured\""));
    refuse_text("trustee.form", CCA("\"" BASE64_72 "\"", "12288"));
    piece.len = 0;
    put(&piece, "{\"a\":", 5);
    for (int i = 0; i < 5000; i++)
        put(&piece, "[", 1);
    assert_piece_refused("evidence.unknown", &piece);
}

static void
claims_that_are_too_large_are_not_read(void **state)
{
    static const char text[] = "{\"tpm\":{\"pcr00\":\"" HEX32 "\"}}";
    const size_t len = (4u << 20) + 1;
    struct plumb_evidence *e = NULL;
    struct plumb_err err = { 0 };
    char *large = malloc(len);

    (void)state;
    assert_non_null(large);
    memset(large, ' ', len);
    memcpy(large, text, strlen(text));
    assert_refused("evidence.unknown", plumb_evidence_read(large, len, &e, &err), &err);
    assert_ok(plumb_evidence_read(large, len - 1, &e, &err), &err);
    plumb_evidence_free(e);
    free(large);
}

static void
claims_cut_short_are_refused(void **state)
{
    static const char *const texts[] = {
        "{\"schema\":\"urn:plumbline:claims:v1\",\"tee\":\"sgx\",\"claims\":{\"mrenclave\":"
        "\"" HEX32 "\",\"isvsvn\":3}}",
        "{\"sgx\":{\"body\":{\"mr_enclave\":\"" HEX32 "\",\"isv_svn\":\"0300\"}}}",
        "{\"tpm\":{\"pcr00\":\"" HEX32 "\",\"pcr11\":\"" HEX32 "\"}}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        plumb_evidence_free(read_text(texts[i]));
        for (size_t len = 0; len < strlen(texts[i]); len++) {
            uint8_t *cut = malloc(len > 0 ? len : 1); /* so that a byte too far is noticed */
            struct plumb_evidence *e = NULL;

            assert_non_null(cut);
            memcpy(cut, texts[i], len);
            if (plumb_evidence_read(cut, len, &e, NULL) == PLUMB_OK)
                fail_msg("%zu bytes are enough of %s", len, texts[i]);
            free(cut);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(claims_of_ours_make_a_set_too),
        cmocka_unit_test(trustees_claims_are_read_by_tee),
        cmocka_unit_test(bits_that_trustee_does_not_tell_meet_nothing),
        cmocka_unit_test(a_debug_bit_that_was_not_told_fails_closed),
        cmocka_unit_test(claims_that_lie_are_refused),
        cmocka_unit_test(claims_that_are_too_large_are_not_read),
        cmocka_unit_test(claims_cut_short_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
