#include "server/witnesses.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/own.h"
#include "server/db/cosigned.h"
#include "server/log.h"
#include "server/witness_crew.h"

#define LOOK_MS 200 /* between looks where something may have to be given up on */

struct held {
    struct held *next;
    struct write_item *item;
    int64_t until_ms;
};

struct witnesses {
    struct core *core;
    const char *conninfo;
    struct db *db;
    _Atomic(const struct follower *) follower;
    pthread_t thread;
    pthread_mutex_t lock; /* guards the six below */
    pthread_cond_t news;
    struct held *held;
    bool woken, stopping;
    bool active, away; /* governance names witnesses; too few of them answer */
    size_t need;

    /* The thread's own. */
    struct witness_set *set;
    struct witness_crew *crew; /* NULL unless this instance asks; the lock guards the pointer */
    uint64_t offered, stored, witnessed;
    size_t ngathered;
    int64_t offered_ms, behind_ms; /* since when; behind_ms is 0 while nothing is missing */
    struct metric *m_away, *m_size;
};

PLUMB_DEFINE_AUTO(auto_checkpoint, struct core_checkpoint *, core_checkpoint_unref);

static int64_t
now_ms(void)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void
witnesses_wake(struct witnesses *w)
{
    (void)pthread_mutex_lock(&w->lock);
    w->woken = true;
    (void)pthread_cond_signal(&w->news);
    (void)pthread_mutex_unlock(&w->lock);
}

static void
wake(void *arg)
{
    witnesses_wake(arg);
}

/* --- receipts --- */

bool
witnesses_hold(void *witnesses, struct write_item *item)
{
    struct witnesses *w = witnesses;
    struct held *held = NULL;
    bool taken;

    (void)pthread_mutex_lock(&w->lock);
    if (w->active && !w->away && !w->stopping)
        held = malloc(sizeof *held);
    taken = held != NULL;
    if (taken) {
        *held = (struct held){ w->held, item, now_ms() + w->core->settings->witness_ms };
        w->held = held;
        w->woken = true;
        (void)pthread_cond_signal(&w->news);
    }
    (void)pthread_mutex_unlock(&w->lock);
    return taken;
}

static enum plumb_code
prove(struct witnesses *w, struct write_item *item, struct core_checkpoint *c,
      struct plumb_err *err)
{
    struct plumb_digest proof[PLUMB_PROOF_MAX];
    enum plumb_code code;
    size_t n = 0;

    (void)pthread_rwlock_rdlock(&w->core->lock);
    (void)pthread_mutex_lock(&w->core->tree_lock);
    code =
        tree_inclusion(w->core->tree, w->db, item->effect.index, c->head.size, proof, &n, err);
    (void)pthread_mutex_unlock(&w->core->tree_lock);
    (void)pthread_rwlock_unlock(&w->core->lock);
    if (code != PLUMB_OK)
        return code;
    item->size = c->head.size;
    return plumb_tlog_proof_text(item->effect.index, proof, n, c->note.data, c->note.len,
                                 &item->proof, err);
}

/* Those whose entry is covered by what is given out, and those who waited long enough. */
static void
release(struct witnesses *w, bool all)
{
    PLUMB_AUTO(auto_checkpoint) struct core_checkpoint *served = core_served(w->core);
    PLUMB_AUTO(auto_checkpoint) struct core_checkpoint *newest = core_checkpoint(w->core);
    struct held *ready = NULL, **at;
    int64_t now = now_ms();

    (void)pthread_mutex_lock(&w->lock);
    for (at = &w->held; *at != NULL;) {
        struct held *held = *at;

        if (!all && !w->away && w->active && held->until_ms > now &&
            (served == NULL || held->item->effect.index >= served->head.size)) {
            at = &held->next;
            continue;
        }
        *at = held->next;
        held->next = ready;
        ready = held;
    }
    (void)pthread_mutex_unlock(&w->lock);
    while (ready != NULL) {
        struct held *held = ready;
        struct write_item *item = held->item;
        const bool covered = served != NULL && item->effect.index < served->head.size;
        struct plumb_err err = { 0 };
        enum plumb_code code = prove(w, item, covered ? served : newest, &err);

        ready = held->next;
        free(held);
        item->done(item, code, &err);
    }
}

