/* packs.h - evidence packs taken apart, changed, and put together again as who forges one
 * would: archive, manifest and digests are right, whatever else is not. */
#ifndef TESTS_AUDIT_PACKS_H
#define TESTS_AUDIT_PACKS_H

#include "audit/archive.h"
#include "audit/pack.h"
#include "tests/audit/log.h"

struct packs {
    json_t *manifest;
    struct archive_file *files; /* without the manifest; their bytes are owned */
    size_t n;
};

/* The pack of web@version, which must hold; the caller clears it. */
struct plumb_bytes packs_make(struct log *l, const char *version);
/* What making it is refused by. */
const char *packs_refused(struct log *l, const char *version, struct plumb_err *err);

void packs_take(struct packs *p, const struct plumb_bytes *bytes);
void packs_clear(struct packs *p);
struct archive_file *packs_file(struct packs *p, const char *name); /* NULL: none */
/* Replaces, adds or (bytes NULL) removes a file. */
void packs_put(struct packs *p, const char *name, const void *bytes, size_t len);
/* Together again, with a manifest of what there is. */
struct plumb_bytes packs_write(const struct packs *p);

/* The report of an audit of it; the caller frees it. */
json_t *packs_audit(const struct log *l, const struct plumb_bytes *bytes);
/* Put together, some finding is by this rule, at this entry (or AUDIT_NO_ENTRY). */
void packs_finds(const struct log *l, const struct packs *p, const char *rule, uint64_t index);

#endif
