/* Verdicts, over bundles put together by hand: what verifying one takes is in test_bundle. */
#include "tests/t.h"

#include <plumb/appraise.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"
#include "tests/scarce.h"

#define T0     INT64_C(1700000000)
#define DAY    86400
#define A32    "aa00112233445566aa00112233445566aa00112233445566aa00112233445566"
#define B32    "bb00112233445566bb00112233445566bb00112233445566bb00112233445566"
#define C32    "cc00112233445566cc00112233445566cc00112233445566cc00112233445566"
#define A48    "aa00112233445566aa00112233445566" A32
#define B48    "bb00112233445566bb00112233445566" B32
#define C48    "cc00112233445566cc00112233445566" C32
#define ATTR   "\"attributes\":\"0500000000000000e700000000000000\""
#define TDATTR "\"tdattributes\":\"0000001000000000\""

struct world {
    struct plumb_fleet rules;
    struct plumb_accepted accepted[8];
    struct plumb_digest revoked[1];
    struct plumb_bundle bundle;
    struct plumb_policy *policy;
    struct plumb_err err;
};

static struct plumb_sets *
sets_of(const char *text, bool platform)
{
    json_t *json = NULL;
    struct plumb_sets *sets = NULL;
    struct plumb_err err = { 0 };
    struct plumb_jv root;

    assert_ok(plumb_json_load(text, strlen(text), strlen(text), 8, &json, &err), &err);
    root = plumb_jv_root(json, "sets");
    assert_ok(plumb_sets_read(&root, platform, &sets, &err), &err);
    json_decref(json);
    return sets;
}

static void
add(struct world *w, const char *payload, const char *version, const char *sets)
{
    struct plumb_accepted *a = &w->accepted[w->bundle.naccepted++];

    *a = (struct plumb_accepted){ .payload = payload, .version = version };
    a->release.b[0] = a->reference_values.b[0] = (uint8_t)w->bundle.naccepted;
    a->window = (struct plumb_window){ PLUMB_STATUS_CURRENT, T0, PLUMB_TIME_NEVER };
    a->kept_until = PLUMB_TIME_NEVER;
    a->sets = sets_of(sets, false);
}

static void
open_world(struct world *w, const char *platform)
{
    w->rules.platform = sets_of(platform, true);
    w->bundle.fleet = "fleet";
    w->bundle.revision = 7;
    w->bundle.issued = T0;
    w->bundle.valid_until = T0 + 30 * DAY;
    w->bundle.rules = &w->rules;
    w->bundle.accepted = w->accepted;
    w->bundle.revoked = w->revoked;
    assert_ok(plumb_policy_new(&w->bundle, &w->policy, &w->err), &w->err);
}

/* As open_world, of what the bundle has become. */
static void
reopen_world(struct world *w)
{
    plumb_policy_free(w->policy);
    assert_ok(plumb_policy_new(&w->bundle, &w->policy, &w->err), &w->err);
}

static void
close_world(struct world *w)
{
    for (size_t i = 0; i < w->bundle.naccepted; i++)
        plumb_sets_free((struct plumb_sets *)w->accepted[i].sets);
    plumb_sets_free(w->rules.platform);
    plumb_policy_free(w->policy);
}

static struct plumb_verdict
ask_payload(struct world *w, const char *payload, const char *tee, const char *claims,
            plumb_time now)
{
    struct plumb_claims *c = NULL;
    struct plumb_verdict v;
    char *text = NULL;

    assert_true(asprintf(&text,
                         "{\"schema\":\"urn:plumbline:claims:v1\",\"tee\":\"%s\",\"claims\":"
                         "{%s}}",
                         tee, claims) > 0);
    assert_ok(plumb_claims_parse(text, strlen(text), &c, &w->err), &w->err);
    v = plumb_appraise(w->policy, payload, c, now);
    plumb_claims_free(c);
    free(text);
    return v;
}

static struct plumb_verdict
ask(struct world *w, const char *tee, const char *claims, plumb_time now)
{
    return ask_payload(w, NULL, tee, claims, now);
}

