#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "server/db/blob.h"
#include "server/db/log.h"
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

static int64_t
now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static uint64_t
log_size(void)
{
    PLUMB_AUTO(auto_db) struct db *db = pg_connect(&database);
    struct plumb_err err = { 0 };
    uint64_t size = 0;

    assert_ok(db_log_size(db, &size, &err), &err);
    return size;
}

static void
disconnect_everyone(void)
{
    pg_admin(&database, "SELECT pg_terminate_backend(pid, 20000) FROM pg_stat_activity"
                        " WHERE datname = current_database() AND pid <> pg_backend_pid()");
}

/* A transaction that appends one entry, and then does something. */
struct work {
    const char *script; /* run at the end, or NULL */
    const char *again;  /* run instead from the second time on */
    void (*act)(void);
    int runs;
};

static enum plumb_code
append_and(struct db *db, void *arg, struct plumb_err *err)
{
    struct work *w = arg;
    uint64_t size;

    w->runs++;
    PLUMB_TRY(db_log_lock(db, &size, err));
    struct db_entry *e = entries_make(size, 1, 100);
    enum plumb_code code = db_log_append(db, e, 1, err);
    entries_free(e);
    PLUMB_TRY(code);
    if (w->act != NULL)
        w->act();
    const char *script = w->runs > 1 ? w->again : w->script;
    return script == NULL ? PLUMB_OK : db_script(db, script, err);
}

static void
what_fails_is_rolled_back_and_not_run_again(void **state)
{
    struct work w = { .script = "SELECT 1 / 0" };
    struct plumb_err err = { 0 };
    enum db_end end = DB_UNKNOWN;

    assert_refused("db.data", db_txn(*state, DB_WRITE, append_and, &w, &end, &err), &err);
    assert_int_equal(DB_ABORTED, end);
    assert_int_equal(1, w.runs);
    assert_int_equal(0, log_size());
}

/* Statements nobody waits for; one of them may be wrong. */
struct many {
    int n;
    int wrong; /* which one; -1 for none */
    bool ask;  /* whether the last one has a result */
};

static enum plumb_code
put_many(struct db *db, void *arg, struct plumb_err *err)
{
    const struct many *m = arg;
    uint64_t size;

    for (int i = 0; i < m->n; i++) {
        struct db_blob_part part = { .data = &i, .len = sizeof i };
        plumb_sha256(&i, i == m->wrong ? 1 : sizeof i, &part.sha256);
        PLUMB_TRY(db_blob_put(db, &part, 1, err));
    }
    return m->ask ? db_log_size(db, &size, err) : PLUMB_OK;
}

static void
queued_statements_all_happen_or_none(void **state)
{
    static const struct many cases[] = { { 100, 0, false }, { 100, 31, false },
                                         { 100, 50, true }, { 100, 99, false },
                                         { 100, 99, true }, { 100, -1, true },
                                         { 100, -1, false } };
    struct plumb_digest ids[100];
    bool there[100];

    for (int i = 0; i < 100; i++)
        plumb_sha256(&i, sizeof i, &ids[i]);
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        struct many m = cases[c];
        struct plumb_err err = { 0 };
        enum db_end end;
        if (m.wrong >= 0)
            assert_refused("db.constraint", db_txn(*state, DB_WRITE, put_many, &m, &end, &err),
                           &err);
        else
            assert_ok(db_txn(*state, DB_WRITE, put_many, &m, &end, &err), &err);
        assert_int_equal(m.wrong < 0 ? DB_COMMITTED : DB_ABORTED, end);
        assert_ok(db_blob_exist(*state, ids, 100, there, &err), &err);
        for (int i = 0; i < 100; i++)
            assert_int_equal(m.wrong < 0, there[i]);
    }
}

/* However many answers the connection holds back at a time. */
static void
any_number_of_statements_can_be_queued(void **state)
{
    for (int n = 0; n <= 70; n++)
        for (int ask = 0; ask < 2; ask++) {
            struct many m = { n, -1, ask };
            struct plumb_err err = { 0 };
            enum db_end end;

            assert_ok(db_txn(*state, DB_WRITE, put_many, &m, &end, &err), &err);
            assert_int_equal(DB_COMMITTED, end);
        }
}

#define RAISE(code) "DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '" code "'; END $$"

