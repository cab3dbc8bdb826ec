/* What the service proposes within one group; who signs for it is stood in for here. */
#include <stdio.h>
#include <string.h>

#include "server/group.h"
#include "server/service.h"
#include "tests/engine/controlled.h"
#include "tests/t.h"

static struct world w;
static char spoilt[PLUMB_NAME_MAX + 1]; /* the version whose proposal is refused */
static size_t asked;

enum plumb_code
service_proposal(struct core *core, const struct engine_wish *wish, plumb_time now,
                 struct plumb_signed **ret, struct plumb_err *err)
{
    unsigned long long base = engine_base(core->engine, wish->fleet, wish->payload);
    char name[2 * PLUMB_NAME_MAX + 2], fleets[PLUMB_NAME_MAX + 32];

    (void)now;
    (void)err;
    asked++;
    (void)snprintf(name, sizeof name, "%s@%s", wish->payload, wish->version);
    (void)snprintf(fleets, sizeof fleets, "%s:%llu", wish->fleet,
                   base + (strcmp(wish->version, spoilt) == 0));
    *ret = make_revocation(&w.make, "plumbd", name, &wish->release, fleets, NULL);
    return PLUMB_OK;
}

static enum plumb_code
nothing(struct plumb_err *err)
{
    return plumb_fail(err, PLUMB_INTERNAL, "test.unexpected", "", "nobody asks for this here");
}

enum plumb_code
service_record(struct core *core, const struct engine_due *due, plumb_time now,
               struct plumb_signed **ret, struct plumb_err *err)
{
    (void)core, (void)due, (void)now, (void)ret;
    return nothing(err);
}

enum plumb_code
service_publication(struct core *core, const char *fleet, const struct db_publication_row *row,
                    plumb_time now, struct plumb_signed **ret, struct plumb_err *err)
{
    (void)core, (void)fleet, (void)row, (void)now, (void)ret;
    return nothing(err);
}

static void
a_proposal_that_is_refused_keeps_no_other_from_being_made(void **state)
{
    struct tree *tree = NULL;
    struct plumb_digest one, two;
    struct core core = { 0 };
    struct group g = { .core = &core };
    struct plumb_err err = { 0 };

    (void)state;
    controlled_begin(&w, NULL);
    one = controlled_release(&w, "1.0");
    (void)world_start(&w, &one);
    (void)world_complete(&w, &one);
    two = controlled_release(&w, "2.0");
    (void)world_start(&w, &two);
    controlled_import(&w,
                      controlled_record("GHSA-1", "lodash", "4.17.21", "2026-09-01T00:00:00Z",
                                        ", \"severity\": [{\"type\": \"CVSS_V3\","
                                        " \"score\": \"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/"
                                        "S:U/C:H/I:N/A:N\"}]"));
    w.make.now += 31 * WORLD_DAY;
    (void)world_record(&w);
    assert_ok(tree_open(NULL, 0, &tree, &err), &err);
    core.engine = w.engine;
    core.tree = tree;
    g.time = w.make.now;
    (void)snprintf(spoilt, sizeof spoilt, "1.0");
    assert_ok(group_propose(&g, &err), &err);
    assert_int_equal(asked, 2);
    assert_int_equal(g.n, 1);
    assert_string_equal(g.entries[0].version, "2.0");
    /* it is asked for again by the next group, and nothing else is */
    spoilt[0] = '\0';
    group_clear(&g);
    assert_ok(group_propose(&g, &err), &err);
    assert_int_equal(asked, 3);
    assert_int_equal(g.n, 1);
    assert_string_equal(g.entries[0].version, "1.0");
    group_clear(&g);
    tree_free(tree);
    world_end(&w);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_proposal_that_is_refused_keeps_no_other_from_being_made),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
