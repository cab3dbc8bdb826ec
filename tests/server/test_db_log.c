#include <string.h>

#include "server/db/blob.h"
#include "server/db/instance.h"
#include "server/db/lock.h"
#include "server/db/log.h"
#include "server/db/publication.h"
#include "tests/scarce.h"
#include "tests/server/entries.h"
#include "tests/server/pg.h"
#include "tests/t.h"

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

struct reading {
    uint64_t next;
    size_t len;
    uint64_t stop_at;
};

static enum plumb_code
expect_entry(void *arg, const struct db_entry *e, struct plumb_err *err)
{
    struct reading *r = arg;

    if (e->idx == r->stop_at)
        return plumb_fail(err, PLUMB_BUSY, "test.stop", "", "enough");
    struct db_entry *want = entries_make(e->idx, 1, r->len);
    assert_int_equal(r->next, e->idx);
    assert_int_equal(want->time, e->time);
    assert_string_equal(want->kind, e->kind);
    assert_int_equal(want->len, e->len);
    assert_memory_equal(want->body, e->body, e->len);
    assert_memory_equal(want->id.b, e->id.b, sizeof e->id.b);
    assert_memory_equal(want->leaf.b, e->leaf.b, sizeof e->leaf.b);
    entries_free(want);
    r->next++;
    return PLUMB_OK;
}

static void
what_was_appended_is_read_back(void **state)
{
    struct db *db = *state;
    struct plumb_err err = { 0 };
    struct db_entry *e = entries_make(0, 700, 64);
    struct reading all = { 0, 64, UINT64_MAX }, some = { 255, 64, UINT64_MAX };
    uint64_t size;
    enum db_end end;

    assert_ok(db_log_size(db, &size, &err), &err);
    assert_int_equal(0, size);
    assert_ok(entries_append(db, e, 1, &end, &err), &err);
    assert_ok(entries_append(db, e + 1, 699, &end, &err), &err);
    assert_int_equal(DB_COMMITTED, end);
    assert_ok(db_log_size(db, &size, &err), &err);
    assert_int_equal(700, size);
    assert_ok(db_log_read(db, 0, UINT64_MAX, expect_entry, &all, &err), &err);
    assert_int_equal(700, all.next);
    assert_ok(db_log_read(db, 255, 258, expect_entry, &some, &err), &err);
    assert_int_equal(255 + 258, some.next);
    entries_free(e);
}

static void
a_reader_that_fails_ends_the_reading(void **state)
{
    struct db *db = *state;
    struct plumb_err err = { 0 };
    struct reading r = { 0, 200, 3 };

    entries_grow(db, 5);
    assert_refused("test.stop", db_log_read(db, 0, UINT64_MAX, expect_entry, &r, &err), &err);
    assert_int_equal(3, r.next);
}

static void
the_largest_entry_fits(void **state)
{
    struct db *db = *state;
    struct plumb_err err = { 0 };
    struct db_entry *e = entries_make(0, 2, PLUMB_ENTRY_MAX), too_long = e[1];
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes body = { 0 };
    uint8_t *large = calloc(1, PLUMB_ENTRY_MAX + 1);
    enum db_end end;

    assert_ok(entries_append(db, e, 1, &end, &err), &err);
    assert_ok(db_log_entry(db, 0, &body, &err), &err);
    assert_int_equal(PLUMB_ENTRY_MAX, body.len);
    too_long.body = large;
    too_long.len = PLUMB_ENTRY_MAX + 1;
    plumb_leaf_hash(large, too_long.len, &too_long.leaf);
    assert_refused("db.constraint", entries_append(db, &too_long, 1, &end, &err), &err);
    free(large);
    entries_free(e);
}

static void
entries_are_found_by_id(void **state)
{
    struct db *db = *state;
    struct plumb_err err = { 0 };
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes body = { 0 };
    struct db_entry *e = entries_make(0, 11, 200);
    struct plumb_digest ids[4] = { e[9].id, e[10].id, e[0].id, e[9].id };
    uint64_t idx[4];

    entries_grow(db, 10);
    assert_ok(db_log_find(db, ids, 4, idx, &err), &err);
    assert_int_equal(9, idx[0]);
    assert_true(idx[1] == DB_LOG_ABSENT);
    assert_int_equal(0, idx[2]);
    assert_int_equal(9, idx[3]);
    assert_ok(db_log_find(db, ids, 0, idx, &err), &err);
    assert_ok(db_log_entry(db, 9, &body, &err), &err);
    assert_memory_equal(e[9].body, body.data, body.len);
    assert_refused("log.index", db_log_entry(db, 10, &body, &err), &err);
    assert_refused("log.index", db_log_entry(db, UINT64_MAX, &body, &err), &err);
    entries_free(e);
}

