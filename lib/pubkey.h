/* lib/pubkey.h - public keys from raw points, and ECDSA's two encodings; for lib/ only. */
#ifndef LIB_PUBKEY_H
#define LIB_PUBKEY_H

#include <plumb/key.h>

#define PLUMB_ED25519_RAW 32
#define PLUMB_P256_RAW    65 /* 0x04 || x || y */

/*
 * raw is the 32 bytes of Ed25519, or the 65 of an uncompressed point on P-256; type says which,
 * and whether it is a security key's (then application is not NULL).
 */
PLUMB_MUST_CHECK enum plumb_code
plumb_pubkey_from_raw(enum plumb_key_type type, const uint8_t *raw, size_t len,
                      const char *application, bool verify_required, const char *where,
                      struct plumb_pubkey **ret, struct plumb_err *err);
/* Borrowed. */
const uint8_t *plumb_pubkey_raw(const struct plumb_pubkey *key, size_t *ret_len);

bool plumb_key_type_is_sk(enum plumb_key_type type);

/* r and s, 32 bytes each, as DER; returns its length. */
#define PLUMB_ECDSA_RAW     64
#define PLUMB_ECDSA_DER_MAX 72
size_t plumb_ecdsa_der(const uint8_t rs[PLUMB_ECDSA_RAW], uint8_t ret[PLUMB_ECDSA_DER_MAX]);

#endif
