/*
 * seating.h - principals to the places of a quorum, nobody in two: a maximum bipartite
 * matching. For lib/ only.
 */
#ifndef LIB_SEATING_H
#define LIB_SEATING_H

#include "lib/governance.h"

#define PLUMB_NOBODY UINT32_MAX

/* May this principal (its number in the document) take a place of a role that it has? */
typedef bool plumb_may_fill(const void *arg, uint16_t principal);

struct plumb_seating {
    const struct plumb_quorum *quorum;
    size_t nplaces;
    uint8_t need[PLUMB_PLACES_MAX];    /* of each place: which of the quorum's needs */
    uint32_t holder[PLUMB_PLACES_MAX]; /* principal, or PLUMB_NOBODY */
    size_t nfilled;
};

/* As many places as can be filled. */
void plumb_seat(const struct plumb_governance *g, const struct plumb_quorum *q,
                plumb_may_fill *may, const void *arg, struct plumb_seating *ret);
bool plumb_seated(const struct plumb_seating *m, uint16_t principal);

#endif