static void
lost_races_are_run_again(void **state)
{
    static const char *const raises[] = { RAISE("40001"), RAISE("40P01") };
    struct plumb_err err = { 0 };
    enum db_end end;

    for (size_t i = 0; i < 2; i++) {
        struct work w = { .script = raises[i] };
        assert_ok(db_txn(*state, DB_WRITE, append_and, &w, &end, &err), &err);
        assert_int_equal(DB_COMMITTED, end);
        assert_int_equal(2, w.runs);
        assert_int_equal(i + 1, log_size());
    }
}

static void
a_race_lost_five_times_is_given_up(void **state)
{
    struct work w = { .script = RAISE("40001"), .again = RAISE("40001") };
    struct plumb_err err = { 0 };
    enum db_end end;

    assert_refused("db.conflict", db_txn(*state, DB_WRITE, append_and, &w, &end, &err), &err);
    assert_int_equal(5, w.runs);
    assert_int_equal(DB_ABORTED, end);
}

static enum plumb_code
hide_a_failure(struct db *db, void *arg, struct plumb_err *err)
{
    (void)arg;
    return db_script(db, "SELECT 1 / 0", err) == PLUMB_OK ? PLUMB_INTERNAL : PLUMB_OK;
}

static void
a_failure_that_is_hidden_does_not_commit(void **state)
{
    struct plumb_err err = { 0 };
    enum db_end end;

    assert_refused("db.internal", db_txn(*state, DB_WRITE, hide_a_failure, NULL, &end, &err),
                   &err);
    assert_int_equal(DB_ABORTED, end);
}

/* Has whatever is appended run do_this during its COMMIT. */
static void
at_commit(const char *do_this)
{
    char sql[512];

    (void)snprintf(sql, sizeof sql,
                   "CREATE FUNCTION plumb.late() RETURNS trigger LANGUAGE plpgsql"
                   " SECURITY DEFINER AS $$ BEGIN %s; RETURN NULL; END $$;"
                   "CREATE CONSTRAINT TRIGGER late AFTER INSERT ON plumb.entry"
                   " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION plumb.late()",
                   do_this);
    pg_admin(&database, sql);
}

static void
a_commit_that_the_server_refuses_is_aborted(void **state)
{
    struct work w = { .script = NULL };
    struct plumb_err err = { 0 };
    enum db_end end;

    at_commit("RAISE EXCEPTION 'no' USING ERRCODE = '23514'");
    assert_refused("db.constraint", db_txn(*state, DB_WRITE, append_and, &w, &end, &err), &err);
    assert_int_equal(DB_ABORTED, end);
    assert_int_equal(0, log_size());
}

static void
a_commit_cut_off_is_unknown_and_did_not_happen(void **state)
{
    struct work w = { .script = NULL };
    struct plumb_err err = { 0 };
    enum db_end end;

    at_commit("PERFORM pg_terminate_backend(pg_backend_pid())");
    assert_refused("db.commit-unknown", db_txn(*state, DB_WRITE, append_and, &w, &end, &err),
                   &err);
    assert_int_equal(DB_UNKNOWN, end);
    assert_int_equal(PLUMB_UNAVAILABLE, err.code);
    assert_int_equal(1, w.runs);
    assert_int_equal(0, log_size());
}

static void
a_commit_cut_off_is_unknown_and_did_happen(void **state)
{
    struct work w = { .script = NULL };
    struct plumb_err err = { 0 };
    enum db_end end;

    at_commit("PERFORM pg_sleep(0.6)");
    assert_ok(db_set_timeout(*state, 200, &err), &err);
    assert_refused("db.commit-unknown", db_txn(*state, DB_WRITE, append_and, &w, &end, &err),
                   &err);
    assert_int_equal(DB_UNKNOWN, end);
    for (int i = 0; i < 200 && log_size() == 0; i++)
        (void)usleep(20000);
    assert_int_equal(1, log_size());
    assert_ok(db_ping(*state, &err), &err); /* the same struct goes on */
}

static void
a_connection_lost_before_the_commit_is_aborted(void **state)
{
    struct work w = { .act = disconnect_everyone, .script = "SELECT" };
    struct plumb_err err = { 0 };
    enum db_end end;

    assert_refused("db.unavailable", db_txn(*state, DB_WRITE, append_and, &w, &end, &err),
                   &err);
    assert_int_equal(DB_ABORTED, end);
    assert_int_equal(1, w.runs);
    w = (struct work){ 0 };
    assert_ok(db_txn(*state, DB_WRITE, append_and, &w, &end, &err), &err);
    assert_int_equal(1, log_size());
}

