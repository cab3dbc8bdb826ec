/* client/upload.h - bytes to a blob: a few at once, many in pieces that outlive a broken
 * connection. For client.c only. */
#ifndef CLIENT_UPLOAD_H
#define CLIENT_UPLOAD_H

#include "client/transport.h"

/*
 * What is there already is not sent, neither the whole nor what came of it before. Once the
 * service has answered, it is asked anew for half a minute when it cannot be reached or is
 * busy; after that the next call goes on where this one ended. progress is told of the whole.
 */
PLUMB_MUST_CHECK enum plumb_code upload(struct transport *t, const void *data, size_t len,
                                        const struct plumb_digest *digest,
                                        struct plumb_err *err);

#endif
