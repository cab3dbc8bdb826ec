/* Digests of root stores and folders. */
#include <plumb/artifact.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/own.h"

#define DASHES    "-----BEGIN "
#define FILES_MAX 100000

PLUMB_DEFINE_AUTO(auto_bio, BIO *, BIO_vfree);
PLUMB_DEFINE_AUTO(auto_x509, X509 *, X509_free);
PLUMB_DEFINE_AUTO(auto_openssl, void *, OPENSSL_free);

static const char *const words[] = {
#define X(name, text) [PLUMB_ARTIFACT_##name] = text,
    PLUMB_ARTIFACTS(X)
#undef X
};

const char *
plumb_artifact_text(enum plumb_artifact a)
{
    return a < PLUMB_ARTIFACT_COUNT ? words[a] : "unknown";
}

enum plumb_code
plumb_artifact_parse(const char *text, enum plumb_artifact *ret, struct plumb_err *err)
{
    for (size_t i = 0; i < PLUMB_ARTIFACT_COUNT; i++)
        if (strcmp(words[i], text) == 0) {
            *ret = (enum plumb_artifact)i;
            return PLUMB_OK;
        }
    return plumb_fail(err, PLUMB_INVALID, "artifact.kind", "",
                      "want config, root-store, crypto-policy or data");
}

void
plumb_roots_clear(struct plumb_roots *r)
{
    free(r->roots);
    *r = (struct plumb_roots){ 0 };
}

bool
plumb_is_pem(const void *data, size_t len)
{
    return memmem(data, len, DASHES, strlen(DASHES)) != NULL;
}

/* So many blocks say that they begin: each must be read, and be a certificate. */
static size_t
count_blocks(const char *pem, size_t len)
{
    const char *end = pem + len, *at = pem;
    size_t n = 0;

    while ((at = memmem(at, (size_t)(end - at), DASHES, strlen(DASHES))) != NULL) {
        n++;
        at += strlen(DASHES);
    }
    return n;
}

static enum plumb_code
describe(X509 *x, struct plumb_root *ret, struct plumb_err *err)
{
    PLUMB_AUTO(auto_bio) BIO *out = BIO_new(BIO_s_mem());
    const EVP_PKEY *key = X509_get0_pubkey(x);
    struct tm tm = { 0 };
    time_t t;

    if (out == NULL ||
        X509_NAME_print_ex(out, X509_get_subject_name(x), 0, XN_FLAG_RFC2253) < 0)
        return plumb_fail_memory(err);
    BIO_read(out, ret->subject, sizeof ret->subject - 1); /* nothing to read leaves it empty */
    for (char *c = ret->subject; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || (unsigned char)*c > 0x7e)
            *c = '?';
    if (key != NULL && EVP_PKEY_get0_type_name(key) != NULL)
        (void)snprintf(ret->key, sizeof ret->key, "%.20s %d", EVP_PKEY_get0_type_name(key),
                       EVP_PKEY_get_bits(key));
    ERR_clear_error(); /* of a key that OpenSSL does not know */
    if (ASN1_TIME_to_tm(X509_get0_notAfter(x), &tm) != 1)
        return plumb_fail(err, PLUMB_INVALID, "roots.form", "",
                          "a certificate whose end date is none");
    t = timegm(&tm);
    ret->not_after = t < 0 ? 0 : t;
    return PLUMB_OK;
}

static enum plumb_code
read_root(BIO *in, size_t number, struct plumb_root *ret, struct plumb_err *err)
{
    PLUMB_AUTO(auto_openssl) void *name = NULL;
    PLUMB_AUTO(auto_openssl) void *header = NULL;
    PLUMB_AUTO(auto_openssl) void *der = NULL;
    PLUMB_AUTO(auto_x509) X509 *x = NULL;
    const unsigned char *p;
    long len = 0;
    int ok = PEM_read_bio(in, (char **)&name, (char **)&header, (unsigned char **)&der, &len);

    ERR_clear_error();
    p = der;
    if (ok == 1 && strcmp(name, PEM_STRING_X509) == 0 && ((char *)header)[0] == '\0')
        x = d2i_X509(NULL, &p, len);
    ERR_clear_error();
    if (x == NULL || p != (unsigned char *)der + len)
        return plumb_fail(err, PLUMB_INVALID, "roots.form", "",
                          "block %zu is no certificate: a root store has nothing else in it",
                          number);
    plumb_sha256(der, (size_t)len, &ret->fingerprint);
    return describe(x, ret, err);
}

