/*
 * siphash.h - SipHash-1-3: a hash for tables whose keys others choose. Whoever does not know
 * the secret cannot find keys that fall together.
 */
#ifndef LIB_SIPHASH_H
#define LIB_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

#define SIPHASH_SECRET 16

struct siphash {
    uint64_t k0, k1;
};

struct siphash siphash_init(const unsigned char secret[SIPHASH_SECRET]);
uint64_t siphash(const struct siphash *h, const void *data, size_t len);

#endif
