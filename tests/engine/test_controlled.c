/* Controls: what meets each, and what an approval is held to. */
#include <plumb/bundle.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"
#include "supply/attestation.h"
#include "tests/engine/controlled.h"
#include "tests/t.h"

#define BUILDER    "https://forge.example/builder@v1"
#define SOURCE     "https://git.example/web"
#define PROVENANCE "https://slsa.dev/provenance/v1"

static struct plumb_signed *
approval(struct world *w, const struct plumb_digest *release)
{
    return make_vote(&w->make, "sol", release, PLUMB_APPROVE);
}

static void
nothing_is_approved_that_was_not_shown(void **state)
{
    struct world w;
    struct plumb_digest id;

    (void)state;
    controlled_begin(&w, NULL);
    id = controlled_propose(&w, "1.0");
    world_refuse(&w, "control.should", approval(&w, &id));
    assert_string_equal(w.err.where, "BLD-ENV");
    controlled_meet(&w, &id, NULL);
    (void)world_vote(&w, "sol", &id, PLUMB_APPROVE);
    assert_int_equal(world_state(&w, &id), ENGINE_PROPOSAL_EFFECTIVE);
    world_end(&w);
}

/* Left out, each control alone holds the approval, and is the reason given. */
static void
every_control_holds_the_approval_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < plumb_profile_count(); i++) {
        struct plumb_control c = plumb_profile_control(i);
        struct world w;
        struct plumb_digest id;

        if ((c.ways & (1u << PLUMB_WAY_BUNDLE | 1u << PLUMB_WAY_LIFECYCLE |
                       1u << PLUMB_WAY_DEPENDENCIES)) != 0)
            continue; /* met by what another one needs */
        controlled_begin(&w, NULL);
        id = controlled_propose(&w, "1.0");
        controlled_meet(&w, &id, c.id);
        world_refuse(&w, c.must ? "control.must" : "control.should", approval(&w, &id));
        if ((c.ways & (1u << PLUMB_WAY_SBOM | 1u << PLUMB_WAY_PROVENANCE)) == 0)
            assert_string_equal(w.err.where, c.id);
        assert_int_equal(world_state(&w, &id), ENGINE_PROPOSAL_OPEN);
        world_end(&w);
    }
}

static void
a_document_without_controls_holds_nothing_to_any(void **state)
{
    struct world w;
    struct plumb_digest id, file;

    (void)state;
    world_begin(&w, NULL);
    file = world_blob(&w, make_refvals("any file"));
    id = world_release(&w, "1.0");
    assert_int_equal(world_state(&w, &id), ENGINE_PROPOSAL_EFFECTIVE);
    assert_null(strstr((const char *)w.entries[w.n - 1].bytes.data, "evaluation"));
    world_refuse(&w, "power.evidence",
                 make_signed(&w.make, "rex", PLUMB_KIND_EVIDENCE, "web@1.0", &id,
                             json_pack("{s:[{s:s, s:o, s:i}]}", "files", "kind", "config",
                                       "digest", make_hex(&file), "size", 1)));
    world_end(&w);
}

static void
provenance_counts_by_builder_source_level_and_age(void **state)
{
    struct world w;
    struct plumb_digest id;
    json_t *bare;

    (void)state;
    controlled_begin(&w, NULL);
    id = controlled_propose(&w, "1.0");
    assert_string_equal(
        controlled_attest(
            &w, &id, "forge", PROVENANCE,
            controlled_provenance(&w, "https://forge.example/builder@v1/evil", SOURCE)),
        "evidence.builder");
    assert_string_equal(
        controlled_attest(&w, &id, "forge", PROVENANCE,
                          controlled_provenance(&w, BUILDER, "https://git.example/web2")),
        "evidence.source");
    assert_string_equal(controlled_attest(&w, &id, "qa", PROVENANCE,
                                          controlled_provenance(&w, BUILDER, SOURCE)),
                        "evidence.trust");
    controlled_expect(&w, &id, "BLD-ISOLATION", PLUMB_CONTROL_OPEN, "nothing");
    bare = controlled_provenance(&w, BUILDER, SOURCE);
    json_object_del(json_object_get(bare, "buildDefinition"), "resolvedDependencies");
    assert_string_equal(controlled_attest(&w, &id, "forge", PROVENANCE, bare), "");
    controlled_expect(&w, &id, "BLD-ISOLATION", PLUMB_CONTROL_MET, "SLSA level 3");
    controlled_expect(&w, &id, "BLD-PROVENANCE", PLUMB_CONTROL_OPEN, "lists nothing");
    assert_string_equal(controlled_attest(&w, &id, "forge", PROVENANCE,
                                          controlled_provenance(&w, BUILDER, SOURCE)),
                        "");
    controlled_expect(&w, &id, "BLD-PROVENANCE", PLUMB_CONTROL_MET, "forge");
    w.make.now += 31 * WORLD_DAY;
    controlled_expect(&w, &id, "BLD-ISOLATION", PLUMB_CONTROL_OPEN, "older");
    world_end(&w);
}

