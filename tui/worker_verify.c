/* What is listed is verified: what is on the screen when it is asked for, the rest of the queue
 * while there is nothing else to do. */
#include <stdlib.h>

#include "lib/own.h"
#include "tui/worker_parts.h"

#define BATCH 32 /* items that are verified before they are shown */

static void
post_batch(struct tui_worker *w)
{
    struct tui_event e = { .kind = TUI_EVENT_ITEMS, .items = w->batch };

    w->batch = (struct tui_items){ NULL, 0 };
    if (e.items.n > 0)
        worker_post(w, &e);
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

enum plumb_code
worker_verify_these(struct tui_worker *w, const struct tui_ask *ask, struct plumb_err *err)
{
    for (size_t i = 0; i < ask->n; i++)
        for (size_t k = 0; k < w->todo.n; k++)
            if (w->todo.items[k].check == TUI_UNCHECKED &&
                plumb_digest_eq(&w->todo.items[k].id, &ask->ids[i]))
                PLUMB_TRY(verify(w, &w->todo.items[k], err));
    post_batch(w);
    return PLUMB_OK;
}

void
worker_verify_next(struct tui_worker *w)
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
    else if (!worker_pause(w, WORKER_CALM_MS)) /* a server that is busy, or away */
        return;
}

void
worker_prove_these(struct tui_worker *w, const struct tui_ask *ask)
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
    worker_post(w, &e);
}
