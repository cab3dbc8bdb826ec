/*
 * bundle.h - the bundle file of a fleet (docs/formats.md section 6), rendered from the engine's
 * parts, the log's entries and the blobs.
 */
#ifndef SERVER_BUNDLE_H
#define SERVER_BUNDLE_H

#include <plumb/bundle.h>
#include "server/core.h"

struct bundle_file {
    struct plumb_bytes bytes;
    uint64_t publication; /* index of its entry */
    int64_t revision;
    bool witnessed; /* its checkpoint */
};

/*
 * Render what is published for fleet now. PLUMB_NOT_FOUND, rule "fleet.unknown" or
 * "fleet.unpublished". The caller owns ret->bytes.
 */
PLUMB_MUST_CHECK enum plumb_code bundle_render(struct core *core, struct db *db,
                                               const char *fleet, struct bundle_file *ret,
                                               struct plumb_err *err);

#endif
