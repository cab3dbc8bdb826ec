/* audit/why.h - the whole story of one version: an observer of an audit. */
#ifndef AUDIT_WHY_H
#define AUDIT_WHY_H

#include "audit/audit.h"

struct audit_why;
/* "PAYLOAD@VERSION" split by the caller. */
PLUMB_MUST_CHECK enum plumb_code audit_why_new(const char *payload, const char *version,
                                               struct audit_why **ret, struct plumb_err *err);
void audit_why_free(struct audit_why *w);
struct audit_observer *audit_why_observer(struct audit_why *w);
/*
 * After the audit: {"payload", "version", "state", "releases": [evidence of each], "history":
 * [entries about it: who, with which key, under which governance version], "places": [when it
 * was what, in which fleet], "bundles": [revisions that accepted it], "recognitions"}. Rule
 * "version.unknown" (PLUMB_NOT_FOUND).
 */
PLUMB_MUST_CHECK enum plumb_code audit_why_finish(struct audit_why *w, const struct audit *a,
                                                  json_t **ret, struct plumb_err *err);

#endif
