/* What a transaction may take back, what changed meanwhile, and the maps underneath. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/map.h"
#include "tests/engine/world.h"
#include "tests/t.h"

static void
roll(struct world *w, const struct plumb_digest *release)
{
    (void)world_start(w, release);
    (void)world_complete(w, release);
}

/* Forgets the entries from n on: they were dropped. */
static void
forget(struct world *w, size_t n)
{
    while (w->n > n) {
        plumb_signed_free(w->entries[--w->n].opened);
        plumb_bytes_clear(&w->entries[w->n].bytes);
    }
}

static void
what_is_dropped_never_happened(void **state)
{
    struct world w;
    struct plumb_digest one, two, content;
    char *before;
    size_t n;
    uint64_t changed;

    (void)state;
    world_begin(&w, NULL);
    one = world_release(&w, "1.0");
    roll(&w, &one);
    (void)world_publish(&w, "prod");
    before = world_picture(w.engine);
    n = w.n;
    engine_mark(w.engine);
    two = world_release(&w, "2.0");
    roll(&w, &two);
    (void)world_do(&w, make_enrolment(&w.make, "enid", "prod", "val", w.make.log, false));
    (void)world_revoke(&w, &one, "all", NULL);
    (void)world_publish(&w, "prod");
    make_next(&w.make);
    (void)world_govern(&w, NULL);
    assert_ok(engine_derive(w.engine, "prod", NULL, NULL, &content, &w.err), &w.err);
    changed = engine_keys_changed(w.engine);
    engine_drop(w.engine);
    world_same(before, world_picture(w.engine));
    assert_true(engine_keys_changed(w.engine) > changed); /* a snapshot of it is stale */
    forget(&w, n);
    two = world_release(&w, "2.0"); /* and it may happen now */
    assert_int_equal(plumb_chain_length(engine_chain(w.engine)), 1);
    world_end(&w);
}

static void
what_is_kept_stays(void **state)
{
    struct world w;
    struct plumb_digest one;
    char *before;

    (void)state;
    world_begin(&w, NULL);
    engine_mark(w.engine);
    one = world_release(&w, "1.0");
    roll(&w, &one);
    before = world_picture(w.engine);
    engine_keep(w.engine);
    engine_drop(w.engine); /* nothing is marked: nothing happens */
    world_same(before, world_picture(w.engine));
    (void)world_publish(&w, "prod");
    world_end(&w);
}

static void
time_that_ran_ahead_survives_mark_drop_and_keep(void **state)
{
    struct world w;
    struct plumb_digest one, two;
    char *before;

    (void)state;
    world_begin(&w, NULL);
    one = world_release(&w, "1.0");
    two = world_release(&w, "2.0");
    roll(&w, &one);
    roll(&w, &two);
    assert_ok(engine_advance(w.engine, w.make.now + 8 * WORLD_DAY, &w.err), &w.err);
    assert_int_equal(world_place(&w, &one), ENGINE_PLACE_RETIRED);
    before = world_picture(w.engine);
    engine_mark(w.engine);
    assert_int_equal(world_place(&w, &one), ENGINE_PLACE_RETIRED);
    engine_drop(w.engine);
    world_same(before, world_picture(w.engine));
    engine_mark(w.engine);
    engine_keep(w.engine);
    assert_int_equal(world_place(&w, &one), ENGINE_PLACE_RETIRED);
    (void)world_propose_release(&w, "web", "3.0"); /* the log is not that far */
    assert_int_equal(world_place(&w, &one), ENGINE_PLACE_OUTGOING);
    world_end(&w);
}

/* --- what changed --- */

struct changes {
    char text[2048];
};

static bool
saw_proposal(void *arg, const struct engine_proposal *p)
{
    struct changes *c = arg;
    size_t used = strlen(c->text);

    (void)snprintf(c->text + used, sizeof c->text - used, "%s %s\n", plumb_kind_text(p->kind),
                   engine_proposal_state_text(p->state));
    return true;
}

static bool
saw_version(void *arg, const struct engine_version *v)
{
    struct changes *c = arg;
    size_t used = strlen(c->text);

    (void)snprintf(c->text + used, sizeof c->text - used, "%s@%s %s\n", v->payload, v->version,
                   engine_version_state_text(v->state));
    return true;
}

static bool
saw_placement(void *arg, const struct engine_placement *p)
{
    struct changes *c = arg;
    size_t used = strlen(c->text);

    (void)snprintf(c->text + used, sizeof c->text - used, "%s: %s %s\n", p->fleet, p->version,
                   engine_place_text(p->place));
    return true;
}

