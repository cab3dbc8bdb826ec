/* The real program from genesis to phase-out, its refusals, and what a crash leaves. */
#include "tests/t.h"

#include <plumb/bundle.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/server/acts.h"

static struct make make;
static struct plumbd service;

static int
begin(void **state)
{
    (void)state;
    make_begin(&make, time(NULL));
    make_set(&make, "fleets.prod.grace", json_string("PT2S"));
    make_set(&make, "fleets.prod.recognitions", json_integer(0));
    plumbd_prepare(&service, &make);
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
    return 0;
}

/* Registered and approved; its release id. */
static struct plumb_digest
release(const char *version)
{
    struct plumb_bytes values = make_refvals(version);
    struct plumb_digest id = act_release(&service, &make, version, &values);

    plumb_bytes_clear(&values);
    return id;
}

static void
roll(const char *name, const struct plumb_digest *id, enum plumb_action action,
     const struct plumb_digest *predecessor)
{
    act_roll(&service, &make, name, id, action, predecessor);
}

/* Pull and verify as a verifier would. */
static struct plumb_bundle *
pull(void)
{
    struct hc_reply file = plumbd_ask(&service, "GET", "/v1/fleets/prod/bundle", NULL);
    struct hc_reply pin = plumbd_ask(&service, "GET", "/v1/trust/prod", NULL);
    struct plumb_trust *trust = NULL;
    struct plumb_memory *memory = NULL;
    struct plumb_bundle_reader *reader = NULL;
    struct plumb_bundle *bundle = NULL;
    struct plumb_err err = { 0 };

    assert_int_equal(200, file.status);
    assert_int_equal(200, pin.status);
    assert_ok(plumb_trust_parse(pin.body, pin.body_len, &trust, &err), &err);
    assert_ok(plumb_bundle_begin(trust, NULL, time(NULL), &reader, &err), &err);
    assert_ok(plumb_bundle_feed(reader, file.body, file.body_len, &err), &err);
    assert_ok(plumb_bundle_end(reader, &bundle, &memory, &err), &err);
    plumb_bundle_reader_free(reader);
    plumb_memory_free(memory);
    plumb_trust_free(trust);
    hc_reply_free(&file);
    hc_reply_free(&pin);
    return bundle;
}

static const struct plumb_accepted *
accepted(const struct plumb_bundle *b, const char *version)
{
    for (size_t i = 0; i < b->naccepted; i++)
        if (strcmp(b->accepted[i].version, version) == 0)
            return &b->accepted[i];
    return NULL;
}

static void
a_version_lives_from_its_release_to_its_phase_out(void **state)
{
    struct plumb_digest one = release("1.0"), two;
    struct plumb_bundle *b;

    (void)state;
    roll("web@1.0", &one, PLUMB_ACTION_BEGIN, NULL);
    roll("web@1.0", &one, PLUMB_ACTION_COMPLETE, NULL);
    b = pull();
    assert_int_equal(1, b->naccepted);
    assert_int_equal(PLUMB_STATUS_CURRENT, accepted(b, "1.0")->window.status);
    plumb_bundle_free(b);

    two = release("2.0");
    roll("web@2.0", &two, PLUMB_ACTION_BEGIN, &one);
    b = pull();
    assert_int_equal(2, b->naccepted);
    assert_int_equal(PLUMB_STATUS_INCOMING, accepted(b, "2.0")->window.status);
    plumb_bundle_free(b);

    roll("web@2.0", &two, PLUMB_ACTION_COMPLETE, NULL);
    b = pull();
    assert_int_equal(PLUMB_STATUS_OUTGOING, accepted(b, "1.0")->window.status);
    assert_true(accepted(b, "1.0")->window.not_after != PLUMB_TIME_NEVER);
    plumb_bundle_free(b);

    /* nobody does anything: the scheduler records the phase-out, and publishes */
    for (int i = 0; i < 200; i++) {
        b = pull();
        if (b->naccepted == 1)
            break;
        plumb_bundle_free(b);
        (void)nanosleep(&(struct timespec){ 0, 50 * 1000 * 1000 }, NULL);
    }
    assert_int_equal(1, b->naccepted);
    assert_non_null(accepted(b, "2.0"));
    plumb_bundle_free(b);
}

