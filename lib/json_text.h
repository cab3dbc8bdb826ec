/* lib/json_text.h - what a JSON text looks like, without making values of it; for lib/ only. */
#ifndef LIB_JSON_TEXT_H
#define LIB_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Is a text that was read into the profile, without duplicate keys, the canonical one? One look
 * at each byte, where writing the values again and comparing takes as long as reading them.
 * False where it is not, and where only writing it again can tell (a key with an escape).
 */
bool json_text_is_canonical(const char *text, size_t len);

#endif
