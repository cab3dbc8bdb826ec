/*
 * An auditor against the real program: exports, audits by all ways in, and rows tampered with
 * straight in PostgreSQL by a superuser who switches the log's guards off.
 */
#include "tests/t.h"

#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "server/file.h"
#include "tests/server/acts.h"

/* As superuser: no trigger fires, and constraints do not hold any more. */
#define UNGUARDED                                                                              \
    "SET session_replication_role = replica;"                                                  \
    "ALTER TABLE plumb.entry DROP CONSTRAINT IF EXISTS entry_leaf;"                            \
    "ALTER TABLE plumb.blob DROP CONSTRAINT IF EXISTS blob_sha256;"

static struct make make;
static struct plumbd service;
static struct pg_database database;
static struct plumb_digest release;
static char directory[300], trust[400], key[400];
static char *said; /* what plumb printed last */
static unsigned made;

static void
write_file(const char *path, const struct plumb_bytes *bytes)
{
    struct plumb_err err = { 0 };

    assert_ok(file_replace(path, 0600, bytes->data, bytes->len, &err), &err);
}

/* Runs plumb with these words; its exit status. */
__attribute__((format(printf, 1, 2))) static int
plumb(const char *fmt, ...)
{
    char words[1500], command[3000], log[400];
    struct plumb_bytes out = { 0 };
    struct plumb_err err = { 0 };
    va_list args;
    int status;

    va_start(args, fmt);
    (void)vsnprintf(words, sizeof words, fmt, args);
    va_end(args);
    (void)snprintf(log, sizeof log, "%s/said", directory);
    (void)snprintf(command, sizeof command,
                   "env -u PLUMB_CONFIG XDG_CONFIG_HOME=%s %s/plumb %s --trust %s >%s 2>&1",
                   directory, getenv("PLUMB_BUILD"), words, trust, log);
    status = system(command);
    assert_ok(file_read(log, 1 << 22, &out, &err), &err);
    free(said);
    said = (char *)out.data;
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

#define assert_exit(want, ...)                                                                 \
    do {                                                                                       \
        int got_ = plumb(__VA_ARGS__);                                                         \
        if (got_ != (want))                                                                    \
            fail_msg("want exit %d, got %d: %s", want, got_, said);                            \
    } while (0)

static void
assert_said(const char *text)
{
    if (strstr(said, text) == NULL)
        fail_msg("want \"%s\" in: %s", text, said);
}

/* One more entry: so what is served next was not served before. */
static void
grow(void)
{
    char version[32];
    struct plumb_bytes values;
    struct plumb_digest digest;

    (void)snprintf(version, sizeof version, "9.%u", made++);
    values = make_refvals(version);
    plumb_sha256(values.data, values.len, &digest);
    plumbd_blob(&service, &values);
    plumb_bytes_clear(&values);
    json_decref(
        plumbd_submit(&service, make_release(&make, "rex", "web", version, &digest), 201));
}

static int
begin(void **state)
{
    struct plumb_bytes values, bytes = { 0 };
    struct plumb_err err = { 0 };
    json_t *json;

    (void)state;
    make_begin(&make, time(NULL));
    make_set(&make, "fleets.prod.recognitions", json_integer(0));
    database = pg_database();
    plumbd_prepare(&service, &make);
    service.shared = &database;
    plumbd_start(&service);
    plumbd_genesis(&service, &make);
    values = make_refvals("1.0");
    release = act_release(&service, &make, "1.0", &values);
    plumb_bytes_clear(&values);
    act_roll(&service, &make, "web@1.0", &release, PLUMB_ACTION_BEGIN, NULL);
    act_roll(&service, &make, "web@1.0", &release, PLUMB_ACTION_COMPLETE, NULL);

    (void)snprintf(directory, sizeof directory, "%s/auditor", pg_directory());
    assert_int_equal(mkdir(directory, 0700), 0);
    (void)snprintf(trust, sizeof trust, "%s/trust.json", directory);
    json = plumbd_json(&service, "GET", "/v1/trust/prod", NULL, 200);
    assert_ok(plumb_json_canonical(json, &bytes, &err), &err);
    write_file(trust, &bytes);
    plumb_bytes_clear(&bytes);
    json_decref(json);
    (void)snprintf(key, sizeof key, "%s/otto.tls", directory);
    assert_ok(plumb_signer_to_pem(make_who(&make, "otto")->tls, NULL, &bytes, &err), &err);
    write_file(key, &bytes);
    plumb_bytes_cleanse(&bytes);
    /* what each test puts back */
    pg_admin(&database, "CREATE TABLE kept_entry AS SELECT * FROM plumb.entry;"
                        "CREATE TABLE kept_blob AS SELECT * FROM plumb.blob");
    return 0;
}

static int
end(void **state)
{
    (void)state;
    plumbd_stop(&service, SIGTERM);
    make_end(&make);
    free(said);
    return 0;
}

static int
drop(const char *name, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(name);
}

/* Rows as they were, and no export. */
static int
put_back(void **state)
{
    char log[400];

    (void)state;
    pg_admin(
        &database, UNGUARDED
        "DELETE FROM plumb.entry WHERE idx < (SELECT count(*) FROM kept_entry);"
        "INSERT INTO plumb.entry SELECT * FROM kept_entry;"
        "UPDATE plumb.blob b SET data = k.data FROM kept_blob k WHERE k.sha256 = b.sha256");
    (void)snprintf(log, sizeof log, "%s/log", directory);
    (void)nftw(log, drop, 16, FTW_DEPTH | FTW_PHYS);
    return 0;
}

/* --- untouched --- */

static void
a_live_log_holds_to_an_auditor_with_a_client_certificate(void **state)
{
    (void)state;
    assert_exit(0, "audit --server https://127.0.0.1:%u --tls-key %s", plumbd_port(&service),
                key);
    assert_said("ALL HOLDS");
    assert_exit(1, "audit --server https://127.0.0.1:%u", plumbd_port(&service));
}

static void
an_export_of_a_live_log_holds_and_grows_with_it(void **state)
{
    (void)state;
    assert_exit(0, "log export %s/log --server https://127.0.0.1:%u --tls-key %s", directory,
                plumbd_port(&service), key);
    assert_exit(0, "audit %s/log --report %s/report.md", directory, directory);
    assert_said("ALL HOLDS");
    assert_exit(0, "audit %s/log --json --why web@1.0", directory);
    assert_said("\"holds\": true");
    assert_said("\"what\": \"complete\"");
    grow();
    assert_exit(0, "log export %s/log --server unix:%s/plumbd.sock", directory, service.data);
    assert_exit(0, "audit %s/log --by rex", directory);
    assert_said("release web@1.0");
}

static void
a_live_log_is_watched_and_each_checkpoint_extends_the_last(void **state)
{
    (void)state;
    assert_exit(0, "audit --watch --once --memory %s/seen --server unix:%s/plumbd.sock",
                directory, service.data);
    assert_said("the first checkpoint seen");
    grow();
    assert_exit(0, "audit --watch --once --memory %s/seen --server unix:%s/plumbd.sock",
                directory, service.data);
    assert_said("begins with what was seen before");
}

/* --- rows --- */

/* Exported as it comes, with a warning; and found, whichever way the log is read. */
static void
finds(const char *rule)
{
    assert_exit(3, "log export %s/log --server unix:%s/plumbd.sock", directory, service.data);
    assert_said("not as the log says");
    assert_exit(3, "audit %s/log", directory);
    assert_said(rule);
    assert_exit(3, "audit --server unix:%s/plumbd.sock", service.data);
    assert_said(rule);
}

static void
a_row_that_a_superuser_changed_is_found(void **state)
{
    (void)state;
    grow();
    pg_admin(&database, UNGUARDED
             "UPDATE plumb.entry SET body = set_byte(body, 300, get_byte(body, 300) # 1)"
             " WHERE idx = 2");
    finds("tile.hash");
    assert_said("\n  2      tile.hash");
}

static void
rows_that_a_superuser_swapped_are_found(void **state)
{
    (void)state;
    grow();
    pg_admin(&database,
             UNGUARDED "UPDATE plumb.entry e SET body = o.body FROM plumb.entry o"
                       " WHERE (e.idx = 2 AND o.idx = 3) OR (e.idx = 3 AND o.idx = 2)");
    finds("tile.hash");
}

static void
a_row_that_a_superuser_removed_is_found(void **state)
{
    (void)state;
    grow();
    pg_admin(&database, UNGUARDED "DELETE FROM plumb.entry WHERE idx = 3");
    assert_exit(1, "log export %s/log --server unix:%s/plumbd.sock", directory, service.data);
    assert_said("entries.missing");
    assert_exit(3, "audit --server unix:%s/plumbd.sock", service.data);
    assert_said("entries.missing");
}

static void
a_blob_that_a_superuser_changed_is_found(void **state)
{
    (void)state;
    grow();
    pg_admin(&database,
             UNGUARDED "UPDATE plumb.blob SET data = set_byte(data, 5, get_byte(data, 5) # 1)"
                       " WHERE data LIKE '%reference-values%' AND sha256 IN (SELECT sha256 FROM"
                       " kept_blob)");
    finds("blob.digest");
}

/* Last: the service does not go on after it. */
static void
a_row_that_a_superuser_added_is_never_signed(void **state)
{
    struct plumb_bytes values = make_refvals("forged");
    struct plumb_digest digest;

    (void)state;
    grow();
    pg_admin(&database,
             UNGUARDED "INSERT INTO plumb.entry SELECT (SELECT max(idx) + 1 FROM plumb.entry),"
                       " sha256(id), time, kind, leaf, body FROM plumb.entry WHERE idx = 2");
    plumb_sha256(values.data, values.len, &digest);
    plumbd_blob(&service, &values);
    plumb_bytes_clear(&values);
    /* the service sees that it is none of its log's, and accepts nothing behind it */
    json_decref(
        plumbd_submit(&service, make_release(&make, "rex", "web", "forged", &digest), 500));
    assert_exit(0, "log export %s/log --server unix:%s/plumbd.sock", directory, service.data);
    assert_exit(0, "audit %s/log", directory); /* the checkpoint is of the log before it */
    pg_admin(&database, UNGUARDED
             "DELETE FROM plumb.entry WHERE idx = (SELECT max(idx) FROM plumb.entry)");
}

#define T(f) cmocka_unit_test_teardown(f, put_back)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_live_log_holds_to_an_auditor_with_a_client_certificate),
        T(an_export_of_a_live_log_holds_and_grows_with_it),
        T(a_live_log_is_watched_and_each_checkpoint_extends_the_last),
        T(a_row_that_a_superuser_changed_is_found),
        T(rows_that_a_superuser_swapped_are_found),
        T(a_row_that_a_superuser_removed_is_found),
        T(a_blob_that_a_superuser_changed_is_found),
        T(a_row_that_a_superuser_added_is_never_signed),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
