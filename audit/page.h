/* audit/page.h - a report for people: headings, facts and tables, as plain text or Markdown. */
#ifndef AUDIT_PAGE_H
#define AUDIT_PAGE_H

#include <jansson.h>
#include <plumb/bytes.h>
#include <stdbool.h>

struct page;
PLUMB_MUST_CHECK enum plumb_code page_new(bool markdown, struct page **ret,
                                          struct plumb_err *err);
void page_free(struct page *p);
/* The text; p is empty after it. What was out of memory before is said here. */
PLUMB_MUST_CHECK enum plumb_code page_take(struct page *p, struct plumb_bytes *ret,
                                           struct plumb_err *err);

__attribute__((format(printf, 3, 4))) void page_heading(struct page *p, unsigned level,
                                                        const char *fmt, ...);
__attribute__((format(printf, 2, 3))) void page_line(struct page *p, const char *fmt, ...);
/* A name and its value. */
__attribute__((format(printf, 3, 4))) void page_fact(struct page *p, const char *name,
                                                     const char *fmt, ...);
/*
 * A table of objects: columns are member names, which are their headings too ("who:by" shows
 * the member "by" under "who"); the last is NULL. Strings and integers; a member that is absent
 * is an empty cell. What might be markup is spelled so that it is none.
 */
void page_table(struct page *p, const char *const *columns, const json_t *rows);

#endif
