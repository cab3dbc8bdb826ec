/* Version orders: they are orders. The first byte says which, then three lines are versions. */
#include "supply/version.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Some at least are placed only with themselves: then nothing follows from them. */
static bool
comes_first(enum version_sign s)
{
    return s == VERSION_LESS || s == VERSION_EQUAL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *v[3] = { "", "", "" };
    enum version_order order;
    enum version_sign s[3][3];
    char *text, *at;

    if (size == 0)
        return 0;
    order = (enum version_order)(data[0] % VERSION_ORDER_COUNT);
    text = malloc(size);
    if (text == NULL)
        return 0;
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    at = text;
    for (size_t i = 0; i < 3 && at != NULL; i++)
        v[i] = strsep(&at, "\n");
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < 3; k++)
            s[i][k] = version_compare(order, v[i], v[k]);
    for (size_t i = 0; i < 3; i++) {
        assert(s[i][i] == VERSION_EQUAL);
        for (size_t k = 0; k < 3; k++) {
            if (s[i][k] == VERSION_UNDETERMINED)
                assert(s[k][i] == VERSION_UNDETERMINED);
            else
                assert((int)s[i][k] == -(int)s[k][i]);
            for (size_t m = 0; m < 3; m++)
                if (comes_first(s[i][k]) && comes_first(s[k][m]) &&
                    s[i][m] != VERSION_UNDETERMINED)
                    assert(comes_first(s[i][m]));
        }
    }
    free(text);
    return 0;
}
