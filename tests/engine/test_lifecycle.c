/* The lifecycle's table said again, by hand: every state of a version against every move. */
#include <string.h>

#include "engine/lifecycle.h"
#include "tests/engine/world.h"
#include "tests/t.h"

/* How a version X stands in the fleet; A came before it, B after. */
enum start {
    NOWHERE,
    FIRST,         /* incoming, with nothing before it */
    INCOMING,      /* A is current */
    CURRENT_FIRST, /* with nothing before it */
    CURRENT,       /* A is outgoing */
    CURRENT_LONG,  /* A is retired */
    SUCCEEDED,     /* current, and B is incoming */
    OUTGOING,      /* B is current */
    RETIRED,
    WITHDRAWN,
    REVOKED,
    BARRED,
    STARTS
};

static const char *const start_names[STARTS] = {
    "nowhere",   "first",    "incoming", "current first", "current", "current long",
    "succeeded", "outgoing", "retired",  "withdrawn",     "revoked", "barred",
};

enum action { BEGIN, SCHEDULE, COMPLETE, ROLLBACK, RESCHEDULE, REVOKE, REVOKE_ALL, ACTIONS };

/* What is to happen: a place, or the rule that refuses. */
static const char *const want[STARTS][ACTIONS] = {
    [NOWHERE] = { "incoming", "-", "no-rollout", "no-rollout", "not-outgoing", "revoked!",
                  "-" },
    [FIRST] = { "rollout-open", "incoming", "current", "leaves-nothing", "not-outgoing",
                "leaves-nothing", "leaves-nothing" },
    [INCOMING] = { "rollout-open", "incoming", "current", "withdrawn", "not-outgoing",
                   "revoked!", "revoked!" },
    [CURRENT_FIRST] = { "accepted", "current", "no-rollout", "predecessor-gone", "not-outgoing",
                        "leaves-nothing", "leaves-nothing" },
    [CURRENT] = { "accepted", "current", "no-rollout", "withdrawn", "not-outgoing", "revoked!",
                  "revoked!" },
    [CURRENT_LONG] = { "accepted", "current", "no-rollout", "predecessor-gone", "not-outgoing",
                       "leaves-nothing", "leaves-nothing" },
    [SUCCEEDED] = { "rollout-open", "current", "no-rollout", "rollout-open", "not-outgoing",
                    "revoked!", "revoked!" },
    [OUTGOING] = { "accepted", "outgoing", "no-rollout", "no-rollout", "outgoing", "revoked!",
                   "revoked!" },
    [RETIRED] = { "incoming", "retired", "no-rollout", "no-rollout", "not-outgoing", "revoked!",
                  "revoked!" },
    [WITHDRAWN] = { "incoming", "withdrawn", "no-rollout", "no-rollout", "not-outgoing",
                    "revoked!", "revoked!" },
    [REVOKED] = { "revoked", "revoked", "no-rollout", "no-rollout", "not-outgoing", "revoked",
                  "revoked!" },
    [BARRED] = { "barred", "barred", "no-rollout", "no-rollout", "not-outgoing", "barred",
                 "barred" },
};

static void
roll(struct world *w, const struct plumb_digest *release)
{
    (void)world_start(w, release);
    (void)world_complete(w, release);
}

/* X's release id. */
static struct plumb_digest
arrange(struct world *w, enum start start)
{
    struct plumb_digest a = world_release(w, "a"), b = world_release(w, "b");
    struct plumb_digest x = world_release(w, "x");

    if (start == INCOMING || start == CURRENT || start == CURRENT_LONG || start == WITHDRAWN)
        roll(w, &a);
    if (start == FIRST || start == INCOMING || start == WITHDRAWN)
        (void)world_start(w, &x);
    else if (start != NOWHERE && start != REVOKED && start != BARRED)
        roll(w, &x);
    if (start == SUCCEEDED)
        (void)world_start(w, &b);
    if (start == OUTGOING || start == RETIRED)
        roll(w, &b);
    if (start == CURRENT_LONG || start == RETIRED) {
        w->make.now += 8 * WORLD_DAY;
        assert_int_equal(world_record(w), 1);
    }
    if (start == WITHDRAWN)
        (void)world_rollback(w, &x);
    if (start == REVOKED)
        (void)world_revoke(w, &x, "prod", NULL);
    if (start == BARRED)
        (void)world_revoke(w, &x, "all", NULL);
    return x;
}

