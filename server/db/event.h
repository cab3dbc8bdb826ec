/* event.h - who did what, one row for each entry: the only SQL that names event. */
#ifndef SERVER_DB_EVENT_H
#define SERVER_DB_EVENT_H

#include "server/db/db.h"

extern const struct db_catalogue db_event;

struct db_event_row { /* strings borrowed; NULL where it is about none */
    uint64_t idx;
    plumb_time time;
    const char *kind, *actor, *payload, *version, *fleet, *effect;
    bool has_proposal;
    struct plumb_digest proposal;
};

/* In the transaction that appends the entries. */
PLUMB_MUST_CHECK enum plumb_code db_event_insert(struct db *db, const struct db_event_row *rows,
                                                 size_t n, struct plumb_err *err);

/* NULL members match everything. Newest first, below index before, at most max rows. */
struct db_event_filter {
    const char *payload, *version, *fleet, *actor;
    uint64_t before;
    unsigned max;
};
typedef enum plumb_code db_event_fn(void *arg, const struct db_event_row *row,
                                    struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code db_event_read(struct db *db,
                                               const struct db_event_filter *filter,
                                               db_event_fn *fn, void *arg,
                                               struct plumb_err *err);

/* What the entry at idx did; the caller frees *ret. PLUMB_NOT_FOUND, rule "log.index". */
PLUMB_MUST_CHECK enum plumb_code db_event_effect(struct db *db, uint64_t idx, char **ret,
                                                 struct plumb_err *err);

#endif
