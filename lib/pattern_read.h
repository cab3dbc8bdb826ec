/* pattern_read.h - patterns of what may be trusted, as a document writes them; for lib/ only.
 */
#ifndef LIB_PATTERN_READ_H
#define LIB_PATTERN_READ_H

#include <plumb/json.h>

#include "lib/pool.h"

#define PLUMB_PATTERN_MAX  1000 /* bytes */
#define PLUMB_PATTERNS_MAX 256

/* A URI, or part of one: no star stands in its host's name. Rule "governance.pattern". */
PLUMB_MUST_CHECK enum plumb_code plumb_pattern_read(const struct plumb_jv *v, const char **ret,
                                                    struct plumb_err *err);

typedef enum plumb_code plumb_pattern_fn(const struct plumb_jv *v, const char **ret,
                                         struct plumb_err *err);
/* An array of them, one at least, each read by fn. */
PLUMB_MUST_CHECK enum plumb_code plumb_patterns_read(const struct plumb_jv *v,
                                                     struct pool *pool, plumb_pattern_fn *fn,
                                                     const char ***ret, size_t *ret_n,
                                                     struct plumb_err *err);

#endif
