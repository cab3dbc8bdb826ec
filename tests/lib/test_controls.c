#include "tests/t.h"

#include <plumb/controls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/make.h"

#define NOW INT64_C(1795489892)
#define D1  "'1111111111111111111111111111111111111111111111111111111111111111'"

static struct plumb_governance *
read_document(struct make *m)
{
    make_begin(m, NOW);
    make_controls(m);
    return make_governance(m);
}

static void
controls_are_read_whole(void **state)
{
    struct make m;
    struct plumb_governance *g = read_document(&m);
    const struct plumb_controls *c = g->controls;
    const struct plumb_trusted *forge = plumb_controls_trusted(c, "forge");
    const struct plumb_trusted *lab = plumb_controls_trusted(c, "lab");

    (void)state;
    assert_int_equal(c->ncontrols, plumb_profile_count());
    assert_int_equal(c->ntrusted, 6);
    assert_int_equal(forge->uses, 1u << PLUMB_TRUST_BUILD | 1u << PLUMB_TRUST_ATTRIBUTES |
                                      1u << PLUMB_TRUST_SBOM);
    assert_int_equal(forge->nkeys, 1);
    assert_true(plumb_digest_eq(plumb_pubkey_id(forge->keys[0]), make_key_id(&m, "forge")));
    assert_int_equal(forge->level, 3);
    assert_string_equal(forge->builders[0], "https://forge.example/builder@*");
    assert_true(plumb_trusted_asserts(lab, "DEV-RNG"));
    assert_false(plumb_trusted_asserts(lab, "DEV-IO"));
    assert_true(plumb_trusted_asserts(plumb_controls_trusted(c, "qa"), "DEV-IO"));
    assert_false(plumb_trusted_asserts(forge, "DEV-IO"));
    assert_null(plumb_controls_trusted(c, "forg"));
    assert_int_equal(c->level, 2);
    assert_int_equal(c->rebuilders, 1);
    assert_string_equal(c->sources[0], "https://git.example/web");
    assert_int_equal(c->blocking, 1u << PLUMB_SEVERITY_CRITICAL | 1u << PLUMB_SEVERITY_HIGH);
    assert_int_equal(c->unrated, PLUMB_SEVERITY_HIGH);
    assert_int_equal(c->deadlines[PLUMB_SEVERITY_CRITICAL], 7 * 86400);
    assert_int_equal(c->deadlines[PLUMB_SEVERITY_LOW], 0);
    assert_int_equal(c->advisories_age, 2 * 86400);
    assert_int_equal(c->guidance_age, 365 * 86400);
    assert_int_equal(c->provenance_age, 30 * 86400);
    assert_int_equal(c->lapse, 1u << PLUMB_FOLLOW_ALERT | 1u << PLUMB_FOLLOW_HOLD);
    assert_int_equal(c->finding, 1u << PLUMB_FOLLOW_ALERT);
    assert_int_equal(c->overdue, 1u << PLUMB_FOLLOW_ALERT | 1u << PLUMB_FOLLOW_REVOKE);
    assert_int_equal(c->waiver.nneeds, 1);
    assert_false(c->has_root);
    plumb_governance_free(g);
    make_end(&m);
}

static void
what_a_builder_may_build_is_read(void **state)
{
    struct make m;
    struct plumb_governance *g;
    const struct plumb_trusted *forge;
    const struct plumb_parameter *p;

    (void)state;
    make_begin(&m, NOW);
    make_controls(&m);
    make_set(&m, "controls.trust.forge.types",
             json_of("[{'type': 'https://ci.example/a', 'parameters': []},"
                     " {'type': 'https://ci.example/b@*', 'parameters': ["
                     "{'name': '/ref', 'values': ['refs/tags/*', '**']},"
                     "{'name': '/path~1~0', 'optional': true},"
                     "{'name': '/inputs/**', 'values': ['https://git.example/*']}]}]"));
    g = make_governance(&m);
    forge = plumb_controls_trusted(g->controls, "forge");
    assert_int_equal(forge->ntypes, 2);
    assert_string_equal(forge->types[0].type, "https://ci.example/a");
    assert_int_equal(forge->types[0].nparameters, 0);
    assert_string_equal(forge->types[1].type, "https://ci.example/b@*");
    assert_int_equal(forge->types[1].nparameters, 3);
    p = forge->types[1].parameters;
    assert_string_equal(p[0].name, "/ref");
    assert_int_equal(p[0].nvalues, 2);
    assert_string_equal(p[0].values[1], "**");
    assert_false(p[0].optional);
    assert_int_equal(p[1].nvalues, 0);
    assert_true(p[1].optional);
    assert_true(p[2].optional); /* nothing that a star stands for must be there */
    assert_int_equal(plumb_controls_trusted(g->controls, "qa")->ntypes, 0);
    plumb_governance_free(g);
    make_end(&m);
}

