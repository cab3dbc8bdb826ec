/*
 * tui/backend.h - what the app asks for and what comes back. The worker answers from a server,
 * a test from its own data. Asking never waits; answers arrive through tui_app_event.
 */
#ifndef TUI_BACKEND_H
#define TUI_BACKEND_H

#include "tui/model.h"
#include "tui/secret.h"

enum tui_ask_kind {
    TUI_ASK_REFRESH,   /* queue and fleets, now */
    TUI_ASK_CHECK,     /* verify these items of the queue next */
    TUI_ASK_STATEMENT, /* id */
    TUI_ASK_RELEASES,  /* payload, fleet */
    TUI_ASK_HISTORY,   /* payload, version, fleet, after */
    TUI_ASK_PROVE,     /* verify these moves: indexes, with what was said of them */
    TUI_ASK_ENTRY,     /* index */
    TUI_ASK_MATERIALS, /* id, materials: read these of a statement; none any more but these */
    TUI_ASK_DEED       /* sign and send */
};

/* clang-format off */
#define TUI_DEEDS(X)                                        \
    X(APPROVE, "approve", "Approved")                       \
    X(REJECT, "reject", "Rejected")                         \
    X(REVOKE, "revoke", "Revocation sent")                  \
    X(BEGIN, "begin", "Begin sent")                         \
    X(COMPLETE, "complete", "Completion sent")              \
    X(ROLLBACK, "roll back", "Roll back sent")              \
    X(RESCHEDULE, "move the end date", "New end date sent")
/* clang-format on */
enum tui_deed_kind {
#define X(name, verb, done) TUI_##name,
    TUI_DEEDS(X)
#undef X
        TUI_DEED_COUNT
};
const char *tui_deed_verb(enum tui_deed_kind kind);
const char *tui_deed_done(enum tui_deed_kind kind);

/* What a person decided, and on what. */
struct tui_deed {
    enum tui_deed_kind kind;
    struct plumb_digest id;   /* approve, reject: the proposal; else the release */
    struct plumb_digest seen; /* of the statement as it was shown; zero for what is no vote */
    char payload[TUI_NAME], version[TUI_NAME], fleet[TUI_NAME];
    uint64_t base; /* moves of the payload in the fleet, as shown */
    char reason[512];
    plumb_time date;     /* RESCHEDULE: the end; BEGIN: when, or NEVER for at once */
    bool leaves_nothing; /* the person was told that nothing would be accepted any more */
    struct tui_secret *passphrase; /* owned; NULL where the key has none */
};

#define TUI_CHECK_MAX 64
struct tui_ask {
    enum tui_ask_kind kind;
    struct plumb_digest id;
    char payload[TUI_NAME], version[TUI_NAME], fleet[TUI_NAME];
    uint64_t index, after;
    struct plumb_digest ids[TUI_CHECK_MAX];
    struct tui_move moves[TUI_CHECK_MAX];
    size_t n;
    struct tui_material materials[TUI_MATERIALS_MAX]; /* that point to nothing yet */
    size_t nmaterials;
    struct tui_deed deed;
};

struct tui_backend {
    void *ctx;
    /* Takes over what ask owns (the passphrase). */
    void (*ask)(void *ctx, const struct tui_ask *ask);
};

enum tui_event_kind {
    TUI_EVENT_TIME,   /* a tick: ages have changed */
    TUI_EVENT_ANSWER, /* the server answered just now */
    TUI_EVENT_AWAY,   /* text: why it does not */
    TUI_EVENT_YOU,
    TUI_EVENT_QUEUE, /* items: all of them */
    TUI_EVENT_ITEMS, /* items: some, verified since */
    TUI_EVENT_STATEMENT,
    TUI_EVENT_MATERIAL, /* one of those asked for, read; or why not */
    TUI_EVENT_FLEETS,
    TUI_EVENT_RELEASES,
    TUI_EVENT_HISTORY, /* a page; after says which */
    TUI_EVENT_MOVES,   /* some of history, verified since */
    TUI_EVENT_ENTRY,
    TUI_EVENT_FAILED, /* id or index: what was asked for cannot be shown; text: why */
    TUI_EVENT_KEY,    /* text: the key is being asked, touch it */
    TUI_EVENT_DONE,   /* a deed: ok, text */
};

/* What arrives; the app owns what it points to. */
struct tui_event {
    enum tui_event_kind kind;
    plumb_time now;
    bool ok;
    char text[600];
    struct plumb_digest id;
    uint64_t index;
    struct tui_items items;
    struct tui_statement *statement;
    struct tui_material *material;
    struct tui_fleets *fleets;
    struct tui_releases *releases;
    struct tui_history *history;
    struct tui_entry *entry;
    struct tui_you *you;
};
void tui_event_clear(struct tui_event *e);

#endif
