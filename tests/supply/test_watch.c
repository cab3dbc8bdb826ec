/* Advisories against bills, and the names of one vulnerability. */
#include "tests/t.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"
#include "supply/alias.h"
#include "supply/watch.h"
#include "tests/scarce.h"

PLUMB_DEFINE_AUTO(auto_watch, struct watch *, watch_free);
PLUMB_DEFINE_AUTO(auto_aliases, struct aliases *, aliases_free);
PLUMB_DEFINE_AUTO(auto_osv, struct osv_advisory *, osv_free);
PLUMB_DEFINE_AUTO(auto_sbom, struct sbom *, sbom_free);

static struct sbom *
bill(const char *purls)
{
    char text[4096] = "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\",\"components\":[";
    struct sbom *s = NULL;
    struct plumb_err err = { 0 };
    char *copy = strdup(purls), *save = NULL;

    for (char *p = strtok_r(copy, " ", &save); p != NULL; p = strtok_r(NULL, " ", &save))
        sprintf(text + strlen(text), "%s{\"type\":\"library\",\"name\":\"%s\",\"purl\":\"%s\"}",
                p == copy ? "" : ",", p, p);
    strcat(text, "]}");
    free(copy);
    assert_ok(sbom_read(text, strlen(text), &s, &err), &err);
    return s;
}

/* About each "ecosystem/name" between commas, every version below 2. */
static struct osv_advisory *
advisory(const char *id, const char *names, const char *more)
{
    char text[4096];
    struct osv_advisory *a = NULL;
    struct plumb_err err = { 0 };
    char *copy = strdup(names), *save = NULL;

    sprintf(text, "{\"id\":\"%s\",\"modified\":\"2026-01-02T00:00:00Z\"%s,\"affected\":[", id,
            more);
    for (char *p = strtok_r(copy, ",", &save); p != NULL; p = strtok_r(NULL, ",", &save)) {
        const size_t n = strcspn(p, "/");

        sprintf(
            text + strlen(text),
            "%s{\"package\":{\"ecosystem\":\"%.*s\",\"name\":\"%s\"},\"ranges\":[{"
            "\"type\":\"ECOSYSTEM\",\"events\":[{\"introduced\":\"0\"},{\"fixed\":\"2\"}]}]}",
            p == copy ? "" : ",", (int)n, p, p + n + 1);
    }
    strcat(text, "]}");
    free(copy);
    assert_ok(osv_read(text, strlen(text), &a, &err), &err);
    return a;
}

static char found[1024];

static enum plumb_code
note(void *arg, const struct watch_finding *f, struct plumb_err *err)
{
    (void)arg;
    (void)err;
    sprintf(found + strlen(found), "%s %s %s; ", f->advisory->id, f->component->name,
            osv_verdict_text(f->match.verdict));
    return PLUMB_OK;
}

static void
whichever_comes_later_finds_the_other(void **state)
{
    PLUMB_AUTO(auto_watch) struct watch *w = NULL;
    PLUMB_AUTO(auto_sbom) struct sbom *one = bill("pkg:npm/a@1.0.0 pkg:npm/b@1.0.0");
    PLUMB_AUTO(auto_sbom) struct sbom *two = bill("pkg:npm/a@2.0.0 pkg:npm/a@latest");
    PLUMB_AUTO(auto_osv) struct osv_advisory *x = advisory("X", "npm/a,npm/a,PyPI/a", "");
    PLUMB_AUTO(auto_osv) struct osv_advisory *y = advisory("Y", "npm/b", "");
    struct plumb_err err = { 0 };

    (void)state;
    assert_ok(watch_new(&w, &err), &err);
    found[0] = '\0';
    assert_ok(watch_add_bill(w, one, note, NULL, &err), &err);
    assert_string_equal(found, "");
    assert_ok(watch_add_advisory(w, x, note, NULL, &err), &err);
    assert_string_equal(found, "X pkg:npm/a@1.0.0 affected; ");
    found[0] = '\0';
    assert_ok(watch_add_bill(w, two, note, NULL, &err), &err);
    assert_string_equal(found, "X pkg:npm/a@latest undetermined; ");
    found[0] = '\0';
    watch_remove_bill(w, one);
    assert_ok(watch_add_advisory(w, y, note, NULL, &err), &err);
    assert_string_equal(found, "");
    watch_remove_advisory(w, x);
    assert_ok(watch_add_bill(w, one, note, NULL, &err), &err);
    assert_string_equal(found, "Y pkg:npm/b@1.0.0 affected; ");
}

