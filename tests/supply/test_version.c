/* Version orders: other people's tables, and what they do not try. */
#include "tests/t.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "supply/version.h"

#define ALPINE VERSION_ALPINE
#define PEP440 VERSION_PEP440
#define SEMVER VERSION_SEMVER
#define DEBIAN VERSION_DEBIAN
#define MAVEN  VERSION_MAVEN
#define RPM    VERSION_RPM

static char
letter(enum version_sign s)
{
    return s == VERSION_UNDETERMINED ? '?' : "<=>"[s + 1];
}

/* Each pair both ways round. */
static void
check(enum version_order order, const char *a, char want, const char *b)
{
    const char got = letter(version_compare(order, a, b));
    const char back = letter(version_compare(order, b, a));

    if (got != want || back != (want == '<' ? '>' : want == '>' ? '<' : want))
        fail_msg("%s: %s %c %s, and back %c; want %c", version_order_text(order), a, got, b,
                 back, want);
    if (want != '?' && (!version_ok(order, a) || !version_ok(order, b)) && strcmp(a, b) != 0)
        fail_msg("%s: %s and %s have an order, and one is no version",
                 version_order_text(order), a, b);
}

/* The tables hold texts that are no versions of their ecosystem, which older tools placed all
 * the same: so many pairs are undetermined here, and no more. */
static const struct {
    const char *file;
    enum version_order order;
    unsigned pairs, undetermined;
} files[] = {
    { "alpine", ALPINE, 744, 34 }, { "debian", DEBIAN, 30, 0 }, { "maven", MAVEN, 102, 0 },
    { "pypi", PEP440, 26, 11 },    { "redhat", RPM, 165, 0 },   { "semver", SEMVER, 86, 0 },
};

static void
the_tables_of_others_agree(void **state)
{
    const char *data = getenv("PLUMB_DATA");

    (void)state;
    if (data == NULL || access(data, R_OK) != 0) {
        print_message("skip: no real files here (PLUMB_DATA)\n");
        skip();
    }
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char path[4096], line[4096], a[1024], op[8], b[1024];
        unsigned pairs = 0, undetermined = 0;
        FILE *f;

        sprintf(path, "%s/version-compare/%s-versions.txt", data, files[i].file);
        f = fopen(path, "r");
        assert_non_null(f);
        while (fgets(line, sizeof line, f) != NULL) {
            if (line[0] == '#' || line[0] == '/' ||
                sscanf(line, "%1023s %7s %1023s", a, op, b) != 3)
                continue;
            if (version_compare(files[i].order, a, b) == VERSION_UNDETERMINED) {
                undetermined++;
                continue;
            }
            check(files[i].order, a, op[0], b);
            pairs++;
        }
        (void)fclose(f);
        if (pairs != files[i].pairs || undetermined != files[i].undetermined)
            fail_msg("%s: %u pairs, %u undetermined", files[i].file, pairs, undetermined);
    }
}