static void
a_document_without_controls_has_none(void **state)
{
    struct make m;
    struct plumb_governance *g;

    (void)state;
    make_begin(&m, NOW);
    g = make_governance(&m);
    assert_null(g->controls);
    plumb_governance_free(g);
    make_end(&m);
}

static void
the_built_in_profile_ascends_and_each_control_can_be_met(void **state)
{
    (void)state;
    for (size_t i = 0; i < plumb_profile_count(); i++) {
        struct plumb_control c = plumb_profile_control(i);

        assert_true(plumb_name_ok(c.id));
        assert_true(c.ways != 0 && c.text[0] != '\0');
        if (i > 0)
            assert_true(strcmp(plumb_profile_control(i - 1).id, c.id) < 0);
    }
}

static void
row_of(const struct plumb_control *c, char *ret, size_t size)
{
    size_t n = (size_t)snprintf(ret, size, "| %s | %s | %s | ", c->id,
                                c->must ? "MUST" : "SHOULD", c->text);
    const char *comma = "";

    for (unsigned way = 0; way < PLUMB_WAY_COUNT; way++)
        if ((c->ways & 1u << way) != 0) {
            n += (size_t)snprintf(ret + n, size - n, "%s%s", comma,
                                  plumb_way_text((enum plumb_way)way));
            comma = ", ";
        }
    (void)snprintf(ret + n, size - n, " |\n");
}

static void
read_page(char *ret, size_t size)
{
    char path[4096];
    size_t n;
    FILE *f;

    (void)snprintf(path, sizeof path, "%s/docs/controls.md", getenv("PLUMB_SOURCE"));
    f = fopen(path, "r");
    assert_non_null(f);
    n = fread(ret, 1, size - 1, f);
    assert_true(n > 0);
    ret[n] = '\0';
    (void)fclose(f);
}

static void
the_page_has_the_built_in_profile(void **state)
{
    static char page[1 << 16];
    char row[600];

    (void)state;
    read_page(page, sizeof page);
    for (size_t i = 0; i < plumb_profile_count(); i++) {
        struct plumb_control c = plumb_profile_control(i);

        row_of(&c, row, sizeof row);
        if (strstr(page, row) == NULL)
            fail_msg("docs/controls.md lacks: %s", row);
    }
}

static void
the_builder_on_the_page_can_be_trusted(void **state)
{
    static char page[1 << 16];
    const struct plumb_trusted *github;
    struct plumb_governance *g;
    struct make m;
    char *from;

    (void)state;
    read_page(page, sizeof page);
    from = strstr(page, "    {\"for\": [\"build\"]");
    assert_non_null(from);
    *strstr(from, "\n\n") = '\0';
    make_begin(&m, NOW);
    make_controls(&m);
    make_set(&m, "controls.trustedRoot", json_of("{'sha256': " D1 ", 'size': 1}"));
    make_set(&m, "controls.trust.github", json_of(from));
    g = make_governance(&m);
    github = plumb_controls_trusted(g->controls, "github");
    assert_int_equal(github->ntypes, 1);
    assert_int_equal(github->types[0].nparameters, 3);
    plumb_governance_free(g);
    make_end(&m);
}

