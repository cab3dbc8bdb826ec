#include "tests/tui/tmux.h"

#include "tests/local.h"
#include "tests/t.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TRIES   600 /* of 100 ms */
#define ARGS    16
#define OUT_MAX 262144

static void
pause_100ms(void)
{
    (void)nanosleep(&(struct timespec){ 0, 100 * 1000000 }, NULL);
}

/* tmux with these arguments; what it prints, or NULL when it fails. */
static char *
run(struct tmux *t, const char *const *args)
{
    const char *argv[ARGS] = { "tmux", "-f", "/dev/null", "-S", t->socket };
    char *out = calloc(1, OUT_MAX);
    size_t n = 5, len = 0;
    int fds[2], status;
    ssize_t got;
    pid_t pid;

    for (; *args != NULL && n + 1 < ARGS; args++)
        argv[n++] = *args;
    assert_non_null(out);
    assert_int_equal(0, pipe(fds));
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)setenv("LC_ALL", "C.UTF-8", 1);
        (void)unsetenv("TMUX");
        (void)dup2(fds[1], STDOUT_FILENO);
        (void)dup2(fds[1], STDERR_FILENO);
        (void)close(fds[0]);
        (void)close(fds[1]);
        (void)execvp("tmux", (char *const *)argv);
        _exit(127);
    }
    (void)close(fds[1]);
    while (len + 1 < OUT_MAX && (got = read(fds[0], out + len, OUT_MAX - 1 - len)) > 0)
        len += (size_t)got;
    (void)close(fds[0]);
    assert_int_equal(pid, waitpid(pid, &status, 0));
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        fail_msg("there is no tmux: apt-get install tmux");
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return out;
    free(out);
    return NULL;
}

#define TMUX(t, ...) run(t, (const char *const[]){ __VA_ARGS__, NULL })

static void
must(char *out)
{
    assert_non_null(out);
    free(out);
}

void
tmux_begin(struct tmux *t, const char *socket)
{
    *t = (struct tmux){ .server = 0 };
    (void)snprintf(t->socket, sizeof t->socket, "%s", socket);
    t->server = fork();
    assert_true(t->server >= 0);
    if (t->server == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)setenv("LC_ALL", "C.UTF-8", 1);
        (void)unsetenv("TMUX");
        (void)execlp("tmux", "tmux", "-f", "/dev/null", "-S", socket, "-D", (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < TRIES && !local_listens(socket); i++) {
        if (waitpid(t->server, NULL, WNOHANG) != 0)
            fail_msg("tmux does not start: apt-get install tmux");
        pause_100ms();
    }
    must(TMUX(t, "set-option", "-g", "remain-on-exit", "on"));
}

void
tmux_end(struct tmux *t)
{
    if (t->server > 0) {
        free(TMUX(t, "kill-server"));
        (void)waitpid(t->server, NULL, 0);
    }
    t->server = 0;
    (void)unlink(t->socket);
}

void
tmux_run(struct tmux *t, const char *window, int cols, int rows, const char *command)
{
    char x[16], y[16];

    (void)snprintf(x, sizeof x, "%d", cols);
    (void)snprintf(y, sizeof y, "%d", rows);
    must(TMUX(t, "new-session", "-d", "-s", window, "-x", x, "-y", y, command));
}

void
tmux_resize(struct tmux *t, const char *window, int cols, int rows)
{
    char x[16], y[16];

    (void)snprintf(x, sizeof x, "%d", cols);
    (void)snprintf(y, sizeof y, "%d", rows);
    must(TMUX(t, "resize-window", "-t", window, "-x", x, "-y", y));
}

void
tmux_key(struct tmux *t, const char *window, const char *key)
{
    must(TMUX(t, "send-keys", "-t", window, key));
}

void
tmux_text(struct tmux *t, const char *window, const char *text)
{
    must(TMUX(t, "send-keys", "-t", window, "-l", text));
}

char *
tmux_screen(struct tmux *t, const char *window)
{
    char *out = TMUX(t, "capture-pane", "-p", "-t", window);

    assert_non_null(out);
    return out;
}

static void
wait_until(struct tmux *t, const char *window, const char *text, bool there)
{
    char *screen = NULL;

    for (int i = 0; i < TRIES; i++) {
        free(screen);
        screen = tmux_screen(t, window);
        if ((strstr(screen, text) != NULL) == there) {
            free(screen);
            return;
        }
        pause_100ms();
    }
    fail_msg("%s: %s \"%s\":\n%s", window, there ? "never saw" : "still sees", text, screen);
}

void
tmux_wait(struct tmux *t, const char *window, const char *text)
{
    wait_until(t, window, text, true);
}

void
tmux_wait_gone(struct tmux *t, const char *window, const char *text)
{
    wait_until(t, window, text, false);
}

static int
ask_number(struct tmux *t, const char *window, const char *what)
{
    char *out = TMUX(t, "display-message", "-p", "-t", window, what);
    int n;

    assert_non_null(out);
    n = atoi(out);
    free(out);
    return n;
}

int
tmux_wait_end(struct tmux *t, const char *window)
{
    for (int i = 0; i < TRIES; i++) {
        if (ask_number(t, window, "#{pane_dead}") == 1)
            return ask_number(t, window, "#{pane_dead_status}");
        pause_100ms();
    }
    fail_msg("%s: the program never ended", window);
    return -1;
}

pid_t
tmux_pid(struct tmux *t, const char *window)
{
    return (pid_t)ask_number(t, window, "#{pane_pid}");
}
