/*
 * osv.h - advisories in the OSV format, and whether they are about a package. What cannot be
 * told is "undetermined", with the reason: never clean.
 */
#ifndef SUPPLY_OSV_H
#define SUPPLY_OSV_H

#include <jansson.h>
#include <plumb/bytes.h>
#include <plumb/err.h>
#include <plumb/time.h>

#include "supply/cvss.h"
#include "supply/package.h"
#include "supply/version.h"

#define OSV_BYTES  (16u << 20)
#define OSV_ID_MAX 128
#define OSV_TEXT   1024 /* bytes of a name or version; longer ones are refused */

enum osv_event_kind { OSV_INTRODUCED, OSV_FIXED, OSV_LAST_AFFECTED, OSV_LIMIT };
struct osv_event {
    enum osv_event_kind kind;
    const char *version; /* "0" introduced is before every version; "*" limit after all */
};

struct osv_range {
    enum version_order order; /* VERSION_NONE: git, or an ecosystem without an order of ours */
    bool git;
    bool ordered; /* every event can be placed, none contradicts how others end it, and they
                     are in ascending order */
    const struct osv_event *events;
    size_t nevents;
};

/* One package that an advisory is about. */
struct osv_affected {
    const char *ecosystem, *name; /* as written */
    const char *key;              /* struct package's */
    const struct osv_range *ranges;
    size_t nranges;
    const char *const *versions; /* sorted */
    size_t nversions;
    enum severity severity; /* of the advisory where the entry has none of its own */
    int score;              /* in tenths; -1 when unrated */
};

struct osv_advisory {
    const char *id;
    const char *summary; /* cut to 256 bytes; "" where there is none */
    plumb_time modified;
    plumb_time published; /* PLUMB_TIME_NEVER where it is not told */
    plumb_time withdrawn; /* PLUMB_TIME_NEVER where it stands */
    const char *const *aliases, *const *upstream;
    size_t naliases, nupstream;
    const struct osv_affected *affected; /* by key; those without a package are left out */
    size_t naffected;
    enum severity severity; /* the highest of all entries */
    int score;
    struct pool *pool;
};

/*
 * Strict on what is relied on, and blind to the rest. The severity is the highest of the
 * record's CVSS vectors. Words that a database adds in database_specific are not relied on: a
 * record without a vector is unrated. Rules "osv.form", "osv.range" and "json.*".
 */
PLUMB_MUST_CHECK enum plumb_code osv_read(const void *data, size_t len,
                                          struct osv_advisory **ret, struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code osv_read_json(json_t *root, struct osv_advisory **ret,
                                               struct plumb_err *err);
void osv_free(struct osv_advisory *a);

enum osv_verdict { OSV_NOT_AFFECTED, OSV_UNDETERMINED, OSV_AFFECTED };
const char *osv_verdict_text(enum osv_verdict v);

/* clang-format off */
#define OSV_REASONS(X)                                                                        \
    X(OTHER_PACKAGE, "other-package", "the advisory is about other packages")                 \
    X(WITHDRAWN, "withdrawn", "the advisory is withdrawn")                                    \
    X(OTHER_RELEASE, "other-release", "it is about other releases of the distribution")       \
    X(OUTSIDE, "outside", "the version is in no range and not listed")                        \
    X(LISTED, "listed", "the version is listed")                                              \
    X(IN_RANGE, "in-range", "the version is in a range")                                      \
    X(NO_VERSION, "no-version", "the component has no version")                               \
    X(NO_RANGE, "no-range", "the advisory tells no version that can be compared")             \
    X(NO_ORDER, "no-order", "the ecosystem's versions cannot be compared here")               \
    X(BAD_VERSION, "bad-version", "the component's version is not one of its ecosystem")      \
    X(BAD_RANGE, "bad-range", "the advisory's range cannot be followed")                      \
    X(NO_RELEASE, "no-release", "which release of the distribution it is cannot be told")
/* clang-format on */
enum osv_reason {
#define X(name, word, text) OSV_##name,
    OSV_REASONS(X)
#undef X
        OSV_REASON_COUNT
};
const char *osv_reason_word(enum osv_reason r);
const char *osv_reason_text(enum osv_reason r);

struct osv_match {
    enum osv_verdict verdict;
    enum osv_reason reason;
    const struct osv_affected *affected; /* the entry that says so; NULL for OTHER_PACKAGE */
    const char *fixed; /* the lowest fixed version above the package's; NULL: none is known */
};

/* Of all entries about the package, the worst that any says. */
void osv_match(const struct osv_advisory *a, const struct package *p, struct osv_match *ret);

#endif
