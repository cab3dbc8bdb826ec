/* history.h - a long log as an export's directory: years of one payload's releases, made by the
 * real engine. */
#ifndef TESTS_BENCH_HISTORY_H
#define TESTS_BENCH_HISTORY_H

#include <plumb/bytes.h>

struct history {
    struct plumb_digest genesis;
    uint64_t entries;
    uint64_t bytes; /* of entries */
};
/* At least n statements, in a directory that is not there yet. */
struct history history_write(const char *directory, uint64_t n);

#endif
