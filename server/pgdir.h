/*
 * pgdir.h - where a private PostgreSQL keeps its things and which programs run it; made ready
 * before it starts. Used by cluster.c alone.
 */
#ifndef SERVER_PGDIR_H
#define SERVER_PGDIR_H

#include <limits.h>
#include <plumb/err.h>
#include <stdbool.h>
#include <sys/types.h>

struct pgdir {
    char dir[PATH_MAX];    /* ours: lock, hba.conf, ident.conf */
    char data[PATH_MAX];   /* dir/data: PostgreSQL's, owned by uid */
    char socket[108];      /* directory of the socket, owned by uid; in dir if that is short */
    char bindir[PATH_MAX]; /* of postgres and initdb */
    char user[64];         /* that PostgreSQL runs as */
    char self[64];         /* that we run as, whom PostgreSQL lets in */
    uid_t uid;
    gid_t gid;
    int lock; /* held while in use */
};

/*
 * Lock dir, made if it is not there; find the user and the programs; stop a PostgreSQL that an
 * earlier process left running there; make the cluster if there is none. dir must be absolute.
 * Rules: "cluster.in-use", "cluster.user", "cluster.programs", "cluster.version",
 * "cluster.path", "cluster.closed", "cluster.orphan", "cluster.initdb".
 */
PLUMB_MUST_CHECK enum plumb_code pgdir_open(const char *dir, const char *user,
                                            const char *bindir, struct pgdir *ret,
                                            struct plumb_err *err);
/* Unlocks, and removes a socket directory that is not in dir. */
void pgdir_close(struct pgdir *d);

/* The process id and state that a running postmaster wrote down; false if there is none. */
bool pgdir_postmaster(const struct pgdir *d, pid_t *ret_pid, bool *ret_ready);

#define PGDIR_ADMIN   "plumb_admin"
#define PGDIR_OWNER   "plumb_owner"
#define PGDIR_SERVING "plumb_serve"

#endif
