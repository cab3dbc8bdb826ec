/*
 * map.h - from a key's bytes to an immutable record, and the journal of what was put: the
 * engine's whole state is a few such maps, so that anything can be undone.
 */
#ifndef ENGINE_MAP_H
#define ENGINE_MAP_H

#include <plumb/err.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/siphash.h"

/* The first member of every record. Never changed once put: a change replaces the record. */
struct record {
    uint64_t stamp; /* the journal's generation when it was put */
};
typedef void record_free_fn(struct record *r);

/* A key and what it stands for now. Its address does not change while it exists. */
struct map_entry {
    struct record *record; /* NULL: nothing */
    uint64_t hash;
    uint32_t pins; /* changes in the journal that name it */
    uint32_t len;
    unsigned char key[];
};

/*
 * Keys are what others chose, so where they fall depends on a secret. Where they fall is
 * nobody's business but this file's: whoever wants all of a map has it ordered.
 */
struct map {
    record_free_fn *free_record;
    struct siphash hash;
    bool ordered; /* remember the order in which keys came, those of entries without a record
                     too; nothing may be removed */
    bool sticky;  /* keep entries without a record: something else points at them */
    struct map_entry **slots;
    size_t mask, used;
    struct map_entry **order;
    size_t norder, order_cap;
};

void map_clear(struct map *m);
/* Also finds an entry whose record is NULL; NULL when there is none. */
struct map_entry *map_find(const struct map *m, const void *key, size_t len);
/* NULL when there is nothing. */
const struct record *map_get(const struct map *m, const void *key, size_t len);
/* Out of the table, with its record; it must have no pins. */
void map_delete(struct map *m, struct map_entry *entry);

struct change {
    struct map *map;
    struct map_entry *entry;
    struct record *old; /* owned */
};
struct journal {
    struct change *changes;
    size_t n, cap;
    uint64_t generation;
};
/* Called for each entry that an undo put back. */
typedef void journal_undone_fn(void *arg, struct map *map, struct map_entry *entry);

/* Takes ownership of record, also on failure; record NULL: nothing stands there any more. */
PLUMB_MUST_CHECK enum plumb_code journal_put(struct journal *j, struct map *m, const void *key,
                                             size_t len, struct record *record,
                                             struct plumb_err *err);
/* Back to when the journal had n changes. */
void journal_undo(struct journal *j, size_t n, journal_undone_fn *undone, void *arg);
/* The first n changes are final. */
void journal_forget(struct journal *j, size_t n);
/* Is this the first change of its entry in this generation? */
bool journal_is_first(const struct journal *j, const struct change *c);
void journal_clear(struct journal *j);

#endif
