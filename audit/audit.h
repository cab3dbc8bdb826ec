/*
 * audit/audit.h - replays a log from nothing but its bytes and a pinned genesis: every hash,
 * signature, quorum, move, blob and published bundle is checked again, by the engine's own
 * rules. Memory follows the state, not the length of the log. What does not hold is a finding,
 * not a failure: calls here fail only when the log cannot be read, or for want of memory.
 */
#ifndef AUDIT_AUDIT_H
#define AUDIT_AUDIT_H

#include <plumb/tlog.h>
#include "engine/engine.h"

#define AUDIT_BLOB_MAX (64u << 20)

/*
 * Where a log's bytes come from: C2SP tlog-tiles, and blobs by digest. Nothing of it is
 * believed. What is not there is PLUMB_NOT_FOUND; any other failure ends the audit. width: how
 * many hashes or entries, PLUMB_TILE_WIDTH for a complete one.
 */
struct audit_source {
    void *self;
    enum plumb_code (*checkpoint)(void *self, struct plumb_bytes *ret, struct plumb_err *err);
    enum plumb_code (*tile)(void *self, unsigned level, uint64_t n, unsigned width,
                            struct plumb_bytes *ret, struct plumb_err *err);
    enum plumb_code (*entries)(void *self, uint64_t n, unsigned width, struct plumb_bytes *ret,
                               struct plumb_err *err);
    enum plumb_code (*blob)(void *self, const struct plumb_digest *digest,
                            struct plumb_bytes *ret, struct plumb_err *err);
    /* A governance document's copy for people; NULL where the source has none. */
    enum plumb_code (*document)(void *self, int64_t version, struct plumb_bytes *ret,
                                struct plumb_err *err);
    /* What the service signed of a release's evaluation (audit/summary.h); NULL where the
     * source has none. */
    enum plumb_code (*summary)(void *self, const struct plumb_digest *release,
                               struct plumb_bytes *ret, struct plumb_err *err);
};

/* An entry that was verified and folded. Borrowed for the call. */
struct audit_act {
    uint64_t index;
    plumb_time time;
    const struct plumb_statement *statement;
    const struct engine_effect *effect;
    const char *who; /* the principal whose key signed it; of a genesis, its first */
};

/* Someone who looks on. Any call may be NULL. */
struct audit_observer {
    void *self;
    /* Before an entry of this time is folded. It may let time pass up to then. */
    enum plumb_code (*before)(void *self, struct engine *e, plumb_time time,
                              struct plumb_err *err);
    enum plumb_code (*after)(void *self, const struct engine *e, const struct audit_act *act,
                             struct plumb_err *err);
};

/* Called now and then; false stops the audit (rule "audit.stopped"). */
typedef bool audit_progress_fn(void *arg, const char *what, uint64_t done, uint64_t total);

struct audit_config {
    const struct audit_source *source;
    struct plumb_digest genesis; /* the id of the statement that the log begins with */
    const struct plumb_log_policy *policy; /* whose signatures a checkpoint needs; or NULL */
    unsigned threads;                      /* that verify signatures; at least 1 */
    struct audit_observer *const *observers;
    size_t nobservers;
    audit_progress_fn *progress; /* or NULL */
    void *arg;
};

#define AUDIT_NO_ENTRY UINT64_MAX
struct audit_finding {
    uint64_t index;   /* the entry, or AUDIT_NO_ENTRY */
    char rule[48];    /* the rule that does not hold */
    char where[128];  /* in the entry, or which file */
    char text[256];   /* one line of English */
    char people[128]; /* who signed the entry, or whom it names; "" where nobody did */
};

/* What was checked, and held. */
struct audit_counts {
    uint64_t entries; /* hashed into the tree */
    uint64_t bytes;   /* of entries */
    uint64_t folded;  /* judged by the engine */
    uint64_t kinds[PLUMB_KIND_COUNT];
    uint64_t signatures;
    uint64_t tiles;         /* hash tiles compared */
    uint64_t blobs;         /* fetched, and of their digest */
    uint64_t documents;     /* governance versions in force, one after the other */
    uint64_t quorums;       /* met */
    uint64_t publications;  /* whose bundle was derived again, and is the one published */
    uint64_t summaries;     /* of evaluations, signed, that say what the log derives */
    uint64_t parts;         /* contents, buckets and sections compared byte for byte */
    uint64_t whole;         /* bundles derived anew from the state alone, at the end */
    plumb_time first, last; /* times of entries */
};

struct audit;
PLUMB_MUST_CHECK enum plumb_code audit_new(const struct audit_config *config,
                                           struct audit **ret, struct plumb_err *err);
/* Once. Findings are no failure. */
PLUMB_MUST_CHECK enum plumb_code audit_run(struct audit *a, struct plumb_err *err);
void audit_free(struct audit *a);

const struct audit_counts *audit_counts(const struct audit *a);
/* The first AUDIT_FINDINGS_MAX, in the order in which they were found; *ret_n is how many are
 * kept. */
#define AUDIT_FINDINGS_MAX 1000
const struct audit_finding *audit_findings(const struct audit *a, size_t *ret_n);
/* How many there were; 0: all holds. */
uint64_t audit_found(const struct audit *a);
/* The state after the last entry that was folded. */
const struct engine *audit_engine(const struct audit *a);
/* The same, of which time may be let pass: when nothing else is asked of it any more. */
struct engine *audit_engine_last(struct audit *a);
/* The checkpoint that the log was held to, and whether its signatures were verified. */
const struct plumb_checkpoint *audit_head(const struct audit *a, bool *ret_verified);

#endif
