#include "tui/worker_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/own.h"

/* --- for its parts --- */

void
worker_post(struct tui_worker *w, const struct tui_event *e)
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

void
worker_post_text(struct tui_worker *w, enum tui_event_kind kind, bool ok, const char *text)
{
    struct tui_event e = { .kind = kind, .ok = ok };

    (void)snprintf(e.text, sizeof e.text, "%s", text);
    worker_post(w, &e);
}

void
worker_post_away(struct tui_worker *w, const struct plumb_err *err)
{
    char text[400];

    (void)snprintf(text, sizeof text, "%s: %s", err->rule, err->msg);
    worker_post_text(w, TUI_EVENT_AWAY, false, text);
}

bool
worker_stopping(struct tui_worker *w)
{
    bool stop;

    (void)pthread_mutex_lock(&w->lock);
    stop = w->stop;
    (void)pthread_mutex_unlock(&w->lock);
    return stop;
}

bool
worker_pause(struct tui_worker *w, int ms)
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
    return !worker_stopping(w);
}

static bool
keep_going(void *arg, const char *what, uint64_t done, uint64_t total)
{
    (void)what;
    (void)done;
    (void)total;
    return !worker_stopping(arg);
}

/* --- from the outside --- */

static void
take_ask(void *ctx, const struct tui_ask *ask)
{
    struct tui_worker *w = ctx;
    struct asked *asked = NULL;

    if (ask->kind != TUI_ASK_REFRESH && ask->kind != TUI_ASK_CHECK &&
        ask->kind != TUI_ASK_PROVE && ask->kind != TUI_ASK_MATERIALS) {
        asked = malloc(sizeof *asked);
        if (asked == NULL) {
            tui_secret_free(ask->deed.passphrase);
            worker_post_text(w, ask->kind == TUI_ASK_DEED ? TUI_EVENT_DONE : TUI_EVENT_FAILED,
                             false, "Nothing was done: out of memory");
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
    else if (ask->kind == TUI_ASK_PROVE)
        w->prove = *ask;
    else
        worker_want(w, ask);
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
    struct client_config c = { .server = w->config.server,
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
    w->reading_config = w->config;
    w->reading_config.sign = NULL;
    w->reading_config.progress = worker_still_wanted;
    PLUMB_TRY(session_open(&w->reading_config, &w->reading, err));
    return client_open(&c, &w->watching, err);
}

PLUMB_DEFINE_AUTO(auto_worker, struct tui_worker *, tui_worker_stop);

enum plumb_code
tui_worker_start(const struct session_config *config, struct tui_worker **ret,
                 struct plumb_err *err)
{
    static void *(*const jobs[])(void *) = { worker_work, worker_watch, worker_read };
    PLUMB_AUTO(auto_worker) struct tui_worker *w = calloc(1, sizeof *w);

    if (w == NULL)
        return plumb_fail_memory(err);
    w->config = *config;
    w->in = w->out = -1;
    w->last = &w->first;
    (void)pthread_mutex_init(&w->lock, NULL);
    (void)pthread_cond_init(&w->wake, NULL);
    PLUMB_TRY(open_all(w, err));
    for (size_t i = 0; i < sizeof jobs / sizeof *jobs; i++) {
        if (pthread_create(&w->threads[i], NULL, jobs[i], w) != 0)
            return plumb_fail(err, PLUMB_INTERNAL, "tui.thread", "", "no threads can be made");
        w->nthreads++;
    }
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
join(struct tui_worker *w, pthread_t thread)
{
    struct timespec soon;

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
    for (size_t i = 0; i < w->nthreads; i++)
        join(w, w->threads[i]);
    drain(w);
    while (w->first != NULL) {
        struct asked *asked = w->first;

        w->first = asked->next;
        tui_secret_free(asked->ask.deed.passphrase);
        free(asked);
    }
    session_close(&w->session);
    session_close(&w->reading);
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
