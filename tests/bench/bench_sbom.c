/*
 * Reading a bill of materials, from its bytes to its components and the packages that they are,
 * against jansson alone: json_loadb of the same bytes, which only makes a tree. And a bill of
 * very many components against one of a quarter of them: the same rate, if reading is linear.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "supply/sbom.h"
#include "tests/bench/bench.h"

#define ROUNDS 9

struct file {
    char *data;
    size_t len;
};

static void
load(const char *path, struct file *ret)
{
    FILE *f = fopen(path, "rb");
    long size;

    if (f == NULL)
        bench_skip("%s: cannot be read", path);
    (void)fseek(f, 0, SEEK_END);
    size = ftell(f);
    rewind(f);
    ret->data = malloc((size_t)size);
    if (size <= 0 || ret->data == NULL ||
        (ret->len = fread(ret->data, 1, (size_t)size, f)) != (size_t)size)
        bench_fail("%s: cannot be read", path);
    (void)fclose(f);
}

/* Megabytes a second. */
static double
rate(const struct file *f, int64_t since)
{
    return (double)f->len / 1e6 / ((double)(bench_cpu_ns() - since) / 1e9);
}

static double
ours(void *arg)
{
    const struct file *f = arg;
    const int64_t since = bench_cpu_ns();
    struct plumb_err err = { 0 };
    struct sbom *s = NULL;

    if (sbom_read(f->data, f->len, &s, &err) != PLUMB_OK)
        bench_fail("[%s] %s: %s", err.rule, err.where, err.msg);
    sbom_free(s);
    return rate(f, since);
}

static double
jansson_alone(void *arg)
{
    const struct file *f = arg;
    const int64_t since = bench_cpu_ns();
    json_t *json = json_loadb(f->data, f->len, 0, NULL);

    if (json == NULL)
        bench_fail("jansson does not read it");
    json_decref(json);
    return rate(f, since);
}

/* --- growth --- */

#define MANY 400000 /* components; about as many are let through */

struct grown {
    struct file small, large;
};

static void
make_bill(struct file *ret, size_t components)
{
    FILE *f = open_memstream(&ret->data, &ret->len);

    if (f == NULL)
        bench_fail("out of memory");
    (void)fprintf(f, "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\",\"components\":[");
    for (size_t i = 0; i < components; i++)
        (void)fprintf(f,
                      "%s{\"type\":\"library\",\"name\":\"n%zu\",\"bom-ref\":\"r%zu\","
                      "\"purl\":\"pkg:npm/n%zu@1.0.0\"}",
                      i > 0 ? "," : "", i, i, i);
    (void)fprintf(f, "]}");
    if (fclose(f) != 0)
        bench_fail("out of memory");
}

static double
large(void *arg)
{
    return ours(&((struct grown *)arg)->large);
}

static double
small(void *arg)
{
    return ours(&((struct grown *)arg)->small);
}

static void
measure_growth(bool brief)
{
    struct grown g;

    make_bill(&g.small, MANY / 4);
    make_bill(&g.large, MANY);
    bench_against("sbom.growth-400000", "MB/s", BENCH_MORE, brief ? 1 : ROUNDS, large, small,
                  &g);
    free(g.small.data);
    free(g.large.data);
}

int
main(int argc, char **argv)
{
    static const struct {
        const char *name, *path;
    } files[] = {
        { "sbom.spdx-10.8MB", "sbom/spdx-2/large-debian12-machine.spdx.json" },
        { "sbom.cyclonedx-2.2MB", "sbom/cyclonedx/keycloak-10.0.2.json" },
    };
    const bool brief = bench_begin(argc, argv);
    const char *source = getenv("PLUMB_SOURCE");

    measure_growth(brief);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct file f = { NULL, 0 };
        char path[4096];

        (void)snprintf(path, sizeof path, "%s/../shared/data/%s", source != NULL ? source : ".",
                       files[i].path);
        load(path, &f);
        bench_against(files[i].name, "MB/s", BENCH_MORE, brief ? 1 : ROUNDS, ours,
                      jansson_alone, &f);
        free(f.data);
    }
    return 0;
}
