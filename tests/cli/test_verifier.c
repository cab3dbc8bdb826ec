/* A verifier's day with the real programs: files released, bundles pulled and verified,
 * evidence judged, a version recognised; and what is old, forged or in the way. */
#include "tests/t.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/own.h"
#include "tests/cli/made.h"
#include "tests/cli/program.h"
#include "tests/pieces.h"

static struct made made;
static struct piece piece;

static void
a_brief_fleet(struct make *m)
{
    make_set(m, "fleets.brief", json_deep_copy(make_at(m, "fleets.prod")));
    make_set(m, "fleets.brief.validity", json_string("PT3S"));
    make_set(m, "fleets.brief.refresh", json_string("PT2S"));
}

static int
begin(void **state)
{
    (void)state;
    made_begin(&made, a_brief_fleet);
    assert_plumb(0, "trust", "brief", "--server", made.server, "-o", in("brief.trust"));
    return 0;
}

static int
end(void **state)
{
    (void)state;
    made_end(&made);
    return 0;
}

/* A quote of the version with this number in all that is measured of it. */
static const char *
quote(const char *name, uint8_t version)
{
    make_quote(&piece, 4, 2);
    fill(&piece, 48 + 136, version, 48); /* mrtd */
    fill(&piece, 48 + 376, version, 48); /* rtmr1 */
    return in_bytes(name, piece.data, piece.len);
}

