/* entries.h - made-up log entries for tests: the entry of an index is always the same. */
#ifndef TESTS_SERVER_ENTRIES_H
#define TESTS_SERVER_ENTRIES_H

#include "server/db/log.h"

#define ENTRY_TIME 1790000000 /* of entry 0; entry i is i seconds later */

/* Entries from to from + n - 1 with bodies of len bytes (28 to 65535); entries_free. */
struct db_entry *entries_make(uint64_t from, size_t n, size_t len);
void entries_free(struct db_entry *e);

void entries_leaf(uint64_t idx, size_t len, struct plumb_digest *ret);

/* Append them in a transaction of their own, under the lock. */
enum plumb_code entries_append(struct db *db, const struct db_entry *e, size_t n,
                               enum db_end *ret_end, struct plumb_err *err);
/* Append n after those that are there; fails the test if that fails. */
void entries_grow(struct db *db, size_t n);

#endif
