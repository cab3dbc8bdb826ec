/* client/transport.h - one HTTP exchange over libcurl: TLS by pins or a local socket, answers
 * of bounded size, problem documents as errors. Only transport.c knows libcurl. */
#ifndef CLIENT_TRANSPORT_H
#define CLIENT_TRANSPORT_H

#include "client/client.h"

struct transport;

PLUMB_MUST_CHECK enum plumb_code transport_open(const struct client_config *config,
                                                struct transport **ret, struct plumb_err *err);
void transport_close(struct transport *t);

/* Upload-Offset and Upload-Complete (draft-ietf-httpbis-resumable-upload). */
struct transport_upload {
    int64_t offset; /* -1 where an answer has none */
    int complete;   /* 0 or 1; -1 where an answer has none */
};

struct transport_call {
    const char *method; /* "GET", "PUT", "PATCH" or "POST" */
    const char *path;   /* with its query */
    const void *body;   /* NULL for GET */
    size_t len;
    const char *type;                      /* of the body, or NULL */
    const char *if_none_match;             /* an entity tag without its quotes, or NULL */
    const struct transport_upload *upload; /* of a body that is a piece, or NULL */
    size_t total;  /* bytes of all pieces, for progress; 0 where it is none */
    unsigned wait; /* seconds to ask the server to wait for news */
    size_t max;    /* bytes of the answer; more fails, rule "client.size" */
};
struct transport_answer {
    long status; /* 2xx or 304; all else is an error */
    struct transport_upload upload;
    struct plumb_bytes body;
};
void transport_answer_clear(struct transport_answer *a);

PLUMB_MUST_CHECK enum plumb_code transport_do(struct transport *t,
                                              const struct transport_call *call,
                                              struct transport_answer *ret,
                                              struct plumb_err *err);

/* A word of progress to whoever wants it; false: stop. */
bool transport_tell(const struct transport *t, const char *what, uint64_t done, uint64_t total);

#endif
