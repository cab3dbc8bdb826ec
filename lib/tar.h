/* tar.h - the regular files of an uncompressed tar archive (ustar, pax, GNU). For .c files
 * only. */
#ifndef LIB_TAR_H
#define LIB_TAR_H

#include <plumb/err.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool tar_is(const uint8_t *data, size_t len);

/*
 * The one regular file of this name, a leading "./" aside. Members whose headers give a name or
 * a size elsewhere (pax, GNU long names) are never it; but a size elsewhere is refused. Rules
 * "tar.form"; "tar.twice"; PLUMB_NOT_FOUND, "tar.missing".
 */
PLUMB_MUST_CHECK enum plumb_code tar_find(const uint8_t *data, size_t len, const char *name,
                                          const uint8_t **ret, size_t *ret_len,
                                          struct plumb_err *err);

#endif
