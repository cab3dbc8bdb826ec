/*
 * control.h - which controls a release meets, by what is on file, governance and a time. It
 * asks nothing else, changes nothing, and cannot fail.
 */
#ifndef ENGINE_CONTROL_H
#define ENGINE_CONTROL_H

#include "engine/controls.h"
#include "engine/finding.h"
#include "engine/trust.h"

/* The document in force has controls. i: of its controls. */
void control_evaluate(const struct engine *e, const struct plumb_digest *release, size_t i,
                      plumb_time at, struct engine_control *ret);

/* Refused while a MUST is not met, or a SHOULD neither met nor waived: rules "control.must",
 * "control.should". rollout: a lapsed waiver is enough unless governance holds for it. */
PLUMB_MUST_CHECK enum plumb_code control_gate(const struct engine *e,
                                              const struct plumb_digest *release, bool rollout,
                                              plumb_time at, struct plumb_err *err);

#endif
