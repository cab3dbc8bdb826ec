/* Real quotes, reports and documents: what others decoded from them is what we read. */
#include "tests/t.h"

#include <plumb/evidence.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"
#include "tests/real.h"

static struct plumb_evidence *
read_real(const char *path)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes file = { 0 };
    struct plumb_evidence *e = NULL;
    struct plumb_err err = { 0 };
    char full[256];

    (void)snprintf(full, sizeof full, "tees/%s", path);
    file = real_file(full);
    assert_ok(plumb_evidence_read(file.data, file.len, &e, &err), &err);
    assert_int_equal(e->n, 1);
    return e;
}

static const struct {
    const char *path;
    enum plumb_evidence_kind kind;
    unsigned warnings;
} files[] = {
    { "sgx/occlum_quote.dat", PLUMB_EVIDENCE_SGX_QUOTE,
      1u << PLUMB_WARNING_DEBUG | 1u << PLUMB_WARNING_SAMPLE_SIGNER },
    { "sgx/quote_pcs.bin", PLUMB_EVIDENCE_SGX_QUOTE, 1u << PLUMB_WARNING_DEBUG },
    { "sgx/le_prod_css.bin", PLUMB_EVIDENCE_SIGSTRUCT, 0 },
    { "sgx/sig1.sigstruct.bin", PLUMB_EVIDENCE_SIGSTRUCT,
      1u << PLUMB_WARNING_DEBUG_FREE | 1u << PLUMB_WARNING_SAMPLE_SIGNER },
    { "tdx/tdx_quote_4.dat", PLUMB_EVIDENCE_TDX_QUOTE, 1u << PLUMB_WARNING_DEBUG },
    { "tdx/tdx_quote_5.dat", PLUMB_EVIDENCE_TDX_QUOTE, 0 },
    { "tdx/cos-113-tdx-quote.dat", PLUMB_EVIDENCE_TDX_QUOTE, 0 },
    { "tdx/trustee-claims.json", PLUMB_EVIDENCE_TRUSTEE_CLAIMS, 1u << PLUMB_WARNING_DEBUG },
    { "snp/test-report.bin", PLUMB_EVIDENCE_SNP_REPORT, 0 },
    { "snp/test-vlek-report.bin", PLUMB_EVIDENCE_SNP_REPORT, 0 },
    { "nitro/valid-attestation-doc.cbor", PLUMB_EVIDENCE_NITRO_DOCUMENT, 0 },
    { "nitro/debug-attestation-doc.cbor", PLUMB_EVIDENCE_NITRO_DOCUMENT,
      1u << PLUMB_WARNING_DEBUG },
};
#define NFILES (sizeof files / sizeof files[0])

static void
each_file_is_known_by_itself_and_warned_of(void **state)
{
    (void)state;
    for (size_t i = 0; i < NFILES; i++) {
        struct plumb_evidence *e = read_real(files[i].path);

        if (e->readings[0].kind != files[i].kind)
            fail_msg("%s: %s", files[i].path, plumb_evidence_kind_text(e->readings[0].kind));
        if (e->readings[0].warnings != files[i].warnings)
            fail_msg("%s: warnings 0x%x", files[i].path, e->readings[0].warnings);
        plumb_evidence_free(e);
    }
}

/* --- against what others decoded --- */

/* Their names, where they are not ours. */
static const char *
our_name(const char *theirs)
{
    static const char *const names[][2] = {
        { "plat_info", "platform_info" },
        { "report_id", "" },
        { "report_id_ma", "" },
        { "report_data", "" },
        { "version", "" },
        { "sig_algo", "" },
        { "flags", "" },
        { "current_ver", "" },
        { "committed_ver", "" },
        { "attr_flags", "" },
        { "xfrm", "" },
        { "cpuid", "" },
        { "tee_tcb_svn2", "" },
        { "header_ok", "" },
        { "body", "" },
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i][0], theirs) == 0)
            return names[i][1];
    return theirs;
}

static void
check_value(const char *path, const struct plumb_claims *c, const char *name, const char *want)
{
    const struct plumb_claim *claim = plumb_claims_find(c, name);
    char got[2 * PLUMB_MEASUREMENT_MAX + 1] = "";

    if (claim == NULL) {
        fail_msg("%s: %s was not read", path, name);
        return;
    }
    if (claim->kind->match == PLUMB_MATCH_MIN) {
        if (claim->number != strtoll(want, NULL, 10))
            fail_msg("%s: %s is %lld, not %s", path, name, (long long)claim->number, want);
        return;
    }
    plumb_hex(claim->value, claim->len, got);
    if (strlen(want) != strlen(got)) { /* a number */
        uint64_t number = strtoull(want, NULL, 0), value = 0;

        for (size_t i = claim->len; i-- > 0;)
            value = value << 8 | claim->value[i];
        if (number != value)
            fail_msg("%s: %s is %s, not %s", path, name, got, want);
    } else if (strcmp(got, want) != 0) {
        fail_msg("%s: %s is %s, not %s", path, name, got, want);
    }
}

