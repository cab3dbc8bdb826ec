/* fleet_read.h - payloads and fleets as a document states them; for lib/ only. */
#ifndef LIB_FLEET_READ_H
#define LIB_FLEET_READ_H

#include "lib/governance.h"

/* g has its roles already; the fleets want its payloads too. */
PLUMB_MUST_CHECK enum plumb_code plumb_payloads_read(struct plumb_governance *g,
                                                     struct pool *pool,
                                                     const struct plumb_jv *v,
                                                     struct plumb_err *err);
/* Rules "governance.fleet", "governance.platform" and those of forms. */
PLUMB_MUST_CHECK enum plumb_code plumb_fleets_read(struct plumb_governance *g,
                                                   struct pool *pool, const struct plumb_jv *v,
                                                   struct plumb_err *err);

#endif