static void
a_site_changes_drops_and_adds_controls(void **state)
{
    struct make m;
    struct plumb_governance *g;
    const struct plumb_control *c;

    (void)state;
    make_begin(&m, NOW);
    make_controls(&m);
    make_set(&m, "controls.profile.controls",
             json_of("{'DEV-IO': {'level': 'must'}, 'DEP-TCB': {'level': 'none'},"
                     " 'BLD-ENV': {'level': 'should', 'attributes': ['VERIFIED_ENV']},"
                     " 'SITE-1': {'level': 'should', 'text': 'ours', 'by': ['assertion']}}"));
    g = make_governance(&m);
    assert_int_equal(g->controls->ncontrols, plumb_profile_count());
    c = plumb_controls_find(g->controls, "DEV-IO");
    assert_true(c->must);
    assert_int_equal(c->ways, 1u << PLUMB_WAY_ASSERTION);
    assert_true(c->text[0] != '\0');
    assert_null(plumb_controls_find(g->controls, "DEP-TCB"));
    c = plumb_controls_find(g->controls, "BLD-ENV");
    assert_int_equal(c->nattributes, 1);
    assert_string_equal(c->attributes[0], "VERIFIED_ENV");
    c = plumb_controls_find(g->controls, "SITE-1");
    assert_false(c->must);
    assert_string_equal(c->text, "ours");
    plumb_governance_free(g);
    make_end(&m);
}

static void
a_site_replaces_the_profile(void **state)
{
    struct make m;
    struct plumb_governance *g;

    (void)state;
    make_begin(&m, NOW);
    make_controls(&m);
    make_set(&m, "controls.trust.lab", NULL);
    make_set(&m, "controls.profile",
             json_of("{'controls': {'S': {'level': 'must', 'text': 't', 'by': ['sbom']}}}"));
    g = make_governance(&m);
    assert_int_equal(g->controls->ncontrols, 1);
    assert_string_equal(g->controls->controls[0].id, "S");
    plumb_governance_free(g);
    make_end(&m);
}

