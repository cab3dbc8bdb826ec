/* Archives: whatever they hold, what is read has the size and the name that were judged. */
#include "supply/zip.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct plumb_bytes all = { (uint8_t *)(uintptr_t)data, size };
    const struct zip_source source = zip_memory(&all);
    const struct zip_limits limits = ZIP_LIMITS;
    struct plumb_err err = { 0 };
    struct zip *z = NULL;
    uint64_t total = 0;

    if (zip_open(&source, &limits, &z, &err) != PLUMB_OK) {
        assert(z == NULL && err.rule[0] != '\0');
        return 0;
    }
    for (size_t i = 0; i < zip_count(z); i++) {
        struct plumb_bytes file = { NULL, 0 };
        char where[ZIP_WHERE];

        zip_where(z, i, where);
        assert(strstr(where, "../") == NULL && strchr(where, '\\') == NULL);
        if (zip_read(z, i, &file, &err) == PLUMB_OK)
            total += file.len;
        else
            assert(file.data == NULL && strncmp(err.rule, "zip.", 4) == 0);
        plumb_bytes_clear(&file);
    }
    assert(total <= limits.total && total / limits.ratio <= size);
    zip_close(z);
    return 0;
}
