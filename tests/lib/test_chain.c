#include "tests/t.h"

#include <plumb/governance.h>
#include <stdlib.h>
#include <string.h>

#include "tests/make.h"

#define NOW INT64_C(1795489892)

/* A chain whose documents come from one world. */
struct scene {
    struct make m;
    struct plumb_chain *chain;
};

static enum plumb_code
push(struct scene *s, uint64_t index, struct plumb_err *err)
{
    struct plumb_governance *g = make_governance(&s->m);
    const struct plumb_digest statement = make_digest("statement");
    enum plumb_code code = plumb_chain_push(s->chain, g, &statement, index, NOW, err);

    if (code != PLUMB_OK)
        plumb_governance_free(g);
    return code;
}

static void
must_push(struct scene *s, uint64_t index)
{
    struct plumb_err err;

    assert_ok(push(s, index, &err), &err);
}

static void
begin(struct scene *s)
{
    struct plumb_err err;

    make_begin(&s->m, NOW);
    s->chain = NULL;
    assert_ok(plumb_chain_new(&s->chain, &err), &err);
}

static void
end(struct scene *s)
{
    plumb_chain_free(s->chain);
    make_end(&s->m);
}

/* --- succession --- */

/* What version 2 changes, and the rule that refuses it; NULL for none. */
static const struct change {
    const char *path, *value, *rule;
} changes[] = {
    { "principals.ada.name", "\"Ada\"", NULL },
    { "principals.ada.keys.0.status", "\"retired\"", NULL },
    { "principals.ada.roles", "[\"auditor\"]", NULL },
    { "quorums.governance.need.admin", "1", NULL },
    { "principals.newcomer", "{\"roles\":[],\"keys\":[]}", NULL },
    { "version", "3", "governance.version" },
    { "previous", "\"0000000000000000000000000000000000000000000000000000000000000000\"",
      "governance.previous" },
    { "principals.otto", NULL, "governance.key-gone" },
    { "principals.otto.keys.1", NULL, "governance.key-gone" },
    { "principals.otto.keys.0.use", "\"tls\"", "governance.key-gone" },
    { "principals.otto.keys.0.application", "\"ssh:\"", "governance.key-gone" },
};

static void
a_successor_keeps_the_rules_of_succession(void **state)
{
    struct scene s;
    struct plumb_err err;

    (void)state;
    begin(&s);
    must_push(&s, 0);
    make_next(&s.m);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        json_t *whole = json_deep_copy(s.m.document);
        enum plumb_code code;

        make_set(&s.m, changes[i].path,
                 changes[i].value != NULL ? json_loads(changes[i].value, JSON_DECODE_ANY, NULL)
                                          : NULL);
        code = push(&s, 7, &err);
        if (changes[i].rule == NULL) {
            assert_ok(code, &err);
            plumb_chain_pop(s.chain);
        } else if (code == PLUMB_OK || strcmp(err.rule, changes[i].rule) != 0) {
            fail_msg("%s: want %s, got [%s] %s", changes[i].path, changes[i].rule, err.rule,
                     err.msg);
        }
        assert_int_equal(plumb_chain_length(s.chain), 1);
        json_decref(s.m.document);
        s.m.document = whole;
    }
    must_push(&s, 7);
    end(&s);
}

static void
a_key_stays_with_its_principal(void **state)
{
    struct scene s;
    struct plumb_err err;

    (void)state;
    begin(&s);
    must_push(&s, 0);
    make_next(&s.m);
    make_set(&s.m, "principals.bob.keys.2",
             json_incref(make_at(&s.m, "principals.ada.keys.1")));
    make_set(&s.m, "principals.ada.keys.1", NULL);
    assert_refused("governance.key-gone", push(&s, 7, &err), &err);
    end(&s);
}

static void
a_log_keeps_its_origin(void **state)
{
    struct scene s;
    struct plumb_vkey key;
    char text[PLUMB_VKEY_TEXT];
    struct plumb_err err;

    (void)state;
    begin(&s);
    must_push(&s, 0);
    make_next(&s.m);
    assert_ok(plumb_vkey_make("example.com/log", 0x01, s.m.log->pub, &key, &err), &err);
    plumb_vkey_text(&key, text);
    make_set(&s.m, "log.origin", json_string("example.com/log"));
    make_set(&s.m, "log.keys.0", json_string(text));
    assert_refused("governance.origin", push(&s, 7, &err), &err);
    end(&s);
}

