/* chain.h - for lib/ and engine/ only. */
#ifndef LIB_CHAIN_H
#define LIB_CHAIN_H

#include <plumb/governance.h>

/* Whose key this is, whether it counts or not; NULL when no document lists it. */
const char *plumb_chain_owner(const struct plumb_chain *c, const struct plumb_digest *key_id);

#endif
