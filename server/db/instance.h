/* instance.h - the plumbd processes on this database: the only SQL that names instance. */
#ifndef SERVER_DB_INSTANCE_H
#define SERVER_DB_INSTANCE_H

#include "server/db/db.h"

extern const struct db_catalogue db_instance;

struct db_instance_row {
    const char *name; /* of host and process */
    const char *version;
    plumb_time started, seen;
    uint64_t size; /* of the log that it has folded */
};

/* The heartbeat: inserts or replaces the row of that name. */
PLUMB_MUST_CHECK enum plumb_code
db_instance_beat(struct db *db, const struct db_instance_row *row, struct plumb_err *err);
/* Forgets name, and everyone last seen before a time. */
PLUMB_MUST_CHECK enum plumb_code db_instance_leave(struct db *db, const char *name,
                                                   plumb_time before, struct plumb_err *err);
typedef enum plumb_code db_instance_fn(void *arg, const struct db_instance_row *row,
                                       struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code db_instance_read(struct db *db, db_instance_fn *fn, void *arg,
                                                  struct plumb_err *err);

#endif
