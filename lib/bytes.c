/* OpenSSL 3 deprecates SHA256_Init() and so on; see plumb_sha256() for why we call them. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <plumb/bytes.h>

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"

void
plumb_bytes_clear(struct plumb_bytes *b)
{
    free(b->data);
    *b = (struct plumb_bytes){ 0 };
}

void
plumb_bytes_cleanse(struct plumb_bytes *b)
{
    if (b->data != NULL)
        OPENSSL_cleanse(b->data, b->len);
    plumb_bytes_clear(b);
}

enum plumb_code
plumb_bytes_copy(const void *data, size_t len, struct plumb_bytes *ret, struct plumb_err *err)
{
    uint8_t *copy = len < SIZE_MAX ? malloc(len + 1) : NULL;

    if (copy == NULL)
        return plumb_fail_memory(err);
    if (len > 0)
        memcpy(copy, data, len);
    copy[len] = 0;
    *ret = (struct plumb_bytes){ copy, len };
    return PLUMB_OK;
}

void
plumb_sha256(const void *data, size_t len, struct plumb_digest *ret)
{
    SHA256_CTX c;

    /* The one-shot SHA256() fetches the algorithm and allocates each time: on 65 bytes that
     * is four times slower, and it can fail where this function has no way to say so. */
    (void)SHA256_Init(&c);
    (void)SHA256_Update(&c, data, len);
    (void)SHA256_Final(ret->b, &c);
}

bool
plumb_digest_eq(const struct plumb_digest *a, const struct plumb_digest *b)
{
    return memcmp(a->b, b->b, sizeof a->b) == 0;
}

int
plumb_digest_cmp(const struct plumb_digest *a, const struct plumb_digest *b)
{
    return memcmp(a->b, b->b, sizeof a->b);
}

void
plumb_digest_hex(const struct plumb_digest *d, char ret[PLUMB_DIGEST_HEX])
{
    plumb_hex(d->b, sizeof d->b, ret);
}

enum plumb_code
plumb_digest_parse(const char *hex, const char *where, struct plumb_digest *ret,
                   struct plumb_err *err)
{
    struct plumb_digest d;
    size_t n;

    if (strlen(hex) != 2 * PLUMB_DIGEST_LEN)
        return plumb_fail(err, PLUMB_INVALID, "hex.form", where,
                          "a digest is 64 lower-case hex digits, this has %zu characters",
                          strlen(hex));
    PLUMB_TRY(plumb_hex_parse(hex, where, d.b, sizeof d.b, &n, err));
    *ret = d;
    return PLUMB_OK;
}

void
plumb_hex(const void *data, size_t len, char *ret)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *p = data;

    for (size_t i = 0; i < len; i++) {
        *ret++ = digits[p[i] >> 4];
        *ret++ = digits[p[i] & 15];
    }
    *ret = '\0';
}

#define DIGIT 0x10 /* marks, beside its value, what is a lower-case hex digit */

static const uint8_t nibbles[256] = {
    ['0'] = DIGIT,      ['1'] = DIGIT | 1,  ['2'] = DIGIT | 2,  ['3'] = DIGIT | 3,
    ['4'] = DIGIT | 4,  ['5'] = DIGIT | 5,  ['6'] = DIGIT | 6,  ['7'] = DIGIT | 7,
    ['8'] = DIGIT | 8,  ['9'] = DIGIT | 9,  ['a'] = DIGIT | 10, ['b'] = DIGIT | 11,
    ['c'] = DIGIT | 12, ['d'] = DIGIT | 13, ['e'] = DIGIT | 14, ['f'] = DIGIT | 15,
};

enum plumb_code
plumb_hex_parse(const char *hex, const char *where, uint8_t *ret, size_t max, size_t *ret_len,
                struct plumb_err *err)
{
    const uint8_t *p = (const uint8_t *)hex;
    size_t len = strlen(hex);
    uint8_t all = DIGIT;

