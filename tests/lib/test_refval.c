/* Reference value sets and claims: what is read, what is refused, what meets what. */
#include "tests/t.h"

#include <plumb/refval.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"

#define H8  "0011223344556677"
#define H16 H8 H8
#define H32 H16 H16
#define H48 H32 H16
#define Z48                                                                                    \
    "000000000000000000000000000000000000000000000000"                                         \
    "000000000000000000000000000000000000000000000000"
#define F16 "ffffffffffffffffffffffffffffffff"

/* M or several, of a set that is otherwise right. */
static char *
document(const char *tee, const char *measurements)
{
    char *text = NULL;

    assert_true(asprintf(&text,
                         "{\"schema\":\"urn:plumbline:reference-values:v1\",\"sets\":"
                         "[{\"measurements\":[%s],\"tee\":\"%s\"}]}",
                         measurements, tee) > 0);
    return text;
}

/* From text and, which has to come to the same, from a tree. */
static enum plumb_code
parse(const char *text, struct plumb_sets **ret, struct plumb_err *err)
{
    struct plumb_sets *tree = NULL;
    enum plumb_code code = plumb_refvals_parse(text, strlen(text), ret, err), other;
    json_t *json = NULL;

    other = plumb_json_load_canonical(text, strlen(text), strlen(text), &json, NULL);
    if (other == PLUMB_OK) {
        struct plumb_jv root = plumb_jv_root(json, NULL);

        other = plumb_refvals_read(&root, &tree, NULL);
    }
    assert_int_equal(code, other);
    if (code == PLUMB_OK)
        assert_int_equal((*ret)->n, tree->n);
    plumb_sets_free(tree);
    json_decref(json);
    return code;
}

static enum plumb_code
parse_platform(const char *tee, const char *measurements, struct plumb_sets **ret,
               struct plumb_err *err)
{
    char *text = NULL;
    json_t *json = NULL;
    struct plumb_jv root;
    enum plumb_code code;

    assert_true(asprintf(&text, "[{\"measurements\":[%s],\"tee\":\"%s\"}]", measurements, tee) >
                0);
    assert_ok(plumb_json_load(text, strlen(text), strlen(text), 8, &json, err), err);
    root = plumb_jv_root(json, "platform");
    code = plumb_sets_read(&root, true, ret, err);
    json_decref(json);
    free(text);
    return code;
}

#define MRENCLAVE     "{\"name\":\"mrenclave\",\"value\":\"" H32 "\"}"
#define MRTD          "{\"name\":\"mrtd\",\"value\":\"" H48 "\"}"
#define V(n, h)       "{\"name\":\"" n "\",\"value\":\"" h "\"}"
#define MIN(n, i)     "{\"min\":" i ",\"name\":\"" n "\"}"
#define MASK(n, m, h) "{\"mask\":\"" m "\",\"name\":\"" n "\",\"value\":\"" h "\"}"