static void
low_level(struct make *m)
{
    make_set(m, "controls.trust.forge.level", json_integer(1));
}

static void
a_builder_below_the_level_fails_the_control(void **state)
{
    struct world w;
    struct plumb_digest id;

    (void)state;
    controlled_begin(&w, low_level);
    id = controlled_propose(&w, "1.0");
    assert_string_equal(controlled_attest(&w, &id, "forge", PROVENANCE,
                                          controlled_provenance(&w, BUILDER, SOURCE)),
                        "");
    controlled_expect(&w, &id, "BLD-ISOLATION", PLUMB_CONTROL_FAILED, "level 1, want 2");
    world_end(&w);
}

static void
evidence_binds_by_the_digest_that_was_signed(void **state)
{
    const struct plumb_digest other = controlled_artifact("2.0");
    struct world w;
    struct plumb_digest id;

    (void)state;
    controlled_begin(&w, NULL);
    id = controlled_propose(&w, "1.0");
    assert_string_equal(controlled_attach(&w, &id, PLUMB_FILE_ATTESTATION,
                                          make_attestation(&w.make, "redo", REBUILD_TYPE,
                                                           &other, 1, json_object())),
                        "evidence.subject");
    controlled_expect(&w, &id, "BLD-REPRODUCIBLE", PLUMB_CONTROL_OPEN, "0 of 1");
    world_end(&w);
}

static void
an_asserter_speaks_of_what_it_may(void **state)
{
    const struct plumb_digest absent = make_digest("absent");
    struct world w;
    struct plumb_digest id;

    (void)state;
    controlled_begin(&w, NULL);
    id = controlled_propose(&w, "1.0");
    assert_string_equal(controlled_assert(&w, &id, "lab", "DEV-RNG"), "");
    controlled_expect(&w, &id, "DEV-RNG", PLUMB_CONTROL_MET, "lab");
    assert_string_equal(controlled_assert(&w, &id, "lab", "DEV-IO"), "evidence.trust");
    assert_string_equal(controlled_assert(&w, &id, "qa", "NO-SUCH"), "evidence.control");
    assert_string_equal(
        controlled_attest(&w, &id, "qa", ASSERTION_TYPE,
                          json_pack("{s:s, s:s, s:[o]}", "control", "DEV-IO", "statement", "x",
                                    "documents", make_hex(&absent))),
        "");
    controlled_expect(&w, &id, "DEV-IO", PLUMB_CONTROL_OPEN, "not attached");
    world_end(&w);
}

static void
an_assertion_ends_when_it_says(void **state)
{
    const struct plumb_digest document = make_digest("what it rests on");
    struct world w;
    struct plumb_digest id;

    (void)state;
    controlled_begin(&w, NULL);
    id = controlled_propose(&w, "1.0");
    (void)controlled_assert(&w, &id, "lab", "DEV-RNG");
    assert_string_equal(
        controlled_attest(&w, &id, "qa", ASSERTION_TYPE,
                          json_pack("{s:s, s:s, s:[o], s:o}", "control", "DEV-KEYS",
                                    "statement", "x", "documents", make_hex(&document), "until",
                                    make_time(w.make.now + 3600))),
        "");
    controlled_expect(&w, &id, "DEV-KEYS", PLUMB_CONTROL_MET, "qa");
    w.make.now += 3600;
    controlled_expect(&w, &id, "DEV-KEYS", PLUMB_CONTROL_OPEN, "expired");
    assert_string_equal(
        controlled_attest(&w, &id, "qa", ASSERTION_TYPE,
                          json_pack("{s:s, s:s, s:[o], s:o}", "control", "DEV-KEYS",
                                    "statement", "x", "documents", make_hex(&document), "until",
                                    make_time(w.make.now))),
        "evidence.expired");
    world_end(&w);
}

static void
two_rebuilders(struct make *m)
{
    make_set(m, "controls.build.rebuilders", json_integer(2));
}

static void
a_rebuilder_counts_once(void **state)
{
    struct world w;
    struct plumb_digest id;

    (void)state;
    controlled_begin(&w, two_rebuilders);
    id = controlled_propose(&w, "1.0");
    (void)controlled_attest(&w, &id, "redo", REBUILD_TYPE, json_object());
    (void)controlled_attest(&w, &id, "redo", REBUILD_TYPE,
                            json_pack("{s:s}", "environment", "another"));
    controlled_expect(&w, &id, "BLD-REPRODUCIBLE", PLUMB_CONTROL_OPEN, "1 of 2");
    (void)controlled_attest(&w, &id, "again", REBUILD_TYPE, json_object());
    controlled_expect(&w, &id, "BLD-REPRODUCIBLE", PLUMB_CONTROL_MET, "2 of 2");
    world_end(&w);
}

static void
attributes_wanted(struct make *m)
{
    make_set(m, "controls.profile.controls",
             json_pack("{s:{s:s, s:[s, s], s:[s]}}", "BLD-SETTINGS", "level", "must",
                       "attributes", "A", "B", "by", "attributes"));
}

