/* names.h - objects whose members, and arrays whose elements, are names; for lib/ only. */
#ifndef LIB_NAMES_H
#define LIB_NAMES_H

#include <plumb/json.h>

#include "lib/pool.h"

/* Of an array whose length only the document's size bounds. */
#define PLUMB_ELEMENTS_MAX (16u << 20)

/* The names of an object's members, at most max, ascending, each a name of ours. */
PLUMB_MUST_CHECK enum plumb_code plumb_names_of(const struct plumb_jv *v, struct pool *pool,
                                                size_t max, const char ***ret, size_t *ret_n,
                                                struct plumb_err *err);
/* An array of names: ascending in *ret, none twice. */
PLUMB_MUST_CHECK enum plumb_code plumb_names_read(const struct plumb_jv *v, struct pool *pool,
                                                  const char ***ret, size_t *ret_n,
                                                  struct plumb_err *err);

#endif
