/* What the service does while its database is gone, its clock is wrong, or it was down itself.
 */
#include "tests/t.h"

#include <plumb/appraise.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "server/file.h"
#include "tests/server/plumbd.h"
#include "tests/story.h"

static struct make make;
static struct pg_database database;
static struct plumbd service;
static char clock_file[300];

static void
pause_ms(long ms)
{
    (void)nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

/* Seconds that the service's clock is ahead of ours: see clock/clock.c. */
static void
set_clock(const char *ahead)
{
    struct plumb_err err = { 0 };

    assert_ok(file_replace(clock_file, 0644, ahead, strlen(ahead), &err), &err);
}

static int
begin(void **state)
{
    static const char *const settings[] = { "poll_ms=100", "clock_leap_ms=5000",
                                            "clock_skew_ms=5000", NULL };

    (void)state;
    make_begin(&make, time(NULL));
    make_set(&make, "fleets.prod.grace", json_string("PT3S"));
    make_set(&make, "fleets.prod.recognitions", json_integer(0));
    database = pg_database();
    plumbd_prepare(&service, &make);
    service.shared = &database;
    service.settings = settings;
    (void)snprintf(clock_file, sizeof clock_file, "%s/clock", service.data);
    set_clock("0");
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

/* The status of GET target is this one within a minute. */
static void
wait_for_status(const char *target, int status)
{
    int got = 0;

    for (int i = 0; i < 600 && got != status; i++) {
        struct hc_reply reply = plumbd_ask(&service, "GET", target, NULL);

        got = reply.status;
        hc_reply_free(&reply);
        if (got != status)
            pause_ms(100);
    }
    assert_int_equal(status, got);
}

static struct plumb_signed *
registered(const char *version)
{
    struct plumb_bytes values = make_refvals(version);
    struct plumb_digest digest;

    plumb_sha256(values.data, values.len, &digest);
    plumbd_blob(&service, &values);
    plumb_bytes_clear(&values);
    make.now = time(NULL);
    return make_release(&make, "rex", "web", version, &digest);
}

static struct plumb_digest
submit(struct plumb_signed *s)
{
    struct plumb_digest id = s->statement->id;

    json_decref(plumbd_submit(&service, s, 201));
    return id;
}

static void
assert_unavailable(const char *envelope, const char *rule)
{
    json_t *problem = plumbd_json(&service, "POST", "/v1/statements", envelope, 503);

    assert_string_equal(rule, json_string_value(json_object_get(problem, "rule")));
    json_decref(problem);
}

/* From another database of the same server. */
static void
let_in(bool yes)
{
    struct pg_database postgres = database;
    char sql[400], name[64];
    const char *at = strstr(database.admin, "dbname=");

    assert_non_null(at);
    (void)snprintf(name, sizeof name, "%s", at + 7);
    (void)snprintf(postgres.admin, sizeof postgres.admin, "%.*s dbname=postgres",
                   (int)(at - database.admin), database.admin);
    (void)snprintf(
        sql, sizeof sql,
        "ALTER DATABASE %s ALLOW_CONNECTIONS %s; SELECT pg_terminate_backend(pid) FROM "
        "pg_stat_activity WHERE datname = '%s'",
        name, yes ? "true" : "false", name);
    pg_admin(&postgres, sql);
}

static void
without_its_database_it_says_so_serves_bundles_and_loses_nothing(void **state)
{
    struct plumb_signed *s = registered("1.0");
    char *envelope = json_dumps(s->envelope, JSON_COMPACT);
    json_t *receipt;

    (void)state;
    plumb_signed_free(s);
    wait_for_status("/v1/fleets/prod/bundle", 200);
    let_in(false);
    wait_for_status("/readyz", 503);
    wait_for_status("/healthz", 200);
    wait_for_status("/v1/fleets/prod/bundle", 200);
    assert_unavailable(envelope, "db.unavailable");
    let_in(true);
    wait_for_status("/readyz", 200);
    receipt = plumbd_json(&service, "POST", "/v1/statements", envelope, 201);
    json_decref(receipt);
    receipt = plumbd_json(&service, "POST", "/v1/statements", envelope, 200);
    assert_true(json_is_true(json_object_get(receipt, "repeated")));
    json_decref(receipt);
    free(envelope);
}

static uint64_t
base(void)
{
    json_t *fleet = plumbd_json(&service, "GET", "/v1/fleets/prod", NULL, 200);
    json_t *payload = json_array_get(json_object_get(fleet, "payloads"), 0);
    uint64_t n = (uint64_t)json_integer_value(json_object_get(payload, "base"));

    json_decref(fleet);
    return n;
}

/* Registered, approved, begun and completed; its release id. */
static struct plumb_digest
roll_out(const char *version, const struct plumb_digest *predecessor)
{
    struct plumb_digest release = submit(registered(version)), begun;
    char name[32];

    (void)snprintf(name, sizeof name, "web@%s", version);
    (void)submit(make_vote(&make, "sol", &release, PLUMB_APPROVE));
    begun = submit(make_rollout(
        &make, "rex", "prod", name, &release, PLUMB_ACTION_BEGIN, base(),
        predecessor != NULL ? json_pack("{s:o}", "predecessor", make_hex(predecessor)) : NULL));
    (void)submit(make_vote(&make, "ria", &begun, PLUMB_APPROVE));
    (void)submit(make_rollout(&make, "rex", "prod", name, &release, PLUMB_ACTION_COMPLETE,
                              base(), NULL));
    return release;
}

static struct plumb_bundle *
pull(void)
{
    struct hc_reply file = plumbd_ask(&service, "GET", "/v1/fleets/prod/bundle", NULL);
    struct hc_reply pin = plumbd_ask(&service, "GET", "/v1/trust/prod", NULL);
    struct plumb_trust *trust = NULL;
    struct plumb_bundle *bundle = NULL;
    struct plumb_err err = { 0 };

    assert_int_equal(200, file.status);
    assert_ok(plumb_trust_parse(pin.body, pin.body_len, &trust, &err), &err);
    assert_ok(
        story_read(trust, NULL, time(NULL), file.body, file.body_len, &bundle, NULL, &err),
        &err);
    plumb_trust_free(trust);
    hc_reply_free(&file);
    hc_reply_free(&pin);
    return bundle;
}

/* What a verifier makes of a machine that runs this version, at that time. */
static enum plumb_verdict_code
verdict(const struct plumb_bundle *bundle, const char *version, plumb_time at)
{
    struct plumb_digest digest = make_digest(version); /* as make_refvals() does */
    struct plumb_policy *policy = NULL;
    struct plumb_claims *claims = NULL;
    struct plumb_err err = { 0 };
    enum plumb_verdict_code code;
    char mrtd[97], text[400];

    plumb_hex(digest.b, 32, mrtd);
    plumb_hex(digest.b, 16, mrtd + 64);
    (void)snprintf(text, sizeof text,
                   "{\"schema\":\"urn:plumbline:claims:v1\",\"tee\":\"tdx\",\"claims\":{"
                   "\"mrtd\":\"%s\",\"tdattributes\":\"0000000000000000\"}}",
                   mrtd);
    assert_ok(plumb_claims_parse(text, strlen(text), &claims, &err), &err);
    assert_ok(plumb_policy_new(bundle, &policy, &err), &err);
    code = plumb_appraise(policy, "web", claims, at).code;
    plumb_policy_free(policy);
    plumb_claims_free(claims);
    return code;
}

static plumb_time
end_of(const struct plumb_bundle *b, const char *version)
{
    for (size_t i = 0; i < b->naccepted; i++)
        if (strcmp(b->accepted[i].version, version) == 0)
            return b->accepted[i].window.not_after;
    return 0;
}

static void
a_phase_out_that_fell_due_while_all_was_down_is_kept_by_verifiers_and_made_on_start(
    void **state)
{
    struct plumb_digest one = roll_out("2.0", NULL);
    struct plumb_bundle *old, *new;
    plumb_time due;
    json_t *history;
    char *text;

    (void)state;
    (void)roll_out("3.0", &one);
    old = pull();
    due = end_of(old, "2.0");
    assert_true(due > 0 && due != PLUMB_TIME_NEVER);
    plumbd_stop(&service, SIGKILL);
    assert_int_equal(PLUMB_VERDICT_ACCEPTED, verdict(old, "2.0", due - 1));
    assert_int_equal(PLUMB_VERDICT_ENDED, verdict(old, "2.0", due));
    assert_int_equal(PLUMB_VERDICT_ACCEPTED, verdict(old, "3.0", due));
    while (time(NULL) <= due)
        pause_ms(100);
    plumbd_start(&service);
    for (int i = 0; i < 600; i++) {
        new = pull();
        if (end_of(new, "2.0") == 0)
            break;
        plumb_bundle_free(new);
        pause_ms(100);
    }
    assert_int_equal(1, new->naccepted);
    assert_int_equal(PLUMB_VERDICT_ACCEPTED, verdict(new, "3.0", time(NULL)));
    history = plumbd_json(&service, "GET", "/v1/history?version=2.0&limit=1", NULL, 200);
    text = json_dumps(history, JSON_COMPACT);
    assert_non_null(strstr(text, "\"kind\":\"phase-out\""));
    free(text);
    json_decref(history);
    plumb_bundle_free(old);
    plumb_bundle_free(new);
}

static void
a_clock_that_leaps_stops_the_writing_until_an_operator_confirms(void **state)
{
    char shim[400];
    struct plumb_signed *s;
    struct hc_reply reply;
    char *envelope;

    (void)state;
    (void)snprintf(shim, sizeof shim, "%s/tests/clock.so", getenv("PLUMB_BUILD"));
    plumbd_stop(&service, SIGTERM);
    (void)setenv("LD_PRELOAD", shim, 1);
    (void)setenv("PLUMB_TEST_CLOCK", clock_file, 1);
    (void)setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1);
    plumbd_start(&service);
    (void)unsetenv("LD_PRELOAD");
    (void)unsetenv("ASAN_OPTIONS");
    s = registered("4.0");
    envelope = json_dumps(s->envelope, JSON_COMPACT);
    plumb_signed_free(s);

    set_clock("-3600");
    wait_for_status("/readyz", 503);
    reply = plumbd_ask(&service, "GET", "/readyz", NULL);
    assert_non_null(strstr(reply.body, "clock"));
    hc_reply_free(&reply);
    assert_unavailable(envelope, "service.stopped");
    wait_for_status("/v1/fleets/prod/bundle", 200); /* reading goes on */

    set_clock("0");
    pause_ms(500);
    assert_unavailable(envelope, "service.stopped"); /* not by itself */
    reply = plumbd_ask(&service, "POST", "/v1/resume", NULL);
    assert_int_equal(204, reply.status);
    hc_reply_free(&reply);
    wait_for_status("/readyz", 200);
    json_decref(plumbd_json(&service, "POST", "/v1/statements", envelope, 201));
    free(envelope);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_its_database_it_says_so_serves_bundles_and_loses_nothing),
        cmocka_unit_test(
            a_phase_out_that_fell_due_while_all_was_down_is_kept_by_verifiers_and_made_on_start),
        cmocka_unit_test(a_clock_that_leaps_stops_the_writing_until_an_operator_confirms),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