static void
attributes_are_met_all_together(void **state)
{
    static const char scai[] = "https://in-toto.io/attestation/scai/v0.3";
    struct world w;
    struct plumb_digest id;

    (void)state;
    controlled_begin(&w, attributes_wanted);
    id = controlled_propose(&w, "1.0");
    (void)controlled_attest(&w, &id, "forge", scai,
                            json_pack("{s:[{s:s}]}", "attributes", "attribute", "A"));
    controlled_expect(&w, &id, "BLD-SETTINGS", PLUMB_CONTROL_OPEN, "attribute B");
    assert_string_equal(
        controlled_attest(&w, &id, "qa", scai,
                          json_pack("{s:[{s:s}]}", "attributes", "attribute", "B")),
        "evidence.trust");
    (void)controlled_attest(&w, &id, "forge", scai,
                            json_pack("{s:[{s:s}]}", "attributes", "attribute", "B"));
    controlled_expect(&w, &id, "BLD-SETTINGS", PLUMB_CONTROL_MET, "2 attributes");
    world_end(&w);
}

static void
what_is_covered_by_every_set_counts(void **state)
{
    struct world w;
    struct plumb_digest id;
    struct plumb_bytes bytes = { 0 };

    (void)state;
    controlled_begin(&w, NULL);
    id = controlled_propose(&w, "1.0");
    assert_ok(plumb_bytes_copy("other", 5, &bytes, &w.err), &w.err);
    assert_string_equal(controlled_attach(&w, &id, PLUMB_FILE_CONFIG, bytes), "");
    controlled_expect(&w, &id, "DEP-CONFIG", PLUMB_CONTROL_OPEN, "not every set");
    controlled_meet(&w, &id, NULL);
    controlled_expect(&w, &id, "DEP-CONFIG", PLUMB_CONTROL_MET, "covered by every set");
    controlled_expect(&w, &id, "DEP-ROOTS", PLUMB_CONTROL_MET, "covered by every set");
    controlled_expect(&w, &id, "DEP-CRYPTO", PLUMB_CONTROL_MET, "covered by every set");
    world_end(&w);
}

static void
whoever_is_trusted_no_longer_counts_no_longer(void **state)
{
    struct world w;
    struct plumb_digest id;

    (void)state;
    controlled_begin(&w, NULL);
    id = controlled_propose(&w, "1.0");
    (void)controlled_assert(&w, &id, "qa", "DEV-IO");
    controlled_expect(&w, &id, "DEV-IO", PLUMB_CONTROL_MET, "qa");
    make_next(&w.make);
    make_set(&w.make, "controls.trust.qa", NULL);
    (void)world_govern(&w, NULL);
    controlled_expect(&w, &id, "DEV-IO", PLUMB_CONTROL_OPEN, "nothing");
    world_end(&w);
}

/* In the next document, in the place of what stands there. */
static void
govern_list(struct world *w, const char *path, const char *word)
{
    make_next(&w->make);
    make_set(&w->make, path, json_pack("[s]", word));
    (void)world_govern(w, NULL);
}

static void
provenance_of_a_builder_or_a_source_that_was_dropped_counts_no_longer(void **state)
{
    struct world w;
    struct plumb_digest id;

    (void)state;
    controlled_begin(&w, NULL);
    id = controlled_propose(&w, "1.0");
    assert_string_equal(controlled_attest(&w, &id, "forge", PROVENANCE,
                                          controlled_provenance(&w, BUILDER, SOURCE)),
                        "");
    controlled_expect(&w, &id, "BLD-ISOLATION", PLUMB_CONTROL_MET, "forge");
    govern_list(&w, "controls.trust.forge.builders", "https://forge.example/builder@v2");
    controlled_expect(&w, &id, "BLD-ISOLATION", PLUMB_CONTROL_OPEN, "builder");
    govern_list(&w, "controls.trust.forge.builders", BUILDER);
    controlled_expect(&w, &id, "BLD-ISOLATION", PLUMB_CONTROL_MET, "forge");
    govern_list(&w, "controls.build.sources", "https://git.example/web-2");
    controlled_expect(&w, &id, "BLD-ISOLATION", PLUMB_CONTROL_OPEN, "source");
    world_end(&w);
}

static void
officers_assert(struct make *m)
{
    make_set(m, "controls.trust.officers",
             json_pack("{s:[s], s:[s]}", "for", "assert", "roles", "security-officer"));
}

static void
a_role_is_trusted_by_the_keys_of_its_principals(void **state)
{
    struct world w;
    struct plumb_digest id;

    (void)state;
    controlled_begin(&w, officers_assert);
    id = controlled_propose(&w, "1.0");
    assert_string_equal(controlled_assert(&w, &id, "ria", "DEV-IO"), "attestation.signer");
    assert_string_equal(controlled_assert(&w, &id, "sam", "DEV-IO"), "");
    controlled_expect(&w, &id, "DEV-IO", PLUMB_CONTROL_MET, "officers");
    make_next(&w.make);
    (void)make_new_key(&w.make, "sam");
    make_set(&w.make, "principals.sam.keys.0.status", json_string("compromised"));
    make_set(&w.make, "principals.sam.keys.0.from", json_integer(1));
    (void)world_govern(&w, NULL);
    controlled_expect(&w, &id, "DEV-IO", PLUMB_CONTROL_OPEN, "nothing");
    world_end(&w);
}

