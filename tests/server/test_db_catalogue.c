#include <stdio.h>
#include <string.h>

#include "server/db/db.h"
#include "tests/server/pg.h"
#include "tests/t.h"

/* db_open has prepared them all; here the server's description must match ours. */
static void
statements_are_as_declared(void **state)
{
    struct pg_database d = pg_database();
    PLUMB_AUTO(auto_db) struct db *db = pg_connect(&d);
    size_t seen = 0;

    (void)state;
    for (size_t c = 0; db_catalogues[c] != NULL; c++) {
        for (size_t i = 0; i < db_catalogues[c]->count; i++, seen++) {
            const struct db_stmt *s = &db_catalogues[c]->stmts[i];
            PLUMB_AUTO(db_auto_result)
            PGresult *r = PQdescribePrepared(db_raw(db), s->name);
            char columns[512] = "";
            size_t prefix = strcspn(s->name, ".");

            assert_int_equal(PGRES_COMMAND_OK, PQresultStatus(r));
            if (PQnparams(r) != s->nparams || s->nparams > DB_PARAMS_MAX)
                fail_msg("%s: declared %d parameters, SQL has %d", s->name, s->nparams,
                         PQnparams(r));
            for (int f = 0; f < PQnfields(r); f++)
                (void)snprintf(columns + strlen(columns), sizeof columns - strlen(columns),
                               "%s%s", f ? "," : "", PQfname(r, f));
            if (strcmp(s->columns, columns) != 0)
                fail_msg("%s: declared columns %s, SQL has %s", s->name, s->columns, columns);
            assert_true(s->name[prefix] == '.' && prefix > 0);
        }
    }
    assert_true(seen > 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statements_are_as_declared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
