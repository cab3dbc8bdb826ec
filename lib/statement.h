/* statement.h - the predicates of each kind; for lib/ only. */
#ifndef LIB_STATEMENT_H
#define LIB_STATEMENT_H

#include <plumb/statement.h>

#include "lib/pool.h"

/*
 * Read the members of s->kind's own, and check the subjects that go with them. s has its
 * stamp and subjects already; strings are borrowed from the JSON, arrays are in pool.
 */
PLUMB_MUST_CHECK enum plumb_code plumb_predicate_read(const struct plumb_jv *predicate,
                                                      const struct plumb_jv *subjects,
                                                      struct plumb_statement *s,
                                                      struct pool *pool, struct plumb_err *err);

/* A predicate of this kind that names several keys: that of a genesis. */
bool plumb_predicate_is_genesis(enum plumb_kind kind, const json_t *predicate);

#endif