static void
what_a_file_is_refused_for_is_told(void **state)
{
    static const char openvex[] = "https://example.org/something/v1";
    struct world w;
    struct plumb_digest id, file;
    struct plumb_bytes bytes = { 0 };
    json_t *late;

    (void)state;
    controlled_begin(&w, NULL);
    id = controlled_propose(&w, "1.0");
    assert_string_equal(controlled_attest(&w, &id, "qa", openvex, json_object()),
                        "evidence.predicate");
    late = controlled_provenance(&w, BUILDER, SOURCE);
    json_object_set_new(json_object_get(json_object_get(late, "runDetails"), "metadata"),
                        "finishedOn", make_time(w.make.now + 3600));
    assert_string_equal(controlled_attest(&w, &id, "forge", PROVENANCE, late), "evidence.time");
    assert_ok(plumb_bytes_copy("no bill", 7, &bytes, &w.err), &w.err);
    assert_string_equal(controlled_attach(&w, &id, PLUMB_FILE_SBOM, bytes), "json.syntax");
    bytes = (struct plumb_bytes){ 0 };
    assert_ok(plumb_bytes_copy("guide", 5, &bytes, &w.err), &w.err);
    assert_string_equal(controlled_attach(&w, &id, PLUMB_FILE_GUIDANCE, bytes), "");
    /* another size than the statement says, and guidance for ever */
    file = world_blob(&w, make_refvals("a file"));
    (void)world_do(&w, make_signed(&w.make, "rex", PLUMB_KIND_EVIDENCE, "web@1.0", &id,
                                   json_pack("{s:[{s:s, s:o, s:i}]}", "files", "kind", "sbom",
                                             "digest", make_hex(&file), "size", 1)));
    assert_non_null(strstr(w.effect.text, "evidence.size"));
    (void)world_do(&w,
                   make_signed(&w.make, "rex", PLUMB_KIND_EVIDENCE, "web@1.0", &id,
                               json_pack("{s:[{s:s, s:o, s:i, s:o}]}", "files", "kind",
                                         "guidance", "digest", make_hex(&file), "size", 1,
                                         "reviewBy", make_time(w.make.now + 366 * WORLD_DAY))));
    assert_non_null(strstr(w.effect.text, "evidence.review"));
    (void)world_do(&w, make_signed(&w.make, "rex", PLUMB_KIND_EVIDENCE, "web@1.0", &id,
                                   json_pack("{s:[{s:s, s:o, s:i, s:o}]}", "files", "kind",
                                             "guidance", "digest", make_hex(&file), "size", 1,
                                             "reviewBy", make_time(w.make.now))));
    assert_non_null(strstr(w.effect.text, "evidence.review"));
    world_end(&w);
}

/* --- waivers --- */

static struct plumb_signed *
waiver(struct world *w, const struct plumb_digest *release, const char *control,
       plumb_time until)
{
    return make_signed(&w->make, "rex", PLUMB_KIND_WAIVER, world_name(w, release), release,
                       json_pack("{s:s, s:s, s:s, s:o}", "control", control, "justification",
                                 "late", "compensating", "guards at the door", "until",
                                 make_time(until)));
}

static struct plumb_digest
waive(struct world *w, const struct plumb_digest *release, const char *control,
      plumb_time until)
{
    struct plumb_signed *s = waiver(w, release, control, until);
    struct plumb_digest id = s->statement->id;

    (void)world_do(w, s);
    (void)world_vote(w, "sol", &id, PLUMB_APPROVE);
    return id;
}

static void
a_waiver_stands_for_a_should_until_it_lapses(void **state)
{
    struct world w;
    struct plumb_digest id, waived;
    struct engine_control c;

    (void)state;
    controlled_begin(&w, NULL);
    id = controlled_propose(&w, "1.0");
    controlled_meet(&w, &id, "BLD-ENV");
    world_refuse(&w, "control.should", approval(&w, &id));
    waived = waive(&w, &id, "BLD-ENV", w.make.now + WORLD_DAY);
    controlled_expect(&w, &id, "BLD-ENV", PLUMB_CONTROL_WAIVED, "guards at the door");
    c = controlled_state(&w, &id, "BLD-ENV");
    assert_true(plumb_digest_eq(&c.waiver, &waived));
    (void)world_vote(&w, "sol", &id, PLUMB_APPROVE);
    (void)world_record(&w);
    w.make.now += WORLD_DAY;
    controlled_expect(&w, &id, "BLD-ENV", PLUMB_CONTROL_OPEN, "nothing");
    assert_true(controlled_state(&w, &id, "BLD-ENV").lapsed);
    /* governance says hold */
    (void)world_do(&w, world_rollout(&w, &id, PLUMB_ACTION_BEGIN, NULL));
    world_refuse(
        &w, "control.should",
        make_vote(&w.make, "ria", &w.entries[w.n - 1].opened->statement->id, PLUMB_APPROVE));
    world_end(&w);
}

