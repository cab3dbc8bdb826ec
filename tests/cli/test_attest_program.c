/* Evidence of one's own: assertions, rebuilds and references, signed with plumb and attached.
 */
#include "tests/t.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/cli/doc.h"
#include "tests/cli/people.h"

#define V "svr2@1"

static const char bill[] =
    "{\"bomFormat\": \"CycloneDX\", \"specVersion\": \"1.5\", \"components\":"
    " [{\"type\": \"library\", \"name\": \"pad\", \"purl\": \"pkg:npm/pad@1\"}]}";
static const char vex[] =
    "{\"@context\": \"https://openvex.dev/ns/v0.2.0\", \"@id\": \"https://x.example/v\","
    " \"author\": \"x\", \"timestamp\": \"2026-01-01T00:00:00Z\", \"version\": 1,"
    " \"statements\": [{\"vulnerability\": {\"name\": \"CVE-2026-1\"}, \"products\":"
    " [{\"@id\": \"pkg:npm/pad@1\"}], \"status\": \"fixed\"}]}";

static struct people people;

static int
begin(void **state)
{
    struct ran r;

    (void)state;
    people_begin(&people);
    people_govern_controls(&people);
    people_profiles(&people);
    (void)in_bytes("bill.json", bill, strlen(bill));
    (void)in_bytes("vex.json", vex, strlen(vex));
    (void)in_bytes("review.txt", "we looked", 9);
    (void)in_bytes("app.bin", "built", 5);
    (void)in_bytes("other.bin", "built otherwise", 15);
    r = AS("pipeline", "release", "add", V, "--values", values_of(1), "--artifact",
           "app=@app.bin");
    assert_status(0, &r);
    ran_clear(&r);
    return 0;
}

static int
end(void **state)
{
    (void)state;
    people_end(&people);
    return 0;
}

static void
an_assertion_meets_its_control_once_it_is_attached(void **state)
{
    struct ran r;

    (void)state;
    r = AS("alice", "attest", "assertion", V, "DEV-IO", "--statement", "all of it is TLS 1.3",
           "--document", "review.txt", "--until", "2099-01-01T00:00:00Z", "-o", "dev-io.json");
    assert_status(0, &r);
    assert_says(r.out, "control    DEV-IO (should): protected\n");
    assert_says(r.out, "whom governance calls managers\n");
    ran_clear(&r);
    r = AS("alice", "controls", V);
    assert_says(r.out, "open    should DEV-IO");
    ran_clear(&r);
    assert_as("pipeline", 0, "evidence", "add", V, "dev-io.json");
    assert_as("pipeline", 0, "evidence", "add", V, "review.txt", "--kind", "document");
    r = AS("alice", "controls", V);
    assert_says(r.out, "met     should DEV-IO");
    ran_clear(&r);
}

/* As npm, GitHub's API and gcloud answer, and as builders append to one file. */
static void
an_envelope_is_found_in_what_it_is_wrapped_in(void **state)
{
    static const struct {
        const char *before, *after;
    } wrappings[] = {
        { "{\"attestations\": [{\"bundle_url\": \"y\"}, {\"predicateType\": \"x\", "
          "\"bundle\": ",
          "}]}" },
        { "{\"image_summary\": {}, \"provenance_summary\": {\"provenance\": [{\"envelope\": ",
          "}]}}" },
        { "", "\n" },
        { "\n", "\n\n" },
    };
    struct plumb_bytes envelope = read_in("dev-io.json");
    char text[8192];

    (void)state;
    for (size_t i = 0; i < sizeof wrappings / sizeof *wrappings; i++) {
        const json_t *files;
        json_t *answer;

        (void)snprintf(text, sizeof text, "%s%.*s%s", wrappings[i].before, (int)envelope.len,
                       (char *)envelope.data, wrappings[i].after);
        (void)in_bytes("wrapped", text, strlen(text));
        answer = ANSWER("pipeline", "evidence", "add", V, "wrapped");
        files = json_object_get(answer, "files");
        assert_int_equal(1, json_array_size(files));
        assert_string_equal("attestation", json_string_value(json_object_get(
                                               json_array_get(files, 0), "kind")));
        json_decref(answer);
    }
    plumb_bytes_clear(&envelope);
    assert_as_refused("pipeline", "usage", 2, "evidence", "add", V, "app.bin");
}

