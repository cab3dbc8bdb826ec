#include "server/writer.h"

#include <stdio.h>
#include <string.h>

#include "lib/own.h"
#include "server/answers.h"
#include "server/db/log.h"
#include "server/group.h"
#include "server/log.h"

#define TRIES_MAX 3 /* of a statement whose commit's outcome was unknown */

struct writer {
    struct writer_config config;
    struct core *core;
    struct db *db;
    struct answers *answers;
    pthread_t thread;
    pthread_mutex_t lock; /* guards the four below */
    pthread_cond_t news;
    struct write_item *first, **last;
    int64_t waiting;
    bool poked, stopping;

    struct metric *groups, *entries, *queue;
};

void
write_item_free(struct write_item *item)
{
    if (item == NULL)
        return;
    plumb_signed_free(item->statement);
    load_blobs_clear(&item->needs);
    plumb_bytes_clear(&item->proof);
    free(item);
}

enum plumb_code
writer_submit(struct writer *w, struct write_item *item, struct plumb_err *err)
{
    enum plumb_code code = PLUMB_OK;

    (void)pthread_mutex_lock(&w->lock);
    if (w->stopping || w->waiting >= w->core->settings->waiting_max) {
        code = plumb_fail(err, w->stopping ? PLUMB_UNAVAILABLE : PLUMB_BUSY, "writer.queue", "",
                          w->stopping ? "the service is stopping; ask another instance"
                                      : "too many statements are waiting; try again shortly");
    } else {
        item->next = NULL;
        *w->last = item;
        w->last = &item->next;
        w->waiting++;
        (void)pthread_cond_signal(&w->news);
    }
    (void)pthread_mutex_unlock(&w->lock);
    return code;
}

void
writer_poke(struct writer *w)
{
    (void)pthread_mutex_lock(&w->lock);
    w->poked = true;
    (void)pthread_cond_signal(&w->news);
    (void)pthread_mutex_unlock(&w->lock);
}

/* All that wait, at most group_max; waits for something. False: stop. */
static bool
take(struct writer *w, struct write_item **ret_items, bool *ret_poked)
{
    struct write_item **end = ret_items;
    int64_t n = 0;

    (void)pthread_mutex_lock(&w->lock);
    while (w->first == NULL && !w->poked && !w->stopping)
        (void)pthread_cond_wait(&w->news, &w->lock);
    *ret_items = w->first;
    while (*end != NULL && n < w->core->settings->group_max) {
        end = &(*end)->next;
        n++;
    }
    w->first = *end;
    *end = NULL;
    if (w->first == NULL)
        w->last = &w->first;
    w->waiting -= n;
    *ret_poked = w->poked;
    w->poked = false;
    metric_set(w->queue, w->waiting);
    (void)pthread_mutex_unlock(&w->lock);
    return *ret_items != NULL || *ret_poked;
}

/* Put back at the head, in order. */
static void
requeue(struct writer *w, struct write_item *items)
{
    struct write_item **end = &items;
    int64_t n = 0;

    for (; *end != NULL; end = &(*end)->next)
        n++;
    (void)pthread_mutex_lock(&w->lock);
    *end = w->first;
    if (w->first == NULL)
        w->last = end;
    w->first = items;
    if (items == NULL)
        w->last = &w->first;
    w->waiting += n;
    (void)pthread_mutex_unlock(&w->lock);
}

/* One attempt: what db_txn runs, perhaps several times. */
struct attempt {
    struct writer *w;
    struct answers_batch *batch;
    bool refresh, locked, marked;
    struct group group;
};

static void
attempt_undo(struct attempt *a)
{
    struct core *core = a->w->core;

    if (a->marked) {
        engine_drop(core->engine);
        tree_rollback(core->tree);
        a->marked = false;
    }
    group_clear(&a->group);
}

static enum plumb_code
apply_items(struct attempt *a)
{
    size_t i = 0;

    for (struct write_item *item = a->batch->items; item != NULL; item = item->next, i++) {
        struct plumb_err *err = &a->batch->errs[i];

        *err = (struct plumb_err){ .code = PLUMB_OK };
        item->time = a->group.time;
        (void)!group_apply(&a->group, item->statement, item->needs.blobs, item->needs.nblobs,
                           &item->effect, err);
        if (err->code == PLUMB_NO_MEMORY)
            return PLUMB_NO_MEMORY;
    }
    return PLUMB_OK;
}

static enum plumb_code
attempt_run(struct db *db, void *arg, struct plumb_err *err)
{
    struct attempt *a = arg;
    struct core *core = a->w->core;
    uint64_t size;

    if (a->locked)
        attempt_undo(a);
    PLUMB_TRY(db_log_lock(db, &size, err));
    if (!a->locked)
        (void)pthread_rwlock_wrlock(&core->lock);
    a->locked = true;
    PLUMB_TRY(core_follow(core, db, size, err));
    a->group.core = core;
    a->group.time = core_now();
    if (a->group.time < engine_time(core->engine))
        a->group.time = engine_time(core->engine);
    engine_mark(core->engine);
    a->marked = true;
    PLUMB_TRY(group_record_due(&a->group, err));
    if (apply_items(a) != PLUMB_OK)
        return plumb_fail_memory(err);
    PLUMB_TRY(group_record_due(&a->group, err)); /* what the statements made due at once */
    if (a->refresh || group_imported(&a->group))
        PLUMB_TRY(group_propose(&a->group, err));
    PLUMB_TRY(group_publish(&a->group, a->refresh, err));
    return group_write(&a->group, db, err);
}

