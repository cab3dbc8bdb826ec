/*
 * finding.h - advisories against bills of materials: two lists for each package, of the parts
 * of bills that are it and of the advisories that name it, so that neither one more advisory
 * nor one more bill reads all the others again.
 */
#ifndef ENGINE_FINDING_H
#define ENGINE_FINDING_H

#include "engine/controls.h"
#include "engine/dossier.h"
#include "engine/kinds.h"
#include "supply/osv.h"

/* An advisory, as long as somebody needs it. */
struct held {
    unsigned holders;
    struct osv_advisory *a;
};
struct advisory {
    struct record head;
    struct held *held;
};

/* How long the two lists of a package are; their elements have keys of their own. */
struct package_lists {
    struct record head;
    uint64_t uses, named;
};
struct use { /* a part of a release's bill is this package */
    struct record head;
    struct plumb_digest release, bill;
    uint32_t part, package;
};
struct naming { /* an advisory names this package */
    struct record head;
    struct held *held; /* for its id: what it says now is in STATE_ADVISORIES */
};

/* The bill that a release was last matched by. */
struct matched_bill {
    struct record head;
    struct fact *bill;
};

struct found_part {
    uint32_t part;
    bool undetermined;
};
struct finding {
    struct record head;
    struct plumb_digest release;
    struct held *held;
    struct fact *bill;
    enum severity severity; /* the worst of the entries that match */
    const char *why;        /* why it cannot be told: a constant */
    const char *fixed;      /* the advisory's; or NULL */
    uint64_t index;
    plumb_time since;
    const struct map_entry *before; /* the finding of the release that came before; or NULL */
    size_t n;                       /* 0: it matches no longer */
    struct found_part parts[];
};
/* Those of one release are a list, the newest first, so that one more copies none. */
struct found {
    struct record head;
    size_t n;
    const struct map_entry *last; /* of STATE_FINDINGS */
};

void held_release(struct held *h);
void advisory_free(struct record *r);
void naming_free(struct record *r);
void matched_bill_free(struct record *r);
void finding_free(struct record *r);

/* The release's bill of materials, or what is said about it, may be another now. */
PLUMB_MUST_CHECK enum plumb_code finding_rematch(struct engine *e, struct moment at,
                                                 const struct plumb_digest *release,
                                                 struct plumb_err *err);
/* Takes a, also on failure. *ret_changed: it is new, or was modified later than what is on
 * file. */
PLUMB_MUST_CHECK enum plumb_code finding_import(struct engine *e, struct moment at,
                                                struct osv_advisory *a, bool *ret_changed,
                                                struct plumb_err *err);

/* --- finding_view.c --- */

void finding_view(const struct engine *e, const struct finding *f, plumb_time at,
                  struct engine_finding *ret);
const struct found *finding_of(const struct engine *e, const struct plumb_digest *release);
/* Walks them: for (f = finding_first(found); f != NULL; f = finding_before(f)). */
const struct finding *finding_first(const struct found *found); /* NULL for NULL */
const struct finding *finding_before(const struct finding *f);

/* What the findings of a release come to, by the document in force. */
struct finding_sum {
    size_t open; /* or undetermined */
    size_t blocking, overdue;
    const char *first, *first_overdue;          /* ids of advisories; "" */
    plumb_time newest_blocking, newest_overdue; /* since when; 0 where there is none */
    plumb_time first_due;                       /* PLUMB_TIME_NEVER where there is none */
};
void finding_sum(const struct engine *e, const struct plumb_digest *release, plumb_time at,
                 struct finding_sum *ret);

#endif
