/*
 * Bills of materials and root stores of a release against those of the version that is current,
 * from a real service: what is compared with what, and what is gone.
 */
#include "tests/t.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/chain.h"
#include "lib/own.h"
#include "tests/cli/people.h"
#include "tests/tui/onlooker.h"

PLUMB_DEFINE_AUTO(auto_statement, struct tui_statement *, tui_statement_free);

static struct people people;
static struct onlooker onlooker;
static struct plumb_digest second; /* the proposal to approve svr2@2 */

/* --- what is there --- */

/* A bill of lodash of this version, and of one more component; the path of the file. */
static const char *
bill_of(const char *name, const char *lodash, const char *more)
{
    char text[600];

    (void)snprintf(text, sizeof text,
                   "{\"bomFormat\": \"CycloneDX\", \"specVersion\": \"1.5\", \"version\": 1,"
                   " \"components\": [{\"type\": \"library\", \"name\": \"lodash\","
                   " \"version\": \"%s\", \"purl\": \"pkg:npm/lodash@%s\"},"
                   " {\"type\": \"library\", \"name\": \"%s\", \"version\": \"1.3.0\","
                   " \"purl\": \"pkg:npm/%s@1.3.0\"}]}",
                   lodash, lodash, more, more);
    return in_bytes(name, text, strlen(text));
}

static void
parse_id(const char *hex, struct plumb_digest *ret)
{
    struct plumb_err err;

    assert_ok(plumb_digest_parse(hex, "id", ret, &err), &err);
}

/* The first version: a bill and two root stores. It becomes current. */
static void
make_current(void)
{
    const char *id =
        id_of(ANSWER("pipeline", "release", "add", "svr2@1", "--values", values_of(1), "--sbom",
                     bill_of("sbom.json", "4.0.0", "left-pad")));
    const char *waiver;

    assert_as("pipeline", 0, "evidence", "add", "svr2@1", "sbom.json",
              roots_of("roots.pem", "One", "Two"), roots_of("old.pem", "Three", "Four"));
    assert_as("pipeline", 0, "advisories", "import", "--empty");
    waiver =
        id_of(ANSWER("pipeline", "waiver", "svr2@1", "DEV-IO", "--until",
                     "2099-01-01T00:00:00Z", "--justification", "late", "--compensating", "-"));
    approves("alice", waiver);
    approves("bob", waiver);
    approves("alice", id);
    approves("bob", id);
    begun("svr2@1");
    completed("svr2@1");
}

static int
begin(void **state)
{
    (void)state;
    people_begin(&people);
    people_govern_controls(&people);
    people_profiles(&people);
    make_current();
    parse_id(id_of(ANSWER("pipeline", "release", "add", "svr2@2", "--values", values_of(2))),
             &second);
    onlooker_begin(&onlooker, people.socket + strlen("unix:"), "alice.sign");
    return 0;
}

static int
end(void **state)
{
    (void)state;
    onlooker_end(&onlooker);
    people_end(&people);
    return 0;
}

/* Of the statement, read. */
static const struct tui_material *
read_material(struct tui_statement *s, const char *name)
{
    for (size_t i = 0; i < s->evidence.nmaterials; i++) {
        struct tui_material *m = &s->evidence.materials[i];
        struct plumb_err err;

        if (strcmp(m->name, name) != 0)
            continue;
        if (m->state == TUI_READING)
            assert_ok(view_read_material(onlooker.session.client, m, &err), &err);
        return m;
    }
    fail_msg("no %s is compared", name);
    return NULL;
}

/* --- what is gone --- */

static void
what_the_release_has_no_more_is_shown_as_removed(void **state)
{
    PLUMB_AUTO(auto_statement) struct tui_statement *s = onlooker_look(&onlooker, &second);
    const struct tui_material *m = read_material(s, "sbom.json");

    (void)state;
    assert_int_equal(3, s->evidence.nmaterials);
    assert_false(m->after.exists);
    assert_int_equal(TUI_READ, m->state);
    for (int i = 0; i < 2; i++) {
        m = read_material(s, i == 0 ? "roots.pem" : "old.pem");
        assert_int_equal(TUI_READ, m->state);
        assert_false(m->after.exists);
        assert_int_equal(0, m->total);
        assert_int_equal(2, m->removed);
        assert_int_equal(2, m->ncertificates);
        assert_int_equal(TUI_CERT_REMOVED, m->certificates[0].how);
        assert_non_null(strstr(m->against, "From 1, current in prod"));
    }
}

static void
what_is_of_the_same_name_takes_its_place(void **state)
{
    PLUMB_AUTO(auto_statement) struct tui_statement *s = NULL;
    const struct tui_material *m;

    (void)state;
    assert_as("pipeline", 0, "evidence", "add", "svr2@2", roots_of("roots.pem", "Five", "Six"));
    s = onlooker_look(&onlooker, &second);
    m = read_material(s, "roots.pem");
    assert_true(m->after.exists && m->before.exists);
    assert_int_equal(2, m->added);
    assert_int_equal(2, m->removed);
    assert_false(read_material(s, "old.pem")->after.exists); /* the other one is gone still */
}

static void
nothing_is_said_to_be_gone_that_may_only_be_unproven(void **state)
{
    PLUMB_AUTO(auto_statement) struct tui_statement *s = onlooker_look(&onlooker, &second);
    struct view_current current;
    struct plumb_err err;
    struct tui_evidence *e = &s->evidence;
    struct client_statement release = { 0 };

    (void)state;
    assert_ok(client_statement(onlooker.session.client, &second, client_chain_key,
                               onlooker.session.chain, &release, &err),
              &err);
    view_current(&onlooker.session, release.signed_statement->statement, &current);
    for (int failed = 0; failed < 2; failed++) {
        e->nmaterials = 0;
        if (failed == 1)
            (void)snprintf(e->failed, sizeof e->failed, "the file roots.pem: attached.by");
        e->files[0].check = TUI_FAILED;
        assert_ok(view_materials(&onlooker.session, release.signed_statement->statement,
                                 release.signed_statement->statement, &current, e, &err),
                  &err);
        assert_int_equal(failed == 1 ? 0 : 3, e->nmaterials);
    }
    client_statement_clear(&release);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_release_has_no_more_is_shown_as_removed),
        cmocka_unit_test(what_is_of_the_same_name_takes_its_place),
        cmocka_unit_test(nothing_is_said_to_be_gone_that_may_only_be_unproven),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
