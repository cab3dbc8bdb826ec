/* CVSS: examples of the specifications and of real advisories; tests/interop has every vector.
 */
#include "tests/t.h"

#include <string.h>

#include "supply/cvss.h"

static void
vectors_have_the_scores_that_their_specifications_give(void **state)
{
    static const struct {
        const char *vector;
        int tenths;
    } cases[] = {
        { "AV:N/AC:L/Au:N/C:N/I:N/A:C", 78 },
        { "AV:N/AC:L/Au:N/C:C/I:C/A:C", 100 },
        { "AV:L/AC:H/Au:N/C:C/I:C/A:C/E:POC/RL:OF/RC:C", 62 },
        { "AV:N/AC:L/Au:N/C:N/I:N/A:N", 0 },
        { "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 98 },
        { "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 100 },
        { "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N", 64 },
        { "CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N", 16 },
        { "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0 },
        { "CVSS:3.1/A:H/I:H/C:H/S:U/UI:N/PR:N/AC:L/AV:N", 98 },
        { "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:U/MAV:L", 98 },
        { "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H", 100 },
        { "CVSS:4.0/AV:N/AC:L/AT:P/PR:L/UI:P/VC:N/VI:N/VA:H/SC:N/SI:N/SA:H", 69 },
        { "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:L/SC:N/SI:N/SA:N", 69 },
        { "CVSS:4.0/AV:P/AC:H/AT:P/PR:H/UI:A/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N/E:U", 10 },
        { "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:N/SC:N/SI:N/SA:N", 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int tenths = -1;

        if (!cvss_score(cases[i].vector, &tenths) || tenths != cases[i].tenths)
            fail_msg("%s: %d", cases[i].vector, tenths);
    }
}

static void
what_is_no_vector_has_no_score(void **state)
{
    static char far_too_long[600] = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";
    static const char *const cases[] = {
        "",
        "9.8",
        "AV:N",
        "CVSS:3.1/",
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H",
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:",
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:X",
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:HH",
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/A:H",
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/",
        "CVSS:3.1/AV:N//AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/XX:H",
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/MUCHLONGER:H",
        "CVSS:3.2/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        "CVSS:4.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:S/SA:H",
        "AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        "(AV:N/AC:L/Au:N/C:C/I:C/A:C)",
        far_too_long,
    };

    (void)state;
    for (size_t n = strlen(far_too_long); n + 4 < sizeof far_too_long; n += 4)
        memcpy(far_too_long + n, "/E:U", 4);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int tenths = 7;

        if (cvss_score(cases[i], &tenths) || tenths != 7)
            fail_msg("%s: %d", cases[i], tenths);
    }
}

static void
scores_have_their_severities(void **state)
{
    static const struct {
        int tenths;
        enum severity severity;
    } scores[] = { { 0, SEVERITY_NONE },      { 1, SEVERITY_LOW },
                   { 39, SEVERITY_LOW },      { 40, SEVERITY_MEDIUM },
                   { 69, SEVERITY_MEDIUM },   { 70, SEVERITY_HIGH },
                   { 89, SEVERITY_HIGH },     { 90, SEVERITY_CRITICAL },
                   { 100, SEVERITY_CRITICAL } };

    (void)state;
    for (size_t i = 0; i < sizeof scores / sizeof scores[0]; i++)
        assert_int_equal(severity_of(scores[i].tenths), scores[i].severity);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_have_the_scores_that_their_specifications_give),
        cmocka_unit_test(what_is_no_vector_has_no_score),
        cmocka_unit_test(scores_have_their_severities),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
