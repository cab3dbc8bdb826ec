/* How plumb is asked for something, and for help: without a service. */
#include "tests/t.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/commands.h"
#include "tests/cli/program.h"
#include "tests/server/pg.h"

/* --- the program --- */

static void
every_command_has_help_with_its_example(void **state)
{
    (void)state;
    for (size_t i = 0; i < cli_ncommands; i++) {
        const struct cli_command *c = cli_commands[i];
        char first[64] = "", second[64] = "";
        struct ran r;

        if (sscanf(c->name, "%63s %63s", first, second) == 2)
            r = PLUMB(first, second, "--help");
        else
            r = PLUMB(first, "--help");
        assert_status(0, &r);
        assert_says(r.out, c->summary);
        assert_says(r.out, c->example);
        for (const struct cli_option *o = c->options; o != NULL && o->name != NULL; o++)
            assert_says(r.out, o->name);
        ran_clear(&r);
    }
}

static void
what_is_asked_wrong_says_so_and_ends_with_2(void **state)
{
    static const struct {
        const char *args[10];
        const char *says;
    } cases[] = {
        { { NULL }, "say what to do" },
        { { "aprove", "3f9c1a22" }, "aprove: there is no such command" },
        { { "rollout" }, "say which" },
        { { "rollout", "start", "a@1" }, "start: there is no such command" },
        { { "approve" }, "it takes ID" },
        { { "approve", "a", "b" }, "one argument too many" },
        { { "approve", "3f9c1a2" }, "the first 8 or more" },
        { { "approve", "3F9C1A22" }, "0-9a-f" },
        { { "approve", "not-an-id" }, "want a statement's id" },
        { { "reject", "3f9c1a22" }, "say why: --reason" },
        { { "reject", "3f9c1a22", "--reason", "" }, "say why: --reason" },
        { { "release", "add", "svr2@1" }, "--values FILE" },
        { { "release", "add", "svr2", "--values", "v" }, "want PAYLOAD@VERSION" },
        { { "release", "add", "sv r2@1", "--values", "v" }, "names of letters" },
        { { "release", "add", "@1", "--values", "v" }, "PAYLOAD@VERSION" },
        { { "rollout", "begin", "svr2@1" }, "--fleet FLEET" },
        { { "rollout", "begin", "svr2@1", "--fleet", "no/fleet" }, "--fleet FLEET" },
        { { "rollout", "reschedule", "svr2@1", "--fleet", "prod" }, "--not-after" },
        { { "revoke", "svr2@1", "--fleet", "prod" }, "say why: --reason" },
        { { "revoke", "svr2@1", "--reason", "x" }, "or --all, not both" },
        { { "revoke", "svr2@1", "--reason", "x", "--all", "--fleet", "f" }, "not both" },
        { { "history", "--limit", "0" }, "a number from 1" },
        { { "history", "--limit", "many" }, "a number from 1" },
        { { "history", "a/b" }, "want PAYLOAD" },
        { { "status", "a/b" }, "want a fleet's name" },
        { { "log", "entry", "-1" }, "no such option" },
        { { "log", "entry", "first" }, "want an entry's index" },
        { { "key", "new", "k", "--type", "rsa" }, "want ed25519 or ecdsa-p256" },
        { { "key", "new", "k", "--nonsense" }, "no such option" },
        { { "queue", "--fleet" }, "it needs a value" },
        { { "queue", "--all", "--all" }, "given twice" },
        { { "queue", "--all=yes" }, "it takes no value" },
        { { "--all", "queue" }, "a command's own follow it" },
        { { "governance", "template", "--fleet", "f" }, "--service" },
        { { "governance", "genesis", "g", "--sign-key", "k" }, "say where to write it" },
        { { "governance", "genesis", "g", "-o", "x" }, "whose key signs" },
        { { "governance", "submit", "g" }, "--document" },
        { { "governance", "draft" }, "say where to write it" },
        { { "verifier", "enrol", "edge", "--key", "tls:k" }, "--fleet" },
        { { "verifier", "enrol", "edge", "--fleet", "prod" }, "--key tls:KEY" },
        { { "completion", "tcsh" }, "want bash, zsh or fish" },
        { { "completion", "bash", "more" }, "only 'words' takes more" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ran r = program_run(cases[i].args);

        if (r.status != 2)
            fail_msg("case %zu ends with %d: %s%s", i, r.status, r.out, r.err);
        assert_says(r.err, cases[i].says);
        assert_string_equal("", r.out);
        ran_clear(&r);
    }
}

static void
help_is_given_however_it_is_asked_for(void **state)
{
    struct ran all = PLUMB("--help"), word = PLUMB("help"), group = PLUMB("help", "rollout"),
               one = PLUMB("help", "rollout", "begin");

    (void)state;
    assert_status(0, &all);
    assert_string_equal(all.out, word.out);
    assert_says(group.out, "rollout reschedule");
    assert_says(one.out, "usage: plumb rollout begin");
    ran_clear(&all);
    ran_clear(&word);
    ran_clear(&group);
    ran_clear(&one);
}

/* --- completion --- */

/* What a shell says to this, with plumb found as people find it. */
static const char *
shell_says(const char *shell, const char *program)
{
    static char text[8192];
    char command[9000];
    FILE *from;
    size_t n;

    (void)in_bytes("script", program, strlen(program));
    (void)snprintf(command, sizeof command, "PATH='%s':\"$PATH\" %s %s | sort",
                   getenv("PLUMB_BUILD"), shell, in("script"));
    from = popen(command, "r");
    assert_non_null(from);
    n = fread(text, 1, sizeof text - 1, from);
    text[n] = '\0';
    assert_int_equal(0, pclose(from));
    return text;
}

/* What is typed, and what may stand in the last word's place: one line for each. */
static const struct {
    const char *typed, *offers;
} completions[] = {
    { "plumb rol", "rollout\n" },
    { "plumb rollout be", "begin\n" },
    { "plumb rollout ", "begin\ncomplete\nreschedule\nrollback\n" },
    { "plumb --config x rollout be", "begin\n" },
    { "plumb --config=x rollout be", "begin\n" },
    { "plumb rollout begin --fl", "--fleet\n" },
    { "plumb queue --js", "--json\n" },
    { "plumb key new --type ec", "ecdsa-p256\n" },
    { "plumb key new --type --ty", "" },
    { "plumb governance check govern", "governance.json\n" },
    { "plumb --trust trust.j", "trust.json\n" },
    { "plumb completion z", "zsh\n" },
    { "plumb nonsense a", "" },
    { "plumb nothing-begins-so", "" },
};

/* Every case by this shell, whose program finds what is typed in TYPED. */
static void
completes(const char *shell, const char *program)
{
    assert_int_equal(0, chdir(pg_directory()));
    (void)in_bytes("trust.json", "", 0);
    (void)in_bytes("governance.json", "", 0);
    for (size_t i = 0; i < sizeof completions / sizeof *completions; i++) {
        const char *says;

        assert_int_equal(0, setenv("TYPED", completions[i].typed, 1));
        says = shell_says(shell, program);
        if (strcmp(says, completions[i].offers) != 0)
            fail_msg("%s: '%s' offers '%s'", shell, completions[i].typed, says);
    }
}

static void
bash_completes_commands_options_and_values(void **state)
{
    (void)state;
    completes("bash", "eval \"$(plumb completion bash)\"\n"
                      "COMP_WORDS=($TYPED); [[ $TYPED == *' ' ]] && COMP_WORDS+=('')\n"
                      "COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _plumb\n"
                      "for word in \"${COMPREPLY[@]}\"; do echo \"$word\"; done\n");
}

/* Its line editor is not there without a terminal: what it would be told is looked at. */
static void
zsh_completes_commands_options_and_values(void **state)
{
    (void)state;
    completes("zsh -f",
              "compdef() { }\n"
              "compadd() { shift; for word; do [[ -n $word ]] && echo $word; done; : }\n"
              "_files() { ls ${words[CURRENT]}*; }\n"
              "eval \"$(plumb completion zsh)\"\n"
              "words=(${=TYPED}); [[ $TYPED == *' ' ]] && words+=('')\n"
              "CURRENT=$#words; _plumb\n");
}

static void
fish_completes_commands_options_and_values(void **state)
{
    (void)state;
    completes("fish --no-config", "plumb completion fish | source\n"
                                  "complete -C $TYPED | cut -f1\n");
}

static void
an_answer_that_cannot_be_written_is_a_failure(void **state)
{
    char command[4200];

    (void)state;
    (void)snprintf(command, sizeof command, "'%s/plumb' --help >/dev/full 2>'%s'",
                   getenv("PLUMB_BUILD"), in("full"));
    assert_int_equal(1, WEXITSTATUS(system(command)));
    {
        struct plumb_bytes said = read_in("full");

        assert_says((const char *)said.data, "(output.write)");
        plumb_bytes_clear(&said);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_has_help_with_its_example),
        cmocka_unit_test(help_is_given_however_it_is_asked_for),
        cmocka_unit_test(what_is_asked_wrong_says_so_and_ends_with_2),
        cmocka_unit_test(an_answer_that_cannot_be_written_is_a_failure),
        cmocka_unit_test(bash_completes_commands_options_and_values),
        cmocka_unit_test(zsh_completes_commands_options_and_values),
        cmocka_unit_test(fish_completes_commands_options_and_values),
    };

    return cmocka_run_group_tests_name("usage", tests, NULL, NULL);
}
