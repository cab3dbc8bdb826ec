/*
 * tui/surface.h - a grid of cells that screens draw on. It knows nothing of terminals, so a
 * test can draw a screen and compare it with a text file.
 */
#ifndef TUI_SURFACE_H
#define TUI_SURFACE_H

#include <stdbool.h>
#include <stdio.h>
#include <wchar.h>

/* What a cell means, not how it looks: term.c owns colours, and their absence. */
enum tui_style {
    ST_PLAIN,
    ST_BAR,     /* the title */
    ST_CURSOR,  /* the line under the cursor */
    ST_HEAD,    /* headings */
    ST_KEY,     /* what can be pressed; what is asked */
    ST_GOOD,    /* verified, done */
    ST_BAD,     /* not verified, refused, spelled out */
    ST_WARN,    /* a date that passes, a server that is away */
    ST_DIM,     /* less important */
    ST_ADDED,   /* in a difference */
    ST_REMOVED, /* in a difference */
    ST_COUNT
};

struct tui_cell {
    wchar_t ch[3]; /* a character and the marks on it; 0 behind the left half of a wide one */
    enum tui_style style;
};

struct tui_surface {
    int rows, cols;
    bool ascii; /* the terminal cannot show more than ASCII */
    struct tui_cell *cells;
};

/* False when out of memory. */
bool tui_surface_init(struct tui_surface *s, int rows, int cols, bool ascii);
void tui_surface_done(struct tui_surface *s);
void tui_surface_clear(struct tui_surface *s);

/*
 * Draw UTF-8 text at row, col, clipped to width columns; returns the columns used. The text is
 * taken as hostile: whatever is not plainly visible is spelled out by client/plain.h, and on an
 * ASCII terminal all that is no ASCII. Text that does not fit ends in '~'.
 */
int tui_text(struct tui_surface *s, int row, int col, int width, enum tui_style style,
             const char *utf8);
__attribute__((format(printf, 6, 7))) int tui_textf(struct tui_surface *s, int row, int col,
                                                    int width, enum tui_style style,
                                                    const char *format, ...);
/* How many columns tui_text would need. */
int tui_width(bool ascii, const char *utf8);
/* Of text that client/plain.h made: how many of its bytes fit into width columns, one character
 * at least. */
size_t tui_fit(bool ascii, const char *plain, int width);

/* Give width cells of a row another style, keeping what they show; warnings stay as they are.
 */
void tui_restyle(struct tui_surface *s, int row, int col, int width, enum tui_style style);

/* Our own signs: in Unicode, and in ASCII. */
/* clang-format off */
#define TUI_GLYPHS(X)               \
    X(CURSOR, L'\u203A', L'>')      \
    X(CHECKED, L'\u2713', L'+')     \
    X(FAILED, L'!', L'!')           \
    X(UNCHECKED, L'\u00B7', L'.')   \
    X(MINE, L'*', L'*')             \
    X(RULE, L'\u2500', L'-')        \
    X(LINE, L'\u2501', L'=')        \
    X(FROM, L'\u251D', L'[')        \
    X(UNTIL, L'\u2525', L']')       \
    X(EVER, L'\u25B8', L'>')        \
    X(NOW, L'\u2502', L'|')         \
    X(NOW_ON, L'\u253F', L'#')      \
    X(DEADLINE, L'\u25C6', L'D')    \
    X(OVER, L'\u254D', L'~')        \
    X(EARLIER, L'\u25C2', L'<')     \
    X(DIFFERS, L'\u203E', L'^')     \
    X(MORE, L'\u2026', L'~')
/* clang-format on */
enum tui_glyph {
#define X(name, unicode, ascii) GLYPH_##name,
    TUI_GLYPHS(X)
#undef X
};
void tui_put(struct tui_surface *s, int row, int col, enum tui_style style,
             enum tui_glyph glyph);
void tui_rule(struct tui_surface *s, int row, int col, int width, enum tui_style style,
              enum tui_glyph glyph);

/* What a person would see, a line for each row, blanks at the end cut. */
void tui_surface_dump(const struct tui_surface *s, FILE *out);

#endif
