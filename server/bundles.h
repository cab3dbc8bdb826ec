/*
 * bundles.h - the newest bundle file of each fleet, kept ready: a pull is a look into memory.
 * One thread renders what was asked for and is not there, and records who pulled what.
 */
#ifndef SERVER_BUNDLES_H
#define SERVER_BUNDLES_H

#include "server/core.h"
#include "server/http/server.h"

struct bundles;

PLUMB_MUST_CHECK enum plumb_code bundles_start(struct core *core, const char *conninfo,
                                               struct bundles **ret, struct plumb_err *err);
/* Answers who still waits, then ends. */
void bundles_stop(struct bundles *b);

/* A reference to the newest file, or NULL when it must be rendered first: bundles_wait. Never
 * waits. */
struct http_body *bundles_get(struct bundles *b, const char *fleet);

/* May everyone have it? Never waits. */
bool bundles_public(struct bundles *b, const char *fleet);

/* Keep a promise as soon as the fleet's file is rendered. */
void bundles_wait(struct bundles *b, const char *fleet, struct http_later *later);

/* The log moved: drop files whose fleet was published again; names of those fleets go to fn. */
void bundles_refresh(struct bundles *b, void (*fn)(void *arg, const char *fleet), void *arg);

/* principal pulled body. For people, outside the log; forgotten when too many come at once. */
void bundles_pulled(struct bundles *b, const char *fleet, const char *principal,
                    const struct http_body *body);

#endif
