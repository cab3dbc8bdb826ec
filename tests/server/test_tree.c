#include <string.h>

#include "server/tree.h"
#include "tests/scarce.h"
#include "tests/server/entries.h"
#include "tests/server/pg.h"
#include "tests/t.h"

#define LEN 200

static struct pg_database database;

static int
setup(void **state)
{
    database = pg_database();
    *state = pg_connect(&database);
    return 0;
}

static int
teardown(void **state)
{
    db_close(*state);
    return 0;
}

/* A deterministic leaf, without an entry behind it. */
static void
leaf_of(uint64_t i, struct plumb_digest *ret)
{
    plumb_leaf_hash(&i, sizeof i, ret);
}

static struct plumb_digest *
leaves_of(uint64_t n)
{
    struct plumb_digest *leaves = calloc(n + 1, sizeof *leaves);

    assert_non_null(leaves);
    for (uint64_t i = 0; i < n; i++)
        leaf_of(i, &leaves[i]);
    return leaves;
}

static void
assert_root(struct tree *t, const struct plumb_digest *leaves, uint64_t n)
{
    struct plumb_err err = { 0 };
    struct plumb_digest want, got;

    plumb_tree_root(leaves, n, &want);
    assert_ok(tree_root(t, &got, &err), &err);
    assert_int_equal(n, tree_size(t));
    assert_memory_equal(want.b, got.b, sizeof got.b);
}

static void
roots_are_those_of_the_leaves(void **state)
{
    static const uint64_t checked[] = {
        1, 2, 255, 256, 257, 511, 512, 1000, 65535, 65536, 65537
    };
    struct plumb_digest *leaves = leaves_of(65537);
    struct plumb_err err = { 0 };
    uint64_t size = 0;
    struct tree *t = NULL;

    assert_ok(tree_open(*state, 0, &t, &err), &err);
    assert_root(t, leaves, 0);
    for (size_t i = 0; i < sizeof checked / sizeof checked[0]; i++) {
        assert_ok(tree_append(t, leaves + size, checked[i] - size, &err), &err);
        size = checked[i];
        assert_root(t, leaves, size);
        if (i % 2 == 0)
            tree_commit(t);
    }
    tree_free(t);
    free(leaves);
}

/* Every size and index of a small log, and all proofs verified by the library. */
static void
proofs_verify_at_every_small_size(void **state)
{
    enum { N = 40 };
    struct plumb_digest *leaves = leaves_of(N), proof[PLUMB_PROOF_MAX], root, root1;
    struct plumb_err err = { 0 };
    struct tree *t = NULL;
    size_t n;

    assert_ok(tree_open(*state, 0, &t, &err), &err);
    assert_ok(tree_append(t, leaves, N, &err), &err);
    for (uint64_t size = 1; size <= N; size++) {
        plumb_tree_root(leaves, size, &root);
        for (uint64_t i = 0; i < size; i++) {
            assert_ok(tree_inclusion(t, NULL, i, size, proof, &n, &err), &err);
            assert_ok(plumb_inclusion_verify(i, size, &leaves[i], proof, n, &root, &err), &err);
        }
        for (uint64_t old = 1; old <= size; old++) {
            assert_ok(tree_root_at(t, NULL, old, &root1, &err), &err);
            assert_ok(tree_consistency(t, NULL, old, size, proof, &n, &err), &err);
            assert_ok(plumb_consistency_verify(old, &root1, size, &root, proof, n, &err), &err);
        }
    }
    assert_refused("log.index", tree_inclusion(t, NULL, 5, 5, proof, &n, &err), &err);
    assert_refused("log.size", tree_inclusion(t, NULL, 5, N + 1, proof, &n, &err), &err);
    assert_refused("log.size", tree_consistency(t, NULL, 1, N + 1, proof, &n, &err), &err);
    assert_refused("log.size", tree_consistency(t, NULL, 9, 8, proof, &n, &err), &err);
    assert_refused("log.size", tree_root_at(t, NULL, N + 1, &root, &err), &err);
    tree_free(t);
    free(leaves);
}

struct batch {
    struct tree *t;
    struct db_entry *entries;
    size_t n;
    bool fail;
};