/* Each case spoils entries 3 and 4 of a log of 3 in one way. */
static void
spoil(struct db_entry *e, int how)
{
    static const uint8_t other[] = "another body";

    switch (how) {
    case 0: /* a gap before */
        e[0].idx++;
        e[1].idx++;
        break;
    case 1: /* a gap between */
        e[1].idx++;
        break;
    case 2: /* over one that is there */
        e[0].idx = 2;
        e[1].idx = 3;
        break;
    case 3: /* earlier than the one before the batch */
        e[0].time = ENTRY_TIME + 1;
        break;
    case 4: /* earlier than the one before in the batch */
        e[1].time = e[0].time - 1;
        break;
    case 5: /* another entry's statement */
        plumb_sha256("", 0, &e[0].id);
        e[1].id = e[0].id;
        break;
    case 6: /* a leaf of other bytes */
        e[0].body = other;
        e[0].len = sizeof other;
        break;
    case 7:
        e[1].len = 0;
        break;
    case 8:
        e[1].kind = "";
        break;
    }
}

static void
entries_that_do_not_continue_the_log_are_refused(void **state)
{
    static const char *const rules[] = {
        "db.contiguous", "db.contiguous", "db.unique",     "db.time-order", "db.time-order",
        "db.unique",     "db.constraint", "db.constraint", "db.constraint",
    };
    struct db *db = *state;
    struct plumb_err err = { 0 };
    enum db_end end;
    uint64_t size;

    entries_grow(db, 3);
    for (int how = 0; how < (int)(sizeof rules / sizeof rules[0]); how++) {
        struct db_entry *e = entries_make(3, 2, 200);
        spoil(e, how);
        assert_refused(rules[how], entries_append(db, e, 2, &end, &err), &err);
        assert_int_equal(DB_ABORTED, end);
        entries_free(e);
    }
    assert_ok(db_log_size(db, &size, &err), &err);
    assert_int_equal(3, size);
    entries_grow(db, 2); /* the same two, unspoilt */
}

static void
a_log_begins_at_zero(void **state)
{
    struct db *db = *state;
    struct plumb_err err = { 0 };
    struct db_entry *e = entries_make(1, 1, 200);
    enum db_end end;

    assert_refused("db.contiguous", entries_append(db, e, 1, &end, &err), &err);
    entries_free(e);
}

static void
without_memory_nothing_is_appended(void **state)
{
    struct db *db = *state;
    struct plumb_err err = { 0 };
    struct db_entry *e = entries_make(0, 100, 2000);
    enum db_end end;
    uint64_t size;
    size_t n;

    for (n = 0;; n++) {
        scarce_begin(n);
        enum plumb_code code = entries_append(db, e, 100, &end, &err);
        if (!scarce_end()) {
            assert_ok(code, &err);
            break;
        }
        assert_code(PLUMB_NO_MEMORY, code, &err);
        assert_int_equal(DB_ABORTED, end);
        assert_ok(db_log_size(db, &size, &err), &err);
        assert_int_equal(0, size);
    }
    assert_true(n >= 6);
    entries_free(e);
}

static void
equal_times_are_legal(void **state)
{
    struct db *db = *state;
    struct plumb_err err = { 0 };
    struct db_entry *e = entries_make(0, 3, 200);
    enum db_end end;

    e[1].time = e[2].time = e[0].time;
    assert_ok(entries_append(db, e, 2, &end, &err), &err);
    assert_ok(entries_append(db, e + 2, 1, &end, &err), &err);
    entries_free(e);
}

