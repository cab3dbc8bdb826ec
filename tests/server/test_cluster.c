#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/cluster.h"
#include "server/db/db.h"
#include "server/pgdir.h"
#include "server/spawn.h"
#include "tests/server/pg.h"
#include "tests/t.h"

static char dir[128]; /* of the one cluster that most tests share, one after the other */

static enum plumb_code
start_in(const char *where, struct cluster **ret, struct plumb_err *err)
{
    static const char *const settings[] = { "shared_buffers=16MB", NULL };
    struct cluster_config config = { .dir = where, .settings = settings };

    return cluster_start(&config, ret, err);
}

static struct cluster *
start(void)
{
    struct plumb_err err = { 0 };
    struct cluster *c = NULL;

    (void)snprintf(dir, sizeof dir, "%s/cluster", pg_directory());
    assert_ok(start_in(dir, &c, &err), &err);
    return c;
}

static const struct db_stmt stmts[] = {
    { "test.setting", "SELECT current_setting($1) AS v", 1, "v" },
    { "test.rows", "SELECT count(*) AS n FROM public.kept", 0, "n" },
};
static const struct db_catalogue catalogue = { "test", stmts, 1 };
static const struct db_catalogue kept = { "test", stmts, 2 };
static const struct db_catalogue *const catalogues[] = { &catalogue, NULL };
static const struct db_catalogue *const kept_catalogues[] = { &kept, NULL };

static void
it_is_durable_and_private(void **state)
{
    static const char *const expected[][2] = {
        { "fsync", "on" },
        { "full_page_writes", "on" },
        { "synchronous_commit", "on" },
        { "data_checksums", "on" },
        { "server_encoding", "UTF8" },
        { "listen_addresses", "" },
        { "unix_socket_permissions", "0700" },
        { "shared_buffers", "16MB" },
    };
    struct cluster *c = start();
    PLUMB_AUTO(auto_db) struct db *db = NULL;
    struct plumb_err err = { 0 };
    struct stat st;
    char path[160];

    (void)state;
    assert_true(cluster_ready(c));
    assert_int_equal(0, cluster_restarts(c));
    assert_ok(db_open(cluster_serving(c), catalogues, &db, &err), &err);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        PLUMB_AUTO(db_auto_result) PGresult *res = NULL;
        assert_ok(
            db_run(db, &stmts[0], (struct db_param[]){ db_text(expected[i][0]) }, &res, &err),
            &err);
        if (strcmp(expected[i][1], db_get_text(res, 0, 0)) != 0)
            fail_msg("%s is %s", expected[i][0], db_get_text(res, 0, 0));
    }
    (void)snprintf(path, sizeof path, "%s/run", dir);
    assert_int_equal(0, stat(path, &st));
    assert_int_equal(0700, st.st_mode & 0777);
    cluster_stop(c);
}

static void
the_serving_role_is_nobody_special(void **state)
{
    static const char *const refused[] = {
        "CREATE TABLE public.x (a int)",
        "CREATE SCHEMA x",
        "CREATE ROLE x",
        "CREATE DATABASE x",
        "SET ROLE plumb_owner",
        "CREATE TEMP TABLE x (a int)",
    };
    struct cluster *c = start();
    PLUMB_AUTO(auto_db) struct db *db = NULL;
    struct plumb_err err = { 0 };

    (void)state;
    assert_ok(db_open(cluster_serving(c), NULL, &db, &err), &err);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        assert_refused("db.privilege", db_script(db, refused[i], &err), &err);
    cluster_stop(c);
}

static void
strangers_do_not_get_in(void **state)
{
    static const char *const roles[] = { "postgres", "nobody" };
    struct cluster *c = start();
    struct plumb_err err = { 0 };
    struct db *db = NULL;
    char conninfo[256];

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        (void)snprintf(conninfo, sizeof conninfo, "host=%s/run dbname=plumbline user=%s", dir,
                       roles[i]);
        assert_refused("db.unavailable", db_open(conninfo, NULL, &db, &err), &err);
        assert_non_null(strstr(err.msg, "pg_hba.conf"));
    }
    cluster_stop(c);
}

