/* What people do with plumb, against the real service: they look, decide, roll out, change
 * governance; and what they get wrong. */
#include "tests/t.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/store.h"
#include "lib/own.h"
#include "tests/cli/people.h"
#include "tests/cli/talk.h"
#include "tests/local.h"

static struct people people;

static int
begin(void **state)
{
    (void)state;
    people_begin(&people);
    people_govern(&people);
    people_profiles(&people);
    released("svr2@2025-06-01", "examples/svr2-2025-06-01.json");
    begun("svr2@2025-06-01");
    completed("svr2@2025-06-01");
    return 0;
}

static int
end(void **state)
{
    (void)state;
    people_end(&people);
    return 0;
}

static const char *
text_at(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text != NULL ? text : "";
}

static void
what_cannot_be_done_names_the_rule_and_ends_with_1(void **state)
{
    static const struct {
        const char *rule;
        int status;
        const char *args[16];
    } cases[] = {
        { "file.open", 1, { "--config", "nobody.json", "queue" } },
        { "cli.server", 1, { "queue" } },
        { "client.pin", 1, { "queue", "--server", "https://127.0.0.1:1" } },
        { "client.server", 1, { "queue", "--server", "ftp://example.org" } },
        { "client.connect", 4, { "queue", "--server", "unix:/nowhere/plumbd.sock" } },
        { "cli.trust", 1, { "log", "checkpoint", "--server", "unix:/nowhere" } },
        { "profile.none", 1, { "profile" } },
        { "hex.form", 1, { "profile", "--pin", "abc" } },
        { "agent.none", 1, { "key", "list" } },
        { "agent.connect", 4, { "key", "list", "--agent", "/nowhere" } },
        { "file.open", 1, { "key", "show", "nowhere" } },
        { "keyspec.form", 1, { "key", "show", "governance.json" } },
        { "keyfile.exists", 1, { "key", "new", "alice.sign", "--no-passphrase" } },
        { "key.passphrase", 1, { "key", "new", "asks" } },
        { "file.open", 1, { "governance", "check", "nowhere" } },
        { "json.syntax", 1, { "governance", "check", "alice.sign" } },
        { "json.missing", 1, { "governance", "check", "service.json" } },
        { "access.stranger",
          1,
          { "--config", "alice.json", "queue", "--tls-key", "stranger.tls" } },
        { "key.unknown",
          1,
          { "--config", "pipeline.json", "release", "add", "svr2@s", "--values",
            "examples/svr2-2025-08-02.json", "--sign-key", "stranger.sign" } },
        { "file.open",
          1,
          { "--config", "pipeline.json", "release", "add", "svr2@x", "--values", "nowhere" } },
        { "json.missing",
          1,
          { "--config", "pipeline.json", "release", "add", "svr2@x", "--values",
            "service.json" } },
        { "hex.form",
          1,
          { "--config", "pipeline.json", "release", "add", "svr2@x", "--values",
            "examples/svr2-2025-08-02.json", "--artifact", "app=abc" } },
        { "version.unknown",
          1,
          { "--config", "alice.json", "rollout", "begin", "svr2@never", "--fleet", "prod" } },
        { "fleet.unknown",
          1,
          { "--config", "alice.json", "rollout", "begin", "svr2@2025-06-01", "--fleet",
            "nowhere" } },
        { "time.form",
          1,
          { "--config", "alice.json", "rollout", "begin", "svr2@2025-06-01", "--fleet", "prod",
            "--at", "tomorrow" } },
        { "id.unknown", 1, { "--config", "alice.json", "show", "00000000" } },
        { "log.index", 1, { "--config", "alice.json", "log", "entry", "99999" } },
        { "fleet.unknown", 1, { "--config", "alice.json", "status", "nowhere" } },
        { "fleet.unknown", 1, { "--config", "alice.json", "trust", "nowhere" } },
        { "governance.version", 1, { "--config", "alice.json", "governance", "show", "9" } },
        { "governance.version",
          1,
          { "--config", "alice.json", "governance", "propose", "governance.json" } },
        { "power.release",
          1,
          { "--config", "auditor.json", "release", "add", "svr2@a", "--values",
            "examples/svr2-2025-08-02.json" } },
        { "lifecycle.leaves-nothing",
          1,
          { "--config", "alice.json", "revoke", "svr2@2025-06-01", "--fleet", "prod",
            "--reason", "x" } },
    };

    (void)state;
    assert_plumb(0, "key", "new", "stranger.tls", "--no-passphrase");
    assert_plumb(0, "key", "new", "stranger.sign", "--no-passphrase");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *args[20] = { "--json" };
        struct ran r;
        size_t n = 1;

        for (size_t k = 0; k < 16 && cases[i].args[k] != NULL; k++)
            args[n++] = cases[i].args[k];
        r = program_run(args);
        if (r.status != cases[i].status || strcmp(ran_rule(&r), cases[i].rule) != 0)
            fail_msg("case %zu: want %s and %d, got %s and %d: %s", i, cases[i].rule,
                     cases[i].status, ran_rule(&r), r.status, r.err);
        assert_string_equal("", r.out);
        ran_clear(&r);
    }
}

