/*
 * spool.h - a directory that advisories are imported from: each file put there (under another
 * name, then renamed to *.json, *.jsonl or *.zip) is imported once and moved to imported/, or
 * to refused/ when no record of it can be. An empty file is an empty import: the feed was
 * asked.
 */
#ifndef SERVER_SPOOL_H
#define SERVER_SPOOL_H

#include "server/core.h"
#include "server/writer.h"

struct spool;
struct spool_config {
    struct core *core;
    struct writer *writer;
    const char *conninfo, *dir;
};
PLUMB_MUST_CHECK enum plumb_code spool_start(const struct spool_config *config,
                                             struct spool **ret, struct plumb_err *err);
void spool_stop(struct spool *s);

#endif