static int
by_fingerprint(const void *a, const void *b)
{
    const struct plumb_root *x = a, *y = b;

    return plumb_digest_cmp(&x->fingerprint, &y->fingerprint);
}

static enum plumb_code
digest_roots(struct plumb_roots *r, struct plumb_err *err)
{
    const size_t line = PLUMB_DIGEST_HEX; /* the newline is where the NUL was */
    PLUMB_AUTO(auto_free) char *text = malloc(r->n * line + 1);

    if (text == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < r->n; i++) {
        plumb_digest_hex(&r->roots[i].fingerprint, text + i * line);
        text[i * line + line - 1] = '\n';
    }
    plumb_sha256(text, r->n * line, &r->digest);
    return PLUMB_OK;
}

enum plumb_code
plumb_roots_read(const void *pem, size_t len, struct plumb_roots *ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_roots_clear) struct plumb_roots r = { 0 };
    PLUMB_AUTO(auto_bio) BIO *in = NULL;
    size_t blocks, n = 0;

    if (len > PLUMB_ROOTS_BYTES)
        return plumb_fail(err, PLUMB_TOO_LARGE, "roots.size", "", "more than %u bytes",
                          PLUMB_ROOTS_BYTES);
    blocks = count_blocks(pem, len);
    if (blocks == 0)
        return plumb_fail(err, PLUMB_INVALID, "roots.empty", "", "no certificate in it");
    if (blocks > PLUMB_ROOTS_MAX)
        return plumb_fail(err, PLUMB_TOO_LARGE, "roots.size", "", "more than %d certificates",
                          PLUMB_ROOTS_MAX);
    r.roots = calloc(blocks, sizeof *r.roots);
    in = BIO_new_mem_buf(pem, (int)len);
    if (r.roots == NULL || in == NULL)
        return plumb_fail_memory(err);
    for (r.n = 0; r.n < blocks; r.n++)
        PLUMB_TRY(read_root(in, r.n + 1, &r.roots[r.n], err));
    qsort(r.roots, r.n, sizeof *r.roots, by_fingerprint);
    for (size_t i = 0; i < r.n; i++)
        if (n == 0 || by_fingerprint(&r.roots[n - 1], &r.roots[i]) != 0)
            r.roots[n++] = r.roots[i];
    r.n = n;
    PLUMB_TRY(digest_roots(&r, err));
    *ret = r;
    r = (struct plumb_roots){ 0 };
    return PLUMB_OK;
}

static int
by_path(const void *a, const void *b)
{
    const struct plumb_file *x = a, *y = b;

    return strcmp(x->path, y->path);
}

/* What sha256sum would have to escape, or a terminal would obey. */
static bool
plain_path(const char *path)
{
    for (const char *c = path; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f || *c == '\\')
            return false;
    return path[0] != '\0';
}

enum plumb_code
plumb_folder_digest(struct plumb_file *files, size_t n, struct plumb_digest *ret,
                    struct plumb_err *err)
{
    PLUMB_AUTO(auto_free) char *text = NULL;
    size_t size = 0, at = 0;

    if (n == 0)
        return plumb_fail(err, PLUMB_INVALID, "folder.empty", "", "no file in it");
    if (n > FILES_MAX)
        return plumb_fail(err, PLUMB_TOO_LARGE, "folder.size", "", "more than %d files",
                          FILES_MAX);
    qsort(files, n, sizeof *files, by_path);
    for (size_t i = 0; i < n; i++) {
        if (!plain_path(files[i].path) || (i > 0 && by_path(&files[i - 1], &files[i]) == 0))
            return plumb_fail(err, PLUMB_INVALID, "folder.path", files[i].path,
                              "a control character or backslash, or the same path twice");
        size += PLUMB_DIGEST_HEX - 1 + 2 + strlen(files[i].path) + 1;
    }
    text = malloc(size + 1);
    if (text == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(files[i].path);

        plumb_digest_hex(&files[i].digest, text + at);
        at += PLUMB_DIGEST_HEX - 1;
        memcpy(text + at, "  ", 2);
        memcpy(text + at + 2, files[i].path, len);
        at += 2 + len;
        text[at++] = '\n';
    }
    plumb_sha256(text, size, ret);
    return PLUMB_OK;
}
