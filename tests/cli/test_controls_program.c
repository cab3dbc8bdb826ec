/* Evidence, controls, waivers and advisories, by people with plumb against the real service. */
#include "tests/t.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/cli/people.h"
#include "tests/cli/proxy.h"
#include "tests/supply/zips.h"

#define V "svr2@1"

static const char bill[] =
    "{\"bomFormat\": \"CycloneDX\", \"specVersion\": \"1.5\", \"version\": 1, \"components\":"
    " [{\"type\": \"library\", \"name\": \"lodash\", \"version\": \"4.0.0\", \"purl\":"
    " \"pkg:npm/lodash@4.0.0\"}]}";
static const char empty_bill[] =
    "{\"bomFormat\": \"CycloneDX\", \"specVersion\": \"1.5\", \"version\": 1}";
static const char other_bill[] =
    "{\"bomFormat\": \"CycloneDX\", \"specVersion\": \"1.5\", \"components\":"
    " [{\"type\": \"library\", \"name\": \"pad\", \"purl\": \"pkg:npm/pad@1\"}]}";
static const char record[] =
    "{\"id\": \"GHSA-1\", \"modified\": \"2026-01-01T00:00:00Z\", \"summary\": \"of\\ntwo"
    "\\u2028lines\", \"affected\": [{\"package\":"
    " {\"ecosystem\": \"npm\", \"name\": \"lodash\"}, \"ranges\": [{\"type\": \"SEMVER\","
    " \"events\": [{\"introduced\": \"0\"}, {\"fixed\": \"4.17.21\"}]}]}]}";

static const char bare[] = "{\"_type\": \"x\", \"predicateType\": \"y\"}";

static struct people people;

static int
begin(void **state)
{
    (void)state;
    people_begin(&people);
    people_govern_controls(&people);
    people_profiles(&people);
    return 0;
}

static int
end(void **state)
{
    (void)state;
    people_end(&people);
    return 0;
}

/* As osv.dev publishes its database; and one that is not what it says. */
static void
an_archive_is_imported(void)
{
    struct zips_entry entries[] = {
        { "GHSA-1.json", .data = record, .deflate = true },
        { "bad.json", .data = "{}" },
    };
    struct plumb_bytes zip = zips_make(entries, 2);
    struct ran r;

    (void)in_bytes("osv/all.zip", zip.data, zip.len);
    plumb_bytes_clear(&zip);
    r = AS("pipeline", "advisories", "import", "osv/all.zip");
    assert_status(0, &r);
    assert_says(r.err, "osv/all.zip: entry 2: bad.json: record 1 is left out");
    ran_clear(&r);
    assert_as("pipeline", 0, "advisories", "import", "osv"); /* of a folder, too */
    entries[1].name = "../../.profile.json";
    zip = zips_make(entries, 2);
    (void)in_bytes("bad.zip", zip.data, zip.len);
    plumb_bytes_clear(&zip);
    r = AS("pipeline", "advisories", "import", "bad.zip");
    assert_status(1, &r);
    assert_says(r.err, "entry 2: ../../.profile.json");
    assert_says(r.err, "zip.path");
    ran_clear(&r);
    zip = zips_make(&entries[1], 0);
    (void)in_bytes("empty.zip", zip.data, zip.len);
    plumb_bytes_clear(&zip);
    assert_as_refused("pipeline", "advisory.form", 1, "advisories", "import", "empty.zip");
}

/* Verified before it is written; and what the audit derives. */
static void
the_summary_can_be_given_to_others(void)
{
    json_t *answer = ANSWER("alice", "controls", V, "--vsa", "-o", "vsa.json"), *envelope;
    struct plumb_bytes written = read_in("vsa.json");
    struct ran r;

    assert_string_equal("urn:plumbline:version:" V,
                        json_string_value(json_object_get(answer, "resource")));
    assert_string_equal("SLSA_BUILD_LEVEL_0", json_string_value(json_array_get(
                                                  json_object_get(answer, "levels"), 0)));
    json_decref(answer);
    envelope = json_loadb((const char *)written.data, written.len, 0, NULL);
    assert_string_equal("application/vnd.in-toto+json",
                        json_string_value(json_object_get(envelope, "payloadType")));
    json_decref(envelope);
    r = AS("alice", "controls", V, "--vsa");
    assert_status(0, &r);
    assert_int_equal(strlen(r.out), written.len);
    assert_memory_equal(r.out, written.data, written.len);
    ran_clear(&r);
    plumb_bytes_clear(&written);
    assert_as_refused("alice", "usage", 2, "controls", V, "-o", "x");
    /* an export has it, and an audit of either compares it with what the log derives */
    assert_as("auditor", 0, "log", "export", "log");
    answer = ANSWER("auditor", "audit", "log");
    assert_int_equal(
        json_integer_value(json_object_get(json_object_get(answer, "checked"), "summaries")),
        1);
    json_decref(answer);
    assert_as("auditor", 0, "audit");
}

