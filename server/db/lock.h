/* lock.h - the advisory locks: one number for each, in one place. */
#ifndef SERVER_DB_LOCK_H
#define SERVER_DB_LOCK_H

#include "server/db/db.h"

extern const struct db_catalogue db_lock;

enum db_lock_key {
    DB_LOCK_MIGRATE = 1,   /* held by a session while it migrates */
    DB_LOCK_WRITER = 2,    /* held by a transaction that appends to the log: db_log_lock */
    DB_LOCK_SCHEDULER = 3, /* held by the session of the one instance that schedules */
    DB_LOCK_UPLOADS = 4    /* held by a transaction that adds up all uploads: db_upload_add */
};

/* The first of the two numbers that name an advisory lock of ours ("plum"). */
#define DB_LOCK_CLASS 1886156141

/*
 * Take a session's lock if it is free and not ours yet, without waiting; *ret says whether this
 * session holds it now. A session that was lost (and reconnected) has lost the lock too, so
 * call it before every use of what the lock stands for. Held until db_lock_release, or the
 * session ends.
 */
PLUMB_MUST_CHECK enum plumb_code db_lock_keep(struct db *db, enum db_lock_key key, bool *ret,
                                              struct plumb_err *err);
/* Legal when it is not held. */
PLUMB_MUST_CHECK enum plumb_code db_lock_release(struct db *db, enum db_lock_key key,
                                                 struct plumb_err *err);

#endif