static void
whom_governance_does_not_trust_is_told_before_attaching(void **state)
{
    json_t *answer;
    struct ran r;

    (void)state;
    r = AS("pipeline", "attest", "assertion", V, "DEV-IO", "--statement", "trust me",
           "--document", "review.txt", "-o", "mine.json");
    assert_status(0, &r);
    assert_says(r.err, "for 'assert' of DEV-IO: attached now, this counts for nothing");
    ran_clear(&r);
    answer = ANSWER("pipeline", "attest", "assertion", V, "DEV-IO", "--statement", "trust me",
                    "--document", "review.txt", "-o", "mine.json");
    assert_null(json_object_get(answer, "trusted"));
    json_decref(answer);
    r = AS("pipeline", "evidence", "add", V, "mine.json");
    assert_status(3, &r);
    assert_says(r.out, "evidence.trust");
    ran_clear(&r);
}

static void
a_reference_makes_a_loose_bill_count(void **state)
{
    struct ran r;

    (void)state;
    r = AS("pipeline", "evidence", "add", V, "bill.json");
    assert_says(r.out, "loose    sbom ");
    ran_clear(&r);
    r = AS("pipeline", "attest", "reference", V, "bill.json", "-o", "bill.ref.json");
    assert_status(0, &r);
    assert_says(r.out, "whom governance calls pipelines\n");
    ran_clear(&r);
    assert_as("pipeline", 0, "evidence", "add", V, "bill.ref.json");
    r = AS("alice", "evidence", "list", V);
    assert_null(strstr(r.out, "loose"));
    ran_clear(&r);
    r = AS("alice", "controls", V);
    assert_says(r.out, "met     must   SUP-BOM");
    ran_clear(&r);
    /* a bill and VEX are vouched for by different people */
    r = AS("pipeline", "attest", "reference", V, "vex.json", "-o", "vex.ref.json");
    assert_status(0, &r);
    assert_says(r.err, "for 'vex': attached now, this counts for nothing");
    ran_clear(&r);
}

static void
a_rebuild_is_signed_only_when_it_is_the_same(void **state)
{
    json_t *answer, *envelope;
    struct ran r;

    (void)state;
    r = AS("bob", "attest", "rebuild", V, "--artifact", "app=@app.bin", "--environment",
           "debian 12", "-o", "same.json");
    assert_status(0, &r);
    assert_says(r.out, "whom governance calls managers");
    assert_says(r.out, "same       ");
    ran_clear(&r);
    envelope = json_load_file("same.json", 0, NULL);
    assert_non_null(envelope);
    json_decref(envelope);
    r = AS("bob", "attest", "rebuild", V, "--artifact", "app=@other.bin", "-o", "differs.json");
    assert_status(3, &r);
    assert_says(r.out, "DIFFERS    ");
    assert_says(r.out, "not reproduced: nothing is signed");
    ran_clear(&r);
    assert_null(json_load_file("differs.json", 0, NULL));
    r = AS("bob", "--json", "attest", "rebuild", V, "--artifact", "app=@other.bin", "-o", "x");
    assert_status(3, &r);
    answer = ran_json(&r);
    assert_int_equal(1, json_array_size(json_object_get(answer, "differing")));
    json_decref(answer);
    ran_clear(&r);
}

static void
what_cannot_be_attested_is_refused(void **state)
{
    (void)state;
    assert_as_refused("alice", "usage", 2, "attest", "assertion", V, "DEV-IO", "--statement",
                      "x", "--document", "review.txt");
    assert_as_refused("alice", "usage", 2, "attest", "assertion", V, "DEV-IO", "--statement",
                      "x", "-o", "x");
    assert_as_refused("alice", "usage", 2, "attest", "assertion", V, "DEV-IO", "--statement",
                      "x", "--document", "review.txt", "--until", "2020-01-01T00:00:00Z", "-o",
                      "x");
    assert_as_refused("alice", "evidence.control", 1, "attest", "assertion", V, "DEV-RNG",
                      "--statement", "x", "--document", "review.txt", "-o", "x");
    assert_as_refused("alice", "version.unknown", 1, "attest", "assertion", "svr2@9", "DEV-IO",
                      "--statement", "x", "--document", "review.txt", "-o", "x");
    assert_as_refused("bob", "attest.artifact", 1, "attest", "rebuild", V, "--artifact",
                      "nothing=@app.bin", "-o", "x");
    assert_as_refused("bob", "usage", 2, "attest", "rebuild", V, "-o", "x");
    assert_as_refused("bob", "attestation.predicate", 1, "attest", "rebuild", V, "--artifact",
                      "app=@app.bin", "--finished", "yesterday", "-o", "x");
    assert_as_refused("alice", "attest.document", 1, "attest", "reference", V, "bill.ref.json",
                      "-o", "x");
    assert_as_refused("alice", "usage", 2, "attest", "reference", V, "bill.json", "vex.json",
                      "-o", "x");
}

