#include "tests/server/pg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/db/migrate.h"
#include "tests/t.h"

static char directory[64];
static pid_t directory_of;
static struct cluster *cluster;
static unsigned databases;
static bool durable;

static void
clean_up(void)
{
    if (getpid() != directory_of) /* a fork of a test's, not the program */
        return;
    cluster_stop(cluster);
    cluster = NULL;
    pid_t pid = fork();
    if (pid == 0) {
        execl("/bin/rm", "rm", "-rf", directory, (char *)NULL);
        _exit(127);
    }
    (void)waitpid(pid, NULL, 0);
}

const char *
pg_directory(void)
{
    if (directory[0] == '\0') {
        (void)snprintf(directory, sizeof directory, "/tmp/plumb-test-XXXXXX");
        if (mkdtemp(directory) == NULL || chmod(directory, 0711) != 0)
            fail_msg("%s: cannot be made", directory);
        directory_of = getpid();
        (void)atexit(clean_up);
    }
    return directory;
}

void
pg_durable(void)
{
    durable = true;
}

struct cluster *
pg_cluster(void)
{
    static const char *const settings[] = {
        "fsync=off",           "full_page_writes=off", "synchronous_commit=off",
        "shared_buffers=16MB", "autovacuum=off",       NULL
    };
    char dir[96];
    struct plumb_err err = { 0 };

    if (cluster == NULL) {
        (void)snprintf(dir, sizeof dir, "%s/pg", pg_directory());
        struct cluster_config config = { .dir = dir, .settings = durable ? NULL : settings };
        assert_ok(cluster_start(&config, &cluster, &err), &err);
    }
    return cluster;
}

static void
with_dbname(char ret[256], const char *conninfo, const char *name)
{
    const char *dbname = strstr(conninfo, " dbname=");

    (void)snprintf(ret, 256, "%.*s dbname=%s", (int)(dbname - conninfo), conninfo, name);
}

/* A copy of template, which nobody is connected to. */
static struct pg_database
copy_database(const char *name, const char *template)
{
    struct pg_database d;
    char sql[256];

    with_dbname(d.owner, cluster_owner(pg_cluster()), name);
    with_dbname(d.serving, cluster_serving(pg_cluster()), name);
    with_dbname(d.admin, cluster_admin(pg_cluster()), "postgres");
    (void)snprintf(sql, sizeof sql, "CREATE DATABASE %s OWNER plumb_owner TEMPLATE %s", name,
                   template);
    pg_admin(&d, sql);
    with_dbname(d.admin, cluster_admin(pg_cluster()), name);
    return d;
}

struct pg_database
pg_empty_database(void)
{
    char name[32];

    (void)snprintf(name, sizeof name, "test_%u", ++databases);
    return copy_database(name, "template1");
}

struct pg_database
pg_database(void)
{
    static bool made;
    char name[32];
    struct plumb_err err = { 0 };

    if (!made) {
        struct pg_database first = copy_database("migrated", "template1");
        assert_ok(db_migrate(first.owner, cluster_serving_role(cluster), &err), &err);
        made = true;
    }
    (void)snprintf(name, sizeof name, "test_%u", ++databases);
    return copy_database(name, "migrated");
}

struct pg_database
pg_copy(const struct pg_database *d)
{
    char name[32];

    (void)snprintf(name, sizeof name, "test_%u", ++databases);
    return copy_database(name, strstr(d->owner, " dbname=") + strlen(" dbname="));
}

struct db *
pg_connect(const struct pg_database *d)
{
    struct plumb_err err = { 0 };
    struct db *db = NULL;

    assert_ok(db_open(d->serving, db_catalogues, &db, &err), &err);
    return db;
}

void
pg_admin(const struct pg_database *d, const char *sql)
{
    PLUMB_AUTO(auto_db) struct db *db = NULL;
    struct plumb_err err = { 0 };

    assert_ok(db_open(d->admin, NULL, &db, &err), &err);
    assert_ok(db_script(db, sql, &err), &err);
}
