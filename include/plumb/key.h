/* plumb/key.h - public keys, signatures, and things that sign. Over OpenSSL 3. */
#ifndef PLUMB_KEY_H
#define PLUMB_KEY_H

#include <plumb/bytes.h>
#include <plumb/err.h>
#include <plumb/time.h>
#include <stdbool.h>

/* clang-format off */
#define PLUMB_KEY_TYPES(X)                  \
    X(ED25519, "ed25519")                   \
    X(P256, "ecdsa-p256")                   \
    X(SK_ED25519, "sk-ed25519")             \
    X(SK_P256, "sk-ecdsa-p256")
/* clang-format on */

enum plumb_key_type {
#define X(name, text) PLUMB_KEY_##name,
    PLUMB_KEY_TYPES(X)
#undef X
        PLUMB_KEY_TYPE_COUNT
};

const char *plumb_key_type_text(enum plumb_key_type type);

/* Immutable. Its identity is the SHA-256 of its DER SubjectPublicKeyInfo. */
struct plumb_pubkey;

/*
 * From DER SPKI: Ed25519 or an uncompressed point on P-256, in the one DER form (what OpenSSL
 * writes again must be the same bytes). What is no point on its curve, and Ed25519 points outside
 * the main subgroup, are refused. sk_application is NULL for an ordinary key; for a FIDO
 * security key it is the application it was made for ("ssh:..."). Rules "key.spki", "key.type",
 * "key.application", and "key.libsodium" where that library cannot start.
 */
PLUMB_MUST_CHECK enum plumb_code
plumb_pubkey_from_spki(const void *der, size_t len, const char *sk_application,
                       bool sk_verify_required, const char *where, struct plumb_pubkey **ret,
                       struct plumb_err *err);
/*
 * From an OpenSSH public key blob (RFC 4253 section 6.6; PROTOCOL.u2f for sk-). Rules
 * "ssh.form", "key.spki", "key.application", and "key.type" (PLUMB_UNSUPPORTED) for other
 * types.
 */
PLUMB_MUST_CHECK enum plumb_code plumb_pubkey_from_ssh(const void *blob, size_t len,
                                                       struct plumb_pubkey **ret,
                                                       struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code plumb_pubkey_copy(const struct plumb_pubkey *key,
                                                   struct plumb_pubkey **ret,
                                                   struct plumb_err *err);
void plumb_pubkey_free(struct plumb_pubkey *key);

enum plumb_key_type plumb_pubkey_type(const struct plumb_pubkey *key);
const struct plumb_digest *plumb_pubkey_id(const struct plumb_pubkey *key);
/* Borrowed DER SPKI. */
const uint8_t *plumb_pubkey_spki(const struct plumb_pubkey *key, size_t *ret_len);
/* NULL for an ordinary key. */
const char *plumb_pubkey_application(const struct plumb_pubkey *key);
bool plumb_pubkey_verify_required(const struct plumb_pubkey *key);
/* Raw 32 bytes of an Ed25519 key into ret; false for other types. */
bool plumb_pubkey_ed25519(const struct plumb_pubkey *key, uint8_t ret[32]);

/*
 * sig over msg: 64 raw bytes (Ed25519), DER (P-256; raw r||s when 64 bytes and not DER), or for
 * a security key the whole OpenSSH signature blob, whose flags must say user present, and user
 * verified where the key requires it. Rules "signature.bad", "signature.user-presence",
 * "signature.user-verification"; all are PLUMB_BAD_SIGNATURE.
 */
PLUMB_MUST_CHECK enum plumb_code plumb_pubkey_verify(const struct plumb_pubkey *key,
                                                     const void *msg, size_t msg_len,
                                                     const void *sig, size_t sig_len,
                                                     struct plumb_err *err);

/*
 * Something that signs: a key file's key, or a key that an agent holds. Free with
 * plumb_signer_free. sign() yields what plumb_pubkey_verify() accepts.
 */
struct plumb_signer {
    struct plumb_pubkey *pub; /* owned */
    void *self;
    enum plumb_code (*sign)(void *self, const void *msg, size_t len,
                            struct plumb_bytes *ret_sig, struct plumb_err *err);
    void (*free_self)(void *self);
};
void plumb_signer_free(struct plumb_signer *signer);

/*
 * Asks for the passphrase of an encrypted key: fill buf (size bytes) and return its length, or
 * -1 to give up.
 */
typedef int plumb_passphrase_fn(char *buf, int size, void *arg);

/* PKCS#8 PEM, encrypted or not. Rules "key.pem", "key.passphrase", "key.type". */
PLUMB_MUST_CHECK enum plumb_code plumb_signer_from_pem(const void *pem, size_t len,
                                                       plumb_passphrase_fn *ask, void *arg,
                                                       struct plumb_signer **ret,
                                                       struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code plumb_signer_generate(enum plumb_key_type type,
                                                       struct plumb_signer **ret,
                                                       struct plumb_err *err);
/*
 * PKCS#8 PEM of a signer made by the two calls above; encrypted (AES-256-CBC, key by scrypt)
 * when passphrase is not NULL. The caller clears *ret with plumb_bytes_cleanse.
 * PLUMB_UNSUPPORTED for others.
 */
PLUMB_MUST_CHECK enum plumb_code plumb_signer_to_pem(const struct plumb_signer *signer,
                                                     const char *passphrase,
                                                     struct plumb_bytes *ret,
                                                     struct plumb_err *err);
/* A self-signed X.509 certificate for both sides of TLS (CN = name, SAN = host names and IP
 * addresses), PEM; the pin decides, not its dates. Rules "certificate.name",
 * "certificate.time". */
PLUMB_MUST_CHECK enum plumb_code
plumb_signer_certificate(const struct plumb_signer *signer, const char *name,
                         const char *const *san, size_t nsan, plumb_time not_before,
                         plumb_time not_after, struct plumb_bytes *ret_pem,
                         struct plumb_err *err);

/* The ssh-agent's signature blob (string alg, string sig[, flags, counter]) as what
 * plumb_pubkey_verify() accepts for key: raw, DER, or the blob itself. Not verified; rule
 * "ssh.form". */
PLUMB_MUST_CHECK enum plumb_code plumb_signature_from_ssh(const struct plumb_pubkey *key,
                                                          const void *blob, size_t len,
                                                          struct plumb_bytes *ret,
                                                          struct plumb_err *err);

#endif
