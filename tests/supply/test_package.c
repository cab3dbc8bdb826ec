/* The names that advisories know a package by. */
#include "tests/t.h"

#include <stdio.h>
#include <string.h>

#include "lib/own.h"
#include "supply/package.h"
#include "tests/scarce.h"

/* "KEY VERSION RELEASE; " of each package; - where there is none. */
static enum plumb_code
describe(const char *text, char ret[512], struct plumb_err *err)
{
    PLUMB_AUTO(purl_clear) struct purl purl = { .nqualifiers = 0 };
    PLUMB_AUTO(pool_auto) struct pool *pool = pool_new();
    struct package packages[PACKAGES_MAX];
    size_t n;

    ret[0] = '\0';
    if (pool == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(purl_parse(text, &purl, err));
    PLUMB_TRY(package_of_purl(pool, &purl, packages, &n, err));
    for (size_t i = 0; i < n; i++)
        sprintf(ret + strlen(ret), "%s %s %s; ", packages[i].key,
                packages[i].version != NULL ? packages[i].version : "-",
                packages[i].release != NULL ? packages[i].release : "-");
    return PLUMB_OK;
}

static void
a_purl_names_the_packages_that_its_ecosystem_has(void **state)
{
    static const struct {
        const char *purl, *want;
    } cases[] = {
        { "pkg:npm/%40s/n@1.0.0", "npm/@s/n 1.0.0 -; " },
        { "pkg:npm/n", "npm/n - -; " },
        { "pkg:pypi/Zope.Interface__x@1.0", "PyPI/zope-interface-x 1.0 -; " },
        { "pkg:maven/org.x/y@1.0", "Maven/org.x:y 1.0 -; " },
        { "pkg:cargo/x@1.0.0", "crates.io/x 1.0.0 -; " },
        { "pkg:gem/x@1.0.0?platform=java", "RubyGems/x 1.0.0 -; " },
        { "pkg:composer/a/b@1", "Packagist/a/b 1 -; " },
        { "pkg:golang/github.com/Azure/X@v1.0.0#sub", "Go/github.com/azure/x 1.0.0 -; " },
        { "pkg:golang/stdlib@go1.20.1", "Go/stdlib 1.20.1 -; " },
        { "pkg:swift/github.com/A/b@1.0.0", "SwiftURL/github.com/a/b 1.0.0 -; " },
        { "pkg:generic/x@1.0.0", "" },
        { "pkg:oci/x@sha256:00", "" },
        /* a Debian package is its source package, whose version may be another */
        { "pkg:deb/debian/libssl3@1-1?distro=debian-12.4&upstream=openssl",
          "Debian/openssl 1-1 12.4; " },
        { "pkg:deb/debian/libssl3@9-1?distro=debian-12&upstream=openssl%401-1",
          "Debian/openssl 1-1 12; " },
        { "pkg:deb/debian/openssl@1-1?distro=bookworm", "Debian/openssl 1-1 -; " },
        { "pkg:deb/ubuntu/a@1:2-3?distro=ubuntu-22.04", "Ubuntu/a 1:2-3 22.04; " },
        { "pkg:deb/other/a@1", "" },
        { "pkg:apk/alpine/libssl3@1-r1?origin=openssl&distro=alpine-3.18.4",
          "Alpine/openssl 1-r1 3.18.4; " },
        { "pkg:apk/alpine/a@1-r1?distro=3.18", "Alpine/a 1-r1 3.18; " },
        { "pkg:alpine/a@1-r1?upstream=b&distro=alpine-3.16.2", "Alpine/b 1-r1 3.16.2; " },
        { "pkg:apk/wolfi/a@1-r1?upstream=b", "Wolfi/b 1-r1 -; Wolfi/a 1-r1 -; " },
        { "pkg:rpm/rocky/a-libs@1-1.el9?epoch=3&upstream=a-1-1.el9.src.rpm&distro=rocky-9.2",
          "Rocky Linux/a 3:1-1.el9 9.2; Rocky Linux/a-libs 3:1-1.el9 9.2; " },
        { "pkg:rpm/redhat/a@4:1-1?epoch=3&upstream=a-1-1.src.rpm", "Red Hat/a 4:1-1 -; " },
        { "pkg:rpm/opensuse/a@1?upstream=short.src.rpm",
          "openSUSE/short.src.rpm 1 -; openSUSE/a 1 -; " },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct plumb_err err = { 0 };
        char got[512];

        assert_ok(describe(cases[i].purl, got, &err), &err);
        if (strcmp(got, cases[i].want) != 0)
            fail_msg("%s: %s, want %s", cases[i].purl, got, cases[i].want);
    }
}

static void
an_advisory_and_a_purl_have_one_key(void **state)
{
    static const struct {
        const char *ecosystem, *name, *key;
    } cases[] = {
        { "npm", "@s/n", "npm/@s/n" },
        { "PyPI", "zope.interface", "PyPI/zope-interface" },
        { "Go", "github.com/Azure/X", "Go/github.com/azure/x" },
        { "Maven", "org.x:y", "Maven/org.x:y" },
        { "Maven:https://repo.example", "org.x:y", "Maven/org.x:y" },
        { "Debian:12", "openssl", "Debian/openssl" },
        { "Ubuntu:Pro:18.04:LTS", "a", "Ubuntu/a" },
        { "SwiftURL", "https://github.com/A/b.git", "SwiftURL/github.com/a/b" },
        { "SwiftURL", "github.com/a/b", "SwiftURL/github.com/a/b" },
    };
    PLUMB_AUTO(pool_auto) struct pool *pool = pool_new();

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(package_key(pool, cases[i].ecosystem, cases[i].name), cases[i].key);
}

static void
an_advisory_of_a_release_is_for_that_release(void **state)
{
    static const struct {
        const char *ecosystem, *release;
        enum package_scope scope;
    } cases[] = {
        { "npm", NULL, SCOPE_IN },
        { "Maven:https://repo.example", NULL, SCOPE_IN },
        { "Debian", NULL, SCOPE_IN },
        { "Debian:12", "12", SCOPE_IN },
        { "Debian:12", "12.4", SCOPE_IN },
        { "Debian:12", "1", SCOPE_OUT },
        { "Debian:12", "121", SCOPE_OUT },
        { "Debian:12", "11", SCOPE_OUT },
        { "Debian:12", NULL, SCOPE_UNKNOWN },
        { "Alpine:v3.18", "3.18.4", SCOPE_IN },
        { "Alpine:v3.18", "3.1", SCOPE_OUT },
        { "Ubuntu:22.04:LTS", "22.04", SCOPE_IN },
        { "Ubuntu:Pro:18.04:LTS", "18.04", SCOPE_IN },
        { "Red Hat:rhel_aus:8.4::appstream", "8.4", SCOPE_UNKNOWN },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (package_scope(cases[i].ecosystem, cases[i].release) != cases[i].scope)
            fail_msg("%s, %s", cases[i].ecosystem, cases[i].release);
}

static void
memory_that_runs_out_is_an_error_and_leaks_nothing(void **state)
{
    struct plumb_err err = { 0 };
    char got[512];

    (void)state;
    for (size_t n = 0;; n++) {
        enum plumb_code code;

        scarce_begin(n);
        code = describe("pkg:rpm/rocky/a@1-1?epoch=3&upstream=b&distro=rocky-9", got, &err);
        if (!scarce_end())
            break;
        assert_int_equal(code, PLUMB_NO_MEMORY);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_purl_names_the_packages_that_its_ecosystem_has),
        cmocka_unit_test(an_advisory_and_a_purl_have_one_key),
        cmocka_unit_test(an_advisory_of_a_release_is_for_that_release),
        cmocka_unit_test(memory_that_runs_out_is_an_error_and_leaks_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
