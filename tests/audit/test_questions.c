/* What can be asked of a log besides whether it holds: what was accepted, why, and by whom. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/at.h"
#include "audit/by.h"
#include "audit/extend.h"
#include "audit/report.h"
#include "audit/why.h"
#include "lib/own.h"
#include "tests/audit/log.h"
#include "tests/t.h"

static struct world world;
static struct plumb_digest releases[3];
static struct log log_;

static int
play(void **state)
{
    struct plumb_signer *key = NULL;
    struct plumb_digest spare;

    (void)state;
    log_play(&world, releases);
    assert_int_equal(plumb_signer_generate(PLUMB_KEY_ED25519, &key, NULL), PLUMB_OK);
    (void)world_do(&world, make_enrolment(&world.make, "enid", "prod", "vroni", key, false));
    plumb_signer_free(key);
    /* two release managers where one is asked for */
    spare = world_propose_release(&world, "web", "3.0");
    (void)world_vote(&world, "ria", &spare, PLUMB_APPROVE);
    (void)world_vote(&world, "sol", &spare, PLUMB_APPROVE);
    log_take(&log_, &world);
    return 0;
}

static int
end(void **state)
{
    (void)state;
    log_clear(&log_);
    world_end(&world);
    return 0;
}

static struct audit *
run(struct audit_observer *observer)
{
    struct audit_source source = log_source(&log_);
    struct audit_config config = { .source = &source,
                                   .genesis = log_.genesis,
                                   .threads = 1,
                                   .observers = &observer,
                                   .nobservers = 1 };
    struct audit *a = NULL;
    struct plumb_err err = { 0 };

    assert_ok(audit_new(&config, &a, &err), &err);
    assert_ok(audit_run(a, &err), &err);
    assert_int_equal(audit_found(a), 0);
    return a;
}

static const char *
text(const json_t *list, size_t i, const char *key)
{
    return report_text(json_array_get(list, i), key);
}

static json_int_t
number(const json_t *list, size_t i, const char *key)
{
    return json_integer_value(json_object_get(json_array_get(list, i), key));
}

/* --- at --- */

static json_t *
ask_at(plumb_time time)
{
    struct audit_at at;
    struct audit *a;
    json_t *answer = NULL;
    struct plumb_err err = { 0 };

    audit_at_begin(&at, "prod", time);
    a = run(&at.observer);
    assert_ok(audit_at_finish(&at, a, &answer, &err), &err);
    audit_free(a);
    audit_at_clear(&at);
    return answer;
}

/* The time of the n-th publication, from 0. */
static plumb_time
published(size_t n)
{
    for (size_t i = 0; i < world.n; i++)
        if (world.entries[i].opened->statement->kind == PLUMB_KIND_PUBLICATION && n-- == 0)
            return world.entries[i].time;
    fail_msg("no such publication");
    return 0;
}

static void
what_was_accepted_is_told_for_any_moment_of_the_log(void **state)
{
    static const struct {
        size_t publication;
        const char *accepted; /* place:version, in the order of the placements */
    } cases[] = {
        { 0, "" },
        { 1, "incoming:1.0 " },
        { 2, "current:1.0 " },
        { 3, "current:1.0 incoming:1.1 " },
        { 4, "outgoing:1.0 current:1.1 " },
        { 5, "current:1.1 " },
        { 7, "current:1.1 incoming:1.2 " },
        { 8, "current:1.1 " },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *answer = ask_at(published(cases[i].publication));
        const json_t *list = json_object_get(answer, "accepted");
        char got[200] = "";

        for (size_t k = 0; k < json_array_size(list); k++)
            (void)snprintf(got + strlen(got), sizeof got - strlen(got), "%s:%s ",
                           text(list, k, "place"), text(list, k, "version"));
        assert_string_equal(got, cases[i].accepted);
        assert_true(json_is_false(json_object_get(answer, "stale")));
        json_decref(answer);
    }
}

