/* restore.h - puts back from an export what a database that was restored from a backup has
 * lost.
 */
#ifndef SERVER_RESTORE_H
#define SERVER_RESTORE_H

#include "server/core.h"

struct restored {
    uint64_t before, after; /* entries of the log */
    bool proven;            /* a kept checkpoint said how long the log was at least */
};

/*
 * Append the entries of the export in directory path (docs/auditing.md) that the database of
 * core lacks, with their own times: afterwards the database holds the very log that the
 * export's checkpoint signs, with its blobs, publications and lists, and that checkpoint is the
 * one that is kept. For a core that nothing else uses yet.
 *
 * All or nothing. Every entry is judged again by its own signatures and the engine's rules.
 * Rules: "restore.log" (no log key of this instance signed the export's checkpoint),
 * "restore.nothing" (the database has all of it), "restore.short" (the kept checkpoint has more
 * entries), "restore.fork" (the export does not continue the database, or not the kept
 * checkpoint), "restore.blob" (one is missing, or not of its digest), "restore.root",
 * "restore.raced" (another instance appended meanwhile); those of the engine, with the entry's
 * index; "dir." rules and "entries." rules of the export.
 */
PLUMB_MUST_CHECK enum plumb_code restore_log(struct core *core, struct db *db, const char *path,
                                             struct restored *ret, struct plumb_err *err);

#endif
