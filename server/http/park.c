#include "server/http/park.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { BUCKETS = 256 };

struct http_park {
    pthread_mutex_t lock;
    bool closed;
    _Atomic uint64_t wakes; /* how many there were */
    struct {
        struct http_parked *head;
        uint64_t woken; /* the number of its last wake */
    } buckets[BUCKETS];
};

enum plumb_code
http_park_new(struct http_park **ret, struct plumb_err *err)
{
    struct http_park *park = calloc(1, sizeof *park);

    if (park == NULL)
        return plumb_fail_memory(err);
    pthread_mutex_init(&park->lock, NULL);
    *ret = park;
    return PLUMB_OK;
}

void
http_park_free(struct http_park *park)
{
    if (park != NULL)
        pthread_mutex_destroy(&park->lock);
    free(park);
}

uint64_t
http_park_topic(const char *name)
{
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a: a collision wakes one too many */

    for (; *name != '\0'; name++)
        hash = (hash ^ (uint8_t)*name) * UINT64_C(1099511628211);
    return hash;
}

uint64_t
http_park_mark(const struct http_park *park)
{
    return atomic_load(&park->wakes);
}

bool
http_park_add(struct http_park *park, struct http_parked *parked, uint64_t mark)
{
    size_t i = parked->topic % BUCKETS;

    pthread_mutex_lock(&park->lock);
    bool in = !park->closed && park->buckets[i].woken <= mark;
    if (in) {
        parked->prev = NULL;
        parked->next = park->buckets[i].head;
        if (parked->next != NULL)
            parked->next->prev = parked;
        park->buckets[i].head = parked;
    }
    pthread_mutex_unlock(&park->lock);
    return in;
}

/* From bucket i to the front of *list; the lock is held. */
static void
take(struct http_park *park, size_t i, struct http_parked *parked, struct http_parked **list)
{
    if (parked->prev != NULL)
        parked->prev->next = parked->next;
    else
        park->buckets[i].head = parked->next;
    if (parked->next != NULL)
        parked->next->prev = parked->prev;
    parked->next = *list;
    *list = parked;
}

struct http_parked *
http_park_wake(struct http_park *park, uint64_t topic)
{
    struct http_parked *list = NULL, *next;
    size_t i = topic % BUCKETS;

    pthread_mutex_lock(&park->lock);
    park->buckets[i].woken = atomic_fetch_add(&park->wakes, 1) + 1;
    for (struct http_parked *p = park->buckets[i].head; p != NULL; p = next) {
        next = p->next;
        if (p->topic == topic)
            take(park, i, p, &list);
    }
    pthread_mutex_unlock(&park->lock);
    return list;
}

static struct http_parked *
take_all(struct http_park *park, int64_t now_ms, bool (*gone)(struct http_parked *), bool close)
{
    struct http_parked *list = NULL, *next;

    pthread_mutex_lock(&park->lock);
    park->closed |= close;
    for (size_t i = 0; i < BUCKETS; i++)
        for (struct http_parked *p = park->buckets[i].head; p != NULL; p = next) {
            next = p->next;
            if (close || (gone != NULL ? gone(p) : p->until_ms <= now_ms))
                take(park, i, p, &list);
        }
    pthread_mutex_unlock(&park->lock);
    return list;
}

struct http_parked *
http_park_due(struct http_park *park, int64_t now_ms)
{
    return take_all(park, now_ms, NULL, false);
}

struct http_parked *
http_park_close(struct http_park *park)
{
    return take_all(park, 0, NULL, true);
}

struct http_parked *
http_park_sweep(struct http_park *park, bool (*gone)(struct http_parked *parked))
{
    return take_all(park, 0, gone, false);
}
