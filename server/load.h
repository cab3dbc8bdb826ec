/* load.h - what applying a statement needs besides it: its signer's key, and the blobs that it
 * names. */
#ifndef SERVER_LOAD_H
#define SERVER_LOAD_H

#include "server/core.h"

struct load {
    struct core *core;
    struct db *db;
    struct engine_blob *blobs; /* with their bytes where the engine wants them */
    struct plumb_bytes *bytes;
    size_t nblobs;
    bool limited; /* it is offered to us: settings say how much may be read for it */
    int64_t held; /* bytes that count in core's blobs_held */
    /* Stores a blob that is not there yet, or fails as its source does; NULL: nobody can. */
    enum plumb_code (*bring)(void *arg, struct db *db, const struct plumb_digest *digest,
                             struct plumb_err *err);
    void *bring_arg;
};

/*
 * Open an envelope by the engine's keys (the caller holds the lock), or, while there is no
 * genesis, by those of the document that it names.
 */
PLUMB_MUST_CHECK enum plumb_code load_open(struct load *load, json_t *envelope,
                                           struct plumb_signed **ret, struct plumb_err *err);

/*
 * Get ready the blobs that s needs: durable, and read where the engine reads them. Rule
 * "blob.absent" names the first that is not stored. Where limited, nothing but a few small ones
 * is read that would be more than settings allow: "blob.total" (for this statement, ever), and
 * PLUMB_BUSY, "blob.busy" (for all that are on their way now).
 */
PLUMB_MUST_CHECK enum plumb_code load_blobs(struct load *load, const struct plumb_statement *s,
                                            struct plumb_err *err);
void load_blobs_clear(struct load *load);

/* A checkpoint note that one of this instance's own log keys signed. */
PLUMB_MUST_CHECK enum plumb_code
load_kept_checkpoint(const struct identity *identity, const struct plumb_bytes *note,
                     const char *path, struct plumb_checkpoint *ret, struct plumb_err *err);

#endif
