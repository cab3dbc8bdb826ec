/* Witnesses in a governance document: forms, rules, succession, and the policy that follows. */
#include "tests/t.h"

#include <plumb/bundle.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/notes.h"
#include "tests/make.h"

#define NOW INT64_C(1795489892)

struct scene {
    struct make m;
    struct plumb_signer *keys[3];
};

static json_t *
witness_json(const char *name, const struct plumb_signer *key, const char *url)
{
    return json_pack("{s:s,s:s}", "vkey", vkey_of(name, 4, key), "url", url);
}

/* Three witnesses of which two are needed, and publishing waits for them. */
static void
begin(struct scene *s)
{
    struct plumb_err err;
    json_t *of = json_array();
    char name[32];

    make_begin(&s->m, NOW);
    for (int i = 0; i < 3; i++) {
        assert_ok(plumb_signer_generate(PLUMB_KEY_ED25519, &s->keys[i], &err), &err);
        (void)snprintf(name, sizeof name, "witness.example/%d", i);
        json_array_append_new(of, witness_json(name, s->keys[i], "https://witness.example"));
    }
    make_set(&s->m, "witnesses",
             json_pack("{s:s,s:i,s:o}", "away", "wait", "need", 2, "of", of));
}

static void
end(struct scene *s)
{
    for (int i = 0; i < 3; i++)
        plumb_signer_free(s->keys[i]);
    make_end(&s->m);
}

static enum plumb_code
parse(const struct scene *s, struct plumb_governance **ret, struct plumb_err *err)
{
    struct plumb_bytes bytes = make_document(&s->m);
    enum plumb_code code = plumb_governance_parse(bytes.data, bytes.len, ret, err);

    plumb_bytes_clear(&bytes);
    return code;
}

/* Set something, and refuse the document by this rule at this place; then put it back. */
static void
refuse(struct scene *s, const char *path, json_t *value, const char *rule, const char *where)
{
    json_t *whole = json_deep_copy(s->m.document);
    struct plumb_governance *g = NULL;
    struct plumb_err err;

    make_set(&s->m, path, value);
    assert_refused(rule, parse(s, &g, &err), &err);
    assert_string_equal(where, err.where);
    json_decref(s->m.document);
    s->m.document = whole;
}

static void
witnesses_are_read_as_they_stand(void **state)
{
    struct plumb_governance *g;
    struct scene s;

    (void)state;
    begin(&s);
    g = make_governance(&s.m);
    assert_int_equal(3, g->nwitnesses);
    assert_int_equal(2, g->witnesses_need);
    assert_true(g->witnesses_wait);
    assert_string_equal("witness.example/1", g->witnesses[1].vkey.name);
    assert_string_equal("https://witness.example", g->witnesses[1].url);
    plumb_governance_free(g);
    make_set(&s.m, "witnesses.away", json_string("continue"));
    make_set(&s.m, "witnesses.need", json_integer(3));
    g = make_governance(&s.m);
    assert_false(g->witnesses_wait);
    plumb_governance_free(g);
    make_set(&s.m, "witnesses", NULL);
    g = make_governance(&s.m);
    assert_int_equal(0, g->nwitnesses);
    plumb_governance_free(g);
    end(&s);
}

