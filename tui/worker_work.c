/* The working thread: answers what is asked, what a person waits for first. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"
#include "tui/worker_parts.h"

/* What cannot be had because nobody answers is said once, in the banner. */
static void
post_failed(struct tui_worker *w, const struct tui_ask *ask, const struct plumb_err *err)
{
    struct tui_event e = { .kind = TUI_EVENT_FAILED, .id = ask->id, .index = ask->index };

    if (session_away(err))
        worker_post_away(w, err);
    (void)snprintf(e.text, sizeof e.text, "%s: %s%s%s", err->rule, err->msg,
                   err->where[0] != '\0' ? ", at " : "", err->where);
    worker_post(w, &e);
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
    worker_post(w, &you);
    PLUMB_TRY(session_queue(&w->session, &queue.items, err));
    w->next = 0;
    if (!copy_items(&queue.items, &w->todo)) {
        tui_event_clear(&queue);
        return plumb_fail_memory(err);
    }
    worker_post(w, &queue);
    PLUMB_TRY(session_fleets(&w->session, &fleets.fleets, err));
    worker_post(w, &fleets);
    return PLUMB_OK;
}

static void
refresh(struct tui_worker *w)
{
    struct plumb_err err;

    if (look(w, &err) == PLUMB_OK || worker_stopping(w))
        return;
    if (session_away(&err)) {
        worker_post_away(w, &err);
        return;
    }
    post_failed(w, &(struct tui_ask){ .kind = TUI_ASK_REFRESH }, &err);
}

static void
touched(void *arg, const char *text)
{
    worker_post_text(arg, TUI_EVENT_KEY, true, text);
}

static void
do_deed(struct tui_worker *w, struct tui_ask *ask)
{
    struct plumb_err err;
    char text[500];

    if (session_deed(&w->session, &ask->deed, touched, w, text, sizeof text, &err) == PLUMB_OK)
        worker_post_text(w, TUI_EVENT_DONE, true, text);
    else {
        (void)snprintf(text, sizeof text, "Nothing was %s. %s%s%s [%s]",
                       session_away(&err) ? "confirmed: it may have arrived" : "sent", err.msg,
                       err.where[0] != '\0' ? ", at " : "", err.where, err.rule);
        worker_post_text(w, TUI_EVENT_DONE, false, text);
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
        worker_post(w, &e);
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
    return !worker_stopping(w);
}

void *
worker_work(void *arg)
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
            worker_prove_these(w, ask);
        else if (job.check) {
            if (worker_verify_these(w, ask, &err) != PLUMB_OK)
                (void)worker_pause(w, WORKER_CALM_MS);
        } else
            worker_verify_next(w);
    }
    free(ask);
    return NULL;
}
