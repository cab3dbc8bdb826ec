/* file.h - small files of the data directory: whole, or not at all. */
#ifndef SERVER_FILE_H
#define SERVER_FILE_H

#include <plumb/bytes.h>
#include <stdbool.h>
#include <sys/types.h>

/* PLUMB_NOT_FOUND when there is none; rules "file.read", "file.size". */
PLUMB_MUST_CHECK enum plumb_code file_read(const char *path, size_t max,
                                           struct plumb_bytes *ret, struct plumb_err *err);

/* A regular file, opened to be read from; its length. Rule "file.read". */
PLUMB_MUST_CHECK enum plumb_code file_open(const char *path, int *ret, uint64_t *ret_len,
                                           struct plumb_err *err);
/* All of len bytes of it, from at on; false: they cannot be read. */
bool file_read_at(int fd, uint64_t at, void *into, size_t len);

/*
 * Replace path by these bytes: written beside it, synced, renamed, the directory synced. A
 * reader, or a crash, sees the old bytes or the new ones. Rule "file.write".
 */
PLUMB_MUST_CHECK enum plumb_code file_replace(const char *path, mode_t mode, const void *data,
                                              size_t len, struct plumb_err *err);

#endif
