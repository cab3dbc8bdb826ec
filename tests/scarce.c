#include "tests/scarce.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local bool counting, failed, measuring;
static _Thread_local size_t left;
static _Thread_local struct scarce_sum sum;

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
char *__real_strdup(const char *s);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
char *__wrap_strdup(const char *s);

void
scarce_begin(size_t n)
{
    counting = true;
    failed = false;
    left = n;
}

bool
scarce_end(void)
{
    counting = false;
    return failed;
}

void
scarce_jansson(void)
{
    json_set_alloc_funcs(malloc, free);
}

void
scarce_measure(void)
{
    measuring = true;
    sum = (struct scarce_sum){ 0, 0 };
}

struct scarce_sum
scarce_measured(void)
{
    measuring = false;
    return sum;
}

static bool
denies(size_t n, size_t size)
{
    if (measuring) {
        sum.calls++;
        sum.bytes += n * size;
    }
    if (!counting || failed)
        return false;
    failed = left == 0;
    left -= !failed;
    return failed;
}

void *
__wrap_malloc(size_t size)
{
    return denies(1, size) ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t n, size_t size)
{
    return denies(n, size) ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t size)
{
    return denies(1, size) ? NULL : __real_realloc(p, size);
}

char *
__wrap_strdup(const char *s)
{
    return denies(1, strlen(s) + 1) ? NULL : __real_strdup(s);
}
