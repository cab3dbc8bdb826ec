#include "tests/t.h"

#include <plumb/governance.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/make.h"

#define NOW INT64_C(1795489892)
#define D1  "'1111111111111111111111111111111111111111111111111111111111111111'"

static enum plumb_code
parse(const struct make *m, struct plumb_governance **ret, struct plumb_err *err)
{
    struct plumb_bytes bytes = make_document(m);
    enum plumb_code code;

    *err = (struct plumb_err){ 0 };
    code = plumb_governance_parse(bytes.data, bytes.len, ret, err);
    plumb_bytes_clear(&bytes);
    return code;
}

static void
assert_parses(const struct make *m)
{
    struct plumb_governance *g = NULL;
    struct plumb_err err;

    assert_ok(parse(m, &g, &err), &err);
    plumb_governance_free(g);
}

static void
refuse(const struct make *m, const char *what, const char *rule, const char *where)
{
    struct plumb_governance *g = NULL;
    struct plumb_err err;

    if (parse(m, &g, &err) == PLUMB_OK)
        fail_msg("%s: want %s, was read", what, rule);
    if (strcmp(err.rule, rule) != 0 || (where != NULL && strcmp(err.where, where) != 0))
        fail_msg("%s: want [%s] %s, got [%s] %s: %s", what, rule, where != NULL ? where : "",
                 err.rule, err.where, err.msg);
    assert_null(g);
}

static void
a_document_is_read_whole(void **state)
{
    struct make m;
    struct plumb_governance *g;
    const struct plumb_principal *rex;
    const struct plumb_payload *web;
    const struct plumb_fleet *prod;

    (void)state;
    make_begin(&m, NOW);
    make_set(&m, "principals.rex.name", json_string("Rex \xc3\xa9"));
    make_set(&m, "fleets.prod.payloads", json_of("['web']"));
    make_set(&m, "fleets.prod.overrun", json_string("complete"));
    make_set(&m, "fleets.prod.trustAnchors",
             json_of("[{'name': 'b', 'sha256': " D1 ", 'size': 7},"
                     "{'name': 'a', 'sha256': " D1 ", 'size': 8}]"));
    g = make_governance(&m);
    assert_int_equal(g->version, 1);
    assert_int_equal(g->rules, 1);
    assert_string_equal(g->origin, MAKE_ORIGIN);
    assert_int_equal(g->nlog_keys, 1);
    assert_int_equal(g->nroles, 7);
    assert_string_equal(g->roles[0].name, "admin");
    assert_int_equal(g->nprincipals, 12);
    for (size_t i = 1; i < g->nprincipals; i++)
        assert_true(strcmp(g->principals[i - 1].id, g->principals[i].id) < 0);
    rex = plumb_governance_principal(g, "rex");
    assert_string_equal(rex->name, "Rex \xc3\xa9");
    assert_int_equal(rex->nkeys, 2);
    assert_int_equal(rex->nroles, 1);
    assert_string_equal(g->roles[rex->roles[0]].name, "release-manager");
    assert_true(plumb_principal_has_role(rex, rex->roles[0]));
    assert_false(plumb_principal_has_role(rex, 0));
    assert_false(plumb_principal_in_fleet(rex, "prod"));
    assert_true(plumb_principal_in_fleet(plumb_governance_principal(g, "vera"), "prod"));
    assert_null(plumb_governance_principal(g, "rexa"));
    web = plumb_governance_payload(g, "web");
    assert_int_equal(web->tees, 1u << PLUMB_TEE_TDX);
    assert_int_equal(web->release.nneeds, 2);
    assert_int_equal(web->release.nveto, 1);
    assert_null(plumb_governance_payload(g, "we"));
    prod = plumb_governance_fleet(g, "prod");
    assert_true(plumb_fleet_has(prod, "web"));
    assert_false(plumb_fleet_has(prod, "wet"));
    assert_int_equal(prod->rollout[PLUMB_ACTION_BEGIN].needs[0].count, 2);
    assert_int_equal(prod->grace, 7 * 86400);
    assert_int_equal(prod->grace_limit, 14 * 86400);
    assert_int_equal(prod->limit, 2 * 86400);
    assert_int_equal(prod->overrun, PLUMB_OVERRUN_COMPLETE);
    assert_int_equal(prod->recognitions, 1);
    assert_int_equal(prod->validity, 86400);
    assert_int_equal(prod->refresh, 6 * 3600);
    assert_int_equal(prod->nanchors, 2);
    assert_string_equal(prod->anchors[0].name, "a");
    assert_int_equal(prod->anchors[0].size, 8);
    assert_true(json_equal(prod->anchors_json, make_at(&m, "fleets.prod.trustAnchors")));
    assert_int_equal(prod->platform->n, 0);
    assert_null(plumb_governance_fleet(g, "test"));
    plumb_governance_free(g);
    make_end(&m);
}

