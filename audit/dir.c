#include "audit/dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/layout.h"
#include "audit/summary.h"
#include "lib/own.h"

struct audit_dir {
    int fd;
};

enum plumb_code
audit_dir_open(const char *path, bool make, struct audit_dir **ret, struct plumb_err *err)
{
    struct audit_dir *d;
    int fd;

    if (make && mkdir(path, 0755) != 0 && errno != EEXIST)
        return plumb_fail(err, PLUMB_UNAVAILABLE, "dir.open", path, "%s", strerror(errno));
    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return plumb_fail(err, errno == ENOENT ? PLUMB_NOT_FOUND : PLUMB_UNAVAILABLE,
                          "dir.open", path, "%s", strerror(errno));
    d = malloc(sizeof *d);
    if (d == NULL) {
        (void)close(fd);
        return plumb_fail_memory(err);
    }
    d->fd = fd;
    *ret = d;
    return PLUMB_OK;
}

void
audit_dir_close(struct audit_dir *d)
{
    if (d == NULL)
        return;
    (void)close(d->fd);
    free(d);
}

/* Done with what parent() gave. */
static void
leave(const struct audit_dir *d, int fd)
{
    int was = errno;

    if (fd != d->fd)
        (void)close(fd);
    errno = was;
}

/* Opens the directory that path lies in, step by step so that no link is followed, and points
 * ret_name to the last step; -1 with errno. make: directories that are not there. */
