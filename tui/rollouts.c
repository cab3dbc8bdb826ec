/* Rollouts: every payload of every fleet, its accepted versions on a time line. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/when.h"
#include "tui/screens.h"

/* --- rows: a payload in a fleet, then its versions --- */

const struct tui_fleet *
tui_row_fleet(const struct tui_app *app, const struct tui_fleet_row *row)
{
    return &app->fleets->fleets[row->fleet];
}

const struct tui_payload *
tui_row_payload(const struct tui_app *app, const struct tui_fleet_row *row)
{
    const struct tui_fleet *f = tui_row_fleet(app, row);

    return row->payload < f->n ? &f->payloads[row->payload] : NULL;
}

const struct tui_version *
tui_row_version(const struct tui_app *app, const struct tui_fleet_row *row)
{
    const struct tui_payload *p = tui_row_payload(app, row);

    return p != NULL && row->part < p->n ? &p->versions[row->part] : NULL;
}

static struct tui_list *
list(struct tui_app *app)
{
    return &app->rollouts.list;
}

static size_t
count(const struct tui_app *app)
{
    return app->rollouts.n;
}

static struct plumb_digest
key(const struct tui_app *app, size_t row)
{
    const struct tui_fleet_row *r = &app->rollouts.rows[row];
    const struct tui_version *v = tui_row_version(app, r);
    char text[4 * TUI_NAME];
    struct plumb_digest ret;
    int len = snprintf(text, sizeof text, "%s/%s/%s", tui_row_fleet(app, r)->name,
                       tui_row_payload(app, r)->payload, v != NULL ? v->version : "");

    plumb_sha256(text, (size_t)len, &ret);
    return ret;
}

static bool
row_matches(const struct tui_app *app, const struct tui_fleet_row *r, const char *text)
{
    const struct tui_version *v = tui_row_version(app, r);
    const char *const texts[] = { tui_row_fleet(app, r)->name, tui_row_payload(app, r)->payload,
                                  v != NULL ? v->version : "", v != NULL ? v->place : "" };

    return tui_matches(text, texts, 4);
}

static bool
matches(const struct tui_app *app, size_t row, const char *text)
{
    return row_matches(app, &app->rollouts.rows[row], text);
}

static size_t
count_rows(const struct tui_fleets *fleets)
{
    size_t n = 0;

    for (size_t i = 0; fleets != NULL && i < fleets->n; i++)
        for (size_t k = 0; k < fleets->fleets[i].n; k++)
            n += 1 + fleets->fleets[i].payloads[k].n;
    return n;
}

/* A payload stands above its versions whenever one of them passes. */
static void
choose_payload(struct tui_app *app, uint32_t fleet, uint32_t payload)
{
    struct tui_fleets_screen *sc = &app->rollouts;
    struct tui_fleet_row row = { fleet, payload, TUI_NO_PART };
    const size_t head = sc->n, versions = app->fleets->fleets[fleet].payloads[payload].n;
    const bool own = row_matches(app, &row, sc->list.filter);

    sc->rows[sc->n++] = row;
    for (row.part = 0; row.part < versions; row.part++)
        if (row_matches(app, &row, sc->list.filter))
            sc->rows[sc->n++] = row;
    if (!own && sc->n == head + 1)
        sc->n = head;
}

static void
choose(struct tui_app *app)
{
    struct tui_fleets_screen *sc = &app->rollouts;

    sc->n = 0;
    if (sc->rows == NULL || app->fleets == NULL)
        return;
    for (size_t i = 0; i < app->fleets->n; i++)
        for (size_t k = 0; k < app->fleets->fleets[i].n; k++)
            choose_payload(app, (uint32_t)i, (uint32_t)k);
}

static const struct tui_rows rows = { list, count, key, matches, choose };

/* --- drawing --- */

struct columns {
    int version, place, line, ends; /* where each begins; 0: not shown */
    int version_width, line_width, ends_width;
};

static struct columns
columns(int cols)
{
    struct columns c = { .version = 3, .version_width = cols >= 72 ? 18 : 13 };
    int end = cols;

    c.ends_width = cols >= 120 ? 44 : cols >= 96 ? 32 : cols >= 72 ? 20 : 8;
    c.ends = end -= c.ends_width;
    c.place = c.version + c.version_width + 1;
    c.line = c.place + (cols >= 56 ? 10 : 4);
    c.line_width = end - c.line - 1;
    return c;
}