/* What the server does with a group of entries. */
static enum plumb_code
append(struct db *db, void *arg, struct plumb_err *err)
{
    struct batch *b = arg;
    struct plumb_digest *leaves = calloc(b->n, sizeof *leaves);
    uint64_t size;
    enum plumb_code code;

    assert_non_null(leaves);
    for (size_t i = 0; i < b->n; i++)
        leaves[i] = b->entries[i].leaf;
    tree_rollback(b->t);
    code = db_log_lock(db, &size, err);
    if (code == PLUMB_OK)
        code = tree_append(b->t, leaves, b->n, err);
    free(leaves);
    PLUMB_TRY(code);
    PLUMB_TRY(db_log_append(db, b->entries, b->n, err));
    PLUMB_TRY(tree_store(b->t, db, err));
    return b->fail ? plumb_fail(err, PLUMB_BUSY, "test.fail", "", "no") : PLUMB_OK;
}

static void
grow(struct db *db, struct tree *t, size_t n, bool fail)
{
    struct batch b = { t, entries_make(tree_size(t), n, LEN), n, fail };
    struct plumb_err err = { 0 };
    enum db_end end;

    if (fail) {
        assert_refused("test.fail", db_txn(db, DB_WRITE, append, &b, &end, &err), &err);
        tree_rollback(t);
    } else {
        assert_ok(db_txn(db, DB_WRITE, append, &b, &end, &err), &err);
        tree_commit(t);
    }
    entries_free(b.entries);
}

static struct plumb_digest *
entry_leaves(uint64_t n)
{
    struct plumb_digest *leaves = calloc(n, sizeof *leaves);

    assert_non_null(leaves);
    for (uint64_t i = 0; i < n; i++)
        entries_leaf(i, LEN, &leaves[i]);
    return leaves;
}

static void
a_tree_opened_from_the_database_is_the_same(void **state)
{
    static const size_t batches[] = { 1, 200, 54, 1, 1, 300, 1000, 7 };
    struct db *db = *state;
    struct plumb_err err = { 0 };
    struct plumb_digest proof[PLUMB_PROOF_MAX], root;
    struct plumb_digest *leaves = entry_leaves(1564);
    struct tree *t = NULL;
    size_t n;

    assert_ok(tree_open(db, 0, &t, &err), &err);
    for (size_t i = 0; i < sizeof batches / sizeof batches[0]; i++) {
        struct tree *again = NULL;

        grow(db, t, batches[i], false);
        assert_ok(tree_open(db, tree_size(t), &again, &err), &err);
        assert_root(again, leaves, tree_size(t));
        tree_free(again);
    }
    tree_free(t);
    t = NULL;
    /* nothing cached: old tiles come from the database */
    assert_ok(tree_open(db, 1564, &t, &err), &err);
    plumb_tree_root(leaves, 1564, &root);
    for (uint64_t i = 0; i < 1564; i += 97) {
        assert_ok(tree_inclusion(t, db, i, 1564, proof, &n, &err), &err);
        assert_ok(plumb_inclusion_verify(i, 1564, &leaves[i], proof, n, &root, &err), &err);
    }
    /* one of the newest needs none */
    struct tree *fresh = NULL;
    assert_ok(tree_open(db, 1564, &fresh, &err), &err);
    assert_ok(tree_inclusion(fresh, NULL, 1563, 1564, proof, &n, &err), &err);
    assert_ok(plumb_inclusion_verify(1563, 1564, &leaves[1563], proof, n, &root, &err), &err);
    tree_free(fresh);
    tree_free(t);
    free(leaves);
}

static void
a_batch_rolled_back_leaves_no_trace(void **state)
{
    static const size_t sizes[] = { 1, 255, 256, 257, 600 };
    struct db *db = *state;
    struct plumb_err err = { 0 };
    struct plumb_digest *leaves = entry_leaves(3000);
    struct tree *t = NULL;

    assert_ok(tree_open(db, 0, &t, &err), &err);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint64_t size = tree_size(t), in_db;

        grow(db, t, sizes[i], true);
        assert_root(t, leaves, size);
        assert_ok(db_log_size(db, &in_db, &err), &err);
        assert_int_equal(size, in_db);
        grow(db, t, sizes[i] / 2 + 1, false);
        assert_root(t, leaves, size + sizes[i] / 2 + 1);
    }
    tree_free(t);
    free(leaves);
}

