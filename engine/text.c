#include "engine/engine.h"

/* A state outside its enum is a bug that must not read outside a table. */
#define TEXT(function, type, list)                                                             \
    const char *function(enum type s)                                                          \
    {                                                                                          \
        static const char *const texts[] = { list(X) };                                        \
                                                                                               \
        return (size_t)s < sizeof texts / sizeof texts[0] ? texts[s] : "unknown";              \
    }

#define X(name, text) text,
TEXT(engine_proposal_state_text, engine_proposal_state, ENGINE_PROPOSAL_STATES)
TEXT(engine_version_state_text, engine_version_state, ENGINE_VERSION_STATES)
TEXT(engine_place_text, engine_place, ENGINE_PLACES)
#undef X
