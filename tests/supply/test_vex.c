/* VEX: what is said, of what, and which statement counts. */
#include "tests/t.h"

#include <plumb/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"
#include "supply/vex.h"
#include "tests/real.h"
#include "tests/scarce.h"

PLUMB_DEFINE_AUTO(auto_vex, struct vex *, vex_free);
PLUMB_DEFINE_AUTO(auto_sbom, struct sbom *, sbom_free);

#define OPEN(rest)                                                                             \
    "{\"@context\":\"https://openvex.dev/ns/v0.2.0\",\"@id\":\"https://example.org/1\","       \
    "\"author\":\"A\",\"timestamp\":\"2026-01-02T00:00:00Z\",\"version\":1,\"statements\":"    \
    "[" rest "]}"
#define SAID(products, rest)                                                                   \
    "{\"vulnerability\":{\"name\":\"CVE-1\"},\"products\":[" products "]," rest "}"
#define NOT     "\"status\":\"not_affected\",\"justification\":\"component_not_present\""
#define FIXED   "\"status\":\"fixed\""
#define AT(day) ",\"timestamp\":\"2026-01-" day "T00:00:00Z\""
#define CDX(rest)                                                                              \
    "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\",\"metadata\":{\"timestamp\":"        \
    "\"2026-01-02T00:00:00Z\",\"component\":{\"type\":\"container\",\"name\":\"image\","       \
    "\"version\":\"4\",\"bom-ref\":\"r\"}},\"vulnerabilities\":[" rest "]}"
#define RATED(affects, analysis)                                                               \
    "{\"id\":\"CVE-1\",\"affects\":[" affects "],\"analysis\":{" analysis "}}"
#define CDX_NOT "\"state\":\"not_affected\",\"justification\":\"code_not_present\""

#define DIGEST  "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static struct vex *
read_text(const char *text)
{
    struct vex *v = NULL;
    struct plumb_err err = { 0 };

    assert_ok(vex_read(text, strlen(text), &v, &err), &err);
    return v;
}

/* A version whose image has a component: what every query here is about. */
static struct sbom *
bill(void)
{
    static const char text[] =
        "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\",\"serialNumber\":"
        "\"urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79\",\"metadata\":{\"component\":"
        "{\"type\":\"container\",\"name\":\"image\",\"version\":\"4\",\"purl\":"
        "\"pkg:oci/image@sha256:" DIGEST "?arch=amd64&tag=4\"}},\"components\":[{\"type\":"
        "\"library\",\"bom-ref\":\"lib\",\"name\":\"n\",\"version\":\"1.2.3\",\"purl\":"
        "\"pkg:apk/wolfi/n@1.2.3?arch=x86_64&distro=w\",\"hashes\":[{\"alg\":\"SHA-256\","
        "\"content\":\"" DIGEST "\"}]}]}";
    struct sbom *s = NULL;
    struct plumb_err err = { 0 };

    assert_ok(sbom_read(text, sizeof text - 1, &s, &err), &err);
    return s;
}

static const struct vex_statement *
ask(const struct vex *v, const struct sbom *s, bool bound)
{
    static const char *const ids[] = { "GHSA-1", "CVE-1" };
    static const char *const digests[] = { DIGEST };
    const struct vex_query q = { ids, 2, digests, 1, s, &s->components[1], bound };

    return vex_find(v, &q);
}

