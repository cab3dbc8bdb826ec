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
#include "tests/liar.h"
#include "tests/tui/onlooker.h"
#include "tests/tui/supplies.h"

PLUMB_DEFINE_AUTO(auto_statement, struct tui_statement *, tui_statement_free);

#define CYCLONEDX  "https://cyclonedx.org/bom"
#define PROVENANCE "https://slsa.dev/provenance/v1"
#define CONTROLS   "/v1/payloads/svr2/versions/2/controls"

static struct people people;
static struct liar *liar;
static struct onlooker onlooker;
static struct plumb_digest second;   /* the release svr2@2 */
static struct plumb_digest artifact; /* its reference values */

/* --- what is there --- */

static void
attach(int status, const char *path)
{
    assert_as("pipeline", status, "evidence", "add", "svr2@2", path);
}

static void
parse_id(const char *hex, struct plumb_digest *ret)
{
    struct plumb_err err;

    assert_ok(plumb_digest_parse(hex, "id", ret, &err), &err);
}

static int
begin(void **state)
{
    static char socket[100];

    (void)state;
    people_begin(&people);
    people_govern_controls(&people);
    people_profiles(&people);
    supply_current();
    parse_id(id_of(ANSWER("pipeline", "release", "add", "svr2@2", "--values", values_of(2))),
             &second);
    (void)snprintf(socket, sizeof socket, "%s/liar", pg_directory());
    liar = liar_begin(socket, people.socket + strlen("unix:"));
    onlooker_begin(&onlooker, socket, "alice.sign");
    artifact = supply_artifact("svr2@2");
    return 0;
}

static int
end(void **state)
{
    (void)state;
    onlooker_end(&onlooker);
    liar_end(liar);
    people_end(&people);
    return 0;
}

static struct tui_material *
find_material(struct tui_statement *s, const char *name)
{
    for (size_t i = 0; i < s->evidence.nmaterials; i++)
        if (strcmp(s->evidence.materials[i].name, name) == 0)
            return &s->evidence.materials[i];
    fail_msg("no %s is compared", name);
    return NULL;
}

