/* match.h - claims by their kind: what every verdict looks up. For .c files only. */
#ifndef LIB_MATCH_H
#define LIB_MATCH_H

#include <plumb/refval.h>

/* NULL when the evidence lacks it. */
const struct plumb_claim *claim_of_kind(const struct plumb_claims *c,
                                        const struct plumb_measurement_kind *kind);

#endif