/* --- which checkpoint is given out --- */

static void
serve(struct witnesses *w, struct core_checkpoint *c)
{
    core_serve(w->core, c);
    if (w->core->changed != NULL)
        w->core->changed(w->core->changed_arg);
}

/* A stored note is believed no more than one from the network. */
static enum plumb_code
adopt_note(struct witnesses *w, uint64_t size, struct plumb_bytes *note, struct plumb_err *err)
{
    PLUMB_AUTO(auto_checkpoint) struct core_checkpoint *c = calloc(1, sizeof *c);
    struct core *core = w->core;
    enum plumb_code code = PLUMB_OK;
    struct plumb_digest root;

    if (c == NULL)
        return plumb_fail_memory(err);
    atomic_init(&c->refs, 1);
    PLUMB_TRY(plumb_checkpoint_verify(w->set->quorum, note->data, note->len, &c->head, err));
    (void)pthread_rwlock_rdlock(&core->lock);
    (void)pthread_mutex_lock(&core->tree_lock);
    code = tree_root_at(core->tree, w->db, c->head.size, &root, err);
    (void)pthread_mutex_unlock(&core->tree_lock);
    (void)pthread_rwlock_unlock(&core->lock);
    if (code != PLUMB_OK)
        return code;
    if (c->head.size != size || !plumb_digest_eq(&root, &c->head.root))
        return plumb_fail(err, PLUMB_REFUSED, "log.fork", "",
                          "the stored checkpoint of size %llu is not of this log",
                          (unsigned long long)size);
    c->note = *note;
    c->witnessed = true;
    *note = (struct plumb_bytes){ 0 };
    w->witnessed = size;
    serve(w, c);
    return PLUMB_OK;
}

/* What this or another instance stored. */
static void
adopt(struct witnesses *w)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes note = { 0 };
    struct plumb_err err;
    uint64_t size, have;

    (void)pthread_rwlock_rdlock(&w->core->lock);
    have = engine_size(w->core->engine);
    (void)pthread_rwlock_unlock(&w->core->lock);
    if (db_cosigned_newest(w->db, w->stored, &size, &note, &err) != PLUMB_OK || size == 0 ||
        size > have)
        return; /* it is looked at again */
    w->stored = size;
    if (size > w->witnessed && adopt_note(w, size, &note, &err) != PLUMB_OK)
        log_err(LOG_WARN, "cosigned.ignored", &err);
}

/* What our own witnesses have signed so far of what they were offered. */
static void
gather(struct witnesses *w)
{
    PLUMB_AUTO(auto_checkpoint) struct core_checkpoint *c = NULL;
    struct plumb_err err;
    size_t n = 0;

    c = witness_crew_gathered(w->crew, &n);
    if (c == NULL || n < w->set->need || n == w->ngathered)
        return;
    w->ngathered = n;
    c->witnessed = true;
    if (c->head.size > w->witnessed) {
        if (db_cosigned_put(w->db, c->head.size, &c->note, &err) != PLUMB_OK)
            log_err(LOG_WARN, "cosigned.not-stored", &err);
        else
            w->stored = c->head.size;
    }
    if (c->head.size >= w->witnessed) {
        w->witnessed = c->head.size;
        serve(w, c);
    }
}

/* The next one, once the last is witnessed or hopeless: so all work on the same. */
static void
offer(struct witnesses *w, struct core_checkpoint *newest)
{
    const bool done = w->witnessed >= w->offered;
    const int64_t now = now_ms();

    if (newest->head.size <= w->witnessed || newest->head.size == w->offered ||
        (!done && now - w->offered_ms < w->core->settings->witness_ms))
        return;
    w->offered = newest->head.size;
    w->offered_ms = now;
    w->ngathered = 0;
    witness_crew_offer(w->crew, newest);
}

