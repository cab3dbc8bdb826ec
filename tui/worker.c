#include "tui/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client/head.h"
#include "lib/own.h"

#define WAIT_SECONDS 25   /* of a long poll */
#define CALM_MS      1000 /* between two looks at a log that grows all the time */
#define BATCH        32   /* items that are verified before they are shown */

struct asked {
    struct asked *next;
    struct tui_ask ask;
};

struct tui_worker {
    struct session_config config;
    struct session session;  /* of the working thread */
    struct client *watching; /* of the watching thread */
    pthread_t worker, watcher;
    bool working, watched; /* the threads run */
    int in, out;           /* of the pipe */

    pthread_mutex_t lock; /* of all that follows */
    pthread_cond_t wake;
    bool stop, refresh;
    uint64_t size; /* of the log, as the watcher has verified it */
    struct asked *first, **last;
    struct tui_ask check, prove; /* the newest of their kind; n 0 when there is none */

    struct tui_items todo; /* the queue as listed last, of the working thread */
    size_t next;           /* of todo, that may be unverified */
    struct tui_items batch;
};

static void
post(struct tui_worker *w, const struct tui_event *e)
{
    struct tui_event *copy = malloc(sizeof *copy);

    if (copy == NULL) {
        struct tui_event lost = *e;

        tui_event_clear(&lost);
        return;
    }
    *copy = *e;
    copy->now = w->config.now();
    while (write(w->out, &copy, sizeof copy) < 0 && errno == EINTR)
        ;
}

static void
post_text(struct tui_worker *w, enum tui_event_kind kind, bool ok, const char *text)
{
    struct tui_event e = { .kind = kind, .ok = ok };

    (void)snprintf(e.text, sizeof e.text, "%s", text);
    post(w, &e);
}

static void
post_away(struct tui_worker *w, const struct plumb_err *err)
{
    char text[400];

    (void)snprintf(text, sizeof text, "%s: %s", err->rule, err->msg);
    post_text(w, TUI_EVENT_AWAY, false, text);
}

static bool
stopping(struct tui_worker *w)
{
    bool stop;

    (void)pthread_mutex_lock(&w->lock);
    stop = w->stop;
    (void)pthread_mutex_unlock(&w->lock);
    return stop;
}

/* False when it is time to end. */
static bool
pause_ms(struct tui_worker *w, int ms)
{
    struct timespec until;

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000L;
    }
    (void)pthread_mutex_lock(&w->lock);
    while (!w->stop && pthread_cond_clockwait(&w->wake, &w->lock, CLOCK_MONOTONIC, &until) == 0)
        ;
    (void)pthread_mutex_unlock(&w->lock);
    return !stopping(w);
}

static bool
keep_going(void *arg, const char *what, uint64_t done, uint64_t total)
{
    (void)what;
    (void)done;
    (void)total;
    return !stopping(arg);
}

/* --- the watcher: is the server there, has the log grown? --- */

static void
tell_worker(struct tui_worker *w, uint64_t size)
{
    (void)pthread_mutex_lock(&w->lock);
    w->size = size;
    w->refresh = true;
    (void)pthread_cond_broadcast(&w->wake);
    (void)pthread_mutex_unlock(&w->lock);
}

static void *
watch(void *arg)
{
    struct tui_worker *w = arg;
    struct plumb_checkpoint head = { .size = 0 };
    bool away = false;
    int wait = 500;

    while (!stopping(w)) {
        struct plumb_err err;
        bool news;

        if (client_head(w->watching, w->config.trust->policy, away ? 0 : WAIT_SECONDS, &head,
                        &news, &err) == PLUMB_OK) {
            post_text(w, TUI_EVENT_ANSWER, true, "");
            /* without news too: who pulled what is not in the log */
            tell_worker(w, head.size);
            away = false;
            wait = 500;
            if (!pause_ms(w, news ? CALM_MS / 4 : 0))
                break;
            continue;
        }
        if (stopping(w))
            break;
        away = true;
        post_away(w, &err);
        if (!pause_ms(w, wait))
            break;
        wait = wait < 4000 ? wait * 2 : 4000;
    }
    return NULL;
}

/* --- the worker --- */

/* What cannot be had because nobody answers is said once, in the banner. */
static void
post_failed(struct tui_worker *w, const struct tui_ask *ask, const struct plumb_err *err)
{
    struct tui_event e = { .kind = TUI_EVENT_FAILED, .id = ask->id, .index = ask->index };

    if (session_away(err))
        post_away(w, err);
    (void)snprintf(e.text, sizeof e.text, "%s: %s%s%s", err->rule, err->msg,
                   err->where[0] != '\0' ? ", at " : "", err->where);
    post(w, &e);
}