/* Nobody changes or removes what was written, whoever asks. */
static void
the_log_refuses_changes_from_everyone(void **state)
{
    static const char *const tables[] = { "entry", "tile", "blob", "publication" };
    static const char *const changes[] = { "UPDATE plumb.%s SET %s = %s",
                                           "DELETE FROM plumb.%s",
                                           "TRUNCATE plumb.%s CASCADE" };
    static const char *const columns[] = { "kind", "root", "data", "fleet" };
    const char *const who[] = { database.admin, database.owner, database.serving };
    static const char *const rule[] = { "db.append-only", "db.append-only", "db.privilege" };
    struct plumb_err err = { 0 };

    (void)state;
    entries_grow(*state, 2);
    for (size_t w = 0; w < 3; w++) {
        PLUMB_AUTO(auto_db) struct db *db = NULL;
        assert_ok(db_open(who[w], NULL, &db, &err), &err);
        for (size_t t = 0; t < 4; t++) {
            for (size_t c = 0; c < 3; c++) {
                char sql[128];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
                (void)snprintf(sql, sizeof sql, changes[c], tables[t], columns[t], columns[t]);
#pragma GCC diagnostic pop
                assert_refused(rule[w], db_script(db, sql, &err), &err);
            }
        }
    }
}

static void
an_upsert_is_a_change_too(void **state)
{
    PLUMB_AUTO(auto_db) struct db *owner = NULL;
    struct plumb_err err = { 0 };

    entries_grow(*state, 1);
    assert_ok(db_open(database.owner, NULL, &owner, &err), &err);
    assert_refused("db.append-only",
                   db_script(owner,
                             "INSERT INTO entry SELECT * FROM entry"
                             " ON CONFLICT (idx) DO UPDATE SET kind = 'x'",
                             &err),
                   &err);
}

static void
tiles_are_stored_and_read(void **state)
{
    struct db *db = *state;
    struct plumb_digest hashes[2][PLUMB_TILE_WIDTH], got[PLUMB_TILE_WIDTH];
    struct db_tile tiles[2] = { { 0, 0, hashes[0], { { 0 } } },
                                { 0, 1, hashes[1], { { 0 } } } };
    struct plumb_err err = { 0 };

    for (size_t t = 0; t < 2; t++) {
        for (size_t i = 0; i < PLUMB_TILE_WIDTH; i++)
            plumb_sha256(&i, 1 + t, &hashes[t][i]);
        plumb_tree_root(hashes[t], PLUMB_TILE_WIDTH, &tiles[t].root);
    }
    assert_ok(db_tile_insert(db, tiles, 2, &err), &err);
    assert_refused("db.unique", db_tile_insert(db, tiles, 1, &err), &err);
    assert_ok(db_tile_get(db, 0, 1, got, &err), &err);
    assert_memory_equal(hashes[1], got, sizeof got);
    assert_refused("log.tile", db_tile_get(db, 0, 2, got, &err), &err);
    assert_refused("log.tile", db_tile_get(db, 1, 0, got, &err), &err);
    assert_ok(db_tile_roots(db, 0, 0, 2, got, &err), &err);
    assert_memory_equal(tiles[1].root.b, got[1].b, sizeof got[1].b);
    assert_refused("log.index", db_tile_roots(db, 0, 0, 3, got, &err), &err);
}

static void
blobs_are_looked_at_alike_one_by_one_and_together(void **state)
{
    struct db *db = *state;
    struct db_blob_part parts[3] = { { .data = "four", .len = 4 },
                                     { .data = "seven..", .len = 7 },
                                     { .data = "", .len = 0 } };
    struct plumb_digest ask[4];
    int64_t sizes[4], size;
    struct plumb_bytes bytes[4] = { 0 }, one = { 0 };
    static const int64_t there[] = { 4, 7, 0, -1 };
    struct plumb_err err = { 0 };

    for (int i = 0; i < 3; i++) {
        plumb_sha256(parts[i].data, parts[i].len, &parts[i].sha256);
        ask[i] = parts[i].sha256;
    }
    plumb_sha256("absent", 6, &ask[3]);
    assert_ok(db_blob_put(db, parts, 3, &err), &err);
    assert_ok(db_blob_look(db, ask, 4, 5, sizes, bytes, &err), &err);
    for (int i = 0; i < 4; i++) {
        assert_ok(db_blob_look(db, &ask[i], 1, 5, &size, &one, &err), &err);
        assert_int_equal(there[i], sizes[i]);
        assert_int_equal(there[i], size);
        assert_int_equal(there[i] == 4 ? 4 : 0, bytes[i].len); /* small ones are read */
        assert_int_equal(bytes[i].len, one.len);
        if (one.len > 0)
            assert_memory_equal("four", one.data, 4);
        plumb_bytes_clear(&one);
        plumb_bytes_clear(&bytes[i]);
    }
    assert_ok(db_blob_look(db, ask, 4, -1, sizes, NULL, &err), &err);
    assert_int_equal(7, sizes[1]);
}

