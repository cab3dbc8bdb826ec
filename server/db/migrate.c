#include "server/db/migrate.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "server/db/lock.h"

#define LOCK_WAIT_MS 60000
#define SCRIPT_MS    600000

enum { APPLIED, ROLE, RECORD, GRANTS, STMT_COUNT };

static const struct db_stmt stmts[STMT_COUNT] = {
    [APPLIED] = { "migrate.applied",
                  "SELECT version, name, sha256 FROM schema_migration ORDER BY version", 0,
                  "version,name,sha256" },
    [ROLE] = { "migrate.role",
               "SELECT rolsuper OR rolcreaterole OR pg_has_role(rolname, current_user, "
               "'MEMBER')"
               " AS mighty FROM pg_roles WHERE rolname = $1::name",
               1, "mighty" },
    [RECORD] = { "migrate.record",
                 "INSERT INTO schema_migration (version, name, sha256)"
                 " VALUES ($1::int, $2, $3::bytea)",
                 3, "" },
    [GRANTS] = { "migrate.grants",
                 "SELECT format(f, $1::name) AS sql FROM (VALUES"
                 " (1, 'REVOKE ALL ON ALL TABLES IN SCHEMA plumb FROM %I'),"
                 " (1, 'REVOKE ALL ON ALL SEQUENCES IN SCHEMA plumb FROM %I'),"
                 " (1, 'REVOKE ALL ON SCHEMA plumb FROM %I'),"
                 " (2, 'GRANT USAGE ON SCHEMA plumb TO %I'),"
                 " (2, 'GRANT SELECT ON schema_migration TO %I')) AS fixed (step, f)"
                 " UNION ALL SELECT format('GRANT %s ON %I TO %I',"
                 " array_to_string(privileges, ', '), tbl, $1::name) FROM schema_grant",
                 1, "sql" },
};

/* The owner's connection has all of them; the serving one needs, and may, only read. */
static const struct db_catalogue owner = { "migrate", stmts, STMT_COUNT };
static const struct db_catalogue serving = { "migrate", stmts, 1 };
static const struct db_catalogue *const first_catalogues[] = { &db_lock, NULL };
static const struct db_catalogue *const owner_catalogues[] = { &db_lock, &owner, NULL };
static const struct db_catalogue *const serving_catalogues[] = { &serving, NULL };

/* What migrations themselves stand on; never changes. */
static const char first_sql[] =
    "CREATE SCHEMA IF NOT EXISTS plumb;"
    "COMMENT ON SCHEMA plumb IS 'Plumbline';"
    "CREATE TABLE IF NOT EXISTS schema_migration ("
    " version integer PRIMARY KEY CHECK (version > 0), name text NOT NULL,"
    " sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),"
    " applied_at timestamptz NOT NULL DEFAULT now());"
    "COMMENT ON TABLE schema_migration IS 'Migrations applied, and the digest of their text';"
    "CREATE TABLE IF NOT EXISTS schema_grant ("
    " tbl name PRIMARY KEY, privileges text[] NOT NULL"
    " CHECK (privileges <@ ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']));"
    "COMMENT ON TABLE schema_grant IS"
    " 'What the serving role may do, table by table: exactly this is granted';";

/* Waits in steps, because lock_timeout belongs to statements that hold other locks. */
static enum plumb_code
take_lock(struct db *db, struct plumb_err *err)
{
    const struct timespec step = { .tv_nsec = 50000000 };
    bool held = false;

    for (int waited = 0; waited < LOCK_WAIT_MS; waited += 50) {
        PLUMB_TRY(db_lock_keep(db, DB_LOCK_MIGRATE, &held, err));
        if (held)
            return PLUMB_OK;
        (void)nanosleep(&step, NULL);
    }
    return plumb_fail(err, PLUMB_BUSY, "migration.lock", "",
                      "another process has been migrating for %d s", LOCK_WAIT_MS / 1000);
}

struct job {
    const struct db_migration *migrations;
    size_t n;
    const struct db_migration *next;
    const char *role;
};

/* That what was applied is a prefix of ours; *ret is its length. */
static enum plumb_code
check_applied(struct db *db, const struct db_migration *migrations, size_t n, size_t *ret,
              struct plumb_err *err)
{
    PLUMB_AUTO(db_auto_result) PGresult *res = NULL;
    size_t rows;

    PLUMB_TRY(db_run(db, &stmts[APPLIED], NULL, &res, err));
    rows = (size_t)PQntuples(res);
    for (size_t i = 0; i < rows; i++) {
        const char *name = db_get_text(res, (int)i, 1);
        struct plumb_digest was, is;
        int64_t version;

        PLUMB_TRY(db_get_int(res, (int)i, 0, &version, err));
        PLUMB_TRY(db_get_digest(res, (int)i, 2, &was, err));
        if (version != (int64_t)i + 1)
            return plumb_fail(err, PLUMB_REFUSED, "migration.missing", name,
                              "the database has migration %lld but not %zu: restore it whole",
                              (long long)version, i + 1);
        if (i >= n)
            return plumb_fail(err, PLUMB_REFUSED, "migration.newer", name,
                              "the database is ahead of this program, which ends at migration "
                              "%zu: upgrade the program",
                              n);
        plumb_sha256(migrations[i].sql, migrations[i].len, &is);
        if (strcmp(name, migrations[i].name) != 0 || plumb_digest_cmp(&was, &is) != 0)
            return plumb_fail(err, PLUMB_REFUSED, "migration.edited", name,
                              "applied with a text other than this program's %s",
                              migrations[i].name);
    }
    *ret = rows;
    return PLUMB_OK;
}

