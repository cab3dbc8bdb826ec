/* Package URLs: the official suite, and what it does not try. */
#include "tests/t.h"

#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/own.h"
#include "supply/purl.h"
#include "tests/scarce.h"

/* The suite contradicts itself on upper-case keys: recommended tests want them lowered, as the
 * specification says, and these two refused. */
static const char *const contradicted[] = {
    "pkg:gem/jruby-launcher@1.1.2?Platform=java",
    "pkg:Rpm/fedora/curl@7.50.3-1.fc25?Arch=i386&Distro=fedora-25",
};

static bool
is_contradicted(const char *text)
{
    for (size_t i = 0; i < sizeof contradicted / sizeof contradicted[0]; i++)
        if (strcmp(contradicted[i], text) == 0)
            return true;
    return false;
}

static void
check_member(const char *file, const char *input, const json_t *want, const char *key,
             const char *got)
{
    const char *text = json_string_value(json_object_get(want, key));

    if ((text == NULL) != (got == NULL) || (text != NULL && strcmp(text, got) != 0))
        fail_msg("%s: %s: %s is %s, want %s", file, input, key, got, text);
}

static void
check_parsed(const char *file, const char *input, const struct purl *p, const json_t *want)
{
    const json_t *qualifiers = json_object_get(want, "qualifiers");

    check_member(file, input, want, "type", p->type);
    check_member(file, input, want, "namespace", p->namespace);
    check_member(file, input, want, "name", p->name);
    check_member(file, input, want, "version", p->version);
    check_member(file, input, want, "subpath", p->subpath);
    assert_int_equal(json_object_size(qualifiers), p->nqualifiers);
    for (size_t i = 0; i < p->nqualifiers; i++)
        check_member(file, input, qualifiers, p->qualifiers[i].key, p->qualifiers[i].value);
}

static void
append_encoded(char *to, const char *text, bool slashes)
{
    for (to += strlen(to); *text != '\0'; text++)
        to += slashes && *text == '/' ? sprintf(to, "/") : sprintf(to, "%%%02x", *text & 0xff);
}

/* A purl of these parts, all of it encoded: reading that is building. */
static void
write_parts(const json_t *parts, char *ret)
{
    const char *ns = json_string_value(json_object_get(parts, "namespace"));
    const char *name = json_string_value(json_object_get(parts, "name"));
    const char *version = json_string_value(json_object_get(parts, "version"));
    const char *subpath = json_string_value(json_object_get(parts, "subpath"));
    const char *type = json_string_value(json_object_get(parts, "type")), *key, *mark = "?";
    json_t *value;

    sprintf(ret, "pkg:%s/", type != NULL ? type : "");
    if (ns != NULL) {
        append_encoded(ret, ns, true);
        strcat(ret, "/");
    }
    append_encoded(ret, name != NULL ? name : "", strcmp(type != NULL ? type : "", "git") == 0);
    if (version != NULL) {
        strcat(ret, "@");
        append_encoded(ret, version, false);
    }
    json_object_foreach(json_object_get(parts, "qualifiers"), key, value) {
        sprintf(ret + strlen(ret), "%s%s=", mark, key);
        append_encoded(ret, json_string_value(value), false);
        mark = "&";
    }
    if (subpath != NULL) {
        strcat(ret, "#");
        append_encoded(ret, subpath, true);
    }
}

static void
check_case(const char *file, const json_t *test)
{
    const json_t *want = json_object_get(test, "expected_output");
    const bool fails = json_is_true(json_object_get(test, "expected_failure"));
    char input[PURL_MAX];
    PLUMB_AUTO(purl_clear) struct purl p = { .nqualifiers = 0 };
    struct plumb_err err = { 0 };
    enum plumb_code code;

    if (json_is_string(json_object_get(test, "input")))
        sprintf(input, "%s", json_string_value(json_object_get(test, "input")));
    else
        write_parts(json_object_get(test, "input"), input);
    code = purl_parse(input, &p, &err);
    if (fails != (code != PLUMB_OK) && !is_contradicted(input))
        fail_msg("%s: %s: %s: %s", file, input, fails ? "want a refusal" : "refused", err.msg);
    if (code == PLUMB_OK && json_is_object(want))
        check_parsed(file, input, &p, want);
    if (code == PLUMB_OK && json_is_string(want)) {
        PLUMB_AUTO(auto_free) char *text = NULL;

        assert_ok(purl_text(&p, &text, &err), &err);
        if (strcmp(text, json_string_value(want)) != 0)
            fail_msg("%s: %s: %s, want %s", file, input, text, json_string_value(want));
    }
}