static void
blobs_are_put_once_and_got(void **state)
{
    struct db *db = *state;
    struct db_blob_part parts[2] = { { .data = "alpha", .len = 5 }, { .data = "", .len = 0 } };
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes got = { 0 };
    struct plumb_digest ask[3];
    struct plumb_err err = { 0 };
    bool there[3];

    for (size_t i = 0; i < 2; i++)
        plumb_sha256(parts[i].data, parts[i].len, &parts[i].sha256);
    assert_ok(db_blob_put(db, parts, 2, &err), &err);
    assert_ok(db_blob_put(db, parts, 1, &err), &err);
    ask[0] = parts[1].sha256;
    plumb_sha256("absent", 6, &ask[1]);
    ask[2] = parts[0].sha256;
    assert_ok(db_blob_exist(db, ask, 3, there, &err), &err);
    assert_true(there[0] && !there[1] && there[2]);
    assert_ok(db_blob_get(db, &parts[0].sha256, &got, &err), &err);
    assert_int_equal(5, got.len);
    assert_memory_equal("alpha", got.data, 5);
    assert_refused("blob.absent", db_blob_get(db, &ask[1], &got, &err), &err);
    parts[0].data = "gamma"; /* under alpha's digest */
    parts[0].sha256 = ask[1];
    assert_refused("db.constraint", db_blob_put(db, parts, 1, &err), &err);
}

static enum plumb_code
publish(struct db *db, void *arg, struct plumb_err *err)
{
    return db_publication_insert(db, arg, err);
}

static enum plumb_code
collect_idx(void *arg, const struct db_publication_row *row, struct plumb_err *err)
{
    uint64_t **next = arg;

    (void)err;
    *(*next)++ = row->idx;
    return PLUMB_OK;
}

static void
publications_are_kept_by_fleet(void **state)
{
    struct db *db = *state;
    struct db_publication_row row = { "payments", 1, 1, { { 7 } }, 1800000000 }, got;
    uint64_t idx[4] = { 0 }, *next = idx;
    struct plumb_err err = { 0 };

    entries_grow(db, 5);
    assert_refused("publication.none", db_publication_newest(db, "payments", &got, &err), &err);
    assert_ok(db_publication_insert(db, &row, &err), &err);
    row.idx = 3;
    row.revision = 2;
    assert_ok(db_publication_insert(db, &row, &err), &err);
    assert_refused("db.unique", db_publication_insert(db, &row, &err), &err);
    row.idx = 9; /* no such entry */
    enum db_end end;
    assert_refused("db.constraint", db_txn(db, DB_WRITE, publish, &row, &end, &err), &err);
    assert_int_equal(DB_ABORTED, end);
    assert_ok(db_publication_newest(db, "payments", &got, &err), &err);
    assert_int_equal(3, got.idx);
    assert_int_equal(2, got.revision);
    assert_int_equal(7, got.content.b[0]);
    assert_int_equal(1800000000, got.valid_until);
    assert_refused("publication.none", db_publication_newest(db, "other", &got, &err), &err);
    assert_ok(db_publication_read(db, "payments", UINT64_MAX, 4, collect_idx, &next, &err),
              &err);
    assert_int_equal(2, next - idx);
    assert_int_equal(3, idx[0]);
    next = idx;
    assert_ok(db_publication_read(db, "payments", 3, 4, collect_idx, &next, &err), &err);
    assert_int_equal(1, next - idx);
    assert_int_equal(1, idx[0]);
}

static enum plumb_code
keep_pull(void *arg, const struct db_pull *pull, struct plumb_err *err)
{
    struct db_pull **next = arg;

    (void)err;
    **next = *pull;
    (*next)->fleet = (*next)->principal = NULL;
    (*next)++;
    return PLUMB_OK;
}