static void
pause_ms(long ms)
{
    (void)nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

#define PULL                                                                                   \
    "bundle", "pull", "--server", made.server, "--trust", in("trust"), "--memory",             \
        in("memory"), "-o", in("bundle")
#define APPRAISE                                                                               \
    "appraise", "--trust", in("trust"), "--memory", in("memory"), "--bundle", in("bundle"),    \
        "--evidence"
#define RECOGNISE                                                                              \
    "recognise", "--server", made.server, "--trust", in("trust"), "--bundle", in("bundle"),    \
        "--sign-key", in("vera.sign")

static struct plumb_digest one, two;

/* --- from a file to a release --- */

/* Released from its file by name of the file alone; its id. */
static struct plumb_digest
release_measured(const char *name, const char *file)
{
    struct ran r = PLUMB("--json", "release", "add", name, "--measure", file, "--server",
                         made.server, "--trust", in("trust"), "--sign-key", in("rex.sign"));
    struct plumb_err err = { 0 };
    struct plumb_digest id;
    json_t *receipt;

    assert_status(0, &r);
    receipt = ran_json(&r);
    assert_ok(
        plumb_digest_parse(json_string_value(json_object_get(receipt, "id")), "id", &id, &err),
        &err);
    json_decref(receipt);
    ran_clear(&r);
    act_vote(&made.service, &made.make, "ria", &id);
    act_vote(&made.service, &made.make, "sol", &id);
    return id;
}

static const struct plumb_pubkey *
key_of_rex(void *arg, const struct plumb_digest *id)
{
    const struct plumb_pubkey *key = make_who(&made.make, "rex")->sign->pub;

    (void)arg;
    return plumb_digest_eq(id, plumb_pubkey_id(key)) ? key : NULL;
}

static void
a_release_says_which_file_it_was_measured_from(void **state)
{
    char target[100] = "/v1/statements/";
    struct plumb_signed *opened = NULL;
    const struct plumb_source *source;
    struct plumb_err err = { 0 };
    struct plumb_digest file;
    json_t *answer;
    struct ran r;

    (void)state;
    one = release_measured("web@1.0", quote("one.dat", 0x11));
    plumb_sha256(piece.data, piece.len, &file);
    plumb_digest_hex(&one, target + strlen(target));
    answer = plumbd_json(&made.service, "GET", target, NULL, 200);
    assert_ok(plumb_signed_open(json_object_get(json_object_get(answer, "entry"), "envelope"),
                                key_of_rex, NULL, &opened, &err),
              &err);
    assert_int_equal(1, opened->statement->u.release.nsources);
    source = &opened->statement->u.release.sources[0];
    assert_string_equal("tdx-quote", source->kind);
    assert_true(plumb_digest_eq(&file, &source->digest));
    r = PLUMB("show", target + strlen("/v1/statements/"), "--server", made.server, "--trust",
              in("trust"));
    assert_says(r.out, "read from a tdx-quote");
    assert_says(r.out, "nobody verified it");
    ran_clear(&r);
    plumb_signed_free(opened);
    json_decref(answer);
}

static void
a_file_that_nobody_should_approve_is_not_released(void **state)
{
    (void)state;
    make_quote(&piece, 4, 2);
    piece.data[48 + 120] |= 1;
    assert_plumb_refused("measure.debug", 1, "release", "add", "web@9.0", "--measure",
                         in_bytes("debug.dat", piece.data, piece.len), "--server", made.server,
                         "--trust", in("trust"), "--sign-key", in("rex.sign"));
    assert_plumb(2, "release", "add", "web@9.0", "--measure", in("one.dat"), "--values",
                 in("one.dat"), "--server", made.server);
}

/* --- a verifier's first bundle --- */

static void
a_bundle_is_pulled_verified_and_remembered(void **state)
{
    struct ran r;

    (void)state;
    act_roll(&made.service, &made.make, "web@1.0", &one, PLUMB_ACTION_BEGIN, NULL);
    r = PLUMB(PULL);
    assert_status(0, &r);
    assert_says(r.out, "accepts   1 version");
    assert_int_equal(0, access(in("memory"), R_OK));
    ran_clear(&r);
    assert_plumb(0, "bundle", "verify", in("bundle"), "--trust", in("trust"));
    r = PLUMB("bundle", "show", in("bundle"), "--trust", in("trust"), "--sets");
    assert_status(0, &r);
    assert_says(r.out, "incoming  1.0");
    assert_says(r.out, "approved by");
    assert_says(r.out, "mrtd");
    ran_clear(&r);
}

static void
evidence_of_an_accepted_version_is_accepted(void **state)
{
    struct ran r = PLUMB(APPRAISE, in("one.dat"));
    json_t *verdict;

    (void)state;
    assert_status(0, &r);
    assert_says(r.out, "ACCEPTED: web@1.0, incoming, accepted until ");
    assert_says(r.out, "its own signature was not checked here");
    ran_clear(&r);
    r = PLUMB("--json", APPRAISE, in("one.dat"), "--payload", "web");
    assert_status(0, &r);
    verdict = ran_json(&r);
    assert_string_equal("accepted", json_string_value(json_object_get(verdict, "verdict")));
    assert_true(json_is_true(json_object_get(verdict, "accepted")));
    json_decref(verdict);
    ran_clear(&r);
}

static void
a_verdict_names_what_differs_and_the_nearest_version(void **state)
{
    struct ran r;
    json_t *verdict;

    (void)state;
    (void)quote("other.dat", 0x11);
    piece.data[48 + 376] ^= 1;
    (void)in_bytes("other.dat", piece.data, piece.len);
    r = PLUMB(APPRAISE, in("other.dat"));
    assert_status(3, &r);
    assert_says(r.out, "REFUSED (unknown)");
    assert_says(r.out, "differs   rtmr1");
    assert_says(r.out, "nearest   web@1.0");
    ran_clear(&r);
    r = PLUMB("--json", APPRAISE, in("other.dat"));
    verdict = ran_json(&r);
    assert_string_equal("rtmr1", json_string_value(json_object_get(verdict, "measurement")));
    assert_string_equal("1.0", json_string_value(json_object_get(verdict, "version")));
    assert_memory_equal("1011", json_string_value(json_object_get(verdict, "claimed")), 4);
    json_decref(verdict);
    ran_clear(&r);
}

/* Claims that say what the quote at path says: all that a set measured of it asks for. */
static const char *
claims_of(const char *path, const char *name)
{
    struct ran r = PLUMB("measure", path);
    json_t *document = ran_json(&r), *m, *claims = json_object();
    const json_t *set = json_array_get(json_object_get(document, "sets"), 0);
    PLUMB_AUTO(auto_free) char *text = NULL;
    size_t i;

    json_array_foreach(json_object_get(set, "measurements"), i, m)
        (void)json_object_set(claims, json_string_value(json_object_get(m, "name")),
                              json_object_get(m, "value"));
    claims = json_pack("{s:s, s:O, s:o}", "schema", "urn:plumbline:claims:v1", "tee",
                       json_object_get(set, "tee"), "claims", claims);
    text = json_dumps(claims, 0);
    json_decref(claims);
    json_decref(document);
    ran_clear(&r);
    return in_bytes(name, text, strlen(text));
}

#define EXAMPLE(claims)                                                                        \
    program_run_other("tests/example-verifier",                                                \
                      (const char *const[]){ in("trust"), in("example.memory"), in("bundle"),  \
                                             claims, NULL })

static void
the_example_of_a_verifier_judges_as_plumb_does(void **state)
{
    struct ran r = EXAMPLE(claims_of(in("one.dat"), "one.json"));

    (void)state;
    assert_status(0, &r);
    assert_says(r.out, "accepted: web@1.0, incoming");
    ran_clear(&r);
    assert_int_equal(0, access(in("example.memory"), R_OK));
    assert_plumb(0, "appraise", "--trust", in("trust"), "--bundle", in("bundle"), "--claims",
                 in("one.json"));
    r = EXAMPLE(claims_of(in("other.dat"), "other.json"));
    assert_status(3, &r);
    assert_says(r.out, "unknown: no accepted version; nearest is web@1.0");
    ran_clear(&r);
    r = EXAMPLE(in("trust"));
    assert_status(1, &r);
    ran_clear(&r);
}

/* The exit status tells what can be done about it. */
static void
each_class_of_verdict_has_its_exit_status(void **state)
{
    (void)state;
    assert_plumb(0, APPRAISE, in("one.dat"));
    assert_plumb(3, APPRAISE, in("one.dat"), "--payload", "another");
    assert_plumb(5, APPRAISE, in("one.dat"), "--at", "2099-01-01T00:00:00Z");
    assert_plumb(5, APPRAISE, in("one.dat"), "--at", "2020-01-01T00:00:00Z");
    assert_plumb(3, APPRAISE, in("debug.dat"));
    (void)make_layout(in("image")); /* as its archive would be */
    assert_plumb(3, APPRAISE, in("image"));
    assert_plumb_refused("file.open", 1, APPRAISE, in("nothing"));
    assert_plumb(2, APPRAISE, in("one.dat"), "--at", "tomorrow");
    assert_plumb(2, APPRAISE, in("one.dat"), "--claims", in("one.json"));
    assert_plumb(2, "appraise", "--trust", in("trust"), "--bundle", in("bundle"));
    assert_plumb(2, "appraise", "--trust", in("trust"), "--bundle", in("bundle"), "--claims",
                 in("one.dat"));
    assert_plumb(1, APPRAISE, in("trust"));
}

static void
the_rollout_waits_for_a_recognition_and_gets_one(void **state)
{
    struct ran r;

    (void)state;
    assert_plumb(3, RECOGNISE, "--evidence", in("other.dat"));
    assert_plumb(2, RECOGNISE);
    assert_plumb(2, "recognise", "--trust", in("trust"), "web@1.0");
    assert_plumb_refused("recognise.version", 1, RECOGNISE, "web@7.0");
    r = PLUMB(RECOGNISE, "--evidence", in("one.dat"));
    assert_status(0, &r);
    assert_says(r.out, "vera recognises web@1.0");
    ran_clear(&r);
    assert_plumb_refused("recognition.twice", 1, RECOGNISE, "web@1.0");
    act_roll(&made.service, &made.make, "web@1.0", &one, PLUMB_ACTION_COMPLETE, NULL);
}

/* --- later bundles --- */

static void
copy_file(const char *from, const char *to)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = read_in(from);

    (void)in_bytes(to, bytes.data, bytes.len);
}

