/* audit/batch.h - some bundles of entries, and what can be said of each entry by itself: by
 * many threads at once. */
#ifndef AUDIT_BATCH_H
#define AUDIT_BATCH_H

#include "audit/audit.h"
#include "audit/keyring.h"

struct audit_item {
    uint64_t index;
    const uint8_t *data; /* inside the batch's bundles */
    size_t len;
    /* Filled by audit_item_open: */
    struct plumb_digest leaf;
    bool read; /* it has the form of an entry */
    plumb_time time;
    json_t *envelope;            /* owned; NULL unless read and not opened */
    struct plumb_signed *opened; /* owned; NULL: err says why its signature is not good */
    struct plumb_err err;
};

#define AUDIT_BUNDLES_MAX 16
#define AUDIT_BATCH_BYTES (8u << 20)
struct audit_batch {
    struct plumb_bytes bundles[AUDIT_BUNDLES_MAX];
    size_t nbundles;
    struct audit_item *items; /* room for all of AUDIT_BUNDLES_MAX */
    size_t n;
};

PLUMB_MUST_CHECK enum plumb_code audit_batch_new(struct audit_batch **ret,
                                                 struct plumb_err *err);
void audit_batch_free(struct audit_batch *b);
/* Empties it. */
void audit_batch_clear(struct audit_batch *b);

/*
 * Fill it with the bundles from number *bundle on, of a log of size entries, and move *bundle
 * on. Rules "entries.missing" and "entries.form" name the bundle; then the batch holds those
 * before it.
 */
PLUMB_MUST_CHECK enum plumb_code audit_batch_read(struct audit_batch *b,
                                                  const struct audit_source *source,
                                                  uint64_t *bundle, uint64_t size,
                                                  struct plumb_err *err);

/* What an entry says, whoever signed it; NULL where it is no entry with a statement. The caller
 * frees it. */
struct plumb_statement *audit_item_peek(const struct audit_item *item);

/* Hash, read and verify one entry. Any thread. */
void audit_item_open(struct audit_item *item, struct keyring *keys);

/* A tile or bundle of a log, partial ones from the complete one where only that is left. */
PLUMB_MUST_CHECK enum plumb_code audit_fetch_tile(const struct audit_source *source,
                                                  unsigned level, uint64_t n, unsigned width,
                                                  struct plumb_bytes *ret,
                                                  struct plumb_err *err);

#endif