/* From the service and from an export; checked by whoever has the trust file, with no service.
 */
static void
a_pack_can_be_given_to_others(void)
{
    json_t *answer = ANSWER("auditor", "evidence", "pack", V, "-o", "pack.tar.gz");
    struct plumb_bytes pack;
    struct ran r;

    assert_true(json_integer_value(json_object_get(answer, "bytes")) > 1000);
    json_decref(answer);
    answer = answer_of(PLUMB("--json", "audit", "pack.tar.gz", "--trust", "trust.json"));
    assert_true(json_is_true(json_object_get(answer, "holds")));
    assert_int_equal(3, json_array_size(json_object_get(answer, "controls")));
    json_decref(answer);
    r = PLUMB("audit", "pack.tar.gz", "--trust", "trust.json", "--report", "pack.md");
    assert_status(0, &r);
    assert_says(r.out, "Evidence pack of " V);
    assert_says(r.out, "What this alone does not prove");
    ran_clear(&r);
    assert_int_equal(0, system("tar xzOf pack.tar.gz report.md | cmp - pack.md && "
                               "tar tvzf pack.tar.gz | grep -q -- '-rw-r--r-- 0/0'"));

    /* the log has grown: from an export it is of the log as it was then */
    assert_as("auditor", 0, "evidence", "pack", V, "--from", "log", "-o", "again.tar.gz");
    assert_plumb(0, "audit", "again.tar.gz", "--trust", "trust.json");

    assert_as_refused("auditor", "usage", 2, "evidence", "pack", V);
    assert_as_refused("auditor", "usage", 2, "evidence", "pack", V, "-o", "x", "--limit", "0");
    assert_as_refused("auditor", "version.unknown", 1, "evidence", "pack", "svr2@9", "-o", "x");
    assert_plumb_refused("usage", 2, "audit", "pack.tar.gz", "--trust", "trust.json", "--by",
                         "alice");
    assert_plumb_refused("usage", 2, "audit", "log", "--trust", "trust.json", "--limit", "1");
    pack = read_in("pack.tar.gz");
    (void)in_bytes("cut.tar.gz", pack.data, pack.len - 1);
    plumb_bytes_clear(&pack);
    assert_plumb_refused("archive.cut", 1, "audit", "cut.tar.gz", "--trust", "trust.json");
    assert_plumb(3, "audit", "pack.tar.gz", "--genesis",
                 "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08");
}

static void
a_verifier_sees_it_in_the_bundle(void)
{
    struct ran r;
    json_t *answer, *version, *finding;

    assert_as("verifier", 0, "bundle", "pull", "--memory", "memory.json", "-o", "prod.bundle");
    r = PLUMB("bundle", "show", "prod.bundle", "--trust", "trust.json");
    assert_status(0, &r);
    assert_says(r.out, "    sbom      ");
    assert_says(r.out, "    finding   GHSA-1, ");
    ran_clear(&r);
    answer =
        answer_of(PLUMB("--json", "bundle", "show", "prod.bundle", "--trust", "trust.json"));
    version = json_array_get(json_object_get(answer, "versions"), 0);
    finding = json_array_get(json_object_get(version, "findings"), 0);
    assert_string_equal("GHSA-1", json_string_value(json_object_get(finding, "id")));
    assert_string_equal("open", json_string_value(json_object_get(finding, "state")));
    json_decref(answer);
}

/* The log has them, and the run ends with 3: a pipeline must notice. */
static void
what_counts_for_nothing_is_told_of_file_by_file(void)
{
    const json_t *files;
    json_t *answer;
    struct ran r;

    (void)in_bytes("empty.json", empty_bill, strlen(empty_bill));
    r = AS("pipeline", "evidence", "add", V, "empty.json", "--kind", "sbom");
    assert_status(3, &r);
    assert_says(r.out, "refused  sbom ");
    assert_says(r.out, "the bill of materials lists no component (evidence.empty)");
    ran_clear(&r);
    r = AS("pipeline", "--json", "evidence", "add", V, "empty.json", "--kind", "sbom");
    assert_status(3, &r);
    answer = ran_json(&r);
    files = json_object_get(answer, "files");
    assert_int_equal(1, json_array_size(files));
    assert_string_equal("evidence.empty",
                        json_string_value(json_object_get(json_array_get(files, 0), "rule")));
    json_decref(answer);
    ran_clear(&r);
}

