/* context.h - one statement on its way into the state, and who signed it. */
#ifndef ENGINE_CONTEXT_H
#define ENGINE_CONTEXT_H

#include "engine/state.h"

struct actor {
    const char *id;
    const struct plumb_principal *listed; /* NULL for a verifier that was enrolled */
    const char *fleet;                    /* of an enrolled one; else NULL */
    unsigned may;
};
bool actor_in_fleet(const struct actor *a, const char *fleet);

struct context {
    struct engine *e;
    const struct plumb_statement *s;
    uint64_t index;
    plumb_time time;
    const struct engine_blob *blobs;
    size_t nblobs;
    struct actor actor;
    struct engine_effect *effect;
};

/* Rule "power.NAME". */
PLUMB_MUST_CHECK enum plumb_code context_power(const struct context *c, enum plumb_power power,
                                               struct plumb_err *err);
/* The bytes of a blob that the statement names. Rule "blob.missing". */
PLUMB_MUST_CHECK enum plumb_code context_blob(const struct context *c,
                                              const struct plumb_digest *digest,
                                              const struct engine_blob **ret,
                                              struct plumb_err *err);
/* The version that the statement's subject names. Rules "release.unknown", "release.subject".
 */
PLUMB_MUST_CHECK enum plumb_code context_version(const struct context *c,
                                                 const struct plumb_digest *release,
                                                 const struct version **ret,
                                                 struct plumb_err *err);
__attribute__((format(printf, 2, 3))) void context_say(const struct context *c, const char *fmt,
                                                       ...);

#endif