/* It was a SHOULD when it was waived. */
static void
no_waiver_stands_for_a_must(void **state)
{
    struct world w;
    struct plumb_digest id;

    (void)state;
    controlled_begin(&w, NULL);
    id = controlled_propose(&w, "1.0");
    (void)waive(&w, &id, "BLD-ENV", w.make.now + WORLD_DAY);
    controlled_expect(&w, &id, "BLD-ENV", PLUMB_CONTROL_WAIVED, "guards");
    make_next(&w.make);
    make_set(&w.make, "controls.profile.controls",
             json_pack("{s:{s:s}}", "BLD-ENV", "level", "must"));
    (void)world_govern(&w, NULL);
    controlled_expect(&w, &id, "BLD-ENV", PLUMB_CONTROL_OPEN, "nothing");
    world_end(&w);
}

static void
a_waiver_stands_no_longer_than_its_quorum(void **state)
{
    struct world w;
    struct plumb_digest id;

    (void)state;
    controlled_begin(&w, NULL);
    id = controlled_propose(&w, "1.0");
    controlled_meet(&w, &id, "BLD-ENV");
    (void)waive(&w, &id, "BLD-ENV", w.make.now + WORLD_DAY);
    controlled_expect(&w, &id, "BLD-ENV", PLUMB_CONTROL_WAIVED, "guards at the door");
    make_next(&w.make);
    (void)make_new_key(&w.make, "sol");
    make_set(&w.make, "principals.sol.keys.0.status", json_string("compromised"));
    make_set(&w.make, "principals.sol.keys.0.from", json_integer(1));
    (void)world_govern(&w, NULL);
    controlled_expect(&w, &id, "BLD-ENV", PLUMB_CONTROL_OPEN, "nothing");
    world_refuse(&w, "control.should", approval(&w, &id));
    (void)waive(&w, &id, "BLD-ENV", w.make.now + WORLD_DAY); /* with the new key */
    controlled_expect(&w, &id, "BLD-ENV", PLUMB_CONTROL_WAIVED, "guards at the door");
    world_end(&w);
}

static void
lapses_only_alert(struct make *m)
{
    make_set(m, "controls.follows.lapse", json_pack("[s]", "alert"));
}

static void
a_lapse_holds_no_rollout_unless_governance_says_so(void **state)
{
    struct world w;
    struct plumb_digest id;

    (void)state;
    controlled_begin(&w, lapses_only_alert);
    id = controlled_propose(&w, "1.0");
    controlled_meet(&w, &id, "BLD-ENV");
    (void)waive(&w, &id, "BLD-ENV", w.make.now + WORLD_DAY);
    (void)world_vote(&w, "sol", &id, PLUMB_APPROVE);
    (void)world_record(&w);
    w.make.now += WORLD_DAY;
    (void)world_start(&w, &id);
    assert_int_equal(world_place(&w, &id), ENGINE_PLACE_INCOMING);
    world_end(&w);
}

/* --- evaluations --- */

/* Whole, as others read it: and ours is one of them. */
static void
summary_is_a_statement_about(struct world *w, const struct plumb_digest *id)
{
    const struct plumb_statement *release = w->entries[0].opened->statement;
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes statement = { 0 };
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;
    PLUMB_AUTO(plumb_json_auto) json_t *envelope = NULL;
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes file = { 0 };
    struct plumb_bytes copy = { 0 };
    const json_t *subjects;

    for (size_t i = 0; i < w->n; i++)
        if (plumb_digest_eq(&w->entries[i].opened->statement->id, id))
            release = w->entries[i].opened->statement;
    assert_ok(engine_summary_statement(w->engine, id, &statement, &w->err), &w->err);
    json = json_loadb((const char *)statement.data, statement.len, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(json, "predicateType")),
                        "https://slsa.dev/verification_summary/v1");
    subjects = json_object_get(json, "subject");
    assert_int_equal(json_array_size(subjects), release->nsubjects);
    for (size_t i = 0; i < release->nsubjects; i++) {
        const json_t *subject = json_array_get(subjects, i);
        struct plumb_digest digest;

        assert_string_equal(json_string_value(json_object_get(subject, "name")),
                            release->subjects[i].name);
        assert_ok(plumb_digest_parse(json_string_value(json_object_get(
                                         json_object_get(subject, "digest"), "sha256")),
                                     "", &digest, &w->err),
                  &w->err);
        assert_true(plumb_digest_eq(&digest, &release->subjects[i].digest));
    }
    assert_ok(plumb_dsse_sign_long(statement.data, statement.len, ENGINE_SUMMARY_MAX,
                                   make_who(&w->make, "plumbd")->sign, &envelope, &w->err),
              &w->err);
    assert_ok(plumb_json_canonical(envelope, &file, &w->err), &w->err);
    /* nobody is trusted to verify, until governance says that the service is */
    assert_ok(plumb_bytes_copy(file.data, file.len, &copy, &w->err), &w->err);
    assert_string_equal(controlled_attach(w, id, PLUMB_FILE_ATTESTATION, copy),
                        "attestation.signer");
    make_next(&w->make);
    make_set(&w->make, "controls.trust.plumb",
             json_pack("{s:[s], s:[s]}", "for", "verify", "roles", "service"));
    (void)world_govern(w, NULL);
    assert_ok(plumb_bytes_copy(file.data, file.len, &copy, &w->err), &w->err);
    assert_string_equal(controlled_attach(w, id, PLUMB_FILE_ATTESTATION, copy), "");
}

