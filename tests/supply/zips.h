/* zips.h - zip archives byte by byte, good ones and all others. */
#ifndef TESTS_ZIPS_H
#define TESTS_ZIPS_H

#include <plumb/bytes.h>

#include "supply/zip.h"

/* One entry; what is 0 is as it should be. */
struct zips_entry {
    const char *name;
    size_t name_len; /* of a name that has a NUL */
    const char *data;
    bool deflate;
    bool later;           /* sizes follow the data */
    unsigned flags;       /* besides */
    unsigned made_on;     /* 3 is Unix */
    uint32_t attributes;  /* as the directory has them */
    uint32_t size;        /* that the directory and the header say */
    uint32_t local_size;  /* that the header says */
    const char *local;    /* the name in the header, of the same length */
    unsigned method;      /* that both say */
    uint32_t wrong;       /* added to the checksum */
    const char *hidden;   /* bytes after its data */
    bool at_first;        /* the directory points to the first entry's header */
    uint32_t packed_more; /* added to its size in the archive, in both */
};

/* The archive of these. The caller frees it. */
struct plumb_bytes zips_make(const struct zips_entry *entries, size_t n);
/* One with the end record of a large archive. */
struct plumb_bytes zips_make_large(const struct zips_entry *entries, size_t n);

#endif
