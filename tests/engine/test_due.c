/* What time brings about, in its order, and the service's records of it. */
#include <string.h>

#include "tests/engine/world.h"
#include "tests/t.h"

#define HOUR 3600

static void
overrun(struct make *m, const char *what)
{
    make_set(m, "fleets.prod.recognitions", json_integer(0));
    make_set(m, "fleets.prod.overrun", json_string(what));
}

static void
rolls_back(struct make *m)
{
    overrun(m, "rollback");
}

static void
completes(struct make *m)
{
    overrun(m, "complete");
}

/* The incoming version of a rollout two days of which have passed, and its predecessor. */
struct pair {
    struct plumb_digest before, x;
};

static void
roll(struct world *w, const struct plumb_digest *release)
{
    (void)world_start(w, release);
    (void)world_complete(w, release);
}

static struct pair
open_rollout(struct world *w)
{
    struct pair p;

    p.before = world_release(w, "1.0");
    p.x = world_release(w, "2.0");
    roll(w, &p.before);
    (void)world_start(w, &p.x);
    return p;
}

static struct engine_due
due(const struct world *w)
{
    struct engine_due d;

    assert_true(engine_due(w->engine, w->make.now, &d));
    return d;
}

static void
an_overrun_alerts_where_the_fleet_says_alert(void **state)
{
    struct world w;
    struct pair p;

    (void)state;
    world_begin(&w, NULL);
    p = open_rollout(&w);
    (void)world_publish(&w, "prod");
    w.make.now += 2 * WORLD_DAY;
    assert_int_equal(due(&w).outcome, PLUMB_OUTCOME_ALERT);
    assert_int_equal(due(&w).due, world_at(&w, &p.x).deadline);
    assert_int_equal(world_record(&w), 1);
    assert_true(world_at(&w, &p.x).overrun);
    assert_int_equal(world_place(&w, &p.x), ENGINE_PLACE_INCOMING);
    assert_int_equal(engine_next_due(w.engine), PLUMB_TIME_NEVER);
    (void)world_complete(&w, &p.x); /* late, but still */
    (void)world_publish(&w, "prod");
    world_end(&w);
}

static void
an_overrun_rolls_back_and_verifiers_had_the_date(void **state)
{
    struct world w;
    struct pair p;

    (void)state;
    world_begin(&w, rolls_back);
    p = open_rollout(&w);
    (void)world_publish(&w, "prod");
    assert_int_equal(world_at(&w, &p.x).window.not_after, world_at(&w, &p.x).deadline);
    w.make.now += 2 * WORLD_DAY;
    assert_int_equal(due(&w).outcome, PLUMB_OUTCOME_ROLLBACK);
    assert_int_equal(world_record(&w), 1);
    assert_int_equal(world_place(&w, &p.x), ENGINE_PLACE_WITHDRAWN);
    assert_int_equal(world_place(&w, &p.before), ENGINE_PLACE_CURRENT);
    (void)world_publish(&w, "prod");
    (void)world_start(&w, &p.x); /* it may begin again */
    (void)world_publish(&w, "prod");
    world_end(&w);
}

static void
an_overrun_completes_with_grace_from_the_deadline(void **state)
{
    struct world w;
    struct pair p;
    plumb_time deadline;

    (void)state;
    world_begin(&w, completes);
    p = open_rollout(&w);
    (void)world_publish(&w, "prod");
    deadline = world_at(&w, &p.x).deadline;
    assert_int_equal(world_at(&w, &p.before).window.not_after, deadline + 7 * WORLD_DAY);
    w.make.now += 3 * WORLD_DAY;
    assert_int_equal(due(&w).outcome, PLUMB_OUTCOME_COMPLETE);
    assert_int_equal(world_record(&w), 1);
    assert_int_equal(world_place(&w, &p.x), ENGINE_PLACE_CURRENT);
    assert_int_equal(world_place(&w, &p.before), ENGINE_PLACE_OUTGOING);
    assert_int_equal(world_at(&w, &p.before).window.not_after, deadline + 7 * WORLD_DAY);
    assert_int_equal(world_at(&w, &p.before).since, deadline);
    (void)world_publish(&w, "prod");
    world_end(&w);
}

