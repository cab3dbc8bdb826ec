#include "tests/cli/talk.h"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/server/pg.h"
#include "tests/t.h"

#define SHOWN_MAX  65536
#define PATIENCE_S 60

static void
become(const char *const *args)
{
    const char *argv[64] = { "plumb" };
    char path[4096];

    for (size_t i = 0; args[i] != NULL && i < 62; i++)
        argv[i + 1] = args[i];
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)snprintf(path, sizeof path, "%s/plumb", getenv("PLUMB_BUILD"));
    (void)unsetenv("PLUMB_CONFIG");
    (void)setenv("XDG_CONFIG_HOME", pg_directory(), 1);
    (void)execv(path, (char *const *)argv);
    _exit(127);
}

struct screen {
    int fd;
    char *text;
    size_t len;
};

/* False when the program has closed its side. */
static bool
more(struct screen *s)
{
    struct pollfd p = { .fd = s->fd, .events = POLLIN };
    ssize_t n;

    if (poll(&p, 1, PATIENCE_S * 1000) <= 0)
        fail_msg("it is silent after: %s", s->text);
    n = read(s->fd, s->text + s->len, SHOWN_MAX - s->len - 1);
    if (n <= 0)
        return false;
    s->len += (size_t)n;
    s->text[s->len] = '\0';
    return true;
}

struct ran
talk(const char *const *args, const struct talk *script)
{
    struct screen s = { .text = calloc(1, SHOWN_MAX) };
    struct ran r = { -1, NULL, NULL };
    size_t heard = 0;
    pid_t pid;
    int status;

    (void)pg_directory(); /* ours, not the fork's */
    pid = forkpty(&s.fd, NULL, NULL, NULL);
    assert_true(pid >= 0);
    if (pid == 0)
        become(args);
    for (; script->hear != NULL; script++) {
        while (strstr(s.text + heard, script->hear) == NULL)
            if (!more(&s))
                fail_msg("it ended without '%s': %s", script->hear, s.text);
        heard = s.len;
        assert_int_equal((ssize_t)strlen(script->say),
                         write(s.fd, script->say, strlen(script->say)));
    }
    while (more(&s))
        continue;
    assert_int_equal(pid, waitpid(pid, &status, 0));
    (void)close(s.fd);
    if (WIFEXITED(status))
        r.status = WEXITSTATUS(status);
    r.out = s.text;
    r.err = strdup("");
    return r;
}