static void
an_older_bundle_is_refused_by_who_remembers(void **state)
{
    (void)state;
    copy_file("bundle", "older");
    copy_file("memory", "older.memory");
    assert_plumb(0, PULL);
    assert_plumb(0, "bundle", "verify", in("older"), "--trust", in("trust"));
    assert_plumb_refused("bundle.rollback", 1, "bundle", "verify", in("older"), "--trust",
                         in("trust"), "--memory", in("memory"));
    assert_plumb_refused("bundle.rollback", 1, "appraise", "--trust", in("trust"), "--bundle",
                         in("older"), "--memory", in("memory"), "--evidence", in("one.dat"));
    /* a longer log than remembered comes with the proof that it extends it, or not at all */
    assert_plumb(0, "bundle", "pull", "--server", made.server, "--trust", in("trust"),
                 "--memory", in("fresh.memory"), "-o", in("unproved"));
    assert_plumb_refused("bundle.consistency", 1, "bundle", "verify", in("unproved"), "--trust",
                         in("trust"), "--memory", in("older.memory"));
    assert_plumb(0, "bundle", "verify", in("bundle"), "--trust", in("trust"), "--memory",
                 in("older.memory"));
    assert_plumb_refused("recognise.incoming", 1, RECOGNISE, "web@1.0");
}

