/* The set measured from real evidence, released, approved, published and verified, accepts that
 * evidence; nothing that differs from it in a bit, and no mixture of two. */
#include <plumb/appraise.h>
#include <plumb/evidence.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"
#include "tests/engine/world.h"
#include "tests/real.h"
#include "tests/t.h"

static const char *const files[] = {
    "sgx/occlum_quote.dat",
    "sgx/quote_pcs.bin",
    "sgx/le_prod_css.bin",
    "sgx/sig1.sigstruct.bin",
    "tdx/tdx_quote_4.dat",
    "tdx/tdx_quote_5.dat",
    "tdx/cos-113-tdx-quote.dat",
    "tdx/trustee-claims.json",
    "snp/test-report.bin",
    "snp/test-vlek-report.bin",
    "nitro/valid-attestation-doc.cbor",
    "nitro/debug-attestation-doc.cbor",
};
#define NFILES (sizeof files / sizeof files[0])

static void
every_tee(struct make *m)
{
    make_set(m, "fleets.prod.recognitions", json_integer(0));
    make_set(m, "payloads.web.tees", json_pack("[s, s, s, s]", "nitro", "sgx", "snp", "tdx"));
}

static struct plumb_evidence *
read_real(const char *path)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes file = { 0 };
    struct plumb_evidence *e = NULL;
    struct plumb_err err = { 0 };
    char full[256];

    (void)snprintf(full, sizeof full, "tees/%s", path);
    file = real_file(full);
    assert_ok(plumb_evidence_read(file.data, file.len, &e, &err), &err);
    return e;
}

static bool
warned_of_debug(const struct plumb_reading *r)
{
    return (r->warnings & 1u << PLUMB_WARNING_DEBUG) != 0;
}

/* --- a world in which this was released --- */

static struct plumb_bytes
values_of(const struct plumb_set *set)
{
    PLUMB_AUTO(plumb_json_auto) json_t *document = NULL;
    struct plumb_bytes bytes = { 0 };
    struct plumb_err err = { 0 };
    json_t *json = NULL;

    assert_ok(plumb_set_json(set, &json, &err), &err);
    document =
        json_pack("{s:s, s:[o]}", "schema", "urn:plumbline:reference-values:v1", "sets", json);
    assert_ok(plumb_json_canonical(document, &bytes, &err), &err);
    return bytes;
}

struct verifier {
    struct world world;
    struct plumb_bundle *bundle;
    struct plumb_policy *policy;
};

/* one is current; two, if not NULL, incoming beside it. */
static void
verifier_begin(struct verifier *v, const struct plumb_set *one, const struct plumb_set *two)
{
    struct plumb_digest release;

    world_begin(&v->world, every_tee);
    release = world_release_values(&v->world, "1.0", values_of(one));
    (void)world_start(&v->world, &release);
    (void)world_complete(&v->world, &release);
    if (two != NULL) {
        release = world_release_values(&v->world, "2.0", values_of(two));
        (void)world_start(&v->world, &release);
    }
    (void)world_publish(&v->world, "prod");
    v->bundle = world_open(&v->world, "prod");
    assert_ok(plumb_policy_new(v->bundle, &v->policy, &v->world.err), &v->world.err);
}

static void
verifier_end(struct verifier *v)
{
    plumb_policy_free(v->policy);
    plumb_bundle_free(v->bundle);
    world_end(&v->world);
}

static struct plumb_verdict
verdict(const struct verifier *v, const struct plumb_claims *c)
{
    return plumb_appraise(v->policy, "web", c, v->world.make.now);
}

/* As if it had run with debug mode off; all else is as it was. */
static void
turn_debug_off(const struct plumb_claims *c, uint8_t ret[PLUMB_MEASUREMENT_MAX])
{
    for (size_t i = 0; i < c->n; i++) {
        struct plumb_claim *claim = &c->claims[i];

        if (claim->kind->debug == NULL)
            continue;
        for (size_t b = 0; b < claim->len; b++)
            ret[b] = claim->value[b] & (uint8_t)~claim->kind->debug[b];
        claim->value = ret;
    }
}

/* --- one --- */