static void
make_kept_row(struct cluster *c)
{
    PLUMB_AUTO(auto_db) struct db *db = NULL;
    struct plumb_err err = { 0 };

    assert_ok(db_open(cluster_owner(c), NULL, &db, &err), &err);
    assert_ok(
        db_script(db,
                  "DROP TABLE IF EXISTS public.kept; CREATE TABLE public.kept AS SELECT 1;"
                  " GRANT SELECT ON public.kept TO plumb_serve",
                  &err),
        &err);
}

static void
assert_kept_row(struct db *db)
{
    PLUMB_AUTO(db_auto_result) PGresult *res = NULL;
    struct plumb_err err = { 0 };
    int64_t n = 0;

    assert_ok(db_run(db, &stmts[1], NULL, &res, &err), &err);
    assert_ok(db_get_int(res, 0, 0, &n, &err), &err);
    assert_int_equal(1, n);
}

static void
what_was_committed_is_there_after_a_restart(void **state)
{
    struct cluster *c = start();
    PLUMB_AUTO(auto_db) struct db *db = NULL;
    struct plumb_err err = { 0 };
    char path[160];

    (void)state;
    make_kept_row(c);
    cluster_stop(c);
    (void)snprintf(path, sizeof path, "%s/data/postmaster.pid", dir);
    assert_int_equal(-1, access(path, F_OK));
    c = start();
    assert_ok(db_open(cluster_serving(c), kept_catalogues, &db, &err), &err);
    assert_kept_row(db);
    cluster_stop(c);
}

static void
one_that_dies_is_started_again(void **state)
{
    struct cluster *c = start();
    PLUMB_AUTO(auto_db) struct db *db = NULL;
    struct plumb_err err = { 0 };
    enum plumb_code code = PLUMB_UNAVAILABLE;

    (void)state;
    make_kept_row(c);
    assert_ok(db_open(cluster_serving(c), kept_catalogues, &db, &err), &err);
    for (unsigned round = 1; round <= 2; round++) {
        assert_int_equal(0, kill(cluster_pid(c), SIGKILL));
        for (int i = 0; i < 1500 && cluster_restarts(c) < round; i++)
            (void)usleep(20000);
        assert_int_equal(round, cluster_restarts(c));
        for (int i = 0; i < 1500 && (code = db_ping(db, &err)) != PLUMB_OK; i++) {
            assert_int_equal(PLUMB_UNAVAILABLE, code);
            (void)usleep(20000);
        }
        assert_kept_row(db);
        assert_true(cluster_ready(c));
    }
    cluster_stop(c);
}

static void
a_directory_has_one_user(void **state)
{
    struct cluster *c = start(), *other = NULL;
    struct plumb_err err = { 0 };

    (void)state;
    assert_refused("cluster.in-use", start_in(dir, &other, &err), &err);
    assert_null(other);
    assert_true(cluster_ready(c));
    cluster_stop(c);
}

static bool
gone(pid_t pid)
{
    return kill(pid, 0) != 0 && errno == ESRCH;
}

/* kill -9 of our process takes PostgreSQL down with it, and the next start finds it all. */
static void
it_does_not_outlive_us(void **state)
{
    int fds[2], postmaster = 0;
    pid_t child;

    (void)state;
    cluster_stop(start());
    assert_int_equal(0, pipe2(fds, O_CLOEXEC));
    child = fork();
    if (child == 0) {
        struct cluster *c = NULL;
        postmaster = start_in(dir, &c, NULL) == PLUMB_OK ? cluster_pid(c) : 0;
        if (write(fds[1], &postmaster, sizeof postmaster) > 0)
            pause();
        _exit(1);
    }
    assert_int_equal(sizeof postmaster, read(fds[0], &postmaster, sizeof postmaster));
    assert_int_not_equal(0, postmaster);
    assert_int_equal(0, kill(child, SIGKILL));
    assert_int_equal(child, waitpid(child, NULL, 0));
    cluster_stop(start()); /* at once: waits for the old one to end */
    for (int i = 0; i < 500 && !gone(postmaster); i++)
        (void)usleep(20000);
    assert_true(gone(postmaster));
    (void)close(fds[0]);
    (void)close(fds[1]);
}

