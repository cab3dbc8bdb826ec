/* The hash of tables, against OpenSSL's. */
#include "tests/t.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <string.h>

#include "lib/siphash.h"

static uint64_t
openssls(const unsigned char *secret, const void *data, size_t len)
{
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "SIPHASH", NULL);
    EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);
    size_t size = 8, got;
    unsigned c = 1, d = 3;
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size),
        OSSL_PARAM_construct_uint(OSSL_MAC_PARAM_C_ROUNDS, &c),
        OSSL_PARAM_construct_uint(OSSL_MAC_PARAM_D_ROUNDS, &d),
        OSSL_PARAM_construct_end(),
    };
    unsigned char out[8];
    uint64_t ret = 0;

    assert_non_null(ctx);
    assert_int_equal(EVP_MAC_init(ctx, secret, SIPHASH_SECRET, params), 1);
    assert_int_equal(EVP_MAC_update(ctx, data, len), 1);
    assert_int_equal(EVP_MAC_final(ctx, out, &got, sizeof out), 1);
    assert_int_equal(got, 8);
    for (size_t i = 0; i < 8; i++)
        ret |= (uint64_t)out[i] << 8 * i;
    EVP_MAC_CTX_free(ctx);
    EVP_MAC_free(mac);
    return ret;
}

static void
it_is_siphash_1_3_of_every_length(void **state)
{
    unsigned char secret[SIPHASH_SECRET], data[300];

    (void)state;
    for (unsigned round = 0; round < 3; round++) {
        struct siphash h;

        for (size_t i = 0; i < sizeof secret; i++)
            secret[i] = (unsigned char)(i * 17 + round * 101);
        for (size_t i = 0; i < sizeof data; i++)
            data[i] = (unsigned char)(i * 31 + round * 7);
        h = siphash_init(secret);
        for (size_t len = 0; len <= sizeof data; len++)
            assert_true(siphash(&h, data, len) == openssls(secret, data, len));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_siphash_1_3_of_every_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
