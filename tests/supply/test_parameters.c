/* What provenance says that a build was asked for. */
#include "tests/t.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"
#include "supply/attestation_read.h"
#include "tests/make.h"
#include "tests/scarce.h"

struct stage {
    struct attestation a;
    struct pool *pool;
    struct plumb_err err;
};

/* Reads provenance. Steals asked: the external parameters, of version 0.2 the invocation. */
static json_t *
provenance(struct stage *s, bool version_02, json_t *asked)
{
    *s = (struct stage){ .a.predicate_type = version_02 ? "https://slsa.dev/provenance/v0.2"
                                                        : "https://slsa.dev/provenance/v1" };
    return version_02
               ? json_pack("{s:{s:s}, s:s, s:o}", "builder", "id", "b", "buildType", "t",
                           "invocation", asked)
               : json_pack("{s:{s:s, s:o}, s:{s:{s:s}}}", "buildDefinition", "buildType", "t",
                           "externalParameters", asked, "runDetails", "builder", "id", "b");
}

static enum plumb_code
read_predicate(struct stage *s, const json_t *predicate)
{
    const struct attestation_in in = { &s->a, s->pool = pool_new(), predicate, &s->err };

    return in.pool != NULL ? attestation_predicate(&in) : PLUMB_NO_MEMORY;
}

static void
read_asked(struct stage *s, bool version_02, json_t *asked)
{
    json_t *predicate = provenance(s, version_02, asked);

    assert_non_null(predicate);
    assert_ok(read_predicate(s, predicate), &s->err);
    assert_string_equal(s->a.u.provenance.build_type, "t");
    json_decref(predicate);
}

static const struct {
    bool version_02;
    const char *asked; /* ' for " */
    const char *want;  /* "NAME=VALUE\n" for each */
} cases[] = {
    { false, "{'source': 'https://git.example/web', 'n': 8, 'yes': true, 'no': false}",
      "/source=https://git.example/web\n/n=8\n/yes=true\n/no=false\n" },
    { false, "{'workflow': {'ref': 'refs/tags/v1', 'path': 'build.yml'}}",
      "/workflow/ref=refs/tags/v1\n/workflow/path=build.yml\n" },
    /* SLSA: unset, null and empty are the same */
    { false, "{'a': null, 'b': '', 'c': {}, 'd': [], 'e': {'f': null}, 'g': ['']}", "" },
    { false, "{}", "" },
    { false, "null", "" },
    { false, "{'steps': ['make', {'run': 'install'}, ['x', 'y']]}",
      "/steps/0=make\n/steps/1/run=install\n/steps/2/0=x\n/steps/2/1=y\n" },
    { false, "{'a/b~c': 1, '': 'no name'}", "/a~1b~0c=1\n/=no name\n" },
    { false, "{'half': 0.5, 'far': -9007199254740993}", "/half=0.5\n/far=-9007199254740993\n" },
    { false, "'all of it'", "=all of it\n" }, /* which no name of governance can match */
    { true,
      "{'configSource': {'uri': 'git+https://git.example/web', 'digest': {'sha1': 'abc'},"
      " 'entryPoint': 'build.yml'}, 'parameters': {'inputs': {'debug': false}},"
      " 'environment': {'RUN': '1'}, 'more': 'x'}",
      "/configSource/uri=git+https://git.example/web\n/configSource/digest/sha1=abc\n"
      "/configSource/entryPoint=build.yml\n/parameters/inputs/debug=false\n/more=x\n" },
    { true, "{'environment': {'RUN': '1'}}", "" },
    { true, "{'parameters': {'environment': 'x'}}", "/parameters/environment=x\n" },
    { true, "'x'", "=x\n" },
};

static void
each_value_has_its_json_pointer(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct attestation *a;
        char got[1000] = "";
        struct stage s;
        size_t used = 0;

        read_asked(&s, cases[i].version_02, json_of(cases[i].asked));
        a = &s.a;
        assert_false(a->u.provenance.cut);
        for (size_t k = 0; k < a->u.provenance.nparameters; k++)
            used += (size_t)snprintf(got + used, sizeof got - used, "%s=%s\n",
                                     a->u.provenance.parameters[k].name,
                                     a->u.provenance.parameters[k].value);
        assert_string_equal(got, cases[i].want);
        pool_free(s.pool);
    }
}

