#include "tests/t.h"

#include <openssl/evp.h>
#include <plumb/bytes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"
#include "tests/scarce.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static void
a_copy_is_its_own_and_ends_in_nul(void **state)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes b = { 0 };
    struct plumb_err err;
    char original[] = "a\0b";

    (void)state;
    assert_ok(plumb_bytes_copy(original, 3, &b, &err), &err);
    memset(original, 'x', 3);
    assert_int_equal(b.len, 3);
    assert_memory_equal(b.data, "a\0b\0", 4);
}

static void
nothing_can_be_copied_and_cleared_twice(void **state)
{
    struct plumb_bytes b = { 0 };
    struct plumb_err err;

    (void)state;
    plumb_bytes_clear(&b);
    plumb_bytes_cleanse(&b);
    assert_ok(plumb_bytes_copy(NULL, 0, &b, &err), &err);
    assert_int_equal(b.len, 0);
    assert_int_equal(b.data[0], 0);
    plumb_bytes_cleanse(&b);
    assert_null(b.data);
    plumb_bytes_clear(&b);
    assert_null(b.data);
}

static void
a_copy_without_memory_leaves_the_result_alone(void **state)
{
    struct plumb_bytes b = { (uint8_t *)"kept", 4 };
    struct plumb_err err;

    (void)state;
    scarce_begin(0);
    assert_int_equal(plumb_bytes_copy("x", 1, &b, &err), PLUMB_NO_MEMORY);
    assert_true(scarce_end());
    assert_string_equal(err.rule, "memory");
    assert_int_equal(plumb_bytes_copy("x", SIZE_MAX, &b, &err), PLUMB_NO_MEMORY);
    assert_string_equal((char *)b.data, "kept");
    assert_int_equal(b.len, 4);
}

/* FIPS 180-4's examples. */
static void
sha256_is_that_of_the_standard(void **state)
{
    static const struct {
        const char *text, *hex;
    } t[] = {
        { "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
        { "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
        { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
    };
    struct plumb_digest d;
    char hex[PLUMB_DIGEST_HEX];

    (void)state;
    for (size_t i = 0; i < COUNT(t); i++) {
        plumb_sha256(t[i].text, strlen(t[i].text), &d);
        plumb_digest_hex(&d, hex);
        assert_string_equal(hex, t[i].hex);
    }
    plumb_sha256(NULL, 0, &d);
    plumb_digest_hex(&d, hex);
    assert_string_equal(hex, t[0].hex);
}

static void
sha256_is_openssl_s_at_every_length_around_its_blocks(void **state)
{
    uint8_t data[300], want[PLUMB_DIGEST_LEN];
    struct plumb_digest d;

    (void)state;
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7);
    for (size_t len = 0; len <= sizeof data; len++) {
        plumb_sha256(data, len, &d);
        assert_int_equal(EVP_Digest(data, len, want, NULL, EVP_sha256(), NULL), 1);
        assert_memory_equal(d.b, want, sizeof want);
    }
}

static void
digests_differ_in_any_byte_and_order_as_bytes_do(void **state)
{
    struct plumb_digest a = { { 0 } }, b;

    (void)state;
    for (size_t i = 0; i < PLUMB_DIGEST_LEN; i++) {
        b = a;
        assert_true(plumb_digest_eq(&a, &b));
        assert_int_equal(plumb_digest_cmp(&a, &b), 0);
        b.b[i] = 0x80;
        assert_false(plumb_digest_eq(&a, &b));
        assert_true(plumb_digest_cmp(&a, &b) < 0);
        assert_true(plumb_digest_cmp(&b, &a) > 0);
    }
}

#define ZEROS62 "00000000000000000000000000000000000000000000000000000000000000"

static void
a_digest_is_64_lower_case_digits(void **state)
{
    static const char *const refused[] = {
        "",
        ZEROS62,
        ZEROS62 "0",
        ZEROS62 "000",
        ZEROS62 "0000",
        ZEROS62 "0A",
        ZEROS62 "0g",
        ZEROS62 " 0",
        ZEROS62 "0\n",
        "0x" ZEROS62,
        "\xff"
        "0" ZEROS62,
    };
    struct plumb_digest d = { { 7 } };
    struct plumb_err err;
    char hex[PLUMB_DIGEST_HEX];

    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++) {
        assert_refused("hex.form", plumb_digest_parse(refused[i], "a.b", &d, &err), &err);
        assert_string_equal(err.where, "a.b");
        assert_int_equal(d.b[0], 7);
    }
    assert_ok(plumb_digest_parse(ZEROS62 "9f", "", &d, &err), &err);
    assert_int_equal(d.b[0], 0);
    assert_int_equal(d.b[31], 0x9f);
    plumb_digest_hex(&d, hex);
    assert_string_equal(hex, ZEROS62 "9f");
}

static void
hex_of_every_byte_reads_back(void **state)
{
    uint8_t all[256], back[256];
    char hex[513];
    size_t n = 0;
    struct plumb_err err;

    (void)state;
    for (size_t i = 0; i < 256; i++)
        all[i] = (uint8_t)i;
    plumb_hex(all, 256, hex);
    assert_int_equal(strlen(hex), 512);
    assert_memory_equal(hex, "000102030405060708090a0b0c0d0e0f10", 34);
    assert_ok(plumb_hex_parse(hex, "", back, sizeof back, &n, &err), &err);
    assert_int_equal(n, 256);
    assert_memory_equal(all, back, 256);
    plumb_hex(all, 0, hex);
    assert_string_equal(hex, "");
}

static void
hex_is_refused_when_odd_too_long_or_anything_but_lower_case(void **state)
{
    static const char *const refused[] = { "0",    "000",    "0A",    "AA",      "0g", "g0",
                                           " 0",   "0 ",     "0x",    "/0",      ":0", "`a",
                                           "00\n", "000000", "0000z", "\xc3\xa9" };
    uint8_t out[2] = { 7, 7 };
    size_t n = 9;
    struct plumb_err err;

    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++) {
        assert_refused("hex.form", plumb_hex_parse(refused[i], "w", out, 2, &n, &err), &err);
        assert_string_equal(err.where, "w");
        assert_int_equal(n, 9);
        assert_int_equal(out[0], 7);
    }
    assert_ok(plumb_hex_parse("", "w", out, 2, &n, &err), &err);
    assert_int_equal(n, 0);
    assert_ok(plumb_hex_parse("00ff", "w", out, 2, &n, &err), &err);
    assert_int_equal(n, 2);
    assert_int_equal(out[1], 0xff);
}