/* One that nothing told to stop, as after a crash of the machine's init or an older version. */
static void
an_orphan_is_stopped(void **state)
{
    struct cluster *c = start();
    struct plumb_err err = { 0 };
    struct pgdir at;
    char postgres[PATH_MAX + 16], sockets[PATH_MAX + 64];
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC), status;
    pid_t orphan, written = 0;
    bool ready = false;

    (void)state;
    cluster_stop(c);
    assert_ok(pgdir_open(dir, NULL, NULL, &at, &err), &err);
    (void)snprintf(postgres, sizeof postgres, "%s/postgres", at.bindir);
    (void)snprintf(sockets, sizeof sockets, "unix_socket_directories=%s", at.socket);
    struct spawn s = { (const char *[]){ postgres, "-D", at.data, "-c",
                                         "listen_addresses=", "-c", sockets, NULL },
                       at.uid, at.gid, 0 };
    assert_ok(spawn_start(&s, null, &orphan, &err), &err);
    (void)close(null);
    for (int i = 0; i < 1500 && !ready; i++) {
        (void)usleep(20000);
        (void)(pgdir_postmaster(&at, &written, &ready) && written == orphan);
    }
    assert_true(ready);
    pgdir_close(&at);
    c = start();
    assert_int_not_equal(orphan, cluster_pid(c));
    assert_int_equal(orphan, waitpid(orphan, &status, 0));
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    cluster_stop(c);
}

/* A stale file that names a living stranger must not get the stranger killed. */
static void
a_stale_process_id_harms_nobody(void **state)
{
    struct cluster *c;
    char path[160];
    pid_t stranger = fork();

    (void)state;
    if (stranger == 0) {
        pause();
        _exit(0);
    }
    cluster_stop(start());
    (void)snprintf(path, sizeof path, "%s/data/postmaster.pid", dir);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    (void)fprintf(f, "%d\n%s/data\n1\n5432\n\n\n  1  1\nready\n", (int)stranger, dir);
    (void)fclose(f);
    struct stat st;
    (void)snprintf(path, sizeof path, "%s/data", dir);
    assert_int_equal(0, stat(path, &st));
    (void)snprintf(path, sizeof path, "%s/data/postmaster.pid", dir);
    assert_int_equal(0, chown(path, st.st_uid, st.st_gid));
    assert_int_equal(0, kill(stranger, 0));
    /* PostgreSQL itself looks at whose process it is, and may refuse; either way it lives */
    if (start_in(dir, &c, NULL) == PLUMB_OK)
        cluster_stop(c);
    assert_int_equal(0, waitpid(stranger, NULL, WNOHANG));
    assert_int_equal(0, kill(stranger, SIGKILL));
    assert_int_equal(stranger, waitpid(stranger, NULL, 0));
    (void)unlink(path);
}

static void
half_made_ones_are_made_again(void **state)
{
    struct cluster *c = NULL;
    struct plumb_err err = { 0 };
    char path[200];

    (void)state;
    (void)snprintf(path, sizeof path, "%s/half", pg_directory());
    assert_int_equal(0, mkdir(path, 0711));
    (void)snprintf(path, sizeof path, "%s/half/data.new", pg_directory());
    assert_int_equal(0, mkdir(path, 0700));
    (void)snprintf(path, sizeof path, "%s/half/data.new/PG_VERSION", pg_directory());
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    (void)fclose(f);
    (void)snprintf(path, sizeof path, "%s/half", pg_directory());
    assert_ok(start_in(path, &c, &err), &err);
    cluster_stop(c);
}

