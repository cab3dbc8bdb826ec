#include "tests/bench/bench.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUNDS_MAX 15

bool
bench_begin(int argc, char **argv)
{
    bool brief = argc == 2 && strcmp(argv[1], "--short") == 0;

    if (argc > 1 && !brief)
        bench_fail("takes --short or nothing");
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    return brief;
}

static void
say(const char *before, const char *fmt, va_list ap)
{
    fprintf(stderr, "%s", before);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
}

void
bench_skip(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    say("skip: ", fmt, ap);
    va_end(ap);
    exit(77);
}

void
bench_fail(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    say("failed: ", fmt, ap);
    va_end(ap);
    exit(1);
}

void
bench_say(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    say("  ", fmt, ap);
    va_end(ap);
}

static int64_t
clock_ns(clockid_t clock)
{
    struct timespec t;

    (void)clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t
bench_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

int64_t
bench_cpu_ns(void)
{
    return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

/* A line of /proc/self/status, in bytes. */
static size_t
status(const char *name)
{
    FILE *f = fopen("/proc/self/status", "r");
    size_t kib = 0, len = strlen(name);
    char line[256];

    while (f != NULL && kib == 0 && fgets(line, sizeof line, f) != NULL)
        if (strncmp(line, name, len) == 0)
            kib = strtoul(line + len, NULL, 10);
    if (f == NULL || kib == 0)
        bench_fail("/proc/self/status cannot be read");
    (void)fclose(f);
    return kib * 1024;
}

size_t
bench_memory(void)
{
    return status("VmRSS:");
}

size_t
bench_memory_peak(void)
{
    return status(
        "VmHWM:"); /* getrusage() would tell of the program that became this one, too */
}

/* Three digits that matter, and no exponent. */
static void
figure(double value, const char *unit, char ret[48])
{
    int decimals = value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3;

    (void)snprintf(ret, 48, "%.*f%s", decimals, value, unit);
}

static double
ratio(enum bench_better better, double ours, double yardstick)
{
    return better == BENCH_MORE ? ours / yardstick : yardstick / ours;
}

void
bench_line(const char *name, const char *unit, enum bench_better better, double ours,
           double yardstick)
{
    char a[48], b[48], c[48];

    figure(ours, unit, a);
    figure(yardstick, unit, b);
    figure(ratio(better, ours, yardstick), "", c);
    printf("%s %s %s %s\n", name, a, b, c);
}

struct round {
    double ours, yardstick, ratio;
};

static int
by_ratio(const void *a, const void *b)
{
    const struct round *x = a, *y = b;

    return (x->ratio > y->ratio) - (x->ratio < y->ratio);
}

void
bench_against(const char *name, const char *unit, enum bench_better better, unsigned rounds,
              bench_fn *ours, bench_fn *yardstick, void *arg)
{
    struct round r[ROUNDS_MAX];

    rounds = rounds < ROUNDS_MAX ? rounds : ROUNDS_MAX;
    for (unsigned i = 0; i < rounds; i++) {
        /* who goes first alternates: the second may find the machine warmer, or busier */
        if (i % 2 == 0)
            r[i].ours = ours(arg);
        r[i].yardstick = yardstick(arg);
        if (i % 2 != 0)
            r[i].ours = ours(arg);
        r[i].ratio = ratio(better, r[i].ours, r[i].yardstick);
    }
    qsort(r, rounds, sizeof r[0], by_ratio);
    bench_line(name, unit, better, r[rounds / 2].ours, r[rounds / 2].yardstick);
}
