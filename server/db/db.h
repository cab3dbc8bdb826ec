/*
 * db.h - one PostgreSQL connection: its statement catalogue, transactions and notifications.
 *
 * A struct db belongs to one thread at a time; db_cancel alone may be called from another. It
 * needs a session of its own (no transaction-pooling proxy): statements are prepared once,
 * and locks and LISTEN live as long as the session.
 *
 * Whatever fails for want of a database is PLUMB_UNAVAILABLE, rule "db.unavailable" (or a
 * narrower "db." rule). A lost connection is opened anew, with everything prepared and listened
 * to, by the next call outside a transaction; attempts that fail are spaced by up to a second,
 * and calls between them fail at once.
 */
#ifndef SERVER_DB_DB_H
#define SERVER_DB_DB_H

#include "server/db/value.h"

/*
 * A statement is declared once, beside the functions that run it, and is prepared when a
 * connection opens. nparams and columns restate what the SQL says so that
 * tests/server/test_db_catalogue can compare them with the server's own description.
 */
struct db_stmt {
    const char *name;
    const char *sql;
    int nparams;
    const char *columns; /* result column names joined by ","; "" for none */
};
#define DB_PARAMS_MAX 32

/* All statements of one aggregate. */
struct db_catalogue {
    const char *aggregate;
    const struct db_stmt *stmts;
    size_t count;
};

/* Ends with NULL; in catalogue.c. A new aggregate is added there and nowhere else. */
extern const struct db_catalogue *const db_catalogues[];

struct db;

/*
 * Connect and prepare every statement of catalogues (NULL: none, for migrations and listeners).
 * conninfo is libpq's; what it does not say gets our defaults: a connect timeout for each host,
 * keepalives, a user timeout, target_session_attrs=read-write. The server must be PostgreSQL 15
 * or later with a UTF8 database: rules "db.version", "db.encoding".
 */
PLUMB_MUST_CHECK enum plumb_code db_open(const char *conninfo,
                                         const struct db_catalogue *const *catalogues,
                                         struct db **ret, struct plumb_err *err);
void db_close(struct db *db);
PLUMB_DEFINE_AUTO(auto_db, struct db *, db_close);

/* Borrowed, and another one after a reconnect; for tests. */
PGconn *db_raw(struct db *db);

/*
 * How long any one statement may take, 30 s at first. Of one that takes longer the connection
 * is closed (the server then stops it) and PLUMB_UNAVAILABLE, "db.timeout", returned: also when
 * the server's machine is gone without a word. Waiting for a lock is bounded by a third of it:
 * PLUMB_BUSY, "db.lock".
 */
PLUMB_MUST_CHECK enum plumb_code db_set_timeout(struct db *db, unsigned milliseconds,
                                                struct plumb_err *err);

/*
 * From now on each statement is planned once on this connection, not each time for the values
 * that it is given: right for inserts, whose plan is always the same, and wrong for lists with
 * filters. PostgreSQL left to itself plans an insert of arrays anew whenever they are short.
 */
PLUMB_MUST_CHECK enum plumb_code db_plan_once(struct db *db, struct plumb_err *err);

/* A round trip if the connection is idle; opens it anew if it was lost. */
PLUMB_MUST_CHECK enum plumb_code db_ping(struct db *db, struct plumb_err *err);

/*
 * Run a prepared statement with stmt->nparams parameters (NULL when it has none). The caller
 * owns *ret (PQclear), which is binary; ret may be NULL. SQLSTATE maps to code and rule in one
 * table, in conn.c. Outside db_txn the statement is a transaction of its own. Inside, with ret
 * NULL, it is only queued, which saves a round trip: its failure is that of a later statement
 * with a result, or of the commit, and nothing that follows it is run.
 */
PLUMB_MUST_CHECK enum plumb_code db_run(struct db *db, const struct db_stmt *stmt,
                                        const struct db_param *params, PGresult **ret,
                                        struct plumb_err *err);

/* Run SQL text as it is, several statements too: migrations and set-up. */
PLUMB_MUST_CHECK enum plumb_code db_script(struct db *db, const char *sql,
                                           struct plumb_err *err);

enum db_mode {
    DB_READ, /* one snapshot for all statements: REPEATABLE READ, READ ONLY */
    DB_WRITE /* READ COMMITTED: statements after db_log_lock see what others committed before */
};

/* How a transaction ended. */
enum db_end {
    DB_ABORTED,   /* nothing of it is there */
    DB_COMMITTED, /* all of it is durable */
    DB_UNKNOWN    /* the connection was lost during COMMIT: look before anyone is answered */
};

/*
 * Run fn in one transaction, again from the start (at most five times) when the server reports
 * a serialization failure or a deadlock. fn may run more than once, so it has no effect outside
 * the transaction that it does not undo when it begins. Not nested: rule "db.nested".
 *
 * *ret_end (may be NULL for DB_READ) is always written: DB_COMMITTED with PLUMB_OK, DB_UNKNOWN
 * with PLUMB_UNAVAILABLE and rule "db.commit-unknown", else DB_ABORTED.
 */
typedef enum plumb_code db_txn_fn(struct db *db, void *arg, struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code db_txn(struct db *db, enum db_mode mode, db_txn_fn *fn,
                                        void *arg, enum db_end *ret_end, struct plumb_err *err);

/*
 * Stop the statement that runs now, if any; from any thread. It fails with "db.cancelled".
 * Waits for the server to take notice.
 */
void db_cancel(struct db *db);

/* Listen to a channel (a constant of lower-case letters and '_'), also after reconnects. */
PLUMB_MUST_CHECK enum plumb_code db_listen(struct db *db, const char *channel,
                                           struct plumb_err *err);

/*
 * Wait until something was notified, wake_fd (-1: none) is readable, or milliseconds passed.
 * *ret says whether there may be news: a notification, or a reconnect that may have missed one.
 * A notification is a hint; the caller polls too.
 */
PLUMB_MUST_CHECK enum plumb_code db_wait(struct db *db, int milliseconds, int wake_fd,
                                         bool *ret, struct plumb_err *err);

#endif