static size_t
check_folder(const char *folder)
{
    char path[4096];
    struct dirent **names;
    size_t ran = 0, i;
    int n;

    sprintf(path, "%s/purl/%s", getenv("PLUMB_DATA"), folder);
    n = scandir(path, &names, NULL, alphasort);
    assert_true(n > 0);
    for (int k = 0; k < n; free(names[k++])) {
        json_t *json, *test;

        if (names[k]->d_name[0] == '.')
            continue;
        sprintf(path, "%s/purl/%s/%s", getenv("PLUMB_DATA"), folder, names[k]->d_name);
        json = json_load_file(path, 0, NULL);
        assert_non_null(json);
        json_array_foreach(json_object_get(json, "tests"), i, test) {
            check_case(names[k]->d_name, test);
            ran++;
        }
        json_decref(json);
    }
    free(names);
    return ran;
}

static void
the_official_suite_passes(void **state)
{
    const char *data = getenv("PLUMB_DATA");
    size_t n;

    (void)state;
    if (data == NULL || access(data, R_OK) != 0) {
        print_message("skip: no real files here (PLUMB_DATA)\n");
        skip();
    }
    n = check_folder("spec") + check_folder("types");
    assert_true(n > 500);
}

static void
what_is_no_purl_is_refused(void **state)
{
    static const struct {
        const char *text, *rule;
    } cases[] = {
        { "", "purl.form" },
        { "pkg:", "purl.form" },
        { "pkg:npm", "purl.form" },
        { "pkg:npm/", "purl.form" },
        { "pkg:npm/@1", "purl.form" },
        { "pkg:npm/a%2", "purl.form" },
        { "pkg:npm/a%zz", "purl.form" },
        { "pkg:npm/a%00", "purl.form" },
        { "pkg:npm/a%0a", "purl.form" },
        { "pkg:npm/a\x01", "purl.form" },
        { "pkg:npm/a%ff", "purl.form" },
        { "pkg:npm/a%ed%a0%80", "purl.form" },
        { "pkg:npm/a%c0%80", "purl.form" },
        { "pkg:npm/a%2fb/c", "purl.form" },
        { "pkg:npm/a?b", "purl.form" },
        { "pkg:npm/a?b&c=d", "purl.form" },
        { "pkg:npm/a?b=1&B=2", "purl.form" },
        { "pkg:npm/a?1b=1", "purl.form" },
        { "http:npm/a", "purl.form" },
        { "pkg:swift/a@1", "purl.type" },
        { "pkg:julia/a@1", "purl.type" },
        { "pkg:otp/a/b@1", "purl.type" },
        { "pkg:cpan/A::B@1", "purl.type" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct plumb_err err = { 0 };
        struct purl p = { .nqualifiers = 0 };
        const enum plumb_code code = purl_parse(cases[i].text, &p, &err);

        if (code == PLUMB_OK || strcmp(err.rule, cases[i].rule) != 0)
            fail_msg("%s: [%s] %s", cases[i].text, err.rule, err.msg);
        assert_null(p.storage);
    }
}

static void
too_long_or_too_many_is_refused(void **state)
{
    static char text[PURL_MAX + 2] = "pkg:npm/";
    struct plumb_err err = { 0 };
    struct purl p = { .nqualifiers = 0 };

    (void)state;
    memset(text + 8, 'a', sizeof text - 9);
    assert_refused("purl.size", purl_parse(text, &p, &err), &err);
    text[PURL_MAX] = '\0';
    assert_ok(purl_parse(text, &p, &err), &err);
    purl_clear(&p);
    strcpy(text, "pkg:npm/a?");
    for (int i = 0; i < PURL_QUALIFIERS; i++)
        sprintf(text + strlen(text), "a%d=1&", i);
    assert_ok(purl_parse(text, &p, &err), &err);
    assert_int_equal(p.nqualifiers, PURL_QUALIFIERS);
    purl_clear(&p);
    strcat(text, "b=1");
    assert_refused("purl.form", purl_parse(text, &p, &err), &err);
}

static void
memory_that_runs_out_is_an_error_and_leaks_nothing(void **state)
{
    struct plumb_err err = { 0 };

    (void)state;
    for (size_t n = 0;; n++) {
        PLUMB_AUTO(purl_clear) struct purl p = { .nqualifiers = 0 };
        PLUMB_AUTO(auto_free) char *text = NULL;
        enum plumb_code code;

        scarce_begin(n);
        code = purl_parse("pkg:deb/debian/a@1?arch=x", &p, &err);
        if (code == PLUMB_OK)
            code = purl_text(&p, &text, &err);
        if (!scarce_end())
            break;
        assert_int_equal(code, PLUMB_NO_MEMORY);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_official_suite_passes),
        cmocka_unit_test(what_is_no_purl_is_refused),
        cmocka_unit_test(too_long_or_too_many_is_refused),
        cmocka_unit_test(memory_that_runs_out_is_an_error_and_leaks_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
