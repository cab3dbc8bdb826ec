/* bench.h - what every benchmark does: take turns with its yardstick, and print the measures.
 */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* First of all. True: --short was given, so a few seconds must do. */
bool bench_begin(int argc, char **argv);

/* Why this cannot run here; ends the program. */
__attribute__((noreturn, format(printf, 1, 2))) void bench_skip(const char *fmt, ...);
/* What failed; ends the program. */
__attribute__((noreturn, format(printf, 1, 2))) void bench_fail(const char *fmt, ...);
/* For people, on standard error. */
__attribute__((format(printf, 1, 2))) void bench_say(const char *fmt, ...);

int64_t bench_ns(void); /* monotonic */
/* CPU time of this process. */
int64_t bench_cpu_ns(void);
/* Of this process now, and the most there has been; bytes. */
size_t bench_memory(void);
size_t bench_memory_peak(void);

/* Which of two figures is the better one. */
enum bench_better { BENCH_MORE, BENCH_LESS };

/* One measure: "NAME ours yardstick ratio". unit follows the figures: "/s", "ns", "MiB". */
void bench_line(const char *name, const char *unit, enum bench_better better, double ours,
                double yardstick);

/*
 * Ours and the yardstick in turns, so many rounds; printed is the round whose ratio is the
 * median. What else the machine does then hits both, or one round.
 */
typedef double bench_fn(void *arg);
void bench_against(const char *name, const char *unit, enum bench_better better,
                   unsigned rounds, bench_fn *ours, bench_fn *yardstick, void *arg);

#endif
