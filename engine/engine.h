/*
 * engine.h - the state of governance as the fold of the log: state, one statement, its time,
 * and the blobs it names in; new state or a refusal out. No SQL, no sockets, no clock, no
 * randomness: the same log gives the same state and the same bytes for ever. DESIGN:
 * docs/concepts.md, docs/formats.md, docs/lifecycle.md.
 *
 * One thread changes an engine; many may read it meanwhile only under the caller's read-write
 * lock.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include <plumb/governance.h>
#include <plumb/statement.h>
#include <plumb/window.h>

struct engine;

/*
 * secret: random bytes, which no sender of statements may know: where the engine's tables keep
 * things depends on them, so that nobody can choose names that fall together. What comes out
 * does not depend on them.
 */
#define ENGINE_SECRET 16
PLUMB_MUST_CHECK enum plumb_code engine_new(const unsigned char secret[ENGINE_SECRET],
                                            struct engine **ret, struct plumb_err *err);
void engine_free(struct engine *e);

/* The bytes of a blob that a statement names, whose digest the caller has checked. */
struct engine_blob {
    struct plumb_digest digest;
    const void *data; /* may be NULL when the engine only needs to know that it is stored */
    size_t len;
};

/*
 * What a statement needs stored before it may be accepted: digests into ret (at most max).
 * *ret_read is how many of them, from the first, the engine wants the bytes of; the rest need
 * only be durable. The anchors and the trusted root that a governance document names are among
 * them once its bytes are given in blobs.
 */
#define ENGINE_BLOBS_MAX 4096
/* How many there may be at the most: ENGINE_BLOBS_MAX of a governance document's, else few. */
size_t engine_needs_max(const struct plumb_statement *s);
PLUMB_MUST_CHECK enum plumb_code engine_needs(const struct plumb_statement *s,
                                              const struct engine_blob *blobs, size_t nblobs,
                                              struct plumb_digest *ret, size_t max,
                                              size_t *ret_n, size_t *ret_read,
                                              struct plumb_err *err);

/* What an accepted statement did, in words for receipts and logs. */
struct engine_effect {
    bool completed; /* it completed a quorum, or time's own move took effect */
    bool repeated;  /* the same id was accepted before, at index; nothing was done */
    uint64_t index;
    char text[200]; /* "release svr2@1.2 approved", "1 more release-manager" ... */
};

/*
 * Accept one statement as the entry at index, at time: or refuse it, leaving nothing changed.
 * index must be engine_size(). Everything is checked but the signature's bytes, which
 * plumb_signed proves. Moves that are due at time take effect first (engine_advance), whether
 * recorded or not. Refusals' rules are tabled in docs/api.md.
 */
PLUMB_MUST_CHECK enum plumb_code engine_apply(struct engine *e, const struct plumb_signed *s,
                                              uint64_t index, plumb_time time,
                                              const struct engine_blob *blobs, size_t nblobs,
                                              struct engine_effect *ret, struct plumb_err *err);

/*
 * The entries from engine_size() up to index are not at hand, and the next one is index: for
 * whoever holds a part of a log, an evidence pack. What they did is not in the state, so what
 * rests on it is refused; only what a governance change ratifies need not be known. Never back:
 * "log.index".
 */
PLUMB_MUST_CHECK enum plumb_code engine_pass_over(struct engine *e, uint64_t index,
                                                  struct plumb_err *err);

/* Let time pass: run every move due by then, in order of deadline. Idempotent; never goes back.
 */
PLUMB_MUST_CHECK enum plumb_code engine_advance(struct engine *e, plumb_time time,
                                                struct plumb_err *err);

/*
 * The overlay: everything since engine_mark can be dropped by engine_drop (after a transaction
 * that failed) or made final by engine_keep. One level.
 */
void engine_mark(struct engine *e);
void engine_keep(struct engine *e);
void engine_drop(struct engine *e);

/* Entries applied so far; the time of the last one. */
uint64_t engine_size(const struct engine *e);
plumb_time engine_time(const struct engine *e);
const struct plumb_chain *engine_chain(const struct engine *e);
/* Any public key known by documents or enrolments: a plumb_key_lookup, arg being the engine. */
const struct plumb_pubkey *engine_key(void *e, const struct plumb_digest *id);
/* Whose key this is, active or not, sign or tls; NULL of one that nobody has. Borrowed. */
const char *engine_owner(const struct engine *e, const struct plumb_digest *key);
/* Was this statement accepted, and where? Remembered until its expiry has passed. */
bool engine_seen(const struct engine *e, const struct plumb_digest *id, uint64_t *ret_index);

/*
 * Who may talk: the principal whose active key of that use this is now, and what it may.
 * Enrolled verifiers included. fleets: engine_may_fleet.
 */
