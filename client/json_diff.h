/* client/json_diff.h - how two JSON values differ, member by member. */
#ifndef CLIENT_JSON_DIFF_H
#define CLIENT_JSON_DIFF_H

#include <jansson.h>

/*
 * fn is called with the path and the two values, NULL where there is none. Elements of arrays
 * go by their place, keys and principals by what names them.
 */
typedef void json_diff_fn(void *arg, const char *path, const json_t *before,
                          const json_t *after);
void json_diff(const json_t *before, const json_t *after, json_diff_fn *fn, void *arg);

#endif