static bool
copy_items(const struct tui_items *from, struct tui_items *to)
{
    tui_items_clear(to);
    to->items = calloc(from->n + 1, sizeof *to->items);
    if (to->items == NULL)
        return false;
    memcpy(to->items, from->items, from->n * sizeof *to->items);
    to->n = from->n;
    return true;
}

static enum plumb_code
look(struct tui_worker *w, struct plumb_err *err)
{
    struct tui_event you = { .kind = TUI_EVENT_YOU }, queue = { .kind = TUI_EVENT_QUEUE },
                     fleets = { .kind = TUI_EVENT_FLEETS };

    PLUMB_TRY(session_govern(&w->session, err));
    PLUMB_TRY(session_you(&w->session, &you.you, err));
    post(w, &you);
    PLUMB_TRY(session_queue(&w->session, &queue.items, err));
    w->next = 0;
    if (!copy_items(&queue.items, &w->todo)) {
        tui_event_clear(&queue);
        return plumb_fail_memory(err);
    }
    post(w, &queue);
    PLUMB_TRY(session_fleets(&w->session, &fleets.fleets, err));
    post(w, &fleets);
    return PLUMB_OK;
}

static void
refresh(struct tui_worker *w)
{
    struct plumb_err err;

    if (look(w, &err) == PLUMB_OK || stopping(w))
        return;
    if (session_away(&err)) {
        post_away(w, &err);
        return;
    }
    post_failed(w, &(struct tui_ask){ .kind = TUI_ASK_REFRESH }, &err);
}

static void
touched(void *arg, const char *text)
{
    post_text(arg, TUI_EVENT_KEY, true, text);
}

static void
do_deed(struct tui_worker *w, struct tui_ask *ask)
{
    struct plumb_err err;
    char text[500];

    if (session_deed(&w->session, &ask->deed, touched, w, text, sizeof text, &err) == PLUMB_OK)
        post_text(w, TUI_EVENT_DONE, true, text);
    else {
        (void)snprintf(text, sizeof text, "Nothing was %s. %s%s%s [%s]",
                       session_away(&err) ? "confirmed: it may have arrived" : "sent", err.msg,
                       err.where[0] != '\0' ? ", at " : "", err.where, err.rule);
        post_text(w, TUI_EVENT_DONE, false, text);
    }
    tui_secret_free(ask->deed.passphrase);
    ask->deed.passphrase = NULL;
}

static void
answer(struct tui_worker *w, struct tui_ask *ask)
{
    struct tui_event e = { .id = ask->id, .index = ask->index };
    enum plumb_code code = PLUMB_OK;
    struct plumb_err err;

    if (w->session.chain == NULL)
        code = session_govern(&w->session, &err);
    if (code == PLUMB_OK)
        switch (ask->kind) {
        case TUI_ASK_STATEMENT:
            e.kind = TUI_EVENT_STATEMENT;
            code = session_statement(&w->session, &ask->id, &e.statement, &err);
            break;
        case TUI_ASK_RELEASES:
            e.kind = TUI_EVENT_RELEASES;
            code = session_releases(&w->session, ask->payload, ask->fleet, &e.releases, &err);
            break;
        case TUI_ASK_HISTORY:
            e.kind = TUI_EVENT_HISTORY;
            code = session_history(&w->session, ask, &e.history, &err);
            break;
        case TUI_ASK_ENTRY:
            e.kind = TUI_EVENT_ENTRY;
            code = session_entry(&w->session, ask->index, &e.entry, &err);
            break;
        default:
            do_deed(w, ask);
            return;
        }
    if (code != PLUMB_OK)
        post_failed(w, ask, &err);
    else
        post(w, &e);
}

/* --- verifying the queue, while there is nothing else to do --- */

static void
post_batch(struct tui_worker *w)
{
    struct tui_event e = { .kind = TUI_EVENT_ITEMS, .items = w->batch };

    w->batch = (struct tui_items){ NULL, 0 };
    if (e.items.n > 0)
        post(w, &e);
    else
        tui_event_clear(&e);
}

