/* build.h - whether a builder is trusted with a build like this one. */
#ifndef ENGINE_BUILD_H
#define ENGINE_BUILD_H

#include <plumb/controls.h>

#include "supply/attestation.h"

struct build_fault {
    const char *rule; /* "evidence.build-type", "evidence.parameter" */
    const char *why;
    const char *what; /* the type, or the parameter's name */
};

/* Is it of one of t's types, with its parameters and no others? Where t names no types, yes.
 * *ret is written where it is not, and borrows from both. */
bool build_fits(const struct plumb_trusted *t, const struct attestation *provenance,
                struct build_fault *ret);

#endif
