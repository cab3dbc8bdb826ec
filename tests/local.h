/* local.h - local sockets of the programs that a test starts. A socket's file is there a moment
 * before anybody listens on it: who connects between is refused. */
#ifndef TESTS_LOCAL_H
#define TESTS_LOCAL_H

#include <stdbool.h>

/* A connection, the caller's; -1, with errno, where there is none. */
int local_connect(const char *path);
/* Does anybody listen? */
bool local_listens(const char *path);
/* Until somebody does; false after a minute. */
bool local_await(const char *path);

#endif
