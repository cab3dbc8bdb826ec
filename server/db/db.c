#include "server/db/db.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "server/db/conn.h"

#define TXN_TRIES  5
#define TIMEOUT_MS 30000

enum plumb_code
db_open(const char *conninfo, const struct db_catalogue *const *catalogues, struct db **ret,
        struct plumb_err *err)
{
    PLUMB_AUTO(auto_db) struct db *db = calloc(1, sizeof *db);

    if (db == NULL)
        return plumb_fail_memory(err);
    (void)pthread_mutex_init(&db->cancel_lock, NULL);
    db->timeout_ms = TIMEOUT_MS;
    db->catalogues = catalogues;
    db->conninfo = strdup(conninfo);
    if (db->conninfo == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(conn_dial(db, err));
    *ret = PLUMB_TAKE(db);
    return PLUMB_OK;
}

void
db_close(struct db *db)
{
    if (db == NULL)
        return;
    conn_drop(db);
    (void)pthread_mutex_destroy(&db->cancel_lock);
    free(db->conninfo);
    free(db);
}

PGconn *
db_raw(struct db *db)
{
    return db->conn;
}

enum plumb_code
db_set_timeout(struct db *db, unsigned milliseconds, struct plumb_err *err)
{
    if (!db->in_txn)
        PLUMB_TRY(conn_ready(db, err));
    db->timeout_ms = milliseconds;
    return conn_set_timeouts(db, err);
}

enum plumb_code
db_plan_once(struct db *db, struct plumb_err *err)
{
    db->plan_once = true;
    PLUMB_TRY(conn_ready(db, err));
    return conn_set_planning(db, err);
}

enum plumb_code
db_ping(struct db *db, struct plumb_err *err)
{
    return db_script(db, "SELECT", err);
}

enum plumb_code
db_script(struct db *db, const char *sql, struct plumb_err *err)
{
    if (!db->in_txn)
        PLUMB_TRY(conn_ready(db, err));
    return conn_command(db, sql, "script", NULL, err);
}

enum plumb_code
db_run(struct db *db, const struct db_stmt *stmt, const struct db_param *params, PGresult **ret,
       struct plumb_err *err)
{
    const char *values[DB_PARAMS_MAX] = { NULL };
    int lengths[DB_PARAMS_MAX] = { 0 }, formats[DB_PARAMS_MAX] = { 0 };
    char text[DB_PARAMS_MAX][24];

    if (stmt->nparams > DB_PARAMS_MAX)
        return plumb_fail(err, PLUMB_INTERNAL, "db.value", stmt->name, "too many parameters");
    for (int i = 0; i < stmt->nparams; i++) {
        size_t len = params[i].len;

        values[i] = params[i].data;
        switch (params[i].kind) {
        case DB_NULL:
        case DB_TEXT:
            break;
        case DB_LIST:
            /* the list is ours to finish: only its header is written */
            values[i] = (const char *)db_list_encode((struct db_list *)params[i].data, &len);
            /* fallthrough */
        case DB_BINARY:
            if (len > INT32_MAX)
                return plumb_fail(err, PLUMB_TOO_LARGE, "db.value", stmt->name,
                                  "a value of over 2 GiB");
            lengths[i] = (int)len;
            formats[i] = 1;
            break;
        case DB_INT:
            (void)snprintf(text[i], sizeof text[i], "%lld", (long long)params[i].i);
            values[i] = text[i];
            break;
        case DB_TIME:
            if (params[i].i == PLUMB_TIME_NEVER)
                memcpy(text[i], "infinity", sizeof "infinity");
            else
                plumb_time_text(params[i].i, text[i]);
            values[i] = text[i];
            break;
        }
    }
    if (db->in_txn)
        PLUMB_TRY(conn_enter(db, stmt->name, err));
    else
        PLUMB_TRY(conn_ready(db, err));
    if (!PQsendQueryPrepared(db->conn, stmt->name, stmt->nparams, values, lengths, formats, 1))
        return conn_fail(db, stmt->name, err);
    if (!db->in_txn)
        return conn_collect(db, stmt->name, ret, err);
    conn_queued(db, stmt->name);
    return ret == NULL ? PLUMB_OK : conn_settle(db, ret, err);
}

/* COMMIT, and what became of it. */
static enum plumb_code
commit(struct db *db, enum db_end *ret_end, struct plumb_err *err)
{
    PLUMB_AUTO(db_auto_result) PGresult *res = NULL;
    enum plumb_code code = conn_queue_sql(db, "COMMIT", err);

    if (code == PLUMB_OK)
        code = conn_leave(db, &res, err);
    if (code == PLUMB_OK && strcmp(PQcmdStatus(res), "COMMIT") == 0) {
        *ret_end = DB_COMMITTED;
        return PLUMB_OK;
    }
    if (code == PLUMB_OK) /* the server says ROLLBACK: a statement failed and fn hid it */
        return plumb_fail(err, PLUMB_INTERNAL, "db.internal", "COMMIT",
                          "the transaction had failed before its commit");
    if (conn_ok(db))
        return code; /* said so by a server that is still there: nothing was committed */
    *ret_end = DB_UNKNOWN;
    return plumb_fail(err, PLUMB_UNAVAILABLE, "db.commit-unknown", "COMMIT",
                      "the connection was lost during the commit");
}

static enum plumb_code
attempt(struct db *db, enum db_mode mode, db_txn_fn *fn, void *arg, enum db_end *ret_end,
        struct plumb_err *err)
{
    const char *begin = mode == DB_READ ? "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
                                        : "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
    enum plumb_code code;

