#include "tests/t.h"

#include <stdio.h>
#include <string.h>

#include "witness/logs.h"

#define LOG "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
#define ARCHE                                                                                  \
    "arche2025h1.staging.ct.transparency.dev+ba2f06c0+"                                        \
    "AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f"
#define WITNESS "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"

static enum plumb_code
parse(const char *text, size_t len, struct logs *ret, struct plumb_err *err)
{
    struct plumb_vkey own;

    assert_ok(plumb_vkey_parse(WITNESS, "", &own, err), err);
    return logs_parse(text, len, &own, ret, err);
}

static void
logs_are_found_by_their_origin(void **state)
{
    static const char text[] = "# ours\n\n  log " LOG "\n\tlog\t" ARCHE " \n# end";
    struct logs logs = { 0 };
    struct plumb_err err;

    (void)state;
    assert_ok(parse(text, strlen(text), &logs, &err), &err);
    assert_int_equal(2, logs.n);
    assert_non_null(logs_find(&logs, "example.com/foo"));
    assert_non_null(logs_find(&logs, "arche2025h1.staging.ct.transparency.dev"));
    assert_null(logs_find(&logs, "example.com/fo"));
    assert_null(logs_find(&logs, ""));
    logs_clear(&logs);
    assert_ok(parse("", 0, &logs, &err), &err);
    assert_int_equal(0, logs.n);
    logs_clear(&logs);
}

/* Two keys of one log, as while it rotates them. */
static void
keys_with_one_name_are_one_logs(void **state)
{
    struct plumb_signer *key = NULL;
    struct plumb_vkey vkey;
    char text[1024], second[PLUMB_VKEY_TEXT];
    struct logs logs = { 0 };
    struct plumb_err err;

    (void)state;
    assert_ok(plumb_signer_generate(PLUMB_KEY_ED25519, &key, &err), &err);
    assert_ok(plumb_vkey_make("example.com/foo", 1, key->pub, &vkey, &err), &err);
    plumb_vkey_text(&vkey, second);
    (void)snprintf(text, sizeof text, "log %s\nlog %s\nlog %s\n", LOG, ARCHE, second);
    assert_ok(parse(text, strlen(text), &logs, &err), &err);
    assert_int_equal(2, logs.n);
    logs_clear(&logs);
    plumb_signer_free(key);
}

static void
other_lines_are_refused(void **state)
{
    static const struct {
        const char *text, *rule, *where;
    } cases[] = {
        { "log\n", "witness.logs", "line 1" },
        { LOG "\n", "witness.logs", "line 1" },
        { "log " LOG " https://example.com\n", "witness.logs", "line 1" },
        { "\nquorum none\n", "witness.logs", "line 2" },
        { "log " LOG "\nwitness a " WITNESS "\n", "witness.logs", "line 2" },
        { "log example.com/foo\n", "vkey.form", "line 1" },
        { "log " WITNESS "\n", "witness.logs", "remora.n621.de" },
        { "log " LOG "\nlog " LOG "\n", "witness.logs", "example.com/foo" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct logs logs = { 0 };
        struct plumb_err err;

        if (parse(cases[i].text, strlen(cases[i].text), &logs, &err) == PLUMB_OK)
            fail_msg("read: %s", cases[i].text);
        assert_string_equal(cases[i].rule, err.rule);
        assert_string_equal(cases[i].where, err.where);
        assert_null(logs.log);
    }
}

static void
a_nul_does_not_end_the_file(void **state)
{
    struct logs logs = { 0 };
    struct plumb_err err;

    (void)state;
    assert_refused("witness.logs", parse("# \0 log\n", 8, &logs, &err), &err);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logs_are_found_by_their_origin),
        cmocka_unit_test(keys_with_one_name_are_one_logs),
        cmocka_unit_test(other_lines_are_refused),
        cmocka_unit_test(a_nul_does_not_end_the_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
