/* client/plain.h - other people's text, as it may be shown on a terminal. */
#ifndef CLIENT_PLAIN_H
#define CLIENT_PLAIN_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A copy in which whatever is not plainly visible is spelled out as \u{202E}: controls, what
 * turns the direction of writing, what has no width or no ink, private and unassigned planes,
 * and bytes that are no UTF-8. Long runs of combining marks are cut. NULL is shown as "". The
 * caller frees it; NULL when out of memory.
 */
char *plain_text(const char *text);

/* How many columns plain text takes: its code points; wide ones count as two. */
size_t plain_width(const char *text);

#endif
