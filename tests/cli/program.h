/* program.h - plumb itself, run to its end, and a directory for its files. */
#ifndef TESTS_CLI_PROGRAM_H
#define TESTS_CLI_PROGRAM_H

#include <jansson.h>
#include <plumb/key.h>
#include <stdbool.h>
#include <sys/types.h>

struct ran {
    int status;      /* exit status; -1: it was killed */
    char *out, *err; /* owned */
};
void ran_clear(struct ran *r);

/* Arguments without the program's name, NULL last. No profile, no agent, no terminal. */
struct ran program_run(const char *const *args);
#define PLUMB(...) program_run((const char *const[]){ __VA_ARGS__, (const char *)0 })
/* The same of another program, by its path in the build. */
struct ran program_run_other(const char *program, const char *const *args);
/* Must end so; what it said is shown if it does not. */
void assert_status(int status, const struct ran *r);
/* Fails unless text has what in it. */
void assert_says(const char *text, const char *what);
/* Runs to its end with this status, and nobody looks at what it says. */
#define assert_plumb(status, ...)                                                              \
    do {                                                                                       \
        struct ran ran_ = PLUMB(__VA_ARGS__);                                                  \
        assert_status(status, &ran_);                                                          \
        ran_clear(&ran_);                                                                      \
    } while (0)
/* Refused with this rule (as --json says it), and this status. */
#define assert_plumb_refused(rule, status, ...)                                                \
    do {                                                                                       \
        struct ran ran_ = PLUMB("--json", __VA_ARGS__);                                        \
        assert_status(status, &ran_);                                                          \
        assert_string_equal(rule, ran_rule(&ran_));                                            \
        ran_clear(&ran_);                                                                      \
    } while (0)
/* The answer of a run with --json; the caller frees it. */
json_t *ran_json(const struct ran *r);
/* The rule of a run with --json that failed, good until the next call. */
const char *ran_rule(const struct ran *r);

/* Started and left running; its output goes to the files NAME.out and NAME.err. It dies with
 * us. */
pid_t program_start(const char *name, const char *const *args);
/* The same of another program. */
pid_t program_start_other(const char *program, const char *name, const char *const *args);

/* A path in a directory that is removed at exit; good for the next 16 calls. */
const char *in(const char *name);
const char *in_bytes(const char *name, const void *data, size_t len);
const char *in_key(const char *name, const struct plumb_signer *signer);
struct plumb_bytes read_in(const char *name);

#endif
