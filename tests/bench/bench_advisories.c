/*
 * Matching advisories against bills of materials. Yardsticks: the minute that all of it may
 * take; the same with half of the advisories, twice over; and for one advisory more, the same
 * where there is a hundredth of the bills.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "supply/watch.h"
#include "tests/bench/bench.h"

#define LIMIT_SECONDS 60
#define COMPONENTS    1000 /* of a bill */
#define NAMES         20   /* packages for each component of a bill */

struct world {
    struct sbom **bills;
    struct osv_advisory **advisories;
    size_t nbills, nadvisories;
};

static void
must(enum plumb_code code, const struct plumb_err *err)
{
    if (code != PLUMB_OK)
        bench_fail("[%s] %s: %s", err->rule, err->where, err->msg);
}

static void *
room(size_t n, size_t size)
{
    void *p = calloc(n, size);

    if (p == NULL)
        bench_fail("out of memory");
    return p;
}

/* Every other bill has the fixed versions. Its packages are a run of all names, so each name is
 * in one bill of NAMES. */
static struct sbom *
make_bill(size_t number)
{
    const size_t size = COMPONENTS * 128 + 256;
    char *text = room(1, size), *at = text;
    struct plumb_err err = { 0 };
    struct sbom *s = NULL;

    at += sprintf(at, "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\",\"components\":[");
    for (size_t i = 0; i < COMPONENTS; i++) {
        const size_t name = number % NAMES * COMPONENTS + i;
        const char *version = number / NAMES % 2 == 0 ? "1.2.3" : "2.0.0";

        at += sprintf(at,
                      "%s{\"type\":\"library\",\"name\":\"p%zu\",\"version\":\"%s\",\"purl\":"
                      "\"pkg:npm/p%zu@%s\"}",
                      i > 0 ? "," : "", name, version, name, version);
    }
    at += sprintf(at, "]}");
    must(sbom_read(text, (size_t)(at - text), &s, &err), &err);
    free(text);
    return s;
}

static struct osv_advisory *
make_advisory(size_t number)
{
    struct plumb_err err = { 0 };
    struct osv_advisory *a = NULL;
    char text[512];
    const int len = snprintf(
        text, sizeof text,
        "{\"id\":\"A-%zu\",\"modified\":\"2026-01-02T00:00:00Z\",\"affected\":[{\"package\":"
        "{\"ecosystem\":\"npm\",\"name\":\"p%zu\"},\"ranges\":[{\"type\":\"SEMVER\",\"events\":"
        "[{\"introduced\":\"0\"},{\"fixed\":\"1.5.0\"}]}]}]}",
        number, number % (NAMES * COMPONENTS));

    must(osv_read(text, (size_t)len, &a, &err), &err);
    return a;
}

static enum plumb_code
count(void *arg, const struct watch_finding *f, struct plumb_err *err)
{
    (void)f;
    (void)err;
    ++*(size_t *)arg;
    return PLUMB_OK;
}

static struct watch *
watch_bills(const struct world *w, size_t nbills)
{
    struct plumb_err err = { 0 };
    struct watch *watch = NULL;

    must(watch_new(&watch, &err), &err);
    for (size_t i = 0; i < nbills; i++)
        must(watch_add_bill(watch, w->bills[i], NULL, NULL, &err), &err);
    return watch;
}

/* Seconds of CPU for so many advisories; they must find what they should. */
static double
import(const struct world *w, size_t nadvisories)
{
    struct watch *watch = watch_bills(w, w->nbills);
    struct plumb_err err = { 0 };
    size_t found = 0, want = 0;
    int64_t since;

    for (size_t i = 0; i < w->nbills; i++)
        if (i / NAMES % 2 == 0)
            for (size_t a = 0; a < nadvisories; a += NAMES * COMPONENTS)
                want += nadvisories - a >= (i % NAMES + 1) * COMPONENTS ? COMPONENTS : 0;
    since = bench_cpu_ns();
    for (size_t i = 0; i < nadvisories; i++)
        must(watch_add_advisory(watch, w->advisories[i], count, &found, &err), &err);
    since = bench_cpu_ns() - since;
    watch_free(watch);
    if (found != want)
        bench_fail("%zu findings, not %zu", found, want);
    return (double)since / 1e9;
}

/* Nanoseconds for one advisory more, among so many bills: about a package that a bill has, and
 * as many as have it in a hundredth. */
static double
one_more(const struct world *w, size_t nbills)
{
    enum { TIMES = 20000 };
    struct watch *watch = watch_bills(w, nbills);
    struct osv_advisory *a = make_advisory(NAMES * COMPONENTS);
    struct plumb_err err = { 0 };
    size_t found = 0;
    int64_t since;

    /* all that have its name but one bill go away, so that both find the same */
    for (size_t i = NAMES; i < nbills; i += NAMES)
        watch_remove_bill(watch, w->bills[i]);
    since = bench_cpu_ns();
    for (size_t i = 0; i < TIMES; i++) {
        must(watch_add_advisory(watch, a, count, &found, &err), &err);
        watch_remove_advisory(watch, a);
    }
    since = bench_cpu_ns() - since;
    if (found != TIMES)
        bench_fail("%zu findings, not %d", found, TIMES);
    osv_free(a);
    watch_free(watch);
    return (double)since / TIMES;
}

static double
all(void *arg)
{
    const struct world *w = arg;

    return import(w, w->nadvisories);
}

static double
half(void *arg)
{
    const struct world *w = arg;

    return 2 * import(w, w->nadvisories / 2);
}

static double
limit(void *arg)
{
    (void)arg;
    return LIMIT_SECONDS;
}

static double
one_among_all(void *arg)
{
    const struct world *w = arg;

    return one_more(w, w->nbills);
}

static double
one_among_few(void *arg)
{
    const struct world *w = arg;

    return one_more(w, w->nbills / 100);
}

int
main(int argc, char **argv)
{
    const bool brief = bench_begin(argc, argv);
    struct world w = { NULL, NULL, brief ? 200 : 1000, brief ? 40000 : 100000 };

    bench_say("making %zu bills of %d components and %zu advisories", w.nbills, COMPONENTS,
              w.nadvisories);
    w.bills = room(w.nbills, sizeof(struct sbom *));
    w.advisories = room(w.nadvisories, sizeof(struct osv_advisory *));
    for (size_t i = 0; i < w.nbills; i++)
        w.bills[i] = make_bill(i);
    for (size_t i = 0; i < w.nadvisories; i++)
        w.advisories[i] = make_advisory(i);
    bench_against("advisories.all", "s", BENCH_LESS, 1, all, limit, &w);
    bench_against("advisories.linear", "s", BENCH_LESS, brief ? 1 : 5, all, half, &w);
    bench_against("advisories.one-more", "ns", BENCH_LESS, brief ? 1 : 5, one_among_all,
                  one_among_few, &w);
    for (size_t i = 0; i < w.nbills; i++)
        sbom_free(w.bills[i]);
    for (size_t i = 0; i < w.nadvisories; i++)
        osv_free(w.advisories[i]);
    free(w.bills);
    free(w.advisories);
    return 0;
}