/* What comes next for it, in as many words as there is room for. */
static void
ends_text(const struct tui_version *v, plumb_time now, int width, char *ret, size_t size)
{
    const bool incoming = v->deadline != PLUMB_TIME_NEVER;
    const plumb_time end = incoming ? v->deadline : v->not_after;
    char when[WHEN_TEXT], span[WHEN_TEXT], count_text[64] = "";

    if (end == PLUMB_TIME_NEVER) {
        (void)snprintf(ret, size, "%s", width > 10 ? "no end date" : "no end");
        return;
    }
    when_text(end, now, when);
    when_span(end > now ? end - now : now - end, span);
    if (incoming && width >= 32)
        (void)snprintf(count_text, sizeof count_text, "%" PRId64 " of %" PRId64 " recognised",
                       v->recognitions, v->recognitions_needed);
    if (width <= 10)
        (void)snprintf(ret, size, "%s%s", end < now ? "over " : "", span);
    else if (incoming && end < now)
        (void)snprintf(ret, size, "OVERRUN by %s: %s%s%s", span, v->overrun,
                       count_text[0] != '\0' ? ", " : "", count_text);
    else if (incoming)
        (void)snprintf(ret, size, "due in %s%s%s%s%s%s%s", span, width >= 44 ? ", " : "",
                       width >= 44 ? when : "", width >= 44 ? ": " : "",
                       width >= 44 ? v->overrun : "", count_text[0] != '\0' ? ", " : "",
                       count_text);
    else if (end < now)
        (void)snprintf(ret, size, "ended %s ago", span);
    else
        (void)snprintf(ret, size, "ends in %s%s%s", span, width >= 32 ? ", " : "",
                       width >= 32 ? when : "");
}

/* What advisories found comes first, in as many words as there is room for: the length of that.
 */
static size_t
findings_text(const struct tui_version *v, int width, char *ret, size_t size)
{
    const char *plural = v->findings == 1 ? "" : "s";

    ret[0] = '\0';
    if (v->findings == 0)
        return 0;
    if (width <= 8)
        (void)snprintf(ret, size, "!%zu ", v->findings);
    else if (v->overdue == 0)
        (void)snprintf(ret, size, "%zu finding%s; ", v->findings, plural);
    else if (width < 32)
        (void)snprintf(ret, size, "%zu overdue; ", v->overdue);
    else
        (void)snprintf(ret, size, "%zu finding%s, %zu overdue; ", v->findings, plural,
                       v->overdue);
    return strlen(ret);
}

static void
draw_version(const struct tui_app *app, struct tui_surface *s, int row, const struct columns *c,
             struct tui_span span, const struct tui_version *v)
{
    char ends[240];
    const bool over = v->deadline != PLUMB_TIME_NEVER && v->deadline < app->now;
    size_t n;

    tui_put(s, row, 1, v->check == TUI_CHECKED ? ST_GOOD : ST_BAD,
            v->check == TUI_CHECKED  ? GLYPH_CHECKED
            : v->check == TUI_FAILED ? GLYPH_FAILED
                                     : GLYPH_UNCHECKED);
    (void)tui_text(s, row, c->version, c->version_width, ST_PLAIN, v->version);
    (void)tui_text(s, row, c->place, c->line - c->place - 1, ST_PLAIN, v->place);
    if (c->line_width >= 8)
        tui_timeline_draw(s, row, c->line, c->line_width, span, v, app->now);
    n = findings_text(v, c->ends_width, ends, sizeof ends);
    ends_text(v, app->now, c->ends_width - (int)n, ends + n, sizeof ends - n);
    (void)tui_text(s, row, c->ends, c->ends_width, over || n > 0 ? ST_WARN : ST_PLAIN, ends);
}

static void
draw_payload(const struct tui_app *app, struct tui_surface *s, int row, const struct columns *c,
             struct tui_span span, const struct tui_fleet *f, const struct tui_payload *p)
{
    (void)tui_textf(s, row, 1, c->line - 2, ST_HEAD, "%s in %s", p->payload, f->name);
    if (c->line_width >= 8 && p->n > 0)
        tui_timeline_axis(s, row, c->line, c->line_width, span, app->now);
    if (f->check == TUI_FAILED)
        (void)tui_text(s, row, c->line, s->cols - c->line, ST_BAD, f->why);
    else if (p->n == 0)
        (void)tui_text(s, row, c->line, s->cols - c->line, ST_DIM, "nothing is accepted");
}

