/*
 * What tests/interop/versions and tests/interop/severities ask of ours.
 *   interop_supply order ORDER      lines "A<tab>B" in, "A<tab>B<tab>SIGN" out: < = > or ?
 *   interop_supply random ORDER N   N such lines, of versions that are much alike; always the
 * same
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "supply/cvss.h"
#include "supply/version.h"

static uint64_t state = 1;

static size_t
below(size_t n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (size_t)(state % n);
}

static const char *
one_of(const char *const *words, size_t n)
{
    return words[below(n)];
}
#define ONE_OF(...)                                                                            \
    one_of((const char *const[]){ __VA_ARGS__ },                                               \
           sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

/* Small numbers, so that two are often equal; zeros in front; and one that no integer holds. */
static const char *
number(void)
{
    return ONE_OF("0", "0", "1", "1", "2", "3", "9", "10", "11", "01", "007", "20240131",
                  "18446744073709551616", "99999999999999999999999");
}

static void
numbers(char *ret, size_t most)
{
    strcat(ret, number());
    for (size_t n = below(most); n > 0; n--) {
        strcat(ret, ".");
        strcat(ret, number());
    }
}

static void
maybe(char *ret, size_t chance, const char *before, const char *text)
{
    if (below(chance) == 0) {
        strcat(ret, before);
        strcat(ret, text);
    }
}

static void
semver(char *ret)
{
    maybe(ret, 8, "", "v");
    for (int i = 0; i < 3; i++) {
        strcat(ret, i > 0 ? "." : "");
        strcat(ret, ONE_OF("0", "1", "2", "10", "900719925474099"));
    }
    if (below(2) == 0) {
        strcat(ret, "-");
        strcat(ret, ONE_OF("0", "1", "10", "alpha", "a", "beta", "rc", "x-y", "0a", "-"));
        for (size_t n = below(3); n > 0; n--) {
            strcat(ret, ".");
            strcat(ret, ONE_OF("0", "1", "2", "11", "a", "b", "A"));
        }
    }
    maybe(ret, 4, "+", ONE_OF("a", "b", "001", "a.b"));
}

static void
pep440(char *ret)
{
    maybe(ret, 8, "", "v");
    maybe(ret, 6, ONE_OF("0", "1", "2"), "!");
    numbers(ret, 4);
    if (below(2) == 0) {
        strcat(ret, ONE_OF("", "", ".", "-", "_"));
        strcat(ret, ONE_OF("a", "b", "rc", "c", "alpha", "BETA", "pre", "preview"));
        strcat(ret, ONE_OF("", "", ".", "-", "_"));
        strcat(ret, ONE_OF("", "0", "1", "2", "10"));
    }
    maybe(ret, 4, ONE_OF(".post", "-", "post", ".rev", "r"), ONE_OF("0", "1", "2"));
    maybe(ret, 4, ONE_OF(".dev", "dev", "-dev"), ONE_OF("", "0", "1", "2"));
    maybe(ret, 5, "+", ONE_OF("a", "b", "1", "10", "a.1", "1.a", "A", "a-1", "01"));
}

static void
debian(char *ret)
{
    maybe(ret, 4, ONE_OF("0", "1", "2", "01"), ":");
    numbers(ret, 4);
    maybe(ret, 2, ONE_OF("~", "+", "", ".", "~~", "+~"),
          ONE_OF("rc1", "b1", "dfsg", "a", "Z", "1", "git20240131"));
    if (below(2) == 0) {
        strcat(ret, "-");
        numbers(ret, 2);
        maybe(ret, 2, ONE_OF("~", "+", ""), ONE_OF("deb12u1", "b1", "ubuntu1", "1"));
    }
}

