/* log.h - the append-only log and its Merkle tiles: the only SQL that names entry and tile. */
#ifndef SERVER_DB_LOG_H
#define SERVER_DB_LOG_H

#include <plumb/tlog.h>

#include "server/db/db.h"

extern const struct db_catalogue db_log;

/* Notified with every append that commits; the payload is the new size. */
#define DB_LOG_CHANNEL "plumb_log"

/* One entry; borrowed, from the caller or from a result. */
struct db_entry {
    uint64_t idx;
    struct plumb_digest id;
    plumb_time time;
    const char *kind;
    struct plumb_digest leaf;
    const uint8_t *body;
    size_t len;
};

/*
 * In a DB_WRITE transaction: wait for the writers' lock, held until the transaction ends, and
 * tell the size of the log that it guards. PLUMB_BUSY, rule "db.lock", when another holds it
 * for too long.
 */
PLUMB_MUST_CHECK enum plumb_code db_log_lock(struct db *db, uint64_t *ret_size,
                                             struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code db_log_size(struct db *db, uint64_t *ret,
                                             struct plumb_err *err);

/*
 * Append n entries, indexes rising by one from the log's size, under db_log_lock. Refused by
 * the database: "db.contiguous", "db.time-order", "db.unique" (an id that is there),
 * "db.constraint" (a leaf that is not its body's).
 */
PLUMB_MUST_CHECK enum plumb_code db_log_append(struct db *db, const struct db_entry *entries,
                                               size_t n, struct plumb_err *err);

/*
 * Call fn for each entry from index from on, at most max of them, in order; bodies are fetched
 * some hundreds at a time. fn may use db; what it gets is good until it returns. Its first
 * failure ends the reading and is returned.
 */
typedef enum plumb_code db_entry_fn(void *arg, const struct db_entry *e, struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code db_log_read(struct db *db, uint64_t from, uint64_t max,
                                             db_entry_fn *fn, void *arg, struct plumb_err *err);

/* One entry's body. PLUMB_NOT_FOUND, rule "log.index". */
PLUMB_MUST_CHECK enum plumb_code db_log_entry(struct db *db, uint64_t idx,
                                              struct plumb_bytes *ret, struct plumb_err *err);

/* Index of each of n statement ids, or DB_LOG_ABSENT. */
#define DB_LOG_ABSENT UINT64_MAX
PLUMB_MUST_CHECK enum plumb_code db_log_find(struct db *db, const struct plumb_digest *ids,
                                             size_t n, uint64_t *ret, struct plumb_err *err);

/* Leaf hashes of entries from to from + n - 1; PLUMB_NOT_FOUND when one is not there. */
PLUMB_MUST_CHECK enum plumb_code db_log_leaves(struct db *db, uint64_t from, size_t n,
                                               struct plumb_digest *ret, struct plumb_err *err);

/* A complete tile, borrowed. */
struct db_tile {
    unsigned level;
    uint64_t n;
    const struct plumb_digest *hashes; /* PLUMB_TILE_WIDTH of them */
    struct plumb_digest root;
};

PLUMB_MUST_CHECK enum plumb_code db_tile_insert(struct db *db, const struct db_tile *tiles,
                                                size_t n, struct plumb_err *err);
/* PLUMB_NOT_FOUND, rule "log.tile", when it is not there, so not complete. */
PLUMB_MUST_CHECK enum plumb_code db_tile_get(struct db *db, unsigned level, uint64_t n,
                                             struct plumb_digest ret[PLUMB_TILE_WIDTH],
                                             struct plumb_err *err);
/* Roots of tiles from to from + n - 1 of a level; PLUMB_NOT_FOUND when one is not there. */
PLUMB_MUST_CHECK enum plumb_code db_tile_roots(struct db *db, unsigned level, uint64_t from,
                                               size_t n, struct plumb_digest *ret,
                                               struct plumb_err *err);

#endif
