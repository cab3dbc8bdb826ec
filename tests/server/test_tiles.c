#include <stdlib.h>
#include <string.h>

#include "server/tiles.h"
#include "server/tree.h"
#include "tests/server/entries.h"
#include "tests/server/pg.h"
#include "tests/t.h"

#define LEN 200 /* of an entry */

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

/* The tiles of a log of n made-up leaves; entries of it only where they are asked for. */
static struct plumb_digest *
store(struct db *db, size_t n, bool entries)
{
    struct plumb_digest *leaves = calloc(n, sizeof *leaves);
    struct plumb_err err = { 0 };
    struct tree *t = NULL;

    assert_non_null(leaves);
    for (size_t i = 0; i < n; i++) {
        if (entries)
            entries_leaf(i, LEN, &leaves[i]);
        else
            plumb_leaf_hash(&i, sizeof i, &leaves[i]);
    }
    if (entries)
        entries_grow(db, n);
    assert_ok(tree_open(db, 0, &t, &err), &err);
    assert_ok(tree_append(t, leaves, n, &err), &err);
    assert_ok(tree_store(t, db, &err), &err);
    tree_commit(t);
    tree_free(t);
    return leaves;
}

static struct http_body *
read_tile(struct tiles *t, struct db *db, struct tiles_name name, uint64_t size)
{
    struct http_body *body = NULL;
    struct plumb_err err = { 0 };

    assert_ok(tiles_read(t, db, &name, size, &body, &err), &err);
    return body;
}

static void
hash_tiles_are_roots_of_what_is_below(void **state)
{
    static const struct tiles_name names[] = {
        { 0, 256, 0 }, { 0, 256, 272 }, { 1, 256, 0 }, { 1, 17, 1 },
        { 1, 1, 1 },   { 1, 255, 0 },   { 2, 1, 0 },   { 1, 16, 1 },
    };
    enum { SIZE = 70000 };
    struct plumb_digest *leaves = store(*state, SIZE, false);
    struct plumb_err err = { 0 };
    struct tiles *t = NULL;

    assert_ok(tiles_new(1 << 20, &t, &err), &err);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const size_t each = (size_t)1 << 8 * names[i].level;
        struct http_body *body = read_tile(t, *state, names[i], SIZE);
        const uint8_t *bytes;
        size_t len;

        bytes = http_body_bytes(body, &len);
        assert_int_equal(names[i].width * sizeof *leaves, len);
        for (size_t k = 0; k < names[i].width; k++) {
            struct plumb_digest want;

            if (each == 1)
                want = leaves[names[i].n * 256 + k];
            else
                plumb_tree_root(leaves + (names[i].n * 256 + k) * each, each, &want);
            assert_memory_equal(want.b, bytes + k * sizeof want, sizeof want);
        }
        assert_string_equal("public, max-age=31536000, immutable",
                            http_body_cache_control(body));
        http_body_unref(body);
    }
    tiles_free(t);
    free(leaves);
}

/* Whole and partial bundles, and the partial tiles beside them. */
static void
entries_have_their_length_before_them(void **state)
{
    enum { SIZE = 600 };
    static const struct tiles_name names[] = { { TILES_ENTRIES, 256, 0 },
                                               { TILES_ENTRIES, 256, 1 },
                                               { TILES_ENTRIES, 88, 2 },
                                               { TILES_ENTRIES, 1, 0 },
                                               { TILES_ENTRIES, 255, 1 } };
    struct plumb_digest *leaves = store(*state, SIZE, true);
    struct plumb_err err = { 0 };
    struct tiles *t = NULL;

    assert_ok(tiles_new(1 << 20, &t, &err), &err);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct tiles_name hashes = names[i];
        struct http_body *body = read_tile(t, *state, names[i], SIZE), *beside;
        const uint8_t *bytes, *want;
        size_t len, nhashes, at = 0, n = 0;

        hashes.level = 0;
        beside = read_tile(t, *state, hashes, SIZE);
        want = http_body_bytes(beside, &nhashes);
        bytes = http_body_bytes(body, &len);
        while (at < len) {
            size_t entry = (size_t)bytes[at] << 8 | bytes[at + 1];
            struct plumb_digest leaf;

            assert_true(at + 2 + entry <= len);
            plumb_leaf_hash(bytes + at + 2, entry, &leaf);
            assert_memory_equal(leaves[names[i].n * 256 + n].b, leaf.b, sizeof leaf.b);
            assert_memory_equal(want + n * sizeof leaf, leaf.b, sizeof leaf.b);
            at += 2 + entry;
            n++;
        }
        assert_int_equal(names[i].width, n);
        assert_int_equal(names[i].width * sizeof *leaves, nhashes);
        assert_string_equal("private, max-age=31536000, immutable",
                            http_body_cache_control(body));
        http_body_unref(body);
        http_body_unref(beside);
    }
    tiles_free(t);
    free(leaves);
}

static void
a_log_has_no_tile_beyond_its_size(void **state)
{
    static const struct tiles_name names[] = {
        { 0, 89, 2 },
        { 0, 256, 2 },
        { 0, 1, 3 },
        { 1, 3, 0 },
        { 1, 256, 0 },
        { 2, 1, 0 },
        { 8, 1, 0 },
        { 63, 256, 0 },
        { TILES_ENTRIES, 89, 2 },
        { 0, 256, UINT64_MAX },
        { 0, 1, UINT64_MAX / 256 + 1 },
        { TILES_ENTRIES, 256, UINT64_MAX / 256 },
    };
    struct plumb_err err = { 0 };
    struct http_body *body = NULL;
    struct tiles *t = NULL;

    free(store(*state, 700, true)); /* more than the checkpoint says */
    assert_ok(tiles_new(1 << 20, &t, &err), &err);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_refused("log.tile", tiles_read(t, *state, &names[i], 600, &body, &err), &err);
        assert_int_equal(PLUMB_NOT_FOUND, err.code);
        assert_null(tiles_get(t, &names[i]));
    }
    tiles_free(t);
}

/* What is used stays in memory, what was used longest ago goes. */
static void
the_tiles_used_last_are_kept(void **state)
{
    struct plumb_err err = { 0 };
    struct tiles_name first = { 0, 1, 0 };
    struct tiles *t = NULL;

    free(store(*state, 300, true));
    assert_ok(tiles_new(20000, &t, &err), &err);
    http_body_unref(read_tile(t, *state, first, 300));
    for (unsigned width = 2; width < 256; width++) {
        struct tiles_name name = { 0, width, 0 };
        struct http_body *kept = tiles_get(t, &first);

        assert_non_null(kept);
        http_body_unref(kept);
        http_body_unref(read_tile(t, *state, name, 300));
        kept = tiles_get(t, &name);
        assert_non_null(kept);
        http_body_unref(kept);
    }
    for (unsigned width = 2; width < 250; width++)
        assert_null(tiles_get(t, &(struct tiles_name){ 0, width, 0 }));
    tiles_free(t);
    assert_ok(tiles_new(0, &t, &err), &err);
    http_body_unref(read_tile(t, *state, first, 300));
    assert_null(tiles_get(t, &first));
    tiles_free(t);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(hash_tiles_are_roots_of_what_is_below),
        TEST(entries_have_their_length_before_them),
        TEST(a_log_has_no_tile_beyond_its_size),
        TEST(the_tiles_used_last_are_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
