/* How many bytes of files statements may make the service hold. */
#include <stdlib.h>
#include <string.h>

#include "server/db/blob.h"
#include "server/load.h"
#include "tests/server/pg.h"
#include "tests/t.h"

#define SIZE 100000

static struct settings settings;
static struct core core = { .settings = &settings };
static struct plumb_attached files[4];

static int
setup(void **state)
{
    static struct pg_database database;
    static uint8_t bytes[4][SIZE];
    struct plumb_err err = { 0 };

    database = pg_database();
    *state = pg_connect(&database);
    for (size_t i = 0; i < 4; i++) {
        struct db_blob_part part = { .data = bytes[i], .len = SIZE };

        memset(bytes[i], (int)i, SIZE);
        plumb_sha256(bytes[i], SIZE, &part.sha256);
        assert_ok(db_blob_put(*state, &part, 1, &err), &err);
        files[i] = (struct plumb_attached){ .kind = PLUMB_FILE_SBOM,
                                            .digest = part.sha256,
                                            .size = 1 };
    }
    settings_default(&settings);
    return 0;
}

static int
teardown(void **state)
{
    db_close(*state);
    return 0;
}

/* The n files from the first on. */
static struct plumb_statement
naming(size_t first, size_t n)
{
    struct plumb_statement s = { .kind = PLUMB_KIND_EVIDENCE };

    s.u.evidence.files = files + first;
    s.u.evidence.nfiles = n;
    return s;
}

static void
a_statement_has_no_more_read_than_settings_allow(void **state)
{
    struct load load = { .core = &core, .db = *state, .limited = true };
    const struct plumb_statement two = naming(0, 2), three = naming(0, 3);
    struct plumb_err err = { 0 };

    settings.statement_blobs_max = 2 * SIZE;
    assert_ok(load_blobs(&load, &two, &err), &err);
    assert_int_equal(load.nblobs, 2);
    assert_int_equal(load.blobs[1].len, SIZE);
    /* whatever the statement says of their sizes */
    assert_refused("blob.total", load_blobs(&load, &three, &err), &err);
    assert_int_equal(load.nblobs, 0);
    /* what is in the log is read in any case */
    load.limited = false;
    assert_ok(load_blobs(&load, &three, &err), &err);
    load_blobs_clear(&load);
    assert_int_equal(atomic_load(&core.blobs_held), 0);
    settings_default(&settings);
}

static void
what_is_only_kept_is_not_read(void **state)
{
    struct load load = { .core = &core, .db = *state, .limited = true };
    const struct plumb_statement all = naming(0, 4);
    struct plumb_err err = { 0 };

    for (size_t i = 0; i < 4; i++)
        files[i].kind = PLUMB_FILE_DOCUMENT;
    settings.statement_blobs_max = SIZE;
    assert_ok(load_blobs(&load, &all, &err), &err);
    assert_int_equal(atomic_load(&core.blobs_held), 0);
    load_blobs_clear(&load);
    for (size_t i = 0; i < 4; i++)
        files[i].kind = PLUMB_FILE_SBOM;
    settings_default(&settings);
}

static void
all_that_are_on_their_way_hold_no_more_either(void **state)
{
    struct load one = { .core = &core, .db = *state, .limited = true }, other = one;
    const struct plumb_statement first = naming(0, 2), second = naming(2, 2);
    struct plumb_err err = { 0 };

    settings.blobs_held_max = 3 * SIZE;
    assert_ok(load_blobs(&one, &first, &err), &err);
    assert_refused("blob.busy", load_blobs(&other, &second, &err), &err);
    assert_int_equal(err.code, PLUMB_BUSY);
    load_blobs_clear(&other);
    load_blobs_clear(&one);
    assert_ok(load_blobs(&other, &second, &err), &err);
    load_blobs_clear(&other);
    /* alone it finds room: it would wait for ever else */
    settings.blobs_held_max = SIZE;
    assert_ok(load_blobs(&one, &first, &err), &err);
    load_blobs_clear(&one);
    assert_int_equal(atomic_load(&core.blobs_held), 0);
    settings_default(&settings);
}

static void
a_file_that_is_not_stored_is_named(void **state)
{
    struct load load = { .core = &core, .db = *state, .limited = true };
    struct plumb_attached absent = { .kind = PLUMB_FILE_DOCUMENT, .size = 1 };
    struct plumb_statement s = { .kind = PLUMB_KIND_EVIDENCE };
    struct plumb_err err = { 0 };

    s.u.evidence.files = &absent;
    s.u.evidence.nfiles = 1;
    assert_refused("blob.absent", load_blobs(&load, &s, &err), &err);
    load_blobs_clear(&load);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_statement_has_no_more_read_than_settings_allow),
        cmocka_unit_test(what_is_only_kept_is_not_read),
        cmocka_unit_test(all_that_are_on_their_way_hold_no_more_either),
        cmocka_unit_test(a_file_that_is_not_stored_is_named),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
