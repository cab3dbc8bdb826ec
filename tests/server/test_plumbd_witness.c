/* The real plumbd with real witnesses: what they sign is what it gives out, and what it does
 * when they are away. */
#include "tests/t.h"

#include <plumb/bundle.h>
#include <plumb/witness.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "server/file.h"
#include "tests/server/plumbd.h"
#include "tests/server/witnessd.h"

#define WITNESSES 3

struct scene {
    struct make make;
    struct pg_database database;
    struct plumbd service;
    struct witnessd witness[WITNESSES];
    int versions;
};

/* --- the scene --- */

static void
name_witnesses(struct scene *s, int need, const char *away)
{
    json_t *of = json_array();
    char url[64];

    for (int i = 0; i < WITNESSES; i++) {
        (void)snprintf(url, sizeof url, "http://127.0.0.1:%u", s->witness[i].port);
        json_array_append_new(of,
                              json_pack("{s:s,s:s}", "vkey", s->witness[i].vkey, "url", url));
    }
    make_set(&s->make, "witnesses",
             json_pack("{s:s,s:i,s:o}", "away", away, "need", need, "of", of));
}

static int
begin(void **state)
{
    struct scene *s = calloc(1, sizeof *s);
    char log[PLUMB_VKEY_TEXT], name[32];
    struct plumb_vkey vkey;
    struct plumb_err err;

    assert_non_null(s);
    make_begin(&s->make, time(NULL));
    assert_ok(plumb_vkey_make(MAKE_ORIGIN, 1, s->make.log->pub, &vkey, &err), &err);
    plumb_vkey_text(&vkey, log);
    for (int i = 0; i < WITNESSES; i++) {
        (void)snprintf(name, sizeof name, "witness.example/%d", i);
        witnessd_prepare(&s->witness[i], name, log);
        witnessd_start(&s->witness[i], NULL);
    }
    plumbd_prepare(&s->service, &s->make);
    s->database = pg_database();
    s->service.shared = &s->database;
    s->service.witness_ms = 500;
    *state = s;
    return 0;
}

static int
end(void **state)
{
    struct scene *s = *state;

    plumbd_stop(&s->service, SIGTERM);
    for (int i = 0; i < WITNESSES; i++)
        witnessd_stop(&s->witness[i], SIGTERM);
    make_end(&s->make);
    free(s);
    return 0;
}

static void
start(struct scene *s, int need, const char *away)
{
    name_witnesses(s, need, away);
    plumbd_start(&s->service);
    plumbd_genesis(&s->service, &s->make);
}

/* One more release; its receipt. */
static json_t *
release(struct scene *s)
{
    struct plumb_digest digest;
    struct plumb_bytes values;
    char version[16];

    (void)snprintf(version, sizeof version, "1.%d", s->versions++);
    values = make_refvals(version);
    plumb_sha256(values.data, values.len, &digest);
    plumbd_blob(&s->service, &values);
    plumb_bytes_clear(&values);
    return plumbd_submit(&s->service, make_release(&s->make, "rex", "web", version, &digest),
                         201);
}

/* --- what verifiers see --- */

/* The trust file; with quorum not NULL, that one in place of what it says. */
static struct plumb_trust *
trust_file(struct scene *s, const char *quorum)
{
    json_t *json = plumbd_json(&s->service, "GET", "/v1/trust/prod", NULL, 200);
    json_t *policy = json_object_get(json, "policy");
    struct plumb_trust *trust = NULL;
    struct plumb_err err;
    char *text;

    if (quorum != NULL)
        json_array_set_new(policy, json_array_size(policy) - 1, json_string(quorum));
    text = json_dumps(json, 0);
    assert_ok(plumb_trust_parse(text, strlen(text), &trust, &err), &err);
    free(text);
    json_decref(json);
    return trust;
}

static enum plumb_code
pull(struct scene *s, const struct plumb_trust *trust, uint64_t *ret_publication,
     struct plumb_err *err)
{
    struct hc_reply file = plumbd_ask(&s->service, "GET", "/v1/fleets/prod/bundle", NULL);
    struct plumb_bundle_reader *reader = NULL;
    struct plumb_memory *memory = NULL;
    struct plumb_bundle *bundle = NULL;
    char etag[256];
    enum plumb_code code;

    if (file.status != 200) {
        char rule[256];

        code = plumb_fail(err, PLUMB_UNAVAILABLE, hc_member(&file, "rule", rule), "", "%d",
                          file.status);
        hc_reply_free(&file);
        return code;
    }
    *ret_publication = strtoull(hc_header(&file, "ETag", etag) + 1, NULL, 10);
    assert_ok(plumb_bundle_begin(trust, NULL, time(NULL), &reader, err), err);
    code = plumb_bundle_feed(reader, file.body, file.body_len, err);
    if (code == PLUMB_OK)
        code = plumb_bundle_end(reader, &bundle, &memory, err);
    plumb_bundle_reader_free(reader);
    plumb_memory_free(memory);
    plumb_bundle_free(bundle);
    hc_reply_free(&file);
    return code;
}

