/* ascii.h - characters of the names and versions that packages have, whatever the locale. */
#ifndef SUPPLY_ASCII_H
#define SUPPLY_ASCII_H

#include <stdbool.h>

static inline bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool
is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool
is_alnum(char c)
{
    return is_digit(c) || is_alpha(c);
}

static inline char
lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

/* In place; legal on NULL. */
static inline void
lower_all(char *text)
{
    for (; text != 0 && *text != '\0'; text++)
        *text = lower(*text);
}

#endif