static void
a_star_is_every_payload(void **state)
{
    struct make m;
    struct plumb_governance *g;

    (void)state;
    make_begin(&m, NOW);
    g = make_governance(&m);
    assert_true(g->fleets[0].all_payloads);
    assert_true(plumb_fleet_has(&g->fleets[0], "anything"));
    plumb_governance_free(g);
    make_end(&m);
}

static unsigned
powers_of(const struct plumb_governance *g, const char *id)
{
    return plumb_governance_principal(g, id)->may;
}

static void
who_proposes_or_votes_may_read(void **state)
{
    struct make m;
    struct plumb_governance *g;

    (void)state;
    make_begin(&m, NOW);
    make_set(&m, "roles.judge", json_of("{'may': [], 'notWith': []}"));
    make_set(&m, "roles.guest", json_of("{'may': [], 'notWith': []}"));
    make_principal(&m, "jo", "judge", NULL);
    make_principal(&m, "gus", "guest", NULL);
    make_set(&m, "payloads.web.quorums.release.veto", json_of("['judge']"));
    g = make_governance(&m);
    assert_int_equal(powers_of(g, "jo"), 1u << PLUMB_POWER_READ);
    assert_int_equal(powers_of(g, "gus"), 0);
    assert_int_equal(powers_of(g, "otto"), 1u << PLUMB_POWER_READ);
    assert_int_equal(powers_of(g, "ada"),
                     1u << PLUMB_POWER_READ | 1u << PLUMB_POWER_GOVERNANCE);
    assert_int_equal(powers_of(g, "vera"),
                     1u << PLUMB_POWER_RECOGNISE | 1u << PLUMB_POWER_PULL);
    assert_int_equal(powers_of(g, "enid"), 1u << PLUMB_POWER_ENROL);
    assert_int_equal(powers_of(g, "plumbd"), 1u << PLUMB_POWER_SERVICE);
    plumb_governance_free(g);
    make_end(&m);
}

/* Every object of a document, by example. */
static const char *const objects[] = {
    "",
    "log",
    "roles.admin",
    "principals.vera",
    "principals.vera.keys.0",
    "quorums",
    "quorums.governance",
    "payloads.web",
    "payloads.web.quorums",
    "payloads.web.quorums.release",
    "fleets.prod",
    "fleets.prod.quorums",
    "fleets.prod.quorums.begin",
    "fleets.prod.trustAnchors.0",
};

static void
begin_with_anchor(struct make *m)
{
    make_begin(m, NOW);
    make_set(m, "fleets.prod.trustAnchors",
             json_of("[{'name': 'a', 'sha256': " D1 ", 'size': 7}]"));
}

static void
every_object_is_closed(void **state)
{
    struct make m;

    (void)state;
    begin_with_anchor(&m);
    for (size_t i = 0; i < sizeof objects / sizeof *objects; i++) {
        char path[128];

        (void)snprintf(path, sizeof path, "%s%szz", objects[i], objects[i][0] ? "." : "");
        make_set(&m, path, json_null());
        refuse(&m, path, "json.unknown", NULL);
        make_set(&m, path, NULL);
    }
    assert_parses(&m);
    make_end(&m);
}

