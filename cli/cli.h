/*
 * cli/cli.h - what a subcommand of plumb is, what it is given, and how it answers. A subcommand
 * is one file: it defines a struct cli_command, and has a row in cli/commands.h.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "client/author.h"
#include "client/client.h"

#include <plumb/bundle.h>

struct cli;

/* What plumb ends with. Scripts go by these: append only. */
/* clang-format off */
#define CLI_EXITS(X)                                                                        \
    X(DONE, "done")                                                                         \
    X(FAILED, "refused, or failed: standard error says by which rule, where, and what to do") \
    X(USAGE, "not understood: the command line is wrong")                                   \
    X(NO, "the command ran, and its answer is no: evidence refused, a file that is not good")  \
    X(LATER, "the service cannot be reached or is busy: the same may work later")           \
    X(STALE, "the bundle has expired: pull anew")
/* clang-format on */
enum cli_exit {
#define X(name, about) CLI_##name,
    CLI_EXITS(X)
#undef X
        CLI_EXIT_COUNT
};

struct cli_option {
    const char *name;  /* without its dashes */
    char letter;       /* "-o" as well; 0 for none */
    const char *value; /* "FILE", "FLEET", "a|b"; NULL for a flag */
    bool many;         /* may be given again */
    const char *about;
};

struct cli_command {
    const char *name;                 /* one word or two: "key new" */
    const char *topic;                /* heading in the list of commands */
    const char *summary;              /* one line, no full stop */
    const char *arguments;            /* "PAYLOAD@VERSION"; "" for none */
    size_t min, max;                  /* how many arguments */
    const struct cli_option *options; /* the last has no name; NULL for none */
    const char *more;                 /* what else a reader must know, or NULL */
    const char *example;
    /* PLUMB_OK, or *err is filled. What went wrong ends with CLI_FAILED, or as cli_usage says.
     */
    enum plumb_code (*run)(struct cli *cli, struct plumb_err *err);
};

/* The whole program. */
int cli_main(int argc, char **argv);

/* --- what was asked for --- */

/* NULL past the end. */
const char *cli_arg(const struct cli *cli, size_t i);
/* An option's value, of the command's or a global one ("json", "config", "server", "trust",
 * "sign-key", "tls-key", "agent"); "" for a flag that is given; NULL when it is not. */
const char *cli_option(const struct cli *cli, const char *name);
/* The i-th of an option that may be given again; NULL past the end. */
const char *cli_option_at(const struct cli *cli, const char *name, size_t i);
size_t cli_option_count(const struct cli *cli, const char *name);
/* The command line is wrong: rule "usage", exit CLI_USAGE. */
__attribute__((format(printf, 3, 4))) enum plumb_code
cli_usage(const char *where, struct plumb_err *err, const char *fmt, ...);
#define cli_usage(where, err, ...)                                                             \
    (__extension__({                                                                           \
        (void)cli_usage(where, err, __VA_ARGS__);                                              \
        (enum plumb_code) PLUMB_INVALID;                                                       \
    })) /* as in plumb/err.h */
/* "PAYLOAD@VERSION" split; rule "usage". */
struct cli_version {
    char payload[PLUMB_NAME_MAX + 1], version[PLUMB_NAME_MAX + 1];
};
PLUMB_MUST_CHECK enum plumb_code cli_version(const char *text, struct cli_version *ret,
                                             struct plumb_err *err);

/* --- how it answers --- */

bool cli_json(const struct cli *cli);
/* One line for people, on standard output; nothing with --json. What is not plainly visible is
 * spelled out, line feeds too, so text from outside can be printed as it is. */
__attribute__((format(printf, 2, 3))) void cli_line(struct cli *cli, const char *fmt, ...);
/* The same on standard error, with --json as well: what is no answer, but must be seen. */
__attribute__((format(printf, 2, 3))) void cli_note(struct cli *cli, const char *fmt, ...);
/* The answer for programs; nothing without --json. Takes json, of which NULL is out of memory.
 */
PLUMB_MUST_CHECK enum plumb_code cli_result(struct cli *cli, json_t *json,
                                            struct plumb_err *err);
/* A command that worked ends with this. */
void cli_answer(struct cli *cli, enum cli_exit exit);
/* Bytes to a file, whole or not at all; to standard output where path is NULL or "-". */
PLUMB_MUST_CHECK enum plumb_code cli_write(const char *path, const void *data, size_t len,
                                           bool secret, struct plumb_err *err);
/* How far it is, on standard error, from the second second on; total is 0 when not known. As
 * client_progress_fn, with arg the cli. */
bool cli_progress(void *cli, const char *what, uint64_t done, uint64_t total);
/* Asks on the terminal and reads a line; false without a terminal, or without an answer. */
bool cli_ask(const char *question, char *ret, size_t size);

/* --- what it works with: opened at the first call, closed at the end, borrowed --- */

plumb_time cli_now(void);
struct profile;
PLUMB_MUST_CHECK enum plumb_code cli_profile(struct cli *cli, const struct profile **ret,
                                             struct plumb_err *err);
/* The trust file of --trust or the profile; rule "cli.trust" without one. */
PLUMB_MUST_CHECK enum plumb_code cli_trust(struct cli *cli, const struct plumb_trust **ret,
                                           struct plumb_err *err);
/* The same, or NULL where none is named. */
PLUMB_MUST_CHECK enum plumb_code
cli_trust_if_any(struct cli *cli, const struct plumb_trust **ret, struct plumb_err *err);
/* The service of --server or the profile; rules "cli.server", and those of client_open. */
PLUMB_MUST_CHECK enum plumb_code cli_client(struct cli *cli, struct client **ret,
                                            struct plumb_err *err);
/* The governance chain, proven from the trust file's genesis on, or, without a trust file, from
 * the one that the service shows: then cli_pinned is false. */
PLUMB_MUST_CHECK enum plumb_code cli_chain(struct cli *cli, struct plumb_chain **ret,
                                           struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code cli_pinned(struct cli *cli, bool *ret, struct plumb_err *err);
/* The signing key of --sign-key or the profile; rule "cli.sign-key". */
PLUMB_MUST_CHECK enum plumb_code cli_signer(struct cli *cli, struct plumb_signer **ret,
                                            struct plumb_err *err);
/* The socket of the ssh-agent, or NULL. */
const char *cli_agent(const struct cli *cli);

#endif
