/* Nitro images whose checksum is right, whatever else is not. */
#include "tests/fuzz/evidence_check.h"

#include <stdlib.h>
#include <string.h>

#define HEADER 548
#define CRC_AT 544

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t
crc32_bits(uint32_t crc, const uint8_t *p, size_t len)
{
    for (crc = ~crc; len > 0; p++, len--) {
        crc ^= *p;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *image;
    uint32_t crc;

    if (size < HEADER)
        return 0;
    image = malloc(size);
    assert(image != NULL);
    memcpy(image, data, size);
    memcpy(image, ".eif", 4);
    crc = crc32_bits(crc32_bits(0, image, CRC_AT), image + HEADER, size - HEADER);
    for (int i = 0; i < 4; i++)
        image[CRC_AT + i] = (uint8_t)(crc >> (24 - 8 * i));
    check_read(image, size);
    free(image);
    return 0;
}