/* --- away, or not --- */

static void
set_away(struct witnesses *w, bool away)
{
    bool was;

    (void)pthread_mutex_lock(&w->lock);
    was = w->away;
    w->away = away;
    (void)pthread_mutex_unlock(&w->lock);
    if (away && !was)
        log_event(LOG_WARN, "witnesses.away", LOG_NUMBER("need", (int64_t)w->set->need),
                  LOG_NUMBER("witnessed", (int64_t)w->witnessed),
                  LOG_TEXT("publishing", w->set->wait ? "waits" : "continues"));
    if (!away && was)
        log_event(LOG_INFO, "witnesses.back", LOG_NUMBER("witnessed", (int64_t)w->witnessed));
    metric_set(w->m_away, away);
}

static void
look_for_absence(struct witnesses *w, struct core_checkpoint *newest)
{
    const int64_t now = now_ms();

    if (newest->head.size <= w->witnessed)
        w->behind_ms = 0;
    else if (w->behind_ms == 0)
        w->behind_ms = now;
    set_away(w, w->behind_ms != 0 && now - w->behind_ms >= w->core->settings->witness_ms);
    core_unwitnessed(w->core, w->away && !w->set->wait);
    if (w->away && !w->set->wait) {
        PLUMB_AUTO(auto_checkpoint) struct core_checkpoint *served = core_served(w->core);

        if (served == NULL || served->head.size < newest->head.size)
            serve(w, newest);
    }
}

/* --- who is asked --- */

static void
drop_crew(struct witnesses *w)
{
    struct witness_crew *crew = w->crew;

    (void)pthread_mutex_lock(&w->lock);
    w->crew = NULL;
    (void)pthread_mutex_unlock(&w->lock);
    witness_crew_stop(crew);
    w->offered = 0;
    w->ngathered = 0;
}

/* The set that the document in force names; nothing happens while it is the same. */
static enum plumb_code
follow_governance(struct witnesses *w, struct plumb_err *err)
{
    const struct plumb_link *link;
    struct witness_set *set = NULL;
    enum plumb_code code = PLUMB_OK;
    bool same;

    (void)pthread_rwlock_rdlock(&w->core->lock);
    link = plumb_chain_last(engine_chain(w->core->engine));
    same = w->set != NULL && link != NULL &&
           plumb_digest_eq(&w->set->document, &link->document->digest);
    if (!same && link != NULL)
        code = witness_set_new(link->document, &set, err);
    (void)pthread_rwlock_unlock(&w->core->lock);
    if (same || code != PLUMB_OK)
        return code;
    drop_crew(w);
    witness_set_free(w->set);
    w->set = set;
    (void)pthread_mutex_lock(&w->lock);
    w->active = set != NULL;
    w->need = set != NULL ? set->need : 0;
    (void)pthread_mutex_unlock(&w->lock);
    w->stored = 0; /* what is stored may be enough now, or not any more */
    w->behind_ms = 0;
    return PLUMB_OK;
}

/* One instance asks: the one that schedules. */
static enum plumb_code
follow_schedule(struct witnesses *w, struct plumb_err *err)
{
    const struct follower *f = atomic_load(&w->follower);
    struct witness_crew *crew = NULL;
    bool asks = f != NULL && follower_schedules(f) && core_may_write(w->core, NULL) == PLUMB_OK;

    if (!asks && w->crew != NULL)
        drop_crew(w);
    if (!asks || w->crew != NULL)
        return PLUMB_OK;
    PLUMB_TRY(witness_crew_start(
        &(struct witness_crew_config){ w->core, w->conninfo, w->set, wake, w }, &crew, err));
    (void)pthread_mutex_lock(&w->lock);
    w->crew = crew;
    (void)pthread_mutex_unlock(&w->lock);
    return PLUMB_OK;
}