static const struct tui_material *
read_material(struct tui_statement *s, const char *name)
{
    struct tui_material *m = find_material(s, name);
    struct plumb_err err;

    if (m->state == TUI_READING)
        assert_ok(view_read_material(&onlooker.session, m, &err), &err);
    return m;
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
    assert_as("pipeline", 0, "evidence", "add", "svr2@2",
              supply_roots("roots.pem", "Five", "Six"));
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

/* --- bills that somebody signed --- */

static void
a_bill_in_an_attestation_is_compared_with_that_of_what_is_current(void **state)
{
    PLUMB_AUTO(plumb_json_auto)
    json_t *envelope =
        supply_attested("pipeline.sign", CYCLONEDX, &artifact, supply_bill("4.17.21", "pad"));

    (void)state;
    for (int bundle = 0; bundle < 2; bundle++) {
        PLUMB_AUTO(auto_statement) struct tui_statement *s = NULL;
        const char *name = bundle == 1 ? "bundle.json" : "bill.json";
        const struct tui_material *m;

        attach(0, supply_file(name,
                              bundle == 1
                                  ? json_pack("{s:s, s:{s:{s:s}}, s:O}", "mediaType",
                                              "application/vnd.dev.sigstore.bundle.v0.3+json",
                                              "verificationMaterial", "publicKey", "hint", "x",
                                              "dsseEnvelope", envelope)
                                  : json_incref(envelope)));
        s = onlooker_look(&onlooker, &second);
        m = read_material(s, name);
        assert_int_equal(TUI_READ, m->state);
        assert_string_equal("pipelines", m->signer);
        assert_int_equal(2, m->total);
        assert_int_equal(1, m->added);
        assert_int_equal(1, m->removed);
        assert_int_equal(1, m->changed);
        assert_string_equal("left-pad", m->components[0].name);
        assert_string_equal("lodash", m->components[1].name);
        assert_string_equal("4.0.0", m->components[1].before);
        assert_string_equal("4.17.21", m->components[1].after);
    }
}

/* The service says that all of them are bills that it accepted: what it must have refused is
 * not shown, and bars an approval. */
static void
a_bill_is_shown_only_as_far_as_it_is_proven(void **state)
{
    const struct plumb_digest other = make_digest("another");
    const struct {
        const char *key, *type;
        const struct plumb_digest *about;
        json_t *predicate;
        const char *rule;
    } cases[] = {
        { "auditor.sign", CYCLONEDX, &artifact, supply_bill("1.0.0", "a"),
          "attestation.signer" },
        { "alice.sign", CYCLONEDX, &artifact, supply_bill("1.0.0", "b"), "attested.trust" },
        { "pipeline.sign", CYCLONEDX, &other, supply_bill("1.0.0", "c"), "attested.subject" },
        { "pipeline.sign", PROVENANCE, &artifact,
          json_of("{'buildDefinition': {'buildType': 'x'}, 'runDetails': {'builder': {'id':"
                  " 'y'}}}"),
          "attested.bill" },
        { "pipeline.sign", CYCLONEDX, &artifact,
          json_of("{'bomFormat': 'CycloneDX', 'specVersion': '1.5', 'vulnerabilities': [{'id':"
                  " 'CVE-1'}]}"),
          "evidence.empty" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        PLUMB_AUTO(plumb_json_auto) json_t *lie = NULL;
        PLUMB_AUTO(auto_statement) struct tui_statement *s = NULL;
        const struct tui_material *m;
        struct plumb_err err;
        json_t *file;
        char name[32], why[500];

        (void)snprintf(name, sizeof name, "lie-%zu.json", i);
        attach(3, supply_file(name, supply_attested(cases[i].key, cases[i].type, cases[i].about,
                                                    cases[i].predicate)));
        assert_ok(client_get(onlooker.session.client, CONTROLS, &lie, &err), &err);
        file = json_object_get(lie, "evidence");
        file = json_array_get(file, json_array_size(file) - 1);
        assert_string_equal(name, json_string_value(json_object_get(file, "name")));
        assert_null(json_object_get(file, "bill"));
        json_object_set_new(file, "accepted", json_true());
        json_object_set_new(file, "bill", json_true());
        liar_say_json(liar, CONTROLS, lie);
        s = onlooker_look(&onlooker, &second);
        m = read_material(s, name);
        assert_int_equal(TUI_UNREAD, m->state);
        assert_int_equal(0, m->ncomponents);
        if (strstr(m->why, cases[i].rule) == NULL)
            fail_msg("want %s, got %s", cases[i].rule, m->why);
        for (size_t k = 0; k < s->evidence.nmaterials; k++)
            if (&s->evidence.materials[k] != m)
                s->evidence.materials[k].state = TUI_READ;
        assert_non_null(tui_evidence_bars(&s->evidence, why, sizeof why));
        assert_non_null(strstr(why, cases[i].rule));
        liar_repent(liar);
    }
}

/* It is no reason not to look at the new one. */
static void
what_takes_the_place_of_a_bill_that_is_not_borne_out_is_new(void **state)
{
    PLUMB_AUTO(auto_statement) struct tui_statement *s = onlooker_look(&onlooker, &second);
    const struct tui_material *bundle = find_material(s, "bundle.json");
    struct tui_material m = { .accepted = true,
                              .after = bundle->after,
                              .before = bundle->after,
                              .governance = bundle->governance };
    struct plumb_err err;

    (void)state;
    m.before.index = 0; /* as if it had been attached by the genesis */
    m.before.release = onlooker.trust->genesis;
    assert_ok(view_read_material(&onlooker.session, &m, &err), &err);
    assert_int_equal(TUI_READ, m.state);
    assert_int_equal(2, m.added);
    assert_non_null(strstr(m.against, "attested.release"));
    tui_material_clear(&m);
}

static void
the_bill_of_what_is_current_may_be_in_an_attestation(void **state)
{
    PLUMB_AUTO(auto_statement) struct tui_statement *s = onlooker_look(&onlooker, &second);
    const struct tui_material *bundle = find_material(s, "bundle.json");
    struct tui_material m = { .accepted = true,
                              .after = bundle->before,
                              .before = bundle->after,
                              .governance = bundle->governance };
    struct plumb_err err;

    (void)state;
    assert_ok(view_read_material(&onlooker.session, &m, &err), &err);
    assert_int_equal(TUI_READ, m.state);
    assert_string_equal("", m.signer);
    assert_string_equal("4.17.21", m.components[1].before);
    assert_string_equal("4.0.0", m.components[1].after);
    tui_material_clear(&m);
}

/* The document without the pipelines' word for bills, approved. */
static void
govern_anew(void)
{
    json_t *document = json_load_file("governance.json", 0, NULL);
    struct plumb_digest previous;
    struct plumb_err err;

    assert_ok(plumb_json_digest(document, &previous, &err), &err);
    json_object_set_new(document, "version", json_integer(2));
    json_object_set_new(document, "previous", make_hex(&previous));
    json_object_del(json_object_get(json_object_get(document, "controls"), "trust"),
                    "pipelines");
    approves("bob", id_of(ANSWER("alice", "governance", "propose",
                                 supply_file("next.json", document))));
    assert_ok(session_govern(&onlooker.session, &err), &err);
}

static void
a_signer_who_is_trusted_no_more_is_said_and_bars_nobody(void **state)
{
    PLUMB_AUTO(auto_statement) struct tui_statement *before = NULL, *s = NULL;
    const struct tui_material *m;
    char why[500];

    (void)state;
    before = onlooker_look(&onlooker, &second);
    govern_anew();
    s = onlooker_look(&onlooker, &second);
    m = read_material(s, "bundle.json");
    assert_int_equal(TUI_OPAQUE, m->state);
    assert_non_null(strstr(m->why, "attested.lapsed"));
    assert_int_equal(0, m->ncomponents);
    (void)read_material(s, "roots.pem");
    (void)read_material(s, "old.pem");
    assert_null(tui_evidence_bars(&s->evidence, why, sizeof why));
    /* and what was read by another document is read again */
    assert_false(tui_material_same(m, find_material(before, "bundle.json")));
    assert_true(
        tui_material_same(find_material(s, "roots.pem"), find_material(before, "roots.pem")));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_release_has_no_more_is_shown_as_removed),
        cmocka_unit_test(what_is_of_the_same_name_takes_its_place),
        cmocka_unit_test(nothing_is_said_to_be_gone_that_may_only_be_unproven),
        cmocka_unit_test(a_bill_in_an_attestation_is_compared_with_that_of_what_is_current),
        cmocka_unit_test(a_bill_is_shown_only_as_far_as_it_is_proven),
        cmocka_unit_test(what_takes_the_place_of_a_bill_that_is_not_borne_out_is_new),
        cmocka_unit_test(the_bill_of_what_is_current_may_be_in_an_attestation),
        cmocka_unit_test(a_signer_who_is_trusted_no_more_is_said_and_bars_nobody),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
