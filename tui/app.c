#include "tui/app.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tui/screens.h"

const struct tui_screen *const tui_screens[SCREEN_COUNT] = {
    [SCREEN_QUEUE] = &tui_queue_screen,         [SCREEN_ROLLOUTS] = &tui_rollouts_screen,
    [SCREEN_FLEETS] = &tui_fleets_screen,       [SCREEN_HISTORY] = &tui_history_screen,
    [SCREEN_STATEMENT] = &tui_statement_screen, [SCREEN_ENTRY] = &tui_entry_screen,
    [SCREEN_VERSIONS] = &tui_versions_screen,   [SCREEN_YOU] = &tui_you_screen,
};

void
tui_app_init(struct tui_app *app, const struct tui_backend *backend, bool read_only,
             plumb_time now)
{
    *app = (struct tui_app){ .backend = *backend, .read_only = read_only, .now = now };
}

void
tui_app_done(struct tui_app *app)
{
    tui_decide_done(app);
    tui_queue_done(app);
    tui_statement_done(app);
    tui_fleets_done(app);
    tui_history_done(app);
    tui_entry_done(app);
    tui_versions_done(app);
    tui_you_free(app->you);
    tui_page_clear(&app->you_page);
    tui_page_clear(&app->help_page);
}

void
tui_say(struct tui_app *app, enum tui_style style, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(app->message, sizeof app->message, format, args);
    va_end(args);
    app->message_style = style;
}

void
tui_ask(struct tui_app *app, const struct tui_ask *ask)
{
    app->backend.ask(app->backend.ctx, ask);
}

void
tui_go(struct tui_app *app, enum tui_screen_id screen)
{
    size_t kept = 0;

    if (screen == app->screen)
        return;
    /* each screen stands in the way back once */
    for (size_t i = 0; i < app->nback; i++)
        if (app->back[i] != screen && app->back[i] != app->screen)
            app->back[kept++] = app->back[i];
    app->nback = kept;
    if (screen == SCREEN_QUEUE)
        app->nback = 0;
    else
        app->back[app->nback++] = app->screen;
    app->screen = screen;
}

void
tui_back(struct tui_app *app)
{
    app->screen = app->nback > 0 ? app->back[--app->nback] : SCREEN_QUEUE;
}

/* --- pages --- */

void
tui_page_clear(struct tui_page *page)
{
    tui_doc_clear(&page->doc);
    page->top = 0;
}

static size_t
last_top(const struct tui_page *page)
{
    const size_t rows = page->rows > 0 ? (size_t)page->rows : 1;

    return page->doc.nlines > rows ? page->doc.nlines - rows : 0;
}

void
tui_page_draw(struct tui_page *page, struct tui_surface *s, int top, int rows)
{
    if (page->doc.cols != 0 && page->doc.cols != s->cols) { /* the same part, laid out anew */
        struct tui_place place = tui_doc_place(&page->doc, page->top);

        place.cols = s->cols;
        place.ascii = s->ascii;
        page->top = tui_doc_line(&page->doc, &place);
    }
    (void)tui_doc_layout(&page->doc, s->cols, s->ascii);
    page->rows = rows;
    if (page->top > last_top(page))
        page->top = last_top(page);
    tui_doc_draw(&page->doc, s, top, rows, page->top);
}

bool
tui_page_command(struct tui_page *page, enum tui_command command)
{
    const size_t last = last_top(page), step = page->rows > 2 ? (size_t)page->rows - 1 : 1;

    switch (command) {
    case CMD_DOWN:
        page->top += page->top < last;
        return true;
    case CMD_UP:
        page->top -= page->top > 0;
        return true;
    case CMD_PAGE_DOWN:
        page->top = page->top + step < last ? page->top + step : last;
        return true;
    case CMD_PAGE_UP:
        page->top = page->top > step ? page->top - step : 0;
        return true;
    case CMD_FIRST:
        page->top = 0;
        return true;
    case CMD_LAST:
        page->top = last;
        return true;
    case CMD_SECTION:
        page->top = page->top >= last ? 0 : tui_doc_next(&page->doc, page->top);
        return true;
    case CMD_RAW:
        page->top = tui_doc_find(&page->doc, "Raw statement", page->top);
        return true;
    default:
        return false;
    }
}

