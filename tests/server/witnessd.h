/* witnessd.h - the real plumb-witness, for tests that ask it, or let plumbd ask it. */
#ifndef TESTS_SERVER_WITNESSD_H
#define TESTS_SERVER_WITNESSD_H

#include <plumb/tlog.h>
#include <sys/types.h>

#include "tests/server/http_client.h"

struct witnessd {
    char name[64], data[300], vkey[PLUMB_VKEY_TEXT];
    pid_t pid;
    uint16_t port; /* kept over restarts, once it was started */
};

/* A directory with a key; knows one log. Nothing runs yet. */
void witnessd_prepare(struct witnessd *w, const char *name, const char *log_vkey);
/* The file of what was seen of a log. */
void witnessd_seen(const struct witnessd *w, const char *origin, char ret[400]);
/* Start it and wait until it answers. killer: it dies when this file was replaced; NULL: not.
 */
void witnessd_start(struct witnessd *w, const char *killer);
/* SIGTERM: it must end with status 0; SIGKILL; or 0: it must have been killed by itself. */
void witnessd_stop(struct witnessd *w, int signal);
/* POST /add-checkpoint. Free with hc_reply_free. */
struct hc_reply witnessd_ask(const struct witnessd *w, const struct plumb_bytes *body);

#endif
