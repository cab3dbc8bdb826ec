/*
 * dossier.h - what is on file about a release: its artifacts, what all of its sets cover, and
 * the files attached to it as they were read. A fact never changes; the dossier's record lists
 * those that stand.
 */
#ifndef ENGINE_DOSSIER_H
#define ENGINE_DOSSIER_H

#include <plumb/artifact.h>

#include "engine/state.h"
#include "lib/pool.h"
#include "supply/attestation.h"
#include "supply/package.h"
#include "supply/vex.h"

struct covered {
    enum plumb_artifact kind;
    struct plumb_digest digest;
    bool derived; /* some measurement is this digest, or extended by it alone, in every set */
};

/* What a release is made of. */
struct about {
    unsigned holders;
    struct pool *pool; /* it lives there itself */
    /* Their names live in the pool; the reference values are the first. */
    struct plumb_subject *artifacts;
    /* Those that somebody built: all but the first, and but what every set covers as
     * configuration; the first where that leaves none. */
    bool *built;
    size_t nartifacts;
    struct covered *covered; /* by every set */
    size_t ncovered;
};

/* A component of a bill of materials that advisories can name. */
struct part {
    const char *ref, *group, *name, *version, *purl; /* NULL where it has none, but name */
    struct package packages[PACKAGES_MAX];
    size_t npackages;
};

/* A file as it was read when it was attached. */
struct fact {
    unsigned holders;
    struct pool *pool; /* it lives there itself */
    enum plumb_file_kind kind;
    struct plumb_digest file;
    int64_t size;
    const char *name; /* "" where it has none */
    const char *by;   /* who attached it */
    uint64_t index;   /* of the entry */
    plumb_time time, review_by;
    bool accepted;
    const char *rule;           /* why it was not; else "" */
    const char *text;           /* what it says, or why it says nothing: a line for people */
    struct attestation *said;   /* of an accepted attestation; owned */
    bool *about;                /* of an attestation: for each artifact, whether it is */
    struct plumb_digest digest; /* that the sets would cover: of a root store its own kind */
    /* a bill of materials */
    bool is_bill;
    const char *serial; /* or NULL */
    const struct part *parts;
    size_t nparts, ncomponents;
    struct vex *vex; /* of an accepted one; owned */
};

struct dossier {
    struct record head;
    struct about *about;
    size_t n;
    struct fact *facts[]; /* in the order in which they were attached, each file once as each
                             kind */
};

void about_release(struct about *a);
void fact_release(struct fact *f);
void dossier_free(struct record *r);

/* Every release has one. */
const struct dossier *dossier_of(const struct engine *e, const struct plumb_digest *release);
/* A fact of this file, as whatever kind, or NULL. */
const struct fact *dossier_file(const struct dossier *d, const struct plumb_digest *file);
/* A release is registered. sets are those of its reference values. */
PLUMB_MUST_CHECK enum plumb_code dossier_open(struct engine *e, const struct plumb_statement *s,
                                              const struct plumb_sets *sets,
                                              struct plumb_err *err);
/* Takes fact, also on failure: it replaces what is on file about the same file as the same
 * kind, unless that was accepted and this is not. */
PLUMB_MUST_CHECK enum plumb_code dossier_add(struct engine *e,
                                             const struct plumb_digest *release,
                                             struct fact *fact, struct plumb_err *err);

/* Is it an artifact of the release? */
bool dossier_has_artifact(const struct dossier *d, const struct plumb_digest *digest);
/* NULL unless every set covers it. */
const struct covered *dossier_covers(const struct dossier *d, enum plumb_artifact kind,
                                     const struct plumb_digest *digest);

#endif