/* As the advisory databases that come by git are laid out. */
static void
folders_are_imported_with_all_that_is_below_them(void)
{
    struct ran r;

    assert_int_equal(0, mkdir("ghsa", 0700));
    assert_int_equal(0, mkdir("ghsa/2026", 0700));
    assert_int_equal(0, mkdir("ghsa/2026/.git", 0700));
    (void)in_bytes("ghsa/README.md", "#", 1);
    (void)in_bytes("ghsa/2026/GHSA-1.json", record, strlen(record));
    (void)in_bytes("ghsa/2026/.git/index.json", "{}", 2);
    assert_int_equal(0, symlink("..", "ghsa/2026/round"));
    r = AS("pipeline", "advisories", "import", "ghsa");
    assert_status(0, &r);
    assert_says(r.out, "1 advisories");
    assert_string_equal("2 left alone: not *.json, *.jsonl or *.zip\n", r.err);
    ran_clear(&r);
}

static void
a_release_is_shown_to_be_governed_and_then_approved(void **state)
{
    const char *id, *waiver;
    char digits[13];
    json_t *answer;
    struct ran r;

    (void)state;
    (void)in_bytes("sbom.json", bill, strlen(bill));
    r = AS("pipeline", "release", "add", "svr2@0", "--values", values_of(0), "--sbom",
           "sbom.json");
    assert_status(0, &r);
    assert_says(r.out,
                "It counts once it is attached:\n  plumb evidence add svr2@0 sbom.json\n");
    ran_clear(&r);
    id = id_of(ANSWER("pipeline", "release", "add", V, "--values", values_of(1), "--sbom",
                      "sbom.json"));
    approves("alice", id);
    r = AS("alice", "controls", V);
    assert_status(3, &r);
    assert_says(r.out, "3 of 3 controls hold");
    assert_says(r.out, "which is not attached: attach that very file");
    ran_clear(&r);
    (void)snprintf(digits, sizeof digits, "%.12s", id);
    r = AS("bob", "show", id);
    assert_status(0, &r);
    assert_says(r.out, "controls   3 of 3 hold its approval, by the service's evaluation at ");
    assert_says(r.out, "open    must   SUP-BOM ");
    ran_clear(&r);
    assert_as_refused("bob", "control.should", 1, "approve", id, "--yes", digits);

    /* what nobody can tell must be said, what nobody signed says nothing */
    (void)in_bytes("policy.txt", "TLS 1.3", 7);
    (void)in_bytes("bare.json", bare, strlen(bare));
    assert_as_refused("pipeline", "usage", 2, "evidence", "add", V, "policy.txt");
    assert_as_refused("pipeline", "attestation.unsigned", 1, "evidence", "add", V, "bare.json");
    assert_as_refused("pipeline", "usage", 2, "evidence", "add", V, "policy.txt", "--kind",
                      "guidance");
    what_counts_for_nothing_is_told_of_file_by_file();
    assert_as("pipeline", 0, "evidence", "add", V, "sbom.json");
    assert_as("pipeline", 0, "evidence", "add", V, "policy.txt", "--kind", "crypto-policy");
    (void)in_bytes("other.json", other_bill, strlen(other_bill));
    r = AS("pipeline", "evidence", "add", V, "other.json");
    assert_status(0, &r);
    assert_says(r.out, "loose    sbom ");
    assert_says(r.out, "counts for nothing until a reference to it is attached, by a signer "
                       "trusted for sbom");
    ran_clear(&r);
    answer = ANSWER("alice", "evidence", "list", V);
    assert_int_equal(json_array_size(answer), 4);
    json_decref(answer);
    r = AS("alice", "evidence", "list", V);
    assert_status(0, &r);
    assert_says(r.out, "CycloneDX, 1 components, 1 of them watched");
    ran_clear(&r);

    /* the feed, and a waiver for what no one asserts */
    assert_as_refused("pipeline", "usage", 2, "advisories", "import");
    assert_as("pipeline", 0, "advisories", "import", "--empty");
    waiver = id_of(ANSWER("pipeline", "waiver", V, "DEV-IO", "--until", "2099-01-01T00:00:00Z",
                          "--justification", "late", "--compensating", "guards at the door"));
    r = AS("alice", "show", waiver);
    assert_status(0, &r);
    assert_says(r.out, "guards at the door");
    ran_clear(&r);
    r = AS("alice", "queue");
    assert_status(0, &r);
    assert_says(r.out, "waiver DEV-IO of " V);
    ran_clear(&r);
    approves("alice", waiver);
    approves("bob", waiver);
    r = AS("alice", "controls", V);
    assert_status(0, &r);
    assert_says(r.out, "waived  should DEV-IO");
    assert_says(r.out, "all 3 controls are met or waived");
    ran_clear(&r);
    r = AS("bob", "show", id);
    assert_status(0, &r);
    assert_says(r.out, "controls   all 3 are met or waived, by");
    assert_says(r.out, "waived  should DEV-IO");
    assert_null(strstr(r.out, "SUP-BOM"));
    ran_clear(&r);
    assert_as_refused("alice", "evaluation.unknown", 1, "controls", V, "--vsa");
    approves("bob", id);
    the_summary_can_be_given_to_others();
    a_pack_can_be_given_to_others();
    approves("bob", id_of(ANSWER("alice", "rollout", "begin", V, "--fleet", "prod")));

    /* and one day */
    assert_int_equal(0, mkdir("osv", 0700));
    (void)in_bytes("osv/GHSA-1.json", record, strlen(record));
    (void)in_bytes("osv/bad.json", "{}", 2);
    r = AS("pipeline", "advisories", "import", "osv", "--source", "osv.dev");
    assert_status(0, &r);
    assert_says(r.err, "osv/bad.json: record 1 is left out");
    ran_clear(&r);
    an_archive_is_imported();
    folders_are_imported_with_all_that_is_below_them();
    r = AS("alice", "findings", "--fleet", "prod");
    assert_status(0, &r);
    assert_says(r.out, "GHSA-1");
    assert_says(r.out, "    of two   lines\n    pkg:npm/lodash@4.0.0, fixed in 4.17.21");
    assert_says(r.out, "incoming in prod; revoked, nothing would be left there");
    ran_clear(&r);
    a_verifier_sees_it_in_the_bundle();
    answer = ANSWER("alice", "findings", "--payload", "svr2", "--all");
    assert_int_equal(json_array_size(json_object_get(answer, "findings")), 1);
    assert_string_equal(json_string_value(json_object_get(
                            json_array_get(json_object_get(answer, "findings"), 0), "summary")),
                        "of two   lines");
    json_decref(answer);
}

