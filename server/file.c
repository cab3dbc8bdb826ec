#include "server/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/own.h"

static void
auto_close(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}

enum plumb_code
file_open(const char *path, int *ret, uint64_t *ret_len, struct plumb_err *err)
{
    PLUMB_AUTO(auto_close)
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* no pipe holds us */
    struct stat st;

    if (fd < 0)
        return plumb_fail(err, errno == ENOENT ? PLUMB_NOT_FOUND : PLUMB_UNAVAILABLE,
                          "file.read", path, "%s", strerror(errno));
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return plumb_fail(err, PLUMB_INVALID, "file.read", path, "is no regular file");
    *ret_len = (uint64_t)st.st_size;
    *ret = fd;
    fd = -1;
    return PLUMB_OK;
}

bool
file_read_at(int fd, uint64_t at, void *into, size_t len)
{
    errno = 0; /* what shrank gives none */
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

enum plumb_code
file_read(const char *path, size_t max, struct plumb_bytes *ret, struct plumb_err *err)
{
    PLUMB_AUTO(auto_close) int fd = -1;
    PLUMB_AUTO(plumb_bytes_cleanse) struct plumb_bytes b = { 0 };
    uint64_t len;

    PLUMB_TRY(file_open(path, &fd, &len, err));
    if (len > max)
        return plumb_fail(err, PLUMB_TOO_LARGE, "file.size", path, "is larger than %zu bytes",
                          max);
    b.data = malloc((size_t)len + 1);
    if (b.data == NULL)
        return plumb_fail_memory(err);
    if (!file_read_at(fd, 0, b.data, (size_t)len))
        return plumb_fail(err, PLUMB_UNAVAILABLE, "file.read", path, "cannot read it: %s",
                          errno != 0 ? strerror(errno) : "it shrank");
    b.len = (size_t)len;
    b.data[b.len] = 0;
    *ret = (struct plumb_bytes){ PLUMB_TAKE(b.data), b.len };
    return PLUMB_OK;
}

static enum plumb_code
write_all(int fd, const char *path, const void *data, size_t len, struct plumb_err *err)
{
    const uint8_t *p = data;

    while (len > 0) {
        ssize_t n = write(fd, p, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return plumb_fail(err, PLUMB_UNAVAILABLE, "file.write", path, "%s",
                              strerror(errno));
        p += n;
        len -= (size_t)n;
    }
    if (fsync(fd) != 0)
        return plumb_fail(err, PLUMB_UNAVAILABLE, "file.write", path, "%s", strerror(errno));
    return PLUMB_OK;
}

static enum plumb_code
sync_directory(const char *path, struct plumb_err *err)
{
    PLUMB_AUTO(auto_free) char *copy = strdup(path);
    PLUMB_AUTO(auto_close)
    int fd = copy != NULL ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

    if (fd < 0 || fsync(fd) != 0)
        return plumb_fail(err, PLUMB_UNAVAILABLE, "file.write", path,
                          "cannot sync its directory: %s", strerror(errno));
    return PLUMB_OK;
}

enum plumb_code
file_replace(const char *path, mode_t mode, const void *data, size_t len, struct plumb_err *err)
{
    PLUMB_AUTO(auto_free) char *temporary = NULL;
    PLUMB_AUTO(auto_close) int fd = -1;
    enum plumb_code code;

    if (asprintf(&temporary, "%s.XXXXXX", path) < 0) {
        temporary = NULL;
        return plumb_fail_memory(err);
    }
    fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return plumb_fail(err, PLUMB_UNAVAILABLE, "file.write", path, "%s", strerror(errno));
    code = fchmod(fd, mode) == 0
               ? write_all(fd, path, data, len, err)
               : plumb_fail(err, PLUMB_UNAVAILABLE, "file.write", path, "%s", strerror(errno));
    if (code == PLUMB_OK && rename(temporary, path) != 0)
        code = plumb_fail(err, PLUMB_UNAVAILABLE, "file.write", path, "%s", strerror(errno));
    if (code != PLUMB_OK) {
        (void)unlink(temporary);
        return code;
    }
    return sync_directory(path, err);
}
