/*
 * cluster.h - the private PostgreSQL: made in a directory of ours, run as a child process,
 * started again when it dies, stopped with us.
 *
 * It listens on a socket in a private directory and on no network; only the user that we run
 * as gets in. If we are killed it shuts down by itself, and one that was left running is
 * stopped at the next start.
 */
#ifndef SERVER_CLUSTER_H
#define SERVER_CLUSTER_H

#include <plumb/err.h>
#include <stdbool.h>

struct cluster_config {
    const char *dir;    /* absolute; made if its parent is there */
    const char *user;   /* to run it as, if we are root; NULL: the owner of the data, else
                           "plumbline" or "postgres", whichever exists */
    const char *bindir; /* of postgres and initdb; NULL: the newest that is found */
    const char *const *settings; /* "name=value" of postgresql.conf, ends with NULL; or NULL */
    /* PostgreSQL's log, and ours about it, a line at a time; not from the caller's thread.
     * NULL: none. While it blocks, so may PostgreSQL. */
    void (*log)(void *arg, const char *line);
    void *arg;
};

struct cluster;

/*
 * Make the cluster, its roles and its database if they are not there, start it, and return when
 * it takes connections. Our process must not wait for children that it does not know, nor
 * ignore SIGCHLD. Rules "cluster.*": see pgdir.h, and "cluster.start".
 */
PLUMB_MUST_CHECK enum plumb_code cluster_start(const struct cluster_config *config,
                                               struct cluster **ret, struct plumb_err *err);

/* Stops it (fast: open transactions are rolled back) and frees. Legal on NULL. */
void cluster_stop(struct cluster *c);

/* libpq strings, good until cluster_stop, also over restarts. */
const char *cluster_owner(const struct cluster *c);   /* for db_migrate */
const char *cluster_serving(const struct cluster *c); /* for db_open */
const char *cluster_admin(const struct cluster *c);   /* superuser, database "postgres" */
const char *cluster_serving_role(const struct cluster *c);

/* Whether it takes connections now, and how often it has been started again. */
bool cluster_ready(struct cluster *c);
unsigned cluster_restarts(struct cluster *c);
/* Of the postmaster; 0 while there is none. */
int cluster_pid(struct cluster *c);

#endif