/* --- uploads --- */

#define FILE_LEN ((size_t)12 << 20)

/* A file that no other call made. */
static const char *
noise(const char *name)
{
    static uint32_t state = 1;
    uint8_t *bytes = malloc(FILE_LEN);
    const char *path;

    assert_non_null(bytes);
    for (size_t i = 0; i < FILE_LEN; i++) {
        state = state * 1664525 + 1013904223;
        bytes[i] = (uint8_t)(state >> 24);
    }
    path = in_bytes(name, bytes, FILE_LEN);
    free(bytes);
    return path;
}

#define ADD(line, file)                                                                        \
    "--config", "pipeline.json", "--server", (line)->url, "evidence", "add", V, file,          \
        "--kind", "document"

static void
an_upload_goes_on_where_the_line_broke(void **state)
{
    const char *file = noise("large.bin");
    struct proxy line;

    (void)state;
    proxy_start(&line, plumbd_port(&people.service));
    line.cut_after = (size_t)5 << 20; /* less than the file: it never fits one connection */
    assert_plumb(0, ADD(&line, file));
    assert_int_equal(2, line.cuts);
    assert_in_range(line.sent, FILE_LEN, FILE_LEN + ((size_t)3 << 20));

    /* and what is there is not sent again */
    line.cut_after = 0;
    line.sent = 0;
    assert_plumb(0, ADD(&line, file));
    assert_in_range(line.sent, 1, 100000);
    proxy_stop(&line);
}

static void
await_sent(struct proxy *line, size_t bytes)
{
    for (int i = 0; i < 6000 && line->sent < bytes; i++)
        (void)nanosleep(&(struct timespec){ 0, 10 * 1000 * 1000 }, NULL);
    assert_true(line->sent >= bytes);
}

static void
the_next_run_goes_on_where_one_was_killed(void **state)
{
    const char *file = noise("killed.bin");
    struct proxy line;
    pid_t pid;
    int status;

    (void)state;
    proxy_start(&line, plumbd_port(&people.service));
    line.cut_after = (size_t)9 << 20; /* in the third piece; then nothing answers */
    pid = program_start("killed", (const char *const[]){ ADD(&line, file), NULL });
    await_sent(&line, line.cut_after);
    assert_int_equal(0, kill(pid, SIGKILL));
    assert_int_equal(pid, waitpid(pid, &status, 0));
    line.cut_after = 0;
    line.sent = 0;
    assert_plumb(0, ADD(&line, file));
    assert_in_range(line.sent, (size_t)4 << 20, (size_t)5 << 20); /* the third piece alone */
    proxy_stop(&line);
}

