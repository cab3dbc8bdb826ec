#define OPENSSL_SUPPRESS_DEPRECATED /* as in bytes.c */

#include <plumb/tlog.h>

#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

#include "lib/own.h"

void
plumb_leaf_hash(const void *entry, size_t len, struct plumb_digest *ret)
{
    SHA256_CTX c;

    (void)SHA256_Init(&c);
    (void)SHA256_Update(&c, "\x00", 1);
    (void)SHA256_Update(&c, entry, len);
    (void)SHA256_Final(ret->b, &c);
}

void
plumb_node_hash(const struct plumb_digest *l, const struct plumb_digest *r,
                struct plumb_digest *ret)
{
    uint8_t buf[1 + 2 * PLUMB_DIGEST_LEN];

    buf[0] = 0x01;
    memcpy(buf + 1, l->b, PLUMB_DIGEST_LEN);
    memcpy(buf + 1 + PLUMB_DIGEST_LEN, r->b, PLUMB_DIGEST_LEN);
    plumb_sha256(buf, sizeof buf, ret);
}

static void
empty_root(struct plumb_digest *ret)
{
    plumb_sha256("", 0, ret);
}

/* The roots of complete subtrees, largest first, wait until a twin of their size arrives. */
void
plumb_tree_root(const struct plumb_digest *hashes, size_t n, struct plumb_digest *ret)
{
    struct plumb_digest stack[64];
    size_t depth = 0;

    if (n == 0) {
        empty_root(ret);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        stack[depth++] = hashes[i];
        for (size_t done = i + 1; done % 2 == 0; done /= 2, depth--)
            plumb_node_hash(&stack[depth - 2], &stack[depth - 1], &stack[depth - 2]);
    }
    for (; depth > 1; depth--)
        plumb_node_hash(&stack[depth - 2], &stack[depth - 1], &stack[depth - 2]);
    *ret = stack[0];
}

enum plumb_code
plumb_inclusion_verify(uint64_t index, uint64_t size, const struct plumb_digest *leaf,
                       const struct plumb_digest *proof, size_t n,
                       const struct plumb_digest *root, struct plumb_err *err)
{
    struct plumb_digest r = *leaf;
    uint64_t fn = index, sn = size - 1;

    if (index >= size)
        return plumb_fail(err, PLUMB_REFUSED, "proof.inclusion", "",
                          "entry %ju is not in a tree of %ju", (uintmax_t)index,
                          (uintmax_t)size);
    for (size_t i = 0; i < n; i++) {
        if (sn == 0)
            return plumb_fail(err, PLUMB_REFUSED, "proof.inclusion", "",
                              "%zu hashes are too many for entry %ju of %ju", n,
                              (uintmax_t)index, (uintmax_t)size);
        if (fn % 2 == 1 || fn == sn) {
            plumb_node_hash(&proof[i], &r, &r);
            for (; fn % 2 == 0 && fn != 0; fn /= 2)
                sn /= 2;
        } else {
            plumb_node_hash(&r, &proof[i], &r);
        }
        fn /= 2;
        sn /= 2;
    }
    if (sn != 0 || !plumb_digest_eq(&r, root))
        return plumb_fail(err, PLUMB_REFUSED, "proof.inclusion", "",
                          "the proof does not lead from entry %ju to the root of %ju",
                          (uintmax_t)index, (uintmax_t)size);
    return PLUMB_OK;
}

static enum plumb_code
inconsistent(uint64_t size1, uint64_t size2, struct plumb_err *err)
{
    return plumb_fail(err, PLUMB_REFUSED, "proof.consistency", "",
                      "the proof does not show that the tree of %ju extends that of %ju",
                      (uintmax_t)size2, (uintmax_t)size1);
}

/* No hash has a say here: the empty tree, or twice the same. */
static enum plumb_code
verify_trivial(uint64_t size1, const struct plumb_digest *root1, uint64_t size2,
               const struct plumb_digest *root2, size_t n, struct plumb_err *err)
{
    struct plumb_digest empty;

    empty_root(&empty);
    if (n != 0 || (size1 == 0 && !plumb_digest_eq(root1, &empty)) ||
        (size1 == size2 && !plumb_digest_eq(root1, root2)))
        return inconsistent(size1, size2, err);
    return PLUMB_OK;
}