struct engine_client {
    char principal[PLUMB_NAME_MAX + 1];
    unsigned may; /* 1u << enum plumb_power */
};
bool engine_identify(const struct engine *e, const struct plumb_digest *key, enum plumb_use use,
                     struct engine_client *ret);
bool engine_may_fleet(const struct engine *e, const struct engine_client *c,
                      enum plumb_power power, const char *fleet);

/*
 * Every key that documents and enrolments list, whose it is, and what its owner may now: for a
 * snapshot that answers without the engine. engine_keys_changed counts the changes that such a
 * snapshot must follow.
 */
struct engine_key_view {
    const struct plumb_pubkey *pub;
    enum plumb_use use;
    bool active; /* now */
    const char *principal;
    unsigned may;
    const char *const *fleets;
    size_t nfleets;
};
typedef bool engine_key_fn(void *arg, const struct engine_key_view *key);
void engine_each_key(const struct engine *e, engine_key_fn *fn, void *arg);
uint64_t engine_keys_changed(const struct engine *e);

/*
 * What time, or an approval, has brought about and the log does not record yet, in order: for
 * each the service makes one statement (kind, subject release, members as docs/formats.md
 * section 2) and applies it. Call again after each until 0.
 */
struct engine_due {
    enum plumb_kind kind; /* PHASE_OUT, BEGIN, LAPSE, OVERRUN or EVALUATION */
    const char *fleet;    /* borrowed until the engine changes, as the others; of an evaluation
                             NULL */
    const char *payload, *version;
    struct plumb_digest release, rollout;
    plumb_time due;
    enum plumb_outcome outcome;
    char rule[48]; /* LAPSE: why */
};
bool engine_due(const struct engine *e, plumb_time now, struct engine_due *ret);
/* The members of that statement's predicate. */
PLUMB_MUST_CHECK enum plumb_code engine_due_members(const struct engine *e,
                                                    const struct engine_due *due, json_t **ret,
                                                    struct plumb_err *err);
/* When the next move falls due (publications' refresh not included), or PLUMB_TIME_NEVER. */
plumb_time engine_next_due(const struct engine *e);

/* --- proposals, versions, placements: the state for lists and screens --- */

/* clang-format off */
#define ENGINE_PROPOSAL_STATES(X)       \
    X(OPEN, "open")                     \
    X(SCHEDULED, "scheduled")           \
    X(EFFECTIVE, "effective")           \
    X(REJECTED, "rejected")             \
    X(LAPSED, "lapsed")                 \
    X(UNDERMINED, "undermined")

#define ENGINE_VERSION_STATES(X)        \
    X(PROPOSED, "proposed")             \
    X(APPROVED, "approved")             \
    X(REJECTED, "rejected")             \
    X(BARRED, "barred")

#define ENGINE_PLACES(X)                \
    X(INCOMING, "incoming")             \
    X(CURRENT, "current")               \
    X(OUTGOING, "outgoing")             \
    X(RETIRED, "retired")               \
    X(WITHDRAWN, "withdrawn")           \
    X(REVOKED, "revoked")
/* clang-format on */
enum engine_proposal_state {
#define X(name, text) ENGINE_PROPOSAL_##name,
    ENGINE_PROPOSAL_STATES(X)
#undef X
        ENGINE_PROPOSAL_STATE_COUNT
};
enum engine_version_state {
#define X(name, text) ENGINE_VERSION_##name,
    ENGINE_VERSION_STATES(X)
#undef X
        ENGINE_VERSION_STATE_COUNT
};
enum engine_place {
#define X(name, text) ENGINE_PLACE_##name,
    ENGINE_PLACES(X)
#undef X
        ENGINE_PLACE_COUNT
};
const char *engine_proposal_state_text(enum engine_proposal_state s);
const char *engine_version_state_text(enum engine_version_state s);
const char *engine_place_text(enum engine_place p);

struct engine_proposal { /* all borrowed until the engine changes */
    struct plumb_digest id;
    enum plumb_kind kind;
    enum plumb_action action; /* rollouts */
    enum engine_proposal_state state;
    const char *proposer;          /* principal */
    const char *payload, *version; /* NULL for governance */
    const char *fleet;             /* rollouts; else NULL */
    uint64_t index;                /* of the proposal's entry */
    plumb_time time;
    const struct plumb_vote *votes; /* [0] is the proposal */
    size_t nvotes;
    uint64_t closed_index; /* where it took effect, was rejected or lapsed; else 0 */
    plumb_time closed_time;
    const char *closed_rule; /* "quorum.met", "quorum.veto", "quorum.unreachable",
                                "proposal.base", ... or NULL */
};

struct engine_version {
    struct plumb_digest release;
    const char *payload, *version;
    enum engine_version_state state;
    uint64_t index;
    struct plumb_digest reference_values;
    bool has_sbom;
    struct plumb_digest sbom;
};