static void
a_statement_sent_again_gets_its_first_receipt(void **state)
{
    struct plumb_bytes values = make_refvals("again");
    struct plumb_digest digest;
    struct plumb_signed *s, *same;
    json_t *first, *second;

    (void)state;
    plumb_sha256(values.data, values.len, &digest);
    plumbd_blob(&service, &values);
    plumb_bytes_clear(&values);
    s = make_release(&make, "rex", "web", "again", &digest);
    same = calloc(1, sizeof *same);
    same->envelope = json_deep_copy(s->envelope);
    first = plumbd_submit(&service, s, 201);
    second = plumbd_submit(&service, same, 200);
    assert_true(json_equal(json_object_get(first, "index"), json_object_get(second, "index")));
    assert_true(json_equal(json_object_get(first, "time"), json_object_get(second, "time")));
    assert_true(
        json_equal(json_object_get(first, "effect"), json_object_get(second, "effect")));
    assert_true(json_is_true(json_object_get(second, "repeated")));
    json_decref(first);
    json_decref(second);
}

static void
assert_problem(const char *method, const char *target, const char *body, int status,
               const char *rule)
{
    json_t *problem = plumbd_json(&service, method, target, body, status);

    assert_string_equal(rule, json_string_value(json_object_get(problem, "rule")));
    json_decref(problem);
}

static void
bad_input_gets_a_clear_error_and_leaves_nothing(void **state)
{
    static const struct {
        const char *method, *target, *body;
        int status;
        const char *rule;
    } cases[] = {
        { "POST", "/v1/statements", "{", 400, "json.syntax" },
        { "POST", "/v1/statements", "{\"a\":1,\"a\":2}", 400, "json.duplicate-key" },
        { "POST", "/v1/statements", "{\"a\":1.5}", 400, "json.number" },
        { "POST", "/v1/statements", "[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]", 400,
          "json.depth" },
        { "POST", "/v1/genesis", "{}", 409, "log.genesis" },
        { "PUT", "/v1/blobs/0000000000000000000000000000000000000000000000000000000000000000",
          "x", 400, "blob.digest" },
        { "PUT", "/v1/blobs/zz", "x", 400, "hex.form" },
        { "GET", "/v1/proposals?limit=0", NULL, 400, "query.number" },
        { "GET", "/v1/proposals?nonsense=1", NULL, 400, "query.unknown" },
        { "GET", "/tile/0/000", NULL, 404, "log.tile" },
        { "GET", "/tile/64/000.p/1", NULL, 400, "tile.path" },
        { "GET", "/tile/00/000.p/1", NULL, 400, "tile.path" },
        { "GET", "/tile/-1/000.p/1", NULL, 400, "tile.path" },
        { "GET", "/tile/0/0.p/1", NULL, 400, "tile.path" },
        { "GET", "/tile/0/000.p/0", NULL, 400, "tile.path" },
        { "GET", "/tile/entries/000.p/256", NULL, 400, "tile.path" },
        { "GET", "/tile/0", NULL, 404, "route.path" },
        { "GET", "/v1/fleets/none", NULL, 404, "fleet.unknown" },
        { "GET", "/v1/fleets/none/bundle", NULL, 404, "fleet.unknown" },
        { "GET", "/v1/entries/99999999", NULL, 404, "log.index" },
        { "GET", "/v1/governance/9", NULL, 404, "governance.version" },
        { "DELETE", "/v1/fleets", NULL, 405, "route.method" },
        { "POST", "/v1/resume", NULL, 409, "service.running" },
    };
    json_t *before = plumbd_json(&service, "GET", "/v1/history?limit=1", NULL, 200);
    json_t *after;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_problem(cases[i].method, cases[i].target, cases[i].body, cases[i].status,
                       cases[i].rule);
    after = plumbd_json(&service, "GET", "/v1/history?limit=1", NULL, 200);
    assert_true(json_equal(before, after));
    json_decref(before);
    json_decref(after);
}

/* The envelope of s with one character of a member's text changed. */
static char *
spoiled(const struct plumb_signed *s, const char *what)
{
    char *text = json_dumps(s->envelope, JSON_COMPACT);
    char *at = strstr(text, what) + strlen(what) + 20;

    *at = *at == 'A' ? 'B' : 'A';
    return text;
}