static void
what_is_wrong_with_witnesses_is_refused_where_it_is(void **state)
{
    static const struct {
        const char *path, *value, *rule, *where;
    } cases[] = {
        { "witnesses", "null", "json.type", "witnesses" },
        { "witnesses", "[]", "json.type", "witnesses" },
        { "witnesses", "{}", "json.missing", "witnesses.away" },
        { "witnesses.more", "1", "json.unknown", "witnesses.more" },
        { "witnesses.away", "'never'", "governance.witness", "witnesses.away" },
        { "witnesses.away", "true", "json.type", "witnesses.away" },
        { "witnesses.need", "0", "json.number", "witnesses.need" },
        { "witnesses.need", "4", "governance.witness", "witnesses.need" },
        { "witnesses.need", "17", "json.number", "witnesses.need" },
        { "witnesses.need", "'2'", "json.type", "witnesses.need" },
        { "witnesses.of", "[]", "json.length", "witnesses.of" },
        { "witnesses.of", "{}", "json.type", "witnesses.of" },
        { "witnesses.of.0.name", "'x'", "json.unknown", "witnesses.of[0].name" },
        { "witnesses.of.1.vkey", "'x'", "vkey.form", "witnesses.of[1].vkey" },
        { "witnesses.of.1.url", "''", "json.length", "witnesses.of[1].url" },
        { "witnesses.of.1.url", "'witness.example'", "governance.witness",
          "witnesses.of[1].url" },
        { "witnesses.of.1.url", "'ftp://a'", "governance.witness", "witnesses.of[1].url" },
        { "witnesses.of.1.url", "'file:///a'", "governance.witness", "witnesses.of[1].url" },
        { "witnesses.of.1.url", "'x://https://a'", "governance.witness",
          "witnesses.of[1].url" },
        { "witnesses.of.1.url", "'https://'", "governance.witness", "witnesses.of[1].url" },
        { "witnesses.of.1.url", "'https://a/'", "governance.witness", "witnesses.of[1].url" },
        { "witnesses.of.1.url", "'https:///a'", "governance.witness", "witnesses.of[1].url" },
        { "witnesses.of.1.url", "'https://a b'", "governance.witness", "witnesses.of[1].url" },
        { "witnesses.of.1.url", "'https://u@a'", "governance.witness", "witnesses.of[1].url" },
        { "witnesses.of.1.url", "'https://a?b'", "governance.witness", "witnesses.of[1].url" },
        { "witnesses.of.1.url", "'https://a#b'", "governance.witness", "witnesses.of[1].url" },
    };
    struct scene s;

    (void)state;
    begin(&s);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refuse(&s, cases[i].path, json_of(cases[i].value), cases[i].rule, cases[i].where);
    refuse(&s, "witnesses.of.0.vkey", json_string(vkey_of("w", 1, s.keys[0])),
           "governance.witness", "witnesses.of[0].vkey");
    refuse(&s, "witnesses.of.1.vkey", json_string(vkey_of("witness.example/0", 4, s.keys[1])),
           "governance.witness", "witnesses.of[1].vkey");
    end(&s);
}

static void
a_witness_key_is_nobody_elses(void **state)
{
    struct scene s;

    (void)state;
    begin(&s);
    refuse(&s, "witnesses.of.1.vkey", json_string(vkey_of("other", 4, s.keys[0])),
           "governance.key-twice", "witness.example/0");
    refuse(&s, "witnesses.of.1.vkey", json_string(vkey_of("other", 4, s.m.log)),
           "governance.key-twice", MAKE_ORIGIN);
    refuse(&s, "witnesses.of.1.vkey",
           json_string(vkey_of("other", 4, make_who(&s.m, "vera")->tls)),
           "governance.key-twice", "vera");
    end(&s);
}

/* Version 2 with the scene's document as it is now; NULL if it may succeed. */
static const char *
succeed(struct scene *s, const struct plumb_governance *one, struct plumb_err *err)
{
    struct plumb_governance *two = NULL;
    enum plumb_code code;

    assert_ok(parse(s, &two, err), err);
    code = plumb_governance_succeeds(one, two, 7, err);
    plumb_governance_free(two);
    return code == PLUMB_OK ? NULL : err->rule;
}

static void
a_witness_key_keeps_its_name_and_its_use_for_ever(void **state)
{
    struct plumb_governance *one;
    struct plumb_err err;
    struct scene s;
    json_t *whole;

    (void)state;
    begin(&s);
    one = make_governance(&s.m);
    make_next(&s.m);
    assert_null(succeed(&s, one, &err));
    whole = json_deep_copy(s.m.document);

    /* witnesses come and go, and move */
    make_set(&s.m, "witnesses.of.0.url", json_string("http://elsewhere"));
    make_set(&s.m, "witnesses.of.2", NULL);
    make_set(&s.m, "witnesses.away", json_string("continue"));
    assert_null(succeed(&s, one, &err));
    make_set(&s.m, "witnesses", NULL);
    assert_null(succeed(&s, one, &err));

    make_set(&s.m, "principals.otto.keys.2", make_key_json(s.keys[1], PLUMB_USE_SIGN));
    assert_string_equal("governance.witness", succeed(&s, one, &err));
    assert_string_equal("witness.example/1", err.where);

    json_decref(s.m.document);
    s.m.document = json_deep_copy(whole);
    make_set(&s.m, "witnesses.of.1.vkey", json_string(vkey_of("renamed", 4, s.keys[1])));
    assert_string_equal("governance.witness", succeed(&s, one, &err));

    json_decref(s.m.document);
    s.m.document = json_deep_copy(whole);
    make_set(&s.m, "witnesses", NULL);
    make_set(&s.m, "log.keys.1", json_string(vkey_of(MAKE_ORIGIN, 1, s.keys[2])));
    assert_string_equal("governance.witness", succeed(&s, one, &err));
    json_decref(whole);
    plumb_governance_free(one);
    end(&s);
}

