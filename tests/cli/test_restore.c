/*
 * The restore ceremony of docs/operating.md with the real programs: a database from an old
 * backup, an export that somebody took since, and all that must not be put back.
 */
#include "tests/t.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "audit/layout.h"
#include "server/db/log.h"
#include "server/file.h"
#include "tests/cli/program.h"
#include "tests/server/acts.h"
#include "tests/tree.h"

static struct make make;
static struct plumbd service;
static struct pg_database backup, lost, empty; /* of before, of the end, of nothing */
static uint64_t before, after;                 /* entries of the first two */
static struct plumb_digest current;            /* the version at the end */
static struct plumb_digest late;               /* and its values, which only the end has */
static struct plumb_bytes kept;                /* DATA/checkpoint at the end */
static struct ran last;

/* What the service showed at the end. */
static struct shown {
    const char *target;
    char digest[PLUMB_DIGEST_HEX];
} shown[] = { { .target = "/v1/fleets/prod/bundle" },
              { .target = "/v1/fleets/prod" },
              { .target = "/v1/proposals?limit=500" },
              { .target = "/v1/payloads" },
              { .target = "/v1/payloads/web/versions?limit=500" },
              { .target = "/v1/history?limit=500" },
              { .target = "/v1/governance" } };
#define NSHOWN (sizeof shown / sizeof shown[0])

static void
ask(const char *target, char ret[PLUMB_DIGEST_HEX])
{
    struct hc_reply reply = plumbd_ask(&service, "GET", target, NULL);
    struct plumb_digest digest;

    if (reply.status != 200)
        fail_msg("%s: %d %s", target, reply.status, reply.body);
    plumb_sha256(reply.body, reply.body_len, &digest);
    plumb_digest_hex(&digest, ret);
    hc_reply_free(&reply);
}

static uint64_t
entries_of(const struct pg_database *d)
{
    PLUMB_AUTO(auto_db) struct db *db = pg_connect(d);
    struct plumb_err err = { 0 };
    uint64_t n;

    assert_ok(db_log_size(db, &n, &err), &err);
    return n;
}

static void
export_to(const char *directory)
{
    char local[320];

    (void)snprintf(local, sizeof local, "unix:%s/plumbd.sock", service.data);
    assert_plumb(0, "log", "export", in(directory), "--server", local);
}

static struct plumb_digest
rolled(const char *version, const struct plumb_digest *predecessor)
{
    struct plumb_bytes values = make_refvals(version);
    struct plumb_digest id = act_release(&service, &make, version, &values);
    char name[64];

    (void)snprintf(name, sizeof name, "web@%s", version);
    act_roll(&service, &make, name, &id, PLUMB_ACTION_BEGIN, predecessor);
    act_roll(&service, &make, name, &id, PLUMB_ACTION_COMPLETE, NULL);
    plumb_bytes_clear(&values);
    return id;
}

static void
keep_checkpoint(const struct plumb_bytes *note)
{
    struct plumb_err err = { 0 };
    char path[300];

    (void)snprintf(path, sizeof path, "%s/checkpoint", service.data);
    if (note != NULL)
        assert_ok(file_replace(path, 0644, note->data, note->len, &err), &err);
    else
        assert_int_equal(unlink(path), 0);
}

static struct plumb_bytes
kept_checkpoint(void)
{
    struct plumb_bytes note = { 0 };
    struct plumb_err err = { 0 };
    char path[300];

    (void)snprintf(path, sizeof path, "%s/checkpoint", service.data);
    assert_ok(file_read(path, 8192, &note, &err), &err);
    return note;
}

/* plumbd restore, on this database; what it said is in last. */
static void
restore(const struct pg_database *d, const char *directory)
{
    char database[300], owner[300], role[100];
    const char *args[] = { "--data", service.data, "--set",   database,      "--set", owner,
                           "--set",  role,         "restore", in(directory), NULL };

    (void)snprintf(database, sizeof database, "database=%s", d->serving);
    (void)snprintf(owner, sizeof owner, "database_owner=%s", d->owner);
    (void)snprintf(role, sizeof role, "database_role=%s", cluster_serving_role(pg_cluster()));
    ran_clear(&last);
    last = program_run_other("plumbd", args);
}

static int
begin(void **state)
{
    static struct pg_database database;
    struct plumb_digest first;
    struct plumb_bytes values;

    (void)state;
    make_begin(&make, time(NULL));
    make_set(&make, "fleets.prod.recognitions", json_integer(0));
    database = pg_database();
    empty = pg_database();
    plumbd_prepare(&service, &make);
    service.shared = &database;
    plumbd_start(&service);
    plumbd_genesis(&service, &make);
    first = rolled("1.0", NULL);
    export_to("short");
    plumbd_stop(&service, SIGTERM);
    backup = pg_copy(&database);
    before = entries_of(&backup);

    plumbd_start(&service);
    for (int i = 0; i < 300; i++) { /* past the first tile */
        char version[16];

        (void)snprintf(version, sizeof version, "9.%d", i);
        act_register(&service, &make, version);
    }
    current = rolled("2.0", &first);
    for (size_t i = 0; i < NSHOWN; i++)
        ask(shown[i].target, shown[i].digest);
    values = make_refvals("2.0");
    plumb_sha256(values.data, values.len, &late);
    plumb_bytes_clear(&values);
    export_to("log");
    plumbd_stop(&service, SIGTERM);
    lost = database;
    after = entries_of(&lost);
    assert_true(after > before + 300);
    kept = kept_checkpoint();
    return 0;
}

