/*
 * conn.h - the wire below db.h: connecting, sending, waiting with a limit. For db.c and conn.c
 * alone.
 *
 * In a transaction statements go through libpq's pipeline: one whose result nobody waits for is
 * only queued, and costs no round trip of its own.
 */
#ifndef SERVER_DB_CONN_H
#define SERVER_DB_CONN_H

#include <pthread.h>

#include "server/db/db.h"

#define CHANNELS_MAX 4
#define QUEUE_MAX    32

struct db {
    char *conninfo;
    const struct db_catalogue *const *catalogues;
    PGconn *conn; /* NULL or BAD when lost */
    const char *channels[CHANNELS_MAX];
    unsigned timeout_ms;
    int64_t retry_at; /* no attempt to connect before this, by the monotonic clock */
    int64_t retry_ms;
    const char *queue[QUEUE_MAX]; /* names of the statements that have not been answered */
    size_t queued;
    bool plan_once;
    bool in_txn;
    bool retry;   /* the last error was one that a fresh transaction may cure */
    bool closing; /* by the server */
    bool missed;  /* reconnected: notifications may have been lost */
    pthread_mutex_t cancel_lock;
    PGcancel *cancel;
};

int64_t conn_now_ms(void); /* monotonic */

void conn_drop(struct db *db);
/* Connects and sets up the session. */
enum plumb_code conn_dial(struct db *db, struct plumb_err *err);
/* Before anything is sent outside a transaction: connected, anew if need be. */
enum plumb_code conn_ready(struct db *db, struct plumb_err *err);
/* Tells the server timeout_ms. */
enum plumb_code conn_set_timeouts(struct db *db, struct plumb_err *err);
/* Tells it plan_once, if it is set. */
enum plumb_code conn_set_planning(struct db *db, struct plumb_err *err);
/* The connection's own error. */
enum plumb_code conn_fail(struct db *db, const char *where, struct plumb_err *err);
bool conn_ok(const struct db *db);

/* SQL text by the simple protocol, after what is queued. */
enum plumb_code conn_command(struct db *db, const char *sql, const char *where, PGresult **ret,
                             struct plumb_err *err);

/* Before a PQsend in the pipeline: it is entered if need be, and has room. */
enum plumb_code conn_enter(struct db *db, const char *where, struct plumb_err *err);
enum plumb_code conn_queue_sql(struct db *db, const char *sql, struct plumb_err *err);
/* After it. */
void conn_queued(struct db *db, const char *name);
/*
 * Wait for all that is queued: the first failure, or the last result (ret may be NULL). What
 * follows a failure is not run, until conn_leave.
 */
enum plumb_code conn_settle(struct db *db, PGresult **ret, struct plumb_err *err);
/* Settle, and leave the pipeline; afterwards the server has answered everything, or is lost. */
enum plumb_code conn_leave(struct db *db, PGresult **ret, struct plumb_err *err);
/* After a PQsend outside the pipeline. */
enum plumb_code conn_collect(struct db *db, const char *where, PGresult **ret,
                             struct plumb_err *err);

#endif
