#include <string.h>

#include "server/db/db.h"
#include "tests/server/pg.h"
#include "tests/t.h"

enum { SCALARS, LISTS, SUM, STMT_COUNT };

static const struct db_stmt stmts[STMT_COUNT] = {
    [SCALARS] = { "value.scalars",
                  "SELECT $1::bigint AS i8, $1::bigint::int AS i4, $1::bigint::smallint AS i2,"
                  " $2::timestamptz AS at, $3::text AS t, $4::bytea AS b, $5::boolean AS yes",
                  5, "i8,i4,i2,at,t,b,yes" },
    [LISTS] = { "value.lists",
                "SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::text[],"
                " $4::timestamptz[]) AS u (i, b, t, at)",
                4, "i,b,t,at" },
    [SUM] = { "value.sum",
              "SELECT count(*) AS n, coalesce(sum(length(b)), 0)::bigint AS len"
              " FROM unnest($1::bytea[]) AS u (b)",
              1, "n,len" },
};
static const struct db_catalogue catalogue = { "value", stmts, STMT_COUNT };
static const struct db_catalogue *const catalogues[] = { &catalogue, NULL };

static int
setup(void **state)
{
    struct plumb_err err = { 0 };
    struct db *db = NULL;

    assert_ok(db_open(cluster_serving(pg_cluster()), catalogues, &db, &err), &err);
    *state = db;
    return 0;
}

static int
teardown(void **state)
{
    db_close(*state);
    return 0;
}

static void
scalars_come_back_as_they_went(void **state)
{
    static const struct {
        int64_t i;
        plumb_time at;
        const char *t;
        bool yes;
    } cases[] = {
        { 0, 0, "", true },
        { -1, 946684799, "a'b\"\\", false },
        { 32767, 946684800, "\xc3\xa9", true },
        { -32768, 253402300799, "x", false },
        { 1, PLUMB_TIME_NEVER, "x", false },
    };

    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        PLUMB_AUTO(db_auto_result) PGresult *res = NULL;
        struct plumb_err err = { 0 };
        struct db_param params[] = { db_int(cases[c].i), db_time(cases[c].at),
                                     db_text(cases[c].t), db_bytes("\0\1\377", c % 4),
                                     db_bool(cases[c].yes) };
        int64_t i8, i4, i2;
        plumb_time at;
        bool yes;
        size_t len;

        assert_ok(db_run(*state, &stmts[SCALARS], params, &res, &err), &err);
        assert_ok(db_get_int(res, 0, 0, &i8, &err), &err);
        assert_ok(db_get_int(res, 0, 1, &i4, &err), &err);
        assert_ok(db_get_int(res, 0, 2, &i2, &err), &err);
        assert_true(i8 == cases[c].i && i4 == i8 && i2 == i8);
        assert_ok(db_get_time(res, 0, 3, &at, &err), &err);
        assert_true(at == cases[c].at);
        assert_string_equal(cases[c].t, db_get_text(res, 0, 4));
        assert_memory_equal("\0\1\377", db_get_bytes(res, 0, 5, &len), c % 4);
        assert_int_equal(c % 4, len);
        assert_ok(db_get_bool(res, 0, 6, &yes, &err), &err);
        assert_int_equal(cases[c].yes, yes);
    }
}

static void
values_of_another_type_are_refused(void **state)
{
    PLUMB_AUTO(db_auto_result) PGresult *res = NULL;
    struct plumb_err err = { 0 };
    struct db_param params[] = { db_int(-7), db_null(), db_text("abc"), db_digest(NULL),
                                 db_null() };
    struct plumb_digest digest;
    uint64_t index;
    int64_t i;
    bool yes;

    assert_ok(db_run(*state, &stmts[SCALARS], params, &res, &err), &err);
    assert_true(db_is_null(res, 0, 3) && db_is_null(res, 0, 5) && !db_is_null(res, 0, 4));
    assert_refused("db.value", db_get_index(res, 0, 0, &index, &err), &err);
    assert_refused("db.value", db_get_time(res, 0, 3, &i, &err), &err);
    assert_refused("db.value", db_get_time(res, 0, 1, &i, &err), &err);
    assert_refused("db.value", db_get_int(res, 0, 4, &i, &err), &err);
    assert_refused("db.value", db_get_digest(res, 0, 5, &digest, &err), &err);
    assert_refused("db.value", db_get_digest(res, 0, 4, &digest, &err), &err);
    assert_refused("db.value", db_get_bool(res, 0, 6, &yes, &err), &err);
}

