/* plumbd.h - the real program, with a database of its own, for tests that speak to it. */
#ifndef TESTS_SERVER_PLUMBD_H
#define TESTS_SERVER_PLUMBD_H

#include <sys/types.h>

#include "tests/make.h"
#include "tests/server/http_client.h"
#include "tests/server/pg.h"

struct plumbd {
    char data[256];
    pid_t pid;
    const struct pg_database *shared; /* NULL: a private PostgreSQL */
    int witness_ms;                   /* the setting; 0 leaves it */
    const char *const *settings;      /* more "NAME=VALUE", ends with NULL; or NULL */
};

/* A data directory whose service and log keys are those of m's document; nothing runs yet. */
void plumbd_prepare(struct plumbd *p, const struct make *m);
/* The same, below a directory of the caller's. */
void plumbd_prepare_in(struct plumbd *p, const struct make *m, const char *directory);
/* Start it and wait until it is ready. */
void plumbd_start(struct plumbd *p);
/* The same, of one that must come up and say that it is not ready. */
void plumbd_start_unready(struct plumbd *p);
/* SIGTERM: it must drain and end with status 0; or SIGKILL. */
void plumbd_stop(struct plumbd *p, int signal);
/* Where it serves TLS on 127.0.0.1. */
uint16_t plumbd_port(const struct plumbd *p);
/* And without, with the setting listen_plain. */
uint16_t plumbd_plain_port(const struct plumbd *p);
/* One request over the local socket. Free the reply with hc_reply_free. */
struct hc_reply plumbd_ask(const struct plumbd *p, const char *method, const char *target,
                           const char *body);
/* The same, of which a JSON answer with this status is expected. */
json_t *plumbd_json(const struct plumbd *p, const char *method, const char *target,
                    const char *body, int status);

/* Store a blob; submit a statement (which is freed): its receipt, or fails unless status. */
void plumbd_blob(const struct plumbd *p, const struct plumb_bytes *blob);
json_t *plumbd_submit(const struct plumbd *p, struct plumb_signed *s, int status);
/* Document and genesis of m. */
void plumbd_genesis(const struct plumbd *p, struct make *m);

#endif