/* What is to be read and cannot be is told with its fault, before anything is sent. */
static void
a_file_that_cannot_be_read_says_where_it_is_broken(void **state)
{
    static const char twice[] = "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.5\","
                                "\"components\":[{\"name\":\"a\",\"name\":\"b\"}]}";
    struct ran r;

    (void)state;
    (void)in_bytes("broken.json", twice, strlen(twice));
    r = AS("pipeline", "evidence", "add", V, "broken.json");
    assert_status(1, &r);
    assert_says(r.err, "broken.json: ");
    assert_says(r.err, "components[0]");
    assert_says(r.err, "(json.duplicate-key)");
    ran_clear(&r);
    assert_as_refused("pipeline", "json.duplicate-key", 1, "attest", "reference", V, "broken.json",
                      "-o", "x");
    assert_as("pipeline", 0, "evidence", "add", V, "broken.json", "--kind", "document");
}

/* --- docs/controls.md --- */

/* Managers assert and rebuild, the pipeline does the rest; what tells of an approval comes
 * after it. */
static void
run_line(const struct doc_line *line, void *arg)
{
    const bool asserts =
        strcmp(line->argv[1], "attest") == 0 && strcmp(line->argv[2], "reference") != 0;
    const char *args[DOC_WORDS + 8];
    size_t *ran = arg, n = 0;
    struct ran r;

    if (strcmp(line->argv[1], "controls") == 0) {
        json_t *answer = ANSWER("alice", "release", "show", line->argv[2]);
        const char *id = json_string_value(json_object_get(answer, "id"));

        approves("alice", id);
        approves("bob", id);
        json_decref(answer);
    }
    args[n++] = "--config";
    args[n++] = asserts ? "alice.json" : "pipeline.json";
    for (int i = 1; i < line->argc; i++)
        args[n++] = line->argv[i];
    args[n] = NULL;
    r = program_run(args);
    if (r.status != 0)
        fail_msg("%s:%d ends with %d: %s%s", line->file, line->number, r.status, r.out, r.err);
    ran_clear(&r);
    ++*ran;
}

static void
what_the_page_of_controls_says_is_what_happens(void **state)
{
    struct ran r;
    size_t ran = 0;

    (void)state;
    assert_int_equal(0, mkdir("out", 0755));
    (void)in_bytes("out/svr2.eif", "image", 5);
    (void)in_bytes("review.pdf", "%PDF", 4);
    (void)in_bytes("sbom.cdx.json", bill, strlen(bill));
    r = AS("pipeline", "release", "add", "svr2@2025-08-02", "--values",
           "examples/svr2-2025-08-02.json", "--artifact", "svr2.eif=@out/svr2.eif");
    assert_status(0, &r);
    ran_clear(&r);
    assert_as("pipeline", 0, "advisories", "import", "--empty");
    doc_each("docs/controls.md", "plumb", 0, run_line, &ran);
    assert_int_equal(6, ran);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_assertion_meets_its_control_once_it_is_attached),
        cmocka_unit_test(an_envelope_is_found_in_what_it_is_wrapped_in),
        cmocka_unit_test(whom_governance_does_not_trust_is_told_before_attaching),
        cmocka_unit_test(a_reference_makes_a_loose_bill_count),
        cmocka_unit_test(a_rebuild_is_signed_only_when_it_is_the_same),
        cmocka_unit_test(what_cannot_be_attested_is_refused),
        cmocka_unit_test(a_file_that_cannot_be_read_says_where_it_is_broken),
        cmocka_unit_test(what_the_page_of_controls_says_is_what_happens),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