static void
a_service_with_another_key_or_genesis_is_refused(void **state)
{
    PLUMB_AUTO(plumb_json_auto) json_t *trust = json_load_file("trust.json", 0, NULL);
    const char *zeros = "0000000000000000000000000000000000000000000000000000000000000000";
    json_t *server = json_incref(json_object_get(trust, "server"));

    (void)state;
    json_object_set_new(trust, "server", json_pack("[s]", zeros));
    assert_int_equal(0, json_dump_file(trust, "other.json", JSON_COMPACT | JSON_SORT_KEYS));
    assert_as_refused("alice", "client.pin", 1, "queue", "--trust", "other.json");
    json_object_set_new(trust, "server", server);
    json_object_set_new(trust, "genesis", json_string(zeros));
    assert_int_equal(0, json_dump_file(trust, "other.json", JSON_COMPACT | JSON_SORT_KEYS));
    assert_as_refused("alice", "governance.genesis", 1, "governance", "show", "--trust",
                      "other.json");
    assert_as_refused("alice", "governance.genesis", 1, "trust", "prod", "--trust",
                      "other.json");
}

/* Each prints one JSON document, and nothing else. */
static void
whatever_prints_prints_json(void **state)
{
    static const char *const runs[][5] = {
        { "whoami" },
        { "profile" },
        { "queue", "--all" },
        { "status", "prod" },
        { "history", "svr2" },
        { "history", "--fleet", "prod" },
        { "release", "list" },
        { "release", "list", "svr2" },
        { "release", "show", "svr2@2025-06-01" },
        { "governance", "show" },
        { "governance", "check", "governance.json" },
        { "governance", "diff", "governance.json" },
        { "trust", "prod" },
        { "key", "show", "alice.sign" },
        { "log", "entry", "0" },
        { "log", "checkpoint" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        const char *args[10] = { "--config", "alice.json", "--json" };
        struct ran r;

        for (size_t k = 0; k < 5 && runs[i][k] != NULL; k++)
            args[3 + k] = runs[i][k];
        r = program_run(args);
        assert_status(0, &r);
        assert_string_equal("", r.err);
        json_decref(ran_json(&r));
        ran_clear(&r);
    }
}

static void
an_error_says_what_to_do_next(void **state)
{
    struct ran r = AS("alice", "status", "nowhere");
    json_t *json;

    (void)state;
    assert_says(r.err, "(fleet.unknown)\n  'plumb governance show' lists the fleets\n");
    ran_clear(&r);
    r = AS("auditor", "--json", "revoke", "svr2@2025-06-01", "--fleet", "prod", "--reason",
           "x");
    json = json_loads(r.err, 0, NULL);
    assert_says(text_at(json_object_get(json, "error"), "hint"), "plumb whoami");
    json_decref(json);
    ran_clear(&r);
}

/* --- keys in an agent --- */

static pid_t
start_agent(void)
{
    const char *socket = in("agent");
    const pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (freopen("/dev/null", "w", stdout) != NULL)
            (void)execlp("ssh-agent", "ssh-agent", "-D", "-a", socket, (char *)NULL);
        _exit(127);
    }
    assert_true(local_await(socket));
    return pid;
}