static enum plumb_code
verify(struct tui_worker *w, struct tui_item *item, struct plumb_err *err)
{
    if (w->batch.items == NULL &&
        (w->batch.items = calloc(BATCH, sizeof *w->batch.items)) == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(session_check(&w->session, item, &w->batch.items[w->batch.n], err));
    *item = w->batch.items[w->batch.n++];
    if (w->batch.n == BATCH)
        post_batch(w);
    return PLUMB_OK;
}

static enum plumb_code
verify_these(struct tui_worker *w, const struct tui_ask *ask, struct plumb_err *err)
{
    for (size_t i = 0; i < ask->n; i++)
        for (size_t k = 0; k < w->todo.n; k++)
            if (w->todo.items[k].check == TUI_UNCHECKED &&
                plumb_digest_eq(&w->todo.items[k].id, &ask->ids[i]))
                PLUMB_TRY(verify(w, &w->todo.items[k], err));
    post_batch(w);
    return PLUMB_OK;
}

static void
verify_next(struct tui_worker *w)
{
    struct plumb_err err;

    while (w->next < w->todo.n && w->todo.items[w->next].check != TUI_UNCHECKED)
        w->next++;
    if (w->next == w->todo.n) {
        post_batch(w);
        return;
    }
    if (verify(w, &w->todo.items[w->next], &err) == PLUMB_OK)
        w->next++;
    else if (!pause_ms(w, CALM_MS)) /* a server that is busy, or away */
        return;
}

static void
prove_these(struct tui_worker *w, const struct tui_ask *ask)
{
    struct tui_event e = { .kind = TUI_EVENT_MOVES };
    struct plumb_err err;

    e.history = calloc(1, sizeof *e.history);
    if (e.history == NULL ||
        (e.history->moves = calloc(ask->n, sizeof ask->moves[0])) == NULL) {
        tui_event_clear(&e);
        return;
    }
    for (size_t i = 0; i < ask->n; i++) {
        struct tui_move *m = &e.history->moves[e.history->n];

        *m = ask->moves[i];
        if (session_move(&w->session, m, &err) != PLUMB_OK)
            break;
        e.history->n++;
    }
    post(w, &e);
}

/* --- what is next --- */

struct job {
    struct asked *asked;
    bool refresh, check, prove;
};

static bool
has_idle_work(const struct tui_worker *w)
{
    return w->session.chain != NULL && (w->next < w->todo.n || w->batch.n > 0);
}

/* Waits for something to do; false when it is time to end. What a person waits for is first. */
static bool
next_job(struct tui_worker *w, struct job *ret, struct tui_ask *ask)
{
    *ret = (struct job){ .asked = NULL };
    (void)pthread_mutex_lock(&w->lock);
    while (!w->stop && w->first == NULL && !w->refresh && w->check.n == 0 && w->prove.n == 0 &&
           !has_idle_work(w))
        (void)pthread_cond_wait(&w->wake, &w->lock);
    w->session.size = w->size;
    if (w->first != NULL) {
        ret->asked = w->first;
        w->first = w->first->next;
        if (w->first == NULL)
            w->last = &w->first;
    } else if (w->refresh) {
        ret->refresh = true;
        w->refresh = false;
    } else if (w->prove.n > 0) {
        ret->prove = true;
        *ask = w->prove;
        w->prove.n = 0;
    } else if (w->check.n > 0) {
        ret->check = true;
        *ask = w->check;
        w->check.n = 0;
    }
    (void)pthread_mutex_unlock(&w->lock);
    return !stopping(w);
}

static void *
work(void *arg)
{
    struct tui_worker *w = arg;
    struct tui_ask *ask = calloc(1, sizeof *ask);
    struct plumb_err err;
    struct job job;

    while (ask != NULL && next_job(w, &job, ask)) {
        if (job.asked != NULL) {
            answer(w, &job.asked->ask);
            free(job.asked);
        } else if (job.refresh)
            refresh(w);
        else if (w->session.chain == NULL)
            continue; /* nothing can be verified yet */
        else if (job.prove)
            prove_these(w, ask);
        else if (job.check) {
            if (verify_these(w, ask, &err) != PLUMB_OK)
                (void)pause_ms(w, CALM_MS);
        } else
            verify_next(w);
    }
    free(ask);
    return NULL;
}

/* --- from the outside --- */

static void
take_ask(void *ctx, const struct tui_ask *ask)
{
    struct tui_worker *w = ctx;
    struct asked *asked = NULL;

    if (ask->kind != TUI_ASK_REFRESH && ask->kind != TUI_ASK_CHECK &&
        ask->kind != TUI_ASK_PROVE) {
        asked = malloc(sizeof *asked);
        if (asked == NULL) {
            tui_secret_free(ask->deed.passphrase);
            post_text(w, ask->kind == TUI_ASK_DEED ? TUI_EVENT_DONE : TUI_EVENT_FAILED, false,
                      "Nothing was done: out of memory");
            return;
        }
        asked->ask = *ask;
        asked->next = NULL;
    }
    (void)pthread_mutex_lock(&w->lock);
    if (asked != NULL) {
        *w->last = asked;
        w->last = &asked->next;
    } else if (ask->kind == TUI_ASK_REFRESH)
        w->refresh = true;
    else if (ask->kind == TUI_ASK_CHECK)
        w->check = *ask;
    else
        w->prove = *ask;
    (void)pthread_cond_broadcast(&w->wake);
    (void)pthread_mutex_unlock(&w->lock);
}

struct tui_backend
tui_worker_backend(struct tui_worker *w)
{
    return (struct tui_backend){ w, take_ask };
}

int
tui_worker_fd(const struct tui_worker *w)
{
    return w->in;
}

bool
tui_worker_event(struct tui_worker *w, struct tui_event *ret)
{
    struct tui_event *e;

    if (read(w->in, &e, sizeof e) != sizeof e)
        return false;
    *ret = *e;
    free(e);
    return true;
}

static enum plumb_code
open_all(struct tui_worker *w, struct plumb_err *err)
{
    const struct client_config c = { .server = w->config.server,
                                     .pins = w->config.trust->servers,
                                     .npins = w->config.trust->nservers,
                                     .tls = w->config.tls,
                                     .policy = w->config.trust->policy,
                                     .progress = keep_going,
                                     .arg = w };
    int fds[2];

    if (pipe2(fds, O_CLOEXEC) != 0)
        return plumb_fail(err, PLUMB_INTERNAL, "tui.pipe", "", "%s", strerror(errno));
    w->in = fds[0];
    w->out = fds[1];
    if (fcntl(w->in, F_SETFL, O_NONBLOCK) != 0)
        return plumb_fail(err, PLUMB_INTERNAL, "tui.pipe", "", "%s", strerror(errno));
    w->config.progress = keep_going;
    w->config.arg = w;
    PLUMB_TRY(session_open(&w->config, &w->session, err));
    return client_open(&c, &w->watching, err);
}

PLUMB_DEFINE_AUTO(auto_worker, struct tui_worker *, tui_worker_stop);

enum plumb_code
tui_worker_start(const struct session_config *config, struct tui_worker **ret,
                 struct plumb_err *err)
{
    PLUMB_AUTO(auto_worker) struct tui_worker *w = calloc(1, sizeof *w);

    if (w == NULL)
        return plumb_fail_memory(err);
    w->config = *config;
    w->in = w->out = -1;
    w->last = &w->first;
    (void)pthread_mutex_init(&w->lock, NULL);
    (void)pthread_cond_init(&w->wake, NULL);
    PLUMB_TRY(open_all(w, err));
    w->working = pthread_create(&w->worker, NULL, work, w) == 0;
    w->watched = w->working && pthread_create(&w->watcher, NULL, watch, w) == 0;
    if (!w->watched)
        return plumb_fail(err, PLUMB_INTERNAL, "tui.thread", "", "no threads can be made");
    *ret = PLUMB_TAKE(w);
    return PLUMB_OK;
}

/* Events nobody will read; a thread that waits for room in the pipe goes on. */
static void
drain(struct tui_worker *w)
{
    struct tui_event e;

    while (w->in >= 0 && tui_worker_event(w, &e))
        tui_event_clear(&e);
}

static void
join(struct tui_worker *w, pthread_t thread, bool running)
{
    struct timespec soon;

    if (!running)
        return;
    do {
        drain(w);
        (void)clock_gettime(CLOCK_MONOTONIC, &soon);
        soon.tv_sec++;
    } while (pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, &soon) == ETIMEDOUT);
}

void
tui_worker_stop(struct tui_worker *w)
{
    if (w == NULL)
        return;
    (void)pthread_mutex_lock(&w->lock);
    w->stop = true;
    (void)pthread_cond_broadcast(&w->wake);
    (void)pthread_mutex_unlock(&w->lock);
    join(w, w->worker, w->working);
    join(w, w->watcher, w->watched);
    drain(w);
    while (w->first != NULL) {
        struct asked *asked = w->first;

        w->first = asked->next;
        tui_secret_free(asked->ask.deed.passphrase);
        free(asked);
    }
    session_close(&w->session);
    client_close(w->watching);
    tui_items_clear(&w->todo);
    tui_items_clear(&w->batch);
    if (w->in >= 0) {
        (void)close(w->in);
        (void)close(w->out);
    }
    (void)pthread_cond_destroy(&w->wake);
    (void)pthread_mutex_destroy(&w->lock);
    free(w);
}
