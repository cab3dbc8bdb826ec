/*
 * plumb/tlog.h - the log's mathematics and texts: RFC 6962 section 2.1 hashing and proofs; C2SP
 * signed-note, tlog-checkpoint, tlog-tiles, tlog-proof and tlog-policy. Bytes in, verdict out.
 */
#ifndef PLUMB_TLOG_H
#define PLUMB_TLOG_H

#include <plumb/bytes.h>
#include <plumb/key.h>

#define PLUMB_ENTRY_MAX  65535 /* C2SP tlog-tiles: an entry's length is a u16 */
#define PLUMB_TILE_WIDTH 256
#define PLUMB_PROOF_MAX  63
/* Leaves in a tree, so that no proof is longer than PLUMB_PROOF_MAX. */
#define PLUMB_TREE_MAX (UINT64_C(1) << 62)

void plumb_leaf_hash(const void *entry, size_t len, struct plumb_digest *ret);
void plumb_node_hash(const struct plumb_digest *l, const struct plumb_digest *r,
                     struct plumb_digest *ret);
/* Root of n leaf (or equal-level node) hashes; SHA-256("") when n is 0. */
void plumb_tree_root(const struct plumb_digest *hashes, size_t n, struct plumb_digest *ret);

/*
 * RFC 9162 section 2.1.3.2 and 2.1.4.2. Rules "proof.inclusion", "proof.consistency". Any tree
 * extends the empty one, whose root is SHA-256("") and whose proof is empty.
 */