/* The checkpoint's size under a trust file's policy; 0 if it is refused. */
static uint64_t
checkpoint(struct scene *s, const struct plumb_trust *trust, struct plumb_err *err)
{
    struct hc_reply note = plumbd_ask(&s->service, "GET", "/checkpoint", NULL);
    struct plumb_checkpoint head = { 0 };

    if (note.status != 200 || plumb_checkpoint_verify(trust->policy, note.body, note.body_len,
                                                      &head, err) != PLUMB_OK)
        head.size = 0;
    hc_reply_free(&note);
    return head.size;
}

static void
pause_ms(long ms)
{
    (void)nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

/* Until the checkpoint given out has at least this size, and verifies. */
static void
wait_for_size(struct scene *s, const struct plumb_trust *trust, uint64_t size)
{
    struct plumb_err err = { 0 };

    for (int i = 0; i < 600; i++) {
        if (checkpoint(s, trust, &err) >= size)
            return;
        pause_ms(100);
    }
    fail_msg("no witnessed checkpoint of size %d: [%s] %s", (int)size, err.rule, err.msg);
}

static bool
metric_is(struct scene *s, const char *line)
{
    struct hc_reply metrics = plumbd_ask(&s->service, "GET", "/metrics", NULL);
    char whole[200];
    bool is;

    (void)snprintf(whole, sizeof whole, "\n%s\n", line);
    is = metrics.body != NULL && strstr(metrics.body, whole) != NULL;
    hc_reply_free(&metrics);
    return is;
}

static void
wait_for_metric(struct scene *s, const char *line)
{
    for (int i = 0; i < 600; i++) {
        if (metric_is(s, line))
            return;
        pause_ms(100);
    }
    fail_msg("the metrics never say %s", line);
}

static bool
log_says(struct scene *s, const char *text)
{
    struct plumb_bytes log = { 0 };
    struct plumb_err err;
    char path[300];
    bool says;

    (void)snprintf(path, sizeof path, "%s/log", s->service.data);
    assert_ok(file_read(path, 1 << 24, &log, &err), &err);
    says = strstr((char *)log.data, text) != NULL;
    plumb_bytes_clear(&log);
    return says;
}

/* Does a receipt prove itself to who pins this trust file? */
static enum plumb_code
check_receipt(struct scene *s, const json_t *receipt, const struct plumb_trust *trust,
              struct plumb_err *err)
{
    json_int_t index = json_integer_value(json_object_get(receipt, "index"));
    const char *text = json_string_value(json_object_get(receipt, "proof"));
    struct plumb_bytes proof = { 0 };
    struct plumb_checkpoint head;
    struct plumb_digest leaf;
    struct hc_reply entry;
    enum plumb_code code;
    char target[64];
    uint64_t at;

    (void)snprintf(target, sizeof target, "/v1/entries/%lld", (long long)index);
    entry = plumbd_ask(&s->service, "GET", target, NULL);
    assert_int_equal(200, entry.status);
    plumb_leaf_hash(entry.body, entry.body_len, &leaf);
    assert_ok(plumb_base64_parse(text, strlen(text), "proof", &proof, err), err);
    code =
        plumb_tlog_proof_verify(trust->policy, proof.data, proof.len, &leaf, &at, &head, err);
    if (code == PLUMB_OK)
        assert_int_equal(index, at);
    plumb_bytes_clear(&proof);
    hc_reply_free(&entry);
    return code;
}

/* --- tests --- */

static void
checkpoints_bundles_and_receipts_carry_the_cosignatures(void **state)
{
    struct scene *s = *state;
    struct plumb_trust *trust;
    struct plumb_err err = { 0 };
    uint64_t publication;
    json_t *receipt;

    start(s, 2, "wait");
    trust = trust_file(s, NULL); /* demands two of three */
    wait_for_size(s, trust, 1);
    receipt = release(s);
    assert_ok(check_receipt(s, receipt, trust, &err), &err);
    wait_for_size(s, trust, (uint64_t)json_integer_value(json_object_get(receipt, "size")));
    assert_ok(pull(s, trust, &publication, &err), &err);
    json_decref(receipt);
    assert_true(metric_is(s, "plumb_witnesses_away 0"));
    plumb_trust_free(trust);
}

static void
one_witness_of_three_may_be_away_and_is_named(void **state)
{
    struct scene *s = *state;
    struct plumb_trust *trust;
    struct plumb_err err = { 0 };
    json_t *receipt, *json;

    witnessd_stop(&s->witness[1], SIGKILL);
    start(s, 2, "wait");
    trust = trust_file(s, NULL);
    wait_for_size(s, trust, 1);
    receipt = release(s);
    assert_ok(check_receipt(s, receipt, trust, &err), &err);
    json_decref(receipt);
    wait_for_metric(s, "plumb_witness_up{witness=\"witness.example/1\"} 0");
    assert_true(metric_is(s, "plumb_witness_up{witness=\"witness.example/0\"} 1"));
    assert_true(metric_is(s, "plumb_witnesses_away 0"));
    assert_true(log_says(s, "\"event\":\"witness.away\",\"witness\":\"witness.example/1\""));
    json = plumbd_json(&s->service, "GET", "/v1/witnesses", NULL, 200);
    assert_int_equal(2, json_integer_value(json_object_get(json, "need")));
    assert_true(json_is_false(json_object_get(json, "away")));
    assert_int_equal(3, json_array_size(json_object_get(json, "witnesses")));
    json_decref(json);
    witnessd_start(&s->witness[1], NULL); /* on its old port, with what it had seen */
    json_decref(release(s));
    wait_for_metric(s, "plumb_witness_up{witness=\"witness.example/1\"} 1");
    plumb_trust_free(trust);
}

/* "wait": accepted and logged, and nothing new is given out until witnesses are back. */
static void
publishing_waits_for_witnesses_where_governance_says_so(void **state)
{
    struct scene *s = *state;
    struct plumb_trust *trust, *none;
    struct plumb_err err = { 0 };
    uint64_t publication = 0, later = 0, size, base = 0;
    struct plumb_digest id, begin_id;
    struct plumb_signed *begins;
    json_t *receipt;

    start(s, 2, "wait");
    trust = trust_file(s, NULL);
    none = trust_file(s, "quorum none");
    receipt = release(s);
    size = (uint64_t)json_integer_value(json_object_get(receipt, "size"));
    assert_ok(
        plumb_digest_parse(json_string_value(json_object_get(receipt, "id")), "", &id, &err),
        &err);
    json_decref(receipt);
    json_decref(
        plumbd_submit(&s->service, make_vote(&s->make, "ria", &id, PLUMB_APPROVE), 201));
    receipt = plumbd_submit(&s->service, make_vote(&s->make, "sol", &id, PLUMB_APPROVE), 201);
    size = (uint64_t)json_integer_value(json_object_get(receipt, "size"));
    json_decref(receipt);
    wait_for_size(s, trust, size);
    assert_ok(pull(s, trust, &publication, &err), &err);

    witnessd_stop(&s->witness[0], SIGKILL);
    witnessd_stop(&s->witness[2], SIGKILL);
    begins =
        make_rollout(&s->make, "rex", "prod", "web@1.0", &id, PLUMB_ACTION_BEGIN, base, NULL);
    begin_id = begins->statement->id;
    json_decref(plumbd_submit(&s->service, begins, 201));
    receipt = plumbd_submit(&s->service, make_vote(&s->make, "ria", &begin_id, PLUMB_APPROVE),
                            201); /* published in the log: a new bundle */
    assert_refused("witness.quorum", check_receipt(s, receipt, trust, &err), &err);
    assert_ok(check_receipt(s, receipt, none, &err), &err);
    wait_for_metric(s, "plumb_witnesses_away 1");
    assert_true(log_says(s, "\"event\":\"witnesses.away\""));
    assert_true(log_says(s, "\"publishing\":\"waits\""));
    assert_int_equal(size, checkpoint(s, trust, &err)); /* as before, and still witnessed */
    assert_ok(pull(s, trust, &later, &err), &err);
    assert_int_equal(publication, later);

    /* a restart does not make it forget what was witnessed */
    plumbd_stop(&s->service, SIGTERM);
    plumbd_start(&s->service);
    assert_int_equal(size, checkpoint(s, trust, &err));
    wait_for_metric(s, "plumb_witnesses_away 1");

    witnessd_start(&s->witness[0], NULL);
    wait_for_size(s, trust, (uint64_t)json_integer_value(json_object_get(receipt, "size")));
    wait_for_metric(s, "plumb_witnesses_away 0");
    assert_true(log_says(s, "\"event\":\"witnesses.back\""));
    assert_ok(pull(s, trust, &later, &err), &err);
    assert_true(later > publication);
    json_decref(receipt);
    plumb_trust_free(trust);
    plumb_trust_free(none);
}

/* "continue": it goes on, and says so; who demands cosignatures refuses by himself. */
static void
publishing_continues_without_witnesses_where_governance_says_so(void **state)
{
    struct scene *s = *state;
    struct plumb_trust *trust, *strict;
    struct plumb_err err = { 0 };
    uint64_t publication;
    json_t *receipt, *json;

    witnessd_stop(&s->witness[1], SIGKILL);
    witnessd_stop(&s->witness[2], SIGKILL);
    start(s, 2, "continue"); /* one of the two that are needed */
    trust = trust_file(s, NULL);
    strict = trust_file(s, "quorum witnesses");
    wait_for_metric(s, "plumb_witnesses_away 1");
    assert_true(log_says(s, "\"publishing\":\"continues\""));
    json = plumbd_json(&s->service, "GET", "/v1/witnesses", NULL, 200);
    assert_true(json_is_true(json_object_get(json, "away")));
    json_decref(json);
    receipt = release(s);
    wait_for_size(s, trust, (uint64_t)json_integer_value(json_object_get(receipt, "size")));
    assert_ok(check_receipt(s, receipt, trust, &err), &err);
    assert_ok(pull(s, trust, &publication, &err), &err);
    /* too few cosignatures for a verifier whose policy wants two of three */
    assert_refused("witness.quorum", pull(s, strict, &publication, &err), &err);
    assert_int_equal(0, checkpoint(s, strict, &err));
    assert_string_equal("witness.quorum", err.rule);

    witnessd_start(&s->witness[1], NULL);
    wait_for_metric(s, "plumb_witnesses_away 0");
    wait_for_size(s, strict, (uint64_t)json_integer_value(json_object_get(receipt, "size")));
    assert_ok(pull(s, strict, &publication, &err), &err);
    json_decref(receipt);
    plumb_trust_free(trust);
    plumb_trust_free(strict);
}

/* The log's key signed another tree for a witness before: it never cosigns ours. */
static void
a_witness_that_saw_another_history_says_so(void **state)
{
    struct scene *s = *state;
    struct plumb_checkpoint other = { .origin = MAKE_ORIGIN, .size = 1 };
    struct plumb_bytes note = { 0 }, body = { 0 };
    struct plumb_trust *trust;
    struct hc_reply reply;
    struct plumb_err err;

    plumb_leaf_hash("other", 5, &other.root);
    assert_ok(plumb_checkpoint_sign(&other, &s->make.log, 1, &note, &err), &err);
    assert_ok(plumb_add_checkpoint_text(0, NULL, 0, note.data, note.len, &body, &err), &err);
    reply = witnessd_ask(&s->witness[2], &body);
    assert_int_equal(200, reply.status);
    hc_reply_free(&reply);
    plumb_bytes_clear(&body);
    plumb_bytes_clear(&note);

    start(s, 2, "wait");
    trust = trust_file(s, NULL);
    wait_for_size(s, trust, 1);
    wait_for_metric(s, "plumb_witness_up{witness=\"witness.example/2\"} 0");
    assert_true(log_says(s, "\"rule\":\"witness.fork\""));
    assert_true(metric_is(s, "plumb_witnesses_away 0"));
    plumb_trust_free(trust);
}

/* The one that schedules asks; the other gives out what came of it. */
static void
an_instance_that_does_not_ask_serves_what_another_got(void **state)
{
    struct scene *s = *state;
    struct plumbd second;
    struct plumb_trust *trust;
    json_t *receipt;

    start(s, 2, "wait");
    trust = trust_file(s, NULL);
    wait_for_size(s, trust, 1);
    plumbd_prepare(&second, &s->make);
    second.shared = &s->database;
    second.witness_ms = 500;
    plumbd_start(&second);
    receipt = release(s);
    for (int i = 0;; i++) {
        struct hc_reply note = plumbd_ask(&second, "GET", "/v1/checkpoint", NULL);
        struct plumb_checkpoint head = { 0 };
        struct plumb_err err = { 0 };

        if (note.status == 200)
            assert_ok(
                plumb_checkpoint_verify(trust->policy, note.body, note.body_len, &head, &err),
                &err);
        hc_reply_free(&note);
        if ((json_int_t)head.size >= json_integer_value(json_object_get(receipt, "size")))
            break;
        assert_true(i < 600);
        pause_ms(100);
    }
    json_decref(receipt);
    plumb_trust_free(trust);
    plumbd_stop(&second, SIGTERM);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(checkpoints_bundles_and_receipts_carry_the_cosignatures),
        TEST(one_witness_of_three_may_be_away_and_is_named),
        TEST(publishing_waits_for_witnesses_where_governance_says_so),
        TEST(publishing_continues_without_witnesses_where_governance_says_so),
        TEST(a_witness_that_saw_another_history_says_so),
        TEST(an_instance_that_does_not_ask_serves_what_another_got),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
