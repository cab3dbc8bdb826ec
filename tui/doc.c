#include "tui/doc_block.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "client/plain.h"
#include "lib/own.h"

void
tui_doc_drop(struct tui_doc *d)
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
    tui_doc_drop(d);
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
tui_doc_item(struct tui_doc *d, const char *label, enum tui_style style, const char *text)
{
    add(d, &(struct tui_block){ .kind = FIELD,
                                .style = style,
                                .item = true,
                                .label = BORROW(label),
                                .text = BORROW(text) });
}

typedef void field_fn(struct tui_doc *d, const char *label, enum tui_style style,
                      const char *text);

static void
formatted(struct tui_doc *d, field_fn *field, const char *label, enum tui_style style,
          const char *format, va_list args)
{
    PLUMB_AUTO(auto_free) char *text = NULL;

    if (vasprintf(&text, format, args) < 0) {
        text = NULL;
        d->oom = true;
        return;
    }
    field(d, label, style, text);
}

void
tui_doc_fieldf(struct tui_doc *d, const char *label, enum tui_style style, const char *format,
               ...)
{
    va_list args;

    va_start(args, format);
    formatted(d, tui_doc_field, label, style, format, args);
    va_end(args);
}

void
tui_doc_itemf(struct tui_doc *d, const char *label, enum tui_style style, const char *format,
              ...)
{
    va_list args;

    va_start(args, format);
    formatted(d, tui_doc_item, label, style, format, args);
    va_end(args);
}

void
tui_doc_digest(struct tui_doc *d, const char *label, const char *hex)
{
    add(d, &(struct tui_block){ .kind = DIGEST, .label = BORROW(label), .text = BORROW(hex) });
}

void
tui_doc_item_digest(struct tui_doc *d, const char *label, const char *hex)
{
    add(d, &(struct tui_block){
               .kind = DIGEST, .item = true, .label = BORROW(label), .text = BORROW(hex) });
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

struct tui_place
tui_doc_place(const struct tui_doc *d, size_t line)
{
    struct tui_place place = { .below = line, .cols = d->cols, .ascii = d->ascii };

    for (size_t i = line + 1; i-- > 0 && i < d->nlines;)
        if (d->lines[i].head != NULL) {
            (void)snprintf(place.heading, sizeof place.heading, "%s", d->lines[i].head->text);
            place.below = line - i;
            break;
        }
    return place;
}

size_t
tui_doc_line(struct tui_doc *d, const struct tui_place *place)
{
    if (place->cols == 0)
        return 0; /* it was not seen yet */
    (void)tui_doc_layout(d, place->cols, place->ascii);
    return place->heading[0] != '\0' ? tui_doc_find(d, place->heading, 0) + place->below
                                     : place->below;
}
