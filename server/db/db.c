#include "server/db/db.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define TXN_TRIES      5
#define CHANNELS_MAX   4
#define TIMEOUT_MS     30000
#define RETRY_FIRST_MS 50
#define RETRY_MAX_MS   1000
#define VERSION_MIN    150000

struct db {
    char *conninfo;
    const struct db_catalogue *const *catalogues;
    PGconn *conn; /* NULL or BAD when lost */
    const char *channels[CHANNELS_MAX];
    unsigned timeout_ms;
    int64_t retry_at; /* no attempt to connect before this, by the monotonic clock */
    int64_t retry_ms;
    bool in_txn;
    bool retry;   /* the last error was one that a fresh transaction may cure */
    bool closing; /* by the server */
    bool missed;  /* reconnected: notifications may have been lost */
    pthread_mutex_t cancel_lock;
    PGcancel *cancel;
};

enum { RETRY = 1, RECONNECT = 2 };

/* The only place that turns SQLSTATE into our codes. The first prefix that fits decides. */
static const struct {
    const char *prefix;
    enum plumb_code code;
    const char *rule;
    int flags;
} sqlstates[] = {
    { "40001", PLUMB_CONFLICT, "db.conflict", RETRY }, /* serialization_failure */
    { "40P01", PLUMB_CONFLICT, "db.conflict", RETRY }, /* deadlock_detected */
    { "PL001", PLUMB_REFUSED, "db.append-only", 0 },   /* ours: migrations/0001_log.sql */
    { "PL002", PLUMB_CONFLICT, "db.contiguous", 0 },   /* ours */
    { "PL003", PLUMB_REFUSED, "db.time-order", 0 },    /* ours */
    { "23505", PLUMB_CONFLICT, "db.unique", 0 },       /* unique_violation */
    { "23", PLUMB_INVALID, "db.constraint", 0 },       /* other integrity constraints */
    { "22", PLUMB_INVALID, "db.data", 0 },             /* data exception */
    { "25006", PLUMB_UNAVAILABLE, "db.unavailable", RECONNECT }, /* now a standby */
    { "26", PLUMB_UNAVAILABLE, "db.unavailable", RECONNECT },    /* prepared statement gone */
    { "42501", PLUMB_INTERNAL, "db.privilege", 0 },              /* insufficient_privilege */
    { "42", PLUMB_INTERNAL, "db.schema", 0 },                    /* undefined table, syntax */
    { "53100", PLUMB_UNAVAILABLE, "db.disk-full", 0 },           /* disk_full */
    { "53", PLUMB_UNAVAILABLE, "db.resources", 0 },              /* insufficient resources */
    { "55P03", PLUMB_BUSY, "db.lock", 0 },                       /* lock_not_available */
    { "57014", PLUMB_UNAVAILABLE, "db.cancelled", 0 },           /* query_canceled */
    { "57", PLUMB_UNAVAILABLE, "db.unavailable", 0 },            /* shutting down */
    { "08", PLUMB_UNAVAILABLE, "db.unavailable", 0 },            /* connection exception */
    { "25P03", PLUMB_UNAVAILABLE, "db.unavailable", 0 }, /* idle_in_transaction timeout */
    { "58", PLUMB_UNAVAILABLE, "db.io", 0 },             /* system error */
    { "", PLUMB_INTERNAL, "db.internal", 0 },
};

static int64_t
now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
drop(struct db *db)
{
    pthread_mutex_lock(&db->cancel_lock);
    PQfreeCancel(db->cancel);
    db->cancel = NULL;
    pthread_mutex_unlock(&db->cancel_lock);
    PQfinish(db->conn);
    db->conn = NULL;
}

/* The first line of libpq's message about the connection. */
static enum plumb_code
conn_fail(struct db *db, const char *where, struct plumb_err *err)
{
    const char *text = db->conn ? PQerrorMessage(db->conn) : "connection lost";
    int len = (int)strcspn(text, "\n");

    return plumb_fail(err, PLUMB_UNAVAILABLE, "db.unavailable", where, "%.*s",
                      len > 0 ? len : 15, len > 0 ? text : "connection lost");
}

