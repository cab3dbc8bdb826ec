/* One proposal: what a person looks at before they decide. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/screens.h"

void
tui_statement_open(struct tui_app *app, const struct plumb_digest *id)
{
    struct tui_statement_screen *st = &app->statement;

    /* looked at again it stays until the answer is there; opened, it is fetched first */
    if (app->screen != SCREEN_STATEMENT || !plumb_digest_eq(&st->id, id)) {
        tui_statement_free(st->shown);
        st->shown = NULL;
        tui_page_clear(&st->page);
    }
    st->id = *id;
    st->asked = true;
    st->failed[0] = '\0';
    tui_go(app, SCREEN_STATEMENT);
    tui_ask(app, &(struct tui_ask){ .kind = TUI_ASK_STATEMENT, .id = *id });
}

/* The page is told anew; where in it the person was, stays. */
static void
retell(struct tui_app *app)
{
    struct tui_statement_screen *st = &app->statement;
    const struct tui_place place = tui_doc_place(&st->page.doc, st->page.top);

    tui_doc_clear(&st->page.doc);
    tui_tell_statement(st->shown, app->now, &st->page.doc);
    st->page.top = tui_doc_line(&st->page.doc, &place);
}

/* What was read of the same files before need not be read again. */
static void
keep_materials(struct tui_evidence *from, struct tui_evidence *to)
{
    for (size_t i = 0; i < to->nmaterials; i++)
        for (size_t k = 0; k < from->nmaterials; k++) {
            struct tui_material *old = &from->materials[k], *new = &to->materials[i];

            if (old->state == TUI_READING || !tui_material_same(old, new) ||
                old->accepted != new->accepted || new->state != TUI_READING)
                continue;
            memcpy(old->name, new->name, sizeof old->name);
            *new = *old;
            *old = (struct tui_material){ .state = TUI_READING };
        }
}

/* All that is not read yet; none, when there is none: what is on its way is not wanted. */
static void
ask_materials(struct tui_app *app, const struct tui_evidence *e)
{
    struct tui_ask ask = { .kind = TUI_ASK_MATERIALS, .id = app->statement.id };

    for (size_t i = 0; i < e->nmaterials; i++)
        if (e->materials[i].state == TUI_READING)
            ask.materials[ask.nmaterials++] = e->materials[i];
    tui_ask(app, &ask);
}

void
tui_statement_show(struct tui_app *app, struct tui_statement *s)
{
    struct tui_statement_screen *st = &app->statement;

    if (!plumb_digest_eq(&s->item.id, &st->id)) { /* of one that was left meanwhile */
        tui_statement_free(s);
        return;
    }
    st->asked = false;
    st->failed[0] = '\0';
    if (st->shown != NULL)
        keep_materials(&st->shown->evidence, &s->evidence);
    tui_statement_free(st->shown);
    st->shown = s;
    retell(app);
    ask_materials(app, &s->evidence);
}

void
tui_statement_material(struct tui_app *app, const struct plumb_digest *id,
                       struct tui_material *read)
{
    struct tui_statement *s = app->statement.shown;

    if (s == NULL || !plumb_digest_eq(id, &s->item.id))
        return;
    for (size_t i = 0; i < s->evidence.nmaterials; i++) {
        struct tui_material *m = &s->evidence.materials[i];

        if (m->state != TUI_READING || !tui_material_same(m, read))
            continue;
        tui_material_clear(m);
        *m = *read;
        *read = (struct tui_material){ .state = TUI_READING };
        retell(app);
        return;
    }
}

void
tui_statement_done(struct tui_app *app)
{
    tui_statement_free(app->statement.shown);
    app->statement.shown = NULL;
    tui_page_clear(&app->statement.page);
}

static struct tui_page *
page(struct tui_app *app)
{
    return &app->statement.page;
}

static void
draw(struct tui_app *app, struct tui_surface *s, int top, int rows)
{
    struct tui_statement_screen *st = &app->statement;
    struct tui_doc said = { .blocks = NULL };

    if (st->shown != NULL) {
        tui_page_draw(&st->page, s, top, rows);
        return;
    }
    if (st->failed[0] != '\0')
        tui_doc_field(&said, "Not shown", ST_BAD, st->failed);
    else
        tui_doc_field(&said, "", ST_PLAIN, "Fetching and verifying...");
    (void)tui_doc_layout(&said, s->cols, s->ascii);
    tui_doc_draw(&said, s, top, rows, 0);
    tui_doc_clear(&said);
}

static void
subtitle(const struct tui_app *app, char *ret, size_t size)
{
    const struct tui_statement *s = app->statement.shown;

    ret[0] = '\0';
    if (s == NULL)
        return;
    (void)snprintf(ret, size, "%s %s%s%s", s->item.kind, s->item.subject,
                   s->item.check == TUI_FAILED ? ": DID NOT VERIFY HERE" : "",
                   app->statement.asked ? "  (looking again)" : "");
}

static struct tui_deed
deed_of(const struct tui_statement *s, enum tui_deed_kind kind)
{
    struct tui_deed deed = {
        .kind = kind, .id = s->item.id, .seen = s->seen, .date = PLUMB_TIME_NEVER
    };

    memcpy(deed.payload, s->payload, sizeof deed.payload);
    memcpy(deed.version, s->version, sizeof deed.version);
    memcpy(deed.fleet, s->fleet, sizeof deed.fleet);
    return deed;
}

static void
vote(struct tui_app *app, enum tui_deed_kind kind)
{
    const struct tui_statement *s = app->statement.shown;
    char why[500];
    struct tui_deed deed;

    if (s->item.check != TUI_CHECKED) {
        tui_say(app, ST_BAD, "No decision on what did not verify here: %s", s->item.why);
        return;
    }
    if (!s->may_vote) {
        tui_say(app, ST_BAD, "%s", s->no_vote != NULL ? s->no_vote : "It is not open");
        return;
    }
    if (kind == TUI_APPROVE && tui_evidence_bars(&s->evidence, why, sizeof why) != NULL) {
        tui_say(app, ST_BAD, "No approval on what did not verify here: %s", why);
        return;
    }
    deed = deed_of(s, kind);
    tui_decide(app, &deed, &s->item.id);
}

static void
revoke(struct tui_app *app)
{
    const struct tui_statement *s = app->statement.shown;

    if (s->payload[0] == '\0' || s->item.check != TUI_CHECKED)
        tui_say(app, ST_BAD, "There is no version here to revoke");
    else
        tui_revoke(app, s->fleet, &s->release);
}

static void
command(struct tui_app *app, enum tui_command cmd)
{
    struct tui_statement_screen *st = &app->statement;

    if (st->shown == NULL)
        return;
    switch (cmd) {
    case CMD_APPROVE:
        vote(app, TUI_APPROVE);
        break;
    case CMD_REJECT:
        vote(app, TUI_REJECT);
        break;
    case CMD_REVOKE:
        revoke(app);
        break;
    case CMD_DIFFERENCE:
        st->page.top = tui_doc_find(&st->page.doc, "Difference", st->page.top);
        break;
    case CMD_EVIDENCE:
        st->page.top = tui_doc_find(&st->page.doc, "Controls", st->page.top);
        break;
    case CMD_MOVES:
        tui_history_open(app, st->shown->payload, st->shown->version, st->shown->fleet);
        break;
    default:
        break;
    }
}

const struct tui_screen tui_statement_screen = { "Statement", SCOPE_STATEMENT, draw,
                                                 command,     subtitle,        NULL,
                                                 page };
