/* Root stores and folders. */
#include "tests/t.h"

#include <plumb/artifact.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/pieces.h"
#include "tests/scarce.h"

static struct piece a, b;

static void
a_root_stores_digest_does_not_go_by_order_comments_or_repeats(void **state)
{
    static struct piece one, two;
    struct plumb_roots x = { 0 }, y = { 0 };
    struct plumb_err err = { 0 };

    (void)state;
    one.len = two.len = a.len = b.len = 0;
    put_certificate(&one, "First Root");
    put_certificate(&two, "Second\nRoot");
    put(&a, one.data, one.len);
    put(&a, two.data, two.len);
    put(&b, "# the second, and twice the first\n", 34);
    put(&b, two.data, two.len);
    put(&b, one.data, one.len);
    put(&b, one.data, one.len);
    assert_ok(plumb_roots_read(a.data, a.len, &x, &err), &err);
    assert_ok(plumb_roots_read(b.data, b.len, &y, &err), &err);
    assert_int_equal(x.n, 2);
    assert_int_equal(y.n, 2);
    assert_true(plumb_digest_eq(&x.digest, &y.digest));
    assert_true(plumb_digest_cmp(&x.roots[0].fingerprint, &x.roots[1].fingerprint) < 0);
    for (size_t i = 0; i < x.n; i++) {
        assert_true(strcmp(x.roots[i].subject, "CN=First Root") == 0 ||
                    strcmp(x.roots[i].subject, "CN=Second\\0ARoot") == 0);
        assert_int_equal(x.roots[i].not_after, 1893456000);
        assert_string_equal(x.roots[i].key, "EC 256");
    }
    plumb_roots_clear(&x);
    plumb_roots_clear(&y);
}

static void
a_root_stores_digest_is_that_of_its_sorted_fingerprints(void **state)
{
    struct plumb_roots x = { 0 };
    struct plumb_err err = { 0 };
    struct plumb_digest want;
    char text[2 * PLUMB_DIGEST_HEX + 1];

    (void)state;
    a.len = 0;
    put_certificate(&a, "One");
    put_certificate(&a, "Two");
    assert_ok(plumb_roots_read(a.data, a.len, &x, &err), &err);
    plumb_digest_hex(&x.roots[0].fingerprint, text);
    text[64] = '\n';
    plumb_digest_hex(&x.roots[1].fingerprint, text + 65);
    text[129] = '\n';
    plumb_sha256(text, 130, &want);
    assert_true(plumb_digest_eq(&x.digest, &want));
    plumb_roots_clear(&x);
}

