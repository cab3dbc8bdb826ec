#include "server/cluster.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "server/db/db.h"
#include "server/pgdir.h"
#include "server/spawn.h"

#define DATABASE       "plumbline"
#define SETTINGS_MAX   32
#define LINE_MAX_BYTES 1024
#define BACKOFF_MS     100
#define BACKOFF_MAX_MS 10000
#define FIRST_TRIES    5 /* a predecessor's last processes may hold its memory for a moment */
#define HEALTHY_MS     60000
#define START_S        300 /* recovery after a crash included */
#define STOP_FAST_MS   60000
#define STOP_HARD_MS   10000

enum state { STARTING, READY, DOWN, FAILED };

struct cluster {
    struct pgdir at;
    char admin[256], owner[256], serving[256];
    char values[8][PATH_MAX + 64]; /* settings made of paths */
    const char *argv[8 + 2 * 48 + 2 * SETTINGS_MAX];
    void (*log)(void *arg, const char *line);
    void *arg;

    pthread_t thread;
    int stop_fd; /* an eventfd: the thread is to stop */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    /* under mutex */
    enum state state;
    pid_t pid;
    unsigned starts;
    char last[256]; /* of the log, for an error */

    /* the thread's */
    int out; /* PostgreSQL's output */
    char line[LINE_MAX_BYTES];
    size_t line_len;
};

/* Durability first; then what a small log-like database likes. The caller's come after. */
static const char *const fixed[] = {
    "listen_addresses=",
    "port=5432",
    "unix_socket_permissions=0700",
    "fsync=on",
    "full_page_writes=on",
    "synchronous_commit=on",
    "max_connections=100",
    "max_wal_size=2GB",
    "checkpoint_timeout=15min",
    "wal_buffers=16MB",
    "random_page_cost=1.1",
    "jit=off",
    "timezone=UTC",
    "log_timezone=UTC",
    "log_destination=stderr",
    "logging_collector=off",
    "log_line_prefix=",
    "log_min_messages=warning",
    "log_min_error_statement=panic", /* statements hold what logs must not */
    "log_min_duration_statement=-1",
    "log_parameter_max_length_on_error=0",
    "log_error_verbosity=terse", /* and so do the rows that errors quote */
    "log_checkpoints=off",
};

static int64_t
now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
set_state(struct cluster *c, enum state state, pid_t pid)
{
    pthread_mutex_lock(&c->mutex);
    c->state = state;
    c->pid = pid;
    (void)pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->mutex);
}

static void
say(struct cluster *c, const char *line)
{
    pthread_mutex_lock(&c->mutex);
    (void)snprintf(c->last, sizeof c->last, "%s", line);
    pthread_mutex_unlock(&c->mutex);
    if (c->log != NULL)
        c->log(c->arg, line);
}

/* What there is of the log, without waiting; longer lines are cut. */
static void
drain(struct cluster *c)
{
    char buf[4096];
    ssize_t n;

    while ((n = read(c->out, buf, sizeof buf)) > 0) {
        for (ssize_t i = 0; i < n; i++) {
            if (buf[i] != '\n') {
                if (c->line_len < sizeof c->line - 1)
                    c->line[c->line_len++] = buf[i];
                continue;
            }
            c->line[c->line_len] = '\0';
            c->line_len = 0;
            say(c, c->line);
        }
    }
}

static enum plumb_code
launch(struct cluster *c, pid_t *ret, struct plumb_err *err)
{
    struct spawn s = { c->argv, c->at.uid, c->at.gid, SIGINT };
    enum plumb_code code;
    int fds[2];

    if (pipe2(fds, O_CLOEXEC) != 0)
        return plumb_fail(err, PLUMB_UNAVAILABLE, "cluster.start", "", "%s", strerror(errno));
    code = spawn_start(&s, fds[1], ret, err);
    (void)close(fds[1]);
    if (code != PLUMB_OK) {
        (void)close(fds[0]);
        return code;
    }
    (void)fcntl(fds[0], F_SETFL, O_NONBLOCK);
    c->out = fds[0];
    c->line_len = 0;
    return PLUMB_OK;
}

