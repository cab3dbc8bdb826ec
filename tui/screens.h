/* tui/screens.h - what the screens give to app.c, and to one another. */
#ifndef TUI_SCREENS_H
#define TUI_SCREENS_H

#include "tui/app.h"

extern const struct tui_screen tui_queue_screen, tui_rollouts_screen, tui_fleets_screen,
    tui_history_screen, tui_statement_screen, tui_entry_screen, tui_versions_screen,
    tui_you_screen;

/* Answers of each screen's; they take over what they are given. */
void tui_queue_all(struct tui_app *app, struct tui_items *items);
void tui_queue_some(struct tui_app *app, const struct tui_items *items);
void tui_queue_done(struct tui_app *app);
void tui_statement_open(struct tui_app *app, const struct plumb_digest *id);
void tui_statement_show(struct tui_app *app, struct tui_statement *s);
void tui_statement_done(struct tui_app *app);
/* One of its materials was read: takes over what *read points to, and leaves nothing there. */
void tui_statement_material(struct tui_app *app, const struct plumb_digest *id,
                            struct tui_material *read);
/* Of what the statement screen tells; also the golden screens' way in. */
void tui_tell_statement(const struct tui_statement *s, plumb_time now, struct tui_doc *doc);
/* Its parts: what holds it back, and all that is on file about the release. */
void tui_tell_gate(const struct tui_evidence *e, struct tui_doc *doc);
void tui_tell_evidence(const struct tui_evidence *e, plumb_time now, struct tui_doc *doc);
/* Of that, its bills and root stores. */
void tui_tell_materials(const struct tui_evidence *e, plumb_time now, struct tui_doc *doc);
/* "high, open: BLOCKS" */
void tui_finding_text(const struct client_finding *f, char *ret, size_t size);
void tui_fleets_show(struct tui_app *app, struct tui_fleets *fleets);
void tui_fleets_done(struct tui_app *app);
/* The fleet, payload and version of a row; NULL where it is of none. */
const struct tui_fleet *tui_row_fleet(const struct tui_app *app,
                                      const struct tui_fleet_row *row);
const struct tui_payload *tui_row_payload(const struct tui_app *app,
                                          const struct tui_fleet_row *row);
const struct tui_version *tui_row_version(const struct tui_app *app,
                                          const struct tui_fleet_row *row);
/* Revoke a release in a fleet, "" for the one that accepts it; says so when there is none. */
void tui_revoke(struct tui_app *app, const char *fleet, const struct plumb_digest *release);
void tui_history_open(struct tui_app *app, const char *payload, const char *version,
                      const char *fleet);
void tui_history_show(struct tui_app *app, struct tui_history *h);
void tui_history_some(struct tui_app *app, const struct tui_history *h);
void tui_history_done(struct tui_app *app);
void tui_entry_open(struct tui_app *app, uint64_t index);
void tui_entry_show(struct tui_app *app, struct tui_entry *e);
void tui_entry_done(struct tui_app *app);
void tui_versions_open(struct tui_app *app, const char *payload, const char *fleet,
                       uint64_t base);
void tui_versions_show(struct tui_app *app, struct tui_releases *r);
void tui_versions_done(struct tui_app *app);
void tui_you_show(struct tui_app *app, struct tui_you *you);

/* A time line: what of a version's window is drawn into width columns. */
struct tui_span {
    plumb_time from, to; /* of the whole line */
};
struct tui_span tui_timeline_span(const struct tui_fleet *fleet, plumb_time now);
void tui_timeline_draw(struct tui_surface *s, int row, int col, int width, struct tui_span span,
                       const struct tui_version *v, plumb_time now);
void tui_timeline_axis(struct tui_surface *s, int row, int col, int width, struct tui_span span,
                       plumb_time now);

/* decide.c: the person wants this; asks for the rest, step by step. */
void tui_decide(struct tui_app *app, const struct tui_deed *deed,
                const struct plumb_digest *must);
void tui_prompt_begin(struct tui_app *app, enum tui_prompt prompt);
/* A key while something is asked. */
void tui_prompt_key(struct tui_app *app, int key);
const char *tui_prompt_text(enum tui_prompt prompt);
void tui_decide_done(struct tui_app *app);

#endif