/* RFC 4648 section 10, and what has the last digits of the alphabet. */
static const struct {
    const char *plain, *text, *url;
} base64s[] = {
    { "", "", "" },
    { "f", "Zg==", "Zg" },
    { "fo", "Zm8=", "Zm8" },
    { "foo", "Zm9v", "Zm9v" },
    { "foob", "Zm9vYg==", "Zm9vYg" },
    { "fooba", "Zm9vYmE=", "Zm9vYmE" },
    { "foobar", "Zm9vYmFy", "Zm9vYmFy" },
    { "\xfb\xff", "+/8=", "-_8" },
    { "\xff\xff\xfe", "///+", "___-" },
};

static void
base64_is_that_of_the_rfc_both_ways(void **state)
{
    struct plumb_err err;

    (void)state;
    for (size_t i = 0; i < COUNT(base64s); i++) {
        PLUMB_AUTO(auto_free) char *text = NULL;
        PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes b = { 0 };
        size_t len = strlen(base64s[i].plain);

        assert_ok(plumb_base64(base64s[i].plain, len, &text, &err), &err);
        assert_string_equal(text, base64s[i].text);
        assert_ok(plumb_base64_parse(text, strlen(text), "", &b, &err), &err);
        assert_int_equal(b.len, len);
        assert_memory_equal(b.data, base64s[i].plain, len + 1);
    }
}

static void
lenient_base64_takes_either_alphabet_padded_or_not(void **state)
{
    struct plumb_err err;

    (void)state;
    for (size_t i = 0; i < COUNT(base64s); i++) {
        const char *const forms[] = { base64s[i].text, base64s[i].url };

        for (size_t f = 0; f < 2; f++) {
            PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes b = { 0 };

            assert_ok(plumb_base64_parse_lenient(forms[f], strlen(forms[f]), "", &b, &err),
                      &err);
            assert_int_equal(b.len, strlen(base64s[i].plain));
            assert_memory_equal(b.data, base64s[i].plain, b.len + 1);
        }
    }
}