static void
an_upload_goes_on_when_the_service_was_killed(void **state)
{
    const char *file = noise("restarted.bin");
    struct proxy line;
    pid_t pid;
    int status;

    (void)state;
    proxy_start(&line, plumbd_port(&people.service));
    line.cut_after = (size_t)5 << 20;
    pid = program_start("restarted", (const char *const[]){ ADD(&line, file), NULL });
    await_sent(&line, line.cut_after);
    plumbd_stop(&people.service, SIGKILL);
    plumbd_start(&people.service);
    line.to = plumbd_port(&people.service);
    line.cut_after = 0;
    assert_int_equal(pid, waitpid(pid, &status, 0));
    assert_true(WIFEXITED(status));
    assert_int_equal(0, WEXITSTATUS(status));
    proxy_stop(&line);
}

/* The built-in profile, by the template: what it makes is a document as it stands. */
static void
the_template_puts_the_built_in_controls_in_force(void **state)
{
    static const char *const told[] = {
        "  must        BLD-SETTINGS, DEP-CONFIG, ",
        "  should      BLD-ENV, ",
        "  trusts      officers: assert, vex; signed by any release-manager\n",
        "  builds      SLSA level 2, 1 rebuilder; of https://git.example/svr2, "
        "https://git.example/libs/*\n",
        "  blocks      critical, high; what has no severity counts as high\n",
        "  deadlines   critical in P7D, high in P30D\n",
        "  ages        advisories P2D, guidance P365D, provenance P30D\n",
        "  follows     a waiver lapses: alert, hold\n",
        "  follows     one is overdue: alert, propose-revocation\n",
        "  waiver      1 release-manager",
    };
    json_t *document;
    struct ran r;

    (void)state;
    assert_plumb(0, "governance", "template", "--service", "service.json", "--fleet", "prod",
                 "--payload", "svr2", "--tee", "sgx", "--principal",
                 "alice=admin,release-manager:alice.sign:alice.tls", "--principal",
                 "pipeline=pipeline:pipeline.sign:pipeline.tls", "--controls",
                 "https://git.example/svr2", "--controls", "https://git.example/libs/*", "-o",
                 "controlled.json");
    r = PLUMB("governance", "check", "controlled.json");
    assert_status(0, &r);
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        assert_says(r.out, told[i]);
    assert_null(strstr(r.out, "matches nothing"));
    ran_clear(&r);
    document = json_load_file("controlled.json", 0, NULL);
    assert_int_equal(
        json_array_size(json_object_get(
            json_object_get(json_object_get(document, "controls"), "build"), "sources")),
        2);
    json_object_set_new(json_object_get(json_object_get(document, "controls"), "build"),
                        "sources", json_pack("[s]", "git+https://git.example/svr2"));
    assert_int_equal(0, json_dump_file(document, "fetched.json", 0));
    json_decref(document);
    r = PLUMB("governance", "check", "fetched.json");
    assert_status(0, &r);
    assert_says(r.out, "note: the source git+https://git.example/svr2 matches nothing");
    ran_clear(&r);
    assert_plumb_refused("governance.pattern", 1, "governance", "template", "--service",
                         "service.json", "--fleet", "prod", "--payload", "svr2", "--tee", "sgx",
                         "--principal", "alice=admin,release-manager:alice.sign:alice.tls",
                         "--principal", "pipeline=pipeline:pipeline.sign:pipeline.tls",
                         "--controls", "https://*", "-o", "bad.json");
    assert_plumb_refused("usage", 2, "governance", "template", "--service", "service.json",
                         "--fleet", "prod", "--payload", "svr2", "--tee", "sgx", "--principal",
                         "alice=admin,release-manager:alice.sign:alice.tls", "--controls",
                         "git+https://git.example/svr2", "-o", "bad.json");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_template_puts_the_built_in_controls_in_force),
        cmocka_unit_test(a_release_is_shown_to_be_governed_and_then_approved),
        cmocka_unit_test(an_upload_goes_on_where_the_line_broke),
        cmocka_unit_test(the_next_run_goes_on_where_one_was_killed),
        cmocka_unit_test(an_upload_goes_on_when_the_service_was_killed),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
