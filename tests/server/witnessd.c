#include "tests/server/witnessd.h"

#include "tests/t.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "server/file.h"
#include "tests/server/pg.h"

static void
program(char ret[4096])
{
    (void)snprintf(ret, 4096, "%s/plumb-witness", getenv("PLUMB_BUILD"));
}

void
witnessd_prepare(struct witnessd *w, const char *name, const char *log_vkey)
{
    static int count;
    struct plumb_bytes vkey = { 0 };
    char path[4096], file[400], logs[PLUMB_VKEY_TEXT + 8];
    struct plumb_err err;
    pid_t pid;
    int status;

    *w = (struct witnessd){ .pid = 0 };
    (void)snprintf(w->name, sizeof w->name, "%s", name);
    (void)snprintf(w->data, sizeof w->data, "%s/witness%d", pg_directory(), count++);
    program(path);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        int null = open("/dev/null", O_WRONLY);

        (void)dup2(null, STDOUT_FILENO);
        (void)execl(path, path, "--data", w->data, "--name", name, "init", (char *)NULL);
        _exit(127);
    }
    assert_int_equal(pid, waitpid(pid, &status, 0));
    assert_int_equal(0, status);
    (void)snprintf(file, sizeof file, "%s/vkey", w->data);
    assert_ok(file_read(file, sizeof w->vkey - 1, &vkey, &err), &err);
    memcpy(w->vkey, vkey.data, vkey.len + 1);
    plumb_bytes_clear(&vkey);
    (void)snprintf(file, sizeof file, "%s/logs", w->data);
    (void)snprintf(logs, sizeof logs, "log %s\n", log_vkey);
    assert_ok(file_replace(file, 0644, logs, strlen(logs), &err), &err);
}

void
witnessd_seen(const struct witnessd *w, const char *origin, char ret[400])
{
    char hex[PLUMB_DIGEST_HEX];
    struct plumb_digest digest;

    plumb_sha256(origin, strlen(origin), &digest);
    plumb_digest_hex(&digest, hex);
    (void)snprintf(ret, 400, "%s/seen/%s", w->data, hex);
}

/* Becomes plumb-witness. */
static void
run(const struct witnessd *w, const char *killer)
{
    char path[4096], listen[32], preload[4096];

    program(path);
    (void)snprintf(listen, sizeof listen, "127.0.0.1:%u", w->port);
    if (killer != NULL) {
        (void)snprintf(preload, sizeof preload, "%s/tests/killer.so", getenv("PLUMB_BUILD"));
        (void)setenv("LD_PRELOAD", preload, 1);
        (void)setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1);
        (void)setenv("KILLER", killer, 1);
    }
    (void)execl(path, path, "--data", w->data, "--listen", listen, "--set", "http.rate=0",
                (char *)NULL);
}

/* The port of the last "listening" in the log; 0 for none yet. */
static uint16_t
port_of(const char *log)
{
    struct plumb_bytes said = { 0 };
    const char *at;
    unsigned port = 0;

    if (file_read(log, 1 << 20, &said, NULL) != PLUMB_OK)
        return 0;
    at = strstr((char *)said.data, "\"event\":\"listening\"");
    at = at != NULL ? strstr(at, "\"port\":") : NULL;
    if (at != NULL)
        (void)sscanf(at, "\"port\":%u", &port);
    plumb_bytes_clear(&said);
    return (uint16_t)port;
}

void
witnessd_start(struct witnessd *w, const char *killer)
{
    struct plumb_bytes said = { 0 };
    char log[400];

    (void)snprintf(log, sizeof log, "%s/log", w->data);
    (void)unlink(log);
    w->pid = fork();
    assert_true(w->pid >= 0);
    if (w->pid == 0) {
        if (freopen(log, "a", stderr) != NULL)
            run(w, killer);
        _exit(127);
    }
    for (int i = 0; i < 1200 && port_of(log) == 0; i++) {
        if (waitpid(w->pid, NULL, WNOHANG) != 0) {
            (void)!file_read(log, 1 << 20, &said, NULL);
            fail_msg("plumb-witness ended: %s", (const char *)said.data);
        }
        (void)nanosleep(&(struct timespec){ 0, 50 * 1000 * 1000 }, NULL);
    }
    w->port = port_of(log);
    assert_true(w->port != 0);
}

void
witnessd_stop(struct witnessd *w, int signal)
{
    int status = -1;

    if (w->pid == 0)
        return;
    if (signal != 0)
        assert_int_equal(0, kill(w->pid, signal));
    assert_int_equal(w->pid, waitpid(w->pid, &status, 0));
    w->pid = 0;
    if (signal == SIGTERM)
        assert_int_equal(0, status);
    else
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

struct hc_reply
witnessd_ask(const struct witnessd *w, const struct plumb_bytes *body)
{
    struct hc *c = hc_plain(w->port);
    struct hc_reply reply = hc_ask(c, "POST", "/add-checkpoint", "", (const char *)body->data);

    hc_close(c);
    return reply;
}
