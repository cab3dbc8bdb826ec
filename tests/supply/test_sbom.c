/* Bills of materials: what is admitted, what is refused, what differs. */
#include "tests/t.h"

#include <plumb/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"
#include "supply/sbom.h"
#include "tests/scarce.h"

PLUMB_DEFINE_AUTO(auto_sbom, struct sbom *, sbom_free);

#define CDX(rest)  "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\"" rest "}"
#define PART(rest) "{\"type\":\"library\",\"name\":\"a\"" rest "}"
#define SPDX2(rest)                                                                            \
    "{\"spdxVersion\":\"SPDX-2.3\",\"SPDXID\":\"SPDXRef-DOCUMENT\",\"documentNamespace\":"     \
    "\"https://example.org/1\",\"creationInfo\":{\"created\":\"2026-01-02T03:04:05Z\"}" rest   \
    "}"
#define PACKAGE(id, rest) "{\"SPDXID\":\"" id "\",\"name\":\"a\"" rest "}"
#define SPDX3(rest)                                                                            \
    "{\"@context\":\"https://spdx.org/rdf/3.0.1/spdx-context.jsonld\",\"@graph\":["            \
    "{\"type\":\"CreationInfo\",\"@id\":\"_:c\",\"specVersion\":\"3.0.1\",\"created\":"        \
    "\"2026-01-02T03:04:05Z\"}" rest "]}"

static struct sbom *
read_text(const char *text)
{
    struct sbom *s = NULL;
    struct plumb_err err = { 0 };

    assert_ok(sbom_read(text, strlen(text), &s, &err), &err);
    return s;
}

