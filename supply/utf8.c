#include "supply/utf8.h"

/* The code point at the front of p, or -1; *ret_len is how many bytes it has. */
static long
code_point(const unsigned char *p, size_t len, size_t *ret_len)
{
    static const long least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    const size_t n = p[0] < 0x80   ? 1
                     : p[0] < 0xc0 ? 0
                     : p[0] < 0xe0 ? 2
                     : p[0] < 0xf0 ? 3
                     : p[0] < 0xf8 ? 4
                                   : 0;
    long c = n == 1 ? p[0] : p[0] & (0x7f >> n);

    if (n == 0 || n > len)
        return -1;
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return -1;
        c = c << 6 | (p[i] & 0x3f);
    }
    *ret_len = n;
    return c < least[n] || (c >= 0xd800 && c < 0xe000) || c > 0x10ffff ? -1 : c;
}

bool
utf8_ok(const char *text, size_t len)
{
    const unsigned char *p = (const unsigned char *)text;

    for (size_t n = 0; len > 0; p += n, len -= n)
        if (code_point(p, len, &n) < 0)
            return false;
    return true;
}
