#include "tests/client/run.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/t.h"
#include "tests/tree.h"

static char directory[32];

bool
have(const char *program)
{
    const char *path = getenv("PATH");

    for (const char *at = path; at != NULL; at = strchr(at, ':') ? strchr(at, ':') + 1 : NULL) {
        char file[512];

        (void)snprintf(file, sizeof file, "%.*s/%s", (int)strcspn(at, ":"), at, program);
        if (access(file, X_OK) == 0)
            return true;
    }
    return false;
}

pid_t
start(const char *const *argv)
{
    pid_t pid = fork();

    assert_int_not_equal(pid, -1);
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR);

        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)dup2(null, 0);
        (void)dup2(null, 1);
        (void)dup2(null, 2);
        (void)execvp(argv[0], (char *const *)argv);
        _exit(127);
    }
    return pid;
}

int
run(const char *const *argv)
{
    pid_t pid = start(argv);
    int status;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

const char *
in(const char *name)
{
    static char paths[8][128];
    static unsigned next;
    char *path = paths[next++ % 8];

    if (directory[0] == '\0') {
        (void)snprintf(directory, sizeof directory, "/tmp/plumb-test.XXXXXX");
        assert_non_null(mkdtemp(directory));
    }
    (void)snprintf(path, sizeof paths[0], "%s/%s", directory, name);
    return path;
}

void
remove_directory(void)
{
    if (directory[0] != '\0')
        tree_remove(directory);
    directory[0] = '\0';
}
