/*
 * tui/worker.h - a backend that speaks to a service, in threads of its own: one that follows
 * the log's head by long polling, one that fetches, verifies, signs and sends, one that reads
 * what may be large. The app never waits for any; what they have to say comes through a pipe.
 */
#ifndef TUI_WORKER_H
#define TUI_WORKER_H

#include "tui/session.h"

struct tui_worker;

/* config outlives it. Rules of client_open and of the key. */
PLUMB_MUST_CHECK enum plumb_code tui_worker_start(const struct session_config *config,
                                                  struct tui_worker **ret,
                                                  struct plumb_err *err);
/* Ends its threads, which may take a second; legal on NULL. */
void tui_worker_stop(struct tui_worker *w);

struct tui_backend tui_worker_backend(struct tui_worker *w);
/* Readable when there is an event. */
int tui_worker_fd(const struct tui_worker *w);
/* The next event; false when there is none. */
bool tui_worker_event(struct tui_worker *w, struct tui_event *ret);

#endif
