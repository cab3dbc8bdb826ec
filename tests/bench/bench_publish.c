/*
 * One change in a fleet, applied, derived and published: among 1,000 and 10,000 payloads
 * against the same among 10. What it costs is to follow the change, not the fleet.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/bench.h"
#include "tests/engine/world.h"
#include "tests/t.h"

#define CHANGES 41

static size_t payloads;
static struct plumb_digest *releases;

static void
edit(struct make *m)
{
    char path[48];

    make_set(m, "fleets.prod.recognitions", json_integer(0));
    for (size_t i = 0; i < payloads; i++) {
        (void)snprintf(path, sizeof path, "payloads.p%zu", i);
        make_set(m, path, json_deep_copy(make_at(m, "payloads.web")));
    }
}

static struct plumb_digest
send(struct world *w, struct plumb_signed *s)
{
    struct plumb_digest id = s->statement->id;

    (void)world_do(w, s);
    w->make.now -= 60; /* all at one time */
    return id;
}

static void
name_of(size_t payload, char ret[64])
{
    (void)snprintf(ret, 64, "p%zu@1", payload);
}

/* Released and begun: accepted, as incoming. */
static void
add_payload(struct world *w, size_t i)
{
    struct make *m = &w->make;
    char id[32], name[64];
    struct plumb_digest values, begin;

    (void)snprintf(id, sizeof id, "p%zu", i);
    name_of(i, name);
    values = world_blob(w, make_refvals(name));
    releases[i] = send(w, make_release(m, "rex", id, "1", &values));
    (void)send(w, make_vote(m, "sol", &releases[i], PLUMB_APPROVE));
    begin = send(
        w, make_rollout(m, "rex", "prod", name, &releases[i], PLUMB_ACTION_BEGIN, 0, NULL));
    (void)send(w, make_vote(m, "ria", &begin, PLUMB_APPROVE));
}

static enum plumb_code
count_part(void *arg, const struct engine_part *part, struct plumb_err *err)
{
    (void)err;
    *(size_t *)arg += part->json.len;
    return PLUMB_OK;
}

static void
publish(struct world *w)
{
    struct engine_fleet_state state;
    struct plumb_digest content;
    size_t bytes = 0;

    assert_ok(engine_derive(w->engine, "prod", count_part, &bytes, &content, &w->err), &w->err);
    assert_true(engine_fleet(w->engine, "prod", &state));
    (void)send(
        w, world_publication(w, "prod", state.revision + 1, &content, w->make.now + WORLD_DAY));
}

static int
by_value(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* The rollouts of some payloads from first up to n are completed, one at a time; the median in
 * microseconds. */
static double
change(struct world *w, size_t first, size_t n)
{
    int64_t took[CHANGES];
    size_t changes = n - first < CHANGES ? n - first : CHANGES;

    publish(w);
    for (size_t i = 0; i < changes; i++) {
        size_t payload = first + (n - first) / changes * i;
        char name[64];
        struct plumb_signed *s;

        name_of(payload, name);
        s = make_rollout(&w->make, "rex", "prod", name, &releases[payload],
                         PLUMB_ACTION_COMPLETE, 1, NULL);
        took[i] = bench_cpu_ns();
        engine_mark(w->engine);
        (void)send(w, s);
        publish(w);
        engine_keep(w->engine);
        took[i] = bench_cpu_ns() - took[i];
    }
    qsort(took, changes, sizeof took[0], by_value);
    return (double)took[changes / 2] / 1000;
}

int
main(int argc, char **argv)
{
    static const size_t sizes[] = { 10, 1000, 10000 };
    size_t n = bench_begin(argc, argv) ? 2 : 3, done = 0;
    double least = 0;
    struct world w;

    payloads = n == 2 ? 1000 : 10000;
    releases = calloc(payloads, sizeof *releases);
    assert_non_null(releases);
    world_begin(&w, edit);
    for (size_t i = 0; i < n; i++) {
        char name[48];
        double us;

        bench_say("%zu payloads", sizes[i]);
        for (; done < sizes[i]; done++)
            add_payload(&w, done);
        us = change(&w, i == 0 ? 0 : sizes[i - 1], sizes[i]);
        least = i == 0 ? us : least;
        (void)snprintf(name, sizeof name, "publish-%zu", sizes[i]);
        bench_line(name, "us", BENCH_LESS, us, least);
    }
    world_end(&w);
    free(releases);
    return 0;
}