#define C "controls."
static const struct {
    const char *path, *value, *rule, *where;
} bad[] = {
    { C "zz", "1", "json.unknown", C "zz" },
    { C "profile", NULL, "json.missing", C "profile" },
    { C "profile.zz", "1", "json.unknown", C "profile.zz" },
    { C "profile.extends", "'urn:plumbline:controls:v9'", "governance.controls",
      C "profile.extends" },
    { C "profile", "{'controls': {}}", "governance.controls", C "profile" },
    { C "profile.controls.NEW", "{'level': 'must'}", "json.missing",
      C "profile.controls.NEW.text" },
    { C "profile.controls.NEW", "{'level': 'none'}", "governance.controls",
      C "profile.controls.NEW" },
    { C "profile.controls.DEV-IO", "{'level': 'may'}", "governance.controls",
      C "profile.controls.DEV-IO.level" },
    { C "profile.controls.DEV-IO", "{'level': 'none', 'text': 'x'}", "json.unknown",
      C "profile.controls.DEV-IO.text" },
    { C "profile.controls.DEV-IO", "{'level': 'must', 'by': ['prayer']}", "governance.controls",
      C "profile.controls.DEV-IO.by[0]" },
    { C "profile.controls.DEV-IO", "{'level': 'must', 'by': ['sbom', 'sbom']}",
      "governance.controls", C "profile.controls.DEV-IO.by[1]" },
    { C "profile.controls.DEV-IO", "{'level': 'must', 'by': []}", "governance.controls",
      C "profile.controls.DEV-IO.by" },
    { C "trust.qa.for", "[]", "governance.controls", C "trust.qa.for" },
    { C "trust.qa.for", "['all']", "governance.controls", C "trust.qa.for[0]" },
    { C "trust.qa.keys", NULL, "governance.controls", C "trust.qa" },
    { C "trust.qa.keys", "['AAAA']", "key.type", C "trust.qa.keys[0]" },
    { C "trust.qa.roles", "['nobody']", "governance.role", C "trust.qa.roles[0]" },
    { C "trust.qa.identities", "[{'issuer': 'i', 'subject': 's'}]", "governance.controls",
      C "trust.qa.identities" },
    { C "trust.qa.builders", "['b']", "governance.controls", C "trust.qa" },
    { C "trust.qa.level", "1", "governance.controls", C "trust.qa" },
    { C "trust.qa.controls", "[]", "governance.controls", C "trust.qa.controls" },
    { C "trust.qa.controls", "['NO-SUCH']", "governance.controls", C "trust.qa.controls" },
    { C "trust.scan.controls", "['DEV-IO']", "governance.controls", C "trust.scan.controls" },
    { C "trust.forge.builders", NULL, "governance.controls", C "trust.forge" },
    { C "trust.forge.level", "5", "json.number", C "trust.forge.level" },
    { C "trust.forge.builders", "['*']", "governance.pattern", C "trust.forge.builders[0]" },
    { C "trust.forge.builders", "['https://*.example/b']", "governance.pattern",
      C "trust.forge.builders[0]" },
    { C "trust.forge.builders", "['https://forge.exam*']", "governance.pattern",
      C "trust.forge.builders[0]" },
    { C "trust.qa.types", "[{'type': 'https://ci.example/t', 'parameters': []}]",
      "governance.controls", C "trust.qa.types" },
    { C "trust.forge.types", "[]", "json.length", C "trust.forge.types" },
    { C "trust.forge.types", "['t']", "json.type", C "trust.forge.types[0]" },
    { C "trust.forge.types", "[{'type': 't'}]", "json.missing",
      C "trust.forge.types[0].parameters" },
    { C "trust.forge.types", "[{'parameters': []}]", "json.missing",
      C "trust.forge.types[0].type" },
    { C "trust.forge.types", "[{'type': 't', 'parameters': [], 'zz': 1}]", "json.unknown",
      C "trust.forge.types[0].zz" },
    { C "trust.forge.types", "[{'type': 'https://ci.ex*/t', 'parameters': []}]",
      "governance.pattern", C "trust.forge.types[0].type" },
    { C "trust.forge.types", "[{'type': 't', 'parameters': [{'values': ['v']}]}]",
      "json.missing", C "trust.forge.types[0].parameters[0].name" },
    { C "trust.forge.types", "[{'type': 't', 'parameters': [{'name': '/a', 'zz': 1}]}]",
      "json.unknown", C "trust.forge.types[0].parameters[0].zz" },
    { C "trust.forge.types", "[{'type': 't', 'parameters': [{'name': ''}]}]", "json.length",
      C "trust.forge.types[0].parameters[0].name" },
    { C "trust.forge.types", "[{'type': 't', 'parameters': [{'name': 'a'}]}]",
      "governance.pattern", C "trust.forge.types[0].parameters[0].name" },
    { C "trust.forge.types", "[{'type': 't', 'parameters': [{'name': '**'}]}]",
      "governance.pattern", C "trust.forge.types[0].parameters[0].name" },
    { C "trust.forge.types", "[{'type': 't', 'parameters': [{'name': '/a~2'}]}]",
      "governance.pattern", C "trust.forge.types[0].parameters[0].name" },
    { C "trust.forge.types", "[{'type': 't', 'parameters': [{'name': '/a~'}]}]",
      "governance.pattern", C "trust.forge.types[0].parameters[0].name" },
    { C "trust.forge.types", "[{'type': 't', 'parameters': [{'name': '/a', 'values': []}]}]",
      "json.length", C "trust.forge.types[0].parameters[0].values" },
    { C "trust.forge.types", "[{'type': 't', 'parameters': [{'name': '/a', 'values': ['']}]}]",
      "json.length", C "trust.forge.types[0].parameters[0].values[0]" },
    { C "trust.forge.types",
      "[{'type': 't', 'parameters': [{'name': '/a', 'values': ['https://git.*/x']}]}]",
      "governance.pattern", C "trust.forge.types[0].parameters[0].values[0]" },
    { C "trust.forge.types", "[{'type': 't', 'parameters': [{'name': '/a', 'optional': 1}]}]",
      "json.type", C "trust.forge.types[0].parameters[0].optional" },
    { C "trust.forge.types",
      "[{'type': 't', 'parameters': [{'name': '/a/*', 'optional': false}]}]",
      "governance.controls", C "trust.forge.types[0].parameters[0].optional" },
    { C "trustedRoot", "{'sha256': " D1 ", 'size': 0}", "json.number", C "trustedRoot.size" },
    { C "build.sources", "[]", "json.length", C "build.sources" },
    { C "build.level", "-1", "json.number", C "build.level" },
    { C "build.rebuilders", "0", "json.number", C "build.rebuilders" },
    { C "vulnerabilities.block", "['none']", "governance.controls",
      C "vulnerabilities.block[0]" },
    { C "vulnerabilities.unrated", "'unrated'", "governance.controls",
      C "vulnerabilities.unrated" },
    { C "vulnerabilities.deadlines.none", "'P1D'", "json.unknown",
      C "vulnerabilities.deadlines.none" },
    { C "vulnerabilities.deadlines.low", "'PT0S'", "governance.controls",
      C "vulnerabilities.deadlines.low" },
    { C "ages.advisories", "'PT0S'", "governance.controls", C "ages.advisories" },
    { C "ages.guidance", NULL, "json.missing", C "ages.guidance" },
    { C "follows.lapse", "['shrug']", "governance.controls", C "follows.lapse[0]" },
    { C "follows.finding", "['hold']", "governance.controls", C "follows" },
    { C "follows.overdue", "['hold']", "governance.controls", C "follows" },
    { C "quorums.waiver", "{'need': {'security-officer': 3}, 'others': false, 'veto': []}",
      "governance.quorum", "controls.quorums.waiver" },
    { "payloads.web.quorums.waiver",
      "{'need': {'security-officer': 3}, 'others': false, 'veto': []}", "governance.quorum",
      "payloads.web.quorums.waiver" },
};