static void
an_overrun_only_alerts_if_nothing_would_be_left(void **state)
{
    struct world w;
    struct plumb_digest x;

    (void)state;
    world_begin(&w, rolls_back);
    x = world_release(&w, "1.0");
    (void)world_start(&w, &x);
    w.make.now += 2 * WORLD_DAY;
    assert_int_equal(due(&w).outcome, PLUMB_OUTCOME_ALERT);
    assert_int_equal(world_record(&w), 1);
    assert_int_equal(world_place(&w, &x), ENGINE_PLACE_INCOMING);
    (void)world_publish(&w, "prod");
    world_end(&w);
}

static void
an_overrun_only_alerts_when_the_predecessor_was_revoked(void **state)
{
    struct world w;
    struct pair p;

    (void)state;
    world_begin(&w, rolls_back);
    p = open_rollout(&w);
    (void)world_revoke(&w, &p.before, "prod", NULL);
    assert_int_equal(world_at(&w, &p.x).window.not_after, PLUMB_TIME_NEVER);
    (void)world_publish(&w, "prod");
    w.make.now += 2 * WORLD_DAY;
    assert_int_equal(due(&w).outcome, PLUMB_OUTCOME_ALERT);
    assert_int_equal(world_record(&w), 1);
    (void)world_publish(&w, "prod");
    (void)world_complete(&w, &p.x);
    (void)world_publish(&w, "prod");
    world_end(&w);
}

/* --- scheduled begins --- */

static void
a_scheduled_begin_happens_with_its_record(void **state)
{
    struct world w;
    struct plumb_digest one, begin;
    plumb_time at;

    (void)state;
    world_begin(&w, NULL);
    one = world_release(&w, "1.0");
    at = w.make.now + WORLD_DAY;
    begin = world_schedule(&w, &one, at);
    assert_int_equal(world_state(&w, &begin), ENGINE_PROPOSAL_SCHEDULED);
    assert_int_equal(engine_next_due(w.engine), at);
    (void)world_publish(&w, "prod");
    w.make.now = at - 1;
    assert_null(world_due(&w));
    w.make.now = at + HOUR; /* the service was late */
    assert_int_equal(due(&w).kind, PLUMB_KIND_BEGIN);
    assert_int_equal(world_record(&w), 1);
    assert_int_equal(world_state(&w, &begin), ENGINE_PROPOSAL_EFFECTIVE);
    assert_int_equal(world_at(&w, &one).window.not_before, at + HOUR);
    assert_int_equal(world_at(&w, &one).deadline, at + HOUR + 2 * WORLD_DAY);
    (void)world_publish(&w, "prod");
    world_end(&w);
}

static void
a_scheduled_begin_lapses_when_its_conditions_fail(void **state)
{
    struct world w;
    struct plumb_digest one, two, begin;

    (void)state;
    world_begin(&w, NULL);
    one = world_release(&w, "1.0");
    two = world_release(&w, "2.0");
    begin = world_schedule(&w, &two, w.make.now + WORLD_DAY);
    roll(&w, &one); /* the predecessor that it names is not current any more */
    assert_int_equal(world_state(&w, &begin), ENGINE_PROPOSAL_SCHEDULED);
    w.make.now += WORLD_DAY;
    assert_int_equal(due(&w).kind, PLUMB_KIND_LAPSE);
    assert_string_equal(due(&w).rule, "lifecycle.predecessor");
    assert_int_equal(world_record(&w), 1);
    assert_int_equal(world_state(&w, &begin), ENGINE_PROPOSAL_LAPSED);
    assert_string_equal(world_rule(&w, &begin), "lifecycle.predecessor");
    assert_int_equal(engine_next_due(w.engine), PLUMB_TIME_NEVER); /* not tried again */
    world_end(&w);
}

