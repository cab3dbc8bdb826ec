/* cvss_metrics.h - vectors taken apart; for cvss*.c only. */
#ifndef SUPPLY_CVSS_METRICS_H
#define SUPPLY_CVSS_METRICS_H

#include <stdbool.h>
#include <stddef.h>

/* A base metric, the letters of its values, and what each weighs. */
struct metric {
    const char *name, *values;
    double weight[4];
};

#define METRICS_MAX 16

/*
 * Which value each of the n base metrics has: each is needed once. others are those that may
 * follow and do not count, with a space on either side of each.
 */
bool cvss_metrics(const char *vector, const struct metric *base, size_t n, const char *others,
                  size_t ret[METRICS_MAX]);

/* The base score of what follows "CVSS:4.0/". */
bool cvss_score_4(const char *vector, int *ret_tenths);

#endif