static void
a_date_in_the_bundle_ends_a_version_before_anybody_records_it(void **state)
{
    /* two days before the record of 1.0's phase-out, and one day before */
    json_t *before = ask_at(published(4) + 5 * WORLD_DAY);
    json_t *after = ask_at(published(4) + 7 * WORLD_DAY);

    (void)state;
    assert_int_equal(json_array_size(json_object_get(before, "accepted")), 2);
    assert_int_equal(json_array_size(json_object_get(after, "accepted")), 1);
    assert_true(json_is_true(json_object_get(after, "stale"))); /* nobody refreshed it */
    json_decref(before);
    json_decref(after);
}

static void
a_moment_after_the_last_entry_is_answered_with_a_warning(void **state)
{
    json_t *answer = ask_at(world.make.now + WORLD_DAY);
    char last[PLUMB_TIME_TEXT];

    (void)state;
    plumb_time_text(world.entries[world.n - 1].time, last);
    assert_string_equal(report_text(answer, "logEnds"), last);
    json_decref(answer);
}

/* --- why --- */

static json_t *
ask_why(const char *version)
{
    struct audit_why *why = NULL;
    struct audit *a;
    json_t *answer = NULL;
    struct plumb_err err = { 0 };

    assert_ok(audit_why_new("web", version, &why, &err), &err);
    a = run(audit_why_observer(why));
    assert_ok(audit_why_finish(why, a, &answer, &err), &err);
    audit_free(a);
    audit_why_free(why);
    return answer;
}

static void
the_story_of_a_version_names_everyone_who_had_a_part_in_it(void **state)
{
    json_t *why = ask_why("1.1");
    const json_t *history = json_object_get(why, "history");
    const json_t *places = json_object_get(why, "places");
    const json_t *bundles = json_object_get(why, "bundles");
    const json_t *recognitions = json_object_get(why, "recognitions");
    const json_t *released = json_object_get(why, "releases");
    static const struct {
        const char *what, *by;
    } acts[] = { { "release", "rex" },
                 { "approve", "sol" },
                 { "begin", "rex" },
                 { "approve", "ria" },
                 { "complete", "rex" } };
    char hex[PLUMB_DIGEST_HEX];

    (void)state;
    assert_string_equal(report_text(why, "state"), "approved");
    assert_int_equal(json_array_size(history), 5);
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(text(history, i, "what"), acts[i].what);
        assert_string_equal(text(history, i, "by"), acts[i].by);
        plumb_digest_hex(make_key_id(&world.make, acts[i].by), hex);
        assert_string_equal(text(history, i, "key"), hex);
        assert_int_equal(number(history, i, "governance"), 1);
    }
    plumb_digest_hex(&releases[1], hex);
    assert_string_equal(text(released, 0, "release"), hex);
    assert_int_equal(strlen(text(released, 0, "referenceValues")), 64);

    assert_int_equal(json_array_size(places), 2);
    assert_string_equal(text(places, 0, "place"), "incoming");
    assert_string_equal(text(places, 1, "place"), "current");

    assert_int_equal(json_array_size(bundles), 2);
    assert_int_equal(number(bundles, 0, "firstRevision"), 4);
    assert_int_equal(number(bundles, 0, "lastRevision"), 4);
    assert_int_equal(number(bundles, 1, "firstRevision"), 5);
    assert_int_equal(number(bundles, 1, "lastRevision"), 9);

    assert_int_equal(json_array_size(recognitions), 1);
    assert_string_equal(text(recognitions, 0, "by"), "vera");
    json_decref(why);
}

