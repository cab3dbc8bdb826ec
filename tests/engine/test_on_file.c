/* What stands on file about a release when files are attached again, and about which artifacts.
 */
#include <plumb/controls.h>
#include <string.h>

#include "supply/attestation.h"
#include "tests/engine/controlled.h"
#include "tests/t.h"

static struct plumb_bytes
copy_of(const struct plumb_bytes *bytes)
{
    struct plumb_bytes copy = { 0 };
    struct plumb_err err;

    assert_ok(plumb_bytes_copy(bytes->data, bytes->len, &copy, &err), &err);
    return copy;
}

/* qa's, of DEV-IO; it rests on a document that is attached first. */
static struct plumb_bytes
assertion(struct world *w, const struct plumb_digest *release)
{
    const struct plumb_bytes text = { (uint8_t *)"tests passed", 12 };
    const struct plumb_digest artifact = controlled_artifact("1.0");
    const struct plumb_digest document = make_digest("tests passed");

    assert_string_equal(controlled_attach(w, release, PLUMB_FILE_DOCUMENT, copy_of(&text)), "");
    return make_attestation(&w->make, "qa", ASSERTION_TYPE, &artifact, 1,
                            json_pack("{s:s, s:s, s:[o]}", "control", "DEV-IO", "statement",
                                      "so it is", "documents", make_hex(&document)));
}

static bool
count_fact(void *arg, const struct engine_fact *f)
{
    (void)f;
    ++*(size_t *)arg;
    return true;
}

static size_t
count_facts(const struct world *w, const struct plumb_digest *release)
{
    size_t n = 0;

    engine_each_fact(w->engine, release, count_fact, &n);
    return n;
}

static void
a_file_attached_as_another_kind_stands_beside_the_first(void **state)
{
    struct world w;
    struct plumb_digest id;
    struct plumb_bytes said;

    (void)state;
    controlled_begin(&w, NULL);
    id = controlled_propose(&w, "1.0");
    said = assertion(&w, &id);
    assert_string_equal(controlled_attach(&w, &id, PLUMB_FILE_ATTESTATION, copy_of(&said)), "");
    controlled_expect(&w, &id, "DEV-IO", PLUMB_CONTROL_MET, "qa");
    assert_string_equal(controlled_attach(&w, &id, PLUMB_FILE_DOCUMENT, copy_of(&said)), "");
    controlled_expect(&w, &id, "DEV-IO", PLUMB_CONTROL_MET, "qa");
    assert_int_equal(count_facts(&w, &id), 3);
    /* as the same it takes its own place */
    assert_string_equal(controlled_attach(&w, &id, PLUMB_FILE_ATTESTATION, copy_of(&said)), "");
    assert_int_equal(count_facts(&w, &id), 3);
    plumb_bytes_clear(&said);
    world_end(&w);
}

static void
a_refusal_takes_the_place_of_nothing_that_was_accepted(void **state)
{
    struct world w;
    struct plumb_digest id;
    struct plumb_bytes said;

    (void)state;
    controlled_begin(&w, NULL);
    id = controlled_propose(&w, "1.0");
    said = assertion(&w, &id);
    assert_string_equal(controlled_attach(&w, &id, PLUMB_FILE_ATTESTATION, copy_of(&said)), "");
    make_next(&w.make);
    make_set(&w.make, "controls.trust.qa.controls", json_pack("[s]", "DEV-RNG"));
    (void)world_govern(&w, NULL);
    controlled_expect(&w, &id, "DEV-IO", PLUMB_CONTROL_OPEN, "nothing");
    (void)controlled_attach(&w, &id, PLUMB_FILE_ATTESTATION, copy_of(&said));
    assert_non_null(strstr(w.effect.text, "0 of 1"));
    assert_non_null(strstr(w.effect.text, "evidence.trust"));
    make_next(&w.make);
    make_set(&w.make, "controls.trust.qa.controls", json_pack("[s]", "DEV-IO"));
    (void)world_govern(&w, NULL);
    controlled_expect(&w, &id, "DEV-IO", PLUMB_CONTROL_MET, "qa");
    plumb_bytes_clear(&said);
    world_end(&w);
}

static void
what_was_refused_is_accepted_once_its_signer_is_trusted(void **state)
{
    struct world w;
    struct plumb_digest id;
    struct plumb_bytes said;

    (void)state;
    controlled_begin(&w, NULL);
    id = controlled_propose(&w, "1.0");
    said = assertion(&w, &id);
    make_next(&w.make);
    make_set(&w.make, "controls.trust.qa.controls", json_pack("[s]", "DEV-RNG"));
    (void)world_govern(&w, NULL);
    assert_string_equal(controlled_attach(&w, &id, PLUMB_FILE_ATTESTATION, copy_of(&said)),
                        "evidence.trust");
    make_next(&w.make);
    make_set(&w.make, "controls.trust.qa.controls", json_pack("[s]", "DEV-IO"));
    (void)world_govern(&w, NULL);
    assert_string_equal(controlled_attach(&w, &id, PLUMB_FILE_ATTESTATION, copy_of(&said)), "");
    assert_int_equal(count_facts(&w, &id), 2);
    controlled_expect(&w, &id, "DEV-IO", PLUMB_CONTROL_MET, "qa");
    plumb_bytes_clear(&said);
    world_end(&w);
}