static void
every_member_is_needed(void **state)
{
    struct make m;

    (void)state;
    begin_with_anchor(&m);
    for (size_t i = 0; i < sizeof objects / sizeof *objects; i++) {
        json_t *object = make_at(&m, objects[i]);
        json_t *whole = json_copy(object), *value;
        const char *key;

        json_object_foreach(whole, key, value) {
            struct plumb_governance *g = NULL;
            struct plumb_err err;

            json_object_del(object, key);
            if (strcmp(objects[i], "principals.vera") == 0 && strcmp(key, "fleets") == 0)
                assert_parses(&m);
            else if (parse(&m, &g, &err) == PLUMB_OK || strcmp(err.rule, "json.missing") != 0 ||
                     strstr(err.where, key) == NULL)
                fail_msg("%s without %s: [%s] %s", objects[i], key, err.rule, err.where);
            json_object_set(object, key, value);
            json_object_set_new(object, key, json_null());
            assert_int_not_equal(parse(&m, &g, &err), PLUMB_OK);
            if (strstr(err.where, key) == NULL)
                fail_msg("%s with null %s: [%s] %s", objects[i], key, err.rule, err.where);
            json_object_set(object, key, value);
        }
        json_decref(whole);
    }
    assert_parses(&m);
    make_end(&m);
}

static const struct bad {
    const char *path, *value, *rule, *where;
} bad[] = {
    { "schema", "'urn:plumbline:governance-document:v2'", "governance.form", "schema" },
    { "version", "0", "json.number", "version" },
    { "version", "2", "governance.previous", "previous" },
    { "previous", D1, "governance.previous", "previous" },
    { "rules", "2", "governance.rules", "rules" },
    { "rules", "0", "json.number", "rules" },
    { "log.origin", "'a b'", "governance.log", "log.origin" },
    { "log.origin", "'a+b'", "governance.log", "log.origin" },
    { "log.origin", "'example.com/log'", "governance.log", "log.keys[0]" },
    { "log.keys", "[]", "json.length", "log.keys" },
    { "log.keys.0", "'nonsense'", "vkey.form", "log.keys[0]" },
    { "roles.admin.may", "['rule']", "governance.form", "roles.admin.may[0]" },
    { "roles.admin.may", "['read','read']", "governance.form", "roles.admin.may[1]" },
    { "roles.admin.notWith", "['king']", "governance.role", "roles.admin.notWith" },
    { "roles.admin.notWith", "['auditor','auditor']", "governance.form",
      "roles.admin.notWith" },
    { "roles.an admin", "{'may':[],'notWith':[]}", "name.form", "roles.an admin" },
    { "principals.ada.roles", "['king']", "governance.role", "principals.ada.roles[0]" },
    { "principals.ada.roles", "['admin','admin']", "governance.form", "principals.ada.roles" },
    { "principals.ada.name", "''", "json.length", "principals.ada.name" },
    { "principals.-ada", "{'roles':[],'keys':[]}", "name.form", "principals.-ada" },
    { "principals.ada.fleets", "['test']", "governance.fleet", "ada" },
    { "principals.ada.keys.0.status", "'lost'", "key.form", "principals.ada.keys[0].status" },
    { "quorums.governance.need", "{}", "governance.quorum", "quorums.governance.need" },
    { "quorums.governance.need", "{'admin': 0}", "json.number",
      "quorums.governance.need.admin" },
    { "quorums.governance.need", "{'admin': 65}", "json.number",
      "quorums.governance.need.admin" },
    { "quorums.governance.need", "{'admin': 33, 'auditor': 32}", "governance.quorum",
      "quorums.governance.need" },
    { "quorums.governance.need", "{'king': 1}", "governance.role",
      "quorums.governance.need.king" },
    { "quorums.governance.veto", "['king']", "governance.role", "quorums.governance.veto[0]" },
    { "quorums.governance.veto", "['admin','admin']", "governance.form",
      "quorums.governance.veto" },
    { "payloads.web.tees", "[]", "json.length", "payloads.web.tees" },
    { "payloads.web.tees", "['tdx','tdx']", "governance.form", "payloads.web.tees[1]" },
    { "payloads.web.tees", "['tpx']", "tee.unknown", "payloads.web.tees[0]" },
    { "payloads.w/b", "{}", "name.form", "payloads.w/b" },
    { "fleets.prod.payloads", "['wet']", "governance.fleet", "fleets.prod.payloads" },
    { "fleets.prod.payloads", "['*','web']", "name.form", "fleets.prod.payloads[0]" },
    { "fleets.prod.payloads", "['web','web']", "governance.form", "fleets.prod.payloads" },
    { "fleets.prod.grace", "'P15D'", "governance.fleet", "fleets.prod.grace" },
    { "fleets.prod.limit", "'PT0S'", "governance.fleet", "fleets.prod.limit" },
    { "fleets.prod.refresh", "'P1D'", "governance.fleet", "fleets.prod.refresh" },
    { "fleets.prod.refresh", "'PT0S'", "governance.fleet", "fleets.prod.refresh" },
    { "fleets.prod.refresh", "'P1M'", "duration.form", "fleets.prod.refresh" },
    { "fleets.prod.overrun", "'panic'", "governance.form", "fleets.prod.overrun" },
    { "fleets.prod.recognitions", "-1", "json.number", "fleets.prod.recognitions" },
    { "fleets.prod.trustAnchors", "[{'name':'a','sha256':" D1 ",'size':0}]", "json.number",
      "fleets.prod.trustAnchors[0].size" },
    { "fleets.prod.trustAnchors",
      "[{'name':'a','sha256':" D1 ",'size':1},{'name':'a','sha256':" D1 ",'size':1}]",
      "governance.form", "fleets.prod.trustAnchors" },
    { "fleets.prod.platform",
      "[{'tee':'tdx','measurements':[{'name':'nonsense','value':'00'}]}]",
      "governance.platform", NULL },
    { "fleets.prod.platform", "{}", "governance.platform", "fleets.prod.platform" },
};