static void
each_order_places_what_is_particular_to_it(void **state)
{
    static const struct {
        enum version_order order;
        const char *a;
        char want;
        const char *b;
    } cases[] = {
        { SEMVER, "1", '=', "1.0.0" },
        { SEMVER, "1.2", '<', "1.2.1" },
        { SEMVER, "v1.2.3", '=', "1.2.3" },
        { SEMVER, "01.2.3", '=', "1.2.3" },
        { SEMVER, "1.2.3+a", '=', "1.2.3+b" },
        { SEMVER, "1.2.3-0", '<', "1.2.3" },
        { SEMVER, "1.2.3-9", '<', "1.2.3-10" },
        { SEMVER, "1.2.3-9", '<', "1.2.3-a" },
        { SEMVER, "1.2.3-a", '<', "1.2.3-a.0" },
        { SEMVER, "1.2.3.4", '<', "1.2.4" },
        { SEMVER, "1.2.3.4", '?', "1.2.3.5" },
        { SEMVER, "1.2.3.4", '?', "1.2.3" },
        { SEMVER, "", '?', "1.2.3" },
        { SEMVER, "1..3", '?', "1.2.3" },
        { SEMVER, "1.2.", '?', "1.2.3" },
        { SEMVER, "1.2.3-", '?', "1.2.3" },
        { SEMVER, "1.2.3-a..b", '?', "1.2.3" },
        { SEMVER, "1.2.3-a_b", '?', "1.2.3" },
        { SEMVER, "1.2.x", '?', "1.2.3" },
        { SEMVER, "-1", '?', "1.2.3" },
        { SEMVER, "18446744073709551616", '>', "18446744073709551615" },
        { PEP440, "1.0", '=', "1.0.0" },
        { PEP440, "1.0", '=', " v1.0\n" },
        { PEP440, "1.0.dev1", '<', "1.0a1" },
        { PEP440, "1.0a1.dev1", '<', "1.0a1" },
        { PEP440, "1.0a2", '<', "1.0b1" },
        { PEP440, "1.0rc1", '<', "1.0" },
        { PEP440, "1.0", '<', "1.0.post1.dev1" },
        { PEP440, "1.0.post1.dev1", '<', "1.0.post1" },
        { PEP440, "1.0.post1", '<', "1.1.dev1" },
        { PEP440, "1.0", '<', "1.0+a" },
        { PEP440, "1.0+a.b", '<', "1.0+a.1" },
        { PEP440, "1.0+a", '<', "1.0+a.b" },
        { PEP440, "1.0+A", '=', "1.0+a" },
        { PEP440, "1.0+a-b", '=', "1.0+a_b" },
        { PEP440, "1.0.dev1+x", '<', "1.0a1" },
        { PEP440, "1.0-ALPHA_1", '=', "1.0a1" },
        { PEP440, "1.0pre1", '=', "1.0rc1" },
        { PEP440, "1.0c1", '=', "1.0rc1" },
        { PEP440, "1.0preview1", '=', "1.0rc1" },
        { PEP440, "1.0-1", '=', "1.0.post1" },
        { PEP440, "1.0r1", '=', "1.0.rev1" },
        { PEP440, "1.0a", '=', "1.0a0" },
        { PEP440, "0!1", '=', "1" },
        { PEP440, "1!1", '>', "2" },
        { PEP440, "99999999999999999999!1", '>', "99999999999999999998!1" },
        { PEP440, "1.0+", '?', "1.0" },
        { PEP440, "1.0+a..b", '?', "1.0" },
        { PEP440, "1.0.", '?', "1.0" },
        { PEP440, "1.0x", '?', "1.0" },
        { PEP440, "french toast", '?', "1.0" },
        { PEP440, "", '?', "1.0" },
        { MAVEN, "1-alpha", '<', "1-beta" },
        { MAVEN, "1-sp", '>', "1" },
        { MAVEN, "1-sp", '<', "1-x" },
        { MAVEN, "1.0-SNAPSHOT", '<', "1.0" },
        { MAVEN, "1.0-rc1", '<', "1.0-SNAPSHOT" },
        { MAVEN, "99999999999999999999", '<', "100000000000000000000" },
        { DEBIAN, "1.0~rc1", '<', "1.0" },
        { DEBIAN, "1.0", '<', "1.0+b1" },
        { DEBIAN, "1.0a", '<', "1.0+" },
        { DEBIAN, "1:1", '>', "2" },
        { DEBIAN, "1.0-1", '<', "1.0-1.1" },
        { DEBIAN, "1-2-3", '>', "1-1-9" },
        { DEBIAN, "1.010", '=', "1.10" },
        { DEBIAN, "a:1", '?', "1" },
        { DEBIAN, ":1", '?', "1" },
        { DEBIAN, "1-", '?', "1" },
        { DEBIAN, "1_2", '?', "1" },
        { DEBIAN, "", '?', "1" },
        { DEBIAN, "1 2", '?', "1" },
        { ALPINE, "1.2_rc1", '<', "1.2" },
        { ALPINE, "1.2", '<', "1.2_p1" },
        { ALPINE, "1.2_alpha", '<', "1.2_beta" },
        { ALPINE, "1.2a", '>', "1.2" },
        { ALPINE, "1.2a", '<', "1.2.1" },
        { ALPINE, "1.02", '<', "1.1" },
        { ALPINE, "1.2-r9", '<', "1.2-r10" },
        { ALPINE, "1.2~abc", '>', "1.2" },
        { ALPINE, "1.2_what1", '?', "1.2" },
        { ALPINE, "1.2-1", '?', "1.2" },
        { ALPINE, "x", '?', "1.2" },
        { RPM, "1.0~rc1", '<', "1.0" },
        { RPM, "1.0^1", '>', "1.0" },
        { RPM, "1.0^1", '<', "1.0.1" },
        { RPM, "1:1-1", '>', "2-1" },
        { RPM, "1.a", '<', "1.1" },
        { RPM, "1.0", '<', "1.0-1" },
        { RPM, "1.0-1.el8", '<', "1.0-1.el8_5" },
        { RPM, "", '?', "1" },
        { RPM, "1:", '?', "1" },
        { VERSION_NONE, "1", '=', "1" },
        { VERSION_NONE, "1", '?', "2" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check(cases[i].order, cases[i].a, cases[i].want, cases[i].b);
}

static void
an_absurd_version_is_undetermined_and_takes_no_time(void **state)
{
    static const char *const pieces[] = {
        "1", ".", "1.", "1-", "~", "a1", "-a", "_alpha", "0"
    };
    static char a[VERSION_MAX + 2], b[VERSION_MAX + 2];

    (void)state;
    for (size_t p = 0; p < sizeof pieces / sizeof pieces[0]; p++) {
        const size_t len = strlen(pieces[p]);

        for (size_t i = 0; i < VERSION_MAX; i++)
            a[i] = pieces[p][i % len];
        a[VERSION_MAX] = '\0';
        memcpy(b, a, sizeof b);
        b[VERSION_MAX - 1] = '2';
        for (size_t o = 0; o < VERSION_ORDER_COUNT; o++) {
            const enum version_sign s = version_compare((enum version_order)o, a, b);
            const enum version_sign t = version_compare((enum version_order)o, b, a);

            assert_true(s == VERSION_UNDETERMINED ? t == s : (int)t == -(int)s);
        }
        a[VERSION_MAX] = '1';
        assert_false(version_ok(SEMVER, a));
        assert_int_equal(version_compare(MAVEN, a, b), VERSION_UNDETERMINED);
        a[VERSION_MAX] = '\0';
    }
}

static void
an_ecosystem_has_its_order_whatever_its_suffix(void **state)
{
    static const struct {
        const char *ecosystem;
        enum version_order order;
    } cases[] = {
        { "npm", SEMVER },
        { "Go", SEMVER },
        { "crates.io", SEMVER },
        { "PyPI", PEP440 },
        { "Maven", MAVEN },
        { "Debian:12", DEBIAN },
        { "Debian", DEBIAN },
        { "Ubuntu:Pro:18.04:LTS", DEBIAN },
        { "Alpine:v3.18", ALPINE },
        { "Red Hat:rhel_aus:8.4::appstream", RPM },
        { "Rocky Linux:9", RPM },
        { "Maven:https://repo.example", MAVEN },
        { "RubyGems", VERSION_NONE },
        { "NuGet", VERSION_NONE },
        { "debian", VERSION_NONE },
        { "", VERSION_NONE },
        { "npmx", VERSION_NONE },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (version_order_of(cases[i].ecosystem) != cases[i].order)
            fail_msg("%s", cases[i].ecosystem);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tables_of_others_agree),
        cmocka_unit_test(each_order_places_what_is_particular_to_it),
        cmocka_unit_test(an_absurd_version_is_undetermined_and_takes_no_time),
        cmocka_unit_test(an_ecosystem_has_its_order_whatever_its_suffix),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
