/*
 * client/dossier.h - what the service says of a release's evidence: controls, attached files,
 * findings. It is the service's evaluation, which every audit derives again; what of it stands
 * in the log, client/attached.h proves. Texts are other people's: as hostile as they came.
 */
#ifndef CLIENT_DOSSIER_H
#define CLIENT_DOSSIER_H

#include <plumb/controls.h>

#include "client/findings.h"

/* Texts that are absent are "", times PLUMB_TIME_NEVER. */
struct client_control {
    const char *id, *text, *by; /* by what it is met, or why it is not */
    bool must;                  /* else SHOULD */
    enum plumb_control_state state;
    struct plumb_digest *evidence; /* files that count */
    size_t nevidence;
    bool has_waiver;            /* that stands, or has lapsed */
    struct plumb_digest waiver; /* the proposal */
    plumb_time waived_until;
    bool lapsed;
};

struct client_file { /* that was attached */
    enum plumb_file_kind kind;
    struct plumb_digest digest;
    int64_t size;
    const char *name, *by; /* by: who attached it */
    uint64_t index;        /* of the entry that did */
    plumb_time time, review_by;
    bool accepted;
    const char *rule, *text; /* rule: why it was refused */
    const char *said;        /* of an attestation: what it is, in a word */
    bool bill;               /* a bill of materials was read in it */
    bool loose;              /* accepted, and counts for nothing: nobody trusted refers to it */
};

struct client_dossier {
    const char *payload, *version;
    struct plumb_digest release;
    plumb_time at; /* of the evaluation */
    struct client_control *controls;
    size_t ncontrols; /* 0: governance names none */
    struct client_file *files;
    size_t nfiles;
    struct client_finding *findings;
    size_t nfindings;
    struct plumb_digest digest; /* of controls, files and findings: of all but the time */
    json_t *json;               /* as it came */
};
void client_dossier_free(struct client_dossier *d);

/*
 * Of one version. Rules "dossier.version" (it is another's), "dossier.release" (another of this
 * name; release NULL: whichever it is), "dossier.word" (a state, level,
 * severity or kind that nobody here knows), "json.*", those of client_get. read: an answer that
 * is there already; borrowed.
 */
PLUMB_MUST_CHECK enum plumb_code client_dossier(struct client *c, const char *payload,
                                                const char *version,
                                                const struct plumb_digest *release,
                                                struct client_dossier **ret,
                                                struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code
client_dossier_read(json_t *answer, struct client_dossier **ret, struct plumb_err *err);

/* With the very controls that these rules name. Rule "dossier.controls". */
PLUMB_MUST_CHECK enum plumb_code client_dossier_fits(const struct client_dossier *d,
                                                     const struct plumb_controls *rules,
                                                     struct plumb_err *err);

/* Does it hold an approval of the release back; with begin, a begin? A begin is held by a
 * lapsed waiver only where governance says so. rules: controls in force, NULL when not known.
 */
bool client_control_holds(const struct client_control *c, const struct plumb_controls *rules,
                          bool begin);
/* How many of them do. */
size_t client_dossier_held(const struct client_dossier *d, const struct plumb_controls *rules,
                           bool begin);

#endif
