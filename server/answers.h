/*
 * answers.h - telling submitters what became of their statements: their own thread does it
 * while the writer has more to write, the writer itself when it has not. Private to the writer.
 */
#ifndef SERVER_ANSWERS_H
#define SERVER_ANSWERS_H

#include "server/http/pool.h"
#include "server/writer.h"

struct answers;

/* Inclusion in the tree as committed. */
struct answers_proof {
    struct plumb_digest hashes[PLUMB_PROOF_MAX];
    size_t n;
};

/* One group's statements, committed. */
struct answers_batch {
    struct http_job job;
    struct answers *answers;
    struct write_item *items;
    struct plumb_err *errs;             /* one for each item, owned; code is its outcome */
    struct answers_proof *proofs;       /* as many, owned */
    struct core_checkpoint *checkpoint; /* owned; NULL: no log key can sign it */
};
/* To be answered by a, with room for n items and none yet. */
PLUMB_MUST_CHECK enum plumb_code answers_batch_new(struct answers *a, size_t n,
                                                   struct answers_batch **ret,
                                                   struct plumb_err *err);
void answers_batch_free(struct answers_batch *b);

/* Of config, whom it has hold items. */
PLUMB_MUST_CHECK enum plumb_code answers_start(const struct writer_config *config,
                                               struct answers **ret, struct plumb_err *err);
/* Answers what it was given, then ends. */
void answers_stop(struct answers *a);

/* Answers all of b, and frees it: now, or soon in the other thread. */
void answers_now(struct answers_batch *b);
void answers_soon(struct answers_batch *b);

#endif
