#include "server/follower.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "engine/controls.h"
#include "lib/own.h"
#include "server/db/clock.h"
#include "server/db/instance.h"
#include "server/db/lock.h"
#include "server/db/log.h"
#include "server/db/upload.h"
#include "server/log.h"

#define WISH_S  60
#define BEAT_S  10  /* between heartbeats in the instance table, and looks for old uploads */
#define GONE_S  600 /* after which another instance's row is forgotten */
#define KEEP_MS 200 /* between writes of the kept checkpoint at least */
#define PACE_MS 20  /* between two looks: a busy writer wakes us after each commit */

struct follower {
    struct core *core;
    struct writer *writer;
    struct db *db;
    pthread_t thread;
    int wake_fd;
    atomic_bool stopping, healthy, schedules;
    char name[100];
    plumb_time started;
    int64_t wish_ms;
    int64_t looked_ms, beat_ms, kept_ms, expired_ms;
    struct metric *m_upload_bytes;
    uint64_t kept_size;
    int64_t clock_offset_ms; /* wall minus monotonic at the last look */
};

static int64_t
now_ms(clockid_t clock)
{
    struct timespec ts;

    (void)clock_gettime(clock, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* A clock that leapt, or is not the database's, must not date entries. */
static enum plumb_code
check_clocks(struct follower *f, struct plumb_err *err)
{
    const struct settings *s = f->core->settings;
    int64_t offset = now_ms(CLOCK_REALTIME) - now_ms(CLOCK_BOOTTIME);
    int64_t leap = offset - f->clock_offset_ms, before, theirs, after;

    f->clock_offset_ms = offset;
    if (leap > s->clock_leap_ms || -leap > s->clock_leap_ms)
        core_stop_writing(f->core, false,
                          "this machine's clock leapt by %lld ms; set it right, then 'plumbd "
                          "--data %s resume'",
                          (long long)leap, s->data);
    before = now_ms(CLOCK_REALTIME);
    PLUMB_TRY(db_clock(f->db, &theirs, err));
    after = now_ms(CLOCK_REALTIME);
    if (theirs < before - s->clock_skew_ms || theirs > after + s->clock_skew_ms)
        core_stop_writing(f->core, false,
                          "this machine's clock and the database's differ by %lld ms; set them "
                          "right, then 'plumbd --data %s resume'",
                          (long long)(theirs - after), s->data);
    return PLUMB_OK;
}

static enum plumb_code
follow(struct follower *f, struct plumb_err *err)
{
    struct core *core = f->core;
    uint64_t before, size;
    enum plumb_code code;

    PLUMB_TRY(db_log_size(f->db, &size, err));
    (void)pthread_rwlock_rdlock(&core->lock);
    before = engine_size(core->engine);
    (void)pthread_rwlock_unlock(&core->lock);
    if (size <= before)
        return PLUMB_OK; /* a smaller one is noticed under the lock, by the writer */
    (void)pthread_rwlock_wrlock(&core->lock);
    before = engine_size(core->engine);
    code = size > before ? core_follow(core, f->db, size, err) : PLUMB_OK;
    (void)pthread_rwlock_unlock(&core->lock);
    if (code == PLUMB_OK && size > before)
        code = core_publish_snapshots(core, err);
    return code;
}

/* The time at which the writer must look: moves that fall due, publications to be refreshed. */
static plumb_time
next_due(struct core *core)
{
    const struct plumb_link *link;
    plumb_time due;

    (void)pthread_rwlock_rdlock(&core->lock);
    due = engine_next_due(core->engine);
    link = plumb_chain_last(engine_chain(core->engine));
    for (size_t i = 0; link != NULL && i < link->document->nfleets; i++) {
        const struct plumb_fleet *fleet = &link->document->fleets[i];
        struct engine_fleet_state state;
        plumb_time refresh = 0; /* never published: at once */

        if (engine_fleet(core->engine, fleet->name, &state) && state.revision > 0)
            refresh = plumb_time_add(state.issued, fleet->refresh);
        if (refresh < due)
            due = refresh;
    }
    (void)pthread_rwlock_unlock(&core->lock);
    return due;
}

/* Does governance say that something be proposed? It is looked at once a minute. */
static bool
is_wished(struct follower *f)
{
    int64_t now = now_ms(CLOCK_MONOTONIC);
    struct engine_wish wish;
    size_t at = 0;
    bool wished;

    if (f->wish_ms != 0 && now - f->wish_ms < WISH_S * 1000)
        return false;
    f->wish_ms = now;
    (void)pthread_rwlock_rdlock(&f->core->lock);
    wished = engine_wish(f->core->engine, core_now(), &at, &wish);
    (void)pthread_rwlock_unlock(&f->core->lock);
    return wished;
}

static enum plumb_code
schedule(struct follower *f, plumb_time *ret_due, struct plumb_err *err)
{
    bool held;

    PLUMB_TRY(db_lock_keep(f->db, DB_LOCK_SCHEDULER, &held, err));
    if (held && !atomic_exchange(&f->schedules, true))
        log_event(LOG_INFO, "scheduler.held", LOG_TEXT("instance", f->name));
    atomic_store(&f->schedules, held);
    *ret_due = PLUMB_TIME_NEVER;
    if (!held || atomic_load(&f->core->stopped))
        return PLUMB_OK;
    *ret_due = next_due(f->core);
    if (is_wished(f))
        *ret_due = 0;
    if (*ret_due <= core_now())
        writer_poke(f->writer);
    return PLUMB_OK;
}

static enum plumb_code
beat(struct follower *f, struct plumb_err *err)
{
    struct db_instance_row row = {
        .name = f->name, .version = PLUMB_VERSION, .started = f->started, .seen = core_now()
    };
    int64_t now = now_ms(CLOCK_MONOTONIC);

    if (f->beat_ms != 0 && now - f->beat_ms < BEAT_S * 1000)
        return PLUMB_OK;
    (void)pthread_rwlock_rdlock(&f->core->lock);
    row.size = engine_size(f->core->engine);
    (void)pthread_rwlock_unlock(&f->core->lock);
    PLUMB_TRY(db_instance_beat(f->db, &row, err));
    f->beat_ms = now;
    return PLUMB_OK;
}

/* Uploads that nobody goes on with. Any instance may: it is one statement. */
static enum plumb_code
expire_uploads(struct follower *f, struct plumb_err *err)
{
    int64_t now = now_ms(CLOCK_MONOTONIC);
    uint64_t bytes;

    if (f->expired_ms != 0 && now - f->expired_ms < BEAT_S * 1000)
        return PLUMB_OK;
    PLUMB_TRY(db_upload_expire(f->db, f->core->settings->upload_expiry_s, err));
    PLUMB_TRY(db_upload_bytes(f->db, &bytes, err));
    metric_set(f->m_upload_bytes, (int64_t)bytes);
    f->expired_ms = now;
    return PLUMB_OK;
}

static void
keep_checkpoint(struct follower *f)
{
    struct core_checkpoint *c = core_checkpoint(f->core);
    struct plumb_err err;
    int64_t now = now_ms(CLOCK_MONOTONIC);

    if (c != NULL && c->head.size > f->kept_size && now - f->kept_ms >= KEEP_MS) {
        if (core_keep_checkpoint(f->core, &err) == PLUMB_OK)
            f->kept_size = c->head.size;
        else
            log_err(LOG_ERROR, "checkpoint.not-kept", &err);
        f->kept_ms = now;
    }
    core_checkpoint_unref(c);
}

static enum plumb_code
look(struct follower *f, plumb_time *ret_due, struct plumb_err *err)
{
    *ret_due = PLUMB_TIME_NEVER;
    PLUMB_TRY(check_clocks(f, err));
    PLUMB_TRY(follow(f, err));
    PLUMB_TRY(schedule(f, ret_due, err));
    PLUMB_TRY(expire_uploads(f, err));
    return beat(f, err);
}

static int
pause_ms(const struct follower *f, plumb_time due)
{
    int64_t poll = f->core->settings->poll_ms, until;

    if (f->kept_size == 0 || now_ms(CLOCK_MONOTONIC) - f->kept_ms < KEEP_MS)
        poll = KEEP_MS < poll ? KEEP_MS : poll;
    if (due == PLUMB_TIME_NEVER)
        return (int)poll;
    until = due * 1000 - now_ms(CLOCK_REALTIME);
    if (until < 50)
        until = 50; /* the writer is at it already */
    return (int)(until < poll ? until : poll);
}

static void
wait_for_news(struct follower *f, int milliseconds)
{
    struct plumb_err err;
    uint64_t count;
    bool news;

    if (db_wait(f->db, milliseconds, f->wake_fd, &news, &err) != PLUMB_OK)
        (void)nanosleep(&(struct timespec){ 0, 100 * 1000 * 1000 }, NULL);
    (void)!read(f->wake_fd, &count, sizeof count);
}

static void
keep_pace(struct follower *f)
{
    int64_t rest = f->looked_ms + PACE_MS - now_ms(CLOCK_MONOTONIC);

    if (rest > 0)
        (void)nanosleep(&(struct timespec){ 0, rest * 1000 * 1000 }, NULL);
    f->looked_ms = now_ms(CLOCK_MONOTONIC);
}

static void *
run(void *arg)
{
    struct follower *f = arg;

    while (!atomic_load(&f->stopping)) {
        struct plumb_err err;
        plumb_time due;

        keep_pace(f);
        bool healthy = look(f, &due, &err) == PLUMB_OK;

        if (healthy != atomic_exchange(&f->healthy, healthy)) {
            if (healthy)
                log_event(LOG_INFO, "database.back", LOG_TEXT("instance", f->name));
            else
                log_err(LOG_ERROR, "database.lost", &err);
        }
        keep_checkpoint(f);
        wait_for_news(f, pause_ms(f, due));
    }
    return NULL;
}

enum plumb_code
follower_start(const struct follower_config *config, struct follower **ret,
               struct plumb_err *err)
{
    struct follower *f = calloc(1, sizeof *f);
    enum plumb_code code;
    char host[64] = "";

    if (f == NULL)
        return plumb_fail_memory(err);
    f->core = config->core;
    f->writer = config->writer;
    f->started = core_now();
    f->clock_offset_ms = now_ms(CLOCK_REALTIME) - now_ms(CLOCK_BOOTTIME);
    f->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    (void)gethostname(host, sizeof host - 1);
    (void)snprintf(f->name, sizeof f->name, "%s/%d", host, (int)getpid());
    atomic_init(&f->healthy, true);
    f->m_upload_bytes = metrics_series(f->core->metrics, METRIC_GAUGE, "plumb_upload_bytes", "",
                                       "Bytes of unfinished uploads in the database");
    code = db_open(config->conninfo, db_catalogues, &f->db, err);
    if (code == PLUMB_OK)
        code = db_listen(f->db, DB_LOG_CHANNEL, err);
    if (code == PLUMB_OK && pthread_create(&f->thread, NULL, run, f) != 0)
        code = plumb_fail(err, PLUMB_UNAVAILABLE, "thread", "", "cannot start a thread");
    if (code != PLUMB_OK) {
        db_close(f->db);
        (void)close(f->wake_fd);
        free(f);
        return code;
    }
    *ret = f;
    return PLUMB_OK;
}

void
follower_wake(struct follower *f)
{
    uint64_t one = 1;

    (void)!write(f->wake_fd, &one, sizeof one);
}

void
follower_stop(struct follower *f)
{
    if (f == NULL)
        return;
    atomic_store(&f->stopping, true);
    follower_wake(f);
    (void)pthread_join(f->thread, NULL);
    f->kept_ms = 0;
    keep_checkpoint(f);
    (void)!db_instance_leave(f->db, f->name, core_now() - GONE_S, NULL);
    db_close(f->db);
    (void)close(f->wake_fd);
    free(f);
}

bool
follower_healthy(const struct follower *f)
{
    return atomic_load(&f->healthy);
}

bool
follower_schedules(const struct follower *f)
{
    return atomic_load(&f->schedules);
}