static void
an_approval_is_evaluated_recorded_and_replayed(void **state)
{
    struct world w;
    struct plumb_digest id;
    struct engine_due due;
    struct engine_evaluation e;
    struct engine *replayed;
    struct plumb_bytes early = { 0 };
    json_t *members = NULL, *summary = NULL;

    (void)state;
    controlled_begin(&w, NULL);
    id = controlled_propose(&w, "1.0");
    controlled_meet(&w, &id, NULL);
    assert_false(engine_evaluation(w.engine, &id, &e));
    (void)world_vote(&w, "sol", &id, PLUMB_APPROVE);
    assert_true(engine_due(w.engine, w.make.now, &due));
    assert_int_equal(due.kind, PLUMB_KIND_EVALUATION);
    assert_true(engine_evaluation(w.engine, &id, &e));
    assert_false(e.recorded);
    assert_refused("evaluation.unknown",
                   engine_summary_statement(w.engine, &id, &early, &w.err), &w.err);
    assert_int_equal(e.index, w.n - 1);
    /* nothing but what the engine derives is accepted */
    assert_ok(engine_due_members(w.engine, &due, &members, &w.err), &w.err);
    json_object_set_new(json_array_get(json_object_get(members, "results"), 0), "state",
                        json_string("waived"));
    world_refuse(
        &w, "time.not-due",
        make_signed(&w.make, "plumbd", PLUMB_KIND_EVALUATION, "web@1.0", &id, members));
    assert_ok(engine_due_members(w.engine, &due, &members, &w.err), &w.err);
    json_object_set_new(json_array_get(json_object_get(members, "results"), 0), "level",
                        json_string("shoult"));
    world_refuse(
        &w, "time.not-due",
        make_signed(&w.make, "plumbd", PLUMB_KIND_EVALUATION, "web@1.0", &id, members));
    assert_ok(engine_due_members(w.engine, &due, &members, &w.err), &w.err);
    json_object_set_new(members, "at", json_integer(0));
    world_refuse(
        &w, "time.not-due",
        make_signed(&w.make, "plumbd", PLUMB_KIND_EVALUATION, "web@1.0", &id, members));
    assert_int_equal(world_record(&w), 1);
    assert_true(engine_evaluation(w.engine, &id, &e));
    assert_true(e.recorded);
    assert_false(engine_due(w.engine, w.make.now, &due));
    assert_ok(engine_summary(w.engine, &id, &summary, &w.err), &w.err);
    assert_string_equal(json_string_value(json_object_get(summary, "verificationResult")),
                        "PASSED");
    assert_string_equal(
        json_string_value(json_array_get(json_object_get(summary, "verifiedLevels"), 0)),
        "SLSA_BUILD_LEVEL_3");
    json_decref(summary);
    summary_is_a_statement_about(&w, &id);
    replayed = world_replay(&w);
    world_same(world_picture(w.engine), world_picture(replayed));
    engine_free(replayed);
    world_end(&w);
}

#define MANY 64 /* controls, at most */

/* As many controls as there may be, with the longest names, each met by eight rebuilds. */
static void
many_controls(struct make *m)
{
    json_t *controls = json_object();
    char text[PLUMB_NAME_MAX + 1];

    for (int i = 0; i < MANY; i++) {
        (void)snprintf(text, sizeof text, "C%063d", i);
        json_object_set_new(
            controls, text,
            json_pack("{s:s, s:s, s:[s]}", "level", "must", "text", "a text", "by", "rebuild"));
    }
    make_set(m, "controls.profile", json_pack("{s:o}", "controls", controls));
    make_set(m, "controls.trust.lab", NULL);
    make_set(m, "controls.build.rebuilders", json_integer(8));
    for (int i = 0; i < 8; i++) {
        char path[64];
        json_t *key;

        (void)snprintf(text, sizeof text, "r%d", i);
        make_outsider(m, text);
        key = make_key_json(make_who(m, text)->sign, PLUMB_USE_SIGN);
        (void)snprintf(path, sizeof path, "controls.trust.r%d", i);
        make_set(m, path,
                 json_pack("{s:[s], s:[O]}", "for", "rebuild", "keys",
                           json_object_get(key, "spki")));
        json_decref(key);
    }
}

