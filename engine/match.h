/* match.h - advisories against bills of materials, gathered before anything changes. */
#ifndef ENGINE_MATCH_H
#define ENGINE_MATCH_H

#include "engine/kinds.h"
#include "engine/watch.h"

/* The release's bill of materials, or what is said about it, may be another now. */
PLUMB_MUST_CHECK enum plumb_code match_bill(struct engine *e, struct moment at,
                                            const struct plumb_digest *release,
                                            struct plumb_err *err);
/* Takes a, also on failure. *ret_changed: it is new, or was modified later than what is on
 * file. */
PLUMB_MUST_CHECK enum plumb_code match_advisory(struct engine *e, struct moment at,
                                                struct osv_advisory *a, bool *ret_changed,
                                                struct plumb_err *err);

#endif
