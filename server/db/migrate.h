/*
 * migrate.h - the schema, forward only. migrations/NNNN_name.sql are part of the program; each
 * is applied once, in a transaction of its own, under an advisory lock, by the owner role, and
 * recorded in plumb.schema_migration with its digest.
 */
#ifndef SERVER_DB_MIGRATE_H
#define SERVER_DB_MIGRATE_H

#include "server/db/db.h"

struct db_migration {
    int version; /* 1, 2, ... without gaps */
    const char *name;
    const unsigned char *sql; /* NUL-terminated */
    size_t len;
};

/* Generated from migrations/ (cmake/embed.cmake). */
extern const struct db_migration db_migrations[];
extern const size_t db_migration_count;

/*
 * Connect as owner, apply what is missing, grant serving_role what plumb.schema_grant says and
 * nothing else, and close the connection. Safe to run by several at once. Refused, with
 * nothing applied, rules "migration.edited" (an applied one differs from ours),
 * "migration.missing" (a gap among the applied), "migration.newer" (the database is ahead of
 * this program), "migration.role" (the serving role is a superuser, is the owner, may become
 * the owner, or does not exist). A migration that fails is rolled back: "migration.failed".
 */
PLUMB_MUST_CHECK enum plumb_code db_migrate(const char *owner_conninfo,
                                            const char *serving_role, struct plumb_err *err);

/* The same with migrations of the caller's, for tests. */
PLUMB_MUST_CHECK enum plumb_code db_migrate_with(const char *owner_conninfo,
                                                 const char *serving_role,
                                                 const struct db_migration *migrations,
                                                 size_t n, struct plumb_err *err);

/*
 * That the schema is exactly this program's, as the serving role sees it: the rules above, and
 * "migration.pending" when some have not been applied.
 */
PLUMB_MUST_CHECK enum plumb_code db_migrate_check(const char *serving_conninfo,
                                                  struct plumb_err *err);

#endif