static const struct {
    const char *tee, *measurements, *rule; /* rule NULL: it is read */
} payload_cases[] = {
    { "sgx", MRENCLAVE, NULL },
    { "sgx", MIN("isvsvn", "3") "," MRENCLAVE, NULL },
    { "sgx", MIN("isvsvn", "65535") "," MRENCLAVE, NULL },
    { "sgx", MIN("isvsvn", "65536") "," MRENCLAVE, "json.number" },
    { "sgx", MIN("isvsvn", "-1") "," MRENCLAVE, "json.number" },
    { "sgx",
      MASK("attributes", "02000000000000000000000000000000",
           "00000000000000000000000000000000") "," MRENCLAVE,
      NULL },
    { "sgx", V("attributes", "0500000000000000e700000000000000") "," MRENCLAVE, NULL },
    { "sgx", V("attributes", "0700000000000000e700000000000000") "," MRENCLAVE, "set.debug" },
    { "sgx", MASK("attributes", F16, "02000000000000000000000000000000") "," MRENCLAVE,
      "set.debug" },
    { "sgx",
      MASK("attributes", "05000000000000000000000000000000",
           "07000000000000000000000000000000") "," MRENCLAVE,
      "set.match" },
    { "sgx", MASK("attributes", "02", "00000000000000000000000000000000") "," MRENCLAVE,
      "set.length" },
    { "sgx", MASK("mrenclave", H32, H32), "set.match" },
    { "sgx", "{\"min\":1,\"name\":\"mrenclave\"}", "set.match" },
    { "sgx", "{\"min\":1,\"name\":\"mrenclave\",\"value\":\"" H32 "\"}", "set.match" },
    { "sgx", "{\"name\":\"mrenclave\"}", "set.match" },
    { "sgx", V("isvsvn", "0300") "," MRENCLAVE, "set.match" },
    { "sgx", "{\"min\":1,\"name\":\"isvsvn\",\"value\":\"0300\"}," MRENCLAVE, "set.match" },
    { "sgx", V("mrenclave", H16), "set.length" },
    { "sgx", V("mrenclave", H32 "00"), "set.length" },
    { "sgx", V("mrenclave", H16 H8 "001122334455667"), "set.length" },
    { "sgx", V("mrenclave", H32 "0"), "hex.form" },
    { "sgx", V("mrenclave", H16 H8 "001122334455667G"), "hex.form" },
    { "sgx", V("mrenclave", H16 H8 "00112233445566AA"), "hex.form" },
    { "sgx", V("mrenclave", ""), "json.length" },
    { "sgx", V("mrsigner", H32), "set.identity" },
    { "sgx", MIN("isvsvn", "3"), "set.identity" },
    { "sgx", V("cpusvn", H16) "," MRENCLAVE, "set.role" },
    { "sgx", MRENCLAVE "," V("report_data", H32 H32), "set.role" },
    { "sgx", MRENCLAVE "," V("mrtd", H48), "set.name" },
    { "sgx", MRENCLAVE "," MIN("isvsvn", "3"), "set.order" },
    { "sgx", MRENCLAVE "," MRENCLAVE, "set.order" },
    { "sgx", "", "json.length" },
    { "sev", MRENCLAVE, "tee.unknown" },
    { "sgx", "{\"name\":\"mrenclave\",\"value\":\"" H32 "\",\"x\":1}", "json.unknown" },
    { "sgx", "{\"value\":\"" H32 "\"}", "json.missing" },
    { "sgx", "7", "json.type" },
    { "tdx", MRTD "," V("rtmr1", H48) "," V("rtmr2", H48), NULL },
    { "tdx", MRTD "," V("tdattributes", "0000001000000000"), NULL },
    { "tdx", MRTD "," V("tdattributes", "0100001000000000"), "set.debug" },
    { "tdx", V("rtmr0", H48), "set.identity" },
    { "tdx", V("rtmr3", H48), "set.identity" },
    { "snp", V("measurement", H48) "," V("policy", "0000030000000000"), NULL },
    { "snp", V("measurement", H48) "," V("policy", "00000b0000000000"), "set.debug" },
    { "snp", V("measurement", H48) "," V("reported_tcb", H8), "set.role" },
    { "nitro", V("pcr0", H48) "," V("pcr1", H48) "," V("pcr2", H48), NULL },
    { "nitro", V("pcr0", Z48), "set.debug" },
    { "nitro", V("pcr0", H48) "," V("pcr8", Z48), NULL },
    { "nitro", V("pcr0", H48) "," V("pcr4", H48), "set.role" },
    { "nitro", V("pcr8", H48), "set.identity" },
    { "cca", V("rim", H32), NULL },
    { "cca", V("rim", H48), NULL },
    { "cca", V("rim", H32 H32), NULL },
    { "cca", V("rim", H32 H8), "set.length" },
    { "cca", V("lifecycle", "3000") "," V("rim", H32), "set.role" },
    { "tpm", V("pcr0", H32) "," V("pcr11", H32), NULL },
    { "tpm", V("pcr0", H32), "set.identity" },
    { "tpm", V("pcr11", H16 "00112233"), "set.length" },
    { "oci", V("manifest-digest", H32), NULL },
    { "sgx",
      "{\"covers\":[{\"digest\":\"" H32 "\",\"kind\":\"root-store\"}],\"name\":"
      "\"mrenclave\",\"value\":\"" H32 "\"}",
      NULL },
    { "sgx",
      "{\"covers\":[{\"digest\":\"" H32 "\",\"kind\":\"roots\"}],\"name\":"
      "\"mrenclave\",\"value\":\"" H32 "\"}",
      "set.covers" },
    { "sgx",
      "{\"covers\":[{\"digest\":\"" H16 "\",\"kind\":\"data\"}],\"name\":"
      "\"mrenclave\",\"value\":\"" H32 "\"}",
      "hex.form" },
    { "sgx", "{\"covers\":[],\"name\":\"mrenclave\",\"value\":\"" H32 "\"}", "json.length" },
    { "sgx", "{\"covers\":[{\"kind\":\"data\"}],\"name\":\"mrenclave\",\"value\":\"" H32 "\"}",
      "json.missing" },
};