static void
rules_never_go_back(void **state)
{
    struct scene s;
    struct plumb_governance *g, *next;
    struct plumb_err err;

    (void)state;
    begin(&s);
    g = make_governance(&s.m);
    make_next(&s.m);
    next = make_governance(&s.m);
    assert_ok(plumb_governance_succeeds(g, next, 7, &err), &err);
    g->rules = 2; /* as a later program would read one */
    assert_refused("governance.rules", plumb_governance_succeeds(g, next, 7, &err), &err);
    plumb_governance_free(g);
    plumb_governance_free(next);
    end(&s);
}

static void
the_first_is_version_one(void **state)
{
    struct scene s;
    struct plumb_err err;

    (void)state;
    begin(&s);
    make_next(&s.m);
    assert_refused("governance.version", push(&s, 0, &err), &err);
    assert_null(plumb_chain_last(s.chain));
    end(&s);
}

static json_t *
status(const char *text)
{
    return json_string(text);
}

static void
a_keys_status_only_worsens(void **state)
{
    static const struct {
        const char *was;
        int was_from;
        const char *is;
        int is_from;
        bool allowed;
    } cases[] = {
        { "active", -1, "active", -1, true },
        { "active", -1, "retired", -1, true },
        { "active", -1, "compromised", 3, true },
        { "active", -1, "compromised", 7, true },
        { "active", -1, "compromised", 8, false }, /* the completing entry is 7 */
        { "retired", -1, "retired", -1, true },
        { "retired", -1, "active", -1, false },
        { "retired", -1, "compromised", 0, true },
        { "compromised", 0, "compromised", 0, true },
        { "compromised", 0, "compromised", 1, false },
        { "compromised", 0, "retired", -1, false },
        { "compromised", 0, "active", -1, false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scene s;
        struct plumb_err err;

        begin(&s);
        make_set(&s.m, "principals.otto.keys.0.status", status(cases[i].was));
        if (cases[i].was_from >= 0)
            make_set(&s.m, "principals.otto.keys.0.from", json_integer(cases[i].was_from));
        must_push(&s, 0);
        make_next(&s.m);
        make_set(&s.m, "principals.otto.keys.0.status", status(cases[i].is));
        if (cases[i].is_from >= 0)
            make_set(&s.m, "principals.otto.keys.0.from", json_integer(cases[i].is_from));
        else if (cases[i].was_from >= 0)
            make_set(&s.m, "principals.otto.keys.0.from", NULL);
        if (cases[i].allowed)
            assert_ok(push(&s, 7, &err), &err);
        else
            assert_refused("governance.key-status", push(&s, 7, &err), &err);
        end(&s);
    }
}

static void
documents_come_into_force_one_after_the_other(void **state)
{
    struct scene s;
    struct plumb_governance *g;
    const struct plumb_digest statement = make_digest("s");
    struct plumb_err err;

    (void)state;
    begin(&s);
    must_push(&s, 5);
    make_next(&s.m);
    assert_refused("governance.order", push(&s, 5, &err), &err);
    assert_refused("governance.order", push(&s, 4, &err), &err);
    g = make_governance(&s.m);
    assert_refused("governance.order",
                   plumb_chain_push(s.chain, g, &statement, 6, NOW - 1, &err), &err);
    plumb_governance_free(g);
    must_push(&s, 6);
    end(&s);
}

/* --- the chain --- */

static void
each_index_has_its_document(void **state)
{
    static const struct {
        uint64_t index;
        int64_t version; /* 0: none */
    } cases[] = {
        { 0, 0 }, { 1, 0 }, { 2, 1 }, { 3, 1 }, { 9, 1 }, { 10, 2 }, { 11, 3 }, { 1000, 3 },
    };
    struct scene s;

    (void)state;
    begin(&s);
    assert_null(plumb_chain_at(s.chain, 0));
    must_push(&s, 2);
    make_next(&s.m);
    must_push(&s, 10);
    make_next(&s.m);
    must_push(&s, 11);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct plumb_link *link = plumb_chain_at(s.chain, cases[i].index);

        assert_int_equal(link != NULL ? link->document->version : 0, cases[i].version);
    }
    assert_int_equal(plumb_chain_length(s.chain), 3);
    assert_int_equal(plumb_chain_link(s.chain, 1)->index, 10);
    assert_null(plumb_chain_link(s.chain, 3));
    assert_int_equal(plumb_chain_last(s.chain)->document->version, 3);
    end(&s);
}

