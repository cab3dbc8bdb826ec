/* Bundles that are as they should be, and what comes of them. */
#include "tests/t.h"

#include <plumb/appraise.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/world.h"

static void
bundle_without_versions_is_read(void **state)
{
    struct world w;

    (void)state;
    world_begin(&w, NULL);
    assert_ok(world_publish(&w), &w.err);
    assert_int_equal(w.bundle->naccepted, 0);
    assert_string_equal(w.bundle->fleet, "prod");
    assert_int_equal(w.bundle->revision, 1);
    assert_int_equal(w.bundle->index, 1);
    assert_int_equal(w.bundle->governance->version, 1);
    world_end(&w);
}

static void
versions_come_with_their_windows_and_approvers(void **state)
{
    struct world w;
    const struct plumb_accepted *a;
    plumb_time begun;
    size_t one, two;

    (void)state;
    world_begin(&w, NULL);
    one = story_release(&w.story, "1.0");
    begun = w.story.make.now + 60;
    story_start(&w.story, one, -1);
    assert_ok(world_publish(&w), &w.err);
    assert_int_equal(w.bundle->naccepted, 1);
    a = world_accepted(&w, "1.0");
    assert_string_equal(a->payload, "web");
    assert_int_equal(a->window.status, PLUMB_STATUS_INCOMING);
    assert_int_equal(a->window.not_before, begun);
    assert_true(a->window.not_after == PLUMB_TIME_NEVER);
    assert_true(a->kept_until == PLUMB_TIME_NEVER);
    assert_true(plumb_digest_eq(&a->release, &w.story.versions[one].release));
    assert_true(plumb_digest_eq(
        &a->rollout, &w.story.entries[w.story.versions[one].begun].opened->statement->id));
    assert_int_equal(a->sets->n, 1);
    assert_int_equal(a->napprovers, 3); /* rex, sol; ria */

    story_complete(&w.story, one, -1);
    two = story_release(&w.story, "2.0");
    story_start(&w.story, two, (int)one);
    assert_ok(world_publish(&w), &w.err);
    assert_int_equal(world_accepted(&w, "1.0")->window.status, PLUMB_STATUS_CURRENT);
    assert_int_equal(world_accepted(&w, "2.0")->window.status, PLUMB_STATUS_INCOMING);

    story_complete(&w.story, two, (int)one);
    assert_ok(world_publish(&w), &w.err);
    a = world_accepted(&w, "1.0");
    assert_int_equal(a->window.status, PLUMB_STATUS_OUTGOING);
    assert_int_equal(a->window.not_after, w.story.make.now - 120 + 7 * STORY_DAY);
    assert_int_equal(world_accepted(&w, "2.0")->window.status, PLUMB_STATUS_CURRENT);

    story_reschedule(&w.story, one, w.story.make.now + STORY_DAY);
    assert_ok(world_publish(&w), &w.err);
    assert_int_equal(world_accepted(&w, "1.0")->window.not_after,
                     w.story.make.now - 120 + STORY_DAY);
    assert_int_equal(w.bundle->revision, 4);
    world_end(&w);
}

static struct plumb_claims *
claims_of(const char *label)
{
    struct plumb_bytes refvals = make_refvals(label);
    struct plumb_claims *c = NULL;
    struct plumb_err err = { 0 };
    char mrtd[97] = "", *text = NULL;

    memcpy(mrtd, strstr((const char *)refvals.data, "\"value\":\"") + 9, 96);
    assert_true(asprintf(&text,
                         "{\"schema\":\"urn:plumbline:claims:v1\",\"tee\":\"tdx\",\"claims\":{"
                         "\"mrtd\":\"%s\",\"tdattributes\":\"0000001000000000\"}}",
                         mrtd) > 0);
    assert_ok(plumb_claims_parse(text, strlen(text), &c, &err), &err);
    free(text);
    plumb_bytes_clear(&refvals);
    return c;
}

