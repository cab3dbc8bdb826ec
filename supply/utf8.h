/* utf8.h - whether bytes are UTF-8 (RFC 3629). */
#ifndef SUPPLY_UTF8_H
#define SUPPLY_UTF8_H

#include <stdbool.h>
#include <stddef.h>

bool utf8_ok(const char *text, size_t len);

#endif
