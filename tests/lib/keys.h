/* tests/lib/keys.h - keys, hex and security keys' signatures, made on the spot. */
#ifndef TESTS_LIB_KEYS_H
#define TESTS_LIB_KEYS_H

#include <plumb/key.h>

/* Text as bytes; fails the test when it is not hex. */
struct plumb_bytes unhex(const char *hex);

struct plumb_signer *generate(enum plumb_key_type type);

/* The key of signer as a security key's, made for application. */
struct plumb_pubkey *as_security_key(const struct plumb_signer *signer, const char *application,
                                     bool verify_required);

/* What a security key that holds signer's key returns through ssh-agent. */
struct plumb_bytes security_key_sign(const struct plumb_signer *signer, const char *application,
                                     uint8_t flags, uint32_t counter, const void *msg,
                                     size_t len);

/* An SSH string put at the end of b. */
void append(struct plumb_bytes *b, const void *data, size_t len);
void append_string(struct plumb_bytes *b, const void *data, size_t len);

#endif
