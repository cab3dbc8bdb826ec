/* History: entries of the log that moved something, newest first, each proven here. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/when.h"
#include "tui/screens.h"

static void
set(char to[TUI_NAME], const char *from)
{
    (void)snprintf(to, TUI_NAME, "%s", from);
}

/* A page; after 0 is the newest one, which is asked for again when the log has grown. */
static void
ask(struct tui_app *app, uint64_t after)
{
    struct tui_ask a = { .kind = TUI_ASK_HISTORY, .after = after };
    struct tui_history_screen *h = &app->history;

    memcpy(a.payload, h->payload, sizeof a.payload);
    memcpy(a.version, h->version, sizeof a.version);
    memcpy(a.fleet, h->fleet, sizeof a.fleet);
    h->asked = true;
    h->failed[0] = '\0';
    tui_ask(app, &a);
}

void
tui_history_open(struct tui_app *app, const char *payload, const char *version,
                 const char *fleet)
{
    struct tui_history_screen *h = &app->history;
    const bool other = strcmp(h->payload, payload) != 0 || strcmp(h->version, version) != 0 ||
                       strcmp(h->fleet, fleet) != 0;
    char names[3][TUI_NAME]; /* the arguments may be the screen's own */

    set(names[0], payload);
    set(names[1], version);
    set(names[2], fleet);
    if (other)
        tui_history_done(app);
    set(h->payload, names[0]);
    set(h->version, names[1]);
    set(h->fleet, names[2]);
    tui_go(app, SCREEN_HISTORY);
    ask(app, 0);
}

/* --- rows --- */

static const struct tui_move *
at(const struct tui_app *app, size_t row)
{
    return &app->history.shown->moves[app->history.order[row]];
}

static struct tui_list *
list(struct tui_app *app)
{
    return &app->history.list;
}

static size_t
count(const struct tui_app *app)
{
    return app->history.norder;
}

static struct plumb_digest
key(const struct tui_app *app, size_t row)
{
    struct plumb_digest ret = { { 0 } };

    memcpy(ret.b, &at(app, row)->index, sizeof(uint64_t));
    ret.b[31] = 1; /* index 0 is a key too */
    return ret;
}

static bool
move_matches(const struct tui_move *m, const char *text)
{
    const char *const texts[] = { m->kind, m->actor, m->subject, m->effect };

    return tui_matches(text, texts, 4);
}

static bool
matches(const struct tui_app *app, size_t row, const char *text)
{
    return move_matches(at(app, row), text);
}

static void
choose(struct tui_app *app)
{
    struct tui_history_screen *h = &app->history;

    h->norder = 0;
    for (size_t i = 0; h->shown != NULL && i < h->shown->n; i++)
        if (move_matches(&h->shown->moves[i], h->list.filter))
            h->order[h->norder++] = (uint32_t)i;
}

static const struct tui_rows rows = { list, count, key, matches, choose };

/* --- answers --- */

static bool
is_what_is_shown(const struct tui_history_screen *sc, const struct tui_history *h)
{
    return strcmp(sc->payload, h->payload) == 0 && strcmp(sc->version, h->version) == 0 &&
           strcmp(sc->fleet, h->fleet) == 0;
}

/* Both pages in one, newest first, what stands in both once; what was proven stays proven. */
static bool
join(const struct tui_history *old, struct tui_history *h)
{
    const bool follows = old->n > 0 && h->n > 0 && h->moves[0].index < old->moves[0].index;
    struct tui_move *both = calloc(old->n + h->n + 1, sizeof *both);
    size_t n = 0, o = 0, i = 0;

    if (both == NULL)
        return false;
    while (o < old->n || i < h->n) {
        const bool from_old =
            i == h->n || (o < old->n && old->moves[o].index >= h->moves[i].index);

        i += from_old && i < h->n && old->moves[o].index == h->moves[i].index;
        both[n++] = from_old ? old->moves[o++] : h->moves[i++];
    }
    if (!follows && old->n > 0)
        h->after = old->after; /* the end is where it was */
    free(h->moves);
    h->moves = both;
    h->n = n;
    return true;
}

void
tui_history_show(struct tui_app *app, struct tui_history *h)
{
    struct tui_history_screen *sc = &app->history;
    uint32_t *order;

    if (!is_what_is_shown(sc, h)) {
        tui_history_free(h);
        return;
    }
    sc->asked = false;
    if (sc->shown != NULL && !join(sc->shown, h)) {
        tui_history_free(h);
        return;
    }
    order = calloc(h->n + 1, sizeof *order);
    if (order == NULL) {
        tui_history_free(h);
        return;
    }
    tui_history_free(sc->shown);
    free(sc->order);
    sc->shown = h;
    sc->order = order;
    choose(app);
    tui_list_follow(app, &rows);
}