static void
draw(struct tui_app *app, struct tui_surface *s, int top, int height)
{
    const struct columns c = columns(s->cols);
    struct tui_fleets_screen *sc = &app->rollouts;

    if (sc->n == 0) {
        (void)tui_text(s, top + 1, 2, s->cols - 2, ST_PLAIN,
                       app->fleets == NULL          ? "Asking the server..."
                       : sc->list.filter[0] != '\0' ? "No version has this text. / then Esc "
                                                      "shows all"
                                                    : "No fleet has a payload yet");
        return;
    }
    tui_list_fit(&sc->list, sc->n, height);
    for (int i = 0; i < height && sc->list.first + (size_t)i < sc->n; i++) {
        const size_t n = sc->list.first + (size_t)i;
        const struct tui_fleet *f = tui_row_fleet(app, &sc->rows[n]);
        const struct tui_payload *p = tui_row_payload(app, &sc->rows[n]);
        const struct tui_version *v = tui_row_version(app, &sc->rows[n]);
        const struct tui_span span = tui_timeline_span(f, app->now);

        if (v != NULL)
            draw_version(app, s, top + i, &c, span, v);
        else if (p != NULL)
            draw_payload(app, s, top + i, &c, span, f, p);
        if (n == sc->list.cursor) {
            tui_put(s, top + i, 0, ST_CURSOR, GLYPH_CURSOR);
            tui_restyle(s, top + i, 0, c.line - 1, ST_CURSOR);
        }
    }
}

/* Of all that is accepted, as the service says. */
static void
findings_told(const struct tui_fleets *f, size_t findings, char *ret, size_t size)
{
    if (f->unread[0] != '\0')
        (void)snprintf(ret, size, "; findings are not known: %s", f->unread);
    else if (findings > 0)
        (void)snprintf(ret, size, "; %zu finding%s", findings, findings == 1 ? "" : "s");
    else
        (void)snprintf(ret, size, "%s", f->stale ? "; the advisories are too old" : "");
}

static void
subtitle(const struct tui_app *app, char *ret, size_t size)
{
    size_t incoming = 0, outgoing = 0, findings = 0;
    size_t fleets = app->fleets != NULL ? app->fleets->n : 0;
    char told[320];

    ret[0] = '\0';
    for (size_t i = 0; i < fleets; i++)
        for (size_t k = 0; k < app->fleets->fleets[i].n; k++)
            for (size_t v = 0; v < app->fleets->fleets[i].payloads[k].n; v++) {
                const struct tui_version *version =
                    &app->fleets->fleets[i].payloads[k].versions[v];

                incoming += strcmp(version->place, "incoming") == 0;
                outgoing += strcmp(version->place, "outgoing") == 0;
                findings += version->findings;
            }
    if (app->fleets == NULL)
        return;
    findings_told(app->fleets, findings, told, sizeof told);
    (void)snprintf(ret, size, "%zu rollout%s under way, %zu version%s going away%s%s%s",
                   incoming, incoming == 1 ? "" : "s", outgoing, outgoing == 1 ? "" : "s", told,
                   app->rollouts.list.filter[0] != '\0' ? "; shown: " : "",
                   app->rollouts.list.filter);
}

/* --- deeds --- */

static const struct tui_version *
in_place(const struct tui_payload *p, const char *place)
{
    for (size_t i = 0; i < p->n; i++)
        if (strcmp(p->versions[i].place, place) == 0)
            return &p->versions[i];
    return NULL;
}

static void
act(struct tui_app *app, const struct tui_fleet *f, const struct tui_payload *p,
    const struct tui_version *v, enum tui_deed_kind kind)
{
    struct tui_deed deed = {
        .kind = kind, .id = v->release, .base = p->base, .date = PLUMB_TIME_NEVER
    };

    if (v->check != TUI_CHECKED) {
        tui_say(app, ST_BAD, "No decision on what did not verify here");
        return;
    }
    memcpy(deed.payload, p->payload, sizeof deed.payload);
    memcpy(deed.version, v->version, sizeof deed.version);
    memcpy(deed.fleet, f->name, sizeof deed.fleet);
    deed.leaves_nothing = kind == TUI_REVOKE && p->n == 1;
    tui_decide(app, &deed, &v->release);
}

void
tui_revoke(struct tui_app *app, const char *fleet, const struct plumb_digest *release)
{
    const struct tui_fleet *found = NULL;
    size_t payload = 0, version = 0, several = 0;

    for (size_t i = 0; app->fleets != NULL && i < app->fleets->n; i++) {
        const struct tui_fleet *f = &app->fleets->fleets[i];

        if (fleet[0] != '\0' && strcmp(f->name, fleet) != 0)
            continue;
        for (size_t k = 0; k < f->n; k++)
            for (size_t v = 0; v < f->payloads[k].n; v++)
                if (plumb_digest_eq(&f->payloads[k].versions[v].release, release)) {
                    found = f;
                    payload = k;
                    version = v;
                    several++;
                }
    }
    if (several == 1)
        act(app, found, &found->payloads[payload], &found->payloads[payload].versions[version],
            TUI_REVOKE);
    else if (several > 1)
        tui_say(app, ST_BAD, "Several fleets accept it: choose one on Rollouts (2)");
    else
        tui_say(app, ST_BAD, "No fleet accepts this version: there is nothing to revoke here");
}