static void
a_key_in_an_agent_signs_by_its_comment(void **state)
{
    const pid_t agent = start_agent();
    char command[600];
    json_t *keys;

    (void)state;
    (void)snprintf(command, sizeof command,
                   "ssh-keygen -q -t ed25519 -N '' -C carol -f '%s' </dev/null && "
                   "SSH_AUTH_SOCK='%s' ssh-add -q '%s' 2>/dev/null",
                   in("carol"), in("agent"), in("carol"));
    assert_int_equal(0, system(command));
    keys = ANSWER("alice", "key", "list", "--agent", in("agent"));
    assert_string_equal("carol",
                        text_at(json_array_get(json_object_get(keys, "keys"), 0), "comment"));
    json_decref(keys);
    assert_as_refused("alice", "keyspec.none", 1, "key", "show", "agent:dave", "--agent",
                      in("agent"));
    assert_as("alice", 0, "governance", "draft", "--agent", in("agent"), "--principal",
              "carol=pipeline:agent:carol:", "-o", "carol.json");
    approves("bob", id_of(ANSWER("alice", "governance", "propose", "carol.json")));
    assert_as("pipeline", 0, "release", "add", "svr2@carol", "--values", values_of(6),
              "--sign-key", "agent:carol", "--agent", in("agent"));
    assert_int_equal(0, kill(agent, SIGTERM));
    assert_int_equal(agent, waitpid(agent, NULL, 0));
}

/* --- deciding --- */

static const char *
proposed(const char *version, const char *values)
{
    return id_of(ANSWER("pipeline", "release", "add", version, "--values", values, "--notes",
                        "faster", "--artifact", "enclave.so=@examples/README.md"));
}

static void
who_approves_sees_what_and_what_differs_and_types_digits(void **state)
{
    const char *id = proposed("svr2@2025-08-02", "examples/svr2-2025-08-02.json");
    const char *args[] = { "--config", "alice.json", "approve", id, NULL };
    char digits[16];
    struct ran r;

    (void)state;
    r = talk(args, (const struct talk[]){ { "first 8 digits", "00000000\n" }, { NULL, NULL } });
    assert_int_equal(1, r.status);
    assert_says(r.out, "nothing was signed (approve.digest)");
    assert_says(r.out, "notes      faster");
    assert_says(r.out, "artifact   enclave.so");
    assert_says(r.out, "nobody verified it");
    assert_says(r.out, "What differs from svr2@2025-06-01, which is current in prod");
    assert_says(r.out, "- mrenclave          093be9ea");
    assert_says(r.out, "+ mrenclave          29cd63c8");
    assert_says(r.out, "needed     2 more release-manager");
    assert_says(r.out, "may vote   alice, bob");
    assert_says(r.out, "proven from the genesis you pinned");
    ran_clear(&r);
    (void)snprintf(digits, sizeof digits, "%.8s\n", id);
    r = talk(args, (const struct talk[]){ { "first 8 digits", digits }, { NULL, NULL } });
    assert_int_equal(0, r.status);
    assert_says(r.out, "approved: release svr2@2025-08-02: 1 more release-manager");
    ran_clear(&r);
}

static void
nobody_is_asked_without_a_terminal_and_nothing_is_signed(void **state)
{
    const char *id = proposed("svr2@unasked", values_of(1));
    json_t *shown;

    (void)state;
    assert_as("alice", 1, "approve", id);
    assert_as_refused("alice", "usage", 2, "approve", id);
    assert_as_refused("alice", "approve.digest", 1, "approve", id, "--yes", "00000000");
    assert_as_refused("alice", "approve.digest", 1, "approve", id, "--yes", "");
    shown = ANSWER("alice", "show", id);
    assert_int_equal(0, json_array_size(json_object_get(shown, "votes")));
    json_decref(shown);
    assert_as("alice", 0, "reject", id, "--reason", "not needed");
}

