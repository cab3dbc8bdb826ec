#include "tui/surface.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "client/plain.h"
#include "lib/own.h"

bool
tui_surface_init(struct tui_surface *s, int rows, int cols, bool ascii)
{
    *s = (struct tui_surface){ .rows = rows, .cols = cols, .ascii = ascii };
    s->cells = calloc((size_t)rows * (size_t)cols + 1, sizeof *s->cells);
    if (s->cells == NULL)
        return false;
    tui_surface_clear(s);
    return true;
}

void
tui_surface_done(struct tui_surface *s)
{
    free(s->cells);
    s->cells = NULL;
}

void
tui_surface_clear(struct tui_surface *s)
{
    for (int i = 0; i < s->rows * s->cols; i++)
        s->cells[i] = (struct tui_cell){ { L' ' }, ST_PLAIN };
}

static bool
all_ascii(const char *text)
{
    for (; *text != '\0'; text++)
        if (*text < 0x20 || *text > 0x7e)
            return false;
    return true;
}

/* One code point of text that plain_text() made, so it is well-formed. */
static const char *
next_point(const char *text, uint32_t *ret)
{
    const unsigned char *s = (const unsigned char *)text;
    int more = *s < 0x80 ? 0 : *s < 0xe0 ? 1 : *s < 0xf0 ? 2 : 3;
    uint32_t c = more == 0 ? *s : *s & (0x3Fu >> more);

    for (int i = 1; i <= more; i++)
        c = c << 6 | (s[i] & 0x3Fu);
    *ret = c;
    return text + more + 1;
}

/* The columns of one code point: 0 for a mark, which goes on what is before it. */
static int
point_width(const char *from, const char *to)
{
    char one[8] = "";

    memcpy(one, from, (size_t)(to - from));
    return (int)plain_width(one);
}

struct pen {
    struct tui_cell *line; /* NULL: only measure */
    int width, used;
    bool full;
};

static void
pen_put(struct pen *p, wchar_t ch, int cells, enum tui_style style)
{
    if (p->full)
        return;
    if (p->used + cells > p->width) {
        p->full = true;
        if (p->line != NULL && p->width > 0) {
            const int at = p->used < p->width ? p->used : p->width - 1;

            if (p->line[at].ch[0] == 0 && at > 0)
                p->line[at - 1] = (struct tui_cell){ { L' ' }, style };
            p->line[at] = (struct tui_cell){ { L'~' }, ST_DIM };
        }
        p->used = p->width;
        return;
    }
    if (p->line != NULL && cells == 0) {
        int at = p->used - 1;

        while (at > 0 && p->line[at].ch[0] == 0)
            at--;
        if (at >= 0)
            p->line[at].ch[p->line[at].ch[1] == 0 ? 1 : 2] = ch;
    } else if (p->line != NULL) {
        p->line[p->used] = (struct tui_cell){ { ch }, style };
        if (cells == 2)
            p->line[p->used + 1] = (struct tui_cell){ { 0 }, style };
    }
    p->used += cells;
}

/* The length of "\u{202E}" or "\x1B" at text, or 0. */
static size_t
spelled(const char *text)
{
    if (text[0] != '\\')
        return 0;
    if (text[1] == 'x')
        return text[2] != '\0' && text[3] != '\0' ? 4 : 0;
    if (text[1] == 'u' && text[2] == '{' && strchr(text, '}') != NULL &&
        strchr(text, '}') - text <= 9)
        return (size_t)(strchr(text, '}') - text) + 1;
    return 0;
}

static void
pen_write(struct pen *p, bool ascii, enum tui_style style, const char *plain)
{
    size_t loud = 0;

    while (*plain != '\0' && !p->full) {
        uint32_t c;
        const char *after = next_point(plain, &c);

        if (loud == 0)
            loud = spelled(plain);
        if (ascii && c > 0x7e) {
            char text[16];

            (void)snprintf(text, sizeof text, "\\u{%04X}", c);
            for (const char *t = text; *t != '\0'; t++)
                pen_put(p, (wchar_t)*t, 1, ST_BAD);
        } else {
            pen_put(p, (wchar_t)c, c < 0x80 ? 1 : point_width(plain, after),
                    loud > 0 ? ST_BAD : style);
        }
        loud -= loud > 0;
        plain = after;
    }
}

