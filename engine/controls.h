/*
 * controls.h - evidence, controls, waivers, advisories and findings, for lists and screens, and
 * for the service. All are functions of the state and a time. docs/controls.md.
 */
#ifndef ENGINE_CONTROLS_H
#define ENGINE_CONTROLS_H

#include <plumb/controls.h>

#include "engine/engine.h"
#include "supply/cvss.h"

/* --- controls --- */

/* Files that are named: more of each of the most controls would not fit an evaluation, which is
 * a statement, and without its record nothing is published any more. */
#define ENGINE_CONTROL_EVIDENCE 6
struct engine_control {
    const char *id, *text; /* borrowed until the engine changes */
    bool must;
    enum plumb_control_state state;
    char by[200]; /* by what it is met, or why it is not: plain ASCII */
    struct plumb_digest evidence[ENGINE_CONTROL_EVIDENCE]; /* the files that count */
    size_t nevidence;
    int64_t level;              /* SLSA build level, where provenance met it */
    bool lapsed;                /* it was waived, until waived_until */
    struct plumb_digest waiver; /* the proposal; with lapsed or WAIVED */
    plumb_time waived_until;
};
typedef bool engine_control_fn(void *arg, const struct engine_control *c);
/* In the order of their ids; none where governance names no controls, or there is no such
 * release. The callback returns false to stop, as all of these. */
void engine_each_control(const struct engine *e, const struct plumb_digest *release,
                         plumb_time at, engine_control_fn *fn, void *arg);

/* --- evidence --- */

struct engine_fact { /* borrowed until the engine changes */
    enum plumb_file_kind kind;
    struct plumb_digest file;
    int64_t size;
    const char *name; /* "" where it has none */
    const char *by;   /* the principal who attached it */
    uint64_t index;
    plumb_time time, review_by;
    bool accepted;
    const char *rule; /* why not; "" when accepted */
    const char *text; /* for people */
    const char *said; /* of an attestation: what it is, in a word; or "" */
    bool bill;        /* a bill of materials was read in it */
    bool loose;       /* accepted, but no trusted signer refers to it: it counts for nothing */
};
typedef bool engine_fact_fn(void *arg, const struct engine_fact *f);
void engine_each_fact(const struct engine *e, const struct plumb_digest *release,
                      engine_fact_fn *fn, void *arg);

/* --- advisories and findings --- */

struct engine_finding { /* borrowed until the engine changes */
    struct plumb_digest release;
    const char *payload, *version;
    const char *advisory, *summary;
    enum plumb_finding_state state; /* GONE: the release no longer matches */
    bool rated;
    enum plumb_severity severity; /* of what is unrated, what governance says */
    bool blocking;
    const char *component; /* a package URL */
    size_t components;     /* how many of them match */
    const char *fixed;     /* the version that mends it; or NULL */
    const char *why;       /* why it cannot be told, or VEX's justification; "" */
    uint64_t index;        /* the entry that brought it about */
    plumb_time since;
    plumb_time due; /* PLUMB_TIME_NEVER: no deadline */
    bool overdue;
    bool accepted; /* the release is accepted somewhere */
};
typedef bool engine_finding_fn(void *arg, const struct engine_finding *f);
/* Of one release, the newest first; release NULL: of every one, in the order in which they
 * came. */
void engine_each_finding(const struct engine *e, const struct plumb_digest *release,
                         plumb_time at, engine_finding_fn *fn, void *arg);

/*
 * Those of every release in the order in which they came, from the from-th on, max of them at
 * most. Where to go on, the one at which the callback returned false included; 0: there are no
 * more.
 */
size_t engine_findings_from(const struct engine *e, size_t from, size_t max, plumb_time at,
                            engine_finding_fn *fn, void *arg);

struct engine_monitor {
    uint64_t imports, advisories;
    plumb_time imported; /* the last import */
    bool stale;          /* older than governance allows, or there was none */
};
void engine_monitor(const struct engine *e, plumb_time at, struct engine_monitor *ret);

/* --- what the service does about it --- */

/*
 * What governance says should be proposed, has not been since the cause came up, and is not
 * there to be decided on: one at a time, until false. *at is where to look on, 0 at first: what
 * could not be proposed does not keep the others back. kind REVOCATION, or ROLLOUT (reschedule,
 * with until).
 */
struct engine_wish {
    enum plumb_kind kind;
    const char *fleet, *payload, *version; /* borrowed until the engine changes */
    struct plumb_digest release;
    plumb_time until;
    char reason[200];
};
bool engine_wish(const struct engine *e, plumb_time now, size_t *at, struct engine_wish *ret);

/* --- evaluations --- */

/* The results that the approval of a release was evaluated to; false: there are none. */
struct engine_evaluation {
    uint64_t index; /* the entry that completed the approval */
    plumb_time time;
    struct plumb_digest governance;
    const char *results; /* canonical JSON: docs/controls.md */
    bool recorded;
    uint64_t record; /* the service's statement of it */
};
bool engine_evaluation(const struct engine *e, const struct plumb_digest *release,
                       struct engine_evaluation *ret);
/* As the predicate of a SLSA verification summary v1. PLUMB_NOT_FOUND: no evaluation. */
PLUMB_MUST_CHECK enum plumb_code engine_summary(const struct engine *e,
                                                const struct plumb_digest *release,
                                                json_t **ret, struct plumb_err *err);
/*
 * The whole in-toto statement of it, canonical, its subjects the release's artifacts: what the
 * service signs for other people's tools. A function of the log alone. PLUMB_NOT_FOUND: no
 * evaluation is in the log.
 */
#define ENGINE_SUMMARY_TYPE "https://slsa.dev/verification_summary/v1"
#define ENGINE_SUMMARY_MAX                                                                     \
    (128u << 10) /* bytes of one: as many subjects and inputs as fit statements */
PLUMB_MUST_CHECK enum plumb_code engine_summary_statement(const struct engine *e,
                                                          const struct plumb_digest *release,
                                                          struct plumb_bytes *ret,
                                                          struct plumb_err *err);

#endif
