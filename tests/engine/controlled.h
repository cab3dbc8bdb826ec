/* controlled.h - a world whose governance has controls (make_controls), and what meets them. */
#ifndef TESTS_ENGINE_CONTROLLED_H
#define TESTS_ENGINE_CONTROLLED_H

#include "engine/controls.h"
#include "tests/engine/world.h"

/* edit, after make_controls, may be NULL. */
void controlled_begin(struct world *w, void (*edit)(struct make *m));

/* The bill of materials that releases name: npm left-pad and lodash at those versions. */
struct plumb_digest controlled_bill(struct world *w, const char *left_pad, const char *lodash);

/* Proposed by rex, not approved: sets that cover all that must be covered, an artifact, and the
 * bill of left-pad 1.0.0 and lodash 4.0.0. */
struct plumb_digest controlled_propose(struct world *w, const char *version);
/* With another bill, or none: NULL. */
struct plumb_digest controlled_propose_with(struct world *w, const char *version,
                                            const struct plumb_digest *bill);
/* With one artifact more, "web.initrd": that of the version "initrd". */
struct plumb_digest controlled_propose_two(struct world *w, const char *version);
/* What the statement calls the artifact. */
struct plumb_digest controlled_artifact(const char *version);

/* Bytes for controlled_attach, which owns them then. */
struct plumb_bytes controlled_bytes(const char *text);
/* rex attaches one file; what became of it: "" or the rule. */
const char *controlled_attach(struct world *w, const struct plumb_digest *release,
                              enum plumb_file_kind kind, struct plumb_bytes bytes);
/* An attestation about the version's artifact; predicate is stolen. */
const char *controlled_attest(struct world *w, const struct plumb_digest *release,
                              const char *who, const char *type, json_t *predicate);
json_t *controlled_provenance(struct world *w, const char *builder, const char *source);
/* qa on a control; rests on a document that is attached first. */
const char *controlled_assert(struct world *w, const struct plumb_digest *release,
                              const char *who, const char *control);

/* otto imports these records, each a line; "" for none at all. */
void controlled_import(struct world *w, const char *records);
/* An OSV record: npm package, affected below fixed. extra: more members, ", ..." or "". */
char *controlled_record(const char *id, const char *package, const char *fixed,
                        const char *modified, const char *extra);

/* Attaches and imports all that the built-in profile asks for, but what is left out: one
 * control's id, or NULL. */
void controlled_meet(struct world *w, const struct plumb_digest *release, const char *but);
/* controlled_propose, controlled_meet, and sol approves. */
struct plumb_digest controlled_release(struct world *w, const char *version);

struct engine_control controlled_state(const struct world *w,
                                       const struct plumb_digest *release, const char *control);
/* The control's state, and that it tells by this. */
void controlled_expect(const struct world *w, const struct plumb_digest *release,
                       const char *control, enum plumb_control_state want, const char *by);
/* false: there is no such finding. */
bool controlled_finding(const struct world *w, const struct plumb_digest *release,
                        const char *advisory, struct engine_finding *ret);

#endif
