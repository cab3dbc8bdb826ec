/*
 * fake.h - an app with a backend that remembers what it was asked, and a small world that does
 * not change: for screens that are compared with files, and for typed keys.
 */
#ifndef TESTS_TUI_FAKE_H
#define TESTS_TUI_FAKE_H

#include "tui/app.h"

#define FAKE_NOW  INT64_C(1795615200) /* 2026-11-25T14:00:00Z, a Wednesday */
#define FAKE_ASKS 64

struct fake {
    struct tui_app app;
    struct tui_ask *asks; /* the last FAKE_ASKS; passphrases are freed */
    size_t nasks;
    char passphrase[TUI_SECRET_MAX + 1]; /* of the last deed, or "" */
};

/* An app that has had all its answers, on the queue. */
void fake_begin(struct fake *f, bool read_only);
/* One that has had none. */
void fake_begin_empty(struct fake *f, bool read_only);
void fake_end(struct fake *f);

/* Types: printable ASCII as it is; "<Enter>", "<Esc>", "<Tab>", "<Down>", "<Erase>" ... */
void fake_type(struct fake *f, const char *keys);
/* Draw at this size and keep what a person sees. The caller frees. */
char *fake_screen(struct fake *f, int rows, int cols, bool ascii);
/* The last ask of a kind, or NULL. */
const struct tui_ask *fake_asked(const struct fake *f, enum tui_ask_kind kind);
size_t fake_count(const struct fake *f, enum tui_ask_kind kind);
void fake_event(struct fake *f, struct tui_event *e);

struct plumb_digest fake_digest(const char *text);
struct tui_items fake_items(void);
struct tui_statement *fake_statement(void); /* of the first item */
/* A control of its evidence holds it back; by lives as long. */
void fake_hold(struct tui_evidence *e, size_t control, enum plumb_control_state state,
               const char *by);
struct tui_fleets *fake_fleets(void);
struct tui_you *fake_you(void);

#endif
