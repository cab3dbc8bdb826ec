#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "cli/run.h"

void
cli_answer(struct cli *cli, enum cli_exit exit)
{
    cli->answer = exit;
}

static enum cli_exit
failure(const struct plumb_err *err)
{
    if (strcmp(err->rule, "usage") == 0)
        return CLI_USAGE;
    if (err->code == PLUMB_UNAVAILABLE || err->code == PLUMB_BUSY)
        return CLI_LATER;
    return CLI_FAILED;
}

static enum plumb_code
check_arguments(const struct cli *cli, struct plumb_err *err)
{
    const struct cli_command *c = cli->command;

    if (c == NULL && cli->group != NULL)
        return cli_usage(cli->group, err, "say which: see 'plumb %s --help'", cli->group);
    if (c == NULL)
        return cli_usage("", err, "say what to do: see 'plumb --help'");
    if (cli->nargs < c->min)
        return cli_usage(c->name, err, "it takes %s: see 'plumb %s --help'", c->arguments,
                         c->name);
    if (cli->nargs > c->max)
        return cli_usage(cli->args[c->max], err, "one argument too many: see 'plumb %s --help'",
                         c->name);
    return PLUMB_OK;
}

static enum plumb_code
run(struct cli *cli, struct plumb_err *err)
{
    if (cli_option(cli, "help") != NULL) {
        cli_help(cli);
        return PLUMB_OK;
    }
    if (cli_option(cli, "version") != NULL) {
        puts("plumb " PLUMB_VERSION);
        return PLUMB_OK;
    }
    if (check_arguments(cli, err) != PLUMB_OK)
        return err->code;
    return cli->command->run(cli, err);
}

/* Keys must not reach a core file, and nobody may look into us. */
static void
harden(void)
{
    (void)prctl(PR_SET_DUMPABLE, 0);
    (void)setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
    (void)signal(SIGPIPE, SIG_IGN);
}

int
cli_main(int argc, char **argv)
{
    struct cli cli = { .answer = CLI_DONE };
    struct plumb_err err = { .code = PLUMB_OK };
    enum plumb_code code;
    int status;

    harden();
    code = cli_parse(&cli, argc, (const char *const *)argv, &err);
    if (code == PLUMB_OK)
        code = run(&cli, &err);
    cli_progress_end(&cli);
    if (code == PLUMB_OK && (fflush(stdout) != 0 || ferror(stdout)))
        code = plumb_fail(&err, PLUMB_INTERNAL, "output.write", "standard output",
                          "could not write it all");
    status = code == PLUMB_OK ? (int)cli.answer : (int)failure(&err);
    if (code != PLUMB_OK)
        cli_complain(&cli, &err);
    cli_close(&cli);
    return status;
}
