/*
 * upload.h - blobs that arrive in pieces: what a principal has sent so far, which goes on from
 * where it ends or not at all. Any number of instances and of senders may be at one upload.
 */
#ifndef SERVER_DB_UPLOAD_H
#define SERVER_DB_UPLOAD_H

#include "server/db/db.h"

extern const struct db_catalogue db_upload;

struct db_upload {
    const char *principal;
    struct plumb_digest sha256; /* of the whole */
};

/* How far an upload is. */
struct db_upload_state {
    bool complete; /* the blob is there, whoever sent it */
    bool before;   /* and was there before the piece came */
    uint64_t size; /* bytes that are there; of the blob once it is complete */
};
/* What has not been touched for so many seconds counts as not there. */
PLUMB_MUST_CHECK enum plumb_code db_upload_find(struct db *db, const struct db_upload *u,
                                                int64_t expiry_s, struct db_upload_state *ret,
                                                struct plumb_err *err);

struct db_upload_piece {
    uint64_t at;
    const void *data;
    size_t len;
    bool last; /* with it the blob is whole */
};
struct db_upload_limits {
    int64_t principal, total; /* bytes of unfinished uploads */
    int64_t expiry_s;
};
/*
 * Adds a piece, durably. *ret is how far the upload is then, or was where "upload.offset"
 * (PLUMB_CONFLICT: it does not end where the piece begins) refuses it. With the last piece it
 * becomes a blob if the whole has the digest, and else is dropped: "blob.digest". Once the blob
 * is there, pieces are for nothing, and the upload is dropped. Over a limit:
 * "upload.client" (PLUMB_BUSY), "upload.total" (PLUMB_UNAVAILABLE).
 */
PLUMB_MUST_CHECK enum plumb_code db_upload_add(struct db *db, const struct db_upload *u,
                                               const struct db_upload_piece *piece,
                                               const struct db_upload_limits *limits,
                                               struct db_upload_state *ret,
                                               struct plumb_err *err);

/* Forget an upload; legal when there is none. */
PLUMB_MUST_CHECK enum plumb_code db_upload_drop(struct db *db, const struct db_upload *u,
                                                struct plumb_err *err);
/* Forget all that have not been touched for so long. */
PLUMB_MUST_CHECK enum plumb_code db_upload_expire(struct db *db, int64_t expiry_s,
                                                  struct plumb_err *err);

/* Bytes of unfinished uploads, of all. */
PLUMB_MUST_CHECK enum plumb_code db_upload_bytes(struct db *db, uint64_t *ret,
                                                 struct plumb_err *err);

#endif