static void
a_versions_end_is_told_with_the_move_of_its_successor_and_the_date(void **state)
{
    static const char *const want[] = { "incoming", "current", "outgoing", "retired" };
    json_t *why = ask_why("1.0");
    const json_t *places = json_object_get(why, "places");

    (void)state;
    assert_int_equal(json_array_size(places), 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(text(places, i, "place"), want[i]);
    assert_true(strlen(text(places, 2, "notAfter")) > 0);
    assert_string_equal(text(places, 3, "since"), text(places, 2, "notAfter"));
    /* what no verifier accepts has no window */
    assert_null(json_object_get(json_array_get(places, 3), "notBefore"));
    assert_null(json_object_get(json_array_get(places, 3), "notAfter"));
    json_decref(why);
}

static void
a_revocation_is_told_with_its_reason_and_the_governance_version_it_stood_under(void **state)
{
    json_t *why = ask_why("1.2");
    const json_t *history = json_object_get(why, "history");
    size_t last = json_array_size(history) - 1;

    (void)state;
    assert_string_equal(text(history, last, "what"), "revocation");
    assert_true(strlen(text(history, last, "reason")) > 0);
    assert_int_equal(number(history, last, "governance"), 2);
    assert_string_equal(text(json_object_get(why, "places"), 1, "place"), "revoked");
    json_decref(why);
}

static void
a_version_that_nobody_registered_has_no_story(void **state)
{
    struct audit_why *why = NULL;
    struct audit *a;
    json_t *answer = NULL;
    struct plumb_err err = { 0 };

    (void)state;
    assert_ok(audit_why_new("web", "9.9", &why, &err), &err);
    a = run(audit_why_observer(why));
    assert_refused("version.unknown", audit_why_finish(why, a, &answer, &err), &err);
    audit_free(a);
    audit_why_free(why);
}

/* --- by --- */

static json_t *
ask_by(const char *principal, const struct plumb_digest *key)
{
    struct audit_by *by = NULL;
    struct audit *a;
    json_t *answer = NULL;
    struct plumb_err err = { 0 };

    assert_ok(audit_by_new(principal, key, &by, &err), &err);
    a = run(audit_by_observer(by));
    assert_ok(audit_by_finish(by, a, &answer, &err), &err);
    audit_free(a);
    audit_by_free(by);
    return answer;
}

static bool
rests(const json_t *answer, const char *what)
{
    size_t i;
    const json_t *rest;

    json_array_foreach(json_object_get(answer, "rests"), i, rest)
        if (strcmp(report_text(rest, "what"), what) == 0)
            return true;
    return false;
}

static void
what_stands_only_because_of_a_person_is_what_the_others_quorum_does_not_carry(void **state)
{
    json_t *sol = ask_by("sol", NULL), *ria = ask_by("ria", NULL);

    (void)state;
    /* four approvals of releases, one revocation of hers alone */
    assert_int_equal(json_array_size(json_object_get(sol, "acts")), 5);
    assert_true(rests(sol, "release web@1.0") && rests(sol, "release web@1.1") &&
                rests(sol, "revocation web@1.2"));
    assert_false(rests(sol, "begin web@1.0 in prod"));
    assert_true(rests(ria, "begin web@1.0 in prod"));
    assert_false(rests(ria, "release web@1.0"));
    json_decref(sol);
    json_decref(ria);
}

static void
what_two_would_have_carried_each_rests_on_neither(void **state)
{
    json_t *rex = ask_by("rex", NULL), *ria = ask_by("ria", NULL), *sol = ask_by("sol", NULL);

    (void)state;
    assert_false(rests(rex, "release web@3.0"));
    assert_false(rests(ria, "release web@3.0"));
    assert_true(rests(sol, "release web@3.0"));
    assert_true(rests(rex, "release web@1.0")); /* whose proposal was an approval too */
    json_decref(rex);
    json_decref(ria);
    json_decref(sol);
}

static void
verifiers_that_somebody_enrolled_rest_on_them(void **state)
{
    json_t *enid = ask_by("enid", NULL);

    (void)state;
    assert_true(rests(enid, "enrolment of vroni in prod"));
    json_decref(enid);
}

static void
a_key_is_asked_for_by_its_id_and_its_owner_is_named(void **state)
{
    json_t *key = ask_by(NULL, make_key_id(&world.make, "sol"));

    (void)state;
    assert_string_equal(report_text(key, "principal"), "sol");
    assert_int_equal(json_array_size(json_object_get(key, "acts")), 5);
    assert_true(rests(key, "release web@1.0"));
    json_decref(key);
}

static void
who_never_was_in_the_log_is_unknown(void **state)
{
    struct audit_by *by = NULL;
    struct audit *a;
    json_t *answer = NULL;
    struct plumb_err err = { 0 };

    (void)state;
    assert_ok(audit_by_new("mallory", NULL, &by, &err), &err);
    a = run(audit_by_observer(by));
    assert_refused("principal.unknown", audit_by_finish(by, a, &answer, &err), &err);
    audit_free(a);
    audit_by_free(by);
}

/* --- extends --- */

static struct plumb_checkpoint
head_at(const struct log *l, size_t size)
{
    struct plumb_checkpoint head = { .origin = MAKE_ORIGIN, .size = size };

    plumb_tree_root(l->leaves, size, &head.root);
    return head;
}

static enum audit_extend
compare(const struct plumb_checkpoint *seen, const struct plumb_checkpoint *now)
{
    struct audit_source source = log_source(&log_);
    struct plumb_err err = { 0 };
    enum audit_extend how;

    assert_ok(audit_extends(&source, seen, now, &how, &err), &err);
    return how;
}

static void
a_checkpoint_extends_the_one_seen_or_it_is_said_how_it_does_not(void **state)
{
    struct plumb_checkpoint some = head_at(&log_, 7), all = head_at(&log_, log_.n);
    struct plumb_checkpoint other = some, more = all;

    (void)state;
    other.root.b[0] ^= 1;
    more.size += 3;
    assert_int_equal(compare(&some, &all), AUDIT_EXTENDED);
    assert_int_equal(compare(&all, &all), AUDIT_SAME);
    assert_int_equal(compare(&all, &some), AUDIT_BEHIND);
    assert_int_equal(compare(&some, &other), AUDIT_FORKED);
    assert_int_equal(compare(&other, &all), AUDIT_FORKED);
    assert_int_equal(compare(&all, &other), AUDIT_FORKED);
    assert_int_equal(compare(&more, &all), AUDIT_SHRANK);
}

static void
a_checkpoint_whose_tiles_make_another_root_proves_nothing(void **state)
{
    struct audit_source source = log_source(&log_);
    struct plumb_checkpoint some = head_at(&log_, 7), all = head_at(&log_, log_.n);
    struct plumb_err err = { 0 };
    enum audit_extend how;

    (void)state;
    all.root.b[0] ^= 1;
    assert_refused("tile.hash", audit_extends(&source, &some, &all, &how, &err), &err);
}

/* --- the page --- */

static void
text_from_outside_is_no_markup_of_the_report(void **state)
{
    static const char *const columns[] = { "what", NULL };
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes out = { 0 };
    struct page *page = NULL;
    struct plumb_err err = { 0 };
    json_t *rows = json_pack("[{s:s}]", "what", "a|b\n# c <x> [l](u)");

    (void)state;
    assert_ok(page_new(true, &page, &err), &err);
    page_table(page, columns, rows);
    assert_ok(page_take(page, &out, &err), &err);
    assert_string_equal((const char *)out.data,
                        "| what |\n|---|\n| a\\|b \\# c \\<x\\> \\[l\\](u) |\n\n");
    page_free(page);
    json_decref(rows);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_accepted_is_told_for_any_moment_of_the_log),
        cmocka_unit_test(a_date_in_the_bundle_ends_a_version_before_anybody_records_it),
        cmocka_unit_test(a_moment_after_the_last_entry_is_answered_with_a_warning),
        cmocka_unit_test(the_story_of_a_version_names_everyone_who_had_a_part_in_it),
        cmocka_unit_test(a_versions_end_is_told_with_the_move_of_its_successor_and_the_date),
        cmocka_unit_test(
            a_revocation_is_told_with_its_reason_and_the_governance_version_it_stood_under),
        cmocka_unit_test(a_version_that_nobody_registered_has_no_story),
        cmocka_unit_test(
            what_stands_only_because_of_a_person_is_what_the_others_quorum_does_not_carry),
        cmocka_unit_test(what_two_would_have_carried_each_rests_on_neither),
        cmocka_unit_test(verifiers_that_somebody_enrolled_rest_on_them),
        cmocka_unit_test(a_key_is_asked_for_by_its_id_and_its_owner_is_named),
        cmocka_unit_test(who_never_was_in_the_log_is_unknown),
        cmocka_unit_test(a_checkpoint_extends_the_one_seen_or_it_is_said_how_it_does_not),
        cmocka_unit_test(a_checkpoint_whose_tiles_make_another_root_proves_nothing),
        cmocka_unit_test(text_from_outside_is_no_markup_of_the_report),
    };

    return cmocka_run_group_tests(tests, play, end);
}
