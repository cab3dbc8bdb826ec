/* Bills of materials that were made to do harm: by their size, their depth, keys that come
 * twice.
 */
#include "tests/t.h"

#include <plumb/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"
#include "supply/sbom.h"
#include "tests/scarce.h"

PLUMB_DEFINE_AUTO(auto_sbom, struct sbom *, sbom_free);

#define CDX_HEAD "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\","
#define SPDX2_HEAD                                                                             \
    "{\"spdxVersion\":\"SPDX-2.3\",\"SPDXID\":\"SPDXRef-DOCUMENT\",\"creationInfo\":"          \
    "{\"created\":\"2026-01-02T03:04:05Z\"},"
#define SPDX3_HEAD                                                                             \
    "{\"@context\":\"https://spdx.org/rdf/3.0.1/spdx-context.jsonld\",\"@graph\":["            \
    "{\"type\":\"CreationInfo\",\"@id\":\"_:c\",\"specVersion\":\"3.0.1\"}"

/* Each format, and how a bill of it is as large or as deep as it likes. */
static const struct {
    const char *head, *part, *tail; /* of part, %zu twice is its number */
    const char *open, *close;       /* nested one more time, from head on */
    size_t leaf;                    /* levels of JSON within the innermost; each adds two */
} formats[SBOM_FORMAT_COUNT] = {
    [SBOM_CYCLONEDX] = { CDX_HEAD "\"components\":[{\"type\":\"file\",\"name\":\"a\"}",
                         ",{\"type\":\"library\",\"name\":\"n%zu\",\"bom-ref\":\"r%zu\"}", "]}",
                         ",{\"type\":\"file\",\"name\":\"a\",\"components\":[{\"type\":"
                         "\"file\",\"name\":\"a\"}",
                         "]}", 1 },
    [SBOM_SPDX2] = { SPDX2_HEAD "\"packages\":[{\"SPDXID\":\"SPDXRef-a\",\"name\":\"a\"}",
                     ",{\"SPDXID\":\"SPDXRef-%zu\",\"name\":\"n%zu\"}", "]}",
                     ",{\"SPDXID\":\"SPDXRef-b\",\"name\":\"b\",\"annotations\":[0", "]}", 0 },
    [SBOM_SPDX3] = { SPDX3_HEAD,
                     ",{\"type\":\"software_Package\",\"spdxId\":\"e:%zu\","
                     "\"name\":\"n%zu\"}",
                     "]}", ",{\"type\":\"Element\",\"spdxId\":\"e\",\"element\":[0", "]}", 0 },
};

struct text {
    char *data;
    size_t len;
};

static void
text_clear(struct text *t)
{
    free(t->data);
}

static struct text
large(enum sbom_format f, size_t parts)
{
    struct text t;
    FILE *out = open_memstream(&t.data, &t.len);

    assert_non_null(out);
    fputs(formats[f].head, out);
    for (size_t i = 0; i < parts; i++) {
        char part[200];

/* the formats are those above */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        (void)snprintf(part, sizeof part, formats[f].part, i, i);
#pragma GCC diagnostic pop
        fputs(part, out);
    }
    fputs(formats[f].tail, out);
    assert_int_equal(fclose(out), 0);
    return t;
}

static struct text
deep(enum sbom_format f, size_t times)
{
    struct text t;
    FILE *out = open_memstream(&t.data, &t.len);

    assert_non_null(out);
    fputs(formats[f].head, out);
    for (size_t i = 0; i < times; i++)
        fputs(formats[f].open, out);
    for (size_t i = 0; i < times; i++)
        fputs(formats[f].close, out);
    fputs(formats[f].tail, out);
    assert_int_equal(fclose(out), 0);
    return t;
}

/* What reading it asked of memory. */
static struct scarce_sum
read_measured(const struct text *t, const char *want_rule, size_t *ret_n)
{
    PLUMB_AUTO(auto_sbom) struct sbom *s = NULL;
    struct plumb_err err = { 0 };
    enum plumb_code code;
    struct scarce_sum sum;

    scarce_measure();
    code = sbom_read(t->data, t->len, &s, &err);
    sum = scarce_measured();
    if (want_rule != NULL)
        assert_refused(want_rule, code, &err);
    else
        assert_ok(code, &err);
    *ret_n = s != NULL ? s->n : 0;
    return sum;
}