static int
end(void **state)
{
    (void)state;
    plumbd_stop(&service, SIGTERM);
    plumb_bytes_clear(&kept);
    make_end(&make);
    ran_clear(&last);
    return 0;
}

/* It serves what it served, and goes on. */
static void
serves(struct pg_database *d)
{
    char digest[PLUMB_DIGEST_HEX];

    service.shared = d;
    plumbd_start(&service);
    for (size_t i = 0; i < NSHOWN; i++) {
        ask(shown[i].target, digest);
        if (strcmp(digest, shown[i].digest) != 0)
            fail_msg("%s is not what it was", shown[i].target);
    }
    tree_remove(in("again"));
    export_to("again");
    /* no fork: one log */
    assert_plumb(0, "log", "export", in("again"), "--from", in("log"));
    (void)rolled("3.0", &current);
    plumbd_stop(&service, SIGTERM);
    assert_true(entries_of(d) > after);
}

/* --- what is put back --- */

static void
an_old_backup_gets_back_what_it_lost(void **state)
{
    struct pg_database d = pg_copy(&backup);
    char says[80];
    struct hc_reply ready;

    (void)state;
    keep_checkpoint(&kept);
    service.shared = &d;
    plumbd_start_unready(&service);
    ready = plumbd_ask(&service, "GET", "/readyz", NULL);
    assert_says(ready.body, "restored");
    hc_reply_free(&ready);
    plumbd_stop(&service, SIGTERM);

    restore(&d, "log");
    assert_status(0, &last);
    (void)snprintf(says, sizeof says, "put back entries %d to %d", (int)before, (int)after - 1);
    assert_says(last.out, says);
    assert_null(strstr(last.err, "nothing here tells"));
    serves(&d);
}

static void
an_empty_database_gets_all_of_it(void **state)
{
    struct pg_database d = pg_copy(&empty);

    (void)state;
    keep_checkpoint(&kept);
    restore(&d, "log");
    assert_status(0, &last);
    serves(&d);
}

static void
without_a_kept_checkpoint_it_says_that_nothing_tells_the_logs_length(void **state)
{
    struct pg_database d = pg_copy(&backup);
    struct plumb_bytes note;

    (void)state;
    keep_checkpoint(NULL);
    restore(&d, "log");
    assert_status(0, &last);
    assert_says(last.err, "nothing here tells");
    note = kept_checkpoint(); /* from now on something does */
    assert_true(note.len > 0);
    plumb_bytes_clear(&note);
    serves(&d);
}

/* --- what is not --- */

static void
change_byte(const char *path, off_t at)
{
    char byte;
    int fd = open(path, O_RDWR);

    assert_true(fd >= 0);
    if (at < 0)
        at += lseek(fd, 0, SEEK_END);
    assert_int_equal(1, pread(fd, &byte, 1, at));
    byte ^= 1;
    assert_int_equal(1, pwrite(fd, &byte, 1, at));
    assert_int_equal(0, close(fd));
}

static const char *
in_copy(const char *path)
{
    static char full[LAYOUT_PATH + 8];

    (void)snprintf(full, sizeof full, "copy/%s", path);
    return in(full);
}

static const char *
late_blob(void)
{
    char path[LAYOUT_PATH];

    layout_blob(&late, path);
    return in_copy(path);
}

/* After what the beginning of the log names, and before its last entries. */
static void
change_entry(void)
{
    change_byte(in_copy("tile/entries/000"), -4000);
}

/* Nobody signs an entry's time by itself: only the tree holds it. */
static void
change_time(void)
{
    static const char member[] = "\"time\":\"";
    struct plumb_bytes bundle = { 0 };
    struct plumb_err err = { 0 };
    char path[LAYOUT_PATH], text[PLUMB_TIME_TEXT], *at, *newest = NULL;
    plumb_time later;

    layout_entries(1, (unsigned)after - PLUMB_TILE_WIDTH, path);
    assert_ok(file_read(in_copy(path), 1 << 20, &bundle, &err), &err);
    for (at = (char *)bundle.data;
         (at = memmem(at, bundle.len - (size_t)(at - (char *)bundle.data), member,
                      strlen(member))) != NULL;
         at++)
        newest = at;
    assert_non_null(newest);
    newest += strlen(member);
    newest[PLUMB_TIME_TEXT - 1] = '\0'; /* for the while */
    assert_ok(plumb_time_parse(newest, "time", &later, &err), &err);
    plumb_time_text(later + 1, text);
    newest[PLUMB_TIME_TEXT - 1] = '"';
    memcpy(newest, text, PLUMB_TIME_TEXT - 1);
    assert_ok(file_replace(in_copy(path), 0644, bundle.data, bundle.len, &err), &err);
    plumb_bytes_clear(&bundle);
}

