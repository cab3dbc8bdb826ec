/*
 * The whole story, in real terminals against a real service: two people bring a release to its
 * quorum, begin and complete its rollout, see the old version's countdown, and revoke it.
 */
#include "tests/t.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/cli/people.h"
#include "tests/tui/tmux.h"

static struct people people;
static struct tmux tmux;

static void
start(const char *who, const char *more)
{
    char command[1000];

    (void)snprintf(command, sizeof command,
                   "exec env TERM=screen-256color TZ=UTC %s/plumb-tui --config %s.json %s",
                   getenv("PLUMB_BUILD"), who, more);
    tmux_run(&tmux, who, 110, 34, command);
}

static int
begin(void **state)
{
    (void)state;
    people_begin(&people);
    people_govern(&people);
    people_profiles(&people);
    tmux_begin(&tmux, "tmux.sock");
    start("alice", "");
    start("bob", "");
    return 0;
}

static int
end(void **state)
{
    (void)state;
    tmux_end(&tmux);
    people_end(&people);
    return 0;
}

/* --- what people do --- */

static void
type_keys(const char *who, const char *keys)
{
    tmux_text(&tmux, who, keys);
}

/* The first eight digits after a label on somebody's screen. */
static void
digits(const char *who, const char *label, char ret[9])
{
    char *screen = tmux_screen(&tmux, who);
    const char *at = strstr(screen, label);

    assert_non_null(at);
    at += strlen(label);
    at += strspn(at, " ");
    (void)snprintf(ret, 9, "%.8s", at);
    assert_int_equal(8, strspn(ret, "0123456789abcdef"));
    free(screen);
}

static void
type_digits(const char *who, const char *label)
{
    char text[9];

    tmux_wait(&tmux, who, "First 8 digits of the digest:");
    digits(who, label, text);
    type_keys(who, text);
    tmux_key(&tmux, who, "Enter");
}

/* Somebody opens what waits, sees that it is verified, and approves. then: what they are told
 * beforehand. */
static void
approve(const char *who, const char *item, const char *then)
{
    char text[9];

    type_keys(who, "1g");
    tmux_wait(&tmux, who, item);
    tmux_key(&tmux, who, "Enter");
    tmux_wait(&tmux, who, "Verified      here: its signature");
    digits(who, "Digest", text);
    type_keys(who, "A");
    tmux_wait(&tmux, who, then);
    tmux_wait(&tmux, who, "First 8 digits of the digest:");
    type_keys(who, text);
    tmux_key(&tmux, who, "Enter");
    tmux_wait(&tmux, who, "Approved:");
}

/* Alice chooses a version and proposes its rollout; Bob approves it. */
static void
begin_rollout(const char *version)
{
    char line[100];

    type_keys("alice", "2gB");
    (void)snprintf(line, sizeof line, "%s         approved", version);
    tmux_wait(&tmux, "alice", line);
    tmux_key(&tmux, "alice", "Enter");
    type_digits("alice", "Release");
    tmux_wait(&tmux, "alice", "Begin sent:");
    (void)snprintf(line, sizeof line, "svr2@%s in prod", version);
    approve("bob", line, "Your approval completes the quorum");
    type_keys("alice", "2");
    tmux_wait(&tmux, "alice", "incoming");
}

static void
complete_rollout(const char *version)
{
    char line[100];

    type_keys("alice", "2gC");
    type_digits("alice", "Release");
    tmux_wait(&tmux, "alice", "Completion sent:");
    (void)snprintf(line, sizeof line, "svr2@%s in prod", version);
    approve("bob", line, "Your approval completes the quorum");
    tmux_wait_gone(&tmux, "alice", "incoming");
}

/* --- the story --- */

static void
two_people_bring_a_release_to_its_quorum(void **state)
{
    (void)state;
    tmux_wait(&tmux, "alice", "Nothing waits for a decision");
    json_decref(ANSWER("pipeline", "release", "add", "svr2@2025-06-01", "--values",
                       "examples/svr2-2025-06-01.json"));
    /* it appears by itself */
    tmux_wait(&tmux, "alice", "0/2  2 more release-manager");
    tmux_wait(&tmux, "bob", "1 waits for a decision, 1 for yours");
    approve("alice", "svr2@2025-06-01", "Your approval counts; others must approve");
    type_keys("alice", "e");
    tmux_wait(&tmux, "alice", "SBOM          none is named");
    tmux_wait(&tmux, "bob", "1/2  1 more release-manager");
    approve("bob", "svr2@2025-06-01",
            "Your approval completes the quorum. It takes effect at once:");
    type_keys("bob", "1");
    tmux_wait(&tmux, "bob", "Nothing waits for a decision");
}

