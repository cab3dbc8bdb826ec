#include "client/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/own.h"

#define KEYFILE_MAX  16384
#define LOCKED_HEAP  262144
#define LOCKED_BLOCK 32

/* Bytes in OpenSSL's locked heap. */
struct secret {
    uint8_t *data;
    size_t size;
};

static void
secret_clear(struct secret *s)
{
    OPENSSL_secure_clear_free(s->data, s->size);
}

static void
auto_close(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}

static enum plumb_code
secret_new(size_t size, struct secret *ret, struct plumb_err *err)
{
    /* 2: made, but the system's limit keeps it from being locked; still better than none */
    if (!CRYPTO_secure_malloc_initialized() &&
        CRYPTO_secure_malloc_init(LOCKED_HEAP, LOCKED_BLOCK) == 0)
        return plumb_fail_memory(err);
    ret->data = OPENSSL_secure_zalloc(size);
    if (ret->data == NULL)
        return plumb_fail_memory(err);
    ret->size = size;
    return PLUMB_OK;
}

static enum plumb_code
check_access(int fd, const char *path, struct plumb_err *err)
{
    struct stat st;

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return plumb_fail(err, PLUMB_INVALID, "keyfile.open", path, "not a regular file");
    if (st.st_uid != geteuid() && st.st_uid != 0)
        return plumb_fail(err, PLUMB_INVALID, "keyfile.owner", path,
                          "the key file belongs to somebody else");
    if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return plumb_fail(err, PLUMB_INVALID, "keyfile.mode", path,
                          "others may open the key file; say chmod 600");
    return PLUMB_OK;
}

static enum plumb_code
read_all(int fd, const char *path, struct secret *into, size_t *ret_len, struct plumb_err *err)
{
    size_t len = 0;
    ssize_t n;

    do {
        n = read(fd, into->data + len, into->size - len);
        if (n > 0)
            len += (size_t)n;
    } while ((n > 0 && len < into->size) || (n < 0 && errno == EINTR));
    if (n < 0)
        return plumb_fail(err, PLUMB_INVALID, "keyfile.open", path, "cannot be read: %s",
                          strerror(errno));
    if (len == into->size)
        return plumb_fail(err, PLUMB_INVALID, "keyfile.size", path, "too large for a key");
    *ret_len = len;
    return PLUMB_OK;
}

enum plumb_code
keyfile_read(const char *path, plumb_passphrase_fn *ask, void *arg, struct plumb_signer **ret,
             struct plumb_err *err)
{
    PLUMB_AUTO(secret_clear) struct secret pem = { NULL, 0 };
    /* NONBLOCK: opening a FIFO must not wait for its writer */
    PLUMB_AUTO(auto_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    enum plumb_code code;
    size_t len = 0;

    if (fd < 0)
        return plumb_fail(err, errno == ENOENT ? PLUMB_NOT_FOUND : PLUMB_INVALID,
                          "keyfile.open", path, "cannot be opened: %s", strerror(errno));
    PLUMB_TRY(check_access(fd, path, err));
    PLUMB_TRY(secret_new(KEYFILE_MAX, &pem, err));
    PLUMB_TRY(read_all(fd, path, &pem, &len, err));
    code = plumb_signer_from_pem(pem.data, len, ask != NULL ? ask : keyfile_ask,
                                 ask != NULL ? arg : (void *)path, ret, err);
    if (code != PLUMB_OK && err != NULL && err->where[0] == '\0')
        (void)snprintf(err->where, sizeof err->where, "%s", path);
    return code;
}

static enum plumb_code
write_fail(const char *path, struct plumb_err *err)
{
    return plumb_fail(err, PLUMB_INVALID, "keyfile.write", path, "cannot be written: %s",
                      strerror(errno));
}

/* The new name must outlive a crash too. */
static bool
sync_directory(const char *path)
{
    PLUMB_AUTO(auto_free) char *copy = strdup(path);
    PLUMB_AUTO(auto_close) int fd = -1;

    if (copy == NULL)
        return false;
    fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd >= 0 && fsync(fd) == 0;
}

static bool
write_all(int fd, const struct plumb_bytes *pem)
{
    for (size_t done = 0; done < pem->len;) {
        ssize_t n = write(fd, pem->data + done, pem->len - done);

        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0)
            done += (size_t)n;
    }
    return fsync(fd) == 0;
}

enum plumb_code
keyfile_write(const char *path, const struct plumb_signer *signer, const char *passphrase,
              struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_cleanse) struct plumb_bytes pem = { 0 };
    PLUMB_AUTO(auto_free) char *temporary = NULL;
    PLUMB_AUTO(auto_close) int fd = -1;
    bool written;
    int saved;

    PLUMB_TRY(plumb_signer_to_pem(signer, passphrase, &pem, err));
    if (asprintf(&temporary, "%s.XXXXXX", path) < 0) {
        temporary = NULL;
        return plumb_fail_memory(err);
    }
    fd = mkostemp(temporary, O_CLOEXEC); /* O_EXCL and 0600 */
    if (fd < 0)
        return write_fail(path, err);
    /* link, for it never replaces */
    written = write_all(fd, &pem) && link(temporary, path) == 0;
    saved = errno;
    (void)unlink(temporary);
    errno = saved;
    if (!written && errno == EEXIST)
        return plumb_fail(err, PLUMB_CONFLICT, "keyfile.exists", path,
                          "is there already; a key is never overwritten");
    if (!written || !sync_directory(path))
        return write_fail(path, err);
    return PLUMB_OK;
}