static void
the_lapse_names_the_rule_that_holds_then(void **state)
{
    struct world w;
    struct plumb_digest one, two;
    struct engine_due d;

    (void)state;
    world_begin(&w, NULL);
    one = world_release(&w, "1.0");
    two = world_release(&w, "2.0");
    (void)world_schedule(&w, &two, w.make.now + HOUR);
    (void)world_start(&w, &one);
    w.make.now += HOUR;
    d = due(&w);
    assert_string_equal(d.rule, "lifecycle.rollout-open");
    world_refuse(&w, "time.not-due",
                 make_signed(&w.make, "plumbd", PLUMB_KIND_LAPSE, "web@2.0", &two,
                             json_pack("{s:s, s:o, s:o, s:s}", "fleet", "prod", "due",
                                       make_time(d.due), "rollout", make_hex(&d.rollout),
                                       "rule", "lifecycle.predecessor")));
    world_refuse(&w, "time.not-due",
                 make_signed(&w.make, "plumbd", PLUMB_KIND_BEGIN, "web@2.0", &two,
                             json_pack("{s:s, s:o, s:o}", "fleet", "prod", "due",
                                       make_time(d.due), "rollout", make_hex(&d.rollout))));
    assert_int_equal(world_record(&w), 1);
    world_end(&w);
}

static void
an_approver_may_call_a_scheduled_begin_off(void **state)
{
    struct world w;
    struct plumb_digest one, begin;

    (void)state;
    world_begin(&w, NULL);
    one = world_release(&w, "1.0");
    begin = world_schedule(&w, &one, w.make.now + WORLD_DAY);
    world_refuse(&w, "vote.same", make_vote(&w.make, "ria", &begin, PLUMB_APPROVE));
    (void)world_vote(&w, "ria", &begin, PLUMB_REJECT);
    assert_int_equal(world_state(&w, &begin), ENGINE_PROPOSAL_REJECTED);
    assert_int_equal(engine_next_due(w.engine), PLUMB_TIME_NEVER);
    world_refuse(&w, "proposal.closed", make_vote(&w.make, "ria", &begin, PLUMB_APPROVE));
    world_end(&w);
}

static void
a_begin_approved_after_its_time_happens_at_once(void **state)
{
    struct world w;
    struct plumb_digest one, id;
    struct plumb_signed *s;

    (void)state;
    world_begin(&w, NULL);
    one = world_release(&w, "1.0");
    s = world_rollout(&w, &one, PLUMB_ACTION_BEGIN,
                      json_pack("{s:o}", "at", make_time(w.make.now + HOUR)));
    id = s->statement->id;
    (void)world_do(&w, s);
    w.make.now += 2 * HOUR;
    (void)world_vote(&w, "ria", &id, PLUMB_APPROVE);
    assert_int_equal(world_place(&w, &one), ENGINE_PLACE_INCOMING);
    assert_null(world_due(&w));
    (void)world_publish(&w, "prod");
    world_end(&w);
}

/* --- the order --- */

static void
db_and_fleets(struct make *m)
{
    make_set(m, "payloads.db", json_deep_copy(make_at(m, "payloads.web")));
    make_set(m, "fleets.prod.recognitions", json_integer(0));
    make_set(m, "fleets.prod.overrun", json_string("complete"));
    make_set(m, "fleets.prod.grace", json_string("PT0S"));
    make_set(m, "fleets.beta", json_deep_copy(make_at(m, "fleets.prod")));
}

/* Begins payload@version in fleet, with no predecessor. */
static struct plumb_digest
begin_in(struct world *w, const char *fleet, const char *payload, const char *version)
{
    struct plumb_digest release = world_propose_release(w, payload, version);
    struct plumb_signed *s;
    struct plumb_digest id;

    (void)world_vote(w, "sol", &release, PLUMB_APPROVE);
    s = make_rollout(&w->make, "rex", fleet, world_name(w, &release), &release,
                     PLUMB_ACTION_BEGIN, engine_base(w->engine, fleet, payload), NULL);
    id = s->statement->id;
    (void)world_do(w, s);
    (void)world_vote(w, "ria", &id, PLUMB_APPROVE);
    return release;
}

