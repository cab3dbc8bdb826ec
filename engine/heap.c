#include "engine/heap.h"

#include <stdlib.h>
#include <string.h>

static bool
before(const struct heap_item *a, const struct heap_item *b)
{
    uint32_t len = a->entry->len < b->entry->len ? a->entry->len : b->entry->len;
    int order;

    if (a->at != b->at)
        return a->at < b->at;
    order = memcmp(a->entry->key, b->entry->key, len);
    return order != 0 ? order < 0 : a->entry->len < b->entry->len;
}

bool
heap_push(struct heap *h, plumb_time at, struct map_entry *entry)
{
    struct heap_item item = { at, entry };
    size_t i = h->n;

    if (h->n == h->cap) {
        size_t cap = h->cap == 0 ? 64 : h->cap * 2;
        struct heap_item *items = realloc(h->items, cap * sizeof *items);

        if (items == NULL)
            return false;
        h->items = items;
        h->cap = cap;
    }
    h->n++;
    for (; i > 0 && before(&item, &h->items[(i - 1) / 2]); i = (i - 1) / 2)
        h->items[i] = h->items[(i - 1) / 2];
    h->items[i] = item;
    return true;
}

const struct heap_item *
heap_top(const struct heap *h)
{
    return h->n > 0 ? &h->items[0] : NULL;
}

void
heap_pop(struct heap *h)
{
    struct heap_item item = h->items[--h->n];
    size_t i = 0;

    for (;;) {
        size_t child = 2 * i + 1;

        if (child >= h->n)
            break;
        if (child + 1 < h->n && before(&h->items[child + 1], &h->items[child]))
            child++;
        if (!before(&h->items[child], &item))
            break;
        h->items[i] = h->items[child];
        i = child;
    }
    h->items[i] = item;
}

void
heap_clear(struct heap *h)
{
    free(h->items);
    *h = (struct heap){ 0 };
}