    PLUMB_TRY(conn_ready(db, err));
    code = conn_queue_sql(db, begin, err);
    if (code == PLUMB_OK) {
        db->in_txn = true;
        code = fn(db, arg, err);
        if (code == PLUMB_OK)
            code = commit(db, ret_end, err);
        db->in_txn = false;
    }
    if (code == PLUMB_OK)
        return PLUMB_OK;
    bool retry = db->retry;
    if (conn_ok(db))
        (void)conn_leave(db, NULL, NULL);
    if (conn_ok(db) && PQtransactionStatus(db->conn) != PQTRANS_IDLE &&
        conn_command(db, "ROLLBACK", "ROLLBACK", NULL, NULL) != PLUMB_OK)
        conn_drop(db);
    db->retry = retry;
    return code;
}

enum plumb_code
db_txn(struct db *db, enum db_mode mode, db_txn_fn *fn, void *arg, enum db_end *ret_end,
       struct plumb_err *err)
{
    enum plumb_code code = PLUMB_INTERNAL;
    enum db_end end = DB_ABORTED;

    if (ret_end != NULL)
        *ret_end = DB_ABORTED;
    if (db->in_txn)
        return plumb_fail(err, PLUMB_INTERNAL, "db.nested", "", "a transaction in another");
    for (int tries = 0; tries < TXN_TRIES; tries++) {
        db->retry = false;
        code = attempt(db, mode, fn, arg, &end, err);
        if (code == PLUMB_OK || !db->retry || end == DB_UNKNOWN)
            break;
    }
    if (ret_end != NULL)
        *ret_end = end;
    return code;
}

void
db_cancel(struct db *db)
{
    char why[256];

    pthread_mutex_lock(&db->cancel_lock);
    if (db->cancel != NULL)
        (void)PQcancel(db->cancel, why, sizeof why);
    pthread_mutex_unlock(&db->cancel_lock);
}

enum plumb_code
db_listen(struct db *db, const char *channel, struct plumb_err *err)
{
    size_t i = 0;
    char sql[80];

    while (i < CHANNELS_MAX && db->channels[i] != NULL)
        i++;
    if (i == CHANNELS_MAX || channel[0] == '\0' || strlen(channel) > 63 ||
        channel[strspn(channel, "abcdefghijklmnopqrstuvwxyz_")] != '\0')
        return plumb_fail(err, PLUMB_INTERNAL, "db.channel", channel, "cannot listen to this");
    PLUMB_TRY(conn_ready(db, err));
    (void)snprintf(sql, sizeof sql, "LISTEN %s", channel);
    PLUMB_TRY(conn_command(db, sql, "LISTEN", NULL, err));
    db->channels[i] = channel;
    return PLUMB_OK;
}

/* Drains what has been notified; true if anything was, or may have been. */
static bool
notified(struct db *db)
{
    bool any = db->missed;
    PGnotify *n;

    db->missed = false;
    while ((n = PQnotifies(db->conn)) != NULL) {
        PQfreemem(n);
        any = true;
    }
    return any;
}

enum plumb_code
db_wait(struct db *db, int milliseconds, int wake_fd, bool *ret, struct plumb_err *err)
{
    int64_t deadline = conn_now_ms() + milliseconds, left;

    PLUMB_TRY(conn_ready(db, err));
    for (;;) {
        if (notified(db)) {
            *ret = true;
            return PLUMB_OK;
        }
        struct pollfd p[2] = { { .fd = PQsocket(db->conn), .events = POLLIN },
                               { .fd = wake_fd, .events = POLLIN } };
        left = deadline - conn_now_ms();
        int n = left <= 0 ? 0 : poll(p, 2, (int)left);
        if (n == 0 || (n > 0 && p[1].revents != 0)) {
            *ret = false;
            return PLUMB_OK;
        }
        if (n > 0 && !PQconsumeInput(db->conn))
            return conn_fail(db, "", err);
    }
}