static enum plumb_code
result_fail(struct db *db, const char *where, const PGresult *res, struct plumb_err *err)
{
    const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
    const char *text = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
    size_t i = 0;

    if (state == NULL) /* made up by libpq, not sent by a server */
        return conn_fail(db, where, err);
    while (strncmp(state, sqlstates[i].prefix, strlen(sqlstates[i].prefix)) != 0)
        i++;
    db->retry = (sqlstates[i].flags & RETRY) != 0;
    if (sqlstates[i].flags & RECONNECT)
        drop(db);
    return plumb_fail(err, sqlstates[i].code, sqlstates[i].rule, where, "%s (SQLSTATE %s)",
                      text ? text : "no message", state);
}

/* One poll; false when the deadline has passed. */
static bool
wait_io(struct db *db, short events, int64_t deadline, short *ret_events)
{
    struct pollfd p = { .fd = PQsocket(db->conn), .events = events };
    int64_t left = deadline - now_ms();
    int n = left <= 0 ? 0 : poll(&p, 1, (int)left);

    *ret_events = n > 0 ? p.revents : 0;
    return n > 0 || (n < 0 && errno == EINTR);
}

/*
 * After a PQsend: the last result, or the first that is an error. libpq's own waits have no
 * limit, so the waiting is done here.
 */
static enum plumb_code
collect(struct db *db, const char *where, PGresult **ret, struct plumb_err *err)
{
    PLUMB_AUTO(db_auto_result) PGresult *last = NULL;
    int64_t deadline = now_ms() + db->timeout_ms;

    for (;;) {
        int unsent = PQflush(db->conn);
        if (unsent >= 0 && (unsent > 0 || PQisBusy(db->conn))) {
            short got;
            if (!wait_io(db, unsent > 0 ? POLLIN | POLLOUT : POLLIN, deadline, &got)) {
                drop(db); /* no PQcancel: a server that hangs would hang us too */
                return plumb_fail(err, PLUMB_UNAVAILABLE, "db.timeout", where,
                                  "no answer from the database in %u ms", db->timeout_ms);
            }
            if ((got & ~POLLOUT) == 0 || PQconsumeInput(db->conn))
                continue;
        }
        /* Here nothing blocks: the result is complete, or the connection is lost. */
        PGresult *res = PQgetResult(db->conn);
        if (res == NULL)
            break;
        ExecStatusType was = last ? PQresultStatus(last) : PGRES_COMMAND_OK;
        if (was != PGRES_COMMAND_OK && was != PGRES_TUPLES_OK) {
            PQclear(res);
        } else {
            PQclear(last);
            last = res;
        }
        if (PQresultStatus(last) == PGRES_COPY_IN || PQresultStatus(last) == PGRES_COPY_OUT) {
            drop(db);
            return plumb_fail(err, PLUMB_INTERNAL, "db.copy", where, "COPY is not for us");
        }
    }
    ExecStatusType st = PQresultStatus(last);
    if (last == NULL || (st != PGRES_COMMAND_OK && st != PGRES_TUPLES_OK))
        return result_fail(db, where, last, err);
    if (ret != NULL)
        *ret = PLUMB_TAKE(last);
    return PLUMB_OK;
}

static enum plumb_code
command(struct db *db, const char *sql, const char *where, PGresult **ret,
        struct plumb_err *err)
{
    if (!PQsendQuery(db->conn, sql))
        return conn_fail(db, where, err);
    return collect(db, where, ret, err);
}

static enum plumb_code
prepare_all(struct db *db, struct plumb_err *err)
{
    for (size_t c = 0; db->catalogues != NULL && db->catalogues[c] != NULL; c++) {
        for (size_t i = 0; i < db->catalogues[c]->count; i++) {
            const struct db_stmt *s = &db->catalogues[c]->stmts[i];

            if (!PQsendPrepare(db->conn, s->name, s->sql, 0, NULL))
                return conn_fail(db, s->name, err);
            PLUMB_TRY(collect(db, s->name, NULL, err));
        }
    }
    return PLUMB_OK;
}

static enum plumb_code
set_timeouts(struct db *db, struct plumb_err *err)
{
    char sql[64];

    (void)snprintf(sql, sizeof sql, "SET lock_timeout = %u", db->timeout_ms / 3);
    return command(db, sql, "lock_timeout", NULL, err);
}

