/* cli/run.h - one run of plumb, for the files that make up the program around a subcommand. */
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include <stdio.h>

#include "cli/commands.h"
#include "client/profile.h"

struct cli_given {
    const struct cli_option *option;
    const char *value; /* "" for a flag */
};

struct cli {
    const struct cli_command *command; /* NULL until it is known */
    const char *group;                 /* the first of two words, while the second is missing */
    struct cli_given *given;
    size_t ngiven;
    const char **args;
    size_t nargs;
    enum cli_exit answer;
    bool output_failed;

    struct {                  /* of what is under way */
        int64_t began, shown; /* milliseconds; 0: nothing is */
        bool drawn;           /* a line on the terminal that must be wiped */
    } progress;

    struct profile profile;
    bool profile_read;
    struct plumb_trust *trust;
    bool trust_read;
    struct plumb_signer *tls, *sign;
    struct client *client;
    struct plumb_chain *chain;
};

/* Rule "usage". What it finds before the fault stands. */
PLUMB_MUST_CHECK enum plumb_code cli_parse(struct cli *cli, int argc, const char *const *argv,
                                           struct plumb_err *err);
void cli_close(struct cli *cli);
/* "--name", "--name=value" or "-n" of the command, where it is known, or of all; or NULL. */
const struct cli_option *cli_find_option(const struct cli *cli, const char *arg);
/* What may stand in place of the last of n words (at least one), which is being typed: the line
 * "files", or the line "words" and a line for each that begins as it does. */
PLUMB_MUST_CHECK enum plumb_code cli_complete(const char *const *words, size_t n, FILE *to,
                                              struct plumb_err *err);

/* --help, with the command or the group where there is one. */
void cli_help(const struct cli *cli);
/* Is there a command of two words that begins with this one? */
bool cli_is_group(const char *word);

/* What to do next about this, or NULL where the error says it all. */
const char *cli_hint(const struct plumb_err *err);
void cli_complain(struct cli *cli, const struct plumb_err *err);
/* Wipes the line that cli_progress has drawn. */
void cli_progress_end(struct cli *cli);

#endif