/* One version in one fleet. */
struct engine_placement {
    const char *fleet, *payload, *version;
    struct plumb_digest release;
    enum engine_place place;
    struct plumb_window window; /* of accepted ones */
    plumb_time kept_until;
    plumb_time since;
    /* INCOMING: of the rollout */
    struct plumb_digest rollout; /* the begin proposal */
    plumb_time deadline;
    bool overrun; /* the deadline has passed and been recorded as an alert */
    size_t recognitions, recognitions_needed;
};

struct engine_fleet_state {
    const char *fleet;
    int64_t revision; /* 0: nothing published yet */
    struct plumb_digest content;
    uint64_t publication; /* index of the last */
    plumb_time issued, valid_until;
};

bool engine_proposal(const struct engine *e, const struct plumb_digest *id,
                     struct engine_proposal *ret);
bool engine_version(const struct engine *e, const struct plumb_digest *release,
                    struct engine_version *ret);
bool engine_version_named(const struct engine *e, const char *payload, const char *version,
                          struct engine_version *ret);
bool engine_placement(const struct engine *e, const char *fleet,
                      const struct plumb_digest *release, struct engine_placement *ret);
/* How many versions of payload are accepted in fleet. */
size_t engine_accepted(const struct engine *e, const char *fleet, const char *payload);
/* The number of moves of payload in fleet so far: what a rollout or revocation names as base.
 */
uint64_t engine_base(const struct engine *e, const char *fleet, const char *payload);
bool engine_fleet(const struct engine *e, const char *fleet, struct engine_fleet_state *ret);

/* Walks, in a fixed order. The callback returns false to stop. */
typedef bool engine_proposal_fn(void *arg, const struct engine_proposal *p);
typedef bool engine_version_fn(void *arg, const struct engine_version *v);
typedef bool engine_placement_fn(void *arg, const struct engine_placement *p);
void engine_each_proposal(const struct engine *e, bool only_open, engine_proposal_fn *fn,
                          void *arg);
void engine_each_version(const struct engine *e, const char *payload, engine_version_fn *fn,
                         void *arg); /* payload NULL: all */
/* fleet NULL: all; accepted_only: without retired, withdrawn, revoked. */
void engine_each_placement(const struct engine *e, const char *fleet, bool accepted_only,
                           engine_placement_fn *fn, void *arg);

/*
 * What changed since engine_mark, each once: for projecting into tables. Fleets are not among
 * them: see engine_fleets_touched.
 */
struct engine_changes {
    engine_proposal_fn *proposal;
    engine_version_fn *version;
    engine_placement_fn *placement;
    void *arg;
};
void engine_each_change(const struct engine *e, const struct engine_changes *to);

/* The tally of an open proposal by the document in force, and what is missing, in words. */
enum plumb_tally engine_tally(const struct engine *e, const struct plumb_digest *proposal,
                              char *ret_missing, size_t size);

/*
 * Would the quorum of a proposal that took effect stand without the votes of this principal, or
 * (principal NULL) without those that this key signed? By the document that counted it then,
 * and what is known of keys now.
 */
bool engine_stands_without(const struct engine *e, const struct plumb_digest *proposal,
                           const char *principal, const struct plumb_digest *key);

/* --- bundles --- */

/* A part of a bundle's content: canonical JSON and its digest. */
struct engine_part {
    struct plumb_digest digest;
    struct plumb_bytes json;
};
typedef enum plumb_code engine_part_fn(void *arg, const struct engine_part *part,
                                       struct plumb_err *err);

/*
 * Derive a fleet's content at the engine's time: calls part for every bucket and section that
 * the last kept derivation of this fleet did not have (all of them the first time), children
 * before parents, and last for the content itself, whose digest goes to *ret_content. The cost
 * follows what changed. PLUMB_NOT_FOUND: no such fleet.
 */
PLUMB_MUST_CHECK enum plumb_code engine_derive(struct engine *e, const char *fleet,
                                               engine_part_fn *part, void *arg,
                                               struct plumb_digest *ret_content,
                                               struct plumb_err *err);

/* Everything of a fleet's content, in the order of the bundle file: for rendering and audit. */
PLUMB_MUST_CHECK enum plumb_code engine_derive_all(const struct engine *e, const char *fleet,
                                                   engine_part_fn *content,
                                                   engine_part_fn *bucket,
                                                   engine_part_fn *section, void *arg,
                                                   struct plumb_err *err);

/* Fleets whose content may have changed since their last publication: calls fn with each name.
 */
typedef bool engine_name_fn(void *arg, const char *name);
void engine_fleets_touched(const struct engine *e, engine_name_fn *fn, void *arg);

#endif
