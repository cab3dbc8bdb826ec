/*
 * fuzz_sshkey.c - OpenSSH's wire forms. The first byte says what the rest is: 0 a public key, 1
 * an agent's list, 2 to 5 a signature by a key of each type. A key that is taken is written
 * again as the same bytes; no signature is good.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/sshkey.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Its private half is of no interest: P-256's base point, and a point of Ed25519. */
static const uint8_t p256[] = {
    0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5,
    0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4,
    0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a,
    0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33,
    0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5,
};
static const uint8_t ed25519[] = {
    0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe,
    0xd3, 0xc9, 0x64, 0x07, 0x3a, 0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6,
    0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a,
};

static void
public_key(const uint8_t *data, size_t size)
{
    struct plumb_pubkey *key = NULL;
    struct plumb_bytes again = { NULL, 0 };

    if (plumb_pubkey_from_ssh(data, size, &key, NULL) != PLUMB_OK)
        return;
    if (plumb_pubkey_ssh(key, &again, NULL) != PLUMB_OK || again.len != size ||
        memcmp(again.data, data, size) != 0)
        abort();
    plumb_bytes_clear(&again);
    plumb_pubkey_free(key);
}

static enum plumb_code
touch_key(void *arg, const uint8_t *blob, size_t len, const char *comment, size_t comment_len,
          struct plumb_err *err)
{
    (void)err;
    for (size_t i = 0; i < comment_len; i++)
        *(unsigned *)arg += (unsigned char)comment[i];
    public_key(blob, len);
    return PLUMB_OK;
}

static void
signature(enum plumb_key_type type, const uint8_t *data, size_t size)
{
    const bool edwards = type == PLUMB_KEY_ED25519 || type == PLUMB_KEY_SK_ED25519;
    struct plumb_pubkey *key = NULL;
    struct plumb_bytes sig = { NULL, 0 };

    if (plumb_pubkey_from_raw(
            type, edwards ? ed25519 : p256, edwards ? sizeof ed25519 : sizeof p256,
            plumb_key_type_is_sk(type) ? "ssh:" : NULL, false, "", &key, NULL) != PLUMB_OK)
        abort();
    if (plumb_pubkey_verify(key, "message", 7, data, size, NULL) == PLUMB_OK)
        abort();
    if (plumb_signature_from_ssh(key, data, size, &sig, NULL) == PLUMB_OK &&
        plumb_pubkey_verify(key, "message", 7, sig.data, sig.len, NULL) == PLUMB_OK)
        abort();
    plumb_bytes_clear(&sig);
    plumb_pubkey_free(key);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned sum = 0;

    if (size == 0)
        return 0;
    if (data[0] == 0)
        public_key(data + 1, size - 1);
    else if (data[0] == 1)
        (void)!plumb_agent_list_read(data + 1, size - 1, touch_key, &sum, NULL);
    else if (data[0] - 2 < PLUMB_KEY_TYPE_COUNT)
        signature((enum plumb_key_type)(data[0] - 2), data + 1, size - 1);
    return 0;
}
