/*
 * Random walks: statements of all kinds by everybody, legal or not. Whatever comes, the
 * invariants hold, what is refused leaves no trace, and the log alone gives the state.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/engine/world.h"
#include "tests/t.h"

#define VERSIONS 5

static uint64_t
random_next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static size_t
below(uint64_t *seed, size_t n)
{
    return (size_t)(random_next(seed) >> 11) % n;
}

struct walk {
    struct world w;
    uint64_t seed;
    struct plumb_digest releases[64];
    size_t nreleases;
    struct plumb_digest proposals[1024];
    size_t nproposals;
    const char *overrun;
};

static const char *walk_overrun; /* for the edit of the document, which takes no argument */

static void
edit(struct make *m)
{
    make_set(m, "fleets.prod.recognitions", json_integer(0));
    make_set(m, "fleets.prod.overrun", json_string(walk_overrun));
    make_set(m, "fleets.prod.grace", json_string("PT6H"));
    make_set(m, "fleets.prod.limit", json_string("PT3H"));
    make_set(m, "quorums.governance", make_quorum("admin:2", false, ""));
}

static const struct plumb_digest *
any_release(struct walk *k)
{
    return &k->releases[below(&k->seed, k->nreleases)];
}

static json_t *
maybe_predecessor(struct walk *k)
{
    return below(&k->seed, 8) > 0 ? world_predecessor(&k->w)
                                  : json_pack("{s:o}", "predecessor", make_hex(any_release(k)));
}

static struct plumb_signed *
any_rollout(struct walk *k)
{
    enum plumb_action action = (enum plumb_action)below(&k->seed, PLUMB_ACTION_COUNT);
    json_t *more = NULL;

    if (action == PLUMB_ACTION_BEGIN) {
        more = maybe_predecessor(k);
        if (below(&k->seed, 4) == 0) {
            more = more != NULL ? more : json_object();
            json_object_set_new(
                more, "at",
                make_time(k->w.make.now + 600 * (plumb_time)(1 + below(&k->seed, 20))));
        }
    }
    if (action == PLUMB_ACTION_RESCHEDULE)
        more = json_pack("{s:o}", "notAfter",
                         make_time(k->w.make.now + 3600 * (plumb_time)below(&k->seed, 24)));
    return world_rollout(&k->w, any_release(k), action, more);
}

static struct plumb_signed *
any_release_statement(struct walk *k)
{
    char version[16], label[32];
    struct plumb_digest values;

    (void)snprintf(version, sizeof version, "%zu", below(&k->seed, 40));
    (void)snprintf(label, sizeof label, "walk %s", version);
    values = world_blob(&k->w, make_refvals(label));
    return make_release(&k->w.make, "rex", "web", version, &values);
}

static struct plumb_signed *
any_vote(struct walk *k)
{
    static const char *const voters[] = { "ria", "sol", "rex", "sam", "bob", "cyd", "vera" };
    size_t recent = k->nproposals < 4 ? k->nproposals : 4;
    size_t from = below(&k->seed, 6) == 0 ? 0 : k->nproposals - recent;
    enum plumb_decision d =
        below(&k->seed, 8) > 0 ? PLUMB_APPROVE : (enum plumb_decision)below(&k->seed, 3);

    return make_vote(&k->w.make, voters[below(&k->seed, sizeof voters / sizeof *voters)],
                     &k->proposals[from + below(&k->seed, k->nproposals - from)], d);
}

static struct plumb_signed *
any_statement(struct walk *k)
{
    switch (below(&k->seed, 16)) {
    case 0:
        return any_release_statement(k);
    case 1:
        return below(&k->seed, 3) > 0
                   ? any_rollout(k)
                   : world_revocation(&k->w, any_release(k),
                                      below(&k->seed, 6) > 0 ? "prod" : "all",
                                      below(&k->seed, 3) == 0 ? "prod" : NULL);
    case 2:
    case 3:
    case 4:
    case 5:
        return any_rollout(k);
    default:
        return any_vote(k);
    }
}

static void
note(struct walk *k, const struct plumb_statement *s)
{
    if (plumb_kind_is_proposal(s->kind) && k->nproposals < 1024)
        k->proposals[k->nproposals++] = s->id;
    if (s->kind == PLUMB_KIND_RELEASE && k->nreleases < 64)
        k->releases[k->nreleases++] = s->id;
}

struct census {
    size_t incoming, current;
};

static bool
count(void *arg, const struct engine_placement *p)
{
    struct census *c = arg;

    c->incoming += p->place == ENGINE_PLACE_INCOMING;
    c->current += p->place == ENGINE_PLACE_CURRENT;
    assert_int_equal(p->place, (int)p->window.status); /* both begin with these three */
    return true;
}

static void
check_invariants(const struct walk *k)
{
    struct census c = { 0, 0 };

    engine_each_placement(k->w.engine, "prod", true, count, &c);
    assert_true(c.incoming <= 1);
    assert_true(c.current <= 1);
}

/* One statement: on an overlay that is dropped first, at times; refusals leave no trace. */
static void
step(struct walk *k)
{
    struct plumb_signed *s = any_statement(k);
    const struct plumb_statement about = *s->statement;
    char *before = NULL;
    bool look = below(&k->seed, 8) == 0;

    if (below(&k->seed, 4) == 0)
        k->w.make.now += 600 * (plumb_time)below(&k->seed, 12);
    if (look)
        before = world_picture(k->w.engine);
    if (world_try(&k->w, s) == PLUMB_OK) {
        note(k, &about);
        free(before);
    } else if (look) {
        world_same(before, world_picture(k->w.engine));
    }
    if (below(&k->seed, 3) == 0)
        (void)world_record(&k->w);
    check_invariants(k);
}

