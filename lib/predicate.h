/* predicate.h - reading one predicate: its members and subjects; for lib/ only. */
#ifndef LIB_PREDICATE_H
#define LIB_PREDICATE_H

#include <plumb/statement.h>

#include "lib/pool.h"

/* The members that every predicate has. */
#define STAMP "log", "key", "issued", "expires", "nonce"

struct predicate {
    const struct plumb_jv *predicate, *subjects;
    struct plumb_statement *s; /* being filled */
    struct pool *pool;
    struct plumb_err *err;
};

PLUMB_MUST_CHECK enum plumb_code predicate_closed(const struct predicate *in,
                                                  const char *const *members);

/* Refuse subject i: "statement.subject". */
PLUMB_MUST_CHECK enum plumb_code predicate_wrong_subject(const struct predicate *in, size_t i,
                                                         const char *want);
/* The one subject, of this name. */
PLUMB_MUST_CHECK enum plumb_code
predicate_one_subject(const struct predicate *in, const char *name, struct plumb_digest *ret);
/* The one subject "PAYLOAD@VERSION", a release. */
PLUMB_MUST_CHECK enum plumb_code predicate_release_subject(const struct predicate *in,
                                                           struct plumb_digest *ret);

/* Members by name. Text that is not required and absent is NULL. */
PLUMB_MUST_CHECK enum plumb_code predicate_text(const struct predicate *in, const char *key,
                                                bool required, const char **ret);
PLUMB_MUST_CHECK enum plumb_code predicate_name(const struct predicate *in, const char *key,
                                                const char **ret);
PLUMB_MUST_CHECK enum plumb_code predicate_digest(const struct predicate *in, const char *key,
                                                  struct plumb_digest *ret);
PLUMB_MUST_CHECK enum plumb_code predicate_optional_digest(const struct predicate *in,
                                                           const char *key, bool *ret_has,
                                                           struct plumb_digest *ret);
PLUMB_MUST_CHECK enum plumb_code predicate_int(const struct predicate *in, const char *key,
                                               int64_t min, int64_t *ret);
PLUMB_MUST_CHECK enum plumb_code predicate_time(const struct predicate *in, const char *key,
                                                plumb_time *ret);
/* An array in the pool, of size each, for the elements of v, at least min of them. */
PLUMB_MUST_CHECK enum plumb_code predicate_elements(const struct predicate *in,
                                                    const struct plumb_jv *v, size_t min,
                                                    size_t size, void **ret, size_t *ret_n);

/* The kinds about evidence and controls, each wholly. */
PLUMB_MUST_CHECK enum plumb_code predicate_evidence(const struct predicate *in);
PLUMB_MUST_CHECK enum plumb_code predicate_waiver(const struct predicate *in);
PLUMB_MUST_CHECK enum plumb_code predicate_advisory(const struct predicate *in);
PLUMB_MUST_CHECK enum plumb_code predicate_evaluation(const struct predicate *in);

#endif
