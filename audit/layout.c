#include "audit/layout.h"

#include <inttypes.h>
#include <stdio.h>

static void
with_width(const char *kind, uint64_t n, unsigned width, char ret[LAYOUT_PATH])
{
    char path[PLUMB_TILE_PATH];

    plumb_tile_path(n, path, sizeof path);
    if (width < PLUMB_TILE_WIDTH)
        (void)snprintf(ret, LAYOUT_PATH, "tile/%s/%s.p/%u", kind, path, width);
    else
        (void)snprintf(ret, LAYOUT_PATH, "tile/%s/%s", kind, path);
}

void
layout_tile(unsigned level, uint64_t n, unsigned width, char ret[LAYOUT_PATH])
{
    char kind[16];

    (void)snprintf(kind, sizeof kind, "%u", level);
    with_width(kind, n, width, ret);
}

void
layout_entries(uint64_t n, unsigned width, char ret[LAYOUT_PATH])
{
    with_width("entries", n, width, ret);
}

void
layout_blob(const struct plumb_digest *digest, char ret[LAYOUT_PATH])
{
    char hex[PLUMB_DIGEST_HEX];

    plumb_digest_hex(digest, hex);
    (void)snprintf(ret, LAYOUT_PATH, "blobs/%s", hex);
}

void
layout_document(int64_t version, char ret[LAYOUT_PATH])
{
    (void)snprintf(ret, LAYOUT_PATH, "governance/%" PRId64 ".json", version);
}

void
layout_summary(const struct plumb_digest *release, char ret[LAYOUT_PATH])
{
    char hex[PLUMB_DIGEST_HEX];

    plumb_digest_hex(release, hex);
    (void)snprintf(ret, LAYOUT_PATH, "summaries/%s.json", hex);
}
