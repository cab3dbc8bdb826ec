/*
 * zip.h - the files of a zip archive as feeds publish it, read strictly and never written
 * anywhere: stored or deflated *.json files, each where the directory says, of the sizes that
 * it says, and nothing else. The whole directory is judged before a byte is inflated.
 */
#ifndef SUPPLY_ZIP_H
#define SUPPLY_ZIP_H

#include <plumb/bytes.h>
#include <stdbool.h>

/* Where the archive's bytes come from; borrowed. */
struct zip_source {
    /* All of len bytes from at on; false: they cannot be read. */
    bool (*read)(void *arg, uint64_t at, void *into, size_t len);
    void *arg;
    uint64_t len;
};
/* These bytes, as long as they are there. */
struct zip_source zip_memory(const struct plumb_bytes *bytes);

struct zip_limits {
    uint64_t archive;   /* bytes of the archive */
    uint64_t directory; /* of its directory, which is held in memory */
    uint64_t entries;
    uint64_t entry; /* bytes of one file */
    uint64_t total; /* of all files */
    uint64_t ratio; /* of all files, against the archive */
};
/* OSV's whole database is a gigabyte of half a million files, and compresses to a tenth. */
#define ZIP_LIMITS                                                                             \
    ((struct zip_limits){ .archive = UINT32_MAX,                                               \
                          .directory = 128u << 20,                                             \
                          .entries = 1u << 20,                                                 \
                          .entry = 64u << 20,                                                  \
                          .total = (uint64_t)64 << 30,                                         \
                          .ratio = 100 })

/* Do these first bytes begin an archive? */
#define ZIP_MAGIC 4
bool zip_is(const void *data, size_t len);

/*
 * Reads the directory. Refused are, each at the entry that it is about ("entry 3: a/b.json"):
 * "zip.size", "zip.count", "zip.entry-size", "zip.total", "zip.ratio" (a limit);
 * "zip.form" (no archive, a part of one, or something before, between or after its parts);
 * "zip.encrypted"; "zip.method"; "zip.path" (absolute, climbing, of another system, not plain);
 * "zip.type" (a link, a device); "zip.name" (not *.json); "zip.twice"; "zip.overlap".
 * "zip.read": the source failed (PLUMB_UNAVAILABLE).
 */
struct zip;
PLUMB_MUST_CHECK enum plumb_code zip_open(const struct zip_source *source,
                                          const struct zip_limits *limits, struct zip **ret,
                                          struct plumb_err *err);
void zip_close(struct zip *z);

/* Its files, in the order in which they lie in the archive; folders are none. */
size_t zip_count(const struct zip *z);
/* "entry 3: a/b.json" */
#define ZIP_WHERE 128
void zip_where(const struct zip *z, size_t i, char ret[ZIP_WHERE]);

/*
 * The bytes of the i-th file. "zip.local" (its own header tells another story than the
 * directory), "zip.overlap", "zip.data" (does not give the bytes that the directory speaks of).
 */
PLUMB_MUST_CHECK enum plumb_code zip_read(struct zip *z, size_t i, struct plumb_bytes *ret,
                                          struct plumb_err *err);

#endif
