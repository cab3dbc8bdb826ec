/* quorum_read.h - quorums as a document states them; for lib/ only. */
#ifndef LIB_QUORUM_READ_H
#define LIB_QUORUM_READ_H

#include "lib/governance.h"

/* The role of this name; rule "governance.role". */
PLUMB_MUST_CHECK enum plumb_code plumb_role_read(const struct plumb_governance *g,
                                                 const char *name, const struct plumb_jv *v,
                                                 uint16_t *ret, struct plumb_err *err);
/* The array of roles v, ascending, none twice. */
PLUMB_MUST_CHECK enum plumb_code plumb_roles_read(const struct plumb_governance *g,
                                                  struct pool *pool, const struct plumb_jv *v,
                                                  uint16_t **ret, size_t *ret_n,
                                                  struct plumb_err *err);
/* g has its roles already. */
PLUMB_MUST_CHECK enum plumb_code plumb_quorum_read(const struct plumb_governance *g,
                                                   struct pool *pool, const struct plumb_jv *v,
                                                   struct plumb_quorum *ret,
                                                   struct plumb_err *err);

#endif
