/*
 * What is on file about a release, as the terminal reads it from a real service, and from one
 * that lies: everything is proven, what is not is said, and nothing is sent when it moved.
 */
#include "tests/t.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/keyspec.h"
#include "lib/own.h"
#include "tests/cli/people.h"
#include "tests/liar.h"
#include "tests/scarce.h"
#include "tests/tui/onlooker.h"
#include "tests/tui/supplies.h"

#define V        "svr2@1"
#define CONTROLS "/v1/payloads/svr2/versions/1/controls"

static const char bill[] =
    "{\"bomFormat\": \"CycloneDX\", \"specVersion\": \"1.5\", \"version\": 1, \"components\":"
    " [{\"type\": \"library\", \"name\": \"lodash\", \"version\": \"4.0.0\", \"purl\":"
    " \"pkg:npm/lodash@4.0.0\"}, {\"type\": \"library\", \"name\": \"left-pad\", \"version\":"
    " \"1.3.0\", \"purl\": \"pkg:npm/left-pad@1.3.0\"}]}";
static const char bare[] = "{\"_type\": \"x\", \"predicateType\": \"y\"}";

static struct people people;
static struct liar *liar;
static struct onlooker onlooker;
static struct session *const session = &onlooker.session;
static struct plumb_digest release, waiver;
static json_t *honest; /* what the service says of the controls */

PLUMB_DEFINE_AUTO(auto_statement, struct tui_statement *, tui_statement_free);

static void
parse_id(const char *hex, struct plumb_digest *ret)
{
    struct plumb_err err;

    assert_ok(plumb_digest_parse(hex, "id", ret, &err), &err);
}

/* A release with a bill, a root store, something that nobody signed, and a waiver. */
static void
release_it(void)
{
    const char *id;

    (void)in_bytes("sbom.json", bill, strlen(bill));
    (void)in_bytes("bare.json", bare, strlen(bare));
    id = id_of(ANSWER("pipeline", "release", "add", V, "--values", values_of(1), "--sbom",
                      "sbom.json"));
    parse_id(id, &release);
    assert_as("pipeline", 0, "evidence", "add", V, "sbom.json",
              supply_roots("roots.pem", "One", "Two"));
    assert_as("pipeline", 3, "evidence", "add", V, "bare.json", "--kind", "attestation");
    id = id_of(ANSWER("pipeline", "waiver", V, "DEV-IO", "--until", "2099-01-01T00:00:00Z",
                      "--justification", "late", "--compensating", "guards at the door"));
    parse_id(id, &waiver);
    approves("alice", id);
    approves("bob", id);
}

static int
begin(void **state)
{
    static char socket[100];
    struct plumb_err err;

    (void)state;
    people_begin(&people);
    people_govern_controls(&people);
    people_profiles(&people);
    release_it();
    (void)snprintf(socket, sizeof socket, "%s/liar", pg_directory());
    liar = liar_begin(socket, people.socket + strlen("unix:"));
    onlooker_begin(&onlooker, socket, "alice.sign");
    assert_ok(client_get(session->client, CONTROLS, &honest, &err), &err);
    return 0;
}

static int
end(void **state)
{
    (void)state;
    onlooker_end(&onlooker);
    json_decref(honest);
    liar_end(liar);
    people_end(&people);
    return 0;
}

static struct tui_statement *
look(const struct plumb_digest *id)
{
    return onlooker_look(&onlooker, id);
}

/* Nothing proven is remembered: it is looked at as if for the first time. */
static void
forget(void)
{
    memset(session->proven, 0, sizeof session->proven);
}

/* --- as it is --- */

