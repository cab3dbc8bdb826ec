/* zip_directory.h - private to supply/zip*.c: the directory at a zip archive's end, judged. */
#ifndef SUPPLY_ZIP_DIRECTORY_H
#define SUPPLY_ZIP_DIRECTORY_H

#include "supply/zip.h"

#define ZIP_NAME_MAX 255u
#define ZIP_LOCAL    0x04034b50u
#define ZIP_STORED   0
#define ZIP_DEFLATED 8
#define ZIP_SIZES_LATER                                                                        \
    0x0008u /* flag: sizes follow the data, and the local header has none                      \
             */

/* One file, as the directory says. */
struct zip_file {
    const char *name; /* borrowed from the directory; does not end with a NUL */
    uint16_t name_len, flags, method;
    uint32_t crc, packed, size; /* packed: bytes in the archive */
    uint32_t local;             /* where its own header is */
    uint32_t end;               /* where the next one's is, or the directory */
    size_t number;              /* in the directory, from 1 */
};

struct zip_directory {
    struct zip_file *files; /* owned; ascending by local; folders left out */
    size_t nfiles;
    uint8_t *bytes; /* owned */
};
void zip_directory_clear(struct zip_directory *d);

/* As zip_open. */
PLUMB_MUST_CHECK enum plumb_code zip_directory_read(const struct zip_source *source,
                                                    const struct zip_limits *limits,
                                                    struct zip_directory *ret,
                                                    struct plumb_err *err);

static inline uint16_t
zip_le16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t
zip_le32(const uint8_t *p)
{
    return zip_le16(p) | (uint32_t)zip_le16(p + 2) << 16;
}

#endif