/* --- keys --- */

static void
refresh(struct tui_app *app)
{
    tui_ask(app, &(struct tui_ask){ .kind = TUI_ASK_REFRESH });
    if (app->screen == SCREEN_HISTORY)
        tui_history_open(app, app->history.payload, app->history.version, app->history.fleet);
    if (app->screen == SCREEN_STATEMENT)
        tui_statement_open(app, &app->statement.id);
    tui_say(app, ST_GOOD, "Asking the server again");
}

/* A decision that is on its way may or may not arrive: a person who leaves must want to. */
static void
leave(struct tui_app *app)
{
    app->quit = !app->sending || app->leaving;
    app->leaving = true;
    if (!app->quit)
        tui_say(app, ST_WARN,
                "Your decision is still being sent. Once more leaves all the same");
}

/* What is the same on every screen. */
static bool
common_command(struct tui_app *app, enum tui_command command)
{
    switch (command) {
    case CMD_HELP:
        app->help = true;
        return true;
    case CMD_QUIT:
    case CMD_LEAVE:
        leave(app);
        return true;
    case CMD_BACK:
        tui_back(app);
        return true;
    case CMD_REDRAW:
        app->redraw = true;
        return true;
    case CMD_REFRESH:
        refresh(app);
        return true;
    case CMD_TO_QUEUE:
        tui_go(app, SCREEN_QUEUE);
        return true;
    case CMD_TO_ROLLOUTS:
        tui_go(app, SCREEN_ROLLOUTS);
        return true;
    case CMD_TO_FLEETS:
        tui_go(app, SCREEN_FLEETS);
        return true;
    case CMD_TO_HISTORY:
        if (app->screen != SCREEN_HISTORY)
            tui_history_open(app, "", "", "");
        return true;
    case CMD_TO_YOU:
        tui_go(app, SCREEN_YOU);
        return true;
    case CMD_FILTER:
        tui_prompt_begin(app, PROMPT_FILTER);
        return true;
    case CMD_FIND:
        tui_prompt_begin(app, PROMPT_FIND);
        return true;
    case CMD_FIND_NEXT:
    case CMD_FIND_PREV:
        if (app->find[0] == '\0')
            tui_say(app, ST_PLAIN, "Nothing was looked for yet: f asks for what");
        else if (!tui_list_find(app, tui_screens[app->screen]->rows, app->find,
                                command == CMD_FIND_PREV))
            tui_say(app, ST_WARN, "No line has \"%s\"", app->find);
        return true;
    default:
        return false;
    }
}

static void
run(struct tui_app *app, enum tui_command command)
{
    const struct tui_screen *screen = tui_screens[app->screen];
    struct tui_page *page = screen->page != NULL ? screen->page(app) : NULL;

    if (app->read_only && (tui_keys[command].flags & KF_DECIDES) != 0)
        tui_say(app, ST_BAD, "Read-only: decisions are switched off");
    else if (command == CMD_NONE)
        tui_say(app, ST_PLAIN, "No such key here: ? shows them all");
    else if (!common_command(app, command) &&
             (screen->rows == NULL || !tui_list_command(app, screen->rows, command)) &&
             (page == NULL || !tui_page_command(page, command)))
        screen->command(app, command);
}

/* The help is a page over the screen; what does not move about in it closes it. */
static void
help_key(struct tui_app *app, int key)
{
    const enum tui_command command = tui_command_for(SCOPE_STATEMENT, key);

    if (!tui_page_command(&app->help_page, command))
        app->help = false;
}

void
tui_app_key(struct tui_app *app, int key)
{
    if (key == K_RESIZE || key <= 0)
        return;
    app->message[0] = '\0';
    if (app->prompt != PROMPT_NONE)
        tui_prompt_key(app, key);
    else if (app->help)
        help_key(app, key);
    else
        run(app, tui_command_for(tui_screens[app->screen]->scope, key));
}