static void
votes_are_shown_verified_and_the_last_one_counts(void **state)
{
    const char *id = proposed("svr2@votes", values_of(2));
    json_t *shown;

    (void)state;
    assert_as("alice", 0, "abstain", id, "--reason", "not mine");
    approves("alice", id);
    shown = ANSWER("bob", "show", id);
    assert_int_equal(2, json_array_size(json_object_get(shown, "votes")));
    assert_string_equal("1 more release-manager", text_at(shown, "missing"));
    assert_string_equal("pipeline", text_at(shown, "signer"));
    assert_true(json_is_true(json_object_get(shown, "pinned")));
    json_decref(shown);
    assert_as("alice", 0, "reject", id, "--reason", "it is broken");
    shown = ANSWER("bob", "show", id);
    assert_string_equal("rejected", text_at(shown, "state"));
    json_decref(shown);
    assert_as_refused("bob", "proposal.closed", 1, "approve", id, "--yes", id);
}

/* --- rollouts --- */

static json_t *
place_of(const char *version)
{
    PLUMB_AUTO(plumb_json_auto) json_t *status = ANSWER("auditor", "status", "prod");
    json_t *payload = json_array_get(json_object_get(status, "payloads"), 0), *place;
    size_t i;

    assert_true(json_is_true(json_object_get(status, "verified")));
    json_array_foreach(json_object_get(payload, "places"), i, place)
        if (strcmp(text_at(place, "version"), version) == 0)
            return json_incref(place);
    fail_msg("%s stands nowhere", version);
    return NULL;
}

static void
assert_place(const char *place, const char *version)
{
    json_t *found = place_of(version);

    assert_string_equal(place, text_at(found, "place"));
    json_decref(found);
}

static void
a_version_rolls_out_is_rescheduled_rolled_back_and_revoked(void **state)
{
    PLUMB_AUTO(plumb_json_auto) json_t *outgoing = NULL;

    (void)state;
    released("svr2@next", values_of(3));
    begun("svr2@next");
    assert_place("incoming", "next");
    assert_place("current", "2025-06-01");
    completed("svr2@next");
    assert_place("current", "next");
    approves("bob", id_of(ANSWER("alice", "rollout", "reschedule", "svr2@2025-06-01", "--fleet",
                                 "prod", "--not-after", "2026-12-20T00:00:00Z")));
    outgoing = place_of("2025-06-01");
    assert_string_equal("outgoing", text_at(outgoing, "place"));
    assert_string_equal("2026-12-20T00:00:00Z", text_at(outgoing, "notAfter"));
    assert_as("alice", 0, "rollout", "rollback", "svr2@next", "--fleet", "prod");
    assert_place("current", "2025-06-01");
    assert_place("withdrawn", "next");
    begun("svr2@next");
    assert_as("alice", 0, "revoke", "svr2@next", "--fleet", "prod", "--reason", "CVE");
    assert_place("revoked", "next");
}

static void
a_begin_that_is_approved_ahead_stands_in_the_status(void **state)
{
    PLUMB_AUTO(plumb_json_auto) json_t *status = NULL;
    PLUMB_AUTO(plumb_json_auto) json_t *own = NULL;
    const json_t *scheduled;

    (void)state;
    released("svr2@later", values_of(7));
    approves("bob", id_of(ANSWER("alice", "rollout", "begin", "svr2@later", "--fleet", "prod",
                                 "--at", "2126-01-01T00:00:00Z")));
    status = ANSWER("auditor", "status", "prod");
    scheduled = json_array_get(json_object_get(status, "scheduled"), 0);
    assert_string_equal("later", text_at(scheduled, "version"));
    assert_string_equal("2126-01-01T00:00:00Z", text_at(scheduled, "at"));
    own = ANSWER("verifier", "status", "prod"); /* who may see no proposals */
    assert_null(json_object_get(own, "scheduled"));
}

/* --- governance --- */

