#include "tests/local.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

int
local_connect(const char *path)
{
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)snprintf(to.sun_path, sizeof to.sun_path, "%s", path);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
        const int why = errno;

        (void)close(fd);
        errno = why;
        return -1;
    }
    return fd;
}

bool
local_listens(const char *path)
{
    int fd = local_connect(path);

    if (fd >= 0)
        (void)close(fd);
    return fd >= 0;
}

bool
local_await(const char *path)
{
    for (int i = 0; i < 6000; i++) {
        if (local_listens(path))
            return true;
        (void)nanosleep(&(struct timespec){ 0, 10 * 1000000 }, NULL);
    }
    return false;
}
