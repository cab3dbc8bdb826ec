/* Bundles that are as they should be, and what comes of them. */
#include "tests/t.h"

#include <plumb/appraise.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/story.h"

struct world {
    struct story story;
    struct plumb_trust *trust;
    struct plumb_bytes file;
    struct plumb_bundle *bundle;
    struct plumb_memory *memory;
    struct plumb_err err;
};

static void
open_world(struct world *w, void (*edit)(struct make *m))
{
    *w = (struct world){ .bundle = NULL };
    story_begin(&w->story, edit);
    w->trust = story_trust(&w->story);
}

static void
drop_bundle(struct world *w)
{
    plumb_bytes_clear(&w->file);
    plumb_bundle_free(w->bundle);
    w->bundle = NULL;
}

static void
close_world(struct world *w)
{
    drop_bundle(w);
    plumb_memory_free(w->memory);
    plumb_trust_free(w->trust);
    story_end(&w->story);
}

/* Renders what was published, and reads it. */
static enum plumb_code
reread(struct world *w)
{
    drop_bundle(w);
    w->file = story_bundle(&w->story, 0);
    return story_read(w->trust, NULL, w->story.make.now, w->file.data, w->file.len, &w->bundle,
                      NULL, &w->err);
}

static enum plumb_code
publish(struct world *w)
{
    story_publish(&w->story);
    return reread(w);
}

static const struct plumb_accepted *
accepted(const struct world *w, const char *version)
{
    for (size_t i = 0; i < w->bundle->naccepted; i++)
        if (strcmp(w->bundle->accepted[i].version, version) == 0)
            return &w->bundle->accepted[i];
    return NULL;
}

static void
bundle_without_versions_is_read(void **state)
{
    struct world w;

    (void)state;
    open_world(&w, NULL);
    assert_ok(publish(&w), &w.err);
    assert_int_equal(w.bundle->naccepted, 0);
    assert_string_equal(w.bundle->fleet, "prod");
    assert_int_equal(w.bundle->revision, 1);
    assert_int_equal(w.bundle->index, 1);
    assert_int_equal(w.bundle->governance->version, 1);
    close_world(&w);
}

static void
versions_come_with_their_windows_and_approvers(void **state)
{
    struct world w;
    const struct plumb_accepted *a;
    plumb_time begun;
    size_t one, two;

    (void)state;
    open_world(&w, NULL);
    one = story_release(&w.story, "1.0");
    begun = w.story.make.now + 60;
    story_start(&w.story, one, -1);
    assert_ok(publish(&w), &w.err);
    assert_int_equal(w.bundle->naccepted, 1);
    a = accepted(&w, "1.0");
    assert_string_equal(a->payload, "web");
    assert_int_equal(a->window.status, PLUMB_STATUS_INCOMING);
    assert_int_equal(a->window.not_before, begun);
    assert_true(a->window.not_after == PLUMB_TIME_NEVER);
    assert_true(a->kept_until == PLUMB_TIME_NEVER);
    assert_int_equal(a->sets->n, 1);
    assert_int_equal(a->napprovers, 3);

    story_complete(&w.story, one, -1);
    two = story_release(&w.story, "2.0");
    story_start(&w.story, two, (int)one);
    assert_ok(publish(&w), &w.err);
    assert_int_equal(accepted(&w, "1.0")->window.status, PLUMB_STATUS_CURRENT);
    assert_int_equal(accepted(&w, "2.0")->window.status, PLUMB_STATUS_INCOMING);

    story_complete(&w.story, two, (int)one);
    assert_ok(publish(&w), &w.err);
    assert_int_equal(accepted(&w, "1.0")->window.status, PLUMB_STATUS_OUTGOING);
    assert_int_equal(accepted(&w, "1.0")->window.not_after,
                     w.story.make.now - 120 + 7 * STORY_DAY);
    assert_int_equal(accepted(&w, "2.0")->window.status, PLUMB_STATUS_CURRENT);
    story_reschedule(&w.story, one, w.story.make.now + STORY_DAY);
    assert_ok(publish(&w), &w.err);
    assert_int_equal(w.bundle->revision, 4);
    close_world(&w);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bundle_without_versions_is_read),
        cmocka_unit_test(versions_come_with_their_windows_and_approvers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
