/* tests/client/run.h - other programs, and a directory of the test's own. */
#ifndef TESTS_CLIENT_RUN_H
#define TESTS_CLIENT_RUN_H

#include <stdbool.h>
#include <sys/types.h>

/* Is there such a program on the PATH? */
bool have(const char *program);

/* Starts argv with input from nowhere and output to nowhere; it dies with us. */
pid_t start(const char *const *argv);
/* The exit status of a program that runs to its end. */
int run(const char *const *argv);
#define RUN(...) run((const char *const[]){ __VA_ARGS__, (const char *)0 })

/* A directory with a short path, made at the first call; in(name) is a path inside it. */
const char *in(const char *name);
/* Removes it and all that is in it. */
void remove_directory(void);

#endif