static void
sets_of_payloads_are_read_or_refused_by_rule(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof payload_cases / sizeof payload_cases[0]; i++) {
        char *text = document(payload_cases[i].tee, payload_cases[i].measurements);
        struct plumb_sets *sets = NULL;
        struct plumb_err err = { 0 };
        enum plumb_code code = parse(text, &sets, &err);
        const char *rule = payload_cases[i].rule;

        if ((rule == NULL) != (code == PLUMB_OK) ||
            (rule != NULL && strcmp(rule, err.rule) != 0))
            fail_msg("case %zu %s: want %s, got [%s] %s: %s", i, payload_cases[i].measurements,
                     rule != NULL ? rule : "ok", err.rule, err.where, err.msg);
        assert_int_equal(sets != NULL, rule == NULL);
        plumb_sets_free(sets);
        free(text);
    }
}

/* In the document's own order, and it is written as it was read. */
static void
what_a_measurement_covers_is_kept(void **state)
{
    char *text =
        document("sgx", "{\"covers\":[{\"digest\":\"" H32 "\",\"kind\":\"root-store\"},"
                        "{\"digest\":\"" H32 "\",\"kind\":\"config\"}],\"name\":"
                        "\"mrenclave\",\"value\":\"" H32 "\"}");
    char *plain = document("sgx", MRENCLAVE);
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes again = { 0 };
    struct plumb_sets *sets = NULL, *without = NULL;
    struct plumb_err err = { 0 };
    const struct plumb_measurement *m;

    (void)state;
    assert_ok(parse(text, &sets, &err), &err);
    assert_ok(parse(plain, &without, &err), &err);
    m = &sets->sets[0].measurements[0];
    assert_int_equal(m->ncovers, 2);
    assert_int_equal(m->covers[0].kind, PLUMB_ARTIFACT_ROOT_STORE);
    assert_int_equal(m->covers[1].kind, PLUMB_ARTIFACT_CONFIG);
    assert_ok(plumb_set_json(&sets->sets[0], &json, &err), &err);
    assert_ok(plumb_json_canonical(json, &again, &err), &err);
    assert_non_null(strstr(text, (const char *)again.data));
    assert_true(plumb_set_eq(&sets->sets[0], &sets->sets[0]));
    assert_false(plumb_set_eq(&sets->sets[0], &without->sets[0]));
    plumb_sets_free(sets);
    plumb_sets_free(without);
    free(text);
    free(plain);
}

