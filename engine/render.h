/* render.h - the parts of a bundle's content as canonical JSON: docs/formats.md section 6. */
#ifndef ENGINE_RENDER_H
#define ENGINE_RENDER_H

#include "engine/state.h"

void part_clear(struct engine_part *p);

/* *ret_any false, and nothing else written: none of its versions is accepted in the fleet. */
PLUMB_MUST_CHECK enum plumb_code render_section(const struct engine *e, const char *fleet,
                                                const char *payload, struct engine_part *ret,
                                                bool *ret_any, struct plumb_err *err);

/* The bucket that a payload belongs to. */
uint8_t render_bucket_of(const char *payload);
PLUMB_MUST_CHECK enum plumb_code render_payloads(const struct section_name *sections, size_t n,
                                                 struct engine_part *ret,
                                                 struct plumb_err *err);

/* How many revoked digests that bucket of the fleet was made from; 0: there is no bucket. */
size_t render_revoked_count(const struct engine *e, const char *fleet, uint8_t byte);
PLUMB_MUST_CHECK enum plumb_code render_revoked(const struct engine *e, const char *fleet,
                                                uint8_t byte, struct engine_part *ret,
                                                struct plumb_err *err);

struct render_index {
    bool has_payloads[256], has_revoked[256];
    struct plumb_digest payloads[256], revoked[256];
};
PLUMB_MUST_CHECK enum plumb_code render_content(const struct engine *e,
                                                const struct plumb_fleet *rules,
                                                const struct render_index *index,
                                                struct engine_part *ret, struct plumb_err *err);

#endif