static void
rpm(char *ret)
{
    maybe(ret, 4, ONE_OF("0", "1", "2", "01"), ":");
    numbers(ret, 4);
    maybe(ret, 2, ONE_OF("~", "^", "", ".", "_", "+", "~~", "^^"),
          ONE_OF("rc1", "git1", "a", "Z", "1", "20240131"));
    if (below(2) == 0) {
        strcat(ret, "-");
        numbers(ret, 3);
        maybe(ret, 2, ONE_OF(".", "", "_", "~", "^"), ONE_OF("el9", "fc40", "el8_5", "1"));
    }
}

static const struct {
    enum version_order order;
    void (*make)(char *ret);
} makers[] = { { VERSION_SEMVER, semver },
               { VERSION_PEP440, pep440 },
               { VERSION_DEBIAN, debian },
               { VERSION_RPM, rpm } };

static int
make_pairs(enum version_order order, unsigned long n)
{
    for (size_t i = 0; i < sizeof makers / sizeof makers[0]; i++)
        for (; makers[i].order == order && n > 0; n--) {
            char a[512] = "", b[512] = "";

            makers[i].make(a);
            makers[i].make(b);
            printf("%s\t%s\n", a, b);
        }
    return n == 0 ? 0 : 2;
}

static int
place(enum version_order order)
{
    char line[4096];

    while (fgets(line, sizeof line, stdin) != NULL) {
        char *tab = strchr(line, '\t');
        enum version_sign s;

        line[strcspn(line, "\n")] = '\0';
        if (tab == NULL)
            return 2;
        *tab = '\0';
        s = version_compare(order, line, tab + 1);
        printf("%s\t%s\t%c\n", line, tab + 1, s == VERSION_UNDETERMINED ? '?' : "<=>"[s + 1]);
    }
    return 0;
}

/* metrics: "AV:LAN AC:HML": every value of the first with all the rest. */
static void
vectors(const char *prefix, const char *metrics)
{
    const char *colon = strchr(metrics, ':'), *rest = strchr(metrics, ' ');
    char longer[256];

    for (const char *v = colon + 1; *v != '\0' && *v != ' '; v++) {
        snprintf(longer, sizeof longer, "%s%.*s:%c%s", prefix, (int)(colon - metrics), metrics,
                 *v, rest != NULL ? "/" : "");
        if (rest != NULL)
            vectors(longer, rest + 1);
        else
            puts(longer);
    }
}

static int
all_vectors(void)
{
    static const char three[] = "AV:NALP AC:LH PR:NLH UI:NR S:UC C:HLN I:HLN A:HLN";

    vectors("", "AV:LAN AC:HML Au:MSN C:NPC I:NPC A:NPC");
    vectors("CVSS:3.0/", three);
    vectors("CVSS:3.1/", three);
    vectors("CVSS:4.0/",
            "AV:NALP AC:LH AT:NP PR:NLH UI:NPA VC:HLN VI:HLN VA:HLN SC:HLN SI:HLN SA:HLN");
    return 0;
}

static int
scores(void)
{
    char line[1024];

    while (fgets(line, sizeof line, stdin) != NULL) {
        int tenths;

        line[strcspn(line, "\n")] = '\0';
        if (cvss_score(line, &tenths))
            printf("%s\t%d.%d\n", line, tenths / 10, tenths % 10);
        else
            printf("%s\t?\n", line);
    }
    return 0;
}

int
main(int argc, char **argv)
{
    enum version_order order = VERSION_NONE;

    for (size_t i = 0; i < VERSION_ORDER_COUNT && argc > 2; i++)
        if (strcmp(version_order_text((enum version_order)i), argv[2]) == 0)
            order = (enum version_order)i;
    if (argc == 3 && strcmp(argv[1], "order") == 0)
        return place(order);
    if (argc == 4 && strcmp(argv[1], "random") == 0)
        return make_pairs(order, strtoul(argv[3], NULL, 10));
    if (argc == 2 && strcmp(argv[1], "vectors") == 0)
        return all_vectors();
    if (argc == 2 && strcmp(argv[1], "scores") == 0)
        return scores();
    fprintf(stderr, "usage: interop_supply order ORDER | random ORDER N | vectors | scores\n");
    return 2;
}
