/*
 * tui/keys.h - every command of plumb-tui: the one list that keys, the hint line, help and the
 * manual page are made from.
 */
#ifndef TUI_KEYS_H
#define TUI_KEYS_H

/* Where a command can be given: bits, one for each screen. */
enum tui_scope {
    SCOPE_QUEUE = 1,
    SCOPE_STATEMENT = 2,
    SCOPE_ROLLOUTS = 4,
    SCOPE_FLEETS = 8,
    SCOPE_HISTORY = 16,
    SCOPE_ENTRY = 32,
    SCOPE_VERSIONS = 64,
    SCOPE_YOU = 128,
    SCOPE_LISTS = SCOPE_QUEUE | SCOPE_ROLLOUTS | SCOPE_FLEETS | SCOPE_HISTORY | SCOPE_VERSIONS,
    SCOPE_TEXTS = SCOPE_STATEMENT | SCOPE_ENTRY | SCOPE_YOU,
    SCOPE_ALL = SCOPE_LISTS | SCOPE_TEXTS
};

enum tui_key_flag {
    KF_HINT = 1,   /* shown on the hint line while there is room */
    KF_DECIDES = 2 /* changes the record: hidden and refused with --read-only */
};

/* Keys that are no characters, above every code point. */
enum {
    K_UP = 0x110000,
    K_DOWN,
    K_PGUP,
    K_PGDN,
    K_HOME,
    K_END,
    K_ENTER,
    K_ESC,
    K_TAB,
    K_ERASE,
    K_RESIZE,
    K_F1,
    K_CTRL_L,
    K_CTRL_U
};