static struct plumb_signed *
statement(struct world *w, const struct plumb_digest *x, enum action action)
{
    json_t *more = action == BEGIN || action == SCHEDULE ? world_predecessor(w) : NULL;

    switch (action) {
    case BEGIN:
        return world_rollout(w, x, PLUMB_ACTION_BEGIN, more);
    case SCHEDULE:
        more = more != NULL ? more : json_object();
        json_object_set_new(more, "at", make_time(w->make.now + WORLD_DAY));
        return world_rollout(w, x, PLUMB_ACTION_BEGIN, more);
    case COMPLETE:
        return world_rollout(w, x, PLUMB_ACTION_COMPLETE, NULL);
    case ROLLBACK:
        return world_rollout(w, x, PLUMB_ACTION_ROLLBACK, NULL);
    case RESCHEDULE:
        return world_rollout(
            w, x, PLUMB_ACTION_RESCHEDULE,
            json_pack("{s:o}", "notAfter", make_time(w->make.now + 2 * WORLD_DAY)));
    default:
        return world_revocation(w, x, action == REVOKE ? "prod" : "all", NULL);
    }
}

/* The rule without "lifecycle.", or the place ("!": because it was revoked just now). */
static const char *
outcome(struct world *w, const struct plumb_digest *x, enum action action)
{
    struct plumb_signed *s = statement(w, x, action);
    struct plumb_digest id = s->statement->id;
    struct engine_placement p;

    if (world_try(w, s) != PLUMB_OK)
        return strncmp(w->err.rule, "lifecycle.", 10) == 0 ? w->err.rule + 10 : w->err.rule;
    if (action == BEGIN || action == SCHEDULE)
        (void)world_vote(w, "ria", &id, PLUMB_APPROVE);
    if (!engine_placement(w->engine, "prod", x, &p))
        return "-";
    return p.place == ENGINE_PLACE_REVOKED ? "revoked!" : engine_place_text(p.place);
}

static void
every_move_from_every_state_does_what_the_page_says(void **state)
{
    (void)state;
    for (int start = 0; start < STARTS; start++)
        for (int action = 0; action < ACTIONS; action++) {
            struct world w;
            struct plumb_digest x;
            const char *got;

            world_begin(&w, NULL);
            x = arrange(&w, (enum start)start);
            got = outcome(&w, &x, (enum action)action);
            if (strcmp(got, want[start][action]) != 0)
                fail_msg("%s, move %d: want %s, got %s", start_names[start], action,
                         want[start][action], got);
            (void)world_publish(&w, "prod");
            world_end(&w);
        }
}

/* Facts under which nothing but the place can refuse. */
static struct lifecycle_facts
favourable(int place)
{
    return (struct lifecycle_facts){ .version = ENGINE_VERSION_APPROVED,
                                     .place = place,
                                     .in_fleet = true,
                                     .rollout_open = place == ENGINE_PLACE_INCOMING,
                                     .predecessor_named = true,
                                     .predecessor_stands = true,
                                     .now = 1,
                                     .date = 2,
                                     .date_limit = 3,
                                     .left = true };
}

static void
conditions_and_places_of_a_row_say_the_same(void **state)
{
    (void)state;
    for (int move = 0; move < MOVE_COUNT; move++) {
        const struct lifecycle_row *row = lifecycle_row((enum lifecycle_move)move);

        /* moves that are forced on a version ask for nothing */
        if (row->conditions[0] == 0)
            continue;
        for (int place = 0; place <= LIFECYCLE_NOWHERE; place++) {
            struct lifecycle_facts f = favourable(place);
            enum plumb_code code = lifecycle_check((enum lifecycle_move)move, &f, true, NULL);

            if ((code == PLUMB_OK) != ((row->from & LIFECYCLE_AT(place)) != 0))
                fail_msg("%s: from %s the mask and the conditions differ", row->name,
                         place == LIFECYCLE_NOWHERE
                             ? "nowhere"
                             : engine_place_text((enum engine_place)place));
        }
    }
}

