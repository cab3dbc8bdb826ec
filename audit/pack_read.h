/* audit/pack_read.h - a pack that was read; for the files audit/pack_*.c. */
#ifndef AUDIT_PACK_READ_H
#define AUDIT_PACK_READ_H

#include "audit/archive.h"
#include "audit/pack.h"

struct pack {
    struct archive archive;
    json_t *manifest;
    const char *payload, *version; /* of manifest */
    struct plumb_digest release, genesis;
    bool *used; /* by file: an entry names it */
};

/* NULL when it has no such file. */
const struct archive_file *pack_file(const struct pack *p, const char *name);

/* Borrows p: its checkpoint and blobs; there is nothing else in it. */
struct audit_source pack_source(struct pack *p);

/* One line of its entries. */
struct pack_entry {
    uint64_t index;
    struct plumb_bytes bytes; /* owned */
    struct plumb_digest proof[PLUMB_PROOF_MAX];
    size_t n;
};
/* The line at *at, which moves on; rule "pack.entries", where the line. */
PLUMB_MUST_CHECK enum plumb_code pack_entry_read(const struct archive_file *f, size_t *at,
                                                 size_t line, struct pack_entry *ret,
                                                 struct plumb_err *err);
/* The other way, without its line feed. */
PLUMB_MUST_CHECK enum plumb_code
pack_entry_line(const struct pack_entry *e, struct plumb_bytes *ret, struct plumb_err *err);

#endif
