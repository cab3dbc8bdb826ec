/* What the service says of a release's evidence, as it is read: typed, or refused. */
#include "tests/t.h"

#include <stdlib.h>
#include <string.h>

#include "client/dossier.h"
#include "lib/own.h"
#include "tests/make.h"
#include "tests/scarce.h"

#define HEX "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

PLUMB_DEFINE_AUTO(auto_dossier, struct client_dossier *, client_dossier_free);
PLUMB_DEFINE_AUTO(auto_findings, struct client_findings *, client_findings_free);

static const char whole[] =
    "{'payload': 'web', 'version': '1.0', 'release': '" HEX "', 'at': '2026-11-25T14:00:00Z',"
    " 'controls': [{'control': 'SUP-BOM', 'text': 'a bill', 'level': 'must', 'state': 'met',"
    "   'by': 'CycloneDX', 'evidence': ['" HEX "']},"
    "  {'control': 'DEV-IO', 'text': 'protected', 'level': 'should', 'state': 'waived',"
    "   'by': 'waived: guards', 'evidence': [], 'waiver': '" HEX "',"
    "   'waivedUntil': '2027-01-01T00:00:00Z', 'lapsed': false},"
    "  {'control': 'DEV-RNG', 'text': 'random', 'level': 'should', 'state': 'open',"
    "   'by': 'nothing on file shows it', 'evidence': [], 'waiver': '" HEX "',"
    "   'waivedUntil': '2026-01-01T00:00:00Z', 'lapsed': true},"
    "  {'control': 'SUP-MONITOR', 'text': 'watched', 'level': 'must', 'state': 'failed',"
    "   'by': '1 blocking finding', 'evidence': []}],"
    " 'evidence': [{'kind': 'guidance', 'digest': '" HEX "', 'size': 7, 'name': 'how.md',"
    "   'by': 'pipeline', 'index': 9, 'time': '2026-11-25T13:00:00Z', 'accepted': false,"
    "   'rule': 'evidence.review', 'text': 'too far ahead', 'bill': true,"
    "   'reviewBy': '2036-01-01T00:00:00Z'}],"
    " 'findings': [{'payload': 'web', 'version': '1.0', 'release': '" HEX "',"
    "   'advisory': 'GHSA-1', 'summary': 'it leaks', 'state': 'undetermined',"
    "   'severity': 'critical', 'rated': true, 'blocking': true,"
    "   'component': 'pkg:npm/lodash@4.0.0', 'components': 2, 'fixed': '4.17.21',"
    "   'why': 'cannot be compared', 'index': 11, 'since': '2026-11-25T13:30:00Z',"
    "   'due': '2026-11-26T13:30:00Z', 'overdue': false, 'accepted': true,"
    "   'places': [{'fleet': 'prod', 'place': 'current', 'alone': true}]}]}";

static struct client_dossier *
read_whole(void)
{
    PLUMB_AUTO(plumb_json_auto) json_t *json = json_of(whole);
    struct client_dossier *d = NULL;
    struct plumb_err err = { 0 };

    assert_ok(client_dossier_read(json, &d, &err), &err);
    return d;
}

static void
every_member_is_read(void **state)
{
    PLUMB_AUTO(auto_dossier) struct client_dossier *d = read_whole();
    const struct client_finding *f = &d->findings[0];

    (void)state;
    assert_string_equal("web", d->payload);
    assert_string_equal("1.0", d->version);
    assert_int_equal(1795615200, d->at);
    assert_int_equal(4, d->ncontrols);
    assert_string_equal("SUP-BOM", d->controls[0].id);
    assert_string_equal("a bill", d->controls[0].text);
    assert_string_equal("CycloneDX", d->controls[0].by);
    assert_true(d->controls[0].must);
    assert_int_equal(1, d->controls[0].nevidence);
    assert_false(d->controls[0].has_waiver);
    assert_int_equal(PLUMB_CONTROL_WAIVED, d->controls[1].state);
    assert_true(d->controls[1].has_waiver);
    assert_false(d->controls[1].lapsed);
    assert_true(d->controls[2].lapsed);
    assert_int_equal(1, d->nfiles);
    assert_int_equal(PLUMB_FILE_GUIDANCE, d->files[0].kind);
    assert_string_equal("how.md", d->files[0].name);
    assert_string_equal("", d->files[0].said);
    assert_true(d->files[0].bill);
    assert_string_equal("evidence.review", d->files[0].rule);
    assert_true(d->files[0].review_by > d->at);
    assert_int_equal(1, d->nfindings);
    assert_string_equal("it leaks", f->summary);
    assert_int_equal(PLUMB_FINDING_UNDETERMINED, f->state);
    assert_true(plumb_finding_is_open(f->state));
    assert_int_equal(PLUMB_SEVERITY_CRITICAL, f->severity);
    assert_true(f->rated && f->blocking && f->accepted && !f->overdue);
    assert_string_equal("pkg:npm/lodash@4.0.0", f->component);
    assert_int_equal(2, f->components);
    assert_string_equal("4.17.21", f->fixed);
    assert_string_equal("cannot be compared", f->why);
    assert_int_equal(11, f->index);
    assert_int_equal(86400, f->due - f->since);
    assert_int_equal(1, f->nplaces);
    assert_string_equal("prod", f->places[0].fleet);
    assert_true(f->places[0].alone);
}