/* clang-format off */
/*    name        scope                            key   also      label    flags                 short        what it does */
#define TUI_COMMANDS(X)                                                                                                       \
    X(OPEN,       SCOPE_LISTS & ~SCOPE_FLEETS,     'l',  K_ENTER,  "Enter", KF_HINT,              "open",      "Open what the cursor is on")                        \
    X(APPROVE,    SCOPE_STATEMENT,                 'A',  0,        "A",     KF_HINT | KF_DECIDES, "approve",   "Approve: asks for the first digits of the digest")  \
    X(REJECT,     SCOPE_STATEMENT,                 'X',  0,        "X",     KF_HINT | KF_DECIDES, "reject",    "Reject: asks for a reason")                         \
    X(BEGIN,      SCOPE_ROLLOUTS,                  'B',  0,        "B",     KF_HINT | KF_DECIDES, "begin",     "Begin a rollout: choose an approved version of this payload") \
    X(COMPLETE,   SCOPE_ROLLOUTS,                  'C',  0,        "C",     KF_HINT | KF_DECIDES, "complete",  "Complete the rollout of the version under the cursor") \
    X(ROLLBACK,   SCOPE_ROLLOUTS,                  'K',  0,        "K",     KF_HINT | KF_DECIDES, "roll back", "Roll the version under the cursor back")            \
    X(RESCHEDULE, SCOPE_ROLLOUTS,                  'T',  0,        "T",     KF_HINT | KF_DECIDES, "end date",  "Move the end date of an outgoing version")          \
    X(REVOKE,     SCOPE_STATEMENT | SCOPE_ROLLOUTS,'V',  0,        "V",     KF_HINT | KF_DECIDES, "revoke",    "Revoke the version: asks for a reason")             \
    X(FILTER,     SCOPE_LISTS,                     '/',  0,        "/",     KF_HINT,              "filter",    "Show only lines that have this text; Esc shows all") \
    X(SORT,       SCOPE_QUEUE,                     's',  0,        "s",     KF_HINT,              "sort",      "Sort otherwise: mine first, oldest, newest, name")  \
    X(MINE,       SCOPE_QUEUE,                     'm',  0,        "m",     KF_HINT,              "mine",      "Only what waits for my decision, or all again")     \
    X(SECTION,    SCOPE_TEXTS,                     K_TAB,0,        "Tab",   KF_HINT,              "next part", "Next part of the page")                             \
    X(DIFFERENCE, SCOPE_STATEMENT,                 'd',  0,        "d",     0,                    "difference","The difference from what is accepted now")          \
    X(EVIDENCE,   SCOPE_STATEMENT,                 'e',  0,        "e",     0,                    "evidence",  "Controls and evidence")                             \
    X(RAW,        SCOPE_STATEMENT | SCOPE_ENTRY,   'r',  0,        "r",     0,                    "raw",       "The raw statement")                                 \
    X(MOVES,      SCOPE_STATEMENT | SCOPE_ROLLOUTS | SCOPE_FLEETS, 'h', 0, "h", KF_HINT,          "history",   "The history of this version or fleet")              \
    X(FIND,       SCOPE_LISTS,                     'f',  0,        "f",     0,                    "find",      "Find the next line that has this text")             \
    X(FIND_NEXT,  SCOPE_LISTS,                     'n',  0,        "n",     0,                    "next",      "Find the next one")                                 \
    X(FIND_PREV,  SCOPE_LISTS,                     'N',  0,        "N",     0,                    "previous",  "Find the one before")                               \
    X(DOWN,       SCOPE_ALL,                       'j',  K_DOWN,   "j",     0,                    "down",      "Next line")                                         \
    X(UP,         SCOPE_ALL,                       'k',  K_UP,     "k",     0,                    "up",        "Previous line")                                     \
    X(PAGE_DOWN,  SCOPE_ALL,                       ' ',  K_PGDN,   "Space", 0,                    "page down", "Next page")                                         \
    X(PAGE_UP,    SCOPE_ALL,                       'b',  K_PGUP,   "b",     0,                    "page up",   "Previous page")                                     \
    X(FIRST,      SCOPE_ALL,                       'g',  K_HOME,   "g",     0,                    "first",     "First line")                                        \
    X(LAST,       SCOPE_ALL,                       'G',  K_END,    "G",     0,                    "last",      "Last line")                                         \
    X(TO_QUEUE,   SCOPE_ALL,                       '1',  0,        "1",     0,                    "queue",     "Queue: what waits for a decision")                  \
    X(TO_ROLLOUTS,SCOPE_ALL,                       '2',  0,        "2",     0,                    "rollouts",  "Rollouts: versions of each payload on a time line") \
    X(TO_FLEETS,  SCOPE_ALL,                       '3',  0,        "3",     0,                    "fleets",    "Fleets: bundles, and which verifier holds which")   \
    X(TO_HISTORY, SCOPE_ALL,                       '4',  0,        "4",     0,                    "history",   "History: the entries of the log")                   \
    X(TO_YOU,     SCOPE_ALL,                       'i',  0,        "i",     0,                    "you",       "Who you are, which key signs, what it may decide")  \
    X(REFRESH,    SCOPE_ALL,                       'R',  0,        "R",     0,                    "refresh",   "Ask the server again")                              \
    X(REDRAW,     SCOPE_ALL,                       K_CTRL_L, 0,    "^L",    0,                    "redraw",    "Draw the screen anew")                              \
    X(BACK,       SCOPE_ALL & ~SCOPE_QUEUE,        'q',  K_ESC,    "q",     KF_HINT,              "back",      "Back to where you came from")                       \
    X(HELP,       SCOPE_ALL,                       '?',  K_F1,     "?",     KF_HINT,              "help",      "The keys of this screen")                           \
    X(CLEAR,      SCOPE_QUEUE,                     K_ESC,0,        "Esc",   0,                    "show all",  "Show all again: no filter")                         \
    X(QUIT,       SCOPE_QUEUE,                     'q',  0,        "q",     KF_HINT,              "quit",      "Quit")                                              \
    X(LEAVE,      SCOPE_ALL,                       'Q',  0,        "Q",     0,                    "quit",      "Quit, from anywhere")
/* clang-format on */

enum tui_command {
    CMD_NONE,
#define X(name, scope, key, also, label, flags, brief, what) CMD_##name,
    TUI_COMMANDS(X)
#undef X
        CMD_COUNT
};

struct tui_key {
    enum tui_command command;
    unsigned scope;
    int key, also;
    const char *label;
    int flags;
    const char *brief, *what;
};

extern const struct tui_key tui_keys[CMD_COUNT]; /* [CMD_NONE] is empty */

enum tui_command tui_command_for(enum tui_scope scope, int key);

/* The other key of a command in words ("Down"), or NULL. */
const char *tui_key_also(const struct tui_key *k);

#endif