/* --- the policy --- */

static struct plumb_log_policy *
policy(const struct scene *s)
{
    struct plumb_governance *g = make_governance(&s->m);
    char text[8192] = "";
    struct plumb_err err;
    json_t *lines = NULL, *line;
    size_t i;

    assert_ok(plumb_governance_policy(g, &lines, &err), &err);
    json_array_foreach(lines, i, line)
    {
        strcat(text, json_string_value(line));
        strcat(text, "\n");
    }
    json_decref(lines);
    plumb_governance_free(g);
    return policy_of(text);
}

/* The checkpoint signed by the log and so many witnesses. */
static enum plumb_code
verify(const struct scene *s, const struct plumb_log_policy *p, int cosigners,
       struct plumb_err *err)
{
    static const char text[] =
        MAKE_ORIGIN "\n15\nU7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=\n";
    struct plumb_bytes note = unsigned_note(text);
    struct plumb_checkpoint ret;
    enum plumb_code code;
    char name[32];

    sign_note(&note, text, MAKE_ORIGIN, 1, s->m.log, 0);
    for (int i = 0; i < cosigners; i++) {
        (void)snprintf(name, sizeof name, "witness.example/%d", i);
        sign_note(&note, text, name, 4, s->keys[i], NOW);
    }
    code = plumb_checkpoint_verify(p, note.data, note.len, &ret, err);
    plumb_bytes_clear(&note);
    return code;
}

static void
the_policy_demands_as_many_as_are_needed_where_publishing_waits(void **state)
{
    struct plumb_log_policy *p;
    struct plumb_err err;
    struct scene s;

    (void)state;
    begin(&s);
    p = policy(&s);
    assert_refused("witness.quorum", verify(&s, p, 0, &err), &err);
    assert_refused("witness.quorum", verify(&s, p, 1, &err), &err);
    assert_ok(verify(&s, p, 2, &err), &err);
    assert_ok(verify(&s, p, 3, &err), &err);
    plumb_log_policy_free(p);

    make_set(&s.m, "witnesses.away", json_string("continue"));
    p = policy(&s);
    assert_ok(verify(&s, p, 0, &err), &err);
    plumb_log_policy_free(p);

    make_set(&s.m, "witnesses", NULL);
    p = policy(&s);
    assert_ok(verify(&s, p, 0, &err), &err);
    plumb_log_policy_free(p);
    end(&s);
}

/* Sixteen witnesses with the longest names and addresses: a trust file takes their policy. */
static void
the_longest_policy_fits_a_trust_file(void **state)
{
    struct plumb_governance *g;
    struct plumb_trust *trust = NULL;
    struct plumb_err err;
    struct scene s;
    json_t *lines = NULL, *file;
    char name[128], url[201], *text;

    (void)state;
    begin(&s);
    memset(url, 'u', sizeof url);
    memcpy(url, "https://", 8);
    url[200] = '\0';
    for (int i = 3; i < 16; i++) {
        struct plumb_signer *key = NULL;
        char path[32];

        assert_ok(plumb_signer_generate(PLUMB_KEY_ED25519, &key, &err), &err);
        memset(name, 'n', sizeof name);
        (void)snprintf(name + 120, 8, "%07d", i);
        (void)snprintf(path, sizeof path, "witnesses.of.%d", i);
        make_set(&s.m, path, witness_json(name, key, url));
        plumb_signer_free(key);
    }
    make_set(&s.m, "witnesses.need", json_integer(16));
    g = make_governance(&s.m);
    assert_ok(plumb_governance_policy(g, &lines, &err), &err);
    file =
        json_pack("{s:s,s:s,s:s,s:[],s:o}", "schema", "urn:plumbline:trust:v1", "fleet", "prod",
                  "genesis", "1111111111111111111111111111111111111111111111111111111111111111",
                  "server", "policy", lines);
    text = json_dumps(file, 0);
    assert_ok(plumb_trust_parse(text, strlen(text), &trust, &err), &err);
    plumb_trust_free(trust);
    free(text);
    json_decref(file);
    plumb_governance_free(g);
    end(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(witnesses_are_read_as_they_stand),
        cmocka_unit_test(what_is_wrong_with_witnesses_is_refused_where_it_is),
        cmocka_unit_test(a_witness_key_is_nobody_elses),
        cmocka_unit_test(a_witness_key_keeps_its_name_and_its_use_for_ever),
        cmocka_unit_test(the_policy_demands_as_many_as_are_needed_where_publishing_waits),
        cmocka_unit_test(the_longest_policy_fits_a_trust_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
