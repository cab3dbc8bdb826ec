/* Tar archives, as far as it takes to find a file in one. */
#include "lib/tar.h"

#include <string.h>

#include "lib/own.h"

#define BLOCK 512

bool
tar_is(const uint8_t *data, size_t len)
{
    return len >= 2 * BLOCK && memcmp(data + 257, "ustar", 5) == 0;
}

static enum plumb_code
malformed(size_t at, const char *what, struct plumb_err *err)
{
    return plumb_fail(err, PLUMB_INVALID, "tar.form", "", "the header at offset %zu: %s", at,
                      what);
}

/* Octal digits, ended by NUL or space. */
static bool
octal(const uint8_t *p, size_t len, uint64_t *ret)
{
    uint64_t v = 0;
    size_t i = 0;

    while (i < len && p[i] == ' ')
        i++;
    if (i == len || p[i] < '0' || p[i] > '7')
        return false;
    for (; i < len && p[i] >= '0' && p[i] <= '7'; i++)
        v = v << 3 | (uint64_t)(p[i] - '0');
    for (; i < len; i++)
        if (p[i] != ' ' && p[i] != 0)
            return false;
    *ret = v;
    return true;
}

static bool
checksum_ok(const uint8_t *header)
{
    uint64_t want, sum = 0;

    for (size_t i = 0; i < BLOCK; i++)
        sum += i >= 148 && i < 156 ? ' ' : header[i];
    return octal(header + 148, 8, &want) && want == sum;
}

/* Names of an OCI layout are short: one with a prefix is none of them. */
static bool
named(const uint8_t *header, const char *name)
{
    const char *got = (const char *)header;
    size_t n = strnlen(got, 100);

    if (n >= 2 && memcmp(got, "./", 2) == 0) {
        got += 2;
        n -= 2;
    }
    return header[345] == 0 && n == strlen(name) && memcmp(got, name, n) == 0;
}

static bool
contains(const uint8_t *data, size_t len, const char *text)
{
    return memmem(data, len, text, strlen(text)) != NULL;
}

enum plumb_code
tar_find(const uint8_t *data, size_t len, const char *name, const uint8_t **ret,
         size_t *ret_len, struct plumb_err *err)
{
    static const uint8_t zero[BLOCK];
    const uint8_t *found = NULL;
    size_t at = 0, found_len = 0;
    bool renamed = false;

    while (len - at >= BLOCK && memcmp(data + at, zero, BLOCK) != 0) {
        const uint8_t *h = data + at;
        uint64_t size;

        if (memcmp(h + 257, "ustar", 5) != 0 || !checksum_ok(h))
            return malformed(at, "its magic or checksum is wrong", err);
        if (!octal(h + 124, 12, &size))
            return malformed(at, "its size is not octal", err);
        at += BLOCK;
        if (size > len - at)
            return malformed(at - BLOCK, "it says more bytes than there are", err);
        if (h[156] == 'x' || h[156] == 'g' || h[156] == 'L') {
            if (h[156] != 'L' && contains(data + at, (size_t)size, " size="))
                return malformed(at - BLOCK, "a size in a pax record", err);
            renamed = renamed || h[156] == 'L' || contains(data + at, (size_t)size, " path=");
        } else {
            if ((h[156] == '0' || h[156] == 0) && !renamed && named(h, name)) {
                if (found != NULL)
                    return plumb_fail(err, PLUMB_INVALID, "tar.twice", "", "%s is there twice",
                                      name);
                found = data + at;
                found_len = (size_t)size;
            }
            renamed = false;
        }
        at += (size_t)size;
        at = len - at < (BLOCK - at % BLOCK) % BLOCK ? len : at + (BLOCK - at % BLOCK) % BLOCK;
    }
    if (found == NULL)
        return plumb_fail(err, PLUMB_NOT_FOUND, "tar.missing", "", "there is no %s in it",
                          name);
    *ret = found;
    *ret_len = found_len;
    return PLUMB_OK;
}