static void
what_others_decoded_is_what_is_read(void **state)
{
    PLUMB_AUTO(plumb_bytes_clear)
    struct plumb_bytes expected = real_file("tees/EXPECTED.txt");
    struct plumb_evidence *e = NULL;
    char path[128] = "", *rest = NULL;
    size_t checked = 0;

    (void)state;
    for (char *line = strtok_r((char *)expected.data, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        char name[64], value[160];

        if (line[0] != ' ') {
            plumb_evidence_free(e);
            assert_int_equal(sscanf(line, "%127s", path), 1);
            e = read_real(path);
        } else if (strncmp(line, "    ", 4) == 0 &&
                   sscanf(line, " %63s %159s", name, value) == 2 && our_name(name)[0] != '\0') {
            check_value(path, &e->readings[0].claims, our_name(name), value);
            checked++;
        }
    }
    plumb_evidence_free(e);
    assert_true(checked >= 90);
}

static void
sigstructs_say_what_others_decoded(void **state)
{
    static const char *const want[][3] = {
        { "sgx/le_prod_css.bin", "mrenclave",
          "7881af9f9def547da9908c008f29cde9bd78064e36ac7e14c83c294ca4806150" },
        { "sgx/le_prod_css.bin", "mrsigner",
          "acb77012053e05a63d413b8bbae8fb6c5d73b3f2996d91c43bbbf90959c0f8d4" },
        { "sgx/le_prod_css.bin", "isvprodid", "2000" },
        { "sgx/le_prod_css.bin", "isvsvn", "7" },
        { "sgx/le_prod_css.bin", "attributes", "25000000000000000300000000000000" },
        { "sgx/sig1.sigstruct.bin", "mrenclave",
          "c50673624a6cb17c1c6c2a4e6906f47a170c4629b8723781d1017ef376f1a75d" },
        { "sgx/sig1.sigstruct.bin", "mrsigner",
          "83d719e77deaca1470f6baf62a4d774303c899db69020f9c70ee1dfc08c7ce9e" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        struct plumb_evidence *e = read_real(want[i][0]);

        check_value(want[i][0], &e->readings[0].claims, want[i][1], want[i][2]);
        plumb_evidence_free(e);
    }
}

static void
nitro_documents_say_what_others_decoded(void **state)
{
    PLUMB_AUTO(plumb_bytes_clear)
    struct plumb_bytes expected = real_file("tees/nitro/EXPECTED-nitro.txt");
    struct plumb_evidence *e = NULL;
    char path[128] = "", *rest = NULL;
    size_t checked = 0;

    (void)state;
    for (char *line = strtok_r((char *)expected.data, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        char value[160], name[16];
        unsigned pcr;

        if (line[0] != ' ') {
            plumb_evidence_free(e);
            assert_int_equal(sscanf(line, "%127s", path), 1);
            e = read_real(path);
        } else if (sscanf(line, " PCR%u %159s", &pcr, value) == 2 && pcr != 4) {
            (void)snprintf(name, sizeof name, "pcr%u", pcr);
            check_value(path, &e->readings[0].claims, name, value);
            checked++;
        }
    }
    plumb_evidence_free(e);
    assert_int_equal(checked, 6);
}

/* What Trustee's verifier says of a quote is what the quote says. */
static void
trustees_claims_are_those_of_the_quote(void **state)
{
    struct plumb_evidence *theirs = read_real("tdx/trustee-claims.json");
    struct plumb_evidence *ours = read_real("tdx/tdx_quote_4.dat");
    const struct plumb_claims *a = &theirs->readings[0].claims, *b = &ours->readings[0].claims;

    (void)state;
    assert_int_equal(a->n, b->n);
    for (size_t i = 0; i < a->n; i++) {
        assert_ptr_equal(a->claims[i].kind, b->claims[i].kind);
        assert_int_equal(a->claims[i].len, b->claims[i].len);
        assert_memory_equal(a->claims[i].value, b->claims[i].value, a->claims[i].len);
    }
    plumb_evidence_free(theirs);
    plumb_evidence_free(ours);
}

/* --- cut short --- */

static void
no_part_of_a_file_is_taken_for_the_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < NFILES; i++) {
        PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes file = { 0 };
        char full[256];
        size_t padding = 0;

        (void)snprintf(full, sizeof full, "tees/%s", files[i].path);
        file = real_file(full);
        while (file.data[file.len - 1 - padding] == 0)
            padding++;
        if (files[i].kind == PLUMB_EVIDENCE_SNP_REPORT)
            padding = 0;
        if (files[i].kind == PLUMB_EVIDENCE_TDX_QUOTE && padding < 1000)
            padding = 0; /* zeros at the end of its certificates */
        for (size_t len = 0; len < file.len - padding; len++) {
            uint8_t *cut = malloc(len > 0 ? len : 1); /* so that a byte too far is noticed */
            struct plumb_evidence *e = NULL;

            assert_non_null(cut);
            memcpy(cut, file.data, len);
            if (plumb_evidence_read(cut, len, &e, NULL) == PLUMB_OK)
                fail_msg("%s: %zu of %zu bytes are enough", files[i].path, len, file.len);
            free(cut);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_file_is_known_by_itself_and_warned_of),
        cmocka_unit_test(what_others_decoded_is_what_is_read),
        cmocka_unit_test(sigstructs_say_what_others_decoded),
        cmocka_unit_test(nitro_documents_say_what_others_decoded),
        cmocka_unit_test(trustees_claims_are_those_of_the_quote),
        cmocka_unit_test(no_part_of_a_file_is_taken_for_the_whole),
    };

    if (!real_there(sizeof tests / sizeof tests[0]))
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
