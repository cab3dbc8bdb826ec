/*
 * pg.h - a private, throwaway PostgreSQL for a test program: started by the first use, stopped
 * and removed at exit. Run by cluster.c itself, without fsync.
 */
#ifndef TESTS_SERVER_PG_H
#define TESTS_SERVER_PG_H

#include "server/cluster.h"
#include "server/db/db.h"

/* The connection strings of a fresh database, migrated, of the owner and the serving role. */
struct pg_database {
    char owner[256];
    char serving[256];
    char admin[256];
};
struct pg_database pg_database(void);

/* Before the first use: with fsync and all that plumbd's own has, for those who measure. */
void pg_durable(void);

/* The same, without the migrations. */
struct pg_database pg_empty_database(void);

/* A copy of one to which nobody is connected: what a backup is. */
struct pg_database pg_copy(const struct pg_database *d);

/* A connection of the serving role with every statement prepared; fails the test if not. */
struct db *pg_connect(const struct pg_database *d);

/* The server behind it. */
struct cluster *pg_cluster(void);

/* A directory of this program's own under /tmp that any user may enter, removed at exit. */
const char *pg_directory(void);

/* Run SQL as the superuser on a database of ours; fails the test if it fails. */
void pg_admin(const struct pg_database *d, const char *sql);

#endif
