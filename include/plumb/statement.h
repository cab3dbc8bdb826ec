/*
 * plumb/statement.h - governance actions as in-toto Statements v1 in DSSE, and log entries.
 * docs/formats.md sections 2 and 5 say what they look like.
 */
#ifndef PLUMB_STATEMENT_H
#define PLUMB_STATEMENT_H

#include <plumb/dsse.h>
#include <plumb/json.h>
#include <plumb/time.h>

/* Every kind: name, the token in its predicate type, whether it needs a quorum, whether only
 * the service signs it. */
/* clang-format off */
#define PLUMB_KINDS(X)                                  \
    X(GOVERNANCE, "governance", true, false)            \
    X(RELEASE, "release", true, false)                  \
    X(ROLLOUT, "rollout", true, false)                  \
    X(REVOCATION, "revocation", true, false)            \
    X(APPROVAL, "approval", false, false)               \
    X(RECOGNITION, "recognition", false, false)         \
    X(ENROLMENT, "enrolment", false, false)             \
    X(PUBLICATION, "publication", false, true)          \
    X(PHASE_OUT, "phase-out", false, true)              \
    X(BEGIN, "begin", false, true)                      \
    X(LAPSE, "lapse", false, true)                      \
    X(OVERRUN, "overrun", false, true)                  \
    X(EVIDENCE, "evidence", false, false)               \
    X(WAIVER, "waiver", true, false)                    \
    X(ADVISORY, "advisory", false, false)               \
    X(EVALUATION, "evaluation", false, true)

#define PLUMB_ACTIONS(X)                                \
    X(BEGIN, "begin")                                   \
    X(COMPLETE, "complete")                             \
    X(ROLLBACK, "rollback")                             \
    X(RESCHEDULE, "reschedule")
/* clang-format on */

/* What a file is that is attached to a release; how each is read: docs/controls.md. */
/* clang-format off */
#define PLUMB_FILES(X)                                  \
    X(ATTESTATION, "attestation")                       \
    X(SBOM, "sbom")                                     \
    X(VEX, "vex")                                       \
    X(GUIDANCE, "guidance")                             \
    X(ROOT_STORE, "root-store")                         \
    X(CRYPTO_POLICY, "crypto-policy")                   \
    X(CONFIG, "config")                                 \
    X(DOCUMENT, "document")
/* clang-format on */

enum plumb_kind {
#define X(name, text, proposal, service) PLUMB_KIND_##name,
    PLUMB_KINDS(X)
#undef X
        PLUMB_KIND_COUNT
};

enum plumb_action {
#define X(name, text) PLUMB_ACTION_##name,
    PLUMB_ACTIONS(X)
#undef X
        PLUMB_ACTION_COUNT
};

enum plumb_file_kind {
#define X(name, text) PLUMB_FILE_##name,
    PLUMB_FILES(X)
#undef X
        PLUMB_FILE_KIND_COUNT
};

enum plumb_decision { PLUMB_APPROVE, PLUMB_REJECT, PLUMB_ABSTAIN };
enum plumb_outcome { PLUMB_OUTCOME_ALERT, PLUMB_OUTCOME_ROLLBACK, PLUMB_OUTCOME_COMPLETE };

const char *plumb_kind_text(enum plumb_kind kind);
bool plumb_kind_is_proposal(enum plumb_kind kind);
bool plumb_kind_is_service(enum plumb_kind kind);
const char *plumb_action_text(enum plumb_action action);
const char *plumb_decision_text(enum plumb_decision d);
const char *plumb_outcome_text(enum plumb_outcome o);
const char *plumb_file_kind_text(enum plumb_file_kind k);
PLUMB_MUST_CHECK enum plumb_code plumb_kind_parse(const char *text, const char *where,
                                                  enum plumb_kind *ret, struct plumb_err *err);

#define PLUMB_LIFETIME_MAX (31 * 86400) /* issued to expires */
#define PLUMB_EARLY_MAX    300          /* how far issued may lie ahead of the entry's time */

struct plumb_subject {
    const char *name;
    struct plumb_digest digest;
};