static enum plumb_code
stop(void *arg, const struct watch_finding *f, struct plumb_err *err)
{
    (void)f;
    ++*(int *)arg;
    return plumb_fail(err, PLUMB_REFUSED, "enough", "", "enough");
}

static void
a_refusal_of_a_finding_ends_the_call(void **state)
{
    PLUMB_AUTO(auto_watch) struct watch *w = NULL;
    PLUMB_AUTO(auto_sbom) struct sbom *s = bill("pkg:npm/a@1.0.0 pkg:npm/a@1.1.0");
    PLUMB_AUTO(auto_osv) struct osv_advisory *x = advisory("X", "npm/a", "");
    struct plumb_err err = { 0 };
    int calls = 0;

    (void)state;
    assert_ok(watch_new(&w, &err), &err);
    assert_ok(watch_add_bill(w, s, NULL, NULL, &err), &err);
    assert_refused("enough", watch_add_advisory(w, x, stop, &calls, &err), &err);
    assert_int_equal(calls, 1);
}

static void
a_component_is_found_by_the_names_that_its_ecosystem_has(void **state)
{
    static const struct {
        const char *purl, *name, *found;
    } cases[] = {
        { "pkg:deb/debian/libssl3@1-1?distro=debian-12&upstream=openssl", "Debian:12/openssl",
          "affected" },
        { "pkg:deb/debian/libssl3@9-1?distro=debian-12&upstream=openssl%401-1",
          "Debian:12/openssl", "affected" },
        { "pkg:deb/debian/libssl3@1-1?distro=debian-11&upstream=openssl", "Debian:12/openssl",
          "" },
        { "pkg:deb/debian/libssl3@1-1?upstream=openssl", "Debian:12/openssl", "undetermined" },
        { "pkg:deb/debian/libssl3@1-1?distro=debian-12&upstream=openssl", "Debian:12/libssl3",
          "" },
        { "pkg:rpm/rocky/openssl-libs@1-1?upstream=openssl-1-1.src.rpm&distro=rocky-9.2",
          "Rocky Linux:9/openssl", "affected" },
        { "pkg:rpm/rocky/openssl-libs@1-1?upstream=openssl-1-1.src.rpm&distro=rocky-9.2",
          "Rocky Linux:9/openssl-libs", "affected" },
        { "pkg:rpm/rocky/a@1-1?epoch=3&distro=rocky-9", "Rocky Linux:9/a", "" },
        { "pkg:apk/alpine/libssl3@1-r1?origin=openssl&distro=alpine-3.18.4",
          "Alpine:v3.18/openssl", "affected" },
        { "pkg:golang/github.com/Azure/X@v1.0.0", "Go/github.com/azure/x", "affected" },
        { "pkg:golang/stdlib@go1.20.1", "Go/stdlib", "affected" },
        { "pkg:pypi/Zope.Interface@1.0", "PyPI/zope-interface", "affected" },
        { "pkg:maven/org.x/y@1.0", "Maven/org.x:y", "affected" },
        { "pkg:npm/%40s/n@1.0.0", "npm/@s/n", "affected" },
        { "pkg:swift/github.com/a/b@1.0.0", "SwiftURL/https://github.com/a/b.git", "affected" },
        { "pkg:cargo/x@1.0.0", "crates.io/x", "affected" },
        { "pkg:gem/x@1.0.0", "RubyGems/x", "undetermined" },
        { "pkg:generic/x@1.0.0", "npm/x", "" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        PLUMB_AUTO(auto_watch) struct watch *w = NULL;
        PLUMB_AUTO(auto_sbom) struct sbom *s = bill(cases[i].purl);
        PLUMB_AUTO(auto_osv) struct osv_advisory *x = advisory("X", cases[i].name, "");
        struct plumb_err err = { 0 };
        char want[256] = "";

        if (cases[i].found[0] != '\0')
            sprintf(want, "X %s %s; ", cases[i].purl, cases[i].found);
        found[0] = '\0';
        assert_ok(watch_new(&w, &err), &err);
        assert_ok(watch_add_advisory(w, x, note, NULL, &err), &err);
        assert_ok(watch_add_bill(w, s, note, NULL, &err), &err);
        if (strcmp(found, want) != 0)
            fail_msg("%s, %s: %s, want %s", cases[i].purl, cases[i].name, found, want);
    }
}

static void
the_aliases_of_aliases_are_one_vulnerability(void **state)
{
    static const struct {
        const char *id, *more;
    } records[] = {
        { "GHSA-1", ",\"aliases\":[\"CVE-1\"]" },
        { "GO-1", ",\"aliases\":[\"CVE-1\",\"GHSA-2\"]" },
        { "B", ",\"aliases\":[\"A\"],\"related\":[\"GO-1\"],\"upstream\":[\"GO-1\"]" },
        { "B", ",\"aliases\":[\"A\"]" },
        { "ALONE", "" },
    };
    PLUMB_AUTO(auto_aliases) struct aliases *a = NULL;
    struct plumb_err err = { 0 };
    const char **ids = NULL;
    size_t n;

    (void)state;
    assert_ok(aliases_new(&a, &err), &err);
    for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
        PLUMB_AUTO(auto_osv)
        struct osv_advisory *o = advisory(records[i].id, "npm/a", records[i].more);

        assert_ok(aliases_add(a, o, &err), &err);
    }
    assert_string_equal(aliases_first(a, "GHSA-2"), "CVE-1");
    assert_string_equal(aliases_first(a, "GHSA-1"), "CVE-1");
    assert_string_equal(aliases_first(a, "B"), "A");
    assert_string_equal(aliases_first(a, "ALONE"), "ALONE");
    assert_string_equal(aliases_first(a, "UNKNOWN"), "UNKNOWN");
    assert_ok(aliases_list(a, "GHSA-2", &ids, &n, &err), &err);
    assert_int_equal(n, 4);
    assert_string_equal(ids[0], "CVE-1");
    assert_string_equal(ids[1], "GHSA-1");
    assert_string_equal(ids[2], "GHSA-2");
    assert_string_equal(ids[3], "GO-1");
    free(ids);
    assert_ok(aliases_list(a, "UNKNOWN", &ids, &n, &err), &err);
    assert_int_equal(n, 1);
    assert_string_equal(ids[0], "UNKNOWN");
    free(ids);
}