static const char *
verdict_of(const struct world *w, const char *label, plumb_time at)
{
    struct plumb_policy *policy = NULL;
    struct plumb_claims *claims = claims_of(label);
    struct plumb_err err = { 0 };
    const char *text;

    assert_ok(plumb_policy_new(w->bundle, &policy, &err), &err);
    text = plumb_verdict_text(plumb_appraise(policy, "web", claims, at).code);
    plumb_policy_free(policy);
    plumb_claims_free(claims);
    return text;
}

static void
evidence_is_judged_by_a_verified_bundle(void **state)
{
    struct world w;
    plumb_time end;
    size_t one, two;

    (void)state;
    world_begin(&w, NULL);
    one = story_release(&w.story, "1.0");
    two = story_release(&w.story, "2.0");
    story_start(&w.story, one, -1);
    story_complete(&w.story, one, -1);
    story_start(&w.story, two, (int)one);
    story_complete(&w.story, two, (int)one);
    end = w.story.make.now + 3600;
    story_reschedule(&w.story, one, end);
    assert_ok(world_publish(&w), &w.err);
    assert_string_equal(verdict_of(&w, "1.0", end - 1), "accepted");
    assert_string_equal(verdict_of(&w, "1.0", end), "ended");
    assert_string_equal(verdict_of(&w, "2.0", end), "accepted");
    assert_string_equal(verdict_of(&w, "3.0", end), "unknown");
    assert_string_equal(verdict_of(&w, "2.0", end + 2 * STORY_DAY), "stale");
    world_end(&w);
}

static void
revoked_version_is_gone_and_its_digest_told(void **state)
{
    struct world w;
    size_t one, two;

    (void)state;
    world_begin(&w, NULL);
    one = story_release(&w.story, "1.0");
    two = story_release(&w.story, "2.0");
    story_start(&w.story, one, -1);
    story_complete(&w.story, one, -1);
    story_start(&w.story, two, -1);
    story_revoke(&w.story, one, -1);
    assert_ok(world_publish(&w), &w.err);
    assert_null(world_accepted(&w, "1.0"));
    assert_non_null(world_accepted(&w, "2.0"));
    assert_int_equal(w.bundle->nrevoked, 1);
    assert_string_equal(verdict_of(&w, "1.0", w.story.make.now), "unknown");
    world_end(&w);
}

static void
versions_may_share_one_document(void **state)
{
    struct world w;
    size_t one;

    (void)state;
    world_begin(&w, NULL);
    one = story_release(&w.story, "1.0");
    story_start(&w.story, one, -1);
    story_complete(&w.story, one, -1);
    story_start(&w.story, story_release_as(&w.story, "1.0-again", "1.0"), (int)one);
    assert_ok(world_publish(&w), &w.err);
    assert_int_equal(w.bundle->naccepted, 2);
    assert_ptr_equal(w.bundle->accepted[0].sets, w.bundle->accepted[1].sets);
    world_end(&w);
}

static void
governance_is_walked_from_the_genesis(void **state)
{
    struct world w;
    size_t one;

    (void)state;
    world_begin(&w, NULL);
    one = story_release(&w.story, "1.0");
    make_next(&w.story.make);
    make_set(&w.story.make, "fleets.prod.grace", json_string("P3D"));
    story_govern(&w.story, NULL);
    make_next(&w.story.make);
    make_set(&w.story.make, "fleets.prod.validity", json_string("P2D"));
    story_govern(&w.story, NULL);
    story_start(&w.story, one, -1);
    assert_ok(world_publish(&w), &w.err);
    assert_int_equal(w.bundle->governance->version, 3);
    assert_int_equal(w.bundle->rules->grace, 3 * STORY_DAY);
    world_end(&w);
}