#define assert_verdict(want, v)                                                                \
    assert_string_equal(plumb_verdict_text((v).code), plumb_verdict_text(PLUMB_VERDICT_##want))

#define SGX(h)                                                                                 \
    "[{\"tee\":\"sgx\",\"measurements\":[{\"name\":\"mrenclave\",\"value\":\"" h "\"}]}]"
#define M(n, h) "{\"name\":\"" n "\",\"value\":\"" h "\"}"
/* n of them, the first digits of each its number. The caller frees. */
static char *
sgx_sets(unsigned n)
{
    size_t size = 64 + n * 256, at = 1;
    char *text = calloc(1, size), hex[65] = "";

    assert_non_null(text);
    memset(hex, '5', 64);
    text[0] = '[';
    for (unsigned i = 0; i < n; i++) {
        (void)snprintf(hex, 9, "%08x", i);
        hex[8] = '5';
        at +=
            (size_t)snprintf(text + at, size - at,
                             "%s{\"measurements\":[" M("mrenclave", "%s") "],\"tee\":\"sgx\"}",
                             i > 0 ? "," : "", hex);
    }
    text[at] = ']';
    return text;
}

#define TDX(a, b, c)                                                                           \
    "{\"tee\":\"tdx\",\"measurements\":[" M("mrtd", a) "," M("rtmr1", b) "," M("rtmr2", c) "]" \
                                                                                           "}"
#define CLAIM(n, h) "\"" n "\":\"" h "\""
#define TDCLAIMS(a, b, c)                                                                      \
    TDATTR "," CLAIM("mrtd", a) "," CLAIM("rtmr1", b) "," CLAIM("rtmr2", c)

static void
accepted_names_the_version_and_until_when(void **state)
{
    struct world w = { 0 };
    struct plumb_verdict v;

    (void)state;
    add(&w, "p", "1", SGX(A32));
    add(&w, "p", "2", SGX(B32));
    open_world(&w, "[]");
    v = ask(&w, "sgx", ATTR "," CLAIM("mrenclave", B32), T0);
    assert_verdict(ACCEPTED, v);
    assert_string_equal(v.version->version, "2");
    assert_int_equal(v.until, w.bundle.valid_until);
    assert_null(v.measurement);

    w.accepted[1].window.not_after = T0 + 3 * DAY;
    reopen_world(&w);
    assert_int_equal(ask(&w, "sgx", ATTR "," CLAIM("mrenclave", B32), T0).until, T0 + 3 * DAY);
    w.accepted[1].kept_until = T0 + 2 * DAY;
    reopen_world(&w);
    assert_int_equal(ask(&w, "sgx", ATTR "," CLAIM("mrenclave", B32), T0).until, T0 + 2 * DAY);
    close_world(&w);
}

static void
unknown_when_nothing_is_shared(void **state)
{
    struct world w = { 0 };
    struct plumb_verdict v;

    (void)state;
    add(&w, "p", "1", SGX(A32));
    open_world(&w, "[]");
    v = ask(&w, "sgx", ATTR "," CLAIM("mrenclave", C32), T0);
    assert_verdict(UNKNOWN, v);
    assert_null(v.version);
    assert_verdict(UNKNOWN, ask(&w, "sgx", ATTR, T0));
    assert_verdict(UNKNOWN, ask(&w, "tdx", TDCLAIMS(A48, A48, A48), T0));
    close_world(&w);
}

/* Evidence of a version that is gone: people want to know what it was compared with. */
static void
what_is_near_by_a_mask_alone_is_named_too(void **state)
{
    struct world w = { 0 };
    struct plumb_verdict v;

    (void)state;
    add(&w, "app", "1.0",
        "[{\"tee\":\"sgx\",\"measurements\":[{\"name\":\"attributes\",\"value\":"
        "\"00000000000000000000000000000000\",\"mask\":\"02000000000000000000000000000000\"},"
        "{\"name\":\"mrenclave\",\"value\":\"" A32 "\"}]}]");
    open_world(&w, "[]");
    v = ask(&w, "sgx", ATTR ",\"mrenclave\":\"" B32 "\"", T0);
    assert_verdict(UNKNOWN, v);
    assert_string_equal(v.version->version, "1.0");
    assert_string_equal(v.measurement, "mrenclave");
    assert_int_equal(v.met, 1);
    v = ask_payload(&w, "other", "sgx", ATTR ",\"mrenclave\":\"" B32 "\"", T0);
    assert_null(v.version);
    v = ask(&w, "tdx", TDCLAIMS(A48, B48, C48), T0);
    assert_null(v.version);
    close_world(&w);
}

static void
nearest_of_the_payload_asked_about_is_found_behind_many_others(void **state)
{
    struct world w = { 0 };
    struct plumb_verdict v;
    char *many = sgx_sets(1000);

    (void)state;
    add(&w, "p", "1", many);
    add(&w, "q", "1",
        "[{\"tee\":\"sgx\",\"measurements\":[{\"name\":\"isvsvn\",\"min\":2}," M("mrenclave",
                                                                                 A32) "]}]");
    open_world(&w, "[]");
    v = ask_payload(&w, "q", "sgx", ATTR ",\"isvsvn\":3," CLAIM("mrenclave", B32), T0);
    assert_verdict(UNKNOWN, v);
    assert_non_null(v.version);
    assert_string_equal(v.version->payload, "q");
    assert_string_equal(v.measurement, "mrenclave");
    free(many);
    close_world(&w);
}

static void
nothing_is_accepted_where_no_version_is(void **state)
{
    struct world w = { 0 };

    (void)state;
    open_world(&w, "[]");
    assert_verdict(UNKNOWN, ask(&w, "sgx", ATTR "," CLAIM("mrenclave", C32), T0));
    assert_verdict(UNKNOWN, ask(&w, "oci", "", T0));
    close_world(&w);
}

static void
values_of_two_sets_never_mix(void **state)
{
    static const char *const value[] = { A48, B48 };
    struct world w = { 0 };

    (void)state;
    add(&w, "p", "1", "[" TDX(A48, A48, A48) "]");
    add(&w, "p", "2", "[" TDX(B48, B48, B48) "]");
    open_world(&w, "[]");
    for (unsigned split = 0; split < 8; split++) {
        char claims[1024];
        struct plumb_verdict v;

        (void)snprintf(claims, sizeof claims,
                       TDATTR ",\"mrtd\":\"%s\",\"rtmr1\":\"%s\",\"rtmr2\":\"%s\"",
                       value[split & 1], value[split >> 1 & 1], value[split >> 2 & 1]);
        v = ask(&w, "tdx", claims, T0);
        if (split == 0 || split == 7) {
            assert_verdict(ACCEPTED, v);
            assert_string_equal(v.version->version, split == 0 ? "1" : "2");
        } else {
            assert_verdict(UNKNOWN, v);
            assert_int_equal(v.met, 2);
            assert_int_equal(v.of, 3);
        }
    }
    close_world(&w);
}

static void
values_of_two_sets_of_one_version_never_mix_either(void **state)
{
    struct world w = { 0 };

    (void)state;
    add(&w, "p", "1", "[" TDX(A48, A48, A48) "," TDX(B48, B48, B48) "]");
    open_world(&w, "[]");
    assert_verdict(ACCEPTED, ask(&w, "tdx", TDCLAIMS(A48, A48, A48), T0));
    assert_int_equal(ask(&w, "tdx", TDCLAIMS(B48, B48, B48), T0).set, 1);
    assert_verdict(UNKNOWN, ask(&w, "tdx", TDCLAIMS(A48, B48, B48), T0));
    assert_verdict(UNKNOWN, ask(&w, "tdx", TDCLAIMS(A48, A48, B48), T0));
    close_world(&w);
}

static void
nearest_version_and_the_first_that_differs_are_named(void **state)
{
    struct world w = { 0 };
    struct plumb_verdict v;

    (void)state;
    add(&w, "p", "1", "[" TDX(A48, A48, A48) "]");
    add(&w, "p", "2", "[" TDX(A48, B48, B48) "]");
    open_world(&w, "[]");
    v = ask(&w, "tdx", TDCLAIMS(A48, B48, C48), T0);
    assert_verdict(UNKNOWN, v);
    assert_string_equal(v.version->version, "2");
    assert_string_equal(v.measurement, "rtmr2");
    assert_false(v.absent);
    assert_int_equal(v.met, 2);
    assert_int_equal(v.of, 3);
    assert_int_equal(v.expected->value[0], 0xbb);

    v = ask(&w, "tdx", TDATTR "," CLAIM("mrtd", A48) "," CLAIM("rtmr2", A48), T0);
    assert_verdict(UNKNOWN, v);
    assert_string_equal(v.version->version, "1");
    assert_string_equal(v.measurement, "rtmr1");
    assert_true(v.absent);
    close_world(&w);
}

static void
bounds_are_part_of_the_match(void **state)
{
    struct world w = { 0 };
    struct plumb_verdict v;

    (void)state;
    add(&w, "p", "1",
        "[{\"tee\":\"sgx\",\"measurements\":[{\"name\":\"attributes\",\"mask\":"
        "\"04000000000000000000000000000000\",\"value\":\"04000000000000000000000000000000\"},"
        "{\"name\":\"isvsvn\",\"min\":3}," M("mrenclave", A32) "]}]");
    open_world(&w, "[]");
    assert_verdict(ACCEPTED, ask(&w, "sgx", ATTR ",\"isvsvn\":3," CLAIM("mrenclave", A32), T0));
    v = ask(&w, "sgx", ATTR ",\"isvsvn\":2," CLAIM("mrenclave", A32), T0);
    assert_verdict(UNKNOWN, v);
    assert_string_equal(v.measurement, "isvsvn");
    assert_int_equal(v.expected->min, 3);
    v = ask(&w, "sgx", ATTR "," CLAIM("mrenclave", A32), T0);
    assert_verdict(UNKNOWN, v);
    assert_true(v.absent);
    v = ask(&w, "sgx",
            "\"attributes\":\"0100000000000000e700000000000000\",\"isvsvn\":3," CLAIM(
                "mrenclave", A32),
            T0);
    assert_verdict(UNKNOWN, v);
    assert_string_equal(v.measurement, "attributes");
    close_world(&w);
}

static void
value_told_in_part_does_not_meet_an_equal_one(void **state)
{
    static const char text[] = "{\"schema\":\"urn:plumbline:claims:v1\",\"tee\":\"sgx\","
                               "\"claims\":{" ATTR "," CLAIM("mrenclave", A32) "}}";
    uint8_t known[16];
    struct world w = { 0 };
    struct plumb_claims *c = NULL;
    struct plumb_verdict v;

    (void)state;
    add(&w, "p", "1",
        "[{\"tee\":\"sgx\",\"measurements\":[" M(
            "attributes", "0500000000000000e700000000000000") "," M("mrenclave", A32) "]}]");
    open_world(&w, "[]");
    assert_ok(plumb_claims_parse(text, strlen(text), &c, &w.err), &w.err);
    assert_verdict(ACCEPTED, plumb_appraise(w.policy, NULL, c, T0));
    memset(known, 0xff, sizeof known);
    known[15] = 0x7f;
    c->claims[0].known = known;
    v = plumb_appraise(w.policy, NULL, c, T0);
    assert_verdict(UNKNOWN, v);
    assert_string_equal(v.measurement, "attributes");
    plumb_claims_free(c);
    close_world(&w);
}

static void
debug_mode_is_refused_though_all_else_matches(void **state)
{
    struct world w = { 0 };
    struct plumb_verdict v;

    (void)state;
    add(&w, "p", "1", SGX(A32));
    open_world(&w, "[]");
    v = ask(&w, "sgx",
            "\"attributes\":\"0700000000000000e700000000000000\"," CLAIM("mrenclave", A32), T0);
    assert_verdict(DEBUG, v);
    assert_string_equal(v.measurement, "attributes");
    assert_false(v.absent);
    assert_int_equal(v.until, 0);
    v = ask(&w, "sgx", CLAIM("mrenclave", A32), T0);
    assert_verdict(DEBUG, v);
    assert_true(v.absent);
    close_world(&w);
}

static void
platform_has_to_meet_one_whole_set_of_its_tee(void **state)
{
    static const struct {
        const char *claims;
        enum plumb_verdict_code code;
        const char *measurement;
    } cases[] = {
        { CLAIM("reported_tcb", "0300000000000873") "," CLAIM("cpuid_fam", "19"),
          PLUMB_VERDICT_ACCEPTED, NULL },
        { CLAIM("reported_tcb", "0100000000000110") "," CLAIM("cpuid_fam", "1a"),
          PLUMB_VERDICT_ACCEPTED, NULL },
        { CLAIM("reported_tcb", "0100000000000110") "," CLAIM("cpuid_fam", "19"),
          PLUMB_VERDICT_PLATFORM, "reported_tcb" },
        { CLAIM("reported_tcb", "0300000000000873") "," CLAIM("cpuid_fam", "18"),
          PLUMB_VERDICT_PLATFORM, "cpuid_fam" },
        { CLAIM("cpuid_fam", "19"), PLUMB_VERDICT_PLATFORM, "reported_tcb" },
        { CLAIM("policy", "0000030000000000"), PLUMB_VERDICT_PLATFORM, "cpuid_fam" },
    };
    struct world w = { 0 };

    (void)state;
    add(&w, "p", "1", "[{\"tee\":\"snp\",\"measurements\":[" M("measurement", A48) "]}]");
    add(&w, "p", "2", SGX(A32));
    open_world(&w, "[{\"tee\":\"snp\",\"measurements\":[" M("cpuid_fam", "19") "," M(
                       "reported_tcb",
                       "0300000000000873") "]},{\"tee\":\"snp\","
                                           "\"measurements\":[" M("cpuid_fam", "1a") "," M(
                                               "reported_tcb", "0100000000000110") "]}]");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char claims[512];
        struct plumb_verdict v;

        (void)snprintf(
            claims, sizeof claims, "%s%s," CLAIM("measurement", A48),
            strstr(cases[i].claims, "policy") == NULL ? "\"policy\":\"0000030000000000\"," : "",
            cases[i].claims);
        v = ask(&w, "snp", claims, T0);
        if (v.code != cases[i].code)
            fail_msg("case %zu: %s", i, plumb_verdict_text(v.code));
        if (cases[i].measurement != NULL)
            assert_string_equal(v.measurement, cases[i].measurement);
    }
    /* of another TEE the fleet asks nothing of the platform */
    assert_verdict(ACCEPTED, ask(&w, "sgx", ATTR "," CLAIM("mrenclave", A32), T0));
    close_world(&w);
}

static void
time_alone_takes_acceptance_away(void **state)
{
    static const struct {
        plumb_time at;
        enum plumb_verdict_code code;
    } cases[] = {
        { T0 + DAY - 1, PLUMB_VERDICT_NOT_YET },      { T0 + DAY, PLUMB_VERDICT_ACCEPTED },
        { T0 + 5 * DAY - 1, PLUMB_VERDICT_ACCEPTED }, { T0 + 5 * DAY, PLUMB_VERDICT_ENDED },
        { T0 + 30 * DAY - 1, PLUMB_VERDICT_ENDED },   { T0 + 30 * DAY, PLUMB_VERDICT_STALE },
        { T0 - 300, PLUMB_VERDICT_NOT_YET },          { T0 - 301, PLUMB_VERDICT_STALE },
    };
    struct world w = { 0 };

    (void)state;
    add(&w, "p", "1", SGX(A32));
    w.accepted[0].window =
        (struct plumb_window){ PLUMB_STATUS_OUTGOING, T0 + DAY, T0 + 5 * DAY };
    open_world(&w, "[]");
    for (int kept = 0; kept < 2; kept++) {
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            struct plumb_verdict v =
                ask(&w, "sgx", ATTR "," CLAIM("mrenclave", A32), cases[i].at);

            if (v.code != cases[i].code)
                fail_msg("case %zu: %s", i, plumb_verdict_text(v.code));
            assert_string_equal(v.version->version, "1");
        }
        /* and the same by the date until which a compromise left it */
        w.accepted[0].window.not_after = PLUMB_TIME_NEVER;
        w.accepted[0].kept_until = T0 + 5 * DAY;
        reopen_world(&w);
    }
    close_world(&w);
}