static bool
ended(struct cluster *c, pid_t pid, int *ret_status)
{
    drain(c);
    return waitpid(pid, ret_status, WNOHANG) == pid;
}

/* SIGINT is PostgreSQL's fast shutdown, SIGQUIT its immediate one. */
static void
terminate(struct cluster *c, pid_t pid)
{
    static const struct {
        int sig;
        int wait_ms;
    } steps[] = { { SIGINT, STOP_FAST_MS }, { SIGQUIT, STOP_HARD_MS }, { SIGKILL, -1 } };
    int status;

    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        int64_t end = now_ms() + steps[i].wait_ms;

        (void)kill(pid, steps[i].sig);
        while (steps[i].wait_ms < 0 || now_ms() < end) {
            struct pollfd p = { .fd = c->out, .events = POLLIN };
            if (ended(c, pid, &status))
                return;
            if (poll(&p, 1, 10) > 0 && (p.revents & POLLIN) == 0)
                (void)usleep(5000); /* the output has ended, the process nearly so */
        }
    }
}

/* Until it ends (false) or we are told to stop, and it has (true). */
static bool
watch(struct cluster *c, pid_t pid)
{
    bool ready = false;
    char text[96];
    int status;

    for (;;) {
        struct pollfd p[2] = { { .fd = c->stop_fd, .events = POLLIN },
                               { .fd = c->out, .events = POLLIN } };
        int n = poll(p, 2, ready ? 200 : 10);

        if (n > 0 && p[0].revents != 0) {
            terminate(c, pid);
            return true;
        }
        if (ended(c, pid, &status)) {
            (void)snprintf(text, sizeof text, "postgres ended by %s %d",
                           WIFSIGNALED(status) ? "signal" : "status",
                           WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
            drain(c);
            if (ready || c->last[0] == '\0')
                say(c, text);
            return false;
        }
        if (n > 0 && (p[1].revents & POLLIN) == 0)
            (void)usleep(5000); /* its output has ended: it is about to */
        pid_t written;
        bool is_ready;
        if (!ready && pgdir_postmaster(&c->at, &written, &is_ready) && written == pid &&
            is_ready) {
            ready = true;
            set_state(c, READY, pid);
        }
    }
}

static bool
told_to_stop(struct cluster *c, int ms)
{
    struct pollfd p = { .fd = c->stop_fd, .events = POLLIN };

    return poll(&p, 1, ms) > 0;
}

/* The only thread that starts PostgreSQL, because PR_SET_PDEATHSIG goes by thread. */
static void *
supervise(void *arg)
{
    struct cluster *c = arg;
    struct plumb_err err;
    int backoff = BACKOFF_MS;
    bool was_ready = false;

    for (unsigned tries = 1;; tries++) {
        int64_t began = now_ms();
        pid_t pid = 0;

        if (launch(c, &pid, &err) == PLUMB_OK) {
            pthread_mutex_lock(&c->mutex);
            c->starts++;
            c->state = STARTING;
            c->pid = pid;
            pthread_mutex_unlock(&c->mutex);
            bool stopped = watch(c, pid);
            (void)close(c->out);
            if (stopped)
                break;
        } else {
            say(c, err.msg);
        }
        pthread_mutex_lock(&c->mutex);
        was_ready = was_ready || c->state == READY;
        pthread_mutex_unlock(&c->mutex);
        set_state(c, !was_ready && tries >= FIRST_TRIES ? FAILED : DOWN, 0);
        if (now_ms() - began > HEALTHY_MS)
            backoff = BACKOFF_MS;
        if (told_to_stop(c, backoff))
            break;
        backoff = backoff * 2 < BACKOFF_MAX_MS ? backoff * 2 : BACKOFF_MAX_MS;
    }
    set_state(c, DOWN, 0);
    return NULL;
}

static enum plumb_code
command_line(struct cluster *c, const char *const *settings, struct plumb_err *err)
{
    size_t n = 0;

    (void)snprintf(c->values[0], sizeof c->values[0], "%s/postgres", c->at.bindir);
    (void)snprintf(c->values[1], sizeof c->values[1], "unix_socket_directories=\"%s\"",
                   c->at.socket);
    (void)snprintf(c->values[2], sizeof c->values[2], "hba_file=%s/hba.conf", c->at.dir);
    (void)snprintf(c->values[3], sizeof c->values[3], "ident_file=%s/ident.conf", c->at.dir);
    c->argv[n++] = c->values[0];
    c->argv[n++] = "-D";
    c->argv[n++] = c->at.data;
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++) {
        c->argv[n++] = "-c";
        c->argv[n++] = fixed[i];
    }
    for (size_t i = 0; settings != NULL && settings[i] != NULL; i++) {
        if (i == SETTINGS_MAX)
            return plumb_fail(err, PLUMB_INVALID, "cluster.start", settings[i],
                              "more than %d settings", SETTINGS_MAX);
        c->argv[n++] = "-c";
        c->argv[n++] = settings[i];
    }
    for (size_t i = 1; i <= 3; i++) { /* last, so that no setting moves them */
        c->argv[n++] = "-c";
        c->argv[n++] = c->values[i];
    }
    c->argv[n] = NULL;
    return PLUMB_OK;
}

