/*
 * log.h - a log as an auditor gets it, made of a world's: entries, tiles, blobs and a signed
 * checkpoint, each by itself, so that a test can tamper with one and leave the others.
 */
#ifndef TESTS_AUDIT_LOG_H
#define TESTS_AUDIT_LOG_H

#include "audit/audit.h"
#include "tests/engine/world.h"

struct log {
    struct plumb_bytes *entries;
    struct plumb_digest *leaves; /* what the tiles are made of */
    size_t n;
    struct world_blob *blobs; /* {digest, bytes}: what is served under the digest */
    size_t nblobs;
    struct world_blob *summaries; /* by the release */
    size_t nsummaries;
    struct plumb_bytes note;
    struct plumb_digest genesis;
    struct plumb_signer *signer; /* borrowed: of the checkpoint */
    uint64_t cut;                /* bundles from this number on are missing */
};

/* Publish, and keep the bundle's parts as blobs, as plumbd does: the content's digest. */
struct plumb_digest log_publish(struct world *w);
/* What happens in the tests' log, from the genesis to a revocation. *ret: the releases 1.0, 1.1
 * and 1.2. */
void log_play(struct world *w, struct plumb_digest ret[3]);

void log_take(struct log *l, const struct world *w);
void log_clear(struct log *l);
/* Leaves anew from the entries, and the checkpoint signed: who rewrites history does it all. */
void log_rehash(struct log *l);
/* A checkpoint of what the leaves make. */
void log_sign(struct log *l);
/* An entry's bytes, replaced. */
void log_replace(struct log *l, size_t i, struct plumb_bytes bytes);

/* Borrows l. */
struct audit_source log_source(struct log *l);

/* Runs an audit of l; the caller frees it. */
struct audit *log_audit(struct log *l);
/* Some finding is by this rule, at this entry (or AUDIT_NO_ENTRY), and names these people. */
void log_finds(struct log *l, const char *rule, uint64_t index, const char *people);
void log_holds(struct log *l);

#endif
