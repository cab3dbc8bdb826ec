/* From package URLs to OSV's names. */
#include "supply/package.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/own.h"
#include "supply/ascii.h"

/* What a distribution's packages are known by. */
enum named { BY_SOURCE, BY_SOURCE_AND_BINARY };

/* Distributions, by purl type and namespace. */
static const struct distribution {
    const char *type, *namespace, *ecosystem;
    enum named named;
} distributions[] = {
    { "deb", "debian", "Debian", BY_SOURCE },
    { "deb", "ubuntu", "Ubuntu", BY_SOURCE },
    { "apk", "alpine", "Alpine", BY_SOURCE },
    { "alpine", NULL, "Alpine", BY_SOURCE }, /* older scanners' type */
    { "apk", "wolfi", "Wolfi", BY_SOURCE_AND_BINARY },
    { "apk", "chainguard", "Chainguard", BY_SOURCE_AND_BINARY },
    { "apk", "minimos", "MinimOS", BY_SOURCE_AND_BINARY },
    { "apk", "alpaquita", "Alpaquita", BY_SOURCE },
    { "rpm", "redhat", "Red Hat", BY_SOURCE_AND_BINARY },
    { "rpm", "rhel", "Red Hat", BY_SOURCE_AND_BINARY },
    { "rpm", "rocky", "Rocky Linux", BY_SOURCE_AND_BINARY },
    { "rpm", "almalinux", "AlmaLinux", BY_SOURCE_AND_BINARY },
    { "rpm", "opensuse", "openSUSE", BY_SOURCE_AND_BINARY },
    { "rpm", "suse", "SUSE", BY_SOURCE_AND_BINARY },
    { "rpm", "sles", "SUSE", BY_SOURCE_AND_BINARY },
    { "rpm", "openeuler", "openEuler", BY_SOURCE_AND_BINARY },
    { "rpm", "mageia", "Mageia", BY_SOURCE_AND_BINARY },
    { "rpm", "azurelinux", "Azure Linux", BY_SOURCE_AND_BINARY },
    { "rpm", "photon", "Photon OS", BY_SOURCE_AND_BINARY },
};

/* Where name and namespace go in a language's package name. */
static const struct language {
    const char *type, *ecosystem;
    char between; /* of namespace and name; 0: the namespace is no part of it */
} languages[] = {
    { "bitnami", "Bitnami", 0 },
    { "cargo", "crates.io", 0 },
    { "composer", "Packagist", '/' },
    { "conan", "ConanCenter", 0 },
    { "cran", "CRAN", 0 },
    { "gem", "RubyGems", 0 },
    { "golang", "Go", '/' },
    { "hackage", "Hackage", 0 },
    { "hex", "Hex", '/' },
    { "julia", "Julia", 0 },
    { "maven", "Maven", ':' },
    { "npm", "npm", '/' },
    { "nuget", "NuGet", 0 },
    { "pub", "Pub", 0 },
    { "pypi", "PyPI", 0 },
    { "swift", "SwiftURL", '/' },
};

/* PEP 503: lower case, runs of -_. are one -. */
static void
normalise_pypi(char *name)
{
    char *out = name;

    while (*name != '\0') {
        const size_t run = strspn(name, "-_.");

        *out++ = run > 0 ? '-' : lower(*name);
        name += run > 0 ? run : 1;
    }
    *out = '\0';
}

/* printf into the pool. */
__attribute__((format(printf, 2, 3))) static char *
text_of(struct pool *pool, const char *fmt, ...)
{
    va_list ap;
    char *ret;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    ret = n < 0 ? NULL : pool_alloc(pool, (size_t)n + 1);
    if (ret == NULL)
        return NULL;
    va_start(ap, fmt);
    (void)vsnprintf(ret, (size_t)n + 1, fmt, ap);
    va_end(ap);
    return ret;
}

char *
package_key(struct pool *pool, const char *ecosystem, const char *name)
{
    const int len = (int)strcspn(ecosystem, ":/");
    char *key = text_of(pool, "%.*s/%s", len, ecosystem, name);

    if (key == NULL)
        return NULL;
    if (strncmp(key, "PyPI/", 5) == 0)
        normalise_pypi(key + 5);
    if (strncmp(key, "Go/", 3) == 0)
        lower_all(key + 3);
    if (strncmp(key, "SwiftURL/", 9) == 0) {
        const size_t all = strlen(key);

        if (strncmp(key + 9, "https://", 8) == 0)
            memmove(key + 9, key + 17, all - 16);
        lower_all(key + 9);
        if (strlen(key) > 13 && strcmp(key + strlen(key) - 4, ".git") == 0)
            key[strlen(key) - 4] = '\0';
    }
    return key;
}

/* The numbers at the end of "debian-12.4" or "3.18"; NULL where it is no number. */
static const char *
release_of(struct pool *pool, const char *distro, struct plumb_err *err, enum plumb_code *code)
{
    const char *dash = distro != NULL ? strrchr(distro, '-') : NULL;
    const char *number = dash != NULL ? dash + 1 : distro;
    char *copy;

    *code = PLUMB_OK;
    if (number != NULL && *number == 'v')
        number++;
    if (number == NULL || !is_digit(*number))
        return NULL;
    copy = pool_text(pool, number);
    if (copy == NULL)
        *code = plumb_fail_memory(err);
    return copy;
}

/* "NAME-VERSION-RELEASE.src.rpm" as an rpm tells its source; only the name is wanted. */
static size_t
source_rpm_name(const char *text)
{
    size_t len = strlen(text);

    if (len < 8 || strcmp(text + len - 8, ".src.rpm") != 0)
        return len;
    for (int dashes = 0; len > 0 && dashes < 2;)
        dashes += text[--len] == '-';
    return len > 0 ? len : strlen(text);
}