static void
a_statement_is_about_what_it_names(void **state)
{
    static const struct {
        const char *text;
        bool bound, found;
    } cases[] = {
        { OPEN(SAID("\"pkg:apk/wolfi/n@1.2.3\"", NOT)), false, true },
        { OPEN(SAID("\"pkg:apk/wolfi/n\"", NOT)), false, true },
        { OPEN(SAID("\"pkg:apk/wolfi/n@1.2.3?arch=x86_64\"", NOT)), false, true },
        { OPEN(SAID("\"pkg:apk/wolfi/n@1.2.3?arch=armv7\"", NOT)), false, false },
        { OPEN(SAID("\"pkg:apk/wolfi/n@1.2.4\"", NOT)), false, false },
        { OPEN(SAID("\"pkg:apk/wolfi/n2\"", NOT)), false, false },
        { OPEN(SAID("\"pkg:apk/alpine/n@1.2.3\"", NOT)), false, false },
        { OPEN(SAID("\"pkg:apk/wolfi/n@1.2.3#sub\"", NOT)), false, false },
        { OPEN(SAID("{\"@id\":\"pkg:apk/wolfi/n@1.2.3\"}", NOT)), false, true },
        { OPEN(SAID("{\"@id\":\"x\",\"identifiers\":{\"purl\":\"pkg:apk/wolfi/n\"}}", NOT)),
          false, true },
        { OPEN(SAID("{\"@id\":\"x\",\"hashes\":{\"sha-256\":\"" DIGEST "\"}}", NOT)), false,
          true },
        { OPEN(SAID("{\"@id\":\"x\"}", NOT)), false, false },
        /* the whole version: its image, and an artifact's digest */
        { OPEN(SAID("\"pkg:oci/image@sha256%3A" DIGEST "\"", NOT)), false, true },
        { OPEN(SAID("\"pkg:oci/other@sha256:" DIGEST "\"", NOT)), false, true },
        { OPEN(SAID("\"pkg:oci/other@sha256:00" DIGEST "\"", NOT)), false, false },
        /* parts */
        { OPEN(SAID("{\"@id\":\"pkg:oci/image\",\"subcomponents\":[{\"@id\":"
                    "\"pkg:apk/wolfi/n\"}]}",
                    NOT)),
          false, true },
        { OPEN(SAID("{\"@id\":\"pkg:oci/image\",\"subcomponents\":[{\"@id\":"
                    "\"pkg:apk/wolfi/m\"}]}",
                    NOT)),
          false, false },
        { OPEN(SAID("{\"@id\":\"pkg:oci/elsewhere\",\"subcomponents\":[{\"@id\":"
                    "\"pkg:apk/wolfi/n\"}]}",
                    NOT)),
          false, false },
        { OPEN("{\"vulnerability\":\"CVE-1\",\"products\":[\"pkg:oci/image\"],"
               "\"subcomponents\":[\"pkg:apk/wolfi/m\"]," NOT "}"),
          false, false },
        /* no product: what it is bound to */
        { OPEN(SAID("", NOT)), true, true },
        { OPEN(SAID("", NOT)), false, false },
        /* the vulnerability, by any of its names */
        { OPEN("{\"vulnerability\":\"GHSA-1\",\"products\":[\"pkg:apk/wolfi/n\"]," NOT "}"),
          false, true },
        { OPEN("{\"vulnerability\":{\"name\":\"X\",\"aliases\":[\"Y\",\"CVE-1\"]},"
               "\"products\":[\"pkg:apk/wolfi/n\"]," NOT "}"),
          false, true },
        { OPEN("{\"vulnerability\":\"CVE-11\",\"products\":[\"pkg:apk/wolfi/n\"]," NOT "}"),
          false, false },
        /* CycloneDX: of its own components, by a link, by a purl */
        { CDX(RATED("{\"ref\":\"r\"}", CDX_NOT)), false, false }, /* the bill's has a purl */
        { CDX(RATED("{\"ref\":\"pkg:apk/wolfi/n\"}", CDX_NOT)), false, true },
        { CDX(RATED("{\"ref\":\"urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#lib\"}",
                    CDX_NOT)),
          false, true },
        { CDX(RATED("{\"ref\":\"urn:cdx:3e671687-395b-41f5-a30f-a58921a69b70/1#lib\"}",
                    CDX_NOT)),
          false, false },
        { CDX(RATED(
              "{\"ref\":\"urn:cdx:3e671687-395b-41f5-a30f-a58921a69b70/1#pkg:apk/wolfi/n\"}",
              CDX_NOT)),
          false, true },
        { CDX(RATED("{\"ref\":\"pkg:apk/wolfi/n\",\"versions\":[{\"version\":\"1.2.3\","
                    "\"status\":\"unaffected\"}]}",
                    CDX_NOT)),
          false, true },
        { CDX(RATED("{\"ref\":\"pkg:apk/wolfi/n\",\"versions\":[{\"version\":\"1.2.3\","
                    "\"status\":\"affected\"}]}",
                    CDX_NOT)),
          false, false },
        { CDX(RATED("{\"ref\":\"pkg:apk/wolfi/n\",\"versions\":[{\"range\":"
                    "\"vers:generic/>=1.0\",\"status\":\"unaffected\"}]}",
                    CDX_NOT)),
          false, false },
    };
    PLUMB_AUTO(auto_sbom) struct sbom *s = bill();

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        PLUMB_AUTO(auto_vex) struct vex *v = read_text(cases[i].text);

        if ((ask(v, s, cases[i].bound) != NULL) != cases[i].found)
            fail_msg("case %zu: %s", i, cases[i].text);
    }
}

