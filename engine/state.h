/* state.h - the engine's state: which maps there are, and what their records hold. */
#ifndef ENGINE_STATE_H
#define ENGINE_STATE_H

#include "engine/engine.h"
#include "engine/heap.h"
#include "engine/lifecycle.h"
#include "engine/map.h"

#define NO_INDEX UINT64_MAX

enum state_map {
    STATE_PROPOSALS,    /* statement id                 -> struct proposal */
    STATE_VERSIONS,     /* release id                   -> struct version */
    STATE_NAMES,        /* payload, version             -> struct reference: release */
    STATE_VALUES,       /* reference values digest      -> struct reference: release */
    STATE_PLACEMENTS,   /* fleet, release id            -> struct placement */
    STATE_TRACKS,       /* fleet, payload               -> struct track */
    STATE_FLEETS,       /* fleet                        -> struct fleet_record */
    STATE_REVOKED,      /* fleet ("": all), byte        -> struct revoked_list */
    STATE_RECOGNITIONS, /* begin proposal, principal    -> struct reference */
    STATE_KEYS,         /* key id, of enrolments        -> struct enrolled_key */
    STATE_ENROLLED,     /* principal                    -> struct enrolled */
    STATE_SEEN,         /* statement id                 -> struct seen */
    STATE_PENDING,      /* sequence number              -> struct pending */
    STATE_BUCKETS,      /* fleet, byte                  -> struct bucket */
    STATE_DIRTY,        /* fleet, payload               -> struct dirty */
    STATE_DOSSIERS,     /* release id                   -> struct dossier */
    STATE_WAIVERS,      /* release id, control          -> struct waiver */
    STATE_EVALUATIONS,  /* release id                   -> struct evaluation */
    STATE_ADVISORIES,   /* its id                       -> struct advisory */
    STATE_PACKAGES,     /* package                      -> struct package_lists */
    STATE_USES,         /* package, NUL, number         -> struct use */
    STATE_NAMED,        /* package, NUL, number         -> struct naming */
    STATE_BILLS,        /* release id                   -> struct matched_bill */
    STATE_LISTED,       /* release id, bill's digest    -> struct record: its uses are listed */
    STATE_FINDINGS,     /* release id, advisory's id    -> struct finding */
    STATE_FOUND,        /* release id                   -> struct found */
    STATE_ASKED,        /* fleet, release id            -> struct asked */
    STATE_ROOTS,        /* digest of a trusted root     -> struct trusted_root */
    STATE_MAP_COUNT
};

struct name {
    char s[PLUMB_NAME_MAX + 1];
};
void name_set(struct name *n, const char *text);

/* Keys of more than one part: names end with a NUL, digests are 32 bytes. */
#define STATE_KEY_MAX (2 * sizeof(struct name) + PLUMB_DIGEST_LEN)
struct state_key {
    size_t len;
    unsigned char b[STATE_KEY_MAX];
};
struct state_key key_names(const char *a, const char *b);
struct state_key key_in_fleet(const char *fleet, const struct plumb_digest *id);
struct state_key key_byte(const char *fleet, uint8_t byte);

struct ids {
    struct plumb_digest *v;
    size_t n;
};

struct reference {
    struct record head;
    struct plumb_digest id;
};

/* What a proposal asks for: never changes, shared by its records. */
struct proposed {
    unsigned holders;
    struct pool *pool;
    struct plumb_digest id;
    enum plumb_kind kind;
    enum plumb_action action;
    const char *proposer, *payload, *version, *fleet; /* NULL where the kind has none */
    struct plumb_digest release;
    uint64_t index;
    plumb_time time;
    /* rollout */
    uint64_t base;
    bool has_predecessor;
    struct plumb_digest predecessor;
    plumb_time at, not_after;
    /* revocation */
    bool all;
    struct plumb_revoke_in *fleets;
    size_t nfleets;
    const char **leave_nothing;
    size_t nleave_nothing;
    /* governance */
    struct plumb_disposition *compromise;
    size_t ncompromise;
    struct plumb_digest *ratify;
    size_t nratify;
    /* waiver */
    const char *control, *justification, *compensating;
    plumb_time until;
};

/* The bytes of a document that is proposed, kept while the proposal is open. */
struct document {
    unsigned holders;
    struct plumb_bytes bytes;
};

struct proposal {
    struct record head;
    struct proposed *what;
    struct document *document; /* or NULL */
    enum engine_proposal_state state;
    uint64_t closed_index;
    plumb_time closed_time;
    char closed_rule[48];
    uint64_t begin_record, overrun_record; /* a begin's: entries of the service, or NO_INDEX */
    size_t nvotes;
    struct plumb_vote votes[];
};

struct version {
    struct record head;
    struct plumb_digest release;
    struct name payload, version;
    enum engine_version_state state;
    uint64_t index;
    struct plumb_digest reference_values;
    bool has_sbom;
    struct plumb_digest sbom;
};

/* A move that made a version's window, and what it rests on. */
struct step {
    enum plumb_step step;
    bool by_overrun; /* the overrun record of that begin proposal, else the proposal itself */
    struct plumb_digest proposal;
};

struct placement {
    struct record head;
    struct name fleet, payload, version;
    struct plumb_digest release;
    enum engine_place place;
    plumb_time since;
    struct plumb_window window;
    plumb_time kept_until;
    /* of its last begin */
    struct plumb_digest rollout, predecessor;
    bool has_predecessor;
    struct plumb_terms terms;
    bool overrun;
    size_t recognitions;
    int64_t revision; /* the fleet's when it began */
    struct step *steps;
    size_t nsteps;
};

