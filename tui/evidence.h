/*
 * tui/evidence.h - what is on file about a release, as a person decides on it: controls, files,
 * findings and waivers in the service's words (client/dossier.h), what of it was proven here,
 * and the materials that were read here: bills and root stores, against those of what is
 * current.
 */
#ifndef TUI_EVIDENCE_H
#define TUI_EVIDENCE_H

#include "client/dossier.h"

/* Verified on this machine? */
enum tui_check {
    TUI_UNCHECKED, /* not yet: the server's word */
    TUI_CHECKED,
    TUI_FAILED
};

/* That a file was attached by an entry of the log. */
struct tui_proof {
    enum tui_check check;
    char why[256]; /* TUI_FAILED: why */
};

struct tui_waiver {
    char control[80];
    plumb_time until;
    bool lapsed;
    char *justification, *compensating, *who; /* who: approved it, "alice, bob" */
    struct tui_proof proof;                   /* of the statement, its votes and its quorum */
};

/* In two bills of materials, with different versions; NULL: there it is not. */
struct tui_component {
    char *name, *before, *after;
    char *purl; /* of the newer one; "" where it has none */
};

struct tui_certificate {
    enum { TUI_CERT_SAME, TUI_CERT_ADDED, TUI_CERT_REMOVED } how;
    struct plumb_digest fingerprint;
    char subject[256], key[32];
    plumb_time not_after;
};

/* Of a version: the file in which a bill of materials or a root store is, if it has one. */
struct tui_source {
    bool exists;
    struct plumb_digest digest;
    bool attested; /* in an attestation: of which release, and the entry that attached it */
    struct plumb_digest release;
    uint64_t index;
};

#define TUI_SIGNER 80

/* A bill of materials or a root store, and what it takes the place of. */
struct tui_material {
    bool roots;    /* else a bill */
    bool accepted; /* as such, by the service */
    char name[120];
    struct tui_source after, before; /* no after: what is current has it, the release has not */
    struct plumb_digest governance;  /* in force, by which signers of attestations are judged */
    char signer[TUI_SIGNER];         /* of after, when it was read: as governance names it */
    char against[400];               /* what the difference is from */
    enum {
        TUI_READING, /* asked for, on its way */
        TUI_READ,
        TUI_OPAQUE, /* it is this file, but can be read as no such thing: why */
        TUI_UNREAD  /* it cannot be had, or is not what the service says: why */
    } state;
    char why[300];
    size_t total; /* components or certificates that it has */
    size_t added, removed, changed;
    struct tui_component *components; /* that differ; the first of them when there are many */
    size_t ncomponents;
    struct tui_certificate *certificates; /* all of both */
    size_t ncertificates;
};
#define TUI_MATERIALS_MAX 8
/* Frees what m points to. */
void tui_material_clear(struct tui_material *m);
/* Of the same files? */
bool tui_material_same(const struct tui_material *a, const struct tui_material *b);

struct tui_evidence {
    bool governed;                  /* governance names controls */
    struct client_dossier *dossier; /* NULL: not governed, or not read */
    char unread[400];               /* why it could not be read; "" */
    struct tui_proof *files;        /* one for each of the dossier's */
    struct tui_waiver *waivers;
    size_t nwaivers;
    struct tui_material materials[TUI_MATERIALS_MAX];
    size_t nmaterials, unlisted; /* unlisted: there are so many more */
    bool gates;       /* the proposal takes effect only while no control holds it back */
    bool *holds;      /* for each control: does it? Of what is not gated: would it? */
    size_t held;      /* how many do */
    char failed[400]; /* what of all this did not verify: no approval; "" */
};
void tui_evidence_clear(struct tui_evidence *e);

/* Takes the dossier, with nothing proven yet, and tells what holds; rules and begin as in
 * client_control_holds. False when out of memory; then e has none. */
bool tui_evidence_take(struct tui_evidence *e, struct client_dossier *dossier,
                       const struct plumb_controls *rules, bool begin);

/* Why nobody can approve on this yet, or at all; NULL: nothing is in the way. */
const char *tui_evidence_bars(const struct tui_evidence *e, char *ret, size_t size);

#endif