static void
of_two_versions_with_one_set_the_accepted_one_goes_first(void **state)
{
    struct world w = { 0 };
    struct plumb_verdict v;

    (void)state;
    add(&w, "p", "ended", SGX(A32));
    add(&w, "p", "open", SGX(A32));
    add(&w, "p", "shorter", SGX(A32));
    add(&w, "p", "future", SGX(A32));
    w.accepted[0].window.not_after = T0;
    w.accepted[2].window.not_after = T0 + DAY;
    w.accepted[3].window.not_before = T0 + DAY;
    open_world(&w, "[]");
    v = ask(&w, "sgx", ATTR "," CLAIM("mrenclave", A32), T0);
    assert_verdict(ACCEPTED, v);
    assert_string_equal(v.version->version, "open");
    close_world(&w);
}

static void
revoked_digest_is_refused_whatever_its_window(void **state)
{
    struct world w = { 0 };

    (void)state;
    add(&w, "p", "1", SGX(A32));
    add(&w, "p", "2", SGX(B32));
    w.revoked[0] = w.accepted[0].reference_values;
    w.bundle.nrevoked = 1;
    open_world(&w, "[]");
    assert_verdict(REVOKED, ask(&w, "sgx", ATTR "," CLAIM("mrenclave", A32), T0));
    assert_verdict(ACCEPTED, ask(&w, "sgx", ATTR "," CLAIM("mrenclave", B32), T0));
    close_world(&w);
}

