/*
 * writer.h - the one way into the log: statements wait in a queue, and one thread takes all
 * that wait, runs the engine over them under the database's writers' lock, and appends what was
 * accepted in one transaction, together with what time brought about and the publications that
 * follow. Nobody is answered before the commit.
 */
#ifndef SERVER_WRITER_H
#define SERVER_WRITER_H

#include "server/load.h"

struct writer;

/*
 * One statement on its way. The submitter fills the first part and owns nothing of it any more
 * after writer_submit succeeded; done is called once, from any thread, and frees the item with
 * write_item_free.
 */
struct write_item {
    struct plumb_signed *statement; /* owned */
    struct load needs;              /* its blobs, owned */
    void (*done)(struct write_item *item, enum plumb_code code, const struct plumb_err *err);
    void *arg;

    /* On PLUMB_OK: */
    struct engine_effect effect;
    plumb_time time;
    uint64_t size; /* of the log that proof is for */
    struct plumb_bytes proof;

    struct write_item *next; /* the writer's own */
    unsigned tries;
};
void write_item_free(struct write_item *item);

struct writer_config {
    struct core *core;
    const char *conninfo; /* of the serving role */
    /* Takes over an accepted item, to call done later with its proof; or returns false. */
    bool (*hold)(void *arg, struct write_item *item);
    void *arg;
};
PLUMB_MUST_CHECK enum plumb_code writer_start(const struct writer_config *config,
                                              struct writer **ret, struct plumb_err *err);
/* Writes what waits, then ends. */
void writer_stop(struct writer *w);

/* PLUMB_BUSY, rule "writer.queue", when too many wait already; the caller keeps the item then.
 */
PLUMB_MUST_CHECK enum plumb_code writer_submit(struct writer *w, struct write_item *item,
                                               struct plumb_err *err);

/* Look whether anything is due (moves, refreshes), though nothing was submitted. */
void writer_poke(struct writer *w);

#endif
