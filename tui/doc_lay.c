/* Blocks of a page into lines of a width. */
#include "tui/doc_block.h"

#include <stdlib.h>
#include <string.h>

#include "client/plain.h"
#include "lib/own.h"

#define LABEL      14 /* columns of labels */
#define ITEM       2  /* where those of items begin */
#define ITEM_TEXT  22 /* and their texts, */
#define NARROW     64 /* but on pages narrower than this under them: */
#define UNDER      6
#define GROUP      8  /* digits */
#define HEX_LEAST  16 /* from so many digits on a value is shown in groups */
#define RAW_INDENT 2

/* NULL when out of memory: nothing is written to it then. */
static struct tui_line *
new_line(struct tui_doc *d)
{
    if (d->nlines == d->room) {
        size_t room = d->room == 0 ? 64 : d->room * 2;
        struct tui_line *more = realloc(d->lines, room * sizeof *more);

        if (more == NULL) {
            d->oom = true;
            return NULL;
        }
        d->lines = more;
        d->room = room;
    }
    d->lines[d->nlines] = (struct tui_line){ .head = NULL };
    return &d->lines[d->nlines++];
}

static void
segment(struct tui_doc *d, struct tui_line *line, int which, int col, enum tui_style style,
        const char *text, size_t len)
{
    if (line == NULL)
        return;
    line->segments[which] = (struct tui_segment){ col, style, strndup(text, len) };
    d->oom |= line->segments[which].text == NULL;
}

/* How much of text goes on this line: up to a blank where there is one. */
static size_t
wrap(bool ascii, const char *text, int width)
{
    size_t fits = tui_fit(ascii, text, width), at = fits;

    if (text[fits] == '\0' || text[fits] == ' ')
        return fits;
    while (at > 0 && text[at - 1] != ' ')
        at--;
    return at > 0 ? at : fits;
}

/* Text wrapped from col on; the first line is given, where there is one. */
static void
wrapped(struct tui_doc *d, struct tui_line *line, int col, enum tui_style style,
        const char *text)
{
    const int width = d->cols - col > 8 ? d->cols - col : 8;

    do {
        size_t n = wrap(d->ascii, text, width);

        if (line == NULL)
            line = new_line(d);
        segment(d, line, 1, col, style, text, n);
        line = NULL;
        text += n;
        text += strspn(text, " ");
    } while (*text != '\0');
}

/* Where the text of a field or digest begins. */
static int
text_column(const struct tui_doc *d, const struct tui_block *b)
{
    return !b->item ? LABEL : d->cols < NARROW ? UNDER : ITEM_TEXT;
}

/* The label, and the line that the text begins on: NULL is a new one. */
static struct tui_line *
lay_label(struct tui_doc *d, const struct tui_block *b)
{
    const int col = b->item ? ITEM : 0, room = text_column(d, b) - col;
    const enum tui_style style = b->item ? ST_PLAIN : ST_DIM;
    struct tui_line *line;

    if (tui_width(d->ascii, b->label) >= room) {
        wrapped(d, NULL, col, style, b->label);
        return NULL;
    }
    line = new_line(d);
    segment(d, line, 0, col, style, b->label, strlen(b->label));
    return line;
}

static void
lay_field(struct tui_doc *d, const struct tui_block *b)
{
    wrapped(d, lay_label(d, b), text_column(d, b), b->style, b->text);
}

/* As many groups as fit: 8, 4, 2 or 1. */
static size_t
groups(int width)
{
    size_t n = 8;

    while (n > 1 && (int)(n * (GROUP + 1) - 1) > width)
        n /= 2;
    return n;
}

/* Part of hex, digits from..to, in groups of eight; ret holds 9 for each 8. */
static void
grouped(const char *hex, size_t from, size_t to, char *ret)
{
    size_t at = 0;

    for (size_t i = from; i < to && hex[i] != '\0'; i++) {
        if (i > from && (i - from) % GROUP == 0)
            ret[at++] = ' ';
        ret[at++] = hex[i];
    }
    ret[at] = '\0';
}

#define ROW_TEXT (8 * (GROUP + 1) + 1)

static void
lay_digest(struct tui_doc *d, const struct tui_block *b)
{
    const int col = text_column(d, b);
    const size_t row = groups(d->cols - col) * GROUP, len = strlen(b->text);
    struct tui_line *line = lay_label(d, b);
    char text[ROW_TEXT];

    for (size_t at = 0; at < len || at == 0; at += row) {
        if (line == NULL)
            line = new_line(d);
        grouped(b->text, at, at + row, text);
        segment(d, line, 1, col, ST_PLAIN, text, strlen(text));
        line = NULL;
    }
}

static bool
is_hex(const char *text)
{
    return text == NULL ||
           (strlen(text) >= HEX_LEAST && strspn(text, "0123456789abcdef") == strlen(text));
}

static void
change_row(struct tui_doc *d, struct tui_line *line, char sign, const char *text,
           enum tui_style style)
{
    const char mark[3] = { sign, ' ', '\0' };

    segment(d, line, 1, LABEL, style, mark, 2);
    segment(d, line, 2, LABEL + 2, style, text, strlen(text));
}

/* A row of signs under the digits that differ. */
static void
differ_row(struct tui_doc *d, const char *before, const char *after)
{
    char signs[ROW_TEXT];
    size_t i;

    for (i = 0; before[i] != '\0' || after[i] != '\0'; i++) {
        signs[i] = before[i] == after[i] ? ' ' : '^';
        if (before[i] == '\0' || after[i] == '\0') {
            memset(signs + i, '^', strlen(before + i) + strlen(after + i));
            i += strlen(before + i) + strlen(after + i);
            break;
        }
    }
    signs[i] = '\0';
    segment(d, new_line(d), 2, LABEL + 2, ST_WARN, signs, strlen(signs));
}

