/* Which builds a trusted builder may sign for: their types, and what they were asked for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/engine/controlled.h"
#include "tests/t.h"

#define BUILDER "https://forge.example/builder@v1"
#define TYPE    "https://forge.example/workflow@v1"
#define TYPES   "controls.trust.forge.types"

/* One type with a few parameters, one that takes none. */
static void
name_types(struct make *m)
{
    make_set(m, TYPES,
             json_of("[{'type': 'https://forge.example/workflow@*', 'parameters': ["
                     "{'name': '/workflow/repository'},"
                     "{'name': '/workflow/ref', 'values': ['refs/heads/main', 'refs/tags/*']},"
                     "{'name': '/workflow/path', 'values': ['build.yml'], 'optional': true},"
                     "{'name': '/inputs/*'},"
                     "{'name': '/inputs/debug', 'values': ['false'], 'optional': true},"
                     "{'name': '/matrix/**', 'values': ['x86', '8']}]},"
                     " {'type': 'https://forge.example/plain', 'parameters': ["
                     "{'name': '/source'}]}]"));
}

static json_t *
build(struct world *w, const char *type, json_t *external)
{
    return json_pack("{s:{s:s, s:o}, s:{s:{s:s}, s:{s:o}}}", "buildDefinition", "buildType",
                     type, "externalParameters", external, "runDetails", "builder", "id",
                     BUILDER, "metadata", "finishedOn", make_time(w->make.now - 60));
}

/* A workflow of the source that governance names; more: other parameters. */
static json_t *
workflow(const char *ref, const char *more)
{
    json_t *json = json_of(more);
    json_t *at = json_pack("{s:s, s:s}", "repository", "https://git.example/web", "ref", ref);

    json_object_set_new(json, "workflow", at);
    return json;
}

static const struct {
    const char *rule; /* "": it counts */
    const char *type, *ref, *more;
    const char *says; /* in the fact's text */
} builds[] = {
    { "", TYPE, "refs/heads/main", "{}", "built by" },
    { "", TYPE, "refs/tags/v1", "{'inputs': {'x': 'any', 'debug': false}}", "built by" },
    { "", TYPE, "refs/tags/v1", "{'inputs': {'debug': null}, 'other': ''}", "built by" },
    { "", TYPE, "refs/tags/v1", "{'matrix': {'cpu': ['x86', 8]}}", "built by" },
    { "evidence.build-type", "https://forge.example/other", "refs/heads/main", "{}",
      "the type https://forge.example/other" },
    { "evidence.build-type", "https://forge.example/workflow@v1/x", "refs/heads/main", "{}",
      "the type" },
    { "evidence.parameter", TYPE, "refs/heads/evil", "{}", "other values of /workflow/ref" },
    { "evidence.parameter", TYPE, "refs/tags/v1/evil", "{}", "other values of /workflow/ref" },
    { "evidence.parameter", TYPE, "", "{}", "lack the parameter /workflow/ref" },
    { "evidence.parameter", TYPE, "refs/heads/main", "{'script': 'curl | sh'}",
      "does not name the parameter /script" },
    { "evidence.parameter", TYPE, "refs/heads/main", "{'inputs': {'a': {'b': 1}}}",
      "does not name the parameter /inputs/a/b" },
    { "evidence.parameter", TYPE, "refs/heads/main", "{'inputs': 'all'}",
      "does not name the parameter /inputs" },
    { "evidence.parameter", TYPE, "refs/heads/main", "{'inputs': {'debug': true}}",
      "other values of /inputs/debug" },
    { "evidence.parameter", TYPE, "refs/heads/main", "{'matrix': {'cpu': ['x86', 'arm']}}",
      "other values of /matrix/cpu/1" },
    /* named for another type only */
    { "evidence.parameter", TYPE, "refs/heads/main", "{'source': 'https://git.example/web'}",
      "does not name the parameter /source" },
    { "evidence.parameter", "https://forge.example/plain", "refs/heads/main",
      "{'source': 'https://git.example/web'}", "/workflow/repository" },
};

struct seen {
    char text[400];
};

static bool
take_text(void *arg, const struct engine_fact *f)
{
    struct seen *seen = arg;

    (void)snprintf(seen->text, sizeof seen->text, "%s", f->text);
    return true;
}

static void
only_builds_of_a_named_type_with_named_parameters_count(void **state)
{
    struct world w;
    struct plumb_digest id;

    (void)state;
    controlled_begin(&w, name_types);
    id = controlled_propose(&w, "1.0");
    for (size_t i = 0; i < sizeof builds / sizeof *builds; i++) {
        const char *rule = controlled_attest(
            &w, &id, "forge", "https://slsa.dev/provenance/v1",
            build(&w, builds[i].type, workflow(builds[i].ref, builds[i].more)));
        struct seen last;

        engine_each_fact(w.engine, &id, take_text, &last);
        if (strcmp(rule, builds[i].rule) != 0 || strstr(last.text, builds[i].says) == NULL)
            fail_msg("case %zu: want \"%s\" (%s), got \"%s\" (%s)", i, builds[i].rule,
                     builds[i].says, rule, last.text);
    }
    world_end(&w);
}