void
tui_history_some(struct tui_app *app, const struct tui_history *h)
{
    struct tui_history *shown = app->history.shown;

    for (size_t i = 0; shown != NULL && i < h->n; i++)
        for (size_t k = 0; k < shown->n; k++)
            if (shown->moves[k].index == h->moves[i].index) {
                shown->moves[k].check = h->moves[i].check;
                memcpy(shown->moves[k].why, h->moves[i].why, sizeof h->moves[i].why);
            }
}

void
tui_history_done(struct tui_app *app)
{
    tui_history_free(app->history.shown);
    free(app->history.order);
    app->history.shown = NULL;
    app->history.order = NULL;
    app->history.norder = 0;
}

/* --- drawing --- */

/* What is on the screen is proven first. */
static void
ask_to_prove(struct tui_app *app, size_t first, size_t n)
{
    struct tui_ask a = { .kind = TUI_ASK_PROVE };

    for (size_t i = first; i < first + n && i < app->history.norder && a.n < TUI_CHECK_MAX; i++)
        if (at(app, i)->check == TUI_UNCHECKED)
            a.moves[a.n++] = *at(app, i);
    if (a.n > 0)
        tui_ask(app, &a);
}

static void
draw_move(const struct tui_app *app, struct tui_surface *s, int row, const struct tui_move *m)
{
    char when[WHEN_TEXT];
    int col = 3;

    when_text(m->time, app->now, when);
    tui_put(s, row, 1,
            m->check == TUI_CHECKED  ? ST_GOOD
            : m->check == TUI_FAILED ? ST_BAD
                                     : ST_DIM,
            m->check == TUI_CHECKED  ? GLYPH_CHECKED
            : m->check == TUI_FAILED ? GLYPH_FAILED
                                     : GLYPH_UNCHECKED);
    (void)tui_textf(s, row, col, 6, ST_DIM, "%6" PRIu64, m->index);
    col += 7;
    if (s->cols >= 64) {
        (void)tui_text(s, row, col, 20, ST_PLAIN, when);
        col += 21;
    }
    if (s->cols >= 90) {
        (void)tui_text(s, row, col, 12, ST_PLAIN, m->actor);
        col += 13;
    }
    if (s->cols >= 110) {
        (void)tui_text(s, row, col, 24, ST_PLAIN, m->subject);
        col += 25;
    }
    if (m->check == TUI_FAILED)
        (void)tui_text(s, row, col, s->cols - col, ST_BAD, m->why);
    else
        (void)tui_textf(s, row, col, s->cols - col, ST_PLAIN, "%s%s%s", m->kind,
                        m->effect[0] != '\0' ? ": " : "", m->effect);
}

static void
draw(struct tui_app *app, struct tui_surface *s, int top, int height)
{
    struct tui_history_screen *h = &app->history;

    if (h->norder == 0) {
        (void)tui_text(s, top + 1, 2, s->cols - 2, h->failed[0] != '\0' ? ST_BAD : ST_PLAIN,
                       h->failed[0] != '\0'        ? h->failed
                       : h->asked                  ? "Asking the server..."
                       : h->list.filter[0] != '\0' ? "No entry has this text. / then Esc shows "
                                                     "all"
                                                   : "Nothing has happened yet");
        return;
    }
    tui_list_fit(&h->list, h->norder, height);
    for (int i = 0; i < height && h->list.first + (size_t)i < h->norder; i++) {
        const size_t n = h->list.first + (size_t)i;

        draw_move(app, s, top + i, at(app, n));
        if (n == h->list.cursor) {
            tui_put(s, top + i, 0, ST_CURSOR, GLYPH_CURSOR);
            tui_restyle(s, top + i, 0, s->cols, ST_CURSOR);
        }
    }
    ask_to_prove(app, h->list.first, (size_t)height);
    if (!h->asked && h->shown->after > 0 && h->list.first + (size_t)height >= h->norder)
        ask(app, h->shown->after);
}

static void
subtitle(const struct tui_app *app, char *ret, size_t size)
{
    const struct tui_history_screen *h = &app->history;
    size_t proven = 0;
    int used;

    for (size_t i = 0; h->shown != NULL && i < h->shown->n; i++)
        proven += h->shown->moves[i].check == TUI_CHECKED;
    used = snprintf(ret, size, "%s%s%s%s%s", h->payload[0] != '\0' ? h->payload : "Everything",
                    h->version[0] != '\0' ? "@" : "", h->version,
                    h->fleet[0] != '\0' ? " in " : "", h->fleet);
    if (h->shown != NULL)
        (void)snprintf(ret + used, size - (size_t)used, ": %zu entries, %zu proven here%s%s",
                       h->shown->n, proven, h->list.filter[0] != '\0' ? "; shown: " : "",
                       h->list.filter);
}

static void
command(struct tui_app *app, enum tui_command cmd)
{
    if (cmd == CMD_OPEN && app->history.norder > 0)
        tui_entry_open(app, at(app, app->history.list.cursor)->index);
}

const struct tui_screen tui_history_screen = { "History", SCOPE_HISTORY, draw, command,
                                               subtitle,  &rows,         NULL };