static void
what_is_wrong_is_refused_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct plumb_governance *g = NULL;
        struct plumb_bytes bytes;
        struct plumb_err err = { 0 };
        struct make m;

        make_begin(&m, NOW);
        make_controls(&m);
        make_set(&m, bad[i].path, bad[i].value != NULL ? json_of(bad[i].value) : NULL);
        bytes = make_document(&m);
        if (plumb_governance_parse(bytes.data, bytes.len, &g, &err) == PLUMB_OK ||
            strcmp(err.rule, bad[i].rule) != 0 || strcmp(err.where, bad[i].where) != 0)
            fail_msg("%s = %s: want [%s] %s, got [%s] %s: %s", bad[i].path, bad[i].value,
                     bad[i].rule, bad[i].where, err.rule, err.where, err.msg);
        plumb_bytes_clear(&bytes);
        make_end(&m);
    }
}

static void
one_key_is_trusted_under_one_name(void **state)
{
    struct plumb_governance *g = NULL;
    struct plumb_bytes bytes;
    struct plumb_err err;
    struct make m;

    (void)state;
    make_begin(&m, NOW);
    make_controls(&m);
    make_set(&m, "controls.trust.redo.keys",
             json_deep_copy(make_at(&m, "controls.trust.again.keys")));
    bytes = make_document(&m);
    assert_refused("governance.key-twice",
                   plumb_governance_parse(bytes.data, bytes.len, &g, &err), &err);
    plumb_bytes_clear(&bytes);
    make_end(&m);
}

static void
a_payload_has_its_own_quorum_for_waivers(void **state)
{
    struct plumb_governance *g;
    struct plumb_bytes bytes;
    struct plumb_err err;
    struct make m;

    (void)state;
    make_begin(&m, NOW);
    make_controls(&m);
    make_set(&m, "payloads.web.quorums.waiver", make_quorum("admin:2", false, ""));
    g = make_governance(&m);
    assert_true(plumb_governance_payload(g, "web")->has_waiver);
    assert_int_equal(plumb_governance_payload(g, "web")->waiver.needs[0].count, 2);
    plumb_governance_free(g);
    make_set(&m, "controls", NULL);
    bytes = make_document(&m);
    assert_refused("governance.controls",
                   plumb_governance_parse(bytes.data, bytes.len, &g, &err), &err);
    plumb_bytes_clear(&bytes);
    make_end(&m);
}

