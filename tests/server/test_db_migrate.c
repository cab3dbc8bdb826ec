#include <pthread.h>
#include <string.h>

#include "server/db/migrate.h"
#include "tests/server/pg.h"
#include "tests/t.h"

#define SQL(text) (const unsigned char *)(text), sizeof(text) - 1
#define ROLE      "plumb_serve"

static const struct db_migration one = { 1, "0001_one",
                                         SQL("CREATE TABLE one (a int);"
                                             "COMMENT ON TABLE one IS 'x';"
                                             "INSERT INTO schema_grant VALUES"
                                             " ('one', '{SELECT}')") };
static const struct db_migration two = { 2, "0002_two", SQL("CREATE TABLE two (a int)") };

static int64_t
count(const struct pg_database *d, const char *sql)
{
    PLUMB_AUTO(auto_db) struct db *db = NULL;
    const struct db_stmt stmts[] = { { "count", sql, 0, "n" } };
    const struct db_catalogue c = { "count", stmts, 1 };
    const struct db_catalogue *const catalogues[] = { &c, NULL };
    PLUMB_AUTO(db_auto_result) PGresult *res = NULL;
    struct plumb_err err = { 0 };
    int64_t n = -1;

    assert_ok(db_open(d->owner, catalogues, &db, &err), &err);
    assert_ok(db_run(db, &stmts[0], NULL, &res, &err), &err);
    assert_ok(db_get_int(res, 0, 0, &n, &err), &err);
    return n;
}

static void
ours_apply_once_and_are_recorded(void **state)
{
    struct pg_database d = pg_empty_database();
    struct plumb_err err = { 0 };

    (void)state;
    assert_refused("migration.pending", db_migrate_check(d.serving, &err), &err);
    assert_ok(db_migrate(d.owner, ROLE, &err), &err);
    assert_ok(db_migrate(d.owner, ROLE, &err), &err);
    assert_ok(db_migrate_check(d.serving, &err), &err);
    assert_int_equal(db_migration_count,
                     count(&d, "SELECT count(*) AS n FROM schema_migration"));
}

static void *
migrate_thread(void *arg)
{
    struct pg_database *d = arg;
    struct plumb_err err = { 0 };

    return db_migrate(d->owner, ROLE, &err) == PLUMB_OK ? NULL : d;
}

static void
several_may_migrate_at_once(void **state)
{
    struct pg_database d = pg_empty_database();
    pthread_t threads[4];
    void *failed = NULL;

    (void)state;
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(0, pthread_create(&threads[i], NULL, migrate_thread, &d));
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(0, pthread_join(threads[i], &failed));
        assert_null(failed);
    }
    assert_int_equal(db_migration_count,
                     count(&d, "SELECT count(*) AS n FROM schema_migration"));
}

static void
everything_is_commented(void **state)
{
    struct pg_database d = pg_database();

    (void)state;
    assert_int_equal(0, count(&d, "SELECT count(*) AS n FROM pg_class"
                                  " WHERE relnamespace = 'plumb'::regnamespace"
                                  " AND relkind IN ('r', 'v', 'm')"
                                  " AND obj_description(oid, 'pg_class') IS NULL"));
    assert_int_equal(0, count(&d, "SELECT count(*) AS n FROM pg_proc"
                                  " WHERE pronamespace = 'plumb'::regnamespace"
                                  " AND obj_description(oid, 'pg_proc') IS NULL"));
}

static void
the_serving_role_gets_exactly_what_is_declared(void **state)
{
    struct pg_database d = pg_database();

    (void)state;
    /* every table of ours is declared, or the server cannot even read it */
    assert_int_equal(0, count(&d, "SELECT count(*) AS n FROM pg_class c"
                                  " WHERE relnamespace = 'plumb'::regnamespace"
                                  " AND relkind IN ('r', 'v', 'm') AND relname NOT IN"
                                  " ('schema_migration', 'schema_grant')"
                                  " AND relname NOT IN (SELECT tbl FROM schema_grant)"));
    assert_int_equal(
        0, count(&d, "SELECT count(*) AS n FROM schema_grant, unnest(ARRAY['SELECT', 'INSERT',"
                     " 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS p"
                     " WHERE has_table_privilege('plumb_serve', 'plumb.' || tbl, p)"
                     " <> (p = ANY (privileges))"));
    assert_int_equal(
        4, count(&d, "SELECT count(*) AS n FROM schema_grant WHERE tbl IN ('entry', 'tile',"
                     " 'blob', 'publication') AND privileges = '{SELECT,INSERT}'"));
    assert_int_equal(0, count(&d, "SELECT has_schema_privilege('plumb_serve', 'plumb',"
                                  " 'CREATE')::int AS n"));
}

