/* audit/by.h - all that one person or one key did, and what stands only because of it: an
 * observer of an audit, and the question after a key is stolen. */
#ifndef AUDIT_BY_H
#define AUDIT_BY_H

#include "audit/audit.h"

struct audit_by;
/* principal, or key with principal NULL. */
PLUMB_MUST_CHECK enum plumb_code audit_by_new(const char *principal,
                                              const struct plumb_digest *key,
                                              struct audit_by **ret, struct plumb_err *err);
void audit_by_free(struct audit_by *b);
struct audit_observer *audit_by_observer(struct audit_by *b);
/*
 * After the audit: {"principal" or "key", "acts": [...], "rests": [...]}. What rests on them is
 * every decision whose quorum is not met when their votes are left out, and every verifier that
 * they enrolled and nobody retired. Rule "principal.unknown" (PLUMB_NOT_FOUND) when nobody in
 * the log ever had that name or key.
 */
PLUMB_MUST_CHECK enum plumb_code audit_by_finish(struct audit_by *b, const struct audit *a,
                                                 json_t **ret, struct plumb_err *err);

#endif