enum plumb_code
plumb_consistency_verify(uint64_t size1, const struct plumb_digest *root1, uint64_t size2,
                         const struct plumb_digest *root2, const struct plumb_digest *proof,
                         size_t n, struct plumb_err *err)
{
    struct plumb_digest fr, sr;
    uint64_t fn = size1 - 1, sn = size2 - 1;
    size_t i = 0;

    if (size1 > size2)
        return inconsistent(size1, size2, err);
    if (size1 == 0 || size1 == size2)
        return verify_trivial(size1, root1, size2, root2, n, err);
    for (; fn % 2 == 1; fn /= 2)
        sn /= 2;
    if (n == 0)
        return inconsistent(size1, size2, err);
    /* The subtree that both begin with: the old root itself when size1 is a power of two. */
    fr = sr = fn == 0 ? *root1 : proof[i++];
    for (; i < n; i++) {
        if (sn == 0)
            return inconsistent(size1, size2, err);
        if (fn % 2 == 1 || fn == sn) {
            plumb_node_hash(&proof[i], &fr, &fr);
            plumb_node_hash(&proof[i], &sr, &sr);
            for (; fn % 2 == 0 && fn != 0; fn /= 2)
                sn /= 2;
        } else {
            plumb_node_hash(&sr, &proof[i], &sr);
        }
        fn /= 2;
        sn /= 2;
    }
    if (sn != 0 || !plumb_digest_eq(&fr, root1) || !plumb_digest_eq(&sr, root2))
        return inconsistent(size1, size2, err);
    return PLUMB_OK;
}

/* The largest power of two below n, for n > 1. */
static uint64_t
split(uint64_t n)
{
    uint64_t k = 1;

    while (k < n - k)
        k *= 2;
    return k;
}

static unsigned
log2_of(uint64_t power)
{
    unsigned level = 0;

    while (power >> level > 1)
        level++;
    return level;
}

/* MTH(D[begin:begin + n]), n > 0, of a range that RFC 6962's recursion reaches. */
static enum plumb_code
range_root(uint64_t begin, uint64_t n, plumb_node_fn *node, void *arg, struct plumb_digest *ret,
           struct plumb_err *err)
{
    struct plumb_digest l, r;
    uint64_t k;

    if ((n & (n - 1)) == 0) {
        unsigned level = log2_of(n);

        return node(arg, level, begin >> level, ret, err);
    }
    k = split(n);
    PLUMB_TRY(range_root(begin, k, node, arg, &l, err));
    PLUMB_TRY(range_root(begin + k, n - k, node, arg, &r, err));
    plumb_node_hash(&l, &r, ret);
    return PLUMB_OK;
}

static enum plumb_code
check_size(uint64_t size, struct plumb_err *err)
{
    if (size > PLUMB_TREE_MAX)
        return plumb_fail(err, PLUMB_TOO_LARGE, "tree.size", "",
                          "a tree has at most 2^62 entries");
    return PLUMB_OK;
}

enum plumb_code
plumb_root_build(uint64_t size, plumb_node_fn *node, void *arg, struct plumb_digest *ret,
                 struct plumb_err *err)
{
    struct plumb_digest root;

    PLUMB_TRY(check_size(size, err));
    if (size == 0)
        empty_root(&root);
    else
        PLUMB_TRY(range_root(0, size, node, arg, &root, err));
    *ret = root;
    return PLUMB_OK;
}

/* A proof gathered from the root down; RFC 6962 orders it from the leaf up. */
struct path {
    struct plumb_digest hashes[PLUMB_PROOF_MAX];
    size_t n;
};

static void
hand_out(const struct path *path, struct plumb_digest *ret, size_t *ret_n)
{
    for (size_t i = 0; i < path->n; i++)
        ret[i] = path->hashes[path->n - 1 - i];
    *ret_n = path->n;
}

enum plumb_code
plumb_inclusion_build(uint64_t index, uint64_t size, plumb_node_fn *node, void *arg,
                      struct plumb_digest ret[PLUMB_PROOF_MAX], size_t *ret_n,
                      struct plumb_err *err)
{
    struct path path = { .n = 0 };
    uint64_t begin = 0, n = size;

