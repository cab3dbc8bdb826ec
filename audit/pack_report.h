/* audit/pack_report.h - what a pack came to, told; for the files audit/pack_*.c. */
#ifndef AUDIT_PACK_REPORT_H
#define AUDIT_PACK_REPORT_H

#include "audit/pack_read.h"
#include "audit/why.h"
#include "engine/controls.h"

/* Borrowed. */
struct pack_told {
    const struct pack *pack;
    const struct pack_trust *trust;
    struct audit_why *why;
    json_t *moves;
    uint64_t proofs;
};
PLUMB_MUST_CHECK enum plumb_code pack_report(const struct audit *a, const struct pack_told *t,
                                             json_t **ret, struct plumb_err *err);

/* The file controls.json: what the approval was evaluated to. */
PLUMB_MUST_CHECK enum plumb_code pack_controls(const struct engine_evaluation *v,
                                               struct plumb_bytes *ret, struct plumb_err *err);

#endif
