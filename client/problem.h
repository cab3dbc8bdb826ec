/* client/problem.h - RFC 9457 problem documents as errors of ours. */
#ifndef CLIENT_PROBLEM_H
#define CLIENT_PROBLEM_H

#include <plumb/err.h>

/* What an answer other than 2xx says: always an error. What is no problem document of ours goes
 * by its status; rule "client.answer". Never PLUMB_NO_MEMORY, which is ours alone: a server out
 * of memory is PLUMB_UNAVAILABLE. */
enum plumb_code problem_read(long status, const void *body, size_t len, struct plumb_err *err);

#endif
