/*
 * killer.c - preloaded into a program, it kills it with SIGKILL at the moment that the file
 * KILLER names has been replaced for good: renamed, and its directory synced.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int renamed;

__attribute__((visibility("default"))) int
rename(const char *from, const char *to)
{
    int (*real)(const char *, const char *) =
        (int (*)(const char *, const char *))dlsym(RTLD_NEXT, "rename");
    const char *path = getenv("KILLER");
    int result = real(from, to);

    if (result == 0 && path != NULL && strcmp(to, path) == 0)
        renamed = 1;
    return result;
}

__attribute__((visibility("default"))) int
fsync(int fd)
{
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    int result = real(fd);
    struct stat st;

    if (renamed && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
        (void)kill(getpid(), SIGKILL);
    return result;
}