static void
moves_due_together_come_by_deadline_then_fleet_then_payload(void **state)
{
    static const char *const want[] = { "beta web", "beta db", "prod db", "prod web" };
    static const char *const at[3][2] = { { "prod", "web" },
                                          { "prod", "db" },
                                          { "beta", "db" } };
    struct plumb_digest id[3];
    struct world w;
    struct engine_due d;

    (void)state;
    world_begin(&w, db_and_fleets);
    (void)begin_in(&w, "beta", "web", "1.0"); /* earliest */
    w.make.now = WORLD_T0 + 10000;
    for (size_t i = 0; i < 3; i++) {
        char version[8];
        struct plumb_digest release;
        struct plumb_signed *s;

        (void)snprintf(version, sizeof version, "2.%zu", i);
        release = world_propose_release(&w, at[i][1], version);
        (void)world_vote(&w, "sol", &release, PLUMB_APPROVE);
        s = make_rollout(&w.make, "rex", at[i][0], world_name(&w, &release), &release,
                         PLUMB_ACTION_BEGIN, 0, NULL);
        id[i] = s->statement->id;
        (void)world_do(&w, s);
    }
    for (size_t i = 0; i < 3; i++) { /* all begin at one instant */
        (void)world_vote(&w, "ria", &id[i], PLUMB_APPROVE);
        w.make.now -= 60;
    }
    w.make.now += 3 * WORLD_DAY;
    for (size_t i = 0; i < 4; i++) {
        char got[2 * PLUMB_NAME_MAX + 2];

        d = due(&w);
        (void)snprintf(got, sizeof got, "%s %s", d.fleet, d.payload);
        assert_string_equal(got, want[i]);
        (void)world_do(&w, world_due(&w));
    }
    assert_null(world_due(&w));
    (void)world_publish(&w, "prod");
    (void)world_publish(&w, "beta");
    world_end(&w);
}

static void
one_move_may_bring_the_next_at_the_same_instant(void **state)
{
    struct world w;
    struct pair p;
    plumb_time deadline;

    (void)state;
    world_begin(&w, db_and_fleets); /* completes, without grace */
    p = open_rollout(&w);
    deadline = world_at(&w, &p.x).deadline;
    w.make.now = deadline;
    assert_int_equal(due(&w).kind, PLUMB_KIND_OVERRUN);
    (void)world_do(&w, world_due(&w));
    w.make.now = deadline;
    assert_int_equal(due(&w).kind, PLUMB_KIND_PHASE_OUT);
    assert_int_equal(due(&w).due, deadline);
    assert_int_equal(world_record(&w), 1);
    assert_int_equal(world_place(&w, &p.before), ENGINE_PLACE_RETIRED);
    assert_int_equal(world_place(&w, &p.x), ENGINE_PLACE_CURRENT);
    (void)world_publish(&w, "prod");
    world_end(&w);
}

static void
what_is_due_happens_before_the_next_statement_recorded_or_not(void **state)
{
    struct world w;
    struct pair p;
    struct plumb_signed *late;

    (void)state;
    world_begin(&w, rolls_back);
    p = open_rollout(&w);
    w.make.now = world_at(&w, &p.x).deadline; /* the deadline itself is too late */
    late = world_rollout(&w, &p.x, PLUMB_ACTION_COMPLETE, NULL);
    world_refuse(&w, "proposal.base", late);
    (void)world_propose_release(&w, "web", "3.0"); /* others may go on */
    assert_int_equal(world_place(&w, &p.x), ENGINE_PLACE_WITHDRAWN);
    assert_int_equal(world_record(&w), 1); /* the record comes after */
    (void)world_publish(&w, "prod");
    world_end(&w);
}

static void
time_that_ran_ahead_stays_so_when_a_statement_is_refused(void **state)
{
    struct world w;
    struct pair p;

    (void)state;
    world_begin(&w, rolls_back);
    p = open_rollout(&w);
    assert_ok(engine_advance(w.engine, w.make.now + 5 * WORLD_DAY, &w.err), &w.err);
    assert_int_equal(world_place(&w, &p.x), ENGINE_PLACE_WITHDRAWN);
    assert_ok(engine_advance(w.engine, w.make.now, &w.err), &w.err); /* never back by itself */
    assert_int_equal(world_place(&w, &p.x), ENGINE_PLACE_WITHDRAWN);
    world_refuse(&w, "proposal.closed", make_vote(&w.make, "rex", &p.x, PLUMB_APPROVE));
    assert_int_equal(world_place(&w, &p.x), ENGINE_PLACE_WITHDRAWN);
    world_end(&w);
}

