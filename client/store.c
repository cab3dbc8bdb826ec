#include "client/store.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/own.h"

static void
auto_close(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}

static enum plumb_code
read_all(int fd, const char *path, size_t max, struct plumb_bytes *into, struct plumb_err *err)
{
    size_t room = 0;

    for (;;) {
        ssize_t n;

        if (into->len + 1 >= room) {
            uint8_t *grown = realloc(into->data, room = 2 * room + 4096);

            if (grown == NULL)
                return plumb_fail_memory(err);
            into->data = grown;
        }
        n = read(fd, into->data + into->len, room - into->len - 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return plumb_fail(err, PLUMB_INVALID, "file.open", path, "cannot be read: %s",
                              strerror(errno));
        into->len += (size_t)n;
        into->data[into->len] = '\0';
        if (into->len > max)
            return plumb_fail(err, PLUMB_TOO_LARGE, "file.size", path,
                              "has more than %zu bytes", max);
        if (n == 0)
            return PLUMB_OK;
    }
}

enum plumb_code
store_read(const char *path, size_t max, struct plumb_bytes *ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { NULL, 0 };
    PLUMB_AUTO(auto_close) int fd = -1;
    const bool input = strcmp(path, "-") == 0;

    if (!input) {
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        if (fd < 0)
            return plumb_fail(err, errno == ENOENT ? PLUMB_NOT_FOUND : PLUMB_INVALID,
                              "file.open", path, "cannot be opened: %s", strerror(errno));
    }
    PLUMB_TRY(read_all(input ? STDIN_FILENO : fd, path, max, &bytes, err));
    *ret = bytes;
    bytes = (struct plumb_bytes){ NULL, 0 };
    return PLUMB_OK;
}

bool
store_read_at(int fd, uint64_t at, void *into, size_t len)
{
    for (uint8_t *p = into; len > 0;) {
        ssize_t n = pread(fd, p, len, (off_t)at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        p += n;
        at += (uint64_t)n;
        len -= (size_t)n;
    }
    return true;
}

static enum plumb_code
write_fail(const char *path, struct plumb_err *err)
{
    return plumb_fail(err, PLUMB_UNAVAILABLE, "file.write", path, "cannot be written: %s",
                      strerror(errno));
}

static bool
write_all(int fd, const uint8_t *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        data += n;
        len -= (size_t)n;
    }
    return true;
}

/* The new name must outlive a crash too. */
static bool
sync_directory(const char *path)
{
    PLUMB_AUTO(auto_free) char *copy = strdup(path);
    PLUMB_AUTO(auto_close)
    int fd = copy != NULL ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

    return fd >= 0 && (fsync(fd) == 0 || errno == EINVAL);
}

/* mkostemp makes files that only the owner may open. */
static bool
set_mode(int fd, bool secret)
{
    const mode_t mask = umask(077);

    (void)umask(mask);
    return secret || fchmod(fd, 0666 & ~mask) == 0;
}

static enum plumb_code
write_beside(const char *path, const void *data, size_t len, bool secret, struct plumb_err *err)
{
    const size_t room = strlen(path) + sizeof ".XXXXXX";
    PLUMB_AUTO(auto_free) char *beside = malloc(room);
    PLUMB_AUTO(auto_close) int fd = -1;

    if (beside == NULL)
        return plumb_fail_memory(err);
    (void)snprintf(beside, room, "%s.XXXXXX", path);
    fd = mkostemp(beside, O_CLOEXEC);
    if (fd < 0)
        return write_fail(path, err);
    if (!set_mode(fd, secret) || !write_all(fd, data, len) || fsync(fd) != 0 ||
        rename(beside, path) != 0) {
        (void)write_fail(path, err);
        (void)unlink(beside);
        return PLUMB_UNAVAILABLE;
    }
    return sync_directory(path) ? PLUMB_OK : write_fail(path, err);
}

enum plumb_code
store_replace(const char *path, const void *data, size_t len, bool secret,
              struct plumb_err *err)
{
    PLUMB_AUTO(auto_close) int fd = -1;
    struct stat st;

    if (stat(path, &st) != 0 || S_ISREG(st.st_mode))
        return write_beside(path, data, len, secret, err);
    fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    return fd >= 0 && write_all(fd, data, len) ? PLUMB_OK : write_fail(path, err);
}

enum plumb_code
store_lock(const char *path, int *ret_fd, struct plumb_err *err)
{
    const size_t room = strlen(path) + sizeof ".lock";
    PLUMB_AUTO(auto_free) char *name = malloc(room);
    PLUMB_AUTO(auto_close) int fd = -1;

    if (name == NULL)
        return plumb_fail_memory(err);
    (void)snprintf(name, room, "%s.lock", path);
    fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 || flock(fd, LOCK_EX) != 0)
        return plumb_fail(err, PLUMB_UNAVAILABLE, "file.lock", name, "cannot be locked: %s",
                          strerror(errno));
    *ret_fd = fd;
    fd = -1;
    return PLUMB_OK;
}