static void
four_times_the_components_take_four_times_the_memory(void **state)
{
    enum { PARTS = 10000 };

    (void)state;
    for (unsigned f = 0; f < SBOM_FORMAT_COUNT; f++) {
        PLUMB_AUTO(text_clear) struct text one = large(f, PARTS), four = large(f, 4 * PARTS);
        size_t n1, n4;
        const struct scarce_sum a = read_measured(&one, NULL, &n1);
        const struct scarce_sum b = read_measured(&four, NULL, &n4);

        assert_int_equal(n4 - n1, 3 * PARTS);
        if (b.calls > 4 * a.calls + 100 || b.bytes > 5 * a.bytes || b.bytes > 100 * four.len)
            fail_msg("%s: %zu calls, %zu bytes for %zu; %zu calls, %zu bytes for %zu",
                     sbom_format_text(f), a.calls, a.bytes, one.len, b.calls, b.bytes,
                     four.len);
    }
}

/* There is nothing between what is read and what is refused before a tree is made of it. */
static void
a_million_components_are_refused_before_they_take_memory(void **state)
{
    (void)state;
    for (unsigned f = 0; f < SBOM_FORMAT_COUNT; f++) {
        PLUMB_AUTO(text_clear) struct text t = large(f, 1000000);
        size_t n;

        assert_true(t.len < SBOM_BYTES);
        assert_true(read_measured(&t, "json.values", &n).bytes < 1000);
    }
}

static void
as_many_components_as_are_let_through_are_read(void **state)
{
    enum { MOST = 571400 };
    PLUMB_AUTO(text_clear) struct text t = large(SBOM_CYCLONEDX, MOST);
    PLUMB_AUTO(text_clear) struct text more = large(SBOM_CYCLONEDX, MOST + 100);
    size_t n;

    (void)state;
    assert_true(read_measured(&t, NULL, &n).bytes < 100 * t.len);
    assert_int_equal(n, MOST + 1);
    (void)read_measured(&more, "json.values", &n);
}

static void
a_thousand_levels_are_refused_before_anything_recurses(void **state)
{
    (void)state;
    for (unsigned f = 0; f < SBOM_FORMAT_COUNT; f++) {
        /* the list that head opens is the second level */
        const size_t most = (PLUMB_JSON_FOREIGN_DEPTH - 2 - formats[f].leaf) / 2;
        PLUMB_AUTO(text_clear) struct text t = deep(f, most), more = deep(f, most + 1);
        PLUMB_AUTO(text_clear) struct text thousand = deep(f, 500);
        size_t n;

        (void)read_measured(&t, NULL, &n);
        assert_int_equal(n, f == SBOM_CYCLONEDX ? 2 * most + 1 : f == SBOM_SPDX2 ? 2 : 0);
        (void)read_measured(&more, "json.depth", &n);
        assert_true(read_measured(&thousand, "json.depth", &n).bytes < 1000);
    }
}

