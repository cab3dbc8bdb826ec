/* The engine's secret decides where its tables keep things, and nothing that anybody sees. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/engine/controlled.h"
#include "tests/t.h"

#define PAYLOADS 40

/* Many payloads besides "web", each in two fleets. */
static void
many_payloads(struct make *m)
{
    for (int i = 0; i < PAYLOADS; i++) {
        char path[64];

        (void)snprintf(path, sizeof path, "payloads.app%d", i);
        make_set(m, path, json_deep_copy(make_at(m, "payloads.web")));
    }
    make_set(m, "fleets.prod.recognitions", json_integer(0));
    make_set(m, "fleets.test", json_deep_copy(make_at(m, "fleets.prod")));
}

static void
start_everywhere(struct world *w, const char *payload)
{
    static const char *const fleets[] = { "prod", "test" };
    struct plumb_digest id = world_propose_release(w, payload, "1.0");

    (void)world_vote(w, "sol", &id, PLUMB_APPROVE);
    for (size_t i = 0; i < 2; i++) {
        struct plumb_signed *s =
            make_rollout(&w->make, "rex", fleets[i], world_name(w, &id), &id,
                         PLUMB_ACTION_BEGIN, engine_base(w->engine, fleets[i], payload), NULL);
        struct plumb_digest begin = s->statement->id;

        (void)world_do(w, s);
        (void)world_vote(w, "ria", &begin, PLUMB_APPROVE);
    }
}

/* Half of the payloads leave: the sections of all are derived again. */
static void
drop_payloads(struct world *w)
{
    make_next(&w->make);
    make_set(&w->make, "fleets.prod.payloads", json_pack("[s]", "web"));
    for (int i = 0; i < PAYLOADS; i += 2) {
        char name[16];

        (void)snprintf(name, sizeof name, "app%d", i);
        json_array_append_new(make_at(&w->make, "fleets.prod.payloads"), json_string(name));
    }
    (void)world_govern(w, NULL);
}

static enum plumb_code
write_part(void *arg, const struct engine_part *part, struct plumb_err *err)
{
    (void)err;
    (void)fprintf(arg, "%.*s\n", (int)part->json.len, (const char *)part->json.data);
    return PLUMB_OK;
}

static bool
write_due(void *arg, const char *fleet)
{
    (void)fprintf(arg, "touched %s\n", fleet);
    return true;
}

static bool
write_finding(void *arg, const struct engine_finding *f)
{
    (void)fprintf(arg, "%s %s\n", f->advisory, f->component);
    return true;
}

/* All that it told while it was fed: parts as they came, what was due, and the whole at last.
 */
static char *
history(struct world *w, unsigned char secret)
{
    struct engine *e = NULL;
    char *text = NULL, *picture;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);

    assert_non_null(f);
    assert_ok(engine_new(make_secret(secret), &e, &w->err), &w->err);
    for (size_t i = 0; i < w->n; i++) {
        struct plumb_digest content;
        struct engine_due due;

        world_feed(w, e, i);
        engine_fleets_touched(e, write_due, f);
        if (engine_due(e, engine_time(e), &due))
            (void)fprintf(f, "due %s %s\n", plumb_kind_text(due.kind), due.payload);
        else
            assert_ok(engine_derive(e, "prod", write_part, f, &content, &w->err), &w->err);
    }
    engine_each_finding(e, NULL, engine_time(e), write_finding, f);
    picture = world_picture(e);
    (void)fprintf(f, "%s", picture);
    assert_int_equal(fclose(f), 0);
    free(picture);
    engine_free(e);
    return text;
}

static void
compare_histories(struct world *w)
{
    for (unsigned char secret = 1; secret < 5; secret++)
        world_same(history(w, 0), history(w, secret));
}

static void
one_log_gives_the_same_bytes_whatever_the_secret(void **state)
{
    struct world w;
    char payload[16];

    (void)state;
    world_begin(&w, many_payloads);
    for (int i = 0; i < PAYLOADS; i++) {
        (void)snprintf(payload, sizeof payload, "app%d", i);
        start_everywhere(&w, payload);
    }
    drop_payloads(&w);
    w.make.now += 3 * WORLD_DAY; /* all rollouts overrun at once */
    (void)world_record(&w);
    compare_histories(&w);
    world_end(&w);
}

/* Advisories about packages of many bills, in one import. */
static void
findings_come_in_the_same_order_whatever_the_secret(void **state)
{
    struct world w;

    (void)state;
    controlled_begin(&w, NULL);
    for (int i = 0; i < 6; i++) {
        char version[16];

        (void)snprintf(version, sizeof version, "%d.0", i);
        (void)controlled_release(&w, version);
    }
    for (int i = 0; i < 20; i++) {
        char id[16];

        (void)snprintf(id, sizeof id, "GHSA-%d", i);
        controlled_import(&w, controlled_record(id, i % 2 == 0 ? "lodash" : "left-pad", "9.0.0",
                                                "2026-09-01T00:00:00Z", ""));
    }
    (void)world_record(&w);
    compare_histories(&w);
    world_end(&w);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_log_gives_the_same_bytes_whatever_the_secret),
        cmocka_unit_test(findings_come_in_the_same_order_whatever_the_secret),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
