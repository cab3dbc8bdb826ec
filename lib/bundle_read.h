/*
 * bundle_read.h - the reader of bundles, shared by the files lib/bundle_*.c, each of which
 * checks one kind of line. For .c files only.
 */
#ifndef LIB_BUNDLE_READ_H
#define LIB_BUNDLE_READ_H

#include <plumb/bundle.h>

#include "lib/memory.h"
#include "lib/pool.h"
#include "lib/span.h"

#define BUNDLE_CLOCK_MAX   300 /* seconds that an entry may lie ahead of the verifier's clock */
#define BUNDLE_ENTRIES_MAX 4096 /* of one action: a proposal and its votes */

/* An entry that is in the log that we trust, opened: its signature is good. */
struct bundle_entry {
    uint64_t index;
    plumb_time time;
    struct plumb_signed *opened; /* owned */
    bool used;                   /* something in its section names it */
};

struct bundle_entries {
    struct bundle_entry *v; /* ascending by index */
    size_t n, room;
};
void bundle_entries_clear(struct bundle_entries *e);

/* A part that the content names and that is still to come. */
struct bundle_part {
    const char *name; /* payload; NULL for a bucket */
    uint8_t bucket;
    bool revoked; /* a revoked bucket */
    struct plumb_digest digest;
};
struct bundle_parts {
    struct bundle_part *v;
    size_t n, room, next;
};

struct bundle_seen {
    uint64_t index;
    plumb_time time;
};

/* Behind plumb_bundle.pool. */
struct bundle_inside {
    struct pool *pool;
    struct plumb_chain *chain;
};

enum bundle_stage {
    BUNDLE_HEADER,
    BUNDLE_GOVERNANCE,
    BUNDLE_CONTENT,
    BUNDLE_BUCKETS,
    BUNDLE_SECTIONS,
    BUNDLE_COMPLETE
};

struct plumb_bundle_reader {
    const struct plumb_trust *trust;
    const struct plumb_memory *memory; /* or NULL */
    plumb_time now;
    enum bundle_stage stage;
    size_t line;
    struct plumb_bytes text; /* the line so far */
    size_t text_room;
    enum plumb_code code; /* once it failed, it stays so */
    struct plumb_err failed;

    struct plumb_bundle *bundle; /* being made */
    struct bundle_inside *in;
    size_t accepted_room, revoked_room;
    struct bundle_entries governance; /* the proposal of each version */
    struct bundle_parts buckets, sections;
    struct bundle_seen *seen; /* index and time of every entry */
    size_t nseen, seen_room;
    struct bundle_entry publication;
};

/* Room for one more of size bytes each: grows *v. */
PLUMB_MUST_CHECK enum plumb_code bundle_grow(void *v, size_t n, size_t *room, size_t size,
                                             struct plumb_err *err);
/* What no writer of ours makes: rule "bundle.form". */
enum plumb_code bundle_malformed(const char *where, struct plumb_err *err);
/* code as it is; on failure the path of v before the error's. */
enum plumb_code bundle_within(const struct plumb_jv *v, enum plumb_code code,
                              struct plumb_err *err);

/* bundle_entry.c */
/*
 * Takes `"entry":..,"index":..,"proof":[..]` from *s: in the log, in time, signed by a key that
 * lookup knows.
 */
PLUMB_MUST_CHECK enum plumb_code bundle_entry_open(struct plumb_bundle_reader *r,
                                                   struct span *s, plumb_key_lookup *lookup,
                                                   void *arg, struct bundle_entry *ret,
                                                   struct plumb_err *err);
/* Its bytes are in the log; nothing else is checked. The caller owns *ret_envelope. */
PLUMB_MUST_CHECK enum plumb_code bundle_entry_prove(struct plumb_bundle_reader *r,
                                                    struct span *s, uint64_t *ret_index,
                                                    plumb_time *ret_time, json_t **ret_envelope,
                                                    struct plumb_err *err);
/* Signed by a key that lookup knows, for this log, in the time that it names. */
PLUMB_MUST_CHECK enum plumb_code bundle_entry_sign(struct plumb_bundle_reader *r,
                                                   json_t *envelope, uint64_t index,
                                                   plumb_time time, plumb_key_lookup *lookup,
                                                   void *arg, struct bundle_entry *ret,
                                                   struct plumb_err *err);
/* A whole array of them, ascending, by keys of the chain. */
PLUMB_MUST_CHECK enum plumb_code bundle_entries_open(struct plumb_bundle_reader *r,
                                                     struct span array,
                                                     struct bundle_entries *ret,
                                                     struct plumb_err *err);
