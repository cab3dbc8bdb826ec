/* The table of measurements, and the page that is written from it. */
#include "tests/t.h"

#include <plumb/tee.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
table_ascends_by_tee_and_name(void **state)
{
    size_t n, sum = 0;
    const struct plumb_measurement_kind *k = plumb_measurements(&n);

    (void)state;
    for (size_t i = 1; i < n; i++)
        assert_true(k[i - 1].tee < k[i].tee ||
                    (k[i - 1].tee == k[i].tee && strcmp(k[i - 1].name, k[i].name) < 0));
    for (enum plumb_tee t = 0; t < PLUMB_TEE_COUNT; t++) {
        size_t of;

        assert_ptr_equal(plumb_measurements_of(t, &of), k + sum);
        sum += of;
    }
    assert_int_equal(sum, n);
}

static void
every_measurement_is_found_by_its_name_in_its_tee_only(void **state)
{
    size_t n;
    const struct plumb_measurement_kind *k = plumb_measurements(&n);

    (void)state;
    for (size_t i = 0; i < n; i++)
        assert_ptr_equal(plumb_measurement_find(k[i].tee, k[i].name), &k[i]);
    assert_null(plumb_measurement_find(PLUMB_TEE_TDX, "mrenclave"));
    assert_null(plumb_measurement_find(PLUMB_TEE_SGX, ""));
    assert_null(plumb_measurement_find(PLUMB_TEE_OCI, "zzz"));
    assert_null(plumb_measurement_find(PLUMB_TEE_NITRO, "pcr32"));
    assert_null(plumb_measurement_find(PLUMB_TEE_TPM, "pcr24"));
}

static void
every_tee_has_something_that_tells_the_payload(void **state)
{
    (void)state;
    for (enum plumb_tee t = 0; t < PLUMB_TEE_COUNT; t++) {
        size_t n, found = 0;
        const struct plumb_measurement_kind *k = plumb_measurements_of(t, &n);

        for (size_t i = 0; i < n; i++)
            found += k[i].role == PLUMB_ROLE_PAYLOAD;
        assert_true(found > 0);
    }
}

static void
lengths_fit_what_holds_them(void **state)
{
    size_t n;
    const struct plumb_measurement_kind *k = plumb_measurements(&n);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        assert_true(k[i].len <= PLUMB_MEASUREMENT_MAX);
        assert_true(k[i].len2 <= PLUMB_MEASUREMENT_MAX);
        assert_true(k[i].len3 <= PLUMB_MEASUREMENT_MAX);
        if (k[i].match == PLUMB_MATCH_MIN)
            assert_true(k[i].len == 2 || k[i].len == 4);
        assert_int_equal(k[i].debug != NULL, k[i].safe != NULL);
        assert_false(plumb_measurement_len_ok(&k[i], 0));
        assert_false(plumb_measurement_len_ok(&k[i], PLUMB_MEASUREMENT_MAX + 1));
    }
}