static void
all_that_is_on_file_is_read_and_proven(void **state)
{
    PLUMB_AUTO(auto_statement) struct tui_statement *s = look(&release);
    const struct tui_evidence *e = &s->evidence;
    const struct client_dossier *d = e->dossier;

    (void)state;
    assert_non_null(d);
    assert_string_equal("", e->unread);
    assert_string_equal("", e->failed);
    assert_true(e->governed && e->gates);
    assert_int_equal(3, d->ncontrols);
    assert_int_equal(1, e->held); /* no advisories were ever imported */
    assert_int_equal(3, d->nfiles);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(TUI_CHECKED, e->files[i].check);
    assert_false(d->files[2].accepted);
    assert_string_equal("attestation.unsigned", d->files[2].rule);
    assert_int_equal(1, e->nwaivers);
    assert_int_equal(TUI_CHECKED, e->waivers[0].proof.check);
    assert_string_equal("DEV-IO", e->waivers[0].control);
    assert_string_equal("guards at the door", e->waivers[0].compensating);
    assert_string_equal("late", e->waivers[0].justification);
    assert_string_equal("alice, bob", e->waivers[0].who);
    assert_int_equal(2, e->nmaterials);
    assert_string_equal("sbom.json", e->materials[0].name);
    assert_true(e->materials[1].roots);
    assert_false(e->materials[0].before.exists);
}

static void
what_was_proven_is_not_proven_again(void **state)
{
    PLUMB_AUTO(auto_statement) struct tui_statement *s = look(&release);
    const size_t before = liar_asked(liar, "/v1/entries/");
    PLUMB_AUTO(auto_statement) struct tui_statement *again = look(&release);
    const size_t after = liar_asked(liar, "/v1/entries/");
    PLUMB_AUTO(auto_statement) struct tui_statement *once_more = NULL;

    (void)state;
    assert_string_equal("", again->evidence.failed);
    forget();
    once_more = look(&release);
    assert_true(liar_asked(liar, "/v1/entries/") - after > after - before);
}

static void
materials_are_read_from_what_the_log_names(void **state)
{
    PLUMB_AUTO(auto_statement) struct tui_statement *s = look(&release);
    struct tui_material *bills = &s->evidence.materials[0], *stores = &s->evidence.materials[1];
    struct plumb_err err;

    (void)state;
    assert_ok(view_read_material(session, bills, &err), &err);
    assert_int_equal(TUI_READ, bills->state);
    assert_int_equal(2, bills->total);
    assert_int_equal(2, bills->added);
    assert_string_equal("left-pad", bills->components[0].name);
    assert_null(bills->components[0].before);
    assert_string_equal("1.3.0", bills->components[0].after);
    assert_string_equal("pkg:npm/left-pad@1.3.0", bills->components[0].purl);
    assert_ok(view_read_material(session, stores, &err), &err);
    assert_int_equal(TUI_READ, stores->state);
    assert_int_equal(2, stores->ncertificates);
    assert_int_equal(TUI_CERT_ADDED, stores->certificates[0].how);
    assert_true(stores->certificates[0].not_after > 0);
    assert_string_not_equal("", stores->certificates[0].key);
}

/* --- what a service that lies can do --- */

/* Set by path: "evidence.0.by". NULL takes it away. */
static void
set(json_t *json, const char *path, json_t *value)
{
    const char *dot;

    for (; (dot = strchr(path, '.')) != NULL; path = dot + 1) {
        PLUMB_AUTO(auto_free) char *key = strndup(path, (size_t)(dot - path));

        json = json_is_array(json) ? json_array_get(json, (size_t)atoi(key))
                                   : json_object_get(json, key);
    }
    if (json_is_array(json))
        assert_int_equal(0, json_array_remove(json, (size_t)atoi(path)));
    else
        assert_int_equal(0, json_object_set_new(json, path, value));
}

static json_t *
hex_of(const struct plumb_digest *d)
{
    char hex[PLUMB_DIGEST_HEX];

    plumb_digest_hex(d, hex);
    return json_string(hex);
}