static void
base64_has_one_text_for_each_value(void **state)
{
    static const struct {
        const char *text;
        bool lenient; /* the lenient reader takes it */
    } t[] = {
        { "Zg", true },
        { "-w==", true },
        { "_w==", true },
        { "A", false },
        { "Zm9vA", false },
        { "Zm8", true },
        { "-_8=", true },
        { "-_8", true },
        { "Z", false },
        { "Zg=", false },
        { "Zg===", false },
        { "Zh==", false },
        { "Zh", false },
        { "Zm9=", false },
        { "Zm9", false },
        { "=", false },
        { "==", false },
        { "===", false },
        { "====", false },
        { "Z===", false },
        { "Zg==Zg==", false },
        { "Zm=v", false },
        { "Z=g=", false },
        { "Zm9v\n", false },
        { "Zm9v\r\n\r\n", false },
        { " Zm9v", false },
        { "Zm 9", false },
        { "Zm9v====", false },
        { "Zm9,", false },
        { "Zm9\xc3", false },
        { "Zm8==", false },
        { "Zm9vY", false },
        { "Zm9v=", false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(t); i++) {
        PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes b = { 0 };
        struct plumb_err err;
        size_t len = strlen(t[i].text);

        assert_refused("base64.form", plumb_base64_parse(t[i].text, len, "k", &b, &err), &err);
        assert_string_equal(err.where, "k");
        assert_null(b.data);
        if (t[i].lenient) {
            assert_ok(plumb_base64_parse_lenient(t[i].text, len, "k", &b, &err), &err);
        } else {
            assert_refused("base64.form",
                           plumb_base64_parse_lenient(t[i].text, len, "k", &b, &err), &err);
            assert_null(b.data);
        }
    }
}

static void
a_nul_inside_base64_is_no_end(void **state)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes b = { 0 };
    struct plumb_err err;

    (void)state;
    assert_refused("base64.form", plumb_base64_parse("Zm9v\0\0\0\0", 8, "", &b, &err), &err);
    assert_refused("base64.form", plumb_base64_parse_lenient("Zm9v\0\0", 6, "", &b, &err),
                   &err);
    assert_ok(plumb_base64_parse("Zm9vZ", 4, "", &b, &err), &err);
    assert_string_equal((char *)b.data, "foo");
}

/* OpenSSL writes the same and finds what we wrote to be what we had. */
static void
base64_agrees_with_openssl_at_every_length(void **state)
{
    uint8_t data[100];
    struct plumb_err err;

    (void)state;
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 37 + 5);
    for (size_t len = 0; len <= sizeof data; len++) {
        PLUMB_AUTO(auto_free) char *text = NULL;
        PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes b = { 0 };
        unsigned char want[200];

        assert_ok(plumb_base64(data, len, &text, &err), &err);
        assert_int_equal(EVP_EncodeBlock(want, data, (int)len), strlen(text));
        assert_string_equal(text, (char *)want);
        assert_ok(plumb_base64_parse(text, strlen(text), "", &b, &err), &err);
        assert_int_equal(b.len, len);
        assert_memory_equal(b.data, data, len);
    }
}

static void
base64_without_memory_leaves_the_result_alone(void **state)
{
    char kept = 'k', *text = &kept;
    struct plumb_bytes b = { (uint8_t *)&kept, 1 };
    struct plumb_err err;

    (void)state;
    scarce_begin(0);
    assert_int_equal(plumb_base64("x", 1, &text, &err), PLUMB_NO_MEMORY);
    assert_true(scarce_end());
    assert_int_equal(plumb_base64("x", SIZE_MAX / 2, &text, &err), PLUMB_NO_MEMORY);
    assert_ptr_equal(text, &kept);
    scarce_begin(0);
    assert_int_equal(plumb_base64_parse("Zm9v", 4, "", &b, &err), PLUMB_NO_MEMORY);
    assert_true(scarce_end());
    assert_ptr_equal(b.data, &kept);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_is_its_own_and_ends_in_nul),
        cmocka_unit_test(nothing_can_be_copied_and_cleared_twice),
        cmocka_unit_test(a_copy_without_memory_leaves_the_result_alone),
        cmocka_unit_test(sha256_is_that_of_the_standard),
        cmocka_unit_test(sha256_is_openssl_s_at_every_length_around_its_blocks),
        cmocka_unit_test(digests_differ_in_any_byte_and_order_as_bytes_do),
        cmocka_unit_test(a_digest_is_64_lower_case_digits),
        cmocka_unit_test(hex_of_every_byte_reads_back),
        cmocka_unit_test(hex_is_refused_when_odd_too_long_or_anything_but_lower_case),
        cmocka_unit_test(base64_is_that_of_the_rfc_both_ways),
        cmocka_unit_test(lenient_base64_takes_either_alphabet_padded_or_not),
        cmocka_unit_test(base64_has_one_text_for_each_value),
        cmocka_unit_test(a_nul_inside_base64_is_no_end),
        cmocka_unit_test(base64_agrees_with_openssl_at_every_length),
        cmocka_unit_test(base64_without_memory_leaves_the_result_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