static void
memory_that_runs_out_is_an_error_and_leaks_nothing(void **state)
{
    PLUMB_AUTO(auto_sbom) struct sbom *s = bill("pkg:npm/a@1.0.0 pkg:npm/b@1.0.0");
    PLUMB_AUTO(auto_osv)
    struct osv_advisory *x = advisory("X", "npm/a,npm/c", ",\"aliases\":[\"Y\"]");
    struct plumb_err err = { 0 };

    (void)state;
    for (size_t n = 0;; n++) {
        PLUMB_AUTO(auto_watch) struct watch *w = NULL;
        PLUMB_AUTO(auto_aliases) struct aliases *a = NULL;
        PLUMB_AUTO(auto_free) const char **ids = NULL;
        enum plumb_code code;
        size_t nids;

        scarce_begin(n);
        code = watch_new(&w, &err);
        if (code == PLUMB_OK)
            code = watch_add_bill(w, s, NULL, NULL, &err);
        if (code == PLUMB_OK)
            code = watch_add_advisory(w, x, NULL, NULL, &err);
        if (code == PLUMB_OK)
            code = aliases_new(&a, &err);
        if (code == PLUMB_OK)
            code = aliases_add(a, x, &err);
        if (code == PLUMB_OK)
            code = aliases_list(a, "X", &ids, &nids, &err);
        if (!scarce_end())
            break;
        assert_int_equal(code, PLUMB_NO_MEMORY);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whichever_comes_later_finds_the_other),
        cmocka_unit_test(a_refusal_of_a_finding_ends_the_call),
        cmocka_unit_test(a_component_is_found_by_the_names_that_its_ecosystem_has),
        cmocka_unit_test(the_aliases_of_aliases_are_one_vulnerability),
        cmocka_unit_test(memory_that_runs_out_is_an_error_and_leaks_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
