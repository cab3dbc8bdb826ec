/* world.h - a story, a verifier that trusts its genesis, and what that one reads. */
#ifndef TESTS_LIB_WORLD_H
#define TESTS_LIB_WORLD_H

#include "tests/story.h"

struct world {
    struct story story;
    struct plumb_trust *trust;
    struct plumb_bytes file;
    struct plumb_bundle *bundle;
    struct plumb_memory *memory;
    struct plumb_err err;
};

void world_begin(struct world *w, void (*edit)(struct make *m));
void world_end(struct world *w);
/* Renders what was published, and reads it without a memory. */
enum plumb_code world_read(struct world *w);
/* The same after publishing what the story says now. */
enum plumb_code world_publish(struct world *w);
/* Renders with a consistency proof from that size (0: none) and reads with the memory, which is
 * replaced on success. */
enum plumb_code world_pull(struct world *w, uint64_t from);
/* NULL when it is not accepted. */
const struct plumb_accepted *world_accepted(const struct world *w, const char *version);

#endif