static void
a_key_is_rotated_by_a_draft_that_two_approve(void **state)
{
    PLUMB_AUTO(plumb_json_auto) json_t *old = ANSWER("alice", "key", "show", "alice.sign");
    PLUMB_AUTO(plumb_json_auto) json_t *shown = NULL;
    struct ran r;
    const char *id;

    (void)state;
    assert_plumb(0, "key", "new", "alice2.sign", "--no-passphrase", "--type", "ecdsa-p256");
    r = AS("alice", "governance", "draft", "--add-key", "alice=sign:alice2.sign", "--retire",
           text_at(old, "id"), "-o", "next.json");
    assert_status(0, &r);
    assert_says(r.out, "\"active\" -> \"retired\"");
    ran_clear(&r);
    id = id_of(ANSWER("alice", "governance", "propose", "next.json"));
    r = AS("bob", "show", id);
    assert_says(r.out, "governance version 2");
    assert_says(r.out, "+ principals.alice.keys.[...");
    assert_says(r.out, "\"active\" -> \"retired\"");
    ran_clear(&r);
    approves("bob", id);
    assert_as_refused("alice", "key.retired", 1, "revoke", "svr2@2025-06-01", "--fleet", "prod",
                      "--reason", "x", "--leave-nothing", "prod");
    assert_as("alice", 0, "profile", "--sign-key", "alice2.sign");
    shown = ANSWER("alice", "governance", "show");
    assert_int_equal(2, json_integer_value(json_object_get(shown, "version")));
    released("svr2@rotated", values_of(4));
}

static void
a_genesis_is_handed_round_and_says_who_is_missing(void **state)
{
    PLUMB_AUTO(plumb_json_auto) json_t *first = NULL;
    PLUMB_AUTO(plumb_json_auto) json_t *second = NULL;

    (void)state;
    first = answer_of(PLUMB("--json", "governance", "genesis", "governance.json", "--sign-key",
                            "bob.sign", "-o", "round.json"));
    assert_int_equal(1, json_array_size(json_object_get(first, "missing")));
    second = answer_of(PLUMB("--json", "governance", "genesis", "governance.json", "--sign-key",
                             "alice.sign", "--sign-key", "bob.sign", "-o", "round.json"));
    assert_int_equal(0, json_array_size(json_object_get(second, "missing")));
    assert_string_equal(text_at(first, "genesis"), text_at(second, "genesis"));
    assert_plumb_refused("genesis.key", 1, "governance", "genesis", "governance.json",
                         "--sign-key", "auditor.sign", "-o", "round.json");
    assert_plumb_refused("genesis.version", 1, "governance", "genesis", "next.json",
                         "--sign-key", "bob.sign", "-o", "round2.json");
    assert_plumb_refused("keyspec.form", 1, "governance", "template", "--service",
                         "service.json", "--fleet", "f", "--payload", "p", "--tee", "sgx",
                         "--principal", "a=admin,release-manager:service.json", "-o", "x");
}

#define WITNESS_1 "witness.example/w1+088456fb+BPotlj/7Q5wxHjCtQhAgFyCprMGOXRq/muIaOHHtYYn8"
#define WITNESS_2 "witness.example/w2+41ac1a1f+BCsMVcYTsnTrv01n+BD2Nb/Ir5kcXp2+eH3bVfd3JdON"
#define TEMPLATE                                                                               \
    "governance", "template", "--service", "service.json", "--fleet", "f", "--payload", "p",   \
        "--tee", "sgx", "--principal", "alice=admin,release-manager:alice.sign"

