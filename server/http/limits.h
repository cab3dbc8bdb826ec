/* limits.h - every limit of the HTTP server: a name, a default and a range, in one table. */
#ifndef SERVER_HTTP_LIMITS_H
#define SERVER_HTTP_LIMITS_H

#include <plumb/err.h>
#include <stddef.h>
#include <stdint.h>

/*
 * name, default, least, most, what it bounds. "Client" is a known TLS key, or else an address
 * (IPv6: the /64). 0 turns off what has a least of 0.
 */
/* clang-format off */
#define HTTP_LIMITS(X)                                                                                                  \
    X(event_threads,          0,         0, 64,         "threads that move bytes; 0 is one for each CPU, at most 8")     \
    X(workers,                0,         0, 1024,       "threads that run handlers; 0 is two for each CPU, 4 to 8")     \
    X(queue,                  1024,      1, 1 << 20,    "requests waiting for a worker; one more gets 503")             \
    X(queue_client,           256,       1, 1 << 20,    "requests of one client waiting or running; one more gets 429") \
    X(connections,            4096,      1, 1 << 20,    "connections in all; near it, idle ones are closed")                       \
    X(connections_address,    1024,      1, 1 << 20,    "connections from one address; one more is closed")             \
    X(connection_rate,        500,       0, 1 << 20,    "new connections a second from one address")                    \
    X(connection_burst,       1000,      1, 1 << 20,    "new connections at once from one address")                     \
    X(rate,                   500,       0, 1 << 20,    "requests a second of one client; more get 429")                \
    X(rate_burst,             1000,      1, 1 << 20,    "requests at once of one client")                               \
    X(clients,                8192,      64, 1 << 20,   "clients whose use is remembered")                              \
    X(header_bytes,           8192,      512, 24576,    "request line and headers; more get 431")                       \
    X(body_bytes_total,       268435456, 65536, INT64_C(1) << 40, "request bodies in memory; one more gets 503")        \
    X(body_bytes_client,      67108864,  65536, INT64_C(1) << 40, "request bodies of one client; one more gets 429")    \
    X(handshake_ms,           10000,     100, 600000,   "from accept to the first request line, TLS included")          \
    X(header_ms,              10000,     100, 600000,   "from the request line to the end of the headers")              \
    X(upload_ms,              10000,     100, 600000,   "for a request body, and its size divided by upload_rate")      \
    X(upload_rate,            16384,     1, 1 << 30,    "bytes a second that an upload must reach")                     \
    X(send_ms,                10000,     100, 600000,   "for a reply, and its size divided by send_rate")               \
    X(send_rate,              16384,     1, 1 << 30,    "bytes a second that a client must read")                       \
    X(idle_ms,                75000,     100, 3600000,  "between two requests on one connection")                       \
    X(answer_ms,              60000,     100, 3600000,  "for an answer that a handler promised for later")              \
    X(parked,                 2048,      0, 1 << 20,    "long polls waiting in all; one more is answered at once")      \
    X(parked_client,          64,        0, 1 << 20,    "long polls of one client; one more is answered at once")       \
    X(wait_s,                 60,        0, 3600,       "seconds that a long poll may ask for; more are cut to it")
/* clang-format on */

struct http_limits {
#define X(name, value, least, most, help) int64_t name;
    HTTP_LIMITS(X)
#undef X
};

struct http_limits http_limits_default(void);

/*
 * Set the limit called name from its decimal text. Rules "limit.name" (no such limit) and
 * "limit.range"; *limits is untouched on failure.
 */
PLUMB_MUST_CHECK enum plumb_code http_limits_set(struct http_limits *limits, const char *name,
                                                 const char *text, struct plumb_err *err);

/* How many threads they mean on this machine. */
size_t http_limits_event_threads(const struct http_limits *limits);
size_t http_limits_workers(const struct http_limits *limits);

/* The table itself, for documentation and option lists. */
struct http_limit_row {
    const char *name;
    int64_t value, least, most;
    const char *help;
};
const struct http_limit_row *http_limits_rows(size_t *ret_n);

#endif