static void
what_was_measured_accepts_what_it_was_measured_from(void **state)
{
    size_t accepted = 0, debug = 0;

    (void)state;
    for (size_t i = 0; i < NFILES; i++) {
        struct plumb_evidence *e = read_real(files[i]);
        const struct plumb_reading *r = &e->readings[0];
        uint8_t value[PLUMB_MEASUREMENT_MAX];
        struct verifier v;

        if (r->set.n == 0) { /* nothing can be released of a Nitro enclave in debug mode */
            assert_true(warned_of_debug(r) && r->claims.tee == PLUMB_TEE_NITRO);
            plumb_evidence_free(e);
            continue;
        }
        verifier_begin(&v, &r->set, NULL);
        if (warned_of_debug(r)) { /* for that it is refused, and nothing else */
            assert_int_equal(verdict(&v, &r->claims).code, PLUMB_VERDICT_DEBUG);
            turn_debug_off(&r->claims, value);
            debug++;
        }
        if (verdict(&v, &r->claims).code != PLUMB_VERDICT_ACCEPTED)
            fail_msg("%s: %s", files[i], plumb_verdict_text(verdict(&v, &r->claims).code));
        accepted++;
        verifier_end(&v);
        plumb_evidence_free(e);
    }
    assert_int_equal(accepted, 11);
    assert_int_equal(debug, 4);
}

static void
a_nitro_enclave_in_debug_mode_is_refused_for_that(void **state)
{
    struct plumb_evidence *good = read_real("nitro/valid-attestation-doc.cbor");
    struct plumb_evidence *debug = read_real("nitro/debug-attestation-doc.cbor");
    struct verifier v;

    (void)state;
    verifier_begin(&v, &good->readings[0].set, NULL);
    assert_int_equal(verdict(&v, &debug->readings[0].claims).code, PLUMB_VERDICT_DEBUG);
    verifier_end(&v);
    plumb_evidence_free(good);
    plumb_evidence_free(debug);
}

static const struct plumb_measurement *
asked(const struct plumb_set *set, const struct plumb_measurement_kind *kind)
{
    for (size_t i = 0; i < set->n; i++)
        if (set->measurements[i].kind == kind)
            return &set->measurements[i];
    return NULL;
}

/* The verdict names the measurement that differs, and the version that comes nearest; but a
 * debug bit is refused for what it is. */
static void
check_refusal(const char *path, const struct plumb_claim *c, size_t bit,
              const struct plumb_verdict *v)
{
    const bool debug = c->kind->debug != NULL && (c->kind->debug[bit / 8] >> bit % 8 & 1) != 0;

    if (v->code != (debug ? PLUMB_VERDICT_DEBUG : PLUMB_VERDICT_UNKNOWN))
        fail_msg("%s: %s, bit %zu: %s", path, c->kind->name, bit, plumb_verdict_text(v->code));
    if (v->measurement == NULL || strcmp(v->measurement, c->kind->name) != 0)
        fail_msg("%s: %s, bit %zu: it names %s", path, c->kind->name, bit,
                 v->measurement != NULL ? v->measurement : "nothing");
    if (v->version == NULL || strcmp(v->version->version, "1.0") != 0)
        fail_msg("%s: %s, bit %zu: no version is near", path, c->kind->name, bit);
}

static size_t
flip_all(const char *path, const struct verifier *v, const struct plumb_reading *r)
{
    size_t flipped = 0;

    for (size_t i = 0; i < r->claims.n; i++) {
        struct plumb_claim *c = &r->claims.claims[i];
        const struct plumb_measurement *m = asked(&r->set, c->kind);
        const uint8_t *was = c->value;
        uint8_t value[PLUMB_MEASUREMENT_MAX];

        if (m == NULL || m->match == PLUMB_MATCH_MIN)
            continue;
        memcpy(value, was, c->len);
        c->value = value;
        for (size_t bit = 0; bit < 8 * (size_t)c->len; bit++) {
            struct plumb_verdict got;

            if (m->match == PLUMB_MATCH_MASK && (m->mask[bit / 8] >> bit % 8 & 1) == 0)
                continue;
            value[bit / 8] ^= (uint8_t)(1u << bit % 8);
            got = verdict(v, &r->claims);
            check_refusal(path, c, bit, &got);
            value[bit / 8] ^= (uint8_t)(1u << bit % 8);
            flipped++;
        }
        c->value = was;
    }
    return flipped;
}