static void
the_template_names_witnesses_and_how_many_must_cosign(void **state)
{
    const json_t *witnesses;
    json_t *document;

    (void)state;
    assert_plumb(0, TEMPLATE, "--witness", WITNESS_1 "@https://w1.example", "--witness",
                 WITNESS_2 "@https://w2.example", "--witness-need", "1", "--witness-wait", "-o",
                 "witnessed.json");
    assert_plumb(0, "governance", "check", "witnessed.json");
    document = json_load_file("witnessed.json", 0, NULL);
    witnesses = json_object_get(document, "witnesses");
    assert_int_equal(2, json_array_size(json_object_get(witnesses, "of")));
    assert_int_equal(1, json_integer_value(json_object_get(witnesses, "need")));
    assert_string_equal("wait", text_at(witnesses, "away"));
    json_decref(document);
    assert_plumb_refused("governance.witness", 1, TEMPLATE, "--witness",
                         WITNESS_1 "@https://w1.example", "--witness-need", "2", "-o", "x");
    assert_plumb_refused("usage", 2, TEMPLATE, "--witness", WITNESS_1, "-o", "x");
    assert_plumb_refused("usage", 2, TEMPLATE, "--witness-wait", "-o", "x");
    assert_plumb_refused("usage", 2, TEMPLATE, "--witness", WITNESS_1 "@https://w1.example",
                         "--witness-need", "0", "-o", "x");
}

static void
a_verifier_is_enrolled_pulls_and_is_let_go(void **state)
{
    (void)state;
    assert_plumb(0, "key", "new", "edge.tls", "--no-passphrase");
    assert_as_refused("verifier", "access.fleet", 1, "bundle", "pull", "--memory",
                      "edge.memory", "--tls-key", "edge.tls", "-o", "edge.bundle");
    assert_as("alice", 0, "verifier", "enrol", "edge", "--fleet", "prod", "--key",
              "tls:edge.tls");
    assert_as_refused("alice", "enrolment.exists", 1, "verifier", "enrol", "edge", "--fleet",
                      "prod", "--key", "tls:edge.tls");
    assert_as("verifier", 0, "bundle", "pull", "--memory", "edge.memory", "--tls-key",
              "edge.tls", "-o", "edge.bundle");
    assert_as("alice", 0, "verifier", "retire", "edge", "--fleet", "prod", "--key", "edge.tls");
    assert_as_refused("verifier", "access.fleet", 1, "bundle", "pull", "--memory",
                      "edge.memory", "--tls-key", "edge.tls", "-o", "edge.bundle");
}

/* Governance does not list its key: what it says is shown, and that nobody checked who did. */
static void
what_an_enrolled_verifier_said_is_shown_as_unchecked(void **state)
{
    struct ran r;
    const char *id;
    json_t *shown;

    (void)state;
    assert_plumb(0, "key", "new", "far.sign", "--no-passphrase");
    assert_plumb(0, "key", "new", "far.tls", "--no-passphrase");
    assert_as("alice", 0, "verifier", "enrol", "far", "--fleet", "prod", "--key",
              "sign:far.sign", "--key", "tls:far.tls");
    released("svr2@far", values_of(4711));
    begun("svr2@far");
    assert_as("verifier", 0, "bundle", "pull", "--memory", "far.memory", "-o", "far.bundle");
    id = id_of(ANSWER("verifier", "recognise", "svr2@far", "--bundle", "far.bundle",
                      "--tls-key", "far.tls", "--sign-key", "far.sign"));
    r = AS("auditor", "show", id);
    assert_status(0, &r);
    assert_says(r.out, "recognition svr2@far in prod");
    assert_says(r.out, "signature  not checked");
    ran_clear(&r);
    shown = ANSWER("auditor", "show", id);
    assert_string_equal("recognition", text_at(shown, "kind"));
    assert_true(json_is_false(json_object_get(shown, "signatureChecked")));
    json_decref(shown);
    completed("svr2@far");
}

/* --- the log --- */

static void
a_receipt_is_proven_and_an_entry_is_its_bytes(void **state)
{
    PLUMB_AUTO(plumb_json_auto) json_t *queue = ANSWER("alice", "queue", "--all");
    PLUMB_AUTO(plumb_json_auto) json_t *receipt = NULL;
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes proof = { NULL, 0 };
    const json_t *first = json_array_get(json_object_get(queue, "proposals"), 1);
    struct plumb_err err = { 0 };

    (void)state;
    receipt = ANSWER("auditor", "log", "receipt", text_at(first, "id"), "-o", "receipt");
    assert_true(json_is_string(json_object_get(receipt, "proof")));
    assert_ok(store_read("receipt", 65536, &proof, &err), &err);
    assert_says((const char *)proof.data, "c2sp.org/tlog-proof@v1");
    assert_as("auditor", 0, "log", "entry", "0", "-o", "entry");
    assert_as("auditor", 0, "log", "checkpoint", "-o", "note");
}

