/*
 * alias.h - the names of one vulnerability: an advisory's id and its aliases, and theirs, as
 * far as it goes. They are one identity for waivers and VEX. Whoever may import advisories may
 * join names, and so decides what a statement about one of them covers.
 */
#ifndef SUPPLY_ALIAS_H
#define SUPPLY_ALIAS_H

#include "supply/osv.h"

struct aliases;
PLUMB_MUST_CHECK enum plumb_code aliases_new(struct aliases **ret, struct plumb_err *err);
void aliases_free(struct aliases *a);

/* Joins the id and its aliases. What is joined stays so. */
PLUMB_MUST_CHECK enum plumb_code aliases_add(struct aliases *a, const struct osv_advisory *o,
                                             struct plumb_err *err);
/* The first, in byte order, of the names of one vulnerability; the id itself where nobody has
 * told of it. Borrowed. */
const char *aliases_first(const struct aliases *a, const char *id);
/* All of them, sorted: of an id that nobody has told of, that alone. The caller frees *ret, not
 * what it points to. */
PLUMB_MUST_CHECK enum plumb_code aliases_list(const struct aliases *a, const char *id,
                                              const char ***ret, size_t *ret_n,
                                              struct plumb_err *err);

#endif
