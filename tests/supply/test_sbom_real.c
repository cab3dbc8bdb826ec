/* Real bills of materials, and CycloneDX's own cases. */
#include "tests/t.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"
#include "supply/sbom.h"
#include "tests/real.h"

PLUMB_DEFINE_AUTO(auto_sbom, struct sbom *, sbom_free);

static enum plumb_code
read_file(const char *path, struct sbom **ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes file = real_file(path);

    return sbom_read(file.data, file.len, ret, err);
}

/* The numbers are those of a script that knows JSON alone; watched are those whose purl is of
 * an ecosystem of OSV's. */
static const struct {
    const char *path, *version;
    size_t n, watched;
    const char *subject;
} files[] = {
    { "sbom/cyclonedx/alpine-cyclonedx.json", "1.4", 16, 14,
      "docker.io/library/alpine:latest" },
    { "sbom/cyclonedx/ascii-boxes-sbom-cdx.json", "1.4", 3, 0, "boxes" },
    { "sbom/cyclonedx/cern-lhc-vdm-editor.json", "1.2", 44, 44, "lhc-vdm-editor" },
    { "sbom/cyclonedx/dropwizard-1.3.15.json", "1.2", 168, 168, "dropwizard-parent" },
    { "sbom/cyclonedx/ghidra-sbom-cdx.json", "1.4", 109, 62, NULL },
    { "sbom/cyclonedx/harp-darwin-amd64.sbom.json", "1.4", 815, 815,
      "github.com/elastic/harp" },
    { "sbom/cyclonedx/keycloak-10.0.2.json", "1.2", 904, 904, "keycloak-parent" },
    { "sbom/cyclonedx/laravel-7.12.0-1.4.json", "1.4", 63, 63, "cyclonedx-php-composer-demo" },
    { "sbom/cyclonedx/redis-commander-sbom-cdx.json", "1.4", 515, 515, "redis-commander" },
    { "sbom/spdx-2/alpine-spdx.json", "2.2", 14, 14, NULL },
    { "sbom/spdx-2/constellation-spdx.json", "2.2", 1303, 1303, NULL },
    { "sbom/spdx-2/grype-sbom.spdx.json", "2.2", 1160, 1157, NULL },
    { "sbom/spdx-2/julia.spdx.json", "2.2", 34, 0, "Julia" },
    { "sbom/spdx-2/kustomizer_2.1.0_sbom.spdx.json", "2.2", 124, 124, NULL },
    { "sbom/spdx-2/large-debian12-machine.spdx.json", "2.3", 849, 849, NULL },
    { "sbom/spdx-2/microsoft-sbom-tool.spdx.json", "2.2", 123, 121, "SBOMTool" },
    { "sbom/spdx-3/appbomination.spdx3.json", "3.0.1", 7, 4, "App-BOM-ination" },
    { "sbom/spdx-3/hello-src.spdx3.json", "3.0.1", 1, 0, "hello" },
    { "sbom/spdx-examples/example14/content/examplemaven-0.0.1.spdx.json", "2.3", 6, 0,
      "examplemaven" },
    { "sbom/spdx-examples/example14/content/examplemaven-0.0.1.spdx3.json", "3.0.1", 6, 0,
      "examplemaven" },
    { "sbom/spdx-examples/example14/spdx2.3/examplemaven-0.0.1-enriched.spdx.json", "2.3", 6, 0,
      "examplemaven" },
    { "sbom/spdx-examples/example14/spdx3.0/examplemaven-0.0.1-enriched.spdx3.json", "3.0.1", 6,
      0, "examplemaven" },
};

static void
real_bills_are_read_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        PLUMB_AUTO(auto_sbom) struct sbom *s = NULL;
        struct plumb_err err = { 0 };

        if (read_file(files[i].path, &s, &err) != PLUMB_OK)
            fail_msg("%s: [%s] %s: %s", files[i].path, err.rule, err.where, err.msg);
        if (strcmp(s->spec_version, files[i].version) != 0 || s->n != files[i].n ||
            s->n - s->nunwatched != files[i].watched)
            fail_msg("%s: %s, %zu components, %zu watched", files[i].path, s->spec_version,
                     s->n, s->n - s->nunwatched);
        if ((s->subject == NULL) != (files[i].subject == NULL) ||
            (s->subject != NULL && strcmp(s->subject->name, files[i].subject) != 0))
            fail_msg("%s: describes %s", files[i].path,
                     s->subject != NULL ? s->subject->name : "nothing");
    }
}

/* What is invalid in them is not relied on: licences, patches, services, dependencies. */
static const char *const harmless[] = {
    "invalid-component-swid-1.6.json",
    "invalid-dependency-1.6.json",
    "invalid-issue-type-1.6.json",
    "invalid-license-choice-1.6.json",
    "invalid-license-declared-concluded-mix-1.6.json",
    "invalid-license-encoding-1.6.json",
    "invalid-license-id-1.6.json",
    "invalid-license-missing-id-and-name-1.6.json",
    "invalid-metadata-license-1.6.json",
    "invalid-patch-type-1.6.json",
    "invalid-properties-1.6.json",
    "invalid-scope-1.6.json",
    "invalid-service-data-1.6.json",
};

static bool
is_harmless(const char *name)
{
    for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++)
        if (strcmp(harmless[i], name) == 0)
            return true;
    return false;
}

static void
the_official_cases_are_admitted_and_refused(void **state)
{
    char path[4096];
    struct dirent **names;
    size_t valid = 0, invalid = 0;
    int n;

    (void)state;
    (void)snprintf(path, sizeof path, "%s/sbom/cyclonedx-schema-cases-1.6",
                   getenv("PLUMB_DATA"));
    n = scandir(path, &names, NULL, alphasort);
    assert_true(n > 0);
    for (int i = 0; i < n; free(names[i++])) {
        const char *name = names[i]->d_name;
        PLUMB_AUTO(auto_sbom) struct sbom *s = NULL;
        struct plumb_err err = { 0 };
        bool read, want = strncmp(name, "valid", 5) == 0;

        if (name[0] == '.')
            continue;
        (void)snprintf(path, sizeof path, "sbom/cyclonedx-schema-cases-1.6/%s", name);
        read = read_file(path, &s, &err) == PLUMB_OK;
        if (read != (want || is_harmless(name)))
            fail_msg("%s: %s [%s] %s", name, read ? "admitted" : "refused", err.rule, err.msg);
        valid += want;
        invalid += !read;
    }
    free(names);
    assert_int_equal(valid, 45);
    assert_int_equal(invalid, 12);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_bills_are_read_whole),
        cmocka_unit_test(the_official_cases_are_admitted_and_refused),
    };

    if (!real_there(sizeof tests / sizeof tests[0]))
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