/* A socket's path holds 107 bytes. */
static void
a_long_directory_gets_a_short_socket(void **state)
{
    struct cluster *c = NULL;
    struct plumb_err err = { 0 };
    char path[200], host[108];
    struct stat st;

    (void)state;
    (void)snprintf(path, sizeof path, "%s/%0100d", pg_directory(), 0);
    assert_ok(start_in(path, &c, &err), &err);
    assert_int_equal(1, sscanf(cluster_serving(c), "host='%107[^']'", host));
    assert_int_equal(0, stat(host, &st));
    assert_int_equal(0700, st.st_mode & 0777);
    cluster_stop(c);
    assert_int_equal(-1, stat(host, &st));
}

static void
what_cannot_run_says_why(void **state)
{
    static const char *const bad_settings[] = { "no_such_setting=1", NULL };
    char other[160];
    const struct {
        struct cluster_config config;
        const char *rule;
        const char *says;
    } cases[] = {
        { { .dir = "relative/path" }, "cluster.path", "absolute" },
        { { .dir = "/tmp/quo'te" }, "cluster.path", "quotes" },
        { { .dir = "/no/such/parent" }, "cluster.path", "No such file" },
        { { .dir = dir, .bindir = "/nowhere" }, "cluster.version", "PostgreSQL" },
        { { .dir = other, .bindir = "/nowhere" }, "cluster.programs", "install" },
        { { .dir = dir, .user = "nobody-knows-me" }, "cluster.user", "" },
        { { .dir = dir, .settings = bad_settings }, "cluster.start", "no_such_setting" },
    };

    (void)state;
    cluster_stop(start());
    (void)snprintf(other, sizeof other, "%s/other", pg_directory());
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct plumb_err err = { 0 };
        struct cluster *c = NULL;
        assert_refused(cases[i].rule, cluster_start(&cases[i].config, &c, &err), &err);
        assert_null(c);
        if (strstr(err.msg, cases[i].says) == NULL)
            fail_msg("case %zu says: %s", i, err.msg);
    }
    cluster_stop(start()); /* none of them locked or broke it */
}

static void
root_does_not_run_it(void **state)
{
    struct plumb_err err = { 0 };
    struct cluster *c = NULL;
    char path[160];
    struct cluster_config config = { .dir = path };

    (void)state;
    if (geteuid() != 0)
        skip();
    (void)snprintf(path, sizeof path, "%s/fresh", pg_directory());
    config.user = "root";
    assert_refused("cluster.user", cluster_start(&config, &c, &err), &err);
    config.user = NULL;
    (void)snprintf(path, sizeof path, "%s/closed", pg_directory());
    assert_int_equal(0, mkdir(path, 0700));
    (void)snprintf(path, sizeof path, "%s/closed/pg", pg_directory());
    assert_refused("cluster.closed", cluster_start(&config, &c, &err), &err);
    assert_non_null(strstr(err.where, "/closed"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_durable_and_private),
        cmocka_unit_test(the_serving_role_is_nobody_special),
        cmocka_unit_test(strangers_do_not_get_in),
        cmocka_unit_test(what_was_committed_is_there_after_a_restart),
        cmocka_unit_test(one_that_dies_is_started_again),
        cmocka_unit_test(a_directory_has_one_user),
        cmocka_unit_test(it_does_not_outlive_us),
        cmocka_unit_test(an_orphan_is_stopped),
        cmocka_unit_test(a_stale_process_id_harms_nobody),
        cmocka_unit_test(half_made_ones_are_made_again),
        cmocka_unit_test(a_long_directory_gets_a_short_socket),
        cmocka_unit_test(what_cannot_run_says_why),
        cmocka_unit_test(root_does_not_run_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
