/* What a proposal brings about, by what is accepted now. */
#include "tests/t.h"

#include <stdlib.h>
#include <string.h>

#include "client/effect.h"
#include "tests/make.h"

#define NOW INT64_C(1795615200) /* 2026-11-25T14:00:00Z, a Wednesday */
#define DAY 86400

static struct make make;
static struct plumb_governance *document;

/* What fleet prod accepts: set by each case. */
static struct plumb_accepted accepted[3];
static struct plumb_bundle bundle = { .accepted = accepted };

static const struct plumb_bundle *
bundle_of(void *arg, const char *fleet)
{
    return arg != NULL && strcmp(fleet, "prod") == 0 ? &bundle : NULL;
}

static void
accept(const char *version, enum plumb_status status, plumb_time not_after)
{
    accepted[bundle.naccepted++] =
        (struct plumb_accepted){ .payload = "web",
                                 .version = version,
                                 .release = make_digest(version),
                                 .window = { status, NOW - DAY, not_after } };
}

static void
expect(struct plumb_signed *s, void *with_bundle, const char *want)
{
    const struct effect_now now = { NOW, document, bundle_of, with_bundle };
    struct plumb_err err = { 0 };
    char *text = NULL;

    assert_ok(effect_text(s->statement, &now, &text, &err), &err);
    assert_string_equal(want, text);
    free(text);
    plumb_signed_free(s);
}

static struct plumb_signed *
rollout(const char *version, enum plumb_action action, json_t *more)
{
    const struct plumb_digest release = make_digest(version);
    char name[64];

    (void)snprintf(name, sizeof name, "web@%s", version);
    return make_rollout(&make, "rex", "prod", name, &release, action, 0, more);
}

static void
begin(const char *overrun)
{
    bundle.naccepted = 0;
    (void)setenv("TZ", "UTC", 1);
    make_begin(&make, NOW);
    make_set(&make, "fleets.prod.overrun", json_string(overrun));
    document = make_governance(&make);
}

static void
end(void)
{
    plumb_governance_free(document);
    make_end(&make);
}

static void
a_begin_says_beside_what_and_until_when_it_must_be_complete(void **state)
{
    static const struct {
        const char *overrun, *want;
    } cases[] = {
        { "alert",
          "Evidence from machines on 2.0 begins to pass in prod, beside 1.0. It is to be "
          "complete by Fri 14:00 UTC; after that the service alerts." },
        { "rollback",
          "Evidence from machines on 2.0 begins to pass in prod, beside 1.0. If it is "
          "not complete by Fri 14:00 UTC, 2.0 stops passing and 1.0 stays." },
        { "complete",
          "Evidence from machines on 2.0 begins to pass in prod, beside 1.0. If it is neither "
          "complete nor rolled back by Fri 14:00 UTC, 2.0 becomes current then, and 1.0 keeps "
          "passing until 2026-12-04 14:00 UTC, then stops." },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin(cases[i].overrun);
        accept("1.0", PLUMB_STATUS_CURRENT, PLUMB_TIME_NEVER);
        expect(rollout("2.0", PLUMB_ACTION_BEGIN, NULL), &make, cases[i].want);
        end();
    }
}

static void
a_first_begin_and_one_that_is_scheduled_say_so(void **state)
{
    (void)state;
    begin("alert");
    expect(rollout("2.0", PLUMB_ACTION_BEGIN, NULL), &make,
           "Evidence from machines on 2.0 begins to pass in prod, where nothing of web passes "
           "now. It is to be complete by Fri 14:00 UTC; after that the service alerts.");
    expect(rollout("2.0", PLUMB_ACTION_BEGIN, json_pack("{s:o}", "at", make_time(NOW + DAY))),
           NULL,
           "At Thu 14:00 UTC evidence from machines on 2.0 begins to pass in prod. It is to be "
           "complete by Sat 14:00 UTC; after that the service alerts.");
    end();
}

static void
a_completion_says_first_when_the_old_version_stops_passing(void **state)
{
    (void)state;
    begin("alert");
    accept("1.0", PLUMB_STATUS_CURRENT, PLUMB_TIME_NEVER);
    accept("2.0", PLUMB_STATUS_INCOMING, PLUMB_TIME_NEVER);
    expect(
        rollout("2.0", PLUMB_ACTION_COMPLETE, NULL), &make,
        "Evidence from machines on 1.0 keeps passing until 2026-12-02 14:00 UTC, then stops. "
        "2.0 becomes current in prod, with no end date.");
    bundle.naccepted = 0;
    expect(rollout("2.0", PLUMB_ACTION_COMPLETE, NULL), &make,
           "2.0 becomes current in prod, with no end date.");
    end();
}

