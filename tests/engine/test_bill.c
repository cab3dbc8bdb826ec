/* Why a release has no bill of materials, or not the one that it names: and what to do. */
#include <stdio.h>
#include <string.h>

#include "tests/engine/controlled.h"
#include "tests/t.h"

#define REFERENCE "https://in-toto.io/attestation/reference/v0.1"

static struct plumb_bytes
copy_of(const struct world *w, const struct plumb_digest *blob)
{
    struct plumb_bytes copy = { 0 };
    struct plumb_err err;

    for (size_t i = 0; i < w->nblobs; i++)
        if (plumb_digest_eq(&w->blobs[i].digest, blob)) {
            assert_ok(
                plumb_bytes_copy(w->blobs[i].bytes.data, w->blobs[i].bytes.len, &copy, &err),
                &err);
            return copy;
        }
    fail_msg("there is no such blob");
    return copy;
}

static const char *
attach_bill(struct world *w, const struct plumb_digest *release, const struct plumb_digest *b)
{
    return controlled_attach(w, release, PLUMB_FILE_SBOM, copy_of(w, b));
}

static const char *
refer(struct world *w, const struct plumb_digest *release, const char *who,
      const struct plumb_digest *document)
{
    return controlled_attest(w, release, who, REFERENCE,
                             json_pack("{s:[{s:s, s:{s:o}}]}", "references", "uri", "it",
                                       "digest", "sha256", make_hex(document)));
}

static bool
count_loose(void *arg, const struct engine_fact *f)
{
    size_t *n = arg;

    *n += f->loose;
    return true;
}

static size_t
loose(const struct world *w, const struct plumb_digest *release)
{
    size_t n = 0;

    engine_each_fact(w->engine, release, count_loose, &n);
    return n;
}

/* Both controls, by these. */
static void
expect(const struct world *w, const struct plumb_digest *release,
       enum plumb_control_state bound, const char *by_bill, enum plumb_control_state bundled,
       const char *by_bundle)
{
    controlled_expect(w, release, "SUP-BOM", bound, by_bill);
    controlled_expect(w, release, "SUP-BOM-VERIFIED", bundled, by_bundle);
}

static void
a_bill_that_is_named_must_be_attached_too(void **state)
{
    struct world w;
    struct plumb_digest bill, id;
    char want[80];

    (void)state;
    controlled_begin(&w, NULL);
    bill = controlled_bill(&w, "1.0.0", "4.0.0");
    id = controlled_propose_with(&w, "1.0", &bill);
    (void)snprintf(
        want, sizeof want,
        "names the bill of materials %02x%02x%02x%02x%02x%02x, which is not attached",
        bill.b[0], bill.b[1], bill.b[2], bill.b[3], bill.b[4], bill.b[5]);
    expect(&w, &id, PLUMB_CONTROL_OPEN, want, PLUMB_CONTROL_OPEN, want);
    assert_string_equal(attach_bill(&w, &id, &bill), "");
    expect(&w, &id, PLUMB_CONTROL_MET, "2 components", PLUMB_CONTROL_MET, "in the bundle");
    assert_int_equal(loose(&w, &id), 0);
    world_end(&w);
}

static void
a_bill_that_is_named_and_cannot_be_read_is_said_to_be_refused(void **state)
{
    static const char want[] = "is attached, but was not accepted (evidence.empty)";
    struct world w;
    struct plumb_digest bill, id;
    static const char text[] =
        "{\"bomFormat\": \"CycloneDX\", \"specVersion\": \"1.5\", \"version\": 1}";

    (void)state;
    controlled_begin(&w, NULL);
    bill = world_blob(&w, controlled_bytes(text));
    id = controlled_propose_with(&w, "1.0", &bill);
    assert_string_equal(attach_bill(&w, &id, &bill), "evidence.empty");
    expect(&w, &id, PLUMB_CONTROL_OPEN, want, PLUMB_CONTROL_OPEN, want);
    world_end(&w);
}

