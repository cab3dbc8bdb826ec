/*
 * Loaded before the C library's: CLOCK_REALTIME is ahead of the machine's by as many seconds as
 * the file PLUMB_TEST_CLOCK says, read anew each time, so that a test can let a clock leap.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static long
ahead(void)
{
    const char *path = getenv("PLUMB_TEST_CLOCK");
    int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    char text[32] = "";

    if (fd < 0)
        return 0;
    if (read(fd, text, sizeof text - 1) < 0)
        text[0] = '\0';
    (void)close(fd);
    return strtol(text, NULL, 10);
}

int clock_gettime(clockid_t clock, struct timespec *ret);

__attribute__((visibility("default"))) int
clock_gettime(clockid_t clock, struct timespec *ret)
{
    static int (*real)(clockid_t, struct timespec *);
    int rc;

    if (real == NULL)
        real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    rc = real(clock, ret);
    if (rc == 0 && clock == CLOCK_REALTIME)
        ret->tv_sec += ahead();
    return rc;
}