static void
pieces_of_any_size_read_the_same(void **state)
{
    static const size_t sizes[] = { 1, 2, 7, 4096 };
    struct world w;

    (void)state;
    world_begin(&w, NULL);
    story_start(&w.story, story_release(&w.story, "1.0"), -1);
    assert_ok(world_publish(&w), &w.err);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct plumb_bundle_reader *r = NULL;
        struct plumb_bundle *b = NULL;
        struct plumb_memory *m = NULL;

        assert_ok(plumb_bundle_begin(w.trust, NULL, w.story.make.now, &r, &w.err), &w.err);
        for (size_t at = 0; at < w.file.len; at += sizes[i]) {
            size_t n = w.file.len - at < sizes[i] ? w.file.len - at : sizes[i];

            assert_ok(plumb_bundle_feed(r, w.file.data + at, n, &w.err), &w.err);
        }
        assert_ok(plumb_bundle_end(r, &b, &m, &w.err), &w.err);
        assert_true(plumb_digest_eq(&b->content, &w.bundle->content));
        assert_int_equal(b->checked_signatures, w.bundle->checked_signatures);
        assert_refused("bundle.ended", plumb_bundle_end(r, &b, &m, &w.err), &w.err);
        plumb_bundle_free(b);
        plumb_memory_free(m);
        plumb_bundle_reader_free(r);
    }
    world_end(&w);
}

/* --- rollouts that time decides --- */

static uint64_t
record(struct story *s, const char *who, enum plumb_kind kind, size_t v, plumb_time due,
       const char *outcome)
{
    json_t *members =
        json_pack("{s:s, s:o, s:o}", "fleet", "prod", "due", make_time(due), "rollout",
                  make_hex(&s->entries[s->versions[v].begun].opened->statement->id));
    char name[64];

    if (outcome != NULL)
        assert_int_equal(json_object_set_new(members, "outcome", json_string(outcome)), 0);
    (void)snprintf(name, sizeof name, "web@%s", s->versions[v].name);
    return story_add(s,
                     make_signed(&s->make, who, kind, name, &s->versions[v].release, members));
}

/* A begin approved ahead: proposal, vote and, at its time, its record. */
static void
schedule(struct story *s, size_t v, plumb_time at, plumb_time recorded, const char *who)
{
    uint64_t entries[3];

    entries[0] = story_add(s, make_rollout(&s->make, "rex", "prod", "web@1.0",
                                           &s->versions[v].release, PLUMB_ACTION_BEGIN, 0,
                                           json_pack("{s:o}", "at", make_time(at))));
    entries[1] = story_vote(s, "ria", entries[0], PLUMB_APPROVE);
    s->versions[v].begun = entries[0];
    s->versions[v].accepted = true;
    s->make.now = recorded;
    entries[2] = record(s, who, PLUMB_KIND_BEGIN, v, at, NULL);
    story_move(s, v, "begin", "incoming", PLUMB_TIME_NEVER, 3, entries);
    assert_int_equal(json_object_set_new(s->versions[v].json, "notBefore", make_time(recorded)),
                     0);
}