static void
the_log_is_exported_audited_and_the_copy_grows(void **state)
{
    json_t *first = ANSWER("auditor", "log", "export", in("copy"));
    json_t *second;
    const json_int_t size = json_integer_value(json_object_get(first, "entries"));

    (void)state;
    assert_true(size > 0);
    assert_as("auditor", 0, "audit", in("copy"));
    released("svr2@exported", values_of(5));
    second = ANSWER("auditor", "log", "export", in("copy"));
    assert_true(json_integer_value(json_object_get(second, "entries")) >= size + 3);
    assert_as("auditor", 0, "audit", in("copy"));
    json_decref(first);
    json_decref(second);
}

/* --- keys --- */

static void
a_key_is_encrypted_with_a_passphrase_that_is_asked_for(void **state)
{
    const char *make[] = { "key", "new", "secret.sign", NULL };
    const char *show[] = { "key", "show", "secret.sign", NULL };
    struct ran r;

    (void)state;
    r = talk(make, (const struct talk[]){ { "secret.sign", "correct horse\n" },
                                          { "Once more", "wrong\n" },
                                          { 0 } });
    assert_int_equal(1, r.status);
    ran_clear(&r);
    assert_int_not_equal(0, access("secret.sign", F_OK));
    r = talk(make, (const struct talk[]){ { "secret.sign", "correct horse\n" },
                                          { "Once more", "correct horse\n" },
                                          { 0 } });
    assert_int_equal(0, r.status);
    assert_null(strstr(r.out, "horse")); /* nobody sees it */
    ran_clear(&r);
    r = talk(show, (const struct talk[]){ { "secret.sign", "correct horse\n" }, { 0 } });
    assert_int_equal(0, r.status);
    assert_says(r.out, "fingerprint  SHA256:");
    ran_clear(&r);
    r = talk(show, (const struct talk[]){ { "secret.sign", "battery\n" }, { 0 } });
    assert_int_equal(1, r.status);
    assert_says(r.out, "(key.passphrase)");
    ran_clear(&r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_be_done_names_the_rule_and_ends_with_1),
        cmocka_unit_test(a_service_with_another_key_or_genesis_is_refused),
        cmocka_unit_test(whatever_prints_prints_json),
        cmocka_unit_test(an_error_says_what_to_do_next),
        cmocka_unit_test(who_approves_sees_what_and_what_differs_and_types_digits),
        cmocka_unit_test(nobody_is_asked_without_a_terminal_and_nothing_is_signed),
        cmocka_unit_test(votes_are_shown_verified_and_the_last_one_counts),
        cmocka_unit_test(a_version_rolls_out_is_rescheduled_rolled_back_and_revoked),
        cmocka_unit_test(a_begin_that_is_approved_ahead_stands_in_the_status),
        cmocka_unit_test(a_key_is_rotated_by_a_draft_that_two_approve),
        cmocka_unit_test(a_genesis_is_handed_round_and_says_who_is_missing),
        cmocka_unit_test(the_template_names_witnesses_and_how_many_must_cosign),
        cmocka_unit_test(a_verifier_is_enrolled_pulls_and_is_let_go),
        cmocka_unit_test(what_an_enrolled_verifier_said_is_shown_as_unchecked),
        cmocka_unit_test(a_receipt_is_proven_and_an_entry_is_its_bytes),
        cmocka_unit_test(the_log_is_exported_audited_and_the_copy_grows),
        cmocka_unit_test(a_key_in_an_agent_signs_by_its_comment),
        cmocka_unit_test(a_key_is_encrypted_with_a_passphrase_that_is_asked_for),
    };

    return cmocka_run_group_tests_name("people", tests, begin, end);
}