static void
no_news_is_told_and_a_lost_file_is_pulled_anew(void **state)
{
    struct ran r = PLUMB(PULL);

    (void)state;
    assert_status(0, &r);
    assert_says(r.out, "no news");
    ran_clear(&r);
    assert_int_equal(0, unlink(in("bundle")));
    r = PLUMB(PULL);
    assert_says(r.out, "written");
    ran_clear(&r);
    /* as after a crash between the memory and the file */
    copy_file("older", "bundle");
    assert_plumb(0, PULL);
    assert_plumb(0, "bundle", "verify", in("bundle"), "--trust", in("trust"), "--memory",
                 in("memory"));
}

/* Its name leaves room for the lock, and none for the new file beside it: it cannot be written.
 */
static void
nothing_is_used_that_could_not_be_remembered(void **state)
{
    char memory[512] = "";
    size_t len;

    (void)state;
    len = (size_t)snprintf(memory, sizeof memory, "%s/", pg_directory());
    memset(memory + len, 'm', 249);
    assert_plumb_refused("file.write", 4, "bundle", "pull", "--server", made.server, "--trust",
                         in("trust"), "--memory", memory, "-o", in("unremembered"));
    assert_int_not_equal(0, access(in("unremembered"), F_OK));
    assert_plumb_refused("file.write", 4, "appraise", "--trust", in("trust"), "--bundle",
                         in("bundle"), "--memory", memory, "--evidence", in("one.dat"));
}

static void
what_was_tampered_with_is_refused_and_nothing_of_it_shown(void **state)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = read_in("bundle");
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes memory = read_in("memory");
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes after = { NULL, 0 };

    (void)state;
    for (size_t i = 40; i < bytes.len; i += bytes.len / 16) {
        struct ran r;

        bytes.data[i] ^= 1;
        (void)in_bytes("forged", bytes.data, bytes.len);
        bytes.data[i] ^= 1;
        r = PLUMB("bundle", "show", in("forged"), "--trust", in("trust"), "--memory",
                  in("memory"));
        assert_status(1, &r);
        assert_string_equal("", r.out);
        ran_clear(&r);
    }
    after = read_in("memory");
    assert_int_equal(memory.len, after.len);
    assert_memory_equal(memory.data, after.data, memory.len);
    (void)in_bytes("forged", bytes.data, bytes.len - 2);
    assert_plumb(1, "bundle", "verify", in("forged"), "--trust", in("trust"));
}

static void
pulling_needs_to_know_where_and_whom_to_believe(void **state)
{
    (void)state;
    assert_plumb(2, "bundle", "pull", "--server", made.server, "--trust", in("trust"), "-o",
                 in("bundle"));
    assert_plumb(2, "bundle", "pull", "--server", made.server, "--trust", in("trust"),
                 "--memory", in("memory"));
    assert_plumb(2, PULL, "--wait", "soon");
    assert_plumb_refused("cli.trust", 1, "bundle", "verify", in("bundle"));
    assert_plumb(4, "bundle", "pull", "--server", "unix:/nowhere/plumbd.sock", "--trust",
                 in("trust"), "--memory", in("memory"), "-o", in("bundle"));
}

static void
by_an_expired_bundle_nothing_is_accepted(void **state)
{
    int status = 0;

    (void)state;
    assert_plumb(0, "bundle", "pull", "--server", made.server, "--trust", in("brief.trust"),
                 "--memory", in("brief.memory"), "-o", in("brief"));
    for (int i = 0; i < 600 && status == 0; i++) {
        struct ran r = PLUMB("bundle", "verify", in("brief"), "--trust", in("brief.trust"));

        status = r.status;
        ran_clear(&r);
        pause_ms(50);
    }
    assert_int_equal(5, status);
    assert_plumb(5, "appraise", "--trust", in("brief.trust"), "--bundle", in("brief"),
                 "--evidence", in("one.dat"));
    assert_plumb(5, "recognise", "--server", made.server, "--trust", in("brief.trust"),
                 "--bundle", in("brief"), "--sign-key", in("vera.sign"), "--evidence",
                 in("one.dat"));
    assert_plumb_refused("recognise.stale", 1, "recognise", "--server", made.server, "--trust",
                         in("brief.trust"), "--bundle", in("brief"), "--sign-key",
                         in("vera.sign"), "web@1.0");
}

