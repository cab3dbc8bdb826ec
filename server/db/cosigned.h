/* cosigned.h - checkpoints that enough witnesses cosigned: the only SQL that names cosigned. */
#ifndef SERVER_DB_COSIGNED_H
#define SERVER_DB_COSIGNED_H

#include "server/db/db.h"

extern const struct db_catalogue db_cosigned;

/* Nothing happens where there is one of this size; otherwise all who listen to the log's
 * channel are told. */
PLUMB_MUST_CHECK enum plumb_code db_cosigned_put(struct db *db, uint64_t size,
                                                 const struct plumb_bytes *note,
                                                 struct plumb_err *err);
/* The one of the largest size above `above`; *ret_size is 0, and *ret_note untouched, for none.
 */
PLUMB_MUST_CHECK enum plumb_code db_cosigned_newest(struct db *db, uint64_t above,
                                                    uint64_t *ret_size,
                                                    struct plumb_bytes *ret_note,
                                                    struct plumb_err *err);

#endif
