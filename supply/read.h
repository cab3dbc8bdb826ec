/* read.h - members of other people's JSON into a pool; for supply/ only. */
#ifndef SUPPLY_READ_H
#define SUPPLY_READ_H

#include <plumb/json.h>

#include "lib/pool.h"

/* A refusal of v by this format's rule. */
__attribute__((format(printf, 4, 5))) enum plumb_code read_fail(const struct plumb_jv *v,
                                                                struct plumb_err *err,
                                                                const char *rule,
                                                                const char *fmt, ...);

/* Text of 1 to max bytes. */
PLUMB_MUST_CHECK enum plumb_code read_text(const struct plumb_jv *v, size_t max,
                                           const char *rule, struct pool *pool,
                                           const char **ret, struct plumb_err *err);
/* Or NULL where the member is absent, null or "". */
PLUMB_MUST_CHECK enum plumb_code read_optional(const struct plumb_jv *object, const char *key,
                                               size_t max, const char *rule, struct pool *pool,
                                               const char **ret, struct plumb_err *err);
/* A list of such texts; none where the member is absent or null. */
PLUMB_MUST_CHECK enum plumb_code read_texts(const struct plumb_jv *object, const char *key,
                                            size_t max, const char *rule, struct pool *pool,
                                            const char *const **ret, size_t *ret_n,
                                            struct plumb_err *err);
/* The member, which is an array, and how long it is; 0 where it is absent or null. */
PLUMB_MUST_CHECK enum plumb_code read_array(const struct plumb_jv *object, const char *key,
                                            const char *rule, struct plumb_jv *ret,
                                            size_t *ret_n, struct plumb_err *err);
/* PLUMB_TIME_NEVER where the member is absent or null. */
PLUMB_MUST_CHECK enum plumb_code read_time(const struct plumb_jv *object, const char *key,
                                           const char *rule, plumb_time *ret,
                                           struct plumb_err *err);
/* The string that a member is, borrowed; NULL where it is another thing. */
const char *read_word(const json_t *object, const char *key);

#endif
