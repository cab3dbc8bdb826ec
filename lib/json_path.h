/* json_path.h - where in a JSON text a byte is, for errors about text that did not parse. */
#ifndef LIB_JSON_PATH_H
#define LIB_JSON_PATH_H

#include <stddef.h>

/* The path ("a[3].b") of the value or member that holds byte position; text need not be well
 * formed. */
void json_path_at(const char *text, size_t len, size_t position, char *ret, size_t size);

#endif
