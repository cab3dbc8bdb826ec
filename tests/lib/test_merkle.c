#include <plumb/tlog.h>
#include <string.h>

#include "tests/t.h"

#define SIZES 131

static struct plumb_digest leaves[SIZES];
static struct plumb_digest roots[SIZES + 1]; /* roots[n] of the first n leaves */

/* RFC 6962 section 2.1, to the letter. */
static struct plumb_digest
mth(const struct plumb_digest *hashes, size_t n)
{
    struct plumb_digest l, r, ret;
    size_t k = 1;

    if (n == 1)
        return hashes[0];
    while (k * 2 < n)
        k *= 2;
    l = mth(hashes, k);
    r = mth(hashes + k, n - k);
    plumb_node_hash(&l, &r, &ret);
    return ret;
}

static int
make_leaves(void **state)
{
    (void)state;
    for (size_t i = 0; i < SIZES; i++) {
        uint8_t entry = (uint8_t)i;

        plumb_leaf_hash(&entry, 1, &leaves[i]);
    }
    plumb_sha256("", 0, &roots[0]);
    for (size_t n = 1; n <= SIZES; n++)
        roots[n] = mth(leaves, n);
    return 0;
}

struct store {
    uint64_t size;
    size_t calls, fail_at; /* the call that fails, counted from 1; 0 is none */
};

static enum plumb_code
stored(void *arg, unsigned level, uint64_t n, struct plumb_digest *ret, struct plumb_err *err)
{
    struct store *s = arg;

    if (++s->calls == s->fail_at)
        return plumb_fail(err, PLUMB_UNAVAILABLE, "test.store", "", "no such node");
    assert_true(level < 63);
    assert_true((n + 1) << level <= s->size); /* only complete subtrees are asked for */
    *ret = mth(leaves + (n << level), (size_t)1 << level);
    return PLUMB_OK;
}

