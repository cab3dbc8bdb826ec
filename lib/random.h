/* random.h - secrets and nonces, from OpenSSL's generator. Never for the engine itself. */
#ifndef LIB_RANDOM_H
#define LIB_RANDOM_H

#include <plumb/err.h>
#include <stddef.h>

/* Fills ret. Rule "random". */
PLUMB_MUST_CHECK enum plumb_code random_bytes(void *ret, size_t len, struct plumb_err *err);

#endif
