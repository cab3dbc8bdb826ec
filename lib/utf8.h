/* utf8.h - UTF-8 (RFC 3629), a code point at a time. */
#ifndef LIB_UTF8_H
#define LIB_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The length of the sequence that p begins with and its code point; 0 if it is none. left is at
 * least 1. */
size_t utf8_next(const uint8_t *p, size_t left, uint32_t *ret);
/* Whether all of it is such sequences. */
bool utf8_ok(const char *text, size_t len);

#endif
