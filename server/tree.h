/*
 * tree.h - the Merkle tree over the log's entries (RFC 6962), kept as tiles of 256 hashes.
 *
 * The right edge, one partial tile for each level, is in memory; complete tiles are in the
 * database and, as far as they were used lately, in memory too. Appending costs the same at
 * any size. Inclusion proofs of new entries touch the edge alone.
 *
 * One thread at a time. Where db is a parameter it is only read, except by tree_store.
 */
#ifndef SERVER_TREE_H
#define SERVER_TREE_H

#include "server/db/log.h"

struct tree;

/* A tree of the first size entries, which must be in the database. */
PLUMB_MUST_CHECK enum plumb_code tree_open(struct db *db, uint64_t size, struct tree **ret,
                                           struct plumb_err *err);
void tree_free(struct tree *t);
PLUMB_DEFINE_AUTO(auto_tree, struct tree *, tree_free);

/* Entries, those not yet committed included. */
uint64_t tree_size(const struct tree *t);
/* Of tree_size entries; from memory. */
PLUMB_MUST_CHECK enum plumb_code tree_root(struct tree *t, struct plumb_digest *ret,
                                           struct plumb_err *err);

/*
 * Add the leaf hashes of entries from tree_size on. They count at once, and stay after
 * tree_commit or go with tree_rollback; on failure nothing was added.
 */
PLUMB_MUST_CHECK enum plumb_code tree_append(struct tree *t, const struct plumb_digest *leaves,
                                             size_t n, struct plumb_err *err);
/*
 * Insert the tiles completed since the last commit: for who appended the entries, in the same
 * transaction. Who follows another instance's entries has nothing to store.
 */
PLUMB_MUST_CHECK enum plumb_code tree_store(struct tree *t, struct db *db,
                                            struct plumb_err *err);
void tree_commit(struct tree *t);
/* Back to the last commit. */
void tree_rollback(struct tree *t);

/*
 * Proofs and roots for any size up to tree_size. PLUMB_NOT_FOUND, rule "log.size", beyond it;
 * "log.index" for an index that is not below size. Tiles that are not in memory are read from
 * db, which sees what was committed.
 */
PLUMB_MUST_CHECK enum plumb_code tree_root_at(struct tree *t, struct db *db, uint64_t size,
                                              struct plumb_digest *ret, struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code tree_inclusion(struct tree *t, struct db *db, uint64_t index,
                                                uint64_t size,
                                                struct plumb_digest ret[PLUMB_PROOF_MAX],
                                                size_t *ret_n, struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code tree_consistency(struct tree *t, struct db *db, uint64_t size1,
                                                  uint64_t size2,
                                                  struct plumb_digest ret[PLUMB_PROOF_MAX],
                                                  size_t *ret_n, struct plumb_err *err);

#endif
