/*
 * The whole story, in real terminals against a real service: two people bring a release to its
 * quorum, begin and complete its rollout, see the old version's countdown, and revoke it.
 */
#include "tests/t.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tui/stage.h"

static struct stage stage;

static int
begin(void **state)
{
    (void)state;
    stage_begin(&stage, people_govern);
    stage_enter(&stage, "alice", 110, 34);
    stage_enter(&stage, "bob", 110, 34);
    return 0;
}

static int
end(void **state)
{
    (void)state;
    stage_end(&stage);
    return 0;
}

/* --- the story --- */

static void
two_people_bring_a_release_to_its_quorum(void **state)
{
    (void)state;
    tmux_wait(&stage.tmux, "alice", "Nothing waits for a decision");
    json_decref(ANSWER("pipeline", "release", "add", "svr2@2025-06-01", "--values",
                       "examples/svr2-2025-06-01.json"));
    /* it appears by itself */
    tmux_wait(&stage.tmux, "alice", "0/2  2 more release-manager");
    tmux_wait(&stage.tmux, "bob", "1 waits for a decision, 1 for yours");
    stage_approve(&stage, "alice", "svr2@2025-06-01",
                  "Your approval counts; others must approve");
    stage_type(&stage, "alice", "e");
    tmux_wait(&stage.tmux, "alice", "SBOM          none is named");
    tmux_wait(&stage.tmux, "bob", "1/2  1 more release-manager");
    stage_approve(&stage, "bob", "svr2@2025-06-01",
                  "Your approval completes the quorum. It takes effect at once:");
    stage_type(&stage, "bob", "1");
    tmux_wait(&stage.tmux, "bob", "Nothing waits for a decision");
}

static void
they_begin_and_complete_its_rollout(void **state)
{
    (void)state;
    stage_begin_rollout(&stage, "2025-06-01");
    tmux_wait(&stage.tmux, "alice", "1 rollout under way");
    stage_complete_rollout(&stage, "2025-06-01");
    tmux_wait(&stage.tmux, "alice", "current");
    tmux_wait(&stage.tmux, "alice", "no end date");
}

static void
the_old_versions_countdown_is_seen_and_it_is_revoked(void **state)
{
    (void)state;
    released("svr2@2025-08-02", "examples/svr2-2025-08-02.json");
    stage_begin_rollout(&stage, "2025-08-02");
    stage_complete_rollout(&stage, "2025-08-02");
    tmux_wait(&stage.tmux, "alice", "outgoing");
    tmux_wait(&stage.tmux, "alice", "ends in ");
    tmux_wait(&stage.tmux, "alice", "1 version going away");
    stage_type(&stage, "alice", "G");
    stage_type(&stage, "alice", "V");
    tmux_wait(&stage.tmux, "alice", "Reason:");
    stage_type(&stage, "alice", "CVE-2026-0001");
    tmux_key(&stage.tmux, "alice", "Enter");
    stage_type_digits(&stage, "alice", "Release");
    tmux_wait(&stage.tmux, "alice",
              "Revocation sent:"); /* its quorum is one, and she is in it */
    tmux_wait_gone(&stage.tmux, "alice", "outgoing");
    tmux_wait(&stage.tmux, "alice", "0 versions going away");
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
    stage_type(&stage, "alice", "1g");
    tmux_wait(&stage.tmux, "alice", "svr2@2025-10-01");
    tmux_key(&stage.tmux, "alice", "Enter");
    tmux_wait(&stage.tmux, "alice", "Verified      here: its signature");
    stage_digits(&stage, "alice", "Digest", text);
    stage_type(&stage, "alice", "A");
    tmux_wait(&stage.tmux, "alice", "First 8 digits of the digest:");
    stage_type(&stage, "alice", text);
    stage_approve(&stage, "bob", "svr2@2025-10-01", "Your approval counts");
    tmux_key(&stage.tmux, "alice", "Enter");
    tmux_wait(&stage.tmux, "alice", "Nothing was sent. Meanwhile bob has voted");
    stage_approve(&stage, "alice", "svr2@2025-10-01", "Your approval completes the quorum");
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
    tmux_run(&stage.tmux, "wrong", 100, 24, command);
    tmux_wait(&stage.tmux, "wrong", "No answer from the server yet: note.signature");
    stage_type(&stage, "wrong", "Q");
    assert_int_equal(0, tmux_wait_end(&stage.tmux, "wrong"));
}