static json_t *
text_of_length(size_t n)
{
    PLUMB_AUTO(auto_free) char *text = calloc(1, n + 1);

    assert_non_null(text);
    return json_string(memset(text, 'x', n));
}

static json_t *
key_of_length(size_t n)
{
    json_t *key = text_of_length(n), *json = json_object();

    json_object_set_new(json, json_string_value(key), json_true());
    json_decref(key);
    return json;
}

/* Objects in objects: each leaf's name has all of them, so that n leaves would take n names. */
static json_t *
one_in_another(size_t n)
{
    json_t *json = json_pack("{s:i}", "leaf", 1);

    for (size_t i = 0; i < n; i++) {
        json_t *outer = key_of_length(30), *inner = json_pack("{s:o, s:i}", "a", json, "b", 1);

        json_object_set_new(outer, json_object_iter_key(json_object_iter(outer)), inner);
        json = outer;
    }
    return json;
}

static json_t *
list_of(size_t n)
{
    json_t *json = json_array();

    for (size_t i = 0; i < n; i++)
        json_array_append_new(json, json_integer(7));
    return json_pack("{s:o}", "list", json);
}

#define MAX ATTESTATION_PARAMETERS_MAX

/* "/a" and a text, each with its NUL, fill it. */
static void
more_than_is_compared_is_cut_and_said(void **state)
{
    const struct {
        json_t *asked;
        size_t kept;
        bool cut;
    } big[] = {
        { json_pack("{s:o}", "a", text_of_length(MAX - 4)), 1, false },
        { json_pack("{s:o}", "a", text_of_length(MAX - 3)), 0, true },
        { json_pack("{s:o, s:s}", "a", text_of_length(MAX - 3), "b", "kept"), 1, true },
        { key_of_length(999), 1, false },
        { key_of_length(1000), 0, true },
        { json_pack("{s:o}", "a", key_of_length(997)), 1, false },
        { json_pack("{s:o}", "a", key_of_length(998)), 0, true },
        { one_in_another(29), 30, false },
        { one_in_another(40), 30, true },
        { list_of(100), 100, false },
        { list_of(300000), 5126, true },
    };

    (void)state;
    for (size_t i = 0; i < sizeof big / sizeof *big; i++) {
        const struct attestation *a;
        struct stage s;
        size_t bytes = 0;

        read_asked(&s, false, big[i].asked);
        a = &s.a;
        for (size_t k = 0; k < a->u.provenance.nparameters; k++)
            bytes += strlen(a->u.provenance.parameters[k].name) +
                     strlen(a->u.provenance.parameters[k].value) + 2;
        assert_true(bytes <= MAX);
        if (a->u.provenance.nparameters != big[i].kept || a->u.provenance.cut != big[i].cut)
            fail_msg("case %zu: %zu are kept, cut: %d", i, a->u.provenance.nparameters,
                     a->u.provenance.cut);
        pool_free(s.pool);
    }
}

static void
memory_that_runs_out_is_an_error_and_leaks_nothing(void **state)
{
    (void)state;
    scarce_jansson();
    for (int version = 0; version < 2; version++) {
        struct stage s;
        json_t *predicate =
            provenance(&s, version == 1, json_of("{'a': [1, 'x'], 'environment': {'b': 2}}"));

        for (size_t n = 0;; n++) {
            enum plumb_code code;

            scarce_begin(n);
            code = read_predicate(&s, predicate);
            pool_free(s.pool);
            if (!scarce_end())
                break;
            assert_code(PLUMB_NO_MEMORY, code, &s.err);
        }
        json_decref(predicate);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_value_has_its_json_pointer),
        cmocka_unit_test(more_than_is_compared_is_cut_and_said),
        cmocka_unit_test(memory_that_runs_out_is_an_error_and_leaks_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
