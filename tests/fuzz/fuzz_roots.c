/* Root stores: sorted, each root once, described in plain characters. */
#include <plumb/artifact.h>

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct plumb_roots r = { 0 };
    struct plumb_err err = { 0 };

    if (plumb_roots_read(data, size, &r, &err) != PLUMB_OK) {
        assert(r.roots == NULL && err.rule[0] != '\0');
        return 0;
    }
    assert(r.n > 0 && plumb_is_pem(data, size));
    for (size_t i = 0; i < r.n; i++) {
        assert(i == 0 ||
               plumb_digest_cmp(&r.roots[i - 1].fingerprint, &r.roots[i].fingerprint) < 0);
        for (const char *c = r.roots[i].subject; *c != '\0'; c++)
            assert(*c >= 0x20 && *c <= 0x7e);
    }
    plumb_roots_clear(&r);
    return 0;
}