static enum plumb_code
look(struct witnesses *w, struct plumb_err *err)
{
    PLUMB_AUTO(auto_checkpoint) struct core_checkpoint *newest = NULL;

    PLUMB_TRY(follow_governance(w, err));
    if (w->set == NULL)
        return PLUMB_OK;
    PLUMB_TRY(follow_schedule(w, err));
    adopt(w);
    if (w->crew != NULL)
        gather(w);
    newest = core_checkpoint(w->core);
    if (newest == NULL)
        return PLUMB_OK;
    if (w->crew != NULL)
        offer(w, newest);
    look_for_absence(w, newest);
    metric_set(w->m_size, (int64_t)w->witnessed);
    return PLUMB_OK;
}

/* False: stop. */
static bool
wait_for_news(struct witnesses *w)
{
    struct timespec until;
    bool go_on;

    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += LOOK_MS * 1000000L;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    (void)pthread_mutex_lock(&w->lock);
    while (!w->woken && !w->stopping &&
           (w->active ? pthread_cond_timedwait(&w->news, &w->lock, &until)
                      : pthread_cond_wait(&w->news, &w->lock)) == 0)
        ;
    w->woken = false;
    go_on = !w->stopping;
    (void)pthread_mutex_unlock(&w->lock);
    return go_on;
}

static void *
run(void *arg)
{
    struct witnesses *w = arg;

    do {
        struct plumb_err err;

        if (look(w, &err) != PLUMB_OK)
            log_err(LOG_WARN, "witnesses.failed", &err);
        release(w, false);
    } while (wait_for_news(w));
    drop_crew(w);
    release(w, true);
    return NULL;
}

enum plumb_code
witnesses_start(struct core *core, const char *conninfo, struct witnesses **ret,
                struct plumb_err *err)
{
    struct witnesses *w = calloc(1, sizeof *w);
    enum plumb_code code;

    if (w == NULL)
        return plumb_fail_memory(err);
    w->core = core;
    w->conninfo = conninfo;
    (void)pthread_mutex_init(&w->lock, NULL);
    (void)pthread_cond_init(&w->news, NULL);
    w->m_away = metrics_series(core->metrics, METRIC_GAUGE, "plumb_witnesses_away", "",
                               "Whether too few witnesses cosign");
    w->m_size = metrics_series(core->metrics, METRIC_GAUGE, "plumb_witnessed_size", "",
                               "Size of the last checkpoint that enough witnesses cosigned");
    code = db_open(conninfo, db_catalogues, &w->db, err);
    if (code == PLUMB_OK)
        code = look(w, err);
    if (code == PLUMB_OK && pthread_create(&w->thread, NULL, run, w) != 0)
        code = plumb_fail(err, PLUMB_UNAVAILABLE, "thread", "", "cannot start a thread");
    if (code != PLUMB_OK) {
        db_close(w->db);
        witness_set_free(w->set);
        free(w);
        return code;
    }
    *ret = w;
    return PLUMB_OK;
}

void
witnesses_follow(struct witnesses *w, const struct follower *f)
{
    atomic_store(&w->follower, f);
    witnesses_wake(w);
}

void
witnesses_stop(struct witnesses *w)
{
    if (w == NULL)
        return;
    (void)pthread_mutex_lock(&w->lock);
    w->stopping = true;
    (void)pthread_cond_signal(&w->news);
    (void)pthread_mutex_unlock(&w->lock);
    (void)pthread_join(w->thread, NULL);
    witness_set_free(w->set);
    db_close(w->db);
    (void)pthread_mutex_destroy(&w->lock);
    (void)pthread_cond_destroy(&w->news);
    free(w);
}

json_t *
witnesses_json(struct witnesses *w)
{
    json_t *o, *each;

    (void)pthread_mutex_lock(&w->lock);
    each = w->crew != NULL ? witness_crew_json(w->crew) : NULL;
    o = json_pack("{s:I,s:b,s:I}", "need", (json_int_t)w->need, "away", w->away, "size",
                  (json_int_t)metric_value(w->m_size));
    (void)pthread_mutex_unlock(&w->lock);
    if (o != NULL && each != NULL)
        (void)json_object_set(o, "witnesses", each);
    json_decref(each);
    return o;
}