/* Everything but what stands in bad[] is as it was. */
static void
what_is_wrong_is_refused_where_it_is(void **state)
{
    struct make m;

    (void)state;
    make_begin(&m, NOW);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        json_t *whole = json_deep_copy(m.document);

        make_set(&m, bad[i].path, json_of(bad[i].value));
        refuse(&m, bad[i].path, bad[i].rule, bad[i].where);
        json_decref(m.document);
        m.document = whole;
    }
    assert_parses(&m);
    make_end(&m);
}

static void
boundaries_are_allowed(void **state)
{
    static const char *const good[][2] = {
        { "fleets.prod.grace", "'P14D'" },
        { "fleets.prod.grace", "'PT0S'" },
        { "fleets.prod.refresh", "'PT86399S'" },
        { "fleets.prod.limit", "'PT1S'" },
        { "fleets.prod.payloads", "[]" },
        { "fleets.prod.recognitions", "0" },
        { "principals.ada.fleets", "['prod']" },
        { "principals.nobody", "{'roles': [], 'keys': []}" },
        { "roles.admin.notWith", "['auditor']" },
    };
    struct make m;

    (void)state;
    make_begin(&m, NOW);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        json_t *whole = json_deep_copy(m.document);

        make_set(&m, good[i][0], json_of(good[i][1]));
        assert_parses(&m);
        json_decref(m.document);
        m.document = whole;
    }
    make_end(&m);
}

static void
bytes_are_canonical(void **state)
{
    struct make m;
    struct plumb_governance *g = NULL;
    struct plumb_err err;
    char *text;

    (void)state;
    make_begin(&m, NOW);
    text = json_dumps(m.document, JSON_SORT_KEYS);
    assert_refused("json.canonical", plumb_governance_parse(text, strlen(text), &g, &err),
                   &err);
    free(text);
    assert_refused("json.type", plumb_governance_parse("[]", 2, &g, &err), &err);
    assert_refused("json.syntax", plumb_governance_parse("", 0, &g, &err), &err);
    make_end(&m);
}

static void
a_log_signs_with_a_log_key(void **state)
{
    struct make m;
    struct plumb_vkey key;
    char text[PLUMB_VKEY_TEXT];
    struct plumb_err err;

    (void)state;
    make_begin(&m, NOW);
    assert_ok(plumb_vkey_make(MAKE_ORIGIN, 0x04, m.log->pub, &key, &err), &err);
    plumb_vkey_text(&key, text);
    make_set(&m, "log.keys.0", json_string(text));
    refuse(&m, "a cosigner's", "governance.log", "log.keys[0]");
    make_end(&m);
}

static void
one_key_stands_once(void **state)
{
    static const char *const places[] = { "principals.ada.keys.2", "principals.bob.keys.0" };
    struct make m;

    (void)state;
    make_begin(&m, NOW);
    for (size_t i = 0; i < 2; i++) {
        json_t *whole = json_deep_copy(m.document);
        json_t *key = json_deep_copy(make_at(&m, "principals.ada.keys.0"));

        json_object_set_new(key, "use", json_string("tls")); /* the use does not matter */
        make_set(&m, places[i], key);
        refuse(&m, places[i], "governance.key-twice", i == 0 ? "ada" : NULL);
        json_decref(m.document);
        m.document = whole;
    }
    make_set(&m, "principals.otto.keys.2", make_key_json(m.log, PLUMB_USE_SIGN));
    refuse(&m, "the log's key", "governance.key-twice", "otto");
    make_end(&m);
}

