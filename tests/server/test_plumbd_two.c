/* Two instances on one database: one log, one outcome, and one takes over from the other. */
#include "tests/t.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/server/plumbd.h"

static struct make make;
static struct pg_database database;
static struct plumbd one, two;

static int
begin(void **state)
{
    (void)state;
    make_begin(&make, time(NULL));
    make_set(&make, "fleets.prod.recognitions", json_integer(0));
    database = pg_database();
    plumbd_prepare(&one, &make);
    plumbd_prepare(&two, &make);
    one.shared = two.shared = &database;
    plumbd_start(&one);
    plumbd_genesis(&one, &make);
    plumbd_start(&two);
    return 0;
}

static int
end(void **state)
{
    (void)state;
    plumbd_stop(&one, SIGTERM);
    plumbd_stop(&two, SIGTERM);
    make_end(&make);
    return 0;
}

static struct plumb_signed *
registered(const struct plumbd *at, const char *version)
{
    struct plumb_bytes values = make_refvals(version);
    struct plumb_digest digest;

    plumb_sha256(values.data, values.len, &digest);
    plumbd_blob(at, &values);
    plumb_bytes_clear(&values);
    return make_release(&make, "rex", "web", version, &digest);
}

struct sender {
    const struct plumbd *to;
    char *text; /* the envelope */
    int status;
    bool completed; /* its receipt says that it made the quorum */
};

static void *
send_one(void *arg)
{
    struct sender *s = arg;
    struct hc_reply reply = plumbd_ask(s->to, "POST", "/v1/statements", s->text);

    s->status = reply.status;
    s->completed = reply.status == 201 && strstr(reply.body, " approved\"") != NULL;
    hc_reply_free(&reply);
    return NULL;
}

#define ROUNDS 12

static void
concurrent_votes_at_both_complete_a_quorum_exactly_once(void **state)
{
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        char version[16], target[64];
        struct plumb_signed *s;
        struct plumb_digest id;
        struct sender votes[4];
        pthread_t threads[4];
        json_t *seen;
        int completed = 0;

        (void)snprintf(version, sizeof version, "1.%d", round);
        s = registered(&one, version);
        id = s->statement->id;
        json_decref(plumbd_submit(&one, s, 201));
        /* rex proposed; a security officer is missing, and two race with two who do not matter
         */
        for (int i = 0; i < 4; i++) {
            static const char *const who[] = { "ria", "sol", "sam", "ria" };
            struct plumb_signed *vote = make_vote(&make, who[i], &id, PLUMB_APPROVE);

            votes[i] = (struct sender){ i % 2 == 0 ? &one : &two,
                                        json_dumps(vote->envelope, JSON_COMPACT), 0, false };
            plumb_signed_free(vote);
        }
        for (int i = 0; i < 4; i++)
            assert_int_equal(0, pthread_create(&threads[i], NULL, send_one, &votes[i]));
        for (int i = 0; i < 4; i++) {
            (void)pthread_join(threads[i], NULL);
            completed += votes[i].completed;
            assert_true(votes[i].status == 201 || votes[i].status == 409);
            free(votes[i].text);
        }
        assert_int_equal(1, completed);
        (void)snprintf(target, sizeof target, "/v1/payloads/web/versions/%s", version);
        seen = plumbd_json(&two, "GET", target, NULL, 200);
        assert_string_equal("approved", json_string_value(json_object_get(seen, "state")));
        json_decref(seen);
    }
}

static void
both_serve_the_same_history(void **state)
{
    json_t *a, *b, *last;
    char target[100];

    (void)state;
    a = plumbd_json(&one, "GET", "/v1/history?limit=1000", NULL, 200);
    last = json_array_get(json_object_get(a, "events"), 0);
    (void)snprintf(target, sizeof target, "/v1/history?limit=1000&size=%lld",
                   (long long)json_integer_value(json_object_get(last, "index")) + 1);
    b = plumbd_json(&two, "GET", target, NULL, 200);
    assert_true(json_equal(a, b));
    json_decref(a);
    json_decref(b);
}

static void
one_goes_on_when_the_other_was_killed(void **state)
{
    (void)state;
    plumbd_stop(&one, SIGKILL);
    json_decref(plumbd_submit(&two, registered(&two, "9.0"), 201));
    plumbd_start(&one);
    json_decref(plumbd_submit(&one, registered(&one, "9.1"), 201));
    both_serve_the_same_history(state);
}

/* As an old backup would: the instance that kept a newer checkpoint must not write on it. */
static void
an_instance_refuses_to_write_on_a_log_that_is_not_its_own(void **state)
{
    struct pg_database other = pg_database();
    struct hc_reply ready;

    (void)state;
    plumbd_stop(&two, SIGTERM);
    two.shared = &other;
    plumbd_start_unready(&two);
    ready = plumbd_ask(&two, "GET", "/readyz", NULL);
    assert_int_equal(503, ready.status);
    assert_non_null(strstr(ready.body, "restored"));
    hc_reply_free(&ready);
    ready = plumbd_ask(&two, "POST", "/v1/resume", NULL);
    assert_int_equal(422, ready.status);
    assert_non_null(strstr(ready.body, "log.fork"));
    hc_reply_free(&ready);
    plumbd_stop(&two, SIGTERM);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(concurrent_votes_at_both_complete_a_quorum_exactly_once),
        cmocka_unit_test(both_serve_the_same_history),
        cmocka_unit_test(one_goes_on_when_the_other_was_killed),
        cmocka_unit_test(an_instance_refuses_to_write_on_a_log_that_is_not_its_own),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