static void
any_one_bit_is_refused_and_named(void **state)
{
    size_t flipped = 0;

    (void)state;
    for (size_t i = 0; i < NFILES; i++) {
        struct plumb_evidence *e = read_real(files[i]);
        const struct plumb_reading *r = &e->readings[0];
        uint8_t value[PLUMB_MEASUREMENT_MAX];
        struct verifier v;

        if (r->set.n > 0) {
            verifier_begin(&v, &r->set, NULL);
            turn_debug_off(&r->claims, value);
            flipped += flip_all(files[i], &v, r);
            verifier_end(&v);
        }
        plumb_evidence_free(e);
    }
    assert_true(flipped > 20000);
}

/* --- two --- */

#define SPLIT_MAX 16

struct split {
    struct plumb_claim *mixed[SPLIT_MAX]; /* those in which the two differ */
    struct plumb_claim one[SPLIT_MAX], two[SPLIT_MAX];
    size_t n;
};

/* What is bounded from below meets both when it is the higher. */
static void
level(struct plumb_claim *a, struct plumb_claim *b)
{
    a->number = b->number = a->number > b->number ? a->number : b->number;
}

static void
find_differences(const struct plumb_reading *a, const struct plumb_reading *b,
                 struct split *ret)
{
    ret->n = 0;
    for (size_t i = 0; i < a->claims.n; i++) {
        struct plumb_claim *x = &a->claims.claims[i];
        struct plumb_claim *y =
            (struct plumb_claim *)plumb_claims_find(&b->claims, x->kind->name);

        const struct plumb_measurement *m = asked(&a->set, x->kind);

        if (m == NULL || y == NULL)
            continue;
        if (x->kind->match == PLUMB_MATCH_MIN) {
            level(x, y);
        } else if (!plumb_measurement_met(m, &b->claims)) {
            assert_true(ret->n < SPLIT_MAX);
            ret->mixed[ret->n] = x;
            ret->one[ret->n] = *x;
            ret->two[ret->n++] = *y;
        }
    }
}

static size_t
try_splits(const struct verifier *v, const struct plumb_claims *claims, const struct split *s)
{
    const uint32_t all = (UINT32_C(1) << s->n) - 1;
    size_t refused = 0;

    for (uint32_t from_two = 0; from_two <= all; from_two++) {
        const bool whole = from_two == 0 || from_two == all;
        struct plumb_verdict got;

        for (size_t i = 0; i < s->n; i++)
            *s->mixed[i] = (from_two >> i & 1) != 0 ? s->two[i] : s->one[i];
        got = verdict(v, claims);
        if (got.code != (whole ? PLUMB_VERDICT_ACCEPTED : PLUMB_VERDICT_UNKNOWN))
            fail_msg("split %x of %zu: %s", (unsigned)from_two, s->n,
                     plumb_verdict_text(got.code));
        refused += !whole;
    }
    return refused;
}

static void
no_mixture_of_two_versions_is_accepted(void **state)
{
    static const char *const pairs[][2] = {
        { "sgx/occlum_quote.dat", "sgx/quote_pcs.bin" },
        { "tdx/cos-113-tdx-quote.dat", "tdx/tdx_quote_4.dat" },
        { "snp/test-report.bin", "snp/test-vlek-report.bin" },
    };
    size_t refused = 0;

    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct plumb_evidence *a = read_real(pairs[i][0]), *b = read_real(pairs[i][1]);
        uint8_t value_a[PLUMB_MEASUREMENT_MAX], value_b[PLUMB_MEASUREMENT_MAX];
        struct verifier v;
        struct split s;

        turn_debug_off(&a->readings[0].claims, value_a);
        turn_debug_off(&b->readings[0].claims, value_b);
        find_differences(&a->readings[0], &b->readings[0], &s);
        assert_true(s.n >= 3);
        verifier_begin(&v, &a->readings[0].set, &b->readings[0].set);
        refused += try_splits(&v, &a->readings[0].claims, &s);
        verifier_end(&v);
        plumb_evidence_free(a);
        plumb_evidence_free(b);
    }
    assert_true(refused > 50);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_measured_accepts_what_it_was_measured_from),
        cmocka_unit_test(a_nitro_enclave_in_debug_mode_is_refused_for_that),
        cmocka_unit_test(any_one_bit_is_refused_and_named),
        cmocka_unit_test(no_mixture_of_two_versions_is_accepted),
    };

    if (!real_there(sizeof tests / sizeof tests[0]))
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
