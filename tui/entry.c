/* One entry of the log, down to its raw statement; and the page about who one is. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/when.h"
#include "tui/screens.h"

void
tui_entry_open(struct tui_app *app, uint64_t index)
{
    tui_entry_done(app);
    app->entry.index = index;
    app->entry.asked = true;
    app->entry.failed[0] = '\0';
    tui_go(app, SCREEN_ENTRY);
    tui_ask(app, &(struct tui_ask){ .kind = TUI_ASK_ENTRY, .index = index });
}

static void
tell(const struct tui_entry *e, plumb_time now, struct tui_doc *doc)
{
    char hex[PLUMB_DIGEST_HEX], when[WHEN_TEXT], ago[WHEN_TEXT];

    plumb_digest_hex(&e->id, hex);
    when_text(e->time, now, when);
    when_from_now(e->time, now, ago);
    tui_doc_fieldf(doc, "Entry", ST_PLAIN, "%" PRIu64 ", %s (%s)", e->index, when, ago);
    tui_doc_digest(doc, "Statement", hex);
    tui_doc_field(doc, "Kind", ST_PLAIN, e->kind);
    tui_doc_field(doc, "By", ST_PLAIN, e->actor);
    tui_doc_field(doc, "Signed with", ST_PLAIN, e->key);
    tui_doc_field(doc, "Signature", e->signed_here ? ST_GOOD : ST_BAD, e->signature);
    tui_doc_field(doc, "Inclusion", e->included ? ST_GOOD : ST_BAD, e->inclusion);
    tui_doc_fieldf(doc, "Effect", ST_PLAIN, "%s, in the service's words", e->effect);
    tui_doc_blank(doc);
    tui_doc_head(doc, "Raw statement");
    tui_doc_raw(doc, e->raw != NULL ? e->raw : "");
}

void
tui_entry_show(struct tui_app *app, struct tui_entry *e)
{
    if (e->index != app->entry.index) {
        tui_entry_free(e);
        return;
    }
    tui_entry_done(app);
    app->entry.asked = false;
    app->entry.shown = e;
    tell(e, app->now, &app->entry.page.doc);
}

void
tui_entry_done(struct tui_app *app)
{
    tui_entry_free(app->entry.shown);
    app->entry.shown = NULL;
    tui_page_clear(&app->entry.page);
}

static struct tui_page *
page(struct tui_app *app)
{
    return &app->entry.page;
}

static void
draw(struct tui_app *app, struct tui_surface *s, int top, int rows)
{
    if (app->entry.shown != NULL)
        tui_page_draw(&app->entry.page, s, top, rows);
    else
        (void)tui_text(
            s, top + 1, 2, s->cols - 2, app->entry.failed[0] != '\0' ? ST_BAD : ST_PLAIN,
            app->entry.failed[0] != '\0' ? app->entry.failed : "Fetching and verifying...");
}

static void
subtitle(const struct tui_app *app, char *ret, size_t size)
{
    (void)snprintf(ret, size, "Entry %" PRIu64, app->entry.index);
}

static void
no_command(struct tui_app *app, enum tui_command cmd)
{
    (void)app;
    (void)cmd;
}

const struct tui_screen tui_entry_screen = { "Entry",  SCOPE_ENTRY, draw, no_command,
                                             subtitle, NULL,        page };

/* --- you --- */

static void
tell_you(const struct tui_you *you, struct tui_doc *doc)
{
    tui_doc_fieldf(doc, "You are", ST_HEAD, "%s", you->principal);
    tui_doc_field(doc, "Server", ST_PLAIN, you->server);
    tui_doc_field(doc, "Log", ST_PLAIN, you->origin);
    tui_doc_blank(doc);
    tui_doc_head(doc, "Your key");
    tui_doc_field(doc, "Signs with", ST_PLAIN, you->key);
    tui_doc_field(doc, "Counts", you->may_decide ? ST_GOOD : ST_WARN, you->key_use);
    tui_doc_blank(doc);
    tui_doc_head(doc, "What it may decide");
    tui_doc_raw(doc, you->may != NULL ? you->may : "");
    tui_doc_blank(doc);
    tui_doc_head(doc, "Verified here");
    tui_doc_raw(doc, you->verified != NULL ? you->verified : "");
}

void
tui_you_show(struct tui_app *app, struct tui_you *you)
{
    tui_you_free(app->you);
    app->you = you;
    tui_doc_clear(&app->you_page.doc);
    tell_you(you, &app->you_page.doc);
}

static struct tui_page *
you_page(struct tui_app *app)
{
    return &app->you_page;
}

static void
you_draw(struct tui_app *app, struct tui_surface *s, int top, int rows)
{
    if (app->you != NULL)
        tui_page_draw(&app->you_page, s, top, rows);
    else
        (void)tui_text(s, top + 1, 2, s->cols - 2, ST_PLAIN, "Asking the server...");
}

static void
you_subtitle(const struct tui_app *app, char *ret, size_t size)
{
    (void)app;
    (void)snprintf(ret, size, "By the governance that was verified here");
}

const struct tui_screen tui_you_screen = { "You",        SCOPE_YOU, you_draw, no_command,
                                           you_subtitle, NULL,      you_page };
