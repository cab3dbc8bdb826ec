#include "client/mapped.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/store.h"
#include "lib/own.h"

#define READ_MAX (256u << 20)
#define PIECE    (4u << 20) /* between two words of progress */

PLUMB_DEFINE_AUTO(auto_md_ctx, EVP_MD_CTX *, EVP_MD_CTX_free);

/* NULL where it is no regular file, or does not let itself be mapped: then it is read. */
static void *
map(const char *path, size_t *ret_len)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    void *data = MAP_FAILED;
    struct stat st;

    if (fd < 0)
        return NULL;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0) {
        *ret_len = (size_t)st.st_size;
        data = mmap(NULL, *ret_len, PROT_READ, MAP_PRIVATE, fd, 0);
    }
    (void)close(fd);
    return data != MAP_FAILED ? data : NULL;
}

enum plumb_code
mapped_open(const char *path, struct mapped *ret, struct plumb_err *err)
{
    struct mapped m = { NULL, 0, NULL, { NULL, 0 } };

    if (strcmp(path, "-") != 0)
        m.map = map(path, &m.len);
    m.data = m.map;
    if (m.map == NULL) {
        enum plumb_code code = store_read(path, READ_MAX, &m.read, err);

        if (code != PLUMB_OK)
            return code;
        m.data = m.read.data;
        m.len = m.read.len;
    }
    *ret = m;
    return PLUMB_OK;
}

void
mapped_close(struct mapped *m)
{
    if (m->map != NULL)
        (void)munmap(m->map, m->len);
    plumb_bytes_clear(&m->read);
    *m = (struct mapped){ NULL, 0, NULL, { NULL, 0 } };
}

enum plumb_code
mapped_digest(const struct mapped *m, client_progress_fn *progress, void *arg, const char *what,
              struct plumb_digest *ret, struct plumb_err *err)
{
    PLUMB_AUTO(auto_md_ctx) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1;

    for (size_t at = 0; ok && at < m->len;) {
        const size_t n = m->len - at < PIECE ? m->len - at : PIECE;

        ok = EVP_DigestUpdate(ctx, m->data + at, n) == 1;
        at += n;
        if (progress != NULL && !progress(arg, what, at, m->len))
            return plumb_fail(err, PLUMB_REFUSED, "client.stopped", what, "stopped");
    }
    return ok && EVP_DigestFinal_ex(ctx, ret->b, NULL) == 1 ? PLUMB_OK : plumb_fail_memory(err);
}