/* Two readers of one document must not see two documents in it. */
static const struct {
    const char *text, *where;
} twice[] = {
    { CDX_HEAD "\"components\":[],\"components\":[]}", "components" },
    { CDX_HEAD "\"bomFormat\":\"CycloneDX\"}", "bomFormat" },
    { CDX_HEAD "\"components\":[{\"type\":\"file\",\"name\":\"a\",\"name\":\"b\"}]}",
      "components[0].name" },
    { CDX_HEAD "\"components\":[{\"type\":\"file\",\"name\":\"a\",\"purl\":\"pkg:npm/a@1\","
               "\"purl\":\"pkg:npm/a@1\"}]}",
      "components[0].purl" },
    /* the same key, spelled otherwise */
    { CDX_HEAD "\"components\":[{\"type\":\"file\",\"name\":\"a\",\"\\u006eame\":\"b\"}]}",
      "components[0].\\u006eame" },
    { CDX_HEAD "\"components\":[{\"type\":\"file\",\"name\":\"a\",\"components\":["
               "{\"type\":\"file\",\"type\":\"library\",\"name\":\"b\"}]}]}",
      "components[0].components[0].type" },
    { CDX_HEAD "\"metadata\":{\"component\":{\"type\":\"file\",\"name\":\"a\","
               "\"hashes\":[{\"alg\":\"MD5\",\"alg\":\"SHA-1\"}]}}}",
      "metadata.component.hashes[0].alg" },
    /* in what nobody reads, too */
    { CDX_HEAD "\"x\":{\"y\":1,\"y\":1}}", "x.y" },
    { SPDX2_HEAD "\"spdxVersion\":\"SPDX-2.2\"}", "spdxVersion" },
    { SPDX2_HEAD "\"packages\":[],\"packages\":[]}", "packages" },
    { SPDX2_HEAD "\"packages\":[{\"SPDXID\":\"a\",\"name\":\"a\",\"SPDXID\":\"b\"}]}",
      "packages[0].SPDXID" },
    { SPDX2_HEAD "\"packages\":[{\"SPDXID\":\"a\",\"name\":\"a\",\"externalRefs\":["
                 "{\"referenceType\":\"purl\",\"referenceLocator\":\"pkg:npm/a@1\","
                 "\"referenceLocator\":\"pkg:npm/a@2\"}]}]}",
      "packages[0].externalRefs[0].referenceLocator" },
    { SPDX2_HEAD "\"documentDescribes\":[\"a\"],\"documentDescribes\":[\"b\"]}",
      "documentDescribes" },
    { SPDX3_HEAD "],\"@graph\":[]}", "@graph" },
    { SPDX3_HEAD "],\"@context\":\"x\"}", "@context" },
    { SPDX3_HEAD ",{\"type\":\"software_Package\",\"spdxId\":\"a\",\"name\":\"a\","
                 "\"spdxId\":\"b\"}]}",
      "@graph[1].spdxId" },
    { SPDX3_HEAD ",{\"type\":\"software_Package\",\"type\":\"Element\",\"spdxId\":\"a\"}]}",
      "@graph[1].type" },
    { SPDX3_HEAD ",{\"type\":\"software_Package\",\"spdxId\":\"a\",\"name\":\"a\","
                 "\"software_packageUrl\":\"pkg:npm/a@1\","
                 "\"software_packageUrl\":\"pkg:npm/a@2\"}]}",
      "@graph[1].software_packageUrl" },
};

static void
a_key_that_comes_twice_is_refused_where_it_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof twice / sizeof *twice; i++) {
        struct plumb_err err = { 0 };
        struct sbom *s = NULL;

        if (sbom_read(twice[i].text, strlen(twice[i].text), &s, &err) == PLUMB_OK ||
            strcmp(err.rule, "json.duplicate-key") != 0 ||
            strcmp(err.where, twice[i].where) != 0)
            fail_msg("%s: [%s] %s: %s", twice[i].text, err.rule, err.where, err.msg);
        assert_null(s);
    }
}

/* One reference for two components would let one hide behind the other. */
static void
a_reference_that_comes_twice_is_refused(void **state)
{
    static const char *const texts[] = {
        CDX_HEAD "\"metadata\":{\"component\":{\"type\":\"file\",\"name\":\"a\",\"bom-ref\":"
                 "\"x\"}},\"components\":[{\"type\":\"file\",\"name\":\"b\",\"bom-ref\":"
                 "\"x\"}]}",
        SPDX2_HEAD "\"packages\":[{\"SPDXID\":\"x\",\"name\":\"a\"},"
                   "{\"SPDXID\":\"x\",\"name\":\"a\"}]}",
        SPDX3_HEAD ",{\"type\":\"software_Package\",\"spdxId\":\"x\",\"name\":\"a\"},"
                   "{\"type\":\"software_Package\",\"@id\":\"x\",\"name\":\"b\"}]}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct plumb_err err = { 0 };
        struct sbom *s = NULL;

        assert_refused("sbom.form", sbom_read(texts[i], strlen(texts[i]), &s, &err), &err);
        assert_string_equal(err.where, "x");
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(four_times_the_components_take_four_times_the_memory),
        cmocka_unit_test(a_million_components_are_refused_before_they_take_memory),
        cmocka_unit_test(as_many_components_as_are_let_through_are_read),
        cmocka_unit_test(a_thousand_levels_are_refused_before_anything_recurses),
        cmocka_unit_test(a_key_that_comes_twice_is_refused_where_it_is),
        cmocka_unit_test(a_reference_that_comes_twice_is_refused),
    };

    scarce_jansson();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
