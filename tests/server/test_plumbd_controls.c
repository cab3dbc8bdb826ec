/* The real program with controls in force: evidence, the spool of advisories, the evaluation.
 */
#include "tests/t.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "supply/attestation.h"
#include "tests/server/plumbd.h"
#include "tests/supply/zips.h"
#include "tests/tree.h"

static const char bill[] =
    "{\"bomFormat\": \"CycloneDX\", \"specVersion\": \"1.5\", \"version\": 1, \"components\":"
    " [{\"type\": \"library\", \"name\": \"lodash\", \"version\": \"4.0.0\", \"purl\":"
    " \"pkg:npm/lodash@4.0.0\"}]}";
static const char record[] =
    "{\"id\": \"GHSA-1\", \"modified\": \"2026-01-01T00:00:00Z\", \"affected\": [{\"package\":"
    " {\"ecosystem\": \"npm\", \"name\": \"lodash\"}, \"ranges\": [{\"type\": \"SEMVER\","
    " \"events\": [{\"introduced\": \"0\"}, {\"fixed\": \"4.17.21\"}]}]}]}\n{}\n";

static struct make make;
static struct plumbd service;
static char spool[] = "/tmp/plumb-spool-XXXXXX", setting[600];

static int
begin(void **state)
{
    static const char *settings[2];

    (void)state;
    assert_non_null(mkdtemp(spool));
    (void)snprintf(setting, sizeof setting, "advisories=%s", spool);
    settings[0] = setting;
    make_begin(&make, time(NULL));
    make_controls(&make);
    make_set(&make, "controls.trust.lab", NULL);
    make_set(&make, "controls.profile",
             json_pack("{s:{s:{s:s, s:s, s:[s]}, s:{s:s, s:s, s:[s]}}}", "controls", "SUP-BOM",
                       "level", "must", "text", "a bill", "by", "sbom", "SUP-MONITOR", "level",
                       "must", "text", "watched", "by", "monitor"));
    plumbd_prepare(&service, &make);
    service.settings = settings;
    plumbd_start(&service);
    plumbd_genesis(&service, &make);
    return 0;
}

static int
end(void **state)
{
    (void)state;
    plumbd_stop(&service, SIGTERM);
    make_end(&make);
    tree_remove(spool);
    return 0;
}