static void
a_component_without_a_purl_is_known_by_its_name_and_version(void **state)
{
    static const struct {
        const char *part;
        bool found;
    } cases[] = {
        { "\"name\":\"image\",\"version\":\"4\"", true },
        { "\"name\":\"image\",\"version\":\"5\"", false },
        { "\"name\":\"image\",\"version\":\"4\",\"group\":\"g\"", false },
        { "\"name\":\"other\",\"version\":\"4\"", false },
    };
    PLUMB_AUTO(auto_vex)
    struct vex *v = read_text(CDX(RATED("{\"ref\":\"r\"}", CDX_NOT)));

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        PLUMB_AUTO(auto_sbom) struct sbom *s = NULL;
        struct plumb_err err = { 0 };
        char text[512];

        sprintf(text,
                "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\",\"metadata\":"
                "{\"component\":{\"type\":\"container\",%s}},\"components\":[{\"type\":"
                "\"library\",\"name\":\"x\"}]}",
                cases[i].part);
        assert_ok(sbom_read(text, strlen(text), &s, &err), &err);
        if ((ask(v, s, false) != NULL) != cases[i].found)
            fail_msg("case %zu", i);
    }
}

#define N "\"pkg:apk/wolfi/n\""

static void
the_latest_statement_counts_and_of_one_time_the_worse(void **state)
{
    static const struct {
        const char *text;
        enum vex_status status;
        bool clears;
    } cases[] = {
        { OPEN(SAID(N, NOT AT("03")) "," SAID(N, "\"status\":\"affected\"" AT("04"))),
          VEX_AFFECTED, false },
        { OPEN(SAID(N, "\"status\":\"affected\"" AT("04")) "," SAID(N, FIXED AT("05"))),
          VEX_FIXED, true },
        { OPEN(SAID(N, FIXED AT("05")) "," SAID(N, "\"status\":\"affected\"" AT("04"))),
          VEX_FIXED, true },
        { OPEN(SAID(N, FIXED) "," SAID(N, "\"status\":\"under_investigation\"")),
          VEX_UNDER_INVESTIGATION, false },
        { OPEN(SAID(N, "\"status\":\"affected\"") "," SAID(N, NOT)), VEX_AFFECTED, false },
        /* the document's time where a statement has none */
        { OPEN(SAID(N, "\"status\":\"affected\"") "," SAID(N, NOT AT("01"))), VEX_AFFECTED,
          false },
        { OPEN(SAID(N, "\"status\":\"affected\"") "," SAID(N, NOT AT("03"))), VEX_NOT_AFFECTED,
          true },
        { CDX(RATED("{\"ref\":" N "}", "\"state\":\"resolved\"")), VEX_FIXED, true },
        { CDX(RATED("{\"ref\":" N "}", "\"state\":\"not_affected\"")), VEX_NOT_AFFECTED,
          false },
        { CDX(RATED("{\"ref\":" N "}", "\"state\":\"not_affected\",\"detail\":\"because\"")),
          VEX_NOT_AFFECTED, true },
        { CDX(RATED("{\"ref\":" N "}", CDX_NOT) "," RATED("{\"ref\":" N "}",
                                                          "\"state\":\"not_affected\"")),
          VEX_NOT_AFFECTED, false },
        { CDX(RATED("{\"ref\":" N "}", "\"state\":\"exploitable\"")), VEX_AFFECTED, false },
        { CDX(RATED("{\"ref\":" N "}", "\"state\":\"in_triage\"")), VEX_UNDER_INVESTIGATION,
          false },
    };
    PLUMB_AUTO(auto_sbom) struct sbom *s = bill();

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        PLUMB_AUTO(auto_vex) struct vex *v = read_text(cases[i].text);
        const struct vex_statement *found = ask(v, s, false);

        if (found == NULL || found->status != cases[i].status ||
            vex_clears(found) != cases[i].clears)
            fail_msg("case %zu: %s", i,
                     found != NULL ? vex_status_text(found->status) : "none");
    }
}

