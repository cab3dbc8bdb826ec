#include "server/db/conn.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define RETRY_FIRST_MS 50
#define RETRY_MAX_MS   1000
#define VERSION_MIN    150000

enum { RETRY = 1, RECONNECT = 2 };

/* The only place that turns SQLSTATE into our codes. The first prefix that fits decides. */
static const struct {
    const char *prefix;
    const char *rule;
    enum plumb_code code;
    int flags;
} sqlstates[] = {
    { "40001", "db.conflict", PLUMB_CONFLICT, RETRY }, /* serialization_failure */
    { "40P01", "db.conflict", PLUMB_CONFLICT, RETRY }, /* deadlock_detected */
    { "PL001", "db.append-only", PLUMB_REFUSED, 0 },   /* ours: migrations/0001_log.sql */
    { "PL002", "db.contiguous", PLUMB_CONFLICT, 0 },   /* ours */
    { "PL003", "db.time-order", PLUMB_REFUSED, 0 },    /* ours */
    { "23505", "db.unique", PLUMB_CONFLICT, 0 },       /* unique_violation */
    { "23", "db.constraint", PLUMB_INVALID, 0 },       /* other integrity constraints */
    { "22", "db.data", PLUMB_INVALID, 0 },             /* data exception */
    { "25006", "db.unavailable", PLUMB_UNAVAILABLE, RECONNECT }, /* now a standby */
    { "26", "db.unavailable", PLUMB_UNAVAILABLE, RECONNECT },    /* prepared statement gone */
    { "42501", "db.privilege", PLUMB_INTERNAL, 0 },              /* insufficient_privilege */
    { "42", "db.schema", PLUMB_INTERNAL, 0 },                    /* undefined table, syntax */
    { "53100", "db.disk-full", PLUMB_UNAVAILABLE, 0 },           /* disk_full */
    { "53", "db.resources", PLUMB_UNAVAILABLE, 0 },              /* insufficient resources */
    { "55P03", "db.lock", PLUMB_BUSY, 0 },                       /* lock_not_available */
    { "57014", "db.cancelled", PLUMB_UNAVAILABLE, 0 },           /* query_canceled */
    { "57", "db.unavailable", PLUMB_UNAVAILABLE, 0 },            /* shutting down */
    { "08", "db.unavailable", PLUMB_UNAVAILABLE, 0 },            /* connection exception */
    { "25P03", "db.unavailable", PLUMB_UNAVAILABLE, 0 }, /* idle_in_transaction timeout */
    { "58", "db.io", PLUMB_UNAVAILABLE, 0 },             /* system error */
    { "", "db.internal", PLUMB_INTERNAL, 0 },
};

int64_t
conn_now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void
conn_drop(struct db *db)
{
    pthread_mutex_lock(&db->cancel_lock);
    PQfreeCancel(db->cancel);
    db->cancel = NULL;
    pthread_mutex_unlock(&db->cancel_lock);
    PQfinish(db->conn);
    db->conn = NULL;
    db->queued = 0;
}

bool
conn_ok(const struct db *db)
{
    return PQstatus(db->conn) == CONNECTION_OK;
}

/* The first line of libpq's message about the connection. */
enum plumb_code
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

    if (PQresultStatus(res) == PGRES_PIPELINE_ABORTED)
        return plumb_fail(err, PLUMB_INTERNAL, "db.internal", where,
                          "an earlier statement of the transaction has failed");
    if (state == NULL) /* made up by libpq, not sent by a server */
        return conn_fail(db, where, err);
    while (strncmp(state, sqlstates[i].prefix, strlen(sqlstates[i].prefix)) != 0)
        i++;
    db->retry = (sqlstates[i].flags & RETRY) != 0;
    if (sqlstates[i].flags & RECONNECT)
        db->closing = true;
    return plumb_fail(err, sqlstates[i].code, sqlstates[i].rule, where, "%s (SQLSTATE %s)",
                      text ? text : "no message", state);
}

/* One poll; false when the deadline has passed. */
static bool
wait_io(struct db *db, short events, int64_t deadline, short *ret_events)
{
    struct pollfd p = { .fd = PQsocket(db->conn), .events = events };
    int64_t left = deadline - conn_now_ms();
    int n = left <= 0 ? 0 : poll(&p, 1, (int)left);

    *ret_events = (short)(n > 0 ? p.revents : 0);
    return n > 0 || (n < 0 && errno == EINTR);
}