static void
more_than_is_compared_is_refused_where_it_would_be(void **state)
{
    struct world w;
    struct plumb_digest id;
    json_t *list = json_array();

    (void)state;
    for (int i = 0; i < 6000; i++)
        json_array_append_new(list, json_integer(8));
    for (int named = 0; named < 2; named++) {
        json_t *asked = workflow("refs/heads/main", "{}");

        json_object_set_new(asked, "matrix", json_pack("{s:O}", "cpu", list));
        controlled_begin(&w, named == 1 ? name_types : NULL);
        id = controlled_propose(&w, "1.0");
        assert_string_equal(controlled_attest(&w, &id, "forge",
                                              "https://slsa.dev/provenance/v1",
                                              build(&w, TYPE, asked)),
                            named == 1 ? "evidence.parameter" : "");
        world_end(&w);
    }
    json_decref(list);
}

/* In the next document, in the place of what stands there. */
static void
govern(struct world *w, const char *path, json_t *value)
{
    make_next(&w->make);
    make_set(&w->make, path, value);
    (void)world_govern(w, NULL);
}

static void
builds_are_judged_again_when_governance_changes(void **state)
{
    struct engine *replayed;
    struct world w;
    struct plumb_digest id;

    (void)state;
    controlled_begin(&w, NULL);
    id = controlled_propose(&w, "1.0");
    assert_string_equal(
        controlled_attest(&w, &id, "forge", "https://slsa.dev/provenance/v1",
                          build(&w, TYPE, workflow("refs/heads/main", "{'x': 1}"))),
        "");
    controlled_expect(&w, &id, "BLD-ISOLATION", PLUMB_CONTROL_MET, "forge");
    make_next(&w.make);
    name_types(&w.make);
    (void)world_govern(&w, NULL);
    controlled_expect(&w, &id, "BLD-ISOLATION", PLUMB_CONTROL_OPEN,
                      "does not name the parameter /x");
    govern(&w, TYPES ".0.parameters.5", json_of("{'name': '/x'}"));
    controlled_expect(&w, &id, "BLD-ISOLATION", PLUMB_CONTROL_MET, "forge");
    govern(&w, TYPES ".0.type", json_string("https://forge.example/workflow@v2"));
    controlled_expect(&w, &id, "BLD-ISOLATION", PLUMB_CONTROL_OPEN,
                      "does not name the type " TYPE);
    replayed = world_replay(&w);
    world_same(world_picture(w.engine), world_picture(replayed));
    engine_free(replayed);
    world_end(&w);
}

/* Version 0.2 says it in other places. */
static void
a_build_of_version_0_2_is_judged_by_its_invocation(void **state)
{
    static const char types[] =
        "[{'type': 'https://forge.example/gha', 'parameters': ["
        "{'name': '/configSource/uri'}, {'name': '/configSource/digest/*'},"
        "{'name': '/configSource/entryPoint', 'values': ['build.yml']}]}]";
    static const struct {
        const char *rule, *invocation;
    } invocations[] = {
        { "", "{'configSource': {'uri': 'git+https://git.example/web@refs/heads/main',"
              " 'digest': {'sha1': 'abc'}, 'entryPoint': 'build.yml'}, 'parameters': {},"
              " 'environment': {'RUN_ID': '1'}}" },
        { "evidence.parameter", "{'configSource': {'uri': 'git+https://git.example/web',"
                                " 'entryPoint': 'evil.yml'}}" },
        { "evidence.parameter", "{'configSource': {'uri': 'git+https://git.example/web',"
                                " 'entryPoint': 'build.yml'}, 'parameters': {'x': 1}}" },
    };
    struct world w;
    struct plumb_digest id;

    (void)state;
    controlled_begin(&w, NULL);
    govern(&w, TYPES, json_of(types));
    id = controlled_propose(&w, "1.0");
    for (size_t i = 0; i < sizeof invocations / sizeof *invocations; i++)
        assert_string_equal(
            controlled_attest(&w, &id, "forge", "https://slsa.dev/provenance/v0.2",
                              json_pack("{s:{s:s}, s:s, s:o}", "builder", "id", BUILDER,
                                        "buildType", "https://forge.example/gha", "invocation",
                                        json_of(invocations[i].invocation))),
            invocations[i].rule);
    world_end(&w);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_builds_of_a_named_type_with_named_parameters_count),
        cmocka_unit_test(more_than_is_compared_is_refused_where_it_would_be),
        cmocka_unit_test(builds_are_judged_again_when_governance_changes),
        cmocka_unit_test(a_build_of_version_0_2_is_judged_by_its_invocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
