/*
 * sbom.h - bills of materials: CycloneDX JSON 1.2 to 1.7, SPDX 2.2 and 2.3 JSON, SPDX 3.0
 * JSON-LD, as one list of components. What a bill says of itself is not believed: it is bound
 * to an artifact by a signed statement about its digest, never by its content.
 */
#ifndef SUPPLY_SBOM_H
#define SUPPLY_SBOM_H

#include <jansson.h>
#include <plumb/bytes.h>
#include <plumb/err.h>
#include <plumb/time.h>

#include "supply/package.h"

#define SBOM_BYTES (64u << 20)
#define SBOM_TEXT  2048 /* bytes of a name or version; longer ones are refused */

/* clang-format off */
#define SBOM_FORMATS(X)             \
    X(CYCLONEDX, "CycloneDX")       \
    X(SPDX2, "SPDX-2")              \
    X(SPDX3, "SPDX-3")
/* clang-format on */
enum sbom_format {
#define X(name, text) SBOM_##name,
    SBOM_FORMATS(X)
#undef X
        SBOM_FORMAT_COUNT
};
const char *sbom_format_text(enum sbom_format f);

struct sbom_hash {
    const char *algorithm; /* as IANA names it: "sha-256" */
    const char *value;     /* lower-case hex */
};

struct sbom_component {
    const char *ref;   /* bom-ref, SPDXID or spdxId; NULL where it has none */
    const char *type;  /* "library", "operating-system", ...; NULL where it is not told */
    const char *group; /* NULL where it has none */
    const char *name;
    const char *version; /* NULL where it is not told */
    const char *purl;    /* canonical; NULL where there is none, or none that can be read */
    const struct sbom_hash *hashes;
    size_t nhashes;
    const struct package *packages; /* what advisories know it by; none: it is not watched */
    size_t npackages;
};

struct sbom {
    enum sbom_format format;
    const char *spec_version; /* "1.6", "2.3", "3.0.1" */
    const char *id;           /* serial number or namespace; NULL where there is none */
    plumb_time created;       /* PLUMB_TIME_NEVER where it is not told */
    const struct sbom_component *components; /* nested ones too, the subject among them */
    size_t n;
    const struct sbom_component *subject; /* what it describes; NULL where that is not one */
    size_t nunwatched;                    /* components that no advisory can name */
    struct pool *pool;
};

/*
 * Admits what can be relied on: the format and version are known, each component has a name,
 * refs are unique, purls, hashes and times are of their form where a format's rules ask for it.
 * A purl that cannot be read makes a component unwatched, not a document refused: real ones
 * have such. Memory is in proportion to len, and bounded: PLUMB_JSON_VALUES.
 * Rules "sbom.format", "sbom.form" and "json.*".
 */
PLUMB_MUST_CHECK enum plumb_code sbom_read(const void *data, size_t len, struct sbom **ret,
                                           struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code sbom_read_json(json_t *root, struct sbom **ret,
                                                struct plumb_err *err);
void sbom_free(struct sbom *s);
/* Whether it is one of the three, of any version, and not only VEX about another. */
bool sbom_is(const json_t *root);

/* What differs between two bills. A component that is in both under another version changed. */
struct sbom_change {
    const struct sbom_component *before, *after; /* NULL: added, removed */
};
struct sbom_diff {
    struct sbom_change *changes; /* by name */
    size_t n;
};
/* Borrows from both. */
PLUMB_MUST_CHECK enum plumb_code sbom_compare(const struct sbom *before,
                                              const struct sbom *after, struct sbom_diff *ret,
                                              struct plumb_err *err);
void sbom_diff_clear(struct sbom_diff *d);

#endif
