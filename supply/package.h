/*
 * package.h - the names that advisories know a package by: OSV's ecosystems, their names and
 * releases, of a package URL.
 */
#ifndef SUPPLY_PACKAGE_H
#define SUPPLY_PACKAGE_H

#include <plumb/err.h>

#include "lib/pool.h"
#include "supply/purl.h"

struct package {
    /* "Debian/openssl": the ecosystem without its suffix, '/', the name as package_key makes
     * it. Equal keys are one package, and nothing else is. */
    const char *key;
    const char *version; /* as its ecosystem writes it; NULL where it is not told */
    const char *release; /* of the distribution, "12" or "3.18"; NULL where it is not told */
};

/* A distribution's package is known by its own name and by its source package's. */
#define PACKAGES_MAX 2

/*
 * The packages that a purl names: none for types that OSV has no ecosystem of. Go's names do
 * not go by case, PyPI's are normalised, a Debian binary package counts as its source package
 * (the qualifier "upstream" or "source"), an rpm's epoch is put before its version, the release
 * is that of "distro". Strings live in the pool, or are constants.
 */
PLUMB_MUST_CHECK enum plumb_code package_of_purl(struct pool *pool, const struct purl *purl,
                                                 struct package ret[PACKAGES_MAX],
                                                 size_t *ret_n, struct plumb_err *err);

/* The key of an OSV ecosystem, with or without suffix, and a name; NULL when out of memory. */
char *package_key(struct pool *pool, const char *ecosystem, const char *name);

/* How a package's release stands to the suffix of an advisory's ecosystem ("Debian:12"). */
enum package_scope { SCOPE_IN, SCOPE_OUT, SCOPE_UNKNOWN };
enum package_scope package_scope(const char *ecosystem, const char *release);

#endif