static void
payload_asked_about_is_the_only_one_looked_at(void **state)
{
    struct world w = { 0 };

    (void)state;
    add(&w, "a", "1", SGX(A32));
    add(&w, "b", "1", "[" TDX(A48, A48, A48) "]");
    add(&w, "b", "2", SGX(B32));
    add(&w, "c", "1", SGX(C32));
    open_world(&w, "[]");
    assert_verdict(ACCEPTED, ask_payload(&w, "b", "sgx", ATTR "," CLAIM("mrenclave", B32), T0));
    assert_verdict(UNKNOWN, ask_payload(&w, "a", "sgx", ATTR "," CLAIM("mrenclave", B32), T0));
    assert_verdict(UNKNOWN, ask_payload(&w, "c", "sgx", ATTR "," CLAIM("mrenclave", B32), T0));
    assert_verdict(UNKNOWN, ask_payload(&w, "d", "sgx", ATTR "," CLAIM("mrenclave", B32), T0));
    assert_null(ask_payload(&w, "a", "tdx", TDCLAIMS(A48, A48, B48), T0).version);
    assert_non_null(ask_payload(&w, "b", "tdx", TDCLAIMS(A48, A48, B48), T0).version);
    close_world(&w);
}

static void
many_sets_are_told_apart(void **state)
{
    struct world w = { 0 };
    char *text = sgx_sets(1000), hex[65], claims[256];

    (void)state;
    memset(hex, '5', 64);
    hex[64] = '\0';
    add(&w, "p", "1", text);
    open_world(&w, "[]");
    for (unsigned i = 0; i < 1001; i++) {
        struct plumb_verdict v;

        (void)snprintf(hex, 9, "%08x", i);
        hex[8] = '5';
        (void)snprintf(claims, sizeof claims, ATTR ",\"mrenclave\":\"%s\"", hex);
        v = ask(&w, "sgx", claims, T0);
        if (i < 1000)
            assert_int_equal(v.set, i);
        assert_int_equal(v.code, i < 1000 ? PLUMB_VERDICT_ACCEPTED : PLUMB_VERDICT_UNKNOWN);
    }
    free(text);
    close_world(&w);
}

