/* The frame around every screen: title, subtitle or banner, help, and the last line. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/when.h"
#include "tui/screens.h"

#define WIDE 84 /* from here on the title names all screens */

static void
draw_tabs(const struct tui_app *app, struct tui_surface *s)
{
    static const enum tui_screen_id tabs[] = { SCREEN_QUEUE, SCREEN_ROLLOUTS, SCREEN_FLEETS,
                                               SCREEN_HISTORY };
    int col = 1;

    for (size_t i = 0; i < sizeof tabs / sizeof tabs[0]; i++) {
        const bool here = tabs[i] == app->screen;

        col += tui_textf(s, 0, col, s->cols - col, ST_BAR, "%s%zu %s%s ", here ? "[" : " ",
                         i + 1, tui_screens[tabs[i]]->name, here ? "]" : " ");
    }
    if (app->screen > SCREEN_HISTORY)
        (void)tui_textf(s, 0, col, s->cols - col, ST_BAR, "[%s]",
                        tui_screens[app->screen]->name);
}

static void
draw_title(const struct tui_app *app, struct tui_surface *s)
{
    char who[TUI_NAME + 160] = "";
    int width;

    if (app->help)
        (void)tui_textf(s, 0, 1, s->cols - 2, ST_BAR, "Keys of: %s",
                        tui_screens[app->screen]->name);
    else if (s->cols >= WIDE)
        draw_tabs(app, s);
    else
        (void)tui_textf(s, 0, 1, s->cols - 2, ST_BAR, "[%s]", tui_screens[app->screen]->name);
    if (app->you != NULL)
        (void)snprintf(who, sizeof who, "%s%s @ %s", app->read_only ? "read-only  " : "",
                       app->you->principal, app->you->origin);
    else if (app->read_only)
        (void)snprintf(who, sizeof who, "read-only");
    width = tui_width(s->ascii, who);
    if (width + 24 > s->cols && app->you != NULL) {
        (void)snprintf(who, sizeof who, "%s%s", app->read_only ? "read-only  " : "",
                       app->you->principal);
        width = tui_width(s->ascii, who);
    }
    if (width + (s->cols >= WIDE ? 58 : 16) < s->cols)
        (void)tui_text(s, 0, s->cols - width - 1, width, ST_BAR, who);
    tui_restyle(s, 0, 0, s->cols, ST_BAR);
}

static void
draw_subtitle(const struct tui_app *app, struct tui_surface *s)
{
    char text[600] = "", clock[WHEN_TEXT], span[WHEN_TEXT];

    if (app->away && app->answered == 0) {
        (void)snprintf(text, sizeof text, "No answer from the server yet: %s", app->away_why);
    } else if (app->away) {
        when_clock(app->answered, clock);
        when_span(app->now - app->answered, span);
        (void)snprintf(text, sizeof text,
                       "No answer: shown as of %s, %s ago; no decisions meanwhile. %s", clock,
                       span, app->away_why);
    }
    if (app->away) {
        (void)tui_text(s, 1, 1, s->cols - 1, ST_WARN, text);
        return;
    }
    tui_screens[app->screen]->subtitle(app, text, sizeof text);
    (void)tui_text(s, 1, 1, s->cols - 1, ST_DIM, text);
}

static void
draw_hints(const struct tui_app *app, struct tui_surface *s, int row)
{
    const enum tui_scope scope = tui_screens[app->screen]->scope;
    const struct tui_key *help = &tui_keys[CMD_HELP];
    int room = s->cols - (int)(strlen(help->label) + strlen(help->brief) + 3), col = 1;

    for (int i = CMD_NONE + 1; i < CMD_COUNT; i++) {
        const struct tui_key *k = &tui_keys[i];
        const int need = (int)(strlen(k->label) + strlen(k->brief) + 3);

        if ((k->flags & KF_HINT) == 0 || (k->scope & scope) == 0 || k->command == CMD_HELP ||
            (app->read_only && (k->flags & KF_DECIDES) != 0) || col + need > room)
            continue;
        col += tui_text(s, row, col, s->cols - col, ST_KEY, k->label) + 1;
        col += tui_text(s, row, col, s->cols - col, ST_PLAIN, k->brief) + 2;
    }
    col += tui_text(s, row, col, s->cols - col, ST_KEY, help->label) + 1;
    (void)tui_text(s, row, col, s->cols - col, ST_PLAIN, help->brief);
}