static void
roles_apart_are_apart_both_ways(void **state)
{
    struct make m;

    (void)state;
    make_begin(&m, NOW);
    make_set(&m, "principals.otto.roles", json_of("['auditor', 'enroller']"));
    assert_parses(&m);
    make_set(&m, "roles.auditor.notWith", json_of("['enroller']"));
    refuse(&m, "said by the one", "governance.separation", "otto");
    make_set(&m, "roles.auditor.notWith", json_of("[]"));
    make_set(&m, "roles.enroller.notWith", json_of("['admin', 'auditor']"));
    refuse(&m, "said by the other", "governance.separation", "otto");
    make_set(&m, "principals.otto.roles", json_of("['auditor', 'verifier']"));
    assert_parses(&m);
    make_set(&m, "roles.auditor.notWith", json_of("['auditor']"));
    refuse(&m, "with itself", "governance.separation", "auditor");
    make_end(&m);
}

static void
somebody_is_the_service_and_nothing_else(void **state)
{
    struct make m;

    (void)state;
    make_begin(&m, NOW);
    make_set(&m, "roles.guest", json_of("{'may': [], 'notWith': []}"));
    make_set(&m, "principals.plumbd.roles", json_of("['service', 'guest']"));
    assert_parses(&m);
    make_set(&m, "principals.plumbd.roles", json_of("['service', 'auditor']"));
    refuse(&m, "two powers", "governance.service", "plumbd");
    make_set(&m, "principals.plumbd.roles", json_of("['service', 'guest']"));
    make_set(&m, "fleets.prod.quorums.begin.veto", json_of("['guest']"));
    refuse(&m, "a part in a quorum", "governance.service", "plumbd");
    make_set(&m, "fleets.prod.quorums.begin.veto", json_of("['service']"));
    refuse(&m, "its role in a quorum", "governance.service", "service");
    make_set(&m, "fleets.prod.quorums.begin.veto", json_of("[]"));
    make_set(&m, "principals.plumbd.roles", json_of("['guest']"));
    refuse(&m, "nobody", "governance.service", "principals");
    make_set(&m, "principals.plumbd.roles", json_of("['service']"));
    make_set(&m, "principals.plumbd.keys.0.status", json_string("retired"));
    refuse(&m, "no active key", "governance.service", "principals");
    make_end(&m);
}

/* Each quorum of the document in turn asks for more than there are. */
static void
quorums_nobody_could_reach_are_refused(void **state)
{
    static const char *const quorums[] = {
        "quorums.governance",
        "payloads.web.quorums.release",
        "payloads.web.quorums.revocation",
        "fleets.prod.quorums.begin",
        "fleets.prod.quorums.complete",
        "fleets.prod.quorums.rollback",
        "fleets.prod.quorums.reschedule",
        "fleets.prod.quorums.revocation",
    };
    struct make m;

    (void)state;
    make_begin(&m, NOW);
    for (size_t i = 0; i < sizeof quorums / sizeof *quorums; i++) {
        json_t *whole = json_deep_copy(m.document);

        make_set(&m, quorums[i], make_quorum("admin:3", false, ""));
        assert_parses(&m);
        make_set(&m, quorums[i], make_quorum("admin:4", false, ""));
        refuse(&m, quorums[i], "governance.quorum", quorums[i]);
        json_decref(m.document);
        m.document = whole;
    }
    make_end(&m);
}

static void
only_active_sign_keys_reach_a_quorum(void **state)
{
    struct make m;

    (void)state;
    make_begin(&m, NOW);
    make_set(&m, "quorums.governance", make_quorum("admin:3", false, ""));
    assert_parses(&m);
    make_set(&m, "principals.ada.keys.0.status", json_string("retired"));
    refuse(&m, "retired", "governance.quorum", "quorums.governance");
    make_new_key(&m, "ada");
    assert_parses(&m);
    make_set(&m, "principals.ada.keys.2.use", json_string("tls"));
    refuse(&m, "tls", "governance.quorum", "quorums.governance");
    make_end(&m);
}

