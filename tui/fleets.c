/* Fleets: what is published for each, and which verifier holds which of it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/when.h"
#include "tui/screens.h"

static struct tui_list *
list(struct tui_app *app)
{
    return &app->fleet.list;
}

static size_t
count(const struct tui_app *app)
{
    return app->fleet.n;
}

static const struct tui_pull *
pull_of(const struct tui_app *app, const struct tui_fleet_row *row)
{
    return row->part != TUI_NO_PART ? &tui_row_fleet(app, row)->pulls[row->part] : NULL;
}

static struct plumb_digest
key(const struct tui_app *app, size_t row)
{
    const struct tui_fleet_row *r = &app->fleet.rows[row];
    const struct tui_pull *pull = pull_of(app, r);
    char text[3 * TUI_NAME];
    struct plumb_digest ret;
    int len = snprintf(text, sizeof text, "%s/%s", tui_row_fleet(app, r)->name,
                       pull != NULL ? pull->who : "");

    plumb_sha256(text, (size_t)len, &ret);
    return ret;
}

static bool
row_matches(const struct tui_app *app, const struct tui_fleet_row *r, const char *text)
{
    const struct tui_pull *pull = pull_of(app, r);
    const char *const texts[] = { tui_row_fleet(app, r)->name, pull != NULL ? pull->who : "" };

    return tui_matches(text, texts, 2);
}

static bool
matches(const struct tui_app *app, size_t row, const char *text)
{
    return row_matches(app, &app->fleet.rows[row], text);
}

static void
choose(struct tui_app *app)
{
    struct tui_fleets_screen *sc = &app->fleet;

    sc->n = 0;
    if (sc->rows == NULL || app->fleets == NULL)
        return;
    for (uint32_t i = 0; i < app->fleets->n; i++) {
        struct tui_fleet_row row = { i, 0, TUI_NO_PART };
        const size_t head = sc->n;
        const bool own = row_matches(app, &row, sc->list.filter);

        sc->rows[sc->n++] = row;
        for (row.part = 0; row.part < app->fleets->fleets[i].npulls; row.part++)
            if (row_matches(app, &row, sc->list.filter))
                sc->rows[sc->n++] = row;
        if (!own && sc->n == head + 1)
            sc->n = head;
    }
}

static const struct tui_rows rows = { list, count, key, matches, choose };

/* Holds less than what is published, or something that has expired. */
static bool
is_stale(const struct tui_fleet *f, const struct tui_pull *p, plumb_time now)
{
    return p->revision < f->revision || p->valid_until <= now;
}

static void
draw_fleet(const struct tui_app *app, struct tui_surface *s, int row, const struct tui_fleet *f)
{
    char age[WHEN_TEXT], until[WHEN_TEXT], text[400];
    size_t stale = 0;
    const bool expired = f->revision > 0 && f->valid_until <= app->now;

    for (size_t i = 0; i < f->npulls; i++)
        stale += is_stale(f, &f->pulls[i], app->now);
    tui_put(s, row, 1, f->check == TUI_CHECKED ? ST_GOOD : ST_BAD,
            f->check == TUI_CHECKED  ? GLYPH_CHECKED
            : f->check == TUI_FAILED ? GLYPH_FAILED
                                     : GLYPH_UNCHECKED);
    (void)tui_text(s, row, 3, 15, ST_HEAD, f->name);
    if (f->check == TUI_FAILED) {
        (void)tui_text(s, row, 19, s->cols - 19, ST_BAD, f->why);
        return;
    }
    if (f->revision == 0) {
        (void)tui_text(s, row, 19, s->cols - 19, ST_DIM, "nothing is published yet");
        return;
    }
    when_span(app->now - f->issued, age);
    when_span(expired ? app->now - f->valid_until : f->valid_until - app->now, until);
    (void)snprintf(text, sizeof text, "revision %" PRId64 ", %s old, %s%s%s", f->revision, age,
                   expired ? "EXPIRED " : "expires in ", until, expired ? " ago" : "");
    (void)tui_text(s, row, 19, s->cols - 19, expired ? ST_WARN : ST_PLAIN, text);
    if (s->cols >= 90)
        (void)tui_textf(s, row, 66, s->cols - 66, stale > 0 ? ST_WARN : ST_PLAIN,
                        "%zu verifier%s, %zu stale%s", f->npulls, f->npulls == 1 ? "" : "s",
                        stale, f->is_public ? ", public" : "");
}

static void
draw_pull(const struct tui_app *app, struct tui_surface *s, int row, const struct tui_fleet *f,
          const struct tui_pull *p)
{
    char age[WHEN_TEXT], text[200];
    const bool expired = p->valid_until <= app->now, behind = p->revision < f->revision;

    when_span(app->now - p->at, age);
    (void)tui_text(s, row, 5, 20, ST_PLAIN, p->who);
    if (p->revision == 0)
        (void)snprintf(text, sizeof text,
                       "pulled %s ago: publication %" PRIu64 ", not known here", age, p->index);
    else
        (void)snprintf(text, sizeof text, "holds revision %" PRId64 ", pulled %s ago%s%s",
                       p->revision, age, behind ? ", STALE" : "", expired ? ", EXPIRED" : "");
    (void)tui_text(s, row, 26, s->cols - 26, behind || expired ? ST_WARN : ST_PLAIN, text);
}

static void
draw(struct tui_app *app, struct tui_surface *s, int top, int height)
{
    struct tui_fleets_screen *sc = &app->fleet;

    if (sc->n == 0) {
        (void)tui_text(s, top + 1, 2, s->cols - 2, ST_PLAIN,
                       app->fleets == NULL          ? "Asking the server..."
                       : sc->list.filter[0] != '\0' ? "No fleet or verifier has this text. / "
                                                      "then Esc shows all"
                                                    : "Governance names no fleet");
        return;
    }
    tui_list_fit(&sc->list, sc->n, height);
    for (int i = 0; i < height && sc->list.first + (size_t)i < sc->n; i++) {
        const size_t n = sc->list.first + (size_t)i;
        const struct tui_pull *pull = pull_of(app, &sc->rows[n]);

        if (pull != NULL)
            draw_pull(app, s, top + i, tui_row_fleet(app, &sc->rows[n]), pull);
        else
            draw_fleet(app, s, top + i, tui_row_fleet(app, &sc->rows[n]));
        if (n == sc->list.cursor) {
            tui_put(s, top + i, 0, ST_CURSOR, GLYPH_CURSOR);
            tui_restyle(s, top + i, 0, s->cols, ST_CURSOR);
        }
    }
}

static void
subtitle(const struct tui_app *app, char *ret, size_t size)
{
    (void)app;
    (void)snprintf(ret, size,
                   "Bundles are verified here. Who pulled which is from the service's records: "
                   "outside the log, unproven");
}

static void
command(struct tui_app *app, enum tui_command cmd)
{
    if (cmd == CMD_MOVES && app->fleet.n > 0)
        tui_history_open(app, "", "",
                         tui_row_fleet(app, &app->fleet.rows[app->fleet.list.cursor])->name);
}

const struct tui_screen tui_fleets_screen = { "Fleets", SCOPE_FLEETS, draw, command,
                                              subtitle, &rows,        NULL };
