/*
 * What a release is held to, in real terminals against a real service: a control that is open,
 * what is new in a bill of materials that the pipeline signed, a waiver, and a finding in what
 * is rolled out.
 */
#include "tests/t.h"

#include <stdlib.h>
#include <string.h>

#include "tests/tui/stage.h"
#include "tests/tui/supplies.h"

static struct stage stage;

static int
begin(void **state)
{
    (void)state;
    stage_begin(&stage, people_govern_controls);
    supply_current();
    stage_enter(&stage, "alice", 80, 24);
    stage_enter(&stage, "bob", 120, 40);
    return 0;
}

static int
end(void **state)
{
    (void)state;
    stage_end(&stage);
    return 0;
}

/* Leafs through the page until it is there. */
static void
leaf_to(const char *who, const char *text)
{
    for (int i = 0; i < 20; i++) {
        char *screen = tmux_screen(&stage.tmux, who);
        const bool there = strstr(screen, text) != NULL;

        free(screen);
        if (there)
            return;

        tmux_key(&stage.tmux, who, "Tab");
    }
    tmux_wait(&stage.tmux, who, text);
}

static void
what_is_new_in_a_release_is_seen_and_what_holds_it_back(void **state)
{
    struct plumb_digest artifact;

    (void)state;
    json_decref(ANSWER("pipeline", "release", "add", "svr2@2", "--values", values_of(2)));
    artifact = supply_artifact("svr2@2");
    assert_as("pipeline", 0, "evidence", "add", "svr2@2",
              supply_file("sbom.intoto.json",
                          supply_attested("pipeline.sign", "https://cyclonedx.org/bom",
                                          &artifact, supply_bill("4.17.20", "right-pad"))),
              supply_roots("roots.pem", "One", "Three"));
    stage_open(&stage, "alice", "svr2@2");
    tmux_wait(&stage.tmux, "alice", "HELD BACK");
    stage_type(&stage, "alice", "e");
    tmux_wait(&stage.tmux, "alice", "OPEN (should)");
    leaf_to("alice", "Attested by");
    tmux_wait(&stage.tmux, "alice", "2 components: 1 added, 1 removed, 1 changed");
    leaf_to("alice", "Root store");
    leaf_to("alice", "REMOVED");
    stage_open(&stage, "bob", "svr2@2");
    stage_type(&stage, "bob", "e");
    tmux_wait(&stage.tmux, "bob", "OPEN (should)");
    leaf_to("bob", "REMOVED");
}

static void
an_approval_that_would_complete_a_quorum_is_refused_while_a_control_is_open(void **state)
{
    (void)state;
    stage_approve(&stage, "alice", "svr2@2", "Your approval counts");
    stage_type(&stage, "bob", "1");
    tmux_wait(&stage.tmux, "bob", "1/2");
    stage_open(&stage, "bob", "svr2@2");
    stage_type(&stage, "bob", "A");
    tmux_wait(&stage.tmux, "bob", "the service refuses it while 1 control is");
    stage_type_digits(&stage, "bob", "Digest");
    tmux_wait(&stage.tmux, "bob", "control.should");
}

static void
a_waiver_is_approved_and_the_release_after_it(void **state)
{
    (void)state;
    json_decref(ANSWER("pipeline", "waiver", "svr2@2", "DEV-IO", "--until",
                       "2099-01-01T00:00:00Z", "--justification", "the new gateway is late",
                       "--compensating", "guards at the door"));
    stage_type(&stage, "alice", "1");
    tmux_wait(&stage.tmux, "alice", "waiver");
    stage_open(&stage, "alice", "DEV-IO");
    stage_approve(&stage, "alice", "DEV-IO", "Your approval counts");
    stage_type(&stage, "bob", "1ss"); /* the newest first */
    tmux_wait(&stage.tmux, "bob", "newest first");
    stage_approve(&stage, "bob", "DEV-IO", "Your approval completes the quorum");
    stage_open(&stage, "bob", "svr2@2");
    tmux_wait(&stage.tmux, "bob", "all 3 are met or waived");
    stage_type(&stage, "bob", "e");
    tmux_wait(&stage.tmux, "bob", "guards at the door");
    stage_approve(&stage, "bob", "svr2@2", "Your approval completes the quorum");
}

static void
what_advisories_find_is_seen_where_it_runs(void **state)
{
    (void)state;
    stage_begin_rollout(&stage, "2");
    assert_as("pipeline", 0, "advisories", "import",
              supply_file("advisory.json",
                          json_of("{'id': 'GHSA-1', 'modified': '2026-01-01T00:00:00Z',"
                                  " 'summary': 'Command injection in lodash', 'affected':"
                                  " [{'package': {'ecosystem': 'npm', 'name': 'lodash'},"
                                  " 'ranges': [{'type': 'SEMVER', 'events': [{'introduced':"
                                  " '4.17.0'}, {'fixed': '4.17.21'}]}]}]}")));
    tmux_wait(&stage.tmux, "alice", "1 finding");
    stage_type(&stage, "bob", "2");
    tmux_wait(&stage.tmux, "bob", "1 finding");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_new_in_a_release_is_seen_and_what_holds_it_back),
        cmocka_unit_test(
            an_approval_that_would_complete_a_quorum_is_refused_while_a_control_is_open),
        cmocka_unit_test(a_waiver_is_approved_and_the_release_after_it),
        cmocka_unit_test(what_advisories_find_is_seen_where_it_runs),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
