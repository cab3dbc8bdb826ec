/*
 * Whether appending gets slower as the log grows: the Merkle tree and the database's part of a
 * group of entries, on a log of a million and on one of a thousand, in turns.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"
#include "server/tree.h"
#include "tests/bench/bench.h"
#include "tests/server/entries.h"
#include "tests/server/pg.h"
#include "tests/t.h"

#define BODY   1400 /* bytes of an entry */
#define GROUP  32
#define GROUPS 100
#define FILL   8192 /* entries of a transaction while it is filled */

struct log {
    struct pg_database database;
    struct db *db;
    struct tree *tree;
};

struct append {
    struct tree *tree;
    const struct db_entry *entries;
    size_t n;
};

static enum plumb_code
append(struct db *db, void *arg, struct plumb_err *err)
{
    const struct append *a = arg;
    PLUMB_AUTO(auto_free) struct plumb_digest *leaves = calloc(a->n, sizeof *leaves);
    uint64_t size;

    if (leaves == NULL)
        return plumb_fail_memory(err);
    tree_rollback(a->tree); /* of an attempt before */
    PLUMB_TRY(db_log_lock(db, &size, err));
    PLUMB_TRY(db_log_append(db, a->entries, a->n, err));
    for (size_t i = 0; i < a->n; i++)
        leaves[i] = a->entries[i].leaf;
    PLUMB_TRY(tree_append(a->tree, leaves, a->n, err));
    return tree_store(a->tree, db, err);
}

/* n more entries in one transaction, and the new root. */
static void
add(struct log *l, const struct db_entry *entries, size_t n)
{
    struct append a = { l->tree, entries, n };
    struct plumb_err err = { 0 };
    struct plumb_digest root;
    enum db_end end;

    assert_ok(db_txn(l->db, DB_WRITE, append, &a, &end, &err), &err);
    tree_commit(l->tree);
    assert_ok(tree_root(l->tree, &root, &err), &err);
}

static void
open_log(struct log *l, uint64_t size)
{
    struct plumb_err err = { 0 };

    l->database = pg_database();
    l->db = pg_connect(&l->database);
    assert_ok(tree_open(l->db, 0, &l->tree, &err), &err);
    assert_ok(db_script(l->db, "SET synchronous_commit = off", &err), &err);
    while (tree_size(l->tree) < size) {
        uint64_t left = size - tree_size(l->tree);
        size_t n = left < FILL ? (size_t)left : FILL;
        struct db_entry *entries = entries_make(tree_size(l->tree), n, BODY);

        add(l, entries, n);
        entries_free(entries);
    }
    assert_ok(db_script(l->db, "SET synchronous_commit = on", &err), &err);
    pg_admin(&l->database, "CHECKPOINT");
}

static void
close_log(struct log *l)
{
    tree_free(l->tree);
    db_close(l->db);
}

/* Entries a second, made beforehand. */
static double
rate(struct log *l)
{
    struct db_entry *entries = entries_make(tree_size(l->tree), GROUP * GROUPS, BODY);
    int64_t from = bench_ns();

    for (size_t i = 0; i < GROUPS; i++)
        add(l, entries + i * GROUP, GROUP);
    from = bench_ns() - from;
    entries_free(entries);
    return GROUP * GROUPS * 1e9 / (double)from;
}

static struct log large, small;

static double
ours(void *arg)
{
    (void)arg;
    return rate(&large);
}

static double
yardstick(void *arg)
{
    (void)arg;
    return rate(&small);
}

int
main(int argc, char **argv)
{
    bool brief = bench_begin(argc, argv);
    const uint64_t size = brief ? 20000 : 1000000;
    char name[64];

    pg_durable();
    bench_say("a log of %llu entries", (unsigned long long)size);
    open_log(&large, size);
    open_log(&small, 1000);
    (void)snprintf(name, sizeof name, "growth-%llu-to-1000", (unsigned long long)size);
    bench_against(name, "/s", BENCH_MORE, brief ? 1 : 5, ours, yardstick, NULL);
    close_log(&large);
    close_log(&small);
    return 0;
}
