#include "lib/seating.h"

/*
 * Kuhn's algorithm. A place can use no more than as many candidates as there are places, so
 * each need keeps that many and all fits on the stack.
 */
struct candidates {
    uint16_t who[PLUMB_PLACES_MAX];
    size_t n;
};

struct search {
    struct plumb_seating *seating;
    const struct candidates *candidates; /* by need */
    uint64_t visited;                    /* places, in the search for one path */
};

/* The place that this principal holds, or nplaces. */
static size_t
place_of(const struct plumb_seating *m, uint32_t principal)
{
    size_t i = 0;

    while (i < m->nplaces && m->holder[i] != principal)
        i++;
    return i;
}

bool
plumb_seated(const struct plumb_seating *m, uint16_t principal)
{
    return place_of(m, principal) < m->nplaces;
}

/* Fill the place, with somebody free or by moving others; recurses at most once a place. */
static bool
fill(struct search *s, size_t place)
{
    struct plumb_seating *m = s->seating;
    const struct candidates *c = &s->candidates[m->need[place]];

    s->visited |= UINT64_C(1) << place;
    for (size_t i = 0; i < c->n; i++) {
        if (place_of(m, c->who[i]) == m->nplaces) {
            m->holder[place] = c->who[i];
            return true;
        }
    }
    for (size_t i = 0; i < c->n; i++) {
        size_t held = place_of(m, c->who[i]);

        if (s->visited >> held & 1)
            continue;
        if (fill(s, held)) {
            m->holder[place] = c->who[i];
            return true;
        }
    }
    return false;
}

void
plumb_seat(const struct plumb_governance *g, const struct plumb_quorum *q, plumb_may_fill *may,
           const void *arg, struct plumb_seating *ret)
{
    const struct plumb_governance_index *index = plumb_governance_index(g);
    struct candidates candidates[PLUMB_PLACES_MAX];

    *ret = (struct plumb_seating){ .quorum = q };
    for (size_t i = 0; i < q->nneeds; i++) {
        const struct plumb_crowd *crowd = &index->role[q->needs[i].role];
        struct candidates *c = &candidates[i];

        c->n = 0;
        for (size_t j = 0; j < crowd->n && c->n < PLUMB_PLACES_MAX; j++)
            if (may(arg, crowd->who[j]))
                c->who[c->n++] = crowd->who[j];
        for (uint16_t j = 0; j < q->needs[i].count; j++) {
            ret->need[ret->nplaces] = (uint8_t)i;
            ret->holder[ret->nplaces++] = PLUMB_NOBODY;
        }
    }
    for (size_t i = 0; i < ret->nplaces; i++) {
        struct search s = { ret, candidates, 0 };

        if (fill(&s, i))
            ret->nfilled++;
    }
}
