#include "server/answers.h"

#include "lib/own.h"

struct answers {
    struct writer_config config;
    struct metric *refused;
    pthread_t thread;
    pthread_mutex_t lock; /* guards the three below */
    pthread_cond_t news;
    struct answers_batch *first, **last;
    bool stopping;
};

PLUMB_DEFINE_AUTO(auto_batch, struct answers_batch *, answers_batch_free);

enum plumb_code
answers_batch_new(size_t n, struct answers_batch **ret, struct plumb_err *err)
{
    PLUMB_AUTO(auto_batch) struct answers_batch *b = calloc(1, sizeof *b);

    if (b == NULL)
        return plumb_fail_memory(err);
    b->errs = calloc(n + 1, sizeof *b->errs);
    b->proofs = calloc(n + 1, sizeof *b->proofs);
    if (b->errs == NULL || b->proofs == NULL)
        return plumb_fail_memory(err);
    *ret = PLUMB_TAKE(b);
    return PLUMB_OK;
}

void
answers_batch_free(struct answers_batch *b)
{
    if (b == NULL)
        return;
    core_checkpoint_unref(b->checkpoint);
    free(b->errs);
    free(b->proofs);
    free(b);
}

static void
answer(struct answers *a, struct write_item *item, const struct answers_proof *proof,
       const struct core_checkpoint *checkpoint, struct plumb_err *err)
{
    if (err->code == PLUMB_OK && checkpoint == NULL)
        (void)plumb_fail(err, PLUMB_UNAVAILABLE, "log.key", "",
                         "accepted, but no log key can sign the checkpoint");
    else if (err->code == PLUMB_OK && a->config.hold != NULL &&
             a->config.hold(a->config.arg, item))
        return;
    if (err->code == PLUMB_OK)
        (void)!plumb_tlog_proof_text(item->effect.index, proof->hashes, proof->n,
                                     checkpoint->note.data, checkpoint->note.len, &item->proof,
                                     err);
    if (err->code != PLUMB_OK)
        metric_add(a->refused, 1);
    item->done(item, err->code, err);
}

void
answers_now(struct answers *a, struct answers_batch *b)
{
    struct write_item *next;
    size_t i = 0;

    for (struct write_item *item = b->items; item != NULL; item = next, i++) {
        next = item->next;
        answer(a, item, &b->proofs[i], b->checkpoint, &b->errs[i]);
    }
    answers_batch_free(b);
}

void
answers_soon(struct answers *a, struct answers_batch *b)
{
    (void)pthread_mutex_lock(&a->lock);
    b->next = NULL;
    *a->last = b;
    a->last = &b->next;
    (void)pthread_cond_signal(&a->news);
    (void)pthread_mutex_unlock(&a->lock);
}

/* The next one; waits for it. NULL: all are answered, and no more will come. */
static struct answers_batch *
take(struct answers *a)
{
    struct answers_batch *b;

    (void)pthread_mutex_lock(&a->lock);
    while (a->first == NULL && !a->stopping)
        (void)pthread_cond_wait(&a->news, &a->lock);
    b = a->first;
    if (b != NULL)
        a->first = b->next;
    if (a->first == NULL)
        a->last = &a->first;
    (void)pthread_mutex_unlock(&a->lock);
    return b;
}

static void *
run(void *arg)
{
    struct answers *a = arg;
    struct answers_batch *b;

    while ((b = take(a)) != NULL)
        answers_now(a, b);
    return NULL;
}

static void
answers_free(struct answers *a)
{
    (void)pthread_mutex_destroy(&a->lock);
    (void)pthread_cond_destroy(&a->news);
    free(a);
}

enum plumb_code
answers_start(const struct writer_config *config, struct answers **ret, struct plumb_err *err)
{
    struct answers *a = calloc(1, sizeof *a);

    if (a == NULL)
        return plumb_fail_memory(err);
    a->config = *config;
    a->last = &a->first;
    (void)pthread_mutex_init(&a->lock, NULL);
    (void)pthread_cond_init(&a->news, NULL);
    a->refused = metrics_series(config->core->metrics, METRIC_COUNTER,
                                "plumb_statements_refused_total", "", "Statements refused");
    if (pthread_create(&a->thread, NULL, run, a) != 0) {
        answers_free(a);
        return plumb_fail(err, PLUMB_UNAVAILABLE, "thread", "", "cannot start a thread");
    }
    *ret = a;
    return PLUMB_OK;
}

void
answers_stop(struct answers *a)
{
    if (a == NULL)
        return;
    (void)pthread_mutex_lock(&a->lock);
    a->stopping = true;
    (void)pthread_cond_signal(&a->news);
    (void)pthread_mutex_unlock(&a->lock);
    (void)pthread_join(a->thread, NULL);
    answers_free(a);
}
