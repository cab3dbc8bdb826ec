/* client/mapped.h - a whole file to read from, however large: images and archives have
 * gigabytes. */
#ifndef CLIENT_MAPPED_H
#define CLIENT_MAPPED_H

#include "client/client.h"

/* Read only. What somebody cuts off the file meanwhile ends the program: it fails closed. */
struct mapped {
    const uint8_t *data;
    size_t len;
    void *map;               /* NULL when the bytes were read */
    struct plumb_bytes read; /* of what cannot be mapped: a pipe, an empty file */
};

/* Rules "file.open" (PLUMB_NOT_FOUND when there is none), "file.size". "-" is standard input.
 */
PLUMB_MUST_CHECK enum plumb_code mapped_open(const char *path, struct mapped *ret,
                                             struct plumb_err *err);
void mapped_close(struct mapped *m);

/* SHA-256 of it; progress, which may be NULL, is called with what now and then. */
PLUMB_MUST_CHECK enum plumb_code mapped_digest(const struct mapped *m,
                                               client_progress_fn *progress, void *arg,
                                               const char *what, struct plumb_digest *ret,
                                               struct plumb_err *err);

#endif