static void
a_bill_that_is_not_named_is_bound_by_a_reference_and_in_no_bundle(void **state)
{
    static const char unnamed[] = "names no bill of materials";
    struct world w;
    struct plumb_digest bill, id;

    (void)state;
    controlled_begin(&w, NULL);
    bill = controlled_bill(&w, "1.0.0", "4.0.0");
    id = controlled_propose_with(&w, "1.0", NULL);
    expect(&w, &id, PLUMB_CONTROL_OPEN, "no bill of materials is bound to the release",
           PLUMB_CONTROL_OPEN, unnamed);
    assert_string_equal(attach_bill(&w, &id, &bill), "");
    expect(&w, &id, PLUMB_CONTROL_OPEN, "is attached, but not bound to the release",
           PLUMB_CONTROL_OPEN, unnamed);
    assert_int_equal(loose(&w, &id), 1);
    assert_string_equal(refer(&w, &id, "forge", &bill), "");
    assert_int_equal(loose(&w, &id), 0);
    expect(&w, &id, PLUMB_CONTROL_MET, "2 components", PLUMB_CONTROL_OPEN, unnamed);
    world_end(&w);
}

static void
a_statement_on_vulnerabilities_that_nobody_trusted_refers_to_is_said_to_be_loose(void **state)
{
    static const char text[] =
        "{\"@context\": \"https://openvex.dev/ns/v0.2.0\", \"@id\": \"x\", \"author\": \"a\","
        " \"timestamp\": \"2026-09-01T00:00:00Z\", \"version\": 1, \"statements\":"
        " [{\"vulnerability\": {\"name\": \"CVE-1\"}, \"status\": \"fixed\"}]}";
    const struct plumb_digest digest = make_digest(text);
    struct world w;
    struct plumb_digest id;

    (void)state;
    controlled_begin(&w, NULL);
    id = controlled_propose(&w, "1.0");
    assert_string_equal(controlled_attach(&w, &id, PLUMB_FILE_VEX, controlled_bytes(text)), "");
    assert_int_equal(loose(&w, &id), 1);
    assert_string_equal(refer(&w, &id, "forge", &digest),
                        ""); /* forge is trusted for bills alone */
    assert_int_equal(loose(&w, &id), 1);
    assert_string_equal(refer(&w, &id, "scan", &digest), "");
    assert_int_equal(loose(&w, &id), 0);
    world_end(&w);
}

static void
a_bill_that_came_after_the_named_one_gives_way_to_it_again(void **state)
{
    struct world w;
    struct plumb_digest bill, other, id;

    (void)state;
    controlled_begin(&w, NULL);
    bill = controlled_bill(&w, "1.0.0", "4.0.0");
    other = controlled_bill(&w, "1.0.1", "4.0.0");
    id = controlled_propose_with(&w, "1.0", &bill);
    assert_string_equal(attach_bill(&w, &id, &bill), "");
    assert_string_equal(refer(&w, &id, "forge", &other), "");
    assert_string_equal(attach_bill(&w, &id, &other), "");
    expect(&w, &id, PLUMB_CONTROL_MET, "2 components", PLUMB_CONTROL_OPEN,
           "another bill of materials was attached after the one");
    assert_string_equal(attach_bill(&w, &id, &bill), "");
    expect(&w, &id, PLUMB_CONTROL_MET, "2 components", PLUMB_CONTROL_MET, "in the bundle");
    world_end(&w);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bill_that_is_named_must_be_attached_too),
        cmocka_unit_test(a_bill_that_is_named_and_cannot_be_read_is_said_to_be_refused),
        cmocka_unit_test(a_bill_that_is_not_named_is_bound_by_a_reference_and_in_no_bundle),
        cmocka_unit_test(
            a_statement_on_vulnerabilities_that_nobody_trusted_refers_to_is_said_to_be_loose),
        cmocka_unit_test(a_bill_that_came_after_the_named_one_gives_way_to_it_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