static void
memory_that_runs_out_is_said(void **state)
{
    struct world w = { 0 };
    struct plumb_policy *p = NULL;

    (void)state;
    add(&w, "p", "1", "[" TDX(A48, A48, A48) "," TDX(B48, B48, B48) "]");
    add(&w, "p", "2", SGX(A32));
    open_world(&w, "[]");
    for (size_t n = 0;; n++) {
        enum plumb_code code;

        scarce_begin(n);
        code = plumb_policy_new(&w.bundle, &p, &w.err);
        if (!scarce_end()) {
            assert_ok(code, &w.err);
            break;
        }
        assert_code(PLUMB_NO_MEMORY, code, &w.err);
    }
    plumb_policy_free(p);
    close_world(&w);
}

static void
verdicts_are_told_in_json_and_in_a_sentence(void **state)
{
    static const struct {
        const char *claims;
        plumb_time at;
        const char *verdict, *sentence;
    } cases[] = {
        { ATTR "," CLAIM("mrenclave", A32) "," CLAIM("mrsigner", B32), T0, "accepted",
          "p@1, outgoing, accepted until 2023-11-19T22:13:20Z" },
        { ATTR "," CLAIM("mrenclave", A32) "," CLAIM("mrsigner", A32), T0, "unknown",
          "no accepted version; nearest is p@1, where 1 of 2 match: mrsigner differs" },
        { ATTR "," CLAIM("mrenclave", C32), T0, "unknown",
          "no accepted version has any of these measurements" },
        { ATTR "," CLAIM("mrenclave", A32) "," CLAIM("mrsigner", B32), T0 + 5 * DAY, "ended",
          "p@1 matches, but was accepted only until 2023-11-19T22:13:20Z" },
        { ATTR "," CLAIM("mrenclave", A32) "," CLAIM("mrsigner", B32), T0 - 1, "not-yet",
          "p@1 matches, but is accepted only from 2023-11-14T22:13:20Z" },
        { CLAIM("mrenclave", A32), T0, "debug",
          "attributes is not among the claims: it would tell debug mode" },
        { ATTR, T0 + 31 * DAY, "stale",
          "the bundle of fleet is not valid now: it ends at 2023-12-14T22:13:20Z, pull anew" },
    };
    struct plumb_finding found[] = {
        { "CVE-1", "high", false, T0, T0 + DAY },
        { "CVE-2", "low", true, T0, PLUMB_TIME_NEVER },
    };
    struct world w = { 0 };

    (void)state;
    add(&w, "p", "1",
        "[{\"label\":\"big\",\"tee\":\"sgx\",\"measurements\":[" M("mrenclave", A32) "," M(
            "mrsigner", B32) "]}]");
    w.accepted[0].window.status = PLUMB_STATUS_OUTGOING;
    w.accepted[0].window.not_after = T0 + 5 * DAY;
    w.accepted[0].has_sbom = true;
    w.accepted[0].findings = found;
    w.accepted[0].nfindings = 2;
    open_world(&w, "[]");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct plumb_verdict v = ask(&w, "sgx", cases[i].claims, cases[i].at);
        json_t *json = NULL;

        assert_ok(plumb_verdict_json(&v, &w.bundle, &json, &w.err), &w.err);
        assert_string_equal(json_string_value(json_object_get(json, "verdict")),
                            cases[i].verdict);
        assert_string_equal(json_string_value(json_object_get(json, "reason")),
                            cases[i].sentence);
        assert_int_equal(json_is_true(json_object_get(json, "accepted")), i == 0);
        assert_int_equal(json_object_get(json, "expected") != NULL, i == 1);
        if (v.version != NULL) {
            PLUMB_AUTO(plumb_json_auto)
            json_t *want = json_loads(
                "[{\"id\":\"CVE-1\",\"severity\":\"high\",\"state\":\"open\","
                "\"since\":\"2023-11-14T22:13:20Z\",\"due\":\"2023-11-15T22:13:20Z\"},"
                "{\"id\":\"CVE-2\",\"severity\":\"low\",\"state\":\"undetermined\","
                "\"since\":\"2023-11-14T22:13:20Z\"}]",
                0, NULL);

            assert_true(json_equal(want, json_object_get(json, "findings")));
            assert_non_null(json_object_get(json, "sbom"));
        }
        json_decref(json);
    }
    close_world(&w);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepted_names_the_version_and_until_when),
        cmocka_unit_test(unknown_when_nothing_is_shared),
        cmocka_unit_test(what_is_near_by_a_mask_alone_is_named_too),
        cmocka_unit_test(nearest_of_the_payload_asked_about_is_found_behind_many_others),
        cmocka_unit_test(nothing_is_accepted_where_no_version_is),
        cmocka_unit_test(values_of_two_sets_never_mix),
        cmocka_unit_test(values_of_two_sets_of_one_version_never_mix_either),
        cmocka_unit_test(nearest_version_and_the_first_that_differs_are_named),
        cmocka_unit_test(bounds_are_part_of_the_match),
        cmocka_unit_test(value_told_in_part_does_not_meet_an_equal_one),
        cmocka_unit_test(debug_mode_is_refused_though_all_else_matches),
        cmocka_unit_test(platform_has_to_meet_one_whole_set_of_its_tee),
        cmocka_unit_test(time_alone_takes_acceptance_away),
        cmocka_unit_test(of_two_versions_with_one_set_the_accepted_one_goes_first),
        cmocka_unit_test(revoked_digest_is_refused_whatever_its_window),
        cmocka_unit_test(payload_asked_about_is_the_only_one_looked_at),
        cmocka_unit_test(many_sets_are_told_apart),
        cmocka_unit_test(memory_that_runs_out_is_said),
        cmocka_unit_test(verdicts_are_told_in_json_and_in_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