PLUMB_MUST_CHECK enum plumb_code
plumb_inclusion_verify(uint64_t index, uint64_t size, const struct plumb_digest *leaf,
                       const struct plumb_digest *proof, size_t n,
                       const struct plumb_digest *root, struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code
plumb_consistency_verify(uint64_t size1, const struct plumb_digest *root1, uint64_t size2,
                         const struct plumb_digest *root2, const struct plumb_digest *proof,
                         size_t n, struct plumb_err *err);

/*
 * Proofs over a stored tree. node(level, n) yields the hash of the complete subtree of 2^level
 * leaves that begins at leaf n * 2^level; it is asked only for complete ones. What it fails
 * with is passed on. An index or size out of range: rules "proof.inclusion",
 * "proof.consistency", "tree.size".
 */
typedef enum plumb_code plumb_node_fn(void *arg, unsigned level, uint64_t n,
                                      struct plumb_digest *ret, struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code plumb_root_build(uint64_t size, plumb_node_fn *node, void *arg,
                                                  struct plumb_digest *ret,
                                                  struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code plumb_inclusion_build(uint64_t index, uint64_t size,
                                                       plumb_node_fn *node, void *arg,
                                                       struct plumb_digest ret[PLUMB_PROOF_MAX],
                                                       size_t *ret_n, struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code
plumb_consistency_build(uint64_t size1, uint64_t size2, plumb_node_fn *node, void *arg,
                        struct plumb_digest ret[PLUMB_PROOF_MAX], size_t *ret_n,
                        struct plumb_err *err);

/* "x001/x234/067" of 1234067 (C2SP tlog-tiles); size bytes of ret, cut short if too few. */
#define PLUMB_TILE_PATH 34 /* enough for any n */
void plumb_tile_path(uint64_t n, char *ret, size_t size);
/* The other way, with the partial tile's ".p/W": *ret_width is W (1 to 255), PLUMB_TILE_WIDTH
 * without one. One text for each tile; rule "tile.path". */
PLUMB_MUST_CHECK enum plumb_code plumb_tile_parse(const char *path, uint64_t *ret_n,
                                                  unsigned *ret_width, struct plumb_err *err);

/*
 * A signed-note verifier key "name+hex8+base64": Ed25519 log key (01) or cosignature key (04).
 * Rules "vkey.form", "vkey.name", "vkey.type", "vkey.id", and those of a key's point.
 */
struct plumb_vkey {
    char name[128];
    uint32_t id; /* big-endian first 4 bytes of SHA-256(name || 0x0A || type || key) */
    uint8_t type;
    uint8_t key[32];
};
PLUMB_MUST_CHECK enum plumb_code plumb_vkey_parse(const char *text, const char *where,
                                                  struct plumb_vkey *ret,
                                                  struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code plumb_vkey_make(const char *name, uint8_t type,
                                                 const struct plumb_pubkey *key,
                                                 struct plumb_vkey *ret, struct plumb_err *err);
#define PLUMB_VKEY_TEXT 256
void plumb_vkey_text(const struct plumb_vkey *key, char ret[PLUMB_VKEY_TEXT]);

struct plumb_checkpoint {
    char origin[128];
    uint64_t size;
    struct plumb_digest root;
};

/* The note signed by each signer (Ed25519, each once) under the name that is the origin. */
PLUMB_MUST_CHECK enum plumb_code plumb_checkpoint_sign(const struct plumb_checkpoint *c,
                                                       struct plumb_signer *const *signers,
                                                       size_t n, struct plumb_bytes *ret_note,
                                                       struct plumb_err *err);

/*
 * A tlog-policy text: "log <vkey> [url]", "witness <name> <vkey> [url]", "group <name>
 * all|any|<k> <members...>", "quorum <name|none>"; '#' comments. Several log lines: any one may
 * sign (a rotation's overlap). All have the log's origin as their name; one key stands under
 * one name only, and every line ends in a newline. Rules "policy.form", "policy.key",
 * "policy.origin", "policy.name", "policy.group", "policy.quorum", and plumb_vkey_parse()'s.
 */
struct plumb_log_policy;
PLUMB_MUST_CHECK enum plumb_code plumb_log_policy_parse(const char *text, size_t len,
                                                        struct plumb_log_policy **ret,
                                                        struct plumb_err *err);
void plumb_log_policy_free(struct plumb_log_policy *p);
const char *plumb_log_policy_origin(const struct plumb_log_policy *p);

/*
 * Verify a checkpoint note under a policy: a log key's signature, every known key's signature
 * good (one bad one refuses the note), the witness quorum reached. Rules "note.form",
 * "note.signature", "checkpoint.form", "checkpoint.root" (of an empty tree), "checkpoint.origin",
 * "witness.quorum".
 */
PLUMB_MUST_CHECK enum plumb_code plumb_checkpoint_verify(const struct plumb_log_policy *p,
                                                         const void *note, size_t len,
                                                         struct plumb_checkpoint *ret,
                                                         struct plumb_err *err);

/* What a checkpoint note says, without regard to its signatures: to know what to fetch before
 * the keys that verify it are known. Nobody vouches for it. Rules "note.form",
 * "checkpoint.form". */
PLUMB_MUST_CHECK enum plumb_code plumb_checkpoint_peek(const void *note, size_t len,
                                                       struct plumb_checkpoint *ret,
                                                       struct plumb_err *err);

/* tlog-proof text: index, proof, checkpoint verbatim. Rule "proof.form". */
PLUMB_MUST_CHECK enum plumb_code plumb_tlog_proof_text(uint64_t index,
                                                       const struct plumb_digest *proof,
                                                       size_t n, const void *note,
                                                       size_t note_len, struct plumb_bytes *ret,
                                                       struct plumb_err *err);
/*
 * Checks that the entry of this leaf hash is in the log that p trusts, at the index it writes.
 * Rules "proof.form", "proof.inclusion", and plumb_checkpoint_verify()'s.
 */
PLUMB_MUST_CHECK enum plumb_code
plumb_tlog_proof_verify(const struct plumb_log_policy *p, const void *text, size_t len,
                        const struct plumb_digest *leaf, uint64_t *ret_index,
                        struct plumb_checkpoint *ret, struct plumb_err *err);

#endif
