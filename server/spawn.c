#include "server/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/own.h"

#define OUTPUT_MAX 65536

/* PostgreSQL allocates and frees megabytes in each transaction: that the C library gives them
 * back to the kernel each time costs a quarter of an append. */
static const char *const environment[] = { "PATH=/usr/local/bin:/usr/bin:/bin",
                                           "LC_ALL=C",
                                           "TZ=UTC",
                                           "MALLOC_TRIM_THRESHOLD_=16777216",
                                           "MALLOC_TOP_PAD_=1048576",
                                           NULL };

/* Between fork and exec: async-signal-safe calls only, since other threads may hold locks. */
static void
become(const struct spawn *s, int out_fd, pid_t parent)
{
    sigset_t none;
    int null = open("/dev/null", O_RDONLY);

    for (int sig = 1; sig < NSIG; sig++)
        (void)signal(sig, SIG_DFL);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    if (null < 0 || dup2(out_fd, 2) < 0 || dup2(2, 1) < 0 || dup2(null, 0) < 0)
        _exit(127);
    (void)close_range(3, ~0U, 0);
    (void)setsid();
    if (s->uid != geteuid() && (setgroups(1, &s->gid) != 0 || setgid(s->gid) != 0 ||
                                setuid(s->uid) != 0 || setuid(0) == 0))
        _exit(126);
    /* after setuid, which forgets it; and our parent may have died before this */
    if (s->death_signal != 0 &&
        (prctl(PR_SET_PDEATHSIG, s->death_signal) != 0 || getppid() != parent))
        _exit(125);
    if (chdir("/") != 0)
        _exit(124);
    (void)umask(077);
    (void)execve(s->argv[0], (char *const *)(uintptr_t)s->argv,
                 (char *const *)(uintptr_t)environment);
    _exit(127);
}

enum plumb_code
spawn_start(const struct spawn *s, int out_fd, pid_t *ret, struct plumb_err *err)
{
    pid_t parent = getpid(), pid = fork();

    if (pid < 0)
        return plumb_fail(err, PLUMB_UNAVAILABLE, "spawn.fork", s->argv[0], "%s",
                          strerror(errno));
    if (pid == 0)
        become(s, out_fd, parent);
    *ret = pid;
    return PLUMB_OK;
}

/* Reads until the end of the output or the deadline; keeps the first OUTPUT_MAX bytes. */
static bool
read_all(int fd, time_t seconds, char *buf, size_t *ret_len)
{
    struct timespec now;
    char waste[1024];
    size_t len = 0;
    ssize_t n;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    for (time_t end = now.tv_sec + seconds; now.tv_sec <= end;
         (void)clock_gettime(CLOCK_MONOTONIC, &now)) {
        struct pollfd p = { .fd = fd, .events = POLLIN };
        if (poll(&p, 1, 1000) <= 0)
            continue;
        bool full = len == OUTPUT_MAX;
        n = read(fd, full ? waste : buf + len, full ? sizeof waste : OUTPUT_MAX - len);
        if (n == 0 || (n < 0 && errno != EINTR)) {
            *ret_len = len;
            return true;
        }
        if (n > 0 && !full)
            len += (size_t)n;
    }
    *ret_len = len;
    return false;
}

static const char *
last_line(char *text, size_t len)
{
    char *nl;

    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == ' '))
        len--;
    text[len] = '\0';
    nl = strrchr(text, '\n');
    return nl ? nl + 1 : text;
}

enum plumb_code
spawn_run(const struct spawn *s, unsigned seconds, struct plumb_bytes *ret,
          struct plumb_err *err)
{
    PLUMB_AUTO(auto_free) char *out = malloc(OUTPUT_MAX + 1);
    enum plumb_code code;
    int fds[2] = { -1, -1 }, status = 0;
    bool ended;
    size_t len = 0;
    pid_t pid = 0;

    if (out == NULL)
        return plumb_fail_memory(err);
    if (pipe2(fds, O_CLOEXEC) != 0)
        return plumb_fail(err, PLUMB_UNAVAILABLE, "spawn.fork", s->argv[0], "%s",
                          strerror(errno));
    code = spawn_start(s, fds[1], &pid, err);
    (void)close(fds[1]);
    if (code != PLUMB_OK) {
        (void)close(fds[0]);
        return code;
    }
    ended = read_all(fds[0], seconds, out, &len);
    (void)close(fds[0]);
    if (!ended)
        (void)kill(-pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (!ended)
        return plumb_fail(err, PLUMB_UNAVAILABLE, "spawn.failed", s->argv[0],
                          "not done after %u s", seconds);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return plumb_fail(err, PLUMB_UNAVAILABLE, "spawn.failed", s->argv[0], "%s (status %d)",
                          last_line(out, len),
                          WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
    return ret == NULL ? PLUMB_OK : plumb_bytes_copy(out, len, ret, err);
}