static void
what_was_granted_by_hand_is_taken_back(void **state)
{
    struct pg_database d = pg_database();
    struct plumb_err err = { 0 };

    (void)state;
    pg_admin(&d, "GRANT UPDATE ON plumb.entry TO plumb_serve");
    assert_ok(db_migrate(d.owner, ROLE, &err), &err);
    assert_int_equal(0, count(&d, "SELECT has_table_privilege('plumb_serve', 'plumb.entry',"
                                  " 'UPDATE')::int AS n"));
}

static void
an_applied_one_that_differs_is_refused(void **state)
{
    static const struct db_migration edited = { 1, "0001_one",
                                                SQL("CREATE TABLE one (b int)") };
    static const struct db_migration renamed = { 1, "0001_other", SQL("CREATE TABLE one ()") };
    struct pg_database d = pg_empty_database();
    struct plumb_err err = { 0 };

    (void)state;
    assert_ok(db_migrate_with(d.owner, ROLE, &one, 1, &err), &err);
    assert_refused(
        "migration.edited",
        db_migrate_with(d.owner, ROLE, (struct db_migration[]){ edited, two }, 2, &err), &err);
    assert_refused("migration.edited", db_migrate_with(d.owner, ROLE, &renamed, 1, &err), &err);
    assert_int_equal(0, count(&d, "SELECT count(*) AS n FROM pg_class WHERE relname = 'two'"));
    assert_ok(db_migrate_with(d.owner, ROLE, (struct db_migration[]){ one, two }, 2, &err),
              &err);
}

static void
a_database_ahead_of_the_program_is_refused(void **state)
{
    struct pg_database d = pg_empty_database();
    struct plumb_err err = { 0 };

    (void)state;
    assert_ok(db_migrate_with(d.owner, ROLE, (struct db_migration[]){ one, two }, 2, &err),
              &err);
    assert_refused("migration.newer", db_migrate_with(d.owner, ROLE, &one, 1, &err), &err);
}

static void
a_gap_among_the_applied_is_refused(void **state)
{
    struct pg_database d = pg_empty_database();
    struct plumb_err err = { 0 };

    (void)state;
    assert_ok(db_migrate_with(d.owner, ROLE, (struct db_migration[]){ one, two }, 2, &err),
              &err);
    pg_admin(&d, "DELETE FROM plumb.schema_migration WHERE version = 1");
    assert_refused("migration.missing",
                   db_migrate_with(d.owner, ROLE, (struct db_migration[]){ one, two }, 2, &err),
                   &err);
}

static void
one_that_fails_leaves_nothing(void **state)
{
    static const struct db_migration broken[] = {
        { 1, "0001_broken", SQL("CREATE TABLE half (a int); SELECT no_such_thing") },
        { 1, "0001_ends", SQL("CREATE TABLE half (a int); COMMIT") },
    };
    struct plumb_err err = { 0 };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct pg_database d = pg_empty_database();
        assert_refused("migration.failed", db_migrate_with(d.owner, ROLE, &broken[i], 1, &err),
                       &err);
        assert_string_equal(broken[i].name, err.where);
        assert_int_equal(0, count(&d, "SELECT count(*) AS n FROM schema_migration"));
    }
}

static void
a_serving_role_that_could_change_the_log_is_refused(void **state)
{
    static const struct {
        const char *role, *make;
    } cases[] = {
        { "plumb_owner", "SELECT" },
        { "plumb_admin", "SELECT" },
        { "nobody_knows_me", "SELECT" },
        { "deputy", "CREATE ROLE deputy IN ROLE plumb_owner" },
        { "maker", "CREATE ROLE maker CREATEROLE" },
    };
    struct pg_database d = pg_empty_database();
    struct plumb_err err = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        pg_admin(&d, cases[i].make);
        assert_refused("migration.role", db_migrate_with(d.owner, cases[i].role, &one, 1, &err),
                       &err);
        assert_string_equal(cases[i].role, err.where);
    }
    assert_int_equal(0, count(&d, "SELECT count(*) AS n FROM schema_migration"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ours_apply_once_and_are_recorded),
        cmocka_unit_test(several_may_migrate_at_once),
        cmocka_unit_test(everything_is_commented),
        cmocka_unit_test(the_serving_role_gets_exactly_what_is_declared),
        cmocka_unit_test(what_was_granted_by_hand_is_taken_back),
        cmocka_unit_test(an_applied_one_that_differs_is_refused),
        cmocka_unit_test(a_database_ahead_of_the_program_is_refused),
        cmocka_unit_test(a_gap_among_the_applied_is_refused),
        cmocka_unit_test(one_that_fails_leaves_nothing),
        cmocka_unit_test(a_serving_role_that_could_change_the_log_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
