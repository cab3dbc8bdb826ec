/* tui/doc_block.h - what a page is made of, for doc.c, which builds and draws it, and
 * doc_lay.c, which lays it out. */
#ifndef TUI_DOC_BLOCK_H
#define TUI_DOC_BLOCK_H

#include "tui/doc.h"

struct tui_block {
    enum { HEAD, FIELD, DIGEST, CHANGE, RAW, BLANK } kind;
    enum tui_style style;
    int how;   /* CHANGE */
    bool item; /* FIELD, DIGEST: of a list */
    char *label, *text, *before;
};

struct tui_segment {
    int col;
    enum tui_style style;
    char *text; /* owned, or NULL */
};
struct tui_line {
    struct tui_segment segments[3];
    const struct tui_block *head; /* of which this is the heading's line */
    bool rule;                    /* the rest of the line is ruled */
};

/* Nothing is laid out any more. */
void tui_doc_drop(struct tui_doc *d);

#endif
