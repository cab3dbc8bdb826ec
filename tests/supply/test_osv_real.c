/* Real advisories: each one's listed versions match, and its fixed ones do not. */
#include "tests/t.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"
#include "supply/osv.h"
#include "tests/real.h"

PLUMB_DEFINE_AUTO(auto_osv, struct osv_advisory *, osv_free);

static struct {
    size_t records, listed, fixed;
} seen;

static enum osv_verdict
ask(const struct osv_advisory *a, const struct osv_affected *entry, const char *version)
{
    const char *suffix = strchr(entry->ecosystem, ':');
    char release[256];
    struct package p = { entry->key, version, NULL };
    struct osv_match m;

    if (suffix != NULL) { /* a component of just that release */
        if (strncmp(suffix, ":Pro", 4) == 0)
            suffix += 4;
        (void)snprintf(release, sizeof release, "%s", suffix + 1 + (suffix[1] == 'v'));
        release[strcspn(release, ":")] = '\0';
        p.release = release;
    }
    osv_match(a, &p, &m);
    return m.verdict;
}

static void
check_entry(const struct osv_advisory *a, const struct osv_affected *entry)
{
    const enum osv_verdict want =
        a->withdrawn != PLUMB_TIME_NEVER ? OSV_NOT_AFFECTED : OSV_AFFECTED;

    for (size_t i = 0; i < entry->nversions; i++) {
        if (ask(a, entry, entry->versions[i]) != want)
            fail_msg("%s: %s %s is listed", a->id, entry->key, entry->versions[i]);
        seen.listed++;
    }
    for (size_t i = 0; i < entry->nranges; i++) {
        const struct osv_range *r = &entry->ranges[i];

        if (r->git)
            continue;
        if (!r->ordered)
            fail_msg("%s: %s: a range cannot be placed", a->id, entry->key);
        for (size_t k = 0; k < r->nevents; k++) {
            if (r->events[k].kind != OSV_FIXED)
                continue;
            if (ask(a, entry, r->events[k].version) != OSV_NOT_AFFECTED)
                fail_msg("%s: %s %s is fixed", a->id, entry->key, r->events[k].version);
            seen.fixed++;
        }
    }
}

static void
check_folder(const char *folder)
{
    char path[4096];
    struct dirent **names;
    int n;

    (void)snprintf(path, sizeof path, "%s/osv/%s", getenv("PLUMB_DATA"), folder);
    n = scandir(path, &names, NULL, alphasort);
    assert_true(n > 0);
    for (int i = 0; i < n; free(names[i++])) {
        PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes file = { 0 };
        PLUMB_AUTO(auto_osv) struct osv_advisory *a = NULL;
        struct plumb_err err = { 0 };

        if (names[i]->d_name[0] == '.' || strstr(names[i]->d_name, "scalibr") != NULL)
            continue; /* the last is no record, but a list of some */
        (void)snprintf(path, sizeof path, "osv/%s/%s", folder, names[i]->d_name);
        file = real_file(path);
        if (osv_read(file.data, file.len, &a, &err) != PLUMB_OK)
            fail_msg("%s: [%s] %s: %s", path, err.rule, err.where, err.msg);
        seen.records++;
        for (size_t k = 0; k < a->naffected; k++)
            check_entry(a, &a->affected[k]);
    }
    free(names);
}

static void
listed_versions_match_and_fixed_ones_do_not(void **state)
{
    static const char *const folders[] = { "crates.io", "debian", "go", "maven-ghsa", "misc" };

    (void)state;
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        check_folder(folders[i]);
    print_message("%zu records, %zu listed versions, %zu fixed\n", seen.records, seen.listed,
                  seen.fixed);
    assert_int_equal(seen.records, 360);
    assert_true(seen.listed > 7000);
    assert_true(seen.fixed > 450);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(listed_versions_match_and_fixed_ones_do_not),
    };

    if (!real_there(sizeof tests / sizeof tests[0]))
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
