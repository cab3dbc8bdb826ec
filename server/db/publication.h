/* publication.h - publications by fleet: the only SQL that names publication and bundle_pull.
 */
#ifndef SERVER_DB_PUBLICATION_H
#define SERVER_DB_PUBLICATION_H

#include "server/db/db.h"

extern const struct db_catalogue db_publication;

struct db_publication_row {
    const char *fleet; /* borrowed */
    uint64_t idx;      /* of the publication's entry */
    uint64_t revision;
    struct plumb_digest content;
    plumb_time valid_until;
};

/* In the transaction that appends its entry. A second one at an index: "db.unique". */
PLUMB_MUST_CHECK enum plumb_code db_publication_insert(struct db *db,
                                                       const struct db_publication_row *row,
                                                       struct plumb_err *err);

/* The newest of a fleet; row->fleet is the caller's. PLUMB_NOT_FOUND, "publication.none". */
PLUMB_MUST_CHECK enum plumb_code db_publication_newest(struct db *db, const char *fleet,
                                                       struct db_publication_row *ret,
                                                       struct plumb_err *err);

/* A fleet's publications below index before, newest first, at most max of them. */
typedef enum plumb_code db_publication_fn(void *arg, const struct db_publication_row *row,
                                          struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code db_publication_read(struct db *db, const char *fleet,
                                                     uint64_t before, unsigned max,
                                                     db_publication_fn *fn, void *arg,
                                                     struct plumb_err *err);

/* What a verifier pulled last. One row for each fleet and principal; a later call replaces. */
struct db_pull {
    const char *fleet;
    const char *principal;
    uint64_t idx;
    plumb_time at;
};
PLUMB_MUST_CHECK enum plumb_code db_pull_record(struct db *db, const struct db_pull *pulls,
                                                size_t n, struct plumb_err *err);
typedef enum plumb_code db_pull_fn(void *arg, const struct db_pull *pull,
                                   struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code db_pull_read(struct db *db, const char *fleet, db_pull_fn *fn,
                                              void *arg, struct plumb_err *err);

#endif