const struct plumb_pubkey *bundle_chain_lookup(void *chain, const struct plumb_digest *id);
/* Entry times never go backwards, over the whole bundle. */
PLUMB_MUST_CHECK enum plumb_code bundle_check_times(struct plumb_bundle_reader *r,
                                                    struct plumb_err *err);

/* bundle_motion.c */
/* A proposal and its votes, up to the one that completed its quorum. */
struct bundle_motion {
    const struct bundle_entry *proposal;
    struct plumb_vote *votes; /* owned */
    size_t n;
    const struct plumb_link *link; /* in force at the completing entry */
    uint64_t index;                /* of the completing entry */
    plumb_time time;
    bool stands; /* the quorum is met by what is known of keys today, too */
};
void bundle_motion_clear(struct bundle_motion *m);

/* Which quorum a motion needs, by a document: count of them into ret (at most max). */
#define BUNDLE_QUORUMS_MAX 64
typedef size_t bundle_quorums(const struct plumb_governance *doc, const void *arg,
                              const struct plumb_quorum *ret[BUNDLE_QUORUMS_MAX]);
/*
 * entries[0] is the proposal, the rest are votes on it. The first that meets the quorum, by
 * what was known of keys then, completes it; any after it approve anew what a compromise
 * undermined.
 */
PLUMB_MUST_CHECK enum plumb_code
bundle_motion_count(struct plumb_bundle_reader *r, const struct bundle_entry *const *entries,
                    size_t n, enum plumb_power power, bundle_quorums *quorums, const void *arg,
                    struct bundle_motion *ret, struct plumb_err *err);
/* Signed by the service, as its keys were known then, or (now) are known today. */
PLUMB_MUST_CHECK enum plumb_code bundle_by_service(const struct plumb_bundle_reader *r,
                                                   const struct bundle_entry *e, bool now,
                                                   struct plumb_err *err);

/* bundle_chain.c */
PLUMB_MUST_CHECK enum plumb_code
bundle_read_governance(struct plumb_bundle_reader *r, struct span line, struct plumb_err *err);

/* bundle_content.c */
PLUMB_MUST_CHECK enum plumb_code
bundle_read_publication(struct plumb_bundle_reader *r, struct span line, struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code bundle_read_content(struct plumb_bundle_reader *r,
                                                     struct span line, struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code bundle_read_bucket(struct plumb_bundle_reader *r,
                                                    struct span line, struct plumb_err *err);
/* After the last bucket: everything that was remembered as revoked still is. */
PLUMB_MUST_CHECK enum plumb_code bundle_check_revoked(struct plumb_bundle_reader *r,
                                                      struct plumb_err *err);

/* bundle_section.c */
PLUMB_MUST_CHECK enum plumb_code bundle_read_section(struct plumb_bundle_reader *r,
                                                     struct span line, struct plumb_err *err);

/* bundle_version.c */
/* One element of a section's versions, its sets aside: everything else of ret. */
PLUMB_MUST_CHECK enum plumb_code
bundle_read_version(struct plumb_bundle_reader *r, const char *payload,
                    const struct plumb_jv *v, struct bundle_entries *entries,
                    struct plumb_accepted *ret, struct plumb_err *err);

/* bundle_moves.c */
/* A version while its proof is read. */
struct bundle_version {
    struct plumb_bundle_reader *r;
    const char *payload;
    struct bundle_entries *entries;
    struct plumb_digest release;
    uint64_t index; /* at which the last step took effect */
    bool stands;    /* every quorum that it rests on is met by what is known today */
    struct plumb_window window;
    struct bundle_motion begin; /* owned */
    struct plumb_terms terms, next_terms;
    struct plumb_digest begun, next_begun; /* the begin proposals */
    bool has_predecessor, has_next;
    struct plumb_digest predecessor, next; /* releases */
};
/* Entries that a version names, by ascending index: marks them used. The caller frees *ret. */
PLUMB_MUST_CHECK enum plumb_code bundle_entries_named(struct bundle_entries *entries,
                                                      const struct plumb_jv *indexes,
                                                      const struct bundle_entry ***ret,
                                                      size_t *ret_n, struct plumb_err *err);
/* Recomputes the window from the version's moves; c->index is that of its approval. */
PLUMB_MUST_CHECK enum plumb_code bundle_read_moves(struct bundle_version *c,
                                                   const struct plumb_jv *moves,
                                                   struct plumb_err *err);

#endif
