/*
 * plumb/governance.h - governance documents, the chain of them, quorums. docs/formats.md
 * section 3. Verifiers count quorums with this too; the engine adds nothing to it.
 */
#ifndef PLUMB_GOVERNANCE_H
#define PLUMB_GOVERNANCE_H

#include <plumb/refval.h>
#include <plumb/statement.h>
#include <plumb/tlog.h>

#define PLUMB_DOCUMENT_MAX (16u << 20)
#define PLUMB_RULES        1 /* the newest rules version that this library knows */

/* clang-format off */
#define PLUMB_POWERS(X)             \
    X(GOVERNANCE, "governance")     \
    X(RELEASE, "release")           \
    X(ROLLOUT, "rollout")           \
    X(REVOCATION, "revocation")     \
    X(RECOGNISE, "recognise")       \
    X(ENROL, "enrol")               \
    X(PULL, "pull")                 \
    X(READ, "read")                 \
    X(SERVICE, "service")           \
    X(EVIDENCE, "evidence")         \
    X(WAIVER, "waiver")             \
    X(ADVISORY, "advisory")
/* clang-format on */

enum plumb_power {
#define X(name, text) PLUMB_POWER_##name,
    PLUMB_POWERS(X)
#undef X
        PLUMB_POWER_COUNT
};
const char *plumb_power_text(enum plumb_power p);

struct plumb_role {
    const char *name;
    unsigned may; /* 1u << enum plumb_power */
    const char **not_with;
    size_t nnot_with;
};

struct plumb_principal {
    const char *id;
    const char *name;      /* or NULL */
    const uint16_t *roles; /* indexes into the document's roles, ascending */
    size_t nroles;
    const char **fleets;
    size_t nfleets;
    struct plumb_key *keys;
    size_t nkeys;
    unsigned may; /* of all its roles; voters and proposers have READ too */
};

struct plumb_need {
    uint16_t role;
    uint16_t count;
};
struct plumb_quorum {
    struct plumb_need *needs;
    size_t nneeds;
    bool others;
    uint16_t *veto; /* roles */
    size_t nveto;
};

struct plumb_payload {
    const char *name;
    unsigned tees; /* 1u << enum plumb_tee */
    struct plumb_quorum release, revocation;
    bool has_waiver; /* a quorum for waivers of its own */
    struct plumb_quorum waiver;
};

enum plumb_overrun { PLUMB_OVERRUN_ALERT, PLUMB_OVERRUN_ROLLBACK, PLUMB_OVERRUN_COMPLETE };

struct plumb_anchor {
    const char *name;
    struct plumb_digest digest;
    int64_t size;
};

struct plumb_fleet {
    const char *name;
    bool all_payloads;
    const char **payloads; /* ascending */
    size_t npayloads;
    bool is_public;
    struct plumb_quorum rollout[PLUMB_ACTION_COUNT]; /* by enum plumb_action */
    struct plumb_quorum revocation;
    int64_t grace, grace_limit, limit;
    enum plumb_overrun overrun;
    int64_t recognitions;
    int64_t validity, refresh;
    struct plumb_sets *platform; /* borrowed by policies made from it */
    const json_t *platform_json; /* as in the document, for the bundle's content */
    struct plumb_anchor *anchors;
    size_t nanchors;
    const json_t *anchors_json;
};

/* Who is asked to cosign checkpoints; names are in no order but the document's. */
#define PLUMB_WITNESSES_MAX 16
struct plumb_witness {
    struct plumb_vkey vkey; /* of type 04; its name is the witness's */
    const char *url;        /* to which "/add-checkpoint" is added */
};

struct plumb_controls;

/* Read-only once parsed. Arrays ascend by name, so that the finders below are binary searches.
 */
struct plumb_governance {
    struct plumb_digest digest; /* of the document's bytes */
    int64_t version;
    struct plumb_digest previous; /* zero in version 1 */
    int64_t rules;
    const char *origin;
    struct plumb_vkey *log_keys;
    size_t nlog_keys;
    struct plumb_witness *witnesses;
    size_t nwitnesses;
    int64_t witnesses_need; /* so many cosignatures make a checkpoint witnessed */
    bool witnesses_wait;    /* with fewer nothing new is served: "away" is "wait" */
    struct plumb_role *roles;
    size_t nroles;
    struct plumb_principal *principals;
    size_t nprincipals;
    struct plumb_quorum quorum; /* governance */
    struct plumb_payload *payloads;
    size_t npayloads;
    struct plumb_fleet *fleets;
    size_t nfleets;
    struct plumb_controls *controls; /* plumb/controls.h; NULL: none are in force */
    json_t *json;                    /* owned */
    void *pool;                      /* owned */
};

/* Reads and checks a document by itself; the rules are in docs/formats.md section 3. */
PLUMB_MUST_CHECK enum plumb_code plumb_governance_parse(const void *data, size_t len,
                                                        struct plumb_governance **ret,
                                                        struct plumb_err *err);
void plumb_governance_free(struct plumb_governance *g);

/* next may follow g, at the entry with this index; g NULL: next may be a genesis. */
PLUMB_MUST_CHECK enum plumb_code plumb_governance_succeeds(const struct plumb_governance *g,
                                                           const struct plumb_governance *next,
                                                           uint64_t index,
                                                           struct plumb_err *err);

/*
 * The C2SP tlog-policy that verifiers should pin under this document, as an array of lines: the
 * log's keys, the witnesses as w1, w2, ..., the group "witnesses" of them. Its quorum is that
 * group where publishing waits for witnesses, else none: what is served then could have too
 * few.
 */