static void
a_follower_stores_nothing_and_agrees(void **state)
{
    struct db *db = *state;
    struct plumb_err err = { 0 };
    struct plumb_digest *leaves = entry_leaves(700), got[700];
    struct tree *writer = NULL, *follower = NULL;

    assert_ok(tree_open(db, 0, &writer, &err), &err);
    assert_ok(tree_open(db, 0, &follower, &err), &err);
    grow(db, writer, 700, false);
    assert_ok(db_log_leaves(db, 0, 700, got, &err), &err);
    assert_ok(tree_append(follower, got, 700, &err), &err);
    tree_commit(follower);
    assert_root(follower, leaves, 700);
    grow(db, follower, 100, false);
    assert_ok(db_log_leaves(db, 700, 68, got, &err), &err);
    assert_ok(tree_append(writer, got, 68, &err), &err);
    tree_rollback(writer);
    assert_root(writer, leaves, 700);
    tree_free(writer);
    tree_free(follower);
    free(leaves);
}

static void
more_tiles_than_the_cache_holds_are_read_again(void **state)
{
    enum { N = 560 * 256 };
    struct plumb_digest *leaves = leaves_of(N), proof[PLUMB_PROOF_MAX], root;
    struct db *db = *state;
    struct plumb_err err = { 0 };
    struct tree *t = NULL;
    size_t n;

    assert_ok(tree_open(db, 0, &t, &err), &err);
    for (uint64_t i = 0; i < N; i += 2560) {
        assert_ok(tree_append(t, leaves + i, 2560, &err), &err);
        assert_ok(tree_store(t, db, &err), &err);
        tree_commit(t);
    }
    plumb_tree_root(leaves, N, &root);
    for (int round = 0; round < 2; round++) {
        for (uint64_t i = 128; i < N; i += 256) {
            assert_ok(tree_inclusion(t, db, i, N, proof, &n, &err), &err);
            assert_ok(plumb_inclusion_verify(i, N, &leaves[i], proof, n, &root, &err), &err);
        }
    }
    tree_free(t);
    free(leaves);
}

static void
without_memory_nothing_is_added(void **state)
{
    enum { OLD = 200, N = 1000 };
    struct plumb_digest *leaves = leaves_of(N);
    struct plumb_err err = { 0 };
    struct tree *t = NULL;
    size_t n;

    assert_ok(tree_open(*state, 0, &t, &err), &err);
    assert_ok(tree_append(t, leaves, OLD, &err), &err);
    for (n = 0;; n++) {
        scarce_begin(n);
        enum plumb_code code = tree_append(t, leaves + OLD, N - OLD, &err);
        if (!scarce_end()) {
            assert_ok(code, &err);
            break;
        }
        assert_code(PLUMB_NO_MEMORY, code, &err);
        assert_root(t, leaves, OLD);
    }
    assert_in_range(n, 4, 20);
    assert_root(t, leaves, N);
    tree_rollback(t);
    assert_root(t, leaves, 0);
    tree_free(t);
    free(leaves);
}

static void
without_memory_no_tree_is_opened(void **state)
{
    struct plumb_err err = { 0 };
    struct tree *t = NULL;

    entries_grow(*state, 10);
    for (size_t n = 0;; n++) {
        scarce_begin(n);
        enum plumb_code code = tree_open(*state, 10, &t, &err);
        if (!scarce_end()) {
            assert_ok(code, &err);
            assert_true(n >= 2);
            break;
        }
        assert_code(PLUMB_NO_MEMORY, code, &err);
        assert_null(t);
    }
    tree_free(t);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(roots_are_those_of_the_leaves),
        TEST(proofs_verify_at_every_small_size),
        TEST(a_tree_opened_from_the_database_is_the_same),
        TEST(a_batch_rolled_back_leaves_no_trace),
        TEST(a_follower_stores_nothing_and_agrees),
        TEST(without_memory_nothing_is_added),
        TEST(without_memory_no_tree_is_opened),
        TEST(more_tiles_than_the_cache_holds_are_read_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
