/* Exports: whole, incremental, interrupted, tampered with, cut short, and of a forked log. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/export.h"
#include "audit/layout.h"
#include "lib/own.h"
#include "tests/audit/log.h"
#include "tests/t.h"
#include "tests/tree.h"

static struct world world;
static struct plumb_digest releases[3];
static struct log log_;
static char path[64];
static struct audit_dir *dir;

static int
play(void **state)
{
    (void)state;
    log_play(&world, releases);
    /* two tiles and some, so that there are whole ones, partial ones and one above */
    for (int i = 0; world.n < 2 * PLUMB_TILE_WIDTH + 40; i++) {
        char version[16];

        (void)snprintf(version, sizeof version, "2.%d", i);
        (void)world_release(&world, version);
    }
    return 0;
}

static int
end(void **state)
{
    (void)state;
    world_end(&world);
    return 0;
}

static int
take(void **state)
{
    struct plumb_err err = { 0 };

    (void)state;
    log_take(&log_, &world);
    strcpy(path, "/tmp/plumb-export-XXXXXX");
    assert_non_null(mkdtemp(path));
    assert_ok(audit_dir_open(path, true, &dir, &err), &err);
    return 0;
}

static int
clear(void **state)
{
    (void)state;
    audit_dir_close(dir);
    tree_remove(path);
    log_clear(&log_);
    return 0;
}

static struct audit_exported export(struct log *l)
{
    struct audit_source source = log_source(l);
    struct audit_exported done;
    struct plumb_err err = { 0 };

    assert_ok(audit_export(&source, dir, NULL, NULL, &done, &err), &err);
    return done;
}

static struct audit *
audit_export_dir(void)
{
    struct audit_source source = audit_dir_source(dir);
    struct audit_config config = { .source = &source, .genesis = log_.genesis, .threads = 2 };
    struct audit *a = NULL;
    struct plumb_err err = { 0 };

    source.document = NULL; /* a world's source has no copies */
    assert_ok(audit_new(&config, &a, &err), &err);
    assert_ok(audit_run(a, &err), &err);
    return a;
}

static void
finds(const char *rule)
{
    struct audit *a = audit_export_dir();
    size_t n, i = 0;
    const struct audit_finding *f = audit_findings(a, &n);

    while (i < n && strcmp(f[i].rule, rule) != 0)
        i++;
    if (i == n)
        fail_msg("want [%s] among %zu findings, got [%s]", rule, n, n > 0 ? f[0].rule : "");
    audit_free(a);
}

/* The log with its first n entries only. */
static void
shorten(struct log *l, size_t n)
{
    while (l->n > n)
        plumb_bytes_clear(&l->entries[--l->n]);
    log_sign(l);
}

/* A file of the export; '*' stands for the width of the last tile. */
static void
name_file(const char *name, char ret[256])
{
    size_t len = strcspn(name, "*");

    if (name[len] == '*')
        (void)snprintf(ret, 256, "%s/%.*s%zu", path, (int)len, name,
                       world.n % PLUMB_TILE_WIDTH);
    else
        (void)snprintf(ret, 256, "%s/%s", path, name);
}

static void
flip(const char *name, long at)
{
    char file[256];
    FILE *f;
    int c;

    name_file(name, file);
    f = fopen(file, "r+");
    assert_non_null(f);
    assert_int_equal(fseek(f, at, SEEK_SET), 0);
    c = fgetc(f);
    assert_int_equal(fseek(f, at, SEEK_SET), 0);
    assert_int_equal(fputc(c ^ 1, f), c ^ 1);
    assert_int_equal(fclose(f), 0);
}

/* --- */

static void
an_export_holds_everything_that_an_audit_needs(void **state)
{
    struct audit_exported done = export(&log_);
    struct audit *a = audit_export_dir();

    (void)state;
    assert_int_equal(audit_found(a), 0);
    assert_int_equal(audit_counts(a)->folded, world.n);
    assert_int_equal(done.bundles, 3);
    assert_int_equal(done.tiles, 4);
    assert_int_equal(done.before, 0);
    assert_int_equal(done.odd, 0);
    audit_free(a);
}

static void
a_second_export_takes_only_what_is_new(void **state)
{
    struct log first;
    struct audit_exported done;
    struct audit *a;

    (void)state;
    log_take(&first, &world);
    shorten(&first, PLUMB_TILE_WIDTH + 20);
    assert_int_equal(export(&first).bundles, 2);
    done = export(&log_);
    assert_int_equal(done.before, PLUMB_TILE_WIDTH);
    assert_int_equal(done.bundles, 2);
    assert_false(audit_dir_has(dir, "tile/entries/001.p/20")); /* it is whole now */
    a = audit_export_dir();
    assert_int_equal(audit_found(a), 0);
    audit_free(a);
    done = export(&log_);
    assert_true(done.bundles == 0 && done.tiles == 0 && done.blobs == 0);
    log_clear(&first);
}

static bool
stop_at_second(void *arg, const char *what, uint64_t n, uint64_t total)
{
    (void)arg;
    (void)what;
    (void)total;
    return n <= PLUMB_TILE_WIDTH;
}