/* One payload in one fleet. */
struct track {
    struct record head;
    struct name fleet, payload;
    uint64_t base;
    bool has_current, has_incoming;
    struct plumb_digest current, incoming;
    struct ids outgoing;  /* ascending */
    struct ids open;      /* proposals that name the base */
    struct ids scheduled; /* begins that wait for their time */
    plumb_time next_move, next_begin;
};

struct fleet_record {
    struct record head;
    struct name name;
    struct plumb_digest content; /* of the last publication */
    int64_t revision;
    uint64_t publication;
    plumb_time issued, valid_until;
    uint64_t revoked; /* in this fleet */
    bool has_dirty;
    struct name dirty; /* the first payload whose section must be derived again */
    /* The last derivation, and what it was made of. */
    bool derived;
    struct plumb_digest derived_content, derived_governance;
    uint64_t derived_revoked;
};

struct revoked_item {
    struct plumb_digest reference_values, release;
    uint64_t index;
};
struct revoked_list {
    struct record head;
    size_t n;
    struct revoked_item items[]; /* ascending by (reference_values, release) */
};

struct section_name {
    struct name payload;
    struct plumb_digest digest;
};
/* Both buckets of one byte, as last derived. */
struct bucket {
    struct record head;
    bool has_payloads, has_revoked;
    struct plumb_digest payloads, revoked;
    size_t revoked_count;
    size_t n;
    struct section_name sections[]; /* ascending by payload */
};

struct dirty {
    struct record head;
    bool has_next;
    struct name next;
};

struct seen {
    struct record head;
    uint64_t index;
    plumb_time expires;
};

struct enrolled_key {
    struct record head;
    struct plumb_key key; /* owned */
    struct name principal, fleet;
    uint64_t from, until; /* active at entries from <= index < until */
};
struct enrolled {
    struct record head;
    struct name principal, fleet;
    bool active;
    struct ids keys;
};

/* What time did and the log does not record yet. */
struct pending {
    struct record head;
    enum plumb_kind kind;
    struct name fleet, payload, version;
    struct plumb_digest release, rollout;
    plumb_time due;
    enum plumb_outcome outcome;
};

/* All that is not in a map. */
struct scalars {
    uint64_t size;
    plumb_time time; /* of the last entry */
    plumb_time now;  /* how far time has been let pass */
    uint64_t pending_head, pending_tail;
    uint64_t revoked_everywhere;
    uint64_t imports, advisories; /* how many there have been */
    plumb_time imported;          /* the last import */
};

struct savepoint {
    size_t changes, chain;
    struct scalars scalars;
};

struct engine {
    struct map maps[STATE_MAP_COUNT];
    struct journal journal;
    struct plumb_chain *chain;
    struct scalars now;
    struct heap moves, begins, expiries;
    uint64_t keys_changed;
    bool part; /* of a log: some entries were passed over */
    bool marked;
    struct savepoint mark;
    plumb_time marked_at;
    /* Moves that time made after the last entry, and no entry has followed: undone when one
     * does, because the state is the fold of the log. */
    bool ahead;
    struct savepoint fold;
};

/* --- putting and getting; a record put is owned by the state, also on failure --- */

PLUMB_MUST_CHECK enum plumb_code state_put(struct engine *e, enum state_map map,
                                           const void *key, size_t len, struct record *record,
                                           struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code state_put_key(struct engine *e, enum state_map map,
                                               const struct state_key *key,
                                               struct record *record, struct plumb_err *err);
const void *state_get(const struct engine *e, enum state_map map, const void *key, size_t len);
const void *state_get_key(const struct engine *e, enum state_map map,
                          const struct state_key *key);
void state_init(struct engine *e, const struct siphash *hash);
void state_clear(struct engine *e);

struct savepoint state_save(const struct engine *e);
void state_undo(struct engine *e, const struct savepoint *to);

/* Drop from the heaps' tops what no longer holds, so that they can be read as they are. */
void state_tidy(struct engine *e);
/* Forget the ids of statements that have expired. */
void state_purge_seen(struct engine *e);

/* --- copies to be changed and put --- */

void proposed_release(struct proposed *p);
void document_release(struct document *d);
/* With room for one more vote; NULL when out of memory, as all of these. */
struct proposal *proposal_copy(const struct proposal *p);
struct placement *placement_copy(const struct placement *p);
struct track *track_copy(const struct track *t);
/* For a copy that is not put after all, through PLUMB_AUTO. */
void proposal_auto(struct proposal **p);
void placement_auto(struct placement **p);
void track_auto(struct track **t);

bool ids_copy(struct ids *to, const struct ids *from);
bool ids_has(const struct ids *ids, const struct plumb_digest *id);
/* Keeps them ascending. */
bool ids_add(struct ids *ids, const struct plumb_digest *id);
bool ids_remove(struct ids *ids, const struct plumb_digest *id); /* false: it was not there */

/* --- the commonest look-ups --- */

const struct proposal *state_proposal(const struct engine *e, const struct plumb_digest *id);
const struct version *state_version(const struct engine *e, const struct plumb_digest *id);
const struct placement *state_placement(const struct engine *e, const char *fleet,
                                        const struct plumb_digest *release);
/* Incoming, current or outgoing; false for NULL too. */
bool placement_is_accepted(const struct placement *p);
const struct track *state_track(const struct engine *e, const char *fleet, const char *payload);
const struct fleet_record *state_fleet(const struct engine *e, const char *fleet);
/* The document in force; NULL before the genesis. */
const struct plumb_governance *state_document(const struct engine *e);

#endif
