#include <plumb/tlog.h>
#include <stdio.h>
#include <string.h>

#include "tests/lib/keys.h"
#include "tests/lib/notes.h"
#include "tests/t.h"

#define LOG "log " EXAMPLE_VKEY "\n"
#define A   "witness a " GARDEN_VKEY "\n"
#define B   "witness b " REMORA_VKEY "\n"
#define C   "witness c " STAGEMOLE_VKEY "\n"

static void
policies_of_the_grammar_are_read(void **state)
{
    static const char *const cases[] = {
        LOG "quorum none\n",
        "quorum none\n" LOG,
        "# a comment\n\n \t \n\t# another\n" LOG "quorum none\n",
        "  log\t " EXAMPLE_VKEY " \t\n\tquorum  none\n",
        "log " EXAMPLE_VKEY " https://example.com/foo\nquorum none\n",
        "log " EXAMPLE_VKEY " https://ex\xc3\xa4mple.com/\xff\nquorum none\n",
        LOG A "quorum a\n",
        LOG "witness a " GARDEN_VKEY " https://garden.example/\nquorum a\n",
        LOG A "quorum none\n",
        LOG A "group g any a\nquorum g\n",
        LOG A "group g any a\nquorum a\n",
        LOG A "quorum a\n" B "group g any a b\n",
        LOG A B C "group g 2 a b c\nquorum g\n",
        LOG A B C "group g 3 a b c\nquorum g\n",
        LOG A B C "group g all a b\ngroup h any g c\nquorum h\n",
        LOG "witness \xe2\x84\xaa " GARDEN_VKEY "\nwitness K " REMORA_VKEY "\nquorum K\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct plumb_log_policy *p = policy_of(cases[i]);

        assert_string_equal(plumb_log_policy_origin(p), "example.com/foo");
        plumb_log_policy_free(p);
    }
    plumb_log_policy_free(NULL);
}