static void
what_holds_an_approval_or_a_begin_back_is_what_the_service_holds_it_to(void **state)
{
    PLUMB_AUTO(auto_dossier) struct client_dossier *d = read_whole();
    struct plumb_controls rules = { .lapse = 1u << PLUMB_FOLLOW_ALERT };

    (void)state;
    assert_int_equal(2, client_dossier_held(d, NULL, false));
    assert_int_equal(2, client_dossier_held(d, &rules, false));
    assert_int_equal(1, client_dossier_held(d, &rules, true)); /* a lapsed waiver only alerts */
    rules.lapse |= 1u << PLUMB_FOLLOW_HOLD;
    assert_int_equal(2, client_dossier_held(d, &rules, true));
}

/* Changed by path in place: "controls.0.state". NULL takes the member away. */
static void
change(json_t *json, const char *path, json_t *value)
{
    const char *dot;

    for (; (dot = strchr(path, '.')) != NULL; path = dot + 1) {
        PLUMB_AUTO(auto_free) char *key = strndup(path, (size_t)(dot - path));

        json = json_is_array(json) ? json_array_get(json, (size_t)atoi(key))
                                   : json_object_get(json, key);
    }
    assert_true(json_is_object(json));
    if (value != NULL)
        assert_int_equal(0, json_object_set_new(json, path, value));
    else
        assert_int_equal(0, json_object_del(json, path));
}

static void
an_answer_of_another_form_is_refused(void **state)
{
    const struct {
        const char *path;
        json_t *value;
        const char *rule;
    } cases[] = {
        { "release", json_string("short"), "hex.form" },
        { "controls", NULL, "json.missing" },
        { "evidence", json_object(), "json.type" },
        { "controls.0.state", json_string("splendid"), "dossier.word" },
        { "controls.0.level", json_string("may"), "dossier.word" },
        { "controls.0.control", NULL, "json.missing" },
        { "controls.1.lapsed", NULL, "json.missing" },
        { "controls.0.by", json_integer(1), "json.type" },
        { "evidence.0.kind", json_string("poem"), "dossier.word" },
        { "evidence.0.accepted", NULL, "json.missing" },
        { "evidence.0.size", json_integer(-1), "json.number" },
        { "findings.0.severity", json_string("awful"), "dossier.word" },
        { "findings.0.state", json_integer(3), "dossier.word" },
        { "findings.0.blocking", NULL, "json.missing" },
        { "findings.0.since", json_string("yesterday"), "time.form" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        PLUMB_AUTO(plumb_json_auto) json_t *json = json_of(whole);
        struct client_dossier *d = NULL;
        struct plumb_err err = { 0 };

        change(json, cases[i].path, cases[i].value);
        assert_refused(cases[i].rule, client_dossier_read(json, &d, &err), &err);
        assert_null(d);
    }
}

static void
the_digest_changes_with_all_but_the_time(void **state)
{
    const struct {
        const char *path;
        json_t *value;
        bool same;
    } cases[] = {
        { "at", json_string("2026-11-25T15:00:00Z"), true },
        { "controls.0.state", json_string("open"), false },
        { "controls.1.waivedUntil", json_string("2027-01-02T00:00:00Z"), false },
        { "evidence.0.accepted", json_true(), false },
        { "findings.0.blocking", json_false(), false },
        { "findings.0.summary", json_string("it leaks more"), false },
    };
    PLUMB_AUTO(auto_dossier) struct client_dossier *before = read_whole();

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        PLUMB_AUTO(plumb_json_auto) json_t *json = json_of(whole);
        PLUMB_AUTO(auto_dossier) struct client_dossier *d = NULL;
        struct plumb_err err = { 0 };

        change(json, cases[i].path, cases[i].value);
        assert_ok(client_dossier_read(json, &d, &err), &err);
        assert_int_equal(cases[i].same, plumb_digest_eq(&before->digest, &d->digest));
    }
}

static void
findings_say_how_old_their_feed_is(void **state)
{
    PLUMB_AUTO(plumb_json_auto)
    json_t *json = json_of("{'findings': [], 'monitor': {'imports': 2, 'advisories': 70,"
                           " 'imported': '2026-11-25T14:00:00Z', 'stale': true}}");
    PLUMB_AUTO(auto_findings) struct client_findings *f = NULL;
    struct client_findings *none = NULL;
    struct plumb_err err = { 0 };

    (void)state;
    assert_ok(client_findings_read(json, &f, &err), &err);
    assert_int_equal(0, f->n);
    assert_int_equal(70, f->advisories);
    assert_int_equal(1795615200, f->imported);
    assert_true(f->stale);
    change(json, "monitor.stale", NULL);
    assert_refused("json.missing", client_findings_read(json, &none, &err), &err);
}

static void
memory_that_runs_out_is_said_to(void **state)
{
    PLUMB_AUTO(plumb_json_auto) json_t *json = json_of(whole);

    (void)state;
    for (size_t n = 0;; n++) {
        struct client_dossier *d = NULL;
        struct plumb_err err = { 0 };
        enum plumb_code code;

        scarce_begin(n);
        code = client_dossier_read(json, &d, &err);
        if (!scarce_end()) {
            client_dossier_free(d);
            assert_true(n > 3);
            break;
        }
        assert_int_equal(PLUMB_NO_MEMORY, code);
        assert_null(d);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_member_is_read),
        cmocka_unit_test(
            what_holds_an_approval_or_a_begin_back_is_what_the_service_holds_it_to),
        cmocka_unit_test(an_answer_of_another_form_is_refused),
        cmocka_unit_test(the_digest_changes_with_all_but_the_time),
        cmocka_unit_test(findings_say_how_old_their_feed_is),
        cmocka_unit_test(memory_that_runs_out_is_said_to),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