/* The source package, which "NAME" or "NAME@VERSION" tells. */
static enum plumb_code
read_source(struct pool *pool, const char *text, struct package *ret, const char *ecosystem,
            struct plumb_err *err)
{
    const char *at = strchr(text, '@');
    const size_t len = at != NULL ? (size_t)(at - text) : source_rpm_name(text);
    const char *name = text_of(pool, "%.*s", (int)len, text);

    ret->key = name != NULL ? package_key(pool, ecosystem, name) : NULL;
    if (ret->key != NULL && at != NULL && at[1] != '\0')
        ret->version = pool_text(pool, at + 1);
    return ret->key == NULL || (at != NULL && at[1] != '\0' && ret->version == NULL)
               ? plumb_fail_memory(err)
               : PLUMB_OK;
}

static const char *
source_qualifier(const struct purl *purl)
{
    static const char *const keys[] = { "upstream", "source", "origin" };

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (purl_qualifier(purl, keys[i]) != NULL)
            return purl_qualifier(purl, keys[i]);
    return NULL;
}

static enum plumb_code
of_distribution(struct pool *pool, const struct purl *purl, const struct distribution *d,
                struct package ret[PACKAGES_MAX], size_t *ret_n, struct plumb_err *err)
{
    const char *epoch = purl_qualifier(purl, "epoch"), *source = source_qualifier(purl);
    struct package own = { .key = package_key(pool, d->ecosystem, purl->name) };
    enum plumb_code code;

    own.release = release_of(pool, purl_qualifier(purl, "distro"), err, &code);
    PLUMB_TRY(code);
    if (purl->version != NULL) {
        /* an epoch that is in the version already stands */
        own.version = epoch != NULL && strchr(purl->version, ':') == NULL
                          ? text_of(pool, "%s:%s", epoch, purl->version)
                          : pool_text(pool, purl->version);
        if (own.version == NULL)
            return plumb_fail_memory(err);
    }
    if (own.key == NULL)
        return plumb_fail_memory(err);
    *ret_n = 0;
    if (source != NULL) {
        ret[0] = own;
        PLUMB_TRY(read_source(pool, source, &ret[0], d->ecosystem, err));
        *ret_n = 1;
    }
    if (source == NULL ||
        (d->named == BY_SOURCE_AND_BINARY && strcmp(ret[0].key, own.key) != 0))
        ret[(*ret_n)++] = own;
    return PLUMB_OK;
}

static bool
is_of(const struct distribution *d, const struct purl *purl)
{
    if (strcmp(d->type, purl->type) != 0 || (d->namespace == NULL) != (purl->namespace == NULL))
        return false;
    return d->namespace == NULL || strcmp(d->namespace, purl->namespace) == 0;
}

static enum plumb_code
of_language(struct pool *pool, const struct purl *purl, const struct language *l,
            struct package *ret, struct plumb_err *err)
{
    const bool both = l->between != 0 && purl->namespace != NULL;
    const char *version = purl->version, *name;

    name = text_of(pool, "%s%.*s%s", both ? purl->namespace : "", both ? 1 : 0, &l->between,
                   purl->name);
    if (name == NULL || (ret->key = package_key(pool, l->ecosystem, name)) == NULL)
        return plumb_fail_memory(err);
    if (version == NULL)
        return PLUMB_OK;
    if (strcmp(l->type, "golang") == 0) { /* OSV writes 1.2.3 for v1.2.3, and for go1.2.3 */
        version += strncmp(version, "go", 2) == 0 ? 2 : 0;
        version += *version == 'v';
    }
    ret->version = pool_text(pool, version);
    return ret->version == NULL ? plumb_fail_memory(err) : PLUMB_OK;
}

enum plumb_code
package_of_purl(struct pool *pool, const struct purl *purl, struct package ret[PACKAGES_MAX],
                size_t *ret_n, struct plumb_err *err)
{
    memset(ret, 0, PACKAGES_MAX * sizeof *ret);
    *ret_n = 0;
    for (size_t i = 0; i < sizeof distributions / sizeof distributions[0]; i++)
        if (is_of(&distributions[i], purl))
            return of_distribution(pool, purl, &distributions[i], ret, ret_n, err);
    for (size_t i = 0; i < sizeof languages / sizeof languages[0]; i++)
        if (strcmp(languages[i].type, purl->type) == 0) {
            PLUMB_TRY(of_language(pool, purl, &languages[i], ret, err));
            *ret_n = 1;
        }
    return PLUMB_OK;
}

static bool
is_distribution(const char *ecosystem, size_t len)
{
    for (size_t i = 0; i < sizeof distributions / sizeof distributions[0]; i++)
        if (strlen(distributions[i].ecosystem) == len &&
            memcmp(distributions[i].ecosystem, ecosystem, len) == 0)
            return true;
    return false;
}

enum package_scope
package_scope(const char *ecosystem, const char *release)
{
    const char *suffix = strchr(ecosystem, ':');
    size_t len;

    /* elsewhere a suffix is a registry's address, which no purl needs to tell */
    if (suffix == NULL || !is_distribution(ecosystem, (size_t)(suffix - ecosystem)))
        return SCOPE_IN;
    suffix++;
    if (strncmp(suffix, "Pro:", 4) == 0)
        suffix += 4;
    suffix += *suffix == 'v';
    len = strcspn(suffix, ":");
    if (release == NULL || !is_digit(*suffix))
        return SCOPE_UNKNOWN;
    if (strncmp(suffix, release, len) != 0)
        return SCOPE_OUT;
    return release[len] == '\0' || release[len] == '.' ? SCOPE_IN : SCOPE_OUT;
}
