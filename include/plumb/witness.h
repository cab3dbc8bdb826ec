/*
 * plumb/witness.h - C2SP tlog-witness and tlog-cosignature: what a log asks of a witness, what
 * a witness answers, and when it must refuse. Bytes in, verdict out; nothing is remembered
 * here.
 */
#ifndef PLUMB_WITNESS_H
#define PLUMB_WITNESS_H

#include <plumb/tlog.h>

/* Of an add-checkpoint request: 63 hashes and a note of the size that we make. */
#define PLUMB_ADD_CHECKPOINT_MAX (64u << 10)

/* The body of an add-checkpoint request, borrowed from the bytes that it was read from. */
struct plumb_add_checkpoint {
    uint64_t old; /* the size that the log believes the witness has seen */
    struct plumb_digest proof[PLUMB_PROOF_MAX];
    size_t nproof;
    const void *note;
    size_t note_len;
    char origin[128]; /* the note's first line; not verified */
};

PLUMB_MUST_CHECK enum plumb_code
plumb_add_checkpoint_text(uint64_t old, const struct plumb_digest *proof, size_t n,
                          const void *note, size_t note_len, struct plumb_bytes *ret,
                          struct plumb_err *err);
/* Forms only. Rules "witness.form", and those of notes. */
PLUMB_MUST_CHECK enum plumb_code plumb_add_checkpoint_parse(const void *body, size_t len,
                                                            struct plumb_add_checkpoint *ret,
                                                            struct plumb_err *err);

/*
 * May a witness cosign this, which has seen `seen` (NULL: nothing) of the log that p trusts?
 * Refused as the protocol orders, so that plumb_code_http() of the code is its status:
 * PLUMB_FORBIDDEN "note.signature"; PLUMB_INVALID "witness.old-size" (beyond the checkpoint's),
 * "checkpoint.form"; PLUMB_CONFLICT "witness.size" (not what was seen: tell the size that was);
 * PLUMB_REFUSED "checkpoint.root", "proof.consistency" (also for another root at the same
 * size). *ret, what is to be remembered from now on, is written on success only.
 */
PLUMB_MUST_CHECK enum plumb_code plumb_witness_check(const struct plumb_log_policy *p,
                                                     const struct plumb_checkpoint *seen,
                                                     const struct plumb_add_checkpoint *request,
                                                     struct plumb_checkpoint *ret,
                                                     struct plumb_err *err);

/*
 * The signature line by which name, an Ed25519 cosigner, says at time that it has seen the
 * note's checkpoint and none larger. Rules of notes, "vkey.name", "key.type".
 */
PLUMB_MUST_CHECK enum plumb_code plumb_cosign(const char *name,
                                              const struct plumb_signer *signer,
                                              plumb_time time, const void *note, size_t len,
                                              struct plumb_bytes *ret, struct plumb_err *err);

/*
 * note with the signature lines of p's keys alone, each once: what strangers added to a public
 * checkpoint is not kept. Rule "note.signature" for a known key's line that does not verify.
 */
PLUMB_MUST_CHECK enum plumb_code plumb_checkpoint_known(const struct plumb_log_policy *p,
                                                        const void *note, size_t len,
                                                        struct plumb_bytes *ret,
                                                        struct plumb_err *err);

/*
 * note with those of the signature lines that witnesses of p made and that it has not yet; the
 * lines of others are left out. A known witness's line that does not verify refuses them all:
 * "note.signature". *ret_n is how many came along.
 */
PLUMB_MUST_CHECK enum plumb_code plumb_cosigned_add(const struct plumb_log_policy *p,
                                                    const void *note, size_t len,
                                                    const void *lines, size_t lines_len,
                                                    struct plumb_bytes *ret, size_t *ret_n,
                                                    struct plumb_err *err);

#endif
