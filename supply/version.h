/*
 * version.h - whether one version comes before another, by the order of its ecosystem. What the
 * order does not define is "undetermined", which a caller treats as bad news and never as
 * equal or clean. Nothing here allocates; time is linear in the texts.
 */
#ifndef SUPPLY_VERSION_H
#define SUPPLY_VERSION_H

#include <stdbool.h>
#include <stddef.h>

/* Longer texts are no versions: they are undetermined. */
#define VERSION_MAX 512

/* clang-format off */
#define VERSION_ORDERS(X)       \
    X(NONE, "none")             \
    X(SEMVER, "semver")         \
    X(PEP440, "pep440")         \
    X(MAVEN, "maven")           \
    X(DEBIAN, "debian")         \
    X(ALPINE, "alpine")         \
    X(RPM, "rpm")
/* clang-format on */
enum version_order {
#define X(name, text) VERSION_##name,
    VERSION_ORDERS(X)
#undef X
        VERSION_ORDER_COUNT
};
const char *version_order_text(enum version_order o);

enum version_sign {
    VERSION_LESS = -1,
    VERSION_EQUAL = 0,
    VERSION_GREATER = 1,
    VERSION_UNDETERMINED = 2,
};

/*
 * The order of an OSV ecosystem, which may have a suffix ("Debian:12"): VERSION_NONE for those
 * that we have no order of, RubyGems, NuGet and Packagist among them.
 */
enum version_order version_order_of(const char *ecosystem);

/*
 * How a stands to b. Equal texts are equal in every order, even in none. By order:
 *
 * SEMVER  SemVer 2.0.0 section 11. A leading v, leading zeros and missing minor and patch are
 *         let pass; a fourth number too, but two that differ only from there on are
 *         undetermined. Build metadata does not count.
 * PEP440  Python's, with the spellings that PEP 440 normalises.
 * MAVEN   the POM reference's "version order specification".
 * DEBIAN  deb-version(7).
 * ALPINE  apk-tools 3; a hash after ~ counts as there.
 * RPM     rpm-version(7): epoch, version, release. One that has no release comes before one
 *         that has any.
 */
enum version_sign version_compare(enum version_order order, const char *a, const char *b);

/* Whether the order can place it. */
bool version_ok(enum version_order order, const char *text);

#endif
