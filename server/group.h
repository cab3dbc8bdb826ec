/* group.h - one transaction's worth of entries: built in memory, then written. Private to who
 * appends: the writer, and a restore. */
#ifndef SERVER_GROUP_H
#define SERVER_GROUP_H

#include "server/core.h"
#include "server/db/publication.h"

/* One new entry and its row for people. */
struct group_entry {
    struct plumb_digest id, leaf, proposal;
    enum plumb_kind kind;
    struct plumb_bytes body; /* owned */
    bool has_proposal;
    char actor[PLUMB_NAME_MAX + 1];
    char payload[PLUMB_NAME_MAX + 1], version[PLUMB_NAME_MAX + 1], fleet[PLUMB_NAME_MAX + 1];
    char effect[200];
};

struct group_publication {
    char fleet[PLUMB_NAME_MAX + 1];
    struct db_publication_row row;
};

struct group {
    struct core *core;
    plumb_time time; /* of all its entries */
    uint64_t first;  /* index of the first */
    struct group_entry *entries;
    size_t n, cap;
    struct engine_part *parts; /* new sections, buckets and contents; owned */
    size_t nparts, parts_cap;
    struct group_publication *publications;
    size_t npublications, publications_cap;
};
void group_clear(struct group *g);

/* Apply one statement as the next entry. A refusal leaves group and engine as they were. */
PLUMB_MUST_CHECK enum plumb_code group_apply(struct group *g, const struct plumb_signed *s,
                                             const struct engine_blob *blobs, size_t nblobs,
                                             struct engine_effect *ret, struct plumb_err *err);

/* Record what is due by the group's time. */
PLUMB_MUST_CHECK enum plumb_code group_record_due(struct group *g, struct plumb_err *err);

/* Propose what governance says follows from findings and lapsed waivers. What cannot be
 * proposed is logged, and wished for again by another group. */
PLUMB_MUST_CHECK enum plumb_code group_propose(struct group *g, struct plumb_err *err);
/* Has it imported advisories? */
bool group_imported(const struct group *g);

/*
 * Publish every fleet whose content changed; with refresh, also those whose last publication is
 * so old that their governance asks for another.
 */
PLUMB_MUST_CHECK enum plumb_code group_publish(struct group *g, bool refresh,
                                               struct plumb_err *err);

/*
 * A publication of the past as the next entry, with what was published derived again. Its
 * content must come out the same: rule "publication.content".
 */
PLUMB_MUST_CHECK enum plumb_code group_republish(struct group *g, const struct plumb_signed *s,
                                                 struct plumb_err *err);

/* Everything into the database, in the transaction that holds the writers' lock. */
PLUMB_MUST_CHECK enum plumb_code group_write(struct group *g, struct db *db,
                                             struct plumb_err *err);

#endif