static void
sets_of_platforms_are_read_or_refused_by_rule(void **state)
{
    static const struct {
        const char *tee, *measurements, *rule;
    } cases[] = {
        { "sgx", V("cpusvn", H16), NULL },
        { "sgx", V("cpusvn", H16) "," MIN("pce_svn", "9"), NULL },
        { "sgx", MASK("cpusvn", F16, H16), "set.match" },
        { "sgx", MRENCLAVE, "set.role" },
        { "sgx", MIN("isvsvn", "3"), "set.role" },
        { "snp", V("reported_tcb", "0300000000000873"), NULL },
        { "snp", MASK("platform_info", "0100000000000000", "0000000000000000"), NULL },
        { "snp", V("report_id", H32), "set.role" },
        { "cca", MASK("lifecycle", "ff00", "3000"), NULL },
        { "cca", V("lifecycle", "3001"), NULL },
        { "cca", V("lifecycle", "4000"), "set.debug" },
        { "cca", V("config", "cafe"), NULL },
        { "tpm", V("pcr0", H32) "," V("pcr7", H32), NULL },
        { "tpm", V("pcr11", H32), "set.role" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct plumb_sets *sets = NULL;
        struct plumb_err err = { 0 };
        enum plumb_code code = parse_platform(cases[i].tee, cases[i].measurements, &sets, &err);

        if ((cases[i].rule == NULL) != (code == PLUMB_OK) ||
            (code != PLUMB_OK && strcmp(cases[i].rule, err.rule) != 0))
            fail_msg("case %zu: [%s] %s: %s", i, err.rule, err.where, err.msg);
        plumb_sets_free(sets);
    }
}

static void
same_set_twice_is_refused_whatever_its_label(void **state)
{
#define SET(label, h) "{" label "\"measurements\":[" V("mrenclave", h) "],\"tee\":\"sgx\"}"
#define DOC(sets)     "{\"schema\":\"urn:plumbline:reference-values:v1\",\"sets\":[" sets "]}"
#define OTHER         "ff112233445566770011223344556677" H16
    struct plumb_sets *sets = NULL;
    struct plumb_err err = { 0 };

    (void)state;
    assert_refused("set.twice",
                   parse(DOC(SET("", H32) "," SET("", OTHER) "," SET("", H32)), &sets, &err),
                   &err);
    assert_string_equal(err.where, "sets[2]");
    assert_refused("set.twice",
                   parse(DOC(SET("\"label\":\"a\",", H32) "," SET("", H32)), &sets, &err),
                   &err);
    assert_ok(parse(DOC(SET("\"label\":\"a\",", H32) "," SET("", OTHER)), &sets, &err), &err);
    assert_string_equal(sets->sets[0].label, "a");
    assert_null(sets->sets[1].label);
    plumb_sets_free(sets);
}

static void
documents_of_another_form_are_refused(void **state)
{
    static const struct {
        const char *text, *rule;
    } cases[] = {
        { "", "json.syntax" },
        { "{}", "json.missing" },
        { "[]", "json.type" },
        { "{\"schema\":\"urn:plumbline:reference-values:v1\"}", "json.missing" },
        { DOC(""), "json.length" },
        { "{\"schema\":\"urn:plumbline:reference-values:v2\",\"sets\":[]}", "schema.unknown" },
        { "{\"schema\":\"urn:plumbline:reference-values:v1\",\"sets\":[],\"x\":1}",
          "json.unknown" },
        { DOC(SET("", H32)) " ", "json.canonical" },
        { DOC("{\"tee\":\"sgx\",\"measurements\":[" MRENCLAVE "]}"), "json.canonical" },
        { DOC("{\"label\":\"a b\",\"measurements\":[" MRENCLAVE "],\"tee\":\"sgx\"}"),
          "name.form" },
        { DOC("{\"measurements\":[" MRENCLAVE "],\"tee\":\"sgx\",\"x\":1}"), "json.unknown" },
        { DOC("7"), "json.type" },
    };
    struct plumb_sets *sets = NULL;
    struct plumb_err err = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_refused(cases[i].rule, parse(cases[i].text, &sets, &err), &err);
}

static struct plumb_claims *
claims_of(const char *tee, const char *members)
{
    struct plumb_claims *c = NULL;
    struct plumb_err err = { 0 };
    char *text = NULL;

    assert_true(asprintf(&text,
                         "{\"schema\":\"urn:plumbline:claims:v1\",\"tee\":\"%s\",\"claims\":"
                         "{%s}}",
                         tee, members) > 0);
    assert_ok(plumb_claims_parse(text, strlen(text), &c, &err), &err);
    free(text);
    return c;
}

static void
claims_of_another_form_are_refused(void **state)
{
#define CLAIMS(tee, c)                                                                         \
    "{\"schema\":\"urn:plumbline:claims:v1\",\"tee\":\"" tee "\",\"claims\":{" c "}}"
    static const struct {
        const char *text, *rule;
    } cases[] = {
        { "", "json.syntax" },
        { "[]", "json.type" },
        { "{\"schema\":\"urn:plumbline:claims:v1\",\"tee\":\"sgx\"}", "json.missing" },
        { "{\"schema\":\"urn:plumbline:claims:v2\",\"tee\":\"sgx\",\"claims\":{}}",
          "claims.form" },
        { CLAIMS("sev", ""), "tee.unknown" },
        { CLAIMS("sgx", "\"mrtd\":\"" H48 "\""), "claims.unknown" },
        { CLAIMS("sgx", "\"mrenclave\":\"" H16 "\""), "claims.length" },
        { CLAIMS("sgx", "\"mrenclave\":7"), "json.type" },
        { CLAIMS("sgx", "\"isvsvn\":\"0700\""), "json.type" },
        { CLAIMS("sgx", "\"isvsvn\":65536"), "json.number" },
        { CLAIMS("sgx", "\"isvsvn\":-1"), "json.number" },
        { CLAIMS("sgx", "\"isvsvn\":1.5"), "json.number" },
        { CLAIMS("sgx", "\"isvsvn\":1,\"isvsvn\":2"), "json.duplicate-key" },
        { CLAIMS("sgx", "\"isvprodid\":\"0G00\""), "hex.form" },
        { CLAIMS("sgx", "\"isvprodid\":\"00000\""), "hex.form" },
        { CLAIMS("sgx", "\"isvprodid\":null"), "json.type" },
    };
    struct plumb_claims *c = NULL;
    struct plumb_err err = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_refused(cases[i].rule,
                       plumb_claims_parse(cases[i].text, strlen(cases[i].text), &c, &err),
                       &err);
}

static void
claims_are_found_and_a_session_s_own_are_left_out(void **state)
{
    struct plumb_claims *c = claims_of(
        "nitro", "\"user_data\":null,\"timestamp\":1700000000000,\"pcr9\":\"" H48
                 "\",\"pcr10\":\"" H48 "\",\"module_id\":\"i-0\",\"pcr0\":\"" H48 "\"");

    (void)state;
    assert_int_equal(c->n, 3);
    assert_non_null(plumb_claims_find(c, "pcr0"));
    assert_non_null(plumb_claims_find(c, "pcr9"));
    assert_non_null(plumb_claims_find(c, "pcr10"));
    assert_null(plumb_claims_find(c, "pcr1"));
    assert_null(plumb_claims_find(c, "timestamp"));
    assert_null(plumb_claims_find(c, "mrenclave"));
    plumb_claims_free(c);
    plumb_claims_free(NULL);
    plumb_sets_free(NULL);
}

static void
debug_mode_is_seen_and_its_claim_may_not_be_absent(void **state)
{
    static const struct {
        const char *tee, *claims, *name; /* name NULL: not in debug mode */
    } cases[] = {
        { "sgx", "\"attributes\":\"0500000000000000e700000000000000\"", NULL },
        { "sgx", "\"attributes\":\"0700000000000000e700000000000000\"", "attributes" },
        { "sgx", "\"mrenclave\":\"" H32 "\"", "attributes" },
        { "tdx", "\"tdattributes\":\"0000001000000000\"", NULL },
        { "tdx", "\"tdattributes\":\"0100001000000000\"", "tdattributes" },
        { "tdx", "", "tdattributes" },
        { "snp", "\"policy\":\"0000030000000000\"", NULL },
        { "snp", "\"policy\":\"00000b0000000000\"", "policy" },
        { "nitro", "\"pcr0\":\"" H48 "\",\"pcr1\":\"" H48 "\",\"pcr2\":\"" H48 "\"", NULL },
        { "nitro", "\"pcr0\":\"" H48 "\",\"pcr1\":\"" H48 "\"", "pcr2" },
        { "nitro", "\"pcr0\":\"" H48 "\",\"pcr1\":\"" Z48 "\",\"pcr2\":\"" H48 "\"", "pcr1" },
        { "cca", "\"lifecycle\":\"3005\"", NULL },
        { "cca", "\"lifecycle\":\"5000\"", "lifecycle" },
        { "cca", "\"rim\":\"" H32 "\"", "lifecycle" },
        { "tpm", "", NULL },
        { "oci", "", NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct plumb_claims *c = claims_of(cases[i].tee, cases[i].claims);
        const char *name = "";

        if (plumb_claims_debug(c, &name) != (cases[i].name != NULL) ||
            (cases[i].name != NULL && strcmp(name, cases[i].name) != 0))
            fail_msg("case %zu: %s", i, name);
        plumb_claims_free(c);
    }
}

static void
measurements_are_met_as_their_match_says(void **state)
{
    static const struct {
        const char *tee, *m, *claim;
        bool platform, met;
    } cases[] = {
        { "oci", V("manifest-digest", H32), "\"manifest-digest\":\"" H32 "\"", false, true },
        { "oci", V("manifest-digest", H32),
          "\"manifest-digest\":\"" H16 H8 "0011223344556678\"", false, false },
        { "oci", V("manifest-digest", H32), "", false, false },
        { "cca", V("rim", H32), "\"rim\":\"" H48 "\"", false, false },
        { "sgx", MIN("pce_svn", "9"), "\"pce_svn\":9", true, true },
        { "sgx", MIN("pce_svn", "9"), "\"pce_svn\":10", true, true },
        { "sgx", MIN("pce_svn", "9"), "\"pce_svn\":8", true, false },
        { "sgx", MIN("pce_svn", "0"), "", true, false },
        { "snp", MASK("platform_info", "0100000000000000", "0100000000000000"),
          "\"platform_info\":\"2500000000000000\"", true, true },
        { "snp", MASK("platform_info", "0100000000000000", "0100000000000000"),
          "\"platform_info\":\"2400000000000000\"", true, false },
        { "snp", V("platform_info", "0100000000000000"),
          "\"platform_info\":\"2500000000000000\"", true, false },
        { "snp", V("reported_tcb", "0300000000000873"), "\"reported_tcb\":\"0300000000000873\"",
          true, true },
        { "snp", V("reported_tcb", "0300000000000873"), "\"reported_tcb\":\"0400000000000973\"",
          true, true },
        { "snp", V("reported_tcb", "0300000000000873"), "\"reported_tcb\":\"02000000000008ff\"",
          true, false },
        { "snp", V("reported_tcb", "0300000000000873"), "\"reported_tcb\":\"ff00000000000872\"",
          true, false },
        { "snp", V("reported_tcb", "0000000000000000"), "", true, false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct plumb_claims *c = claims_of(cases[i].tee, cases[i].claim);
        struct plumb_sets *sets = NULL;
        struct plumb_err err = { 0 };

        if (cases[i].platform) {
            assert_ok(parse_platform(cases[i].tee, cases[i].m, &sets, &err), &err);
        } else {
            char *text = document(cases[i].tee, cases[i].m);

            assert_ok(parse(text, &sets, &err), &err);
            free(text);
        }
        if (plumb_measurement_met(&sets->sets[0].measurements[0], c) != cases[i].met)
            fail_msg("case %zu: %s", i, cases[i].m);
        plumb_sets_free(sets);
        plumb_claims_free(c);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_of_payloads_are_read_or_refused_by_rule),
        cmocka_unit_test(what_a_measurement_covers_is_kept),
        cmocka_unit_test(sets_of_platforms_are_read_or_refused_by_rule),
        cmocka_unit_test(same_set_twice_is_refused_whatever_its_label),
        cmocka_unit_test(documents_of_another_form_are_refused),
        cmocka_unit_test(claims_of_another_form_are_refused),
        cmocka_unit_test(claims_are_found_and_a_session_s_own_are_left_out),
        cmocka_unit_test(debug_mode_is_seen_and_its_claim_may_not_be_absent),
        cmocka_unit_test(measurements_are_met_as_their_match_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
