#include "lib/utf8.h"

size_t
utf8_next(const uint8_t *p, size_t left, uint32_t *ret)
{
    size_t len = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    uint32_t c = len == 1 ? p[0] : p[0] & (0x7fu >> len);

    if ((p[0] >= 0x80 && p[0] < 0xc0) || p[0] > 0xf4 || len > left)
        return 0;
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (p[i] & 0x3f);
    }
    if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return 0;
    *ret = c;
    return len;
}

bool
utf8_ok(const char *text, size_t len)
{
    uint32_t c = 0;
    size_t step;

    for (size_t i = 0; i < len; i += step) {
        step = utf8_next((const uint8_t *)text + i, len - i, &c);
        if (step == 0)
            return false;
    }
    return true;
}