/* A forgotten transaction must not hold the writers' lock, nor a dead client its statement. */
static const char session_sql[] = "SET search_path = plumb, pg_temp;"
                                  " SET TimeZone = 'UTC';"
                                  " SET client_min_messages = warning;"
                                  " SET idle_in_transaction_session_timeout = '60s';"
                                  " SET client_connection_check_interval = '5s';"
                                  " SELECT set_config('synchronous_commit', 'on', false)"
                                  " WHERE current_setting('synchronous_commit') = 'off'";

static enum plumb_code
set_up(struct db *db, struct plumb_err *err)
{
    const char *encoding = PQparameterStatus(db->conn, "server_encoding");

    if (PQserverVersion(db->conn) < VERSION_MIN)
        return plumb_fail(err, PLUMB_UNSUPPORTED, "db.version", "",
                          "PostgreSQL 15 or later is needed, this is %d",
                          PQserverVersion(db->conn) / 10000);
    if (encoding == NULL || strcmp(encoding, "UTF8") != 0)
        return plumb_fail(err, PLUMB_UNSUPPORTED, "db.encoding", "",
                          "the database's encoding is %s, make it UTF8",
                          encoding ? encoding : "unknown");
    if (PQsetnonblocking(db->conn, 1) != 0)
        return conn_fail(db, "", err);
    PLUMB_TRY(command(db, session_sql, "session", NULL, err));
    PLUMB_TRY(set_timeouts(db, err));
    PLUMB_TRY(prepare_all(db, err));
    for (size_t i = 0; i < CHANNELS_MAX && db->channels[i] != NULL; i++) {
        char sql[80];
        (void)snprintf(sql, sizeof sql, "LISTEN %s", db->channels[i]);
        PLUMB_TRY(command(db, sql, "LISTEN", NULL, err));
    }
    return PLUMB_OK;
}

/* An idle connection that the server closes is told why by a notice. */
static void
take_notice(void *arg, const PGresult *res)
{
    const char *severity = PQresultErrorField(res, PG_DIAG_SEVERITY_NONLOCALIZED);

    if (severity != NULL && (strcmp(severity, "FATAL") == 0 || strcmp(severity, "PANIC") == 0))
        ((struct db *)arg)->closing = true;
}

/* Later keywords win, and conninfo, expanded in its place, wins over what stands before it. */
static enum plumb_code
dial(struct db *db, struct plumb_err *err)
{
    static const char *const keys[] = { "connect_timeout",
                                        "keepalives",
                                        "keepalives_idle",
                                        "keepalives_interval",
                                        "keepalives_count",
                                        "tcp_user_timeout",
                                        "target_session_attrs",
                                        "fallback_application_name",
                                        "dbname",
                                        "client_encoding",
                                        NULL };
    const char *const values[] = { "10",         "1",      "30",         "5",    "3", "20000",
                                   "read-write", "plumbd", db->conninfo, "UTF8", NULL };

    drop(db);
    db->closing = false;
    db->conn = PQconnectdbParams(keys, values, 1);
    if (db->conn == NULL)
        return plumb_fail_memory(err);
    if (PQstatus(db->conn) != CONNECTION_OK)
        return conn_fail(db, "", err);
    (void)PQsetNoticeReceiver(db->conn, take_notice, db);
    PLUMB_TRY(set_up(db, err));
    pthread_mutex_lock(&db->cancel_lock);
    db->cancel = PQgetCancel(db->conn);
    pthread_mutex_unlock(&db->cancel_lock);
    return PLUMB_OK;
}

/* Before anything is sent outside a transaction. */
static enum plumb_code
connected(struct db *db, struct plumb_err *err)
{
    struct pollfd p = { .fd = PQsocket(db->conn), .events = POLLIN };

    /* An idle connection with something to read has a notification, or has been closed. */
    if (PQstatus(db->conn) == CONNECTION_OK && poll(&p, 1, 0) > 0)
        (void)PQconsumeInput(db->conn);
    (void)PQisBusy(db->conn); /* parses what was read */
    if (PQstatus(db->conn) == CONNECTION_OK && !db->closing)
        return PLUMB_OK;
    if (now_ms() < db->retry_at)
        return plumb_fail(err, PLUMB_UNAVAILABLE, "db.unavailable", "",
                          "the database is away, trying again soon");
    enum plumb_code code = dial(db, err);
    if (code == PLUMB_OK) {
        db->retry_ms = RETRY_FIRST_MS;
        db->missed = true;
        return PLUMB_OK;
    }
    drop(db);
    db->retry_at = now_ms() + db->retry_ms;
    db->retry_ms = db->retry_ms * 2 < RETRY_MAX_MS ? db->retry_ms * 2 : RETRY_MAX_MS;
    return code;
}