static void
debug_bits_are_where_the_vendors_put_them(void **state)
{
    static const struct {
        enum plumb_tee tee;
        const char *name;
        size_t len;
        uint8_t value[PLUMB_MEASUREMENT_MAX];
        bool debug;
    } cases[] = {
        { PLUMB_TEE_SGX, "attributes", 16, { 0x02 }, true },
        { PLUMB_TEE_SGX, "attributes", 16, { 0x07, 0, 0, 0, 0, 0, 0, 0, 0xe7 }, true },
        { PLUMB_TEE_SGX, "attributes", 16, { 0x05, 2, 2, 2, 2, 2, 2, 2, 0xe7 }, false },
        { PLUMB_TEE_TDX, "tdattributes", 8, { 0x01 }, true },
        { PLUMB_TEE_TDX, "tdattributes", 8, { 0xfe, 1, 1, 0x10, 1, 1, 1, 1 }, false },
        { PLUMB_TEE_SNP, "policy", 8, { 0, 0, 0x08 }, true },
        { PLUMB_TEE_SNP, "policy", 8, { 0xff, 0xff, 0xf7, 0xff }, false },
        { PLUMB_TEE_NITRO, "pcr0", 48, { 0 }, true },
        { PLUMB_TEE_NITRO, "pcr0", 48, { [47] = 1 }, false },
        { PLUMB_TEE_NITRO, "pcr1", 48, { 0 }, true },
        { PLUMB_TEE_NITRO, "pcr2", 48, { 0 }, true },
        { PLUMB_TEE_NITRO, "pcr3", 48, { 0 }, false },
        { PLUMB_TEE_CCA, "lifecycle", 2, { 0x30, 0x00 }, false },
        { PLUMB_TEE_CCA, "lifecycle", 2, { 0x30, 0xff }, false },
        { PLUMB_TEE_CCA, "lifecycle", 2, { 0x40, 0x00 }, true },
        { PLUMB_TEE_CCA, "lifecycle", 2, { 0x50, 0x00 }, true },
        { PLUMB_TEE_CCA, "lifecycle", 2, { 0x00, 0x30 }, true },
        { PLUMB_TEE_TPM, "pcr0", 32, { 0 }, false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct plumb_measurement_kind *k =
            plumb_measurement_find(cases[i].tee, cases[i].name);

        assert_non_null(k);
        if (plumb_measurement_debug(k, cases[i].value, NULL, cases[i].len) != cases[i].debug)
            fail_msg("case %zu: %s", i, cases[i].name);
    }
}

static void
names_of_tees_are_read_back(void **state)
{
    struct plumb_err err = { 0 };
    enum plumb_tee tee;

    (void)state;
    for (enum plumb_tee t = 0; t < PLUMB_TEE_COUNT; t++) {
        assert_ok(plumb_tee_parse(plumb_tee_text(t), "", &tee, &err), &err);
        assert_int_equal(tee, t);
    }
    assert_refused("tee.unknown", plumb_tee_parse("SGX", "tee", &tee, &err), &err);
    assert_string_equal(err.where, "tee");
}

static const char page_head[] =
    "# Measurements\n"
    "\n"
    "Written from the table in `lib/tee.c` (`PLUMB_ACCEPT=1 build/tests/test_tee` writes it "
    "anew).\n"
    "\n"
    "Values are hex of the bytes as they stand in the evidence, so integers of SGX, TDX and "
    "SNP are\n"
    "little-endian; what matches by `min` is a JSON integer.\n"
    "\n"
    "| whose | |\n"
    "|---|---|\n"
    "| payload | says which payload runs; each of its sets has at least one |\n"
    "| qualifier | the payload's too, not enough alone: what others choose or extend, "
    "versions, "
    "attributes |\n"
    "| boot | the payload's or the platform's, not enough alone |\n"
    "| platform | the machine's: for a fleet's `platform` sets |\n"
    "| session | differs from report to report: never a reference value; in claims it is read "
    "over |\n"
    "\n"
    "| match | M of a set | met when the evidence |\n"
    "|---|---|---|\n"
    "| equal | `value` | is equal |\n"
    "| min | `min` | is at least that |\n"
    "| mask | `value`, and `mask` if need be | is equal under the mask |\n"
    "| levels | `value` | is at least that in each byte by itself |\n"
    "\n"
    "Debug mode is never accepted, and neither is evidence without the claim that would tell: "
    "SGX `attributes`,\n"
    "TDX `tdattributes`, SNP `policy`, Nitro `pcr0` to `pcr2`, CCA `lifecycle`. SHA-1 banks of "
    "a "
    "TPM are not read.\n"
    "A CCA platform's software components and a TPM's IMA log are lists, which no measurement "
    "is: they are not here.\n"
    "\n"
    "| TEE | name | algorithm | bytes | whose | match | what it is |\n"
    "|---|---|---|---|---|---|---|\n";

static void
page_write(FILE *f)
{
    size_t n;
    const struct plumb_measurement_kind *k = plumb_measurements(&n);

    (void)fputs(page_head, f);
    for (size_t i = 0; i < n; i++) {
        (void)fprintf(f, "| %s | `%s` | %s | ", plumb_tee_text(k[i].tee), k[i].name, k[i].alg);
        if (k[i].len == 0)
            (void)fprintf(f, "any");
        else
            (void)fprintf(f, "%zu", k[i].len);
        if (k[i].len2 != 0)
            (void)fprintf(f, "/%zu", k[i].len2);
        if (k[i].len3 != 0)
            (void)fprintf(f, "/%zu", k[i].len3);
        (void)fprintf(f, " | %s | %s | %s |\n", plumb_measurement_role_text(k[i].role),
                      k[i].role == PLUMB_ROLE_SESSION ? "never" : plumb_match_text(k[i].match),
                      k[i].about);
    }
}

static void
page_in_docs_is_written_from_the_table(void **state)
{
    const char *source = getenv("PLUMB_SOURCE");
    char path[512], *want = NULL, *got;
    size_t want_len = 0, got_len;
    FILE *f;

    (void)state;
    if (source == NULL)
        skip();
    f = open_memstream(&want, &want_len);
    assert_non_null(f);
    page_write(f);
    assert_int_equal(fclose(f), 0);
    (void)snprintf(path, sizeof path, "%s/docs/measurements.md", source);
    if (getenv("PLUMB_ACCEPT") != NULL) {
        f = fopen(path, "w");
        assert_non_null(f);
        assert_int_equal(fwrite(want, 1, want_len, f), want_len);
        assert_int_equal(fclose(f), 0);
    }
    f = fopen(path, "r");
    assert_non_null(f);
    got = calloc(1, want_len + 2);
    assert_non_null(got);
    got_len = fread(got, 1, want_len + 1, f);
    (void)fclose(f);
    assert_int_equal(got_len, want_len);
    assert_string_equal(got, want);
    free(got);
    free(want);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_ascends_by_tee_and_name),
        cmocka_unit_test(every_measurement_is_found_by_its_name_in_its_tee_only),
        cmocka_unit_test(every_tee_has_something_that_tells_the_payload),
        cmocka_unit_test(lengths_fit_what_holds_them),
        cmocka_unit_test(debug_bits_are_where_the_vendors_put_them),
        cmocka_unit_test(names_of_tees_are_read_back),
        cmocka_unit_test(page_in_docs_is_written_from_the_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
