/*
 * pool.h - memory that is freed as one: what a parser builds and nobody changes afterwards.
 * For .c files only.
 */
#ifndef LIB_POOL_H
#define LIB_POOL_H

#include <stddef.h>

struct pool;

/* NULL when out of memory, as all of these. */
struct pool *pool_new(void);
void pool_free(struct pool *p);
void pool_auto(struct pool **p);

/* Zeroed, aligned to 8 bytes; legal for zero bytes. */
void *pool_alloc(struct pool *p, size_t size);
/* n of size each; NULL also when the product overflows. */
void *pool_array(struct pool *p, size_t n, size_t size);
/* A copy, not aligned: for bytes and text. */
void *pool_bytes(struct pool *p, const void *data, size_t len);
char *pool_text(struct pool *p, const char *text);

#endif
