/* heap.h - what falls due when: a heap of (time, map entry), the earliest first. */
#ifndef ENGINE_HEAP_H
#define ENGINE_HEAP_H

#include <plumb/time.h>

#include "engine/map.h"

struct heap_item {
    plumb_time at;
    struct map_entry *entry; /* borrowed; of a sticky map */
};
struct heap {
    struct heap_item *items;
    size_t n, cap;
};

/* Items at one time come in the order of their keys. false when out of memory. */
PLUMB_MUST_CHECK bool heap_push(struct heap *h, plumb_time at, struct map_entry *entry);
/* NULL when empty. */
const struct heap_item *heap_top(const struct heap *h);
void heap_pop(struct heap *h);
void heap_clear(struct heap *h);

#endif
