/*
 * liar.h - a server on a local socket that says what a test wants it to, for tests of those who
 * must not believe it. In front of a real one it passes on whatever it has no answer of its own
 * to.
 */
#ifndef TESTS_LIAR_H
#define TESTS_LIAR_H

#include <jansson.h>
#include <stddef.h>

struct liar;

/* upstream: the real one's socket, or NULL: what it has no answer to is 404. */
struct liar *liar_begin(const char *socket, const char *upstream);
void liar_end(struct liar *l);

/* From now on requests whose target begins so get this answer; of several the latest counts. */
void liar_say(struct liar *l, const char *target, int status, const void *body, size_t len);
void liar_say_json(struct liar *l, const char *target, const json_t *json);
/* No answers of its own any more. */
void liar_repent(struct liar *l);
/* How many requests there were whose target begins so. */
size_t liar_asked(struct liar *l, const char *target);

#endif
