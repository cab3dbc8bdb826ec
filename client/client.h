/*
 * client/client.h - the HTTP API of docs/api.md as C functions. Blocking; one thread at a time
 * for each client. A problem document comes back as the error it was: code, rule, where, text.
 */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include <plumb/governance.h>

struct client;

/* Called now and then while bytes move; total is 0 when it is not known. False stops it. */
typedef bool client_progress_fn(void *arg, const char *what, uint64_t done, uint64_t total);

struct client_config {
    const char *server; /* "https://HOST:PORT", or "unix:/path/of/plumbd.sock" */
    /* An ordinary web server, of what needs nobody to vouch for it: server is "http://" or
     * "https://", with a path that others go on; the usual authorities vouch, not pins. */
    bool web;
    /* SHA-256 of the server's TLS key (SPKI), any one of them: the only thing that vouches for
     * an https server, so there must be one ("client.pin"). */
    const struct plumb_digest *pins;
    size_t npins;
    const struct plumb_signer *tls;        /* borrowed; NULL: come as nobody */
    const struct plumb_log_policy *policy; /* borrowed; NULL: receipts are not verified */
    client_progress_fn *progress;          /* or NULL */
    void *arg;
};

/* Does not connect yet. Rules "client.server", "client.pin", "client.key". */
PLUMB_MUST_CHECK enum plumb_code client_open(const struct client_config *config,
                                             struct client **ret, struct plumb_err *err);
void client_close(struct client *c);

/*
 * GET a JSON document by its path ("/v1/whoami"). Rules "client.connect", "client.pin",
 * "client.timeout", "client.size", "client.answer", "client.stopped", or the server's own.
 */
PLUMB_MUST_CHECK enum plumb_code client_get(struct client *c, const char *path, json_t **ret,
                                            struct plumb_err *err);
/* GET any bytes, at most max. */
PLUMB_MUST_CHECK enum plumb_code client_file(struct client *c, const char *path, size_t max,
                                             struct plumb_bytes *ret, struct plumb_err *err);
/* All pages of a list (at most max items) as one array; path has its query. */
PLUMB_MUST_CHECK enum plumb_code client_list(struct client *c, const char *path,
                                             const char *member, size_t max, json_t **ret,
                                             struct plumb_err *err);
/* A path with its pieces escaped: each %s of format (which has no other conversion) is one
 * piece of a path or a query. */
__attribute__((format(printf, 3, 4))) void client_path(char *ret, size_t size,
                                                       const char *format, ...);
#define CLIENT_PATH_MAX 1024

struct client_receipt {
    struct plumb_digest id;
    uint64_t index;
    plumb_time time;
    char effect[256]; /* printable ASCII */
    bool repeated;
    bool proven;  /* its proof verified against the log policy; not while witnesses are away */
    json_t *json; /* as it came */
};
void client_receipt_clear(struct client_receipt *r);

/*
 * Submit an envelope. What comes back must be the receipt of this statement ("receipt.id"), and
 * prove it where the client has a policy ("receipt.index", and those of
 * plumb_tlog_proof_verify). genesis: to the route that begins a log.
 */
PLUMB_MUST_CHECK enum plumb_code client_submit(struct client *c, const json_t *envelope,
                                               bool genesis, struct client_receipt *ret,
                                               struct plumb_err *err);

/* Store bytes; *ret is their digest. What the service has of them is not sent again, and a
 * broken connection is made anew: after half a minute in vain the same call goes on where it
 * ended. */
PLUMB_MUST_CHECK enum plumb_code client_blob_put(struct client *c, const void *data, size_t len,
                                                 struct plumb_digest *ret,
                                                 struct plumb_err *err);
/* The bytes of this digest, at most max; rule "blob.digest" when they are others. */
PLUMB_MUST_CHECK enum plumb_code client_blob_get(struct client *c,
                                                 const struct plumb_digest *digest, size_t max,
                                                 struct plumb_bytes *ret,
                                                 struct plumb_err *err);

/* A statement of the log whose signature verified. */
struct client_statement {
    struct plumb_signed *signed_statement;
    uint64_t index;
    plumb_time time; /* of its entry */
};
void client_statement_clear(struct client_statement *s);
/* By id; what comes back has that id, or is refused ("client.answer"). */
PLUMB_MUST_CHECK enum plumb_code
client_statement(struct client *c, const struct plumb_digest *id, plumb_key_lookup *lookup,
                 void *arg, struct client_statement *ret, struct plumb_err *err);
/* By its index in the log. */
PLUMB_MUST_CHECK enum plumb_code client_entry(struct client *c, uint64_t index,
                                              plumb_key_lookup *lookup, void *arg,
                                              struct client_statement *ret,
                                              struct plumb_err *err);

/*
 * A version of the governance document, as the server says: nobody vouches for it but the
 * server. client/chain.h proves it.
 */
struct client_governance {
    struct plumb_governance *document;
    struct plumb_digest statement;
    uint64_t index; /* of the entry that completed it */
    plumb_time time;
};
void client_governance_clear(struct client_governance *g);
/* version 0: the one in force. */
PLUMB_MUST_CHECK enum plumb_code client_governance(struct client *c, int64_t version,
                                                   struct client_governance *ret,
                                                   struct plumb_err *err);

/* The newest signed checkpoint, as it came; client/head.h verifies it. */
PLUMB_MUST_CHECK enum plumb_code client_checkpoint(struct client *c, struct plumb_bytes *ret,
                                                   struct plumb_err *err);
/* have: the log size that the caller has; the answer waits up to wait seconds for a larger one.
 * *ret_news false: there was none, and *ret is left alone. */
PLUMB_MUST_CHECK enum plumb_code client_checkpoint_after(struct client *c, uint64_t have,
                                                         unsigned wait, bool *ret_news,
                                                         struct plumb_bytes *ret,
                                                         struct plumb_err *err);

/*
 * A fleet's bundle file. have: the index of the publication that the caller has (0: none); with
 * it the answer waits up to wait seconds for a newer one. *ret_news false: there was none, and
 * *ret is left alone. from: the log size that the caller remembers (0: none); the file then
 * carries the proof that it was extended. Not verified: see plumb/bundle.h.
 */
PLUMB_MUST_CHECK enum plumb_code client_bundle(struct client *c, const char *fleet,
                                               uint64_t have, unsigned wait, uint64_t from,
                                               bool *ret_news, struct plumb_bytes *ret,
                                               struct plumb_err *err);

#endif
