/*
 * park.h - requests that wait for a topic to change or for their time to be over: a table, no
 * threads. All calls from any thread.
 */
#ifndef SERVER_HTTP_PARK_H
#define SERVER_HTTP_PARK_H

#include <plumb/err.h>
#include <stdbool.h>
#include <stdint.h>

/* Embedded in what waits; the table's while it is in there. */
struct http_parked {
    struct http_parked *next, *prev;
    uint64_t topic;
    int64_t until_ms;
};

struct http_park;

PLUMB_MUST_CHECK enum plumb_code http_park_new(struct http_park **ret, struct plumb_err *err);
void http_park_free(struct http_park *park);

uint64_t http_park_topic(const char *name);

/* How far the world is: taken before looking at what a topic is about. */
uint64_t http_park_mark(const struct http_park *park);

/*
 * Put one in, with its topic and until_ms set. False, and it is not in, when the topic may have
 * been woken since mark, or the table is closed: look again.
 */
bool http_park_add(struct http_park *park, struct http_parked *parked, uint64_t mark);

/* Each takes out what it is about and returns it as a list by next. */
struct http_parked *http_park_wake(struct http_park *park, uint64_t topic);
struct http_parked *http_park_due(struct http_park *park, int64_t now_ms);
/* Everything, and nothing goes in again. */
struct http_parked *http_park_close(struct http_park *park);
/* Those for whom gone() says so. */
struct http_parked *http_park_sweep(struct http_park *park,
                                    bool (*gone)(struct http_parked *parked));

#endif
