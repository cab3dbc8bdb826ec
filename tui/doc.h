/*
 * tui/doc.h - a page of text: headings, labelled fields, digests in groups of eight,
 * differences with the values above one another; laid out for a width, drawn from a line on.
 * Text is taken as hostile.
 */
#ifndef TUI_DOC_H
#define TUI_DOC_H

#include "tui/model.h"
#include "tui/surface.h"

struct tui_block;
struct tui_line;

/* {0} is an empty page. What did not fit in memory is left out, and oom says so. */
struct tui_doc {
    struct tui_block *blocks;
    size_t nblocks;
    struct tui_line *lines; /* laid out for cols */
    size_t nlines, room;
    int cols;
    bool ascii, oom;
};
void tui_doc_clear(struct tui_doc *d);

void tui_doc_head(struct tui_doc *d, const char *text);
/* "Label      text", words wrapped under one another. label "" goes on below the one before;
 * one that is too long for its column has lines of its own. */
void tui_doc_field(struct tui_doc *d, const char *label, enum tui_style style,
                   const char *text);
__attribute__((format(printf, 4, 5))) void tui_doc_fieldf(struct tui_doc *d, const char *label,
                                                          enum tui_style style,
                                                          const char *format, ...);
/* A digest, whole: in groups of eight digits, never cut. */
void tui_doc_digest(struct tui_doc *d, const char *label, const char *hex);
/* The same as members of a list: indented, with room for longer names. */
void tui_doc_item(struct tui_doc *d, const char *label, enum tui_style style, const char *text);
__attribute__((format(printf, 4, 5))) void tui_doc_itemf(struct tui_doc *d, const char *label,
                                                         enum tui_style style,
                                                         const char *format, ...);
void tui_doc_item_digest(struct tui_doc *d, const char *label, const char *hex);
void tui_doc_change(struct tui_doc *d, const struct tui_change *c);
/* Lines as they are; long ones go on in the next. */
void tui_doc_raw(struct tui_doc *d, const char *text);
void tui_doc_blank(struct tui_doc *d);

/* Lay out for this width, unless it is already; returns the number of lines. */
size_t tui_doc_layout(struct tui_doc *d, int cols, bool ascii);
/* Lines first.. into rows of the surface. */
void tui_doc_draw(const struct tui_doc *d, struct tui_surface *s, int top, int rows,
                  size_t first);
/* The line of the next heading after line, or the first one; of a heading by its name; line
 * itself when there is none. Of a page that is laid out. */
size_t tui_doc_next(const struct tui_doc *d, size_t line);
size_t tui_doc_find(const struct tui_doc *d, const char *heading, size_t line);

/* Where in a page a line is, so that it is found again when the page is told anew: so many lines
 * below a heading, laid out for the same width. */
struct tui_place {
    char heading[40];
    size_t below;
    int cols;
    bool ascii;
};
struct tui_place tui_doc_place(const struct tui_doc *d, size_t line);
size_t tui_doc_line(struct tui_doc *d, const struct tui_place *place);

#endif