static void
an_evaluation_of_as_much_as_there_may_be_fits_a_statement(void **state)
{
    struct world w;
    struct plumb_digest id;

    (void)state;
    controlled_begin(&w, many_controls);
    id = controlled_propose(&w, "1.0");
    for (int i = 0; i < 8; i++) {
        char who[8];

        (void)snprintf(who, sizeof who, "r%d", i);
        assert_string_equal(controlled_attest(&w, &id, who, REBUILD_TYPE, json_object()), "");
    }
    (void)world_vote(&w, "sol", &id, PLUMB_APPROVE);
    assert_int_equal(world_record(&w), 1);
    world_end(&w);
}

static void
a_begin_is_held_to_the_controls_too(void **state)
{
    struct world w;
    struct plumb_digest id;

    (void)state;
    controlled_begin(&w, NULL);
    id = controlled_release(&w, "1.0");
    w.make.now += 3 * WORLD_DAY; /* the feed has gone silent */
    (void)world_do(&w, world_rollout(&w, &id, PLUMB_ACTION_BEGIN, NULL));
    world_refuse(
        &w, "control.must",
        make_vote(&w.make, "ria", &w.entries[w.n - 1].opened->statement->id, PLUMB_APPROVE));
    assert_string_equal(w.err.where, "SUP-MONITOR");
    controlled_import(&w, "");
    (void)world_vote(&w, "ria", &w.entries[w.n - 2].opened->statement->id, PLUMB_APPROVE);
    assert_int_equal(world_place(&w, &id), ENGINE_PLACE_INCOMING);
    world_end(&w);
}

static void
a_scheduled_begin_lapses_when_its_controls_are_not_met(void **state)
{
    struct world w;
    struct plumb_digest id, begin;

    (void)state;
    controlled_begin(&w, NULL);
    id = controlled_release(&w, "1.0");
    begin = world_schedule(&w, &id, w.make.now + 3 * WORLD_DAY);
    w.make.now += 3 * WORLD_DAY;
    (void)world_record(&w);
    assert_int_equal(world_state(&w, &begin), ENGINE_PROPOSAL_LAPSED);
    assert_string_equal(world_rule(&w, &begin), "control.must");
    world_end(&w);
}

/* --- refusals --- */

static json_t *
one_file(struct world *w)
{
    struct plumb_digest file = world_blob(w, make_refvals("any file"));

    return json_pack("{s:[{s:s, s:o, s:i}]}", "files", "kind", "config", "digest",
                     make_hex(&file), "size", 1);
}

static struct plumb_signed *
evidence_by_an_officer(struct world *w)
{
    struct plumb_digest id = controlled_propose(w, "1.0");

    return make_signed(&w->make, "sol", PLUMB_KIND_EVIDENCE, "web@1.0", &id, one_file(w));
}

static struct plumb_signed *
evidence_without_its_file(struct world *w)
{
    struct plumb_digest id = controlled_propose(w, "1.0"), file = make_digest("absent");

    return make_signed(&w->make, "rex", PLUMB_KIND_EVIDENCE, "web@1.0", &id,
                       json_pack("{s:[{s:s, s:o, s:i}]}", "files", "kind", "config", "digest",
                                 make_hex(&file), "size", 1));
}

static struct plumb_signed *
evidence_on_nothing(struct world *w)
{
    struct plumb_digest id = make_digest("no release");

    return make_signed(&w->make, "rex", PLUMB_KIND_EVIDENCE, "web@1.0", &id, one_file(w));
}

static struct plumb_signed *
evidence_on_what_was_rejected(struct world *w)
{
    struct plumb_digest id = controlled_propose(w, "1.0");

    (void)world_vote(w, "sol", &id, PLUMB_REJECT);
    return make_signed(&w->make, "rex", PLUMB_KIND_EVIDENCE, "web@1.0", &id, one_file(w));
}

static struct plumb_signed *
waiver_by_an_officer(struct world *w)
{
    struct plumb_digest id = controlled_propose(w, "1.0");

    return make_signed(&w->make, "sol", PLUMB_KIND_WAIVER, "web@1.0", &id,
                       json_pack("{s:s, s:s, s:s, s:o}", "control", "BLD-ENV", "justification",
                                 "x", "compensating", "y", "until",
                                 make_time(w->make.now + 60)));
}

static struct plumb_signed *
waiver_of_no_control(struct world *w)
{
    struct plumb_digest id = controlled_propose(w, "1.0");

    return waiver(w, &id, "NO-SUCH", w->make.now + 60);
}

static struct plumb_signed *
waiver_of_a_must(struct world *w)
{
    struct plumb_digest id = controlled_propose(w, "1.0");

    return waiver(w, &id, "DEV-KEYS", w->make.now + 60);
}

static struct plumb_signed *
waiver_into_the_past(struct world *w)
{
    struct plumb_digest id = controlled_propose(w, "1.0");

    return waiver(w, &id, "BLD-ENV", w->make.now);
}

static struct plumb_signed *
waiver_of_what_was_rejected(struct world *w)
{
    struct plumb_digest id = controlled_propose(w, "1.0");

    (void)world_vote(w, "sol", &id, PLUMB_REJECT);
    return waiver(w, &id, "BLD-ENV", w->make.now + 60);
}

