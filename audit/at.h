/* audit/at.h - what was accepted in a fleet at a moment: an observer of an audit. */
#ifndef AUDIT_AT_H
#define AUDIT_AT_H

#include "audit/audit.h"

struct audit_at {
    const char *fleet;
    plumb_time time;
    struct audit_observer observer;
    json_t *answer; /* owned: see audit_at_finish */
};
void audit_at_begin(struct audit_at *at, const char *fleet, plumb_time time);
void audit_at_clear(struct audit_at *at);
/* After the audit: {"fleet", "time", "entries", "logEnds"?, "revision"?, "publication"?,
 * "content"?, "validUntil"?, "stale"?, "accepted": [...]}. fleet.unknown if there was none. */
PLUMB_MUST_CHECK enum plumb_code audit_at_finish(struct audit_at *at, struct audit *a,
                                                 json_t **ret, struct plumb_err *err);

#endif
