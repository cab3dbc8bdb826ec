/* blob.h - documents by digest. Only this SQL names blob, and upload.c, where pieces become
 * one. */
#ifndef SERVER_DB_BLOB_H
#define SERVER_DB_BLOB_H

#include "server/db/db.h"

extern const struct db_catalogue db_blob;

struct db_blob_part {
    struct plumb_digest sha256;
    const void *data;
    size_t len;
};

/*
 * Store n blobs; those that are there stay. The database checks each digest: "db.constraint".
 * Durable when this returns, or when the transaction that it is part of commits.
 */
PLUMB_MUST_CHECK enum plumb_code db_blob_put(struct db *db, const struct db_blob_part *parts,
                                             size_t n, struct plumb_err *err);

/* PLUMB_NOT_FOUND, rule "blob.absent". */
PLUMB_MUST_CHECK enum plumb_code db_blob_get(struct db *db, const struct plumb_digest *sha256,
                                             struct plumb_bytes *ret, struct plumb_err *err);

/* Which of n are there. */
PLUMB_MUST_CHECK enum plumb_code db_blob_exist(struct db *db, const struct plumb_digest *sha256,
                                               size_t n, bool *ret, struct plumb_err *err);

/* Sizes of n, -1 for one that is not there; and the bytes of those that have at most small, the
 * others' left alone: one round trip for what is mostly asked for. */
PLUMB_MUST_CHECK enum plumb_code db_blob_look(struct db *db, const struct plumb_digest *sha256,
                                              size_t n, int64_t small, int64_t *ret_sizes,
                                              struct plumb_bytes *ret, struct plumb_err *err);

#endif
