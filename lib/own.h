/*
 * own.h - scope-bound ownership, for .c files only (never an installed header).
 *
 * A variable marked with PLUMB_AUTO owns what it points to from its declaration
 * to the end of its scope. It is initialised where it is declared and never
 * holds a borrowed pointer. Hand ownership out with PLUMB_TAKE().
 */
#ifndef LIB_OWN_H
#define LIB_OWN_H

#include <stdlib.h>

#define PLUMB_AUTO(fn) __attribute__((cleanup(fn)))

/* Defines name(T *p), for PLUMB_AUTO(name) T x, from a free function that takes T. */
#define PLUMB_DEFINE_AUTO(name, type, free_fn)                                                 \
    static inline __attribute__((unused)) void name(type *p)                                   \
    {                                                                                          \
        if (*p != NULL)                                                                        \
            free_fn(*p);                                                                       \
    }                                                                                          \
    struct plumb_own_semicolon

/* Yields the pointer and leaves NULL behind: *ret_buf = PLUMB_TAKE(buf); */
#define PLUMB_TAKE(p)                                                                          \
    (__extension__({                                                                           \
        __typeof__(p) plumb_take_ = (p);                                                       \
        (p) = NULL;                                                                            \
        plumb_take_;                                                                           \
    }))

/* PLUMB_AUTO(auto_free) char *text = NULL; */
static inline __attribute__((unused)) void
auto_free(void *pp)
{
    free(*(void **)pp);
}

/* Return on failure: PLUMB_TRY(f(x, err)); a call that fails has filled err already. */
#define PLUMB_TRY(call)                                                                        \
    do {                                                                                       \
        enum plumb_code plumb_try_ = (call);                                                   \
        if (plumb_try_ != PLUMB_OK)                                                            \
            return plumb_try_;                                                                 \
    } while (0)

#endif
