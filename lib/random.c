#include "lib/random.h"

#include <openssl/rand.h>

enum plumb_code
random_bytes(void *ret, size_t len, struct plumb_err *err)
{
    if (RAND_bytes(ret, (int)len) != 1)
        return plumb_fail(err, PLUMB_UNAVAILABLE, "random", "", "no random numbers to be had");
    return PLUMB_OK;
}
