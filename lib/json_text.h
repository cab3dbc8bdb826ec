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

/* Where the string ends whose first character, after the quote, is at at: the index of its
 * closing quote, or len where it does not end. Texts are long and escapes rare, so the C
 * library looks. */
size_t json_text_string_end(const char *text, size_t at, size_t len);

/* Keys ascend byte by byte in the canonical form; so none is there twice. */
bool json_text_key_ascends(const char *before, size_t before_len, const char *key, size_t len);

#endif