static void
they_begin_and_complete_its_rollout(void **state)
{
    (void)state;
    begin_rollout("2025-06-01");
    tmux_wait(&tmux, "alice", "1 rollout under way");
    complete_rollout("2025-06-01");
    tmux_wait(&tmux, "alice", "current");
    tmux_wait(&tmux, "alice", "no end date");
}

static void
the_old_versions_countdown_is_seen_and_it_is_revoked(void **state)
{
    (void)state;
    released("svr2@2025-08-02", "examples/svr2-2025-08-02.json");
    begin_rollout("2025-08-02");
    complete_rollout("2025-08-02");
    tmux_wait(&tmux, "alice", "outgoing");
    tmux_wait(&tmux, "alice", "ends in ");
    tmux_wait(&tmux, "alice", "1 version going away");
    type_keys("alice", "G");
    type_keys("alice", "V");
    tmux_wait(&tmux, "alice", "Reason:");
    type_keys("alice", "CVE-2026-0001");
    tmux_key(&tmux, "alice", "Enter");
    type_digits("alice", "Release");
    tmux_wait(&tmux, "alice", "Revocation sent:"); /* its quorum is one, and she is in it */
    tmux_wait_gone(&tmux, "alice", "outgoing");
    tmux_wait(&tmux, "alice", "0 versions going away");
}

/* A version with reference values of its own, registered by the pipeline. */
static void
register_version(const char *version, char digit)
{
    char text[400], value[65], file[64];

    memset(value, digit, 64);
    value[64] = '\0';
    (void)snprintf(
        text, sizeof text,
        "{\"schema\":\"urn:plumbline:reference-values:v1\",\"sets\":[{\"tee\":\"sgx\","
        "\"measurements\":[{\"name\":\"mrenclave\",\"value\":\"%s\"}]}]}",
        value);
    (void)snprintf(file, sizeof file, "values-%c.json", digit);
    json_decref(ANSWER("pipeline", "release", "add", version, "--values",
                       in_bytes(file, text, strlen(text))));
}

static void
when_anything_moves_nothing_is_sent_and_it_says_why(void **state)
{
    char text[9];

    (void)state;
    register_version("svr2@2025-10-01", '4');
    type_keys("alice", "1g");
    tmux_wait(&tmux, "alice", "svr2@2025-10-01");
    tmux_key(&tmux, "alice", "Enter");
    tmux_wait(&tmux, "alice", "Verified      here: its signature");
    digits("alice", "Digest", text);
    type_keys("alice", "A");
    tmux_wait(&tmux, "alice", "First 8 digits of the digest:");
    type_keys("alice", text);
    approve("bob", "svr2@2025-10-01", "Your approval counts");
    tmux_key(&tmux, "alice", "Enter");
    tmux_wait(&tmux, "alice", "Nothing was sent. Meanwhile bob has voted");
    approve("alice", "svr2@2025-10-01", "Your approval completes the quorum");
}

static void
a_log_that_does_not_verify_is_said_and_nothing_can_be_decided(void **state)
{
    json_t *trust = json_load_file("trust.json", 0, NULL);
    struct plumb_signer *other;
    char key[PLUMB_VKEY_TEXT], line[PLUMB_VKEY_TEXT + 8], command[1000];
    struct plumb_vkey vkey;
    struct plumb_err err;

    (void)state;
    assert_ok(plumb_signer_generate(PLUMB_KEY_ED25519, &other, &err), &err);
    assert_ok(plumb_vkey_make(MAKE_ORIGIN, 1, other->pub, &vkey, &err), &err);
    plumb_vkey_text(&vkey, key);
    (void)snprintf(line, sizeof line, "log %s", key);
    assert_int_equal(
        0, json_array_set_new(json_object_get(trust, "policy"), 0, json_string(line)));
    assert_int_equal(0, json_dump_file(trust, "other.json", 0));
    json_decref(trust);
    plumb_signer_free(other);
    (void)snprintf(command, sizeof command,
                   "exec env TZ=UTC %s/plumb-tui --config alice.json --trust other.json",
                   getenv("PLUMB_BUILD"));
    tmux_run(&tmux, "wrong", 100, 24, command);
    tmux_wait(&tmux, "wrong", "No answer from the server yet: note.signature");
    type_keys("wrong", "Q");
    assert_int_equal(0, tmux_wait_end(&tmux, "wrong"));
}