static void
an_idle_connection_lost_is_opened_anew(void **state)
{
    struct plumb_err err = { 0 };
    uint64_t size;

    for (int i = 0; i < 3; i++) {
        disconnect_everyone();
        assert_ok(db_log_size(*state, &size, &err), &err);
    }
}

static bool
plans_once(struct db *db)
{
    PGresult *res = PQexec(db_raw(db), "SHOW plan_cache_mode");
    bool ret = strcmp(PQgetvalue(res, 0, 0), "force_generic_plan") == 0;

    PQclear(res);
    return ret;
}

static void
how_statements_are_planned_outlives_the_connection(void **state)
{
    struct plumb_err err = { 0 };

    assert_false(plans_once(*state));
    assert_ok(db_plan_once(*state, &err), &err);
    assert_true(plans_once(*state));
    disconnect_everyone();
    assert_ok(db_ping(*state, &err), &err);
    assert_true(plans_once(*state));
}

static enum plumb_code
twice_the_size(struct db *db, void *arg, struct plumb_err *err)
{
    uint64_t *sizes = arg;

    PLUMB_TRY(db_log_size(db, &sizes[0], err));
    PLUMB_AUTO(auto_db) struct db *other = pg_connect(&database);
    entries_grow(other, 1);
    return db_log_size(db, &sizes[1], err);
}

static void
a_read_sees_one_snapshot(void **state)
{
    struct plumb_err err = { 0 };
    uint64_t sizes[2];

    assert_ok(db_txn(*state, DB_READ, twice_the_size, sizes, NULL, &err), &err);
    assert_int_equal(sizes[0], sizes[1]);
    assert_int_equal(1, log_size());
}

static void
a_read_cannot_write(void **state)
{
    struct work w = { 0 };
    struct plumb_err err = { 0 };

    assert_refused("db.unavailable", db_txn(*state, DB_READ, append_and, &w, NULL, &err), &err);
    assert_int_equal(0, log_size());
}

static enum plumb_code
nest(struct db *db, void *arg, struct plumb_err *err)
{
    return db_txn(db, DB_READ, nest, arg, NULL, err);
}

static void
transactions_do_not_nest(void **state)
{
    struct plumb_err err = { 0 };

    assert_refused("db.nested", db_txn(*state, DB_READ, nest, NULL, NULL, &err), &err);
    assert_ok(db_ping(*state, &err), &err);
}

static void
a_statement_that_takes_too_long_is_given_up(void **state)
{
    struct plumb_err err = { 0 };
    int64_t began = now_ms();

    assert_ok(db_set_timeout(*state, 200, &err), &err);
    assert_refused("db.timeout", db_script(*state, "SELECT pg_sleep(20)", &err), &err);
    assert_in_range(now_ms() - began, 200, 5000);
    assert_ok(db_ping(*state, &err), &err);
}

static void *
cancel_soon(void *arg)
{
    (void)usleep(200000);
    db_cancel(arg);
    return NULL;
}

static void
a_statement_is_cancelled_from_another_thread(void **state)
{
    struct plumb_err err = { 0 };
    pthread_t thread;

    assert_int_equal(0, pthread_create(&thread, NULL, cancel_soon, *state));
    assert_refused("db.cancelled", db_script(*state, "SELECT pg_sleep(20)", &err), &err);
    assert_int_equal(0, pthread_join(thread, NULL));
    assert_ok(db_ping(*state, &err), &err);
}

static struct db *second;

static void
second_writer_tries(void)
{
    struct work w = { 0 };
    struct plumb_err err = { 0 };
    enum db_end end;

    assert_refused("db.lock", db_txn(second, DB_WRITE, append_and, &w, &end, &err), &err);
    assert_int_equal(PLUMB_BUSY, err.code);
}

static void
one_writer_keeps_others_out(void **state)
{
    struct work w = { .act = second_writer_tries };
    struct plumb_err err = { 0 };
    enum db_end end;

    second = pg_connect(&database);
    assert_ok(db_set_timeout(second, 300, &err), &err);
    assert_ok(db_txn(*state, DB_WRITE, append_and, &w, &end, &err), &err);
    assert_int_equal(1, log_size());
    w.act = NULL;
    assert_ok(db_txn(second, DB_WRITE, append_and, &w, &end, &err), &err);
    db_close(second);
}

struct writer {
    pthread_t thread;
    int failed;
};