    PLUMB_TRY(check_size(size, err));
    if (index >= size)
        return plumb_fail(err, PLUMB_INVALID, "proof.inclusion", "",
                          "entry %ju is not in a tree of %ju", (uintmax_t)index,
                          (uintmax_t)size);
    while (n > 1) {
        uint64_t k = split(n);
        struct plumb_digest *sibling = &path.hashes[path.n++];

        if (index - begin < k) {
            PLUMB_TRY(range_root(begin + k, n - k, node, arg, sibling, err));
            n = k;
        } else {
            PLUMB_TRY(range_root(begin, k, node, arg, sibling, err));
            begin += k;
            n -= k;
        }
    }
    hand_out(&path, ret, ret_n);
    return PLUMB_OK;
}

enum plumb_code
plumb_consistency_build(uint64_t size1, uint64_t size2, plumb_node_fn *node, void *arg,
                        struct plumb_digest ret[PLUMB_PROOF_MAX], size_t *ret_n,
                        struct plumb_err *err)
{
    struct path path = { .n = 0 };
    uint64_t begin = 0, n = size2;

    PLUMB_TRY(check_size(size2, err));
    if (size1 > size2)
        return plumb_fail(err, PLUMB_INVALID, "proof.consistency", "",
                          "a tree of %ju cannot extend one of %ju", (uintmax_t)size2,
                          (uintmax_t)size1);
    /* RFC 6962 section 2.1.2: down to the subtree that ends where the old tree does */
    while (size1 != 0 && size1 - begin != n) {
        uint64_t k = split(n);
        struct plumb_digest *other = &path.hashes[path.n++];

        if (size1 - begin <= k) {
            PLUMB_TRY(range_root(begin + k, n - k, node, arg, other, err));
            n = k;
        } else {
            PLUMB_TRY(range_root(begin, k, node, arg, other, err));
            begin += k;
            n -= k;
        }
    }
    if (begin != 0)
        PLUMB_TRY(range_root(begin, n, node, arg, &path.hashes[path.n++], err));
    hand_out(&path, ret, ret_n);
    return PLUMB_OK;
}

void
plumb_tile_path(uint64_t n, char *ret, size_t size)
{
    char path[PLUMB_TILE_PATH];
    char *p = path + sizeof path;

    *--p = '\0';
    for (bool last = true; last || n != 0; last = false) {
        if (!last)
            *--p = '/';
        for (int digit = 0; digit < 3; digit++, n /= 10)
            *--p = (char)('0' + n % 10);
        if (!last)
            *--p = 'x';
    }
    (void)snprintf(ret, size, "%s", p);
}

/* n digits of text as a number; -1 if they are others. */
static int
digits(const char *text, size_t n)
{
    int number = 0;

    for (size_t i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        number = 10 * number + (text[i] - '0');
    }
    return number;
}

/* ".p/W", or nothing: a whole tile. 0 for anything else. */
static unsigned
width_of(const char *text)
{
    size_t n;
    int width;

    if (text[0] == '\0')
        return PLUMB_TILE_WIDTH;
    if (strncmp(text, ".p/", 3) != 0)
        return 0;
    n = strlen(text + 3);
    width = n >= 1 && n <= 3 && text[3] != '0' ? digits(text + 3, n) : 0;
    return width > 0 && width < PLUMB_TILE_WIDTH ? (unsigned)width : 0;
}

enum plumb_code
plumb_tile_parse(const char *path, uint64_t *ret_n, unsigned *ret_width, struct plumb_err *err)
{
    const char *at = path;
    uint64_t n = 0;
    unsigned width = 0;
    int group;

    for (bool more = true; more;) {
        more = *at == 'x';
        at += more;
        group = digits(at, 3);
        if (group < 0 || n > (UINT64_MAX - (uint64_t)group) / 1000 ||
            (more && (at[3] != '/' || (n == 0 && group == 0))))
            break;
        n = 1000 * n + (uint64_t)group;
        at += 3 + more;
        if (!more)
            width = width_of(at);
    }
    if (width == 0)
        return plumb_fail(err, PLUMB_INVALID, "tile.path", "",
                          "want a tile as C2SP tlog-tiles writes it: x001/x234/067, or "
                          "x001/x234/067.p/8");
    *ret_n = n;
    *ret_width = width;
    return PLUMB_OK;
}