/* Its inclusion in the tree as committed, under the write lock still held. */
static enum plumb_code
prove(struct core *core, struct db *db, struct write_item *item, struct answers_proof *ret,
      struct plumb_err *err)
{
    item->size = tree_size(core->tree);
    return tree_inclusion(core->tree, db, item->effect.index, item->size, ret->hashes, &ret->n,
                          err);
}

static void
answer_all(struct write_item *items, enum plumb_code code, const struct plumb_err *err)
{
    struct write_item *next;

    for (; items != NULL; items = next) {
        next = items->next;
        items->done(items, code, err);
    }
}

static size_t
count(const struct write_item *items)
{
    size_t n = 0;

    for (; items != NULL; items = items->next)
        n++;
    return n;
}

static bool
more_waits(struct writer *w)
{
    bool more;

    (void)pthread_mutex_lock(&w->lock);
    more = w->first != NULL;
    (void)pthread_mutex_unlock(&w->lock);
    return more;
}

/* Committed: the overlay stays, and everyone can be told. */
static void
finish(struct attempt *a)
{
    struct core *core = a->w->core;
    struct answers_batch *b = a->batch;
    struct plumb_err err = { 0 };
    size_t i = 0;

    engine_keep(core->engine);
    tree_commit(core->tree);
    for (struct write_item *item = b->items; item != NULL; item = item->next, i++)
        if (b->errs[i].code == PLUMB_OK)
            (void)!prove(core, a->w->db, item, &b->proofs[i], &b->errs[i]);
    (void)pthread_rwlock_unlock(&core->lock);
    metric_add(a->w->entries, (int64_t)a->group.n);
    if (core_publish_snapshots(core, &err) != PLUMB_OK)
        log_err(LOG_ERROR, "checkpoint.failed", &err);
    b->checkpoint = core_checkpoint(core);
    if (more_waits(a->w))
        answers_soon(b);
    else
        answers_now(b);
}

/*
 * The connection was lost during COMMIT. Whether it happened is for the log to say: the
 * statements go back into the queue, and those that are in the log by then are recognised by
 * their ids.
 */
static void
again(struct writer *w, struct write_item *items, const struct plumb_err *err)
{
    struct write_item *keep = NULL, **end = &keep, *next;

    for (struct write_item *item = items; item != NULL; item = next) {
        next = item->next;
        item->next = NULL;
        if (++item->tries > TRIES_MAX) {
            item->done(item, PLUMB_UNAVAILABLE, err);
            continue;
        }
        *end = item;
        end = &item->next;
    }
    if (keep != NULL)
        requeue(w, keep);
}

static void
write_group(struct writer *w, struct write_item *items, bool refresh)
{
    struct attempt a = { .w = w, .refresh = refresh };
    struct plumb_err err = { 0 };
    enum db_end end = DB_ABORTED;
    enum plumb_code code = core_may_write(w->core, &err);

    if (code == PLUMB_OK)
        code = answers_batch_new(w->answers, count(items), &a.batch, &err);
    if (code == PLUMB_OK) {
        a.batch->items = items;
        code = db_txn(w->db, DB_WRITE, attempt_run, &a, &end, &err);
    }
    if (end == DB_COMMITTED) {
        metric_add(w->groups, 1);
        finish(&a);
        group_clear(&a.group);
        return;
    }
    if (a.locked) {
        attempt_undo(&a);
        (void)pthread_rwlock_unlock(&w->core->lock);
    }
    answers_batch_free(a.batch);
    log_err(LOG_WARN, "group.failed", &err);
    if (end == DB_UNKNOWN)
        again(w, items, &err);
    else
        answer_all(items, code, &err);
}

static void *
run(void *arg)
{
    struct writer *w = arg;
    struct write_item *items;
    bool poked;

    while (take(w, &items, &poked))
        write_group(w, items, poked);
    return NULL;
}

enum plumb_code
writer_start(const struct writer_config *config, struct writer **ret, struct plumb_err *err)
{
    struct writer *w = calloc(1, sizeof *w);
    struct metrics *m = config->core->metrics;
    enum plumb_code code;

    if (w == NULL)
        return plumb_fail_memory(err);
    w->config = *config;
    w->core = config->core;
    w->last = &w->first;
    (void)pthread_mutex_init(&w->lock, NULL);
    (void)pthread_cond_init(&w->news, NULL);
    w->groups = metrics_series(m, METRIC_COUNTER, "plumb_groups_total", "",
                               "Transactions that appended to the log");
    w->entries = metrics_series(m, METRIC_COUNTER, "plumb_entries_total", "",
                                "Entries that this instance appended");
    w->queue = metrics_series(m, METRIC_GAUGE, "plumb_statements_waiting", "",
                              "Statements waiting for the writer");
    code = db_open(config->conninfo, db_catalogues, &w->db, err);
    if (code == PLUMB_OK)
        code = db_plan_once(w->db, err);
    if (code == PLUMB_OK)
        code = answers_start(config, &w->answers, err);
    if (code == PLUMB_OK && pthread_create(&w->thread, NULL, run, w) != 0)
        code = plumb_fail(err, PLUMB_UNAVAILABLE, "thread", "", "cannot start a thread");
    if (code != PLUMB_OK) {
        answers_stop(w->answers);
        db_close(w->db);
        free(w);
        return code;
    }
    *ret = w;
    return PLUMB_OK;
}

void
writer_stop(struct writer *w)
{
    if (w == NULL)
        return;
    (void)pthread_mutex_lock(&w->lock);
    w->stopping = true;
    (void)pthread_cond_signal(&w->news);
    (void)pthread_mutex_unlock(&w->lock);
    (void)pthread_join(w->thread, NULL);
    answers_stop(w->answers);
    db_close(w->db);
    (void)pthread_mutex_destroy(&w->lock);
    (void)pthread_cond_destroy(&w->news);
    free(w);
}
