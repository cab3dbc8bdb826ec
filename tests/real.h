/* real.h - other people's files, which are not in this tree: PLUMB_DATA names their folder. */
#ifndef TESTS_REAL_H
#define TESTS_REAL_H

#include <plumb/bytes.h>

/* Whether they are there; says that the tests are skipped if not (then return 77). */
bool real_there(size_t tests);
/* The caller clears. What cannot be read fails the test. */
struct plumb_bytes real_file(const char *path);

#endif
