/* proposed.h - what a proposal asks for: made of its statement once, shared by its records. */
#ifndef ENGINE_PROPOSED_H
#define ENGINE_PROPOSED_H

#include "engine/context.h"

/* In memory of the state's own. The caller releases it (proposed_release). */
PLUMB_MUST_CHECK enum plumb_code proposed_make(const struct context *c, struct proposed **ret,
                                               struct plumb_err *err);
/* By the names of kinds and actions: "release svr2@1.2", "begin svr2@1.2 in prod". */
void proposed_describe(const struct proposed *what, char *ret, size_t size);

#endif