static int
parent(const struct audit_dir *d, const char *path, bool make, const char **ret_name)
{
    const char *slash;
    char step[LAYOUT_PATH];
    int fd = d->fd;

    for (; (slash = strchr(path, '/')) != NULL; path = slash + 1) {
        int next;

        (void)snprintf(step, sizeof step, "%.*s", (int)(slash - path), path);
        if (make && mkdirat(fd, step, 0755) != 0 && errno != EEXIST)
            next = -1;
        else
            next = openat(fd, step, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        leave(d, fd);
        if (next < 0)
            return -1;
        fd = next;
    }
    *ret_name = path;
    return fd;
}

bool
audit_dir_has(const struct audit_dir *d, const char *path)
{
    const char *name;
    struct stat st;
    int fd = parent(d, path, false, &name);
    bool has;

    if (fd < 0)
        return false;
    has = fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
    leave(d, fd);
    return has;
}

static enum plumb_code
read_all(int fd, const char *path, size_t max, struct plumb_bytes *ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { 0 };
    struct stat st;

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return plumb_fail(err, PLUMB_UNAVAILABLE, "dir.read", path, "not a regular file");
    if ((uintmax_t)st.st_size > max)
        return plumb_fail(err, PLUMB_INVALID, "dir.read", path, "it has more than %zu bytes",
                          max);
    bytes.data = malloc((size_t)st.st_size + 1);
    if (bytes.data == NULL)
        return plumb_fail_memory(err);
    while (bytes.len < (size_t)st.st_size) {
        ssize_t n = read(fd, bytes.data + bytes.len, (size_t)st.st_size - bytes.len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return plumb_fail(err, PLUMB_UNAVAILABLE, "dir.read", path, "%s",
                              n < 0 ? strerror(errno) : "it was cut while it was read");
        bytes.len += (size_t)n;
    }
    bytes.data[bytes.len] = 0;
    *ret = bytes;
    bytes = (struct plumb_bytes){ 0 };
    return PLUMB_OK;
}

/* As openat, of a path in d and without following links. */
static int
open_in(const struct audit_dir *d, const char *path, int flags)
{
    const char *name;
    int dir = parent(d, path, false, &name);
    int fd;

    if (dir < 0)
        return -1;
    fd = openat(dir, name, flags | O_NOFOLLOW | O_CLOEXEC);
    leave(d, dir);
    return fd;
}

static const char *
why_not(void)
{
    return errno == ELOOP || errno == ENOTDIR ? "a link or a file stands in its way; an export "
                                                "has plain files and directories alone"
                                              : strerror(errno);
}

enum plumb_code
audit_dir_read(const struct audit_dir *d, const char *path, size_t max, struct plumb_bytes *ret,
               struct plumb_err *err)
{
    int fd = open_in(d, path, O_RDONLY | O_NONBLOCK);
    enum plumb_code code;

    if (fd < 0)
        return plumb_fail(err, errno == ENOENT ? PLUMB_NOT_FOUND : PLUMB_UNAVAILABLE,
                          "dir.read", path, "%s", why_not());
    code = read_all(fd, path, max, ret, err);
    (void)close(fd);
    return code;
}

static enum plumb_code
cannot_write(const char *path, struct plumb_err *err)
{
    return plumb_fail(err, PLUMB_UNAVAILABLE, "dir.write", path, "%s", why_not());
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

/* The file is made new beside its place: what an interrupted export left goes first. */
static bool
write_new(int dir, const char *part, const void *data, size_t len)
{
    bool ok;
    int fd;

    if (unlinkat(dir, part, 0) != 0 && errno != ENOENT)
        return false;
    fd = openat(dir, part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0)
        return false;
    ok = write_all(fd, data, len);
    return close(fd) == 0 && ok;
}

enum plumb_code
audit_dir_put(struct audit_dir *d, const char *path, const void *data, size_t len,
              struct plumb_err *err)
{
    char part[LAYOUT_PATH + 8];
    enum plumb_code code = PLUMB_OK;
    const char *name;
    int dir = parent(d, path, true, &name);

    if (dir < 0)
        return cannot_write(path, err);
    (void)snprintf(part, sizeof part, "%s.part", name);
    if (!write_new(dir, part, data, len) || renameat(dir, part, dir, name) != 0) {
        code = cannot_write(path, err);
        (void)unlinkat(dir, part, 0);
    }
    leave(d, dir);
    return code;
}

void
audit_dir_remove(struct audit_dir *d, const char *path)
{
    const char *name;
    int dir = parent(d, path, false, &name);

    if (dir < 0)
        return;
    (void)unlinkat(dir, name, 0);
    leave(d, dir);
}

enum plumb_code
audit_dir_sync(struct audit_dir *d, struct plumb_err *err)
{
    return syncfs(d->fd) == 0 ? PLUMB_OK : cannot_write("", err);
}

/* --- as a source --- */

static enum plumb_code
read_checkpoint(void *self, struct plumb_bytes *ret, struct plumb_err *err)
{
    return audit_dir_read(self, LAYOUT_CHECKPOINT, LAYOUT_NOTE_MAX, ret, err);
}

static enum plumb_code
read_tile(void *self, unsigned level, uint64_t n, unsigned width, struct plumb_bytes *ret,
          struct plumb_err *err)
{
    char path[LAYOUT_PATH];

    layout_tile(level, n, width, path);
    return audit_dir_read(self, path, LAYOUT_TILE_MAX, ret, err);
}

static enum plumb_code
read_entries(void *self, uint64_t n, unsigned width, struct plumb_bytes *ret,
             struct plumb_err *err)
{
    char path[LAYOUT_PATH];

    layout_entries(n, width, path);
    return audit_dir_read(self, path, LAYOUT_ENTRIES_MAX, ret, err);
}

static enum plumb_code
read_blob(void *self, const struct plumb_digest *digest, struct plumb_bytes *ret,
          struct plumb_err *err)
{
    char path[LAYOUT_PATH];

    layout_blob(digest, path);
    return audit_dir_read(self, path, LAYOUT_BLOB_MAX, ret, err);
}

static enum plumb_code
read_document(void *self, int64_t version, struct plumb_bytes *ret, struct plumb_err *err)
{
    char path[LAYOUT_PATH];

    layout_document(version, path);
    return audit_dir_read(self, path, PLUMB_DOCUMENT_MAX, ret, err);
}

static enum plumb_code
read_summary(void *self, const struct plumb_digest *release, struct plumb_bytes *ret,
             struct plumb_err *err)
{
    char path[LAYOUT_PATH];

    layout_summary(release, path);
    return audit_dir_read(self, path, SUMMARY_FILE_MAX, ret, err);
}

struct audit_source
audit_dir_source(struct audit_dir *d)
{
    return (struct audit_source){ .self = d,
                                  .checkpoint = read_checkpoint,
                                  .tile = read_tile,
                                  .entries = read_entries,
                                  .blob = read_blob,
                                  .document = read_document,
                                  .summary = read_summary };
}