static void
an_interrupted_export_is_the_log_as_it_was_and_goes_on_where_it_stopped(void **state)
{
    struct audit_source source = log_source(&log_);
    struct audit_exported done;
    struct plumb_err err = { 0 };
    struct log first;
    struct audit *a;

    (void)state;
    log_take(&first, &world);
    shorten(&first, 20);
    (void)export(&first);
    assert_refused("audit.stopped",
                   audit_export(&source, dir, stop_at_second, NULL, &done, &err), &err);
    a = audit_export_dir();
    assert_int_equal(audit_head(a, &(bool){ false })->size, 20);
    assert_int_equal(audit_counts(a)->entries, 20);
    audit_free(a);
    assert_int_equal(export(&log_).before, 2 * PLUMB_TILE_WIDTH);
    a = audit_export_dir();
    assert_int_equal(audit_found(a), 0);
    audit_free(a);
    log_clear(&first);
}

static void
a_byte_flipped_in_an_exported_entry_tile_or_blob_is_found(void **state)
{
    static const struct {
        const char *file, *rule;
        long at;
    } cases[] = {
        { "tile/entries/000", "tile.hash", 70000 },
        { "tile/entries/002.p/*", "tile.hash", 3000 },
        { "tile/entries/001", "entries.form", 0 },
        { "tile/0/000", "tile.hash", 32 },
        { "tile/0/002.p/*", "tile.hash", 9 },
        { "tile/1/000.p/2", "tile.hash", 40 },
        { "checkpoint", "note.signature", 3 }, /* of the origin: the root may not flip into
                                                  base64 */
    };
    char blob[LAYOUT_PATH];

    (void)state;
    (void)export(&log_);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        flip(cases[i].file, cases[i].at);
        finds(cases[i].rule);
        flip(cases[i].file, cases[i].at);
    }
    for (size_t i = 0; i < world.n; i++) {
        const struct plumb_statement *s = world.entries[i].opened->statement;

        if (s->kind != PLUMB_KIND_RELEASE || i > 60)
            continue;
        layout_blob(&s->u.release.reference_values, blob);
        flip(blob, 4);
        finds("blob.digest");
        flip(blob, 4);
    }
}

static void
an_export_cut_short_is_found_whichever_file_is_missing(void **state)
{
    static const struct {
        const char *file, *rule;
    } cases[] = {
        { "tile/entries/000", "entries.missing" },
        { "tile/entries/002.p/*", "entries.missing" },
        { "tile/0/001", "tile.missing" },
        { "tile/1/000.p/2", "tile.missing" },
    };
    char from[256], to[256];
    FILE *file;

    (void)state;
    (void)export(&log_);
    (void)snprintf(to, sizeof to, "%s/away", path);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        name_file(cases[i].file, from);
        assert_int_equal(rename(from, to), 0);
        finds(cases[i].rule);
        assert_int_equal(rename(to, from), 0);
    }
    name_file("tile/entries/000", from); /* and longer than it should be is no better */
    file = fopen(from, "a");
    assert_true(file != NULL && fputc(0, file) == 0 && fclose(file) == 0);
    finds("entries.form");
    assert_int_equal(truncate(strcat(strcpy(from, path), "/tile/entries/001"), 1000), 0);
    finds("entries.form");
}

static void
the_log_of_another_history_is_refused_and_its_checkpoint_kept_as_proof(void **state)
{
    struct audit_source source = log_source(&log_);
    struct audit_exported done;
    struct plumb_err err = { 0 };

    (void)state;
    (void)export(&log_);
    /* the last entries dropped: a log that shrank */
    shorten(&log_, log_.n - 2);
    assert_refused("export.fork", audit_export(&source, dir, NULL, NULL, &done, &err), &err);
    assert_true(audit_dir_has(dir, LAYOUT_FORK));
    audit_dir_remove(dir, LAYOUT_FORK);
    /* and longer, with another past */
    log_clear(&log_);
    log_take(&log_, &world);
    log_.entries = realloc(log_.entries, (log_.n + 1) * sizeof log_.entries[0]);
    log_.leaves = realloc(log_.leaves, (log_.n + 1) * sizeof log_.leaves[0]);
    assert_int_equal(plumb_bytes_copy("one more", 8, &log_.entries[log_.n++], NULL), PLUMB_OK);
    log_.entries[log_.n - 3].data[100] ^= 1;
    log_rehash(&log_);
    assert_refused("export.fork", audit_export(&source, dir, NULL, NULL, &done, &err), &err);
    assert_true(audit_dir_has(dir, LAYOUT_FORK));
}

static void
what_is_not_as_the_log_says_is_exported_as_it_came_and_said(void **state)
{
    struct audit_exported done;

    (void)state;
    log_.entries[5].data[100] ^= 1; /* and neither tile nor checkpoint */
    done = export(&log_);
    assert_int_equal(done.odd, 1);
    assert_non_null(strstr(done.why, "entry 5 "));
    finds("tile.hash");
}

#define T(f) cmocka_unit_test_setup_teardown(f, take, clear)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(an_export_holds_everything_that_an_audit_needs),
        T(a_second_export_takes_only_what_is_new),
        T(an_interrupted_export_is_the_log_as_it_was_and_goes_on_where_it_stopped),
        T(a_byte_flipped_in_an_exported_entry_tile_or_blob_is_found),
        T(an_export_cut_short_is_found_whichever_file_is_missing),
        T(the_log_of_another_history_is_refused_and_its_checkpoint_kept_as_proof),
        T(what_is_not_as_the_log_says_is_exported_as_it_came_and_said),
    };

    return cmocka_run_group_tests(tests, play, end);
}