/* Before above after, the same digits in the same column. */
static void
lay_hex_change(struct tui_doc *d, const struct tui_block *b)
{
    const size_t row = groups(d->cols - LABEL - 2) * GROUP;
    const size_t nb = b->before != NULL ? strlen(b->before) : 0,
                 na = b->text != NULL ? strlen(b->text) : 0, n = nb > na ? nb : na;
    char before[ROW_TEXT], after[ROW_TEXT];

    for (size_t at = 0; at < n; at += row) {
        struct tui_line *line = new_line(d);

        grouped(nb > at ? b->before : "", at < nb ? at : 0, at + row, before);
        grouped(na > at ? b->text : "", at < na ? at : 0, at + row, after);
        if (at == 0)
            segment(d, line, 0, 2, ST_PLAIN, b->label, tui_fit(d->ascii, b->label, LABEL - 3));
        if (b->before != NULL && b->text != NULL && strcmp(before, after) == 0) {
            change_row(d, line, ' ', after, ST_PLAIN);
            continue;
        }
        if (before[0] != '\0') {
            change_row(d, line, '-', before, ST_REMOVED);
            if (after[0] != '\0')
                line = new_line(d);
        }
        if (after[0] != '\0')
            change_row(d, line, '+', after, ST_ADDED);
        if (b->before != NULL && b->text != NULL)
            differ_row(d, before, after);
    }
}

static void
lay_text_change(struct tui_doc *d, const struct tui_block *b, struct tui_line *line)
{
    const struct {
        const char *text;
        char sign;
        enum tui_style style;
    } sides[] = { { b->before, '-', ST_REMOVED }, { b->text, '+', ST_ADDED } };

    for (size_t i = 0; i < 2; i++) {
        const bool same = b->how == TUI_SAME;
        const char sign[2] = { same ? ' ' : sides[i].sign, '\0' };
        size_t first;

        if (sides[i].text == NULL || (same && i == 0))
            continue;
        if (line == NULL)
            line = new_line(d);
        first = d->nlines - 1;
        wrapped(d, line, LABEL + 2, same ? ST_PLAIN : sides[i].style, sides[i].text);
        if (first < d->nlines)
            segment(d, &d->lines[first], 2, LABEL, same ? ST_PLAIN : sides[i].style, sign, 1);
        line = NULL;
    }
}

static void
lay_change(struct tui_doc *d, const struct tui_block *b)
{
    struct tui_line *line;

    if (b->how == TUI_SET) {
        wrapped(d, NULL, 0, ST_HEAD, b->label);
        return;
    }
    if (is_hex(b->before) && is_hex(b->text)) {
        lay_hex_change(d, b);
        return;
    }
    if (tui_width(d->ascii, b->label) >= LABEL - 2) { /* a long name has lines of its own */
        wrapped(d, NULL, 2, ST_PLAIN, b->label);
        lay_text_change(d, b, NULL);
        return;
    }
    line = new_line(d);
    segment(d, line, 0, 2, ST_PLAIN, b->label, strlen(b->label));
    lay_text_change(d, b, line);
}

static void
lay_raw(struct tui_doc *d, const struct tui_block *b)
{
    for (const char *at = b->text; *at != '\0';) {
        const size_t len = strcspn(at, "\n");
        PLUMB_AUTO(auto_free) char *copy = strndup(at, len);
        PLUMB_AUTO(auto_free) char *plain = copy != NULL ? plain_text(copy) : NULL;
        const size_t indent = strspn(plain != NULL ? plain : "", " ");
        int col = RAW_INDENT;

        d->oom |= plain == NULL;
        for (const char *p = plain != NULL ? plain : ""; *p != '\0' || p == plain;) {
            size_t n = tui_fit(d->ascii, p, d->cols - col);

            segment(d, new_line(d), 1, col, ST_PLAIN, p, n);
            p += n;
            col = RAW_INDENT + (int)(indent < 12 ? indent : 12) + 2;
            if (n == 0)
                break;
        }
        at += len;
        at += *at == '\n';
    }
}

/* Else there was no memory for a part of it: oom says so. */
static bool
is_whole(const struct tui_block *b)
{
    switch (b->kind) {
    case FIELD:
    case DIGEST:
        return b->label != NULL && b->text != NULL;
    case CHANGE:
        return b->label != NULL;
    case BLANK:
        return true;
    default:
        return b->text != NULL;
    }
}

static void
lay(struct tui_doc *d, const struct tui_block *b)
{
    struct tui_line *line;

    if (!is_whole(b))
        return;
    switch (b->kind) {
    case HEAD:
        line = new_line(d);
        segment(d, line, 0, 0, ST_HEAD, b->text, strlen(b->text));
        if (line != NULL) {
            line->head = b;
            line->rule = true;
        }
        break;
    case FIELD:
        lay_field(d, b);
        break;
    case DIGEST:
        lay_digest(d, b);
        break;
    case CHANGE:
        lay_change(d, b);
        break;
    case RAW:
        lay_raw(d, b);
        break;
    case BLANK:
        (void)new_line(d);
        break;
    }
}

size_t
tui_doc_layout(struct tui_doc *d, int cols, bool ascii)
{
    if (d->cols == cols && d->ascii == ascii)
        return d->nlines;
    tui_doc_drop(d);
    d->cols = cols;
    d->ascii = ascii;
    for (size_t i = 0; i < d->nblocks; i++)
        lay(d, &d->blocks[i]);
    if (d->oom)
        segment(d, new_line(d), 0, 0, ST_BAD, "Out of memory: this page is not whole", 37);
    return d->nlines;
}
