/*
 * The reading thread: bills of materials and root stores, which may be large. One statement's
 * at a time: what another one wants is not held up by what nobody looks at any more.
 */
#include <stdlib.h>

#include "lib/own.h"
#include "tui/worker_parts.h"

static bool
is_wanted(const struct tui_worker *w, const struct tui_material *m)
{
    for (size_t i = 0; i < w->nwanted; i++)
        if (tui_material_same(&w->wanted[i], m))
            return true;
    return false;
}

void
worker_want(struct tui_worker *w, const struct tui_ask *ask)
{
    w->read_id = ask->id;
    w->nwanted = ask->nmaterials;
    for (size_t i = 0; i < ask->nmaterials; i++)
        w->wanted[i] = ask->materials[i];
}

bool
worker_still_wanted(void *arg, const char *what, uint64_t done, uint64_t total)
{
    struct tui_worker *w = arg;
    bool ret;

    (void)what;
    (void)done;
    (void)total;
    (void)pthread_mutex_lock(&w->lock);
    ret = !w->stop && (!w->busy_reading || is_wanted(w, &w->now_read));
    (void)pthread_mutex_unlock(&w->lock);
    return ret;
}

/* Waits for something to read; false when it is time to end. */
static bool
next_wanted(struct tui_worker *w, struct tui_material *ret)
{
    (void)pthread_mutex_lock(&w->lock);
    w->busy_reading = false;
    while (!w->stop && w->nwanted == 0)
        (void)pthread_cond_wait(&w->wake, &w->lock);
    if (!w->stop) {
        w->busy_reading = true;
        w->now_read = *ret = w->wanted[0];
    }
    (void)pthread_mutex_unlock(&w->lock);
    return !worker_stopping(w);
}

/* It was read, well or not: nobody waits for it any more. *ret_id: of the statement that wants
 * it now; false when none does. */
static bool
settle(struct tui_worker *w, const struct tui_material *m, struct plumb_digest *ret_id)
{
    bool found = false;

    (void)pthread_mutex_lock(&w->lock);
    for (size_t i = 0; i < w->nwanted && !found; i++)
        if (tui_material_same(&w->wanted[i], m)) {
            found = true;
            w->wanted[i] = w->wanted[--w->nwanted];
        }
    *ret_id = w->read_id;
    (void)pthread_mutex_unlock(&w->lock);
    return found;
}

/* False when there is no memory for it. */
static bool
hand_over(struct tui_worker *w, struct tui_material *m)
{
    struct tui_event e = { .kind = TUI_EVENT_MATERIAL };

    e.material = malloc(sizeof *e.material);
    if (e.material == NULL)
        return false;
    *e.material = *m;
    *m = (struct tui_material){ .state = TUI_READING };
    if (settle(w, e.material, &e.id))
        worker_post(w, &e);
    else
        tui_event_clear(&e);
    return true;
}

void *
worker_read(void *arg)
{
    struct tui_worker *w = arg;
    struct tui_material m;
    struct plumb_err err;

    while (next_wanted(w, &m)) {
        if (view_read_material(&w->reading, &m, &err) == PLUMB_OK && hand_over(w, &m))
            continue;
        tui_material_clear(&m);
        /* nobody answers, no memory, or it is not wanted any more: which is seen then */
        if (!worker_pause(w, WORKER_CALM_MS))
            break;
    }
    return NULL;
}
