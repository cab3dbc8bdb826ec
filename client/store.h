/* client/store.h - small files that must be whole: read with a bound, replaced atomically, one
 * writer at a time. */
#ifndef CLIENT_STORE_H
#define CLIENT_STORE_H

#include <plumb/bytes.h>

#include <stdbool.h>

/* A whole file, at most max bytes; "-" is standard input. Rules "file.open" (PLUMB_NOT_FOUND
 * when there is none), "file.size". */
PLUMB_MUST_CHECK enum plumb_code store_read(const char *path, size_t max,
                                            struct plumb_bytes *ret, struct plumb_err *err);

/* All of len bytes of an open regular file, from at on; false: they cannot be read. */
bool store_read_at(int fd, uint64_t at, void *into, size_t len);

/*
 * Put these bytes in the place of whatever is at path, durably: a crash leaves the old file or
 * the new one. secret: for its owner's eyes only, else as the umask says. A path that is no
 * regular file ("/dev/stdout") is written to as it is. Rule "file.write".
 */
PLUMB_MUST_CHECK enum plumb_code store_replace(const char *path, const void *data, size_t len,
                                               bool secret, struct plumb_err *err);

/* The right to replace path, until the descriptor is closed; waits for it. The lock is the file
 * path.lock, which stays. Rule "file.lock". */
PLUMB_MUST_CHECK enum plumb_code store_lock(const char *path, int *ret_fd,
                                            struct plumb_err *err);

#endif