PLUMB_MUST_CHECK enum plumb_code plumb_governance_policy(const struct plumb_governance *g,
                                                         json_t **ret, struct plumb_err *err);

/* NULL when there is none of that name. */
const struct plumb_principal *plumb_governance_principal(const struct plumb_governance *g,
                                                         const char *id);
const struct plumb_payload *plumb_governance_payload(const struct plumb_governance *g,
                                                     const char *name);
const struct plumb_fleet *plumb_governance_fleet(const struct plumb_governance *g,
                                                 const char *name);
bool plumb_fleet_has(const struct plumb_fleet *f, const char *payload);
bool plumb_principal_has_role(const struct plumb_principal *p, uint16_t role);
/* Names this fleet among its fleets. */
bool plumb_principal_in_fleet(const struct plumb_principal *p, const char *fleet);

/*
 * The documents that have been in force, each from the entry that completed it. What is known
 * of keys is what the newest one says, unless a call takes `known`: the number of versions to
 * go by.
 */
struct plumb_chain;
struct plumb_link {
    const struct plumb_governance *document;
    struct plumb_digest statement;
    uint64_t index; /* the entry that completed it */
    plumb_time time;
};
PLUMB_MUST_CHECK enum plumb_code plumb_chain_new(struct plumb_chain **ret,
                                                 struct plumb_err *err);
void plumb_chain_free(struct plumb_chain *c);
/* Takes ownership of document on success. Checks plumb_governance_succeeds, and that index and
 * time follow the last ones: "governance.order". */
PLUMB_MUST_CHECK enum plumb_code plumb_chain_push(struct plumb_chain *c,
                                                  struct plumb_governance *document,
                                                  const struct plumb_digest *statement,
                                                  uint64_t index, plumb_time time,
                                                  struct plumb_err *err);
/* Undoes the last push. */
void plumb_chain_pop(struct plumb_chain *c);
size_t plumb_chain_length(const struct plumb_chain *c);
/* Version i + 1; NULL past the end. Borrowed. */
const struct plumb_link *plumb_chain_link(const struct plumb_chain *c, size_t i);
/* In force at that index: completed at an entry before it, or at it. NULL before the genesis.
 */
const struct plumb_link *plumb_chain_at(const struct plumb_chain *c, uint64_t index);
const struct plumb_link *plumb_chain_last(const struct plumb_chain *c);

/* Any key that any document ever listed, for verifying bytes; its status is not looked at. */
const struct plumb_pubkey *plumb_chain_pubkey(const struct plumb_chain *c,
                                              const struct plumb_digest *key_id);

/*
 * Whose key this was at an entry, if a signature with it counts there: rules "key.unknown",
 * "key.use", "key.not-yet", "key.retired", "key.compromised". The entry that completes a
 * document is judged by the one before it (the genesis' by the genesis), as it was when it was
 * accepted; so to ask about now, pass the index of the entry to come. known: how many versions
 * of the chain to go by for compromise (0: all). *ret_id is borrowed from the chain.
 */
PLUMB_MUST_CHECK enum plumb_code plumb_chain_signer(const struct plumb_chain *c,
                                                    const struct plumb_digest *key_id,
                                                    enum plumb_use use, uint64_t index,
                                                    size_t known, const char **ret_id,
                                                    struct plumb_err *err);

struct plumb_vote {
    struct plumb_digest key;
    uint64_t index; /* of its entry */
    plumb_time time;
    enum plumb_decision decision;
};

/* clang-format off */
#define PLUMB_TALLIES(X)                    \
    X(OPEN, "open")                         \
    X(MET, "met")                           \
    X(VETOED, "vetoed")                     \
    X(UNREACHABLE, "unreachable")
/* clang-format on */
enum plumb_tally {
#define X(name, text) PLUMB_TALLY_##name,
    PLUMB_TALLIES(X)
#undef X
        PLUMB_TALLY_COUNT
};
const char *plumb_tally_text(enum plumb_tally t);

/*
 * Count votes under a quorum, by the document doc. votes[0] is the proposal itself (an approval
 * by its proposer, which counts only where the quorum does not ask for others); the rest ascend
 * by index. Votes whose key does not count (plumb_chain_signer with known) drop out; of each
 * principal the last one counts; nobody fills two places. VETOED, before all else: a principal
 * with a veto role rejects. UNREACHABLE: those who approved, and those with active sign keys
 * who have not rejected, cannot fill it any more.
 */
enum plumb_tally plumb_quorum_tally(const struct plumb_chain *c, size_t known,
                                    const struct plumb_governance *doc,
                                    const struct plumb_quorum *q,
                                    const struct plumb_vote *votes, size_t n);

/* How many of q's places these votes fill, counted as above; *ret_places is how many it has. */
size_t plumb_quorum_filled(const struct plumb_chain *c, const struct plumb_governance *doc,
                           const struct plumb_quorum *q, const struct plumb_vote *votes,
                           size_t n, size_t *ret_places);

/* Can principals with active keys fill q? With others: besides some principal that may propose.
 */
bool plumb_quorum_reachable(const struct plumb_governance *doc, const struct plumb_quorum *q,
                            enum plumb_power propose);

/*
 * What is still missing, for people: how many more of each role, names joined, e.g.
 * "1 more release-manager"; "" when met.
 */
void plumb_quorum_missing(const struct plumb_chain *c, const struct plumb_governance *doc,
                          const struct plumb_quorum *q, const struct plumb_vote *votes,
                          size_t n, char *ret, size_t size);

#endif
