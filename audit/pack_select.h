/* audit/pack_select.h - which entries of a log make up a version's evidence pack; for
 * pack_make.c. */
#ifndef AUDIT_PACK_SELECT_H
#define AUDIT_PACK_SELECT_H

#include "audit/pack.h"

struct chosen {
    uint64_t index;
    enum plumb_kind kind;
    struct plumb_digest id;
    struct plumb_digest about; /* the release; zero where it is about all */
    struct plumb_bytes bytes;  /* owned */
};
struct chosen_list {
    struct chosen *v; /* ascending by index */
    size_t n, room;
    struct plumb_digest release; /* the last one that has the name */
};
void chosen_clear(struct chosen_list *l);

/*
 * Looks at every entry below size, and believes none: the genesis and every governance change
 * with its votes; the release, evidence, waivers, evaluation and moves of the version with
 * theirs; and, up to the entry that completed the approval which was evaluated, every import of
 * advisories. Rule "version.unknown".
 */
PLUMB_MUST_CHECK enum plumb_code pack_select(const struct pack_making *making, uint64_t size,
                                             struct chosen_list *ret, struct plumb_err *err);

#endif
