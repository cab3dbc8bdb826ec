#include "tests/cli/program.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/store.h"
#include "tests/server/pg.h"
#include "tests/t.h"

#define OUTPUT_MAX (64u << 20)
#define ARGS_MAX   64

void
ran_clear(struct ran *r)
{
    free(r->out);
    free(r->err);
    *r = (struct ran){ 0, NULL, NULL };
}

const char *
in(const char *name)
{
    static char paths[16][128];
    static unsigned next;
    char *path = paths[next++ % 16];

    (void)snprintf(path, sizeof paths[0], "%s/%s", pg_directory(), name);
    return path;
}

static const char *
write_in(const char *name, const void *data, size_t len, bool secret)
{
    struct plumb_err err = { 0 };
    const char *path = in(name);

    assert_ok(store_replace(path, data, len, secret, &err), &err);
    return path;
}

const char *
in_bytes(const char *name, const void *data, size_t len)
{
    return write_in(name, data, len, false);
}

const char *
in_key(const char *name, const struct plumb_signer *signer)
{
    struct plumb_bytes pem = { NULL, 0 };
    struct plumb_err err = { 0 };
    const char *path;

    assert_ok(plumb_signer_to_pem(signer, NULL, &pem, &err), &err);
    path = write_in(name, pem.data, pem.len, true);
    plumb_bytes_cleanse(&pem);
    return path;
}

struct plumb_bytes
read_in(const char *name)
{
    struct plumb_bytes bytes = { NULL, 0 };
    struct plumb_err err = { 0 };

    assert_ok(store_read(in(name), OUTPUT_MAX, &bytes, &err), &err);
    return bytes;
}

static void
to_file(const char *name, const char *suffix, int fd)
{
    char file[128];
    int opened;

    (void)snprintf(file, sizeof file, "%s.%s", name, suffix);
    opened = open(in(file), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (opened < 0 || dup2(opened, fd) < 0)
        _exit(126);
}

/* Becomes the program, a path in the build. */
static void
become(const char *program, const char *name, const char *const *args)
{
    const char *argv[ARGS_MAX + 2] = { program };
    char path[4096];
    int null = open("/dev/null", O_RDONLY);

    for (size_t i = 0; args[i] != NULL && i < ARGS_MAX; i++)
        argv[i + 1] = args[i];
    (void)snprintf(path, sizeof path, "%s/%s", getenv("PLUMB_BUILD"), program);
    (void)setsid(); /* no terminal to ask on */
    (void)dup2(null, 0);
    to_file(name, "out", 1);
    to_file(name, "err", 2);
    (void)unsetenv("SSH_AUTH_SOCK");
    (void)unsetenv("PLUMB_CONFIG");
    (void)setenv("HOME", pg_directory(), 1);
    (void)setenv("XDG_CONFIG_HOME", pg_directory(), 1);
    (void)execv(path, (char *const *)argv);
    _exit(127);
}

pid_t
program_start_other(const char *program, const char *name, const char *const *args)
{
    pid_t pid;

    (void)pg_directory(); /* ours, not the fork's */
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        become(program, name, args);
    }
    return pid;
}

pid_t
program_start(const char *name, const char *const *args)
{
    return program_start_other("plumb", name, args);
}

struct ran
program_run_other(const char *program, const char *const *args)
{
    pid_t pid = program_start_other(program, "ran", args);
    struct ran r = { -1, NULL, NULL };
    int status;

    assert_int_equal(pid, waitpid(pid, &status, 0));
    if (WIFEXITED(status))
        r.status = WEXITSTATUS(status);
    r.out = (char *)read_in("ran.out").data;
    r.err = (char *)read_in("ran.err").data;
    return r;
}

struct ran
program_run(const char *const *args)
{
    return program_run_other("plumb", args);
}

void
assert_status(int status, const struct ran *r)
{
    if (r->status != status)
        fail_msg("want status %d, got %d: %s%s", status, r->status, r->out, r->err);
}

void
assert_says(const char *text, const char *what)
{
    if (strstr(text, what) == NULL)
        fail_msg("it does not say '%s': %s", what, text);
}

json_t *
ran_json(const struct ran *r)
{
    json_t *json = json_loads(r->out, 0, NULL);

    if (json == NULL)
        fail_msg("no JSON: %s%s", r->out, r->err);
    return json;
}

const char *
ran_rule(const struct ran *r)
{
    static char rule[64];
    json_t *json = json_loads(r->err, 0, NULL);
    const char *text =
        json_string_value(json_object_get(json_object_get(json, "error"), "rule"));

    (void)snprintf(rule, sizeof rule, "%s", text != NULL ? text : r->err);
    json_decref(json);
    return rule;
}
