#include "tui/doc.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "client/plain.h"
#include "lib/own.h"

#define LABEL      14 /* columns of labels */
#define GROUP      8  /* digits */
#define HEX_LEAST  16 /* from so many digits on a value is shown in groups */
#define RAW_INDENT 2

struct tui_block {
    enum { HEAD, FIELD, DIGEST, CHANGE, RAW, BLANK } kind;
    enum tui_style style;
    int how; /* CHANGE */
    char *label, *text, *before;
};

struct segment {
    int col;
    enum tui_style style;
    char *text; /* owned, or NULL */
};
struct tui_line {
    struct segment segments[3];
    const struct tui_block *head; /* of which this is the heading's line */
    bool rule;                    /* the rest of the line is ruled */
};

static void
drop_lines(struct tui_doc *d)
{
    for (size_t i = 0; i < d->nlines; i++)
        for (size_t k = 0; k < 3; k++)
            free(d->lines[i].segments[k].text);
    free(d->lines);
    d->lines = NULL;
    d->nlines = d->room = 0;
    d->cols = 0;
}

void
tui_doc_clear(struct tui_doc *d)
{
    drop_lines(d);
    for (size_t i = 0; i < d->nblocks; i++) {
        free(d->blocks[i].label);
        free(d->blocks[i].text);
        free(d->blocks[i].before);
    }
    free(d->blocks);
    *d = (struct tui_doc){ .blocks = NULL };
}

/* NULL when text is NULL, and when out of memory. */
static char *
plain_or_null(struct tui_doc *d, const char *text)
{
    char *plain = text != NULL ? plain_text(text) : NULL;

    d->oom |= text != NULL && plain == NULL;
    return plain;
}

static void
add(struct tui_doc *d, const struct tui_block *block)
{
    struct tui_block *more = d->blocks;
    struct tui_block *b;

    if ((d->nblocks & (d->nblocks + 1)) == 0) /* full at 2^k - 1 */
        more = realloc(d->blocks, (2 * d->nblocks + 2) * sizeof *more);
    if (more == NULL) {
        d->oom = true;
        return;
    }
    d->blocks = more;
    b = &d->blocks[d->nblocks++];
    *b = *block;
    b->label = plain_or_null(d, block->label);
    b->before = plain_or_null(d, block->before);
    if (block->kind == RAW) { /* line feeds are its own */
        b->text = block->text != NULL ? strdup(block->text) : NULL;
        d->oom |= b->text == NULL;
    } else
        b->text = plain_or_null(d, block->text);
    d->cols = 0;
}

#define BORROW(text) ((char *)(uintptr_t)(text))

void
tui_doc_head(struct tui_doc *d, const char *text)
{
    add(d, &(struct tui_block){ .kind = HEAD, .style = ST_HEAD, .text = BORROW(text) });
}

void
tui_doc_field(struct tui_doc *d, const char *label, enum tui_style style, const char *text)
{
    add(d, &(struct tui_block){
               .kind = FIELD, .style = style, .label = BORROW(label), .text = BORROW(text) });
}

void
tui_doc_fieldf(struct tui_doc *d, const char *label, enum tui_style style, const char *format,
               ...)
{
    PLUMB_AUTO(auto_free) char *text = NULL;
    va_list args;
    int len;

    va_start(args, format);
    len = vasprintf(&text, format, args);
    va_end(args);
    if (len < 0) {
        text = NULL;
        d->oom = true;
        return;
    }
    tui_doc_field(d, label, style, text);
}

void
tui_doc_digest(struct tui_doc *d, const char *label, const char *hex)
{
    add(d, &(struct tui_block){ .kind = DIGEST, .label = BORROW(label), .text = BORROW(hex) });
}

void
tui_doc_change(struct tui_doc *d, const struct tui_change *c)
{
    add(d, &(struct tui_block){ .kind = CHANGE,
                                .how = (int)c->how,
                                .label = c->name,
                                .text = c->after,
                                .before = c->before });
}

void
tui_doc_raw(struct tui_doc *d, const char *text)
{
    add(d, &(struct tui_block){ .kind = RAW, .text = BORROW(text) });
}

void
tui_doc_blank(struct tui_doc *d)
{
    add(d, &(struct tui_block){ .kind = BLANK });
}

/* --- layout --- */

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
    line->segments[which] = (struct segment){ col, style, strndup(text, len) };
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

static void
lay_field(struct tui_doc *d, const struct tui_block *b)
{
    struct tui_line *line = new_line(d);

    segment(d, line, 0, 0, ST_DIM, b->label, strlen(b->label));
    wrapped(d, line, LABEL, b->style, b->text);
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
    const size_t row = groups(d->cols - LABEL) * GROUP, len = strlen(b->text);
    char text[ROW_TEXT];

    for (size_t at = 0; at < len || at == 0; at += row) {
        struct tui_line *line = new_line(d);

        if (at == 0)
            segment(d, line, 0, 0, ST_DIM, b->label, strlen(b->label));
        grouped(b->text, at, at + row, text);
        segment(d, line, 1, LABEL, ST_PLAIN, text, strlen(text));
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

static void
lay(struct tui_doc *d, const struct tui_block *b)
{
    struct tui_line *line;

    if (b->kind != BLANK && b->text == NULL && b->before == NULL && b->label == NULL)
        return; /* no memory: oom says so */
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
    drop_lines(d);
    d->cols = cols;
    d->ascii = ascii;
    for (size_t i = 0; i < d->nblocks; i++)
        lay(d, &d->blocks[i]);
    if (d->oom)
        segment(d, new_line(d), 0, 0, ST_BAD, "Out of memory: this page is not whole", 37);
    return d->nlines;
}

void
tui_doc_draw(const struct tui_doc *d, struct tui_surface *s, int top, int rows, size_t first)
{
    for (int r = 0; r < rows && first + (size_t)r < d->nlines; r++) {
        const struct tui_line *line = &d->lines[first + (size_t)r];
        int used = 0;

        for (size_t k = 0; k < 3; k++)
            if (line->segments[k].text != NULL)
                used = line->segments[k].col + tui_text(s, top + r, line->segments[k].col,
                                                        s->cols, line->segments[k].style,
                                                        line->segments[k].text);
        if (line->rule)
            tui_rule(s, top + r, used + 1, s->cols - used - 1, ST_DIM, GLYPH_RULE);
    }
}

size_t
tui_doc_next(const struct tui_doc *d, size_t line)
{
    for (size_t i = line + 1; i < d->nlines; i++)
        if (d->lines[i].head != NULL)
            return i;
    return 0;
}

size_t
tui_doc_find(const struct tui_doc *d, const char *heading, size_t line)
{
    for (size_t i = 0; i < d->nlines; i++)
        if (d->lines[i].head != NULL && strcmp(d->lines[i].head->text, heading) == 0)
            return i;
    return line;
}
