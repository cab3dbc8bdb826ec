/* Exports in directories that somebody else prepared: nothing is read or written through a
 * link. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/dir.h"
#include "lib/own.h"
#include "tests/t.h"
#include "tests/tree.h"

static char base[64];
static struct audit_dir *dir;

static const char *
in_base(const char *name)
{
    static char path[160];

    (void)snprintf(path, sizeof path, "%s/%s", base, name);
    return path;
}

static void
write_file(const char *name, const char *text)
{
    FILE *f = fopen(in_base(name), "w");

    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void
holds(const char *name, const char *want)
{
    char text[64] = "";
    FILE *f = fopen(in_base(name), "r");

    assert_non_null(f);
    text[fread(text, 1, sizeof text - 1, f)] = 0;
    (void)fclose(f);
    assert_string_equal(text, want);
}

static int
take(void **state)
{
    struct plumb_err err = { 0 };

    (void)state;
    strcpy(base, "/tmp/plumb-dir-XXXXXX");
    assert_non_null(mkdtemp(base));
    assert_int_equal(mkdir(in_base("mine"), 0755), 0);
    write_file("mine/precious", "mine");
    assert_ok(audit_dir_open(in_base("log"), true, &dir, &err), &err);
    return 0;
}

static int
clear(void **state)
{
    (void)state;
    audit_dir_close(dir);
    tree_remove(base);
    return 0;
}

static void
test_what_is_put_is_read_again_and_goes_when_removed(void **state)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { 0 };
    struct plumb_err err = { 0 };

    (void)state;
    assert_false(audit_dir_has(dir, "tile/0/000"));
    assert_ok(audit_dir_put(dir, "tile/0/000", "abc", 3, &err), &err);
    assert_true(audit_dir_has(dir, "tile/0/000"));
    assert_ok(audit_dir_read(dir, "tile/0/000", 3, &bytes, &err), &err);
    assert_int_equal(bytes.len, 3);
    assert_memory_equal(bytes.data, "abc", 3);
    audit_dir_remove(dir, "tile/0/000");
    assert_false(audit_dir_has(dir, "tile/0/000"));
}

static void
test_a_link_left_at_a_file_s_place_is_replaced_and_its_target_stays(void **state)
{
    static const char *const places[] = { "log/checkpoint", "log/checkpoint.part" };

    (void)state;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct plumb_err err = { 0 };
        struct stat st;

        (void)unlink(in_base(places[i]));
        assert_int_equal(symlink("../mine/precious", in_base(places[i])), 0);
        assert_ok(audit_dir_put(dir, "checkpoint", "note", 4, &err), &err);
        holds("mine/precious", "mine");
        holds("log/checkpoint", "note");
        assert_int_equal(lstat(in_base("log/checkpoint"), &st), 0);
        assert_true(S_ISREG(st.st_mode));
        assert_int_not_equal(lstat(in_base("log/checkpoint.part"), &st), 0);
    }
}

static void
test_nothing_is_written_removed_or_read_through_a_directory_that_is_a_link(void **state)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { 0 };
    struct plumb_err err = { 0 };
    struct stat st;

    (void)state;
    assert_int_equal(symlink("../mine", in_base("log/tile")), 0);
    assert_refused("dir.write", audit_dir_put(dir, "tile/0/000", "abc", 3, &err), &err);
    assert_int_not_equal(lstat(in_base("mine/0"), &st), 0);
    assert_refused("dir.read", audit_dir_read(dir, "tile/precious", 64, &bytes, &err), &err);
    assert_false(audit_dir_has(dir, "tile/precious"));
    audit_dir_remove(dir, "tile/precious");
    holds("mine/precious", "mine");
}

static void
test_a_file_that_is_a_link_is_refused_when_it_is_read(void **state)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { 0 };
    struct plumb_err err = { 0 };

    (void)state;
    assert_int_equal(symlink("../mine/precious", in_base("log/checkpoint")), 0);
    assert_false(audit_dir_has(dir, "checkpoint"));
    assert_refused("dir.read", audit_dir_read(dir, "checkpoint", 64, &bytes, &err), &err);
    assert_non_null(strstr(err.msg, "plain files"));
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, take, clear)
    const struct CMUnitTest tests[] = {
        T(test_what_is_put_is_read_again_and_goes_when_removed),
        T(test_a_link_left_at_a_file_s_place_is_replaced_and_its_target_stays),
        T(test_nothing_is_written_removed_or_read_through_a_directory_that_is_a_link),
        T(test_a_file_that_is_a_link_is_refused_when_it_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