static void
roots_of_rfc6962_vectors(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        const char *root;
    } cases[] = {
        { "", 0, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d" },
        { "\x00", 1, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125" },
        { "\x10", 1, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77" },
        { "\x20\x21", 2, "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7" },
        { "\x30\x31", 2, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4" },
        { "@ABC", 4, "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef" },
        { "PQRSTUVW", 8, "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c" },
        { "`abcdefghijklmno", 16,
          "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328" },
    };
    struct plumb_digest hashes[8], root;
    char hex[PLUMB_DIGEST_HEX];

    (void)state;
    plumb_tree_root(NULL, 0, &root);
    plumb_digest_hex(&root, hex);
    assert_string_equal(hex,
                        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
        plumb_leaf_hash(cases[n].bytes, cases[n].len, &hashes[n]);
        plumb_tree_root(hashes, n + 1, &root);
        plumb_digest_hex(&root, hex);
        assert_string_equal(hex, cases[n].root);
    }
}

static void
long_entries_are_hashed_whole(void **state)
{
    static uint8_t entry[PLUMB_ENTRY_MAX], prefixed[1 + PLUMB_ENTRY_MAX];
    struct plumb_digest want, got;

    (void)state;
    memset(entry, 'x', sizeof entry);
    memcpy(prefixed + 1, entry, sizeof entry);
    plumb_sha256(prefixed, sizeof prefixed, &want);
    plumb_leaf_hash(entry, sizeof entry, &got);
    assert_true(plumb_digest_eq(&want, &got));
}

static void
every_root_follows_the_recursion(void **state)
{
    struct plumb_digest root;
    struct plumb_err err;

    (void)state;
    for (size_t n = 0; n <= SIZES; n++) {
        struct store s = { .size = n };

        plumb_tree_root(leaves, n, &root);
        assert_true(plumb_digest_eq(&root, &roots[n]));
        memset(&root, 0, sizeof root);
        assert_ok(plumb_root_build(n, stored, &s, &root, &err), &err);
        assert_true(plumb_digest_eq(&root, &roots[n]));
    }
}

static void
assert_not_included(uint64_t index, uint64_t size, const struct plumb_digest *leaf,
                    const struct plumb_digest *proof, size_t n, const struct plumb_digest *root)
{
    struct plumb_err err;

    assert_refused("proof.inclusion",
                   plumb_inclusion_verify(index, size, leaf, proof, n, root, &err), &err);
}

static void
flip(struct plumb_digest *d, size_t bit)
{
    d->b[bit / 8 % PLUMB_DIGEST_LEN] ^= (uint8_t)(1u << bit % 8);
}

/* Every bit of small trees' proofs; of larger ones' one bit in each hash. */
static size_t
bit_step(size_t size)
{
    return size <= 17 ? 1 : 8 * PLUMB_DIGEST_LEN;
}

static void
corrupt_inclusion(size_t i, size_t size, const struct plumb_digest *proof, size_t n)
{
    struct plumb_digest bad[PLUMB_PROOF_MAX + 1], leaf = leaves[i], root = roots[size];

    memcpy(bad, proof, n * sizeof *bad);
    for (size_t h = 0; h < n; h++)
        for (size_t bit = (i + size) % 256, k = 0; k < 256; k += bit_step(size), bit++) {
            flip(&bad[h], bit);
            assert_not_included(i, size, &leaf, bad, n, &root);
            flip(&bad[h], bit);
        }
    flip(&leaf, i);
    assert_not_included(i, size, &leaf, proof, n, &root);
    flip(&leaf, i);
    flip(&root, i);
    assert_not_included(i, size, &leaf, proof, n, &root);
    flip(&root, i);
    if (n > 0) {
        assert_not_included(i, size, &leaf, proof, n - 1, &root);
        assert_not_included(i, size, &leaf, proof + 1, n - 1, &root);
    }
    bad[n] = roots[size];
    assert_not_included(i, size, &leaf, bad, n + 1, &root);
    memmove(bad + 1, bad, n * sizeof *bad);
    bad[0] = leaf;
    assert_not_included(i, size, &leaf, bad, n + 1, &root);
}

static void
every_inclusion_proof_verifies_and_no_other(void **state)
{
    struct plumb_digest proof[PLUMB_PROOF_MAX];
    struct plumb_err err;
    size_t n;

    (void)state;
    for (size_t size = 1; size <= SIZES; size++)
        for (size_t i = 0; i < size; i++) {
            struct store s = { .size = size };

            assert_ok(plumb_inclusion_build(i, size, stored, &s, proof, &n, &err), &err);
            assert_ok(plumb_inclusion_verify(i, size, &leaves[i], proof, n, &roots[size], &err),
                      &err);
            corrupt_inclusion(i, size, proof, n);
            for (size_t j = 0; j <= size; j++)
                if (j != i)
                    assert_not_included(j, size, &leaves[i], proof, n, &roots[size]);
        }
}

/*
 * A size is not in the hashes: a proof may well fit another one of the same shape, but then
 * never together with that size's root. Sizes for which the path differs are refused outright.
 */
static void
inclusion_proofs_are_bound_to_size_and_root(void **state)
{
    struct plumb_digest proof[PLUMB_PROOF_MAX];
    struct plumb_err err;
    size_t n;

    (void)state;
    for (size_t size = 1; size <= 40; size++)
        for (size_t i = 0; i < size; i++) {
            struct store s = { .size = size };

            assert_ok(plumb_inclusion_build(i, size, stored, &s, proof, &n, &err), &err);
            for (size_t other = 0; other <= 80; other++)
                if (other != size)
                    assert_not_included(i, other, &leaves[i], proof, n, &roots[other]);
        }
    assert_not_included(0, 0, &leaves[0], NULL, 0, &roots[0]);
    assert_not_included(0, 0, &leaves[0], NULL, 0, &leaves[0]);
    assert_not_included(1, 1, &leaves[0], NULL, 0, &leaves[0]);
    assert_not_included(UINT64_MAX, UINT64_MAX, &leaves[0], NULL, 0, &leaves[0]);
    assert_not_included(0, UINT64_MAX, &leaves[0], NULL, 0, &leaves[0]);
}

static void
assert_inconsistent(uint64_t size1, const struct plumb_digest *root1, uint64_t size2,
                    const struct plumb_digest *root2, const struct plumb_digest *proof,
                    size_t n)
{
    struct plumb_err err;

    assert_refused("proof.consistency",
                   plumb_consistency_verify(size1, root1, size2, root2, proof, n, &err), &err);
}

static void
corrupt_consistency(size_t size1, size_t size2, const struct plumb_digest *proof, size_t n)
{
    struct plumb_digest bad[PLUMB_PROOF_MAX + 1], root1 = roots[size1], root2 = roots[size2];

    memcpy(bad, proof, n * sizeof *bad);
    for (size_t h = 0; h < n; h++)
        for (size_t bit = (size1 + size2) % 256, k = 0; k < 256; k += bit_step(size2), bit++) {
            flip(&bad[h], bit);
            assert_inconsistent(size1, &root1, size2, &root2, bad, n);
            flip(&bad[h], bit);
        }
    flip(&root1, size1);
    assert_inconsistent(size1, &root1, size2, &root2, proof, n);
    flip(&root1, size1);
    flip(&root2, size2);
    if (size1 != 0) /* anything extends the empty tree */
        assert_inconsistent(size1, &root1, size2, &root2, proof, n);
    flip(&root2, size2);
    if (n > 0) {
        assert_inconsistent(size1, &root1, size2, &root2, proof, n - 1);
        assert_inconsistent(size1, &root1, size2, &root2, proof + 1, n - 1);
    }
    bad[n] = root2;
    assert_inconsistent(size1, &root1, size2, &root2, bad, n + 1);
    memmove(bad + 1, bad, n * sizeof *bad);
    bad[0] = root1;
    assert_inconsistent(size1, &root1, size2, &root2, bad, n + 1);
}

static void
every_consistency_proof_verifies_and_no_other(void **state)
{
    struct plumb_digest proof[PLUMB_PROOF_MAX];
    struct plumb_err err;
    size_t n;

    (void)state;
    for (size_t size2 = 0; size2 <= SIZES; size2++)
        for (size_t size1 = 0; size1 <= size2; size1++) {
            struct store s = { .size = size2 };

            assert_ok(plumb_consistency_build(size1, size2, stored, &s, proof, &n, &err), &err);
            assert_ok(plumb_consistency_verify(size1, &roots[size1], size2, &roots[size2],
                                               proof, n, &err),
                      &err);
            corrupt_consistency(size1, size2, proof, n);
            for (size_t other = 0; other <= size2; other++)
                if (other != size1 && size1 != size2)
                    assert_inconsistent(other, &roots[size1], size2, &roots[size2], proof, n);
        }
}

static void
consistency_is_of_two_trees_in_order(void **state)
{
    (void)state;
    assert_inconsistent(3, &roots[3], 2, &roots[2], NULL, 0);
    assert_inconsistent(5, &roots[5], 5, &roots[6], NULL, 0);
    assert_inconsistent(1, &roots[1], 2, &roots[2], NULL, 0);
    assert_inconsistent(0, &roots[1], 0, &roots[1], NULL, 0);
    assert_inconsistent(0, &roots[1], 2, &roots[2], NULL, 0);
    assert_inconsistent(0, &roots[0], 2, &roots[2], leaves, 1);
    assert_inconsistent(UINT64_MAX, &roots[1], UINT64_MAX, &roots[2], NULL, 0);
    assert_inconsistent(1, &roots[1], UINT64_MAX, &roots[2], leaves, PLUMB_PROOF_MAX);
}

static enum plumb_code
same_hash(void *arg, unsigned level, uint64_t n, struct plumb_digest *ret,
          struct plumb_err *err)
{
    (void)err;
    assert_true((n + 1) << level <= *(uint64_t *)arg);
    memset(ret, (int)level, sizeof *ret);
    return PLUMB_OK;
}

static void
the_largest_trees_proofs_fit(void **state)
{
    struct plumb_digest proof[PLUMB_PROOF_MAX];
    uint64_t size = PLUMB_TREE_MAX - 1;
    struct plumb_err err;
    size_t n;

    (void)state;
    assert_ok(plumb_inclusion_build(size - 2, size, same_hash, &size, proof, &n, &err), &err);
    assert_ok(plumb_inclusion_build(0, size, same_hash, &size, proof, &n, &err), &err);
    assert_int_equal(n, 62);
    for (uint64_t size1 = 1; size1 < size; size1 = size1 * 2 + 1) {
        assert_ok(plumb_consistency_build(size1, size, same_hash, &size, proof, &n, &err),
                  &err);
        assert_ok(
            plumb_consistency_build(size - size1, size, same_hash, &size, proof, &n, &err),
            &err);
    }
    size = PLUMB_TREE_MAX;
    assert_ok(plumb_consistency_build(1, size, same_hash, &size, proof, &n, &err), &err);
    assert_int_equal(n, 62);
    assert_ok(plumb_consistency_build(size - 1, size, same_hash, &size, proof, &n, &err), &err);
    assert_int_equal(n, PLUMB_PROOF_MAX);
}

static void
proofs_out_of_range_are_not_built(void **state)
{
    struct plumb_digest proof[PLUMB_PROOF_MAX], root;
    struct store s = { .size = 5 };
    struct plumb_err err;
    size_t n;

    (void)state;
    assert_refused("proof.inclusion", plumb_inclusion_build(5, 5, stored, &s, proof, &n, &err),
                   &err);
    assert_refused("proof.inclusion", plumb_inclusion_build(0, 0, stored, &s, proof, &n, &err),
                   &err);
    assert_refused("proof.consistency",
                   plumb_consistency_build(6, 5, stored, &s, proof, &n, &err), &err);
    assert_refused("tree.size", plumb_root_build(PLUMB_TREE_MAX + 1, stored, &s, &root, &err),
                   &err);
    assert_refused("tree.size",
                   plumb_inclusion_build(0, PLUMB_TREE_MAX + 1, stored, &s, proof, &n, &err),
                   &err);
    assert_refused("tree.size",
                   plumb_consistency_build(1, UINT64_MAX, stored, &s, proof, &n, &err), &err);
    assert_int_equal(s.calls, 0);
}

static void
a_node_that_cannot_be_read_fails_the_proof_and_leaves_the_result(void **state)
{
    struct plumb_digest proof[PLUMB_PROOF_MAX] = { 0 }, root = { 0 }, none = { 0 };
    struct store whole = { .size = 23 };
    struct plumb_err err;
    size_t n;

    (void)state;
    assert_ok(plumb_consistency_build(13, 23, stored, &whole, proof, &n, &err), &err);
    memset(proof, 0, sizeof proof);
    for (size_t fail_at = 1; fail_at <= whole.calls; fail_at++) {
        struct store s = { .size = 23, .fail_at = fail_at };

        n = 99;
        assert_refused("test.store",
                       plumb_consistency_build(13, 23, stored, &s, proof, &n, &err), &err);
        assert_int_equal(n, 99);
        assert_true(plumb_digest_eq(&proof[0], &none));
    }
    for (size_t fail_at = 1; fail_at <= 4; fail_at++) { /* 23 = 16 + 4 + 2 + 1 */
        struct store s = { .size = 23, .fail_at = fail_at };

        assert_refused("test.store", plumb_root_build(23, stored, &s, &root, &err), &err);
        assert_true(plumb_digest_eq(&root, &none));
        s.calls = 0;
        assert_refused("test.store", plumb_inclusion_build(3, 23, stored, &s, proof, &n, &err),
                       &err);
        assert_int_equal(n, 99);
        assert_true(plumb_digest_eq(&proof[0], &none));
    }
}

static void
tile_paths_are_in_groups_of_three(void **state)
{
    static const struct {
        uint64_t n;
        const char *path;
    } cases[] = {
        { 0, "000" },
        { 5, "005" },
        { 67, "067" },
        { 999, "999" },
        { 1000, "x001/000" },
        { 123456, "x123/456" },
        { 1000000, "x001/x000/000" },
        { 1234067, "x001/x234/067" },
        { UINT64_MAX, "x018/x446/x744/x073/x709/x551/615" },
    };
    char path[PLUMB_TILE_PATH], narrow[5];
    struct plumb_err err;
    unsigned width;
    uint64_t n;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        plumb_tile_path(cases[i].n, path, sizeof path);
        assert_string_equal(path, cases[i].path);
        assert_ok(plumb_tile_parse(path, &n, &width, &err), &err);
        assert_true(n == cases[i].n);
        assert_int_equal(PLUMB_TILE_WIDTH, width);
    }
    plumb_tile_path(1234067, narrow, sizeof narrow);
    assert_string_equal(narrow, "x001");
}

static void
a_tile_has_one_path(void **state)
{
    static const char *const bad[] = {
        "",
        "0",
        "00",
        "0000",
        "000/",
        "/000",
        "x000/001",
        "x001",
        "x001/",
        "x001/2",
        "001/002",
        "x001/x002",
        "X001/002",
        "x01/002",
        "x001//002",
        "-01",
        "+01",
        " 01",
        "00a",
        "001.p",
        "001.p/",
        "001.p/0",
        "001.p/256",
        "001.p/01",
        "001.p/1/",
        "001.p/-1",
        "001.p/1a",
        "001.p/1000",
        "001.q/1",
        "001p/1",
        "x001.p/1",
        "001 ",
        "x001/x000",
        "x018/x446/x744/x073/x709/x551/616",
        "x100/x000/x000/x000/x000/x000/x000/000",
    };
    struct plumb_err err;
    unsigned width = 7;
    uint64_t n = 7;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (plumb_tile_parse(bad[i], &n, &width, &err) == PLUMB_OK)
            fail_msg("%s is read as a tile", bad[i]);
        assert_string_equal("tile.path", err.rule);
        assert_true(n == 7 && width == 7);
    }
    assert_ok(plumb_tile_parse("x001/x234/067.p/8", &n, &width, &err), &err);
    assert_true(n == 1234067 && width == 8);
    assert_ok(plumb_tile_parse("000.p/255", &n, &width, &err), &err);
    assert_true(n == 0 && width == 255);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roots_of_rfc6962_vectors),
        cmocka_unit_test(long_entries_are_hashed_whole),
        cmocka_unit_test(every_root_follows_the_recursion),
        cmocka_unit_test(every_inclusion_proof_verifies_and_no_other),
        cmocka_unit_test(inclusion_proofs_are_bound_to_size_and_root),
        cmocka_unit_test(every_consistency_proof_verifies_and_no_other),
        cmocka_unit_test(consistency_is_of_two_trees_in_order),
        cmocka_unit_test(the_largest_trees_proofs_fit),
        cmocka_unit_test(proofs_out_of_range_are_not_built),
        cmocka_unit_test(a_node_that_cannot_be_read_fails_the_proof_and_leaves_the_result),
        cmocka_unit_test(tile_paths_are_in_groups_of_three),
        cmocka_unit_test(a_tile_has_one_path),
    };

    return cmocka_run_group_tests(tests, make_leaves, NULL);
}