static void
one_principal_fills_one_place(void **state)
{
    struct make m;

    (void)state;
    make_begin(&m, NOW);
    make_set(&m, "principals.otto.roles", json_of("['auditor', 'enroller']"));
    make_set(&m, "principals.enid.roles", json_of("['verifier']"));
    make_set(&m, "quorums.governance", make_quorum("auditor:1 enroller:1", false, ""));
    refuse(&m, "both are otto", "governance.quorum", "quorums.governance");
    make_principal(&m, "pat", "auditor", NULL);
    assert_parses(&m);
    make_end(&m);
}

static void
with_others_the_proposer_is_not_among_them(void **state)
{
    struct make m;

    (void)state;
    make_begin(&m, NOW);
    make_set(&m, "quorums.governance", make_quorum("admin:2", true, ""));
    assert_parses(&m);
    make_set(&m, "quorums.governance", make_quorum("admin:3", true, ""));
    refuse(&m, "all admins propose", "governance.quorum", "quorums.governance");
    /* a proposer who is not asked for leaves all others free */
    make_set(&m, "roles.clerk", json_of("{'may': ['governance'], 'notWith': []}"));
    make_principal(&m, "kim", "clerk", NULL);
    assert_parses(&m);
    make_set(&m, "principals.kim.keys.0.status", json_string("retired"));
    refuse(&m, "a proposer who cannot sign", "governance.quorum", "quorums.governance");
    /* nobody may propose at all */
    make_set(&m, "quorums.governance", make_quorum("admin:2", true, ""));
    make_set(&m, "roles.admin.may", json_of("[]"));
    refuse(&m, "nobody proposes", "governance.quorum", "quorums.governance");
    make_set(&m, "quorums.governance", make_quorum("admin:2", false, ""));
    assert_parses(&m);
    make_end(&m);
}

static double
seconds(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
ten_thousand_payloads_are_no_trouble(void **state)
{
    struct make m;
    struct plumb_governance *g = NULL;
    struct plumb_bytes bytes;
    struct plumb_err err;
    double start;
    char id[64];

    (void)state;
    make_begin(&m, NOW);
    make_set(&m, "payloads.web.quorums.release",
             make_quorum("release-manager:3 security-officer:2", true, "security-officer"));
    for (size_t i = 0; i < 10000; i++) {
        (void)snprintf(id, sizeof id, "payload-%zu", i);
        json_object_set_new(make_at(&m, "payloads"), id,
                            json_deep_copy(make_at(&m, "payloads.web")));
    }
    for (size_t i = 0; i < 1000; i++) {
        (void)snprintf(id, sizeof id, "person-%zu", i);
        make_principal(&m, id, i % 2 == 0 ? "release-manager" : "security-officer", NULL);
    }
    bytes = make_document(&m);
    start = seconds();
    assert_ok(plumb_governance_parse(bytes.data, bytes.len, &g, &err), &err);
    print_message("%zu bytes in %.3f s\n", bytes.len, seconds() - start);
    assert_true(seconds() - start < 10); /* with sanitizers; without, a tenth of that */
    assert_int_equal(g->npayloads, 10001);
    assert_non_null(plumb_governance_payload(g, "payload-9999"));
    plumb_governance_free(g);
    plumb_bytes_clear(&bytes);
    make_end(&m);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_is_read_whole),
        cmocka_unit_test(a_star_is_every_payload),
        cmocka_unit_test(who_proposes_or_votes_may_read),
        cmocka_unit_test(every_object_is_closed),
        cmocka_unit_test(every_member_is_needed),
        cmocka_unit_test(what_is_wrong_is_refused_where_it_is),
        cmocka_unit_test(boundaries_are_allowed),
        cmocka_unit_test(bytes_are_canonical),
        cmocka_unit_test(a_log_signs_with_a_log_key),
        cmocka_unit_test(one_key_stands_once),
        cmocka_unit_test(roles_apart_are_apart_both_ways),
        cmocka_unit_test(somebody_is_the_service_and_nothing_else),
        cmocka_unit_test(quorums_nobody_could_reach_are_refused),
        cmocka_unit_test(only_active_sign_keys_reach_a_quorum),
        cmocka_unit_test(one_principal_fills_one_place),
        cmocka_unit_test(with_others_the_proposer_is_not_among_them),
        cmocka_unit_test(ten_thousand_payloads_are_no_trouble),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
