/* lib/json_quick.h - reading what we write ourselves, in one pass; for lib/ only. */
#ifndef LIB_JSON_QUICK_H
#define LIB_JSON_QUICK_H

#include <jansson.h>

/*
 * The values of a text that is canonical, nested at most depth levels, and has only printable
 * ASCII without escapes in its strings: what nearly every statement is. NULL for any other, and
 * where memory is short: the way through jansson's reader tells which, and why.
 */
json_t *json_quick(const char *text, size_t len, unsigned depth);

#endif
