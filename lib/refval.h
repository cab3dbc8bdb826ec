/* refval.h - what the two readers of reference values share. For .c files only. */
#ifndef LIB_REFVAL_H
#define LIB_REFVAL_H

#include <plumb/refval.h>

#include "lib/pool.h"

#define REFVAL_SCHEMA           "urn:plumbline:reference-values:v1"
#define REFVAL_MEASUREMENTS_MAX 64 /* of one set */

/* The largest integer that kind, which matches by MIN, can have: of 4 bytes at most. */
static inline int64_t
refval_largest(const struct plumb_measurement_kind *kind)
{
    return (INT64_C(1) << (8 * kind->len)) - 1;
}

/* False when two sets are equal, labels aside: then *ret_first < *ret_again are they. */
PLUMB_MUST_CHECK enum plumb_code refval_distinct(const struct plumb_sets *sets, bool *ret,
                                                 size_t *ret_first, size_t *ret_again,
                                                 struct plumb_err *err);

/*
 * Reads a canonical document of the plain kind, in which nothing covers anything, straight from
 * its text: large ones cost neither a tree nor a second text. False: it is not plain, or not
 * right, which the reader of trees shall say.
 */
bool refval_scan(const char *data, size_t len, struct pool *pool, struct plumb_sets *ret);

/*
 * As plumb_refvals_parse, into *ret, which is all zero, and pool, which owns what it holds: for
 * those who keep many.
 */
PLUMB_MUST_CHECK enum plumb_code refval_parse(const void *data, size_t len, struct pool *pool,
                                              struct plumb_sets *ret, struct plumb_err *err);

#endif
