#include "client/plain.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPELLED        12 /* "\u{10FFFF}" and a NUL, rounded up */
#define MARKS_IN_A_ROW 2

struct range {
    uint32_t first, last;
};

/* Controls, bidi, zero width, blank letters, tags, surrogates, private use, beyond Unicode. */
static const struct range hidden[] = {
    { 0x0000, 0x001F },    { 0x007F, 0x00A0 },   { 0x00AD, 0x00AD },   { 0x034F, 0x034F },
    { 0x061C, 0x061C },    { 0x115F, 0x1160 },   { 0x17B4, 0x17B5 },   { 0x180B, 0x180F },
    { 0x2000, 0x200F },    { 0x2028, 0x202F },   { 0x205F, 0x206F },   { 0x2800, 0x2800 },
    { 0x3000, 0x3000 },    { 0x3164, 0x3164 },   { 0xD800, 0xF8FF },   { 0xFE00, 0xFE0F },
    { 0xFEFF, 0xFEFF },    { 0xFFA0, 0xFFA0 },   { 0xFFF0, 0xFFFF },   { 0x13430, 0x1345F },
    { 0x1BCA0, 0x1BCA3 },  { 0x1D173, 0x1D17A }, { 0x1FFFE, 0x1FFFF }, { 0x2FFFE, 0x2FFFF },
    { 0x323B0, 0x10FFFF },
};
static const struct range marks[] = {
    { 0x0300, 0x036F }, { 0x0483, 0x0489 }, { 0x0591, 0x05BD }, { 0x0610, 0x061A },
    { 0x064B, 0x065F }, { 0x0E31, 0x0E3A }, { 0x0E47, 0x0E4E }, { 0x1AB0, 0x1AFF },
    { 0x1DC0, 0x1DFF }, { 0x20D0, 0x20FF }, { 0xFE20, 0xFE2F }
};
static const struct range wide[] = { { 0x1100, 0x115E },   { 0x2E80, 0x303E },
                                     { 0x3041, 0xA4CF },   { 0xAC00, 0xD7A3 },
                                     { 0xF900, 0xFAFF },   { 0xFE30, 0xFE6F },
                                     { 0xFF01, 0xFF60 },   { 0xFFE0, 0xFFE6 },
                                     { 0x1F300, 0x1FAFF }, { 0x20000, 0x3FFFD } };

#define IN(ranges, c) in_ranges(ranges, sizeof(ranges) / sizeof *(ranges), c)

static bool
in_ranges(const struct range *ranges, size_t n, uint32_t c)
{
    for (size_t i = 0; i < n; i++)
        if (c >= ranges[i].first && c <= ranges[i].last)
            return true;
    return false;
}

/* One code point in its shortest form; 0 when there is none, and the byte is passed over. */
static size_t
decode(const unsigned char *s, uint32_t *ret)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    size_t len = s[0] < 0x80       ? 1
                 : s[0] >> 5 == 6  ? 2
                 : s[0] >> 4 == 14 ? 3
                 : s[0] >> 3 == 30 ? 4
                                   : 0;
    uint32_t c = len == 1 ? s[0] : s[0] & (0x7Fu >> len);

    if (len == 0)
        return 0;
    for (size_t i = 1; i < len; i++) {
        if (s[i] >> 6 != 2)
            return 0;
        c = c << 6 | (s[i] & 0x3Fu);
    }
    if (c < least[len] || c > 0x10FFFF)
        return 0;
    *ret = c;
    return len;
}

char *
plain_text(const char *text)
{
    const unsigned char *s = (const unsigned char *)(text != NULL ? text : "");
    const size_t room = strlen((const char *)s) * SPELLED + 1;
    char *out = malloc(room);
    size_t at = 0, row = 0;

    if (out == NULL)
        return NULL;
    while (*s != '\0') {
        uint32_t c = *s;
        const size_t len = decode(s, &c);

        row = len > 0 && IN(marks, c) ? row + 1 : 0;
        if (len == 0)
            at += (size_t)snprintf(out + at, room - at, "\\x%02X", *s);
        else if (c == ' ' || !IN(hidden, c)) {
            if (row <= MARKS_IN_A_ROW) {
                memcpy(out + at, s, len);
                at += len;
            }
        } else
            at += (size_t)snprintf(out + at, room - at, "\\u{%04X}", c);
        s += len > 0 ? len : 1;
    }
    out[at] = '\0';
    return out;
}

size_t
plain_width(const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t width = 0;

    while (*s != '\0') {
        uint32_t c = *s;
        const size_t len = decode(s, &c);

        if (len == 0 || !IN(marks, c))
            width += len > 0 && IN(wide, c) ? 2 : 1;
        s += len > 0 ? len : 1;
    }
    return width;
}