static void
other_texts_are_refused(void **state)
{
    static const struct {
        const char *text, *rule, *where;
    } cases[] = {
        { "", "policy.form", "" },
        { LOG "quorum none", "policy.form", "" }, /* cut off, perhaps */
        { LOG "quorum none\r\n", "policy.form", "" },
        { LOG "quorum\x0bnone\n", "policy.form", "" },
        { LOG "quorum none\n# \x7f\n", "policy.form", "" },
        { LOG "quorum none\n#\x1b[2J\n", "policy.form", "" },
        { LOG "quorom none\n", "policy.form", "line 2" },
        { LOG "Quorum none\n", "policy.form", "line 2" },
        { LOG "quorum\n", "policy.form", "line 2" },
        { LOG "quorum none none\n", "policy.form", "line 2" },
        { "log\n" LOG "quorum none\n", "policy.form", "line 1" },
        { "log " EXAMPLE_VKEY " a b\nquorum none\n", "policy.form", "line 1" },
        { LOG "witness a\nquorum none\n", "policy.form", "line 2" },
        { LOG "witness a " GARDEN_VKEY " u v\nquorum none\n", "policy.form", "line 2" },
        { LOG A "group g any\nquorum g\n", "policy.form", "line 3" },
        { LOG "log example.com/foo\nquorum none\n", "vkey.form", "line 2" },

        { "quorum none\n", "policy.origin", "" },
        { LOG "log " ARCHE_VKEY "\nquorum none\n", "policy.origin", "line 2" },

        { LOG LOG "quorum none\n", "policy.key", "line 2" },
        { LOG A "witness b " GARDEN_VKEY "\nquorum a\n", "policy.key", "line 3" },
        { "log " GARDEN_VKEY "\nquorum none\n", "policy.key", "line 1" },
        { LOG "witness a " ARCHE_VKEY "\nquorum a\n", "policy.key", "line 2" },

        { LOG A "witness a " REMORA_VKEY "\nquorum a\n", "policy.name", "line 3" },
        { LOG A "group a any a\nquorum a\n", "policy.name", "line 3" },
        { LOG A "group g any a\n" B "group g any b\nquorum g\n", "policy.name", "line 5" },
        { LOG "witness none " GARDEN_VKEY "\nquorum none\n", "policy.name", "line 2" },
        { LOG A "group none any a\nquorum none\n", "policy.name", "line 3" },

        { LOG A "group g 0 a\nquorum g\n", "policy.group", "line 3" },
        { LOG A "group g 2 a\nquorum g\n", "policy.group", "line 3" },
        { LOG A "group g 01 a\nquorum g\n", "policy.group", "line 3" },
        { LOG A "group g -1 a\nquorum g\n", "policy.group", "line 3" },
        { LOG A "group g +1 a\nquorum g\n", "policy.group", "line 3" },
        { LOG A "group g 0x1 a\nquorum g\n", "policy.group", "line 3" },
        { LOG A "group g 18446744073709551617 a\nquorum g\n", "policy.group", "line 3" },
        { LOG A "group g most a\nquorum g\n", "policy.group", "line 3" },
        { LOG A "group g any b\n" B "quorum g\n", "policy.group", "line 3" },
        { LOG A "group g any g\nquorum g\n", "policy.group", "line 3" },
        { LOG A "group g any none\nquorum g\n", "policy.group", "line 3" },
        { LOG A B "group g 2 a a\nquorum g\n", "policy.group", "line 4" },
        { LOG A B "group g any a\ngroup h all a b\nquorum h\n", "policy.group", "line 5" },

        { LOG, "policy.quorum", "" },
        { LOG "quorum none\nquorum none\n", "policy.quorum", "line 3" },
        { LOG A "quorum none\nquorum a\n", "policy.quorum", "line 4" },
        { LOG "quorum a\n" A, "policy.quorum", "line 2" },
        { LOG "quorum example.com/foo\n", "policy.quorum", "line 2" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct plumb_log_policy *p = NULL;
        struct plumb_err err;

        if (plumb_log_policy_parse(cases[i].text, strlen(cases[i].text), &p, &err) == PLUMB_OK)
            fail_msg("read, but should not be: %s", cases[i].text);
        if (strcmp(err.rule, cases[i].rule) != 0 || strcmp(err.where, cases[i].where) != 0)
            fail_msg("%s: want %s at %s, got [%s] %s: %s", cases[i].text, cases[i].rule,
                     cases[i].where, err.rule, err.where, err.msg);
        assert_null(p);
    }
}

static void
a_nul_does_not_end_a_policy(void **state)
{
    static const char text[] = LOG "quorum none\n\0quorum none\n";
    struct plumb_log_policy *p = NULL;
    struct plumb_err err;

    (void)state;
    assert_refused("policy.form", plumb_log_policy_parse(text, sizeof text - 1, &p, &err),
                   &err);
}

/* The verifier key of one key in both roles: also then it has one name only. */
static void
a_logs_key_is_no_witness(void **state)
{
    struct plumb_signer *signer = generate(PLUMB_KEY_ED25519);
    struct plumb_log_policy *p = NULL;
    struct plumb_err err;
    char text[1024];

    (void)state;
    for (int same = 0; same < 2; same++) {
        (void)snprintf(text, sizeof text, "log %s\nwitness w %s\nquorum w\n",
                       vkey_of("log.example", 1, signer),
                       vkey_of(same ? "log.example" : "witness.example", 4, signer));
        assert_refused("policy.key", plumb_log_policy_parse(text, strlen(text), &p, &err),
                       &err);
    }
    plumb_signer_free(signer);
}

static struct plumb_bytes
many(const char *kind, size_t n)
{
    struct plumb_bytes text = { 0 };
    char line[PLUMB_VKEY_TEXT + 32];

    for (size_t i = 0; i < n; i++) {
        struct plumb_signer *signer = generate(PLUMB_KEY_ED25519);
        bool log = strcmp(kind, "log") == 0;
        char name[24];

        (void)snprintf(name, sizeof name, log ? "" : "w%zu ", i);
        (void)snprintf(line, sizeof line, "%s %s%s\n", kind, name,
                       vkey_of("many.example", log ? 1 : 4, signer));
        append(&text, line, strlen(line));
        plumb_signer_free(signer);
    }
    return text;
}

static void
limits_are_well_above_what_the_specification_asks_for(void **state)
{
    static const struct {
        const char *kind;
        size_t n;
        const char *end, *rule; /* NULL: it is read */
    } cases[] = {
        { "log", 32, "quorum none\n", NULL },
        { "log", 33, "quorum none\n", "policy.form" },
        { "witness", 127, "log " EXAMPLE_VKEY "\ngroup g any w0 w126\nquorum g\n", NULL },
        { "witness", 128, "log " EXAMPLE_VKEY "\ngroup g any w0 w126\nquorum g\n",
          "policy.form" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct plumb_bytes text = many(cases[i].kind, cases[i].n);
        struct plumb_log_policy *p = NULL;
        struct plumb_err err;
        enum plumb_code code;

        append(&text, cases[i].end, strlen(cases[i].end));
        code = plumb_log_policy_parse((char *)text.data, text.len, &p, &err);
        if (cases[i].rule == NULL)
            assert_ok(code, &err);
        else
            assert_refused(cases[i].rule, code, &err);
        plumb_log_policy_free(p);
        plumb_bytes_clear(&text);
    }
}

static void
lines_of_too_many_words_are_refused(void **state)
{
    struct plumb_bytes text = { 0 };
    struct plumb_log_policy *p = NULL;
    struct plumb_err err;

    (void)state;
    append(&text, "group", 5);
    for (int i = 0; i < 1000; i++)
        append(&text, " w", 2);
    append(&text, "\n", 1);
    assert_refused("policy.form", plumb_log_policy_parse((char *)text.data, text.len, &p, &err),
                   &err);
    plumb_bytes_clear(&text);
}

static void
names_are_at_most_127_bytes(void **state)
{
    struct plumb_log_policy *p = NULL;
    struct plumb_err err;
    char text[1024];

    (void)state;
    for (int len = 127; len <= 128; len++) {
        enum plumb_code code;

        (void)snprintf(text, sizeof text, LOG "witness %0*d " GARDEN_VKEY "\nquorum none\n",
                       len, 7);
        code = plumb_log_policy_parse(text, strlen(text), &p, &err);
        if (len == 127)
            assert_ok(code, &err);
        else
            assert_refused("policy.name", code, &err);
    }
    plumb_log_policy_free(p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(policies_of_the_grammar_are_read),
        cmocka_unit_test(other_texts_are_refused),
        cmocka_unit_test(a_nul_does_not_end_a_policy),
        cmocka_unit_test(a_logs_key_is_no_witness),
        cmocka_unit_test(limits_are_well_above_what_the_specification_asks_for),
        cmocka_unit_test(lines_of_too_many_words_are_refused),
        cmocka_unit_test(names_are_at_most_127_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