static void
lists_come_back_as_they_went(void **state)
{
    PLUMB_AUTO(db_list_clear) struct db_list i;
    PLUMB_AUTO(db_list_clear) struct db_list b;
    PLUMB_AUTO(db_list_clear) struct db_list t;
    PLUMB_AUTO(db_list_clear) struct db_list at;
    PLUMB_AUTO(db_auto_result) PGresult *res = NULL;
    struct plumb_err err = { 0 };
    plumb_time time;
    int64_t number;
    size_t len;

    db_list_init(&i, DB_INT8_ARRAY);
    db_list_init(&b, DB_BYTEA_ARRAY);
    db_list_init(&t, DB_TEXT_ARRAY);
    db_list_init(&at, DB_TIME_ARRAY);
    for (int64_t n = 0; n < 3000; n++) {
        assert_ok(db_list_int(&i, n - 1500, &err), &err);
        assert_ok(db_list_bytes(&b, &n, (size_t)n % 9, &err), &err);
        assert_ok(db_list_text(&t, n % 2 ? "odd" : NULL, &err), &err);
        assert_ok(db_list_time(&at, n == 2 ? PLUMB_TIME_NEVER : n * 1000000, &err), &err);
    }
    struct db_param params[] = { db_list(&i), db_list(&b), db_list(&t), db_list(&at) };
    assert_ok(db_run(*state, &stmts[LISTS], params, &res, &err), &err);
    assert_int_equal(3000, PQntuples(res));
    for (int n = 0; n < 3000; n++) {
        int64_t wide = n;
        assert_ok(db_get_int(res, n, 0, &number, &err), &err);
        assert_true(number == n - 1500);
        const uint8_t *bytes = db_get_bytes(res, n, 1, &len);
        assert_int_equal(n % 9, len);
        assert_memory_equal(&wide, bytes, len);
        assert_int_equal(n % 2 == 0, db_is_null(res, n, 2));
        assert_string_equal(n % 2 ? "odd" : "", db_get_text(res, n, 2));
        assert_ok(db_get_time(res, n, 3, &time, &err), &err);
        assert_true(time == (n == 2 ? PLUMB_TIME_NEVER : wide * 1000000));
    }
}

static void
empty_lists_are_empty_arrays(void **state)
{
    struct plumb_err err = { 0 };
    PLUMB_AUTO(db_auto_result) PGresult *res = NULL;
    struct db_list list[4];
    struct db_param params[4];

    for (int i = 0; i < 4; i++) {
        db_list_init(&list[i], (enum db_type)(DB_INT8_ARRAY + i));
        params[i] = db_list(&list[i]);
    }
    assert_ok(db_run(*state, &stmts[LISTS], params, &res, &err), &err);
    assert_int_equal(0, PQntuples(res));
}

static void
a_list_has_a_ceiling(void **state)
{
    PLUMB_AUTO(db_list_clear) struct db_list list;
    PLUMB_AUTO(db_auto_result) PGresult *res = NULL;
    PLUMB_AUTO(auto_free) char *mib = calloc(1, 1 << 20);
    struct plumb_err err = { 0 };
    int64_t n, len;

    db_list_init(&list, DB_BYTEA_ARRAY);
    assert_refused("db.list", db_list_bytes(&list, mib, (size_t)256 << 20, &err), &err);
    assert_refused("db.list", db_list_bytes(&list, mib, SIZE_MAX - 10, &err), &err);
    for (int i = 0; i < 20; i++)
        assert_ok(db_list_bytes(&list, mib, 1 << 20, &err), &err);
    assert_ok(db_run(*state, &stmts[SUM], (struct db_param[]){ db_list(&list) }, &res, &err),
              &err);
    assert_ok(db_get_int(res, 0, 0, &n, &err), &err);
    assert_ok(db_get_int(res, 0, 1, &len, &err), &err);
    assert_int_equal(20, n);
    assert_int_equal(20 << 20, len);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(scalars_come_back_as_they_went), TEST(values_of_another_type_are_refused),
        TEST(lists_come_back_as_they_went),   TEST(empty_lists_are_empty_arrays),
        TEST(a_list_has_a_ceiling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
