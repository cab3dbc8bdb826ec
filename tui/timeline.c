/* A version's window as a line of characters: since when, until when, and where now is. */
#include "client/when.h"
#include "tui/screens.h"

#define LEAST (2 * 3600)   /* a line shows so much of what is ahead at least */
#define MOST  (60 * 86400) /* and at most */

static plumb_time
later(plumb_time a, plumb_time b)
{
    return b != PLUMB_TIME_NEVER && b > a ? b : a;
}

struct tui_span
tui_timeline_span(const struct tui_fleet *fleet, plumb_time now)
{
    plumb_time last = now + LEAST;
    int64_t ahead;

    for (size_t i = 0; i < fleet->n; i++)
        for (size_t k = 0; k < fleet->payloads[i].n; k++) {
            const struct tui_version *v = &fleet->payloads[i].versions[k];

            last = later(later(last, v->not_after), v->deadline);
        }
    ahead = last - now < MOST ? last - now : MOST;
    ahead += ahead / 8; /* the last date does not stand on the edge */
    return (struct tui_span){ now - ahead * 2 / 3, now + ahead };
}

/* The column of t, -1 before the line, width after it. */
static int
column(struct tui_span span, plumb_time t, int width)
{
    if (t < span.from)
        return -1;
    if (t >= span.to)
        return width;
    return (int)((t - span.from) * width / (span.to - span.from));
}

void
tui_timeline_axis(struct tui_surface *s, int row, int col, int width, struct tui_span span,
                  plumb_time now)
{
    char from[WHEN_TEXT], to[WHEN_TEXT];
    const int at = column(span, now, width);
    int len;

    when_text(span.from, now, from);
    when_text(span.to, now, to);
    len = tui_width(true, to);
    tui_rule(s, row, col, width, ST_DIM, GLYPH_RULE);
    if (width > 3 * len + 12) {
        (void)tui_textf(s, row, col, len + 1, ST_DIM, "%s ", from);
        (void)tui_textf(s, row, col + width - len - 1, len + 1, ST_DIM, " %s", to);
    }
    (void)tui_text(s, row, col + at - 1, 3, ST_KEY, "now");
}

void
tui_timeline_draw(struct tui_surface *s, int row, int col, int width, struct tui_span span,
                  const struct tui_version *v, plumb_time now)
{
    const plumb_time until = v->not_after;
    int from = column(span, v->not_before, width), at = column(span, now, width);
    int to = until == PLUMB_TIME_NEVER ? width : column(span, until, width);
    const int due = v->deadline == PLUMB_TIME_NEVER ? width : column(span, v->deadline, width);
    const enum tui_style style = v->check == TUI_CHECKED ? ST_GOOD : ST_BAD;

    for (int c = from < 0 ? 0 : from; c < to && c < width; c++)
        tui_put(s, row, col + c, style, GLYPH_LINE);
    /* past its deadline and still open */
    for (int c = due < 0 ? 0 : due; due < at && c < at; c++)
        tui_put(s, row, col + c, ST_WARN, GLYPH_OVER);
    tui_put(s, row, col + at, ST_KEY, from <= at && at < to ? GLYPH_NOW_ON : GLYPH_NOW);
    if (from < 0)
        tui_put(s, row, col, style, GLYPH_EARLIER);
    else if (from < width && from != at)
        tui_put(s, row, col + from, style, GLYPH_FROM);
    if (to >= width)
        tui_put(s, row, col + width - 1, style, GLYPH_EVER);
    else if (to >= 0 && to != at)
        tui_put(s, row, col + to, ST_WARN, GLYPH_UNTIL);
    if (due >= 0 && due < width && due != at)
        tui_put(s, row, col + due, ST_WARN, GLYPH_DEADLINE);
}
