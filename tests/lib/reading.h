/* reading.h - what the tests of the readers of evidence share. */
#ifndef TESTS_LIB_READING_H
#define TESTS_LIB_READING_H

#include <plumb/evidence.h>

#include "tests/pieces.h"

#define DEBUG_BIT 1u << PLUMB_WARNING_DEBUG

/* It must be read; the caller frees it. */
struct plumb_evidence *read_piece(const struct piece *p);

#define assert_piece_refused(rule, p)                                                          \
    do {                                                                                       \
        struct plumb_evidence *e_ = NULL;                                                      \
        struct plumb_err err_ = { 0 };                                                         \
        assert_refused(rule, plumb_evidence_read((p)->data, (p)->len, &e_, &err_), &err_);     \
        assert_null(e_);                                                                       \
    } while (0)

/* The claim's hex begins so. */
void assert_claim(const struct plumb_reading *r, const char *name, const char *want);
/* NULL if the set does not ask for it. */
const struct plumb_measurement *asked(const struct plumb_reading *r, const char *name);
bool left_out(const struct plumb_reading *r, const char *name);

#endif