static enum plumb_code
check_role(struct db *db, const char *role, struct plumb_err *err)
{
    PLUMB_AUTO(db_auto_result) PGresult *res = NULL;
    bool mighty = true;

    PLUMB_TRY(db_run(db, &stmts[ROLE], (struct db_param[]){ db_text(role) }, &res, err));
    if (PQntuples(res) == 0)
        return plumb_fail(err, PLUMB_REFUSED, "migration.role", role,
                          "the serving role does not exist");
    PLUMB_TRY(db_get_bool(res, 0, 0, &mighty, err));
    if (mighty)
        return plumb_fail(err, PLUMB_REFUSED, "migration.role", role,
                          "the serving role is, or may become, the owner or a superuser");
    return PLUMB_OK;
}

static enum plumb_code
apply(struct db *db, void *arg, struct plumb_err *err)
{
    const struct db_migration *m = ((struct job *)arg)->next;
    struct plumb_err why = { 0 };
    struct plumb_digest sha256;
    enum plumb_code code = db_script(db, (const char *)m->sql, &why);

    if (code != PLUMB_OK)
        return plumb_fail(err, code, "migration.failed", m->name, "%s", why.msg);
    if (PQtransactionStatus(db_raw(db)) != PQTRANS_INTRANS)
        return plumb_fail(err, PLUMB_INTERNAL, "migration.failed", m->name,
                          "it ends the transaction that it is applied in");
    plumb_sha256(m->sql, m->len, &sha256);
    return db_run(
        db, &stmts[RECORD],
        (struct db_param[]){ db_int(m->version), db_text(m->name), db_digest(&sha256) }, NULL,
        err);
}

static enum plumb_code
grant(struct db *db, void *arg, struct plumb_err *err)
{
    PLUMB_AUTO(db_auto_result) PGresult *res = NULL;
    const struct job *job = arg;

    PLUMB_TRY(db_run(db, &stmts[GRANTS], (struct db_param[]){ db_text(job->role) }, &res, err));
    for (int row = 0; row < PQntuples(res); row++)
        PLUMB_TRY(db_script(db, db_get_text(res, row, 0), err));
    return PLUMB_OK;
}

static enum plumb_code
prepare_schema(const char *conninfo, struct plumb_err *err)
{
    PLUMB_AUTO(auto_db) struct db *db = NULL;

    PLUMB_TRY(db_open(conninfo, first_catalogues, &db, err));
    PLUMB_TRY(take_lock(db, err));
    return db_script(db, first_sql, err);
}

enum plumb_code
db_migrate_with(const char *owner_conninfo, const char *serving_role,
                const struct db_migration *migrations, size_t n, struct plumb_err *err)
{
    PLUMB_AUTO(auto_db) struct db *db = NULL;
    struct job job = { migrations, n, NULL, serving_role };
    enum db_end end;
    size_t done;

    PLUMB_TRY(prepare_schema(owner_conninfo, err));
    PLUMB_TRY(db_open(owner_conninfo, owner_catalogues, &db, err));
    PLUMB_TRY(check_role(db, serving_role, err));
    PLUMB_TRY(take_lock(db, err));
    PLUMB_TRY(check_applied(db, migrations, n, &done, err));
    PLUMB_TRY(db_set_timeout(db, SCRIPT_MS, err));
    for (; done < n; done++) {
        job.next = &migrations[done];
        PLUMB_TRY(db_txn(db, DB_WRITE, apply, &job, &end, err));
    }
    return db_txn(db, DB_WRITE, grant, &job, &end, err);
}

enum plumb_code
db_migrate(const char *owner_conninfo, const char *serving_role, struct plumb_err *err)
{
    return db_migrate_with(owner_conninfo, serving_role, db_migrations, db_migration_count,
                           err);
}

enum plumb_code
db_migrate_check(const char *serving_conninfo, struct plumb_err *err)
{
    PLUMB_AUTO(auto_db) struct db *db = NULL;
    struct plumb_err why = { 0 };
    size_t done = 0;
    enum plumb_code code = db_open(serving_conninfo, serving_catalogues, &db, &why);

    if (code != PLUMB_OK && strcmp(why.rule, "db.schema") != 0 &&
        strcmp(why.rule, "db.privilege") != 0)
        return plumb_fail(err, code, why.rule, why.where, "%s", why.msg);
    if (code == PLUMB_OK)
        PLUMB_TRY(check_applied(db, db_migrations, db_migration_count, &done, err));
    if (done < db_migration_count)
        return plumb_fail(err, PLUMB_REFUSED, "migration.pending", db_migrations[done].name,
                          "%zu of %zu migrations are applied: run them as the owner", done,
                          db_migration_count);
    return PLUMB_OK;
}