enum plumb_code
db_open(const char *conninfo, const struct db_catalogue *const *catalogues, struct db **ret,
        struct plumb_err *err)
{
    PLUMB_AUTO(auto_db) struct db *db = calloc(1, sizeof *db);

    if (db == NULL)
        return plumb_fail_memory(err);
    (void)pthread_mutex_init(&db->cancel_lock, NULL);
    db->timeout_ms = TIMEOUT_MS;
    db->retry_ms = RETRY_FIRST_MS;
    db->catalogues = catalogues;
    db->conninfo = strdup(conninfo);
    if (db->conninfo == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(dial(db, err));
    *ret = PLUMB_TAKE(db);
    return PLUMB_OK;
}

void
db_close(struct db *db)
{
    if (db == NULL)
        return;
    drop(db);
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
    db->timeout_ms = milliseconds;
    if (!db->in_txn)
        PLUMB_TRY(connected(db, err));
    return set_timeouts(db, err);
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
        PLUMB_TRY(connected(db, err));
    return command(db, sql, "script", NULL, err);
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
    if (!db->in_txn)
        PLUMB_TRY(connected(db, err));
    if (!PQsendQueryPrepared(db->conn, stmt->name, stmt->nparams, values, lengths, formats, 1))
        return conn_fail(db, stmt->name, err);
    return collect(db, stmt->name, ret, err);
}

/* COMMIT, and what became of it. */
static enum plumb_code
commit(struct db *db, enum db_end *ret_end, struct plumb_err *err)
{
    PLUMB_AUTO(db_auto_result) PGresult *res = NULL;
    enum plumb_code code = command(db, "COMMIT", "COMMIT", &res, err);

    if (code == PLUMB_OK && strcmp(PQcmdStatus(res), "COMMIT") == 0) {
        *ret_end = DB_COMMITTED;
        return PLUMB_OK;
    }
    if (code == PLUMB_OK) /* the server says ROLLBACK: a statement failed and fn hid it */
        return plumb_fail(err, PLUMB_INTERNAL, "db.internal", "COMMIT",
                          "the transaction had failed before its commit");
    if (PQstatus(db->conn) == CONNECTION_OK && PQtransactionStatus(db->conn) == PQTRANS_IDLE)
        return code; /* said so by a server that is still there: nothing was committed */
    *ret_end = DB_UNKNOWN;
    drop(db);
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

    PLUMB_TRY(connected(db, err));
    code = command(db, begin, "BEGIN", NULL, err);
    if (code == PLUMB_OK) {
        db->in_txn = true;
        code = fn(db, arg, err);
        db->in_txn = false;
        if (code == PLUMB_OK)
            return commit(db, ret_end, err);
    }
    bool retry = db->retry;
    if (PQstatus(db->conn) == CONNECTION_OK && PQtransactionStatus(db->conn) != PQTRANS_IDLE &&
        command(db, "ROLLBACK", "ROLLBACK", NULL, NULL) != PLUMB_OK)
        drop(db);
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
    PLUMB_TRY(connected(db, err));
    (void)snprintf(sql, sizeof sql, "LISTEN %s", channel);
    PLUMB_TRY(command(db, sql, "LISTEN", NULL, err));
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
    int64_t deadline = now_ms() + milliseconds, left;

    PLUMB_TRY(connected(db, err));
    for (;;) {
        if (notified(db)) {
            *ret = true;
            return PLUMB_OK;
        }
        struct pollfd p[2] = { { .fd = PQsocket(db->conn), .events = POLLIN },
                               { .fd = wake_fd, .events = POLLIN } };
        left = deadline - now_ms();
        int n = left <= 0 ? 0 : poll(p, 2, (int)left);
        if (n == 0 || (n > 0 && p[1].revents != 0)) {
            *ret = false;
            return PLUMB_OK;
        }
        if (n > 0 && !PQconsumeInput(db->conn))
            return conn_fail(db, "", err);
    }
}
