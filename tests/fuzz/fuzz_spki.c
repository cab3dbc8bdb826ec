/* fuzz_spki.c - a key that is taken has one DER form, and OpenSSL writes the same. */
#include <openssl/x509.h>
#include <plumb/key.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct plumb_pubkey *key = NULL;
    unsigned char *again = NULL;
    const uint8_t *spki;
    EVP_PKEY *pkey;
    size_t len;

    if (plumb_pubkey_from_spki(data, size, NULL, false, "", &key, NULL) != PLUMB_OK)
        return 0;
    spki = plumb_pubkey_spki(key, &len);
    if (len != size || memcmp(spki, data, size) != 0)
        abort();
    pkey = d2i_PUBKEY(NULL, &data, (long)size);
    if (pkey == NULL || i2d_PUBKEY(pkey, &again) != (int)size || memcmp(spki, again, len) != 0)
        abort();
    OPENSSL_free(again);
    EVP_PKEY_free(pkey);
    plumb_pubkey_free(key);
    return 0;
}