static void
what_the_log_does_not_bear_out_fails(void **state)
{
    const json_t *bare_file = json_array_get(json_object_get(honest, "evidence"), 2);
    const struct {
        const char *path;
        json_t *value;
        const char *says;
    } cases[] = {
        { "evidence.0.digest", hex_of(&release), "attached.file" },
        { "evidence.0.size", json_integer(1), "attached.file" },
        { "evidence.0.name", json_string("other.json"), "attached.file" },
        { "evidence.1.kind", json_string("document"), "attached.file" },
        { "evidence.1.reviewBy", json_string("2099-01-01T00:00:00Z"), "attached.file" },
        { "evidence.0.by", json_string("alice"), "attached.by" },
        { "evidence.0.time", json_string("2020-01-01T00:00:00Z"), "attached.time" },
        { "evidence.0.index", json_integer(1), "attached.statement" },
        { "evidence.0.index", json_incref(json_object_get(bare_file, "index")),
          "attached.file" },
        { "evidence.0.index", json_integer(100000), "the file sbom.json" },
        { "controls.0.waiver", hex_of(&release), "waiver.other" },
        { "controls.0.waivedUntil", json_string("2100-01-01T00:00:00Z"), "waiver.other" },
        { "controls.0", NULL, "the service evaluated 2 controls, governance names 3" },
        { "controls.1.level", json_string("should"), "otherwise than governance" },
        { "controls.1.control", json_string("SUP-MINE"), "otherwise than governance" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        PLUMB_AUTO(plumb_json_auto) json_t *lie = json_deep_copy(honest);
        PLUMB_AUTO(auto_statement) struct tui_statement *s = NULL;

        set(lie, cases[i].path, cases[i].value);
        liar_say_json(liar, CONTROLS, lie);
        forget();
        s = look(&release);
        if (strstr(s->evidence.failed, cases[i].says) == NULL)
            fail_msg("%s: want \"%s\", got \"%s\"", cases[i].path, cases[i].says,
                     s->evidence.failed);
        liar_repent(liar);
    }
}

static void
a_waiver_without_its_votes_fails(void **state)
{
    PLUMB_AUTO(plumb_json_auto) json_t *proposal = NULL;
    PLUMB_AUTO(auto_statement) struct tui_statement *s = NULL;
    char path[CLIENT_PATH_MAX], hex[PLUMB_DIGEST_HEX];
    struct plumb_err err;

    (void)state;
    plumb_digest_hex(&waiver, hex);
    client_path(path, sizeof path, "/v1/proposals/%s", hex);
    assert_ok(client_get(session->client, path, &proposal, &err), &err);
    (void)json_array_remove(json_object_get(proposal, "votes"), 2);
    liar_say_json(liar, path, proposal);
    s = look(&release);
    assert_non_null(strstr(s->evidence.failed, "the waiver of DEV-IO: waiver.quorum"));
    assert_int_equal(TUI_FAILED, s->evidence.waivers[0].proof.check);
    liar_repent(liar);
}

static void
controls_that_cannot_be_read_are_not_taken_for_none(void **state)
{
    const struct {
        const char *path; /* NULL: no such version */
        json_t *value;
        const char *says;
    } cases[] = {
        { NULL, NULL, "client.answer" },
        { "controls.0.state", json_string("splendid"), "dossier.word" },
        { "release", hex_of(&waiver), "dossier.release" },
        { "version", json_string("2"), "dossier.version" },
        { "evidence", json_null(), "json." },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        PLUMB_AUTO(plumb_json_auto) json_t *lie = json_deep_copy(honest);
        PLUMB_AUTO(auto_statement) struct tui_statement *s = NULL;

        if (cases[i].path != NULL) {
            set(lie, cases[i].path, cases[i].value);
            liar_say_json(liar, CONTROLS, lie);
        } else
            liar_say(liar, CONTROLS, 404, "", 0);
        s = look(&release);
        assert_null(s->evidence.dossier);
        assert_true(s->evidence.governed);
        if (strstr(s->evidence.unread, cases[i].says) == NULL)
            fail_msg("want \"%s\", got \"%s\"", cases[i].says, s->evidence.unread);
        liar_repent(liar);
    }
}

static void
other_bytes_than_the_log_names_are_not_shown(void **state)
{
    static const char other[] = "{\"bomFormat\": \"CycloneDX\", \"specVersion\": \"1.5\"}";
    PLUMB_AUTO(auto_statement) struct tui_statement *s = look(&release);
    struct tui_material *m = &s->evidence.materials[0];
    struct plumb_err err;
    char why[500];

    (void)state;
    liar_say(liar, "/v1/blobs/", 200, other, strlen(other));
    assert_ok(view_read_material(session, m, &err), &err);
    liar_repent(liar);
    assert_int_equal(TUI_UNREAD, m->state);
    assert_int_equal(0, m->ncomponents);
    assert_non_null(strstr(m->why, "blob.digest"));
    assert_non_null(tui_evidence_bars(&s->evidence, why, sizeof why));
}

/* What is no bill bars nobody, unless the service took it for one. */
static void
what_cannot_be_read_as_a_bill_is_said(void **state)
{
    struct tui_material m = { .name = "x" };
    const struct plumb_digest *digest;
    PLUMB_AUTO(auto_statement) struct tui_statement *s = look(&release);
    struct plumb_err err;

    (void)state;
    digest = &s->evidence.dossier->files[2].digest; /* bare.json */
    for (int accepted = 0; accepted < 2; accepted++) {
        m = (struct tui_material){ .after = { .exists = true, .digest = *digest },
                                   .accepted = accepted == 1 };
        assert_ok(view_read_material(session, &m, &err), &err);
        assert_int_equal(accepted == 1 ? TUI_UNREAD : TUI_OPAQUE, m.state);
        assert_non_null(strstr(m.why, "sbom.format"));
    }
    /* nor is what it takes the place of: then everything is new */
    m = (struct tui_material){ .after = s->evidence.materials[0].after,
                               .before = { .exists = true, .digest = *digest } };
    assert_ok(view_read_material(session, &m, &err), &err);
    assert_int_equal(TUI_READ, m.state);
    assert_int_equal(2, m.added);
    assert_non_null(strstr(m.against, "cannot be read"));
    tui_material_clear(&m);
}

/* --- deciding on it --- */

static void
touch(void *arg, const char *text)
{
    (void)arg;
    (void)text;
}

static enum plumb_code
decide(enum tui_deed_kind kind, const struct plumb_digest *seen, struct plumb_err *err)
{
    struct tui_deed deed = { .kind = kind,
                             .id = release,
                             .seen = *seen,
                             .payload = "svr2",
                             .version = "1",
                             .date = PLUMB_TIME_NEVER };
    char text[500];

    return session_deed(session, &deed, touch, NULL, text, sizeof text, err);
}

static void
nothing_is_approved_that_does_not_verify(void **state)
{
    PLUMB_AUTO(plumb_json_auto) json_t *lie = json_deep_copy(honest);
    PLUMB_AUTO(auto_statement) struct tui_statement *s = NULL;
    struct plumb_err err;

    (void)state;
    set(lie, "evidence.0.by", json_string("alice"));
    liar_say_json(liar, CONTROLS, lie);
    s = look(&release);
    assert_refused("decide.evidence", decide(TUI_APPROVE, &s->seen, &err), &err);
    liar_repent(liar);
}

static void
nothing_is_sent_when_controls_or_evidence_moved(void **state)
{
    PLUMB_AUTO(plumb_json_auto) json_t *other = json_deep_copy(honest);
    PLUMB_AUTO(auto_statement) struct tui_statement *s = look(&release);
    struct plumb_err err;

    (void)state;
    set(other, "controls.1.state", json_string("open"));
    liar_say_json(liar, CONTROLS, other);
    assert_refused("decide.moved", decide(TUI_APPROVE, &s->seen, &err), &err);
    assert_non_null(strstr(err.msg, "its controls, evidence or findings have changed"));
    liar_repent(liar);
    liar_say(liar, CONTROLS, 200, "[]", 2);
    assert_refused("decide.moved", decide(TUI_APPROVE, &s->seen, &err), &err);
    assert_non_null(strstr(err.msg, "cannot be read"));
    liar_repent(liar);
    /* and really */
    assert_as("pipeline", 0, "advisories", "import", "--empty");
    assert_refused("decide.moved", decide(TUI_APPROVE, &s->seen, &err), &err);
    tui_statement_free(s);
    s = look(&release);
    assert_int_equal(0, s->evidence.held);
    assert_ok(decide(TUI_APPROVE, &s->seen, &err), &err);
}

/* --- findings --- */

static const char record[] =
    "{\"id\": \"GHSA-1\", \"modified\": \"2026-01-01T00:00:00Z\", \"affected\": [{\"package\":"
    " {\"ecosystem\": \"npm\", \"name\": \"lodash\"}, \"ranges\": [{\"type\": \"SEMVER\","
    " \"events\": [{\"introduced\": \"0\"}, {\"fixed\": \"4.17.21\"}]}]}]}";

static void
what_advisories_found_is_counted_where_the_version_is_accepted(void **state)
{
    struct tui_fleets *fleets = NULL;
    char hex[PLUMB_DIGEST_HEX];
    struct plumb_err err;

    (void)state;
    plumb_digest_hex(&release, hex);
    approves("bob", hex);
    begun(V);
    assert_as("pipeline", 0, "advisories", "import",
              in_bytes("advisory.json", record, strlen(record)));
    session->size = 1000000;
    assert_ok(session_govern(session, &err), &err);
    assert_ok(session_fleets(session, &fleets, &err), &err);
    assert_int_equal(1, fleets->fleets[0].payloads[0].n);
    assert_int_equal(1, fleets->fleets[0].payloads[0].versions[0].findings);
    assert_string_equal("", fleets->unread);
    tui_fleets_free(fleets);
    /* that they are not known is not that there are none */
    liar_say(liar, "/v1/findings", 500, "{}", 2);
    assert_ok(session_fleets(session, &fleets, &err), &err);
    assert_true(fleets->unread[0] != '\0');
    tui_fleets_free(fleets);
    liar_repent(liar);
}

/* --- memory --- */

/* Short of memory, a page is whole or there is none. */
static void
nothing_is_dropped_for_want_of_memory(void **state)
{
    PLUMB_AUTO(auto_statement) struct tui_statement *whole = look(&release);

    (void)state;
    for (size_t n = 0;; n++) {
        PLUMB_AUTO(auto_statement) struct tui_statement *s = NULL;
        struct plumb_err err;
        enum plumb_code code;
        bool failed;

        forget();
        scarce_begin(n);
        code = session_statement(session, &release, &s, &err);
        failed = scarce_end();
        if (code != PLUMB_OK) {
            assert_int_equal(PLUMB_NO_MEMORY, code);
            continue;
        }
        assert_int_equal(whole->nfacts, s->nfacts);
        assert_int_equal(whole->nvotes, s->nvotes);
        assert_int_equal(whole->nchanges, s->nchanges);
        assert_int_equal(whole->evidence.nwaivers, s->evidence.nwaivers);
        assert_int_equal(whole->evidence.nmaterials, s->evidence.nmaterials);
        if (!failed) {
            assert_true(n > 20);
            break;
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_is_on_file_is_read_and_proven),
        cmocka_unit_test(what_was_proven_is_not_proven_again),
        cmocka_unit_test(materials_are_read_from_what_the_log_names),
        cmocka_unit_test(what_the_log_does_not_bear_out_fails),
        cmocka_unit_test(a_waiver_without_its_votes_fails),
        cmocka_unit_test(controls_that_cannot_be_read_are_not_taken_for_none),
        cmocka_unit_test(other_bytes_than_the_log_names_are_not_shown),
        cmocka_unit_test(what_cannot_be_read_as_a_bill_is_said),
        cmocka_unit_test(nothing_is_approved_that_does_not_verify),
        cmocka_unit_test(nothing_is_dropped_for_want_of_memory),
        cmocka_unit_test(nothing_is_sent_when_controls_or_evidence_moved),
        cmocka_unit_test(what_advisories_found_is_counted_where_the_version_is_accepted),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
