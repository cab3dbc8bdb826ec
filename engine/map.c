/* Open addressing, linear probing, deletion by shifting back; the table holds pointers only. */
#include "engine/map.h"

#include <stdlib.h>
#include <string.h>

void
map_clear(struct map *m)
{
    for (size_t i = 0; m->slots != NULL && i <= m->mask; i++) {
        struct map_entry *entry = m->slots[i];

        if (entry == NULL)
            continue;
        if (entry->record != NULL)
            m->free_record(entry->record);
        free(entry);
    }
    free(m->slots);
    free(m->order);
    m->slots = m->order = NULL;
    m->mask = m->used = m->norder = m->order_cap = 0;
}

struct map_entry *
map_find(const struct map *m, const void *key, size_t len)
{
    uint64_t hash = siphash(&m->hash, key, len);

    if (m->slots == NULL)
        return NULL;
    for (size_t i = hash & m->mask; m->slots[i] != NULL; i = (i + 1) & m->mask) {
        struct map_entry *entry = m->slots[i];

        if (entry->hash == hash && entry->len == len && memcmp(entry->key, key, len) == 0)
            return entry;
    }
    return NULL;
}

const struct record *
map_get(const struct map *m, const void *key, size_t len)
{
    const struct map_entry *entry = map_find(m, key, len);

    return entry != NULL ? entry->record : NULL;
}

static void
place(struct map *m, struct map_entry *entry)
{
    size_t i = entry->hash & m->mask;

    while (m->slots[i] != NULL)
        i = (i + 1) & m->mask;
    m->slots[i] = entry;
}

static bool
grow(struct map *m)
{
    size_t cap = m->slots == NULL ? 0 : m->mask + 1;
    struct map_entry **old = m->slots;

    if (m->used * 4 < cap * 3)
        return true;
    m->slots = calloc(cap == 0 ? 64 : cap * 2, sizeof *m->slots);
    if (m->slots == NULL) {
        m->slots = old;
        return false;
    }
    m->mask = (cap == 0 ? 64 : cap * 2) - 1;
    for (size_t i = 0; i < cap; i++)
        if (old[i] != NULL)
            place(m, old[i]);
    free(old);
    return true;
}

static bool
grow_order(struct map *m)
{
    size_t cap = m->order_cap == 0 ? 64 : m->order_cap * 2;
    struct map_entry **order;

    if (!m->ordered || m->norder < m->order_cap)
        return true;
    order = realloc(m->order, cap * sizeof(struct map_entry *));
    if (order == NULL)
        return false;
    m->order = order;
    m->order_cap = cap;
    return true;
}

/* The entry of this key, made if there is none; NULL when out of memory. */
static struct map_entry *
want_entry(struct map *m, const void *key, size_t len)
{
    struct map_entry *entry = map_find(m, key, len);

    if (entry != NULL)
        return entry;
    if (!grow(m) || !grow_order(m))
        return NULL;
    entry = malloc(sizeof *entry + len);
    if (entry == NULL)
        return NULL;
    *entry = (struct map_entry){ .hash = siphash(&m->hash, key, len), .len = (uint32_t)len };
    memcpy(entry->key, key, len);
    place(m, entry);
    m->used++;
    if (m->ordered)
        m->order[m->norder++] = entry;
    return entry;
}

void
map_delete(struct map *m, struct map_entry *entry)
{
    size_t i = entry->hash & m->mask;

    while (m->slots[i] != entry)
        i = (i + 1) & m->mask;
    m->slots[i] = NULL;
    for (size_t j = (i + 1) & m->mask; m->slots[j] != NULL; j = (j + 1) & m->mask) {
        size_t home = m->slots[j]->hash & m->mask;

        if (((j - home) & m->mask) < ((j - i) & m->mask))
            continue; /* it would come before its home */
        m->slots[i] = m->slots[j];
        m->slots[j] = NULL;
        i = j;
    }
    m->used--;
    /* only undoing takes from an ordered map, and it takes the newest first */
    if (m->ordered)
        m->norder--;
    if (entry->record != NULL)
        m->free_record(entry->record);
    free(entry);
}

static bool
room(struct journal *j)
{
    size_t cap = j->cap == 0 ? 64 : j->cap * 2;
    struct change *changes;

    if (j->n < j->cap)
        return true;
    changes = realloc(j->changes, cap * sizeof *changes);
    if (changes == NULL)
        return false;
    j->changes = changes;
    j->cap = cap;
    return true;
}

enum plumb_code
journal_put(struct journal *j, struct map *m, const void *key, size_t len,
            struct record *record, struct plumb_err *err)
{
    struct map_entry *entry = room(j) ? want_entry(m, key, len) : NULL;

    if (entry == NULL) {
        if (record != NULL)
            m->free_record(record);
        return plumb_fail_memory(err);
    }
    if (record != NULL)
        record->stamp = j->generation;
    j->changes[j->n++] = (struct change){ m, entry, entry->record };
    entry->pins++;
    entry->record = record;
    return PLUMB_OK;
}

/* An entry that nothing names and that holds nothing need not stay. */
static void
unpin(struct map *m, struct map_entry *entry)
{
    if (--entry->pins == 0 && entry->record == NULL && !m->sticky)
        map_delete(m, entry);
}

void
journal_undo(struct journal *j, size_t n, journal_undone_fn *undone, void *arg)
{
    while (j->n > n) {
        struct change *c = &j->changes[--j->n];

        if (c->entry->record != NULL)
            c->map->free_record(c->entry->record);
        c->entry->record = c->old;
        undone(arg, c->map, c->entry);
        unpin(c->map, c->entry);
    }
}

void
journal_forget(struct journal *j, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct change *c = &j->changes[i];

        if (c->old != NULL)
            c->map->free_record(c->old);
        unpin(c->map, c->entry);
    }
    if (n > 0 && n < j->n)
        memmove(j->changes, j->changes + n, (j->n - n) * sizeof *j->changes);
    j->n -= n;
}

bool
journal_is_first(const struct journal *j, const struct change *c)
{
    return c->old == NULL || c->old->stamp != j->generation;
}

void
journal_clear(struct journal *j)
{
    free(j->changes);
    *j = (struct journal){ 0 };
}
