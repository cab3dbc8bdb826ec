/* derive.h - a fleet's content, derived again only where something changed. */
#ifndef ENGINE_DERIVE_H
#define ENGINE_DERIVE_H

#include "engine/render.h"

/* The payload's section in this fleet may be another now. */
PLUMB_MUST_CHECK enum plumb_code derive_touch(struct engine *e, const char *fleet,
                                              const char *payload, struct plumb_err *err);
/* The entry at index revoked the version in this fleet, or ("") in all. */
PLUMB_MUST_CHECK enum plumb_code derive_revoked(struct engine *e, const char *fleet,
                                                const struct version *v, uint64_t index,
                                                struct plumb_err *err);
/* engine_derive, where part may be NULL: whoever published has stored the parts. */
PLUMB_MUST_CHECK enum plumb_code derive_content(struct engine *e, const char *fleet,
                                                engine_part_fn *part, void *arg,
                                                struct plumb_digest *ret_content,
                                                struct plumb_err *err);

/* A copy of a fleet's record to be changed and put, a new one if there is none. */
PLUMB_MUST_CHECK enum plumb_code fleet_edit(const struct engine *e, const char *fleet,
                                            struct fleet_record **ret, struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code fleet_put(struct engine *e, struct fleet_record *f,
                                           struct plumb_err *err);

#endif