static void
statements_that_were_tampered_with_are_refused(void **state)
{
    struct plumb_digest none = make_digest("no such proposal");
    struct plumb_signed *s = make_vote(&make, "ria", &none, PLUMB_APPROVE);
    char *text = spoiled(s, "\"sig\":\"");

    (void)state;
    assert_problem("POST", "/v1/statements", text, 422, "signature.bad");
    free(text);
    text = json_dumps(s->envelope, JSON_COMPACT);
    assert_problem("POST", "/v1/statements", text, 404, "proposal.unknown");
    free(text);
    plumb_signed_free(s);
}

static void
what_was_acknowledged_survives_kill_9(void **state)
{
    struct plumb_digest id = release("3.0");
    json_t *before = plumbd_json(&service, "GET", "/v1/history?limit=1000", NULL, 200);
    json_t *after, *version;
    struct plumb_bundle *b;

    (void)state;
    (void)id;
    plumbd_stop(&service, SIGKILL);
    plumbd_start(&service);
    after = plumbd_json(&service, "GET", "/v1/history?limit=1000", NULL, 200);
    assert_true(json_equal(before, after));
    version = plumbd_json(&service, "GET", "/v1/payloads/web/versions/3.0", NULL, 200);
    assert_string_equal("approved", json_string_value(json_object_get(version, "state")));
    b = pull();
    assert_int_equal(1, b->naccepted);
    plumb_bundle_free(b);
    json_decref(before);
    json_decref(after);
    json_decref(version);
}

static void
a_reader_that_names_a_size_reads_its_own_writes(void **state)
{
    struct hc_reply reply = plumbd_ask(&service, "GET", "/v1/proposals?size=1", NULL);
    char value[256];

    (void)state;
    assert_int_equal(200, reply.status);
    assert_true(atoi(hc_header(&reply, "Plumbline-Log-Size", value)) > 10);
    hc_reply_free(&reply);
    assert_problem("GET", "/v1/proposals?size=999999", NULL, 503, "log.behind");
}

/* The whole log in one partial tile: its hashes give the checkpoint's root, its entries them.
 */
static void
the_log_is_served_as_tiles(void **state)
{
    struct hc_reply note = plumbd_ask(&service, "GET", "/checkpoint", NULL), hashes, entries;
    unsigned long long size = 0;
    struct plumb_digest root, leaf;
    char target[64], value[256], *text = NULL;
    struct plumb_err err;
    size_t at = 0, n = 0;

    (void)state;
    assert_int_equal(200, note.status);
    assert_string_equal("public, max-age=5", hc_header(&note, "Cache-Control", value));
    assert_string_equal("text/plain; charset=utf-8", hc_header(&note, "Content-Type", value));
    assert_int_equal(1, sscanf(note.body, MAKE_ORIGIN "\n%llu\n", &size));
    assert_true(size > 0 && size < 256);
    (void)snprintf(target, sizeof target, "/tile/0/000.p/%llu", size);
    hashes = plumbd_ask(&service, "GET", target, NULL);
    assert_int_equal(size * 32, hashes.body_len);
    plumb_tree_root((const struct plumb_digest *)hashes.body, size, &root);
    assert_ok(plumb_base64(root.b, sizeof root.b, &text, &err), &err);
    assert_non_null(strstr(note.body, text));
    (void)snprintf(target, sizeof target, "/tile/entries/000.p/%llu", size);
    entries = plumbd_ask(&service, "GET", target, NULL);
    assert_string_equal("application/octet-stream", hc_header(&entries, "Content-Type", value));
    for (; at < entries.body_len; n++) {
        const uint8_t *entry = (const uint8_t *)entries.body + at;
        const size_t len = (size_t)entry[0] << 8 | entry[1];

        assert_true(at + 2 + len <= entries.body_len);
        plumb_leaf_hash(entry + 2, len, &leaf);
        assert_memory_equal(hashes.body + n * 32, leaf.b, 32);
        at += 2 + len;
    }
    assert_int_equal(size, n);
    free(text);
    hc_reply_free(&note);
    hc_reply_free(&hashes);
    hc_reply_free(&entries);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_version_lives_from_its_release_to_its_phase_out),
        cmocka_unit_test(a_statement_sent_again_gets_its_first_receipt),
        cmocka_unit_test(bad_input_gets_a_clear_error_and_leaves_nothing),
        cmocka_unit_test(statements_that_were_tampered_with_are_refused),
        cmocka_unit_test(what_was_acknowledged_survives_kill_9),
        cmocka_unit_test(a_reader_that_names_a_size_reads_its_own_writes),
        cmocka_unit_test(the_log_is_served_as_tiles),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