static void
going_back_says_what_stays(void **state)
{
    (void)state;
    begin("alert");
    accept("1.0", PLUMB_STATUS_CURRENT, PLUMB_TIME_NEVER);
    accept("2.0", PLUMB_STATUS_INCOMING, PLUMB_TIME_NEVER);
    expect(rollout("2.0", PLUMB_ACTION_ROLLBACK, NULL), &make,
           "Evidence from machines on 2.0 stops passing in prod at once. 1.0 stays current, "
           "with no end date.");
    bundle.naccepted = 0;
    accept("2.0", PLUMB_STATUS_CURRENT, PLUMB_TIME_NEVER);
    accept("1.0", PLUMB_STATUS_OUTGOING, NOW + DAY);
    expect(rollout("2.0", PLUMB_ACTION_ROLLBACK, NULL), &make,
           "Evidence from machines on 2.0 stops passing in prod at once. The version before it "
           "is current again, with no end date.");
    end();
}

static void
a_new_end_date_stands_beside_the_old_one(void **state)
{
    (void)state;
    begin("alert");
    accept("1.0", PLUMB_STATUS_OUTGOING, NOW + DAY);
    expect(rollout("1.0", PLUMB_ACTION_RESCHEDULE,
                   json_pack("{s:o}", "notAfter", make_time(NOW + 2 * DAY))),
           &make,
           "Evidence from machines on 1.0 keeps passing in prod until Fri 14:00 UTC, then "
           "stops; so far it was until Thu 14:00 UTC.");
    end();
}

static void
a_revocation_says_what_is_left(void **state)
{
    const struct plumb_digest one = make_digest("1.0"), two = make_digest("2.0");

    (void)state;
    begin("alert");
    accept("1.0", PLUMB_STATUS_OUTGOING, NOW + DAY);
    accept("2.0", PLUMB_STATUS_CURRENT, PLUMB_TIME_NEVER);
    expect(make_revocation(&make, "sol", "web@1.0", &one, "prod:3", NULL), &make,
           "Evidence from machines on 1.0 stops passing in prod at once.");
    expect(make_revocation(&make, "sol", "web@2.0", &two, "all", NULL), &make,
           "Evidence from machines on 2.0 stops passing in every fleet at once, and its "
           "reference values are barred for ever. It is the current version in prod.");
    bundle.naccepted = 0;
    accept("2.0", PLUMB_STATUS_CURRENT, PLUMB_TIME_NEVER);
    expect(make_revocation(&make, "sol", "web@2.0", &two, "prod:3", NULL), &make,
           "Evidence from machines on 2.0 stops passing in prod at once. NOTHING of web is "
           "accepted in prod then.");
    expect(make_revocation(&make, "sol", "web@1.0", &one, "prod:3", NULL), &make,
           "1.0 is not accepted in prod now, and never will be again.");
    end();
}

static void
a_release_and_a_governance_change_move_nothing_by_themselves(void **state)
{
    const struct plumb_digest values = make_digest("values");

    (void)state;
    begin("alert");
    expect(make_release(&make, "rex", "web", "3.0", &values), &make,
           "web@3.0 becomes an approved version. No verifier accepts it yet: that begins with "
           "a rollout.");
    make_next(&make);
    expect(make_change(&make, "ada"), &make,
           "Version 2 of the governance document comes into force: who may do what. See what "
           "it changes.");
    end();
}

static void
what_is_no_proposal_has_no_effect_to_tell(void **state)
{
    const struct plumb_digest id = make_digest("x");
    const struct effect_now now = { NOW, NULL, NULL, NULL };
    struct plumb_err err = { 0 };
    struct plumb_signed *s;
    char *text = NULL;

    (void)state;
    begin("alert");
    s = make_vote(&make, "ria", &id, PLUMB_APPROVE);
    assert_refused("effect.kind", effect_text(s->statement, &now, &text, &err), &err);
    plumb_signed_free(s);
    end();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_begin_says_beside_what_and_until_when_it_must_be_complete),
        cmocka_unit_test(a_first_begin_and_one_that_is_scheduled_say_so),
        cmocka_unit_test(a_completion_says_first_when_the_old_version_stops_passing),
        cmocka_unit_test(going_back_says_what_stays),
        cmocka_unit_test(a_new_end_date_stands_beside_the_old_one),
        cmocka_unit_test(a_revocation_says_what_is_left),
        cmocka_unit_test(a_release_and_a_governance_change_move_nothing_by_themselves),
        cmocka_unit_test(what_is_no_proposal_has_no_effect_to_tell),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