static void
each_change_since_the_mark_is_told_once_as_it_is_now(void **state)
{
    struct world w;
    struct plumb_digest one, two;
    struct changes c = { "" };
    const struct engine_changes to = { saw_proposal, saw_version, saw_placement, &c };

    (void)state;
    world_begin(&w, NULL);
    one = world_release(&w, "1.0");
    roll(&w, &one);
    engine_mark(w.engine);
    engine_each_change(w.engine, &to);
    assert_string_equal(c.text, "");
    two = world_release(&w, "2.0");
    roll(&w, &two);
    engine_each_change(w.engine, &to);
    assert_string_equal(c.text, "web@2.0 approved\n"
                                "release effective\n"
                                "rollout effective\n"
                                "prod: 1.0 outgoing\n"
                                "prod: 2.0 current\n"
                                "rollout effective\n");
    engine_keep(w.engine);
    engine_mark(w.engine);
    c.text[0] = '\0';
    engine_each_change(w.engine, &to);
    assert_string_equal(c.text, "");
    w.make.now += 8 * WORLD_DAY;
    assert_int_equal(world_record(&w), 1);
    engine_each_change(w.engine, &to);
    assert_string_equal(c.text, "prod: 1.0 retired\n");
    engine_drop(w.engine);
    world_end(&w);
}

static void
refused_statements_are_no_changes(void **state)
{
    struct world w;
    struct plumb_digest one;
    struct changes c = { "" };
    const struct engine_changes to = { saw_proposal, saw_version, saw_placement, &c };

    (void)state;
    world_begin(&w, NULL);
    one = world_release(&w, "1.0");
    engine_mark(w.engine);
    world_refuse(&w, "lifecycle.no-rollout",
                 world_rollout(&w, &one, PLUMB_ACTION_COMPLETE, NULL));
    engine_each_change(w.engine, &to);
    assert_string_equal(c.text, "");
    engine_keep(w.engine);
    world_end(&w);
}

/* --- maps --- */

struct number {
    struct record head;
    int value;
};

static void
number_free(struct record *r)
{
    free(r);
}

static void
ignore(void *arg, struct map *map, struct map_entry *entry)
{
    (void)arg;
    (void)map;
    (void)entry;
}

static void
put(struct journal *j, struct map *m, int key, int value)
{
    struct number *n = calloc(1, sizeof *n);

    assert_non_null(n);
    n->value = value;
    assert_int_equal(journal_put(j, m, &key, sizeof key, &n->head, NULL), PLUMB_OK);
}

static int
get(const struct map *m, int key)
{
    const struct number *n = (const struct number *)map_get(m, &key, sizeof key);

    return n != NULL ? n->value : -1;
}

static void
a_map_holds_what_was_put_and_goes_back(void **state)
{
    struct map m = { .free_record = number_free };
    struct journal j = { 0 };
    int key;

    (void)state;
    for (int i = 0; i < 1000; i++)
        put(&j, &m, i, i);
    journal_forget(&j, j.n);
    for (int i = 0; i < 1000; i += 2)
        put(&j, &m, i, -2 * i - 2);
    for (int i = 1000; i < 2000; i++)
        put(&j, &m, i, i);
    key = 7;
    assert_int_equal(journal_put(&j, &m, &key, sizeof key, NULL, NULL), PLUMB_OK);
    assert_int_equal(get(&m, 7), -1);
    assert_int_equal(get(&m, 8), -18);
    assert_int_equal(m.used, 2000);
    journal_undo(&j, 0, ignore, NULL);
    assert_int_equal(m.used, 1000);
    for (int i = 0; i < 2000; i++)
        assert_int_equal(get(&m, i), i < 1000 ? i : -1);
    key = 7;
    assert_int_equal(journal_put(&j, &m, &key, sizeof key, NULL, NULL), PLUMB_OK);
    journal_forget(&j, j.n);
    assert_int_equal(m.used, 999); /* what is removed for good takes no room */
    map_clear(&m);
    journal_clear(&j);
}

static void
an_ordered_map_remembers_who_came_first(void **state)
{
    struct map m = { .free_record = number_free, .ordered = true };
    struct journal j = { 0 };
    int key;

    (void)state;
    for (int i = 99; i >= 0; i--)
        put(&j, &m, i, i);
    journal_forget(&j, 50);
    put(&j, &m, 99, 5);
    journal_undo(&j, 0, ignore, NULL);
    assert_int_equal(m.norder, 50);
    for (int i = 0; i < 50; i++) {
        memcpy(&key, m.order[i]->key, sizeof key);
        assert_int_equal(key, 99 - i);
    }
    assert_int_equal(get(&m, 99), 99);
    map_clear(&m);
    journal_clear(&j);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_dropped_never_happened),
        cmocka_unit_test(what_is_kept_stays),
        cmocka_unit_test(time_that_ran_ahead_survives_mark_drop_and_keep),
        cmocka_unit_test(each_change_since_the_mark_is_told_once_as_it_is_now),
        cmocka_unit_test(refused_statements_are_no_changes),
        cmocka_unit_test(a_map_holds_what_was_put_and_goes_back),
        cmocka_unit_test(an_ordered_map_remembers_who_came_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
