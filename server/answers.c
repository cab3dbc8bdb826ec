#include "server/answers.h"

#include "lib/own.h"

struct answers {
    struct writer_config config;
    struct metric *refused;
    struct http_pool *thread; /* of one */
};

PLUMB_DEFINE_AUTO(auto_batch, struct answers_batch *, answers_batch_free);

enum plumb_code
answers_batch_new(struct answers *a, size_t n, struct answers_batch **ret,
                  struct plumb_err *err)
{
    PLUMB_AUTO(auto_batch) struct answers_batch *b = calloc(1, sizeof *b);

    if (b == NULL)
        return plumb_fail_memory(err);
    b->answers = a;
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
answers_now(struct answers_batch *b)
{
    struct write_item *next;
    size_t i = 0;

    for (struct write_item *item = b->items; item != NULL; item = next, i++) {
        next = item->next;
        answer(b->answers, item, &b->proofs[i], b->checkpoint, &b->errs[i]);
    }
    answers_batch_free(b);
}

static void
run(struct http_job *job)
{
    answers_now((struct answers_batch *)((char *)job - offsetof(struct answers_batch, job)));
}

void
answers_soon(struct answers_batch *b)
{
    (void)http_pool_push(b->answers->thread, &b->job, true);
}

enum plumb_code
answers_start(const struct writer_config *config, struct answers **ret, struct plumb_err *err)
{
    PLUMB_AUTO(auto_free) struct answers *a = calloc(1, sizeof *a);

    if (a == NULL)
        return plumb_fail_memory(err);
    a->config = *config;
    a->refused = metrics_series(config->core->metrics, METRIC_COUNTER,
                                "plumb_statements_refused_total", "", "Statements refused");
    PLUMB_TRY(http_pool_new(1, 0, run, &a->thread, err));
    *ret = PLUMB_TAKE(a);
    return PLUMB_OK;
}

void
answers_stop(struct answers *a)
{
    if (a == NULL)
        return;
    http_pool_free(a->thread);
    free(a);
}
