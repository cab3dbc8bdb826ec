/* version_order.h - the orders, one function each; for version*.c only. */
#ifndef SUPPLY_VERSION_ORDER_H
#define SUPPLY_VERSION_ORDER_H

#include <string.h>

#include "supply/ascii.h"
#include "supply/version.h"

/* A piece of a version. */
struct part {
    const char *p; /* borrowed; NULL where the part is absent */
    size_t len;
};

/* Each is given texts of at most VERSION_MAX bytes. */
typedef enum version_sign version_compare_fn(const char *a, const char *b);
version_compare_fn version_semver, version_pep440, version_maven, version_debian,
    version_alpine, version_rpm;

static inline enum version_sign
sign_of(int n)
{
    return n < 0 ? VERSION_LESS : n > 0 ? VERSION_GREATER : VERSION_EQUAL;
}

/* Takes the digits at the front of *text. */
static inline struct part
take_digits(const char **text)
{
    struct part d = { *text, 0 };

    while (is_digit(d.p[d.len]))
        d.len++;
    *text += d.len;
    return d;
}

/* Digits of any length as a number; no digits are 0. */
static inline int
compare_numbers(struct part a, struct part b)
{
    for (; a.len > 0 && *a.p == '0'; a.len--)
        a.p++;
    for (; b.len > 0 && *b.p == '0'; b.len--)
        b.p++;
    if (a.len != b.len)
        return a.len < b.len ? -1 : 1;
    return a.len > 0 ? memcmp(a.p, b.p, a.len) : 0;
}

/* In byte order, the shorter first. */
static inline int
compare_texts(struct part a, struct part b)
{
    const size_t n = a.len < b.len ? a.len : b.len;
    const int c = n > 0 ? memcmp(a.p, b.p, n) : 0;

    return c != 0 ? c : (a.len > b.len) - (a.len < b.len);
}

#endif