static int
write_text(struct tui_cell *line, bool ascii, int width, enum tui_style style, const char *utf8)
{
    struct pen pen = { .line = line, .width = width };

    if (all_ascii(utf8)) {
        pen_write(&pen, ascii, style, utf8);
    } else {
        PLUMB_AUTO(auto_free) char *plain = plain_text(utf8);

        pen_write(&pen, ascii, style, plain != NULL ? plain : "?");
    }
    return pen.used;
}

int
tui_text(struct tui_surface *s, int row, int col, int width, enum tui_style style,
         const char *utf8)
{
    if (row < 0 || row >= s->rows || col < 0 || col >= s->cols || width <= 0)
        return 0;
    return write_text(&s->cells[row * s->cols + col], s->ascii,
                      width < s->cols - col ? width : s->cols - col, style, utf8);
}

int
tui_textf(struct tui_surface *s, int row, int col, int width, enum tui_style style,
          const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return tui_text(s, row, col, width, style, text);
}

int
tui_width(bool ascii, const char *utf8)
{
    return write_text(NULL, ascii, 1 << 20, ST_PLAIN, utf8);
}

size_t
tui_fit(bool ascii, const char *plain, int width)
{
    const char *at = plain;
    int used = 0;

    while (*at != '\0') {
        uint32_t c;
        const char *after = next_point(at, &c);

        used += c <= 0x7e ? 1 : ascii ? (c > 0xFFFF ? 9 : 8) : point_width(at, after);
        if (used > width && at > plain)
            break;
        at = after;
    }
    return (size_t)(at - plain);
}

void
tui_restyle(struct tui_surface *s, int row, int col, int width, enum tui_style style)
{
    for (int i = col; row >= 0 && row < s->rows && i < s->cols && i < col + width; i++) {
        struct tui_cell *cell = &s->cells[row * s->cols + i];

        if (cell->style != ST_BAD && cell->style != ST_WARN)
            cell->style = style;
    }
}

void
tui_put(struct tui_surface *s, int row, int col, enum tui_style style, enum tui_glyph glyph)
{
    static const wchar_t signs[][2] = {
#define X(name, unicode, ascii) { unicode, ascii },
        TUI_GLYPHS(X)
#undef X
    };

    if (row >= 0 && row < s->rows && col >= 0 && col < s->cols)
        s->cells[row * s->cols + col] =
            (struct tui_cell){ { signs[glyph][s->ascii ? 1 : 0] }, style };
}

void
tui_rule(struct tui_surface *s, int row, int col, int width, enum tui_style style,
         enum tui_glyph glyph)
{
    for (int i = 0; i < width; i++)
        tui_put(s, row, col + i, style, glyph);
}

static void
dump_char(wchar_t c, FILE *out)
{
    const uint32_t u = (uint32_t)c;

    if (u < 0x80)
        (void)fputc((int)u, out);
    else if (u < 0x800)
        (void)fprintf(out, "%c%c", (int)(0xC0 | u >> 6), (int)(0x80 | (u & 0x3F)));
    else if (u < 0x10000)
        (void)fprintf(out, "%c%c%c", (int)(0xE0 | u >> 12), (int)(0x80 | (u >> 6 & 0x3F)),
                      (int)(0x80 | (u & 0x3F)));
    else
        (void)fprintf(out, "%c%c%c%c", (int)(0xF0 | u >> 18), (int)(0x80 | (u >> 12 & 0x3F)),
                      (int)(0x80 | (u >> 6 & 0x3F)), (int)(0x80 | (u & 0x3F)));
}

void
tui_surface_dump(const struct tui_surface *s, FILE *out)
{
    for (int r = 0; r < s->rows; r++) {
        const struct tui_cell *line = &s->cells[r * s->cols];
        int end = s->cols;

        while (end > 0 && line[end - 1].ch[0] == L' ')
            end--;
        for (int c = 0; c < end; c++)
            for (int i = 0; i < 3 && line[c].ch[i] != 0; i++)
                dump_char(line[c].ch[i], out);
        (void)fputc('\n', out);
    }
}