static void
change_tile(void)
{
    change_byte(in_copy("tile/0/000"), 5);
}

static void
change_signature(void)
{
    change_byte(in_copy("checkpoint"), -20);
}

static void
change_blob(void)
{
    change_byte(late_blob(), 3);
}

static void
lose_blob(void)
{
    assert_int_equal(0, unlink(late_blob()));
}

static void
lose_entries(void)
{
    assert_int_equal(0, unlink(in_copy("tile/entries/000")));
}

static void
lose_checkpoint(void)
{
    assert_int_equal(0, unlink(in_copy("checkpoint")));
}

static void
keep_another(void)
{
    struct plumb_checkpoint head = { .origin = MAKE_ORIGIN, .size = before + 1 };
    struct plumb_signer *const signers[] = { make.log };
    struct plumb_bytes note = { 0 };
    struct plumb_err err = { 0 };

    plumb_sha256("another", 7, &head.root);
    assert_ok(plumb_checkpoint_sign(&head, signers, 1, &note, &err), &err);
    keep_checkpoint(&note);
    plumb_bytes_clear(&note);
}

static void
what_must_not_be_put_back_is_refused_and_leaves_the_database_as_it_was(void **state)
{
    static const struct {
        const char *export;
        struct pg_database *onto;
        void (*spoil)(void);
        const char *rule;
    } cases[] = {
        { "log", &lost, NULL, "(restore.nothing)" },
        { "short", &lost, NULL, "(restore.nothing)" },
        { "short", &backup, NULL, "(restore.nothing)" },
        { "short", &empty, NULL, "(restore.short)" },
        { "log", &backup, change_signature, "(restore.log)" },
        { "log", &backup, lose_checkpoint, "checkpoint" },
        { "log", &empty, change_entry, "entry 2" },
        { "log", &backup, change_time, "(restore.root)" },
        { "log", &backup, change_tile, "(tile.hash)" },
        { "log", &backup, lose_entries, "(entries.missing)" },
        { "log", &empty, change_blob, "(restore.blob)" },
        { "log", &empty, lose_blob, "(restore.blob)" },
        { "log", &backup, keep_another, "(restore.fork)" },
        { "nowhere", &backup, NULL, "dir." },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pg_database d = pg_copy(cases[i].onto);
        uint64_t entries = entries_of(&d);
        struct plumb_bytes now;

        print_message("    %s onto %d entries: %s\n", cases[i].export, (int)entries,
                      cases[i].rule);
        keep_checkpoint(&kept);
        tree_remove(in("copy"));
        if (strcmp(cases[i].export, "nowhere") != 0)
            assert_plumb(0, "log", "export", in("copy"), "--from", in(cases[i].export));
        if (cases[i].spoil != NULL)
            cases[i].spoil();
        restore(&d, "copy");
        assert_status(1, &last);
        assert_says(last.err, cases[i].rule);
        assert_int_equal(entries, entries_of(&d));
        if (cases[i].spoil != keep_another) {
            now = kept_checkpoint();
            assert_int_equal(now.len, kept.len);
            assert_memory_equal(now.data, kept.data, kept.len);
            plumb_bytes_clear(&now);
        }
    }
}

/* The same service began another log: somebody went on without its history. */
static void
another_history_is_not_overwritten(void **state)
{
    struct pg_database d = pg_copy(&empty);
    uint64_t entries;

    (void)state;
    keep_checkpoint(NULL);
    service.shared = &d;
    plumbd_start(&service);
    make.now++;
    plumbd_genesis(&service, &make);
    plumbd_stop(&service, SIGTERM);
    entries = entries_of(&d);
    keep_checkpoint(&kept);
    restore(&d, "log");
    assert_status(1, &last);
    assert_says(last.err, "(restore.fork)");
    assert_int_equal(entries, entries_of(&d));
}

static void
restoring_asks_for_one_export(void **state)
{
    const char *none[] = { "--data", service.data, "restore", NULL };
    const char *two[] = { "--data", service.data, "restore", "a", "b", NULL };

    (void)state;
    ran_clear(&last);
    last = program_run_other("plumbd", none);
    assert_status(2, &last);
    assert_says(last.err, "from which export");
    ran_clear(&last);
    last = program_run_other("plumbd", two);
    assert_status(2, &last);
    assert_says(last.err, "too many");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_old_backup_gets_back_what_it_lost),
        cmocka_unit_test(an_empty_database_gets_all_of_it),
        cmocka_unit_test(without_a_kept_checkpoint_it_says_that_nothing_tells_the_logs_length),
        cmocka_unit_test(
            what_must_not_be_put_back_is_refused_and_leaves_the_database_as_it_was),
        cmocka_unit_test(another_history_is_not_overwritten),
        cmocka_unit_test(restoring_asks_for_one_export),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