static void
scheduled_begin_takes_effect_with_its_record(void **state)
{
    static const struct {
        plumb_time late;
        const char *who, *rule;
    } cases[] = {
        { 0, "plumbd", NULL },
        { 7, "plumbd", NULL },
        { -1, "plumbd", "bundle.moves" },
        { 0, "rex", "bundle.power" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const plumb_time at = STORY_T0 + STORY_DAY / 2;
        struct world w;

        world_begin(&w, NULL);
        schedule(&w.story, story_release(&w.story, "1.0"), at, at + cases[i].late,
                 cases[i].who);
        if (cases[i].rule != NULL) {
            assert_refused(cases[i].rule, world_publish(&w), &w.err);
        } else {
            assert_ok(world_publish(&w), &w.err);
            assert_int_equal(world_accepted(&w, "1.0")->window.not_before, at + cases[i].late);
        }
        world_end(&w);
    }
}

static void
begin_has_a_record_only_when_it_was_approved_ahead(void **state)
{
    struct world w;
    json_t *move;

    (void)state;
    /* the record left out, as if the quorum alone had begun it */
    world_begin(&w, NULL);
    schedule(&w.story, story_release(&w.story, "1.0"), STORY_T0 + 7200, STORY_T0 + 7200,
             "plumbd");
    move = json_array_get(json_object_get(w.story.versions[0].json, "moves"), 0);
    assert_int_equal(json_array_remove(json_object_get(move, "entries"), 2), 0);
    assert_refused("bundle.moves", world_publish(&w), &w.err);
    world_end(&w);

    /* due before the quorum was met: it began with the quorum */
    world_begin(&w, NULL);
    schedule(&w.story, story_release(&w.story, "1.0"), STORY_T0 + 30, STORY_T0 + 7200,
             "plumbd");
    assert_refused("bundle.moves", world_publish(&w), &w.err);
    world_end(&w);
}

static void
overrun_completes(struct make *m)
{
    make_set(m, "fleets.prod.overrun", json_string("complete"));
}

static void
overrun_rolls_back(struct make *m)
{
    make_set(m, "fleets.prod.overrun", json_string("rollback"));
}

/* 1.0 is current, 2.0 incoming; returns 2.0's deadline. */
static plumb_time
two_open(struct world *w, void (*edit)(struct make *m))
{
    size_t one, two;

    world_begin(w, edit);
    one = story_release(&w->story, "1.0");
    two = story_release(&w->story, "2.0");
    story_start(&w->story, one, -1);
    story_complete(&w->story, one, -1);
    story_start(&w->story, two, (int)one);
    return w->story.make.now - 60 + 2 * STORY_DAY;
}

static void
set_not_after(struct story *s, size_t v, plumb_time t)
{
    assert_int_equal(json_object_set_new(s->versions[v].json, "notAfter", make_time(t)), 0);
}

static void
rollout_that_overruns_is_completed_by_record(void **state)
{
    static const struct {
        const char *who, *outcome;
        plumb_time late, off;
        const char *rule;
    } cases[] = {
        { "plumbd", "complete", 0, 0, NULL },
        { "plumbd", "complete", 9999, 0, NULL },
        { "plumbd", "complete", -1, 0, "bundle.moves" },
        { "plumbd", "complete", 0, -60, "bundle.moves" },
        { "plumbd", "alert", 0, 0, "bundle.moves" },
        { "rex", "complete", 0, 0, "bundle.power" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world w;
        plumb_time deadline = two_open(&w, overrun_completes);
        uint64_t entry;

        set_not_after(&w.story, 0, deadline + 7 * STORY_DAY);
        assert_ok(world_publish(&w), &w.err);
        assert_int_equal(world_accepted(&w, "1.0")->window.not_after, deadline + 7 * STORY_DAY);

        w.story.make.now = deadline + cases[i].late;
        entry = record(&w.story, cases[i].who, PLUMB_KIND_OVERRUN, 1, deadline + cases[i].off,
                       cases[i].outcome);
        story_move(&w.story, 1, "complete", "current", PLUMB_TIME_NEVER, 1, &entry);
        story_move(&w.story, 0, "next-complete", "outgoing", deadline + 7 * STORY_DAY, 1,
                   &entry);
        if (cases[i].rule == NULL)
            assert_ok(world_publish(&w), &w.err);
        else
            assert_refused(cases[i].rule, world_publish(&w), &w.err);
        world_end(&w);
    }
}

static void
overrun_does_not_complete_where_governance_says_otherwise(void **state)
{
    struct world w;
    plumb_time deadline = two_open(&w, NULL);
    uint64_t entry;

    (void)state;
    w.story.make.now = deadline;
    entry = record(&w.story, "plumbd", PLUMB_KIND_OVERRUN, 1, deadline, "complete");
    story_move(&w.story, 1, "complete", "current", PLUMB_TIME_NEVER, 1, &entry);
    story_move(&w.story, 0, "next-complete", "outgoing", deadline + 7 * STORY_DAY, 1, &entry);
    assert_refused("bundle.moves", world_publish(&w), &w.err);
    world_end(&w);
}

static void
incoming_ends_at_the_deadline_until_it_is_alone(void **state)
{
    struct world w;
    plumb_time deadline = two_open(&w, overrun_rolls_back);

    (void)state;
    assert_refused("bundle.window", world_publish(&w), &w.err);
    set_not_after(&w.story, 1, deadline);
    assert_ok(world_publish(&w), &w.err);
    assert_int_equal(world_accepted(&w, "2.0")->window.not_after, deadline);

    story_revoke(&w.story, 0, 1);
    assert_ok(world_publish(&w), &w.err);
    assert_true(world_accepted(&w, "2.0")->window.not_after == PLUMB_TIME_NEVER);
    world_end(&w);
}

/* --- keys that were stolen --- */

/* Somebody loses a key, from the entry with that index on. */
static void
compromise_of(struct story *s, const char *who, uint64_t from, const char *version,
              const char *what, plumb_time until)
{
    json_t *array = json_array(), *d;
    char path[160];

    make_next(&s->make);
    (void)snprintf(path, sizeof path, "%s", make_new_key(&s->make, who));
    assert_int_equal(
        json_object_set_new(make_at(&s->make, path), "status", json_string("compromised")), 0);
    assert_int_equal(
        json_object_set_new(make_at(&s->make, path), "from", json_integer((json_int_t)from)),
        0);
    if (what != NULL) {
        d = json_pack("{s:s, s:s, s:s, s:s}", "fleet", "prod", "payload", "web", "version",
                      version, "do", what);
        if (strcmp(what, "keep") == 0)
            assert_int_equal(json_object_set_new(d, "until", make_time(until)), 0);
        assert_int_equal(json_array_append_new(array, d), 0);
    }
    story_govern(s, array);
}

/* rex proposed everything. */
static void
compromise(struct story *s, uint64_t from, const char *version, const char *what,
           plumb_time until)
{
    compromise_of(s, "rex", from, version, what, until);
}

static void
version_whose_quorum_lost_a_key_is_kept_only_as_governance_says(void **state)
{
    const plumb_time until = STORY_T0 + 5 * STORY_DAY;
    static const struct {
        bool undermined;
        const char *version, *what;
        int stated; /* days after T0, 0: not stated */
        const char *rule;
    } cases[] = {
        { true, "1.0", "keep", 5, NULL },
        { true, "1.0", "keep", 6, "bundle.kept" },
        { true, "1.0", "keep", 0, "bundle.kept" },
        { true, "9.9", "keep", 5, "bundle.kept" },
        { true, NULL, NULL, 0, "bundle.kept" },
        { true, NULL, NULL, 5, "bundle.kept" },
        { true, "1.0", "revoke", 5, "bundle.revoked" },
        { true, "1.0", "revoke", 0, "bundle.revoked" },
        { false, NULL, NULL, 0, NULL },
        { false, NULL, NULL, 5, "bundle.kept" },
        { false, "1.0", "revoke", 0, NULL }, /* it did not lose its quorum */
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world w;

        world_begin(&w, NULL);
        story_start(&w.story, story_release(&w.story, "1.0"), -1);
        compromise(&w.story, cases[i].undermined ? 1 : w.story.n, cases[i].version,
                   cases[i].what, until);
        if (cases[i].stated != 0)
            assert_int_equal(
                json_object_set_new(w.story.versions[0].json, "keptUntil",
                                    make_time(STORY_T0 + cases[i].stated * STORY_DAY)),
                0);
        if (cases[i].rule == NULL) {
            assert_ok(world_publish(&w), &w.err);
            assert_true(world_accepted(&w, "1.0")->kept_until ==
                        (cases[i].stated != 0 ? until : PLUMB_TIME_NEVER));
        } else {
            assert_refused(cases[i].rule, world_publish(&w), &w.err);
        }
        world_end(&w);
    }
}

static void
version_that_is_approved_anew_stands(void **state)
{
    static const struct {
        const char *anew, *rule;
    } cases[] = {
        { "sam", NULL },
        { "sol", NULL },
        { "ria", "bundle.kept" },
        { NULL, "bundle.kept" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world w;
        struct story_version *v;
        json_t *approval;

        world_begin(&w, NULL);
        v = &w.story.versions[story_release(&w.story, "1.0")];
        story_start(&w.story, 0, -1);
        compromise_of(&w.story, "sol", 1, "1.0", "keep", STORY_T0 + 5 * STORY_DAY);
        approval = json_object_get(v->json, "approval");
        if (cases[i].anew != NULL)
            assert_int_equal(
                json_array_append_new(
                    approval, json_integer((json_int_t)story_vote(&w.story, cases[i].anew,
                                                                  v->proposal, PLUMB_APPROVE))),
                0);
        if (cases[i].rule == NULL) {
            assert_ok(world_publish(&w), &w.err);
            assert_true(world_accepted(&w, "1.0")->kept_until == PLUMB_TIME_NEVER);
        } else {
            assert_refused(cases[i].rule, world_publish(&w), &w.err);
        }
        world_end(&w);
    }
}

static void
scheduled_begin_that_is_approved_anew_keeps_its_time(void **state)
{
    const plumb_time at = STORY_T0 + STORY_DAY / 2;
    struct world w;
    json_t *entries;

    (void)state;
    world_begin(&w, NULL);
    schedule(&w.story, story_release(&w.story, "1.0"), at, at, "plumbd");
    compromise_of(&w.story, "ria", 1, "1.0", "keep", STORY_T0 + 5 * STORY_DAY);
    assert_refused("bundle.kept", world_publish(&w), &w.err);
    entries = json_object_get(
        json_array_get(json_object_get(w.story.versions[0].json, "moves"), 0), "entries");
    assert_int_equal(
        json_array_append_new(entries,
                              json_integer((json_int_t)story_vote(
                                  &w.story, "ria", w.story.versions[0].begun, PLUMB_APPROVE))),
        0);
    assert_ok(world_publish(&w), &w.err);
    assert_int_equal(world_accepted(&w, "1.0")->window.not_before, at);
    world_end(&w);
}

static void
predecessor_may_be_revoked_by_a_compromise(void **state)
{
    static const struct {
        bool compromised;
        const char *rule;
    } cases[] = { { true, NULL }, { false, "bundle.moves" } };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world w;
        uint64_t entry;

        (void)two_open(&w, overrun_rolls_back);
        w.story.versions[0].accepted = false;
        if (cases[i].compromised) {
            compromise(&w.story, w.story.n, "1.0", "revoke", 0);
        } else {
            make_next(&w.story.make);
            story_govern(&w.story, NULL);
        }
        entry = w.story.n - 1;
        story_move(&w.story, 1, "alone", "incoming", PLUMB_TIME_NEVER, 1, &entry);
        if (cases[i].rule == NULL)
            assert_ok(world_publish(&w), &w.err);
        else
            assert_refused(cases[i].rule, world_publish(&w), &w.err);
        world_end(&w);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bundle_without_versions_is_read),
        cmocka_unit_test(versions_come_with_their_windows_and_approvers),
        cmocka_unit_test(evidence_is_judged_by_a_verified_bundle),
        cmocka_unit_test(revoked_version_is_gone_and_its_digest_told),
        cmocka_unit_test(versions_may_share_one_document),
        cmocka_unit_test(governance_is_walked_from_the_genesis),
        cmocka_unit_test(pieces_of_any_size_read_the_same),
        cmocka_unit_test(scheduled_begin_takes_effect_with_its_record),
        cmocka_unit_test(begin_has_a_record_only_when_it_was_approved_ahead),
        cmocka_unit_test(rollout_that_overruns_is_completed_by_record),
        cmocka_unit_test(overrun_does_not_complete_where_governance_says_otherwise),
        cmocka_unit_test(incoming_ends_at_the_deadline_until_it_is_alone),
        cmocka_unit_test(version_whose_quorum_lost_a_key_is_kept_only_as_governance_says),
        cmocka_unit_test(version_that_is_approved_anew_stands),
        cmocka_unit_test(scheduled_begin_that_is_approved_anew_keeps_its_time),
        cmocka_unit_test(predecessor_may_be_revoked_by_a_compromise),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