static void
what_is_no_vex_is_refused(void **state)
{
    static const struct {
        const char *text, *rule;
    } cases[] = {
        { "{}", "vex.format" },
        { "{\"@context\":\"https://openvex.dev/nsx\"}", "vex.format" },
        { "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\"}", "vex.format" },
        { CDX("{\"id\":\"CVE-1\"}"), "vex.format" },
        { OPEN("1"), "vex.form" },
        { OPEN("{}"), "vex.form" },
        { OPEN("{\"vulnerability\":{},\"status\":\"fixed\"}"), "vex.form" },
        { OPEN(SAID(N, "\"status\":\"fine\"")), "vex.form" },
        { OPEN(SAID("1", FIXED)), "vex.form" },
        { OPEN(SAID("{}", FIXED)), "vex.form" },
        { OPEN(SAID("{\"@id\":\"x\",\"hashes\":{\"sha-256\":\"00\"}}", FIXED)), "vex.form" },
        { OPEN(SAID("{\"@id\":\"x\",\"hashes\":{\"what\":\"00\"}}", FIXED)), "vex.form" },
        { OPEN("{\"vulnerability\":\"C\",\"subcomponents\":[\"a\"]," FIXED "}"), "vex.form" },
        { OPEN(SAID(N, "\"status\":\"not_affected\"")), "vex.justification" },
        { OPEN(SAID(N, "\"status\":\"not_affected\",\"justification\":\"trust me\"")),
          "vex.justification" },
        { OPEN(SAID(N, FIXED ",\"timestamp\":\"yesterday\"")), "vex.time" },
        { "{\"@context\":\"https://openvex.dev/ns\",\"statements\":[" SAID(N, FIXED) "]}",
          "vex.time" },
        { CDX(RATED("{\"ref\":\"r\"}", "\"state\":\"fine\"")), "vex.form" },
        { CDX(RATED("{}", CDX_NOT)), "vex.form" },
        { CDX(RATED("{\"ref\":\"r\"}", "\"state\":\"not_affected\",\"justification\":\"x\"")),
          "vex.justification" },
        { "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\",\"vulnerabilities\":[" RATED(
              "{\"ref\":\"r\"}", CDX_NOT) "]}",
          "vex.time" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct vex *v = NULL;
        struct plumb_err err = { 0 };

        if (vex_read(cases[i].text, strlen(cases[i].text), &v, &err) == PLUMB_OK ||
            strcmp(err.rule, cases[i].rule) != 0)
            fail_msg("case %zu, %s: [%s] %s", i, cases[i].text, err.rule, err.msg);
        assert_null(v);
    }
}

static void
real_documents_are_read_unless_they_have_no_time(void **state)
{
    static const struct {
        const char *path;
        size_t n; /* 0: refused, since nothing tells when it was said */
    } files[] = {
        { "openvex-go-vex/v0.0.1.json", 1 },
        { "openvex-go-vex/v0.0.1-noversion.json", 1 },
        { "openvex-go-vex/v0.2.0.json", 5 },
        { "openvex-go-vex/v001-1.vex.json", 1 },
        { "openvex-go-vex/v001-2.vex.json", 1 },
        { "openvex-go-vex/v020-1.vex.json", 1 },
        { "openvex-go-vex/v020-2.vex.json", 1 },
        { "cyclonedx/vex.json", 1 },
        { "cyclonedx/CISA-Use-Cases/Case-2/vex.json", 19 },
        { "cyclonedx/CISA-Use-Cases/Case-6/vex.json", 2 },
        { "cyclonedx/CISA-Use-Cases/Case-7/vex.json", 0 },
        { "cyclonedx/Use-Cases/Case-12/vex.json", 3 },
        { "cyclonedx/Use-Cases/Case-9/vex.json", 0 },
    };

    (void)state;
    if (!real_there(1))
        skip();
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes file = { 0 };
        PLUMB_AUTO(auto_vex) struct vex *v = NULL;
        struct plumb_err err = { 0 };
        enum plumb_code code;
        char path[256];

        sprintf(path, "vex/%s", files[i].path);
        file = real_file(path);
        code = vex_read(file.data, file.len, &v, &err);
        if (files[i].n == 0)
            assert_refused("vex.time", code, &err);
        else if (code != PLUMB_OK || v->n != files[i].n)
            fail_msg("%s: %zu statements [%s] %s", path, v != NULL ? v->n : 0, err.rule,
                     err.msg);
    }
}

static void
memory_that_runs_out_is_an_error_and_leaks_nothing(void **state)
{
    static const char *const texts[] = {
        OPEN(SAID("{\"@id\":" N ",\"hashes\":{\"sha-256\":\"" DIGEST "\"}}", NOT)),
        CDX(RATED("{\"ref\":\"r\",\"versions\":[{\"version\":\"1\"}]}", CDX_NOT)),
        CDX(RATED("{\"ref\":\"urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#lib\"}", CDX_NOT)),
    };
    struct plumb_err err = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        PLUMB_AUTO(plumb_json_auto) json_t *json = json_loads(texts[i], 0, NULL);

        assert_non_null(json);
        for (size_t n = 0;; n++) {
            PLUMB_AUTO(auto_vex) struct vex *v = NULL;
            enum plumb_code code;

            scarce_begin(n);
            code = vex_read_json(json, &v, &err);
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
        cmocka_unit_test(a_statement_is_about_what_it_names),
        cmocka_unit_test(a_component_without_a_purl_is_known_by_its_name_and_version),
        cmocka_unit_test(the_latest_statement_counts_and_of_one_time_the_worse),
        cmocka_unit_test(what_is_no_vex_is_refused),
        cmocka_unit_test(real_documents_are_read_unless_they_have_no_time),
        cmocka_unit_test(memory_that_runs_out_is_an_error_and_leaks_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