static enum plumb_code
wait_ready(struct cluster *c, struct plumb_err *err)
{
    struct timespec end;
    enum state state;
    char last[sizeof c->last];
    int rc = 0;

    (void)clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += START_S;
    pthread_mutex_lock(&c->mutex);
    while (c->state != READY && c->state != FAILED && rc == 0)
        rc = pthread_cond_timedwait(&c->changed, &c->mutex, &end);
    state = c->state;
    memcpy(last, c->last, sizeof last);
    pthread_mutex_unlock(&c->mutex);
    if (state != READY)
        return plumb_fail(err, PLUMB_UNAVAILABLE, "cluster.start", c->at.data, "%s",
                          last[0] != '\0' ? last : "PostgreSQL does not start");
    return PLUMB_OK;
}

static const struct db_stmt stmts[] = {
    { "cluster.database", "SELECT count(*) AS n FROM pg_database WHERE datname = $1::name", 1,
      "n" },
};
static const struct db_catalogue catalogue = { "cluster", stmts, 1 };
static const struct db_catalogue *const catalogues[] = { &catalogue, NULL };

static const char roles_sql[] =
    "DO $$ BEGIN"
    " IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '" PGDIR_OWNER "') THEN"
    "  CREATE ROLE " PGDIR_OWNER " LOGIN; END IF;"
    " IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '" PGDIR_SERVING "') THEN"
    "  CREATE ROLE " PGDIR_SERVING " LOGIN; END IF;"
    " END $$";

static const char rights_sql[] = "REVOKE ALL ON DATABASE " DATABASE " FROM PUBLIC;"
                                 "GRANT CONNECT ON DATABASE " DATABASE " TO " PGDIR_SERVING;

static enum plumb_code
make_database(struct cluster *c, struct plumb_err *err)
{
    PLUMB_AUTO(auto_db) struct db *db = NULL;
    PLUMB_AUTO(db_auto_result) PGresult *res = NULL;
    int64_t n = 0;

    PLUMB_TRY(db_open(c->admin, catalogues, &db, err));
    PLUMB_TRY(db_script(db, roles_sql, err));
    PLUMB_TRY(db_run(db, &stmts[0], (struct db_param[]){ db_text(DATABASE) }, &res, err));
    PLUMB_TRY(db_get_int(res, 0, 0, &n, err));
    if (n == 0)
        PLUMB_TRY(db_script(db, "CREATE DATABASE " DATABASE " OWNER " PGDIR_OWNER, err));
    return db_script(db, rights_sql, err);
}