static const char *
signer_rule(const struct scene *s, const struct plumb_digest *key, enum plumb_use use,
            uint64_t index, size_t known)
{
    static struct plumb_err err;
    const char *id = NULL;

    err = (struct plumb_err){ 0 };
    if (plumb_chain_signer(s->chain, key, use, index, known, &id, &err) == PLUMB_OK)
        return id;
    assert_null(id);
    assert_int_equal(err.code, PLUMB_FORBIDDEN);
    return err.rule;
}

/*
 * Ada's first key is active from the genesis at 2, retired at 10, declared compromised at 20
 * from 7 on. Her second begins at 10.
 */
static void
a_key_counts_while_it_is_active(void **state)
{
    static const struct {
        size_t pushed;
        bool second;
        uint64_t index;
        size_t known;
        const char *want;
    } cases[] = {
        { 1, false, 1, 0, "key.not-yet" },
        { 1, false, 2, 0, "ada" }, /* the genesis is signed by its own */
        { 1, false, 3, 0, "ada" },
        { 1, false, 99, 0, "ada" },
        { 1, true, 3, 0, "key.unknown" },
        { 2, false, 9, 0, "ada" },
        { 2, false, 10, 0, "ada" }, /* what completes its retirement may be its own */
        { 2, false, 11, 0, "key.retired" },
        { 2, true, 9, 0, "key.not-yet" },
        { 2, true, 10, 0, "key.not-yet" }, /* nor can it approve its own coming */
        { 2, true, 11, 0, "ada" },
        { 3, false, 6, 0, "ada" },
        { 3, false, 7, 0, "key.compromised" },
        { 3, false, 11, 0, "key.compromised" },
        { 3, false, 21, 0, "key.compromised" },
        { 3, false, 7, 3, "key.compromised" },
        { 3, false, 7, 2, "ada" }, /* before the declaration was known */
        { 3, false, 10, 1, "ada" },
        { 3, false, 11, 2, "key.retired" },
        { 3, true, 21, 0, "ada" },
    };
    struct scene s;
    struct plumb_digest first, second;
    size_t pushed = 1;

    (void)state;
    begin(&s);
    first = *make_key_id(&s.m, "ada");
    must_push(&s, 2);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *got;

        if (pushed < cases[i].pushed && ++pushed == 2) {
            make_next(&s.m);
            make_new_key(&s.m, "ada");
            second = *make_key_id(&s.m, "ada");
            make_set(&s.m, "principals.ada.keys.0.status", status("retired"));
            must_push(&s, 10);
        } else if (pushed == 3 && plumb_chain_length(s.chain) == 2) {
            make_next(&s.m);
            make_set(&s.m, "principals.ada.keys.0.status", status("compromised"));
            make_set(&s.m, "principals.ada.keys.0.from", json_integer(7));
            must_push(&s, 20);
        }
        if (pushed == 1)
            second = make_digest("not there yet");
        got = signer_rule(&s, cases[i].second ? &second : &first, PLUMB_USE_SIGN,
                          cases[i].index, cases[i].known);
        if (strcmp(got, cases[i].want) != 0)
            fail_msg("case %zu: want %s, got %s", i, cases[i].want, got);
    }
    end(&s);
}

static void
a_key_compromised_while_active_ends_there(void **state)
{
    struct scene s;
    const struct plumb_digest *key;

    (void)state;
    begin(&s);
    key = make_key_id(&s.m, "ada");
    must_push(&s, 0);
    make_next(&s.m);
    make_set(&s.m, "principals.ada.keys.0.status", status("compromised"));
    make_set(&s.m, "principals.ada.keys.0.from", json_integer(5));
    must_push(&s, 9);
    assert_string_equal(signer_rule(&s, key, PLUMB_USE_SIGN, 4, 0), "ada");
    assert_string_equal(signer_rule(&s, key, PLUMB_USE_SIGN, 5, 0), "key.compromised");
    assert_string_equal(signer_rule(&s, key, PLUMB_USE_SIGN, 9, 1), "ada");
    assert_string_equal(signer_rule(&s, key, PLUMB_USE_SIGN, 10, 1), "key.retired");
    end(&s);
}

static void
a_compromise_is_known_since_it_was_first_declared(void **state)
{
    struct scene s;
    const struct plumb_digest *key;

    (void)state;
    begin(&s);
    key = make_key_id(&s.m, "ada");
    must_push(&s, 0);
    make_next(&s.m);
    make_set(&s.m, "principals.ada.keys.0.status", status("compromised"));
    make_set(&s.m, "principals.ada.keys.0.from", json_integer(5));
    must_push(&s, 9);
    make_next(&s.m);
    must_push(&s, 12);
    assert_string_equal(signer_rule(&s, key, PLUMB_USE_SIGN, 6, 1), "ada");
    assert_string_equal(signer_rule(&s, key, PLUMB_USE_SIGN, 6, 2), "key.compromised");
    end(&s);
}

