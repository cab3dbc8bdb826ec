/*
 * Importing advisories into an engine that has bills of materials on file: statements, records
 * parsed, matches, findings, all as the service does it but for the disk. Yardsticks: the
 * minute that all may take; the first half for the second; and for one advisory more, the same
 * where there is a tenth of the bills.
 */
#include <plumb/controls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/bench.h"
#include "tests/engine/controlled.h"
#include "tests/t.h"

#define LIMIT_SECONDS 60
#define COMPONENTS    1000 /* of a bill */
#define SHARED        5    /* bills have a component's package */
#define BATCH         1000 /* records of one import */
#define MORE          50   /* of the imports of one record */

struct size {
    size_t bills, advisories;
};

/* The package of the i-th component of a bill: one of its own, then runs that SHARED bills
 * have. */
static size_t
package_of(const struct size *s, size_t bill, size_t i)
{
    return bill % (s->bills / SHARED) * COMPONENTS + i;
}

/* Of the bills that share packages, the first has the version that no advisory is about. */
static bool
is_fixed(const struct size *s, size_t bill)
{
    return bill < s->bills / SHARED;
}

static struct plumb_bytes
bill_text(const struct size *s, size_t bill)
{
    const char *version = is_fixed(s, bill) ? "2.0.0" : "1.2.3";
    struct plumb_bytes text = { malloc(COMPONENTS * 128 + 256), 0 };
    char *at = (char *)text.data;

    assert_non_null(at);
    at += sprintf(at,
                  "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\",\"components\":["
                  "{\"type\":\"library\",\"name\":\"own%zu\",\"version\":\"1.2.3\",\"purl\":"
                  "\"pkg:npm/own%zu@1.2.3\"}",
                  bill, bill);
    for (size_t i = 1; i < COMPONENTS; i++) {
        const size_t package = package_of(s, bill, i);

        at += sprintf(at,
                      ",{\"type\":\"library\",\"name\":\"p%zu\",\"version\":\"%s\",\"purl\":"
                      "\"pkg:npm/p%zu@%s\"}",
                      package, version, package, version);
    }
    at += sprintf(at, "]}");
    text.len = (size_t)(at - (char *)text.data);
    return text;
}

static struct plumb_digest *
file_bills(struct world *w, const struct size *s)
{
    struct plumb_digest *releases = calloc(s->bills, sizeof *releases);

    assert_non_null(releases);
    controlled_begin(w, NULL);
    for (size_t i = 0; i < s->bills; i++) {
        /* a release names only what is stored */
        const struct plumb_digest digest = world_blob(w, bill_text(s, i));
        char version[32];

        (void)snprintf(version, sizeof version, "1.%zu", i);
        releases[i] = controlled_propose_with(w, version, &digest);
        assert_string_equal(
            controlled_attach(w, &releases[i], PLUMB_FILE_SBOM, bill_text(s, i)), "");
    }
    return releases;
}

/* CPU seconds for the records [from, to), each about the package of its number. */
static double
import(struct world *w, size_t from, size_t to)
{
    char *text = malloc(BATCH * 300 + 1);
    int64_t since, total = 0;

    assert_non_null(text);
    while (from < to) {
        char *at = text;

        for (size_t i = 0; i < BATCH && from < to; i++, from++)
            at +=
                sprintf(at,
                        "{\"id\":\"A-%zu\",\"modified\":\"2026-01-02T00:00:00Z\",\"affected\":"
                        "[{\"package\":{\"ecosystem\":\"npm\",\"name\":\"p%zu\"},\"ranges\":"
                        "[{\"type\":\"SEMVER\",\"events\":[{\"introduced\":\"0\"},"
                        "{\"fixed\":\"1.5.0\"}]}]}]}\n",
                        from, from);
        since = bench_cpu_ns();
        controlled_import(w, text);
        total += bench_cpu_ns() - since;
    }
    free(text);
    return (double)total / 1e9;
}

static bool
count(void *arg, const struct engine_finding *f)
{
    (void)f;
    ++*(size_t *)arg;
    return true;
}

/* Every release has as many as it should. */
static void
check(const struct world *w, const struct size *s, const struct plumb_digest *releases)
{
    for (size_t i = 0; i < s->bills; i++) {
        size_t found = 0, want = 0;

        for (size_t k = 1; k < COMPONENTS; k++)
            want += !is_fixed(s, i) && package_of(s, i, k) < s->advisories;
        engine_each_finding(w->engine, &releases[i], w->make.now, count, &found);
        if (found != want)
            bench_fail("%zu findings of bill %zu, not %zu", found, i, want);
    }
}

/* Microseconds for one more, about a package that one bill has. */
static double
one_more(struct world *w, size_t bills)
{
    const int64_t since = bench_cpu_ns();
    char id[32], package[32];

    for (size_t i = 0; i < MORE; i++) {
        (void)snprintf(id, sizeof id, "M-%zu", i);
        (void)snprintf(package, sizeof package, "own%zu", i % bills);
        controlled_import(w,
                          controlled_record(id, package, "2.0.0", "2026-01-02T00:00:00Z", ""));
    }
    return (double)(bench_cpu_ns() - since) / 1e3 / MORE;
}

static void
forget(struct world *w, struct plumb_digest *releases)
{
    free(releases);
    world_end(w);
}

int
main(int argc, char **argv)
{
    const bool brief = bench_begin(argc, argv);
    const struct size s = brief ? (struct size){ 50, 10000 } : (struct size){ 1000, 100000 };
    const struct size few = { s.bills / 10, 0 };
    struct plumb_digest *releases;
    double first, second, more, among_few;
    struct world w;

    bench_say("filing %zu bills of %d components", s.bills, COMPONENTS);
    releases = file_bills(&w, &s);
    bench_say("importing %zu advisories", s.advisories);
    first = import(&w, 0, s.advisories / 2);
    second = import(&w, s.advisories / 2, s.advisories);
    check(&w, &s, releases);
    bench_line("advisories.all", "s", BENCH_LESS, first + second, LIMIT_SECONDS);
    bench_line("advisories.second-half", "s", BENCH_LESS, second, first);
    more = one_more(&w, s.bills);
    forget(&w, releases);
    releases = file_bills(&w, &few);
    among_few = one_more(&w, few.bills);
    bench_line("advisories.one-more", "us", BENCH_LESS, more, among_few);
    forget(&w, releases);
    return 0;
}