static void
conninfo(const struct cluster *c, const char *role, const char *dbname, char ret[256])
{
    (void)snprintf(ret, 256, "host='%s' port=5432 user=%s dbname=%s", c->at.socket, role,
                   dbname);
}

/* Signals are for the threads that expect them. */
static int
start_thread(struct cluster *c)
{
    sigset_t all, was;
    int rc;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &was);
    rc = pthread_create(&c->thread, NULL, supervise, c);
    (void)pthread_sigmask(SIG_SETMASK, &was, NULL);
    return rc;
}

static void
cluster_free(struct cluster *c)
{
    pgdir_close(&c->at);
    if (c->stop_fd >= 0)
        (void)close(c->stop_fd);
    (void)pthread_mutex_destroy(&c->mutex);
    (void)pthread_cond_destroy(&c->changed);
    free(c);
}
PLUMB_DEFINE_AUTO(auto_cluster, struct cluster *, cluster_free);

enum plumb_code
cluster_start(const struct cluster_config *config, struct cluster **ret, struct plumb_err *err)
{
    PLUMB_AUTO(auto_cluster) struct cluster *c = calloc(1, sizeof *c);
    pthread_condattr_t monotonic;
    enum plumb_code code;

    if (c == NULL)
        return plumb_fail_memory(err);
    c->at.lock = -1;
    c->log = config->log;
    c->arg = config->arg;
    (void)pthread_mutex_init(&c->mutex, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&c->changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    c->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (c->stop_fd < 0)
        return plumb_fail(err, PLUMB_UNAVAILABLE, "cluster.start", "", "%s", strerror(errno));
    PLUMB_TRY(pgdir_open(config->dir, config->user, config->bindir, &c->at, err));
    PLUMB_TRY(command_line(c, config->settings, err));
    conninfo(c, PGDIR_ADMIN, "postgres", c->admin);
    conninfo(c, PGDIR_OWNER, DATABASE, c->owner);
    conninfo(c, PGDIR_SERVING, DATABASE, c->serving);
    if (start_thread(c) != 0)
        return plumb_fail(err, PLUMB_UNAVAILABLE, "cluster.start", "", "no thread to be had");
    code = wait_ready(c, err);
    if (code == PLUMB_OK)
        code = make_database(c, err);
    if (code != PLUMB_OK) {
        cluster_stop(PLUMB_TAKE(c));
        return code;
    }
    *ret = PLUMB_TAKE(c);
    return PLUMB_OK;
}

void
cluster_stop(struct cluster *c)
{
    const uint64_t one = 1;

    if (c == NULL)
        return;
    (void)!write(c->stop_fd, &one, sizeof one);
    (void)pthread_join(c->thread, NULL);
    cluster_free(c);
}

const char *
cluster_owner(const struct cluster *c)
{
    return c->owner;
}

const char *
cluster_serving(const struct cluster *c)
{
    return c->serving;
}

const char *
cluster_admin(const struct cluster *c)
{
    return c->admin;
}

const char *
cluster_serving_role(const struct cluster *c)
{
    (void)c;
    return PGDIR_SERVING;
}

bool
cluster_ready(struct cluster *c)
{
    pthread_mutex_lock(&c->mutex);
    bool ready = c->state == READY;
    pthread_mutex_unlock(&c->mutex);
    return ready;
}

unsigned
cluster_restarts(struct cluster *c)
{
    pthread_mutex_lock(&c->mutex);
    unsigned n = c->starts > 0 ? c->starts - 1 : 0;
    pthread_mutex_unlock(&c->mutex);
    return n;
}

int
cluster_pid(struct cluster *c)
{
    pthread_mutex_lock(&c->mutex);
    int pid = (int)c->pid;
    pthread_mutex_unlock(&c->mutex);
    return pid;
}
