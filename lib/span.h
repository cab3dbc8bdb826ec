/*
 * span.h - taking canonical JSON apart without building a tree: a bundle's lines are hashed
 * piece by piece first, and only pieces whose digest was expected reach the parser. For .c
 * files only. What these let pass need not be JSON; every piece is read by a strict reader
 * afterwards.
 */
#ifndef LIB_SPAN_H
#define LIB_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span {
    const char *p; /* borrowed */
    size_t len;
};

/* Each takes something from the front of *s, or returns false and leaves it. */
bool span_text(struct span *s, const char *text);
bool span_value(struct span *s, struct span *ret);
/* 0 to 2^53-1 without leading zeros. */
bool span_index(struct span *s, uint64_t *ret);
/* A string without escapes; *ret is without the quotes. */
bool span_string(struct span *s, struct span *ret);
/*
 * Walks "[v,v,...]": *state is 0 at first; true with one more value, false at the end (then
 * *state is 2) or where it is no array.
 */
bool span_next(struct span *s, int *state, struct span *ret);

#endif