static void
a_log_of_another_instance_goes_before_ones_own_clock(void **state)
{
    struct world w;
    struct pair p;
    struct plumb_signed *s;

    (void)state;
    world_begin(&w, rolls_back);
    p = open_rollout(&w);
    s = world_rollout(&w, &p.x, PLUMB_ACTION_COMPLETE, NULL);
    assert_ok(engine_advance(w.engine, w.make.now + 5 * WORLD_DAY, &w.err), &w.err);
    (void)world_do(&w, s); /* in time, by the log */
    assert_int_equal(world_place(&w, &p.x), ENGINE_PLACE_CURRENT);
    (void)world_publish(&w, "prod");
    world_end(&w);
}

static void
an_open_proposal_lapses_when_time_moves_its_base(void **state)
{
    struct world w;
    struct pair p;
    struct plumb_signed *s;
    struct plumb_digest three, id;

    (void)state;
    world_begin(&w, NULL);
    p = open_rollout(&w);
    (void)world_complete(&w, &p.x);
    three = world_release(&w, "3.0");
    s = world_rollout(&w, &three, PLUMB_ACTION_BEGIN, world_predecessor(&w));
    id = s->statement->id;
    (void)world_do(&w, s);
    w.make.now += 8 * WORLD_DAY;
    assert_int_equal(world_record(&w), 1); /* the predecessor is retired */
    assert_int_equal(world_state(&w, &id), ENGINE_PROPOSAL_LAPSED);
    assert_string_equal(world_rule(&w, &id), "proposal.base");
    world_refuse(&w, "proposal.closed", make_vote(&w.make, "ria", &id, PLUMB_APPROVE));
    world_end(&w);
}

static void
a_new_date_moves_the_phase_out(void **state)
{
    struct world w;
    struct pair p;
    plumb_time until;

    (void)state;
    world_begin(&w, NULL);
    p = open_rollout(&w);
    (void)world_complete(&w, &p.x);
    until = world_at(&w, &p.before).since + 14 * WORLD_DAY;
    (void)world_reschedule(&w, &p.before, until);
    assert_int_equal(engine_next_due(w.engine), until);
    (void)world_publish(&w, "prod");
    w.make.now += 8 * WORLD_DAY;
    assert_null(world_due(&w));
    (void)world_reschedule(&w, &p.before, w.make.now + HOUR); /* and nearer */
    w.make.now += HOUR;
    assert_int_equal(world_record(&w), 1);
    assert_int_equal(world_place(&w, &p.before), ENGINE_PLACE_RETIRED);
    world_end(&w);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_overrun_alerts_where_the_fleet_says_alert),
        cmocka_unit_test(an_overrun_rolls_back_and_verifiers_had_the_date),
        cmocka_unit_test(an_overrun_completes_with_grace_from_the_deadline),
        cmocka_unit_test(an_overrun_only_alerts_if_nothing_would_be_left),
        cmocka_unit_test(an_overrun_only_alerts_when_the_predecessor_was_revoked),
        cmocka_unit_test(a_scheduled_begin_happens_with_its_record),
        cmocka_unit_test(a_scheduled_begin_lapses_when_its_conditions_fail),
        cmocka_unit_test(the_lapse_names_the_rule_that_holds_then),
        cmocka_unit_test(an_approver_may_call_a_scheduled_begin_off),
        cmocka_unit_test(a_begin_approved_after_its_time_happens_at_once),
        cmocka_unit_test(moves_due_together_come_by_deadline_then_fleet_then_payload),
        cmocka_unit_test(one_move_may_bring_the_next_at_the_same_instant),
        cmocka_unit_test(what_is_due_happens_before_the_next_statement_recorded_or_not),
        cmocka_unit_test(time_that_ran_ahead_stays_so_when_a_statement_is_refused),
        cmocka_unit_test(a_log_of_another_instance_goes_before_ones_own_clock),
        cmocka_unit_test(an_open_proposal_lapses_when_time_moves_its_base),
        cmocka_unit_test(a_new_date_moves_the_phase_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