static void
every_condition_refuses_by_its_rule(void **state)
{
    static const struct {
        enum lifecycle_move move;
        int place;
        size_t offset, size;
        uint64_t value;
        const char *rule;
    } cases[] = {
#define F(field)                                                                               \
    offsetof(struct lifecycle_facts, field), sizeof((struct lifecycle_facts){ 0 }).field
        { MOVE_BEGIN, LIFECYCLE_NOWHERE, F(in_fleet), 0, "lifecycle.fleet" },
        { MOVE_BEGIN, LIFECYCLE_NOWHERE, F(version), ENGINE_VERSION_BARRED,
          "lifecycle.barred" },
        { MOVE_BEGIN, LIFECYCLE_NOWHERE, F(version), ENGINE_VERSION_PROPOSED,
          "lifecycle.not-approved" },
        { MOVE_BEGIN, LIFECYCLE_NOWHERE, F(version), ENGINE_VERSION_REJECTED,
          "lifecycle.not-approved" },
        { MOVE_BEGIN, LIFECYCLE_NOWHERE, F(rollout_open), 1, "lifecycle.rollout-open" },
        { MOVE_BEGIN, LIFECYCLE_NOWHERE, F(predecessor_named), 0, "lifecycle.predecessor" },
        { MOVE_SCHEDULE, LIFECYCLE_NOWHERE, F(date), 1, "lifecycle.past" },
        { MOVE_SCHEDULED_BEGIN, LIFECYCLE_NOWHERE, F(predecessor_named), 0,
          "lifecycle.predecessor" },
        { MOVE_COMPLETE, ENGINE_PLACE_INCOMING, F(recognitions_needed), 1,
          "lifecycle.recognitions" },
        { MOVE_ROLLBACK, ENGINE_PLACE_INCOMING, F(predecessor_stands), 0,
          "lifecycle.predecessor-gone" },
        { MOVE_ROLLBACK, ENGINE_PLACE_INCOMING, F(left), 0, "lifecycle.leaves-nothing" },
        { MOVE_UNDO, ENGINE_PLACE_CURRENT, F(rollout_open), 1, "lifecycle.rollout-open" },
        { MOVE_UNDO, ENGINE_PLACE_CURRENT, F(predecessor_stands), 0,
          "lifecycle.predecessor-gone" },
        { MOVE_RESCHEDULE, ENGINE_PLACE_OUTGOING, F(date), 1, "lifecycle.past" },
        { MOVE_RESCHEDULE, ENGINE_PLACE_OUTGOING, F(date), 4, "lifecycle.grace-limit" },
        { MOVE_OVERRUN_ROLLBACK, ENGINE_PLACE_INCOMING, F(predecessor_stands), 0,
          "lifecycle.predecessor-gone" },
        { MOVE_OVERRUN_ROLLBACK, ENGINE_PLACE_INCOMING, F(left), 0,
          "lifecycle.leaves-nothing" },
        { MOVE_REVOKE, ENGINE_PLACE_CURRENT, F(left), 0, "lifecycle.leaves-nothing" },
        { MOVE_REVOKE, ENGINE_PLACE_CURRENT, F(version), ENGINE_VERSION_REJECTED,
          "lifecycle.rejected" },
        { MOVE_REVOKE, ENGINE_PLACE_CURRENT, F(version), ENGINE_VERSION_BARRED,
          "lifecycle.barred" },
#undef F
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct lifecycle_facts f = favourable(cases[i].place);
        struct plumb_err err = { 0 };

        assert_ok(lifecycle_check(cases[i].move, &f, true, &err), &err);
        /* little-endian: the low bytes of value are the field's */
        memcpy((char *)&f + cases[i].offset, &cases[i].value, cases[i].size);
        assert_refused(cases[i].rule, lifecycle_check(cases[i].move, &f, true, &err), &err);
    }
}

static void
only_what_waiting_can_bring_about_may_fail_at_the_proposal(void **state)
{
    struct lifecycle_facts f = favourable(ENGINE_PLACE_INCOMING);

    (void)state;
    f.recognitions_needed = 1;
    assert_int_equal(lifecycle_check(MOVE_COMPLETE, &f, false, NULL), PLUMB_OK);
    f.place = ENGINE_PLACE_CURRENT;
    assert_int_equal(lifecycle_check(MOVE_COMPLETE, &f, false, NULL), PLUMB_REFUSED);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_move_from_every_state_does_what_the_page_says),
        cmocka_unit_test(conditions_and_places_of_a_row_say_the_same),
        cmocka_unit_test(every_condition_refuses_by_its_rule),
        cmocka_unit_test(only_what_waiting_can_bring_about_may_fail_at_the_proposal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