/* --- several artifacts --- */

/* By who, of n of the two. predicate is stolen. */
static void
attest(struct world *w, const struct plumb_digest *release, const char *who, const char *type,
       const struct plumb_digest *artifacts, size_t n, json_t *predicate)
{
    assert_string_equal(
        controlled_attach(w, release, PLUMB_FILE_ATTESTATION,
                          make_attestation(&w->make, who, type, artifacts, n, predicate)),
        "");
}

static json_t *
provenance(struct world *w)
{
    return controlled_provenance(w, "https://forge.example/builder@v1",
                                 "https://git.example/web");
}

#define PROVENANCE "https://slsa.dev/provenance/v1"

static void
every_artifact_needs_provenance(void **state)
{
    const struct plumb_digest two[] = { controlled_artifact("1.0"),
                                        controlled_artifact("initrd") };
    struct world w;
    struct plumb_digest id;
    struct engine_control c;

    (void)state;
    controlled_begin(&w, NULL);
    id = controlled_propose_two(&w, "1.0");
    controlled_expect(&w, &id, "BLD-ISOLATION", PLUMB_CONTROL_OPEN, "nothing on file");
    attest(&w, &id, "forge", PROVENANCE, two, 1, provenance(&w));
    controlled_expect(&w, &id, "BLD-ISOLATION", PLUMB_CONTROL_OPEN, "artifact web.initrd");
    controlled_expect(&w, &id, "BLD-PROVENANCE", PLUMB_CONTROL_OPEN, "artifact web.initrd");
    assert_int_equal(controlled_state(&w, &id, "BLD-ISOLATION").nevidence, 0);
    w.make.now += 60; /* else it would be the same file */
    attest(&w, &id, "forge", PROVENANCE, two + 1, 1, provenance(&w));
    controlled_expect(&w, &id, "BLD-ISOLATION", PLUMB_CONTROL_MET, "forge, SLSA level 3");
    c = controlled_state(&w, &id, "BLD-PROVENANCE");
    assert_int_equal(c.state, PLUMB_CONTROL_MET);
    assert_int_equal(c.nevidence, 2);
    assert_int_equal(c.level, 3);
    world_end(&w);
}

static void
provenance_of_all_artifacts_is_one_file(void **state)
{
    const struct plumb_digest two[] = { controlled_artifact("1.0"),
                                        controlled_artifact("initrd") };
    struct world w;
    struct plumb_digest id;

    (void)state;
    controlled_begin(&w, NULL);
    id = controlled_propose_two(&w, "1.0");
    attest(&w, &id, "forge", PROVENANCE, two, 2, provenance(&w));
    controlled_expect(&w, &id, "BLD-ISOLATION", PLUMB_CONTROL_MET, "forge");
    assert_int_equal(controlled_state(&w, &id, "BLD-ISOLATION").nevidence, 1);
    world_end(&w);
}

/* It is what the release says of itself, and nobody built it. */
static void
provenance_of_the_reference_values_covers_no_artifact(void **state)
{
    struct world w;
    struct plumb_digest id;
    struct engine_version v;

    (void)state;
    controlled_begin(&w, NULL);
    id = controlled_propose(&w, "1.0");
    assert_true(engine_version(w.engine, &id, &v));
    attest(&w, &id, "forge", PROVENANCE, &v.reference_values, 1, provenance(&w));
    controlled_expect(&w, &id, "BLD-ISOLATION", PLUMB_CONTROL_OPEN, "artifact web.img");
    world_end(&w);
}

static void
every_artifact_is_rebuilt_by_as_many(void **state)
{
    const struct plumb_digest two[] = { controlled_artifact("1.0"),
                                        controlled_artifact("initrd") };
    struct world w;
    struct plumb_digest id;

    (void)state;
    controlled_begin(&w, NULL);
    id = controlled_propose_two(&w, "1.0");
    attest(&w, &id, "redo", REBUILD_TYPE, two, 1, json_object());
    controlled_expect(&w, &id, "BLD-REPRODUCIBLE", PLUMB_CONTROL_OPEN,
                      "0 of 1 independent rebuilds of web.initrd");
    attest(&w, &id, "redo", REBUILD_TYPE, two, 2, json_object());
    controlled_expect(&w, &id, "BLD-REPRODUCIBLE", PLUMB_CONTROL_MET, "1 of 1");
    world_end(&w);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_attached_as_another_kind_stands_beside_the_first),
        cmocka_unit_test(a_refusal_takes_the_place_of_nothing_that_was_accepted),
        cmocka_unit_test(what_was_refused_is_accepted_once_its_signer_is_trusted),
        cmocka_unit_test(every_artifact_needs_provenance),
        cmocka_unit_test(provenance_of_all_artifacts_is_one_file),
        cmocka_unit_test(provenance_of_the_reference_values_covers_no_artifact),
        cmocka_unit_test(every_artifact_is_rebuilt_by_as_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
