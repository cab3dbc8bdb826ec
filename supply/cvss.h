/* cvss.h - how severe: base scores of CVSS vectors, and the words for them. */
#ifndef SUPPLY_CVSS_H
#define SUPPLY_CVSS_H

#include <stdbool.h>

/* Ascending; what is unrated is none of them, and what it counts as is the caller's policy. */
/* clang-format off */
#define SEVERITIES(X)           \
    X(UNRATED, "unrated")       \
    X(NONE, "none")             \
    X(LOW, "low")               \
    X(MEDIUM, "medium")         \
    X(HIGH, "high")             \
    X(CRITICAL, "critical")
/* clang-format on */
enum severity {
#define X(name, text) SEVERITY_##name,
    SEVERITIES(X)
#undef X
        SEVERITY_COUNT
};
const char *severity_text(enum severity s);

/*
 * The base score in tenths of a vector of CVSS 2.0 ("AV:N/AC:L/..."), 3.0, 3.1 or 4.0. Threat,
 * environmental and supplemental metrics may follow and do not count; each base metric is
 * needed once. False where it is no such vector.
 */
bool cvss_score(const char *vector, int *ret_tenths);

/* 0, to 3.9, to 6.9, to 8.9, above (CVSS 3.1 section 5); of 2.0 too. */
enum severity severity_of(int tenths);

#endif
