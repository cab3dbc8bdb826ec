/* Whatever a file is: it is read to a set that can be released, or refused. */
#include "tests/fuzz/evidence_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_read(data, size);
    return 0;
}