static void
the_last_pull_of_each_verifier_is_kept(void **state)
{
    struct db *db = *state;
    struct db_pull pulls[] = { { "payments", "ben", 4, 1800000001 },
                               { "payments", "ann", 3, 1800000000 },
                               { "payments", "ann", 5, 1800000005 },
                               { "other", "ann", 1, 1800000000 } };
    struct db_pull got[4], *next = got;
    struct plumb_err err = { 0 };

    assert_ok(db_pull_record(db, pulls, 2, &err), &err);
    assert_ok(db_pull_record(db, pulls, 4, &err), &err);
    assert_ok(db_pull_read(db, "payments", keep_pull, &next, &err), &err);
    assert_int_equal(2, next - got);
    assert_int_equal(5, got[0].idx);
    assert_int_equal(1800000005, got[0].at);
    assert_int_equal(4, got[1].idx);
}

static enum plumb_code
count_instance(void *arg, const struct db_instance_row *row, struct plumb_err *err)
{
    (void)err;
    *(uint64_t *)arg = *(uint64_t *)arg * 100 + row->size;
    return PLUMB_OK;
}

static void
instances_come_and_go(void **state)
{
    struct db *db = *state;
    struct db_instance_row a = { "a:1", "0.1.0", 1800000000, 1800000000, 7 }, b = a;
    struct plumb_err err = { 0 };
    uint64_t sizes = 0;

    b.name = "b:2";
    b.seen = 1700000000;
    assert_ok(db_instance_beat(db, &a, &err), &err);
    a.size = 8;
    assert_ok(db_instance_beat(db, &a, &err), &err);
    assert_ok(db_instance_beat(db, &b, &err), &err);
    assert_ok(db_instance_read(db, count_instance, &sizes, &err), &err);
    assert_int_equal(807, sizes);
    assert_ok(db_instance_leave(db, "c:3", 1750000000, &err), &err);
    sizes = 0;
    assert_ok(db_instance_read(db, count_instance, &sizes, &err), &err);
    assert_int_equal(8, sizes);
}

static void
one_session_holds_the_schedulers_lock(void **state)
{
    struct db *a = *state;
    PLUMB_AUTO(auto_db) struct db *b = pg_connect(&database);
    struct plumb_err err = { 0 };
    bool held;

    assert_ok(db_lock_keep(a, DB_LOCK_SCHEDULER, &held, &err), &err);
    assert_true(held);
    assert_ok(db_lock_keep(a, DB_LOCK_SCHEDULER, &held, &err), &err);
    assert_true(held);
    assert_ok(db_lock_keep(b, DB_LOCK_SCHEDULER, &held, &err), &err);
    assert_false(held);
    assert_ok(db_lock_release(b, DB_LOCK_SCHEDULER, &err), &err);
    assert_ok(db_lock_release(a, DB_LOCK_SCHEDULER, &err), &err);
    assert_ok(db_lock_keep(b, DB_LOCK_SCHEDULER, &held, &err), &err);
    assert_true(held);
    pg_admin(&database, "SELECT pg_terminate_backend(pid, 20000) FROM pg_stat_activity"
                        " WHERE datname = current_database() AND pid <> pg_backend_pid()");
    assert_ok(db_lock_keep(a, DB_LOCK_SCHEDULER, &held, &err), &err);
    assert_true(held);
    assert_ok(db_lock_keep(b, DB_LOCK_SCHEDULER, &held, &err), &err);
    assert_false(held); /* its session was another one */
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_was_appended_is_read_back),
        TEST(a_reader_that_fails_ends_the_reading),
        TEST(the_largest_entry_fits),
        TEST(entries_are_found_by_id),
        TEST(entries_that_do_not_continue_the_log_are_refused),
        TEST(a_log_begins_at_zero),
        TEST(without_memory_nothing_is_appended),
        TEST(equal_times_are_legal),
        TEST(the_log_refuses_changes_from_everyone),
        TEST(an_upsert_is_a_change_too),
        TEST(tiles_are_stored_and_read),
        TEST(blobs_are_looked_at_alike_one_by_one_and_together),
        TEST(blobs_are_put_once_and_got),
        TEST(publications_are_kept_by_fleet),
        TEST(the_last_pull_of_each_verifier_is_kept),
        TEST(instances_come_and_go),
        TEST(one_session_holds_the_schedulers_lock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
