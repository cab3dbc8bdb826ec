/*
 * tui/worker_parts.h - one worker in several files: worker.c begins and ends it, takes what is
 * asked and hands over what comes of it; worker_watch.c follows the log's head, worker_work.c
 * answers, worker_verify.c verifies what is listed while there is nothing else to do, and
 * worker_read.c reads materials. Each of watch, work and read is a thread with a client of its
 * own: nothing that was proven is shared between them.
 */
#ifndef TUI_WORKER_PARTS_H
#define TUI_WORKER_PARTS_H

#include <pthread.h>

#include "tui/view.h"
#include "tui/worker.h"

#define WORKER_CALM_MS 1000 /* between two looks at what changes all the time, or is away */

struct asked {
    struct asked *next;
    struct tui_ask ask;
};

struct tui_worker {
    struct session_config config, reading_config;
    struct session session; /* of the working thread */
    struct session reading; /* of the reading one, which signs nothing */
    struct client *watching;
    pthread_t threads[3];
    size_t nthreads; /* that run */
    int in, out;     /* of the pipe */

    pthread_mutex_t lock; /* of all that follows */
    pthread_cond_t wake;
    bool stop, refresh;
    uint64_t size; /* of the log, as the watcher has verified it */
    struct asked *first, **last;
    struct tui_ask check, prove; /* the newest of their kind; n 0 when there is none */
    struct plumb_digest read_id; /* of the statement whose materials are wanted: */
    struct tui_material wanted[TUI_MATERIALS_MAX];
    size_t nwanted;
    struct tui_material now_read; /* is being read, when busy_reading */
    bool busy_reading;

    struct tui_items todo; /* the queue as listed last, of the working thread */
    size_t next;           /* of todo, that may be unverified */
    struct tui_items batch;
};

/* Events for the app; they take over what e owns. */
void worker_post(struct tui_worker *w, const struct tui_event *e);
void worker_post_text(struct tui_worker *w, enum tui_event_kind kind, bool ok,
                      const char *text);
void worker_post_away(struct tui_worker *w, const struct plumb_err *err);

bool worker_stopping(struct tui_worker *w);
/* False when it is time to end. */
bool worker_pause(struct tui_worker *w, int ms);

/* The threads. arg is the worker. */
void *worker_watch(void *arg);
void *worker_work(void *arg);
void *worker_read(void *arg);

/* worker_verify.c, for the working thread */
PLUMB_MUST_CHECK enum plumb_code
worker_verify_these(struct tui_worker *w, const struct tui_ask *ask, struct plumb_err *err);
void worker_verify_next(struct tui_worker *w);
void worker_prove_these(struct tui_worker *w, const struct tui_ask *ask);

/* worker_read.c: these are wanted from now on, and no others. With the lock held. */
void worker_want(struct tui_worker *w, const struct tui_ask *ask);
/* A client_progress_fn of the reading session: false when it is not wanted any more. */
bool worker_still_wanted(void *arg, const char *what, uint64_t done, uint64_t total);

#endif