static void *
write_many(void *arg)
{
    struct writer *me = arg;
    PLUMB_AUTO(auto_db) struct db *db = NULL;

    me->failed = db_open(database.serving, db_catalogues, &db, NULL) != PLUMB_OK;
    for (int i = 0; i < 25 && !me->failed; i++) {
        struct work w = { 0 };
        enum db_end end;
        me->failed = db_txn(db, DB_WRITE, append_and, &w, &end, NULL) != PLUMB_OK;
    }
    return NULL;
}

static void
writers_take_turns_without_a_gap(void **state)
{
    struct writer w[4];

    (void)state;
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(0, pthread_create(&w[i].thread, NULL, write_many, &w[i]));
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(0, pthread_join(w[i].thread, NULL));
        assert_false(w[i].failed);
    }
    assert_int_equal(100, log_size());
}

static void
an_append_is_notified(void **state)
{
    PLUMB_AUTO(auto_db) struct db *other = pg_connect(&database);
    struct plumb_err err = { 0 };
    bool news;
    int pipe_fds[2];

    assert_ok(db_listen(*state, DB_LOG_CHANNEL, &err), &err);
    assert_ok(db_wait(*state, 50, -1, &news, &err), &err);
    assert_false(news);
    entries_grow(other, 1);
    assert_ok(db_wait(*state, 5000, -1, &news, &err), &err);
    assert_true(news);
    assert_ok(db_wait(*state, 0, -1, &news, &err), &err);
    assert_false(news);
    /* a reconnect may have missed something, and goes on listening */
    disconnect_everyone();
    assert_ok(db_ping(*state, &err), &err);
    assert_ok(db_wait(*state, 0, -1, &news, &err), &err);
    assert_true(news);
    assert_ok(db_ping(other, &err), &err);
    entries_grow(other, 1);
    assert_ok(db_wait(*state, 5000, -1, &news, &err), &err);
    assert_true(news);
    /* and is woken */
    assert_int_equal(0, pipe(pipe_fds));
    assert_int_equal(1, write(pipe_fds[1], "x", 1));
    int64_t began = now_ms();
    assert_ok(db_wait(*state, 10000, pipe_fds[0], &news, &err), &err);
    assert_false(news);
    assert_in_range(now_ms() - began, 0, 5000);
    (void)close(pipe_fds[0]);
    (void)close(pipe_fds[1]);
    assert_refused("db.channel", db_listen(*state, "no; DROP", &err), &err);
}

static void
a_database_that_is_not_there_is_unavailable(void **state)
{
    struct plumb_err err = { 0 };
    struct db *db = NULL;
    char conninfo[128];

    (void)state;
    (void)snprintf(conninfo, sizeof conninfo, "host=%s dbname=x", pg_directory());
    assert_refused("db.unavailable", db_open(conninfo, NULL, &db, &err), &err);
    assert_null(db);
}

static void
other_encodings_are_refused(void **state)
{
    struct pg_database d = pg_empty_database();
    struct plumb_err err = { 0 };
    struct db *db = NULL;

    (void)state;
    pg_admin(&d, "CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'");
    (void)stpcpy(strstr(d.admin, "dbname="), "dbname=latin");
    assert_refused("db.encoding", db_open(d.admin, NULL, &db, &err), &err);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_fails_is_rolled_back_and_not_run_again),
        TEST(queued_statements_all_happen_or_none),
        TEST(any_number_of_statements_can_be_queued),
        TEST(lost_races_are_run_again),
        TEST(a_race_lost_five_times_is_given_up),
        TEST(a_failure_that_is_hidden_does_not_commit),
        TEST(a_commit_that_the_server_refuses_is_aborted),
        TEST(a_commit_cut_off_is_unknown_and_did_not_happen),
        TEST(a_commit_cut_off_is_unknown_and_did_happen),
        TEST(a_connection_lost_before_the_commit_is_aborted),
        TEST(an_idle_connection_lost_is_opened_anew),
        TEST(how_statements_are_planned_outlives_the_connection),
        TEST(a_read_sees_one_snapshot),
        TEST(a_read_cannot_write),
        TEST(transactions_do_not_nest),
        TEST(a_statement_that_takes_too_long_is_given_up),
        TEST(a_statement_is_cancelled_from_another_thread),
        TEST(one_writer_keeps_others_out),
        TEST(writers_take_turns_without_a_gap),
        TEST(an_append_is_notified),
        cmocka_unit_test(a_database_that_is_not_there_is_unavailable),
        cmocka_unit_test(other_encodings_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
