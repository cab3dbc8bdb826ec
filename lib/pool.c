#include "lib/pool.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_FIRST 1024
#define CHUNK_MAX   (256u << 10)
#define ALIGN       8 /* nothing of ours needs more, and sets are many */

struct chunk {
    struct chunk *next;
    size_t size, used;
    alignas(ALIGN) uint8_t data[];
};

struct pool {
    struct chunk *chunks; /* the first is the one being filled */
    size_t grow;
};

struct pool *
pool_new(void)
{
    struct pool *p = calloc(1, sizeof *p);

    if (p != NULL)
        p->grow = CHUNK_FIRST;
    return p;
}

void
pool_free(struct pool *p)
{
    if (p == NULL)
        return;
    for (struct chunk *c = p->chunks, *next; c != NULL; c = next) {
        next = c->next;
        free(c);
    }
    free(p);
}

void
pool_auto(struct pool **p)
{
    pool_free(*p);
}

static struct chunk *
chunk_add(struct pool *p, size_t size, bool keep_filling)
{
    struct chunk *c;

    if (size > SIZE_MAX / 2)
        return NULL;
    c = calloc(1, sizeof *c + size);
    if (c == NULL)
        return NULL;
    c->size = size;
    if (keep_filling && p->chunks != NULL) {
        c->next = p->chunks->next;
        p->chunks->next = c;
    } else {
        c->next = p->chunks;
        p->chunks = c;
    }
    return c;
}

static void *
take(struct pool *p, size_t size, size_t align)
{
    struct chunk *c = p->chunks;
    size_t at = c != NULL ? (c->used + align - 1) & ~(align - 1) : 0;

    if (c == NULL || at > c->size || size > c->size - at) {
        /* what would fill a chunk alone gets its own, and the present one is filled on */
        if (size > p->grow / 4) {
            c = chunk_add(p, size, true);
        } else {
            c = chunk_add(p, p->grow, false);
            if (p->grow < CHUNK_MAX)
                p->grow *= 2;
        }
        at = 0;
    }
    if (c == NULL)
        return NULL;
    c->used = at + size;
    return c->data + at;
}

void *
pool_alloc(struct pool *p, size_t size)
{
    return take(p, size, ALIGN);
}

void *
pool_array(struct pool *p, size_t n, size_t size)
{
    if (size != 0 && n > SIZE_MAX / size)
        return NULL;
    return pool_alloc(p, n * size);
}

void *
pool_bytes(struct pool *p, const void *data, size_t len)
{
    void *copy = take(p, len, 1);

    if (copy != NULL && len > 0)
        memcpy(copy, data, len);
    return copy;
}

char *
pool_text(struct pool *p, const char *text)
{
    return pool_bytes(p, text, strlen(text) + 1);
}
