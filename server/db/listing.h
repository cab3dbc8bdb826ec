/*
 * listing.h - proposals and versions as lists read them: the only SQL that names proposal and
 * version. The engine knows the same and more; these are for paging through what may be long.
 */
#ifndef SERVER_DB_LISTING_H
#define SERVER_DB_LISTING_H

#include "engine/engine.h"
#include "server/db/db.h"

extern const struct db_catalogue db_listing;

/* Insert or replace what changed, in the transaction that appends the entries. */
PLUMB_MUST_CHECK enum plumb_code db_proposal_put(struct db *db, const struct engine_proposal *p,
                                                 size_t n, struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code db_version_put(struct db *db, const struct engine_version *v,
                                                size_t n, struct plumb_err *err);

struct db_proposal_row { /* strings borrowed; NULL where it has none */
    struct plumb_digest id;
    uint64_t idx;
    plumb_time time;
    const char *kind, *action, *state, *proposer, *payload, *version, *fleet;
    bool closed;
    uint64_t closed_idx;
    plumb_time closed_time;
    const char *closed_rule;
};
/* Above index after (-1: all), oldest first. NULL filters match everything. */
struct db_proposal_filter {
    const char *state, *payload, *fleet;
    int64_t after;
    unsigned max;
};
typedef enum plumb_code db_proposal_fn(void *arg, const struct db_proposal_row *row,
                                       struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code db_proposal_read(struct db *db,
                                                  const struct db_proposal_filter *filter,
                                                  db_proposal_fn *fn, void *arg,
                                                  struct plumb_err *err);

struct db_version_row {
    struct plumb_digest release, reference_values, sbom;
    bool has_sbom;
    uint64_t idx;
    const char *payload, *version, *state;
};
typedef enum plumb_code db_version_fn(void *arg, const struct db_version_row *row,
                                      struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code db_version_read(struct db *db, const char *payload,
                                                 int64_t after, unsigned max, db_version_fn *fn,
                                                 void *arg, struct plumb_err *err);

/* Payloads and how many versions each has, by name above after ("" for all). */
typedef enum plumb_code db_payload_fn(void *arg, const char *payload, int64_t versions,
                                      struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code db_payload_read(struct db *db, const char *after, unsigned max,
                                                 db_payload_fn *fn, void *arg,
                                                 struct plumb_err *err);

#endif
