/* attestation_read.h - from a verified statement to what it says; for supply/ only. */
#ifndef ATTESTATION_READ_H
#define ATTESTATION_READ_H

#include <jansson.h>

#include "lib/pool.h"
#include "supply/attestation.h"

struct attestation_in {
    struct attestation *a; /* being filled */
    struct pool *pool;
    const json_t *predicate; /* an object */
    struct plumb_err *err;
};

/* Sets a->kind by predicate_type and fills what goes with it. */
PLUMB_MUST_CHECK enum plumb_code attestation_predicate(const struct attestation_in *in);

PLUMB_MUST_CHECK enum plumb_code attestation_wrong(const struct attestation_in *in,
                                                   const char *where, const char *why);
/* A copy in the pool; NULL where it is no string or an empty one. */
PLUMB_MUST_CHECK enum plumb_code attestation_text_of(const struct attestation_in *in,
                                                     const json_t *v, const char **ret);
/* The same, and it must be there. */
PLUMB_MUST_CHECK enum plumb_code attestation_need(const struct attestation_in *in,
                                                  const json_t *v, const char *where,
                                                  const char **ret);
/* RFC 3339 with any offset or fraction; PLUMB_TIME_NEVER where there is none. */
PLUMB_MUST_CHECK enum plumb_code attestation_time(const struct attestation_in *in,
                                                  const json_t *v, const char *where,
                                                  plumb_time *ret);
PLUMB_MUST_CHECK enum plumb_code attestation_resources(const struct attestation_in *in,
                                                       const json_t *array,
                                                       struct attestation_resource **ret,
                                                       size_t *ret_n);
/* Of provenance: all that is in root but one member of it, or as much as is kept. Both may be
 * NULL. */
PLUMB_MUST_CHECK enum plumb_code attestation_parameters(const struct attestation_in *in,
                                                        const json_t *root, const char *but);
/* Of a digest set; false where it has none that is well formed. */
bool attestation_sha256(const json_t *digests, struct plumb_digest *ret);

#endif
