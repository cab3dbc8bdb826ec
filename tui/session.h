/*
 * tui/session.h - what the worker's thread knows of a service: its client, the governance chain
 * proven from the pinned genesis on, the verified bundles, who we are. Blocking; one thread.
 */
#ifndef TUI_SESSION_H
#define TUI_SESSION_H

#include "client/client.h"
#include "client/effect.h"
#include "client/proposal.h"
#include "tui/backend.h"

#include <plumb/bundle.h>

/* All borrowed; they outlive the session. */
struct session_config {
    const char *server;
    const struct plumb_trust *trust;
    const struct plumb_signer *tls; /* or NULL: over a local socket */
    const char *sign;               /* as client/keyspec.h names a key, or NULL */
    const char *agent;              /* the ssh-agent's socket, or NULL */
    plumb_time (*now)(void);
    client_progress_fn *progress; /* of the session's client; false stops it. Or NULL */
    void *arg;
};

/* A fleet's bundle as it was verified last. */
struct session_bundle {
    char fleet[TUI_NAME];
    struct plumb_trust *trust;   /* the pinned one, for this fleet */
    struct plumb_bundle *bundle; /* or NULL */
    struct plumb_memory *memory;
    char why[256]; /* there is none, or it did not verify; "" when it did */
};

/* What was known of a proposal when it was shown: if it moved, this says what. */
struct session_seen {
    struct plumb_digest all; /* of the rest */
    char state[24];
    size_t votes;
    char last[TUI_NAME]; /* who voted last */
    struct plumb_digest governance, accepted;
    struct plumb_digest evidence; /* zero: it could not be read */
};

#define SESSION_SEEN   16
#define SESSION_PROVEN 4096

struct session_checked { /* an item of the queue that was verified */
    struct tui_item item;
};

struct session {
    const struct session_config *config;
    struct client *client;
    struct plumb_chain *chain; /* NULL until it was proven */
    uint64_t size;             /* of the log, as its head was verified last */
    struct session_bundle *bundles;
    size_t nbundles;
    char principal[TUI_NAME];        /* whose keys ours are; "" when nobody's */
    struct plumb_pubkey *key;        /* that we sign with; NULL while it is not known */
    bool locked;                     /* its file asks for a passphrase */
    struct session_checked *checked; /* a table by id, open addressing */
    size_t nchecked, room;
    uint64_t queue_size;                    /* of the log, when the queue was listed last */
    struct session_seen seen[SESSION_SEEN]; /* the last ones, [nseen % SESSION_SEEN] is next */
    size_t nseen;
    /* of files that were proven to be attached; [nproven % SESSION_PROVEN] is next */
    struct plumb_digest proven[SESSION_PROVEN];
    size_t nproven;
};

PLUMB_MUST_CHECK enum plumb_code session_open(const struct session_config *config,
                                              struct session *ret, struct plumb_err *err);
void session_close(struct session *s);

/* Governance in force, proven; reads it again only when it changed. And who we are by it. */
PLUMB_MUST_CHECK enum plumb_code session_govern(struct session *s, struct plumb_err *err);
const struct plumb_governance *session_document(const struct session *s);
/* Who we are, which key, what it may. */
PLUMB_MUST_CHECK enum plumb_code session_you(struct session *s, struct tui_you **ret,
                                             struct plumb_err *err);

/* The fleet's bundle, pulled and verified when there is a newer one. Never NULL unless out of
 * memory: a bundle that cannot be had says why. */
struct session_bundle *session_bundle(struct session *s, const char *fleet);
/* An effect_bundle_fn; arg is the session. */
const struct plumb_bundle *session_effect_bundle(void *arg, const char *fleet);

/* Whose key this was at that entry; "?" when it counted for nobody. Borrowed. */
const char *session_whose(const struct session *s, const struct plumb_digest *key,
                          uint64_t index);

/* --- what the screens are shown; in view_*.c. The caller owns *ret. --- */

/* Of a queue's row, from the server's words and then from what was verified. */
PLUMB_MUST_CHECK enum plumb_code session_queue(struct session *s, struct tui_items *ret,
                                               struct plumb_err *err);
/* Verify one item; it fails only for want of an answer: what does not verify says so. */
PLUMB_MUST_CHECK enum plumb_code session_check(struct session *s, const struct tui_item *from,
                                               struct tui_item *ret, struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code session_statement(struct session *s,
                                                   const struct plumb_digest *id,
                                                   struct tui_statement **ret,
                                                   struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code session_fleets(struct session *s, struct tui_fleets **ret,
                                                struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code session_releases(struct session *s, const char *payload,
                                                  const char *fleet, struct tui_releases **ret,
                                                  struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code session_history(struct session *s, const struct tui_ask *ask,
                                                 struct tui_history **ret,
                                                 struct plumb_err *err);
/* Prove one move, and that it is what was said of it. Fails only for want of an answer. */
PLUMB_MUST_CHECK enum plumb_code session_move(struct session *s, struct tui_move *m,
                                              struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code session_entry(struct session *s, uint64_t index,
                                               struct tui_entry **ret, struct plumb_err *err);

/* Sign and send what a person decided, after verifying again that it is what they saw. touch is
 * called before the key is asked. *ret is one line of what came of it. */
typedef void session_touch_fn(void *arg, const char *text);
PLUMB_MUST_CHECK enum plumb_code session_deed(struct session *s, const struct tui_deed *deed,
                                              session_touch_fn *touch, void *arg, char *ret,
                                              size_t size, struct plumb_err *err);

/* --- of a proposal, in count.c --- */

/* How far it is, all its quorums together, and what one more approval of mine would do. */
struct session_count {
    unsigned votes, needed; /* places filled, places */
    char missing[200];      /* "1 more release-manager" */
    char who[200];          /* who could give it: "alice or carol" */
    bool met;
    bool asks_me;      /* I have a role that is still missing, and have not decided */
    bool completes;    /* my approval would */
    char mine[24];     /* my decision so far, or "" */
    char no_vote[160]; /* why I am not asked */
};
void session_count(const struct session *s, const struct client_proposal *p,
                   struct session_count *ret);
/* "web@2.0 in prod", "DEV-IO of web@2.0", and the kind or a rollout's action. */
void session_subject(const struct plumb_statement *st, char *ret, size_t size);
const char *session_kind(const struct plumb_statement *st);

/* A server's failure to answer, as opposed to a bad answer. */
bool session_away(const struct plumb_err *err);

#endif