/* --- waiting --- */

static bool
ended(pid_t pid, int *ret_status)
{
    int status;

    if (waitpid(pid, &status, WNOHANG) != pid)
        return false;
    *ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return true;
}

static void
who_waits_gets_the_next_bundle_when_it_is_there(void **state)
{
    const char *const args[] = { PULL, "--wait", "120", NULL };
    int status = -1;
    pid_t pid;

    (void)state;
    two = release_measured("web@2.0", quote("two.dat", 0x22));
    assert_plumb(0, PULL);
    pid = program_start("waiting", args);
    pause_ms(500);
    assert_false(ended(pid, &status));
    act_roll(&made.service, &made.make, "web@2.0", &two, PLUMB_ACTION_BEGIN, &one);
    for (int i = 0; i < 1000 && !ended(pid, &status); i++)
        pause_ms(50);
    assert_int_equal(0, status);
    assert_plumb(0, APPRAISE, in("one.dat"));
    assert_plumb(0, APPRAISE, in("two.dat"));
}

/* Half of one version and half of another is neither. */
static void
what_is_mixed_of_two_versions_is_refused(void **state)
{
    (void)state;
    (void)quote("mixed.dat", 0x11);
    fill(&piece, 48 + 376, 0x22, 48);
    (void)in_bytes("mixed.dat", piece.data, piece.len);
    assert_plumb(3, APPRAISE, in("mixed.dat"));
}

static bool
accepts(const char *status)
{
    struct ran r = PLUMB("bundle", "show", in("bundle"), "--trust", in("trust"));
    const bool yes = r.status == 0 && strstr(r.out, status) != NULL;

    ran_clear(&r);
    return yes;
}

static void
who_follows_has_each_bundle_soon_though_the_service_was_away(void **state)
{
    const char *const args[] = { PULL, "--follow", NULL };
    pid_t pid = program_start("following", args);
    int status = -1;

    (void)state;
    pause_ms(500); /* so that it may be waiting, or not: both must do */
    plumbd_stop(&made.service, SIGKILL);
    pause_ms(1500);
    plumbd_start(&made.service);
    assert_plumb(0, RECOGNISE, "web@2.0");
    act_roll(&made.service, &made.make, "web@2.0", &two, PLUMB_ACTION_COMPLETE, NULL);
    for (int i = 0; i < 600 && !accepts("outgoing  1.0"); i++)
        pause_ms(100);
    assert_true(accepts("current   2.0"));
    assert_false(ended(pid, &status));
    assert_int_equal(0, kill(pid, SIGTERM));
    assert_int_equal(pid, waitpid(pid, &status, 0));
    assert_plumb(0, APPRAISE, in("one.dat"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_release_says_which_file_it_was_measured_from),
        cmocka_unit_test(a_file_that_nobody_should_approve_is_not_released),
        cmocka_unit_test(a_bundle_is_pulled_verified_and_remembered),
        cmocka_unit_test(evidence_of_an_accepted_version_is_accepted),
        cmocka_unit_test(a_verdict_names_what_differs_and_the_nearest_version),
        cmocka_unit_test(the_example_of_a_verifier_judges_as_plumb_does),
        cmocka_unit_test(each_class_of_verdict_has_its_exit_status),
        cmocka_unit_test(the_rollout_waits_for_a_recognition_and_gets_one),
        cmocka_unit_test(an_older_bundle_is_refused_by_who_remembers),
        cmocka_unit_test(no_news_is_told_and_a_lost_file_is_pulled_anew),
        cmocka_unit_test(nothing_is_used_that_could_not_be_remembered),
        cmocka_unit_test(what_was_tampered_with_is_refused_and_nothing_of_it_shown),
        cmocka_unit_test(pulling_needs_to_know_where_and_whom_to_believe),
        cmocka_unit_test(by_an_expired_bundle_nothing_is_accepted),
        cmocka_unit_test(who_waits_gets_the_next_bundle_when_it_is_there),
        cmocka_unit_test(what_is_mixed_of_two_versions_is_refused),
        cmocka_unit_test(who_follows_has_each_bundle_soon_though_the_service_was_away),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
