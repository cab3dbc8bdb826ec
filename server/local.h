/* local.h - one request to a running plumbd, over its local socket. */
#ifndef SERVER_LOCAL_H
#define SERVER_LOCAL_H

#include <plumb/err.h>

/* POST without a body. Refusals come back as they were told; "local.connect" when nobody
 * serves. */
PLUMB_MUST_CHECK enum plumb_code local_post(const char *data, const char *path,
                                            struct plumb_err *err);

#endif