/* A key as governance documents and enrolments state it. */
enum plumb_use { PLUMB_USE_SIGN, PLUMB_USE_TLS };
enum plumb_key_status { PLUMB_KEY_ACTIVE, PLUMB_KEY_RETIRED, PLUMB_KEY_COMPROMISED };
struct plumb_key {
    struct plumb_pubkey *pub; /* owned */
    enum plumb_use use;
    enum plumb_key_status status;
    uint64_t from; /* with compromised: the first log index that it reaches back to */
};
PLUMB_MUST_CHECK enum plumb_code plumb_key_read(const struct plumb_jv *v, struct plumb_key *ret,
                                                struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code plumb_key_json(const struct plumb_key *key, json_t **ret,
                                                struct plumb_err *err);

struct plumb_disposition { /* of an accepted version whose quorum a compromise takes away */
    const char *fleet, *payload, *version;
    bool keep;        /* false: revoke */
    plumb_time until; /* with keep */
};

/* What a release says of where a set of its reference values came from. */
struct plumb_source {
    int64_t set;                /* index into the document's sets */
    const char *kind;           /* word of an enum plumb_evidence_kind */
    struct plumb_digest digest; /* of the file that was read; nobody verified it */
};

/* A file attached to a release: a blob. */
#define PLUMB_ATTACHED_MAX  64          /* by one statement */
#define PLUMB_ATTACHED_SIZE (64u << 20) /* bytes of each */
struct plumb_attached {
    enum plumb_file_kind kind;
    struct plumb_digest digest;
    int64_t size;
    const char *name;     /* or NULL */
    plumb_time review_by; /* guidance: when it must be looked at again */
};

struct plumb_revoke_in {
    const char *fleet;
    uint64_t base;
};

/*
 * A statement's content, as read. Immutable; strings live as long as it does. Whether anybody
 * signed it is another question: see plumb_signed.
 */
struct plumb_statement {
    enum plumb_kind kind;
    struct plumb_digest id; /* SHA-256 of the payload */
    const char *log;
    struct plumb_digest *keys; /* one; several only in a genesis */
    size_t nkeys;
    plumb_time issued, expires;
    struct plumb_subject *subjects;
    size_t nsubjects;
    /* Of a release subject "PAYLOAD@VERSION", split; of a release, its own. Else NULL. */
    const char *payload, *version;
    const char *fleet; /* for the kinds that name one; else NULL */
    union {
        struct {
            int64_t version;
            struct plumb_digest document, previous; /* previous: zero in version 1 */
            struct plumb_disposition *compromise;
            size_t ncompromise;
            struct plumb_digest *ratify;
            size_t nratify;
        } governance;
        struct {
            struct plumb_digest reference_values;
            bool has_sbom;
            struct plumb_digest sbom;
            const char *notes;            /* or NULL */
            struct plumb_source *sources; /* ascending by set */
            size_t nsources;
        } release;
        struct {
            struct plumb_digest release;
            enum plumb_action action;
            uint64_t base;
            bool has_predecessor;
            struct plumb_digest predecessor;
            plumb_time at;        /* begin: scheduled, or PLUMB_TIME_NEVER for at once */
            plumb_time not_after; /* reschedule */
        } rollout;
        struct {
            struct plumb_digest release;
            const char *reason;
            bool all;
            struct plumb_revoke_in *fleets;
            size_t nfleets;
            const char **leave_nothing;
            size_t nleave_nothing;
        } revocation;
        struct {
            struct plumb_digest proposal;
            enum plumb_decision decision;
            const char *reason; /* or NULL */
        } approval;
        struct {
            struct plumb_digest release, rollout, content;
            int64_t revision;
        } recognition;
        struct {
            const char *principal;
            bool retire;
            struct plumb_key *keys;
            size_t nkeys;
        } enrolment;
        struct {
            struct plumb_digest content;
            int64_t revision;
            plumb_time valid_until;
        } publication;
        struct { /* phase-out, begin, lapse, overrun */
            struct plumb_digest release, rollout;
            plumb_time due;
            enum plumb_outcome outcome; /* overrun */
            const char *rule;           /* lapse */
        } timed;
        struct {
            struct plumb_digest release;
            struct plumb_attached *files; /* each digest once */
            size_t nfiles;
        } evidence;
        struct {
            struct plumb_digest release;
            const char *control, *justification, *compensating;
            plumb_time until;
        } waiver;
        struct {
            struct plumb_digest records; /* the blob; of no bytes where count is 0 */
            const char *source;          /* whose advisories these are */
            int64_t count;               /* of records in it */
        } advisory;
        struct {
            struct plumb_digest release, governance;
            uint64_t at;           /* the entry that completed the approval */
            const json_t *results; /* as the engine derives them */
        } evaluation;
    } u;
    json_t *json; /* owned; the strings above are borrowed from it or from pool */
    void *pool;   /* owned; split names and arrays */
};
void plumb_statement_free(struct plumb_statement *s);

/*
 * Read a payload without regard to signatures: form, canonical bytes, closed members, subject
 * by kind, lifetime. Rules "statement.form", "statement.canonical", "statement.size",
 * "statement.subject", "statement.lifetime", and those of JSON.
 */
PLUMB_MUST_CHECK enum plumb_code plumb_statement_peek(const void *payload, size_t len,
                                                      struct plumb_statement **ret,
                                                      struct plumb_err *err);

/* The five members that every predicate has. */
struct plumb_stamp {
    const char *log;
    const struct plumb_digest *keys;
    size_t nkeys; /* several only for a genesis */
    plumb_time issued, expires;
    uint8_t nonce[16];
};

/*
 * Write a statement's payload: stamp, subjects, and the kind's own members (borrowed;
 * docs/formats.md section 2). What it writes has passed plumb_statement_peek.
 */
PLUMB_MUST_CHECK enum plumb_code
plumb_statement_make(enum plumb_kind kind, const struct plumb_stamp *stamp,
                     const struct plumb_subject *subjects, size_t nsubjects,
                     const json_t *members, struct plumb_bytes *ret, struct plumb_err *err);

/* The public key whose id this is, or NULL; borrowed until the call that looks it up returns.
 */
typedef const struct plumb_pubkey *plumb_key_lookup(void *arg, const struct plumb_digest *id);

/*
 * A statement whose envelope's signatures verified, each by the key that the statement names.
 * It says nothing about what that key may do, nor when. Immutable; share it freely between
 * threads.
 */
struct plumb_signed {
    struct plumb_statement *statement; /* owned */
    json_t *envelope;                  /* owned; may be NULL out of plumb_entry_open */
};
void plumb_signed_free(struct plumb_signed *s);

/*
 * Open an envelope of ours: read, look its keys up, verify. Rules "key.unknown",
 * "signature.bad", "signature.count" (one signature for each named key and no other), and those
 * of peek.
 */
PLUMB_MUST_CHECK enum plumb_code plumb_signed_open(json_t *envelope, plumb_key_lookup *lookup,
                                                   void *arg, struct plumb_signed **ret,
                                                   struct plumb_err *err);

/* Entries: canonical {"envelope", "time"}; rule "entry.form", "entry.size". */
PLUMB_MUST_CHECK enum plumb_code plumb_entry_make(const json_t *envelope, plumb_time time,
                                                  struct plumb_bytes *ret,
                                                  struct plumb_err *err);
/* The caller owns *ret_envelope. */
PLUMB_MUST_CHECK enum plumb_code plumb_entry_read(const void *entry, size_t len,
                                                  json_t **ret_envelope, plumb_time *ret_time,
                                                  struct plumb_err *err);

/* plumb_entry_read and plumb_signed_open at once, and quicker: by the same rules, for those who
 * have no use for the envelope. */
PLUMB_MUST_CHECK enum plumb_code plumb_entry_open(const void *entry, size_t len,
                                                  plumb_key_lookup *lookup, void *arg,
                                                  struct plumb_signed **ret,
                                                  plumb_time *ret_time, struct plumb_err *err);

#endif
