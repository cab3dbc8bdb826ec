/* audit/report.h - what an audit found: as JSON, and as a page for people. */
#ifndef AUDIT_REPORT_H
#define AUDIT_REPORT_H

#include "audit/audit.h"
#include "audit/page.h"

/*
 * {"holds", "source", "genesis", "checkpoint", "checked", "findings", "found"}. answers: what
 * the observers have to say, under their names; taken, may be NULL. Takes a finished audit.
 */
PLUMB_MUST_CHECK enum plumb_code report_json(const struct audit *a, const char *source,
                                             const struct plumb_digest *genesis,
                                             json_t *answers, json_t **ret,
                                             struct plumb_err *err);

/* The same for people, with every answer that is in it. */
void report_page(struct page *p, const json_t *report);

/* Any page as Markdown; plain, where it is not NULL, spells out what is not plainly visible in
 * a line. */
typedef void report_page_fn(struct page *p, const json_t *report);
PLUMB_MUST_CHECK enum plumb_code report_markdown(report_page_fn *fn, const json_t *report,
                                                 char *(*plain)(const char *line),
                                                 struct plumb_bytes *ret,
                                                 struct plumb_err *err);

/* Of the answers (why.h, by.h, at.h). */
void report_why(struct page *p, const json_t *why);
void report_by(struct page *p, const json_t *by);
void report_at(struct page *p, const json_t *at);

/* A member that is a string, or "". */
const char *report_text(const json_t *object, const char *key);
/* Members for JSON; NULL when out of memory, and for a time that never comes. */
json_t *report_time(plumb_time t);
json_t *report_digest(const struct plumb_digest *d);

#endif