static void
what_is_no_certificate_is_refused(void **state)
{
    static const struct {
        const char *text, *rule;
    } cases[] = {
        { "", "roots.empty" },
        { "nothing", "roots.empty" },
        { "-----BEGIN CERTIFICATE-----\n", "roots.form" },
        { "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "roots.form" },
        { "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "roots.form" },
    };
    struct plumb_roots x = { 0 };
    struct plumb_err err = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_refused(cases[i].rule,
                       plumb_roots_read(cases[i].text, strlen(cases[i].text), &x, &err), &err);
        a.len = 0; /* nor behind one that is good */
        put_certificate(&a, "Good");
        put(&a, cases[i].text, strlen(cases[i].text));
        if (strcmp(cases[i].rule, "roots.form") == 0)
            assert_refused("roots.form", plumb_roots_read(a.data, a.len, &x, &err), &err);
    }
    assert_null(x.roots);
}

static void
a_root_store_cut_short_is_refused(void **state)
{
    struct plumb_roots x = { 0 };

    (void)state;
    a.len = 0;
    put_certificate(&a, "One");
    while (a.data[a.len - 1] == '\n') /* what ends the last line need not be there */
        a.len--;
    for (size_t len = 0; len < a.len; len++) {
        uint8_t *cut = malloc(len > 0 ? len : 1);

        assert_non_null(cut);
        memcpy(cut, a.data, len);
        if (plumb_roots_read(cut, len, &x, NULL) == PLUMB_OK)
            fail_msg("%zu of %zu bytes are enough", len, a.len);
        free(cut);
    }
}

static void
a_folders_digest_is_that_of_what_sha256sum_prints(void **state)
{
    static const char printed[] =
        "0000000000000000000000000000000000000000000000000000000000000000  A/z\n"
        "0000000000000000000000000000000000000000000000000000000000000000  a\n";
    struct plumb_file files[2] = { { .path = "a" }, { .path = "A/z" } };
    struct plumb_digest got, want;
    struct plumb_err err = { 0 };

    (void)state;
    plumb_sha256(printed, sizeof printed - 1, &want);
    assert_ok(plumb_folder_digest(files, 2, &got, &err), &err);
    assert_true(plumb_digest_eq(&got, &want));
    files[0].digest.b[31] = 1;
    assert_ok(plumb_folder_digest(files, 2, &got, &err), &err);
    assert_false(plumb_digest_eq(&got, &want));
}

static void
a_path_that_could_be_read_in_two_ways_is_refused(void **state)
{
    static const char *const paths[] = { "a\nb", "a\\b", "", "\x7f" };
    struct plumb_file twice[2] = { { .path = "a" }, { .path = "a" } };
    struct plumb_digest d;
    struct plumb_err err = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct plumb_file f = { .path = paths[i] };

        assert_refused("folder.path", plumb_folder_digest(&f, 1, &d, &err), &err);
    }
    assert_refused("folder.path", plumb_folder_digest(twice, 2, &d, &err), &err);
    assert_refused("folder.empty", plumb_folder_digest(twice, 0, &d, &err), &err);
}

static void
memory_that_runs_out_is_said_to(void **state)
{
    (void)state;
    a.len = 0;
    put_certificate(&a, "One");
    for (size_t n = 0;; n++) {
        struct plumb_roots x = { 0 };
        enum plumb_code code;

        scarce_begin(n);
        code = plumb_roots_read(a.data, a.len, &x, NULL);
        plumb_roots_clear(&x);
        if (!scarce_end()) {
            assert_int_equal(code, PLUMB_OK);
            break;
        }
        assert_int_equal(code, PLUMB_NO_MEMORY);
    }
}

static void
kinds_are_read_back(void **state)
{
    struct plumb_err err = { 0 };
    enum plumb_artifact got;

    (void)state;
    for (enum plumb_artifact k = 0; k < PLUMB_ARTIFACT_COUNT; k++) {
        assert_ok(plumb_artifact_parse(plumb_artifact_text(k), &got, &err), &err);
        assert_int_equal(got, k);
    }
    assert_refused("artifact.kind", plumb_artifact_parse("roots", &got, &err), &err);
}

/* PLUMB_ACCEPT=1 writes it anew: the fuzz target starts from it. */
static void
the_seed_of_the_fuzz_target_is_written_on_request(void **state)
{
    char path[4096];
    FILE *f;

    (void)state;
    if (getenv("PLUMB_ACCEPT") == NULL)
        return;
    a.len = 0;
    put_certificate(&a, "One");
    put_certificate(&a, "Two");
    (void)snprintf(path, sizeof path, "%s/tests/fuzz/seeds/roots/two", getenv("PLUMB_SOURCE"));
    f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(a.data, 1, a.len, f), a.len);
    assert_int_equal(fclose(f), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_root_stores_digest_does_not_go_by_order_comments_or_repeats),
        cmocka_unit_test(a_root_stores_digest_is_that_of_its_sorted_fingerprints),
        cmocka_unit_test(what_is_no_certificate_is_refused),
        cmocka_unit_test(a_root_store_cut_short_is_refused),
        cmocka_unit_test(a_folders_digest_is_that_of_what_sha256sum_prints),
        cmocka_unit_test(a_path_that_could_be_read_in_two_ways_is_refused),
        cmocka_unit_test(memory_that_runs_out_is_said_to),
        cmocka_unit_test(kinds_are_read_back),
        cmocka_unit_test(the_seed_of_the_fuzz_target_is_written_on_request),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