static void
cyclonedx_components_are_read_nested_ones_too(void **state)
{
    PLUMB_AUTO(auto_sbom)
    struct sbom *s = read_text(CDX(
        ",\"serialNumber\":\"urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79\",\"metadata\":"
        "{\"timestamp\":\"2026-01-02T03:04:05+01:00\",\"component\":{\"type\":\"container\","
        "\"name\":\"image\",\"version\":\"sha256:00\",\"bom-ref\":\"r0\",\"components\":["
        "{\"type\":\"file\",\"name\":\"in the "
        "image\"}]}},\"components\":[{\"type\":\"library\","
        "\"group\":\"@s\",\"name\":\"n\",\"version\":\"1.2.3\",\"purl\":\"pkg:npm/@s/n@1.2.3\","
        "\"bom-ref\":\"r1\",\"hashes\":[{\"alg\":\"SHA-1\",\"content\":"
        "\"DA39A3EE5E6B4B0D3255BFEF95601890AFD80709\"}],\"components\":[{\"type\":\"library\","
        "\"name\":\"deep\",\"purl\":\"no purl\"}]}]"));

    (void)state;
    assert_int_equal(s->format, SBOM_CYCLONEDX);
    assert_string_equal(s->spec_version, "1.6");
    assert_string_equal(s->id, "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79");
    assert_int_equal(s->created, 1767319445);
    assert_int_equal(s->n, 4);
    assert_ptr_equal(s->subject, &s->components[0]);
    assert_string_equal(s->subject->name, "image");
    assert_string_equal(s->components[1].name, "in the image");
    assert_string_equal(s->components[2].group, "@s");
    assert_string_equal(s->components[2].version, "1.2.3");
    assert_string_equal(s->components[2].purl, "pkg:npm/%40s/n@1.2.3");
    assert_int_equal(s->components[2].npackages, 1);
    assert_string_equal(s->components[2].packages[0].key, "npm/@s/n");
    assert_string_equal(s->components[2].packages[0].version, "1.2.3");
    assert_int_equal(s->components[2].nhashes, 1);
    assert_string_equal(s->components[2].hashes[0].algorithm, "sha-1");
    assert_string_equal(s->components[2].hashes[0].value,
                        "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    assert_null(s->components[3].purl);
    assert_int_equal(s->nunwatched, 3);
}

static void
spdx_2_packages_are_read_and_the_one_that_is_described(void **state)
{
#define TWO                                                                                    \
    ",\"packages\":[" PACKAGE("SPDXRef-a", ",\"versionInfo\":\"1\"") "," PACKAGE(              \
        "SPDXRef-b",                                                                           \
        ",\"primaryPackagePurpose\":\"LIBRARY\",\"externalRefs\":[{"                           \
        "\"referenceCategory\":\"PACKAGE_MANAGER\",\"referenceType\":\"purl\","                \
        "\"referenceLocator\":\"pkg:pypi/X_y@2\"}],\"checksums\":[{\"algorithm\":"             \
        "\"SHA1\",\"checksumValue\":\"da39a3ee5e6b4b0d3255bfef95601890afd80709\""              \
        "}]") "]"
#define DESCRIBES(kind, from, to)                                                              \
    "{\"spdxElementId\":\"" from "\",\"relationshipType\":\"" kind                             \
    "\",\"relatedSpdxElement\":\"" to "\"}"
    static const struct {
        const char *text, *subject;
    } cases[] = {
        { SPDX2(TWO), NULL },
        { SPDX2(TWO ",\"documentDescribes\":[\"SPDXRef-a\"]"), "SPDXRef-a" },
        { SPDX2(TWO ",\"documentDescribes\":[\"SPDXRef-a\",\"SPDXRef-b\"]"), NULL },
        { SPDX2(TWO ",\"documentDescribes\":[\"SPDXRef-File\"]"), NULL },
        { SPDX2(TWO ",\"relationships\":[" DESCRIBES("DESCRIBES", "SPDXRef-DOCUMENT",
                                                     "SPDXRef-b") "]"),
          "SPDXRef-b" },
        { SPDX2(TWO ",\"relationships\":[" DESCRIBES("DESCRIBED_BY", "SPDXRef-b",
                                                     "SPDXRef-DOCUMENT") "]"),
          "SPDXRef-b" },
        { SPDX2(TWO
                ",\"relationships\":[" DESCRIBES("DESCRIBES", "SPDXRef-a", "SPDXRef-b") "]"),
          NULL },
        { SPDX2(TWO ",\"relationships\":[" DESCRIBES(
              "DESCRIBES", "SPDXRef-DOCUMENT",
              "SPDXRef-a") "," DESCRIBES("DESCRIBES", "SPDXRef-DOCUMENT", "SPDXRef-b") "]"),
          NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        PLUMB_AUTO(auto_sbom) struct sbom *s = read_text(cases[i].text);

        assert_int_equal(s->n, 2);
        assert_string_equal(s->spec_version, "2.3");
        assert_string_equal(s->components[1].packages[0].key, "PyPI/x-y");
        assert_string_equal(s->components[1].hashes[0].algorithm, "sha-1");
        assert_int_equal(s->nunwatched, 1);
        if (cases[i].subject == NULL)
            assert_null(s->subject);
        else
            assert_string_equal(s->subject->ref, cases[i].subject);
    }
}

static void
spdx_3_packages_are_read_and_the_one_that_is_described(void **state)
{
    PLUMB_AUTO(auto_sbom)
    struct sbom *s = read_text(SPDX3(
        ",{\"type\":\"SpdxDocument\",\"spdxId\":\"urn:d\",\"rootElement\":[\"urn:s\"]},"
        "{\"type\":\"software_Sbom\",\"spdxId\":\"urn:s\",\"rootElement\":[\"urn:p\"]},"
        "{\"type\":\"software_File\",\"spdxId\":\"urn:f\",\"name\":\"f\"},"
        "{\"type\":\"software_Package\",\"spdxId\":\"urn:p\",\"name\":\"p\","
        "\"software_packageVersion\":\"1\",\"software_packageUrl\":\"pkg:cargo/p@1\","
        "\"verifiedUsing\":[{\"type\":\"Hash\",\"algorithm\":\"sha256\",\"hashValue\":"
        "\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"}]},"
        "{\"type\":\"software_Package\",\"spdxId\":\"urn:q\",\"name\":\"q\","
        "\"externalIdentifier\":[{\"type\":\"ExternalIdentifier\",\"externalIdentifierType\":"
        "\"packageUrl\",\"identifier\":\"pkg:maven/g/q@2\"}]}"));

    (void)state;
    assert_int_equal(s->format, SBOM_SPDX3);
    assert_string_equal(s->spec_version, "3.0.1");
    assert_string_equal(s->id, "urn:d");
    assert_int_equal(s->n, 2);
    assert_ptr_equal(s->subject, &s->components[0]);
    assert_string_equal(s->components[0].packages[0].key, "crates.io/p");
    assert_string_equal(s->components[0].hashes[0].algorithm, "sha-256");
    assert_string_equal(s->components[1].packages[0].key, "Maven/g:q");
}