/* The end of what is typed, so that it is seen whole as long as it fits. */
static void
draw_answer(const struct tui_app *app, struct tui_surface *s, int row, int col)
{
    const char *text = app->answer;

    while (*text != '\0' && tui_width(s->ascii, text) > s->cols - col - 2) {
        text++;
        while ((*text & 0xC0) == 0x80)
            text++;
    }
    col += tui_text(s, row, col, s->cols - col - 1, ST_PLAIN, text);
    (void)tui_text(s, row, col, 1, ST_KEY, "_");
}

/* What is being decided, or a message too long for one line: above the last line. */
static int
draw_panel(struct tui_app *app, struct tui_surface *s)
{
    struct tui_doc said = { .blocks = NULL };
    struct tui_doc *doc = &app->panel.doc;
    size_t lines;
    int rows, top;

    if (app->prompt == PROMPT_NONE || app->prompt == PROMPT_FILTER ||
        app->prompt == PROMPT_FIND) {
        if (tui_width(s->ascii, app->message) <= s->cols - 2)
            return 0;
        doc = &said;
        tui_doc_field(doc, "", app->message_style, app->message);
    }
    lines = tui_doc_layout(doc, s->cols - 1, s->ascii);
    rows = lines < (size_t)s->rows - 4 ? (int)lines : s->rows - 4;
    top = s->rows - 1 - rows;
    for (int r = top - 1; r < s->rows - 1 && lines > 0; r++)
        (void)tui_textf(s, r, 0, s->cols, ST_PLAIN, "%*s", s->cols, "");
    if (lines > 0)
        tui_rule(s, top - 1, 0, s->cols, ST_HEAD, GLYPH_RULE);
    tui_doc_draw(doc, s, top, rows, 0);
    tui_doc_clear(&said);
    return rows;
}

static void
draw_foot(struct tui_app *app, struct tui_surface *s)
{
    const int row = s->rows - 1;
    int col = 1;

    if (app->prompt != PROMPT_NONE) {
        col += tui_text(s, row, 1, s->cols - 1, ST_KEY, tui_prompt_text(app->prompt)) + 1;
        if (app->prompt == PROMPT_PASSPHRASE)
            (void)tui_text(s, row, col, s->cols - col, ST_DIM, "(not shown)");
        else
            draw_answer(app, s, row, col);
    } else if (app->message[0] != '\0' && tui_width(s->ascii, app->message) <= s->cols - 2)
        (void)tui_text(s, row, 1, s->cols - 1, app->message_style, app->message);
    else
        draw_hints(app, s, row);
}

static void
fill_help(struct tui_app *app)
{
    const enum tui_scope scope = tui_screens[app->screen]->scope;
    struct tui_doc *doc = &app->help_page.doc;

    tui_doc_clear(doc);
    for (int i = CMD_NONE + 1; i < CMD_COUNT; i++) {
        const struct tui_key *k = &tui_keys[i];
        char label[24];

        if ((k->scope & scope) == 0 || (app->read_only && (k->flags & KF_DECIDES) != 0))
            continue;
        (void)snprintf(label, sizeof label, "%s%s%s", k->label,
                       tui_key_also(k) != NULL ? " " : "",
                       tui_key_also(k) != NULL ? tui_key_also(k) : "");
        tui_doc_field(doc, label, ST_PLAIN, k->what);
    }
    tui_doc_blank(doc);
    tui_doc_field(doc, "Marks", ST_PLAIN,
                  app->screen == SCREEN_QUEUE
                      ? "* waits for your decision, ! did not verify here, "
                        "\u00B7 is not verified yet"
                      : "\u2713 verified here, ! did not verify here, \u00B7 not verified yet");
}

void
tui_app_draw(struct tui_app *app, struct tui_surface *s)
{
    tui_surface_clear(s);
    if (s->rows < TUI_LEAST_ROWS || s->cols < TUI_LEAST_COLS) {
        (void)tui_textf(s, 0, 0, s->cols, ST_PLAIN, "This window has %d columns, %d lines;",
                        s->cols, s->rows);
        (void)tui_textf(s, 1, 0, s->cols, ST_PLAIN, "plumb-tui needs %d and %d. Thanks.",
                        TUI_LEAST_COLS, TUI_LEAST_ROWS);
        return;
    }
    draw_title(app, s);
    if (app->help) {
        fill_help(app);
        tui_page_draw(&app->help_page, s, 2, s->rows - 3);
        (void)tui_text(s, s->rows - 1, 1, s->cols - 1, ST_DIM,
                       "j k move about; any other key goes back");
        return;
    }
    draw_subtitle(app, s);
    tui_screens[app->screen]->draw(app, s, 2, s->rows - 3);
    (void)draw_panel(app, s);
    draw_foot(app, s);
}