static void
put_bytes_in_spool(const char *name, const void *data, size_t len)
{
    char draft[600], path[600];
    FILE *f;

    (void)snprintf(draft, sizeof draft, "%s/.draft", spool);
    (void)snprintf(path, sizeof path, "%s/%s", spool, name);
    f = fopen(draft, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(rename(draft, path), 0);
}

static void
put_in_spool(const char *name, const char *text)
{
    put_bytes_in_spool(name, text, strlen(text));
}

static void
put_archive_in_spool(const char *name, const struct zips_entry *entries, size_t n)
{
    struct plumb_bytes zip = zips_make(entries, n);

    put_bytes_in_spool(name, zip.data, zip.len);
    plumb_bytes_clear(&zip);
}

/* Until it has gone there. */
static void
await(const char *where)
{
    char path[600];

    (void)snprintf(path, sizeof path, "%s/%s", spool, where);
    for (int i = 0; i < 600; i++) {
        if (access(path, F_OK) == 0)
            return;
        (void)nanosleep(&(struct timespec){ 0, 100 * 1000 * 1000 }, NULL);
    }
    fail_msg("%s never came", where);
}

static struct plumb_digest
blob(const void *data, size_t len)
{
    struct plumb_bytes bytes = { 0 };
    struct plumb_digest digest;
    struct plumb_err err;

    assert_ok(plumb_bytes_copy(data, len, &bytes, &err), &err);
    plumbd_blob(&service, &bytes);
    plumb_sha256(data, len, &digest);
    plumb_bytes_clear(&bytes);
    return digest;
}

static void
assert_word(const json_t *object, const char *key, const char *want)
{
    assert_string_equal(json_string_value(json_object_get(object, key)), want);
}

static void
submit(struct plumb_signed *s, int status, const char *rule)
{
    json_t *answer = plumbd_submit(&service, s, status);

    if (rule != NULL)
        assert_word(answer, "rule", rule);
    json_decref(answer);
}

/* By the service's key, the same bytes each time it is asked. */
static void
summary_is_signed(const struct plumb_digest *release)
{
    const struct plumb_pubkey *keys[] = { make_who(&make, "plumbd")->sign->pub };
    const struct attestation_keyring ring = { .keys = keys, .nkeys = 1 };
    struct attestation *a = NULL;
    struct plumb_err err = { 0 };
    char path[128], hex[PLUMB_DIGEST_HEX];
    struct hc_reply first, again;
    json_t *problem;

    plumb_digest_hex(release, hex);
    (void)snprintf(path, sizeof path, "/v1/summaries/%s", hex);
    first = plumbd_ask(&service, "GET", path, NULL);
    assert_int_equal(first.status, 200);
    again = plumbd_ask(&service, "GET", path, NULL);
    assert_string_equal(first.body, again.body);
    assert_ok(attestation_open(first.body, strlen(first.body), &ring, &a, &err), &err);
    assert_int_equal(a->kind, ATTESTATION_SUMMARY);
    assert_true(a->u.summary.passed);
    assert_string_equal(a->u.summary.resource, "urn:plumbline:version:web@1.0");
    attestation_free(a);
    hc_reply_free(&first);
    hc_reply_free(&again);
    problem = plumbd_json(&service, "GET", "/v1/summaries/none", NULL, 400);
    json_decref(problem);
    (void)snprintf(path, sizeof path, "/v1/summaries/%064d", 1);
    problem = plumbd_json(&service, "GET", path, NULL, 404);
    assert_word(problem, "rule", "evaluation.unknown");
    json_decref(problem);
}

static void
a_release_is_approved_once_it_was_shown(void **state)
{
    struct plumb_bytes refvals = make_refvals("1.0");
    struct plumb_digest values = blob(refvals.data, refvals.len);
    struct plumb_digest sbom = blob(bill, strlen(bill)), id;
    struct plumb_signed *s =
        make_signed(&make, "rex", PLUMB_KIND_RELEASE, "reference-values", &values,
                    json_pack("{s:s, s:s, s:o}", "payload", "web", "version", "1.0", "sbom",
                              make_hex(&sbom)));
    json_t *dossier, *findings, *finding, *problem;
    struct hc_reply metrics;

    (void)state;
    plumb_bytes_clear(&refvals);
    id = s->statement->id;
    submit(s, 201, NULL);
    submit(make_vote(&make, "sol", &id, PLUMB_APPROVE), 422, "control.must");
    submit(make_signed(&make, "rex", PLUMB_KIND_EVIDENCE, "web@1.0", &id,
                       json_pack("{s:[{s:s, s:o, s:i}]}", "files", "kind", "sbom", "digest",
                                 make_hex(&sbom), "size", (int)strlen(bill))),
           201, NULL);
    /* the feed was asked, and has nothing new */
    put_in_spool("1.jsonl", "");
    await("imported/1.jsonl");
    submit(make_vote(&make, "sol", &id, PLUMB_APPROVE), 201, NULL);

    dossier = plumbd_json(&service, "GET", "/v1/payloads/web/versions/1.0/controls", NULL, 200);
    assert_int_equal(json_array_size(json_object_get(dossier, "controls")), 2);
    assert_word(json_array_get(json_object_get(dossier, "controls"), 0), "state", "met");
    assert_word(json_array_get(json_object_get(dossier, "evidence"), 0), "kind", "sbom");
    assert_true(json_is_true(
        json_object_get(json_array_get(json_object_get(dossier, "evidence"), 0), "accepted")));
    assert_true(
        json_is_integer(json_object_get(json_object_get(dossier, "evaluation"), "record")));
    assert_word(json_object_get(json_object_get(dossier, "evaluation"), "summary"),
                "verificationResult", "PASSED");
    json_decref(dossier);
    summary_is_signed(&id);

    /* one good record, one bad: the good one counts */
    put_in_spool("2.jsonl", record);
    await("imported/2.jsonl");
    findings = plumbd_json(&service, "GET", "/v1/findings?all=1", NULL, 200);
    assert_int_equal(json_array_size(json_object_get(findings, "findings")), 1);
    finding = json_array_get(json_object_get(findings, "findings"), 0);
    assert_word(finding, "advisory", "GHSA-1");
    assert_word(finding, "state", "open");
    assert_word(finding, "severity", "high");
    assert_false(json_is_true(json_object_get(finding, "accepted")));
    assert_int_equal(
        json_integer_value(json_object_get(json_object_get(findings, "monitor"), "imports")),
        2);
    json_decref(findings);
    json_decref(plumbd_json(&service, "GET", "/v1/findings?limit=0", NULL, 400));
    findings = plumbd_json(&service, "GET", "/v1/findings?all=1&limit=1&after=1", NULL, 200);
    assert_int_equal(json_array_size(json_object_get(findings, "findings")), 0);
    assert_null(json_object_get(findings, "next"));
    json_decref(findings);
    findings = plumbd_json(&service, "GET", "/v1/findings", NULL, 200);
    assert_int_equal(json_array_size(json_object_get(findings, "findings")), 0);
    json_decref(findings);
    put_in_spool("3.json", "no record");
    await("refused/3.json");

    problem = plumbd_json(&service, "GET", "/v1/payloads/web/versions/9/controls", NULL, 404);
    assert_word(problem, "rule", "release.unknown");
    json_decref(problem);
    metrics = plumbd_ask(&service, "GET", "/metrics", NULL);
    assert_int_equal(metrics.status, 200);
    assert_non_null(strstr(metrics.body, "\nplumb_advisories_stale 0\n"));
    assert_non_null(strstr(metrics.body, "\nplumb_findings_open 0\n"));
    hc_reply_free(&metrics);
}

/* What was recorded is there again after a restart, folded from the log. */
static void
a_restart_forgets_nothing(void **state)
{
    json_t *dossier;

    (void)state;
    plumbd_stop(&service, SIGTERM);
    plumbd_start(&service);
    dossier = plumbd_json(&service, "GET", "/v1/payloads/web/versions/1.0/controls", NULL, 200);
    assert_word(json_array_get(json_object_get(dossier, "controls"), 1), "state", "failed");
    assert_int_equal(json_array_size(json_object_get(dossier, "findings")), 1);
    assert_true(
        json_is_integer(json_object_get(json_object_get(dossier, "evaluation"), "record")));
    json_decref(dossier);
}

static json_int_t
imports(void)
{
    json_t *findings = plumbd_json(&service, "GET", "/v1/findings", NULL, 200);
    json_int_t n =
        json_integer_value(json_object_get(json_object_get(findings, "monitor"), "imports"));

    json_decref(findings);
    return n;
}

static void
await_imports(json_int_t want)
{
    for (int i = 0; i < 600 && imports() < want; i++)
        (void)nanosleep(&(struct timespec){ 0, 100 * 1000 * 1000 }, NULL);
    assert_int_equal(imports(), want);
}

static const char *
in_spool(const char *name)
{
    static char path[2][600];
    static unsigned turn;

    turn = 1 - turn;
    (void)snprintf(path[turn], sizeof path[turn], "%s/%s", spool, name);
    return path[turn];
}

/* Three records of 12 MiB: more than one import may have. */
static void
a_file_larger_than_an_import_becomes_several(void **state)
{
    const size_t len = 12u << 20;
    const json_int_t before = imports();
    char *text = malloc(3 * (len + 200)), *at = text;

    (void)state;
    assert_non_null(text);
    for (int i = 0; i < 3; i++) {
        at += sprintf(at,
                      "{\"id\": \"L-%d\", \"modified\": \"2026-01-01T00:00:00Z\","
                      " \"details\": \"",
                      i);
        memset(at, 'x', len);
        at = stpcpy(at + len, "\"}\n");
    }
    put_in_spool("4.jsonl", text);
    free(text);
    await("imported/4.jsonl");
    assert_int_equal(imports(), before + 3);
}

static void
what_is_no_file_is_put_aside(void **state)
{
    (void)state;
    assert_int_equal(mkfifo(in_spool("5.json"), 0600), 0);
    await("refused/5.json");
}

/* Whole, or not at all. */
static void
archives_are_imported_from_the_spool(void **state)
{
    const struct zips_entry entries[] = {
        { "Z-1.json", .data = "{\"id\": \"Z-1\", \"modified\": \"2026-01-01T00:00:00Z\"}" },
        { "bad.json", .data = "{}" },
        { "Z-2.json", .data = "{\"id\": \"Z-2\", \"modified\": \"2026-01-01T00:00:00Z\"}",
          .wrong = 1 },
    };
    const json_int_t before = imports();

    (void)state;
    put_archive_in_spool("7.zip", entries, 3);
    await("refused/7.zip");
    put_archive_in_spool("8.zip", entries + 1, 1);
    await("refused/8.zip");
    put_archive_in_spool("9.zip", entries, 0);
    await("refused/9.zip");
    assert_int_equal(mkfifo(in_spool("10.zip"), 0600), 0);
    await("refused/10.zip");
    assert_int_equal(imports(), before);
    put_archive_in_spool("11.zip", entries, 2);
    await("imported/11.zip");
    assert_int_equal(imports(), before + 1);
}

static void
what_cannot_be_moved_away_is_imported_once(void **state)
{
    const json_int_t before = imports();

    (void)state;
    assert_int_equal(rename(in_spool("imported"), in_spool("kept")), 0);
    put_in_spool("imported", ""); /* where a directory should be */
    put_in_spool("6.jsonl", "");
    await_imports(before + 1);
    (void)sleep(5); /* it looks every two seconds */
    assert_int_equal(imports(), before + 1);
    assert_int_equal(unlink(in_spool("imported")), 0);
    assert_int_equal(rename(in_spool("kept"), in_spool("imported")), 0);
    await("imported/6.jsonl");
    assert_int_equal(imports(), before + 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_release_is_approved_once_it_was_shown),
        cmocka_unit_test(a_restart_forgets_nothing),
        cmocka_unit_test(a_file_larger_than_an_import_becomes_several),
        cmocka_unit_test(what_is_no_file_is_put_aside),
        cmocka_unit_test(archives_are_imported_from_the_spool),
        cmocka_unit_test(what_cannot_be_moved_away_is_imported_once),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
