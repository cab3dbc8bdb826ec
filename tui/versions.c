/* Which version a rollout begins with: the approved ones of a payload, newest first. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/screens.h"

void
tui_versions_open(struct tui_app *app, const char *payload, const char *fleet, uint64_t base)
{
    struct tui_versions_screen *v = &app->versions;
    struct tui_ask ask = { .kind = TUI_ASK_RELEASES };

    tui_versions_done(app);
    (void)snprintf(v->payload, sizeof v->payload, "%s", payload);
    (void)snprintf(v->fleet, sizeof v->fleet, "%s", fleet);
    v->base = base;
    v->asked = true;
    v->failed[0] = '\0';
    memcpy(ask.payload, v->payload, sizeof ask.payload);
    memcpy(ask.fleet, v->fleet, sizeof ask.fleet);
    tui_go(app, SCREEN_VERSIONS);
    tui_ask(app, &ask);
}

static const struct tui_release *
at(const struct tui_app *app, size_t row)
{
    return &app->versions.shown->releases[app->versions.order[row]];
}

static struct tui_list *
list(struct tui_app *app)
{
    return &app->versions.list;
}

static size_t
count(const struct tui_app *app)
{
    return app->versions.norder;
}

static struct plumb_digest
key(const struct tui_app *app, size_t row)
{
    return at(app, row)->release;
}

static bool
matches(const struct tui_app *app, size_t row, const char *text)
{
    const char *const texts[] = { at(app, row)->version, at(app, row)->state };

    return tui_matches(text, texts, 2);
}

static void
choose(struct tui_app *app)
{
    struct tui_versions_screen *v = &app->versions;

    v->norder = 0;
    for (size_t i = 0; v->shown != NULL && i < v->shown->n; i++) {
        v->order[v->norder] = (uint32_t)i;
        v->norder += matches(app, v->norder, v->list.filter);
    }
}

static const struct tui_rows rows = { list, count, key, matches, choose };

void
tui_versions_show(struct tui_app *app, struct tui_releases *r)
{
    struct tui_versions_screen *v = &app->versions;
    uint32_t *order = calloc(r->n + 1, sizeof *order);

    if (order == NULL || strcmp(r->payload, v->payload) != 0 ||
        strcmp(r->fleet, v->fleet) != 0) {
        free(order);
        tui_releases_free(r);
        return;
    }
    tui_versions_done(app);
    v->asked = false;
    v->shown = r;
    v->order = order;
    choose(app);
    tui_list_follow(app, &rows);
}

void
tui_versions_done(struct tui_app *app)
{
    tui_releases_free(app->versions.shown);
    free(app->versions.order);
    app->versions.shown = NULL;
    app->versions.order = NULL;
    app->versions.norder = 0;
}

static void
draw(struct tui_app *app, struct tui_surface *s, int top, int height)
{
    struct tui_versions_screen *v = &app->versions;

    if (v->norder == 0) {
        (void)tui_text(s, top + 1, 2, s->cols - 2, v->failed[0] != '\0' ? ST_BAD : ST_PLAIN,
                       v->failed[0] != '\0' ? v->failed
                       : v->asked           ? "Asking the server..."
                       : v->list.filter[0] != '\0'
                           ? "No version has this text. / then Esc "
                             "shows all"
                           : "No version is approved and not accepted yet");
        return;
    }
    tui_list_fit(&v->list, v->norder, height);
    for (int i = 0; i < height && v->list.first + (size_t)i < v->norder; i++) {
        const size_t n = v->list.first + (size_t)i;
        char hex[PLUMB_DIGEST_HEX];

        plumb_digest_hex(&at(app, n)->release, hex);
        (void)tui_text(s, top + i, 2, 18, ST_PLAIN, at(app, n)->version);
        (void)tui_text(s, top + i, 21, 10, ST_PLAIN, at(app, n)->state);
        (void)tui_textf(s, top + i, 32, s->cols - 32, ST_DIM, "%.8s %.8s %.8s %.8s", hex,
                        hex + 8, hex + 16, hex + 24);
        if (n == v->list.cursor) {
            tui_put(s, top + i, 0, ST_CURSOR, GLYPH_CURSOR);
            tui_restyle(s, top + i, 0, s->cols, ST_CURSOR);
        }
    }
}

static void
subtitle(const struct tui_app *app, char *ret, size_t size)
{
    (void)snprintf(ret, size, "Begin a rollout of %s in %s: with which version?",
                   app->versions.payload, app->versions.fleet);
}

static void
command(struct tui_app *app, enum tui_command cmd)
{
    struct tui_versions_screen *v = &app->versions;
    struct tui_deed deed = { .kind = TUI_BEGIN, .base = v->base, .date = PLUMB_TIME_NEVER };

    if (cmd != CMD_OPEN || v->norder == 0)
        return;
    if (app->read_only) {
        tui_say(app, ST_BAD, "Read-only: decisions are switched off");
        return;
    }
    deed.id = at(app, v->list.cursor)->release;
    memcpy(deed.payload, v->payload, sizeof deed.payload);
    memcpy(deed.version, at(app, v->list.cursor)->version, sizeof deed.version);
    memcpy(deed.fleet, v->fleet, sizeof deed.fleet);
    tui_decide(app, &deed, &deed.id);
}

const struct tui_screen tui_versions_screen = { "Versions", SCOPE_VERSIONS, draw, command,
                                                subtitle,   &rows,          NULL };