static void
history_is_proven_and_opens_down_to_the_raw_statement(void **state)
{
    (void)state;
    type_keys("alice", "4");
    tmux_wait(&tmux, "alice", "revocation");
    tmux_wait(&tmux, "alice", "proven here");
    type_keys("alice", "/genesis");
    tmux_key(&tmux, "alice", "Enter");
    type_keys("alice", "/");
    tmux_key(&tmux, "alice", "Escape");
    tmux_key(&tmux, "alice", "Enter");
    tmux_wait(&tmux, "alice", "Inclusion     proven here: in the log of");
    tmux_wait(&tmux, "alice", "\"predicateType\": \"urn:plumbline:");
}

static void
fleets_show_who_holds_what(void **state)
{
    (void)state;
    assert_as("verifier", 0, "bundle", "pull", "--memory", "memory.json", "-o", "prod.bundle");
    type_keys("alice", "3");
    tmux_wait(&tmux, "alice", "from the service's records");
    tmux_wait(&tmux, "alice", "holds revision"); /* the records are looked at now and then */
}

static void
it_fits_any_window_and_says_politely_when_it_does_not(void **state)
{
    (void)state;
    type_keys("alice", "2");
    tmux_resize(&tmux, "alice", 44, 10);
    tmux_wait(&tmux, "alice", "[Rollouts]");
    tmux_resize(&tmux, "alice", 39, 8);
    tmux_wait(&tmux, "alice", "plumb-tui needs 40 and 8");
    tmux_resize(&tmux, "alice", 110, 34);
    tmux_wait(&tmux, "alice", "[2 Rollouts]");
}

static void
a_server_that_goes_away_is_said_and_comes_back_by_itself(void **state)
{
    char command[1000];

    (void)state;
    /* over the local socket, whose path stays the same when the service starts again */
    (void)snprintf(command, sizeof command,
                   "exec env TZ=UTC %s/plumb-tui --config alice.json --server %s",
                   getenv("PLUMB_BUILD"), people.socket);
    tmux_run(&tmux, "local", 100, 24, command);
    register_version("svr2@2025-09-01", '3');
    tmux_wait(&tmux, "local", "svr2@2025-09-01");
    tmux_key(&tmux, "local", "Enter");
    tmux_wait(&tmux, "local", "Verified ");
    plumbd_stop(&people.service, SIGKILL);
    tmux_wait(&tmux, "local", "No answer: shown as of");
    tmux_wait(&tmux, "local", "svr2@2025-09-01"); /* what is shown stays */
    type_keys("local", "A");
    tmux_wait(&tmux, "local", "No decisions while the server does not answer");
    plumbd_start(&people.service);
    tmux_wait_gone(&tmux, "local", "No answer");
    type_keys("local", "A");
    tmux_wait(&tmux, "local", "First 8 digits of the digest:");
    tmux_key(&tmux, "local", "Escape");
    tmux_wait(&tmux, "local", "Nothing was sent, nothing was changed");
    type_keys("local", "Q");
    assert_int_equal(0, tmux_wait_end(&tmux, "local"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_people_bring_a_release_to_its_quorum),
        cmocka_unit_test(they_begin_and_complete_its_rollout),
        cmocka_unit_test(the_old_versions_countdown_is_seen_and_it_is_revoked),
        cmocka_unit_test(when_anything_moves_nothing_is_sent_and_it_says_why),
        cmocka_unit_test(a_log_that_does_not_verify_is_said_and_nothing_can_be_decided),
        cmocka_unit_test(history_is_proven_and_opens_down_to_the_raw_statement),
        cmocka_unit_test(fleets_show_who_holds_what),
        cmocka_unit_test(it_fits_any_window_and_says_politely_when_it_does_not),
        cmocka_unit_test(a_server_that_goes_away_is_said_and_comes_back_by_itself),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
