/* client/material.h - what is new in a bill of materials, or in a root store: two files read
 * and compared. */
#ifndef CLIENT_MATERIAL_H
#define CLIENT_MATERIAL_H

#include <plumb/artifact.h>

#include "supply/sbom.h"

struct material_bills {
    struct sbom *before, *after; /* before NULL: there was none */
    struct sbom_diff diff;       /* borrows from both */
};
void material_bills_clear(struct material_bills *b);

/* before.data may be NULL: then everything is new. Rules of sbom_read; where says which of the
 * two it was: "before", "after". */
PLUMB_MUST_CHECK enum plumb_code material_bills(const struct plumb_bytes *before,
                                                const struct plumb_bytes *after,
                                                struct material_bills *ret,
                                                struct plumb_err *err);

struct material_roots {
    struct plumb_roots before, after;
};
void material_roots_clear(struct material_roots *r);

/* The same of root stores; after.data may be NULL too: then everything is gone. */
PLUMB_MUST_CHECK enum plumb_code material_roots(const struct plumb_bytes *before,
                                                const struct plumb_bytes *after,
                                                struct material_roots *ret,
                                                struct plumb_err *err);
/* Calls fn for each certificate of either, ascending by fingerprint; after NULL: it is gone,
 * before NULL: it is new. False stops, and is returned. */
typedef bool material_root_fn(void *arg, const struct plumb_root *before,
                              const struct plumb_root *after);
bool material_roots_each(const struct material_roots *r, material_root_fn *fn, void *arg);

#endif
