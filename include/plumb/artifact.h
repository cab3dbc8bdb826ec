/*
 * plumb/artifact.h - what no TEE reports by itself, but a measurement covers: configuration,
 * crypto policies, root stores, data. Each has a digest that anybody can compute again.
 */
#ifndef PLUMB_ARTIFACT_H
#define PLUMB_ARTIFACT_H

#include <plumb/bytes.h>
#include <plumb/time.h>

/* In the order of their words in a set's covers. */
/* clang-format off */
#define PLUMB_ARTIFACTS(X)              \
    X(CONFIG, "config")                 \
    X(ROOT_STORE, "root-store")         \
    X(CRYPTO_POLICY, "crypto-policy")   \
    X(DATA, "data")
/* clang-format on */
enum plumb_artifact {
#define X(name, text) PLUMB_ARTIFACT_##name,
    PLUMB_ARTIFACTS(X)
#undef X
        PLUMB_ARTIFACT_COUNT
};
const char *plumb_artifact_text(enum plumb_artifact a);
PLUMB_MUST_CHECK enum plumb_code
plumb_artifact_parse(const char *text, enum plumb_artifact *ret, struct plumb_err *err);

/* One root of a store. */
struct plumb_root {
    struct plumb_digest fingerprint; /* SHA-256 of the DER */
    char subject[256];               /* RFC 2253, plain ASCII, cut off where it is longer */
    char key[32];                    /* its kind and bits: "RSA 2048"; "" where it has none */
    plumb_time not_after;
};
struct plumb_roots {
    struct plumb_root *roots; /* ascending by fingerprint, each once */
    size_t n;
    struct plumb_digest digest; /* of the fingerprints, in hex, each on a line of its own */
};
void plumb_roots_clear(struct plumb_roots *r);

#define PLUMB_ROOTS_BYTES (16u << 20)
#define PLUMB_ROOTS_MAX   4096

/*
 * A PEM bundle of certificates. Text between them is read over; any other kind of block is
 * refused. Rules "roots.size", "roots.form", "roots.empty".
 */
PLUMB_MUST_CHECK enum plumb_code
plumb_roots_read(const void *pem, size_t len, struct plumb_roots *ret, struct plumb_err *err);
bool plumb_is_pem(const void *data, size_t len);

/* A file of a folder: its path in it, parts separated by '/'. */
struct plumb_file {
    const char *path;
    struct plumb_digest digest;
};

/*
 * A folder's digest is that of the text that sha256sum prints of its files, sorted by path in
 * byte order: "HEX  PATH\n". files is sorted. Rules "folder.empty", "folder.path" (control
 * characters, a backslash, the same path twice), "folder.size".
 */
PLUMB_MUST_CHECK enum plumb_code plumb_folder_digest(struct plumb_file *files, size_t n,
                                                     struct plumb_digest *ret,
                                                     struct plumb_err *err);

#endif