static void
what_is_relied_on_is_checked(void **state)
{
    static const struct {
        const char *text, *rule;
    } cases[] = {
        { "{}", "sbom.format" },
        { "[]", "json.type" },
        { "{\"bomFormat\":\"cyclonedx\"}", "sbom.format" },
        { "{\"bomFormat\":\"CycloneDX\"}", "sbom.format" },
        { "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"2.0\"}", "sbom.format" },
        { "{\"bomFormat\":\"CycloneDX\",\"specVersion\":1.6}", "sbom.format" },
        { CDX(",\"bomFormat\":\"CycloneDX\""), "json.duplicate-key" },
        { CDX(",\"serialNumber\":\"urn:uuid:1\""), "sbom.form" },
        { CDX(",\"metadata\":[]"), "sbom.form" },
        { CDX(",\"metadata\":{\"timestamp\":\"now\"}"), "sbom.form" },
        { CDX(",\"metadata\":{\"component\":{}}"), "sbom.form" },
        { CDX(",\"components\":{}"), "sbom.form" },
        { CDX(",\"components\":[1]"), "sbom.form" },
        { CDX(",\"components\":[{\"type\":\"library\"}]"), "sbom.form" },
        { CDX(",\"components\":[{\"name\":\"a\"}]"), "sbom.form" },
        { CDX(",\"components\":[{\"type\":\"foo\",\"name\":\"a\"}]"), "sbom.form" },
        { CDX(",\"components\":[" PART(",\"bom-ref\":\"\"") "]"), "sbom.form" },
        { CDX(",\"components\":[" PART(
              ",\"bom-ref\":\"x\",\"components\":[" PART(",\"bom-ref\":\"x\"") "]") "]"),
          "sbom.form" },
        { CDX(",\"components\":[" PART(",\"version\":1") "]"), "sbom.form" },
        { CDX(",\"components\":[" PART(",\"components\":1") "]"), "sbom.form" },
        { CDX(",\"components\":[" PART(
              ",\"hashes\":[{\"alg\":\"CRC\",\"content\":\"00\"}]") "]"),
          "sbom.form" },
        { CDX(",\"components\":[" PART(
              ",\"hashes\":[{\"alg\":\"SHA-256\",\"content\":\"00\"}]") "]"),
          "sbom.form" },
        { CDX(",\"components\":[" PART(
              ",\"hashes\":[{\"alg\":\"ADLER32\",\"content\":\"0000000g\"}]") "]"),
          "sbom.form" },
        { CDX(",\"components\":[" PART(",\"hashes\":[{\"alg\":\"MD5\"}]") "]"), "sbom.form" },
        { CDX(",\"x\":\"\\u0000\""), "json.string" },
        { "{\"spdxVersion\":\"SPDX-2.1\"}", "sbom.format" },
        { "{\"spdxVersion\":\"SPDX-2.3\"}", "sbom.form" },
        { SPDX2(",\"packages\":[{\"name\":\"a\"}]"), "sbom.form" },
        { SPDX2(",\"packages\":[{\"SPDXID\":\"a\"}]"), "sbom.form" },
        { SPDX2(",\"packages\":[" PACKAGE("a", "") "," PACKAGE("a", "") "]"), "sbom.form" },
        { SPDX2(",\"packages\":[" PACKAGE("a", ",\"externalRefs\":[{}]") "]"), "sbom.form" },
        { "{\"@context\":\"https://spdx.org/rdf/3.0.1/spdx-context.jsonld\",\"@graph\":[]}",
          "sbom.format" },
        { "{\"@context\":\"https://spdx.org/rdf/3.1/c\",\"@graph\":[{\"type\":\"CreationInfo\","
          "\"specVersion\":\"3.1\"}]}",
          "sbom.format" },
        { SPDX3(",1"), "sbom.form" },
        { SPDX3(",{\"type\":\"software_Package\",\"name\":\"a\"}"), "sbom.form" },
        { SPDX3(",{\"type\":\"software_Package\",\"spdxId\":\"a\"}"), "sbom.form" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sbom *s = NULL;
        struct plumb_err err = { 0 };

        if (sbom_read(cases[i].text, strlen(cases[i].text), &s, &err) == PLUMB_OK ||
            strcmp(err.rule, cases[i].rule) != 0)
            fail_msg("case %zu, %s: [%s] %s", i, cases[i].text, err.rule, err.msg);
        assert_null(s);
    }
}

static void
a_bill_is_known_by_itself_and_vex_alone_is_none(void **state)
{
    static const struct {
        const char *text;
        bool is;
    } cases[] = {
        { CDX(""), true },
        { CDX(",\"components\":[" PART("") "],\"vulnerabilities\":[{\"id\":\"C\"}]"), true },
        { CDX(",\"vulnerabilities\":[{\"id\":\"C\"}]"), false },
        { CDX(",\"components\":[],\"vulnerabilities\":[{\"id\":\"C\"}]"), false },
        { SPDX2(""), true },
        { SPDX3(""), true },
        { "{\"@context\":[\"x\",\"https://spdx.org/rdf/3.0.0/c\"],\"@graph\":[]}", true },
        { "{\"@context\":\"https://spdx.org/rdf/3.0.0/c\"}", false },
        { "{\"@context\":\"https://openvex.dev/ns\",\"statements\":[]}", false },
        { "{\"id\":\"A\",\"modified\":\"2026-01-02T03:04:05Z\"}", false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        PLUMB_AUTO(plumb_json_auto) json_t *json = json_loads(cases[i].text, 0, NULL);

        assert_non_null(json);
        if (sbom_is(json) != cases[i].is)
            fail_msg("case %zu: %s", i, cases[i].text);
    }
}

/* n times "piece", between head and tail. */
static char *
repeated(const char *head, const char *piece, size_t n, const char *tail, size_t *ret_len)
{
    const size_t len = strlen(piece);
    char *text = malloc(strlen(head) + n * len + strlen(tail) + 1), *at = text;

    assert_non_null(text);
    at = stpcpy(at, head);
    for (size_t i = 0; i < n; i++, at += len)
        memcpy(at, piece, len);
    at = stpcpy(at, tail);
    *ret_len = (size_t)(at - text);
    return text;
}

static void
refused_large(const char *head, const char *piece, size_t n, const char *tail, const char *rule)
{
    struct plumb_err err = { 0 };
    struct sbom *s = NULL;
    size_t len;
    char *text = repeated(head, piece, n, tail, &len);

    assert_refused(rule, sbom_read(text, len, &s, &err), &err);
    free(text);
}

static void
what_would_take_all_memory_or_the_stack_is_refused(void **state)
{
    (void)state;
    refused_large("{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\"", ",\"components\":[{",
                  1000, "", "json.depth");
    refused_large("{\"x\":[{}", ",{}", 1000000, "]}", "json.values");
    refused_large(
        "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\",\"components\":[" PART(""),
        "," PART(""), 1000000, "]}", "json.values");
    refused_large("{\"x\":\"", "0123456789abcdef", SBOM_BYTES / 16, "\"}", "json.size");
}

static void
fifty_megabytes_are_read(void **state)
{
    PLUMB_AUTO(auto_sbom) struct sbom *s = NULL;
    struct plumb_err err = { 0 };
    static char part[1200];
    size_t len;
    char *text;

    (void)state;
    sprintf(part,
            ",{\"type\":\"library\",\"name\":\"a\",\"version\":\"1\",\"purl\":"
            "\"pkg:npm/a@1\",\"description\":\"%1024s\"}",
            "x");
    text = repeated("{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\",\"components\":["
                    "{\"type\":\"file\",\"name\":\"a\"}",
                    part, (50u << 20) / strlen(part), "]}", &len);
    assert_true(len > 49u << 20);
    assert_ok(sbom_read(text, len, &s, &err), &err);
    assert_int_equal(s->n, (50u << 20) / strlen(part) + 1);
    assert_int_equal(s->nunwatched, 1);
    free(text);
}

#define NPM(name, version)                                                                     \
    "{\"type\":\"library\",\"name\":\"" name "\",\"version\":\"" version "\",\"purl\":"        \
    "\"pkg:npm/" name "@" version "\"}"

static void
differences_are_what_came_what_went_and_what_changed_its_version(void **state)
{
    static const struct {
        const char *before, *after, *want;
    } cases[] = {
        { "", "", "" },
        { NPM("a", "1"), NPM("a", "1"), "" },
        { NPM("a", "1"), NPM("a", "2"), "a 1>2 " },
        { NPM("a", "1"), "", "a 1>- " },
        { "", NPM("a", "1"), "a ->1 " },
        { NPM("a", "1") "," NPM("b", "1"), NPM("b", "1") "," NPM("c", "1"), "a 1>- c ->1 " },
        { NPM("a", "1") "," NPM("a", "2"), NPM("a", "2") "," NPM("a", "3"), "a 1>3 " },
        { NPM("a", "1") "," NPM("a", "1"), NPM("a", "1"), "a 1>- " },
        { PART(""), NPM("a", "1"), "a ->- a ->1 " },
        { PART(",\"version\":\"1\""), PART(",\"version\":\"2\""), "a 1>2 " },
        { PART(",\"group\":\"g\",\"version\":\"1\""), PART(",\"version\":\"2\""),
          "a ->2 a 1>- " },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[2][2048], got[256] = "";
        PLUMB_AUTO(auto_sbom) struct sbom *a = NULL;
        PLUMB_AUTO(auto_sbom) struct sbom *b = NULL;
        PLUMB_AUTO(sbom_diff_clear) struct sbom_diff d = { NULL, 0 };
        struct plumb_err err = { 0 };

        sprintf(text[0], CDX(",\"components\":[%s]"), cases[i].before);
        sprintf(text[1], CDX(",\"components\":[%s]"), cases[i].after);
        a = read_text(text[0]);
        b = read_text(text[1]);
        assert_ok(sbom_compare(a, b, &d, &err), &err);
        for (size_t k = 0; k < d.n; k++) {
            const struct sbom_component *x = d.changes[k].before, *y = d.changes[k].after;

            sprintf(got + strlen(got), "%s %s>%s ", (x != NULL ? x : y)->name,
                    x != NULL && x->version != NULL ? x->version : "-",
                    y != NULL && y->version != NULL ? y->version : "-");
        }
        if (strcmp(got, cases[i].want) != 0)
            fail_msg("case %zu: %s, want %s", i, got, cases[i].want);
    }
}

static void
memory_that_runs_out_is_an_error_and_leaks_nothing(void **state)
{
    static const char *const texts[] = {
        CDX(",\"components\":[" PART(",\"bom-ref\":\"x\",\"hashes\":[{\"alg\":\"ADLER32\","
                                     "\"content\":\"00000000\"}]") "," NPM("b", "1") "]"),
        SPDX2(",\"packages\":[" PACKAGE("a", "") "]"),
        SPDX3(",{\"type\":\"software_Package\",\"spdxId\":\"a\",\"name\":\"a\"}"),
    };
    struct plumb_err err = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        PLUMB_AUTO(plumb_json_auto) json_t *json = json_loads(texts[i], 0, NULL);

        assert_non_null(json);
        for (size_t n = 0;; n++) {
            PLUMB_AUTO(auto_sbom) struct sbom *s = NULL;
            PLUMB_AUTO(sbom_diff_clear) struct sbom_diff d = { NULL, 0 };
            enum plumb_code code;

            scarce_begin(n);
            code = sbom_read_json(json, &s, &err);
            if (code == PLUMB_OK)
                code = sbom_compare(s, s, &d, &err);
            if (!scarce_end())
                break;
            assert_int_equal(code, PLUMB_NO_MEMORY);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cyclonedx_components_are_read_nested_ones_too),
        cmocka_unit_test(spdx_2_packages_are_read_and_the_one_that_is_described),
        cmocka_unit_test(spdx_3_packages_are_read_and_the_one_that_is_described),
        cmocka_unit_test(what_is_relied_on_is_checked),
        cmocka_unit_test(a_bill_is_known_by_itself_and_vex_alone_is_none),
        cmocka_unit_test(what_would_take_all_memory_or_the_stack_is_refused),
        cmocka_unit_test(fifty_megabytes_are_read),
        cmocka_unit_test(differences_are_what_came_what_went_and_what_changed_its_version),
        cmocka_unit_test(memory_that_runs_out_is_an_error_and_leaks_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
