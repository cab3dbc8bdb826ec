/*
 * vex.h - what an issuer says about whether a product is affected: OpenVEX 0.2.0 and its 0.0.1
 * forms, CycloneDX VEX. Who may say so is not decided here: a document counts for what the key
 * that signed it is trusted for, never for the author it names.
 */
#ifndef SUPPLY_VEX_H
#define SUPPLY_VEX_H

#include <jansson.h>
#include <plumb/err.h>
#include <plumb/time.h>
#include <stdbool.h>

#include "supply/sbom.h"

#define VEX_BYTES (16u << 20)
#define VEX_TEXT  4096 /* bytes of a name or reason; longer ones are refused */

/* The worse first. */
/* clang-format off */
#define VEX_STATUSES(X)                             \
    X(AFFECTED, "affected")                         \
    X(UNDER_INVESTIGATION, "under_investigation")   \
    X(NOT_AFFECTED, "not_affected")                 \
    X(FIXED, "fixed")
/* clang-format on */
enum vex_status {
#define X(name, text) VEX_##name,
    VEX_STATUSES(X)
#undef X
        VEX_STATUS_COUNT
};
const char *vex_status_text(enum vex_status s);

/* One thing that is named; each member that is there names it by itself. */
struct vex_thing {
    const char *id;        /* as written */
    const char *purl;      /* canonical */
    const char *bom, *ref; /* a component of that bill, by its serial number */
    const char *name;      /* of a component of the document's own; where neither has a purl */
    const char *group, *version; /* with name only */
    const struct sbom_hash *hashes;
    size_t nhashes;
    bool some; /* only in these versions; ranges of versions name none here */
    const char *const *versions;
    size_t nversions;
};
struct vex_product {
    struct vex_thing thing;
    const struct vex_thing *parts; /* subcomponents; none: all of the product */
    size_t nparts;
};

struct vex_statement {
    const char *vulnerability;
    const char *const *aliases;
    size_t naliases;
    const struct vex_product *products; /* none: what the document is bound to */
    size_t nproducts;
    enum vex_status status;
    const char *justification; /* the format's own word; NULL where there is none */
    const char *impact;        /* why it is not affected, in prose; NULL where there is none */
    const char *action;        /* what to do, in prose; NULL where there is none */
    plumb_time time;           /* of this statement, or of the document */
};

struct vex {
    bool cyclonedx;
    const char *id, *author; /* NULL where they are not told; not to be believed */
    const struct vex_statement *statements;
    size_t n;
    struct pool *pool;
};

/*
 * Each statement needs a time, its own or its document's; OpenVEX's not_affected needs one of
 * its justifications, or an impact statement; a status that is none refuses the document.
 * CycloneDX's vulnerabilities without an analysis say nothing and are left out. Rules
 * "vex.format", "vex.form", "vex.justification", "vex.time" and "json.*".
 */
PLUMB_MUST_CHECK enum plumb_code vex_read(const void *data, size_t len, struct vex **ret,
                                          struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code vex_read_json(json_t *root, struct vex **ret,
                                               struct plumb_err *err);
void vex_free(struct vex *v);
/* OpenVEX, or a CycloneDX document with an analysis in it, which may be a bill as well. */
bool vex_is(const json_t *root);

/* What a statement is asked about. */
struct vex_query {
    const char *const *vulnerabilities; /* an advisory's id and all its aliases */
    size_t nvulnerabilities;
    const char *const *digests; /* SHA-256 in hex of the version's artifacts */
    size_t ndigests;
    const struct sbom *bill;                /* of the version; may be NULL */
    const struct sbom_component *component; /* of the bill: what the advisory is about */
    bool bound; /* a signed statement about the version's digest carries the document */
};

/*
 * The statement that counts, the latest, of two of one time the worse; NULL where none is about
 * this. A product is the whole version or the component. A purl names what has its type,
 * namespace and name, and its version and qualifiers where it tells them. Where parts are
 * listed, the product must be the version, and the component one of them.
 */
const struct vex_statement *vex_find(const struct vex *v, const struct vex_query *q);
/* Of two documents' statements the one that counts; either may be NULL. */
const struct vex_statement *vex_later(const struct vex_statement *a,
                                      const struct vex_statement *b);
/* Whether it lets a finding rest: fixed, or not_affected with a reason. */
bool vex_clears(const struct vex_statement *s);

#endif
