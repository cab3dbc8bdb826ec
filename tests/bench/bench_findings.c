/*
 * Advisories imported by the engine, from the statement's bytes to findings that a replay makes
 * again, against bills of materials that are on file. Yardsticks: the minute that all of it may
 * take; and for one advisory more, the same where there is a tenth of the bills.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/bench.h"
#include "tests/engine/controlled.h"

#define LIMIT_SECONDS 60
#define COMPONENTS    1000 /* of a bill */
#define NAMES         20   /* packages for each component of a bill */
#define AT_ONCE       20000
#define TIMES         200

struct scene {
    struct world world;
    size_t nadvisories, imported;
};

static struct plumb_bytes
bill(size_t number)
{
    struct plumb_bytes bytes = { 0 };
    char *text = calloc(1, COMPONENTS * 128 + 256), *at = text;
    struct plumb_err err;

    if (text == NULL)
        bench_fail("out of memory");
    at += sprintf(at, "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\",\"components\":[");
    for (size_t i = 0; i < COMPONENTS; i++) {
        const size_t name = number % NAMES * COMPONENTS + i;
        const char *version = number / NAMES % 2 == 0 ? "1.2.3" : "2.0.0";

        at += sprintf(at,
                      "%s{\"type\":\"library\",\"name\":\"p%zu\",\"version\":\"%s\",\"purl\":"
                      "\"pkg:npm/p%zu@%s\",\"description\":\"%zu\"}",
                      i > 0 ? "," : "", name, version, name, version, number);
    }
    at += sprintf(at, "]}");
    if (plumb_bytes_copy(text, (size_t)(at - text), &bytes, &err) != PLUMB_OK)
        bench_fail("[%s] %s", err.rule, err.msg);
    free(text);
    return bytes;
}

/* A release that names its bill, and the bill attached; nobody needs to approve it. */
static void
add_release(struct world *w, size_t number)
{
    char version[32];
    struct plumb_bytes bytes = bill(number);
    const size_t size = bytes.len;
    struct plumb_digest values, sbom, id;
    struct plumb_signed *s;

    (void)snprintf(version, sizeof version, "%zu", number);
    values = world_blob(w, make_refvals(version));
    sbom = world_blob(w, bytes);
    s = make_signed(&w->make, "rex", PLUMB_KIND_RELEASE, "reference-values", &values,
                    json_pack("{s:s, s:s, s:o}", "payload", "web", "version", version, "sbom",
                              make_hex(&sbom)));
    id = s->statement->id;
    (void)world_do(w, s);
    (void)world_do(w,
                   make_signed(&w->make, "rex", PLUMB_KIND_EVIDENCE, world_name(w, &id), &id,
                               json_pack("{s:[{s:s, s:o, s:I}]}", "files", "kind", "sbom",
                                         "digest", make_hex(&sbom), "size", (json_int_t)size)));
}

static void
scene_begin(struct scene *s, size_t nbills, size_t nadvisories)
{
    *s = (struct scene){ .nadvisories = nadvisories };
    controlled_begin(&s->world, NULL);
    for (size_t i = 0; i < nbills; i++)
        add_release(&s->world, i);
}

/* Seconds of CPU for so many advisories from number first on, in one statement. */
static double
import(struct scene *s, size_t first, size_t n)
{
    char *text = calloc(n, 260), *at = text;
    int64_t since;

    if (text == NULL)
        bench_fail("out of memory");
    for (size_t i = first; i < first + n; i++)
        at += sprintf(at,
                      "{\"id\":\"A-%zu\",\"modified\":\"2026-01-02T00:00:00Z\",\"affected\":"
                      "[{\"package\":{\"ecosystem\":\"npm\",\"name\":\"p%zu\"},\"ranges\":"
                      "[{\"type\":\"SEMVER\",\"events\":[{\"introduced\":\"0\"},"
                      "{\"fixed\":\"1.5.0\"}]}]}]}\n",
                      i, i % (NAMES * COMPONENTS));
    since = bench_cpu_ns();
    controlled_import(&s->world, text);
    since = bench_cpu_ns() - since;
    free(text);
    s->imported += n;
    return (double)since / 1e9;
}

static bool
count_open(void *arg, const struct engine_finding *f)
{
    *(size_t *)arg += f->state == PLUMB_FINDING_OPEN;
    return true;
}

static double
import_all(struct scene *s, size_t nbills)
{
    double seconds = 0;
    size_t found = 0, want = 0;

    while (s->imported < s->nadvisories)
        seconds += import(s, s->imported,
                          s->nadvisories - s->imported < AT_ONCE ? s->nadvisories - s->imported
                                                                 : AT_ONCE);
    for (size_t i = 0; i < nbills; i++)
        if (i / NAMES % 2 == 0)
            for (size_t a = 0; a < s->nadvisories; a += NAMES * COMPONENTS)
                want += s->nadvisories - a >= (i % NAMES + 1) * COMPONENTS ? COMPONENTS : 0;
    engine_each_finding(s->world.engine, NULL, s->world.make.now, count_open, &found);
    if (found != want)
        bench_fail("%zu findings, not %zu", found, want);
    return seconds;
}

/* Milliseconds for one statement of one advisory that no bill has: what an empty hand costs. */
static double
one_more(struct scene *s)
{
    double seconds = 0;

    for (size_t i = 0; i < TIMES; i++) {
        const char *record =
            controlled_record("B-1", "unheard-of", "1.0.0", "2026-01-02T00:00:00Z", "");
        const int64_t since = bench_cpu_ns();

        controlled_import(&s->world, record);
        seconds += (double)(bench_cpu_ns() - since) / 1e9;
    }
    return seconds / TIMES * 1e3;
}

int
main(int argc, char **argv)
{
    const bool brief = bench_begin(argc, argv);
    const size_t nbills = brief ? 60 : 1000, nadvisories = brief ? 4000 : 100000;
    struct scene all, few;
    double seconds;

    bench_say("attaching %zu bills of %d components", nbills, COMPONENTS);
    scene_begin(&all, nbills, nadvisories);
    bench_say("importing %zu advisories", nadvisories);
    seconds = import_all(&all, nbills);
    bench_line("findings-import", "s", BENCH_LESS, seconds, LIMIT_SECONDS);
    bench_say("memory: %zu MiB at the most", bench_memory_peak() >> 20);
    scene_begin(&few, nbills / 10, 1000);
    (void)import_all(&few, nbills / 10);
    bench_line("findings-one-more", "ms", BENCH_LESS, one_more(&all), one_more(&few));
    world_end(&few.world);
    world_end(&all.world);
    return 0;
}