static void
controls_in_force_are_not_left_out(void **state)
{
    struct make m;
    struct plumb_governance *one = read_document(&m), *two;
    struct plumb_err err;

    (void)state;
    make_next(&m);
    two = make_governance(&m);
    assert_ok(plumb_governance_succeeds(one, two, 9, &err), &err);
    plumb_governance_free(two);
    make_set(&m, "controls", NULL);
    two = make_governance(&m);
    assert_refused("governance.controls-gone", plumb_governance_succeeds(one, two, 9, &err),
                   &err);
    plumb_governance_free(one);
    plumb_governance_free(two);
    make_end(&m);
}

static void
patterns_match_as_they_say(void **state)
{
    static const struct {
        const char *pattern, *text;
        bool match;
    } cases[] = {
        { "https://a/b", "https://a/b", true },
        { "https://a/b", "https://a/bc", false },
        { "https://a/b", "https://a/", false },
        { "https://a/b@*", "https://a/b@v1", true },
        { "https://a/b@*", "https://a/b@", true },
        { "https://a/b@*", "https://a/b@v1/evil", false },
        { "https://a/*", "https://a.evil/x", false },
        { "https://a/*/c", "https://a/b/c", true },
        { "https://a/*/c", "https://a/b/d/c", false },
        { "https://a/**/c", "https://a/b/d/c", true },
        { "https://a/**", "https://a/b/d/c", true },
        { "https://a/**/x*z", "https://a/x/xyz/xyyz", true },
        { "https://a/**/x*z", "https://a/x/xyz/xy/z", false },
        { "a/*b*b", "a/bbbbbbb", true },
        { "a/*b*c", "a/bbbbbbb", false },
        { "", "", true },
        { "", "a", false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (plumb_pattern_match(cases[i].pattern, cases[i].text) != cases[i].match)
            fail_msg("%s, %s", cases[i].pattern, cases[i].text);
}

static void
words_are_told_and_what_is_none_is_a_question(void **state)
{
    (void)state;
    assert_string_equal(plumb_way_text(PLUMB_WAY_ROOT_STORE), "root-store");
    assert_string_equal(plumb_way_text(PLUMB_WAY_COUNT), "?");
    assert_true(plumb_way_says(PLUMB_WAY_SBOM)[0] != '?');
    assert_string_equal(plumb_way_says(PLUMB_WAY_COUNT), "?");
    assert_string_equal(plumb_trust_use_text(PLUMB_TRUST_VEX), "vex");
    assert_string_equal(plumb_trust_use_text(PLUMB_TRUST_USE_COUNT), "?");
    assert_string_equal(plumb_severity_text(PLUMB_SEVERITY_HIGH), "high");
    assert_string_equal(plumb_severity_text(PLUMB_SEVERITY_COUNT), "?");
    assert_string_equal(plumb_follow_text(PLUMB_FOLLOW_HOLD), "hold");
    assert_string_equal(plumb_follow_text(PLUMB_FOLLOW_COUNT), "?");
    assert_string_equal(plumb_file_kind_text(PLUMB_FILE_SBOM), "sbom");
    assert_string_equal(plumb_file_kind_text(PLUMB_FILE_KIND_COUNT), "?");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(controls_are_read_whole),
        cmocka_unit_test(what_a_builder_may_build_is_read),
        cmocka_unit_test(a_document_without_controls_has_none),
        cmocka_unit_test(the_built_in_profile_ascends_and_each_control_can_be_met),
        cmocka_unit_test(the_page_has_the_built_in_profile),
        cmocka_unit_test(the_builder_on_the_page_can_be_trusted),
        cmocka_unit_test(a_site_changes_drops_and_adds_controls),
        cmocka_unit_test(a_site_replaces_the_profile),
        cmocka_unit_test(what_is_wrong_is_refused_with_its_place),
        cmocka_unit_test(one_key_is_trusted_under_one_name),
        cmocka_unit_test(a_payload_has_its_own_quorum_for_waivers),
        cmocka_unit_test(controls_in_force_are_not_left_out),
        cmocka_unit_test(patterns_match_as_they_say),
        cmocka_unit_test(words_are_told_and_what_is_none_is_a_question),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
