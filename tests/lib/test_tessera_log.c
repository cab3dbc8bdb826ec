/*
 * A log that Tessera wrote, with a checkpoint of each of its sizes 0 to 15. It is not part of
 * this tree: PLUMB_DATA names the folder of real files that tests read.
 */
#include <plumb/tlog.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/notes.h"
#include "tests/t.h"

#define SIZE 15
#define VKEY "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"

static struct plumb_digest leaves[SIZE];
static struct plumb_log_policy *policy;

static size_t
read_whole(const char *name, uint8_t *ret, size_t size)
{
    char path[4096];
    FILE *f;
    size_t len;

    (void)snprintf(path, sizeof path, "%s/tlog/tessera-testdata-log/%s", getenv("PLUMB_DATA"),
                   name);
    f = fopen(path, "rb");
    if (f == NULL)
        fail_msg("%s cannot be opened", path);
    len = fread(ret, 1, size, f);
    (void)fclose(f);
    assert_true(len < size);
    return len;
}

static void
checkpoint_of(size_t size, struct plumb_checkpoint *ret)
{
    uint8_t note[1024];
    char name[32];
    struct plumb_err err;

    (void)snprintf(name, sizeof name, "checkpoint.%zu", size);
    assert_ok(
        plumb_checkpoint_verify(policy, note, read_whole(name, note, sizeof note), ret, &err),
        &err);
    assert_int_equal(ret->size, size);
}

static enum plumb_code
stored(void *arg, unsigned level, uint64_t n, struct plumb_digest *ret, struct plumb_err *err)
{
    (void)arg;
    (void)err;
    plumb_tree_root(leaves + (n << level), (size_t)1 << level, ret);
    return PLUMB_OK;
}

static void
every_entry_is_hashed_as_in_the_tiles(void **state)
{
    uint8_t bundle[4096], tile[4096];
    size_t len = read_whole("tile/entries/000.p/15", bundle, sizeof bundle), at = 0;

    (void)state;
    assert_int_equal(read_whole("tile/0/000.p/15", tile, sizeof tile), SIZE * 32);
    for (size_t i = 0; i < SIZE; i++) {
        size_t entry_len = (size_t)bundle[at] << 8 | bundle[at + 1];

        at += 2;
        assert_true(at + entry_len <= len);
        plumb_leaf_hash(bundle + at, entry_len, &leaves[i]);
        assert_memory_equal(leaves[i].b, tile + 32 * i, 32);
        at += entry_len;
    }
    assert_int_equal(at, len);
}

static void
every_checkpoint_is_signed_and_has_the_root(void **state)
{
    struct plumb_digest root;
    struct plumb_checkpoint c;
    struct plumb_err err;

    (void)state;
    for (size_t size = 0; size <= SIZE; size++) {
        checkpoint_of(size, &c);
        assert_ok(plumb_root_build(size, stored, NULL, &root, &err), &err);
        assert_true(plumb_digest_eq(&c.root, &root));
    }
}

static void
every_checkpoint_extends_all_before_it(void **state)
{
    struct plumb_digest proof[PLUMB_PROOF_MAX];
    struct plumb_checkpoint a, b;
    struct plumb_err err;
    size_t n;

    (void)state;
    for (size_t size2 = 0; size2 <= SIZE; size2++)
        for (size_t size1 = 0; size1 <= size2; size1++) {
            checkpoint_of(size1, &a);
            checkpoint_of(size2, &b);
            assert_ok(plumb_consistency_build(size1, size2, stored, NULL, proof, &n, &err),
                      &err);
            assert_ok(plumb_consistency_verify(size1, &a.root, size2, &b.root, proof, n, &err),
                      &err);
        }
}

static void
every_entry_has_a_receipt_under_every_checkpoint(void **state)
{
    struct plumb_digest proof[PLUMB_PROOF_MAX];
    struct plumb_checkpoint c;
    struct plumb_err err;
    uint8_t note[1024];
    char name[32];
    uint64_t index;
    size_t n;

    (void)state;
    for (size_t size = 1; size <= SIZE; size++) {
        size_t len;

        (void)snprintf(name, sizeof name, "checkpoint.%zu", size);
        len = read_whole(name, note, sizeof note);
        for (size_t i = 0; i < size; i++) {
            struct plumb_bytes text = { 0 };

            assert_ok(plumb_inclusion_build(i, size, stored, NULL, proof, &n, &err), &err);
            assert_ok(plumb_tlog_proof_text(i, proof, n, note, len, &text, &err), &err);
            assert_ok(plumb_tlog_proof_verify(policy, text.data, text.len, &leaves[i], &index,
                                              &c, &err),
                      &err);
            assert_int_equal(index, i);
            plumb_bytes_clear(&text);
        }
    }
}

static int
open_policy(void **state)
{
    (void)state;
    policy = policy_of("log " VKEY "\nquorum none\n");
    return 0;
}

static int
free_policy(void **state)
{
    (void)state;
    plumb_log_policy_free(policy);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_entry_is_hashed_as_in_the_tiles), /* first: it fills leaves */
        cmocka_unit_test(every_checkpoint_is_signed_and_has_the_root),
        cmocka_unit_test(every_checkpoint_extends_all_before_it),
        cmocka_unit_test(every_entry_has_a_receipt_under_every_checkpoint),
    };

    if (getenv("PLUMB_DATA") == NULL || access(getenv("PLUMB_DATA"), R_OK) != 0) {
        puts("skip: the real logs of shared/data are not here\n0 passed, 0 failed, 4 skipped");
        return 77;
    }
    return cmocka_run_group_tests(tests, open_policy, free_policy);
}