/* --- answers --- */

static void
show_failed(struct tui_app *app, const struct tui_event *e)
{
    if (app->statement.asked && plumb_digest_eq(&e->id, &app->statement.id)) {
        app->statement.asked = false;
        (void)snprintf(app->statement.failed, sizeof app->statement.failed, "%s", e->text);
        tui_statement_free(app->statement.shown);
        app->statement.shown = NULL;
        tui_page_clear(&app->statement.page);
        return;
    }
    if (app->entry.asked) {
        app->entry.asked = false;
        (void)snprintf(app->entry.failed, sizeof app->entry.failed, "%s", e->text);
    } else if (app->history.asked) {
        app->history.asked = false;
        (void)snprintf(app->history.failed, sizeof app->history.failed, "%s", e->text);
    } else if (app->versions.asked) {
        app->versions.asked = false;
        (void)snprintf(app->versions.failed, sizeof app->versions.failed, "%s", e->text);
    } else
        tui_say(app, ST_BAD, "%s", e->text);
}

static void
done(struct tui_app *app, const struct tui_event *e)
{
    app->sending = app->leaving = false;
    tui_say(app, e->ok ? ST_GOOD : ST_BAD, "%s", e->text);
    if (app->screen == SCREEN_STATEMENT) /* what became of it, or what had moved */
        tui_statement_open(app, &app->statement.id);
    if (e->ok && app->screen == SCREEN_VERSIONS)
        tui_back(app);
}

/* The log has grown: what is open may have moved. Not while somebody decides on it. */
static void
look_again(struct tui_app *app)
{
    if (app->prompt > PROMPT_FIND || app->sending)
        return;
    if (app->screen == SCREEN_STATEMENT)
        tui_statement_open(app, &app->statement.id);
    if (app->screen == SCREEN_HISTORY)
        tui_history_open(app, app->history.payload, app->history.version, app->history.fleet);
}

static void
take(struct tui_app *app, struct tui_event *e)
{
    switch (e->kind) {
    case TUI_EVENT_TIME:
        break;
    case TUI_EVENT_ANSWER:
        app->answered = e->now;
        app->away = false;
        break;
    case TUI_EVENT_AWAY:
        app->away = true;
        (void)snprintf(app->away_why, sizeof app->away_why, "%.*s",
                       (int)sizeof app->away_why - 1, e->text);
        break;
    case TUI_EVENT_YOU:
        tui_you_show(app, e->you);
        e->you = NULL;
        break;
    case TUI_EVENT_QUEUE:
        tui_queue_all(app, &e->items);
        look_again(app);
        break;
    case TUI_EVENT_ITEMS:
        tui_queue_some(app, &e->items);
        break;
    case TUI_EVENT_STATEMENT:
        tui_statement_show(app, e->statement);
        e->statement = NULL;
        break;
    case TUI_EVENT_MATERIAL:
        tui_statement_material(app, &e->id, e->material);
        break;
    case TUI_EVENT_FLEETS:
        tui_fleets_show(app, e->fleets);
        e->fleets = NULL;
        break;
    case TUI_EVENT_RELEASES:
        tui_versions_show(app, e->releases);
        e->releases = NULL;
        break;
    case TUI_EVENT_HISTORY:
        tui_history_show(app, e->history);
        e->history = NULL;
        break;
    case TUI_EVENT_MOVES:
        tui_history_some(app, e->history);
        break;
    case TUI_EVENT_ENTRY:
        tui_entry_show(app, e->entry);
        e->entry = NULL;
        break;
    case TUI_EVENT_FAILED:
        show_failed(app, e);
        break;
    case TUI_EVENT_KEY:
        tui_say(app, ST_KEY, "%s", e->text);
        break;
    case TUI_EVENT_DONE:
        done(app, e);
        break;
    }
}

void
tui_app_event(struct tui_app *app, struct tui_event *e)
{
    if (e->now > app->now)
        app->now = e->now;
    take(app, e);
    tui_event_clear(e);
}
