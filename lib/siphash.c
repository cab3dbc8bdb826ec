/* Aumasson and Bernstein, "SipHash: a fast short-input PRF", with one round for each word and
 * three at the end, as hash tables elsewhere use it. */
#include "lib/siphash.h"

/* Written out, so that compilers make one load of it. */
static uint64_t
word_at(const unsigned char *p)
{
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 |
           (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 |
           (uint64_t)p[7] << 56;
}

/* Fewer than eight bytes, and the length of all. */
static uint64_t
last_word(const unsigned char *p, size_t left, size_t len)
{
    uint64_t w = (uint64_t)len << 56;

    for (size_t i = 0; i < left; i++)
        w |= (uint64_t)p[i] << 8 * i;
    return w;
}

static uint64_t
turn(uint64_t x, unsigned by)
{
    return x << by | x >> (64 - by);
}

static void
mix(uint64_t v[4])
{
    v[0] += v[1];
    v[2] += v[3];
    v[1] = turn(v[1], 13) ^ v[0];
    v[3] = turn(v[3], 16) ^ v[2];
    v[0] = turn(v[0], 32);
    v[2] += v[1];
    v[0] += v[3];
    v[1] = turn(v[1], 17) ^ v[2];
    v[3] = turn(v[3], 21) ^ v[0];
    v[2] = turn(v[2], 32);
}

static void
take(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    mix(v);
    v[0] ^= word;
}

struct siphash
siphash_init(const unsigned char secret[SIPHASH_SECRET])
{
    return (struct siphash){ word_at(secret), word_at(secret + 8) };
}

uint64_t
siphash(const struct siphash *h, const void *data, size_t len)
{
    const unsigned char *p = data;
    uint64_t v[4] = { h->k0 ^ 0x736f6d6570736575u, h->k1 ^ 0x646f72616e646f6du,
                      h->k0 ^ 0x6c7967656e657261u, h->k1 ^ 0x7465646279746573u };
    size_t left = len;

    for (; left >= 8; p += 8, left -= 8)
        take(v, word_at(p));
    take(v, last_word(p, left, len));
    v[2] ^= 0xff;
    mix(v);
    mix(v);
    mix(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}
