/*
 * tui/app.h - the state of plumb-tui and what changes it: a key (tui_app_key) or an answer
 * (tui_app_event), in one thread. No terminal, no network, no clock: keys come from term.c,
 * answers and the time from a backend.
 */
#ifndef TUI_APP_H
#define TUI_APP_H

#include "tui/backend.h"
#include "tui/doc.h"
#include "tui/keys.h"
#include "tui/list.h"
#include "tui/surface.h"

#define TUI_LEAST_ROWS 8
#define TUI_LEAST_COLS 40
#define TUI_DIGITS     8 /* of the digest that a decision asks for */

enum tui_screen_id {
    SCREEN_QUEUE,
    SCREEN_ROLLOUTS,
    SCREEN_FLEETS,
    SCREEN_HISTORY,
    SCREEN_STATEMENT,
    SCREEN_ENTRY,
    SCREEN_VERSIONS,
    SCREEN_YOU,
    SCREEN_COUNT
};

struct tui_app;

/* One screen. It draws on what it is given, and handles commands of its own. */
struct tui_screen {
    const char *name;
    enum tui_scope scope;
    /* Of rows from top on. */
    void (*draw)(struct tui_app *app, struct tui_surface *s, int top, int rows);
    void (*command)(struct tui_app *app, enum tui_command command);
    /* What stands under the title. */
    void (*subtitle)(const struct tui_app *app, char *ret, size_t size);
    const struct tui_rows *rows;                   /* of a list, else NULL */
    struct tui_page *(*page)(struct tui_app *app); /* of a text, else NULL */
};
extern const struct tui_screen *const tui_screens[SCREEN_COUNT];

/* A page of text with its place in it. */
struct tui_page {
    struct tui_doc doc;
    size_t top;
    int rows; /* as drawn last */
};

enum tui_sort { SORT_MINE, SORT_OLDEST, SORT_NEWEST, SORT_NAME, SORT_COUNT };

struct tui_queue {
    struct tui_items items; /* ascending by index in the log */
    uint32_t *sorted;       /* all of them, as they are sorted */
    uint32_t *order;        /* what is shown of that */
    size_t norder, mine;
    enum tui_sort sort;
    bool only_mine, loaded;
    struct tui_list list;
};

struct tui_statement_screen {
    struct plumb_digest id; /* that is open */
    struct tui_statement *shown;
    bool asked;       /* and not answered yet */
    char failed[600]; /* why there is nothing to show */
    struct tui_page page;
};

struct tui_fleet_row { /* of Rollouts and Fleets: fleet, or one of its payloads, or versions */
    uint32_t fleet, payload,
        part; /* part: a version, or a pull; UINT32_MAX for the line above */
};
#define TUI_NO_PART UINT32_MAX

struct tui_fleets_screen {
    struct tui_fleet_row *rows;
    size_t n;
    struct tui_list list;
};

struct tui_history_screen {
    struct tui_history *shown;
    uint32_t *order;
    size_t norder;
    char payload[TUI_NAME], version[TUI_NAME], fleet[TUI_NAME]; /* of what was asked for */
    bool asked;
    char failed[600];
    struct tui_list list;
};

struct tui_entry_screen {
    uint64_t index;
    struct tui_entry *shown;
    bool asked;
    char failed[600];
    struct tui_page page;
};

struct tui_versions_screen {
    struct tui_releases *shown;
    uint32_t *order;
    size_t norder;
    uint64_t base;
    char payload[TUI_NAME], fleet[TUI_NAME];
    bool asked;
    char failed[600];
    struct tui_list list;
};

/* What is being typed on the last line. */
enum tui_prompt {
    PROMPT_NONE,
    PROMPT_FILTER,
    PROMPT_FIND,
    PROMPT_REASON,
    PROMPT_DATE,
    PROMPT_DIGITS,
    PROMPT_PASSPHRASE
};

struct tui_app {
    struct tui_backend backend;
    bool read_only, quit, help, redraw;
    struct tui_page help_page;
    plumb_time now;
    plumb_time answered; /* when the server last did; 0: never */
    bool away;
    char away_why[256];
    struct tui_you *you;
    struct tui_page you_page;

    enum tui_screen_id screen;
    enum tui_screen_id back[SCREEN_COUNT];
    size_t nback;

    struct tui_queue queue;
    struct tui_statement_screen statement;
    struct tui_fleets *fleets;
    struct tui_fleets_screen rollouts, fleet;
    struct tui_history_screen history;
    struct tui_entry_screen entry;
    struct tui_versions_screen versions;

    enum tui_prompt prompt;
    char answer[512];
    char find[64];
    struct tui_deed deed;     /* being decided */
    struct plumb_digest must; /* whose first digits are asked for */
    struct tui_page panel;    /* what a person is told before they decide */
    struct tui_secret *secret;
    bool sending, leaving; /* leaving: asked to, while sending */

    char message[700];
    enum tui_style message_style;
};

/* The app lives until tui_app_done; backend outlives it. */
void tui_app_init(struct tui_app *app, const struct tui_backend *backend, bool read_only,
                  plumb_time now);
void tui_app_done(struct tui_app *app);

/* A code point or K_... */
void tui_app_key(struct tui_app *app, int key);
/* Takes over what e owns. */
void tui_app_event(struct tui_app *app, struct tui_event *e);
void tui_app_draw(struct tui_app *app, struct tui_surface *s);

/* While this holds, keys are to be read straight into it: bytes of a passphrase, which must not
 * pass through anybody's buffers. NULL else. Then tui_app_key gets K_ENTER or K_ESC. */
struct tui_secret *tui_app_secret(struct tui_app *app);

/* --- for the screens --- */

/* Go to a screen; BACK comes back here. */
void tui_go(struct tui_app *app, enum tui_screen_id screen);
/* Back to the one before, or the queue. */
void tui_back(struct tui_app *app);
__attribute__((format(printf, 3, 4))) void tui_say(struct tui_app *app, enum tui_style style,
                                                   const char *format, ...);
void tui_ask(struct tui_app *app, const struct tui_ask *ask);
void tui_page_clear(struct tui_page *page);
void tui_page_draw(struct tui_page *page, struct tui_surface *s, int top, int rows);
/* Only moving about; false when command is another. */
bool tui_page_command(struct tui_page *page, enum tui_command command);

#endif