/* Of the version under the cursor, or the payload's one that it can be meant for. */
static void
decide(struct tui_app *app, enum tui_command cmd, const struct tui_fleet *f,
       const struct tui_payload *p, const struct tui_version *v)
{
    const struct tui_version *incoming = in_place(p, "incoming");

    if (cmd == CMD_COMPLETE || (cmd == CMD_ROLLBACK && v == NULL))
        v = incoming;
    if (v == NULL)
        tui_say(app, ST_BAD, "%s",
                cmd == CMD_COMPLETE || cmd == CMD_ROLLBACK
                    ? "No rollout of this payload is under way"
                    : "Put the cursor on a version first");
    else if (cmd == CMD_ROLLBACK && strcmp(v->place, "outgoing") == 0)
        tui_say(app, ST_BAD,
                "What is rolled back is the incoming or the current version; "
                "this one is outgoing");
    else if (cmd == CMD_RESCHEDULE && strcmp(v->place, "outgoing") != 0)
        tui_say(app, ST_BAD, "Only an outgoing version has an end date to move");
    else
        act(app, f, p, v,
            cmd == CMD_COMPLETE   ? TUI_COMPLETE
            : cmd == CMD_ROLLBACK ? TUI_ROLLBACK
            : cmd == CMD_REVOKE   ? TUI_REVOKE
                                  : TUI_RESCHEDULE);
}

static void
command(struct tui_app *app, enum tui_command cmd)
{
    const struct tui_fleet_row *r;
    const struct tui_payload *p;
    const struct tui_version *v;

    if (app->rollouts.n == 0) {
        tui_say(app, ST_PLAIN, "There is nothing here yet");
        return;
    }
    r = &app->rollouts.rows[app->rollouts.list.cursor];
    p = tui_row_payload(app, r);
    v = tui_row_version(app, r);
    if (p == NULL)
        return;
    switch (cmd) {
    case CMD_OPEN:
    case CMD_MOVES:
        tui_history_open(app, p->payload, v != NULL ? v->version : "",
                         tui_row_fleet(app, r)->name);
        break;
    case CMD_BEGIN:
        if (in_place(p, "incoming") != NULL)
            tui_say(app, ST_BAD,
                    "A rollout of %s is under way in %s: complete it or roll it "
                    "back first",
                    p->payload, tui_row_fleet(app, r)->name);
        else
            tui_versions_open(app, p->payload, tui_row_fleet(app, r)->name, p->base);
        break;
    case CMD_COMPLETE:
    case CMD_ROLLBACK:
    case CMD_RESCHEDULE:
    case CMD_REVOKE:
        decide(app, cmd, tui_row_fleet(app, r), p, v);
        break;
    default:
        break;
    }
}

const struct tui_screen tui_rollouts_screen = { "Rollouts", SCOPE_ROLLOUTS, draw, command,
                                                subtitle,   &rows,          NULL };

/* --- answers, for both screens that show fleets --- */

static size_t
count_parts(const struct tui_fleets *fleets)
{
    size_t n = 0;

    for (size_t i = 0; i < fleets->n; i++)
        n += 1 + fleets->fleets[i].npulls;
    return n;
}

void
tui_fleets_show(struct tui_app *app, struct tui_fleets *fleets)
{
    struct tui_fleet_row *versions = calloc(count_rows(fleets) + 1, sizeof *versions),
                         *pulls = calloc(count_parts(fleets) + 1, sizeof *pulls);

    if (versions == NULL || pulls == NULL) {
        free(versions);
        free(pulls);
        tui_fleets_free(fleets);
        tui_say(app, ST_BAD, "Out of memory: the fleets are as they were");
        return;
    }
    tui_fleets_done(app);
    app->fleets = fleets;
    app->rollouts.rows = versions;
    app->fleet.rows = pulls;
    choose(app);
    tui_list_follow(app, &rows);
    tui_fleets_screen.rows->choose(app);
    tui_list_follow(app, tui_fleets_screen.rows);
}

void
tui_fleets_done(struct tui_app *app)
{
    free(app->rollouts.rows);
    free(app->fleet.rows);
    app->rollouts.rows = app->fleet.rows = NULL;
    app->rollouts.n = app->fleet.n = 0;
    tui_fleets_free(app->fleets);
    app->fleets = NULL;
}
