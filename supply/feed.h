/* feed.h - files of advisories as people and feeds have them, as the lines of an import. */
#ifndef SUPPLY_FEED_H
#define SUPPLY_FEED_H

#include <plumb/bytes.h>
#include <plumb/err.h>

#include "supply/zip.h"

#define FEED_BYTES  (64u << 20) /* of one file */
#define FEED_IMPORT (16u << 20) /* bytes of lines that are best sent as one import */

/* Lines gathered: each a record that can be imported, and a line feed. */
struct feed {
    char *lines; /* owned */
    size_t len, room, count;
};
void feed_clear(struct feed *f);

/* A record that cannot be read: which of the file (from 1), and why. */
typedef void feed_refused_fn(void *arg, size_t record, const struct plumb_err *why);

/*
 * Adds what a file has: one OSV record, or one a line. Records that cannot be read are told of
 * and left out; refused may be NULL. Fails only by "feed.size" and without memory.
 */
PLUMB_MUST_CHECK enum plumb_code feed_add(struct feed *f, const void *data, size_t len,
                                          feed_refused_fn *refused, void *arg,
                                          struct plumb_err *err);

/*
 * The records from *at (0: the first) on that are one import: as many as fit FEED_IMPORT, and
 * one at least. False: none are left. What it says is borrowed from f, and not cleared.
 */
bool feed_next(const struct feed *f, size_t *at, struct feed *ret);

/* What becomes of an archive. */
struct feed_zip {
    void *arg;
    /* Records to import: about FEED_IMPORT, or what one file more has. They are cleared after
     * it. */
    enum plumb_code (*take)(void *arg, struct feed *feed, struct plumb_err *err);
    /* As feed_refused_fn, of this file of the archive; may be NULL. */
    void (*refused)(void *arg, const char *file, size_t record, const struct plumb_err *why);
    /* Between two files; what is "checking" or "importing". False stops: "feed.stopped". */
    bool (*goes_on)(void *arg, const char *what, uint64_t done, uint64_t total);
};

/*
 * Gives out the records of a zip archive's files. Every file is unpacked once to see that the
 * archive is whole and keeps its word, before any record is given out. Rules of supply/zip.h;
 * PLUMB_UNAVAILABLE, "feed.stopped".
 */
PLUMB_MUST_CHECK enum plumb_code feed_zip(const struct zip_source *source,
                                          const struct feed_zip *f, struct plumb_err *err);

#endif
