/* audit/state.h - an audit under way, for the files of audit/ that make it up. */
#ifndef AUDIT_STATE_H
#define AUDIT_STATE_H

#include "audit/audit.h"
#include "audit/batch.h"
#include "audit/keyring.h"

struct audit_level {
    struct plumb_digest hashes[PLUMB_TILE_WIDTH];
    unsigned n;
    uint64_t tile; /* which one is being filled */
};
#define AUDIT_LEVELS 8

struct audit {
    struct audit_config config;
    struct engine *engine;
    struct keyring *keys;
    uint64_t keys_of; /* engine_keys_changed that keys were made of */
    struct audit_counts counts;
    struct audit_finding *findings;
    size_t nfindings, findings_cap;
    uint64_t found;

    struct plumb_bytes note;
    struct plumb_checkpoint head;
    bool head_verified;

    struct audit_level levels[AUDIT_LEVELS];
    uint64_t leaves;
    bool no_tiles; /* they were said to be missing once: that is enough */
    bool cut;      /* entries are missing: nothing after them can be read */
    bool part;     /* only some entries are at hand: a pack, and no tree */
    bool stopped;  /* an entry could not be folded: nothing after it can be judged */
    plumb_time time;

    plumb_time unpublished; /* since when something waits for its publication, or NEVER */
};

/* --- finding.c --- */

/* *err says what; its code is not looked at. who may be NULL. */
PLUMB_MUST_CHECK enum plumb_code audit_find(struct audit *a, uint64_t index, const char *who,
                                            const struct plumb_err *what,
                                            struct plumb_err *err);
__attribute__((format(printf, 7, 8))) PLUMB_MUST_CHECK enum plumb_code
audit_say(struct audit *a, uint64_t index, const char *who, const char *rule, const char *where,
          struct plumb_err *err, const char *fmt, ...);
/* A failure that was kept apart, to the caller. */
enum plumb_code audit_pass(const struct plumb_err *what, struct plumb_err *err);
/* Whose signature an entry has, or says it has, for people. */
void audit_people(const struct audit *a, const struct audit_item *item, char *ret, size_t size);

/* --- leaves.c --- */

/* The next leaf, which is item's of batch; tiles it completes are compared. */
PLUMB_MUST_CHECK enum plumb_code audit_leaf(struct audit *a, const struct audit_batch *batch,
                                            const struct audit_item *item,
                                            struct plumb_err *err);
/* After the last: partial tiles, and the root against the checkpoint's. */
PLUMB_MUST_CHECK enum plumb_code audit_root(struct audit *a, const struct audit_batch *last,
                                            struct plumb_err *err);

/* --- fold.c --- */

PLUMB_MUST_CHECK enum plumb_code audit_fold(struct audit *a, const struct audit_batch *batch,
                                            struct plumb_err *err);
/* One entry, opened: its signature and its time, and, unless only those are wanted, what it
 * does. */
PLUMB_MUST_CHECK enum plumb_code audit_judge(struct audit *a, struct audit_item *item,
                                             bool meaning, struct plumb_err *err);
/* The keys that the engine knows by now, for those who open entries. */
PLUMB_MUST_CHECK enum plumb_code audit_keys(struct audit *a, struct plumb_err *err);
/* Those of the document that the first entry names; nothing here has to hold: whether it is the
 * genesis, and who may sign it, the engine says. */
PLUMB_MUST_CHECK enum plumb_code
audit_first_keys(struct audit *a, const struct audit_item *first, struct plumb_err *err);

/* --- blobs.c --- */

struct audit_blobs {
    struct engine_blob *blobs;
    struct plumb_bytes *bytes;
    size_t n, cap;
};
void audit_blobs_clear(struct audit_blobs *b);
/* What s names, each of its digest. *ret_ok false: one that the engine reads is not there, and
 * that has been said. */
PLUMB_MUST_CHECK enum plumb_code audit_blobs_load(struct audit *a,
                                                  const struct audit_item *item,
                                                  struct audit_blobs *b, bool *ret_ok,
                                                  struct plumb_err *err);

/* --- bundles.c --- */

/* Before the publication is folded: what the log derives, against what is stored. */
PLUMB_MUST_CHECK enum plumb_code audit_publication(struct audit *a,
                                                   const struct audit_item *item,
                                                   plumb_time time, struct plumb_err *err);
/* An entry of this time changed something, or published something. */
void audit_changed(struct audit *a, plumb_time time);
/* Before an entry of this time: was every change published by then? */
PLUMB_MUST_CHECK enum plumb_code audit_published(struct audit *a, uint64_t index,
                                                 plumb_time time, struct plumb_err *err);
/* After the last entry. */
PLUMB_MUST_CHECK enum plumb_code audit_bundles(struct audit *a, struct plumb_err *err);

/* --- head.c --- */

/* The checkpoint as it came, and what a policy says of it. */
PLUMB_MUST_CHECK enum plumb_code audit_head_read(struct audit *a, struct plumb_err *err);
/* After the last entry: by the keys of the document in force. */
PLUMB_MUST_CHECK enum plumb_code audit_head_verify(struct audit *a, struct plumb_err *err);
/* The copies of governance documents that an export has for people. */
PLUMB_MUST_CHECK enum plumb_code audit_documents(struct audit *a, struct plumb_err *err);

/* --- summary.c --- */

/* What the service signed of each evaluation, against what the log derives. */
PLUMB_MUST_CHECK enum plumb_code audit_summaries(struct audit *a, struct plumb_err *err);

#endif
