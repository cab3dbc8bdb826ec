/* The table of commands, and how a command line is read. */
#include "tests/t.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/run.h"

static void
every_command_says_what_it_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < cli_ncommands; i++) {
        const struct cli_command *c = cli_commands[i];
        char begin[80];

        (void)snprintf(begin, sizeof begin, "plumb %s", c->name);
        assert_non_null(c->run);
        assert_true(strlen(c->topic) > 0 && strlen(c->summary) > 0);
        assert_true(c->summary[strlen(c->summary) - 1] != '.');
        assert_true(c->min <= c->max);
        assert_int_equal(c->max == 0, c->arguments[0] == '\0');
        if (strncmp(c->example, begin, strlen(begin)) != 0)
            fail_msg("the example of '%s' is of another: %s", c->name, c->example);
    }
}

static void
every_command_has_a_name_of_its_own_and_stands_under_one_heading(void **state)
{
    (void)state;
    for (size_t i = 0; i < cli_ncommands; i++) {
        bool left = false;

        for (size_t k = i + 1; k < cli_ncommands; k++) {
            const bool same = strcmp(cli_commands[i]->topic, cli_commands[k]->topic) == 0;

            assert_string_not_equal(cli_commands[i]->name, cli_commands[k]->name);
            if (same && left)
                fail_msg("'%s' stands apart from its heading", cli_commands[k]->name);
            left = left || !same;
        }
    }
}

static void
no_option_stands_twice(void **state)
{
    (void)state;
    for (size_t i = 0; i < cli_ncommands; i++)
        for (const struct cli_option *o = cli_commands[i]->options;
             o != NULL && o->name != NULL; o++) {
            for (const struct cli_option *p = o + 1; p->name != NULL; p++) {
                assert_string_not_equal(o->name, p->name);
                assert_true(o->letter == 0 || o->letter != p->letter);
            }
            for (const struct cli_option *p = cli_globals; p->name != NULL; p++)
                if (strcmp(o->name, p->name) == 0 || (o->letter != 0 && o->letter == p->letter))
                    fail_msg("'%s' has an option of all commands: --%s", cli_commands[i]->name,
                             o->name);
        }
}

/* The example must be a command line that its own command takes. */
static void
every_example_is_understood(void **state)
{
    (void)state;
    for (size_t i = 0; i < cli_ncommands; i++) {
        char *text = strdup(cli_commands[i]->example);
        const char *argv[64];
        struct cli cli = { .answer = CLI_DONE };
        struct plumb_err err = { 0 };
        int argc = 0;

        for (char *at = text; at != NULL && *at != '\0' && argc < 63;) {
            const bool quoted = *at == '"'; /* for the shell: one word */
            char *word = quoted ? at + 1 : at;

            at = strchr(word, quoted ? '"' : ' ');
            if (at != NULL)
                *at++ = '\0';
            at += at != NULL && *at == ' ' && quoted;
            argv[argc++] = word;
        }
        argv[argc] = NULL;
        assert_ok(cli_parse(&cli, argc, argv, &err), &err);
        assert_ptr_equal(cli_commands[i], cli.command);
        if (cli.nargs < cli.command->min || cli.nargs > cli.command->max)
            fail_msg("the example of '%s' has %zu arguments", cli.command->name, cli.nargs);
        cli_close(&cli);
        free(text);
    }
}

static void
options_stand_anywhere_and_take_their_values_both_ways(void **state)
{
    const char *argv[] = { "plumb", "--json",   "--config=a", "key", "new", "--type",
                           "t",     "--server", "b",          "--",  "-x",  NULL };
    struct cli cli = { .answer = CLI_DONE };
    struct plumb_err err = { 0 };

    (void)state;
    assert_ok(cli_parse(&cli, 11, argv, &err), &err);
    assert_string_equal("key new", cli.command->name);
    assert_string_equal("", cli_option(&cli, "json"));
    assert_string_equal("a", cli_option(&cli, "config"));
    assert_string_equal("b", cli_option(&cli, "server"));
    assert_string_equal("t", cli_option(&cli, "type"));
    assert_null(cli_option(&cli, "trust"));
    assert_string_equal("-x", cli_arg(&cli, 0));
    assert_null(cli_arg(&cli, 1));
    cli_close(&cli);
}

static void
a_command_line_that_is_wrong_is_refused_with_where(void **state)
{
    static const struct {
        const char *argv[6];
        const char *where;
    } cases[] = {
        { { "plumb", "nonsense" }, "nonsense" },
        { { "plumb", "key", "nonsense" }, "nonsense" },
        { { "plumb", "--type", "key" }, "--type" },
        { { "plumb", "key", "new", "--nonsense" }, "--nonsense" },
        { { "plumb", "key", "new", "-z" }, "-z" },
        { { "plumb", "key", "new", "--type" }, "--type" },
        { { "plumb", "key", "new", "--no-passphrase=yes" }, "--no-passphrase=yes" },
        { { "plumb", "--json", "key", "new", "--json" }, "--json" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cli cli = { .answer = CLI_DONE };
        struct plumb_err err = { 0 };
        int argc = 0;

        while (argc < 6 && cases[i].argv[argc] != NULL)
            argc++;
        assert_refused("usage", cli_parse(&cli, argc, cases[i].argv, &err), &err);
        assert_string_equal(cases[i].where, err.where);
        cli_close(&cli);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_says_what_it_is),
        cmocka_unit_test(every_command_has_a_name_of_its_own_and_stands_under_one_heading),
        cmocka_unit_test(no_option_stands_twice),
        cmocka_unit_test(every_example_is_understood),
        cmocka_unit_test(options_stand_anywhere_and_take_their_values_both_ways),
        cmocka_unit_test(a_command_line_that_is_wrong_is_refused_with_where),
    };

    return cmocka_run_group_tests_name("commands", tests, NULL, NULL);
}
