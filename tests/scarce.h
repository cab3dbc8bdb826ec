/*
 * scarce.h - memory that runs out when a test says so.
 *
 * Every test program is linked with its malloc, calloc, realloc and strdup wrapped (not those
 * of shared libraries). A test runs a call with the first allocation failing, then the second,
 * and so on until none does:
 *
 *     for (size_t n = 0;; n++) {
 *         scarce_begin(n);
 *         code = f(&ret, &err);
 *         if (!scarce_end())
 *             break;
 *         assert_int_equal(code, PLUMB_NO_MEMORY);
 *     }
 *
 * Or it measures how much a call asks for: how often, and how many bytes in all.
 */
#ifndef TESTS_SCARCE_H
#define TESTS_SCARCE_H

#include <stdbool.h>
#include <stddef.h>

/* From now on, in this thread, the allocation after the next n fails; once. */
void scarce_begin(size_t n);
/* Memory is plenty again. Whether an allocation failed since scarce_begin(). */
bool scarce_end(void);

struct scarce_sum {
    size_t calls, bytes; /* what was freed meanwhile is not taken off */
};
/* From now on, in this thread, and until then. */
void scarce_measure(void);
struct scarce_sum scarce_measured(void);

/* Let jansson's allocations count too. */
void scarce_jansson(void);

#endif