static void
history_is_proven_and_opens_down_to_the_raw_statement(void **state)
{
    (void)state;
    stage_type(&stage, "alice", "4");
    tmux_wait(&stage.tmux, "alice", "revocation");
    tmux_wait(&stage.tmux, "alice", "proven here");
    stage_type(&stage, "alice", "/genesis");
    tmux_key(&stage.tmux, "alice", "Enter");
    stage_type(&stage, "alice", "/");
    tmux_key(&stage.tmux, "alice", "Escape");
    tmux_key(&stage.tmux, "alice", "Enter");
    tmux_wait(&stage.tmux, "alice", "Inclusion     proven here: in the log of");
    tmux_wait(&stage.tmux, "alice", "\"predicateType\": \"urn:plumbline:");
}

static void
fleets_show_who_holds_what(void **state)
{
    (void)state;
    assert_as("verifier", 0, "bundle", "pull", "--memory", "memory.json", "-o", "prod.bundle");
    stage_type(&stage, "alice", "3");
    tmux_wait(&stage.tmux, "alice", "from the service's records");
    tmux_wait(&stage.tmux, "alice",
              "holds revision"); /* the records are looked at now and then */
}

static void
it_fits_any_window_and_says_politely_when_it_does_not(void **state)
{
    (void)state;
    stage_type(&stage, "alice", "2");
    tmux_resize(&stage.tmux, "alice", 44, 10);
    tmux_wait(&stage.tmux, "alice", "[Rollouts]");
    tmux_resize(&stage.tmux, "alice", 39, 8);
    tmux_wait(&stage.tmux, "alice", "plumb-tui needs 40 and 8");
    tmux_resize(&stage.tmux, "alice", 110, 34);
    tmux_wait(&stage.tmux, "alice", "[2 Rollouts]");
}

static void
a_server_that_goes_away_is_said_and_comes_back_by_itself(void **state)
{
    char command[1000];

    (void)state;
    /* over the local socket, whose path stays the same when the service starts again */
    (void)snprintf(command, sizeof command,
                   "exec env TZ=UTC %s/plumb-tui --config alice.json --server %s",
                   getenv("PLUMB_BUILD"), stage.people.socket);
    tmux_run(&stage.tmux, "local", 100, 24, command);
    register_version("svr2@2025-09-01", '3');
    tmux_wait(&stage.tmux, "local", "svr2@2025-09-01");
    tmux_key(&stage.tmux, "local", "Enter");
    tmux_wait(&stage.tmux, "local", "Verified ");
    plumbd_stop(&stage.people.service, SIGKILL);
    tmux_wait(&stage.tmux, "local", "No answer: shown as of");
    tmux_wait(&stage.tmux, "local", "svr2@2025-09-01"); /* what is shown stays */
    stage_type(&stage, "local", "A");
    tmux_wait(&stage.tmux, "local", "No decisions while the server does not answer");
    plumbd_start(&stage.people.service);
    tmux_wait_gone(&stage.tmux, "local", "No answer");
    stage_type(&stage, "local", "A");
    tmux_wait(&stage.tmux, "local", "First 8 digits of the digest:");
    tmux_key(&stage.tmux, "local", "Escape");
    tmux_wait(&stage.tmux, "local", "Nothing was sent, nothing was changed");
    stage_type(&stage, "local", "Q");
    assert_int_equal(0, tmux_wait_end(&stage.tmux, "local"));
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