static void
a_key_that_was_never_active_never_counts(void **state)
{
    struct scene s;
    const struct plumb_digest *key;

    (void)state;
    begin(&s);
    key = make_key_id(&s.m, "otto");
    make_set(&s.m, "principals.otto.keys.0.status", status("retired"));
    must_push(&s, 0);
    assert_string_equal(signer_rule(&s, key, PLUMB_USE_SIGN, 0, 0), "key.not-yet");
    assert_string_equal(signer_rule(&s, key, PLUMB_USE_SIGN, 1, 0), "key.retired");
    end(&s);
}

static void
a_key_has_one_use(void **state)
{
    struct scene s;
    const struct plumb_digest *sign, *tls;

    (void)state;
    begin(&s);
    must_push(&s, 0);
    sign = make_key_id(&s.m, "ada");
    tls = plumb_pubkey_id(make_who(&s.m, "ada")->tls->pub);
    assert_string_equal(signer_rule(&s, sign, PLUMB_USE_TLS, 1, 0), "key.use");
    assert_string_equal(signer_rule(&s, tls, PLUMB_USE_SIGN, 1, 0), "key.use");
    assert_string_equal(signer_rule(&s, tls, PLUMB_USE_TLS, 1, 0), "ada");
    end(&s);
}

static void
pop_undoes_a_push(void **state)
{
    struct scene s;
    struct plumb_digest first, second;

    (void)state;
    begin(&s);
    first = *make_key_id(&s.m, "ada");
    must_push(&s, 0);
    make_next(&s.m);
    make_new_key(&s.m, "ada");
    second = *make_key_id(&s.m, "ada");
    make_set(&s.m, "principals.ada.keys.0.status", status("compromised"));
    make_set(&s.m, "principals.ada.keys.0.from", json_integer(0));
    must_push(&s, 9);
    assert_non_null(plumb_chain_pubkey(s.chain, &second));
    assert_string_equal(signer_rule(&s, &first, PLUMB_USE_SIGN, 5, 0), "key.compromised");
    plumb_chain_pop(s.chain);
    assert_int_equal(plumb_chain_length(s.chain), 1);
    assert_null(plumb_chain_pubkey(s.chain, &second));
    assert_string_equal(signer_rule(&s, &first, PLUMB_USE_SIGN, 5, 0), "ada");
    must_push(&s, 9);
    assert_non_null(plumb_chain_pubkey(s.chain, &second));
    plumb_chain_pop(s.chain);
    plumb_chain_pop(s.chain);
    plumb_chain_pop(s.chain);
    assert_null(plumb_chain_pubkey(s.chain, &first));
    assert_null(plumb_chain_at(s.chain, 100));
    end(&s);
}

static void
a_long_chain_keeps_all_its_links(void **state)
{
    struct scene s;
    struct plumb_digest first;

    (void)state;
    begin(&s);
    first = *make_key_id(&s.m, "ada");
    must_push(&s, 0);
    for (uint64_t i = 1; i < 30; i++) {
        make_next(&s.m);
        must_push(&s, i * 10);
    }
    for (uint64_t i = 0; i < 30; i++)
        assert_int_equal(plumb_chain_at(s.chain, i * 10 + 9)->document->version, i + 1);
    assert_string_equal(signer_rule(&s, &first, PLUMB_USE_SIGN, 1000, 0), "ada");
    end(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_successor_keeps_the_rules_of_succession),
        cmocka_unit_test(a_key_stays_with_its_principal),
        cmocka_unit_test(a_log_keeps_its_origin),
        cmocka_unit_test(rules_never_go_back),
        cmocka_unit_test(the_first_is_version_one),
        cmocka_unit_test(a_keys_status_only_worsens),
        cmocka_unit_test(documents_come_into_force_one_after_the_other),
        cmocka_unit_test(each_index_has_its_document),
        cmocka_unit_test(a_key_counts_while_it_is_active),
        cmocka_unit_test(a_key_compromised_while_active_ends_there),
        cmocka_unit_test(a_compromise_is_known_since_it_was_first_declared),
        cmocka_unit_test(a_key_that_was_never_active_never_counts),
        cmocka_unit_test(a_key_has_one_use),
        cmocka_unit_test(pop_undoes_a_push),
        cmocka_unit_test(a_long_chain_keeps_all_its_links),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