/* A few statements that a transaction's failure takes back. */
static void
detour(struct walk *k)
{
    char *before;
    size_t n = k->w.n, nproposals = k->nproposals, nreleases = k->nreleases;
    plumb_time now = k->w.make.now;
    struct plumb_digest content;

    before = world_picture(k->w.engine);
    engine_mark(k->w.engine);
    for (size_t i = below(&k->seed, 12); i > 0; i--)
        step(k);
    (void)world_record(&k->w);
    assert_ok(engine_derive(k->w.engine, "prod", NULL, NULL, &content, &k->w.err), &k->w.err);
    engine_drop(k->w.engine);
    world_same(before, world_picture(k->w.engine));
    while (k->w.n > n) {
        plumb_signed_free(k->w.entries[--k->w.n].opened);
        plumb_bytes_clear(&k->w.entries[k->w.n].bytes);
    }
    k->nproposals = nproposals;
    k->nreleases = nreleases;
    k->w.make.now = now;
}

/* --- keys that are lost --- */

static bool
take_ratifiable(void *arg, const struct engine_proposal *p)
{
    if (p->state == ENGINE_PROPOSAL_EFFECTIVE &&
        (p->kind == PLUMB_KIND_GOVERNANCE || p->kind == PLUMB_KIND_REVOCATION))
        json_array_append_new(arg, make_hex(&p->id));
    return true;
}

struct keeping {
    json_t *list;
    plumb_time until;
};

static bool
take_accepted(void *arg, const struct engine_placement *p)
{
    const struct keeping *keeping = arg;

    json_array_append_new(keeping->list,
                          json_pack("{s:s, s:s, s:s, s:s, s:o}", "fleet", p->fleet, "payload",
                                    p->payload, "version", p->version, "do", "keep", "until",
                                    make_time(keeping->until)));
    return true;
}

static struct plumb_signed *
change(struct walk *k, bool keep)
{
    json_t *ratify = json_array(), *kept = json_array(), *more = json_object();
    struct keeping keeping = { kept,
                               k->w.make.now + 3600 * (plumb_time)(1 + below(&k->seed, 12)) };

    engine_each_proposal(k->w.engine, false, take_ratifiable, ratify);
    if (keep)
        engine_each_placement(k->w.engine, "prod", true, take_accepted, &keeping);
    if (json_array_size(ratify) > 0)
        json_object_set(more, "ratify", ratify);
    if (json_array_size(kept) > 0)
        json_object_set(more, "compromise", kept);
    json_decref(ratify);
    json_decref(kept);
    return world_change(&k->w, "ada", more);
}

/* Somebody has a new key, and the old one is retired, or was stolen some time ago. */
static void
lose_a_key(struct walk *k)
{
    static const char *const people[] = { "rex", "ria", "sol", "sam" };
    struct world *w = &k->w;
    struct plumb_signed *s;
    struct plumb_digest id;
    char path[128], at[160];

    make_next(&w->make);
    (void)snprintf(path, sizeof path, "%s", make_new_key(&w->make, people[below(&k->seed, 4)]));
    (void)snprintf(at, sizeof at, "%s.status", path);
    if (below(&k->seed, 3) == 0) {
        make_set(&w->make, at, json_string("retired"));
    } else {
        make_set(&w->make, at, json_string("compromised"));
        (void)snprintf(at, sizeof at, "%s.from", path);
        make_set(&w->make, at,
                 json_integer((json_int_t)(w->n - below(&k->seed, w->n < 40 ? w->n : 40))));
    }
    s = change(k, true);
    id = s->statement->id;
    if (world_try(w, s) != PLUMB_OK) {
        assert_string_equal(w->err.rule, "governance.disposition");
        s = change(k, false);
        id = s->statement->id;
        (void)world_do(w, s);
    }
    (void)world_vote(w, "bob", &id, PLUMB_APPROVE);
}

static void
walk(uint64_t seed, size_t steps, const char *overrun)
{
    struct walk k = { .seed = seed };
    struct engine *again;

    walk_overrun = overrun;
    world_begin(&k.w, edit);
    for (size_t i = 0; i < VERSIONS; i++) {
        char version[16];

        (void)snprintf(version, sizeof version, "v%zu", i);
        k.releases[k.nreleases++] = world_release(&k.w, version);
    }
    k.proposals[k.nproposals++] = k.releases[0];
    for (size_t i = 0; i < steps; i++) {
        if (below(&k.seed, 10) == 0)
            detour(&k);
        else if (below(&k.seed, 30) == 0)
            lose_a_key(&k);
        else
            step(&k);
        if (below(&k.seed, 12) == 0) {
            (void)world_record(&k.w);
            (void)world_publish(&k.w, "prod");
        }
    }
    again = world_replay(&k.w);
    world_same(world_picture(k.w.engine), world_picture(again));
    engine_free(again);
    world_end(&k.w);
}

static void
whatever_is_sent_the_invariants_hold_and_verifiers_agree(void **state)
{
    static const char *const overruns[] = { "alert", "rollback", "complete" };
    const char *more = getenv("PLUMB_WALKS"); /* for a longer look */
    uint64_t walks = more != NULL ? strtoull(more, NULL, 10) : 6;

    (void)state;
    for (uint64_t i = 0; i < walks; i++) {
        print_message("walk %d\n", (int)i);
        walk(0x9e3779b97f4a7c15u * (i + 1), 250, overruns[i % 3]);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_is_sent_the_invariants_hold_and_verifiers_agree),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
