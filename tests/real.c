#include "tests/t.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/real.h"

bool
real_there(size_t tests)
{
    const char *data = getenv("PLUMB_DATA");

    if (data != NULL && access(data, R_OK) == 0)
        return true;
    print_message("skip: no real files here (PLUMB_DATA)\n");
    print_message("0 passed, 0 failed, %zu skipped\n", tests);
    return false;
}

struct plumb_bytes
real_file(const char *path)
{
    struct plumb_bytes bytes = { 0 };
    char full[4096];
    long size;
    FILE *f;

    (void)snprintf(full, sizeof full, "%s/%s", getenv("PLUMB_DATA"), path);
    f = fopen(full, "rb");
    if (f == NULL)
        fail_msg("%s: cannot be read", full);
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    size = ftell(f);
    assert_true(size >= 0 && fseek(f, 0, SEEK_SET) == 0);
    bytes.data = malloc((size_t)size + 1);
    assert_non_null(bytes.data);
    bytes.len = fread(bytes.data, 1, (size_t)size, f);
    assert_int_equal(bytes.len, size);
    bytes.data[bytes.len] = 0;
    (void)fclose(f);
    return bytes;
}
