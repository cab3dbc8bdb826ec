/*
 * tui/model.h - what the screens show: plain data, made by the one who asks the server
 * (tui/worker.h, or a test) and owned by the app once it is handed over. Strings that came from
 * elsewhere are as hostile as they came: tui_text() spells them.
 */
#ifndef TUI_MODEL_H
#define TUI_MODEL_H

#include <plumb/governance.h>
#include <plumb/window.h>

#include "tui/evidence.h"

#define TUI_NAME 72 /* a name of ours with its NUL, or what a server said instead */

/* A proposal as a line of the queue. */
struct tui_item {
    struct plumb_digest id;
    uint64_t index;
    plumb_time time;
    char kind[TUI_NAME]; /* "release", "begin", "revocation", ... */
    char subject[240];   /* "web@2.0 in prod" */
    char proposer[TUI_NAME];
    char blocks[200]; /* what it waits for: "1 more security-officer" */
    char why[256];    /* TUI_FAILED: why */
    enum tui_check check;
    unsigned votes, needed;
    bool mine; /* waits for a decision of mine */
};

struct tui_items {
    struct tui_item *items;
    size_t n;
};

struct tui_vote {
    char who[TUI_NAME];
    char decision[16];
    char note[600]; /* a reason, or why it does not count */
    plumb_time time;
    uint64_t index;
    bool counts;
};

/* One line of a difference. */
struct tui_change {
    enum { TUI_SAME, TUI_CHANGED, TUI_ADDED, TUI_REMOVED, TUI_SET } how;
    char *name;   /* of the measurement or member; of a set: what it is */
    char *before; /* NULL when added */
    char *after;  /* NULL when removed */
};

struct tui_fact {
    char label[40];
    char *text;
    enum { TUI_FACT_TEXT, TUI_FACT_DIGEST, TUI_FACT_DOUBT } how;
};

/* A proposal as a person decides on it. Texts are NULL where there is nothing to say. */
struct tui_statement {
    struct tui_item item;
    char state[24];    /* by the service: "open", ... */
    char key[160];     /* that signed it */
    char checked[400]; /* what was verified here, or why that failed */
    char needed[1024]; /* who can still approve: "1 more security-officer: sol or sam" */
    char payload[TUI_NAME], version[TUI_NAME], fleet[TUI_NAME]; /* "" where it names none */
    struct plumb_digest release; /* that it is about; zero for governance */
    plumb_time issued, expires;
    struct tui_vote *votes;
    size_t nvotes;
    char *effect;      /* what it brings about, by what is accepted now */
    char *consequence; /* of my approval */
    bool completes;    /* my approval would complete the quorum */
    bool may_vote;     /* the quorum asks me, and it is open */
    char *no_vote;     /* else why not */
    char *against;     /* what the difference is from */
    struct tui_change *changes;
    size_t nchanges, unchanged; /* unchanged: measurements that are the same */
    struct tui_fact *facts;     /* what the release names: SBOM, sources, artifacts */
    size_t nfacts;
    struct tui_evidence evidence; /* of the release */
    char *notes;
    char *raw; /* lines */
    /* Of all that a decision rests on: statement, votes, governance, what is accepted, and
     * controls, evidence and findings. */
    struct plumb_digest seen;
};

/* One version in one fleet. */
struct tui_version {
    char version[TUI_NAME];
    struct plumb_digest release;
    char place[16]; /* "incoming", "current", "outgoing"; or what is not accepted any more */
    plumb_time not_before, not_after; /* NEVER: no end */
    plumb_time deadline;              /* of its rollout; NEVER without one */
    char overrun[16];                 /* what happens then */
    bool overran;
    int64_t recognitions, recognitions_needed; /* by the service's count */
    size_t findings, overdue; /* open ones, and of them past their date: in its words too */
    enum tui_check check;
};

struct tui_payload {
    char payload[TUI_NAME];
    uint64_t base;
    struct tui_version *versions;
    size_t n;
};

struct tui_pull {
    char who[TUI_NAME];
    uint64_t index;   /* of the publication */
    int64_t revision; /* 0: not known */
    plumb_time at, valid_until;
};

struct tui_fleet {
    char name[TUI_NAME];
    bool is_public;
    int64_t revision; /* 0: nothing is published */
    uint64_t publication;
    plumb_time issued, valid_until;
    enum tui_check check;
    char why[256];
    struct tui_payload *payloads;
    size_t n;
    struct tui_pull *pulls;
    size_t npulls;
};

struct tui_fleets {
    struct tui_fleet *fleets;
    size_t n;
    bool stale;       /* no advisories for too long: what is not found may only be unknown */
    char unread[256]; /* why findings are not known; "" */
};

/* A version of a payload that a rollout could begin with. */
struct tui_release {
    char version[TUI_NAME], state[24];
    struct plumb_digest release;
    uint64_t index;
};
struct tui_releases {
    char payload[TUI_NAME], fleet[TUI_NAME];
    struct tui_release *releases; /* newest first */
    size_t n;
};

struct tui_move {
    uint64_t index;
    plumb_time time;
    char kind[TUI_NAME], actor[TUI_NAME], subject[240], effect[256];
    enum tui_check check;
    char why[256];
};
struct tui_history {
    char payload[TUI_NAME], version[TUI_NAME], fleet[TUI_NAME]; /* of what; "" for all */
    struct tui_move *moves;                                     /* newest first */
    size_t n;
    uint64_t after; /* the page that follows; 0: there is none */
};

/* One entry of the log. */
struct tui_entry {
    uint64_t index;
    plumb_time time;
    struct plumb_digest id;
    char kind[TUI_NAME], actor[TUI_NAME], key[160];
    char effect[256]; /* the service's words */
    bool signed_here; /* its signature verified */
    char signature[256];
    bool included; /* its inclusion was proven */
    char inclusion[256];
    char *raw; /* lines */
};

/* Who I am here, as governance that was verified has it. */
struct tui_you {
    char principal[TUI_NAME];
    char server[128];
    char origin[128];
    char key[200];     /* that signs; or what is known of it */
    char key_use[256]; /* whether it may decide, and if not why */
    bool may_decide;
    bool asks_passphrase;
    char *may;      /* lines: what my key may decide and propose */
    char *verified; /* lines: genesis, governance, log */
};

void tui_items_clear(struct tui_items *i);
void tui_statement_free(struct tui_statement *s);
void tui_fleets_free(struct tui_fleets *f);
void tui_releases_free(struct tui_releases *r);
void tui_history_free(struct tui_history *h);
void tui_entry_free(struct tui_entry *e);
void tui_you_free(struct tui_you *y);

#endif
