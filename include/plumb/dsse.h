/* plumb/dsse.h - Dead Simple Signing Envelope 1.0.2. */
#ifndef PLUMB_DSSE_H
#define PLUMB_DSSE_H

#include <plumb/bytes.h>
#include <plumb/json.h>
#include <plumb/key.h>

#define PLUMB_PAYLOAD_TYPE  "application/vnd.in-toto+json"
#define PLUMB_PAYLOAD_MAX   40000 /* bytes of a statement of ours */
#define PLUMB_DSSE_SIG_MAX  512   /* bytes of one; a security key's blob has about 130 */
#define PLUMB_SIGNATURE_MAX 32    /* signatures on one envelope: the genesis' admins */

struct plumb_dsse_signature {
    struct plumb_bytes sig;
    char keyid[PLUMB_DIGEST_HEX + 16]; /* a hint, never trusted; "" when absent */
};

/* What came out of an envelope and is NOT verified. */
struct plumb_dsse {
    struct plumb_bytes payload;
    char payload_type[128];
    struct plumb_dsse_signature *sigs;
    size_t nsigs;
};
void plumb_dsse_clear(struct plumb_dsse *e);

/* DSSE 1.0.2 "PAE": the bytes that are signed. */
PLUMB_MUST_CHECK enum plumb_code plumb_dsse_pae(const char *payload_type, const void *payload,
                                                size_t len, struct plumb_bytes *ret,
                                                struct plumb_err *err);

/*
 * Our own envelopes: exactly payload, payloadType, signatures[{sig[, keyid]}], canonical
 * base64. Rules "dsse.form", "dsse.type", "dsse.size".
 */
PLUMB_MUST_CHECK enum plumb_code plumb_dsse_read(const struct plumb_jv *envelope,
                                                 struct plumb_dsse *ret, struct plumb_err *err);

/* A statement's payload signed by each of signers: the envelope as JSON. keyid is the key's id.
 */
PLUMB_MUST_CHECK enum plumb_code plumb_dsse_sign(const void *payload, size_t len,
                                                 struct plumb_signer *const *signers,
                                                 size_t nsigners, json_t **ret_envelope,
                                                 struct plumb_err *err);
/* The same of a statement that is no entry of the log, and so may have up to max bytes: others
 * read it. */
PLUMB_MUST_CHECK enum plumb_code plumb_dsse_sign_long(const void *payload, size_t len,
                                                      size_t max, struct plumb_signer *signer,
                                                      json_t **ret_envelope,
                                                      struct plumb_err *err);
/* One more signature on an envelope of ours (the genesis ceremony). Rule "dsse.signed"
 * (PLUMB_CONFLICT) if this key's is there. */
PLUMB_MUST_CHECK enum plumb_code plumb_dsse_add(json_t *envelope, struct plumb_signer *signer,
                                                struct plumb_err *err);

/* Does one signature of e verify with key? Tries all; rule "signature.bad". */
PLUMB_MUST_CHECK enum plumb_code plumb_dsse_verify(const struct plumb_dsse *e,
                                                   const struct plumb_pubkey *key,
                                                   struct plumb_err *err);

#endif
