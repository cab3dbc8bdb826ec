#include "witness/seen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "lib/own.h"
#include "server/file.h"

#define PATH     600
#define SEEN_MAX (PLUMB_ADD_CHECKPOINT_MAX + 4096)

static void
auto_close(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}

static void
path_of(const struct cosigner *self, const char *origin, const char *suffix, char ret[PATH])
{
    char hex[PLUMB_DIGEST_HEX];
    struct plumb_digest name;

    plumb_sha256(origin, strlen(origin), &name);
    plumb_digest_hex(&name, hex);
    (void)snprintf(ret, PATH, "%s/seen/%s%s", self->data, hex, suffix);
}

enum plumb_code
seen_read(const struct cosigner *self, const struct known_log *log,
          struct plumb_bytes *ret_note, struct plumb_err *err)
{
    char path[PATH];

    path_of(self, log->origin, "", path);
    return file_read(path, SEEN_MAX, ret_note, err);
}

/* What was seen must verify as anybody else's checkpoint would; *ret_any is false for none. */
static enum plumb_code
read_head(const struct cosigner *self, const struct known_log *log, bool *ret_any,
          struct plumb_checkpoint *ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes note = { 0 };
    enum plumb_code code = seen_read(self, log, &note, err);
    char path[PATH];

    *ret_any = code == PLUMB_OK;
    if (code == PLUMB_NOT_FOUND)
        return PLUMB_OK;
    if (code == PLUMB_OK)
        code = plumb_checkpoint_verify(log->seen, note.data, note.len, ret, err);
    if (code != PLUMB_OK && code != PLUMB_NO_MEMORY) {
        const struct plumb_err why = err != NULL ? *err : (struct plumb_err){ 0 };

        path_of(self, log->origin, "", path);
        return plumb_fail(err, PLUMB_INTERNAL, "witness.seen", path,
                          "is not what this witness wrote; was a key of the log removed too "
                          "early? %s (%s)",
                          why.msg, why.rule);
    }
    return code;
}

/* The lock is that of its file: it goes with the descriptor, so also with the process. */
static enum plumb_code
lock(const struct cosigner *self, const struct known_log *log, int *ret_fd,
     struct plumb_err *err)
{
    char path[PATH];

    path_of(self, log->origin, ".lock", path);
    *ret_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (*ret_fd < 0)
        return plumb_fail(err, PLUMB_UNAVAILABLE, "file.write", path, "%s", strerror(errno));
    while (flock(*ret_fd, LOCK_EX) != 0)
        if (errno != EINTR)
            return plumb_fail(err, PLUMB_UNAVAILABLE, "file.write", path, "%s",
                              strerror(errno));
    return PLUMB_OK;
}

static enum plumb_code
remember(const struct cosigner *self, const struct known_log *log,
         const struct plumb_add_checkpoint *request, const struct plumb_bytes *line,
         struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes known = { 0 };
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes note = { 0 };
    char path[PATH];
    size_t n;

    PLUMB_TRY(
        plumb_checkpoint_known(log->policy, request->note, request->note_len, &known, err));
    PLUMB_TRY(plumb_cosigned_add(log->policy, known.data, known.len, line->data, line->len,
                                 &note, &n, err));
    path_of(self, log->origin, "", path);
    return file_replace(path, 0644, note.data, note.len, err);
}

/* Signed by the log, and no continuation of what it had signed: the two together may prove it.
 */
static void
keep_refused(const struct cosigner *self, const struct known_log *log,
             const struct plumb_add_checkpoint *request)
{
    char path[PATH];

    path_of(self, log->origin, ".refused", path);
    (void)!file_replace(path, 0644, request->note, request->note_len, NULL);
}

enum plumb_code
seen_cosign(const struct cosigner *self, const struct known_log *log,
            const struct plumb_add_checkpoint *request, plumb_time now,
            struct plumb_bytes *ret_line, uint64_t *ret_size, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes line = { 0 };
    PLUMB_AUTO(auto_close) int fd = -1;
    struct plumb_checkpoint before, after;
    enum plumb_code code;
    bool any;

    *ret_size = 0;
    PLUMB_TRY(lock(self, log, &fd, err));
    PLUMB_TRY(read_head(self, log, &any, &before, err));
    if (any)
        *ret_size = before.size;
    code = plumb_witness_check(log->policy, any ? &before : NULL, request, &after, err);
    if (code == PLUMB_REFUSED)
        keep_refused(self, log, request);
    if (code != PLUMB_OK)
        return code;
    PLUMB_TRY(plumb_cosign(self->id.name, self->signer, now, request->note, request->note_len,
                           &line, err));
    PLUMB_TRY(remember(self, log, request, &line, err));
    *ret_line = line;
    line = (struct plumb_bytes){ 0 };
    return PLUMB_OK;
}
