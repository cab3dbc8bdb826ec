/* The watcher: is the server there, has the log grown? */
#include "client/head.h"
#include "tui/worker_parts.h"

#define WAIT_SECONDS 25 /* of a long poll */

static void
tell_worker(struct tui_worker *w, uint64_t size)
{
    (void)pthread_mutex_lock(&w->lock);
    w->size = size;
    w->refresh = true;
    (void)pthread_cond_broadcast(&w->wake);
    (void)pthread_mutex_unlock(&w->lock);
}

void *
worker_watch(void *arg)
{
    struct tui_worker *w = arg;
    struct plumb_checkpoint head = { .size = 0 };
    bool away = false;
    int wait = 500;

    while (!worker_stopping(w)) {
        struct plumb_err err;
        bool news;

        if (client_head(w->watching, w->config.trust->policy, away ? 0 : WAIT_SECONDS, &head,
                        &news, &err) == PLUMB_OK) {
            worker_post_text(w, TUI_EVENT_ANSWER, true, "");
            /* without news too: who pulled what is not in the log */
            tell_worker(w, head.size);
            away = false;
            wait = 500;
            if (!worker_pause(w, news ? WORKER_CALM_MS / 4 : 0))
                break;
            continue;
        }
        if (worker_stopping(w))
            break;
        away = true;
        worker_post_away(w, &err);
        if (!worker_pause(w, wait))
            break;
        wait = wait < 4000 ? wait * 2 : 4000;
    }
    return NULL;
}