    if (len % 2 != 0 || len / 2 > max)
        return plumb_fail(err, PLUMB_INVALID, "hex.form", where,
                          "want an even number of hex digits, at most %zu, not %zu", 2 * max,
                          len);
    for (size_t i = 0; i < len; i++)
        all &= nibbles[p[i]];
    if ((all & DIGIT) == 0)
        return plumb_fail(err, PLUMB_INVALID, "hex.form", where,
                          "want lower-case hex digits only");
    for (size_t i = 0; i < len / 2; i++)
        ret[i] = (uint8_t)(nibbles[p[2 * i]] << 4 | (nibbles[p[2 * i + 1]] & 15));
    *ret_len = len / 2;
    return PLUMB_OK;
}

enum plumb_code
plumb_base64(const void *data, size_t len, char **ret, struct plumb_err *err)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *p = data;
    char *text = len < SIZE_MAX / 2 ? malloc((len + 2) / 3 * 4 + 1) : NULL;
    char *o = text;

    if (text == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < len; i += 3) {
        size_t n = len - i;
        uint32_t v = (uint32_t)p[i] << 16 | (n > 1 ? (uint32_t)p[i + 1] << 8 : 0) |
                     (n > 2 ? p[i + 2] : 0);

        *o++ = alphabet[v >> 18];
        *o++ = alphabet[v >> 12 & 63];
        *o++ = n > 1 ? alphabet[v >> 6 & 63] : '=';
        *o++ = n > 2 ? alphabet[v & 63] : '=';
    }
    *o = '\0';
    *ret = text;
    return PLUMB_OK;
}

/* The value of each character of the base64 alphabet, 64 of all others. */
#define NO_SEXTET 64
static const uint8_t sextets[128] = {
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 62,
    64, 64, 64, 63, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 64, 64, 64, 64, 64, 64, 64, 0,
    1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22,
    23, 24, 25, 64, 64, 64, 64, 64, 64, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38,
    39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 64, 64, 64, 64, 64,
};

static uint8_t
sextet(char c, bool url_too)
{
    uint8_t v = (uint8_t)c < sizeof sextets ? sextets[(uint8_t)c] : NO_SEXTET;

    if (v == NO_SEXTET && url_too && c == '-')
        return 62;
    return v == NO_SEXTET && url_too && c == '_' ? 63 : v;
}

static enum plumb_code
base64_parse(const char *text, size_t len, bool lenient, const char *where,
             struct plumb_bytes *ret, struct plumb_err *err)
{
    size_t pad = 0;
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes out = { 0 };
    uint32_t acc = 0;
    unsigned bits = 0;

    while (pad < 2 && pad < len && text[len - 1 - pad] == '=')
        pad++;
    if ((len % 4 != 0 && (!lenient || pad != 0 || len % 4 == 1)))
        return plumb_fail(err, PLUMB_INVALID, "base64.form", where,
                          "%zu characters are no whole number of base64 groups", len);
    out.data = malloc(len / 4 * 3 + 4);
    if (out.data == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < len - pad; i++) {
        uint8_t v = sextet(text[i], lenient);

        if (v == NO_SEXTET)
            return plumb_fail(err, PLUMB_INVALID, "base64.form", where,
                              "character %zu is not of the base64 alphabet", i);
        acc = acc << 6 | v;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            out.data[out.len++] = (uint8_t)(acc >> bits);
        }
    }
    if ((acc & ((1u << bits) - 1)) != 0)
        return plumb_fail(err, PLUMB_INVALID, "base64.form", where,
                          "the unused bits of the last group are not zero");
    out.data[out.len] = 0;
    *ret = (struct plumb_bytes){ PLUMB_TAKE(out.data), out.len };
    return PLUMB_OK;
}

enum plumb_code
plumb_base64_parse(const char *text, size_t len, const char *where, struct plumb_bytes *ret,
                   struct plumb_err *err)
{
    return base64_parse(text, len, false, where, ret, err);
}

enum plumb_code
plumb_base64_parse_lenient(const char *text, size_t len, const char *where,
                           struct plumb_bytes *ret, struct plumb_err *err)
{
    return base64_parse(text, len, true, where, ret, err);
}
