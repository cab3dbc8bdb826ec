/* Items of CBOR one after the other: what each says is inside the input, and the walk ends. */
#include <assert.h>

#include "lib/cbor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cbor c = { data, size };
    struct plumb_err err = { 0 };
    struct cbor_item item;

    while (c.n > 0) {
        const uint8_t *before = c.p;

        if (cbor_next(&c, &item, &err) != PLUMB_OK) {
            assert(c.p == before && err.rule[0] != '\0');
            break;
        }
        assert(c.p > before && c.p + c.n == data + size);
        if (item.type == CBOR_BYTES || item.type == CBOR_TEXT)
            assert(item.data > before && item.data + item.value == c.p);
        if (item.type == CBOR_ARRAY)
            assert(item.value <= c.n);
        if (item.type == CBOR_MAP)
            assert(item.value <= c.n / 2);
    }
    return 0;
}