static struct plumb_signed *
empty_import(struct world *w, const char *who)
{
    struct plumb_digest digest = make_digest("");

    return make_signed(&w->make, who, PLUMB_KIND_ADVISORY, "advisories", &digest,
                       json_pack("{s:s, s:i}", "source", "osv.dev", "count", 0));
}

static struct plumb_signed *
import_by_a_manager(struct world *w)
{
    return empty_import(w, "rex");
}

static struct plumb_signed *
evaluation_out_of_turn(struct world *w)
{
    struct plumb_digest id = controlled_release(w, "1.0");

    return make_signed(
        &w->make, "plumbd", PLUMB_KIND_EVALUATION, "web@1.0", &id,
        json_pack("{s:i, s:o, s:[{}]}", "at", 1, "governance", make_hex(&id), "results"));
}

static const struct {
    const char *rule;
    struct plumb_signed *(*make)(struct world *w);
} refusals[] = {
    { "power.evidence", evidence_by_an_officer },
    { "blob.missing", evidence_without_its_file },
    { "release.unknown", evidence_on_nothing },
    { "evidence.release", evidence_on_what_was_rejected },
    { "power.waiver", waiver_by_an_officer },
    { "waiver.control", waiver_of_no_control },
    { "waiver.must", waiver_of_a_must },
    { "waiver.past", waiver_into_the_past },
    { "waiver.release", waiver_of_what_was_rejected },
    { "power.advisory", import_by_a_manager },
    { "time.not-due", evaluation_out_of_turn },
};

static void
every_rule_refuses_and_leaves_no_trace(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        struct world w;
        struct plumb_signed *s;
        char *before;

        controlled_begin(&w, NULL);
        s = refusals[i].make(&w);
        before = world_picture(w.engine);
        world_refuse(&w, refusals[i].rule, s);
        world_same(before, world_picture(w.engine));
        world_end(&w);
    }
}

/* The powers are there, the controls are not. */
static void
powers_without_controls(struct make *m)
{
    make_controls(m);
    make_set(m, "controls", NULL);
}

static void
where_there_are_no_controls_nothing_is_for_them(void **state)
{
    struct world w;
    struct plumb_digest id;

    (void)state;
    world_begin(&w, powers_without_controls);
    id = world_propose_release(&w, "web", "1.0");
    world_refuse(
        &w, "controls.none",
        make_signed(&w.make, "rex", PLUMB_KIND_EVIDENCE, "web@1.0", &id, one_file(&w)));
    world_refuse(&w, "controls.none", waiver(&w, &id, "BLD-ENV", w.make.now + 60));
    world_refuse(&w, "controls.none", empty_import(&w, "otto"));
    world_end(&w);
}

static void
the_service_imports_too(void **state)
{
    struct world w;
    struct engine_monitor m;

    (void)state;
    controlled_begin(&w, NULL);
    (void)world_do(&w, empty_import(&w, "plumbd"));
    engine_monitor(w.engine, w.make.now, &m);
    assert_int_equal(m.imports, 1);
    world_end(&w);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_approved_that_was_not_shown),
        cmocka_unit_test(every_control_holds_the_approval_alone),
        cmocka_unit_test(a_document_without_controls_holds_nothing_to_any),
        cmocka_unit_test(provenance_counts_by_builder_source_level_and_age),
        cmocka_unit_test(a_builder_below_the_level_fails_the_control),
        cmocka_unit_test(evidence_binds_by_the_digest_that_was_signed),
        cmocka_unit_test(an_asserter_speaks_of_what_it_may),
        cmocka_unit_test(an_assertion_ends_when_it_says),
        cmocka_unit_test(a_rebuilder_counts_once),
        cmocka_unit_test(attributes_are_met_all_together),
        cmocka_unit_test(what_is_covered_by_every_set_counts),
        cmocka_unit_test(whoever_is_trusted_no_longer_counts_no_longer),
        cmocka_unit_test(provenance_of_a_builder_or_a_source_that_was_dropped_counts_no_longer),
        cmocka_unit_test(a_role_is_trusted_by_the_keys_of_its_principals),
        cmocka_unit_test(what_a_file_is_refused_for_is_told),
        cmocka_unit_test(a_waiver_stands_for_a_should_until_it_lapses),
        cmocka_unit_test(no_waiver_stands_for_a_must),
        cmocka_unit_test(a_waiver_stands_no_longer_than_its_quorum),
        cmocka_unit_test(a_lapse_holds_no_rollout_unless_governance_says_so),
        cmocka_unit_test(an_approval_is_evaluated_recorded_and_replayed),
        cmocka_unit_test(an_evaluation_of_as_much_as_there_may_be_fits_a_statement),
        cmocka_unit_test(a_begin_is_held_to_the_controls_too),
        cmocka_unit_test(a_scheduled_begin_lapses_when_its_controls_are_not_met),
        cmocka_unit_test(every_rule_refuses_and_leaves_no_trace),
        cmocka_unit_test(where_there_are_no_controls_nothing_is_for_them),
        cmocka_unit_test(the_service_imports_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
