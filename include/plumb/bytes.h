/* plumb/bytes.h - owned bytes, digests, and their text forms: hex and base64. */
#ifndef PLUMB_BYTES_H
#define PLUMB_BYTES_H

#include <plumb/err.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Owned; data[len] is always NUL for the convenience of printing. {0} is empty and legal. */
struct plumb_bytes {
    uint8_t *data;
    size_t len;
};

/* Frees and empties; legal on {0}. For use with PLUMB_AUTO(plumb_bytes_clear). */
void plumb_bytes_clear(struct plumb_bytes *b);
/* Overwrites with zeros before it frees: for keys and passphrases. */
void plumb_bytes_cleanse(struct plumb_bytes *b);
PLUMB_MUST_CHECK enum plumb_code
plumb_bytes_copy(const void *data, size_t len, struct plumb_bytes *ret, struct plumb_err *err);

/* SHA-256, our one digest. */
#define PLUMB_DIGEST_LEN 32
#define PLUMB_DIGEST_HEX 65 /* with the NUL */
struct plumb_digest {
    uint8_t b[PLUMB_DIGEST_LEN];
};

void plumb_sha256(const void *data, size_t len, struct plumb_digest *ret);
bool plumb_digest_eq(const struct plumb_digest *a, const struct plumb_digest *b);
/* Orders as memcmp does. */
int plumb_digest_cmp(const struct plumb_digest *a, const struct plumb_digest *b);
void plumb_digest_hex(const struct plumb_digest *d, char ret[PLUMB_DIGEST_HEX]);
/* Exactly 64 lower-case hex digits; rule "hex.form". */
PLUMB_MUST_CHECK enum plumb_code plumb_digest_parse(const char *hex, const char *where,
                                                    struct plumb_digest *ret,
                                                    struct plumb_err *err);

/* Lower case; ret holds 2 * len + 1. */
void plumb_hex(const void *data, size_t len, char *ret);
/* Lower-case digits only, an even number of them. ret holds max bytes; *ret_len is how many. */
PLUMB_MUST_CHECK enum plumb_code plumb_hex_parse(const char *hex, const char *where,
                                                 uint8_t *ret, size_t max, size_t *ret_len,
                                                 struct plumb_err *err);

/* RFC 4648 section 4, padded. The caller frees *ret. */
PLUMB_MUST_CHECK enum plumb_code plumb_base64(const void *data, size_t len, char **ret,
                                              struct plumb_err *err);
/*
 * Standard alphabet, padded, canonical (unused bits zero), no white space: one text for
 * each value. Rule "base64.form".
 */
PLUMB_MUST_CHECK enum plumb_code plumb_base64_parse(const char *text, size_t len,
                                                    const char *where, struct plumb_bytes *ret,
                                                    struct plumb_err *err);
/* Either alphabet, padded or not: other people's DSSE envelopes (DSSE 1.0.2 section 2). */
PLUMB_MUST_CHECK enum plumb_code plumb_base64_parse_lenient(const char *text, size_t len,
                                                            const char *where,
                                                            struct plumb_bytes *ret,
                                                            struct plumb_err *err);

#endif