static bool
is_good(const PGresult *res)
{
    ExecStatusType st = PQresultStatus(res);

    return st == PGRES_COMMAND_OK || st == PGRES_TUPLES_OK || st == PGRES_PIPELINE_SYNC;
}

/*
 * The last result of one statement, or the first that is an error; NULL when the connection is
 * lost. libpq's own waits have no limit, so the waiting is done here.
 */
static enum plumb_code
collect_until(struct db *db, const char *where, int64_t deadline, PGresult **ret,
              struct plumb_err *err)
{
    PLUMB_AUTO(db_auto_result) PGresult *last = NULL;

    for (;;) {
        int unsent = PQflush(db->conn);
        if (unsent >= 0 && (unsent > 0 || PQisBusy(db->conn))) {
            short got;
            if (!wait_io(db, unsent > 0 ? (short)(POLLIN | POLLOUT) : POLLIN, deadline, &got)) {
                conn_drop(db); /* no PQcancel: a server that hangs would hang us too */
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
        if (last != NULL && !is_good(last)) {
            PQclear(res);
            continue;
        }
        PQclear(last);
        last = res;
        ExecStatusType st = PQresultStatus(res);
        if (st == PGRES_PIPELINE_SYNC)
            break;
        if (st == PGRES_COPY_IN || st == PGRES_COPY_OUT || st == PGRES_COPY_BOTH) {
            conn_drop(db);
            return plumb_fail(err, PLUMB_INTERNAL, "db.internal", where, "COPY is not for us");
        }
    }
    if (last == NULL || !is_good(last))
        return result_fail(db, where, last, err);
    if (ret != NULL) {
        PQclear(*ret);
        *ret = PLUMB_TAKE(last);
    }
    return PLUMB_OK;
}

enum plumb_code
conn_collect(struct db *db, const char *where, PGresult **ret, struct plumb_err *err)
{
    PLUMB_AUTO(db_auto_result) PGresult *res = NULL;

    PLUMB_TRY(collect_until(db, where, conn_now_ms() + db->timeout_ms, &res, err));
    if (ret != NULL)
        *ret = PLUMB_TAKE(res);
    return PLUMB_OK;
}

enum plumb_code
conn_enter(struct db *db, const char *where, struct plumb_err *err)
{
    if (PQpipelineStatus(db->conn) == PQ_PIPELINE_OFF && !PQenterPipelineMode(db->conn))
        return conn_fail(db, where, err);
    return db->queued == QUEUE_MAX ? conn_settle(db, NULL, err) : PLUMB_OK;
}

void
conn_queued(struct db *db, const char *name)
{
    db->queue[db->queued++] = name;
}

enum plumb_code
conn_queue_sql(struct db *db, const char *sql, struct plumb_err *err)
{
    PLUMB_TRY(conn_enter(db, sql, err));
    if (!PQsendQueryParams(db->conn, sql, 0, NULL, NULL, NULL, NULL, 1))
        return conn_fail(db, sql, err);
    conn_queued(db, sql);
    return PLUMB_OK;
}

/* Reads an answer for each in the queue, the failed and the skipped too. */
static enum plumb_code
settle(struct db *db, PGresult **ret, struct plumb_err *err)
{
    PLUMB_AUTO(db_auto_result) PGresult *last = NULL;
    int64_t deadline = conn_now_ms() + db->timeout_ms;
    enum plumb_code first = PLUMB_OK, code;

    for (size_t i = 0; i < db->queued && db->conn != NULL; i++) {
        code = collect_until(db, db->queue[i], deadline, &last, first == PLUMB_OK ? err : NULL);
        if (first == PLUMB_OK)
            first = code;
    }
    db->queued = 0;
    if (first == PLUMB_OK && ret != NULL)
        *ret = PLUMB_TAKE(last);
    return first;
}

enum plumb_code
conn_settle(struct db *db, PGresult **ret, struct plumb_err *err)
{
    if (db->queued == 0)
        return PLUMB_OK;
    if (!PQsendFlushRequest(db->conn)) {
        db->queued = 0;
        return conn_fail(db, "flush", err);
    }
    return settle(db, ret, err);
}

enum plumb_code
conn_leave(struct db *db, PGresult **ret, struct plumb_err *err)
{
    enum plumb_code code;

    if (PQpipelineStatus(db->conn) == PQ_PIPELINE_OFF)
        return PLUMB_OK;
    if (!PQpipelineSync(db->conn)) {
        code = conn_fail(db, "sync", err);
        conn_drop(db);
        return code;
    }
    code = settle(db, ret, err);
    if (!conn_ok(db) ||
        conn_collect(db, "sync", NULL, code == PLUMB_OK ? err : NULL) != PLUMB_OK ||
        !PQexitPipelineMode(db->conn)) {
        if (code == PLUMB_OK)
            code = conn_fail(db, "sync", err);
        conn_drop(db);
    }
    return code;
}

enum plumb_code
conn_command(struct db *db, const char *sql, const char *where, PGresult **ret,
             struct plumb_err *err)
{
    PLUMB_TRY(conn_leave(db, NULL, err));
    if (!PQsendQuery(db->conn, sql))
        return conn_fail(db, where, err);
    return conn_collect(db, where, ret, err);
}

static enum plumb_code
prepare_all(struct db *db, struct plumb_err *err)
{
    for (size_t c = 0; db->catalogues != NULL && db->catalogues[c] != NULL; c++) {
        for (size_t i = 0; i < db->catalogues[c]->count; i++) {
            const struct db_stmt *s = &db->catalogues[c]->stmts[i];

            PLUMB_TRY(conn_enter(db, s->name, err));
            if (!PQsendPrepare(db->conn, s->name, s->sql, 0, NULL))
                return conn_fail(db, s->name, err);
            conn_queued(db, s->name);
        }
    }
    return conn_leave(db, NULL, err);
}

enum plumb_code
conn_set_timeouts(struct db *db, struct plumb_err *err)
{
    char sql[64];

    (void)snprintf(sql, sizeof sql, "SET lock_timeout = %u", db->timeout_ms / 3);
    return conn_command(db, sql, "lock_timeout", NULL, err);
}

enum plumb_code
conn_set_planning(struct db *db, struct plumb_err *err)
{
    return db->plan_once ? conn_command(db, "SET plan_cache_mode = force_generic_plan",
                                        "plan_cache_mode", NULL, err)
                         : PLUMB_OK;
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
    PLUMB_TRY(conn_command(db, session_sql, "session", NULL, err));
    PLUMB_TRY(conn_set_timeouts(db, err));
    PLUMB_TRY(conn_set_planning(db, err));
    PLUMB_TRY(prepare_all(db, err));
    for (size_t i = 0; i < CHANNELS_MAX && db->channels[i] != NULL; i++) {
        char sql[80];
        (void)snprintf(sql, sizeof sql, "LISTEN %s", db->channels[i]);
        PLUMB_TRY(conn_command(db, sql, "LISTEN", NULL, err));
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
enum plumb_code
conn_dial(struct db *db, struct plumb_err *err)
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

    conn_drop(db);
    db->closing = false;
    db->conn = PQconnectdbParams(keys, values, 1);
    if (db->conn == NULL)
        return plumb_fail_memory(err);
    if (!conn_ok(db))
        return conn_fail(db, "", err);
    (void)PQsetNoticeReceiver(db->conn, take_notice, db);
    PLUMB_TRY(set_up(db, err));
    pthread_mutex_lock(&db->cancel_lock);
    db->cancel = PQgetCancel(db->conn);
    pthread_mutex_unlock(&db->cancel_lock);
    return PLUMB_OK;
}

/* Before anything is sent outside a transaction. */
enum plumb_code
conn_ready(struct db *db, struct plumb_err *err)
{
    struct pollfd p = { .fd = PQsocket(db->conn), .events = POLLIN };

    /* An idle connection with something to read has a notification, or has been closed. */
    if (conn_ok(db) && poll(&p, 1, 0) > 0)
        (void)PQconsumeInput(db->conn);
    (void)PQisBusy(db->conn); /* parses what was read */
    if (conn_ok(db) && !db->closing)
        return PLUMB_OK;
    if (conn_now_ms() < db->retry_at)
        return plumb_fail(err, PLUMB_UNAVAILABLE, "db.unavailable", "",
                          "the database is away, trying again soon");
    enum plumb_code code = conn_dial(db, err);
    if (code == PLUMB_OK) {
        db->retry_ms = 0;
        db->missed = true;
        return PLUMB_OK;
    }
    conn_drop(db);
    db->retry_ms = db->retry_ms == 0                 ? RETRY_FIRST_MS
                   : db->retry_ms * 2 < RETRY_MAX_MS ? db->retry_ms * 2
                                                     : RETRY_MAX_MS;
    db->retry_at = conn_now_ms() + db->retry_ms;
    return code;
}
